"""Rows of the program, one module for each kind: people who speak for us, what they gave, whom they led to (ADV-02,
ADV-04, CONTRACTS 1). Here is what they share."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.customers import EARLIEST
from accounts.kinds import Problem

_LABELS: Mapping[str, Promise] = {
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
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
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


def labels(fields: Iterable[str]) -> dict[str, Promise]:
    """What the columns are called."""
    return {name: _LABELS[name] for name in fields}


def synonyms(fields: Iterable[str], own: str) -> dict[str, tuple[str, ...]]:
    """Other names of the columns; the row's own id is often called external_id, or id."""
    return {name: _SYNONYMS[name] for name in fields if name in _SYNONYMS} | {own: ("external_id", f"{own}_id", "id")}


def problems(values: Mapping[str, Any], required: Iterable[str], days: Iterable[str]) -> list[Problem]:
    """What is empty and may not be, or else days that cannot be."""
    empty = [name for name in required if values.get(name) in (None, "")]
    if empty:
        return [Problem(name, "", "required", _("A value is required here.")) for name in empty]
    said = [(name, values[name]) for name in days if values.get(name) is not None]
    sentence = _("The day lies between 1990 and today.")
    return [Problem(name, day.isoformat(), "out_of_range", sentence) for name, day in said if day < EARLIEST]
