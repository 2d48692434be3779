"""JSON from strangers: read strictly, before any of it reaches a query (RELIABILITY 3.2).

This module is named in the REST framework's settings, so it may not import `rest_framework.views`.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from cs_platform.kernel.errors import DomainError

MAX_BYTES = 32 * 1024 * 1024
MAX_VALUES = 500_000
MAX_DEPTH = 8
MAX_TEXT = 8_192
MAX_DIGITS = 19  # of a 64-bit integer


class TooLarge(DomainError):
    """The body is larger than is read (413)."""

    status = 413
    code = "too_large"


class StrictJSONParser(JSONParser):
    """Refuses what plain JSON readers let through: NaN, 1e999, huge integers, repeated keys, NUL, lone surrogates.

    Numbers with a fraction become Decimal, so that money never passes through a float.
    """

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise TooLarge(_("The body is larger than 32 MB."))
        # Each value but the first follows a comma or opens a list or object: counted before memory is spent on them.
        if raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MAX_VALUES:
            raise TooLarge(_("The body holds too many values."))
        try:
            value = json.loads(
                raw.decode(),
                object_pairs_hook=_object,
                parse_constant=_constant,
                parse_float=_number,
                parse_int=_integer,
            )
            _check(value, 1)
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not UTF-8.")) from error
        except RecursionError as error:
            raise ParseError(_("The body is nested too deeply.")) from error
        except ValueError as error:
            raise ParseError(_("The body is not JSON that can be read: %(reason)s.") % {"reason": error}) from error
        return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(_("a name stands twice in one object"))
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(_("%(name)s is not a number") % {"name": name})


def _number(text: str) -> Decimal:
    if len(text) > 60:
        raise ValueError(_("a number is too long"))
    number = Decimal(text)
    if number and abs(number.adjusted()) > MAX_DIGITS:
        raise ValueError(_("a number is too large"))
    return number


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise ValueError(_("a number is too long"))
    return int(text)


def _check(value: Any, depth: int) -> None:
    """ValueError for what nests too deeply and for text that the database cannot hold."""
    if depth > MAX_DEPTH:
        raise ValueError(_("it is nested too deeply"))
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _check_text(name)
            _check(inner, depth + 1)


def _check_text(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise ValueError(_("a text is longer than 8,192 characters"))
    if "\x00" in text or (not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)):
        raise ValueError(_("a text holds a character that cannot be kept"))
