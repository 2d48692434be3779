"""The meetings of a day and of the next one, and those whose hour has passed and of which nobody said how they ended (ACC-06,
DSH-03)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Account, Tenant
from health.alerts.selectors import STATES, most_urgent
from health.engagement.people import people_of
from health.enums import TouchpointKind, TouchpointStatus
from health.models import Alert, Touchpoint

ASKED_DAYS = 14  # for so long after its hour a meeting asks how it ended
MOST = 60


@dataclass(frozen=True)
class Meetings:
    """Planned meetings by their hour: those that ask how they ended, today's and tomorrow's; with the names of who is there,
    and the gravest open alert of each account."""

    over: list[Touchpoint] = field(default_factory=list)
    today: list[Touchpoint] = field(default_factory=list)
    tomorrow: list[Touchpoint] = field(default_factory=list)
    people: Mapping[UUID, list[str]] = field(default_factory=dict)
    alerts: Mapping[UUID, Alert] = field(default_factory=dict)


def meetings_of(accounts: QuerySet[Account], tenant: Tenant, now: dt.datetime) -> Meetings:
    """Planned meetings with these accounts, in the days of the tenant's clock. At most four queries.

    Example: at 10:30 in Jakarta a review planned for 9:00 asks how it ended, one for 15:00 is today's.
    """
    midnight = dt.datetime.combine(now.astimezone(tenant.zone).date(), dt.time(), tenant.zone)
    tonight, end = midnight + dt.timedelta(days=1), midnight + dt.timedelta(days=2)
    planned = Touchpoint.objects.filter(
        account__in=accounts,
        status=TouchpointStatus.PLANNED,
        happened_at__gte=now - dt.timedelta(days=ASKED_DAYS),
        happened_at__lt=end,
    ).exclude(kind=TouchpointKind.EMAIL)
    rows = list(planned.select_related("account", "contact", "member").order_by("happened_at", "id")[:MOST])
    if not rows:
        return Meetings()
    alerts = Alert.objects.filter(STATES["open"], account__in={row.account_id for row in rows})
    gravest: dict[UUID, Alert] = {}
    for alert in most_urgent(alerts):
        if alert.account_id is not None:
            gravest.setdefault(alert.account_id, alert)
    return Meetings(
        [row for row in rows if row.happened_at <= now],
        [row for row in rows if now < row.happened_at < tonight],
        [row for row in rows if row.happened_at >= tonight],
        people_of(rows),
        gravest,
    )
