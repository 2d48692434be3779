"""What closing a renewal writes: the next period of each contract, or its end, worked out before anything is written (REN-10).

Pure but for the reads that it names; `closing` sends the cells through the door of all contracts.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.enums import EndReason
from accounts.formulas import monthly_minor
from accounts.models import Subscription
from accounts.periods import as_row
from cs_platform.kernel.money import from_minor, whole_minor
from cs_platform.kernel.periods import after_months
from renewals.enums import RenewalState
from renewals.following import state_of
from renewals.lifecycle import ENDS
from renewals.models import Renewal

YEAR = 12
MOST_MINOR = 10**15
LONGEST = dt.timedelta(days=10 * 366)
ENTRIES = {
    RenewalState.RENEWED: "renewal",
    RenewalState.EXPANDED: "expansion",
    RenewalState.CONTRACTED: "contraction",
    RenewalState.CHURNED: "churn",
}


@dataclass(frozen=True)
class LineTerms:
    """What is agreed for one contract: a year's money net of its discount, in minor units of its currency, and its seats;
    None as before. `leaves`: it ends while others of the renewal go on."""

    amount_minor: int | None = None
    seats: int | None = None
    leaves: bool = False


@dataclass(frozen=True)
class Terms:
    """What is agreed where it differs from before. `amount_minor` and `seats` are of all contracts together, `lines` of single
    ones (by the id of the period that ends). The term is in months, or all end on `end_on`; `last_day` is the last day that
    is paid, for who leaves."""

    amount_minor: int | None = None
    seats: int | None = None
    lines: Mapping[UUID, LineTerms] = field(default_factory=dict)
    term_months: int | None = None
    end_on: dt.date | None = None
    prepaid: bool | None = None
    last_day: dt.date | None = None


@dataclass(frozen=True)
class Line:
    """What happens to one contract on a day: "renewal", "expansion", "contraction" or "churn". Money is of a month, in minor
    units of `currency`, that of a year as `year_of` says; `reporting_…` in those of the reporting currency."""

    entry: str
    subscription: Subscription
    day: dt.date
    end_on: dt.date | None
    currency: str
    mrr_before: int
    mrr_after: int
    year_before: int
    year_after: int
    reporting_before: int
    reporting_after: int
    seats_before: int | None
    seats_after: int | None
    standing: Subscription | None = None  # the next period, where somebody wrote it before
    cells: tuple[dict[str, Any], ...] = ()

    @property
    def change(self) -> int:
        """More or less a month, in the contract's currency."""
        return self.mrr_after - self.mrr_before

    @property
    def year_change(self) -> int:
        """More or less a year, in the contract's currency."""
        return self.year_after - self.year_before

    @property
    def reporting_change(self) -> int:
        return self.reporting_after - self.reporting_before


def year_of(period: Subscription, amount: int | None = None) -> int:
    """What a contract costs a year, in minor units of its currency: the price that it has (or would have with `amount`), not a
    rounded month times twelve. Where its month was said apart from the price, twelve of those.

    Example: 412,000.00 a year is 412,000.00, although a month is 34,333.33; 100.00 each three months is 400.00.
    """
    terms = (period.discount_minor, period.interval_months, period.charge)
    if amount is None and period.mrr_minor != monthly_minor(period.amount_minor, *terms):
        return YEAR * period.mrr_minor
    net = (period.amount_minor if amount is None else amount) - period.discount_minor
    return whole_minor(Decimal(max(net, 0)) * YEAR / period.interval_months)


def lines_of(
    renewal: Renewal,
    outcome: str,
    terms: Terms,
    periods: Sequence[Subscription],
    standing: Mapping[UUID, Subscription],
    factors: Mapping[str, Decimal],
    today: dt.date,
) -> list[Line]:
    """One line for each contract. `standing` are next periods that were written already, by what they follow; `factors` turn
    minor units over into the reporting currency.

    DomainError names the field that does not fit; the money has to say what the outcome says.
    Example: 34,333.33 a month to 29 Dec 2026, renewed for 24 months: 34,333.33 from 29 Dec 2026 to 29 Dec 2028.
    """
    if outcome not in ENDS:
        raise refused("outcome", _("Choose one of the list."))
    if not periods:
        raise refused("outcome", _("There is no contract left to close."))
    _check(renewal, outcome, terms, periods)
    agreed = _agreed(outcome, terms, periods)
    end_on = _end(renewal, terms, periods)
    found = []
    for period in periods:
        said = agreed[period.id]
        if period.id in standing:
            found.append(_standing(period, standing[period.id], factors))
        elif said.leaves:
            found.append(_leaving(renewal, period, terms, factors, today))
        else:
            found.append(_going_on(renewal, period, said, end_on, terms, factors))
    _check_outcome(outcome, found)
    return found


def _check(renewal: Renewal, outcome: str, terms: Terms, periods: Sequence[Subscription]) -> None:
    if terms.term_months is not None and not 1 <= terms.term_months <= 120:
        raise refused("term_months", _("A term is between 1 and 120 months long."))
    if terms.end_on is not None and not renewal.due_on < terms.end_on <= renewal.due_on + LONGEST:
        raise refused("end_on", _("It ends after the day on which it is renewed, within ten years."))
    amounts = [terms.amount_minor, *(line.amount_minor for line in terms.lines.values())]
    if any(amount is not None and not 0 <= amount <= MOST_MINOR for amount in amounts):
        raise refused("amount", _("Write an amount, not below zero."))
    if set(terms.lines) - {period.id for period in periods}:
        raise refused("amount", _("This contract is none of the renewal."))
    if outcome in (RenewalState.EXPANDED, RenewalState.CONTRACTED) and terms.amount_minor is None and not terms.lines:
        raise refused("amount", _("Say what they pay for a year from now on."))


def _agreed(outcome: str, terms: Terms, periods: Sequence[Subscription]) -> dict[UUID, LineTerms]:
    """What holds for each contract. Money of all of them together is spread by what they pay now, to the last cent."""
    if outcome == RenewalState.CHURNED:
        return {period.id: LineTerms(leaves=True) for period in periods}
    agreed = {period.id: terms.lines.get(period.id, LineTerms()) for period in periods}
    open_ = [period for period in periods if period.id not in terms.lines]
    if terms.seats is not None:
        if len(periods) > 1:
            raise refused("seats", _("Say the seats of each contract."))
        agreed[periods[0].id] = LineTerms(agreed[periods[0].id].amount_minor, terms.seats)
    if terms.amount_minor is None or not open_ or outcome == RenewalState.RENEWED:
        return agreed
    if len({period.currency for period in periods}) > 1:
        raise refused("amount", _("The contracts are in several currencies: say the money of each."))
    left = terms.amount_minor - sum(line.amount_minor or 0 for line in terms.lines.values())
    if left < 0:
        raise refused("amount", _("The single contracts pay more than that together."))
    for period, share in zip(open_, spread(left, [period.mrr_minor for period in open_]), strict=True):
        agreed[period.id] = LineTerms(share, agreed[period.id].seats)
    return agreed


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole parts by these weights, the largest remainders first; they add up to it.

    Example: 100 by 1, 1, 1 gives 34, 33, 33.
    """
    whole = sum(weights) or len(weights)
    weights = weights if sum(weights) else [1] * len(weights)
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), at))
    for at in order[: total - sum(parts)]:
        parts[at] += 1
    return parts


def _end(renewal: Renewal, terms: Terms, periods: Sequence[Subscription]) -> dt.date:
    """The new common end: the day that was agreed, else the term counted from the day of the renewal, else as long as the
    dearest contract ran. A leap day goes on as the last of February (`after_months`)."""
    if terms.end_on is not None:
        return terms.end_on
    months = terms.term_months or renewal.term_months
    if months is None:
        main = max(periods, key=lambda period: (period.mrr_minor, str(period.id)))
        months = term_of(main.start_on, main.end_on or renewal.due_on)
    return after_months(renewal.due_on, months)


def term_of(start_on: dt.date, end_on: dt.date) -> int:
    """Months of a period, at least one, the nearest number where it is no whole one. Example: 2024-02-29 to 2025-02-28 is 12."""
    months = max((end_on.year - start_on.year) * 12 + end_on.month - start_on.month, 1)
    around = [count for count in (months - 1, months, months + 1) if count >= 1]
    return min(around, key=lambda count: (abs((after_months(start_on, count) - end_on).days), count))


def _going_on(
    renewal: Renewal,
    period: Subscription,
    said: LineTerms,
    end_on: dt.date,
    terms: Terms,
    factors: Mapping[str, Decimal],
) -> Line:
    """The next period: the same subscription from the day on which this one ends."""
    cells = as_row(period) | {"start_date": renewal.due_on, "end_date": end_on, "end_reason": "", "reason": ""}
    after, year = period.mrr_minor, year_of(period)
    if said.amount_minor is not None:
        # A year's money net of the discount, spread over the times that the contract is paid.
        net = whole_minor(Decimal(said.amount_minor) * period.interval_months / YEAR)
        amount = net + period.discount_minor
        after = monthly_minor(amount, period.discount_minor, period.interval_months, period.charge)
        year = year_of(period, amount)
        cells["amount"] = from_minor(amount, period.currency)
        cells.pop("mrr", None)
    seats = period.seats if said.seats is None else said.seats
    cells["seats"] = "" if seats is None else seats
    if terms.prepaid is not None:
        cells["prepaid"] = terms.prepaid
    sent = [cells]
    if period.end_reason:  # notice was given and taken back
        sent.insert(0, as_row(period) | {"end_reason": ""})
    return _line(period, renewal.due_on, end_on, (after, year), seats, factors, sent)


def _leaving(
    renewal: Renewal, period: Subscription, terms: Terms, factors: Mapping[str, Decimal], today: dt.date
) -> Line:
    """The contract ends the day after the last one that is paid, with nothing after it."""
    end = terms.last_day + dt.timedelta(days=1) if terms.last_day else renewal.due_on
    if end <= period.start_on:
        raise refused("last_day", _("The last day lies after the first one."))
    if end > renewal.due_on:
        raise refused("last_day", _("The contract ends before that day."))
    cells = as_row(period) | {"end_date": end, "end_reason": EndReason.CANCELLED}
    return _line(period, end, end, (0, 0), None, factors, [cells])


def _standing(period: Subscription, following: Subscription, factors: Mapping[str, Decimal]) -> Line:
    """Somebody wrote the next period already: it stays as it is."""
    money = (following.mrr_minor, year_of(following))
    line = _line(period, following.start_on, following.end_on, money, following.seats, factors, [])
    return Line(**{**vars(line), "standing": following})


def _line(
    period: Subscription,
    day: dt.date,
    end_on: dt.date | None,
    money: tuple[int, int],
    seats: int | None,
    factors: Mapping[str, Decimal],
    cells: Sequence[dict[str, Any]],
) -> Line:
    before, (after, year) = period.mrr_minor, money
    factor = factors.get(period.currency, Decimal(0))
    turned = [int((minor * factor).quantize(Decimal(1), ROUND_HALF_UP)) for minor in (before, after)]
    return Line(
        entry=ENTRIES[RenewalState(state_of(before, after, after > 0))],
        subscription=period,
        day=day,
        end_on=end_on,
        currency=period.currency,
        mrr_before=before,
        mrr_after=after,
        year_before=year_of(period),
        year_after=year,
        reporting_before=turned[0],
        reporting_after=turned[1],
        seats_before=period.seats,
        seats_after=seats,
        cells=tuple(cells),
    )


def _check_outcome(outcome: str, lines: Sequence[Line]) -> None:
    """The money says what the outcome says, in the contracts' currency where there is one."""
    own = len({line.currency for line in lines}) == 1
    before = sum(line.mrr_before if own else line.reporting_before for line in lines)
    after = sum(line.mrr_after if own else line.reporting_after for line in lines)
    found = state_of(before, after, any(line.mrr_after for line in lines))
    if found == outcome:
        return
    words = {
        RenewalState.RENEWED: _("They pay the same for a year: choose another outcome for other money."),
        RenewalState.EXPANDED: _("They pay more than now, or it is no expansion."),
        RenewalState.CONTRACTED: _("They pay less than now, but not nothing, or it is no contraction."),
        RenewalState.CHURNED: _("A further period is written already: they stay."),
    }
    raise refused("outcome" if outcome == RenewalState.CHURNED else "amount", words[RenewalState(outcome)])
