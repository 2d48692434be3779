"""Quotes of a renewal: made, changed, sent, withdrawn (REN-07). `quote_mails` hands them over, `quote_answers` takes what the
customer says, `quote_night` makes those that nobody has to make.

The renewal is locked before its quotes. `by` is None for a program. DomainError names the field.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.enums import ContactRole
from accounts.merging.result import today
from accounts.models import Contact, Member, Subscription
from cs_platform.kernel import queue
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict, DomainError
from journey.playbooks.letters import reachable
from renewals import flows, lifecycle
from renewals.enums import Part, QuoteState, RenewalState, Unsent
from renewals.models import Quote, QuoteLine, Renewal, RenewalLine, Stakeholder
from renewals.offers import Offer, offer_of, valid_until

LOCK = "quotes"  # held while numbers are given
LONGEST = dt.timedelta(days=365)
ROLES = (ContactRole.DECISION_MAKER, ContactRole.CHAMPION)
OPEN: tuple[str, ...] = (QuoteState.DRAFT, QuoteState.SENT)


def contracts_of(renewals: Collection[UUID]) -> dict[UUID, list[Subscription]]:
    """The contracts that stand, by renewal. One query."""
    rows = RenewalLine.objects.filter(
        renewal__in=list(renewals), subscription__voided=False, subscription__mrr_minor__gt=0
    )
    found: dict[UUID, list[Subscription]] = {}
    for line in rows.select_related("subscription__product").order_by("subscription_id"):
        found.setdefault(line.renewal_id, []).append(line.subscription)
    return found


def deciders(renewals: Collection[Renewal], day: dt.date) -> dict[UUID, list[Contact]]:
    """Whom a quote may go to, by renewal, the best first: who decides it, then the decision makers and champions of the account
    who have an address. Two queries."""
    named = Stakeholder.objects.filter(renewal__in=[row.id for row in renewals], part=Part.DECIDES)
    said: dict[UUID, set[UUID]] = {}
    for renewal, contact in named.values_list("renewal_id", "contact_id"):
        said.setdefault(renewal, set()).add(contact)
    people = reachable([row.account_id for row in renewals], day)
    found = {}
    for row in renewals:
        mine, first = people.get(row.account_id, []), said.get(row.id, set())
        order = [person for person in mine if person.id in first]
        order += [person for role in ROLES for person in mine if person.role == role and person.id not in first]
        found[row.id] = order
    return found


def problem_of(people: Sequence[Contact], stopped: Collection[str]) -> tuple[Contact | None, str]:
    """The first of these people who wants mail, or why there is none."""
    for person in people:
        if person.email.lower() not in stopped:
            return person, ""
    return None, Unsent.OPTED_OUT if people else Unsent.NO_ADDRESS


def next_number() -> int:
    """The number after the last one; nobody else gives one until this transaction ends."""
    queue.hold(LOCK, patient=True)
    return 1 + (Quote.objects.aggregate(last=Max("number"))["last"] or 0)


def lines_of(quote: Quote, offer: Offer) -> list[QuoteLine]:
    return [
        QuoteLine(
            quote=quote,
            subscription=line.subscription,
            product=line.subscription.product.name if line.subscription.product else line.subscription.external_id,
            seats=line.subscription.seats,
            before_minor=line.before,
            year_minor=line.year,
            total_minor=line.total,
        )
        for line in offer.lines
    ]


@transaction.atomic
def make_quote(*, renewal: Renewal, values: Mapping[str, Any], by: Member | None) -> Quote:
    """A draft of what the contracts cost with the terms that were talked about, else the policy of the segment, or with `values`: uplift, term_months, prepaid,
    valid_until, contact."""
    row = locked(renewal.id)
    segment = row.account.segment
    flow = flows.flow_of(segment, flows.own_flows() if segment else {})
    given = flows.terms_of(row, flow) | dict(values)
    if "contact" not in given:
        given["contact"] = next(iter(deciders([row], today())[row.id]), None)
    given.setdefault("valid_until", valid_until(today(), flow.valid_days, row.due_on))
    terms, offer = _offer(row, given)
    quote = Quote.objects.create(
        renewal=row, number=next_number(), made_by=by, currency=_currency(offer), **terms, **_sums(offer)
    )
    QuoteLine.objects.bulk_create(lines_of(quote, offer))
    return quote


@transaction.atomic
def change_quote(*, quote: Quote, values: Mapping[str, Any], version: int | None, by: Member | None) -> Quote:
    """Say it otherwise before it goes; its lines are worked out anew of the contracts as they are. What is not given stays."""
    renewal = locked(quote.renewal_id)
    row = _seen(quote, version)
    _check_state(row, QuoteState.DRAFT)
    stands = {name: getattr(row, name) for name in (*flows.TERMS, "valid_until", "contact")}
    terms, offer = _offer(renewal, stands | dict(values))
    changes = terms | _sums(offer)
    changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not changed:
        return row
    row = put(row, currency=_currency(offer), **changed)
    row.lines.all().delete()
    QuoteLine.objects.bulk_create(lines_of(row, offer))
    return row


@transaction.atomic
def withdraw_quote(*, quote: Quote, version: int | None, by: Member | None) -> Quote:
    """It counts no longer: a draft does not go, and one that went cannot be accepted. Twice changes nothing."""
    locked(quote.renewal_id, only_open=False)
    row = _seen(quote, version)
    if row.state == QuoteState.WITHDRAWN:
        return row
    _check_state(row, *OPEN)
    return put(row, state=QuoteState.WITHDRAWN, goes_at=None)


def locked(renewal_id: UUID, *, only_open: bool = True) -> Renewal:
    rows = Renewal.objects.select_for_update(of=("self",)).select_related("account__segment", "account__owner__user")
    row = rows.get(id=renewal_id)
    if only_open:
        lifecycle.check_open(row)
    return row


def locked_quote(quote_id: UUID) -> Quote:
    """After its renewal."""
    return Quote.objects.select_for_update(of=("self",)).select_related("contact").get(id=quote_id)


def of_renewal(renewal: Renewal) -> list[Quote]:
    """Its quotes with their lines, the latest first. Two queries."""
    return list(Quote.objects.filter(renewal=renewal).select_related("contact", "made_by").prefetch_related("lines"))


def agreed_outcome(renewal: Renewal) -> str:
    """What closing is prefilled with: what the money of the quote says that they accepted, else that they renew. Its terms stand on
    the renewal since it went. Example: accepted for 12,600.00 of 12,000.00: "expanded"."""
    row = Quote.objects.filter(renewal=renewal, state=QuoteState.ACCEPTED, starts_on=renewal.due_on).first()
    before = sum(line.before_minor for line in row.lines.all()) if row else 0
    if row is None or row.year_minor == before:
        return RenewalState.RENEWED
    return RenewalState.EXPANDED if row.year_minor > before else RenewalState.CONTRACTED


def _seen(quote: Quote, version: int | None) -> Quote:
    row = locked_quote(quote.id)
    check_seen(row, version)
    return row


def _check_state(row: Quote, *states: str) -> None:
    if row.state not in states:
        words = {"number": row.label, "state": row.get_state_display()}
        raise DomainError(_("Quote %(number)s: “%(state)s”.") % words, code="settled")


def _offer(renewal: Renewal, given: Mapping[str, Any]) -> tuple[dict[str, Any], Offer]:
    """What is kept of the words, and the offer; DomainError names the field."""
    terms = flows.checked({name: given[name] for name in flows.TERMS})
    until, contact = given["valid_until"], given.get("contact")
    if until is None or not today() <= until <= today() + LONGEST:
        raise refused("valid_until", _("Choose a day from today on, at most a year ahead."))
    if contact is not None and contact.account_id != renewal.account_id:
        raise refused("contact", _("There is no such person at this account."))
    contracts = contracts_of([renewal.id]).get(renewal.id, [])
    if any(contract.end_on != renewal.due_on for contract in contracts):
        raise Conflict(_("A contract of this renewal was changed. Wait a minute and look again."), code="contracts")
    if not quotable(contracts, renewal):
        text = _("A quote is of contracts in one currency, and there is at least one.")
        raise DomainError(text, code="contracts")
    offer = offer_of(contracts, renewal.due_on, Decimal(terms["uplift"]), terms["term_months"])
    return terms | {"valid_until": until, "contact": contact}, offer


def quotable(contracts: Sequence[Subscription], renewal: Renewal) -> bool:
    """Whether one sum can be said of them: there are some, and all in the renewal's currency."""
    return {contract.currency for contract in contracts} == {renewal.currency}


def _currency(offer: Offer) -> str:
    return offer.lines[0].subscription.currency


def _sums(offer: Offer) -> dict[str, Any]:
    return {
        "starts_on": offer.starts_on,
        "ends_on": offer.ends_on,
        "year_minor": offer.year,
        "total_minor": offer.total,
    }
