"""The clock of a tenant, from its opening hours and holidays (MET-15)."""

import datetime as dt
from collections.abc import Iterable

from accounts.models import BusinessHours, Holiday, Tenant
from health.support.clock import Clock, span


def clock_for(tenant: Tenant, instants: Iterable[dt.datetime | None]) -> Clock:
    """A clock that is right for these instants."""
    first, last = span(instants, tenant.zone) or (tenant.today(), tenant.today())
    hours = {row.weekday: (row.opens, row.closes) for row in BusinessHours.objects.all()}
    holidays = set(
        Holiday.objects.filter(day__range=(first - dt.timedelta(days=1), last)).values_list("day", flat=True)
    )
    return Clock(hours, holidays, tenant.zone, first, last)
