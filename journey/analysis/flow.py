"""The flow between stages over a span of days, and everything that is counted beside it (JRN-25 to JRN-31).

`Walked` brings the stage periods of the asked accounts into a temporary table once; each question after that is one
statement, so that a page costs the same number of them for any number of tracks. SQL reduces, `flow` and its neighbours judge.
"""

import datetime as dt
import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Account, Segment, Tenant
from accounts.selectors import STANDING
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.tenancy import current_tenant_id
from journey.analysis.spans import CUTS, Listed, Span
from journey.enums import Entry, Exit, Stage
from journey.stages import targets
from journey.stages.targets import Target

SQL = Path(__file__).parent / "sql"
FEW = 10  # tracks below which a cell says that they are few
LONGEST = 5
ENDS = (Exit.COMPLETED, Exit.REGRESSED, Exit.SKIPPED, Exit.ABANDONED)


@dataclass(frozen=True)
class Amount:
    """A count of periods (or tracks), and the accounts and monthly money (minor units, of today) behind them; each account
    once."""

    periods: int = 0
    accounts: int = 0
    mrr: int = 0

    def __bool__(self) -> bool:
        return bool(self.periods)


NONE = Amount()


@dataclass(frozen=True)
class Flow:
    """The cells of one span: `cells[(cell, stage, other)]`, see sql/flow.sql.

    Law, for each stage: open = was + in - completed - went back - skipped - given up.
    """

    cells: Mapping[tuple[str, str, str], Amount] = field(default_factory=dict)

    def of(self, cell: str, stage: str = "", other: str = "") -> Amount:
        return self.cells.get((cell, stage, other), NONE)

    def total(self, cell: str, stage: str = "") -> int:
        """Periods of a cell, of one stage or of all of them."""
        return sum(a.periods for (c, s, _o), a in self.cells.items() if c == cell and stage in ("", s))

    def by_other(self, cell: str) -> dict[str, int]:
        """Periods of a cell by its other word, the most first."""
        found: dict[str, int] = defaultdict(int)
        for (name, _stage, other), amount in self.cells.items():
            if name == cell:
                found[other] += amount.periods
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    def ended(self, stage: str) -> int:
        return self.total("out", stage)

    def rate(self, stage: str) -> float | None:
        """Completed of those that ended (JRN-25): 41 of 54 are 0.759; None where nothing ended."""
        return ratio(self.of("out", stage, Exit.COMPLETED).periods, self.ended(stage))

    @property
    def tracks(self) -> int:
        return self.of("tracks").periods

    @property
    def went_back(self) -> int:
        return sum(self.of("out", stage, Exit.REGRESSED).periods for stage in Stage.values)

    @property
    def recovered(self) -> list[int]:
        """Days after which tracks that went back in the span had completed the stage that they went back to, sorted."""
        days = [(int(o), a.periods) for (c, _s, o), a in self.cells.items() if c == "recovered"]
        return sorted(day for day, count in days for _ in range(count))

    @property
    def recovery(self) -> float | None:
        """The median of `recovered`: of 12, 20, 30 and 50 days it is 25; None where nothing recovered."""
        return statistics.median(self.recovered) if self.recovered else None

    @property
    def back_rate(self) -> float | None:
        """Regressions of the tracks that were open in the span (JRN-27): 25 of 614 are 0.041."""
        return ratio(self.went_back, self.tracks)


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True)
class Stall:
    """Open stages that stand still, by stage and what holds them up ("" where nobody said)."""

    stage: str
    blocker: str
    periods: int


@dataclass(frozen=True)
class Speed:
    """Days of the completed periods of a stage and segment (JRN-26), against its target."""

    stage: str
    segment: str
    periods: int
    mean: float
    fastest: int
    slowest: int
    low: float
    median: float
    high: float
    in_target: int
    days_from: int | None
    days_to: int | None


@dataclass(frozen=True)
class Cut:
    """The journey of one value of a cut (JRN-30)."""

    value: str
    accounts: int
    tracks: int
    onboarding_ended: int
    onboarding_completed: int
    onboarding_days: float | None
    adoption_ended: int
    adoption_completed: int
    went_back: int
    renewal_ended: int
    renewal_completed: int
    arrived: int
    retention_days: float | None


@dataclass(frozen=True)
class Pattern:
    """Core tracks that began alike, and how they went on (JRN-31)."""

    in_target: bool
    fell: bool
    tracks: int
    renewals: int
    renewed: int
    expanded: int
    speaks: int
    gone: int


@dataclass(frozen=True)
class Score:
    """Answers to the journey's question; NPS from -100 to 100."""

    answers: int = 0
    promoters: int = 0
    detractors: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.answers + other.answers, self.promoters + other.promoters, self.detractors + other.detractors)

    @property
    def nps(self) -> float | None:
        """Share of promoters minus that of detractors: 6 and 1 of 10 are 50."""
        share = ratio(self.promoters - self.detractors, self.answers)
        return None if share is None else share * 100


class Walked:
    """The journeys of these accounts over a span; see the module."""

    def __init__(self, accounts: QuerySet[Account], span: Span, tenant: Tenant | None = None) -> None:
        tenant = tenant or Tenant.objects.get(id=current_tenant_id())
        self.span = span
        segments = list(Segment.objects.order_by("position", "name"))
        self.segments = segments
        self.targets: dict[UUID | None, dict[str, Target]] = targets.targets_of(segments)
        self.params: dict[str, Any] = {
            "accounts": list(accounts.order_by().values_list("id", flat=True)),
            "first": span.first,
            "last": span.last,
            "before_first": span.before_first,
            "zone": tenant.timezone,
            "before_from": _begin(tenant, span.before_first),
            "until": _begin(tenant, span.last + dt.timedelta(days=1)),
            "targets": json.dumps(
                [
                    {
                        "segment_id": str(key) if key else None,
                        "stage": stage,
                        "days_from": t.days_from,
                        "days_to": t.days_to,
                    }
                    for key, of in self.targets.items()
                    for stage, t in of.items()
                ]
            ),
        }
        copying.drop("walked")
        sqljobs.execute(SQL / "walked.sql", self.params, tables={"standing": STANDING})

    def _rows(self, name: str, cut: str = "segment", **more: Any) -> list[dict[str, Any]]:
        if cut not in CUTS:
            raise ValueError(cut)
        tables: sqljobs.Tables = {"cut": cut, "standing": STANDING}
        return sqljobs.rows(SQL / f"{name}.sql", self.params | more, tables=tables)

    def flows(self) -> tuple[Flow, Flow]:
        """The span and the one before it."""
        found: dict[str, dict[tuple[str, str, str], Amount]] = {"now": {}, "before": {}}
        for row in self._rows("flow"):
            amount = Amount(row["periods"], row["accounts"], row["mrr"])
            found[row["span"]][(row["cell"], row["stage"], row["other"])] = amount
        return Flow(found["now"]), Flow(found["before"])

    def stalls(self) -> list[Stall]:
        """What stands still at the end of the span, the most first."""
        found = [Stall(**row) for row in self._rows("stalls")]
        return sorted(found, key=lambda each: (-each.periods, each.stage, each.blocker))

    def longest(self) -> list[dict[str, Any]]:
        return self._rows("longest", many=LONGEST)

    def speeds(self) -> list[Speed]:
        return [Speed(**row) for row in self._rows("velocity")]

    def cuts(self, cut: str) -> list[Cut]:
        return [Cut(**row) for row in self._rows("cuts", cut)]

    def scores(self, cut: str) -> dict[tuple[str, str, str], Score]:
        """Answers by (span, stage, value of the cut)."""
        return {
            (row["span"], row["stage"], row["value"]): Score(row["answers"], row["promoters"], row["detractors"])
            for row in self._rows("answers", cut)
        }

    def first_values(self) -> dict[str, dict[str, Any]]:
        """Signature to first value, by span."""
        return {row["span"]: row for row in self._rows("first_value")}

    def patterns(self) -> list[Pattern]:
        return [Pattern(**row) for row in self._rows("patterns")]

    def listed(
        self, listed: Listed, limit: int | None, ids: list[UUID] | None = None, skip: int = 0
    ) -> list[dict[str, Any]]:
        """The periods behind a number, the longest first, after the first `skip` of them; of `ids` only, where given."""
        asked = {
            "show": listed.show,
            "stage": listed.stage,
            "cause": listed.cause,
            "blocker": listed.blocker,
            "to": listed.to,
            "from": listed.source,
            "cutting": bool(listed.cut),
            "value": listed.value,
            "limit": limit,
            "skip": skip,
            "ids": ids,
        }
        return self._rows("listed", listed.cut or "segment", **asked)


def _begin(tenant: Tenant, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tenant.zone)


def score_of(
    scores: Mapping[tuple[str, str, str], Score], span: str, stage: str = "", value: str | None = None
) -> Score:
    """All answers of a span, or those of a stage or of a value of the cut."""
    found = Score()
    for (own, where, of), score in scores.items():
        if own == span and stage in ("", where) and value in (None, of):
            found += score
    return found


def forward(now: Flow, source: str, stage: str) -> Amount:
    """What moved on from one stage to another. Stages beside Retention open without an end of it: for them all that came in
    counts."""
    if stage in (Stage.EXPANSION, Stage.RENEWAL, Stage.ADVOCACY):
        return _sum(now.of("in", stage, entry) for entry in Entry.values)
    return now.of("from", stage, source) if source else now.of("in", stage, Entry.BEGAN)


def _sum(amounts: Iterable[Amount]) -> Amount:
    periods = accounts = mrr = 0
    for each in amounts:
        periods, accounts, mrr = periods + each.periods, accounts + each.accounts, mrr + each.mrr
    return Amount(periods, accounts, mrr)
