"""What may be written of a deal, and what is refused: one home for forms, the API and rows of files (EXP-05)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.customers import EARLIEST
from accounts.dossier import parts_of
from accounts.merging.result import today
from accounts.models import Contact, Member, Subscription
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.money import validate_currency
from expansion.enums import DealKind, Motion, Trigger
from expansion.models import Opportunity

FIELDS = (
    "name", "kind", "motion", "trigger", "product", "plan", "subscription", "seats", "amount_minor", "currency", "chance",
    "identified_on", "close_on", "owner", "buyer", "case", "next_step", "next_step_on", "note",
)  # fmt: skip
LIMITS = {"name": 200, "case": 4000, "next_step": 200, "note": 1000}
CHOICES: Mapping[str, Any] = {"kind": DealKind, "motion": Motion, "trigger": Trigger}
MOST_MINOR = 10**15  # a year's money; beyond it somebody mistyped
FURTHEST = dt.timedelta(days=5 * 366)


def checked(row: Opportunity, values: Mapping[str, Any], day: dt.date | None = None) -> dict[str, Any]:
    """The values as they are kept; DomainError names each field that cannot be. What is not given is not judged. `day` is today,
    told where many are checked."""
    found = dict(values)
    problems: dict[str, str] = {}
    for name, limit in LIMITS.items():
        if name in found:
            found[name] = (found[name] or "").strip()
            if len(found[name]) > limit:
                problems[name] = _("At most %(limit)s characters fit here.") % {"limit": limit}
    if "name" in found and not found["name"]:
        problems["name"] = _("Say in a few words what it is about.")
    for name, choices in CHOICES.items():
        if name in found and found[name] not in choices.values:
            problems[name] = _("Choose one of the list.")
    problems |= _numbers(found) | _days(row, found, day or today()) | _rows(row, found)
    if problems:
        raise DomainError(next(iter(problems.values())), code="invalid", fields=problems)
    return found


def _numbers(found: dict[str, Any]) -> dict[str, str]:
    problems = {}
    if "amount_minor" in found:
        amount = found["amount_minor"]
        if amount is None:
            problems["amount"] = _("Say how much more a year.")
        elif not 0 <= amount <= MOST_MINOR:
            problems["amount"] = _("Money a year is not below 0 and not that large.")
    if "currency" in found:
        try:
            validate_currency(found["currency"])
        except ValidationError as error:
            problems["currency"] = " ".join(error.messages)
    if (seats := found.get("seats")) is not None and not 1 <= seats <= 10_000_000:
        problems["seats"] = _("Seats are a number from 1 on.")
    if (chance := found.get("chance")) is not None and not 0 <= chance <= 100:
        problems["chance"] = _("A chance lies between 0 and 100 percent.")
    return problems


def _days(row: Opportunity, found: dict[str, Any], now: dt.date) -> dict[str, str]:
    problems = {}
    seen = found.get("identified_on", row.identified_on)
    if seen is None:
        problems["identified_on"] = _("A value is required here.")
    elif "identified_on" in found and not EARLIEST <= seen <= now:
        problems["identified_on"] = _("The day lies between 1990 and today.")
    for name in ("close_on", "next_step_on"):
        day = found.get(name)
        if day is not None and not EARLIEST <= day <= now + FURTHEST:
            problems[name] = _("The day lies between 1990 and five years from now.")
    close_on = found.get("close_on", row.close_on)
    if seen and close_on and close_on < seen and "close_on" not in problems:
        problems["close_on"] = _("It closes after it was seen.")
    return problems


def _rows(row: Opportunity, found: dict[str, Any]) -> dict[str, str]:
    """What the deal points at belongs to its account, or to one that was merged into it."""
    problems = {}
    own: set[Any] | None = None

    def ours(account_id: Any) -> bool:
        nonlocal own
        if account_id == row.account_id:
            return True
        own = {row.account_id, *parts_of(row.account)} if own is None else own
        return account_id in own

    contract = found.get("subscription")
    if isinstance(contract, Subscription) and (not ours(contract.account_id) or contract.voided):
        problems["subscription"] = _("There is no such contract of this account.")
    buyer = found.get("buyer")
    if isinstance(buyer, Contact) and not ours(buyer.account_id):
        problems["buyer"] = _("There is no such person at this account.")
    owner = found.get("owner")
    if isinstance(owner, Member) and not owner.is_active and owner.id != row.owner_id:
        problems["owner"] = _("%(name)s is not active any more.") % {"name": owner.name}
    return problems
