"""The candidates as a query string: filters and keyset pages; read leniently, written canonically (ADV-01)."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from accounts.models import Member
from advocacy.enums import Consent, Criterion
from advocacy.enums import Standing as State
from cs_platform.kernel.keyset import uuid_of

PAGE_SIZE = 15
QUALIFIED = "qualified"  # beside the states: whoever meets all six
VIEWS = ("", QUALIFIED, *State.values)


@dataclass(frozen=True)
class Cursor:
    """The row that a page goes on after, or before: its id and its value of the order."""

    key: int
    id: UUID
    backwards: bool = False


@dataclass(frozen=True)
class CandidateQuery:
    """The state of the list. Without a view it holds all candidates."""

    view: str = ""
    q: str = ""
    segment: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    consent: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    cursor: Cursor | None = None

    @classmethod
    def parse(cls, given: Any) -> "CandidateQuery":
        """Read a QueryDict. What is not known or not possible is left out."""
        view = given.get("view", "")
        return cls(
            view=view if view in VIEWS else "",
            q="".join(letter for letter in given.get("q", "") if letter.isprintable()).strip()[:100],
            segment=_ids(given.getlist("segment")),
            owner=_ids(given.getlist("owner")),
            consent=_known(given.getlist("consent"), Consent.values),
            missing=_known(given.getlist("missing"), Criterion.values),
            cursor=_cursor(given.get("after", ""), backwards=False) or _cursor(given.get("before", ""), backwards=True),
        )

    @property
    def filtered(self) -> bool:
        """Whether anything is filtered, the view apart."""
        return bool(self.q or self.segment or self.owner or self.consent or self.missing)

    def params(self) -> dict[str, Any]:
        """What candidates.sql is told besides standings.sql."""
        words = self.q.lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        return {
            "states": [self.view] if self.view in State.values else [],
            "qualified": self.view == QUALIFIED,
            "segments": list(self.segment),
            "owners": list(self.owner),
            "consents": list(self.consent),
            "missing": list(self.missing),
            "words": f"%{words}%" if words else "",
        }

    def pairs(self) -> list[tuple[str, str]]:
        """The state as (name, value), canonical, without the page."""
        found: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "cursor" or not value:
                continue
            found += [(field.name, each) for each in ((value,) if isinstance(value, str) else value)]
        return found

    def text(self, **changes: Any) -> str:
        """The query string of this state with `changes`, on its first page."""
        return urlencode(replace(self, cursor=None, **changes).pairs())

    def address(self) -> str:
        """The query string of exactly this page."""
        place = self.cursor
        more = [("before" if place.backwards else "after", f"{place.key}~{place.id}")] if place else []
        return urlencode([*self.pairs(), *more])

    def at(self, row: Any, *, backwards: bool = False) -> str:
        """The query string of the page after, or before, this row."""
        return replace(self, cursor=Cursor(row.key, row.id, backwards)).address()

    def of(self, member: Member) -> "CandidateQuery":
        """The same list of the member's own accounts."""
        return replace(self, owner=(str(member.id),), cursor=None)


def _known(values: Iterable[str], choices: Iterable[str]) -> tuple[str, ...]:
    known = set(choices)
    return tuple(dict.fromkeys(value for value in values if value in known))


def _ids(values: Iterable[str]) -> tuple[str, ...]:
    """Ids of rows, each once."""
    found = (uuid_of(value) for value in list(values)[:40])
    return tuple(dict.fromkeys(str(each) for each in found if each))


def _cursor(text: str, *, backwards: bool) -> Cursor | None:
    key, _tilde, row = text[:80].partition("~")
    found = uuid_of(row)
    if found is None or not key.isdigit() or not key.isascii() or len(key) > 18:
        return None
    return Cursor(int(key), found, backwards)
