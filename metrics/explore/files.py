"""The explorer's series as files: rows for a CSV, and a workbook with the definition beside them (MET-23)."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from cs_platform.kernel import sheets
from cs_platform.kernel.money import from_minor, whole_minor
from cs_platform.kernel.periods import month_text
from metrics.enums import Cut, Unit
from metrics.explore.told import Told, value_name
from metrics.explore.values import Point
from metrics.formulas import ratio8

HEAD = ["metric", "period", "dimension", "value", "result", "stands_on", "unit"]


def number(told: Told, point: Point) -> Decimal | None:
    """A value as files have it: a ratio as a fraction of 1, money in whole currency units, 8 decimals at most."""
    if point.value is None:
        return None
    if told.asked.said.unit == Unit.MONEY:
        return from_minor(whole_minor(point.value), told.currency)
    return ratio8(point.value)


def rows(told: Told) -> list[list[Any]]:
    """Everybody first, then each value of the cut, period by period."""
    asked = told.asked
    unit = told.currency if asked.said.unit == Unit.MONEY else str(asked.said.unit)
    groups = [("all", "", told.series.total)]
    groups += [
        (str(asked.cut.cut), value_name(asked.cut.cut, value, told.currency), points)
        for value, points in told.series.by_value.items()
    ]
    return [
        [told.metric, month_text(period), name, value, number(told, points[period]), points[period].base, unit]
        for name, value, points in groups
        for period in asked.periods
    ]


def workbook(told: Told, definition: dict[str, Any]) -> bytes:
    """Two sheets: the rows, and what they mean."""
    filters = [
        [str(name.label), ", ".join(value_name(name, value, told.currency) for value in values)]
        for name, values in told.asked.cut.filters.items()
    ]
    said = [
        [_("Term"), definition["term"]],
        [_("Formula"), definition["formula"]],
        [_("Cohort"), definition["cohort"]],
        [_("Period"), definition["period"]],
        [_("Exchange rates"), definition["fx"]],
        [_("Back inside"), definition["reactivation"]],
        [_("Source"), definition["source"]],
        [_("Note"), definition["note"]],
        [_("Cut by"), str(Cut(told.asked.cut.cut).label)],
        *filters,
    ]
    return sheets.workbook([(_("Values"), [HEAD, *rows(told)]), (_("Definition"), said)])
