"""How good the calls were, whether steps came in time, and what became of save plays (REN-05, REN-02, HLT-13).

Each caller is judged by what stood frozen before a renewal came due, so that nobody knows the end: of a lead of 60 days the
last frozen call of a week that ended at least 60 days before. Nothing that was said later changes a score.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from renewals.enums import RenewalState, SaveState
from renewals.lifecycle import ENDS, KEPT
from renewals.models import FrozenCall, Renewal, RenewalStep, SavePlay
from renewals.selectors import with_money

LEADS = (90, 60, 30)
FEW = 20  # renewals below which a score says little
# Days from opening a save play to the renewal, from the most: name, at least, below.
BUCKETS: tuple[tuple[str, int | None, int | None], ...] = (
    ("90+", 90, None),
    ("60-90", 60, 90),
    ("30-60", 30, 60),
    ("<30", None, 30),
)
_LATE = Q(done_on__gt=F("due_on")) | Q(done_on=None, due_on__lt=F("renewal__closed_on"))


class Scored(NamedTuple):
    """A frozen call beside what became of its renewal."""

    renewal_id: UUID
    caller: str
    chance: Decimal
    member_id: UUID | None
    member: str
    closed_on: dt.date
    kept: bool


@dataclass(frozen=True)
class Score:
    """Calls in sum. Brier: the mean of (chance − end)², 0 is perfect; bias: chance less what was kept, in points, above 0 too
    hopeful; right: the share that stood on the right side of 50 %.

    Example: 90 % and kept, 60 % and lost: Brier (0.01 + 0.36) / 2 = 0.185, bias 75 − 50 = +25 points, right 1 of 2.
    """

    count: int
    brier: float
    bias: float
    right: float


def scored(rows: QuerySet[Renewal], since: dt.date, lead: int = 60) -> list[Scored]:
    """The calls that are judged of the renewals decided since a day, by caller. One statement."""
    found = FrozenCall.objects.filter(
        renewal__in=rows.filter(state__in=ENDS, closed_on__gte=since).order_by().values("id"),
        week__lte=F("renewal__due_on") - dt.timedelta(days=lead),
        week__lt=F("renewal__closed_on"),
    )
    found = found.order_by("renewal_id", "caller", "-week").distinct("renewal_id", "caller")
    columns = ("renewal_id", "caller", "probability", "member_id", "member__name", "renewal__closed_on")
    told: Iterable[Any] = found.values_list(*columns, "renewal__state")
    return [Scored._make((*row[:4], row[4] or "", row[5], row[6] in KEPT)) for row in told]


def score(calls: Iterable[Scored]) -> Score | None:
    """These calls in sum; None of none."""
    known = [(float(call.chance) / 100, 1.0 if call.kept else 0.0) for call in calls]
    if not known:
        return None
    count = len(known)
    return Score(
        count,
        sum((chance - end) ** 2 for chance, end in known) / count,
        100 * sum(chance - end for chance, end in known) / count,
        sum((chance >= 0.5) == bool(end) for chance, end in known) / count,
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


def late_steps(rows: QuerySet[Renewal], today: dt.date) -> list[LateStep]:
    """What is late and open now, by step, of open renewals: most money first. One statement, and those of the rates."""
    late = RenewalStep.objects.filter(renewal=OuterRef("pk"), done_on=None, due_on__lt=today)
    owed = with_money(rows.filter(state=RenewalState.OPEN).filter(Exists(late))).order_by()
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
    """Save plays of a span by their lead: saved of decided. `name` is one of `BUCKETS`, or "" without a renewal."""

    name: str
    saved: int
    decided: int

    @property
    def rate(self) -> float | None:
        return self.saved / self.decided if self.decided else None


def save_rates(plays: QuerySet[SavePlay], since: dt.date) -> list[Saved]:
    """Save plays decided since a day by the days that were left when they were opened (HLT-13). One statement.

    Example: 33 saved of 50 decided is 66 %.
    """
    decided = plays.filter(state__in=(SaveState.SAVED, SaveState.LOST), decided_on__gte=since).order_by()
    saved = Q(state=SaveState.SAVED)
    counts: dict[str, Any] = {}
    for name, low, high in (*BUCKETS, ("", None, None)):
        within = Q(lead_days=None) if not name else Q(lead_days__isnull=False)
        within &= Q(lead_days__gte=low) if low is not None else Q()
        within &= Q(lead_days__lt=high) if high is not None else Q()
        counts |= {f"n{name}": Count("pk", filter=within), f"s{name}": Count("pk", filter=within & saved)}
    named = {f"c{place}": value for place, value in enumerate(counts.values())}
    row = decided.aggregate(**named)
    values = dict(zip(counts, (row[name] for name in named), strict=True))
    return [Saved(name, values[f"s{name}"], values[f"n{name}"]) for name, _low, _high in (*BUCKETS, ("", None, None))]


def opened_since(plays: QuerySet[SavePlay], since: dt.date) -> tuple[int, int]:
    """(saved, opened) of the save plays opened since a day: the rate as the benchmark has it, beside that of the decided
    ones. What was opened by mistake counts nowhere."""
    rows = plays.filter(opened_on__gte=since).exclude(state=SaveState.WITHDRAWN)
    row = rows.order_by().aggregate(opened=Count("pk"), saved=Count("pk", filter=Q(state=SaveState.SAVED)))
    return row["saved"], row["opened"]
