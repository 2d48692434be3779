"""What a cut says by itself: the group that a problem sits in (MET-09), whether newer customers do better (MET-08), and work
that moved nothing (MET-22). Pure; ratios as fractions."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from metrics.explore.values import Point

LEAST_BASE = 3  # customers, below which a group says nothing
TIMES = 2  # as bad as the rest, for a ratio of which less is better
POINTS = Decimal("0.05")  # and at least so far from it
STEP = Decimal("0.02")  # between cohorts, below which they count as equal


@dataclass(frozen=True)
class Problem:
    """One group is much worse than the rest together."""

    value: str
    its: Decimal
    rest: Decimal


@dataclass(frozen=True)
class Cohorts:
    """The oldest and the newest group of customers that are large enough to compare."""

    old: str
    old_value: Decimal
    new: str
    new_value: Decimal
    improving: bool | None  # None: about equal


def problem(groups: Mapping[str, Point], *, less_is_better: bool, of_money: bool = False) -> Problem | None:
    """The group that a ratio's problem sits in (MET-09). Example: small business loses 35%, all others 5%: a problem of
    small business, though everybody together loses 15%. What is a part `of_money` is weighed by the money at the start: of 100
    kept to 120 and 900 kept to 900 the two together kept 102%, not the 110% of two customers."""

    def weight(point: Point) -> int:
        return point.sums.base if of_money and point.sums else point.base

    told = {name: point for name, point in groups.items() if point.value is not None and point.base >= LEAST_BASE}
    worst: Problem | None = None
    for name, point in told.items():
        others = [each for key, each in told.items() if key != name]
        base = sum(weight(each) for each in others)
        if not base or point.value is None:
            continue
        rest = sum(((each.value or Decimal(0)) * weight(each) for each in others), Decimal(0)) / base
        gap = point.value - rest if less_is_better else rest - point.value
        enough = gap >= POINTS and (not less_is_better or point.value >= TIMES * rest)
        if enough and (worst is None or gap > abs(worst.its - worst.rest)):
            worst = Problem(name, point.value, rest)
    return worst


def cohorts(groups: Mapping[str, Point], *, less_is_better: bool) -> Cohorts | None:
    """The first and the last cohort against each other (MET-08). Names sort by time. Example: of those won in the fourth
    quarter of 2024 15% left, of those of the first quarter of 2026 8%: improving."""
    told = [(name, point) for name, point in sorted(groups.items()) if name and point.base >= LEAST_BASE]
    told = [(name, point) for name, point in told if point.value is not None]
    if len(told) < 2:
        return None
    (old, first), (new, last) = told[0], told[-1]
    if first.value is None or last.value is None:
        return None
    change = last.value - first.value
    improving = None if abs(change) < STEP else (change < 0) == less_is_better
    return Cohorts(old, first.value, new, last.value, improving)


def vain(work: list[Point], outcome: list[Point], *, less_is_better: bool) -> bool:
    """Whether work was done and what it is meant to move did not get better (MET-22). Example: 100 reviews in a quarter,
    and gross retention stands where it stood."""
    known = [point.value for point in outcome if point.value is not None]
    done = sum((point.value or Decimal(0) for point in work), Decimal(0))
    if not done or len(known) < 2:
        return False
    change = known[-1] - known[0]
    return change >= 0 if less_is_better else change <= 0
