"""Days and texts of the journey map in its units: how wide a text is, where a day lies."""

import datetime as dt
from collections.abc import Iterable

LEFT, RIGHT = 134.0, 1158.0  # of the lanes, in a picture 1160 wide
EDGE = 20.0  # between the land of a lane and the first and last day
AHEAD_LEAST, AHEAD_SHARE, AHEAD_MOST = 45, 0.04, 0.2  # days, and shares of the past, that lie right of today
PAST_LEAST = 90  # days that are shown of a new customer
SMALL, PLAIN, STRONG = 11.0, 12.0, 13.0  # sizes of letters
YEARS, QUARTERS = 620, 200  # days from which on the years, the quarters are named


def wide(text: str, size: float = PLAIN) -> float:
    """About how wide a text is: "Onboarding" in 12 is 67."""
    return len(text) * size * 0.56


def cut(text: str, width: float, size: float) -> str:
    """The text, or as much of it as fits, with an ellipsis."""
    most = int(width / (size * 0.52))
    return text if len(text) <= most else text[: max(most - 1, 1)].rstrip() + "…"


class Days:
    """Days on a line: `first` lies at `start`, `last` at `end`, what lies beyond them at the edges.

    Example: of 1 to 11 March on a line from 0 to 100, the 6th lies at 50.
    """

    def __init__(self, first: dt.date, last: dt.date, start: float, end: float) -> None:
        self.first, self.last, self.start = first, last, start
        self.days = max((last - first).days, 1)
        self.unit = (end - start) / self.days

    def x(self, day: dt.date) -> float:
        return self.start + min(max((day - self.first).days, 0), self.days) * self.unit

    def shows(self, day: dt.date) -> bool:
        return self.first <= day <= self.last


class Scale(Days):
    """The line of the map, in its units. The span has its first day at the left and room for the plan right of today.

    Example: 1,000 days of past with a plan of 600 days get 200 days of future, what lies beyond is cut off at the edge.
    """

    def __init__(self, first: dt.date, today: dt.date, ahead: Iterable[dt.date] = ()) -> None:
        first = min(first, today - dt.timedelta(days=PAST_LEAST))
        past = (today - first).days
        wanted = max([(day - today).days for day in ahead], default=0) + past * AHEAD_SHARE
        future = min(max(AHEAD_LEAST, wanted), max(AHEAD_LEAST, past * AHEAD_MOST))
        super().__init__(first, first + dt.timedelta(days=past + int(future)), LEFT + EDGE, RIGHT - EDGE)

    def x(self, day: dt.date) -> float:
        return round(super().x(day), 1)


def ticks_of(scale: Scale) -> list[dt.date]:
    """The first days of the years, or of quarters or months where the span is short, that lie in it."""
    step = 12 if scale.days > YEARS else 3 if scale.days > QUARTERS else 1
    months = range(scale.first.year * 12, scale.last.year * 12 + 12, step)
    days = (dt.date(month // 12, month % 12 + 1, 1) for month in months)
    return [day for day in days if scale.shows(day)]
