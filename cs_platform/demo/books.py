"""A story's money: yearly periods that follow each other, more seats or products in the middle of a year, less at a
renewal, an end, a return."""

import datetime as dt
import random
from dataclasses import dataclass, replace

from cs_platform.demo.stories import SEGMENTS, Plot, Story, shift_years

PRODUCTS = ("Core", "Analytics", "Automation")
PLANS = ("Enterprise", "Business", "Team", "Starter")
SEAT = (540, 480, 360, 180)  # yearly list price of a seat in dollars, by segment


@dataclass(frozen=True)
class Growth:
    """Factors in thousandths: of a renewal, and how much is bought in the middle of a year with which chance."""

    renewal: tuple[int, int]
    chance: float = 0
    more: tuple[int, int] = (0, 1)


GROWTH = {
    Plot.CHAMPION: Growth((1030, 1080), 0.85, (130, 330)),
    Plot.GROWER: Growth((1030, 1090), 0.95, (150, 360)),
    Plot.STEADY: Growth((1010, 1060), 0.2, (50, 150)),
    Plot.FADER: Growth((1010, 1060), 0.4, (80, 220)),
    Plot.CHURNER: Growth((990, 1030)),
    Plot.RETURNER: Growth((1000, 1040), 0.1, (50, 150)),
}
FADED = (700, 920)  # the renewal after the turn
DOWNGRADE = (780, 950)  # a renewal that went badly, and how often that happens outside of growth
DOWNGRADED = 0.10


@dataclass(frozen=True)
class Period:
    """A paid period of one line; `yearly` is its list price in whole dollars a year."""

    line: str
    product: str
    start: dt.date
    end: dt.date
    yearly: int


def periods(story: Story, last: dt.date) -> list[Period]:
    """All paid periods of the story up to the running one; what runs on `last` adds up to `story.arr`."""
    chance = story.chance("money")
    lines = {"core": (PRODUCTS[0], 1_000_000)}
    told: list[Period] = []
    for year in range(story.years):
        start, stop = shift_years(story.signed_on, year), shift_years(story.signed_on, year + 1)
        begins = start
        if story.plot is Plot.RETURNER and story.turned_on and start < story.turned_on < stop:
            begins = story.turned_on
        if year:
            factor = _renewal(chance, story, start)
            lines = {line: (product, units * factor // 1000) for line, (product, units) in lines.items()}
        told += [Period(line, product, begins, stop, units) for line, (product, units) in lines.items()]
        day = _bought_more_on(chance, story, begins, stop, last)
        if day is None:
            continue
        units = sum(units for _product, units in lines.values()) * chance.randrange(*GROWTH[story.plot].more) // 1000
        if len(lines) < story.segment.products and chance.random() < 0.45:
            product = PRODUCTS[len(lines)]
            lines[product.lower()] = (product, units)
            told.append(Period(product.lower(), product, day, stop, units))
        else:  # seats of their own until the renewal takes them in
            told.append(Period(f"seats{year + 1}", PRODUCTS[0], day, stop, units))
            lines["core"] = (PRODUCTS[0], lines["core"][1] + units)
    return _scaled(told, story)


def _renewal(chance: random.Random, story: Story, day: dt.date) -> int:
    """Thousandths of the old price that a renewal on `day` brings."""
    growth = GROWTH[story.plot]
    ordinary, bad = chance.randrange(*growth.renewal), chance.randrange(*DOWNGRADE)
    faded, dice = chance.randrange(*FADED), chance.random()
    if story.plot is Plot.FADER and story.turned_on and story.turned_on < day:
        return faded
    return bad if growth.chance < 0.5 and dice < DOWNGRADED else ordinary


def _bought_more_on(
    chance: random.Random, story: Story, start: dt.date, stop: dt.date, last: dt.date
) -> dt.date | None:
    """The day in the year from `start` on which the customer bought more; None when it did not."""
    growth, dice, offset = GROWTH[story.plot], chance.random(), chance.randrange(50, 310)
    grows = story.plot in {Plot.CHAMPION, Plot.GROWER}
    if grows and story.turned_on and start < story.turned_on < stop:
        return story.turned_on
    day = start + dt.timedelta(days=offset)
    if story.plot is Plot.FADER and story.turned_on:
        last = story.turned_on
    return day if dice < growth.chance and day < min(last, stop) else None


def _scaled(told: list[Period], story: Story) -> list[Period]:
    """The periods in dollars, so that those that end last add up to what the customer pays."""
    newest = max(period.end for period in told)
    total = sum(period.yearly for period in told if period.end == newest)
    scaled = [replace(period, yearly=max(period.yearly * story.arr // total, 12)) for period in told]
    rest = story.arr - sum(period.yearly for period in scaled if period.end == newest)
    at = next(i for i, period in enumerate(scaled) if period.end == newest and period.line == "core")
    scaled[at] = replace(scaled[at], yearly=scaled[at].yearly + rest)
    return scaled


def seats(story: Story, period: Period) -> int:
    """Seats that the period's price stands for."""
    return max(period.yearly // SEAT[SEGMENTS.index(story.segment)], 1)
