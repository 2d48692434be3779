"""The pieces of a lineage page about knowledge: as signed at the month close, as known now, or on another day; what was
restated in between; the close's list."""

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Tenant
from cs_platform.kernel.access import Permission, TenantRequest, may
from cs_platform.kernel.money import money_text
from cs_platform.kernel.periods import month_text
from cs_platform.kernel.templatetags.cells import day_text, moment_text, month_name, number_text
from metrics.enums import Basis, DigestKind, Metric, Window
from metrics.figures import questions, selectors
from metrics.figures.asked import Asked
from metrics.formulas import Sums
from metrics.models import DigestSent, MonthClose
from metrics.proof import closing_cells, restated
from metrics.proof import restated_cells as words
from metrics.showing import cells
from metrics.showing.definitions import MOVEMENTS, term

ANOTHER_DAY = "day"  # of the choice that the form sends as its basis


def value_of(metric: str, sums: Sums, margin: Decimal) -> Decimal | None:
    """The metric as a fraction, LTV and the closing balance of the movements in minor units."""
    return Decimal(sums.closing) if metric == MOVEMENTS else selectors.metric_values(sums, margin)[metric]


def shown(metric: str, value: Decimal | None, currency: str) -> str:
    if metric == MOVEMENTS:
        return money_text(None if value is None else int(value), currency)
    return cells.value_text(metric, value, currency)


def pieces(
    request: TenantRequest,
    metric: str,
    asked: Asked,
    question: questions.Question,
    sums: Sums,
    close: MonthClose | None,
    url: str,
) -> dict[str, Any]:
    """Context of the page: `knowledge` (the choice), `restated` and `sides` when an earlier knowledge is chosen, and
    `month_close`."""
    now = question
    if asked.known or question.basis == Basis.REPORTED:
        now = selectors.question_of(asked, request.tenant)
    known_now = sums if now is question else selectors.sums_of_month(now, asked.window, asked.month)
    signed = _signed(request, asked, question, sums, close)
    context: dict[str, Any] = {
        "knowledge": _choice(request, metric, asked, question, (signed, known_now, sums), close),
        "month_close": closing_cells.card(asked.month, close, request.tenant)
        | {"url": _close_url(request, asked) if may(request, Permission.CLOSE_MONTHS) else ""},
    }
    if now is question:
        return context | {"since_url": f"{url}?{asked.query(basis=Basis.REPORTED)}" if close else ""}
    of_close = close if question.basis == Basis.REPORTED else None
    found = restated.compare(question, now, (sums, known_now), asked, request.member, close=of_close)

    def link(**changes: Any) -> str:
        return f"{url}?{asked.query(**changes)}"

    def link_now(**changes: Any) -> str:
        return f"{url}?{asked.query(basis=Basis.NOW, known=None, **changes)}"

    margins = (question.margin, now.margin)
    values = [value_of(metric, each, margin) for each, margin in zip((sums, known_now), margins, strict=True)]
    return context | {
        "restated": words.card(found, metric, now.currency, request.tenant.slug, link)
        | {
            "title": _("Restated since the close") if of_close else _("Learned since then"),
            "change": words.difference_text(metric, values[1], values[0], now.currency),
            "values": _("%(then)s to %(now)s")
            % {"then": shown(metric, values[0], now.currency), "now": shown(metric, values[1], now.currency)},
            "uses": _uses(request, metric, values[0], close, now.currency) if of_close and close else [],
            "restate": _("Restate %(month)s") % {"month": month_name(asked.month)} if of_close else "",
        },
        "sides": words.side_by_side(sums, known_now, margins, now.currency, links=(link, link_now)),
    }


def _signed(
    request: TenantRequest, asked: Asked, question: questions.Question, sums: Sums, close: MonthClose | None
) -> Sums | None:
    """The sums that were signed; None of an open month."""
    if close is None or question.basis == Basis.REPORTED:
        return sums if close else None
    reported = selectors.question_of(asked, request.tenant, basis=Basis.REPORTED)
    return selectors.sums_of_month(reported, asked.window, asked.month)


def _close_url(request: TenantRequest, asked: Asked) -> str:
    return reverse("settings_close", args=[request.tenant.slug, month_text(asked.month)])


def _choice(
    request: TenantRequest,
    metric: str,
    asked: Asked,
    question: questions.Question,
    sums: tuple[Sums | None, Sums, Sums],
    close: MonthClose | None,
) -> dict[str, Any]:
    """The three ways to know a month, each with its value, and the fields that the form keeps."""
    signed, known_now, then = sums
    currency = question.currency
    day = request.GET.get("basis") == ANOTHER_DAY or asked.known is not None
    reported = question.basis == Basis.REPORTED

    def titled(name: str, found: Sums | None, margin: Decimal) -> str:
        return f"{name}, {shown(metric, value_of(metric, found, margin), currency)}" if found is not None else name

    options = [
        {
            "value": str(Basis.REPORTED),
            "on": reported,
            "off": close is None,
            "title": titled(_("Month close"), signed, close.gross_margin if close else question.margin),
            "text": _("%(at)s, signed by %(name)s") % {"at": moment_text(close.known_at), "name": close.signed_as}
            if close
            else _("%(month)s is open") % {"month": month_name(asked.month)},
        },
        {
            "value": str(Basis.NOW),
            "on": not day and not reported,
            "title": titled(_("Now"), known_now, request.tenant.gross_margin),
            "text": moment_text(timezone.now()),
        },
        {
            "value": ANOTHER_DAY,
            "on": day,
            "title": titled(_("Another day"), then if asked.known else None, question.margin),
            "text": _("as known %(at)s") % {"at": moment_text(asked.known)}
            if asked.known
            else _("as it was known then"),
        },
    ]
    pairs = [("month", month_text(asked.month)), ("window", str(int(asked.window)))]
    pairs += [(name, value) for name, value in (("segment", asked.segment), ("part", asked.part)) if value]
    at = timezone.localtime(asked.known) if asked.known else timezone.localtime()
    return {"options": options, "hidden": pairs, "day": day, "known": at.strftime("%Y-%m-%dT%H:%M:%S")}


def _uses(
    request: TenantRequest, metric: str, value: Decimal | None, close: MonthClose, currency: str
) -> list[dict[str, str]]:
    """Where the signed figure stands: the board, and what was sent of it."""
    text = shown(metric, value, currency)
    board = f"{reverse('board', args=[request.tenant.slug])}?month={month_text(close.month)}"
    found = [{"text": _("Board, %(month)s") % {"month": month_name(close.month)}, "url": board, "value": text}]
    sent = list(
        DigestSent.objects.filter(close=close, kind=DigestKind.BOARD)
        .order_by("sent_at")
        .values_list("sent_at", flat=True)
    )
    if sent:
        people = ngettext(
            "Board, sent on %(day)s to %(n)s person", "Board, sent on %(day)s to %(n)s people", len(sent)
        ) % {"day": day_text(timezone.localtime(sent[0]).date()), "n": number_text(len(sent))}
        found.append({"text": people, "url": "", "value": text})
    return found


def known_now_text(figures: selectors.BoardFigures, tenant: Tenant) -> str:
    """What the tiles of a closed month would say now, where it is something else: known now: NRR 112.3%."""
    if figures.close is None:
        return ""
    asked, currency = figures.asked, figures.question.currency
    year, mine = figures.known_now[Window.YEAR], figures.known_now[asked.window]
    found = []
    for metric in (Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.LTV):
        text = shown(metric, value_of(metric, year if metric == Metric.LTV else mine, tenant.gross_margin), currency)
        if text != shown(metric, figures.values(metric)[-1], currency):
            found.append(f"{term(metric)} {text}")
    return _("known now: %(values)s") % {"values": ", ".join(found)} if found else ""
