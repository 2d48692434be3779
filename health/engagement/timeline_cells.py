"""What the timeline says, as text in the reader's language. No request; a query only for who is at what is planned."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from babel.dates import format_date
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from accounts import cells
from accounts.enums import AccountEventKind, ChangeKind, HealthBand
from accounts.models import Account, Tenant
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import day_text, number_text
from health.engagement.people import people_of
from health.engagement.timeline import GROUPS, TOLD, WINDOW, Engagement, Line
from health.enums import Sentiment, SurveyKind, TouchpointKind, TouchpointStatus
from health.models import Touchpoint

NAMES = {
    "talks": gettext_lazy("Talks"),
    "emails": gettext_lazy("E-mails"),
    "events": gettext_lazy("Events"),
    "tickets": gettext_lazy("Tickets"),
    "surveys": gettext_lazy("Surveys"),
    "outcomes": gettext_lazy("Outcomes"),
    "money": gettext_lazy("Subscriptions"),
    "health": gettext_lazy("Health"),
    "journey": gettext_lazy("Journey"),
    "work": gettext_lazy("Work"),
}
KIND_ICONS = {
    TouchpointKind.EMAIL: "mail",
    TouchpointKind.CALL: "phone",
    TouchpointKind.CHECK_IN: "phone",
    TouchpointKind.TRAINING: "book-open",
    TouchpointKind.QBR: "line-chart",
    TouchpointKind.EBR: "line-chart",
    TouchpointKind.FEEDBACK: "message-square",
    TouchpointKind.COMMUNITY: "globe",
    TouchpointKind.HANDOFF: "handshake",
    TouchpointKind.KICKOFF: "flag",
}
EVENT_ICONS = {
    AccountEventKind.CHAMPION_LEFT: ("users", "risk"),
    AccountEventKind.CHAMPION_ROLE_CHANGED: ("users", ""),
    AccountEventKind.BUDGET_CUT: ("trending-down", "risk"),
    AccountEventKind.REORGANISATION: ("share-2", ""),
    AccountEventKind.MERGER: ("handshake", ""),
    AccountEventKind.LEADERSHIP_CHANGE: ("user", ""),
    AccountEventKind.COMPETITOR_DEMO: ("alert-triangle", "risk"),
    AccountEventKind.PRODUCT_RELEASE: ("flag", "acc"),
    AccountEventKind.ACCOUNT_CHANGE: ("building-2", ""),
    AccountEventKind.COMPETITIVE_ACTIVITY: ("alert-triangle", ""),
    AccountEventKind.BUDGET_CYCLE: ("calendar", ""),
    AccountEventKind.GROWTH: ("trending-up", "good"),
    AccountEventKind.ONBOARDING_COMPLETE: ("flag", "good"),
}
FACES = {Sentiment.POSITIVE: "smile", Sentiment.NEUTRAL: "meh", Sentiment.NEGATIVE: "frown"}
MISSED = (TouchpointStatus.CANCELLED, TouchpointStatus.NO_SHOW)


def chips(counts: dict[str, int], group: str, path: str) -> list[dict[str, Any]]:
    """Filters by group that have lines, with their counts; all of them first."""
    every = {"label": _("All"), "url": path, "on": not group, "count": number_text(sum(counts.values()))}
    return [
        every,
        *(
            {
                "label": NAMES[name],
                "url": f"{path}?kind={name}",
                "on": name == group,
                "count": number_text(counts[name]),
            }
            for name in GROUPS
            if counts.get(name)
        ),
    ]


def days(lines: Iterable[Line], tenant: Tenant, account: Account, today: dt.date) -> list[dict[str, Any]]:
    """Lines by the tenant's day: [{label, events [{title, notes, who, time, icon, tone, face, url, drawer}]}]."""
    found: list[dict[str, Any]] = []
    for line in lines:
        local = timezone.localtime(line.at)
        label = _day_label(local.date(), today)
        if not found or found[-1]["label"] != label:
            found.append({"label": label, "events": []})
        found[-1]["events"].append(_event(line, local, tenant, account))
    return found


def _day_label(day: dt.date, today: dt.date) -> str:
    text = format_date(day, "EEEE d MMMM" if day.year == today.year else "d MMMM y", locale=get_language() or "en")
    return _("Today, %(day)s") % {"day": text} if day == today else text


def _event(line: Line, local: dt.datetime, tenant: Tenant, account: Account) -> dict[str, Any]:
    makers = {
        "touchpoint": _touchpoint,
        "event": _account_event,
        "gone": _person_gone,
        "opened": _ticket_opened,
        "resolved": _ticket_resolved,
        "survey": _survey,
        "measured": _measured,
        "confirmed": _confirmed,
        "period": _period,
        "band": _band,
        **TOLD.cells,
    }
    timed = line.what in {"touchpoint", "opened", "resolved", "survey", *TOLD.cells}
    made = makers[line.what](line, tenant, account)
    return {"time": f"{local:%H:%M}" if timed else "", "group": NAMES[line.group]} | made


def _touchpoint(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row: Touchpoint = line.row
    parts = [str(row.get_kind_display())]
    if row.contact:
        parts.append(_("with %(person)s") % {"person": row.contact.name})
    if row.minutes:
        parts.append(_("%(n)s min") % {"n": row.minutes})
    if row.status != TouchpointStatus.ATTENDED:
        parts.append(str(row.get_status_display()))
    tone = "risk" if row.status in MISSED else "acc" if row.status == TouchpointStatus.REPLIED else ""
    return {
        "title": row.subject or ", ".join(parts),
        "notes": [text for text in ((", ".join(parts) if row.subject else ""), row.note) if text],
        "who": row.member.name if row.member else "",
        "icon": KIND_ICONS.get(TouchpointKind(row.kind), "users"),
        "tone": tone,
        "face": FACES.get(Sentiment(row.sentiment)) if row.sentiment else "",
        "mood": row.get_sentiment_display(),
        "edit_url": reverse("activity_edit", args=[tenant.slug, account.id, row.id]),
    }


def _account_event(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    title = str(row)
    if row.contact:
        title = _("%(event)s: %(person)s") % {"event": title, "person": row.contact.name}
    icon, tone = EVENT_ICONS.get(row.kind, ("circle-dot", ""))
    who = row.recorded_by.name if row.recorded_by else _("Automatic")
    return {"title": title, "notes": [row.note] if row.note else [], "who": who, "icon": icon, "tone": tone}


def _person_gone(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    return {
        "title": _("%(person)s left") % {"person": row.name},
        "notes": [row.title] if row.title else [],
        "who": "",
        "icon": "user",
        "tone": "",
        "url": reverse("account_people", args=[tenant.slug, account.id]),
    }


def _ticket(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    about = [row.external_id, row.priority or str(row.get_level_display())]
    return {
        "notes": [" · ".join(part for part in about if part)],
        "who": "",
        "icon": "life-buoy",
        "url": reverse("account_ticket", args=[tenant.slug, account.id, row.id]),
        "drawer": True,
    }


def _ticket_opened(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    tone = "risk" if line.row.level in ("urgent", "high") else ""
    return _ticket(line, tenant, account) | {"title": _("Ticket opened: %(what)s") % {"what": line.row}, "tone": tone}


def _ticket_resolved(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    made = _ticket(line, tenant, account)
    return made | {"title": _("Ticket resolved: %(what)s") % {"what": line.row}, "tone": "good"}


def answer_text(kind: str, score: Any, scale: int) -> str:
    """NPS 8, or CSAT 4 of 5."""
    words = {"kind": SurveyKind(kind).label, "score": number_text(score, 2), "scale": scale}
    if kind in (SurveyKind.NPS, SurveyKind.JOURNEY_NPS):
        return _("%(kind)s %(score)s") % words
    return _("%(kind)s %(score)s of %(scale)s") % words


def survey_tone(kind: str, score: Any, scale: int) -> str:
    """Promoters and the top two boxes are good, detractors and the lower half bad; of an effort, low is easy (E12)."""
    if kind in (SurveyKind.NPS, SurveyKind.JOURNEY_NPS):
        return "good" if score >= 9 else "risk" if score < 7 else ""
    if kind == SurveyKind.CES:
        return "good" if score <= 2 else "risk" if score > 4 else ""
    return "good" if score > scale - 2 else "risk" if score <= scale / 2 else ""


def _survey(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    title = answer_text(row.kind, row.score, row.scale)
    if row.contact:
        title = _("%(event)s: %(person)s") % {"event": title, "person": row.contact.name}
    notes = [_("asked after: %(context)s") % {"context": row.get_context_display()}, row.comment]
    return {
        "title": title,
        "notes": [note for note in notes if note],
        "who": "",
        "icon": "message-square",
        "tone": survey_tone(row.kind, row.score, row.scale),
    }


def _outcome(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    return {"icon": "target", "url": reverse("account_outcomes", args=[tenant.slug, account.id])}


def _measured(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    words = {"name": row.outcome.name, "value": number_text(row.value, 4), "unit": row.outcome.unit}
    return _outcome(line, tenant, account) | {
        "title": (_("%(name)s measured: %(value)s %(unit)s") % words).strip(),
        "notes": [row.note] if row.note else [],
        "who": row.recorded_by.name if row.recorded_by else "",
        "tone": "",
    }


def _confirmed(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    by = _("by %(person)s") % {"person": row.confirmed_by.name} if row.confirmed_by else ""
    return _outcome(line, tenant, account) | {
        "title": _("Outcome confirmed by the customer: %(name)s") % {"name": row.name},
        "notes": [by] if by else [],
        "who": "",
        "tone": "good",
    }


def _period(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    row = line.row
    gone = row.kind == ChangeKind.VOIDED
    product = row.product.name if row.product else _("Subscription")
    until = day_text(row.end_on) if row.end_on else _("open")
    return {
        "title": _("%(product)s: %(kind)s") % {"product": product, "kind": row.get_kind_display()},
        "notes": [
            _("%(mrr)s MRR, %(start)s to %(end)s")
            % {"mrr": money_text(row.mrr_minor, row.currency), "start": day_text(row.start_on), "end": until}
        ],
        "who": row.actor,
        "icon": "repeat",
        "tone": "risk" if gone else "acc",
        "url": reverse("account_subscriptions", args=[tenant.slug, account.id]),
    }


def _band(line: Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    said = line.said
    before, band = HealthBand(said["before"]), HealthBand(said["band"])
    tone = cells.TONES[band]
    return {
        "title": _("Score %(was)s to %(score)s, %(before)s to %(band)s")
        % {
            "was": cells.score_text(said["was"]),
            "score": cells.score_text(said["score"]),
            "before": before.label,
            "band": band.label,
        },
        "notes": [],
        "who": "",
        "icon": "gauge",
        "tone": tone if tone in ("good", "risk") else "",
        "url": reverse("account_health", args=[tenant.slug, account.id]),
    }


def planned_rows(rows: Sequence[Touchpoint], tenant: Tenant, now: dt.datetime) -> list[dict[str, Any]]:
    """Planned activities: {title, about, when, over, version, settle_url, edit_url}. At most two queries, for who is there."""
    people = people_of(rows)
    return [
        {
            "title": row.subject or str(row.get_kind_display()),
            "about": [
                part
                for part in (
                    str(row.get_kind_display()) if row.subject else "",
                    *people[row.id],
                )
                if part
            ],
            "when": _when(row.happened_at),
            "over": row.happened_at <= now,
            "version": row.version,
            "settle_url": reverse("activity_settle", args=[tenant.slug, row.account_id, row.id]),
            "edit_url": reverse("activity_edit", args=[tenant.slug, row.account_id, row.id]),
        }
        for row in rows
    ]


def _when(at: dt.datetime) -> str:
    local = timezone.localtime(at)
    day = format_date(local.date(), "EEE d MMM", locale=get_language() or "en")
    return _("%(day)s, %(time)s") % {"day": day, "time": f"{local:%H:%M}"}


def tiles(sums: Engagement, now: dt.datetime) -> list[dict[str, Any]]:
    """The sums above the timeline, each with what it is and its days."""
    today = timezone.localtime(now).date()
    period = _("The %(n)s days that end with %(day)s") % {"n": WINDOW, "day": day_text(today)}
    last = timezone.localtime(sums.last).date() if sums.last else None
    planned = sums.held + sums.cancelled + sums.missed
    trend = sums.signs - sums.before
    return [
        {
            "label": _("Last contact"),
            "value": cells.last_seen(last, today),
            "foot": day_text(last) if last else _("nothing was held or answered yet"),
            "definition": _definition(
                "last", _("Last contact"), _("the latest meeting held or e-mail answered"), _("All time"),
            ),
        },
        {
            "label": _("Meetings held"),
            "value": number_text(sums.held),
            "unit": _("of %(n)s") % {"n": number_text(planned)} if planned else "",
            "foot": _("%(cancelled)s cancelled, %(missed)s without the customer")
            % {"cancelled": number_text(sums.cancelled), "missed": number_text(sums.missed)},
            "definition": _definition(
                "held", _("Meetings held"), _("held ÷ (held + cancelled + customer did not come)"), period
            ),
        },
        {
            "label": _("Replies"),
            "value": number_text(sums.replies),
            "unit": _("of %(n)s") % {"n": number_text(sums.sent)} if sums.sent else "",
            "foot": _("median reply time %(time)s") % {"time": hours_text(sums.reply_hours)}
            if sums.reply_hours is not None
            else _("no reply time known"),
            "definition": _definition(
                "replies", _("Replies"), _("e-mails answered ÷ e-mails sent; median time from sending to answer"), period
            ),
        },
        {
            "label": _("Trainings"),
            "value": number_text(sums.trainings),
            "foot": _("held in %(n)s days") % {"n": WINDOW},
            "definition": _definition("trainings", _("Trainings"), _("trainings that were held"), period),
        },
        {
            "label": _("Engagement"),
            "value": number_text(sums.signs),
            "delta": {
                "value": number_text(abs(trend)),
                "text": _("against the %(n)s days before") % {"n": WINDOW},
                "direction": "up" if trend > 0 else "down" if trend < 0 else "flat",
                "good": None if not trend else trend > 0,
            },
            "foot": ngettext("%(n)s in the 90 days before", "%(n)s in the 90 days before", sums.before)
            % {"n": number_text(sums.before)},
            "definition": _definition(
                "signs",
                _("Engagement"),
                _("meetings held + e-mails answered + contact that the customer began"),
                period,
                _("A pace and not a mark: it is held against the same number of days before, not against others."),
            ),
        },
    ]  # fmt: skip


def hours_text(hours: float | None) -> str:
    """45 min, 5.2 h or 3 d; a dash when undefined."""
    if hours is None:
        return "–"
    if hours < 1:
        return _("%(n)s min") % {"n": number_text(hours * 60, 0)}
    return _("%(n)s h") % {"n": number_text(hours)} if hours < 72 else _("%(n)s d") % {"n": number_text(hours / 24)}


def _definition(key: str, term: str, formula: str, period: str, note: str = "") -> dict[str, str]:
    return {"id": f"timeline-{key}", "term": term, "formula": formula, "period": period, "note": note}
