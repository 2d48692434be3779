"""Rows of success criteria: what is agreed with a customer, and what was measured of it (VAL-01, VAL-02)."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kinds import Problem, Reader
from accounts.rows import amount, choice, day, email, flag, text
from health.enums import OutcomeMetric

LARGEST = Decimal(10) ** 15
PLACES = 4
# One measurement of a row: the day, the value, a note. A row that comes with several carries them under this name.
MEASUREMENTS = "measurements"
Measurement = tuple[dt.date, Decimal, str]

FIELDS: dict[str, Reader] = {
    "outcome": text(200, required=True),
    "account": text(200, required=True),
    "name": text(200),
    "metric": choice(OutcomeMetric),
    "unit": text(40),
    "baseline": amount,
    "target": amount,
    "agreed_on": day,
    "due_on": day,
    "data_source": text(200),
    "owner_email": email,
    "customer_owner": text(200),
    "first_value": flag,
    "confirmed_on": day,
    "confirmed_by": text(200),
    "value": amount,
    "story": text(8000),
    "dropped_on": day,
    "measured_on": day,
    "measured_value": amount,
    "measured_note": text(500),
}
MEASURED = ("measured_on", "measured_value", "measured_note")
REQUIRED = ("outcome", "account", "metric", "target", "due_on", "data_source")
LABELS: Mapping[str, Promise] = {
    "outcome": gettext_lazy("Outcome id"),
    "account": gettext_lazy("Account id"),
    "name": gettext_lazy("Success criterion"),
    "metric": gettext_lazy("Measures"),
    "unit": gettext_lazy("Unit"),
    "baseline": gettext_lazy("Baseline"),
    "target": gettext_lazy("Target"),
    "agreed_on": gettext_lazy("Agreed on"),
    "due_on": gettext_lazy("Deadline"),
    "data_source": gettext_lazy("Source of the data"),
    "owner_email": gettext_lazy("Owner, by e-mail"),
    "customer_owner": gettext_lazy("Customer's owner, by contact id"),
    "first_value": gettext_lazy("First value"),
    "confirmed_on": gettext_lazy("Confirmed by the customer on"),
    "confirmed_by": gettext_lazy("Confirmed by, by contact id"),
    "value": gettext_lazy("Value a year"),
    "story": gettext_lazy("Value story"),
    "dropped_on": gettext_lazy("Dropped on"),
    "measured_on": gettext_lazy("Measured on"),
    "measured_value": gettext_lazy("Measured value"),
    "measured_note": gettext_lazy("Note on the measurement"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "outcome": ("external_id", "outcome_id", "goal_id", "id"),
    "account": ("account_id", "customer_id", "company_id"),
    "name": ("goal", "criterion", "objective"),
    "due_on": ("due", "deadline", "due_date", "target_date"),
    "owner_email": ("csm", "csm_email", "owner"),
    "data_source": ("source",),
}


def check(values: dict[str, Any]) -> list[Problem]:
    """All four of VAL-01 are there, the way from baseline to target has a length, and a measurement is whole."""
    for name in ("metric", "target", "due_on", "data_source"):
        if values[name] in (None, ""):
            return [Problem(name, "", "required", _("A value is required here."))]
    for name in ("baseline", "target", "measured_value", "value"):
        if problem := number_problem(name, values.get(name)):
            return [problem]
    if (values.get("baseline") or Decimal(0)) == values["target"] and "baseline" in values:
        return [Problem("target", str(values["target"]), "same", _("Target and baseline are the same."))]
    agreed = values.get("agreed_on")
    if agreed is not None and agreed > values["due_on"]:
        return [Problem("due_on", values["due_on"].isoformat(), "order", _("The deadline lies before the agreement."))]
    value = values.get("value")
    if value is not None and value < 0:
        return [Problem("value", str(value), "negative", _("The value a year is not negative."))]
    on, measured = values.get("measured_on"), values.get("measured_value")
    if (on is None) != (measured is None):
        missing = "measured_on" if on is None else "measured_value"
        return [Problem(missing, "", "required", _("A measurement has a day and a value."))]
    if on is not None:
        values[MEASUREMENTS] = ((on, measured, values.get("measured_note") or ""),)
    return []


def number_problem(name: str, value: Decimal | None) -> Problem | None:
    """Why this number cannot be kept, or nothing."""
    if value is None:
        return None
    if abs(value) > LARGEST:
        return Problem(name, str(value)[:200], "out_of_range", _("This number is too large."))
    if value.scaleb(PLACES) % 1:
        return Problem(name, str(value)[:200], "decimals", _("Write a number with at most 4 decimals."))
    return None
