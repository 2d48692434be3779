"""What really happened: the days on which customers left or stayed, which a score is judged by (HLT-11)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from accounts.models import Tenant
from cs_platform.kernel import sqljobs

SQL = Path(__file__).parent / "sql"
YEAR = 330  # days: who decides more often than about once a year counts once


@dataclass(frozen=True)
class Decision:
    """An account at the end of a paid period (or an anniversary): lost, or it went on; its MRR then, minor units."""

    account_id: UUID
    day: dt.date
    segment_id: UUID | None
    since: dt.date
    lost: bool
    money: int


def decisions(as_of: dt.date, *, first: dt.date, segment: UUID | None = None) -> list[Decision]:
    """The decisions of the current tenant from `first` up to `as_of`, at most about one a year for each account."""
    tenant = Tenant.current()
    params = {"as_of": as_of, "currency": tenant.currency, "segment": str(segment) if segment else None}
    found = [Decision(**row) for row in sqljobs.rows(SQL / "decisions.sql", params)]
    return [each for each in thinned(found) if each.day >= first]


def thinned(found: Sequence[Decision]) -> Iterable[Decision]:
    """Of each account every loss, and of the other days, the latest first, those about a year apart.

    Monthly payers would count twelve times a year otherwise. `found` is ordered by account, latest day first.
    """
    account: UUID | None = None
    kept = dt.date.max
    for each in found:
        if each.account_id != account:
            account, kept = each.account_id, dt.date.max
        if each.lost or (kept - each.day).days >= YEAR:
            kept = each.day
            yield each
