"""Questions about what happened with an account: one list of everything, what is planned, and sums of engagement."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Account, AccountEvent, Contact, SubscriptionChange, Tenant
from cs_platform.kernel import sqljobs
from health.enums import TouchpointKind, TouchpointStatus
from health.models import Alert, Outcome, OutcomeMeasurement, Survey, Ticket, Touchpoint

SQL = Path(__file__).parent / "sql"
# Groups of happenings, in the order of their filters; the last two are what floors above tell.
GROUPS = ("talks", "emails", "events", "tickets", "surveys", "outcomes", "money", "health", "journey", "work")
WINDOW = 90  # days of the sums, and of those they are compared with
SENT = (TouchpointStatus.SENT, TouchpointStatus.OPENED, TouchpointStatus.CLICKED, TouchpointStatus.REPLIED)


@dataclass(frozen=True)
class Line:
    """One happening: its group, what it was, when, the row that it is about, and what the row alone does not say."""

    group: str
    what: str
    at: dt.datetime
    row: Any
    said: dict[str, Any]
    cursor: str


@dataclass(frozen=True)
class Link:
    """A page of a floor above with more of an account's happenings: the route of the company and the parameter that names the
    account."""

    label: Any
    route: str
    parameter: str


@dataclass
class Told:
    """What rooms and floors above tell of an account: its lines as a query of (grp, what, at, id, said) that knows %(account)s and
    %(zone)s, the rows behind them by `what`, and how a line reads; of alerts, whose lines stand in the query below, only how
    they read; and where more stands. It is set in `ready()`."""

    lines: Path = SQL / "timeline_no_more.sql"
    rows: Callable[[], dict[str, QuerySet[Any]]] = dict
    cells: dict[str, Callable[[Line, Tenant, Account], dict[str, Any]]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)


TOLD = Told()


def moment_of(tenant: Tenant) -> dt.datetime:
    """Now; for an archive the last instant of its last day."""
    now = timezone.now()
    if tenant.data_until is None:
        return now
    end = dt.datetime.combine(tenant.data_until, dt.time.max, tzinfo=tenant.zone)
    return min(now, end)


def happened(
    account: Account, tenant: Tenant, *, group: str = "", before: str = "", size: int = 50
) -> tuple[list[Line], str, dict[str, int]]:
    """Lines, latest first; the cursor that leads on ("" at the end); and how many each group has in all.

    `before` is a cursor, `<iso time>~<key>`; one that cannot be read begins anew.
    """
    at, key = _cursor(before)
    found = sqljobs.rows(
        SQL / "timeline.sql",
        {
            "account": str(account.id), "zone": str(tenant.zone), "until": moment_of(tenant), "grp": group,
            "before": at, "key": key, "size": size + 1,
        },
        tables={"more": TOLD.lines},
    )  # fmt: skip
    counts = {row["grp"]: row["n"] for row in found if row["n"] is not None}
    rows = [row for row in found if row["n"] is None]
    lines = _with_rows(rows[:size])
    following = f"{rows[size - 1]['at'].isoformat()}~{rows[size - 1]['key']}" if len(rows) > size else ""
    return lines, following, counts


def _cursor(text: str) -> tuple[dt.datetime | None, str]:
    at, _tilde, key = text[:120].partition("~")
    try:
        moment = dt.datetime.fromisoformat(at)
    except ValueError:
        return None, ""
    readable = moment.tzinfo is not None and 1900 < moment.year < 9000 and key.isascii() and key.isprintable()
    return (moment, key) if readable else (None, "")


def _with_rows(rows: Sequence[dict[str, Any]]) -> list[Line]:
    """The lines with the rows they are about: one query for each kind."""
    kinds: dict[str, QuerySet[Any]] = {
        "touchpoint": Touchpoint.objects.select_related("contact", "member"),
        "event": AccountEvent.objects.select_related("contact", "recorded_by"),
        "gone": Contact.objects.all(),
        "alert": Alert.objects.select_related("answered_by"),
        "opened": Ticket.objects.all(),
        "resolved": Ticket.objects.all(),
        "survey": Survey.objects.select_related("contact"),
        "measured": OutcomeMeasurement.objects.select_related("outcome", "recorded_by"),
        "confirmed": Outcome.objects.select_related("confirmed_by"),
        "period": SubscriptionChange.objects.select_related("product"),
        **TOLD.rows(),
    }
    loaded: dict[str, dict[UUID, Any]] = {}
    for what in {row["what"] for row in rows} & set(kinds):
        loaded[what] = kinds[what].in_bulk([row["id"] for row in rows if row["what"] == what], field_name="id")
    return [
        Line(
            row["grp"],
            row["what"],
            row["at"],
            loaded.get(row["what"], {}).get(row["id"]),
            json.loads(row["said"] or "{}"),
            f"{row['at'].isoformat()}~{row['key']}",
        )
        for row in rows
    ]


def planned(account: Account) -> QuerySet[Touchpoint]:
    """What is agreed and not over, the earliest first; also what is past and nobody said how it ended."""
    rows = Touchpoint.objects.filter(account=account, status=TouchpointStatus.PLANNED)
    return rows.select_related("contact", "member").order_by("happened_at", "id")


@dataclass(frozen=True)
class Engagement:
    """Activities of WINDOW days. `signs` are what the customer took part in: meetings held, e-mails answered, contact
    that the customer began; `before` are those of the WINDOW days earlier. Reply time in hours."""

    held: int
    cancelled: int
    missed: int
    trainings: int
    sent: int
    replies: int
    reply_hours: float | None
    signs: int
    before: int
    last: dt.datetime | None


def engagement(account: Account, now: dt.datetime) -> Engagement:
    """The sums of this account as of `now`, and its last two-way contact of all time."""
    rows = Touchpoint.objects.filter(account=account, happened_at__lte=now)
    since = now - dt.timedelta(days=2 * WINDOW)
    columns = ("kind", "status", "happened_at", "inbound", "replied_at")
    recent = rows.filter(happened_at__gt=since).values_list(*columns)
    spoken = rows.filter(status__in=(TouchpointStatus.ATTENDED, TouchpointStatus.REPLIED)).order_by("-happened_at")
    return sum_up(recent, now, spoken.values_list("happened_at", flat=True).first())


def sum_up(
    rows: Iterable[tuple[str, str, dt.datetime, bool, dt.datetime | None]],
    now: dt.datetime,
    last: dt.datetime | None = None,
) -> Engagement:
    """Pure. Rows: (kind, status, when, begun by the customer, answered when). An answer later than `now` is none yet.

    Example: of three e-mails answered after 1, 2 and 9 hours the median reply time is 2 hours.
    """
    edge = now - dt.timedelta(days=WINDOW)
    held = cancelled = missed = trainings = sent = signs = before = replies = 0
    hours: list[float] = []
    for kind, status, at, inbound, replied_at in rows:
        email = kind == TouchpointKind.EMAIL
        answered = email and status == TouchpointStatus.REPLIED and (replied_at is None or replied_at <= now)
        met = not email and status == TouchpointStatus.ATTENDED
        sign = met or answered or (inbound and status not in (TouchpointStatus.CANCELLED, TouchpointStatus.PLANNED))
        if at <= edge:
            before += sign
            continue
        signs += sign
        held += met
        trainings += met and kind == TouchpointKind.TRAINING
        cancelled += not email and status == TouchpointStatus.CANCELLED
        missed += not email and status == TouchpointStatus.NO_SHOW
        sent += email and status in SENT and not inbound
        replies += answered
        if answered and replied_at is not None:
            hours.append((replied_at - at).total_seconds() / 3600)
    return Engagement(
        held, cancelled, missed, trainings, sent, replies, median(hours) if hours else None, signs, before, last
    )
