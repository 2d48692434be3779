"""The arithmetic of retention (METRICS 2). Pure: frozen rows and Decimals in, Decimals or None out; time is an argument.

Undefined is None, never 0. Ratios are fractions of 1, unrounded; `ratio8` rounds for reports.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from decimal import ROUND_HALF_UP, Decimal, localcontext

from cs_platform.kernel.periods import add_months

# ACV bands of the seed in whole units of the reporting currency, half open (ACC-02, METRICS 2).
ACV_BAND_EDGES = (1_000, 10_000, 50_000)
ACV_BANDS = ("under $1K", "$1K-10K", "$10K-50K", "$50K+")


@dataclass(frozen=True)
class Sums:
    """One row of money sums (minor units) and customer counts over a month and window."""

    opening: int = 0
    fx: int = 0
    new: int = 0
    expansion: int = 0
    contraction: int = 0
    churned: int = 0
    reactivation: int = 0
    closing: int = 0
    opening_customers: int = 0
    new_customers: int = 0
    expanded_customers: int = 0
    contracted_customers: int = 0
    churned_customers: int = 0
    reactivated_customers: int = 0
    closing_customers: int = 0

    @property
    def base(self) -> int:
        """What the accounts of the start pay at today's rates, had nothing changed: the denominator of NRR and GRR."""
        return self.opening + self.fx

    @property
    def kept(self) -> int:
        """What the accounts of the start pay now, growth included: the numerator of NRR."""
        return self.base + self.expansion - self.contraction - self.churned

    @property
    def kept_capped(self) -> int:
        """The same with each account's growth left out: the numerator of GRR."""
        return self.base - self.contraction - self.churned

    def __add__(self, other: "Sums") -> "Sums":
        """Term by term, of accounts or values beside each other. Example: openings of 100 and -30 make one of 70."""
        return Sums(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: "Sums") -> "Sums":
        """The difference of every term."""
        return Sums(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))

    @classmethod
    def added(cls, several: Iterable["Sums"]) -> "Sums":
        """The movements of several months, one after another: opening of the first, closing of the last, the rest added
        up. Example: new MRR of 10, 0 and 5 make a quarter's 15."""
        rows = list(several)
        if not rows:
            return cls()
        first, last = rows[0], rows[-1]
        return replace(
            sum(rows, cls()),
            opening=first.opening,
            closing=last.closing,
            opening_customers=first.opening_customers,
            closing_customers=last.closing_customers,
        )

    @property
    def balances(self) -> bool:
        """METRICS rule 6: opening + fx + new + expansion - contraction - churn + reactivation = closing."""
        return self.kept + self.new + self.reactivation == self.closing


def ratio(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """part / whole; None when whole is 0. Example: 105, 100 gives 1.05."""
    return Decimal(part) / Decimal(whole) if whole else None


def nrr(sums: Sums) -> Decimal | None:
    """Net revenue retention (MET-01): (start + expansion - churned - contraction) / start.

    Example: 10M + 1.5M - 0.8M - 0.2M on 10M gives 1.05.
    """
    return ratio(sums.kept, sums.base)


def grr(sums: Sums) -> Decimal | None:
    """Gross revenue retention (MET-03): (start - churned - contraction) / start, never above 1.

    Example: 10M - 0.8M - 0.2M on 10M gives 0.90.
    """
    return ratio(sums.kept_capped, sums.base)


def logo_churn(sums: Sums) -> Decimal | None:
    """Lost / starting customers (MET-04). Example: 15 of 500 gives 0.03."""
    return ratio(sums.churned_customers, sums.opening_customers)


def annualised(loss: Decimal, months: int) -> Decimal:
    """1 - (1 - loss) ** (12 / months) (METRICS rule 11). Example: 3 % a quarter gives 0.1147 a year."""
    with localcontext() as context:
        context.prec = 28
        return 1 - (1 - loss) ** (Decimal(12) / months)


def expansion_rate(sums: Sums) -> Decimal | None:
    """Base accounts that pay more now / base accounts (MET-11)."""
    return ratio(sums.expanded_customers, sums.opening_customers)


def quick_ratio(sums: Sums) -> Decimal | None:
    """(new + expansion + reactivation) / (contraction + churn); reactivation counts as gained."""
    return ratio(sums.new + sums.expansion + sums.reactivation, sums.contraction + sums.churned)


def average_annual(mrr: int, customers: int) -> Decimal | None:
    """12 x MRR / customers in minor units: ARPA a year, which is the average ACV."""
    return ratio(12 * mrr, customers)


def growth(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """now / before - 1 (MET-12). Example: 35K to 42K gives 0.20."""
    return None if now is None or not before else now / before - 1


def lifetime_value(arpa: Decimal | None, margin: Decimal, loss: Decimal | None) -> Decimal | None:
    """ARPA x gross margin / yearly gross revenue churn (MET-05); None at zero churn, never infinite.

    Example: 30,000 x 0.80 / 0.10 gives 240,000.
    """
    return None if arpa is None or not loss else arpa * margin / loss


def payback_months(cac: Decimal | None, arpa: Decimal | None, margin: Decimal = Decimal(1)) -> Decimal | None:
    """Months until a customer has earned what it cost: cost ÷ (ARR per customer ÷ 12 × margin); None when undefined.

    Example: 50,000 at 50,000 a year are 12 months, with a margin of 80% they are 15.
    """
    return None if cac is None or not arpa or not margin else cac * 12 / (arpa * margin)


def ratio8(value: Decimal | None) -> Decimal | None:
    """To 8 decimals, half up: how reports print ratios."""
    return None if value is None else value.quantize(Decimal("0.00000001"), rounding=ROUND_HALF_UP)


def month_number(month: dt.date) -> int:
    """year x 12 + month - 1: months as integers, the form of the SQL."""
    return month.year * 12 + month.month - 1


def base_month(month: dt.date, window: int) -> dt.date:
    """The month that a window of `window` months compares with."""
    return add_months(month, -window)
