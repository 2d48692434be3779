"""Referrals, from the question to the contract (ADV-04): who led us to whom, and what it was worth."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.merging.result import today
from accounts.models import Account, Member, Subscription, Tenant
from accounts.rates import factors, in_reporting
from accounts.webhooks.announce import announce
from accounts.webhooks.events import Kind
from advocacy.enums import ReferralState
from advocacy.lifecycle import PLACE, REFERRALS, WAY
from advocacy.models import Advocate, Referral
from advocacy.services.checks import KEPT, kept, locked, money, origin_of, own_person, past, seen, texts, walked
from cs_platform.kernel.money import from_minor

LIMITS = {"prospect": 200, "reward": 200, "note": 500}
FIELDS = ("prospect", "advocate", "amount_minor", "currency", "reward", "note")


@transaction.atomic
def add_referral(
    *,
    account: Account,
    prospect: str,
    by: Member | None,
    advocate: Advocate | None = None,
    asked_on: dt.date | None = None,
    amount_minor: int | None = None,
    currency: str = "",
    reward: str = "",
    note: str = "",
    external_id: str = "",
    source: str = "",
    source_ref: UUID | None = None,
) -> Referral:
    """A customer was asked to lead us to somebody, or does so by itself."""
    account = seen(account, by)
    day = asked_on or today()
    past("asked_on", day)
    values = _checked(
        {
            "prospect": prospect, "advocate": advocate, "amount_minor": amount_minor,
            "currency": currency or Tenant.current().currency, "reward": reward, "note": note,
        },
        account,
    )  # fmt: skip
    return Referral.objects.create(
        account=account,
        asked_on=day,
        **values,
        **origin_of(by, external_id, source, source_ref),
    )


@transaction.atomic
def change_referral(
    *, referral: Referral, values: Mapping[str, Any], version: int | None, by: Member | None
) -> Referral:
    """Change what is written of a referral (`FIELDS`); how far it came has a verb of its own."""
    row = locked(referral, version)
    changes = {name: values[name] for name in FIELDS if name in values}
    return kept(row, _checked(changes, row.account, row))


@transaction.atomic
def move_referral(
    *,
    referral: Referral,
    state: str,
    version: int | None,
    by: Member | None,
    on: dt.date | None = None,
    customer: Account | None = KEPT,
    amount_minor: int | None = KEPT,
    currency: str = KEPT,
    note: str = KEPT,
) -> Referral:
    """How far it came, and on which day. Steps that were passed over keep no day. A won one names the new customer, whose
    first ARR it is worth where nobody says another amount; who is won is announced.
    """
    row = locked(referral, version)
    walked("state", row.state, state, ReferralState, REFERRALS, by)
    day = on or today()
    past("on", day)
    if day < row.asked_on:
        raise refused("on", _("The day lies between the ask and today."))
    values: dict[str, Any] = {"state": state}
    if state == ReferralState.LOST:
        values["ended_on"] = day if row.state != state or on else row.ended_on
    else:
        values |= _days(row, state, day, again=on is not None)
    for name, value in (("amount_minor", amount_minor), ("currency", currency), ("note", note)):
        if value is not KEPT:
            values[name] = value
    if state != ReferralState.WON:
        values["customer"] = None
    elif customer is not KEPT:
        values["customer"] = _customer(row, customer, by)
        if values["customer"] and values.get("amount_minor", row.amount_minor) is None:
            values |= {"amount_minor": first_arr(values["customer"]), "currency": Tenant.current().currency}
    if by is not None and state == ReferralState.WON and values.get("customer", row.customer) is None:
        raise refused("customer", _("Which customer did it become?"))
    _checked({name: values[name] for name in FIELDS if name in values}, row.account, row)
    was_won = row.state == ReferralState.WON
    row = kept(row, values)
    if row.state == ReferralState.WON and not was_won:
        tell_won(row)
    return row


def first_arr(customer: Account) -> int:
    """What the first periods of a customer bring a year, in minor units of the reporting currency at the latest rates."""
    rows = Subscription.objects.filter(
        account=customer, voided=False, mrr_minor__gt=0, start_on=customer.customer_since
    )
    worth = rows.aggregate(sum=Sum(in_reporting("mrr_minor", factors())))["sum"]
    return 12 * int(worth or 0)


def tell_won(row: Referral) -> None:
    """Announce a referral that became a customer."""
    customer = row.customer
    announce(
        Kind.REFERRAL_WON,
        row.account_id,
        referral=row.external_id,
        prospect=row.prospect,
        customer=customer.external_id if customer else None,
        customer_id=str(customer.id) if customer else None,
        amount=None if row.amount_minor is None else str(from_minor(row.amount_minor, row.currency)),
        currency=row.currency,
        won_on=row.ended_on,
    )


def _days(row: Referral, state: str, day: dt.date, *, again: bool) -> dict[str, Any]:
    """The day of this step, and none of the steps that were not reached (one that was lost and is taken up begins again)."""
    own = WAY[state]
    days: dict[str, Any] = {
        column: None for step, column in WAY.items() if PLACE[step] > PLACE[state] and column != "asked_on"
    }
    if own == "asked_on":
        return days
    standing = getattr(row, own) if row.state == state else None
    return days | {own: standing if standing is not None and not again else day}


def _customer(row: Referral, customer: Account | None, by: Member | None) -> Account | None:
    if customer is None:
        return None
    # Locked, so that two who name the same customer at once come one after the other.
    customer = Account.objects.select_for_update(no_key=True, of=("self",)).get(id=seen(customer, None).id)
    if customer.id == row.account_id:
        raise refused("customer", _("A customer does not refer itself."))
    if Referral.objects.filter(customer=customer, state=ReferralState.WON).exclude(id=row.id).exists():
        raise refused("customer", _("This customer came by another referral."))
    return customer


def _checked(values: dict[str, Any], account: Account, row: Referral | None = None) -> dict[str, Any]:
    texts(values, LIMITS)
    if "prospect" in values and not values["prospect"]:
        raise refused("prospect", _("Say for whom it is."))
    own_person(values.get("advocate"), account)
    if "amount_minor" in values or "currency" in values:
        money("amount_minor", values.get("amount_minor"), values.get("currency") or (row.currency if row else ""))
    return values
