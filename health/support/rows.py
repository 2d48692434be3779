"""Rows of tickets: one for each state change, in any order (CONTRACTS 1, ACC-07)."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kinds import Problem, Reader
from accounts.rows import choice, moment, text, whole
from health.enums import Sentiment, TicketPriority

FIELDS: dict[str, Reader] = {
    "ticket": text(200, required=True),
    "event_at": moment,
    "state": text(60, required=True),
    "account": text(200, required=True),
    "user": text(200),
    "priority": text(60),
    "opened_at": moment,
    "resolved_at": moment,
    "closed_at": moment,
    "reassignment_count": whole(0, 10**6),
    "reopen_count": whole(0, 10**6),
    "subject": text(300),
    "category": text(120),
    "escalated_to": text(60),
    "sentiment": choice(Sentiment),
    # The number of the change where the system counts them: which of two at the same moment is the later one.
    "sequence": whole(0, 10**9),
}
REQUIRED = ("ticket", "event_at", "state", "account")
LABELS: Mapping[str, Promise] = {
    "ticket": gettext_lazy("Ticket id"),
    "event_at": gettext_lazy("Time of the change"),
    "state": gettext_lazy("State"),
    "account": gettext_lazy("Account id"),
    "user": gettext_lazy("Reported by"),
    "priority": gettext_lazy("Priority"),
    "opened_at": gettext_lazy("Opened"),
    "resolved_at": gettext_lazy("Resolved"),
    "closed_at": gettext_lazy("Closed"),
    "reassignment_count": gettext_lazy("Reassignments"),
    "reopen_count": gettext_lazy("Times reopened"),
    "subject": gettext_lazy("Subject"),
    "category": gettext_lazy("Category"),
    "escalated_to": gettext_lazy("Escalated to"),
    "sentiment": gettext_lazy("Sentiment"),
    "sequence": gettext_lazy("Number of the change"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "ticket": ("external_id", "ticket_id", "id", "number", "case"),
    "event_at": ("changed_at", "updated_at", "timestamp"),
    "state": ("status",),
    "account": ("account_id", "customer_id", "organization", "company_id"),
    "user": ("caller", "requester", "user_id"),
    "priority": ("severity",),
    "opened_at": ("created_at",),
    "resolved_at": ("solved_at",),
    "subject": ("title",),
    "sequence": ("mod_count", "sys_mod_count", "revision"),
}

# What other systems call our levels: by word, or by the number in front ("1 - Critical", "P2", "Sev 3").
_WORDS = {
    TicketPriority.URGENT: ("urgent", "critical", "blocker", "emergency", "showstopper"),
    TicketPriority.HIGH: ("high", "major", "important"),
    TicketPriority.NORMAL: ("normal", "medium", "moderate", "standard"),
    TicketPriority.LOW: ("low", "minor", "trivial", "planning"),
}
_NUMBERS = {
    "0": TicketPriority.URGENT,
    "1": TicketPriority.URGENT,
    "2": TicketPriority.HIGH,
    "3": TicketPriority.NORMAL,
}
_NUMBER = re.compile(r"^(?:p|prio|priority|sev|severity|s)?[\s_-]*([0-5])\b", re.IGNORECASE)


def check(values: dict[str, Any]) -> list[Problem]:
    """A change has a time."""
    if values["event_at"] is None:
        return [Problem("event_at", "", "required", _("A value is required here."))]
    return []


def level_of(priority: str) -> TicketPriority:
    """Our level for the tenant's own word. Example: "1 - Critical" and "P1" are urgent; an unknown word is normal."""
    found = priority.casefold()
    for level, words in _WORDS.items():
        if any(word in found for word in words):
            return level
    number = _NUMBER.match(found.strip())
    if number is None:
        return TicketPriority.NORMAL
    return _NUMBERS.get(number[1], TicketPriority.LOW)
