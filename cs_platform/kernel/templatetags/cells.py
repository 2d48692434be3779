"""Cells: money, ratios and dates as text in the reader's language. For leaves; rows are formatted in Python."""

import datetime as dt
from decimal import Decimal

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from django import template
from django.utils import timezone
from django.utils.translation import get_language

from cs_platform.kernel.money import money_text

MINUS = "\N{MINUS SIGN}"

register = template.Library()


@register.filter
def money(minor: int | None, currency: str) -> str:
    """412000 in minor units as $4,120.00."""
    return money_text(minor, currency)


def number_text(value: Decimal | float | None, places: int = 1, *, fixed: bool = False) -> str:
    """12,345 or −2.4 in the reader's language with at most `places` decimals, or exactly as many; a dash when undefined."""
    if value is None:
        return "–"
    pattern = "#,##0." + ("0" if fixed else "#") * places if places else "#,##0"
    text = format_decimal(round(Decimal(value), places) + 0, pattern, locale=get_language() or "en")
    return text.replace("-", MINUS)


@register.filter
def number(value: Decimal | float | None, places: int = 0) -> str:
    """See `number_text`; whole unless told otherwise."""
    return number_text(value, places)


def percent_text(ratio: Decimal | float | None, places: int = 1) -> str:
    """0.931 as 93.1%; a dash when undefined. The decimal mark follows the language."""
    if ratio is None:
        return "–"
    text = f"{float(ratio) * 100:.{places}f}%"
    return text.replace(".", ",") if get_language() == "id" else text


@register.filter
def percent(ratio: Decimal | float | None, places: int = 1) -> str:
    """See `percent_text`."""
    return percent_text(ratio, places)


def day_text(day: dt.date | None) -> str:
    """29 Dec 2026, in the reader's language; a dash when there is none."""
    return format_date(day, "d MMM y", locale=get_language() or "en") if day else "–"


def moment_text(at: dt.datetime | None) -> str:
    """29 Dec 2026, 14:05, in the reader's language and the zone of the page; a dash when there is none."""
    if at is None:
        return "–"
    return format_datetime(timezone.localtime(at), "d MMM y, HH:mm", locale=get_language() or "en")


def month_name(month: dt.date, *, short: bool = False) -> str:
    """October 2026, or Oct 2026."""
    return format_date(month, "MMM y" if short else "MMMM y", locale=get_language() or "en")


@register.filter
def day(value: dt.date | None) -> str:
    """See `day_text`."""
    return day_text(value)


@register.filter
def month(value: dt.date) -> str:
    """See `month_name`."""
    return month_name(value)
