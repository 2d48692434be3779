"""Rows of tasks: what another system, or a file, asks somebody to do (CONTRACTS 1)."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kinds import DateStyle, Problem, Reader
from accounts.rows import Bad, choice, day, email, flag, moment, text
from journey.enums import Rhythm, TaskState, Urgency, WorkType

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:[0-5]\d)?", re.ASCII)


def hour(value: Any, style: DateStyle) -> dt.time | None:
    """A time of the day, such as 14:30."""
    if isinstance(value, dt.time):
        return value
    found = text(20)(value, style)
    if not found:
        return None
    match = _TIME.fullmatch(found)
    if match is None:
        raise Bad("not_a_time", _("Write a time such as 14:30."))
    return dt.time(int(match[1]), int(match[2]))


FIELDS: dict[str, Reader] = {
    "task": text(200, required=True),
    "account": text(200),
    "title": text(200),
    "due_on": day,
    "due_at": hour,
    "owner_email": email,
    "work": choice(WorkType),
    "urgency": choice(Urgency),
    "note": text(4000),
    "rhythm": choice([one for one in Rhythm if one.value]),
    "state": choice(TaskState),
    "snoozed_until": day,
    "snoozed_time": hour,
    "wakes": flag,
    "done_at": moment,
    "result": text(500),
}
REQUIRED = ("task", "title", "due_on")
LABELS: Mapping[str, Promise] = {
    "task": gettext_lazy("Task id"),
    "account": gettext_lazy("Account id"),
    "title": gettext_lazy("What is to be done"),
    "due_on": gettext_lazy("Due"),
    "due_at": gettext_lazy("At"),
    "owner_email": gettext_lazy("Owner, by e-mail (empty: the pool)"),
    "work": gettext_lazy("Kind of work"),
    "urgency": gettext_lazy("Urgency"),
    "note": gettext_lazy("Note"),
    "rhythm": gettext_lazy("Comes again"),
    "state": gettext_lazy("State"),
    "snoozed_until": gettext_lazy("Snoozed until"),
    "snoozed_time": gettext_lazy("Snoozed until, hour"),
    "wakes": gettext_lazy("Wake it when health falls"),
    "done_at": gettext_lazy("Done at"),
    "result": gettext_lazy("What came of it"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "task": ("external_id", "task_id", "id"),
    "account": ("account_id", "customer_id", "company_id"),
    "title": ("name", "subject", "to_do"),
    "due_on": ("due", "due_date", "deadline"),
    "owner_email": ("owner", "assignee", "csm", "csm_email"),
    "work": ("kind", "type"),
    "state": ("status",),
}


def check(values: dict[str, Any]) -> list[Problem]:
    """A task says what and by when; only what is done has a moment at which it was, only what is open is put off."""
    for name in ("title", "due_on"):
        if values[name] in (None, ""):
            return [Problem(name, "", "required", _("A value is required here."))]
    if not dt.date(1990, 1, 1) <= values["due_on"] <= dt.date(2200, 1, 1):
        return [Problem("due_on", values["due_on"].isoformat(), "out_of_range", _("The day lies after 1990."))]
    state = values.get("state") or TaskState.OPEN
    if values.get("done_at") and "state" in values and state != TaskState.DONE:
        return [Problem("done_at", "", "not_done", _("Only a task that is done has this."))]
    if values.get("snoozed_until") and "state" in values and state != TaskState.OPEN:
        return [Problem("snoozed_until", "", "not_open", _("Only an open task is put off."))]
    if values.get("snoozed_time") and "snoozed_until" in values and not values["snoozed_until"]:
        return [Problem("snoozed_time", "", "no_day", _("An hour needs the day that it is of."))]
    return []
