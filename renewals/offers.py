"""What a quote offers, worked out of contracts and a few words: pure arithmetic (REN-07)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import Subscription
from cs_platform.kernel.money import whole_minor
from cs_platform.kernel.periods import after_months
from renewals.writing import YEAR, year_of

PERCENT = Decimal(100)


@dataclass(frozen=True)
class OfferLine:
    """One contract: a year's money before and then, and the money of the whole term, in minor units of its currency."""

    subscription: Subscription
    before: int
    year: int
    total: int


@dataclass(frozen=True)
class Offer:
    """Lines and their sums; the period from the renewal's day to the first day after it."""

    lines: list[OfferLine]
    starts_on: dt.date
    ends_on: dt.date

    @property
    def year(self) -> int:
        return sum(line.year for line in self.lines)

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)


def offer_of(contracts: Sequence[Subscription], starts_on: dt.date, uplift: Decimal, term_months: int) -> Offer:
    """The contracts with an uplift for a term. Each line is rounded for itself, half up; sums are those of lines.

    Example: 12,000.00 a year, 5 percent more, for 18 months from 29 Dec 2026: 12,600.00 a year, 18,900.00 to 29 Jun 2028.
    """
    lines = []
    for contract in contracts:
        before = year_of(contract)
        year = whole_minor(before * (PERCENT + uplift) / PERCENT)
        lines.append(OfferLine(contract, before, year, whole_minor(Decimal(year) * term_months / YEAR)))
    return Offer(lines, starts_on, after_months(starts_on, term_months))


def valid_until(day: dt.date, days: int, due_on: dt.date) -> dt.date:
    """The last day of a quote that is made on `day`: so many days on, before the contract ends where that lies ahead.

    Example: made on 1 December for 30 days, of a contract that ends on 20 December: 19 December.
    """
    until = day + dt.timedelta(days=days)
    return min(until, due_on - dt.timedelta(days=1)) if day < due_on else until
