"""What the support tab says, as text in the reader's language. No request, no query."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Tenant
from cs_platform.kernel.templatetags.cells import day_text, moment_text, month_name, number_text, percent_text
from cs_platform.kernel.templatetags.ui import band_pill
from health.enums import TicketPriority
from health.models import Ticket
from health.support import desk_charts
from health.support.desk import LOAD, WINDOW, Load, Month, Step, Waiting
from health.support.reports import PROMPT_HOURS, STANDARD_HOURS

ESCALATED = 0.10  # of the tickets: from here on it is too many (MET-15, TRG-06)
LEVEL_TONES = {"urgent": "risk", "high": "watch"}
STATES = {
    "": gettext_lazy("All"),
    "open": gettext_lazy("Open"),
    "resolved": gettext_lazy("Resolved"),
    "escalated": gettext_lazy("Escalated"),
    "reopened": gettext_lazy("Reopened"),
}


def minutes_text(minutes: float | None) -> str:
    """45 min, 5.2 h, or 3.5 d from three days on; a dash when undefined."""
    if minutes is None:
        return "–"
    if minutes < 60:
        return _("%(n)s min") % {"n": number_text(minutes, 0)}
    if minutes < 3 * 24 * 60:
        return _("%(n)s h") % {"n": number_text(minutes / 60)}
    return _("%(n)s d") % {"n": number_text(minutes / 24 / 60)}


def clock_name(always: bool) -> str:
    return _("calendar time") if always else _("business hours")


def level_pill(ticket: Ticket) -> Any:
    """Our level as shape and word, with the tenant's own word where it is another."""
    text = str(ticket.get_level_display())
    if ticket.priority and ticket.priority.casefold() != ticket.level:
        text = ticket.priority
    return band_pill(LEVEL_TONES.get(ticket.level, "line"), text)


def tiles(
    found: dict[str, Any], load: Load, now: dt.datetime, clock: str, spike: Mapping[str, float]
) -> list[dict[str, Any]]:
    """The five figures, each with its mark and its definition. `found` is a line of the support summary, `spike` the
    thresholds of the alert about tickets ("times" the usual, "least" tickets), as the tenant has set them."""
    day = day_text(timezone.localtime(now).date())
    period = _("Tickets opened in the %(n)s days that end with %(day)s") % {"n": WINDOW, "day": day}
    fast = _fast(found["first_response_median_h"], PROMPT_HOURS)
    quick = _fast(found["resolution_median_h"], STANDARD_HOURS)
    rate = found["escalation_rate"]
    many = load.recent >= spike["least"] and (load.times or 0) >= spike["times"]
    escalations = None
    if rate is not None:
        tone = "risk" if rate >= ESCALATED else "good"
        escalations = band_pill(tone, _("below 10%") if tone == "good" else _("10% or more"))
    return [
        {
            "label": _("First response within 4 h"),
            "value": percent_text(found["first_response_within_4h"], 0),
            "foot": _foot(fast, _waiting(found["unanswered"])),
            "definition": _definition(
                "response", _("First response within 4 h"),
                _("answered within 4 h ÷ answered; judged by the median, which lies at 4 h or below"), period,
                _("Time runs in %(clock)s. Those that still wait stand below and are not in the share.")
                % {"clock": clock},
            ),
        },
        {
            "label": _("Resolved within 24 h"),
            "value": percent_text(found["resolution_within_24h"], 0),
            "foot": _foot(quick, _("%(n)s resolved") % {"n": number_text(found["resolved"])}),
            "definition": _definition(
                "resolution", _("Resolved within 24 h"),
                _("resolved within 24 h ÷ resolved; judged by the median, which lies at 24 h or below"), period,
                _("Time runs in %(clock)s, from the opening to the last resolution.") % {"clock": clock},
            ),
        },
        {
            "label": _("Escalated"),
            "value": percent_text(rate, 0),
            "foot": _foot(escalations, _of(found["escalated"], found["tickets"])),
            "definition": _definition(
                "escalated", _("Escalated"), _("escalated ÷ opened"), period,
                _("Escalated by name, to leadership or to product, or reassigned twice or more. Below 10% is in order."),
            ),
        },
        {
            "label": _("Reopened"),
            "value": percent_text(found["reopen_rate"], 0),
            "foot": _of(found["reopened"], found["tickets"]),
            "definition": _definition(
                "reopened", _("Reopened"), _("reopened at least once ÷ opened"), period,
                _("There is no mark for it: it is held against the months before."),
            ),
        },
        {
            "label": _("Tickets in 28 days"),
            "value": number_text(load.recent),
            "foot": _foot(
                band_pill("risk", _("%(n)s times the usual") % {"n": number_text(load.times)}) if many else None,
                _("usual %(n)s") % {"n": number_text(load.usual)},
            ),
            "definition": _definition(
                "load", _("Tickets in 28 days"),
                _("opened in the last 28 days, beside the mean of 28 days in the half year before"),
                _("The %(n)s days that end with %(day)s") % {"n": LOAD, "day": day},
                _("From %(least)s tickets and %(times)s times the usual on it is a spike. A usual below one counts as one.")
                % {"least": number_text(spike["least"]), "times": number_text(spike["times"])},
            ),
        },
    ]  # fmt: skip


def _fast(median: Any, mark: int) -> Any:
    if median is None:
        return None
    tone = "good" if median <= mark else "risk"
    return band_pill(tone, _("median %(n)s h") % {"n": number_text(median)})


def _waiting(count: int) -> str:
    if not count:
        return _("nobody waits")
    return ngettext("%(n)s waits for an answer", "%(n)s wait for an answer", count) % {"n": number_text(count)}


def _of(part: int, every: int) -> str:
    return _("%(part)s of %(all)s") % {"part": number_text(part), "all": number_text(every)}


def _foot(pill: Any, text: str) -> Any:
    return format_html("{} {}", pill, text) if pill else text


def _definition(key: str, term: str, formula: str, period: str, note: str = "") -> dict[str, str]:
    return {"id": f"support-{key}", "term": term, "formula": formula, "period": period, "note": note}


def ticket_url(tenant: Tenant, ticket: Ticket) -> str:
    return reverse("account_ticket", args=[tenant.slug, ticket.account_id, ticket.id])


def open_rows(found: Sequence[Waiting], tenant: Tenant) -> list[dict[str, Any]]:
    """Open tickets: {name, id, url, level, state, age, waits, late, escalated}."""
    return [
        {
            "name": str(one.ticket),
            "id": one.ticket.external_id,
            "url": ticket_url(tenant, one.ticket),
            "level": level_pill(one.ticket),
            "state": one.ticket.state,
            "age": minutes_text(one.age),
            "late": one.waited > PROMPT_HOURS * 60 if one.unanswered else one.age > STANDARD_HOURS * 60,
            "waits": (_("first answer, %(time)s") if one.unanswered else _("since %(time)s"))
            % {"time": minutes_text(one.waited)},
            "since": moment_text(one.since),
            "escalated": escalation(one.ticket),
        }
        for one in found
    ]


def escalation(ticket: Ticket) -> str:
    """To whom it was escalated, or that it was; nothing for the others."""
    if ticket.escalated_at is None:
        return ""
    return _("Escalated to %(whom)s") % {"whom": ticket.escalated_to} if ticket.escalated_to else _("Escalated")


def list_rows(tickets: Sequence[Ticket], tenant: Tenant) -> list[dict[str, Any]]:
    return [
        {
            "name": str(row),
            "id": row.external_id,
            "url": ticket_url(tenant, row),
            "level": level_pill(row),
            "state": row.state,
            "opened": day_text(timezone.localtime(row.opened_at).date()),
            "response": minutes_text(_float(row.first_response_minutes)),
            "resolution": minutes_text(_float(row.resolution_minutes)),
            "marks": [
                text
                for text in (
                    escalation(row),
                    ngettext("Reopened %(n)s time", "Reopened %(n)s times", row.reopen_count) % {"n": row.reopen_count}
                    if row.reopen_count
                    else "",
                )
                if text
            ],
        }
        for row in tickets
    ]


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def chart(months: Sequence[Month], clock: str) -> dict[str, Any]:
    """Tickets opened and resolved by month with the median hours to solve one: {figure, finding, table}."""
    labels = [month_name(one.month, short=True) for one in months]
    names = (_("Opened"), _("Resolved"), _("Median hours to resolve"))
    opened, resolved = sum(one.opened for one in months), sum(one.resolved for one in months)
    hours = [one for one in months if one.hours is not None]
    finding = _("%(opened)s tickets opened and %(resolved)s resolved in twelve months.") % {
        "opened": number_text(opened),
        "resolved": number_text(resolved),
    }
    if hours:
        finding += " " + _("Half of those resolved in %(month)s took %(hours)s or less, in %(clock)s.") % {
            "month": month_name(hours[-1].month),
            "hours": minutes_text((hours[-1].hours or 0) * 60),
            "clock": clock,
        }
    return {
        "figure": desk_charts.tickets_by_month(
            labels,
            [one.opened for one in months],
            [one.resolved for one in months],
            [one.hours for one in months],
            names,
        ),
        "finding": finding,
        "legend": [names[0], names[1], names[2]],
        "any": bool(opened or resolved),
        "table": {
            "head": [_("Month"), *names],
            "rows": [
                [month_name(one.month), number_text(one.opened), number_text(one.resolved), number_text(one.hours)]
                for one in reversed(months)
            ],
            "foot": [_("Twelve months"), number_text(opened), number_text(resolved), ""],
        },
    }


def filters(url: str, state: str, level: str) -> dict[str, list[dict[str, Any]]]:
    """Chips of the list: by state, by priority; each keeps the other."""

    def link(**asked: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in asked.items() if value)
        return f"{url}?{query}" if query else url

    return {
        "states": [
            {"label": label, "url": link(state=name, level=level), "on": name == state}
            for name, label in STATES.items()
        ],
        "levels": [
            {"label": label, "url": link(state=state, level=name), "on": name == level}
            for name, label in [("", _("Any priority")), *TicketPriority.choices]
        ],
    }


def ticket_context(
    ticket: Ticket, steps: Sequence[Step], calendar: dict[str, float | None], clock: str
) -> dict[str, Any]:
    """The page of a ticket: facts, the two clocks, the states in order."""
    rows = [
        (_("Id"), ticket.external_id),
        (_("State"), ticket.state),
        (_("Category"), ticket.category),
        (_("Reported by"), ticket.user_ref),
        (_("Opened"), moment_text(ticket.opened_at)),
        (_("First response"), moment_text(ticket.first_response_at)),
        (_("Resolved"), moment_text(ticket.resolved_at)),
        (_("Closed"), moment_text(ticket.closed_at) if ticket.closed_at else ""),
        (_("Reopened"), number_text(ticket.reopen_count) if ticket.reopen_count else ""),
        (_("Reassigned"), number_text(ticket.reassignment_count) if ticket.reassignment_count else ""),
        (_("Sentiment"), ticket.get_sentiment_display()),
    ]
    return {
        "title": str(ticket),
        "level": level_pill(ticket),
        "escalated": escalation(ticket),
        "facts": [{"label": label, "value": value} for label, value in rows if value],
        "clock": clock,
        "clocks": [
            {
                "name": name,
                "business": minutes_text(_float(business)),
                "calendar": minutes_text(calendar[key]),
                "mark": band_pill(
                    "good" if business <= mark * 60 else "risk",
                    (_("within %(n)s h") if business <= mark * 60 else _("above %(n)s h")) % {"n": mark},
                )
                if business is not None
                else "",
            }
            for key, name, business, mark in (
                ("response", _("First response"), ticket.first_response_minutes, PROMPT_HOURS),
                ("resolution", _("Resolution"), ticket.resolution_minutes, STANDARD_HOURS),
            )
        ],
        "steps": [
            {
                "state": step.change.state,
                "at": moment_text(step.change.event_at),
                "business": minutes_text(step.business),
                "calendar": minutes_text(step.calendar),
                "source": str(step.change.get_source_display()),
            }
            for step in steps
        ],
    }
