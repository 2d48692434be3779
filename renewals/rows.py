"""Rows of renewals: what a CRM, or a file, says of how they go (CONTRACTS 1, API-01). Renewals themselves come of contracts."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kinds import Problem, Reader
from accounts.rows import amount, choice, day, email, flag, text, whole
from renewals.enums import FailureReason, Intent, Phase, Review

FIELDS: dict[str, Reader] = {
    "renewal": text(200),
    "account": text(200),
    "due_on": day,
    "phase": choice(Phase),
    "intent": choice(Intent),
    "likely_reason": choice(FailureReason),
    "offered": amount,
    "asked": amount,
    "floor": amount,
    "term_months": whole(1, 120),
    "prepaid": flag,
    "uplift": amount,
    "approval": choice(Review),
    "legal": choice(Review),
    "procurement": choice(Review),
    "next_step": text(200),
    "next_step_on": day,
    "csm_call": amount,
    "csm_reason": text(300),
    "csm_email": email,
}
REQUIRED = ()
LABELS: Mapping[str, Promise] = {
    "renewal": gettext_lazy("Renewal id"),
    "account": gettext_lazy("Account id"),
    "due_on": gettext_lazy("Renews on (the first day unpaid)"),
    "phase": gettext_lazy("Phase"),
    "intent": gettext_lazy("What they intend"),
    "likely_reason": gettext_lazy("Likely reason if lost"),
    "offered": gettext_lazy("Offered a year"),
    "asked": gettext_lazy("They ask for, a year"),
    "floor": gettext_lazy("Least that we accept, a year"),
    "term_months": gettext_lazy("Term in months"),
    "prepaid": gettext_lazy("Paid in advance"),
    "uplift": gettext_lazy("Uplift in percent"),
    "approval": gettext_lazy("Approval of the discount"),
    "legal": gettext_lazy("Legal"),
    "procurement": gettext_lazy("Procurement"),
    "next_step": gettext_lazy("Next step"),
    "next_step_on": gettext_lazy("Next step until"),
    "csm_call": gettext_lazy("The CSM's call in percent"),
    "csm_reason": gettext_lazy("Why the CSM calls it so"),
    "csm_email": gettext_lazy("Who calls it (e-mail)"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "renewal": ("external_id", "renewal_id", "id"),
    "account": ("account_id", "customer_id", "company_id"),
    "due_on": ("renewal_date", "renews_on", "end_date", "due_date"),
    "phase": ("stage",),
    "csm_call": ("probability", "chance"),
    "csm_email": ("owner_email", "csm", "owner"),
}


def check(values: dict[str, Any]) -> list[Problem]:
    """A renewal is named by its own id, or by its account and day."""
    for name in ("renewal", "account"):
        values.setdefault(name, "")
    values.setdefault("due_on", None)
    if not values["renewal"] and not (values["account"] and values["due_on"]):
        sentence = _("Name the renewal by its id, or by its account and the day on which it renews.")
        return [Problem("renewal", "", "required", sentence)]
    call = values.get("csm_call")
    if call is not None and not 0 <= call <= 100:
        words = {"low": 0, "high": 100}
        return [Problem("csm_call", str(call), "out_of_range", _("Between %(low)s and %(high)s.") % words)]
    return []
