"""Questions about the tickets of one account: what is open and waits, how fast it goes, how much it is (MET-15, ACC-07)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import Account, Tenant
from cs_platform.kernel.periods import add_months, month_of, months_between
from health.enums import TicketPriority
from health.models import Ticket, TicketChange
from health.support import reports
from health.support.calendar import clock_for

WINDOW = 90  # days of the shares
LOAD = 28  # days that are held against their usual: the mean of the same number of days in the half year before
USUAL = 6
MONTHS = 12
OPEN = Q(resolved_at=None, closed_at=None)
FILTERS: dict[str, Q] = {
    "open": OPEN,
    "resolved": ~OPEN,
    "escalated": Q(escalated_at__isnull=False),
    "reopened": Q(reopen_count__gt=0),
}


@dataclass(frozen=True)
class Waiting:
    """An open ticket: minutes of its age and of its latest state on the tenant's clock."""

    ticket: Ticket
    age: float
    since: dt.datetime
    waited: float
    unanswered: bool


def open_tickets(account: Account, tenant: Tenant, now: dt.datetime, limit: int = 50) -> list[Waiting]:
    """Open tickets, the one that waits longest for its first answer first, then by priority and age."""
    moved = TicketChange.objects.filter(ticket_id=OuterRef("id"), event_at__lte=now)
    rows = list(
        Ticket.objects.filter(OPEN, account=account, opened_at__lte=now)
        .annotate(moved_at=Subquery(moved.order_by("-event_at").values("event_at")[:1]))
        .order_by("opened_at", "id")[: 4 * limit]
    )
    clock = clock_for(tenant, [now, *(row.opened_at for row in rows), *(row.moved_at for row in rows)])
    order = {level: place for place, level in enumerate(TicketPriority.values)}
    found = []
    for row in rows:
        unanswered = row.first_response_at is None
        since = row.opened_at if unanswered else max(row.moved_at or row.opened_at, row.opened_at)
        found.append(
            Waiting(
                row,
                float(clock.minutes(row.opened_at, now) or 0),
                since,
                float(clock.minutes(since, now) or 0),
                unanswered,
            )
        )
    found.sort(key=lambda one: (not one.unanswered, order.get(one.ticket.level, 9), one.ticket.opened_at))
    return found[:limit]


def shares(account: Account, now: dt.datetime) -> dict[str, Any]:
    """The line of the support summary for the tickets opened in the last WINDOW days, and how many wait for an answer."""
    fields = ("first_response_minutes", "resolution_minutes", "reopen_count", "escalated_at", "first_response_at")
    since = now - dt.timedelta(days=WINDOW)
    rows = list(Ticket.objects.filter(account=account, opened_at__gt=since, opened_at__lte=now).values(*fields))
    return reports.summary("account", str(account.id), rows) | {
        "unanswered": sum(row["first_response_at"] is None for row in rows)
    }


@dataclass(frozen=True)
class Load:
    """Tickets of the last LOAD days, and the mean number of as many days in the half year before."""

    recent: int
    usual: float

    @property
    def times(self) -> float | None:
        """How many times the usual; a usual below one counts as one. None without any ticket.

        Example: 6 tickets where 12 came in the half year before (2 in four weeks) are 3 times.
        """
        return self.recent / max(self.usual, 1) if self.recent or self.usual else None


def load(account: Account, now: dt.datetime) -> Load:
    edge = now - dt.timedelta(days=LOAD)
    first = edge - dt.timedelta(days=LOAD * USUAL)
    rows = Ticket.objects.filter(account=account, opened_at__lte=now)
    return Load(
        rows.filter(opened_at__gt=edge).count(),
        rows.filter(opened_at__gt=first, opened_at__lte=edge).count() / USUAL,
    )


@dataclass(frozen=True)
class Month:
    """Tickets opened and resolved in a month, and the median hours of those resolved in it."""

    month: dt.date
    opened: int
    resolved: int
    hours: float | None


def by_month(account: Account, tenant: Tenant, now: dt.datetime) -> list[Month]:
    """The last twelve months of the tenant, this one included."""
    last = month_of(now.astimezone(tenant.zone).date())
    first = add_months(last, 1 - MONTHS)
    start = dt.datetime.combine(first, dt.time(), tzinfo=tenant.zone)
    rows = Ticket.objects.filter(Q(opened_at__gte=start) | Q(resolved_at__gte=start), account=account)
    values = rows.filter(opened_at__lte=now).values_list("opened_at", "resolved_at", "resolution_minutes")
    return months(values, tenant, first, last)


def months(rows: Iterable[Sequence[Any]], tenant: Tenant, first: dt.date, last: dt.date) -> list[Month]:
    """Pure. Rows: (opened, resolved, minutes of resolution)."""
    opened: dict[dt.date, int] = {}
    hours: dict[dt.date, list[float]] = {}
    for begun, ended, minutes in rows:
        month = month_of(begun.astimezone(tenant.zone).date())
        opened[month] = opened.get(month, 0) + 1
        if ended is not None:
            month = month_of(ended.astimezone(tenant.zone).date())
            hours.setdefault(month, []).append(float(minutes) / 60 if minutes is not None else 0.0)
    return [
        Month(month, opened.get(month, 0), len(found), median(found) if found else None)
        for month in months_between(first, last)
        for found in [hours.get(month, [])]
    ]


def listed(account: Account, now: dt.datetime, *, state: str = "", level: str = "") -> QuerySet[Ticket]:
    """Tickets of this state and priority, the newest first."""
    rows = Ticket.objects.filter(account=account, opened_at__lte=now)
    if state in FILTERS:
        rows = rows.filter(FILTERS[state])
    if level in TicketPriority.values:
        rows = rows.filter(level=level)
    return rows.order_by("-opened_at", "-id")


@dataclass(frozen=True)
class Step:
    """One state of a ticket: minutes that it lasted, by the tenant's clock and by the calendar."""

    change: TicketChange
    business: float
    calendar: float


def steps(ticket: Ticket, tenant: Tenant, now: dt.datetime) -> list[Step]:
    """The states in order; the last one of an open ticket lasts until now, that of a closed one no time."""
    changes = list(ticket.changes.order_by("event_at", "recorded_at", "id"))
    if not changes:
        return []
    over = ticket.closed_at or ticket.resolved_at
    end = max([now if over is None else over, changes[-1].event_at])
    clock = clock_for(tenant, [ticket.opened_at, end, *(change.event_at for change in changes)])
    ends = [*(change.event_at for change in changes[1:]), end]
    return [
        Step(
            change,
            float(clock.minutes(change.event_at, until) or 0),
            (until - change.event_at).total_seconds() / 60,
        )
        for change, until in zip(changes, ends, strict=True)
    ]
