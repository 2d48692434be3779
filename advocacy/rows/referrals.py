"""Rows of referrals: whom customers led us to, and how far it came (ADV-04)."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from accounts.kinds import DateStyle, Problem, Reader
from accounts.rows import amount, choice, currency, day, text
from advocacy.enums import ReferralState
from advocacy.lifecycle import WAY
from advocacy.rows import labels, problems, synonyms

LARGEST = Decimal(10) ** 13


def _currency(value: Any, style: DateStyle) -> str:
    """A currency, or none: then the company's."""
    return currency(value, style) if value not in (None, "") else ""


FIELDS: dict[str, Reader] = {
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
REQUIRED = ("referral", "account", "prospect", "asked_on")
LABELS = labels(FIELDS)
SYNONYMS = synonyms(FIELDS, "referral")


def check(values: dict[str, Any]) -> list[Problem]:
    """The days of its steps stand in their order, and the amount is one."""
    found = problems(values, REQUIRED, WAY.values())
    days = [(name, values[name]) for name in WAY.values() if values.get(name)]
    for (_before, first), (name, second) in pairwise(days):
        if second < first:
            found.append(Problem(name, second.isoformat(), "order", _("It comes after the step before.")))
    worth = values.get("amount")
    if worth is not None and not 0 <= worth <= LARGEST:
        found.append(Problem("amount", str(worth), "out_of_range", _("An amount is not negative.")))
    return found
