"""Questions about tasks: whose they are, what is due, what was put off (DSH-03)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from accounts.dossier import parts_of
from accounts.enums import HealthBand
from accounts.models import Account, Member, Segment, Tenant
from cs_platform.kernel.access import Scope
from cs_platform.kernel.keyset import Listing, Order, Page, bigint_of, uuid_of
from journey.enums import TaskState, Urgency, WorkType
from journey.models import Task
from journey.work.sharing import in_pool, theirs, visible_tasks

PAGE_SIZE = 100
WEEK = 7  # days that "this week" looks ahead
DUES = ("late", "today", "week", "later")
OPEN = Q(state=TaskState.OPEN)
# A snoozed task is due on the day it comes back.
DAY = Greatest(F("due_on"), Coalesce(F("snoozed_until"), F("due_on")))
BAND_ORDER = Case(
    When(account__health_band=HealthBand.RED, then=Value(0)),
    When(account__health_band=HealthBand.YELLOW, then=Value(1)),
    When(account__health_band=HealthBand.GREEN, then=Value(2)),
    default=Value(3),
    output_field=IntegerField(),
)
URGENCY_ORDER = Case(When(urgency=Urgency.HIGH, then=Value(0)), default=Value(1), output_field=IntegerField())


def _hour(text: str) -> dt.time:
    hour = dt.time.fromisoformat(text)
    if hour.tzinfo is not None:
        raise ValueError(text)
    return hour


# The two orders (`most_urgent`, `soonest_back`).
BACK_FIRST = Order({"day": dt.date.fromisoformat, "hour": _hour, "band": bigint_of})
URGENT_FIRST = Order({"day": dt.date.fromisoformat, "calm": bigint_of, "hour": _hour, "band": bigint_of})


def hour_now() -> dt.time:
    """The hour on the company's clock, on which requests and digests run."""
    return timezone.localtime().time()


def snoozed(today: dt.date) -> Q:
    """Open, and put off beyond today, or to an hour of today that has not come."""
    return OPEN & (Q(snoozed_until__gt=today) | Q(snoozed_until=today, snoozed_time__gt=hour_now()))


def awake(today: dt.date) -> Q:
    """Open, and not put off beyond this moment."""
    came = Q(snoozed_until=today) & (Q(snoozed_time=None) | Q(snoozed_time__lte=hour_now()))
    return OPEN & (Q(snoozed_until=None) | Q(snoozed_until__lt=today) | came)


def is_snoozed(task: Task, today: dt.date) -> bool:
    """`snoozed` of a task at hand."""
    if task.state != TaskState.OPEN or task.snoozed_until is None or task.snoozed_until < today:
        return False
    return task.snoozed_until > today or bool(task.snoozed_time and task.snoozed_time > hour_now())


def with_day(rows: QuerySet[Task]) -> QuerySet[Any]:
    """Tasks with `day`, the day they are due or come back."""
    return rows.annotate(day=DAY)


def most_urgent(rows: QuerySet[Any]) -> QuerySet[Any]:
    """By day; on a day what is urgent first, then by the hour, then the account in the worse band. Needs `with_day`."""
    hour = Coalesce("due_at", Value(dt.time.max))
    return rows.annotate(calm=URGENCY_ORDER, hour=hour, band=BAND_ORDER).order_by(*URGENT_FIRST.columns, "id")


def soonest_back(rows: QuerySet[Any]) -> QuerySet[Any]:
    """By the day and hour at which they come back, then the account in the worse band. Needs `with_day`."""
    hour = Coalesce("snoozed_time", Value(dt.time.min))
    return rows.annotate(hour=hour, band=BAND_ORDER).order_by(*BACK_FIRST.columns, "id")


def listed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With everything that a line of a list says."""
    return rows.select_related("account__segment", "owner", "play__playbook__playbook", "alert", "milestone__plan")


def tasks_of(member: Member, today: dt.date) -> QuerySet[Any]:
    """The member's open tasks that are not put off, most urgent first."""
    return most_urgent(with_day(Task.objects.filter(theirs(member) & awake(today))))


def due(member: Member, until: dt.date, today: dt.date) -> QuerySet[Any]:
    """Of these the ones due by `until`, the longest overdue first."""
    return tasks_of(member, today).filter(due_on__lte=until)


def due_this_week(member: Member, today: dt.date) -> QuerySet[Any]:
    """What is late or due within a week, unordered: the number beside the page."""
    return Task.objects.filter(theirs(member) & awake(today), due_on__lte=today + dt.timedelta(days=WEEK))


def team_tasks(member: Member, today: dt.date) -> QuerySet[Any]:
    """Open tasks of everybody whose work the member leads or sees, the own ones among them; not the pool."""
    return most_urgent(with_day(visible_tasks(member).filter(awake(today), owner__isnull=False)))


def snoozed_tasks(member: Member, today: dt.date) -> QuerySet[Any]:
    """What the member put off, by the hour it comes back; a leader sees the snoozed tasks of Red accounts as well, so
    that nothing rests there unseen."""
    found = Q(owner=member)
    if member.role.scope != Scope.OWN:
        found |= Q(account__health_band=HealthBand.RED)
    return soonest_back(with_day(visible_tasks(member).filter(snoozed(today) & found)))


def done_on(member: Member, tenant: Tenant, day: dt.date) -> QuerySet[Any]:
    """What the member has done on a day of the company, the latest first."""
    start, end = (dt.datetime.combine(one, dt.time(), tenant.zone) for one in (day, day + dt.timedelta(days=1)))
    rows = Task.objects.filter(owner=member, state=TaskState.DONE, done_at__gte=start, done_at__lt=end)
    return with_day(rows).order_by("-done_at", "-id")


def done_today(member: Member, tenant: Tenant) -> QuerySet[Any]:
    """What the member has done since midnight."""
    return done_on(member, tenant, timezone.now().astimezone(tenant.zone).date())


def of_account(account: Account) -> QuerySet[Any]:
    """Tasks of the account and of what was merged into it."""
    return Task.objects.filter(account__in=[account.id, *parts_of(account)])


USUAL = {"whose": "mine", "due": "week"}


@dataclass(frozen=True)
class TaskQuery(Listing):
    """What the page is asked for; what is not understood counts as not asked."""

    whose: str = "mine"  # mine, team, pool, snoozed
    due: str = ""  # late, today (late ones too), week (and all before); "" for all
    owner: str = ""  # a member's id, for the team's tasks
    work: str = ""
    segment: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, str], member: Member) -> Self:
        whose, until, work = given.get("whose", ""), given.get("due", "week"), given.get("work", "")
        owner, segment = uuid_of(given.get("owner", "")), uuid_of(given.get("segment", ""))
        known = [name for name in WHOSE if name != "team" or member.role.scope != Scope.OWN]
        whose = whose if whose in known else USUAL["whose"]
        return cls(
            whose,
            until if until in ("late", "today", "week") else "",
            str(owner) if owner and whose == "team" else "",
            work if work in WorkType.values else "",
            str(segment) if segment else "",
            cursor=order_of(whose).cursor(given),
        )

    def pairs(self) -> list[tuple[str, str]]:
        state = {name: getattr(self, name) for name in ("whose", "due", "owner", "work", "segment")}
        state["due"] = state["due"] or "all"
        return [(name, value) for name, value in state.items() if value and value != USUAL.get(name)]

    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        return order_of(self.whose).place(row)

    def condition(self) -> Q:
        """The filters that hold in every list."""
        found = Q()
        if self.owner:
            found &= Q(owner=self.owner)
        if self.work:
            found &= Q(work=self.work)
        if self.segment:
            found &= Q(account__segment=self.segment)
        return found

    def until(self, today: dt.date) -> Q:
        """By when they are due; of tasks with their `day`."""
        limit = {"late": today - dt.timedelta(days=1), "today": today, "week": today + dt.timedelta(days=WEEK)}
        last = limit.get(self.due)
        return Q() if last is None else Q(day__lte=last, due_on__lte=last)


WHOSE = ("mine", "team", "pool", "snoozed")


def order_of(whose: str) -> Order:
    return BACK_FIRST if whose == "snoozed" else URGENT_FIRST


def read_page(member: Member, query: TaskQuery, today: dt.date) -> Page[Any]:
    """The page at the query's cursor."""
    return order_of(query.whose).page(asked(member, query, today), query, PAGE_SIZE)


def asked(member: Member, query: TaskQuery, today: dt.date) -> QuerySet[Any]:
    """The tasks of a list that is no pool (see `pool.offer`), in its order."""
    match query.whose:
        case "team":
            rows = team_tasks(member, today).filter(query.until(today))
        case "snoozed":
            rows = snoozed_tasks(member, today)
        case _:
            rows = tasks_of(member, today).filter(query.until(today))
    return listed(rows.filter(query.condition()))


def counts(member: Member, today: dt.date) -> dict[str, int]:
    """How many each list holds: mine and the team's of this week, what waits in the pool, what is put off; of mine the
    late ones, and those due today. One query."""
    soon = Q(due_on__lte=today + dt.timedelta(days=WEEK)) & awake(today)
    mine = theirs(member)
    red = Q(account__health_band=HealthBand.RED) if member.role.scope != Scope.OWN else Q(pk__in=[])
    found: dict[str, Any] = {
        "mine": Count("pk", filter=mine & soon),
        "late": Count("pk", filter=mine & awake(today) & Q(day__lt=today)),
        "today": Count("pk", filter=mine & awake(today) & Q(day=today)),
        "team": Count("pk", filter=soon & Q(owner__isnull=False)),
        "pool": Count("pk", filter=in_pool() & awake(today)),
        "snoozed": Count("pk", filter=snoozed(today) & (Q(owner=member) | red)),
    }
    return with_day(visible_tasks(member).filter(OPEN)).order_by().aggregate(**found)


def money_behind(member: Member, today: dt.date) -> int:
    """MRR of the accounts behind what is late or due today, each once, in minor units. One query."""
    rows = due(member, today, today).filter(account__isnull=False).order_by()
    return Account.objects.filter(id__in=rows.values("account_id")).aggregate(sum=Sum("mrr_minor", default=0))["sum"]


def grouped(rows: Sequence[Any], today: dt.date) -> dict[str, list[Any]]:
    """Late, today, this week, later: only those that hold something. Tasks come with `day`."""
    found: dict[str, list[Any]] = {}
    for task in rows:
        day: dt.date = task.day
        name = "late" if day < today else "today" if day == today else "later"
        if name == "later" and day <= today + dt.timedelta(days=WEEK):
            name = "week"
        found.setdefault(name, []).append(task)
    return {name: found[name] for name in DUES if name in found}


def segments() -> list[Segment]:
    return list(Segment.objects.order_by("position", "name"))
