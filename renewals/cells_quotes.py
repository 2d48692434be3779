"""Quotes in words: the card of a renewal, the customer's page, and what a segment does by itself (REN-07). No query."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import short_day
from accounts.models import Tenant
from cs_platform.kernel.money import money_text
from cs_platform.kernel.templatetags.cells import day_text, moment_text, number_text
from renewals.enums import QuoteState
from renewals.models import Flow, Quote

TONES = {
    QuoteState.DRAFT: "",
    QuoteState.SENT: "watch",
    QuoteState.ACCEPTED: "good",
    QuoteState.DECLINED: "risk",
}
DAY = dt.timedelta(days=1)


def card(quotes: Sequence[Quote], tenant: Tenant, today: dt.date, *, may_edit: bool) -> dict[str, Any]:
    """The quotes of a renewal, the latest first, each with what can be done with it."""
    return {
        "rows": [_row(quote, tenant, today, may_edit=may_edit) for quote in quotes],
        "meta": ngettext("%(n)s quote", "%(n)s quotes", len(quotes)) % {"n": len(quotes)} if quotes else "",
    }


def _row(quote: Quote, tenant: Tenant, today: dt.date, *, may_edit: bool) -> dict[str, Any]:
    def to(name: str, *states: str) -> str:
        return reverse(name, args=[tenant.slug, quote.id]) if may_edit and quote.state in states else ""

    return {
        "number": quote.label,
        "state": quote.get_state_display(),
        "tone": TONES.get(QuoteState(quote.state), ""),
        "total": money_text(quote.total_minor, quote.currency),
        "year": _("%(money)s a year") % {"money": money_text(quote.year_minor, quote.currency)},
        "period": period_text(quote),
        "uplift": _("%(n)s%% uplift") % {"n": number_text(quote.uplift, 2)},
        "valid": short_day(quote.valid_until, today),
        "who": quote.contact.name if quote.contact else "",
        "by": quote.made_by.name if quote.made_by else _("made without anybody"),
        "told": _told(quote, today),
        "bad": bool(quote.problem),
        "version": quote.version,
        "edit_url": to("renewal_quote", QuoteState.DRAFT),
        "send_url": to("renewal_quote_send", QuoteState.DRAFT),
        "withdraw_url": to("renewal_quote_withdraw", QuoteState.DRAFT, QuoteState.SENT),
    }


def _told(quote: Quote, today: dt.date) -> str:
    """What became of it, or why nothing did."""
    if quote.problem:
        return _("Did not go: %(why)s") % {"why": quote.get_problem_display()}
    if quote.decided_at is not None:
        words = {"name": quote.decided_by, "at": moment_text(quote.decided_at)}
        text = _("%(name)s, %(at)s") % words
        return f"{text}: “{quote.reason}”" if quote.reason else text
    if quote.sent_at is not None:
        return _("Sent %(at)s") % {"at": moment_text(quote.sent_at)}
    return _("Goes %(at)s") % {"at": moment_text(quote.goes_at)} if quote.goes_at is not None else ""


def period_text(quote: Quote) -> str:
    """The first and the last day. Example: 29 Dec 2026 – 28 Dec 2027."""
    return f"{day_text(quote.starts_on)} – {day_text(quote.ends_on - DAY)}"


def customer_rows(quote: Quote) -> list[dict[str, str]]:
    """What is offered, line by line, as the customer reads it."""
    return [
        {
            "product": line.product,
            "seats": number_text(line.seats, 0) if line.seats else "–",
            "year": money_text(line.year_minor, quote.currency),
            "total": money_text(line.total_minor, quote.currency),
        }
        for line in quote.lines.all()
    ]


def customer_facts(quote: Quote) -> Iterable[tuple[str, str]]:
    """What holds for all lines."""
    yield _("Period"), period_text(quote)
    term = ngettext("%(n)s month", "%(n)s months", quote.term_months) % {"n": quote.term_months}
    yield _("Term"), term
    if quote.prepaid is not None:
        yield _("Payment"), _("Yearly in advance") if quote.prepaid else _("In instalments")
    yield _("Valid until"), day_text(quote.valid_until)


def flow_text(flow: Flow) -> str:
    """What a segment's quotes do. Example: by themselves · 3% uplift · 12 months."""
    parts = [
        _("by themselves") if flow.quotes else _("by people"),
        _("%(n)s%% uplift") % {"n": number_text(flow.uplift, 2)},
        ngettext("%(n)s month", "%(n)s months", flow.term_months) % {"n": flow.term_months},
    ]
    return " · ".join(parts)
