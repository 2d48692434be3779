"""What a request says as text, read as what it means. What cannot be read counts as not said: an address that somebody
shortened or a program made up is no error."""

import re
from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def number_of(text: str, digits: int = 9) -> int | None:
    """The whole number, not below 0, that a text is; None for anything else and for more than `digits`.

    Only the digits 0 to 9 are: `int` refuses others that `isdigit` takes. Example: "7" is 7, "²", "-1" and "" are None.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def one_line(text: str, longest: int) -> str:
    """What somebody typed, without control characters and without the blanks around it; names hold blanks of other kinds."""
    return _CONTROL.sub("", text).strip()[:longest]


def known_of(values: Iterable[str], choices: Iterable[str] | None = None) -> tuple[str, ...]:
    """Each value once, in their order: those that there are among `choices`, or whatever says something."""
    known = None if choices is None else set(choices)
    return tuple(dict.fromkeys(value for value in values if value and (known is None or value in known)))


def version_of(request: HttpRequest) -> int | None:
    """The version of a row that the person saw; None where none was sent: then whatever stands there."""
    return number_of(request.POST.get("version", ""))


def back_of(request: HttpRequest, home: str) -> str:
    """Where the person came from (`back`), if that is a page below `home`; else "", so that nobody is sent elsewhere."""
    wished = request.POST.get("back") or request.GET.get("back") or ""
    inside = url_has_allowed_host_and_scheme(wished, allowed_hosts=None) and wished.startswith(home)
    return wished if inside else ""
