"""What happens to a customer: one story drives its money, its people and its events, so that they tell the same."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum


class Plot(Enum):
    """The kinds of stories."""

    CHAMPION = "champion"
    GROWER = "grower"
    STEADY = "steady"
    FADER = "fader"
    CHURNER = "churner"
    RETURNER = "returner"


@dataclass(frozen=True)
class Segment:
    """What is typical of a segment: how many are live of 420, yearly revenue, how they are sold to."""

    name: str
    tier: str
    share: int
    smallest: int
    largest: int
    products: int


SEGMENTS = (
    Segment("Enterprise", "high_touch", 96, 120_000, 540_000, 3),
    Segment("Mid-market", "low_touch", 150, 48_000, 178_000, 2),
    Segment("Small business", "tech_touch", 122, 8_000, 38_000, 1),
    Segment("Product-led", "tech_touch", 52, 900, 9_000, 1),
)
# Chance of each plot for a live customer, by segment.
PLOTS: dict[str, dict[Plot, int]] = {
    "Enterprise": {Plot.CHAMPION: 24, Plot.GROWER: 34, Plot.STEADY: 30, Plot.FADER: 11, Plot.RETURNER: 1},
    "Mid-market": {Plot.CHAMPION: 14, Plot.GROWER: 30, Plot.STEADY: 38, Plot.FADER: 16, Plot.RETURNER: 2},
    "Small business": {Plot.CHAMPION: 8, Plot.GROWER: 18, Plot.STEADY: 50, Plot.FADER: 20, Plot.RETURNER: 4},
    "Product-led": {Plot.CHAMPION: 6, Plot.GROWER: 24, Plot.STEADY: 50, Plot.FADER: 15, Plot.RETURNER: 5},
}


@dataclass(frozen=True)
class Story:
    """One customer: who it is, since when, what it pays now, and how that came about.

    `renews_in` is days from the last day of the data to the end of the running period; for a churner it is negative.
    """

    number: int
    name: str
    segment: Segment
    industry: str
    plot: Plot
    signed_on: dt.date
    renews_in: int
    arr: int
    owner: str
    currency: str = "USD"


@dataclass(frozen=True)
class Character:
    """A customer that every demo has."""

    name: str
    segment: int
    industry: str
    plot: Plot
    arr: int
    renews_in: int
    years: int
    owner: str


CHARACTERS = (
    Character("Halcyon Freight", 0, "Logistics", Plot.FADER, 412_000, 38, 3, "priya"),
    Character("Altavista Health", 0, "Healthcare", Plot.CHAMPION, 1_820_000, 313, 3, "priya"),
    Character("Corvid Logistics", 0, "Logistics", Plot.GROWER, 1_270_000, 267, 3, "priya"),
    Character("Thornbury Water", 0, "Energy", Plot.GROWER, 940_000, 144, 4, "anna"),
    Character("Brightwater Energy", 0, "Energy", Plot.CHURNER, 520_000, -92, 3, "tomi"),
    Character("Sable & Finch Insurance", 0, "Financial services", Plot.FADER, 388_000, 71, 2, "tomi"),
    Character("Kestrel Robotics", 0, "Manufacturing", Plot.FADER, 301_000, 21, 2, "mei"),
    Character("Oakhaven Credit Union", 0, "Financial services", Plot.FADER, 251_000, 99, 2, "priya"),
    Character("Quillon Software", 0, "Software", Plot.GROWER, 318_000, 48, 2, "priya"),
    Character("Stellan Marine", 0, "Logistics", Plot.CHAMPION, 206_000, 213, 3, "priya"),
    Character("Bellweather Energy", 0, "Energy", Plot.STEADY, 336_000, 31, 2, "anna"),
    Character("Marlow Textiles", 1, "Manufacturing", Plot.FADER, 96_000, 12, 2, "priya"),
    Character("Pallas Biotech", 1, "Healthcare", Plot.FADER, 88_000, 57, 2, "priya"),
    Character("Greyfield Media", 1, "Media", Plot.FADER, 62_000, 141, 2, "priya"),
    Character("Solstice Travel", 1, "Retail", Plot.STEADY, 176_000, 23, 3, "priya"),
    Character("Volta Charging", 1, "Energy", Plot.GROWER, 140_000, 190, 1, "priya"),
    Character("Fernhill Dairy", 1, "Retail", Plot.STEADY, 84_000, 118, 2, "priya"),
    Character("Tessera Foods", 1, "Retail", Plot.FADER, 198_000, 55, 2, "rafael"),
    Character("Mosaic Learning", 1, "Education", Plot.GROWER, 112_000, 194, 2, "jonah"),
    Character("Lumen Dental Group", 1, "Healthcare", Plot.RETURNER, 176_000, 261, 3, "tomi"),
)
