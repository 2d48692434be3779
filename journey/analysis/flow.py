"""The flow between stages over a span of days, and everything that is counted beside it (JRN-25 to JRN-31). No query.

SQL reduces to parts that add up (sql/parts.sql); `Figures` puts them together. Where the parts come from is the business of
`walked` (now, from the stage periods) and of `kept` (a large book's, as the night left them).
"""

import datetime as dt
import statistics
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from accounts.models import Segment
from journey.analysis.spans import CUTS, Span
from journey.enums import Entry, Exit, Stage
from journey.stages import targets
from journey.stages.targets import Target

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

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.periods + other.periods, self.accounts + other.accounts, self.mrr + other.mrr)


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


Part = Mapping[str, Any]  # a row of sql/parts.sql or sql/patterns.sql


def at_share(days: Mapping[int, int], share: float) -> float:
    """The number of days that this share of all took no longer than, between two of them in proportion; `days` says how often
    each came, and there are some.

    Example: of 10, 20, 20 and 40 days the middle (0.5) is 20, a quarter (0.25) 17.5.
    """
    place = share * (sum(days.values()) - 1)
    below, passed, low = int(place), 0, None
    for day in sorted(days):
        passed += days[day]
        if low is None and passed > below:
            low = day
        if low is not None and passed > below + 1:
            return low + (day - low) * (place - below)
    assert low is not None
    return float(low)


class Figures(ABC):
    """The figures of some journeys over a span, put together from parts. `as_of` is the moment that they are of, where that is
    not now."""

    as_of: dt.datetime | None = None

    def __init__(self, span: Span) -> None:
        self.span = span

    @cached_property
    def segments(self) -> list[Segment]:
        return list(Segment.objects.order_by("position", "name"))

    @cached_property
    def targets(self) -> dict[UUID | None, dict[str, Target]]:
        return targets.targets_of(self.segments)

    @abstractmethod
    def parts(self) -> Iterable[Part]:
        """The rows of all figures but the patterns."""

    @abstractmethod
    def pattern_parts(self) -> Iterable[Part]:
        """The rows of the patterns, which a page of its own asks for."""

    @abstractmethod
    def longest(self) -> list[dict[str, Any]]:
        """The stalled stages that have been without progress for longest, one of each account, LONGEST of them."""

    @abstractmethod
    def flagged(self) -> dict[str, int]:
        """How many open stages carry each flag (stages.flags.Key)."""

    @abstractmethod
    def flagged_with(self, flag: str) -> list[UUID]:
        """The open stages that carry this flag."""

    @cached_property
    def _by_figure(self) -> Mapping[str, list[Part]]:
        found: dict[str, list[Part]] = defaultdict(list)
        for row in self.parts():
            found[row["figure"]].append(row)
        return found

    def _rows(self, figure: str) -> list[Part]:
        return self._by_figure.get(figure, [])

    def flows(self) -> tuple[Flow, Flow]:
        """The span and the one before it."""
        cells: dict[str, dict[tuple[str, str, str], Amount]] = {"now": {}, "before": {}}
        for row in self._rows("flow"):
            of, key = cells[row["part"]], (row["cell"], row["stage"], row["word"])
            of[key] = of.get(key, NONE) + Amount(row["n"], row["accounts"], row["mrr"])
        return Flow(cells["now"]), Flow(cells["before"])

    def stalls(self) -> list[Stall]:
        """What stands still at the end of the span, the most first."""
        counts: Counter[tuple[str, str]] = Counter()
        for row in self._rows("stalled"):
            counts[row["stage"], row["word"]] += row["n"]
        found = [Stall(stage, blocker, count) for (stage, blocker), count in counts.items()]
        return sorted(found, key=lambda each: (-each.periods, each.stage, each.blocker))

    def speeds(self) -> list[Speed]:
        days: dict[tuple[str, UUID | None], Counter[int]] = defaultdict(Counter)
        in_target: Counter[tuple[str, UUID | None]] = Counter()
        for row in self._rows("days"):
            key = row["stage"], row["segment_id"]
            days[key][row["days"]] += row["n"]
            in_target[key] += row["n"] if row["word"] == "in_target" else 0
        return sorted(self._speeds(days, in_target), key=lambda each: (each.stage, each.segment))

    def _speeds(
        self, days: Mapping[tuple[str, UUID | None], Counter[int]], in_target: Mapping[tuple[str, UUID | None], int]
    ) -> Iterator[Speed]:
        names = {segment.id: segment.name for segment in self.segments}
        for (stage, segment), of in days.items():
            target = self.targets.get(segment, {}).get(stage)
            yield Speed(
                stage=stage, segment=names.get(segment, "") if segment else "", periods=of.total(), mean=_mean(of), fastest=min(of),
                slowest=max(of), low=at_share(of, 0.25), median=at_share(of, 0.5), high=at_share(of, 0.75),
                in_target=in_target[stage, segment], days_from=target.days_from if target else None,
                days_to=target.days_to if target else None,
            )  # fmt: skip

    def cuts(self, cut: str) -> list[Cut]:
        """By value. ValueError when there is no such cut."""
        if cut not in CUTS:
            raise ValueError(cut)
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        days: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        for row in self._rows("cut"):
            if row["cut"] == cut and row["days"] is None:
                counts[row["value"]][row["cell"]] += row["n"]
            elif row["cut"] == cut:
                days[row["value"], row["cell"]][row["days"]] += row["n"]
        found = []
        for value, of in sorted(counts.items()):
            begun, arrived = days[value, "onboarding_days"], days[value, "retention_days"]
            found.append(
                Cut(
                    value=value, accounts=of["accounts"], tracks=of["tracks"], onboarding_ended=of["onboarding_ended"],
                    onboarding_completed=begun.total(), onboarding_days=at_share(begun, 0.5) if begun else None,
                    adoption_ended=of["adoption_ended"], adoption_completed=of["adoption_completed"], went_back=of["went_back"],
                    renewal_ended=of["renewal_ended"], renewal_completed=of["renewal_completed"], arrived=arrived.total(),
                    retention_days=at_share(arrived, 0.5) if arrived else None,
                )
            )  # fmt: skip
        return found

    def scores(self, cut: str) -> dict[tuple[str, str, str], Score]:
        """Answers by (span, stage, value of the cut)."""
        found: dict[tuple[str, str, str], Score] = defaultdict(Score)
        for row in self._rows("answers"):
            if row["cut"] == cut:
                one = Score(row["n"], row["n"] * (row["word"] == "promoter"), row["n"] * (row["word"] == "detractor"))
                found[row["part"], row["stage"], row["value"]] += one
        return dict(found)

    def first_values(self) -> dict[str, dict[str, Any]]:
        """Signature to first value, by span: {accounts, median, in_target}."""
        days: dict[str, Counter[int]] = defaultdict(Counter)
        in_target: Counter[str] = Counter()
        for row in self._rows("first_value"):
            days[row["part"]][row["days"]] += row["n"]
            in_target[row["part"]] += row["n"] if row["word"] == "in_target" else 0
        return {
            part: {"accounts": of.total(), "median": at_share(of, 0.5), "in_target": in_target[part]}
            for part, of in days.items()
        }

    def patterns(self) -> list[Pattern]:
        """Those in target first, and of each those that never went back."""
        counts: dict[tuple[bool, bool], Counter[str]] = defaultdict(Counter)
        for row in self.pattern_parts():
            counts[row["word"] == "in_target", row["value"] == "fell"][row["cell"]] += row["n"]
        cells = ("tracks", "renewals", "renewed", "expanded", "speaks", "gone")
        order = sorted(counts, key=lambda key: (not key[0], key[1]))
        return [Pattern(*key, *(counts[key][cell] for cell in cells)) for key in order]


def _mean(days: Mapping[int, int]) -> float:
    return sum(day * count for day, count in days.items()) / sum(days.values())


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
        return sum((now.of("in", stage, entry) for entry in Entry.values), NONE)
    return now.of("from", stage, source) if source else now.of("in", stage, Entry.BEGAN)
