"""The issue log as a query string: filters, order, keyset pages; read leniently, written canonically (ACC-14)."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from cs_platform.kernel.asked import known_of, one_line
from cs_platform.kernel.keyset import Cursor, Listing, bigint_of
from journey.enums import Function, IssueKind, IssueState, Weight
from journey.issues.states import OPEN

PAGE_SIZE = 50
RENEWAL_DAYS = 90  # how far "renewing" looks ahead
ALL = "all"
# How the list may be ordered, by what is largest; the words stand in its foot.
SORTS = {
    "arr": _("ARR"),
    "risk": _("ARR at risk"),
    "renewing": _("ARR that renews soon"),
    "accounts": _("number of accounts"),
    "age": _("age, the oldest first"),
    "promised": _("promised day, the nearest first"),
}
# What stands in the address for each filter that takes several values.
CHOICES: dict[str, Any] = {"function": Function, "state": IssueState, "kind": IssueKind, "weight": Weight}
WEIGHTS = {weight: place for place, weight in enumerate(Weight.values)}  # as customers.sql counts them


@dataclass(frozen=True)
class IssueQuery(Listing):
    """The state of the list. Without a state it holds what is open; `all` as the state holds everything."""

    q: str = ""
    function: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    weight: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    mine: bool = False
    untold: bool = False
    sort: str = "arr"
    view: str = ""

    @classmethod
    def parse(cls, given: Any) -> Self:
        """Read a QueryDict. What is not known or not possible is left out."""
        many = {
            name: known_of(given.getlist(name), choice.values) for name, choice in CHOICES.items() if name != "state"
        }
        states = given.getlist("state")
        sort = given.get("sort", "")
        return cls(
            q=one_line(given.get("q", ""), 100),
            state=(ALL,) if ALL in states else known_of(states, IssueState.values),
            segment=known_of(one_line(value, 200) for value in given.getlist("segment")[:40]),
            mine=given.get("mine") == "1",
            untold=given.get("untold") == "1",
            sort=sort if sort in SORTS else "arr",
            view=one_line(given.get("view", ""), 36),
            cursor=Cursor.of(given, bigint_of),
            **many,
        )

    @property
    def states(self) -> tuple[str, ...]:
        """The states that are asked for: the open ones unless something is said."""
        if self.state == (ALL,):
            return ()
        return self.state or tuple(state.value for state in OPEN)

    @property
    def narrowed(self) -> bool:
        """Whether the customers are filtered: issues without one that fits are left out then."""
        return bool(self.segment or self.weight or self.mine or self.untold)

    @property
    def filtered(self) -> bool:
        """Whether anything is filtered, the states apart."""
        return self.narrowed or bool(self.q or self.function or self.kind)

    def params(self, member: Member, today: dt.date) -> dict[str, Any]:
        """What the statements are told."""
        words = self.q.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        return {
            "functions": list(self.function),
            "states": list(self.states),
            "kinds": list(self.kind),
            "words": f"%{words}%" if words else "",
            "segments": list(self.segment),
            "weights": [WEIGHTS[weight] for weight in self.weight],
            "owner": member.id if self.mine else None,
            "untold": self.untold,
            "narrowed": self.narrowed,
            "today": today,
            "soon": today + dt.timedelta(days=RENEWAL_DAYS),
        }

    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        return row["id"], (row["key"],)
