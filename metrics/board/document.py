"""The board as plain text and drawings: what PDF, slides and e-mail print, made from the same `BoardFigures` as the page,
by the same functions, so that a figure is equal to the page's to the character."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from django.utils import timezone
from django.utils.html import format_html, strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import ChurnCategory
from accounts.models import Tenant
from cs_platform.kernel.periods import add_months, month_text
from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text, percent_text
from metrics.enums import Basis, Dimension, Metric, Window
from metrics.figures import losses, selectors
from metrics.figures.asked import COHORT_MEASURES, ROLL_FORWARD, Asked, Doubt, Months
from metrics.figures.bands import band_of
from metrics.figures.selectors import BoardFigures
from metrics.formulas import Sums
from metrics.insights import acquisition
from metrics.insights.acquisition import Economics
from metrics.models import BoardNote
from metrics.plan import cells as plan_cells
from metrics.plan.notes import note_of
from metrics.plan.targets import Plan
from metrics.proof import closing_cells
from metrics.showing import board_cells, cells, svg

ROWS = 12  # of a table on a page or slide; the rest is counted


def text_of(markup: Any) -> str:
    """What a reader sees of a piece of HTML."""
    return " ".join(unescape(strip_tags(re.sub(r"<svg.*?</svg>", " ", str(markup)))).split())


def _cell(value: Any) -> dict[str, str]:
    """A cell of a table as text and tone."""
    tone = re.search(r'class="(pos|neg)"', str(value))
    return {"text": text_of(value), "tone": tone[1] if tone else ""}


@dataclass(frozen=True)
class Board:
    """A month's board as it was read once: figures, the five tiles with their plans, the note."""

    tenant: Tenant
    figures: BoardFigures
    tiles: list[dict[str, Any]]
    plans: Mapping[str, Plan]
    note: BoardNote | None
    cost: Economics
    findings: list[Doubt]
    doubtful: bool


def read_board(tenant: Tenant, asked: Asked, months: Months) -> Board:
    """Read what page, PDF, slides and e-mail show of a month; the number of queries is fixed."""
    figures = selectors.board_figures(asked, months, tenant)
    findings = months.doubts_of(asked)
    doubtful = any(finding.name == ROLL_FORWARD for finding in findings) or not figures.now.balances
    plans = plan_cells.board_plans(figures)
    tiles = board_cells.tiles(tenant.slug, figures, doubtful)
    plan_cells.add_plans(tiles, figures, plans)
    plan_cells.add_oddities(tiles, figures)
    cost = economics(figures)
    if cost.ltv_cac is not None:
        tiles[plan_cells.BOARD.index(Metric.LTV)]["foot"] = cost_foot(figures, cost)
    return Board(tenant, figures, tiles, plans, note_of(asked.month), cost, findings, doubtful)


def read_printed(tenant: Tenant, query: Mapping[str, str]) -> Board | None:
    """What PDF and slides show of the month, window and segment of a query string, cut by segment and with the net
    retention of cohorts, whatever the page shows. None without figures."""
    read = selectors.read_state(Asked, query, tenant)
    if read is None:
        return None
    asked, months, _segments = read
    return read_board(tenant, replace(asked, dimension=Dimension.SEGMENT, cohort=COHORT_MEASURES[0]), months)


def economics(figures: BoardFigures) -> Economics:
    """What the customers of the last year cost, beside the year's sums that the board has read already. One query."""
    month = figures.asked.month
    question = replace(figures.question, last=month)
    year = figures.year.get(month, Sums())
    return Economics(acquisition.costs(question), year, figures.question.margin_of(month))


def cost_foot(figures: BoardFigures, cost: Economics) -> Any:
    """What LTV is worth beside the cost of winning a customer: its band and 5.2x CAC (MET-06)."""
    bands = figures.bands.get(Metric.LTV_CAC, ())
    words = _("%(value)s CAC") % {"value": cells.value_text(Metric.LTV_CAC, cost.ltv_cac, figures.question.currency)}
    return format_html('{} <span class="nowrap">{}</span>', cells.mark(Metric.LTV_CAC, bands, cost.ltv_cac), words)


def document(board: Board, shapes: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """Everything that is printed of a board, in the language of the moment: text, tones and drawings in these sizes, no
    markup."""
    figures, asked = board.figures, board.figures.asked
    return {
        "company": board.tenant.name,
        "title": _("Board"),
        "month": month_name(asked.month),
        "about": about(figures),
        "basis": told(figures),
        "as_of": _("as of %(day)s") % {"day": day_text(figures.question.as_of)},
        "doubt": _("These figures do not balance.") if board.doubtful else "",
        "tiles": [_tile(metric, tile, figures) for metric, tile in zip(plan_cells.BOARD, board.tiles, strict=True)],
        "trend": _trend(figures, board.plans, shapes["trend"]),
        "bridge": _bridge(figures, shapes["bridge"]),
        "segments": _segments(figures),
        "cohorts": _cohorts(figures),
        "reasons": {"title": _("Why customers left"), "rows": reasons(figures)},
        "note": {
            "title": _("Notes for the board"),
            "text": board.note.text if board.note else "",
            "by": note_by(board.note) if board.note else "",
        },
        "words": {"title": _("What the numbers mean"), "rows": [_words(tile) for tile in board.tiles]},
    }


def told(figures: BoardFigures) -> str:
    """Whether the month is told as Finance closed it, as known now, or is not closed yet."""
    if figures.asked.basis == Basis.NOW:
        return str(figures.question.basis.label)
    return closing_cells.state(figures.close) if figures.close else _("not closed yet")


def window_and_count(figures: BoardFigures) -> tuple[str, str]:
    """What the figures compare, and of how many customers: "trailing twelve months" and "420 customers"."""
    customers = figures.now.closing_customers
    window = _("trailing twelve months") if figures.asked.window == Window.YEAR else _("against the month before")
    return window, ngettext("%(n)s customer", "%(n)s customers", customers) % {"n": number_text(customers)}


def about(figures: BoardFigures) -> str:
    """trailing twelve months · 420 customers · Enterprise."""
    return " · ".join(part for part in (*window_and_count(figures), figures.asked.segment) if part)


def note_by(note: BoardNote) -> str:
    """Dana Whitfield, 4 Nov 2026."""
    day = day_text(timezone.localdate(note.updated_at))
    return f"{note.author.name}, {day}" if note.author else day


def file_name(tenant: Tenant, asked: Asked, ending: str) -> str:
    """setia-board-northwind-2026-10.pdf"""
    return f"setia-board-{tenant.slug}-{month_text(asked.month)}.{ending}"


def _tile(metric: str, tile: Mapping[str, Any], figures: BoardFigures) -> dict[str, Any]:
    value = figures.values(metric, year=True)[-1]
    band = band_of(metric, figures.bands.get(metric, ()), cells.scaled(metric, value)) if metric != Metric.LTV else None
    plan = tile.get("plan")
    return {
        "metric": metric,
        "label": str(tile["label"]),
        "value": tile["value"],
        "delta": dict(tile["delta"], value=text_of(tile["delta"]["value"])) if tile["delta"] else None,
        "foot": text_of(str(tile["foot"]).replace('<span class="nowrap">', "· ")),
        "tone": str(band.tone) if band else "none",
        "odd": tile.get("odd", ""),
        "plan": plan["text"] if plan else "",
        "plan_good": plan["good"] if plan else None,
    }


def _trend(figures: BoardFigures, plans: Mapping[str, Plan], size: tuple[float, float]) -> dict[str, Any]:
    drawn = board_cells.trend(figures)
    planned = plan_cells.trend_plans(figures, plans)
    lines = [
        svg.Line(
            name,
            colour,
            [cells.scaled(metric, value) for value in figures.values(metric)],
            percent_text(figures.values(metric)[-1]),
            planned.get(metric, ()),
        )
        for metric, name, colour in ((Metric.GRR, "GRR", "s2"), (Metric.NRR, "NRR", "s1"))
    ]
    return {
        "title": _("Net and gross revenue retention"),
        "finding": drawn["finding"],
        "legend": [["s1", "NRR"], ["s2", "GRR"], *(["band", text] for text in drawn["normal"])]
        + ([["plan", _("Plan")]] if planned else []),
        "svg": svg.trend_svg(cells.axis_labels(figures.trend), lines, drawn["bands"], drawn["finding"], size=size),
    }


def _bridge(figures: BoardFigures, size: tuple[float, float]) -> dict[str, Any]:
    bridge = board_cells.bridge(figures.asked, figures.now, figures.question.currency)
    steps, texts, tick = bridge["drawn"]
    return {
        "title": _("What moved MRR"),
        "meta": bridge["start"],
        "finding": bridge["finding"],
        "svg": svg.bridge_svg(steps, texts, tick, bridge["finding"], size=size),
    }


def _segments(figures: BoardFigures) -> dict[str, Any]:
    table = board_cells.segment_table("", "", figures.asked, figures.cut, None, figures.question.currency)
    head = [
        str(Dimension.SEGMENT.label), _("Opening, %(unit)s") % {"unit": table["unit"]}, _("Expansion"),
        _("Contraction"), _("Churn"), _("NRR"), _("GRR"),
    ]  # fmt: skip
    rows = [
        [{"text": f"{row['name']}  {row['customers']}", "tone": ""}, *map(_cell, row["cells"])]
        for row in table["rows"][:ROWS]
    ]
    left = len(table["rows"]) - len(rows)
    return {
        "title": _("Retention by segment"),
        "head": head,
        "rows": rows,
        "total": [{"text": _("Total"), "tone": ""}, *map(_cell, table["total"])],
        "left": ngettext("%(n)s more segment is in the total.", "%(n)s more segments are in the total.", left)
        % {"n": left}
        if left
        else "",
    }


def _cohorts(figures: BoardFigures) -> dict[str, Any]:
    asked, currency = figures.asked, figures.question.currency
    rows = selectors.board_cohorts(figures.question, asked)
    table = board_cells.cohort_table(rows, asked.cohort, currency, "")
    return {
        "title": _("Cohorts by first payment"),
        "meta": _("% of first MRR, growth included"),
        "head": [_("Cohort"), _("MRR"), *(f"Q+{age}" for age in range(1, selectors.AGES_SHOWN + 1))],
        "rows": [{"name": row["name"], "size": row["size"], "cells": [dict(c) for c in row["cells"]]} for row in table],
    }


def reasons(figures: BoardFigures) -> list[dict[str, Any]]:
    """Why the customers lost in the window left, as Insights, Churn counts them (MET-10); empty when nobody said."""
    first = add_months(figures.asked.base_month, 1)
    losses.stage_lost(replace(figures.question, first=first, last=figures.asked.month))
    return [
        {
            "name": str(ChurnCategory(line.category).label),
            "count": number_text(line.customers),
            "share": percent_text(line.share, 0),
            "part": round(float(line.share or 0), 4),
            "width": f"{100 * float(line.share or 0):.1f}",
        }
        for line in losses.reasons_of(losses.given()).categories
    ]


def _words(tile: Mapping[str, Any]) -> dict[str, str]:
    """What a number means, as the question mark beside it says."""
    said = tile["definition"]
    return {name: str(said.get(name, "")) for name in ("term", "formula", "cohort", "period", "fx")}
