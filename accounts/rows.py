"""Rows on their way in: what a file, an API body or a form says, checked and typed before it may touch a table.

A row knows which fields were `given`: one that is absent leaves what is stored, one that is given and empty clears it.
Problems name column, value, code and a sentence. Pure: no database, no clock.
"""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.kinds import KINDS, DateStyle, Problem, Reader, Row
from cs_platform.kernel.money import validate_currency
from cs_platform.kernel.periods import parse_month

_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0+)?", re.ASCII)
_AMOUNT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_OTHER_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", re.ASCII)


class Bad(ValueError):
    """A cell that cannot be read."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def _plain(value: Any) -> str:
    if isinstance(value, str):  # every cell of a file
        found = value.strip()
        if not found.isalnum() and _UNSAFE.search(found):
            raise Bad("characters", _("This holds characters that cannot be stored."))
        return found
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (int, Decimal, dt.date)):
        raise Bad("type", _("Write this as text or a number."))
    return str(value)


def text(limit: int, *, required: bool = False) -> Reader:
    def read(value: Any, style: DateStyle) -> str:
        found = _plain(value)
        if required and not found:
            raise Bad("required", _("A value is required here."))
        if len(found) > limit:
            raise Bad("too_long", _("At most %(limit)s characters fit here.") % {"limit": limit})
        return found

    return read


def several(reader: Reader, most: int = 50) -> Reader:
    """Values in one cell, parted by semicolons, or as a list; each once, as `reader` reads it."""

    def read(value: Any, style: DateStyle) -> tuple[Any, ...]:
        parts = value if isinstance(value, (list, tuple)) else _plain(value).split(";")
        found = tuple(dict.fromkeys(one for one in (reader(part, style) for part in parts) if one))
        if len(found) > most:
            raise Bad("too_many", _("At most %(limit)s fit here.") % {"limit": most})
        return found

    return read


def choice(options: Any) -> Reader:
    words = {
        str(key).lower(): value
        for option in options
        for key in (option.value, option.label)
        for value in (option.value,)
    }

    def read(value: Any, style: DateStyle) -> str:
        found = _plain(value)
        if not found:
            return ""
        known = (
            words.get(found.lower().replace("-", "_"))
            or words.get(found.lower())
            or words.get(found.lower().replace(" ", "_"))
        )
        if known is None:
            names = ", ".join(option.value for option in options)
            raise Bad("unknown_choice", _("Use one of: %(names)s.") % {"names": names})
        return str(known)

    return read


def flag(value: Any, style: DateStyle) -> bool | None:
    found = _plain(value).lower()
    if not found:
        return None
    if found in {"true", "yes", "y", "1", "t", "x"}:
        return True
    if found in {"false", "no", "n", "0", "f"}:
        return False
    raise Bad("not_a_flag", _("Write yes or no."))


def whole(smallest: int, largest: int) -> Reader:
    def read(value: Any, style: DateStyle) -> int | None:
        found = _plain(value)
        if not found:
            return None
        if not _WHOLE.fullmatch(found):
            raise Bad("not_a_whole_number", _("Write a whole number."))
        number = int(Decimal(found))
        if not smallest <= number <= largest:
            raise Bad("out_of_range", _("Between %(a)s and %(b)s.") % {"a": smallest, "b": largest})
        return number

    return read


def amount(value: Any, style: DateStyle) -> Decimal | None:
    found = _plain(value)
    if not found:
        return None
    if len(found) > 30 or not _AMOUNT.fullmatch(found):
        raise Bad("not_an_amount", _("Write a number with a point, such as 1250.50."))
    return Decimal(found)


def day(value: Any, style: DateStyle) -> dt.date | None:
    if isinstance(value, dt.date):
        return value
    found = _plain(value)
    return _day(found, style) if found else None


@lru_cache(10_000)
def _day(found: str, style: DateStyle) -> dt.date:
    try:
        if style is DateStyle.ISO:
            if not _ISO_DAY.fullmatch(found):
                raise Bad("not_a_date", _("Write the date as YYYY-MM-DD."))
            result = dt.date.fromisoformat(found)
        else:
            parts = _OTHER_DAY.fullmatch(found)
            if not parts:
                raise Bad("not_a_date", _("Write the date with day, month and a year of four digits."))
            first, second, year = (int(p) for p in parts.groups())
            result = dt.date(year, second, first) if style is DateStyle.DAY_FIRST else dt.date(year, first, second)
    except Bad:
        raise
    except ValueError as error:
        raise Bad("no_such_day", _("This day does not exist.")) from error
    if not 1970 <= result.year <= 2200:
        raise Bad("out_of_range", _("Dates lie between 1970 and 2200."))
    return result


def moment(value: Any, style: DateStyle) -> dt.datetime | None:
    """An instant; without an offset it is read as UTC, a day alone as its first minute."""
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    found = _plain(value)
    return _moment(found, style) if found else None


@lru_cache(50_000)
def _moment(found: str, style: DateStyle) -> dt.datetime:
    date, _space, time = found.partition("T" if "T" in found else " ")
    whole_day = _day(date, style)
    try:
        result = dt.datetime.fromisoformat(f"{whole_day}T{time.strip() or '00:00'}")
        result = result.astimezone(dt.UTC) if result.tzinfo else result.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError) as error:
        raise Bad("not_a_moment", _("Write date and time as YYYY-MM-DDTHH:MM:SS, with an offset or in UTC.")) from error
    return result


def month(value: Any, style: DateStyle) -> dt.date:
    try:
        return parse_month(_plain(value))
    except ValueError as error:
        raise Bad("not_a_month", _("Write the month as YYYY-MM.")) from error


def currency(value: Any, style: DateStyle) -> str:
    found = _plain(value).upper()
    if not found:
        raise Bad("required", _("A value is required here."))
    return _currency(found)


@lru_cache(1_000)
def _currency(found: str) -> str:
    try:
        validate_currency(found)
    except ValidationError as error:
        raise Bad("not_a_currency", " ".join(error.messages)) from error
    return found


def email(value: Any, style: DateStyle) -> str:
    found = _plain(value).lower()
    if found:
        try:
            validate_email(found)
        except ValidationError as error:
            raise Bad("not_an_email", _("This is not an e-mail address.")) from error
    return found


def rate(value: Any, style: DateStyle) -> Decimal:
    found = amount(value, style)
    if found is None or found <= 0 or found >= 10**10:
        raise Bad("not_a_rate", _("A rate is a number above 0."))
    if found.scaleb(10) % 1:
        raise Bad("decimals", _("Write a rate with at most 10 decimals."))
    return found


def parse(
    kind: str,
    number: int,
    cells: Mapping[str, Any],
    style: DateStyle = DateStyle.ISO,
    extra: Mapping[str, Any] | None = None,
) -> Row | list[Problem]:
    """Read the cells (by field name) of one row; the row, or every problem that it has."""
    readers = KINDS[kind].fields
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in KINDS[kind].required:
        if name not in cells:
            problems.append(Problem(name, "", "required", _("This column is required.")))
    for name, value in cells.items():
        try:
            values[name] = readers[name](value, style)
        except Bad as bad:
            problems.append(Problem(name, str(value)[:200], bad.code, bad.message))
    kept: dict[str, str] = {}
    for name, value in (extra or {}).items():
        try:
            kept[_plain(name)[:80]] = text(1000)(value, style)
        except Bad as bad:
            problems.append(Problem(name, str(value)[:200], bad.code, bad.message))
    if not problems:
        problems = KINDS[kind].check(values)
    return problems or Row(number, values, frozenset(cells), kept)
