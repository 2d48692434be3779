"""Rows of plans: what was agreed with a customer elsewhere, without its milestones (VAL-02, CONTRACTS 1)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.customers import EARLIEST
from accounts.kinds import Problem, Reader
from accounts.rows import choice, day, email, text
from journey.enums import PlanKind, PlanState
from journey.plans.checks import GOAL
from journey.plans.templates import LONGEST, NAME

FIELDS: dict[str, Reader] = {
    "plan": text(200, required=True),
    "account": text(200, required=True),
    "kind": choice(PlanKind),
    "name": text(NAME),
    "goal": text(GOAL),
    "starts_on": day,
    "target_on": day,
    "owner_email": email,
    "state": choice(PlanState),
}
REQUIRED = ("plan", "account", "name", "starts_on", "target_on")
LABELS: Mapping[str, Promise] = {
    "plan": gettext_lazy("Plan id"),
    "account": gettext_lazy("Account id"),
    "kind": gettext_lazy("Kind"),
    "name": gettext_lazy("Name"),
    "goal": gettext_lazy("What it is for"),
    "starts_on": gettext_lazy("From"),
    "target_on": gettext_lazy("Until"),
    "owner_email": gettext_lazy("Our owner (e-mail)"),
    "state": gettext_lazy("State"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "plan": ("external_id", "plan_id", "id"),
    "account": ("account_id", "customer_id", "company_id"),
    "kind": ("type",),
    "name": ("title",),
    "goal": ("objective",),
    "starts_on": ("start", "start_date", "from"),
    "target_on": ("target", "target_date", "due", "end", "until"),
    "owner_email": ("owner", "csm", "csm_email"),
    "state": ("status",),
}


def check(values: dict[str, Any]) -> list[Problem]:
    """A plan has a name and ends within five years after it begins."""
    for name in ("name", "starts_on", "target_on"):
        if values[name] in (None, ""):
            return [Problem(name, "", "required", _("A value is required here."))]
    start, end = values["starts_on"], values["target_on"]
    if start < EARLIEST:
        sentence = _("The day lies between 1990 and five years from now.")
        return [Problem("starts_on", start.isoformat(), "out_of_range", sentence)]
    if not start <= end <= start + dt.timedelta(days=LONGEST):
        return [Problem("target_on", end.isoformat(), "order", _("It ends within five years after it begins."))]
    return []
