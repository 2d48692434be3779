"""What pages say about the program, as text in the reader's language. No request, no query."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import TONES as BANDS
from accounts.cells import short_day
from accounts.enums import HealthBand
from accounts.models import Tenant
from advocacy.enums import AskFailure, AskState, AssetKind, Consent, Criterion, Legal, ReferralState
from advocacy.enums import Standing as State
from advocacy.guards import refusal
from advocacy.lifecycle import REFERRALS, WAY
from advocacy.models import Advocate, Ask, Asset, Referral
from advocacy.rules import FATIGUE_DAYS
from advocacy.selectors import Named
from advocacy.standings import Standing
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import month_name, number_text
from cs_platform.kernel.templatetags.ui import icon

MARKS = {True: ("y", "check"), False: ("x", "x"), None: ("q", "minus")}
TONES = {State.READY: "good", State.RESTING: "line", State.WAITING: "watch", State.OPEN: "acc", State.BLOCKED: "none"}
LEGAL_TONES = {Legal.DRAFT: "none", Legal.WAITING: "watch", Legal.APPROVED: "good", Legal.REFUSED: "risk"}
ASK_TONES = {AskState.OPEN: "acc", AskState.AGREED: "acc", AskState.DONE: "good", AskState.DECLINED: "none"}
SOON = 330  # days within which the end of an approval is said
# The line of asks: 180 days before today and as many after it as fit.
NOW, WIDE = 76, 112


def joined(parts: Iterable[str]) -> str:
    """Those that say something, in a line."""
    return " · ".join(part for part in parts if part)


def mark(criterion: Criterion, met: bool | None) -> dict[str, str]:
    """A criterion as a sign: {label, tone, icon, text}; the text is said for those who cannot see the sign."""
    tone, shape = MARKS[met]
    text = _("not known") if met is None else _("met") if met else _("missing")
    return {"label": str(criterion.label), "tone": tone, "icon": shape, "text": text}


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


def candidate_rows(found: Iterable[Standing], people: Named, tenant: Tenant, today: dt.date) -> list[dict[str, Any]]:
    """Rows of the candidates' table."""
    rows = []
    for row in found:
        advocate = people.advocates.get(row.advocate_id) if row.advocate_id else None
        contact = advocate.contact if advocate else people.champions.get(row.account_id)
        args = [tenant.slug, row.account_id]
        rows.append(
            {
                "name": row.name,
                "url": reverse("account_advocacy", args=args),
                "why_url": reverse("advocacy_standing", args=args),
                "health": band(row.health_band),
                "marks": [mark(criterion, met) for criterion, met in row.marks.items()],
                "consent": consent(row, today),
                "rest": rest_line(row, today),
                "state": state(row, today),
                "person": contact.name if contact else "",
            }
        )
    return rows


def band(value: str) -> Any:
    """The shape of a band beside a name; its word is read aloud."""
    known = HealthBand(value)
    shape = icon(f"h-{BANDS[known]}")
    return format_html('<span class="health {}">{}<span class="sr">{} </span></span>', BANDS[known], shape, known.label)


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
        "meta": joined(parts),
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
        "kind": joined([str(AssetKind(asset.kind).label), asset.get_site_display() if asset.site else "", stars]),
        "account": asset.account.name,
        "account_url": reverse("account_advocacy", args=[tenant.slug, asset.account_id]),
        "legal": legal(asset, today),
        "used": number_text(asset.used, 0) if asset.used else "–",
        "deals": number_text(asset.deals, 0) if asset.deals else "–",
    }


def uses_text(asset: Any) -> str:
    """Shown 46 times in 12 months, 9 deals won."""
    used = ngettext("shown %(n)s time in 12 months", "shown %(n)s times in 12 months", asset.used)
    won = ngettext("%(n)s deal won", "%(n)s deals won", asset.deals)
    return ", ".join([used % {"n": number_text(asset.used, 0)}, won % {"n": number_text(asset.deals, 0)}])


def referral_row(row: Referral, tenant: Tenant, today: dt.date) -> dict[str, Any]:
    on = getattr(row, WAY.get(row.state, "ended_on"))
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
