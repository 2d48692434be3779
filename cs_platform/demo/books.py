"""A story's money: yearly periods that follow each other, more seats or products in the middle of a year, less at a
renewal, an end, a return."""

import datetime as dt
import random
from dataclasses import dataclass, replace

from cs_platform.demo.stories import SEGMENTS, Plot, Story, shift_years

PRODUCTS = ("Core", "Analytics", "Automation")
PLANS = ("Enterprise", "Business", "Team", "Starter")
SEAT = (26_000, 13_000, 6_000, 2_400)  # yearly list price of a seat (a named operator) in dollars, by segment


@dataclass(frozen=True)
class Growth:
    """How a plot pays: the chance that a renewal raises the price and by how many thousandths; the chance that more is
    bought in the middle of a year and how many thousandths."""

    raised: float
    by: tuple[int, int]
    chance: float = 0
    more: tuple[int, int] = (0, 1)


GROWTH = {
    Plot.CHAMPION: Growth(0.7, (40, 100), 0.85, (150, 380)),
    Plot.GROWER: Growth(0.7, (40, 110), 0.95, (170, 400)),
    Plot.STEADY: Growth(0.15, (30, 80), 0.1, (60, 180)),
    Plot.FADER: Growth(0.3, (30, 80), 0.4, (100, 260)),
    Plot.CHURNER: Growth(0.1, (20, 50)),
    Plot.RETURNER: Growth(0.2, (20, 50), 0.1, (50, 150)),
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
    more, less, faded = chance.randrange(*growth.by), chance.randrange(*DOWNGRADE), chance.randrange(*FADED)
    raised, lowered = chance.random() < growth.raised, chance.random() < DOWNGRADED
    if story.plot is Plot.FADER and story.turned_on and story.turned_on < day:
        return faded
    if lowered and growth.chance < 0.5:
        return less
    return 1000 + more if raised else 1000


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
    """The periods in dollars, so that those that end last add up to what the customer pays: from the last year backwards, each
    beginning with what the one before it ended with. What stands beside the core is whole dollars a month: a renewal that
    raises nothing is the same money to the cent."""
    scaled: dict[Period, int] = {}
    whole, units = story.arr, 0
    for end in sorted({period.end for period in told}, reverse=True):
        year = [period for period in told if period.end == end]
        paid = sum(period.yearly for period in year)
        whole = whole * paid // units if units else whole
        beside = {period: _months(whole * period.yearly // paid) for period in year if period.line != "core"}
        (core,) = (period for period in year if period.line == "core")
        scaled |= {**beside, core: whole - sum(beside.values())}
        first = [period for period in year if period.start == core.start]
        whole, units = sum(scaled[period] for period in first), sum(period.yearly for period in first)
    return [replace(period, yearly=scaled[period]) for period in told]


def _months(yearly: int) -> int:
    """A year's dollars down to whole dollars a month, and at least one."""
    return max(yearly // 12 * 12, 12)


def seats(story: Story, period: Period) -> int:
    """Seats that the period's price stands for."""
    return max(period.yearly // SEAT[SEGMENTS.index(story.segment)], 1)
