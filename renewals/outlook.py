"""What the open renewals of a span are worth and what three callers expect of them (REN-05, REN-08): read once, in one narrow
statement, and summed by month, segment or CSM. Money is of a month, in minor units of the reporting currency."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from cs_platform.kernel.money import whole_minor
from cs_platform.kernel.periods import month_of
from renewals.enums import Caller, Confidence
from renewals.formulas import apart, confidence
from renewals.models import Renewal
from renewals.selectors import with_calls, with_money

CALLERS = tuple(Caller.values)


class Due(NamedTuple):
    """An open renewal as sums need it; chances in percent, None where nobody called."""

    id: UUID
    account_id: UUID
    name: str
    band: str
    due_on: dt.date
    mrr: int
    system: Decimal | None
    csm: Decimal | None
    leader: Decimal | None
    called: Decimal | None
    segment: str
    owner_id: UUID | None
    owner: str

    @property
    def points_apart(self) -> Decimal:
        """Points between system and CSM; 0 where one of them did not call."""
        return abs(self.system - self.csm) if self.system is not None and self.csm is not None else Decimal(0)

    @property
    def money_apart(self) -> Decimal:
        """A month's money times the distance. Example: 412 at 34 % and 65 %: 127.72."""
        return self.mrr * self.points_apart / 100


def read(rows: QuerySet[Renewal], first: dt.date, last: dt.date) -> list[Due]:
    """The rows that come due from `first` to `last`, both included, the next one first. One statement, and those of the
    exchange rates."""
    found = with_calls(with_money(rows)).filter(due_on__gte=first, due_on__lte=last).order_by("due_on", "id")
    account = ("account_id", "account__name", "account__health_band")
    columns = ("id", *account, "due_on", "mrr_minor", *CALLERS, "called", "account__segment__name")
    told: Iterable[Any] = found.values_list(*columns, "account__owner_id", "account__owner__name")
    return [Due._make((*row[:-3], row[-3] or "", row[-2], row[-1] or "")) for row in told]


@dataclass
class Sum:
    """Renewals added up: how many, their money, and by caller the money that they called and of it what they expect to
    lose. By category the money of the call that counts.

    Example: 100 called at 94 % and 100 at 90 % by the leader: lost 16, rate 92 %.
    """

    count: int = 0
    mrr: int = 0
    called: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CALLERS, 0))
    lost: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(CALLERS, Decimal(0)))
    uncalled: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CALLERS, 0))
    by_call: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Confidence.values, 0))
    apart: Decimal = Decimal(0)

    def add(self, row: Due) -> None:
        self.count += 1
        self.mrr += row.mrr
        for caller in CALLERS:
            chance = getattr(row, caller)
            if chance is None:
                self.uncalled[caller] += 1
            else:
                self.called[caller] += row.mrr
                self.lost[caller] += row.mrr * (100 - chance) / 100
        if row.called is not None:
            self.by_call[confidence(row.called)] += row.mrr
        self.apart += row.money_apart

    def loss(self, caller: str) -> int:
        """What this caller expects to lose, whole minor units."""
        return whole_minor(self.lost[caller])

    def rate(self, caller: str) -> Decimal | None:
        """The share of the money called that is expected to renew; None where nothing was called."""
        money = self.called[caller]
        return 1 - self.lost[caller] / money if money else None


def sums(rows: Iterable[Due], key: Callable[[Due], Any]) -> dict[Any, Sum]:
    """The rows added up by `key(row)`, in the order in which the keys come."""
    found: dict[Any, Sum] = {}
    for row in rows:
        found.setdefault(key(row), Sum()).add(row)
    return found


def total(rows: Iterable[Due]) -> Sum:
    """All of them added up."""
    return sums(rows, lambda row: None).get(None) or Sum()


def by_month(rows: Iterable[Due], months: Sequence[dt.date]) -> dict[dt.date, Sum]:
    """Each of the months with what comes due in it; one without anything has an empty sum."""
    found = sums(rows, lambda row: month_of(row.due_on))
    return {month: found.get(month) or Sum() for month in months}


def disagreements(rows: Iterable[Due]) -> list[Due]:
    """Where system and CSM are ten points or more apart, or in different categories; most money apart first."""
    found = [row for row in rows if apart(row.system, row.csm)]
    return sorted(found, key=lambda row: (-row.money_apart, row.due_on, row.id))
