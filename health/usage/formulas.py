"""What is said about active users: windows of days as bit masks, DAU/MAU, seats, and the words for them. Pure."""

import datetime as dt
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cs_platform.kernel.periods import month_end, month_of, months_between

TYPICAL, EXCELLENT = Decimal("0.2"), Decimal("0.4")  # DAU/MAU (HLT-07)
SEATS_LOW, SEATS_HIGH = Decimal("0.6"), Decimal("0.8")  # weekly active users of the seats bought (HLT-07)
CORE_ADOPTION = Decimal("0.7")  # share of the active users who use core features (HLT-07)


class Level(TextChoices):
    """How a share of active users is judged."""

    LOW = "low", _("Low")
    TYPICAL = "typical", _("Typical")
    EXCELLENT = "excellent", _("Excellent")


def window(last: dt.date, days: int) -> dict[dt.date, int]:
    """The `days` days that end with `last`, as the bits that each month's row has for them (bit n is day n + 1).

    Example: 3 days to 2026-03-02 are February's bit 27 and March's bits 0 and 1: {Feb: 1 << 27, Mar: 3}.
    """
    first = last - dt.timedelta(days=days - 1)
    masks: dict[dt.date, int] = {}
    if days <= 0:
        return masks
    for month in months_between(month_of(first), month_of(last)):
        begin = first.day if month == month_of(first) else 1
        end = last.day if month == month_of(last) else month_end(month).day
        masks[month] = (1 << end) - (1 << (begin - 1))
    return masks


def month_length(month: dt.date, until: dt.date) -> int:
    """Calendar days of the month up to `until`. Example: October 2026 until 2026-10-12 has 12, September 30."""
    return (min(month_end(month), until) - month).days + 1


def average(daily_sum: int, days: int) -> Decimal | None:
    """Mean of daily distinct users. Example: 90 user-days in 30 days are 3; nothing over no days is undefined."""
    return Decimal(daily_sum) / days if days else None


def stickiness(daily_sum: int, days: int, users: int) -> Decimal | None:
    """DAU/MAU: mean of daily distinct users / distinct users of the window; undefined without users (METRICS).

    Example: 10 users with 105 user-days in 30 days: 3.5 / 10 = 0.35.
    """
    return Decimal(daily_sum) / (days * users) if days and users else None


def change(now: Decimal, before: Decimal) -> Decimal | None:
    """Relative change. Example: 80 after 100 is -0.2; undefined when there was nothing before."""
    return (now - before) / before if before else None


def share(part: int, whole: int | None) -> Decimal | None:
    """Example: 7 of 10 is 0.7; undefined of nothing."""
    return Decimal(part) / whole if whole else None


def stickiness_level(value: Decimal | None) -> Level | None:
    """HLT-07: 20 to 40 % is typical, from 40 % on excellent. Example: 0.35 is typical, 0.15 low."""
    return _level(value, TYPICAL, EXCELLENT)


def seats_level(value: Decimal | None) -> Level | None:
    """HLT-07: a weekly 60 to 80 % of the seats is typical. Example: 0.59 is low, 0.8 typical, 0.81 excellent."""
    return Level.EXCELLENT if value is not None and value > SEATS_HIGH else _level(value, SEATS_LOW, Decimal(10))


def _level(value: Decimal | None, typical: Decimal, excellent: Decimal) -> Level | None:
    if value is None:
        return None
    if value >= excellent:
        return Level.EXCELLENT
    return Level.TYPICAL if value >= typical else Level.LOW
