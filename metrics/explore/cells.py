"""Cells of the explorer: values, marks and tables in the reader's language; figures as dicts."""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from cs_platform.kernel.money import digits, to_minor
from cs_platform.kernel.periods import add_months, month_end
from cs_platform.kernel.templatetags.cells import day_text, moment_text, number_text
from metrics.catalogue import of
from metrics.enums import Cut, Origin, Unit, Window
from metrics.explore import charts as explore_charts
from metrics.explore.told import Told, base_text, period_name, value_name
from metrics.explore.values import Points
from metrics.explore.words import anomaly, evidence
from metrics.figures.bands import normal_band
from metrics.plan import cells as plan_cells
from metrics.showing import cells
from metrics.showing.definitions import reactivation

BARS = 12


def height(metric: str, value: Decimal | None, currency: str) -> float | None:
    """A value as it is drawn: percent, whole currency units, or the unit itself."""
    if value is None:
        return None
    said = of(metric)
    if said.unit == Unit.MONEY:
        return float(value / 10 ** digits(currency))
    return float(said.said(value) or 0)


def ticker(metric: str, currency: str) -> Callable[[float], str]:
    """Writes a mark of an axis."""
    unit = of(metric).unit
    if unit == Unit.MONEY:
        return lambda mark: cells.short_money(to_minor(Decimal(str(mark)), currency), currency)
    return lambda mark: cells.with_unit(unit, number_text(mark, 2))


def headline(told: Told) -> dict[str, Any]:
    """The value of the last period, how it is judged, what it stands on."""
    last = told.asked.periods[-1]
    point = told.series.total[last]
    plan = plan_cells.plan_line(told.metric, point.value, told.plan.get(last), told.currency) if told.plan else None
    return {
        "value": told.text(point.value),
        "period": period_name(last, told.asked.grain),
        "delta": told.change(told.series.total),
        "mark": cells.mark(told.metric, told.judged, point.value),
        "base": base_text(told.asked.said, point.base),
        "plan": plan["text"] if plan else "",
    }


def line(told: Told, *, narrow: bool = False) -> dict[str, Any]:
    """The chart by period with the same numbers as a table."""
    asked, periods, total = told.asked, told.asked.periods, told.series.total
    labels = (
        [period_name(p, asked.grain) for p in periods] if asked.grain == Window.QUARTER else cells.axis_labels(periods)
    )
    normal = normal_band(told.judged)
    planned = [told.plan.get(period) for period in periods]
    plan = (_("Plan"), [None if each is None else float(each) for each in planned]) if any(planned) else None
    found = anomaly(told, total)
    figure = explore_charts.line_figure(
        labels,
        [height(told.metric, total[p].value, told.currency) for p in periods],
        [f"{period_name(p, asked.grain)}: {told.text(total[p].value)}" for p in periods],
        ticker(told.metric, told.currency),
        name=asked.said.label,
        band=(normal.lower, normal.upper) if normal else None,
        plan=plan,
        odd=_("Unusual") if found else "",
        narrow=narrow,
    )
    known = [total[p].value for p in periods if total[p].value is not None]
    return {
        "figure": figure,
        "any": bool(known),
        "normal": _("Normal: %(band)s") % {"band": cells.band_text(told.metric, normal)} if normal else "",
        "plan": bool(plan),
        "finding": _("%(term)s from %(first)s to %(last)s, %(start)s to %(end)s")
        % {
            "term": asked.said.label,
            "first": told.text(known[0]),
            "last": told.text(known[-1]),
            "start": period_name(periods[0], asked.grain),
            "end": period_name(periods[-1], asked.grain),
        }
        if known
        else asked.said.label,
        "table": {
            "head": [_("Period"), asked.said.label, _("Stands on")],
            "rows": [
                [period_name(p, asked.grain), told.text(total[p].value), number_text(total[p].base, 0)]
                for p in reversed(periods)
            ],
        },
    }


def bars(told: Told, rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The last period's value of each group, largest group first."""
    shown = [row for row in rows if row["amount"] is not None][:BARS]
    if len(shown) < 2:
        return None
    last = told.asked.periods[-1]
    figure = explore_charts.bars_figure(
        [cut(row["name"], 26) for row in shown],
        [height(told.metric, row["amount"], told.currency) for row in shown],
        [row["value"] for row in shown],
        ticker(told.metric, told.currency),
        whole=height(told.metric, told.series.total[last].value, told.currency)
        if told.asked.said.unit == Unit.RATIO
        else None,
    )
    return {
        "figure": figure,
        "finding": ", ".join(f"{row['name']} {row['value']}" for row in shown[:3]),
        "table": {
            "head": [str(told.asked.cut.cut.label), told.asked.said.label],
            "rows": [[row["name"], row["value"]] for row in shown],
        },
    }


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def group_rows(told: Told, url: Callable[[dt.date, str], str]) -> list[dict[str, Any]]:
    """A row for each value of the cut: last value with its link, base, change, sparkline, what is unusual."""
    last = told.asked.periods[-1]
    found = [_row(told, value, points, url) for value, points in told.series.by_value.items()]
    by_time = told.asked.cut.cut in {Cut.QUARTER, Cut.COHORT}
    if by_time:
        return sorted(found, key=lambda row: row["key"], reverse=True)
    return sorted(found, key=lambda row: (-told.series.by_value[row["key"]][last].base, row["name"]))


def _row(told: Told, value: str, points: Points, url: Callable[[dt.date, str], str]) -> dict[str, Any]:
    last = told.asked.periods[-1]
    point = points[last]
    known = [told.text(points[p].value) for p in told.asked.periods if points[p].value is not None]
    return {
        "key": value,
        "name": value_name(told.asked.cut.cut, value, told.currency),
        "base": number_text(point.base, 0),
        "amount": point.value,
        "value": told.text(point.value),
        "url": url(last, value) if point.base else "",
        "delta": told.change(points),
        "mark": cells.mark(told.metric, told.judged, point.value),
        "points": [height(told.metric, points[p].value, told.currency) for p in told.asked.periods],
        "spoken": _("%(term)s in %(n)s periods, from %(first)s to %(last)s")
        % {"term": told.asked.said.label, "n": len(known), "first": known[0], "last": known[-1]}
        if known
        else "",
        "note": " ".join(evidence(told, points)),
    }


def period_rows(told: Told, url: Callable[[dt.date, str], str]) -> list[dict[str, Any]]:
    """Without a cut: a row for each period, the latest first."""
    total, periods = told.series.total, told.asked.periods
    rows = []
    for place in range(len(periods) - 1, -1, -1):
        period = periods[place]
        before = total[periods[place - 1]].value if place else None
        found = cells.delta(told.metric, total[period].value, before, periods[place - 1]) if place else None
        rows.append(
            {
                "name": period_name(period, told.asked.grain),
                "base": number_text(total[period].base, 0),
                "value": told.text(total[period].value),
                "url": url(period, "") if total[period].base else "",
                "delta": (found | {"text": ""}) if found else None,
                "mark": cells.mark(told.metric, told.judged, total[period].value),
            }
        )
    return rows


def definition(told: Told, as_of: dt.date, known: dt.datetime | None) -> dict[str, Any]:
    """Context of components/definition.html, in words of the last period."""
    asked, said = told.asked, told.asked.said
    last = asked.periods[-1]
    point = told.series.total[last]
    notes = [
        _("Unrounded: %(value)s.") % {"value": cells.exact_text(told.metric, point.value, told.currency)},
        str(said.note),
    ]
    if asked.cut.filters or asked.cut.cut != Cut.ALL:
        notes.append(
            _(
                "Segment, industry, source, CSM and tier are those of the base date; size, region and status those of today."
            )
        )
    start = month_end(add_months(last, -int(asked.window)))
    if asked.window == Window.MONTH and said.origin != Origin.SUMS:
        start = last
    return {
        "id": told.metric,
        "term": said.label,
        "formula": str(said.formula),
        "cohort": f"{said.cohort}: {base_text(said, point.base)}",
        "period": _("%(start)s to %(end)s, as of %(as_of)s")
        % {
            "start": day_text(start),
            "end": day_text(month_end(last)),
            "as_of": moment_text(known) if known else day_text(as_of),
        },
        "fx": str(said.currency),
        "reactivation": reactivation(told.metric, asked.window),
        "note": " ".join(note for note in notes if note),
        "source": str(Origin(said.origin).label),
    }
