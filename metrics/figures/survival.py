"""Time until something happens, with those still waiting counted as waiting (MET-14). Pure; exact, without floats.

The share that has got there by a day is 1 − S, S by Kaplan and Meier: each day on which somebody got there, S is
multiplied by the share of those still under observation that day who did not. Who waits at the end of the data, or left
before, is under observation until then and no longer, instead of being dropped or counted as never.

    >>> curve([Wait(10, True, 1), Wait(20, False, 1), Wait(30, True, 2)])
    [(10, Fraction(1, 4)), (30, Fraction(1, 1))]
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Curve = list[tuple[int, Fraction]]
HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Wait:
    """`count` customers that waited so many days, and then got there, or were still waiting."""

    days: int
    reached: bool
    count: int = 1


def curve(waits: Iterable[Wait]) -> Curve:
    """(day, share that has got there by the end of that day) for each day on which somebody did."""
    got: dict[int, int] = {}
    left: dict[int, int] = {}
    total = 0
    for wait in waits:
        into = got if wait.reached else left
        into[wait.days] = into.get(wait.days, 0) + wait.count
        total += wait.count
    steps: Curve = []
    remaining, watched = Fraction(1), total
    for day in sorted(got.keys() | left.keys()):
        if reached := got.get(day, 0):
            remaining *= Fraction(watched - reached, watched)
            steps.append((day, 1 - remaining))
        watched -= reached + left.get(day, 0)
    return steps


def median(steps: Curve) -> Decimal | None:
    """The day by which half has got there; None when half never has. Where exactly half has by a day, the middle between
    it and the next one, so that without anybody waiting this is the plain median.

    Example: reached after 10, 20, 30 and 40 days gives 25; after 10 with three waiting gives None.
    """
    for place, (day, share) in enumerate(steps):
        if share == HALF and place + 1 < len(steps):
            return Decimal(day + steps[place + 1][0]) / 2
        if share >= HALF:
            return Decimal(day)
    return None


def share_by(steps: Curve, day: int) -> Fraction:
    """The share that has got there by a day, 0 before the first. Example: of the steps above, 1/4 by day 29."""
    reached = Fraction(0)
    for when, share in steps:
        if when > day:
            break
        reached = share
    return reached
