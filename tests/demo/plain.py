"""What the demo's files add up to, counted plainly from the rows, without the product."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from cs_platform.kernel.periods import add_months, month_text

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Year:
    """Twelve months of a book, up to a month's end."""

    base_customers: int
    customers: int
    arr: Decimal
    nrr: Decimal
    grr: Decimal
    logo_churn: Decimal


class PlainBook:
    """Periods and euro rates as the files have them; money in `currency`."""

    def __init__(self, subscriptions: Iterable[dict[str, str]], rates: Iterable[dict[str, str]], currency: str) -> None:
        self.currency = currency
        self.lines = [
            (
                row["account"],
                dt.date.fromisoformat(row["start_date"]),
                dt.date.fromisoformat(row["end_date"]) if row["end_date"] else dt.date.max,
                (Decimal(row["amount"]) / int(row["interval_months"])).quantize(CENT, ROUND_HALF_UP),
                row["currency"],
            )
            for row in subscriptions
        ]
        self.euro: dict[str, dict[str, Decimal]] = defaultdict(dict)
        for row in rates:
            assert row["base"] == "EUR"
            self.euro[row["quote"]][row["month"]] = Decimal(row["rate"])

    def in_euro(self, currency: str, month: dt.date) -> Decimal:
        """Units of `currency` for one euro: those of the month, or of the last month before that has a rate."""
        if currency == "EUR":
            return Decimal(1)
        known = self.euro[currency]
        return known[max(name for name in known if name <= month_text(month))]

    def mrr(self, day: dt.date, rates_of: dt.date) -> dict[str, Decimal]:
        """What each account pays on the day, at the rates of a month."""
        paid: dict[str, Decimal] = defaultdict(Decimal)
        for account, start, end, amount, currency in self.lines:
            if start <= day < end:
                factor = self.in_euro(self.currency, rates_of) / self.in_euro(currency, rates_of)
                paid[account] += (amount * factor).quantize(CENT, ROUND_HALF_UP)
        return paid

    def year(self, month: dt.date) -> Year:
        """The trailing twelve months of `month` (METRICS rules 7, 8, 10)."""
        now = self.mrr(add_months(month, 1) - dt.timedelta(days=1), month)
        then = self.mrr(add_months(month, -11) - dt.timedelta(days=1), month)
        base = sum(then.values(), Decimal(0))
        return Year(
            base_customers=len(then),
            customers=len(now),
            arr=12 * sum(now.values(), Decimal(0)),
            nrr=sum((now.get(a, Decimal(0)) for a in then), Decimal(0)) / base,
            grr=sum((min(paid, now.get(a, Decimal(0))) for a, paid in then.items()), Decimal(0)) / base,
            logo_churn=Decimal(sum(a not in now for a in then)) / len(then),
        )
