"""Rows of stages: which track was in which stage from when to when, and how it ended (JRN-02, JRN-03)."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kinds import Problem, Reader
from accounts.rows import choice, day, text
from journey.enums import Cause, Exit, Stage, TrackKind
from journey.stages.criteria import STANDING_STAGES

FIELDS: dict[str, Reader] = {
    "period": text(200, required=True),
    "account": text(200, required=True),
    "track": text(200),
    "track_kind": choice(TrackKind),
    "track_name": text(120),
    "stage": choice(Stage),
    "entered_on": day,
    "exited_on": day,
    "outcome": choice(Exit),
    "cause": choice(Cause),
    "note": text(1000),
}
REQUIRED = ("period", "account", "stage", "entered_on")
LABELS: Mapping[str, Promise] = {
    "period": gettext_lazy("Id of the time in the stage"),
    "account": gettext_lazy("Account id"),
    "track": gettext_lazy("Track id (empty: the core track)"),
    "track_kind": gettext_lazy("Kind of track"),
    "track_name": gettext_lazy("Name of the track"),
    "stage": gettext_lazy("Stage"),
    "entered_on": gettext_lazy("Since"),
    "exited_on": gettext_lazy("Ended on"),
    "outcome": gettext_lazy("How it ended"),
    "cause": gettext_lazy("What threw it back"),
    "note": gettext_lazy("Note"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "period": ("external_id", "stage_id", "id"),
    "account": ("account_id", "customer_id", "company_id"),
    "track": ("track_id",),
    "entered_on": ("entered", "start", "started_on", "since"),
    "exited_on": ("exited", "end", "ended_on", "until"),
    "outcome": ("result",),
}


def check(values: dict[str, Any]) -> list[Problem]:
    """A stage that ended ended somehow, not before it began; only going back has a cause; retention is never completed."""
    for name in ("stage", "entered_on"):
        if values[name] in (None, ""):
            return [Problem(name, "", "required", _("A value is required here."))]
    ended, outcome = values.get("exited_on"), values.get("outcome") or ""
    if (ended is None) != (not outcome):
        missing = "exited_on" if ended is None else "outcome"
        return [Problem(missing, "", "required", _("A stage that ended has a day and says how it ended."))]
    if ended is not None and ended < values["entered_on"]:
        return [Problem("exited_on", ended.isoformat(), "order", _("The end lies before the beginning."))]
    if outcome == Exit.REGRESSED and not values.get("cause"):
        return [Problem("cause", "", "required", _("Say what threw it back."))]
    if values.get("cause") and outcome != Exit.REGRESSED:
        return [Problem("cause", values["cause"], "order", _("Only a track that went back has a cause."))]
    if outcome == Exit.COMPLETED and values["stage"] in STANDING_STAGES:
        sentence = _("This stage runs for as long as the customer stays: it is never completed.")
        return [Problem("outcome", outcome, "never_completed", sentence)]
    return []
