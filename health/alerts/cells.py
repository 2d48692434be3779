"""Alerts in words: what happened, why, against which threshold, what was answered."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import short_day
from cs_platform.kernel.templatetags.cells import number_text, percent_text
from health.alerts.rule_parts import Threshold, Values
from health.alerts.rules import RULES
from health.enums import AlertLevel, AlertState
from health.models import Alert

TONES = {AlertLevel.CRITICAL: "risk", AlertLevel.WARNING: "watch", AlertLevel.INFO: "none"}


def amount(threshold: Threshold, value: float) -> str:
    """A threshold's number with its unit: 50%, 30 days, 48 hours, 2.5 times."""
    match threshold.unit:
        case "share":
            return percent_text(value, 0)
        case "days":
            return ngettext("%(n)s day", "%(n)s days", round(value)) % {"n": number_text(value, 0)}
        case "hours":
            return ngettext("%(n)s hour", "%(n)s hours", round(value)) % {"n": number_text(value, 0)}
        case "times":
            return _("%(n)s times") % {"n": number_text(value)}
    return number_text(value)


def thresholds(declared: Sequence[Threshold], values: Values) -> list[dict[str, str]]:
    """The thresholds as they were at that moment: [{label, value}]."""
    return [{"label": str(t.label), "value": amount(t, values[t.name])} for t in declared if t.name in values]


def sentence(alert: Alert) -> str:
    """Why it fired, in the reader's language. Alerts outlive the wording of their rule: when it is gone or asks for
    inputs that were not kept then, they are said as they stand."""
    rule = RULES.get(alert.rule)
    if rule is not None:
        try:
            return rule.say(alert.inputs, rule.defaults() | alert.thresholds)
        except (KeyError, TypeError, ValueError):  # a name that is not there, none for a number, a word that is gone
            pass
    return ", ".join(f"{name}: {value}" for name, value in alert.inputs.items() if value is not None)


def label(alert: Alert) -> str:
    return str(RULES[alert.rule].label) if alert.rule in RULES else alert.rule


def due_text(day: dt.date | None, today: dt.date) -> tuple[str, bool]:
    """3 days late, Today, 4 Dec; and whether it is late."""
    if day is None:
        return _("no day"), False
    late = (today - day).days
    if late > 0:
        return ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late}, True
    return (_("Today") if not late else short_day(day, today)), False


def alert_row(alert: Alert, slug: str, today: dt.date) -> dict[str, Any]:
    """A line of the inbox and of Today."""
    rule = RULES.get(alert.rule)
    due, late = due_text(alert.due_on, today)
    return {
        "id": alert.id,
        "account": alert.account.name if alert.account else _("The whole company"),
        "account_url": reverse("account", args=[slug, alert.account_id]) if alert.account_id else "",
        "url": reverse("alert", args=[slug, alert.id]),
        "close_url": reverse("alert_close", args=[slug, alert.id]),
        "reopen_url": reverse("alert_reopen", args=[slug, alert.id]),
        "label": label(alert),
        "reason": sentence(alert),
        "play": str(rule.play) if rule else "",
        "level": str(AlertLevel(alert.level).label),
        "tone": TONES[AlertLevel(alert.level)],
        "day": short_day(alert.as_of, today),
        "open": alert.state == AlertState.OPEN,
        "closed": alert.state == AlertState.CLOSED,
        "state": str(AlertState(alert.state).label),
        "answer": alert.answer if alert.answered_at else "",
        "due": due,
        "late": late,
        "thresholds": thresholds(rule.thresholds, alert.thresholds) if rule else [],
        "version": alert.version,
    }
