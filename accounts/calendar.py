"""On which days a company works: its opening hours by weekday and its holidays."""

import datetime as dt
from collections.abc import Callable

from accounts.models import BusinessHours, Holiday

WEEKDAYS = range(5)  # of a company that names no hours: Monday to Friday
LOOKED_AHEAD = 30


def working_days() -> Callable[[dt.date], bool]:
    """Whether a day is one on which the company works. Two queries, however many days are asked for."""
    closed = set(Holiday.objects.values_list("day", flat=True))
    weekdays = set(BusinessHours.objects.values_list("weekday", flat=True)) or set(WEEKDAYS)
    return lambda day: day.weekday() in weekdays and day not in closed


def next_working_day(day: dt.date, works: Callable[[dt.date], bool]) -> dt.date:
    """The first working day after this one; the day after it in a company that works on none of the next 30.

    Example: after Friday 27 November comes Monday the 30th, or Tuesday where that Monday is a holiday.
    """
    ahead = (day + dt.timedelta(days=n) for n in range(1, LOOKED_AHEAD + 1))
    return next((one for one in ahead if works(one)), day + dt.timedelta(days=1))
