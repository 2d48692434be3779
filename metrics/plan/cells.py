"""What was planned and what is not usual, beside the figures of the board: lines on the tiles, dashed lines in the trend
(DSH-04).

A plan is the company's, of a trailing year: it is not held against a month's own ratio, nor against one segment.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _

from cs_platform.kernel.money import to_minor
from cs_platform.kernel.templatetags.cells import number_text, percent_text
from metrics.catalogue import of
from metrics.enums import Metric, Unit, Window
from metrics.figures import trends
from metrics.figures.selectors import BoardFigures
from metrics.plan import targets
from metrics.plan.targets import Plan
from metrics.showing import cells, charts

BOARD = (Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.LTV, Metric.NPS)


def board_plans(figures: BoardFigures) -> Mapping[str, Plan]:
    """The targets of the five metrics in the months of the trend; none for a segment. One query."""
    return {} if figures.asked.segment else targets.for_metrics(BOARD, figures.trend)


def judged(metric: str, window: Window) -> bool:
    """Whether the page's window is the one that the plan speaks of; LTV is always a year's."""
    return window == Window.YEAR or metric == Metric.LTV


def target_text(metric: str, target: Decimal, currency: str) -> str:
    """110%, $1.20M, 47: a target as the value beside it is written."""
    unit = of(metric).unit
    if unit == Unit.MONEY:
        return cells.short_money(to_minor(target, currency), currency)
    return cells.with_unit(unit, number_text(target, 2))


def plan_line(metric: str, value: Decimal | None, target: Decimal | None, currency: str) -> dict[str, Any] | None:
    """How far a value is from its plan: {text, good}; None without a plan.

    Example: an NRR of 1.124 against 110 is "plan 110%, 2.4 pt above" and good; a logo churn of 8% against 9.5 is
    "plan 9.5%, 1.5 pt below" and good too, because less is better.
    """
    if target is None:
        return None
    planned = target_text(metric, target, currency)
    now = targets.scaled(metric, value, currency)
    if now is not None and of(metric).unit == Unit.POINTS:
        now = cells.rounded(metric, now)  # an NPS is told in whole points
    if now is None:
        return {"text": _("plan %(plan)s") % {"plan": planned}, "good": None}
    gap = now - target
    unit = of(metric).unit
    if unit == Unit.RATIO:
        far = _("%(points)s pt") % {"points": number_text(abs(gap))}
    elif unit == Unit.MONEY:
        far = percent_text(abs(gap) / target if target else None)
    else:
        far = cells.with_unit(unit, number_text(abs(gap), 2))
    if not gap:
        return {"text": _("plan %(plan)s, reached exactly") % {"plan": planned}, "good": True}
    words = _("plan %(plan)s, %(gap)s above") if gap > 0 else _("plan %(plan)s, %(gap)s below")
    return {"text": words % {"plan": planned, "gap": far}, "good": (gap > 0) != of(metric).less_is_better}


def add_plans(tiles: Sequence[dict[str, Any]], figures: BoardFigures, plans: Mapping[str, Plan]) -> None:
    """Give each of the five tiles its plan of the asked month."""
    asked, currency = figures.asked, figures.question.currency
    for metric, tile in zip(BOARD, tiles, strict=True):
        target = plans.get(metric, {}).get(asked.month) if judged(metric, asked.window) else None
        tile["plan"] = plan_line(metric, figures.values(metric)[-1], target, currency)
        if tile["plan"]:
            tone = {True: "pos", False: "neg", None: ""}[tile["plan"]["good"]]
            tile["plan_mark"] = format_html('<span class="{}">{}</span>', tone, tile["plan"]["text"])


def expected(metric: str, values: Sequence[Decimal | None], window: Window) -> tuple[Decimal, Decimal] | None:
    """Between which values the last one was to be expected, when it lies outside of them; None when it is usual."""
    odd = trends.unusual(values, of(metric).unit, trailing=window == Window.YEAR)
    return (odd.low, odd.high) if odd else None


def add_oddities(tiles: Sequence[dict[str, Any]], figures: BoardFigures) -> None:
    """Mark each of the five tiles whose last value was not to be expected from the months before."""
    currency, window = figures.question.currency, figures.asked.window
    for metric, tile in zip(BOARD, tiles, strict=True):
        found = expected(metric, figures.values(metric), Window.YEAR if metric == Metric.LTV else window)
        if found:
            low, high = (cells.value_text(metric, edge, currency) for edge in found)
            tile["odd"] = _("unusual: expected %(low)s to %(high)s") % {"low": low, "high": high}


def trend_plans(figures: BoardFigures, plans: Mapping[str, Plan]) -> dict[str, list[Decimal | None]]:
    """The planned NRR and GRR of each month of the trend, in percent; only those that have any."""
    if figures.asked.window != Window.YEAR:
        return {}
    found: dict[str, list[Decimal | None]] = {}
    for metric in (Metric.NRR, Metric.GRR):
        by_month: Mapping[dt.date, Decimal] = plans.get(metric, {})
        if by_month:
            found[metric] = [by_month.get(month) for month in figures.trend]
    return found


def add_to_trend(trend: dict[str, Any], planned: Mapping[str, Sequence[Decimal | None]]) -> None:
    """The plans as dashed lines of the chart and columns of its table."""
    colours = {Metric.NRR: charts.SERIES_1, Metric.GRR: charts.SERIES_2}
    names = {Metric.NRR: _("NRR plan"), Metric.GRR: _("GRR plan")}
    for metric, values in planned.items():
        name = names[Metric(metric)]
        charts.add_plan(trend["figure"], name, colours[Metric(metric)], values)
        trend["table"]["head"].append(name)
        for row, value in zip(trend["table"]["rows"], values, strict=True):
            row.append("–" if value is None else f"{number_text(value, 2)}%")
    kinds = {Metric.NRR: "s1", Metric.GRR: "s2"}
    trend["planned"] = [(kinds[Metric(metric)], names[Metric(metric)]) for metric in planned]
