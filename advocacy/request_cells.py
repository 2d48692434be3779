"""What pages say about reference requests and who fits them (ADV-03), as text in the reader's language. No query."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import short_day
from accounts.models import Tenant
from advocacy.cells import joined, state
from advocacy.enums import AskState, AssetKind, RequestState
from advocacy.enums import Standing as State
from advocacy.matching import Match
from advocacy.models import ReferenceRequest
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import number_text

TONES = {
    RequestState.OPEN: "watch",
    RequestState.MATCHED: "acc",
    RequestState.DONE: "good",
    RequestState.UNMET: "none",
}


def request_row(row: Any, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    late = row.due_on < today and row.state in (RequestState.OPEN, RequestState.MATCHED)
    won = {True: _("won"), False: _("lost"), None: ""}[row.won]
    asked = (
        ngettext("%(n)s asked", "%(n)s asked", row.asked) % {"n": number_text(row.asked, 0)}
        if row.asked
        else _("nobody asked yet")
    )
    return {
        "title": row.prospect,
        "url": reverse("reference_request", args=[tenant.slug, row.id]),
        "kind": str(AssetKind(row.kind).label),
        "wanted": wanted(row),
        "due": short_day(row.due_on, today),
        "late": late,
        "state": {"tone": TONES[RequestState(row.state)], "text": str(RequestState(row.state).label)},
        "asked": joined([asked, won]),
        "deal": money_text(row.deal_minor, row.currency, compact=True),
    }


def wanted(row: ReferenceRequest) -> str:
    """Logistics · 1,000 users · Enterprise · Cloud: what tells candidates apart."""
    users = ngettext("%(n)s user", "%(n)s users", row.users) % {"n": number_text(row.users, 0)} if row.users else ""
    return joined(
        [row.industry, users, row.segment.name if row.segment else "", row.product.name if row.product else ""]
    )


def request_head(row: ReferenceRequest, today: dt.date) -> dict[str, str]:
    """Tidewater Ports, $310k deal, decision 4 Dec; asked by Nora Feld, sales."""
    deal = (
        _("%(money)s deal") % {"money": money_text(row.deal_minor, row.currency, compact=True)}
        if row.deal_minor
        else ""
    )
    decides = _("decision %(day)s") % {"day": short_day(row.decides_on, today)} if row.decides_on else ""
    until = _("until %(day)s") % {"day": short_day(row.due_on, today)}
    return {
        "prospect": row.prospect,
        "meta": ", ".join(part for part in (deal, decides, until) if part),
        "asked_by": _("Asked by %(name)s") % {"name": row.asked_by} if row.asked_by else "",
        "text": row.text,
        "wanted": wanted(row),
    }


def match_rows(
    found: Iterable[Match], request: ReferenceRequest, tenant: Tenant, today: dt.date
) -> list[dict[str, Any]]:
    """Who fits: {fit, name, url, said, ask_url, person, pill, asked}."""
    rows = []
    for one in found:
        users = ngettext("%(n)s user", "%(n)s users", one.users) % {"n": number_text(one.users, 0)} if one.users else ""
        asks = ngettext("asked once in 180 days", "asked %(n)s times in 180 days", one.standing.asks) % {
            "n": one.standing.asks
        }
        said = [
            one.standing.industry or _("industry not known"),
            users,
            request.product.name if request.product and one.uses_it else "",
            asks if one.standing.asks else _("not asked in 180 days"),
        ]
        ask = reverse("ask_new", args=[tenant.slug, one.advocate.id])
        rows.append(
            {
                "fit": one.fit.total,
                "parts": _("industry %(a)s, size %(b)s, use %(c)s, rest %(d)s")
                % {"a": one.fit.industry, "b": one.fit.size, "c": one.fit.use, "d": one.fit.rested},
                "name": one.standing.name,
                "url": reverse("account_advocacy", args=[tenant.slug, one.standing.account_id]),
                "person": one.advocate.contact.name,
                "said": one.refusal.text if one.refusal else joined(said),
                "pill": _pill(one, today) if one.refusal else None,
                "asked": one.asked,
                "ask_url": "" if one.refusal else f"{ask}?request={request.id}",
            }
        )
    return rows


def _pill(one: Match, today: dt.date) -> dict[str, str]:
    if one.asked:
        return {"tone": "acc", "text": str(AskState.OPEN.label)}
    if one.standing.standing in (State.RESTING, State.WAITING):
        return state(one.standing, today)
    return {"tone": "risk", "text": _("Blocked")}


def requests_foot(rows: list[ReferenceRequest], today: dt.date) -> str:
    """1 due tomorrow · 2 not matched."""
    late = sum(row.due_on < today for row in rows)
    soon = sum(row.due_on == today + dt.timedelta(days=1) for row in rows)
    bare = sum(row.state == RequestState.OPEN for row in rows)
    unmatched = ngettext("%(n)s not matched", "%(n)s not matched", bare) % {"n": bare}
    return joined(
        [
            ngettext("%(n)s late", "%(n)s late", late) % {"n": late} if late else "",
            ngettext("%(n)s due tomorrow", "%(n)s due tomorrow", soon) % {"n": soon} if soon else "",
            unmatched if bare else _("all matched") if rows else "",
        ]
    )
