"""Who the customers of the demo are and what happens to them. Everything else about a customer follows from its story.

Pure: the same seed, size and last day give the same stories. Each kind of row draws from a generator of its own
(`Story.chance`), so that a release that adds usage or tickets does not change the money of the one before.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import cycle
from typing import TypeVar

from cs_platform.demo.names import CSMS, FIRST, SECOND


class Plot(Enum):
    """The kinds of stories; what `Story.turned_on` means for each."""

    CHAMPION = "champion"  # an advocate inside; the last time that it bought more
    GROWER = "grower"  # buys more each year; the last time that it did
    STEADY = "steady"  # no turn
    FADER = "fader"  # since then it uses and pays less
    CHURNER = "churner"  # since then it was on its way out
    RETURNER = "returner"  # came back on that day


@dataclass(frozen=True)
class Segment:
    """What is typical of a segment: live customers of 420, of those lost in three years, yearly list price in dollars
    from the smallest to the largest, products that one buys, and how often each plot occurs."""

    name: str
    tier: str
    live: int
    lost: int
    smallest: int
    largest: int
    products: int
    plots: dict[Plot, int]


SEGMENTS = (
    Segment(
        "Enterprise", "high_touch", 96, 3, 118_000, 480_000, 3,
        {Plot.CHAMPION: 24, Plot.GROWER: 36, Plot.STEADY: 28, Plot.FADER: 11, Plot.RETURNER: 1},
    ),
    Segment(
        "Mid-market", "low_touch", 150, 21, 46_000, 200_000, 2,
        {Plot.CHAMPION: 16, Plot.GROWER: 30, Plot.STEADY: 36, Plot.FADER: 16, Plot.RETURNER: 2},
    ),
    Segment(
        "Small business", "tech_touch", 122, 42, 11_000, 76_000, 1,
        {Plot.CHAMPION: 8, Plot.GROWER: 18, Plot.STEADY: 50, Plot.FADER: 21, Plot.RETURNER: 3},
    ),
    Segment(
        "Product-led", "tech_touch", 52, 21, 900, 12_000, 1,
        {Plot.CHAMPION: 6, Plot.GROWER: 24, Plot.STEADY: 50, Plot.FADER: 16, Plot.RETURNER: 4},
    ),
)  # fmt: skip
ENTERPRISE, MID_MARKET = SEGMENTS[:2]
Card = TypeVar("Card")
LOST_DAYS = 1095  # the lost ones left within the last three years
CO_TERM = 31  # nobody buys more for so few days: that waits for the renewal
NEW_DAYS = 40  # who signed later than that has no turn behind it yet
AGES = ((1, 15), (2, 18), (3, 20), (4, 47))  # years from signature to the end of the running period, and how many


@dataclass(frozen=True)
class Story:
    """One customer: who it is, since when, what it pays (dollars a year at list price), and how that came about.

    `ends_on` is the end of its running period or, of a customer that was lost, of its last one.
    """

    seed: int
    number: int
    name: str
    segment: Segment
    industry: str
    plot: Plot
    signed_on: dt.date
    ends_on: dt.date
    turned_on: dt.date | None
    arr: int
    owner: str
    abroad: bool = False
    parent: str = ""

    def chance(self, topic: str) -> random.Random:
        """The dice of one topic of this story."""
        return random.Random(f"{self.seed}:{self.number}:{topic}")

    @property
    def live(self) -> bool:
        return self.plot is not Plot.CHURNER

    @property
    def years(self) -> int:
        """Contract years, the running one included."""
        return self.ends_on.year - self.signed_on.year


@dataclass(frozen=True)
class Character:
    """A customer that every demo has. `turned` is days before the last day, `ends_in` days after it."""

    name: str
    segment: Segment
    industry: str
    plot: Plot
    arr: int
    ends_in: int
    years: int
    owner: str
    turned: int
    parent: str = ""


CHARACTERS = (
    Character("Halcyon Freight", ENTERPRISE, "Logistics", Plot.FADER, 412_000, 38, 3, "priya", 4),
    Character("Altavista Health", ENTERPRISE, "Healthcare", Plot.CHAMPION, 1_820_000, 313, 3, "priya", 60),
    Character("Corvid Logistics", ENTERPRISE, "Logistics", Plot.GROWER, 1_270_000, 267, 3, "priya", 122),
    Character("Thornbury Water", ENTERPRISE, "Energy", Plot.GROWER, 940_000, 144, 4, "anna", 75),
    Character("Brightwater Energy", ENTERPRISE, "Energy", Plot.CHURNER, 520_000, -92, 3, "tomi", 230),
    Character("Quillon Software", ENTERPRISE, "Software", Plot.GROWER, 318_000, 48, 2, "priya", 190),
    Character("Stellan Marine", ENTERPRISE, "Logistics", Plot.CHAMPION, 206_000, 213, 3, "priya", 140),
    Character("Kestrel Robotics", ENTERPRISE, "Manufacturing", Plot.FADER, 301_000, 21, 2, "mei", 55),
    Character("Oakhaven Credit Union", ENTERPRISE, "Financial services", Plot.FADER, 251_000, 99, 3, "priya", 320),
    Character("Marlow Textiles", MID_MARKET, "Manufacturing", Plot.FADER, 96_000, 12, 2, "priya", 31),
    Character("Volta Charging", MID_MARKET, "Energy", Plot.GROWER, 140_000, 190, 1, "priya", 45),
    Character("Lumen Dental Group", MID_MARKET, "Healthcare", Plot.RETURNER, 176_000, 161, 3, "tomi", 110),
    Character("Greyfield Media", MID_MARKET, "Media", Plot.FADER, 62_000, 141, 2, "priya", 260),
    Character("Tessera Foods", MID_MARKET, "Retail", Plot.FADER, 198_000, 55, 2, "rafael", 88),
    Character("Ardmore Retail", MID_MARKET, "Retail", Plot.STEADY, 118_000, 118, 4, "jonah", 0),
    Character("Bellweather Energy", ENTERPRISE, "Energy", Plot.STEADY, 336_000, 31, 2, "anna", 0),
    Character(
        "Altavista Health, Imaging", ENTERPRISE, "Healthcare", Plot.GROWER, 184_000, 313, 2, "priya", 96, "Altavista Health"
    ),
    Character(
        "Corvid Logistics, Benelux", ENTERPRISE, "Logistics", Plot.STEADY, 152_000, 267, 2, "priya", 0, "Corvid Logistics"
    ),
)  # fmt: skip


def shift_years(day: dt.date, years: int) -> dt.date:
    """The same day `years` later. No story begins or ends on a 29 February."""
    return day.replace(year=day.year + years)


def make_stories(*, seed: int, accounts: int, last: dt.date) -> list[Story]:
    """The characters first, then everybody else: exactly `accounts` that are live on `last`, and those lost before."""
    known = {character.name: number for number, character in enumerate(CHARACTERS, start=1001)}
    stories: list[Story] = []
    for character in CHARACTERS:
        if character.plot is Plot.CHURNER or sum(story.live for story in stories) < accounts:
            stories.append(_from_character(seed, known[character.name], character, last))
    names = _names(random.Random(f"{seed}:names"), set(known))
    number = 1000 + len(CHARACTERS)
    for segment, live, lost in _missing(stories, accounts):
        for story in _crowd(random.Random(f"{seed}:{segment.name}"), seed, number, segment, names, live, lost, last):
            stories.append(story)
            number = story.number
    return stories


def _names(chance: random.Random, taken: set[str]) -> Iterator[tuple[str, str]]:
    """(name, industry) of companies that do not exist."""
    made = [(f"{first} {word}", industry) for first in FIRST for industry, words in SECOND.items() for word in words]
    chance.shuffle(made)
    return iter([(name, industry) for name, industry in made if name not in taken])


def _missing(stories: list[Story], accounts: int) -> Iterator[tuple[Segment, int, int]]:
    """How many live and lost customers of each segment are needed beside the characters; the last one evens it out."""
    left = accounts - sum(story.live for story in stories)
    for segment in SEGMENTS:
        known = sum(story.live for story in stories if story.segment is segment)
        live = max(round(segment.live * accounts / 420) - known, 0)
        live = left if segment is SEGMENTS[-1] else min(live, left)
        left -= live
        lost = round(segment.lost * accounts / 420) - sum(not s.live for s in stories if s.segment is segment)
        yield segment, live, max(lost, 0)


def _renewal_day(day: dt.date) -> dt.date:
    """The day, or the 28th for a 29 February: a day that every year has."""
    return day - dt.timedelta(days=day.month == 2 and day.day == 29)


def _from_character(seed: int, number: int, character: Character, last: dt.date) -> Story:
    ends_on = _renewal_day(last + dt.timedelta(days=character.ends_in))
    turned_on = last - dt.timedelta(days=character.turned) if character.turned else None
    return Story(
        seed, number, character.name, character.segment, character.industry, character.plot,
        shift_years(ends_on, -character.years), ends_on, turned_on, character.arr, character.owner,
        parent=character.parent,
    )  # fmt: skip


def _dealt(chance: random.Random, options: Sequence[tuple[Card, int]], count: int) -> list[Card]:
    """`count` options in their proportions, shuffled: the shares hold in small companies as well, whatever the seed."""
    total = sum(weight for _option, weight in options)
    cards: list[Card] = []
    due = 0
    for option, weight in options:
        due += weight
        cards += [option] * (round(count * due / total) - len(cards))
    chance.shuffle(cards)
    return cards


def _crowd(
    chance: random.Random,
    seed: int,
    number: int,
    segment: Segment,
    names: Iterator[tuple[str, str]],
    live: int,
    lost: int,
    last: dt.date,
) -> Iterator[Story]:
    """`live` customers of the segment whose periods end over the coming year, and `lost` ones over the past three."""
    owners = cycle(_dealt(chance, [(key, books[SEGMENTS.index(segment)]) for _, key, books in CSMS], 420))
    plots = [*_dealt(chance, list(segment.plots.items()), live), *[Plot.CHURNER] * lost]
    ages = [*_dealt(chance, list(AGES), live), *_dealt(chance, [(1, 30), (2, 45), (3, 25)], lost)]
    sizes = [(i + chance.random()) / live for i in range(live)]
    chance.shuffle(sizes)
    sizes += [chance.random() * 0.8 for _ in range(lost)]
    for i, plot in enumerate(plots):
        number += 1
        name, industry = next(names)
        if plot is Plot.CHURNER:
            ends_on = _renewal_day(last - dt.timedelta(days=round((i - live + chance.random()) * LOST_DAYS / lost)))
        else:
            ends_on = _renewal_day(last + dt.timedelta(days=2 + round((i + chance.random()) * 360 / live)))
        years = max(ages[i], 3) if plot is Plot.RETURNER else ages[i]
        signed_on = shift_years(ends_on, -years)
        if (last - signed_on).days < NEW_DAYS:
            plot = Plot.STEADY
        arr = round(segment.smallest * (segment.largest / segment.smallest) ** sizes[i] / 100) * 100
        yield Story(
            seed, number, name, segment, industry, plot, signed_on, ends_on, _turn(chance, plot, signed_on, ends_on, last),
            arr, next(owners), abroad=chance.random() < 0.2,
        )  # fmt: skip


def _turn(chance: random.Random, plot: Plot, signed_on: dt.date, ends_on: dt.date, last: dt.date) -> dt.date | None:
    """The day of the story's turn, never in its first weeks."""
    if plot is Plot.STEADY:
        return None
    if plot is Plot.CHURNER:
        day = ends_on - dt.timedelta(days=chance.randrange(60, 200))
    elif plot is Plot.RETURNER:  # in the running year, or in the one before when that has just begun
        begun = shift_years(ends_on, -1)
        begun = begun if (last - begun).days > 160 else shift_years(ends_on, -2)
        day = begun + dt.timedelta(days=chance.randrange(65, 150))
    else:
        day = last - dt.timedelta(days=chance.randrange(5, 400 if plot is Plot.FADER else 340))
        ends = ends_on
        while shift_years(ends, -1) > day:
            ends = shift_years(ends, -1)
        if plot is not Plot.FADER and (ends - day).days <= CO_TERM:
            day -= dt.timedelta(days=CO_TERM)
    return max(day, signed_on + dt.timedelta(days=21))
