"""The clock of a tenant, from its opening hours and holidays (MET-15)."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import DateField, IntegerField, TimeField, Value

from accounts.models import BusinessHours, Holiday, Tenant
from health.support.clock import Clock, span


def clock_for(tenant: Tenant, instants: Iterable[dt.datetime | None]) -> Clock:
    """A clock that is right for these instants. One query."""
    first, last = span(instants, tenant.zone) or (tenant.today(), tenant.today())
    never = Value(None, output_field=TimeField())
    closed = Holiday.objects.filter(day__range=(first - dt.timedelta(days=1), last)).order_by()
    hours: dict[int, tuple[dt.time, dt.time]] = {}
    holidays: set[dt.date] = set()
    rows = BusinessHours.objects.order_by().values_list(
        "weekday", "opens", "closes", Value(None, output_field=DateField())
    )
    for weekday, opens, closes, day in rows.union(
        closed.values_list(Value(None, output_field=IntegerField()), never, never, "day"), all=True
    ):
        if day is None:
            hours[weekday] = opens, closes
        else:
            holidays.add(day)
    return Clock(hours, holidays, tenant.zone, first, last)
