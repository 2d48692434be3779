"""Why a task exists, with the inputs of what asked for it: the rule and what it measured, the play, the milestone."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import cells
from accounts.enums import HealthBand
from accounts.models import Tenant
from health.alerts import cells as alert_cells
from health.alerts.rules import RULES
from health.models import Alert
from journey.enums import Cause, IssueState, Rhythm, Why
from journey.models import Task
from journey.stages.cells import fact_text
from journey.work.cells import play_name, step_of
from journey.work.waking import woken

# What asks for tasks on the floors above: how each word of `Why` of theirs is told; they append in `ready()`.
ASKED: dict[str, Callable[[Task, Tenant, dt.date], dict[str, Any]]] = {}


def why(task: Task, tenant: Tenant, today: dt.date, *, linked: bool) -> dict[str, Any]:
    """{title, meta, text, inputs: [{label, value}], foot, url, link} of the pane. `linked` tells whether the reader sees
    the account, and so may open what is behind the task."""
    found = _asked_for(task, tenant, today)
    if not linked:
        found["url"] = ""
    return {"meta": "", "text": "", "inputs": [], "foot": "", "url": "", "link": ""} | found


def back_text(task: Task) -> str:
    """Why a task is back before the day that it was put off to; "" for others."""
    if not woken(task) or task.account is None:
        return ""
    account = task.account.merged_into or task.account
    words = {
        "before": HealthBand(task.snoozed_band).label,
        "now": HealthBand(account.health_band).label,
    }
    return (
        _("Back before its day: health was “%(before)s” when it was put off, fell since, and is “%(now)s” now.") % words
    )


def _asked_for(task: Task, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    slug = tenant.slug
    if task.play is not None:
        position, count = step_of(task)
        found = _alert(task.play.alert, tenant, today) if task.play.alert else {}
        if not task.play.alert:
            found["text"] = str(task.play.inputs.get("note", ""))
            starter = task.play.started_by.name if task.play.started_by else ""
            found["foot"] = _("Started by %(name)s") % {"name": starter} if starter else _("Started by a program")
        name = play_name(task.play)
        title = _("%(play)s, step %(n)s of %(count)s") % {"play": name, "n": position, "count": count}
        return found | {"title": title if position else name}
    if task.alert is not None:
        return _alert(task.alert, tenant, today)
    if task.milestone is not None:
        due = cells.short_day(task.milestone.due_on, today)
        return {
            "title": _("Milestone “%(name)s”") % {"name": task.milestone.name},
            "text": _("Due on %(day)s by the plan “%(plan)s”.") % {"day": due, "plan": task.milestone.plan.name},
        }
    if task.regression is not None:
        return {
            "title": _("The journey asks for a decision"),
            "text": str(Cause(task.regression.cause).label),
            "foot": fact_text(task.regression.inputs, today),
        }
    if task.issue is not None:
        return {
            "title": _("An issue was answered: %(state)s") % {"state": IssueState(task.issue.state).label},
            "text": task.issue.title,
            "url": reverse("issue", args=[slug, task.issue.id]),
            "link": _("The issue"),
        }
    if task.why in ASKED:
        return ASKED[task.why](task, tenant, today)
    if task.why == Why.AGAIN or task.rhythm:
        rhythm = str(Rhythm(task.rhythm).label) if task.rhythm else ""
        found = {"title": _("It comes again"), "text": rhythm}
        if task.follows is not None:
            found |= {"url": reverse("task", args=[slug, task.follows.id]), "link": _("The one before")}
        return found
    who = task.created_by.name if task.created_by else ""
    day = cells.short_day(task.created_at.astimezone(tenant.zone).date(), today)
    if who:
        return {"title": _("%(name)s wrote it on %(day)s") % {"name": who, "day": day}}
    source = str(task.get_source_display())
    return {"title": str(Why(task.why).label), "text": _("%(source)s, on %(day)s") % {"source": source, "day": day}}


def _alert(alert: Alert, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    """The rule with its requirement, what it said, what it was held against, and the way to it."""
    rule = RULES.get(alert.rule)
    return {
        "title": _("Rule “%(rule)s”") % {"rule": alert_cells.label(alert)},
        "meta": rule.requirement if rule else "",
        "text": alert_cells.sentence(alert),
        "inputs": alert_cells.thresholds(rule.thresholds, alert.thresholds) if rule else [],
        "foot": _("Found on %(day)s") % {"day": cells.short_day(alert.as_of, today)},
        "url": reverse("alert", args=[tenant.slug, alert.id]),
        "link": _("The alert"),
    }
