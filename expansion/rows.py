"""Rows of opportunities: what a CRM, or a file, says of deals (CONTRACTS 1, API-01)."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kinds import DateStyle, Problem, Reader
from accounts.rows import amount, choice, currency, day, email, text, whole
from expansion import lifecycle
from expansion.enums import DealKind, DealStage, LossReason, Motion, Trigger, WinReason


def code(value: Any, style: DateStyle) -> str:
    """A currency code; empty for that of the company."""
    return currency(value, style) if text(10)(value, style) else ""


FIELDS: dict[str, Reader] = {
    "opportunity": text(200, required=True),
    "account": text(200, required=True),
    "name": text(200),
    "amount": amount,
    "currency": code,
    "kind": choice(DealKind),
    "motion": choice(Motion),
    "trigger": choice(Trigger),
    "product": text(200),
    "plan": text(120),
    "subscription": text(200),
    "seats": whole(1, 10_000_000),
    "stage": choice(DealStage),
    "chance": whole(0, 100),
    "identified_on": day,
    "close_on": day,
    "owner_email": email,
    "buyer": text(200),
    "case": text(4000),
    "next_step": text(200),
    "next_step_on": day,
    "override": text(500),
    "closed_on": day,
    "loss": choice(LossReason),
    "win": choice(WinReason),
    "note": text(1000),
}
REQUIRED = ("opportunity", "account", "name", "amount")
LABELS: Mapping[str, Promise] = {
    "opportunity": gettext_lazy("Opportunity id"),
    "account": gettext_lazy("Account id"),
    "name": gettext_lazy("What it is about"),
    "amount": gettext_lazy("More a year"),
    "currency": gettext_lazy("Currency"),
    "kind": gettext_lazy("Kind"),
    "motion": gettext_lazy("Motion"),
    "trigger": gettext_lazy("Why now"),
    "product": gettext_lazy("Product"),
    "plan": gettext_lazy("Plan"),
    "subscription": gettext_lazy("Contract that grows"),
    "seats": gettext_lazy("More seats"),
    "stage": gettext_lazy("Stage"),
    "chance": gettext_lazy("Chance in percent"),
    "identified_on": gettext_lazy("Seen on"),
    "close_on": gettext_lazy("Expected by"),
    "owner_email": gettext_lazy("Owner (e-mail)"),
    "buyer": gettext_lazy("Who buys (contact id)"),
    "case": gettext_lazy("Business case"),
    "next_step": gettext_lazy("Next step"),
    "next_step_on": gettext_lazy("Next step until"),
    "override": gettext_lazy("Why it goes on all the same"),
    "closed_on": gettext_lazy("Closed on"),
    "loss": gettext_lazy("Why it was lost"),
    "win": gettext_lazy("Why it was won"),
    "note": gettext_lazy("Note"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "opportunity": ("external_id", "opportunity_id", "deal", "deal_id", "id"),
    "account": ("account_id", "customer_id", "company_id"),
    "name": ("title",),
    "amount": ("value", "arr", "acv"),
    "kind": ("type",),
    "stage": ("status", "state"),
    "chance": ("probability",),
    "identified_on": ("created", "created_on", "opened_on"),
    "close_on": ("close_date", "expected_on"),
    "owner_email": ("owner", "csm", "csm_email"),
}


def check(values: dict[str, Any]) -> list[Problem]:
    """A deal has a name and money; only what has ended has a day and a reason of its end."""
    if not values["name"]:
        return [Problem("name", "", "required", _("Say in a few words what it is about."))]
    if values["amount"] is None:
        return [Problem("amount", "", "required", _("Say how much more a year."))]
    if values["amount"] < 0:
        return [Problem("amount", str(values["amount"]), "out_of_range", _("Money a year is not below 0."))]
    stage = values.get("stage")
    if stage == DealStage.LOST and "loss" in values and not values["loss"]:
        return [Problem("loss", "", "required", _("Say why it was lost."))]
    if stage in lifecycle.OPEN:
        for name in ("closed_on", "loss", "win"):
            if values.get(name):
                return [Problem(name, str(values[name]), "not_closed", _("Only a deal that is over has this."))]
    return []
