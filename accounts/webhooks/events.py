"""The kinds of events that endpoints can ask for, with an example of each one's `data` (API-03)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

TEST = "webhook.test"  # sent by hand, to whoever is asked; nobody subscribes to it


class Kind(TextChoices):
    """What an endpoint can be told. The floor that the fact belongs to announces it, in the fact's own transaction."""

    BAND_CHANGED = "health.band_changed", _("The health band of an account changed")
    ALERT_OPENED = "alert.opened", _("An alert was opened")
    ALERT_CLOSED = "alert.closed", _("An alert ended")
    STAGE_ENTERED = "stage.entered", _("A stage of a journey began")
    STAGE_ENDED = "stage.ended", _("A stage of a journey ended")
    STAGE_REGRESSED = "stage.regressed", _("A journey went back to an earlier stage")
    PLAY_STARTED = "playbook.started", _("A playbook was started for an account")
    MILESTONE_MISSED = "milestone.missed", _("A milestone of a plan was missed")
    TASK_DONE = "task.done", _("A task was done")
    HANDOFF_ACCEPTED = "handoff.accepted", _("A customer was passed on and taken over")
    ISSUE_ANSWERED = "issue.answered", _("An issue of a customer was answered for good")
    ADVOCACY_QUALIFIED = "advocacy.qualified", _("A customer may speak for us: all six criteria are met")
    REFERRAL_WON = "referral.won", _("A referral became a customer")
    SIGNAL_FOUND = "expansion.triggered", _("An account may grow")
    LIMIT_NEAR = "usage.limit_near", _("A product-led account comes near a limit of its plan")
    DEAL_MOVED = "opportunity.stage_changed", _("An opportunity changed its stage")
    DEAL_WON = "opportunity.won", _("An opportunity was won and its contract written")
    RENEWAL_OPENED = "renewal.window_opened", _("The runway of a renewal began")
    RENEWAL_CLOSED = "renewal.closed", _("A renewal was decided")
    RENEWAL_CALLED = "renewal.call_changed", _("A renewal was called differently")
    QUOTE_ACCEPTED = "renewal.quote_accepted", _("A customer accepted the quote of a renewal")
    METRIC_RESTATED = "metric.restated", _("The figures of a closed month were restated")
    ACCOUNT_MERGED = "account.merged", _("Two accounts became one")


# What `data` holds, for docs/webhooks.md, the settings and a test event that looks like a real one.
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    Kind.BAND_CHANGED: {"before": "green", "after": "yellow", "score": 71.25, "as_of": "2026-11-20"},
    Kind.ALERT_OPENED: {
        "alert_id": "01990000-0000-7000-8000-000000000001",
        "rule": "usage_decline",
        "level": "warning",
        "as_of": "2026-11-20",
        "inputs": {"cause": "", "before": 0.35, "now": 0.14, "change": -0.6},
    },
    Kind.ALERT_CLOSED: {
        "alert_id": "01990000-0000-7000-8000-000000000001",
        "rule": "usage_decline",
        "level": "warning",
        "as_of": "2026-11-20",
        "state": "closed",
        "ended_at": "2026-11-24T09:30:00Z",
        "closed_by": "Dana Reyes",
    },
    Kind.STAGE_ENTERED: {
        "track": "core-17",
        "track_kind": "core",
        "stage": "adoption",
        "entered_on": "2026-11-20",
        "entry": "moved_on",
    },
    Kind.STAGE_ENDED: {
        "track": "core-17",
        "track_kind": "core",
        "stage": "onboarding",
        "entered_on": "2026-09-01",
        "ended_on": "2026-11-20",
        "outcome": "completed",
        "cause": "",
    },
    Kind.STAGE_REGRESSED: {
        "track": "core-17",
        "track_kind": "core",
        "stage": "value",
        "entered_on": "2026-09-01",
        "ended_on": "2026-11-20",
        "outcome": "regressed",
        "cause": "champion",
    },
    Kind.PLAY_STARTED: {
        "play_id": "01990000-0000-7000-8000-000000000002",
        "playbook": "yellow_usage",
        "name": "Usage play",
        "rule": "usage_decline",
        "started_on": "2026-11-20",
        "inputs": {"cause": "", "before": 0.35, "now": 0.14, "change": -0.6},
    },
    Kind.MILESTONE_MISSED: {
        "milestone_id": "01990000-0000-7000-8000-000000000003",
        "milestone": "Data migrated",
        "due_on": "2026-11-19",
        "plan": "PL-9",
        "plan_name": "Onboarding",
        "plan_kind": "onboarding",
    },
    Kind.TASK_DONE: {
        "task_id": "01990000-0000-7000-8000-000000000006",
        "task": "K-1",
        "title": "Call the new VP Operations",
        "work": "health",
        "why": "alert",
        "alert_id": "01990000-0000-7000-8000-000000000001",
        "play_id": None,
        "due_on": "2026-11-24",
        "done_at": "2026-11-24T09:30:00Z",
        "done_by": "Dana Reyes",
        "result": "She wants a review in January",
    },
    Kind.HANDOFF_ACCEPTED: {
        "handoff_id": "01990000-0000-7000-8000-000000000005",
        "handoff": "csm_csm",
        "giver": "Dana Reyes",
        "taker": "Aisyah Rahman",
    },
    Kind.ISSUE_ANSWERED: {"issue": "I-12", "title": "Export to Excel", "state": "shipped", "answer": "In release 8.2."},
    Kind.ADVOCACY_QUALIFIED: {"qualified_since": "2026-11-20", "as_of": "2026-11-20"},
    Kind.REFERRAL_WON: {
        "referral": "R-12",
        "prospect": "Tidewater Ports",
        "customer": "A-431",
        "customer_id": "01990000-0000-7000-8000-000000000007",
        "amount": "46000.00",
        "currency": "USD",
        "won_on": "2026-11-20",
    },
    Kind.SIGNAL_FOUND: {
        "signal_id": "01990000-0000-7000-8000-000000000008",
        "trigger": "seats_full",
        "as_of": "2026-11-20",
        "inputs": {"used": 196, "limit": 200, "share": 0.98},
    },
    Kind.LIMIT_NEAR: {
        "signal_id": "01990000-0000-7000-8000-000000000008",
        "limit": "seats",
        "used": 196,
        "of": 200,
        "share": 0.98,
        "plan": "Pro",
        "as_of": "2026-11-20",
    },
    Kind.DEAL_MOVED: {
        "opportunity_id": "01990000-0000-7000-8000-000000000010",
        "opportunity": "OP-9",
        "name": "200 more seats",
        "before": "identified",
        "after": "qualified",
        "override": False,
        "loss": "",
    },
    Kind.DEAL_WON: {
        "opportunity_id": "01990000-0000-7000-8000-000000000010",
        "opportunity": "OP-9",
        "name": "200 more seats",
        "kind": "seats",
        "motion": "upsell",
        "amount": "36000.00",
        "currency": "USD",
        "subscription": "S-17",
        "start_on": "2026-12-01",
        "seats": 400,
    },
    Kind.RENEWAL_OPENED: {
        "renewal_id": "01990000-0000-7000-8000-000000000011",
        "renewal": "R-38",
        "due_on": "2027-01-29",
        "days_left": 180,
        "arr": "412000.00",
        "currency": "USD",
    },
    Kind.RENEWAL_CLOSED: {
        "renewal_id": "01990000-0000-7000-8000-000000000011",
        "renewal": "R-38",
        "due_on": "2027-01-29",
        "closed_on": "2026-12-18",
        "outcome": "expanded",
        "due_arr": "412000.00",
        "kept_arr": "450000.00",
        "currency": "USD",
        "closed_by": "Dana Reyes",
    },
    Kind.RENEWAL_CALLED: {
        "renewal_id": "01990000-0000-7000-8000-000000000011",
        "renewal": "R-38",
        "due_on": "2027-01-29",
        "caller": "csm",
        "before": 90,
        "after": 65,
        "confidence": "at_risk",
        "called_by": "Dana Reyes",
    },
    Kind.QUOTE_ACCEPTED: {
        "renewal_id": "01990000-0000-7000-8000-000000000011",
        "renewal": "R-38",
        "due_on": "2027-01-29",
        "quote_id": "01990000-0000-7000-8000-000000000012",
        "quote": "Q-00042",
        "total": "12600.00",
        "currency": "USD",
        "accepted_by": "Ruth Okafor",
    },
    Kind.METRIC_RESTATED: {"month": "2026-09", "version": 2, "reason": "Two credit notes came late", "currency": "USD"},
    Kind.ACCOUNT_MERGED: {"into": "A-17", "into_id": "01990000-0000-7000-8000-000000000004"},
    TEST: {"message": "If you can read this and the signature is right, the webhook works."},
}


def label_of(kind: str) -> str:
    """A kind in words; what is not known any more under its own name."""
    if kind == TEST:
        return str(_("Test"))
    return str(Kind(kind).label) if kind in Kind.values else kind
