"""Whether a series says something new: one unusual month is an anomaly, six months in one direction a trend (MET-23, TRG-19).
Pure; values are in the unit of their metric and months without a value are None."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median

from metrics.enums import Unit

BEFORE = 12  # months that an unusual one is held against
LEAST_KNOWN = 6  # of them, below which nothing is called usual
WIDTH = 3  # robust standard deviations
NORMAL = Decimal("1.4826")  # from the median absolute deviation to the standard deviation of a normal distribution
STEPS = 6  # months in one direction
LEAST_SHARE = Decimal("0.05")  # of the usual value, below which a change is too small to speak of
LEAST_POINTS = Decimal("0.01")  # the same for ratios, as a fraction


@dataclass(frozen=True)
class Anomaly:
    """The last value lies outside of `low` to `high`, which the months before make usual."""

    value: Decimal
    usual: Decimal
    low: Decimal
    high: Decimal

    @property
    def above(self) -> bool:
        return self.value > self.high


@dataclass(frozen=True)
class Trend:
    """The value went one way in each of the last `steps` months."""

    first: Decimal
    last: Decimal
    steps: int = STEPS

    @property
    def rising(self) -> bool:
        return self.last > self.first


def anomaly(values: Sequence[Decimal | None], unit: str) -> Anomaly | None:
    """Whether the last value lies outside of the median of the twelve before it ± 3 x 1.4826 x their median absolute
    deviation, and far enough from it to matter: a point of a ratio, else a twentieth of the usual value.

    Example: months of 2.0, 2.1, 1.9 (and so on) percent and then 6 percent: usual is 2.0, at most 2.4.
    """
    if not values or values[-1] is None:
        return None
    value, known = values[-1], [each for each in values[-1 - BEFORE : -1] if each is not None]
    if len(known) < LEAST_KNOWN:
        return None
    usual = median(known)
    reach = WIDTH * NORMAL * median(abs(each - usual) for each in known)
    reach = max(reach, LEAST_POINTS if unit == Unit.RATIO else LEAST_SHARE * abs(usual))
    return Anomaly(value, usual, usual - reach, usual + reach) if abs(value - usual) > reach else None


def unusual(values: Sequence[Decimal | None], unit: str, *, trailing: bool) -> Anomaly | None:
    """The same for the series of a metric, on each page that asks (MET-23).

    A month's own value is held against the months before. Values of trailing years share eleven months with each other
    and drift, so there the step since the month before is held against the steps before: of ratios and points as they
    are, of the rest as a share. Example: steps of about half a point on 109% and then 104%: 108.0% to 111.0% was usual.
    """
    if not trailing:
        return anomaly(values, unit)
    old = values[-2] if len(values) > 1 else None
    if old is None:
        return None
    scale = {Unit.RATIO: Decimal(1), Unit.POINTS: Decimal(100)}.get(Unit(unit))  # a point of an NPS is one of a ratio
    steps = [
        None if before is None or after is None or not (scale or before) else (after - before) / (scale or abs(before))
        for before, after in pairwise(values)
    ]
    odd = anomaly(steps, Unit.RATIO)
    if odd is None:
        return None
    reach = scale or abs(old)
    value, usual, low, high = (old + step * reach for step in (odd.value, odd.usual, odd.low, odd.high))
    return Anomaly(value, usual, low, high)


def trend(values: Sequence[Decimal | None]) -> Trend | None:
    """Whether each of the last six months was above the month before it, or each below. Example: churn of 2, 2.1, 2.3,
    2.4, 2.8, 3 and 3.2 percent rises; with 2.3 twice in a row it does not."""
    last = values[-1 - STEPS :]
    if len(last) <= STEPS:
        return None
    known = [each for each in last if each is not None]
    if len(known) < len(last):
        return None
    steps = [after - before for before, after in pairwise(known)]
    one_way = all(step > 0 for step in steps) or all(step < 0 for step in steps)
    return Trend(known[0], known[-1]) if one_way else None
