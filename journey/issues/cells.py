"""What pages say about issues, as text in the reader's language. No request, no query."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.cells import arr_text, count_text, health, renewal, short_day
from accounts.models import Tenant
from cs_platform.kernel.templatetags.cells import day_text, number_text
from journey.enums import Function, IssueKind, IssueState, Weight
from journey.issues.selectors import Customer, Customers, Worth
from journey.issues.states import MOVES, OPEN
from journey.models import Issue, IssueAccount
from journey.models.issues import ENDED

TONES = {"new": "line", "passed_on": "line", "planned": "acc", "started": "acc", "shipped": "good", "declined": "none"}
WEIGHT_TONES = {Weight.BLOCKER: "risk", Weight.IMPORTANT: "watch", Weight.NICE: "line"}
# The way of an issue that is answered; one that is declined leaves it where it stood.
WAY = (*OPEN, IssueState.SHIPPED)
SHADES = 5
# Heads of the list with the order that each asks for.
HEADS: tuple[tuple[str, Any, bool], ...] = (
    ("accounts", gettext_lazy("Accounts"), True),
    ("arr", gettext_lazy("ARR"), True),
    ("risk", gettext_lazy("At risk"), True),
    ("renewing", gettext_lazy("Renews in 90 days"), True),
    ("age", gettext_lazy("Age"), True),
    ("promised", gettext_lazy("Promised"), False),
)


def state_of(state: str) -> dict[str, str]:
    return {"text": str(IssueState(state).label), "tone": TONES[state]}


def row(found: Mapping[str, Any], tenant: Tenant, today: dt.date) -> dict[str, Any]:
    """A line of the log, from a row of listed.sql."""
    currency, promised = tenant.currency, found["promised_on"]
    ended = found["state"] in ENDED
    blocked = ngettext("%(n)s blocked", "%(n)s blocked", found["blockers"]) % {"n": number_text(found["blockers"], 0)}
    return {
        "title": found["title"],
        "url": reverse("issue", args=[tenant.slug, found["id"]]),
        "kind": str(IssueKind(found["kind"]).label),
        "function": str(Function(found["function"]).label),
        "state": state_of(found["state"]),
        "accounts": number_text(found["accounts"], 0),
        "blocked": blocked if found["blockers"] else "",
        "arr": money(found["mrr"], currency),
        "risk": money(found["risk_mrr"], currency),
        "renewing": money(found["renewing_mrr"], currency),
        "renewing_n": count_text(found["renewing"]) if found["renewing"] else "",
        "age": age(found, today),
        "promised": short_day(promised, today),
        "late": bool(promised and promised < today and not ended),
        "untold": untold_text(found["untold"]) if ended and found["untold"] else "",
    }


def age(found: Mapping[str, Any], today: dt.date) -> str:
    """Days from the report until today, or until it ended: 38d."""
    days = ((found["ended_on"] or today) - found["reported_on"]).days
    return _("%(days)sd") % {"days": number_text(days, 0)}


def untold_text(count: int) -> str:
    return ngettext("%(n)s not told yet", "%(n)s not told yet", count) % {"n": number_text(count, 0)}


def money(mrr: int, currency: str) -> str:
    return arr_text(mrr, currency) if mrr else "–"


def heads(address: Callable[..., str], sort: str) -> list[dict[str, Any]]:
    """Heads of the list: {label, number, url, order}. Each order has one direction, the useful one."""
    found: list[dict[str, Any]] = [{"label": label} for label in (_("Issue"), _("Team"), _("State"))]
    for name, label, number in HEADS:
        order = "descending" if name != "promised" else "ascending"
        found.append(
            {"label": label, "number": number, "url": address(sort=name), "order": order if name == sort else ""}
        )
    return found


def summary(found: Worth, currency: str) -> list[str]:
    """8 issues · 14 accounts · $4.2M ARR, $1.1M of it at risk."""
    issues = ngettext("%(n)s issue", "%(n)s issues", found.issues) % {"n": number_text(found.issues, 0)}
    if not found.accounts:
        return [issues]
    arr = _("%(arr)s ARR") % {"arr": arr_text(found.mrr, currency)}
    if found.risk_mrr:
        risk = arr_text(found.risk_mrr, currency)
        arr = _("%(arr)s ARR, %(risk)s of it at risk") % {"arr": arr_text(found.mrr, currency), "risk": risk}
    parts = [issues, count_text(found.accounts), arr]
    if found.blocked:
        words = ngettext("%(n)s account is blocked", "%(n)s accounts are blocked", found.blocked)
        parts.append(words % {"n": number_text(found.blocked, 0)})
    return parts


def picture(
    found: Mapping[tuple[str | None, str | None], Worth], currency: str, address: Callable[..., str]
) -> dict[str, Any] | None:
    """What waits with whom: ARR by team and open state, tinted by its size, each cell a way to its issues; None for nothing."""
    teams = sorted(
        (team for team, state in found if team is not None and state is None), key=lambda team: -found[team, None].mrr
    )
    if not teams:
        return None
    most = max((worth.mrr for (team, state), worth in found.items() if team and state), default=0)

    def cell(team: str | None, state: str | None, *, tint: bool) -> dict[str, Any]:
        worth = found.get((team, state))
        if worth is None:
            return {"text": "", "tone": "na", "url": "", "count": ""}
        shade = -(-worth.mrr * SHADES // most) if most else 0
        count = ngettext("%(n)s issue", "%(n)s issues", worth.issues) % {"n": number_text(worth.issues, 0)}
        return {
            "text": money(worth.mrr, currency),
            "tone": f"c{shade}" if tint and shade else "na",
            "url": address(function=(team,) if team else (), state=(state,) if state else ()),
            "count": count,
        }

    worst = found[teams[0], None]
    words = {
        "team": Function(teams[0]).label,
        "arr": arr_text(worst.mrr, currency),
        "issues": ngettext("%(n)s open issue", "%(n)s open issues", worst.issues) % {"n": number_text(worst.issues, 0)},
    }
    return {
        "finding": _("%(arr)s ARR waits for %(team)s, in %(issues)s") % words if worst.mrr else "",
        "head": [str(state.label) for state in OPEN],
        "rows": [
            {
                "name": str(Function(team).label),
                "cells": [cell(team, state.value, tint=True) for state in OPEN],
                "all": cell(team, None, tint=False),
            }
            for team in teams
        ],
        "foot": [cell(None, state.value, tint=False) for state in OPEN],
        "all": cell(None, None, tint=False),
    }


def steps(issue: Issue) -> list[dict[str, str]]:
    """The way of the issue, with where it stands."""
    if issue.state == IssueState.DECLINED:
        return [
            {"label": str(IssueState.NEW.label), "state": "done"},
            {"label": str(IssueState.DECLINED.label), "state": "current"},
        ]
    place = WAY.index(IssueState(issue.state))
    return [
        {"label": str(state.label), "state": "done" if n < place else "current" if n == place else "todo"}
        for n, state in enumerate(WAY)
    ]


def moves(issue: Issue, slug: str) -> list[dict[str, str]]:
    """The moves that a person may make, the usual one first: {label, url, state}."""
    url = reverse("issue_answer", args=[slug, issue.id])
    return [{"label": str(state.label), "url": f"{url}?state={state.value}"} for state in MOVES[issue.state]]


def facts(issue: Issue, today: dt.date) -> list[dict[str, Any]]:
    """What is known of it: {label, value, late, url}."""
    late = bool(issue.promised_on and issue.promised_on < today and issue.is_open)
    ended = _("Shipped on") if issue.state == IssueState.SHIPPED else _("Declined on")
    rows: list[dict[str, Any]] = [
        {"label": _("Kind"), "value": str(IssueKind(issue.kind).label)},
        {"label": _("Team"), "value": str(Function(issue.function).label)},
        {"label": _("Their reference"), "value": issue.reference or issue.link, "url": issue.link},
        {"label": _("Promised for"), "value": day_text(issue.promised_on) if issue.promised_on else "", "late": late},
        {"label": _("Followed by"), "value": issue.owner.name if issue.owner else ""},
        {"label": _("Reported on"), "value": day_text(issue.reported_on)},
        {"label": _("Reported by"), "value": issue.created_by.name if issue.created_by else ""},
        {"label": ended, "value": day_text(issue.ended_on) if issue.ended_on else ""},
        {"label": _("External id"), "value": issue.external_id if issue.created_by is None else ""},
    ]
    return [row for row in rows if row["value"]]


def customer_row(each: Customer, issue: Issue, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    """A customer of an issue that the reader sees, in a table."""
    link, account, args = each.link, each.account, [tenant.slug, issue.id, each.account.id]
    said = link.contact.name if link.contact else ""
    return {
        "name": account.name,
        "url": reverse("account", args=[tenant.slug, account.id]),
        "weight": str(Weight(link.weight).label),
        "tone": WEIGHT_TONES[Weight(link.weight)],
        "note": link.note,
        "said": _("%(name)s, since %(day)s") % {"name": said, "day": short_day(link.since, today)}
        if said
        else _("since %(day)s") % {"day": short_day(link.since, today)},
        "arr": money(account.mrr_minor, tenant.currency),
        "health": health(account.health_band),
        "renews": renewal(account.renews_on, today),
        "owner": account.owner.name if account.owner else "",
        "told": short_day(link.told_on, today) if link.told_on else "",
        "edit_url": reverse("issue_account", args=args),
        "told_url": reverse("issue_told", args=args),
        "unlink_url": reverse("issue_unlink", args=args),
    }


def others_text(found: Customers, currency: str) -> str:
    """Customers of colleagues: number and ARR, no names."""
    if not found.others:
        return ""
    words = ngettext(
        "and %(n)s more that is not yours to see", "and %(n)s more that are not yours to see", found.others
    )
    text = words % {"n": number_text(found.others, 0)}
    return f"{text}, {arr_text(found.others_mrr, currency)}" if found.others_mrr else text


def worth_text(found: Customers, currency: str) -> str:
    """4 accounts · $1.2M ARR, $300k of it at risk · 1 account is blocked."""
    if not found.accounts:
        return ""
    worth = Worth(1, found.accounts, found.mrr, found.risk_mrr, found.blockers)
    return " · ".join(summary(worth, currency)[1:])


def card_rows(
    links: Iterable[IssueAccount], tenant: Tenant, today: dt.date, *, seen: Collection[UUID] = ()
) -> list[dict[str, Any]]:
    """Issues of one account: {title, url, state, weight, tone, note, meta}; each issue once, also where two parts have it."""
    rows: list[dict[str, Any]] = []
    known: set[UUID] = set(seen)
    for link in links:
        issue = link.issue
        if issue.id in known:
            continue
        known.add(issue.id)
        meta = [str(Function(issue.function).label)]
        if issue.is_open and issue.promised_on:
            meta.append(_("promised for %(day)s") % {"day": short_day(issue.promised_on, today)})
        if not issue.is_open:
            told = _("told on %(day)s") % {"day": short_day(link.told_on, today)} if link.told_on else _("not told yet")
            meta.append(told)
        rows.append(
            {
                "title": issue.title,
                "url": reverse("issue", args=[tenant.slug, issue.id]),
                "state": state_of(issue.state),
                "weight": str(Weight(link.weight).label),
                "tone": WEIGHT_TONES[Weight(link.weight)],
                "note": link.note,
                "meta": " · ".join(meta),
                "open": issue.is_open,
            }
        )
    return rows
