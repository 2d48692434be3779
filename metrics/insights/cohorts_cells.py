"""What the page Cohorts prints: heat table, curves, the comparison of newer with older cohorts, land and expand."""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.money import money_text, to_minor
from cs_platform.kernel.periods import add_months
from cs_platform.kernel.templatetags.cells import month_name, number_text, percent_text
from metrics.enums import Metric
from metrics.figures.bands import Band
from metrics.figures.selectors import CohortRow
from metrics.insights.cohorts import LAND_AGE, AgedBehind, Comparison, pooled
from metrics.showing import cells, insight_charts
from metrics.showing.board_cells import HEAT, heat, hidden_text

Link = Callable[..., str]


def cohort_name(first: dt.date, step: int) -> str:
    return cells.quarter_name(first) if step == 3 else month_name(first, short=True)


def age_name(age: int, step: int) -> str:
    """Q+4, or 12 for months of age."""
    return f"Q+{age}" if step == 3 else str(age)


def table(
    rows: Sequence[CohortRow], measure: str, step: int, currency: str, chosen: tuple[Any, int], link: Link
) -> Any:
    """Cohorts as rows, ages as columns; each cell opens its customers. The last row is all of them together."""
    ages = max((len(row.parts) for row in rows), default=0)
    reached = max((age for row in rows for age in range(ages) if row.parts[age] is not None), default=-1) + 1
    return {
        "ages": [age_name(age, step) for age in range(1, reached + 1)],
        "rows": [
            {
                "name": cohort_name(row.quarter, step),
                "customers": number_text(row.customers),
                "mrr": money_text(row.mrr, currency, compact=True),
                "cells": [
                    {
                        "text": number_text(ratio * 100, 0) if ratio is not None else "",
                        "heat": heat(measure, ratio),
                        "url": link(cohort=row.quarter, age=age * step) if row.parts[age - 1] is not None else "",
                        "label": _("%(cohort)s at %(age)s months: %(value)s")
                        % {
                            "cohort": cohort_name(row.quarter, step),
                            "age": age * step,
                            "value": percent_text(ratio, 0),
                        },
                        "on": chosen == (row.quarter, age * step),
                    }
                    for age, ratio in enumerate(row.ratios[:reached], start=1)
                ],
            }
            for row in reversed(rows)
        ],
        "customers": number_text(sum(row.customers for row in rows)),
        "mrr": money_text(sum(row.mrr for row in rows), currency, compact=True),
        "all": [
            {"text": number_text(ratio * 100, 0) if ratio is not None else "", "heat": heat(measure, ratio)}
            for ratio in pooled(rows)[:reached]
        ],
        "note": _("Orange cells are below %(edge)s. Empty cells lie ahead.") % {"edge": HEAT[measure][0]},
    }


def curves(rows: Sequence[CohortRow], step: int, comparison: Comparison | None, measure_name: str) -> dict[str, Any]:
    """One line a cohort, all together as the thick one: {figure, finding, table}."""
    mean = pooled(rows)
    while mean and mean[-1] is None:
        mean.pop()

    def heights(values: Sequence[Decimal | None]) -> list[float | None]:
        return [100.0, *(None if value is None else float(value * 100) for value in values[: len(mean)])]

    ages = [age * step for age in range(len(mean) + 1)]
    figure = insight_charts.curves_figure(
        ages,
        [(cohort_name(row.quarter, step), heights(row.ratios)) for row in rows],
        (_("All cohorts"), heights(mean)),
    )
    last = mean[-1] if mean else None
    return {
        "figure": figure,
        "finding": _("%(measure)s of all cohorts together after %(n)s months: %(value)s.")
        % {"measure": measure_name, "n": ages[-1], "value": percent_text(last)},
        "table": {
            "head": [_("Age in months"), *(str(age) for age in ages)],
            "rows": [
                [name, *("" if value is None else f"{value:.0f}%" for value in values)]
                for name, values in [
                    (_("All cohorts"), heights(mean)),
                    *((cohort_name(row.quarter, step), heights(row.ratios)) for row in reversed(rows)),
                ]
            ],
        },
        "any": bool(mean),
        "comparison": comparison_text(comparison, step),
    }


def _span(span: tuple[dt.date, dt.date], step: int) -> str:
    first, last = (cohort_name(month, step) for month in span)
    return first if span[0] == span[1] else _("%(first)s to %(last)s") % {"first": first, "last": last}


def comparison_text(found: Comparison | None, step: int) -> dict[str, Any] | None:
    """Improving, worsening or unchanged, with its numbers; and that they are few, when they are (MET-08)."""
    if found is None:
        return None
    values = {
        "age": found.age,
        "newer": _span(found.newer_span, step),
        "older": _span(found.older_span, step),
        "now": percent_text(found.newer),
        "then": percent_text(found.older),
        "n": number_text(found.newer_customers),
        "m": number_text(found.older_customers),
    }
    said = _("After %(age)s months %(newer)s stands at %(now)s, %(older)s stood at %(then)s.")
    counted = _("%(n)s customers against %(m)s.") % values
    few = _("That is few: chance alone moves such shares by several points.") if found.small else ""
    tone, word = {
        "improving": ("good", _("Improving")),
        "worsening": ("risk", _("Worsening")),
        "same": ("line", _("Unchanged")),
    }[found.verdict]
    return {"tone": tone, "word": word, "text": said % values, "note": f"{counted} {few}".strip()}


def accounts(behind: AgedBehind, slug: str, currency: str, everything_url: str) -> dict[str, Any]:
    """The customers of a cell or of land and expand."""
    scale = cells.Scale.of([line.mrr for line in behind.lines] + [line.first_mrr for line in behind.lines], currency)
    more = ngettext("%(n)s more account", "%(n)s more accounts", behind.rest) % {"n": number_text(behind.rest)}
    return {
        "unit": scale.unit,
        "rows": [
            {
                "name": line.name,
                "url": reverse("account_revenue", args=[slug, line.account_id]),
                "first_month": month_name(line.first_month, short=True),
                "first": scale.text(line.first_mrr),
                "now": scale.text(line.mrr) if line.mrr else _("left"),
                "change": scale.moved(line.mrr - line.first_mrr),
                "times": percent_text(line.times, 0),
            }
            for line in behind.lines
        ],
        "sum": _("%(survivors)s of %(n)s customers still paid; %(first)s became %(now)s.")
        % {
            "survivors": number_text(behind.survivors),
            "n": number_text(behind.accounts),
            "first": money_text(behind.first_total, currency),
            "now": money_text(behind.total, currency),
        },
        "rest": more if behind.rest > 0 else "",
        "rest_url": everything_url,
        "hidden": f"{hidden_text(behind.hidden)}: {money_text(behind.hidden_total, currency)}" if behind.hidden else "",
    }


def land(row: dict[str, Any] | None, bands: Sequence[Band], month: dt.date, currency: str, url: str) -> dict[str, Any]:
    """Land and expand as the report tells it (MET-13): what survivors pay at 24 months against their first month."""
    if row is None or row["ratio_same_customers"] is None:
        return {"any": False}
    value = row["ratio_same_customers"]
    return {
        "any": True,
        "value": cells.value_text(Metric.LAND_AND_EXPAND, value, ""),
        "pill": cells.mark(Metric.LAND_AND_EXPAND, bands, value),
        "first": cells.short_money(to_minor(row["avg_initial_survivors"], currency), currency),
        "later": cells.short_money(to_minor(row["avg_24m_survivors"], currency), currency),
        "survivors": number_text(row["survivors"]),
        "customers": number_text(row["customers_24m"]),
        "all": cells.value_text(Metric.LAND_AND_EXPAND, row["ratio_all_customers"], ""),
        "text": _("Customers that first paid until %(month)s, each at the age of %(n)s months.")
        % {"month": month_name(add_months(month, -LAND_AGE)), "n": LAND_AGE},
        "url": url,
    }
