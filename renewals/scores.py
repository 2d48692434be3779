"""How good the calls were, whether steps came in time, and what became of save plays (REN-05, REN-02, HLT-13).

Each caller is judged by what stood frozen before a renewal came due, so that nobody knows the end: of a lead of 60 days the
last frozen call of a week that ended at least 60 days before. Nothing that was said later changes a score.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from accounts.rates import factors, in_reporting
from cs_platform.kernel.money import whole_minor
from renewals.enums import RenewalState, SaveState
from renewals.lifecycle import ENDS, KEPT
from renewals.models import FrozenCall, Renewal, RenewalStep, SavePlay
from renewals.selectors import with_money

Worth = Mapping[str, Decimal]  # `accounts.rates.factors`

LEADS = (90, 60, 30)
FEW = 20  # renewals below which a score says little
# Days from opening a save play to the renewal, from the most: name, and at least how many.
BUCKETS: tuple[tuple[str, int | None], ...] = (("90+", 90), ("60-90", 60), ("30-60", 30), ("<30", None))
_LATE = Q(done_on__gt=F("due_on")) | Q(done_on=None, due_on__lt=F("renewal__closed_on"))


class Scored(NamedTuple):
    """A frozen call beside what became of its renewal: `mrr` is the month's money that it was about, `stayed` the share of the
    money due that stayed, 1 at most."""

    renewal_id: UUID
    caller: str
    chance: Decimal
    member_id: UUID | None
    member: str
    closed_on: dt.date
    kept: bool
    mrr: int = 0
    stayed: Decimal = Decimal(0)

    @property
    def error(self) -> Decimal:
        """How much more of a month's money was called than stayed. Example: 200 at 60 %, lost: 120."""
        return self.mrr * (self.chance / 100 - self.stayed)


@dataclass(frozen=True)
class Score:
    """Calls in sum. Brier: the mean of (chance − end)², 0 is perfect; bias: chance less what was kept, in points, above 0 too
    hopeful; right: the share that stood on the right side of 50 %. Money of a month in minor units: what it was about, and how
    much more of it was called than stayed.

    Example: 100 at 90 % and kept, 200 at 60 % and lost: Brier (0.01 + 0.36) / 2 = 0.185, bias 75 − 50 = +25 points, right 1 of
    2; called 90 + 120 = 210 where 100 stayed, so 110 too much.
    """

    count: int
    brier: float
    bias: float
    right: float
    mrr: int
    error: int

    @property
    def off(self) -> float | None:
        """The error as a share of the money that it was about. Example: 110 too much of 300: 0.367."""
        return self.error / self.mrr if self.mrr else None


def scored(
    rows: QuerySet[Renewal], since: dt.date, lead: int = 60, until: dt.date | None = None, by: Worth | None = None
) -> list[Scored]:
    """The calls that are judged of the renewals decided since a day, up to `until`, by caller. One statement, and those of the
    exchange rates where the page has not read them (`by`)."""
    decided = rows.filter(state__in=ENDS, closed_on__gte=since)
    if until is not None:
        decided = decided.filter(closed_on__lte=until)
    found = FrozenCall.objects.filter(
        renewal__in=decided.order_by().values("id"),
        week__lte=F("renewal__due_on") - dt.timedelta(days=lead),
        week__lt=F("renewal__closed_on"),
    )
    found = found.order_by("renewal_id", "caller", "-week").distinct("renewal_id", "caller")
    found = found.annotate(money=in_reporting("mrr_minor", by or factors()))
    call = ("renewal_id", "caller", "probability", "member_id", "member__name", "money")
    end = ("renewal__closed_on", "renewal__state", "renewal__due_mrr", "renewal__kept_mrr")
    return [
        Scored(key, caller, chance, member, name or "", on, state in KEPT, mrr or 0, _stayed(state, due, kept))
        for key, caller, chance, member, name, mrr, on, state, due, kept in found.values_list(*call, *end)
    ]


def _stayed(state: str, due: int | None, kept: int | None) -> Decimal:
    """The share of the money due that stayed, 1 at most; without money all of it or nothing.

    Example: 150 due and 80 kept: 0.533; 100 due and 120 kept: 1.
    """
    if not due or kept is None:
        return Decimal(state in KEPT)
    return min(Decimal(kept) / due, Decimal(1))


def score(calls: Iterable[Scored]) -> Score | None:
    """These calls in sum; None of none."""
    calls = list(calls)
    known = [(float(call.chance) / 100, 1.0 if call.kept else 0.0) for call in calls]
    if not known:
        return None
    count = len(known)
    error = sum((call.error for call in calls), Decimal(0))
    return Score(
        count,
        sum((chance - end) ** 2 for chance, end in known) / count,
        100 * sum(chance - end for chance, end in known) / count,
        sum((chance >= 0.5) == bool(end) for chance, end in known) / count,
        sum(call.mrr for call in calls),
        whole_minor(error),
    )


def grouped(calls: Iterable[Scored], key: Callable[[Scored], Any]) -> dict[Any, Score]:
    """Scores by a key of the calls."""
    found: dict[Any, list[Scored]] = {}
    for call in calls:
        found.setdefault(key(call), []).append(call)
    return {name: done for name, own in found.items() if (done := score(own))}


def average(calls: Iterable[Scored]) -> float | None:
    """The Brier score of always saying the share that was kept: p × (1 − p). Example: 90 of 100 kept: 0.09."""
    ends = {call.renewal_id: call.kept for call in calls}
    if not ends:
        return None
    share = sum(ends.values()) / len(ends)
    return share * (1 - share)


def quarter_of(day: dt.date) -> tuple[int, int]:
    """Example: 2026-11-22 gives (2026, 4)."""
    return day.year, (day.month - 1) // 3 + 1


def quarter_text(day: dt.date) -> str:
    """As lists are asked for a quarter. Example: 2026-11-22 gives 2026-Q4."""
    year, number = quarter_of(day)
    return f"{year}-Q{number}"


@dataclass(frozen=True)
class InTime:
    """A step of renewals: how many came due, of them in time; `days` before the end, None where runways differ."""

    step: str
    days: int | None
    due: int
    on_time: int


def steps_in_time(rows: QuerySet[Renewal], since: dt.date, today: dt.date) -> list[InTime]:
    """The steps that came due since a day, of all runways, the earliest of a runway first. One that was left open because
    the renewal was over before its day was not due. One statement."""
    steps = RenewalStep.objects.filter(
        renewal__in=rows.exclude(state=RenewalState.WITHDRAWN).order_by().values("id"),
        due_on__gte=since,
        due_on__lt=today,
    ).exclude(done_on=None, renewal__closed_on__lte=F("due_on"))
    on_time = Q(done_on__lte=F("due_on"))
    found = steps.order_by().values("step", "days").annotate(due=Count("pk"), on_time=Count("pk", filter=on_time))
    by_step: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        by_step.setdefault(row["step"], []).append(row)
    order = sorted(by_step, key=lambda step: -max(row["days"] for row in by_step[step]))
    return [
        InTime(
            step,
            by_step[step][0]["days"] if len(by_step[step]) == 1 else None,
            sum(row["due"] for row in by_step[step]),
            sum(row["on_time"] for row in by_step[step]),
        )
        for step in order
    ]


@dataclass(frozen=True)
class LateStep:
    """A step that is late and open today: of how many renewals, and a month's money of them in minor units."""

    step: str
    count: int
    mrr: int


def late_steps(rows: QuerySet[Renewal], today: dt.date, by: Worth | None = None) -> list[LateStep]:
    """What is late and open now, by step, of open renewals: most money first. One statement, and those of the rates as above."""
    late = RenewalStep.objects.filter(renewal=OuterRef("pk"), done_on=None, due_on__lt=today)
    owed = with_money(rows.filter(state=RenewalState.OPEN).filter(Exists(late)), by).order_by()
    open_steps = Q(steps__done_on=None, steps__due_on__lt=today)
    found = owed.filter(open_steps).values("steps__step").annotate(n=Count("pk"), mrr=Sum("mrr_minor", default=0))
    result = [LateStep(row["steps__step"], row["n"], int(row["mrr"])) for row in found]
    return sorted(result, key=lambda one: (-one.mrr, one.step))


def kept_by_lateness(rows: QuerySet[Renewal], since: dt.date) -> dict[str, tuple[int, int]]:
    """Of the renewals decided since a day (kept, all): those whose steps were all in time ("none"), and those with two late
    ones or more ("more"). One statement."""
    steps = RenewalStep.objects.filter(_LATE, renewal=OuterRef("pk")).order_by().values("renewal")
    late = Coalesce(Subquery(steps.annotate(n=Count("pk")).values("n")), 0)
    over = rows.filter(state__in=ENDS, closed_on__gte=since).order_by().annotate(late=late)
    kept = Q(state__in=KEPT)
    none, more = Q(late=0), Q(late__gte=2)
    row = over.aggregate(
        none=Count("pk", filter=none), none_kept=Count("pk", filter=none & kept),
        more=Count("pk", filter=more), more_kept=Count("pk", filter=more & kept),
    )  # fmt: skip
    return {name: (row[f"{name}_kept"], row[name]) for name in ("none", "more")}


@dataclass(frozen=True)
class Saved:
    """Save plays of a span by their lead: of those decided in it how many were saved, and of those opened in it. `name` is one
    of `BUCKETS`, or "" without a renewal."""

    name: str
    saved: int
    decided: int
    opened: int
    opened_saved: int

    @property
    def rate(self) -> float | None:
        """Of the decided ones. Example: 33 saved of 50 decided is 66 %."""
        return self.saved / self.decided if self.decided else None

    @property
    def literal(self) -> float | None:
        """Of all that were opened, those that run among them: as the benchmark has it (HLT-13)."""
        return self.opened_saved / self.opened if self.opened else None


def save_rates(plays: QuerySet[SavePlay], since: dt.date, until: dt.date | None = None) -> list[Saved]:
    """Save plays since a day, up to `until`, by the days that were left when they were opened (HLT-13). What was opened by
    mistake counts nowhere. One statement."""
    lead = Case(
        When(lead_days=None, then=Value("")),
        *(When(lead_days__gte=low, then=Value(name)) for name, low in BUCKETS if low is not None),
        default=Value(BUCKETS[-1][0]),
    )
    last = until or dt.date.max
    decided = Q(decided_on__gte=since, decided_on__lte=last, state__in=(SaveState.SAVED, SaveState.LOST))
    opened, saved = Q(opened_on__gte=since, opened_on__lte=last), Q(state=SaveState.SAVED, decided_on__lte=last)
    counted = {
        "saved": Count("pk", filter=decided & saved),
        "decided": Count("pk", filter=decided),
        "opened": Count("pk", filter=opened),
        "opened_saved": Count("pk", filter=opened & saved),
    }
    rows = plays.exclude(state=SaveState.WITHDRAWN).order_by().annotate(lead=lead)
    found = rows.values("lead").annotate(**counted)
    counts = {lead: dict(zip(counted, values, strict=True)) for lead, *values in found.values_list("lead", *counted)}
    none = dict.fromkeys(counted, 0)
    return [Saved(name, **counts.get(name, none)) for name in (*(name for name, _low in BUCKETS), "")]
