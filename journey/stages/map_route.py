"""The route of a track on its map: which stage of the climb it stands in on each day, and the bends between them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from journey.enums import Stage

CLIMB: tuple[str, ...] = (Stage.ONBOARDING, Stage.ADOPTION, Stage.RETENTION)  # the lowest first
BEND = 13.0  # half of a bend
PAUSE = 31  # days between two stages that the route passes over without a break


@dataclass(frozen=True)
class Part:
    """A stretch of days in one stay; `joined` to the one before it."""

    start: dt.date
    end: dt.date
    stay: Any
    joined: bool


@dataclass(frozen=True)
class Leg:
    """The same in units of the drawing: from x1 to x2 at the height y."""

    x1: float
    x2: float
    y: float
    stay: Any
    joined: bool


@dataclass(frozen=True)
class Curve:
    """A bend that begins at x1 on the height before it."""

    x1: float
    path: str


def legs_of(stays: Sequence[Any], today: dt.date) -> list[Part]:
    """Where the route runs: among stages that are open at once it follows the one that was entered last, and returns to the
    other when that one ends; over a pause of up to a month it runs on, a longer one breaks it.

    Example: Onboarding from January to March, Adoption from March on: two parts, the second joined. Adoption opened again
    beside Retention from May to June: Retention, Adoption, Retention.
    """
    ordered = sorted(
        ((number, stay) for number, stay in enumerate(stays) if stay.start <= today),
        key=lambda each: (each[1].start, each[0]),
    )
    days = {stay.start for _number, stay in ordered} | {min(stay.end or today, today) for _number, stay in ordered}
    edges = sorted(days | {today}) if any(stay.end is None for _number, stay in ordered) else sorted(days)
    found: list[Part] = []
    for start, end in pairwise(edges):
        here = [stay for _number, stay in ordered if stay.start <= start and (stay.end is None or stay.end >= end)]
        if not here:
            continue
        stay = here[-1]
        if found and found[-1].stay is stay and found[-1].end == start:
            found[-1] = Part(found[-1].start, end, stay, found[-1].joined)
            continue
        gap = (start - found[-1].end).days if found else 0
        if found and 0 < gap <= PAUSE:
            found[-1] = Part(found[-1].start, start, found[-1].stay, found[-1].joined)
        found.append(Part(start, end, stay, bool(found) and gap <= PAUSE))
    if not found and ordered:  # begun and perhaps ended on one day
        last = ordered[-1][1]
        found.append(Part(last.start, max(last.start, min(last.end or today, today)), last, False))
    return _entered_today(found, [stay for _number, stay in ordered], today)


def _entered_today(found: list[Part], ordered: Sequence[Any], today: dt.date) -> list[Part]:
    """A stage that was entered today has no length yet, and is where the route ends all the same."""
    fresh = [stay for stay in ordered if stay.start == today and stay.end is None]
    if fresh and found and found[-1].stay is not fresh[-1]:
        found.append(Part(today, today, fresh[-1], found[-1].end == today))
    return found


def bend(before: Leg, after: Leg) -> Curve:
    """The bend between two legs that meet, on each side no wider than half of the leg there."""
    x = after.x1
    start = round(x - min(BEND, max((before.x2 - before.x1) / 2, 0)), 1)
    end = round(x + min(BEND, max((after.x2 - after.x1) / 2, 0)), 1)
    return Curve(start, f"C{x:g} {before.y:g} {x:g} {after.y:g} {end:g} {after.y:g}")
