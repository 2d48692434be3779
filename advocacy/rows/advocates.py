"""Rows of advocates: people who speak for us, with how far their consent goes (ADV-01)."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.kinds import Problem, Reader
from accounts.rows import choice, day, text
from advocacy.enums import AdvocateState, Consent, Legal
from advocacy.rows import labels, problems, synonyms

FIELDS: dict[str, Reader] = {
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
REQUIRED = ("advocate", "account", "contact", "consent")
LABELS = labels(FIELDS)
SYNONYMS = synonyms(FIELDS, "advocate")


def check(values: dict[str, Any]) -> list[Problem]:
    """A consent ends after it was given."""
    found = problems(values, REQUIRED, ("consent_on", "enrolled_on", "left_on"))
    begins, until = values.get("consent_on"), values.get("consent_until")
    if begins and until and until < begins:
        found.append(Problem("consent_until", until.isoformat(), "order", _("It ends after it was given.")))
    return found
