"""Rows of the program: people who speak for us, what they gave, whom they led to (ADV-02, ADV-04, CONTRACTS 1)."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.customers import EARLIEST
from accounts.kinds import DateStyle, Problem, Reader
from accounts.rows import amount, choice, currency, day, text
from advocacy.enums import AdvocateState, AssetKind, Consent, Legal, ReferralState, ReviewSite
from advocacy.lifecycle import WAY
from journey.issues.rows import address

LARGEST = Decimal(10) ** 13
FIVE = Decimal(5)


def _currency(value: Any, style: DateStyle) -> str:
    """A currency, or none: then the company's."""
    return currency(value, style) if value not in (None, "") else ""


ADVOCATES: dict[str, Reader] = {
    "advocate": text(200, required=True),
    "account": text(200, required=True),
    "contact": text(200, required=True),
    "state": choice(AdvocateState),
    "consent": choice(Consent),
    "consent_on": day,
    "consent_until": day,
    "legal": choice(Legal),
    "enrolled_on": day,
    "left_on": day,
    "note": text(500),
}
ASSETS: dict[str, Reader] = {
    "asset": text(200, required=True),
    "account": text(200, required=True),
    "kind": choice(AssetKind),
    "title": text(200),
    "advocate": text(200),
    "url": address,
    "legal": choice(Legal),
    "legal_since": day,
    "approved_until": day,
    "published_on": day,
    "site": choice(ReviewSite),
    "rating": amount,
}
REFERRALS: dict[str, Reader] = {
    "referral": text(200, required=True),
    "account": text(200, required=True),
    "prospect": text(200),
    "advocate": text(200),
    "state": choice(ReferralState),
    "asked_on": day,
    "agreed_on": day,
    "introduced_on": day,
    "opportunity_on": day,
    "ended_on": day,
    "amount": amount,
    "currency": _currency,
    "customer": text(200),
    "reward": text(200),
    "note": text(500),
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "advocates": ("advocate", "account", "contact", "consent"),
    "assets": ("asset", "account", "kind", "title"),
    "referrals": ("referral", "account", "prospect", "asked_on"),
}
LABELS: Mapping[str, Promise] = {
    "advocate": gettext_lazy("Advocate id"),
    "asset": gettext_lazy("Asset id"),
    "referral": gettext_lazy("Referral id"),
    "account": gettext_lazy("Account id"),
    "contact": gettext_lazy("Contact id"),
    "customer": gettext_lazy("New customer, by account id"),
    "state": gettext_lazy("State"),
    "consent": gettext_lazy("Consent"),
    "consent_on": gettext_lazy("Consent given on"),
    "consent_until": gettext_lazy("Consent until"),
    "legal": gettext_lazy("Legal"),
    "legal_since": gettext_lazy("Legal stands so since"),
    "enrolled_on": gettext_lazy("Enrolled on"),
    "left_on": gettext_lazy("Left on"),
    "note": gettext_lazy("Note"),
    "kind": gettext_lazy("Kind"),
    "title": gettext_lazy("Title"),
    "url": gettext_lazy("Link"),
    "approved_until": gettext_lazy("Approved until"),
    "published_on": gettext_lazy("Published on"),
    "site": gettext_lazy("Site"),
    "rating": gettext_lazy("Stars"),
    "prospect": gettext_lazy("Who"),
    "asked_on": gettext_lazy("Asked on"),
    "agreed_on": gettext_lazy("Agreed on"),
    "introduced_on": gettext_lazy("Introduced on"),
    "opportunity_on": gettext_lazy("Opportunity on"),
    "ended_on": gettext_lazy("Ended on"),
    "amount": gettext_lazy("Worth a year"),
    "currency": gettext_lazy("Currency"),
    "reward": gettext_lazy("Reward"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "account": ("account_id", "customer_id", "company_id"),
    "contact": ("contact_id", "person", "person_id"),
    "url": ("link",),
    "rating": ("stars", "score"),
    "prospect": ("company", "lead", "name"),
    "customer": ("new_customer", "won_account"),
    "amount": ("value", "arr", "worth"),
    "state": ("status", "stage"),
    "kind": ("type",),
}


def labels(fields: Mapping[str, Reader]) -> dict[str, Promise]:
    return {name: LABELS[name] for name in fields}


def synonyms(fields: Mapping[str, Reader], own: str) -> dict[str, tuple[str, ...]]:
    """Other names of the columns; the row's own id is often called external_id, or id."""
    return {name: words for name, words in SYNONYMS.items() if name in fields} | {
        own: ("external_id", f"{own}_id", "id")
    }


def _required(values: dict[str, Any], kind: str) -> list[Problem]:
    empty = [name for name in REQUIRED[kind] if values.get(name) in (None, "")]
    return [Problem(name, "", "required", _("A value is required here.")) for name in empty]


def _possible(values: dict[str, Any], *names: str) -> list[Problem]:
    found = []
    for name in names:
        value = values.get(name)
        if value is not None and value < EARLIEST:
            found.append(Problem(name, value.isoformat(), "out_of_range", _("The day lies between 1990 and today.")))
    return found


def check_advocate(values: dict[str, Any]) -> list[Problem]:
    """A consent ends after it was given."""
    problems = _required(values, "advocates") or _possible(values, "consent_on", "enrolled_on", "left_on")
    begins, until = values.get("consent_on"), values.get("consent_until")
    if begins and until and until < begins:
        problems.append(Problem("consent_until", until.isoformat(), "order", _("It ends after it was given.")))
    return problems


def check_asset(values: dict[str, Any]) -> list[Problem]:
    """Only a review has a site and stars, from 0 to 5 with one decimal."""
    problems = _required(values, "assets") or _possible(values, "legal_since", "published_on")
    rating = values.get("rating")
    if rating is not None and (not 0 <= rating <= FIVE or rating.scaleb(1) % 1):
        sentence = _("Stars are between 0 and 5, with at most one decimal.")
        problems.append(Problem("rating", str(rating), "out_of_range", sentence))
    if (rating is not None or values.get("site")) and values.get("kind") != AssetKind.REVIEW:
        problems.append(
            Problem("kind", str(values.get("kind")), "not_a_review", _("Only a review has a site and stars."))
        )
    return problems


def check_referral(values: dict[str, Any]) -> list[Problem]:
    """The days of its steps stand in their order, and the amount is one."""
    problems = _required(values, "referrals") or _possible(values, *WAY.values())
    days = [(name, values[name]) for name in WAY.values() if values.get(name)]
    for (_before, first), (name, second) in pairwise(days):
        if second < first:
            problems.append(Problem(name, second.isoformat(), "order", _("It comes after the step before.")))
    worth = values.get("amount")
    if worth is not None and not 0 <= worth <= LARGEST:
        problems.append(Problem("amount", str(worth), "out_of_range", _("An amount is not negative.")))
    return problems
