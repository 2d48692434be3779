"""What a merge takes along and what it says afterwards."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.db import connection

from accounts.enums import ChangeSource
from accounts.models import Tenant
from accounts.rows import Problem, Row
from cs_platform.kernel import queue
from cs_platform.kernel.tenancy import current_tenant_id

SQL = Path(__file__).parent.parent / "sql"


@dataclass(frozen=True)
class Origin:
    """Where rows come from: an import (its id), an API request or a person (their id), and the actor's name."""

    source: ChangeSource
    ref: UUID | None = None
    actor: str = ""


@dataclass(frozen=True)
class Rejected:
    """A row that was refused, by its number, with the problem."""

    row: int
    problem: Problem


@dataclass
class MergeResult:
    """Counts of a merge, what was refused, and by the number of each row its id and what became of it: created,
    updated or unchanged."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    ids: dict[int, UUID] = field(default_factory=dict)
    outcomes: dict[int, str] = field(default_factory=dict)

    def reject(self, row: Row, column: str, value: str, code: str, message: str) -> None:
        self.rejected.append(Rejected(row.number, Problem(column, value[:200], code, message)))


def last_of_each(rows: Sequence[Row], *fields: str) -> tuple[list[Row], int]:
    """The last row of each key, and how many earlier ones it stands for: a file's later word counts."""
    found = {tuple(row.values[name] for name in fields): row for row in rows}
    return list(found.values()), len(rows) - len(found)


def today() -> dt.date:
    """The day it is for the tenant of the context."""
    return Tenant.objects.get(id=current_tenant_id()).today()


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
        queue.publish("revenue.changed", actor=origin.actor)
