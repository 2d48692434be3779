"""Winning a deal writes its contract, and undoing takes that back (EXP-05; ADR 0007).

A contract that grows ends on the day and goes on from there with more: the same subscription, the same end. A product that is
new begins a contract of its own. Both go through the door of all contracts with the deal as their source, so that the ledger
moves by the road of every other change. `preview` says first what will be written.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import rates
from accounts.closed import refuse_closed
from accounts.customers import merged_rows, refused
from accounts.enums import ChangeSource, ChargeKind, ImportKind
from accounts.formulas import monthly_minor
from accounts.merging import Origin, merge_subscriptions, void_subscription
from accounts.merging.result import today
from accounts.models import Member, Plan, Product, Subscription, SubscriptionChange, Tenant
from accounts.periods import as_row
from accounts.webhooks.announce import announce_all
from accounts.webhooks.events import Kind
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.money import from_minor, whole_minor
from cs_platform.kernel.periods import after_months
from expansion import lifecycle, services
from expansion.enums import DealKind, DealStage, Motion, WinReason
from expansion.models import Opportunity

YEAR = 12
FURTHEST = dt.timedelta(days=366)  # a contract begins within a year
LONGEST = 120  # months of a term


@dataclass(frozen=True)
class Terms:
    """What is agreed where it differs from the deal: the first day, more money a year (minor units of the contract's currency),
    more seats, plan and product; of a new contract its term in months, at the end of which it is due."""

    start_on: dt.date
    amount_minor: int
    seats: int | None = None
    plan: Plan | None = None
    product: Product | None = None
    term_months: int = YEAR


@dataclass(frozen=True)
class Line:
    """What happens to one period: "ends", "changes" or "begins" on a day. Money is of a month, in minor units of `currency`."""

    entry: str
    subscription: str
    day: dt.date
    currency: str
    mrr_before: int
    mrr_after: int
    seats_before: int | None = None
    seats_after: int | None = None

    @property
    def change(self) -> int:
        return self.mrr_after - self.mrr_before


@dataclass(frozen=True)
class Writing:
    """What winning will write: its lines, and the change of a month and of a year in minor units of the reporting currency
    (None where nothing converts the contract's currency)."""

    rows: list[Line]
    start_on: dt.date
    end_on: dt.date | None
    currency: str
    mrr_before: int
    mrr_after: int
    reporting: str
    reporting_change: int | None
    cells: list[dict[str, Any]] = field(repr=False, default_factory=list)

    @property
    def change(self) -> int:
        """More a month, in the contract's currency."""
        return self.mrr_after - self.mrr_before


def usual_terms(deal: Opportunity, start_on: dt.date | None = None) -> Terms:
    """What the deal says: from today, or the first day of its contract where that has not begun."""
    day = start_on or today()
    if start_on is None and deal.subscription and deal.subscription.start_on > day:
        day = deal.subscription.start_on
    return Terms(day, deal.amount_minor, deal.seats, deal.plan, deal.product)


def preview(deal: Opportunity, terms: Terms | None = None) -> Writing:
    """What `win` would write now. DomainError names the field that does not fit: a day outside the contract, one in a month that
    is closed, money of another currency.

    Example: 100 seats at 12,000.00 a year (MRR 1,000.00) to 2027-01-01; won for 2026-07-01 with 50 seats and 6,000.00 a year more:
    the period ends on 2026-07-01 and one of 150 seats at 18,000.00 (MRR 1,500.00) runs from there to 2027-01-01.
    """
    said = terms or usual_terms(deal)
    _check(deal, said)
    found = _growing(deal, deal.subscription, said) if deal.subscription else _beginning(deal, said)
    refuse_closed("start_on", said.start_on)
    return found


@transaction.atomic
def win(
    *,
    deal: Opportunity,
    terms: Terms | None,
    version: int | None,
    by: Member | None,
    reason: str = "",
    note: str = "",
    override: str = "",
) -> Opportunity:
    """The deal is won: its contract is written, from `terms.start_on` (today without terms).

    One that stands in its first stage needs the right as any other move does, or an `override`. Conflict when the deal or its
    contract was changed since; won twice changes nothing.
    """
    row = services.locked(deal, version)
    if row.stage == DealStage.WON:
        return row
    if row.stage not in lifecycle.OPEN:
        raise DomainError(_("This deal is over."), code="over")
    if reason and reason not in WinReason.values:
        raise refused("win", _("Choose one of the list."))
    if override.strip():
        row = services.override_checks(deal=row, reason=override, version=None, by=by)
    changes = services.earn(row, row.override) if lifecycle.leaves_first(row.stage, DealStage.WON) else {}
    contract = row.subscription
    if contract is not None:
        row.subscription = Subscription.objects.select_for_update(of=("self",)).select_related(
            "account", "product", "plan"
        ).get(id=contract.id)  # fmt: skip
    writing = preview(row, terms)
    said = terms or usual_terms(row)
    origin = Origin(ChangeSource.DEAL, row.id, by.name if by else "")
    result = merged_rows(merge_subscriptions, ImportKind.SUBSCRIPTIONS, writing.cells, origin)
    written = Subscription.objects.get(id=result.ids[len(writing.cells)])
    row = services.enter(
        row,
        DealStage.WON,
        by,
        closed_on=today(),
        win=reason,
        note=note.strip()[: services.NOTE] or row.note,
        written=written,
        won_mrr=writing.reporting_change,
        **changes,
    )
    told = {
        "opportunity_id": row.id,
        "opportunity": row.external_id,
        "name": row.name,
        "kind": row.kind,
        "motion": row.motion,
        "amount": str(from_minor(said.amount_minor, writing.currency)),
        "currency": writing.currency,
        "subscription": written.external_id,
        "start_on": written.start_on,
        "seats": written.seats,
    }
    announce_all(Kind.DEAL_WON, [(row.account_id, told)])
    return row


@transaction.atomic
def undo_win(*, deal: Opportunity, version: int | None, by: Member | None) -> Opportunity:
    """As if it had not been won: what was written is withdrawn, the contract goes on as before, the deal stands where it stood.

    Only while the month in which the money moved is not closed, and nobody changed the contract since (Conflict).
    """
    row = services.locked(deal, version)
    if row.stage != DealStage.WON:
        raise DomainError(_("This deal is not won."), code="same_state")
    if row.written_id is not None:
        _take_back(row, by)
    move = row.moves.filter(after=DealStage.WON).order_by("-at", "-id").first()
    before = move.before if move and move.before in lifecycle.OPEN else DealStage.COMMIT
    return services.enter(row, before, by, closed_on=None, win="", written=None, won_mrr=None)


def _take_back(row: Opportunity, by: Member | None) -> None:
    """The contract as it was before the deal was won."""
    own = SubscriptionChange.objects.filter(source=ChangeSource.DEAL, source_ref=row.id)
    touched = sorted(own.order_by().values_list("subscription_id", flat=True).distinct())
    rows = Subscription.objects.select_for_update(of=("self",)).select_related("account", "product", "plan")
    periods = {period.id: period for period in rows.filter(id__in=touched).order_by("id")}
    written = periods.get(row.written_id) if row.written_id else None
    if written is None:
        raise Conflict(_("The contract was changed since: correct it by hand."), code="changed")
    refuse_closed("start_on", written.start_on)
    origin = Origin(ChangeSource.DEAL, row.id, by.name if by else "")
    back: list[dict[str, Any]] = []
    for period in periods.values():
        versions = list(period.changes.order_by("-recorded_at", "-id")[:50])
        if versions[0].source != ChangeSource.DEAL or versions[0].source_ref != row.id:
            raise Conflict(_("The contract was changed since: correct it by hand."), code="changed")
        first = next((each for each in versions if each.source_ref != row.id), None)
        if first is None or first.voided:
            if not period.voided:
                void_subscription(subscription=period, origin=origin, reason=_("The deal was not won after all."))
        else:
            back.append(as_row(period) | _terms_of(first))
    if back:
        merged_rows(merge_subscriptions, ImportKind.SUBSCRIPTIONS, back, origin)


def _terms_of(change: SubscriptionChange) -> dict[str, Any]:
    """What a version says of the terms that winning changes, as cells."""
    usual = monthly_minor(change.amount_minor, change.discount_minor, change.interval_months, change.charge)
    return {
        "end_date": change.end_on or "",
        "end_reason": change.end_reason,
        "amount": from_minor(change.amount_minor, change.currency),
        "seats": "" if change.seats is None else change.seats,
        "product": change.product.external_id if change.product else "",
        "plan": change.plan.name if change.plan else "",
        "mrr": from_minor(change.mrr_minor, change.currency) if change.mrr_minor != usual else "",
    }


def _check(deal: Opportunity, terms: Terms) -> None:
    """What is wrong with the terms whatever contract they are for."""
    if not dt.date(1990, 1, 1) <= terms.start_on <= today() + FURTHEST:
        raise refused("start_on", _("The day lies between 1990 and a year from now."))
    if terms.amount_minor < 0:
        raise refused("amount", _("Money a year is not below 0."))
    if not 1 <= terms.term_months <= LONGEST:
        raise refused("term_months", _("A term is between 1 and 120 months long."))
    if terms.seats is not None and terms.seats < 1:
        raise refused("seats", _("Seats are a number from 1 on."))
    if deal.kind == DealKind.SEATS and deal.subscription and not terms.seats:
        raise refused("seats", _("Say how many seats are added."))
    if deal.kind == DealKind.TIER and deal.subscription and terms.plan is None:
        raise refused("plan", _("Choose the plan that they move to."))
    if deal.kind == DealKind.PRODUCT and deal.subscription is None and terms.product is None:
        raise refused("product", _("Choose the product that they buy."))


def _growing(deal: Opportunity, period: Subscription, terms: Terms) -> Writing:
    """The period ends on the day and goes on with more; on its first day it is changed as a whole."""
    _check_runs(deal, period, terms.start_on)
    if deal.currency != period.currency and terms.amount_minor == deal.amount_minor:
        words = {"ours": deal.currency, "theirs": period.currency}
        raise refused(
            "amount", _("The contract is in %(theirs)s, the deal in %(ours)s: say the money in %(theirs)s.") % words
        )
    # More a year, spread over the times that the contract is paid: to the cent of one interval.
    more = whole_minor(Decimal(terms.amount_minor) * period.interval_months / YEAR)
    amount = period.amount_minor + more
    usual = monthly_minor(period.amount_minor, period.discount_minor, period.interval_months, period.charge)
    cells = as_row(period) | {
        "start_date": terms.start_on,
        "amount": from_minor(amount, period.currency),
        "reason": _ledger_reason(deal),
    }
    if period.mrr_minor != usual:
        # Its MRR was told beside the amount; what comes on top is the deal's money of a month.
        after = period.mrr_minor + _month(terms.amount_minor)
        cells["mrr"] = from_minor(after, period.currency)
    else:
        after = monthly_minor(amount, period.discount_minor, period.interval_months, period.charge)
    seats = period.seats
    if terms.seats:
        seats = (period.seats or 0) + terms.seats
        cells["seats"] = seats
    if terms.plan is not None:
        cells["plan"] = terms.plan.name
    changed = Line("begins", period.external_id, terms.start_on, period.currency, 0, after, None, seats)
    if terms.start_on == period.start_on:
        rows = [
            Line(
                "changes",
                period.external_id,
                terms.start_on,
                period.currency,
                period.mrr_minor,
                after,
                period.seats,
                seats,
            )
        ]
        sent = [cells]
    else:
        ends = as_row(period) | {"end_date": terms.start_on, "end_reason": "", "reason": _ledger_reason(deal)}
        rows = [
            Line("ends", period.external_id, terms.start_on, period.currency, period.mrr_minor, 0, period.seats, None),
            changed,
        ]
        sent = [ends, cells]
    return _writing(rows, period.currency, period.mrr_minor, after, terms.start_on, period.end_on, sent)


def _check_runs(deal: Opportunity, period: Subscription, day: dt.date) -> None:
    if period.voided:
        raise refused("subscription", _("This period is withdrawn."))
    if period.charge != ChargeKind.RECURRING:
        raise refused("subscription", _("This period is no recurring charge: choose the contract that grows."))
    if period.past_due_on is not None:
        raise refused("subscription", _("This contract is not paid: settle that first."))
    if day < period.start_on or (period.end_on and day >= period.end_on):
        raise refused("start_on", _("The day lies within the contract."))
    later = Subscription.objects.filter(external_id=period.external_id, start_on=day, voided=False).exclude(
        id=period.id
    )
    if later.exists():
        raise refused("start_on", _("There is a period of this subscription with this start already."))


def _beginning(deal: Opportunity, terms: Terms) -> Writing:
    """A contract of its own, paid a year at a time, for the term that was agreed."""
    end_on = after_months(terms.start_on, terms.term_months)
    key = _free_key(deal, terms.start_on)
    cells: dict[str, Any] = {
        "account": deal.account.external_id,
        "subscription_id": key,
        "start_date": terms.start_on,
        "end_date": end_on,
        "interval_months": YEAR,
        "amount": from_minor(terms.amount_minor, deal.currency),
        "discount": from_minor(0, deal.currency),
        "charge": ChargeKind.RECURRING,
        "currency": deal.currency,
        "seats": terms.seats or "",
        "product": terms.product.external_id if terms.product else "",
        "plan": terms.plan.name if terms.plan else "",
        "reason": _ledger_reason(deal),
    }
    after = monthly_minor(terms.amount_minor, 0, YEAR)
    rows = [Line("begins", key, terms.start_on, deal.currency, 0, after, None, terms.seats)]
    return _writing(rows, deal.currency, 0, after, terms.start_on, end_on, [cells])


def _ledger_reason(deal: Opportunity) -> str:
    """The word by which the ledger knows why the money moved (docs/imports.md, `reason`)."""
    if deal.motion == Motion.CROSS_SELL:
        return "cross_sell"
    return "seats" if deal.kind == DealKind.SEATS else "upsell"


def _free_key(deal: Opportunity, start_on: dt.date) -> str:
    """The name of the new contract: that of the deal, unless somebody else's contract has it."""
    key = deal.external_id
    others = Subscription.objects.filter(external_id=key).exclude(
        changes__source=ChangeSource.DEAL, changes__source_ref=deal.id
    )
    return f"{key}-{start_on.isoformat()}"[:200] if others.exists() else key


def _writing(
    rows: list[Line],
    currency: str,
    before: int,
    after: int,
    start_on: dt.date,
    end_on: dt.date | None,
    cells: list[dict[str, Any]],
) -> Writing:
    factor = rates.factors([currency]).get(currency)
    change = None if factor is None else _turned(after, factor) - _turned(before, factor)
    return Writing(rows, start_on, end_on, currency, before, after, Tenant.current().currency, change, cells)


def _turned(minor: int, factor: Decimal) -> int:
    return int((minor * factor).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _month(year_minor: int) -> int:
    """A month of a year's money. Example: 1,000.00 a year is 83.33."""
    return monthly_minor(year_minor, 0, YEAR)
