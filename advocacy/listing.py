"""The candidates as a query string: filters and keyset pages; read leniently, written canonically (ADV-01)."""

from dataclasses import dataclass, fields
from typing import Any, Self
from uuid import UUID

from advocacy.enums import Consent, Criterion
from advocacy.enums import Standing as State
from cs_platform.kernel.asked import known_of, one_line
from cs_platform.kernel.keyset import Cursor, Listing, bigint_of, uuid_of

PAGE_SIZE = 15
MOST = 40  # values of a filter
QUALIFIED = "qualified"  # beside the states: whoever meets all six
VIEWS = (QUALIFIED, *State.values)


@dataclass(frozen=True)
class CandidateQuery(Listing):
    """The state of the list. Without a view it holds all candidates."""

    q: str = ""
    segment: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    consent: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    view: str = ""

    @classmethod
    def parse(cls, given: Any) -> Self:
        """Read a QueryDict. What is not known or not possible is left out."""
        view = given.get("view", "")
        return cls(
            q=one_line(given.get("q", ""), 100),
            segment=known_of(value for value in given.getlist("segment")[:MOST] if uuid_of(value)),
            owner=known_of(value for value in given.getlist("owner")[:MOST] if uuid_of(value)),
            consent=known_of(given.getlist("consent"), Consent.values),
            missing=known_of(given.getlist("missing"), Criterion.values),
            view=view if view in VIEWS else "",
            cursor=Cursor.of(given, bigint_of),
        )

    @property
    def filtered(self) -> bool:
        """Whether anything is filtered, the view apart."""
        return any(getattr(self, each.name) for each in fields(self) if each.name not in ("view", "cursor"))

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

    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        return row.id, (row.key,)
