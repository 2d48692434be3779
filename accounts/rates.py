"""Exchange rates: what an amount of one currency is worth in another, by the rates of month ends (METRICS: money in the
reporting currency). One home for the ledger's figures and for the lists of the floors between."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import BigIntegerField, Case, DecimalField, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Round

from accounts.models import FxRate, Tenant
from cs_platform.kernel.money import digits
from cs_platform.kernel.periods import month_of, months_between


@dataclass(frozen=True)
class Rate:
    """Units of `quote` for one `base` at the end of `month`."""

    month: dt.date
    base: str
    quote: str
    rate: Decimal


def rates_to(
    target: str, currencies: Iterable[str], months: tuple[dt.date, dt.date], known: Sequence[Rate]
) -> dict[str, dict[dt.date, Decimal]]:
    """Units of `target` for one unit of each currency, for every month from the first to the last of `months`.

    A pair without a rate of its own is that over a third currency, first one that both are quoted for. A month without a
    rate keeps that of the month before; months before the first known rate take the first. A currency that nothing
    connects is left out.
    Example: EUR to USD 1.20 and EUR to GBP 0.80 give GBP to USD 1.50.
    """
    by_month: dict[dt.date, dict[tuple[str, str], Decimal]] = {}
    for row in known:
        by_month.setdefault(row.month, {})[(row.base, row.quote)] = row.rate
    result: dict[str, dict[dt.date, Decimal]] = {}
    first, last = months
    for currency in currencies:
        if currency == target:
            result[currency] = dict.fromkeys(months_between(first, last), Decimal(1))
            continue
        direct = {m: r for m, pairs in by_month.items() if (r := converted(currency, target, pairs)) is not None}
        if not direct:
            continue
        before = [m for m in direct if m <= first]
        rate = direct[max(before)] if before else direct[min(direct)]
        filled: dict[dt.date, Decimal] = {}
        for month in months_between(first, last):
            rate = direct.get(month, rate)
            filled[month] = rate
        result[currency] = filled
    return result


def pairs_used(source: str, target: str, pairs: Mapping[tuple[str, str], Decimal]) -> tuple[tuple[str, str], ...]:
    """The pairs of one month that lead from `source` to `target`: its own, turned round, or two over a third currency,
    rather one that is the base of both; none where nothing does."""
    if own := _pair(source, target, pairs):
        return (own,)
    over = [
        (first, second)
        for via in sorted({code for pair in pairs for code in pair} - {source, target})
        if (first := _pair(source, via, pairs)) and (second := _pair(via, target, pairs))
    ]
    return min(over, key=lambda two: two[0][0] != two[1][0], default=())


def _pair(source: str, target: str, pairs: Mapping[tuple[str, str], Decimal]) -> tuple[str, str] | None:
    """The pair of two currencies, whichever way it is quoted."""
    return next((pair for pair in ((source, target), (target, source)) if pairs.get(pair)), None)


def converted(source: str, target: str, pairs: Mapping[tuple[str, str], Decimal]) -> Decimal | None:
    """Units of `target` for one of `source` by the rates of one month; None where nothing leads there.

    Example: GBP to USD 1.25 and EUR to USD 1.20 give GBP to EUR 1.25 / 1.20.
    """
    over, under, code = Decimal(1), Decimal(1), source
    for base, quote in pairs_used(source, target, pairs):
        if base == code:
            over, code = over * pairs[base, quote], quote
        else:
            under, code = under * pairs[base, quote], base
    return over / under if code == target else None


def newest_rates(known_at: dt.datetime | None = None) -> list[Rate]:
    """The rate that counts of each pair and month, or counted at that moment. One query."""
    told = FxRate.objects.filter(recorded_at__lte=known_at) if known_at else FxRate.objects.all()
    rows = told.order_by("month", "base", "quote", "-recorded_at", "-id").distinct("month", "base", "quote")
    return [Rate(*row) for row in rows.values_list("month", "base", "quote", "rate")]


def factors(currencies: Iterable[str] | None = None, tenant: Tenant | None = None) -> dict[str, Decimal]:
    """What a minor unit of each currency is worth in minor units of the reporting currency today: by the latest
    month-end rate. Without a word of every currency that has a rate; one that nothing converts is left out. Two queries,
    however many contracts there are; one where the `tenant` is at hand.

    Example: reporting in USD with EUR at 1.20 gives {"USD": 1, "EUR": 1.2}; JPY at 0.0065 gives 0.65, as a yen has no cents.
    """
    tenant = tenant or Tenant.current()
    target = tenant.currency
    known = newest_rates() if currencies is None or {target, *currencies} != {target} else []
    used = sorted(
        {
            target,
            *(currencies if currencies is not None else {code for rate in known for code in (rate.base, rate.quote)}),
        }
    )
    if used == [target]:
        return {target: Decimal(1)}
    month = month_of(tenant.figures_as_of)  # as lists show accounts (account_figures.sql)
    rates = rates_to(target, used, (month, month), known)
    return {code: found[month].scaleb(digits(target) - digits(code)) for code, found in rates.items()}


def in_reporting(column: str, by: Mapping[str, Decimal], currency: str = "currency") -> Combinable:
    """An expression: the minor units of `column`, whose currency stands in `currency`, in the reporting one by `factors`.
    Null where nothing converts it."""
    money = DecimalField(max_digits=60, decimal_places=24)
    same = [code for code, factor in by.items() if factor == 1]
    cases = [When(Q(**{f"{currency}__in": same}), then=F(column))] if same else []
    cases += [
        When(
            Q(**{currency: code}),
            then=Cast(Round(Cast(F(column), money) * Value(factor, output_field=money)), BigIntegerField()),
        )
        for code, factor in by.items()
        if factor != 1
    ]
    return Case(*cases, default=None, output_field=BigIntegerField())
