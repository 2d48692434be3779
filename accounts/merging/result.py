"""What a merge takes along and what it says afterwards."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from accounts.enums import ChangeSource
from accounts.kinds import Problem, Row
from accounts.models import Member, Tenant
from cs_platform.kernel import queue
from cs_platform.kernel.tenancy import current_tenant_id

SQL = Path(__file__).parent.parent / "sql"
CUSTOMERS = "customers"  # topic: accounts of which something is known that was not known before
CONTRACTS = "contracts"  # topic: accounts whose paid periods changed; what comes due follows them


@dataclass(frozen=True)
class Origin:
    """Where rows come from: an import (its id), an API request or a person (their id), and the actor's name."""

    source: ChangeSource
    ref: UUID | None = None
    actor: str = ""

    @classmethod
    def of(cls, member: Member) -> "Origin":
        return cls(ChangeSource.MEMBER, member.id, member.name)

    def params(self) -> dict[str, Any]:
        """What a merging statement is told of whose rows it writes and where they come from."""
        return {
            "tenant_id": current_tenant_id(),
            "source": self.source,
            "source_ref": str(self.ref) if self.ref else None,
        }


@dataclass(frozen=True)
class Rejected:
    """A row that was refused, by its number, with the problem."""

    row: int
    problem: Problem


@dataclass
class MergeResult:
    """By the number of each row: its id and what became of it (created, updated, unchanged, or quarantined: kept until
    its account appears, without an id), and what was refused."""

    rejected: list[Rejected] = field(default_factory=list)
    # Of rows that were taken: what of them was left as it stands, and why.
    notes: list[Rejected] = field(default_factory=list)
    ids: dict[int, UUID] = field(default_factory=dict)
    outcomes: dict[int, str] = field(default_factory=dict)

    @property
    def created(self) -> int:
        return self._count("created")

    @property
    def updated(self) -> int:
        return self._count("updated")

    @property
    def unchanged(self) -> int:
        return self._count("unchanged")

    @property
    def quarantined(self) -> int:
        return self._count("quarantined")

    def _count(self, outcome: str) -> int:
        return sum(each == outcome for each in self.outcomes.values())

    def add(self, number: int, id_: UUID, outcome: str) -> None:
        self.ids[number], self.outcomes[number] = id_, outcome

    def quarantine(self, number: int) -> None:
        self.outcomes[number] = "quarantined"

    def reject(self, row: Row, column: str, value: str, code: str, message: str) -> None:
        self.rejected.append(Rejected(row.number, Problem(column, value[:200], code, message)))

    def note(self, row: Row, column: str, value: str, code: str, message: str) -> None:
        self.notes.append(Rejected(row.number, Problem(column, value[:200], code, message)))


def first_of_each(rows: Sequence[Row], result: MergeResult, *fields: str) -> list[Row]:
    """The first row of each key. A later one that says the same is unchanged, one that says something else refused:
    which of them holds must not be a matter of their order."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        first = found.setdefault(tuple(row.values[name] for name in fields), row)
        if first is row:
            continue
        if (first.values, first.given, first.extra) == (row.values, row.given, row.extra):
            result.outcomes[row.number] = "unchanged"
        else:
            sentence = _("Row %(first)s is about the same, with other values.") % {"first": first.number}
            result.reject(row, fields[0], str(row.values[fields[0]]), "repeated", sentence)
    return list(found.values())


def extra_json(row: Row) -> str:
    """The attributes of a row; an empty one is null, which takes it away."""
    return json.dumps({name: value or None for name, value in row.extra.items()}, ensure_ascii=False)


def today() -> dt.date:
    """The day it is for the tenant of the context."""
    return Tenant.current().today()


def quiet_inserts(count: int) -> None:
    """Bulk inserts are one audited import, not a trace for each row."""
    if count > 100:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.bulk', 'on', true)")


def revenue_changed(accounts: Iterable[UUID], origin: Origin) -> None:
    """The money or the cuts of these accounts are out of date; what follows is the pipeline's business."""
    keys = list(accounts)
    if keys:
        queue.mark_dirty("revenue", keys)
        queue.mark_dirty(CONTRACTS, keys)
        queue.publish("revenue.changed", actor=origin.actor)


def customers_changed(accounts: Iterable[UUID], *, actor: str = "") -> None:
    """People, events, terms or the segment of these accounts changed: whatever is judged by them is out of date."""
    keys = sorted(set(accounts))
    if keys:
        queue.mark_dirty(CUSTOMERS, keys)
        queue.publish("customers.changed", actor=actor)


def accounts_appeared(count: int, origin: Origin) -> None:
    """There are accounts that were not there before; what waited for them is the pipeline's business."""
    if count:
        queue.publish("accounts.appeared", actor=origin.actor)
