"""Insights → Churn: who left, where, and why (MET-04, MET-08 to MET-10)? And who was not asked yet."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import churn as answers
from accounts.enums import ChurnCategory
from accounts.models import Account
from cs_platform.kernel import sqljobs
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import from_minor
from cs_platform.kernel.periods import add_months, month_text, months_between
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text
from metrics.churn import cells as churn_cells
from metrics.churn import where as churn_where
from metrics.churn import where_cells
from metrics.churn.asked import CUSTOM, ChurnAsked
from metrics.churn.where import COHORTS, Spell, slice_of
from metrics.enums import Cut, Metric, Window
from metrics.figures import jobs, lineage, questions, selectors
from metrics.figures import losses as churn
from metrics.figures.asked import Asked, Months
from metrics.figures.bands import bands_for_all
from metrics.showing import board_cells, cells
from metrics.showing.definitions import MOVEMENTS
from metrics.views.board import no_figures
from metrics.views.churn_queue import queue_part

PIECES = ("churn", "churn-where")
QUOTES = 8
OPENED = 12
CSV_COLUMNS = [
    "account", "name", "month", "segment", "owner", "arr_lost", "currency", "category", "reason", "competitor", "said_by",
    "note",
]  # fmt: skip


@requires(Permission.VIEW_BOARD)
def show_churn(request: TenantRequest) -> HttpResponse:
    """`period` with `month` and `since`, `segment`, `by` and `opened` choose; see `ChurnAsked`."""
    read = _read(request)
    if read is None:
        return page(request, "metrics/board_empty.html", {"empty": no_figures(request) | {"page": _("Churn")}})
    asked, months, names = read
    url = reverse("churn", args=[request.tenant.slug])

    def link(**changes: Any) -> str:
        return f"{url}?{asked.query(**changes)}"

    question = _question(request, asked)
    total, found = churn_where.sums_by(question, asked.spell, slice_of(asked.by, asked.segment))
    ageing = churn_where.ageing(question, asked.by) if asked.by in COHORTS else None
    table = where_cells.where(asked, total, found, ageing, question.currency, link)
    if asked.opened in found:
        _open(request, asked, question, table)
    context: dict[str, Any] = {
        "asked": asked,
        "url": url,
        "where": table,
        "cuts": [
            {"label": cut.label, "url": link(by=cut, opened=None), "on": cut == asked.by} for cut in churn_where.BY
        ],
        "by_label": asked.by.label,
    }
    target = request.htmx.target if request.htmx and not request.htmx.history_restore_request else ""
    if target != "churn-where":
        context |= _head(request, asked, months, names, link)
        segments = found if asked.by == Cut.SEGMENT else {}
        if asked.by != Cut.SEGMENT and not asked.segment:
            _total, segments = churn_where.sums_by(question, asked.spell, slice_of(Cut.SEGMENT, ""))
        context |= _figures(request, asked, question, total, segments)
    return page(request, "metrics/churn.html", context, pieces=PIECES)


def _read(request: TenantRequest) -> tuple[ChurnAsked, Months, list[str]] | None:
    """The state of the page; None without figures, 404 for a segment that does not exist."""
    return selectors.read_state(ChurnAsked, request.GET.dict(), request.tenant)


def _question(request: TenantRequest, asked: ChurnAsked) -> questions.Question:
    spell = asked.spell
    return questions.ask(frm=spell.first, to=spell.last, as_of=request.tenant.figures_as_of, segment=asked.segment)


def _head(
    request: TenantRequest, asked: ChurnAsked, months: Months, names: list[str], link: where_cells.Link
) -> dict[str, Any]:
    listed = list(months_between(months.first, months.last))[::-1]
    return {
        "subline": [
            where_cells.period_name(asked),
            *([asked.segment] if asked.segment else []),
            _("as of %(day)s") % {"day": day_text(request.tenant.figures_as_of)},
        ],
        "periods": where_cells.periods(asked, link),
        "custom": asked.period == CUSTOM,
        "months": [{"value": month_text(m), "label": month_name(m), "on": m == asked.month} for m in listed],
        "starts": [{"value": month_text(m), "label": month_name(m), "on": m == asked.spell.first} for m in listed],
        "segments": [{"value": name, "on": name == asked.segment} for name in names],
        "clear_url": link(segment=""),
        "csv_url": f"{reverse('churn_csv', args=[request.tenant.slug])}?{asked.query()}",
        "settings_url": reverse("settings_churn_rules", args=[request.tenant.slug])
        if may(request, Permission.MANAGE_SETTINGS)
        else "",
    }


def _figures(
    request: TenantRequest,
    asked: ChurnAsked,
    question: questions.Question,
    total: where_cells.Sums,
    segments: dict[str, where_cells.Sums],
) -> dict[str, Any]:
    spell, slug = asked.spell, request.tenant.slug
    since = min(spell.first, churn_cells.quarters(spell.last)[0])
    churn.stage_lost(replace(question, first=since))
    every = churn.given()
    reasons = churn.reasons_of(churn.given(spell.first))
    trend = replace(question, first=add_months(spell.last, -12))
    losses = where_cells.Losses(
        spell=spell,
        sums=total,
        by_month=selectors.sums_by_month(trend, Window.MONTH),
        by_year=selectors.sums_by_month(trend, Window.YEAR),
        currency=question.currency,
        bands=bands_for_all(),
    )
    queue = queue_part(request, "churn") if may(request, Permission.VIEW_ACCOUNTS) else {"queue_url": ""}
    rules = answers.rules()
    return {
        "tiles": where_cells.tiles(losses, reasons, every, _lineage(slug, asked), queue["queue_url"]),
        "insights": churn_cells.insight_rows(churn_where.insights(rules, reasons, spell.first, segments)),
        "reasons": churn_cells.reasons_part(reasons, question.currency),
        "quarters": churn_cells.quarters_part(every, spell.last),
        "quotes": _quotes(request, spell, question.currency),
    } | queue


def _lineage(slug: str, asked: ChurnAsked) -> dict[str, str]:
    """Where a figure leads to the rows behind it: for the windows that the lineage knows."""
    if not asked.spell.kept:
        return {}
    state = Asked(month=asked.month, window=Window(asked.spell.months), segment=asked.segment)
    return {
        metric: board_cells.lineage_url(slug, metric, state, part="churn") for metric in (Metric.LOGO_CHURN, Metric.GRR)
    }


def _open(request: TenantRequest, asked: ChurnAsked, question: questions.Question, table: dict[str, Any]) -> None:
    """The lost customers of the opened value below its row, the largest first."""
    found = churn_where.lost_of(question, asked.spell, slice_of(asked.by, asked.segment), asked.opened or "")
    seen = Account.objects.visible_to(request.member).filter(id__in=found)
    lines = sorted(
        ((found[a.id].churned, a) for a in seen.only("id", "name")), key=lambda line: (-line[0], line[1].name)
    )
    hidden = len(found) - len(lines)
    slug, currency = request.tenant.slug, question.currency
    state = Asked(month=asked.month, window=Window(asked.spell.months)) if asked.spell.kept else None
    row = next(row for row in table["rows"] if row["open"])
    row["accounts"] = [
        {
            "name": account.name,
            "url": board_cells.lineage_url(slug, MOVEMENTS, state, part="churn", account=account.id)
            if state
            else reverse("account_revenue", args=[slug, account.id]),
            "arr": cells.short_money(12 * lost, currency),
        }
        for lost, account in lines[:OPENED]
    ]
    rest = lines[OPENED:]
    row["rest"] = ngettext("%(n)s more", "%(n)s more", len(rest)) % {"n": number_text(len(rest), 0)} if rest else ""
    row["rest_arr"] = cells.short_money(12 * sum(lost for lost, _account in rest), currency)
    row["hidden"] = board_cells.hidden_text(hidden) if hidden else ""
    row["none"] = not found


def _rows(request: TenantRequest, since: dt.date, *, said: bool, limit: int | None) -> list[dict[str, Any]]:
    """The staged customers since a month that the member sees; what is hidden is one row without a name."""
    tables = {"visible": lineage.visible_to(request.member)}
    return sqljobs.rows(jobs.SQL / "churn_rows.sql", {"since": since, "said": said, "limit": limit}, tables=tables)


def _quotes(request: TenantRequest, spell: Spell, currency: str) -> list[dict[str, Any]]:
    if not may(request, Permission.VIEW_ACCOUNTS):
        return []
    return [
        {
            "note": row["note"],
            "name": row["name"],
            "url": reverse("account_revenue", args=[request.tenant.slug, row["account_id"]]),
            "about": " · ".join(
                part
                for part in (
                    str(ChurnCategory(row["category"]).label),
                    churn_cells.reason_name(row["reason"]),
                    month_name(row["month"], short=True),
                    _("%(arr)s ARR") % {"arr": cells.short_money(12 * row["mrr"], currency)},
                )
                if part
            ),
        }
        for row in _rows(request, spell.first, said=True, limit=QUOTES)
    ]


@requires(Permission.VIEW_BOARD)
def churn_csv(request: TenantRequest) -> HttpResponse:
    """The customers that left in the months asked, one a row, as the reasons count them."""
    read = _read(request)
    rows: Iterable[list[Any]] = []
    name = "churn.csv"
    if read:
        asked = read[0]
        question = _question(request, asked)
        churn.stage_lost(question)
        rows = [_csv_row(row, question.currency) for row in _rows(request, asked.spell.first, said=False, limit=None)]
        name = f"churn-{request.tenant.slug}-{month_text(asked.spell.first)}-{month_text(asked.spell.last)}.csv"
    return csv_file(name, CSV_COLUMNS, rows)


def _csv_row(row: dict[str, Any], currency: str) -> list[Any]:
    arr = from_minor(12 * row["mrr"], currency)
    if row["account_id"] is None:
        return ["", board_cells.hidden_text(row["customers"]), "", "", "", arr, currency, "", "", "", "", ""]
    return [
        row["external_id"], row["name"], month_text(row["month"]), row["segment"], row["owner"], arr, currency,
        row["category"] or "", row["reason"] or "", row["competitor"] or "", row["said_by"] or "", row["note"] or "",
    ]  # fmt: skip
