"""What a day begins with: the book in numbers, who needs somebody first, what is due (DSH-03). A fixed number of
queries, however large the book."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from accounts.enums import HealthBand, Status
from accounts.models import Account, Member, Tenant
from health.alerts.need import need_expression
from health.alerts.selectors import STATES, due_actions, most_urgent
from health.enums import AlertState, TicketPriority, TouchpointStatus
from health.models import Alert, HealthScore, Ticket, Touchpoint
from health.support.calendar import clock_for
from journey.models import Task
from journey.work import selectors as work

SHORT = 5
ROWS = 14
WEEK = 7
TREND_DAYS = 84
RESPONSE_MINUTES = 4 * 60  # MET-15
RESOLUTION_MINUTES = 24 * 60
TICKETS_LOOKED_AT = 400  # the latest open ones; a book with more has another problem
BANDS = (HealthBand.RED, HealthBand.YELLOW, HealthBand.GREEN, HealthBand.NONE)


@dataclass(frozen=True)
class Size:
    """A book in numbers; money monthly in minor units."""

    accounts: int
    mrr: int
    bands: dict[HealthBand, int]
    changed: int  # fell to a worse band since yesterday's alerts


def live(accounts: QuerySet[Account]) -> QuerySet[Account]:
    return accounts.filter(status=Status.LIVE)


def size_of(accounts: QuerySet[Account], today: dt.date) -> Size:
    """One query."""
    moved = Alert.objects.filter(rule__in=("turned_red", "turned_yellow"), as_of__gte=today - dt.timedelta(days=1))
    counts: dict[str, Any] = {band.value: Count("pk", filter=Q(health_band=band)) for band in BANDS}
    row = live(accounts).aggregate(
        total=Count("pk"),
        mrr=Sum("mrr_minor", default=0),
        moved=Count("pk", filter=Q(id__in=moved.values("account_id"))),
        **counts,
    )
    return Size(
        row["total"],
        int(row["mrr"]),
        {band: row[band.value] for band in BANDS},
        row["moved"],
    )


def needing(accounts: QuerySet[Account], today: dt.date, order: Sequence[Any] = ()) -> QuerySet[Account]:
    """The live accounts, who needs somebody first; with `last_touch`."""
    spoken = Touchpoint.objects.filter(account=OuterRef("id")).exclude(
        status__in=(TouchpointStatus.PLANNED, TouchpointStatus.CANCELLED, TouchpointStatus.NO_SHOW)
    )
    rows = live(accounts).select_related("segment")
    rows = rows.annotate(
        last_touch=Subquery(spoken.order_by("-happened_at").values("happened_at")[:1]),
    )
    return rows.order_by(*(order or (need_expression(today).desc(), "id")))


def trends(accounts: Sequence[Account], today: dt.date) -> dict[UUID, list[float | None]]:
    """The scores of twelve weeks, one a week, oldest first. One query for all of them."""
    first = today - dt.timedelta(days=TREND_DAYS)
    days = [first + dt.timedelta(days=n) for n in range(TREND_DAYS + 1)]
    rows = HealthScore.objects.filter(account_id__in=[a.id for a in accounts], as_of__gte=first, as_of__lte=today)
    found: dict[UUID, dict[dt.date, float]] = {}
    for account, day, score in rows.values_list("account_id", "as_of", "score"):
        if score is not None:
            found.setdefault(account, {})[day] = float(score)
    result: dict[UUID, list[float | None]] = {}
    for account, by_day in found.items():
        weeks = []
        for start in range(0, TREND_DAYS + 1, WEEK):
            known = [by_day[day] for day in days[start : start + WEEK] if day in by_day]
            weeks.append(known[-1] if known else None)
        result[account] = weeks
    return result


@dataclass
class Actions:
    """What the member promised, what is to be done and what is planned: late, today, and the rest of the week."""

    late: list[Alert] = field(default_factory=list)
    today: list[Alert] = field(default_factory=list)
    later: list[Alert] = field(default_factory=list)
    meetings: list[Touchpoint] = field(default_factory=list)  # today's and those of the week, the next one first
    meetings_today: int = 0
    # Tasks by the same three; those of the rest of the week as well.
    tasks: dict[str, list[Task]] = field(default_factory=dict)

    @property
    def overdue(self) -> int:
        return len(self.late) + len(self.tasks.get("late", []))

    @property
    def due(self) -> int:
        return self.overdue + len(self.today) + len(self.tasks.get("today", [])) + self.meetings_today

    @property
    def this_week(self) -> int:
        """What follows today."""
        return len(self.later) + len(self.tasks.get("week", [])) + len(self.meetings) - self.meetings_today


def actions_of(member: Member, accounts: QuerySet[Account], tenant: Tenant, today: dt.date) -> Actions:
    """Answered alerts and tasks of the member that are due within a week, and the meetings planned for those days. Three
    queries."""
    found = Actions()
    end = today + dt.timedelta(days=WEEK)
    for alert in due_actions(member, end)[:200]:
        if alert.due_on is not None:
            place = found.late if alert.due_on < today else found.today if alert.due_on == today else found.later
            place.append(alert)
    found.tasks = work.grouped(list(work.listed(work.due(member, end, today))[:200]), today)
    start = dt.datetime.combine(today, dt.time(), tenant.zone)
    planned = Touchpoint.objects.filter(
        account__in=accounts,
        status=TouchpointStatus.PLANNED,
        happened_at__gte=start,
        happened_at__lt=start + dt.timedelta(days=WEEK + 1),
    )
    found.meetings = list(planned.select_related("account", "contact").order_by("happened_at", "id")[:200])
    found.meetings_today = sum(m.happened_at.astimezone(tenant.zone).date() == today for m in found.meetings)
    return found


@dataclass(frozen=True)
class Waiting:
    """An open ticket that needs attention, and why: past its time, urgent, escalated or open again."""

    ticket: Ticket
    past: bool
    left_minutes: Decimal | None  # until the first answer or the solution is late, on the desk's clock

    @property
    def urgent(self) -> bool:
        return self.ticket.level == TicketPriority.URGENT


@dataclass(frozen=True)
class Tickets:
    """Open tickets that need attention, the most pressing first; None where no ticket was ever sent."""

    rows: list[Waiting]
    past: int
    urgent: int


def tickets_of(accounts: QuerySet[Account], tenant: Tenant, now: dt.datetime) -> Tickets:
    """Open tickets past four hours without an answer or a day without a solution on the desk's clock, urgent, escalated
    or opened again (MET-15). Two queries."""
    opened = Ticket.objects.filter(account__in=accounts, resolved_at=None, closed_at=None, opened_at__lte=now)
    tickets = list(opened.select_related("account").order_by("-opened_at", "-id")[:TICKETS_LOOKED_AT])
    clock = clock_for(tenant, [now, *(t.opened_at for t in tickets)])
    found = []
    for ticket in tickets:
        age = clock.minutes(ticket.reopened_at or ticket.opened_at, now) or Decimal(0)
        limit = RESPONSE_MINUTES if ticket.first_response_at is None else RESOLUTION_MINUTES
        past = age > limit
        pressing = ticket.level in (TicketPriority.URGENT, TicketPriority.HIGH)
        if past or pressing or ticket.escalated_at or ticket.reopen_count:
            found.append(Waiting(ticket, past, None if past else limit - age))
    rank = {TicketPriority.URGENT: 0, TicketPriority.HIGH: 1, TicketPriority.NORMAL: 2, TicketPriority.LOW: 3}
    found.sort(key=lambda w: (not w.past, rank[TicketPriority(w.ticket.level)], w.ticket.opened_at, w.ticket.id))
    return Tickets(found, sum(w.past for w in found), sum(w.urgent for w in found))


def alerts_of(accounts: QuerySet[Account]) -> list[Alert]:
    """The most urgent alerts that wait for an answer."""
    rows = Alert.objects.filter(STATES["open"], account__in=accounts, state=AlertState.OPEN).select_related("account")
    return list(most_urgent(rows)[: SHORT + 1])
