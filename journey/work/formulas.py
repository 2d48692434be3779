"""Days of tasks: when one that comes again is next due, when a snoozed one comes back. Pure."""

import calendar
import datetime as dt
from collections.abc import Callable

from accounts.calendar import next_working_day
from journey.enums import Rhythm

BEFORE_RENEWAL = 14  # days that are left to act when a task comes back before a renewal
MONTHS = {Rhythm.MONTHLY: 1, Rhythm.QUARTERLY: 3}


def next_due(rhythm: str, due: dt.date, today: dt.date, works: Callable[[dt.date], bool]) -> dt.date | None:
    """The day on which a task comes again after it was done; None for one that does not.

    It keeps to its own rhythm and skips days that have passed: done late, it does not come twice. `works` tells working
    days. Examples: weekly, due Tuesday 3 November, done on Thursday 12 November: Tuesday 17 November. Monthly, due
    31 January: 28 February (or 29).
    """
    match rhythm:
        case Rhythm.DAILY:
            return next_working_day(max(due, today), works)
        case Rhythm.WEEKLY:
            weeks = max(1, (today - due).days // 7 + 1)
            return due + dt.timedelta(weeks=weeks)
        case Rhythm.MONTHLY | Rhythm.QUARTERLY:
            step, count = MONTHS[Rhythm(rhythm)], 1
            while (day := _months_later(due, step * count)) <= today:
                count += 1
            return day
    return None


def _months_later(day: dt.date, count: int) -> dt.date:
    index = day.year * 12 + day.month - 1 + count
    year, month = index // 12, index % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def before_renewal(renews_on: dt.date | None, today: dt.date) -> dt.date | None:
    """Two weeks before the renewal; None without one, or when that day has come already.

    Example: it renews on 29 December, so the task comes back on 15 December.
    """
    if renews_on is None:
        return None
    day = renews_on - dt.timedelta(days=BEFORE_RENEWAL)
    return day if day > today else None


def in_an_hour(now: dt.datetime) -> dt.datetime:
    """An hour from now, to the minute. Example: at 15:20:31 it is 16:20, at 23:30 it is 00:30 of the next day."""
    return (now + dt.timedelta(hours=1)).replace(second=0, microsecond=0)


def this_afternoon(now: dt.datetime) -> dt.datetime | None:
    """14:00 of the day; None from 13:00 on, when an hour is as good."""
    return now.replace(hour=14, minute=0, second=0, microsecond=0) if now.hour < 13 else None


def next_monday(today: dt.date) -> dt.date:
    """The Monday after today. Example: on Sunday 22 November it is the 23rd, on Monday the 23rd the 30th."""
    return today + dt.timedelta(days=7 - today.weekday())
