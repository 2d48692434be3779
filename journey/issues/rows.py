"""Rows of the issue log: one for each customer of an issue, or one without a customer (ACC-14, CONTRACTS 1)."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kinds import DateStyle, Problem, Reader
from accounts.rows import Bad, choice, day, email, text
from journey.enums import Function, IssueKind, IssueState, Weight

_whole = URLValidator(schemes=["http", "https"])


def address(value: Any, style: DateStyle) -> str:
    """A whole address of the web, such as https://tracker.example/123."""
    found: str = text(500)(value, style)
    if found:
        try:
            _whole(found)
        except ValidationError as error:
            sentence = _("Write a whole address, such as https://tracker.example/123.")
            raise Bad("not_an_address", sentence) from error
    return found


FIELDS: dict[str, Reader] = {
    "issue": text(200, required=True),
    "title": text(200),
    "description": text(4000),
    "kind": choice(IssueKind),
    "function": choice(Function),
    "state": choice(IssueState),
    "owner_email": email,
    "link": address,
    "reference": text(120),
    "promised_on": day,
    "answer": text(2000),
    "reported_on": day,
    "account": text(200),
    "weight": choice(Weight),
    "note": text(500),
}
REQUIRED = ("issue", "title")
LABELS: Mapping[str, Promise] = {
    "issue": gettext_lazy("Issue id"),
    "title": gettext_lazy("Issue"),
    "description": gettext_lazy("What happens, and what is needed"),
    "kind": gettext_lazy("Kind"),
    "function": gettext_lazy("Passed on to"),
    "state": gettext_lazy("State"),
    "owner_email": gettext_lazy("Followed by (e-mail)"),
    "link": gettext_lazy("Link"),
    "reference": gettext_lazy("Their reference"),
    "promised_on": gettext_lazy("Promised for"),
    "answer": gettext_lazy("Answer"),
    "reported_on": gettext_lazy("Reported on"),
    "account": gettext_lazy("Account id of a customer who has it"),
    "weight": gettext_lazy("Weight"),
    "note": gettext_lazy("In their words"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "issue": ("external_id", "issue_id", "id"),
    "title": ("name", "subject", "summary"),
    "kind": ("type",),
    "function": ("team",),
    "state": ("status",),
    "owner_email": ("owner", "followed_by"),
    "link": ("url",),
    "account": ("account_id", "customer_id", "company_id"),
    "note": ("comment",),
}
# What a row says of its customer; the rest it says of the issue.
OF_CUSTOMER = ("weight", "note")


def check(values: dict[str, Any]) -> list[Problem]:
    """An issue says what is missing, and only a customer has a weight and words."""
    if not values["title"]:
        return [Problem("title", "", "required", _("Say in a sentence what is missing."))]
    values.setdefault("account", "")
    if not values["account"]:
        for name in OF_CUSTOMER:
            if values.get(name):
                sentence = _("Only a customer has this: name the account.")
                return [Problem(name, values[name], "no_account", sentence)]
    return []
