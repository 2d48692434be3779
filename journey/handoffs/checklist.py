"""What is to be known before a customer passes on: checks of each kind of handoff, and those that somebody adds (ROL-02).

A check is kept as {"key", "text", "required", "done", "note"}; one from before there were notes has none. One that comes
with the product has a key and is read in the reader's language; one that a person adds has its text alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from journey.enums import HandoffKind

MOST, LONGEST, NOTE = 30, 200, 500  # checks of a handoff, characters of one and of what is said of it

Item = dict[str, Any]


@dataclass(frozen=True)
class Check:
    """A check of the catalogue; a `required` one that is open asks for a reason when the handoff is accepted."""

    key: str
    text: Any
    required: bool = True


CHECKS: dict[str, tuple[Check, ...]] = {
    HandoffKind.SALES_TO_CS: (
        Check("goals", _("Why they bought, and what success means to them in numbers")),
        Check("people", _("Who decides, who pays, who uses it: names and roles")),
        Check("promised", _("What sales promised: days, features, prices")),
        Check("terms", _("Contract and special terms stand with the account")),
        Check("met", _("Sales has introduced us to the customer")),
        Check("systems", _("Their systems, data and integrations are known"), required=False),
        Check("risks", _("What nearly stopped the sale"), required=False),
    ),
    HandoffKind.ONBOARDING_TO_CSM: (
        Check("live", _("The customer has confirmed the go-live")),
        Check("value", _("First value is reached, or its day is agreed")),
        Check("open", _("Open tickets, milestones and promises are listed")),
        Check("people", _("Champion, sponsor and daily users are known")),
        Check("met", _("The customer has met the CSM")),
        Check("habits", _("What worked with them in onboarding, and what did not"), required=False),
    ),
    HandoffKind.CSM_TO_SALES: (
        Check("need", _("The need in the customer's words, with a number")),
        Check("buyer", _("Who decides about it, and whether there is money")),
        Check("ready", _("Health and use carry a talk about more")),
        Check("roles", _("Who of us says what to the customer")),
        Check("case", _("A draft of the business case"), required=False),
    ),
    HandoffKind.CSM_TO_CSM: (
        Check("told", _("The customer knows why, and from when")),
        Check("plan", _("The success plan is up to date")),
        Check("open", _("Open tasks, tickets and promises are listed")),
        Check("people", _("Contacts, their roles and how they like to be spoken to")),
        Check("risks", _("Risks, and what was tried"), required=False),
        Check("met", _("Both have met the customer together"), required=False),
    ),
}


def items_of(kind: str, added: Sequence[str] = ()) -> list[Item]:
    """The checks of a new handoff of this kind, with those that are added to it, which are required. What is kept of a
    check of the product beside its key is its text in English, for files and programs."""
    with override("en"):
        found: list[Item] = [
            {"key": check.key, "text": str(check.text), "required": check.required, "done": False, "note": ""}
            for check in CHECKS[kind]
        ]
    for line in added:
        text = line.strip()[:LONGEST]
        if text:
            found.append({"key": "", "text": text, "required": True, "done": False, "note": ""})
    return found[:MOST]


def said(kind: str, item: Mapping[str, Any]) -> str:
    """The check in the reader's language; as it was kept where the product does not know it any more."""
    known = next((check for check in CHECKS.get(kind, ()) if item["key"] and check.key == item["key"]), None)
    return str(known.text) if known else str(item["text"])


def is_open(items: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a required check is not ticked."""
    return any(item["required"] and not item["done"] for item in items)


def ticked(items: Sequence[Mapping[str, Any]]) -> int:
    return sum(1 for item in items if item["done"])
