"""Months and days. A month is the date of its first day; a period is half open, start included, end excluded."""

import datetime as dt
import re
from collections.abc import Iterator

_MONTH = re.compile(r"(\d{4})-(\d{2})(?:-\d{2})?")


def month_of(day: dt.date) -> dt.date:
    """First day of the month of `day`. Example: 2026-10-31 gives 2026-10-01."""
    return day.replace(day=1)


def add_months(month: dt.date, count: int) -> dt.date:
    """First day of the month `count` months later (earlier when negative). Example: 2026-01-01, -1 gives 2025-12-01."""
    index = month.year * 12 + month.month - 1 + count
    return dt.date(index // 12, index % 12 + 1, 1)


def after_months(day: dt.date, count: int) -> dt.date:
    """The same day of the month `count` months later, the last one of a month that is shorter.

    Example: 2028-02-29 and 12 months give 2029-02-28; 2025-08-31 and 6 months give 2026-02-28.
    """
    month = add_months(month_of(day), count)
    return month.replace(day=min(day.day, month_end(month).day))


def month_end(month: dt.date) -> dt.date:
    """Last day of the month. Example: 2028-02-01 gives 2028-02-29."""
    return add_months(month, 1) - dt.timedelta(days=1)


def months_between(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Each month from `first` to `last`, both included; nothing when `last` is earlier."""
    while first <= last:
        yield first
        first = add_months(first, 1)


def last_complete_month(as_of: dt.date) -> dt.date:
    """The latest month whose last day is not after `as_of`. Example: 2014-06-30 gives 2014-06-01, 2014-06-29 gives May."""
    month = month_of(as_of)
    return month if month_end(month) <= as_of else add_months(month, -1)


def parse_month(text: str) -> dt.date:
    """Read `YYYY-MM` (or a full date) as a month; ValueError with a plain sentence otherwise."""
    match = _MONTH.fullmatch(text.strip())
    if not match or not 1 <= int(match[2]) <= 12:
        raise ValueError(f"{text!r} is not a month; write YYYY-MM")
    return dt.date(int(match[1]), int(match[2]), 1)


def month_or_none(text: str) -> dt.date | None:
    """The same, leniently: None for what is no month, as the query string of a page may hold."""
    try:
        return parse_month(text)
    except ValueError:
        return None


def month_text(month: dt.date) -> str:
    """`YYYY-MM`, the form of every report and URL."""
    return f"{month.year:04d}-{month.month:02d}"
