"""How a customer of the demo felt on a day: one curve from which usage, meetings, tickets and answers all follow.

So a decline shows in all of them, and churn follows decline often enough to be found, and not always.
"""

import datetime as dt
import random
from functools import lru_cache

from cs_platform.demo.stories import Plot, Story, shift_years

BASE = {
    Plot.CHAMPION: 0.92,
    Plot.GROWER: 0.85,
    Plot.STEADY: 0.74,
    Plot.FADER: 0.74,
    Plot.CHURNER: 0.72,
    Plot.RETURNER: 0.68,
}
# What is left of it in the end, and after how many days.
FADED, FADING_DAYS = 0.42, 70
LEAVING = 0.22
# Of those who leave, this many do so with a smile: a price, a closure, a decision from above.
SUDDEN = 0.2
RAMP_DAYS = {"high_touch": 100, "low_touch": 60, "tech_touch": 21}
# Some dip for a while and come back: not every decline is the end.
DIPPING, DIP, DIP_DAYS = 0.16, 0.62, 70


@lru_cache(4096)
def _character(seed: int, number: int, plot: Plot, ends_on: dt.date) -> tuple[float, bool, dt.date | None]:
    """Base mood, whether it would leave without a sign, and the day a dip begins."""
    chance = random.Random(f"{seed}:{number}:mood")
    base = min(max(BASE[plot] + chance.gauss(0, 0.07), 0.35), 0.98)
    sudden = chance.random() < SUDDEN
    dips = chance.random() < DIPPING and plot in {Plot.STEADY, Plot.GROWER}
    begins = ends_on - dt.timedelta(days=chance.randrange(380, 700))
    return base, sudden, begins if dips else None


def base_mood(story: Story) -> float:
    """How the customer feels when nothing is wrong."""
    return _character(story.seed, story.number, story.plot, story.ends_on)[0]


def dips_on(story: Story) -> dt.date | None:
    """The first day of a time in which it used less and came back."""
    return _character(story.seed, story.number, story.plot, story.ends_on)[2]


def fading_since(story: Story) -> dt.date | None:
    """When a fading or leaving customer began to; Halcyon's use fell weeks before its champion left."""
    if story.turned_on is None or story.plot not in {Plot.FADER, Plot.CHURNER}:
        return None
    return story.turned_on - dt.timedelta(days=50 if story.name == "Halcyon Freight" else 0)


def away(story: Story, day: dt.date) -> bool:
    """Whether the customer pays nothing on that day: before its time, after it, or between leaving and coming back."""
    if not story.signed_on <= day < story.ends_on:
        return True
    if story.plot is Plot.RETURNER and story.turned_on:
        left = story.ends_on
        while left > story.turned_on:
            left = shift_years(left, -1)
        return left <= day < story.turned_on
    return False


def mood(story: Story, day: dt.date) -> float:
    """0 (gone) to 1 (delighted). Example: a steady customer of three years stands near 0.74 on every day."""
    if away(story, day):
        return 0.0
    base, sudden, dips_on = _character(story.seed, story.number, story.plot, story.ends_on)
    age = (day - story.signed_on).days
    value = base * (0.45 + 0.55 * min(age / RAMP_DAYS[story.segment.tier], 1))
    began = fading_since(story)
    if began and day >= began:
        gone = (day - began).days
        if story.plot is Plot.FADER:
            value *= 1 - (1 - FADED) * min(gone / FADING_DAYS, 1)
        elif sudden:
            value *= 0.95
        else:
            length = max((story.ends_on - began).days - 20, 40)
            value *= 1 - (1 - LEAVING) * min(gone / length, 1)
    if story.turned_on and day >= story.turned_on and story.plot in {Plot.CHAMPION, Plot.GROWER}:
        value += 0.05
    if dips_on and 0 <= (day - dips_on).days < DIP_DAYS:
        value *= DIP
    return min(max(value, 0.0), 1.0)


def told_from(story: Story, last: dt.date, days: int) -> dt.date:
    """The first day that is told: `days` before the last one, or before the end of a customer that was lost."""
    return max(story.signed_on, min(last, story.ends_on) - dt.timedelta(days=days))
