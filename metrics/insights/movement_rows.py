"""The ledger as people read it: standing lines with the reason that counts and who owns them, in sums and in pages
(MET-07). Segments are those of the day before each month, so that sums are the board's to the cent."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.models import Member
from cs_platform.kernel import sqljobs
from cs_platform.kernel.tenancy import current_tenant_id
from metrics.enums import Dimension, MovementKind
from metrics.figures import jobs
from metrics.figures.lineage import dimension_values, visible_to
from metrics.formulas import Sums, ratio

# The asked lines, and what these are made of.
READ: sqljobs.Tables = {
    "asked": jobs.SQL / "movement_asked.sql",
    "line": jobs.SQL / "movement_lines.sql",
    "attribute_days": jobs.ATTRIBUTE_DAYS,
}
# The terms of the roll-forward, by the kind of the lines that make them up, with their sign in it.
TERMS = {
    MovementKind.NEW: ("new", 1),
    MovementKind.EXPANSION: ("expansion", 1),
    MovementKind.REACTIVATION: ("reactivation", 1),
    MovementKind.CONTRACTION: ("contraction", -1),
    MovementKind.CHURN: ("churned", -1),
    MovementKind.FX: ("fx", 1),
}
GROWTH = (MovementKind.EXPANSION, MovementKind.CONTRACTION, MovementKind.REACTIVATION)


@dataclass(frozen=True)
class Filters:
    """Which lines are asked for; empty values ask for all. `owned` None is either."""

    first: dt.date
    last: dt.date
    kind: str = ""
    reason: str = ""
    owned: bool | None = None
    segment: str = ""
    owner: UUID | None = None
    q: str = ""

    @property
    def narrow(self) -> bool:
        """Whether only some of the movements are asked for, so that their sums are not the board's."""
        return bool(self.kind or self.reason or self.q or self.owner) or self.owned is not None

    def params(self) -> dict[str, Any]:
        return {
            "tenant_id": current_tenant_id(),
            "from_month": self.first,
            "to_month": self.last,
            "kind": self.kind,
            "reason": self.reason,
            "owned": self.owned,
            "segment": self.segment,
            "segments": dimension_values(Dimension.SEGMENT, self.segment) if self.segment else [],
            "known_at": jobs.FOREVER,
            "owner": self.owner,
            "q": self.q,
        }


@dataclass(frozen=True)
class Moved:
    """The lines of a month, kind, reason and ownership: the signed amount in minor units, lines, accounts."""

    month: dt.date
    kind: str
    reason: str
    owned: bool
    amount: int
    lines: int
    accounts: int


@dataclass(frozen=True)
class Line:
    """A standing line. `said_reason`, `said_owned` and `said` are what a person noted ("" and None for nothing)."""

    id: UUID
    account_id: UUID
    name: str
    external_id: str
    owner: str
    month: dt.date
    kind: str
    derived: str
    reason: str
    said_reason: str
    owned: bool
    said_owned: bool | None
    said: str
    noted_by: str | None
    noted_at: dt.datetime | None
    amount: int
    line: str
    product: str | None
    source: str | None
    source_row: int | None
    actor: str | None

    @property
    def noted(self) -> bool:
        return bool(self.said_reason or self.said or self.said_owned is not None)


@dataclass(frozen=True)
class Lines:
    """A page of lines that the reader may open; how many there are in all, and how many stay hidden with what amount."""

    lines: list[Line]
    total: int
    hidden: int
    hidden_amount: int


def sums(asked: Filters) -> list[Moved]:
    """What moved, reduced to month, kind, reason and ownership; one query."""
    return [Moved(**row) for row in sqljobs.rows(jobs.SQL / "movement_sums.sql", asked.params(), tables=READ)]


def page_of(asked: Filters, member: Member, *, after: UUID | None = None, limit: int | None = 50) -> Lines:
    """Lines, the latest month first and the largest amount in it; those after the line `after`."""
    tables = {**READ, "visible": visible_to(member)}
    params = asked.params() | {"after": after, "limit": limit}
    rows = sqljobs.rows(jobs.SQL / "movement_rows.sql", params, tables=tables)
    if not rows:
        return Lines([], 0, 0, 0)
    names = Line.__dataclass_fields__
    lines = [Line(**{name: row[name] for name in names}) for row in rows if row["visible"]]
    return Lines(lines, rows[0]["total"], rows[0]["hidden"], int(rows[0]["hidden_amount"]))


def by_kind(moved: Iterable[Moved]) -> dict[str, int]:
    """Signed amounts by kind, every kind named."""
    found: dict[str, int] = dict.fromkeys(MovementKind.values, 0)
    for one in moved:
        found[one.kind] += one.amount
    return found


def disagreements(moved: Iterable[Moved], board: Mapping[dt.date, Sums]) -> dict[dt.date, int]:
    """The months whose lines differ from the roll-forward of the board, with the sum of the differences of the terms.

    Empty means that each term of each month agrees to the cent.
    """
    months: dict[dt.date, list[Moved]] = {}
    for one in moved:
        months.setdefault(one.month, []).append(one)
    gaps = {}
    for month in sorted(months.keys() | board.keys()):
        kinds, told = by_kind(months.get(month, [])), board.get(month, Sums())
        gap = sum(abs(kinds[kind] - sign * int(getattr(told, term))) for kind, (term, sign) in TERMS.items())
        if gap:
            gaps[month] = gap
    return gaps


@dataclass(frozen=True)
class Owned:
    """What the CS team owns: of the growth alone, and of growth less contraction (new business and churn are neither)."""

    expansion: int
    expansion_owned: int
    net: int
    net_owned: int

    @property
    def share(self) -> Decimal | None:
        """Owned ÷ all net expansion; None where it is not above zero, because a share of a loss says nothing."""
        return ratio(self.net_owned, self.net) if self.net > 0 else None


def owned(moved: Iterable[Moved]) -> Owned:
    """Example: expansion of 100, of which 80 owned, and owned contraction of 20 give 60 of 80 net."""
    growth = [one for one in moved if one.kind in GROWTH]
    more = [one for one in growth if one.kind != MovementKind.CONTRACTION]
    return Owned(
        sum(one.amount for one in more),
        sum(one.amount for one in more if one.owned),
        sum(one.amount for one in growth),
        sum(one.amount for one in growth if one.owned),
    )
