"""What a signal was seen by, as a sentence and as the page that shows it (TRG-13, TRG-14). Reads `Signal.inputs` as `rules` writes it."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from expansion import rules
from expansion.enums import Trigger
from expansion.models import Signal
from health.alerts import cells as alert_cells

Inputs = Mapping[str, Any]

# The tab of the account that shows the facts of each trigger.
SHOWN_BY: Mapping[str, str] = {
    Trigger.LIMIT: "account_usage",
    Trigger.SEATS_FULL: "account_usage",
    Trigger.TEAM_GROWTH: "account_usage",
    Trigger.USE_CASE: "account_journey",
    Trigger.DEPARTMENT: "account_journey",
    Trigger.CHAMPION: "account_journey",
    Trigger.ADVOCATE: "account_advocacy",
    Trigger.RENEWAL: "account_renewal",
    Trigger.GROWTH: "account_timeline",
    Trigger.COMPETITOR: "account_timeline",
}


def sentence(signal: Signal) -> str:
    """96 of 100 seats in use (96%). Empty where nothing was measured, as in what a person saw."""
    inputs = signal.inputs
    try:
        return _SAY[signal.trigger](inputs) if inputs else ""
    except (KeyError, TypeError, ValueError):  # written from elsewhere, in words of its own
        return str(inputs.get("note", "")) if isinstance(inputs, Mapping) else ""


def judged_by(signal: Signal) -> str:
    """Limit then: seats in use 90%. The numbers that it was judged by, whatever they are now; "" where there were none."""
    numbers = signal.inputs.get(rules.JUDGED_BY) if isinstance(signal.inputs, Mapping) else None
    if not isinstance(numbers, Mapping):
        return ""
    said = alert_cells.thresholds(rules.NUMBERS.get(signal.trigger, ()), numbers)
    return _("Limit then: %(limits)s") % {"limits": ", ".join(f"{one['label']} {one['value']}" for one in said)}


def url(signal: Signal, slug: str) -> str:
    """Where the facts stand that it was seen by; the overview of the account for what a person saw."""
    if signal.trigger == Trigger.CHAMPION and signal.inputs.get("issue_id"):
        return reverse("issue", args=[slug, signal.inputs["issue_id"]])
    if signal.trigger == Trigger.RENEWAL and signal.inputs.get("renewal_id"):
        return reverse("renewal", args=[slug, signal.inputs["renewal_id"]])
    return reverse(SHOWN_BY.get(signal.trigger, "account"), args=[slug, signal.account_id])


def _day(text: str) -> str:
    return day_text(dt.date.fromisoformat(text))


def _limit(f: Inputs) -> str:
    words = {"share": percent_text(f["share"], 0), "limit": number_text(f["limit"], 0), "plan": f["plan"]}
    return _("%(share)s of %(limit)s used in 30 days, plan %(plan)s") % words


def _seats(f: Inputs) -> str:
    words = {
        "used": number_text(f["used"], 0),
        "limit": number_text(f["limit"], 0),
        "share": percent_text(f["share"], 0),
    }
    return _("%(used)s of %(limit)s seats in use (%(share)s)") % words


def _team(f: Inputs) -> str:
    words = {
        "before": number_text(f["before"], 0),
        "now": number_text(f["now"], 0),
        "change": percent_text(f["change"], 0),
    }
    return _("From %(before)s to %(now)s active people in a quarter (+%(change)s)") % words


def _track(f: Inputs) -> str:
    said = _("%(name)s, since %(day)s") % {"name": f["name"], "day": _day(f["since"])}
    if not f["seats"]:
        return said
    return f"{said}, {ngettext('%(n)s seat', '%(n)s seats', f['seats']) % {'n': number_text(f['seats'], 0)}}"


def _champion(f: Inputs) -> str:
    words = {"title": f["title"], "name": f["name"], "day": _day(f["since"])}
    return _("“%(title)s”, asked for by %(name)s on %(day)s") % words


def _advocate(f: Inputs) -> str:
    if f["advocates"]:
        many = ngettext("%(n)s person enrolled as an advocate", "%(n)s people enrolled as advocates", f["advocates"])
        return many % {"n": number_text(f["advocates"], 0)}
    return _("Qualified for advocacy")


def _renewal(f: Inputs) -> str:
    return _("The renewal is due on %(day)s, health is good") % {"day": _day(f["due_on"])}


def _event(f: Inputs) -> str:
    day = _day(f["day"])
    return f"{day}: {f['note']}" if f["note"] else _("Noted on %(day)s") % {"day": day}


_SAY: Mapping[str, Callable[[Inputs], str]] = {
    Trigger.LIMIT: _limit,
    Trigger.SEATS_FULL: _seats,
    Trigger.TEAM_GROWTH: _team,
    Trigger.USE_CASE: _track,
    Trigger.DEPARTMENT: _track,
    Trigger.CHAMPION: _champion,
    Trigger.ADVOCATE: _advocate,
    Trigger.RENEWAL: _renewal,
    Trigger.GROWTH: _event,
    Trigger.COMPETITOR: _event,
}
