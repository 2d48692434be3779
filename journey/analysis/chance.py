"""Whether journeys that began alike went on differently, or whether that may be chance (JRN-31). Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from health.scoring.backtest import wilson
from journey.analysis.flow import Pattern

# How patterns are told apart, each against the rest; and what became of them: the count, and of how many it is one.
FACTORS = ("in_target", "fell")
ENDS = {"renewed": "renewals", "expanded": "tracks", "speaks": "tracks", "gone": "tracks"}


@dataclass(frozen=True)
class Difference:
    """One share less another one, as fractions of 1, and the 95 % interval that it lies in."""

    share: float
    other: float
    low: float
    high: float

    @property
    def points(self) -> float:
        return self.share - self.other

    @property
    def may_be_chance(self) -> bool:
        return self.low <= 0 <= self.high


def difference(part: int, whole: int, other: int, other_whole: int) -> Difference | None:
    """Newcombe's interval for the difference of two shares, from Wilson's for each; None where a group is empty.

    With shares p and q, and their intervals (l, u) and (m, v), it goes from (p - q) - √((p - l)² + (v - q)²) to
    (p - q) + √((u - p)² + (q - m)²).

    Worked example (Newcombe 1998): 56 of 70 are 80 %, Wilson 69.2 % to 87.7 %; 48 of 80 are 60 %, Wilson 49.0 % to 70.0 %. The
    difference is 20 points, 5.2 to 33.4: it does not hold 0, so it is more than chance. 9 of 10 against 3 of 10 are 60
    points, 17 to 81; 6 of 10 against 4 of 10 are 20 points, -21 to 53, and may be chance.
    """
    (low, high), (other_low, other_high) = wilson(part, whole), wilson(other, other_whole)
    if low is None or high is None or other_low is None or other_high is None:
        return None
    share, second = part / whole, other / other_whole
    down, up = math.hypot(share - low, other_high - second), math.hypot(high - share, second - other_low)
    points = share - second
    return Difference(share, second, max(points - down, -1.0), min(points + up, 1.0))


@dataclass(frozen=True)
class Comparison:
    """One end of the journeys that have a factor, against those that do not; `whole` and `other_whole` count them."""

    factor: str
    end: str
    whole: int
    other_whole: int
    difference: Difference


def compared(patterns: Sequence[Pattern]) -> list[Comparison]:
    """Each end by each factor; what nobody is there to compare with is left out. Renewals of one customer count one by one,
    though they are not wholly independent: their interval is rather too narrow.

    Example: 70 tracks were in target and 56 of their renewals were won, 80 were not and won 48 of 80: "renewed" by
    "in_target" is 20 points.
    """
    found = []
    for factor in FACTORS:
        having = [each for each in patterns if getattr(each, factor)]
        others = [each for each in patterns if not getattr(each, factor)]
        for end, base in ENDS.items():
            part, whole = _sum(having, end), _sum(having, base)
            other, other_whole = _sum(others, end), _sum(others, base)
            told = difference(part, whole, other, other_whole)
            if told is not None:
                found.append(Comparison(factor, end, whole, other_whole, told))
    return found


def _sum(patterns: Sequence[Pattern], name: str) -> int:
    return sum(int(getattr(each, name)) for each in patterns)
