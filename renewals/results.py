"""What became of renewals: how much was kept, and how early that was certain (REN-03, REN-05, MET-19).

Renewal rate = money kept ÷ money due, of each renewal at most what was due, of those that came due in a span and are
decided; net with all that they pay now, by customers of each one as much as the next. Money is of a month, in minor units of
the reporting currency, as it was when each closed.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from renewals.enums import RenewalState
from renewals.lifecycle import KEPT
from renewals.models import Renewal
from renewals.selectors import with_money
from renewals.success import EARLY_DAYS

TARGET = 0.95  # of the money is kept (REN-03)


class Ended(NamedTuple):
    """A renewal that came due: `mrr` was due of which `kept` stays, None while it is open."""

    due_on: dt.date
    state: str
    closed_on: dt.date | None
    mrr: int
    kept: int | None
    segment: str
    csm: str
    csm_id: UUID | None
    since: dt.date | None

    @property
    def days_before(self) -> int | None:
        """Days from the decision to the end, below 0 when it came later; None while it is open."""
        return None if self.closed_on is None else (self.due_on - self.closed_on).days


@dataclass
class Result:
    """Renewals added up.

    Example: 100 due and 120 kept 40 days before, 100 due and lost: 2 decided, 1 kept, 1 early; 100 of 200 is a rate of 50 %,
    120 of 200 net 60 %, and one of two customers 50 %.
    """

    due: int = 0
    decided: int = 0
    kept: int = 0
    early: int = 0  # kept, and certain 30 days before or earlier
    on_time: int = 0  # kept, and certain on the day or before, those that are early among them
    mrr: int = 0  # of the decided ones
    kept_mrr: int = 0  # of each at most what was due
    paid_mrr: int = 0  # what they pay now, also where that is more

    def add(self, row: Ended) -> None:
        self.due += 1
        if row.days_before is None:
            return
        self.decided += 1
        self.mrr += row.mrr
        self.kept_mrr += min(row.kept or 0, row.mrr)
        self.paid_mrr += row.kept or 0
        if row.state in KEPT:
            self.kept += 1
            self.early += row.days_before >= EARLY_DAYS
            self.on_time += row.days_before >= 0

    @property
    def rate(self) -> float | None:
        return self.kept_mrr / self.mrr if self.mrr else None

    @property
    def net_rate(self) -> float | None:
        return self.paid_mrr / self.mrr if self.mrr else None

    @property
    def logo_rate(self) -> float | None:
        return self.kept / self.decided if self.decided else None

    @property
    def reached(self) -> bool | None:
        """Whether 95 % of the money was kept."""
        return None if self.rate is None else self.rate >= TARGET


def read(
    rows: QuerySet[Renewal], first: dt.date, last: dt.date, as_of: dt.date, by: Mapping[str, Decimal] | None = None
) -> list[Ended]:
    """The rows that came due from `first` to `last`, both included, as they stood at the end of `as_of`: what was decided later
    was open. One statement, and those of the exchange rates where the page has not read them (`by`)."""
    found = with_money(rows.exclude(state=RenewalState.WITHDRAWN), by).filter(due_on__gte=first, due_on__lte=last)
    columns = ("due_on", "state", "closed_on", "mrr_minor", "kept_mrr")
    account = ("account__segment__name", "account__owner__name", "account__owner_id", "account__customer_since")
    told: Iterable[Any] = found.order_by("due_on", "id").values_list(*columns, *account)
    return [
        Ended(due_on, state, on if on and on <= as_of else None, mrr, kept, segment or "", csm or "", key, since)
        for due_on, state, on, mrr, kept, segment, csm, key, since in told
    ]


def results(rows: Iterable[Ended], key: Callable[[Ended], Any]) -> dict[Any, Result]:
    """The rows added up by `key(row)`, in the order in which the keys come."""
    found: dict[Any, Result] = {}
    for row in rows:
        found.setdefault(key(row), Result()).add(row)
    return found


def total(rows: Iterable[Ended]) -> Result:
    """All of them added up."""
    return results(rows, lambda row: None).get(None) or Result()
