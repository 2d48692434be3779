"""What pages say about the program, as text in the reader's language. No request, no query."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import TONES as BANDS
from accounts.cells import short_day
from accounts.enums import HealthBand
from accounts.models import Tenant
from advocacy.enums import AskFailure, AskState, AssetKind, Consent, Criterion, Legal, ReferralState, RequestState
from advocacy.enums import Standing as State
from advocacy.guards import refusal
from advocacy.lifecycle import REFERRALS
from advocacy.models import Advocate, Ask, Asset, ReferenceRequest, Referral
from advocacy.rules import FATIGUE_DAYS
from advocacy.selectors import Candidates
from advocacy.standings import Standing
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text, percent_text
from cs_platform.kernel.templatetags.ui import icon

MARKS = {True: ("y", "check"), False: ("x", "x"), None: ("q", "minus")}
TONES = {State.READY: "good", State.RESTING: "line", State.WAITING: "watch", State.OPEN: "acc", State.BLOCKED: "none"}
LEGAL_TONES = {Legal.DRAFT: "none", Legal.WAITING: "watch", Legal.APPROVED: "good", Legal.REFUSED: "risk"}
ASK_TONES = {AskState.OPEN: "acc", AskState.AGREED: "acc", AskState.DONE: "good", AskState.DECLINED: "none"}
REQUEST_TONES = {
    RequestState.OPEN: "watch",
    RequestState.MATCHED: "acc",
    RequestState.DONE: "good",
    RequestState.UNMET: "none",
}
SOON = 330  # days within which the end of an approval is said
# The line of asks: 180 days before today and as many after it as fit.
NOW, WIDE = 76, 112


def mark_text(met: bool | None) -> str:
    if met is None:
        return _("not known")
    return _("met") if met else _("missing")


def marks(row: Standing) -> list[dict[str, str]]:
    """The six criteria: {tone, icon, text}; the label is said for those who cannot see the column's head."""
    return [
        {"tone": MARKS[met][0], "icon": MARKS[met][1], "text": mark_text(met), "label": str(criterion.label)}
        for criterion, met in row.marks.items()
    ]


def state(row: Standing, today: dt.date) -> dict[str, str]:
    """Ready to ask, Rests until 8 Jan, Waits for legal …"""
    text = str(State(row.standing).label)
    if row.standing == State.RESTING:
        text = _("Rests until %(day)s") % {"day": short_day(row.rests_until, today)}
    return {"tone": TONES[State(row.standing)], "text": text}


def consent(row: Standing, today: dt.date) -> dict[str, str]:
    """How far their consent goes and what their legal says: {tone, icon, text}."""
    if row.consent is None:
        return {"tone": "none", "icon": "minus", "text": _("Not asked")}
    if row.legal == Legal.REFUSED and row.legal_since:
        text = _("Refused by legal, %(month)s") % {"month": month_name(row.legal_since, short=True)}
        return {"tone": "risk", "icon": "x", "text": text}
    if row.consent == Consent.REFUSED:
        return {"tone": "risk", "icon": "x", "text": str(Consent.REFUSED.label)}
    if row.consent_until is not None and row.consent_until < today:
        text = _("Consent ended on %(day)s") % {"day": short_day(row.consent_until, today)}
        return {"tone": "risk", "icon": "x", "text": text}
    if row.legal == Legal.WAITING and row.legal_since:
        return {
            "tone": "watch",
            "icon": "clock",
            "text": _("Legal reads it, day %(n)s") % {"n": (today - row.legal_since).days},
        }
    if row.legal == Legal.DRAFT:
        return {"tone": "watch", "icon": "clock", "text": _("Legal was not asked yet")}
    text = str(Consent(row.consent).label)
    if row.consent_until is not None:
        text = _("%(consent)s, to %(month)s") % {"consent": text, "month": month_name(row.consent_until, short=True)}
    narrow = row.consent in (Consent.REFERENCE, Consent.REVIEW)
    return {"tone": "watch" if narrow else "good", "icon": "clock" if narrow else "check", "text": text}


def rest_line(row: Standing, today: dt.date) -> Any:
    """Dots: asks of 180 days. Line: today. Yellow: rest."""

    def x(day: dt.date) -> float:
        return NOW + max(-NOW + 4.0, min((day - today).days * NOW / FATIGUE_DAYS, float(WIDE - NOW)))

    words = ngettext("%(n)s ask in 180 days", "%(n)s asks in 180 days", row.asks) % {"n": row.asks}
    cool: Any = ""
    if row.rests_until and row.rests_until > today and row.last_on:
        begin, end = x(row.last_on), x(row.rests_until)
        cool = format_html(
            '<rect class="cool" x="{}" y="6" width="{}" height="6"/>', f"{begin:.1f}", f"{end - begin:.1f}"
        )
    dots = format_html_join(
        "", '<circle class="ask" cx="{}" cy="9" r="3.6"/>', ((f"{x(day):.1f}",) for day in row.ask_days)
    )
    return format_html(
        '<svg class="rest" width="112" height="18" viewBox="0 0 112 18" role="img" aria-label="{}, {}">'
        '<rect class="bg" x="0" y="6" width="112" height="6" rx="3"/>{}<path class="now" d="M{} 2v14"/>{}</svg>',
        words,
        state(row, today)["text"],
        cool,
        NOW,
        dots,
    )


def candidate_rows(found: Candidates, tenant: Tenant, today: dt.date) -> list[dict[str, Any]]:
    """Rows of the candidates' table."""
    rows = []
    for row in found.rows:
        advocate = found.advocates.get(row.advocate_id) if row.advocate_id else None
        champion = found.champions.get(row.account_id)
        who = advocate.contact.name if advocate else champion.name if champion else ""
        rows.append(
            {
                "name": row.name,
                "url": reverse("account_advocacy", args=[tenant.slug, row.account_id]),
                "why_url": why_url(tenant, row),
                "health": band(row.health_band),
                "marks": marks(row),
                "consent": consent(row, today),
                "rest": rest_line(row, today),
                "state": state(row, today),
                "person": who,
            }
        )
    return rows


def band(value: str) -> Any:
    """The shape of a band beside a name; its word is read aloud."""
    known = HealthBand(value)
    shape = icon(f"h-{BANDS[known]}")
    return format_html('<span class="health {}">{}<span class="sr">{} </span></span>', BANDS[known], shape, known.label)


def why_url(tenant: Tenant, row: Standing) -> str:
    return reverse("advocacy_standing", args=[tenant.slug, row.account_id])


def criteria(row: Standing, evidence: Mapping[str, Any], tenant: Tenant) -> list[dict[str, Any]]:
    """The six criteria with what each was judged by: {label, tone, icon, text, why}."""
    return [
        {
            "label": str(criterion.label),
            "tone": MARKS[met][0],
            "icon": MARKS[met][1],
            "text": mark_text(met),
            "why": WHY[criterion](evidence.get(criterion.value, {}), tenant),
        }
        for criterion, met in row.marks.items()
    ]


def _day(text: Any) -> str:
    return day_text(dt.date.fromisoformat(text)) if text else "–"


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


def _why_healthy(shown: Mapping[str, Any], tenant: Tenant) -> str:
    score = _("Score %(n)s") % {"n": number_text(Decimal(shown["score"]), 0)} if shown.get("score") else _("No score")
    nps = csat = ""
    if shown.get("nps") is not None:
        nps = _("NPS %(n)s on %(day)s") % {"n": number_text(Decimal(shown["nps"]), 0), "day": _day(shown["nps_on"])}
    if shown.get("csat") is not None:
        csat = _("CSAT %(n)s on %(day)s") % {
            "n": percent_text(Decimal(shown["csat"]), 0),
            "day": _day(shown["csat_on"]),
        }
    return _joined([score, nps, csat] if nps or csat else [score, _("no survey answer within a year")])


def _why_proven(shown: Mapping[str, Any], tenant: Tenant) -> str:
    if not shown.get("agreed"):
        return _("No success criterion was agreed")
    text = _("%(reached)s of %(agreed)s success criteria reached") % {
        "reached": shown["reached"],
        "agreed": shown["agreed"],
    }
    worth = _("worth %(money)s a year") % {"money": money_text(shown["value_minor"], tenant.currency, compact=True)}
    return _joined([shown.get("proof") or "", text, worth if shown.get("value_minor") else ""])


def _why_champion(shown: Mapping[str, Any], tenant: Tenant) -> str:
    if not shown.get("name"):
        return _("Nobody is marked as champion")
    met = (
        _("last spoken to on %(day)s") % {"day": _day(shown["met_on"])}
        if shown.get("met_on")
        else _("no contact is noted")
    )
    return _joined([shown["name"], met])


def _why_profile(shown: Mapping[str, Any], tenant: Tenant) -> str:
    if shown.get("strategic"):
        return _("Marked as strategic")
    if not shown.get("industry"):
        return _("The industry is not known")
    text = ngettext("%(n)s live customer in %(industry)s", "%(n)s live customers in %(industry)s", shown["alike"])
    half: dict[Any, str] = {
        True: _("in the larger half of its segment"),
        False: _("in the smaller half of its segment"),
    }
    text = text % {"n": number_text(shown["alike"], 0), "industry": shown["industry"]}
    return _joined([text, half.get(shown.get("large"), _("without a segment"))])


def _why_adopted(shown: Mapping[str, Any], tenant: Tenant) -> str:
    if shown.get("adopting"):
        return _("The journey stands in onboarding or adoption")
    if shown.get("adopted_on"):
        return _("Adoption completed on %(day)s") % {"day": _day(shown["adopted_on"])}
    if shown.get("usage") is not None:
        return _("No journey; usage %(n)s of 100") % {"n": number_text(Decimal(shown["usage"]), 0)}
    return _("Neither a journey nor usage is known")


def _why_renewed(shown: Mapping[str, Any], tenant: Tenant) -> str:
    if not shown.get("since"):
        return _("No paid period is known")
    since = _("customer since %(day)s") % {"day": _day(shown["since"])}
    on = (
        _("first renewed on %(day)s") % {"day": _day(shown["renewed_on"])}
        if shown.get("renewed_on")
        else _("not renewed yet")
    )
    months = ngettext("%(n)s month is needed", "%(n)s months are needed", shown["months"]) % {"n": shown["months"]}
    return _joined([on, since, months])


WHY = {
    Criterion.HEALTHY: _why_healthy,
    Criterion.PROVEN: _why_proven,
    Criterion.CHAMPION: _why_champion,
    Criterion.PROFILE: _why_profile,
    Criterion.ADOPTED: _why_adopted,
    Criterion.RENEWED: _why_renewed,
}


def person_row(row: Standing, advocate: Advocate, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    """An advocate of an account: where they stand, why they may not be asked, and what can be done."""
    no = refusal(row)
    args = [tenant.slug, advocate.id]
    return {
        "name": advocate.contact.name,
        "title": advocate.contact.title,
        "note": advocate.note,
        "state": state(row, today),
        "consent": consent(row, today),
        "rest": rest_line(row, today),
        "why": no.text if no else "",
        "ask_url": "" if no else reverse("ask_new", args=args),
        "edit_url": reverse("advocate_edit", args=args),
    }


def ask_row(ask: Ask, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    going_on = ask.state in (AskState.OPEN, AskState.AGREED)
    parts = [ask.advocate.contact.name, short_day(ask.asked_on, today)]
    if ask.request is not None:
        parts.append(ask.request.prospect)
    if ask.failure:
        parts.append(str(AskFailure(ask.failure).label))
    return {
        "title": str(AssetKind(ask.kind).label),
        "state": {"text": str(AskState(ask.state).label), "tone": ASK_TONES[AskState(ask.state)]},
        "meta": " · ".join(parts),
        "note": ask.note,
        "answer_url": reverse("ask_answer", args=[tenant.slug, ask.id]) if going_on else "",
    }


def legal(asset: Asset, today: dt.date) -> dict[str, str]:
    """Approved, Ends Jun 27, Legal, day 18, Refused."""
    tone, text = LEGAL_TONES[Legal(asset.legal)], str(Legal(asset.legal).label)
    if asset.legal == Legal.WAITING:
        text = _("Legal, day %(n)s") % {"n": (today - asset.legal_since).days}
    elif asset.legal == Legal.APPROVED and asset.approved_until is not None:
        left = (asset.approved_until - today).days
        if left < 0:
            tone, text = "risk", _("Approval ended")
        elif left < SOON:
            tone, text = "watch", _("Ends %(day)s") % {"day": short_day(asset.approved_until, today)}
    return {"tone": tone, "text": text}


def asset_row(asset: Any, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    stars = _("%(n)s stars") % {"n": number_text(asset.rating, 1)} if asset.rating is not None else ""
    return {
        "title": asset.title,
        "url": reverse("asset", args=[tenant.slug, asset.id]),
        "kind": _joined([str(AssetKind(asset.kind).label), asset.get_site_display() if asset.site else "", stars]),
        "account": asset.account.name,
        "account_url": reverse("account_advocacy", args=[tenant.slug, asset.account_id]),
        "legal": legal(asset, today),
        "used": number_text(asset.used, 0) if asset.used else "–",
        "deals": number_text(asset.deals, 0) if asset.deals else "–",
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
        "state": {"tone": REQUEST_TONES[RequestState(row.state)], "text": str(RequestState(row.state).label)},
        "asked": _joined([asked, won]),
        "deal": money_text(row.deal_minor, row.currency, compact=True),
    }


def wanted(row: ReferenceRequest) -> str:
    """Logistics · 1,000 users · Enterprise · Cloud: what tells candidates apart."""
    users = ngettext("%(n)s user", "%(n)s users", row.users) % {"n": number_text(row.users, 0)} if row.users else ""
    return _joined(
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


def match_rows(found: Iterable[Any], request: ReferenceRequest, tenant: Tenant, today: dt.date) -> list[dict[str, Any]]:
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
        blocked = one.refusal is not None
        rows.append(
            {
                "fit": one.fit.total,
                "parts": _("industry %(a)s, size %(b)s, use %(c)s, rest %(d)s")
                % {"a": one.fit.industry, "b": one.fit.size, "c": one.fit.use, "d": one.fit.rested},
                "name": one.standing.name,
                "url": reverse("account_advocacy", args=[tenant.slug, one.standing.account_id]),
                "person": one.advocate.contact.name,
                "said": one.refusal.text if blocked else _joined(said),
                "pill": _pill(one, today) if blocked else None,
                "asked": one.asked,
                "ask_url": ""
                if blocked
                else f"{reverse('ask_new', args=[tenant.slug, one.advocate.id])}?request={request.id}",
            }
        )
    return rows


def _pill(one: Any, today: dt.date) -> dict[str, str]:
    if one.asked:
        return {"tone": "acc", "text": str(AskState.OPEN.label)}
    if one.standing.standing in (State.RESTING, State.WAITING):
        return state(one.standing, today)
    return {"tone": "risk", "text": _("Blocked")}


def referral_row(row: Referral, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    days = {
        ReferralState.ASKED: row.asked_on, ReferralState.AGREED: row.agreed_on, ReferralState.INTRODUCED: row.introduced_on,
        ReferralState.OPPORTUNITY: row.opportunity_on,
    }  # fmt: skip
    on = days.get(ReferralState(row.state), row.ended_on)
    tone = {ReferralState.WON: "good", ReferralState.LOST: "none"}.get(ReferralState(row.state), "acc")
    return {
        "prospect": row.prospect,
        "account": row.account.name,
        "account_url": reverse("account_advocacy", args=[tenant.slug, row.account_id]),
        "person": row.advocate.contact.name if row.advocate else "",
        "state": {"tone": tone, "text": str(ReferralState(row.state).label)},
        "on": short_day(on, today) if on else "–",
        "asked": short_day(row.asked_on, today),
        "worth": money_text(row.amount_minor, row.currency, compact=True),
        "customer": row.customer.name if row.customer else "",
        "customer_url": reverse("account", args=[tenant.slug, row.customer_id]) if row.customer_id else "",
        "move_url": reverse("referral_move", args=[tenant.slug, row.id]) if REFERRALS[row.state] else "",
        "edit_url": reverse("referral_edit", args=[tenant.slug, row.id]),
    }


def requests_foot(rows: list[ReferenceRequest], today: dt.date) -> str:
    """1 due tomorrow · 2 not matched."""
    late = sum(row.due_on < today for row in rows)
    soon = sum(row.due_on == today + dt.timedelta(days=1) for row in rows)
    bare = sum(row.state == RequestState.OPEN for row in rows)
    return _joined(
        [
            ngettext("%(n)s late", "%(n)s late", late) % {"n": late} if late else "",
            ngettext("%(n)s due tomorrow", "%(n)s due tomorrow", soon) % {"n": soon} if soon else "",
            ngettext("%(n)s not matched", "%(n)s not matched", bare) % {"n": bare}
            if bare
            else _("all matched")
            if rows
            else "",
        ]
    )
