"""What else waits for a member in the inbox, beside the alerts: rooms above append their kind in `ready()` (PAGES).

Each kind is a card above the alerts while something of it waits, and part of the number beside the inbox.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Member
from cs_platform.kernel.access import TenantRequest

SHOWN = 5  # lines of a card; the rest stands on the page of its kind


@dataclass(frozen=True)
class Line:
    """One thing that waits: what, with how it stands, and where it is answered; `drawer` where that is the drawer."""

    title: str
    text: str
    url: str
    when: str = ""
    late: bool = False
    drawer: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of things that wait: `rows` of a member (each counts as one in the number, so they hold nothing that was
    answered or seen), `lines` as the card says them, in the order in which they are listed; `route` lists them all."""

    name: str  # id of the card
    title: Any
    route: str
    rows: Callable[[Member], QuerySet[Any]]
    lines: Callable[[TenantRequest, QuerySet[Any], int], Sequence[Line]]


KINDS: list[Kind] = []


def cards(request: TenantRequest, kinds: Sequence[Kind] | None = None) -> list[dict[str, Any]]:
    """A card of each kind (of these, or of all) of which something waits: {name, title, lines, count, url}. One query a
    kind, and a second one where there is more than the card shows."""
    found = []
    for kind in KINDS if kinds is None else kinds:
        rows = kind.rows(request.member)
        lines = list(kind.lines(request, rows, SHOWN + 1))
        if lines:
            found.append(
                {
                    "name": kind.name,
                    "title": kind.title,
                    "lines": lines[:SHOWN],
                    "count": len(lines) if len(lines) <= SHOWN else rows.count(),
                    "url": reverse(kind.route, args=[request.tenant.slug]),
                }
            )
    return found
