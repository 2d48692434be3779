"""What the board prints: tiles, charts with their tables, the segment table, the cohort heat table. Text only: every
number comes from `selectors.BoardFigures`."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.money import from_minor, money_text, to_minor
from cs_platform.kernel.periods import add_months
from cs_platform.kernel.templatetags.cells import month_name, number_text, percent_text
from metrics import formulas
from metrics.enums import Dimension, Metric, Window
from metrics.figures.asked import Asked
from metrics.figures.bands import band_of, normal_band
from metrics.figures.lineage import AccountsBehind
from metrics.figures.selectors import BoardFigures, CohortRow
from metrics.formulas import Sums
from metrics.showing import answers, cells, charts
from metrics.showing.definitions import definition, term

TILES = (Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.LTV)
# Lower ends of the heat classes c1 to c5 in percent; below the first one a cell is "lo".
HEAT: dict[str, tuple[int, ...]] = {"ndr": (100, 103, 106, 110, 115), "gdr": (70, 80, 85, 90, 95)}
HEAT["logo"] = HEAT["gdr"]


def tiles(slug: str, figures: BoardFigures, doubtful: bool) -> list[dict[str, Any]]:
    """Exactly five (DSH-01): value, change, trend over what is normal, band, definition, link to the rows behind it."""
    return [*(_tile(slug, figures, metric, doubtful) for metric in TILES), answers.tile(slug, figures)]


def lineage_url(slug: str, metric: str, asked: Asked, **changes: Any) -> str:
    """The page that leads from this figure down to its rows, for the same month, window and segment."""
    query = Asked(month=asked.month, window=asked.window, segment=asked.segment, basis=asked.basis).query(**changes)
    return f"{reverse('metric', args=[slug, metric])}?{query}"


def _tile(slug: str, figures: BoardFigures, metric: str, doubtful: bool) -> dict[str, Any]:
    asked, currency = figures.asked, figures.question.currency
    values = figures.values(metric)
    now, before = values[-1], values[-2]
    judged = asked.window == Window.YEAR and metric != Metric.LTV
    normal = normal_band(figures.bands.get(metric, ())) if judged else None
    url = lineage_url(slug, metric, asked)
    known = [cells.value_text(metric, value, currency) for value in values if value is not None]
    label = (
        _("%(term)s in %(n)s months, from %(first)s to %(last)s")
        % {"term": term(metric), "n": len(known), "first": known[0], "last": known[-1]}
        if known
        else term(metric)
    )
    points = [cells.scaled(metric, value) for value in values]
    sums = (figures.year if metric == Metric.LTV else figures.shown).get(asked.month, Sums())
    return {
        "label": term(metric),
        "value": cells.value_text(metric, now, currency),
        "url": url,
        "delta": cells.delta(metric, now, before, add_months(asked.month, -1)),
        "points": [None if point is None else float(point) for point in points] if known else None,
        "points_label": label,
        "band": cells.ends(normal) if normal else None,
        "foot": _doubt() if doubtful else _foot(figures, metric, now),
        "definition": definition(
            metric,
            asked,
            sums,
            as_of=figures.question.as_of,
            exact=cells.exact_text(metric, now, currency),
            margin=figures.question.margin_of(figures.asked.month),
            url=url,
        ),
    }


def _doubt() -> Any:
    return format_html('<span class="late">{}</span>', _("Does not balance: see below"))


def _foot(figures: BoardFigures, metric: str, now: Decimal | None) -> Any:
    """What the value is worth: its band and what is normal. A monthly value is not held against yearly bands."""
    bands = figures.bands.get(metric, ())
    currency = figures.question.currency
    if metric == Metric.LTV:
        known = [value for value in figures.values(metric) if value is not None]
        if not known:
            return _young(figures) or _("No losses in a year: no value")
        low, high = (money_text(int(value), currency, compact=True) for value in (min(known), max(known)))
        return _("%(low)s to %(high)s in this time") % {"low": low, "high": high}
    if figures.asked.window == Window.MONTH:
        year = figures.values(metric, year=True)[-1]
        found = band_of(metric, bands, cells.scaled(metric, year))
        if year is None:
            return _young(figures) or _("Nobody paid a year ago")
        values = {"value": percent_text(year), "band": found.label if found else ""}
        return (_("12 months: %(value)s, %(band)s") if found else _("12 months: %(value)s")) % values
    if now is None:
        return _young(figures) or _("Nobody paid a year ago")
    found = band_of(metric, bands, cells.scaled(metric, now))
    normal = normal_band(bands)
    mark = cells.mark(metric, bands, now)
    if normal is None or normal is found:
        return mark
    return format_html(
        '{} <span class="nowrap">{}</span>', mark, _("normal %(range)s") % {"range": cells.range_text(metric, normal)}
    )


def _young(figures: BoardFigures) -> str:
    """Until when a company is too young for a trailing year; empty when it is not."""
    if figures.asked.month >= figures.months.first_year:
        return ""
    return _("12 months from %(month)s on") % {"month": month_name(figures.months.first_year)}


def trend(figures: BoardFigures) -> dict[str, Any]:
    """NRR and GRR by month: {figure, finding, table, normal, bands}; `bands` are what is normal in percent."""
    labels = cells.axis_labels(figures.trend)
    lines, rows, findings, texts = [], [], [], {}
    for metric, name, colour in ((Metric.GRR, "GRR", charts.SERIES_2), (Metric.NRR, "NRR", charts.SERIES_1)):
        values = figures.values(metric)
        lines.append((name, colour, [cells.scaled(metric, value) for value in values]))
        texts[name] = percent_text(values[-1])
        known = [value for value in values if value is not None]
        if known:
            findings.append(
                _("%(name)s went from %(first)s to %(last)s.")
                % {"name": name, "first": percent_text(known[0]), "last": percent_text(known[-1])}
            )
    judged = figures.asked.window == Window.YEAR
    normal = [normal_band(figures.bands.get(metric, ())) for metric in (Metric.NRR, Metric.GRR)] if judged else []
    bands = [(b.lower, b.upper) for b in normal if b and b.lower is not None and b.upper is not None]
    for month, nrr, grr in zip(figures.trend, figures.values(Metric.NRR), figures.values(Metric.GRR), strict=True):
        rows.append([month_name(month), percent_text(nrr, 2), percent_text(grr, 2)])
    return {
        "figure": charts.trend_figure(labels, lines, bands, texts),
        "finding": " ".join(reversed(findings)) or _("No ratio yet: nobody paid at the start of the window."),
        "table": {"head": [_("Month"), _("NRR"), _("GRR")], "rows": rows},
        "bands": bands,
        "normal": [
            _("Normal for %(name)s: %(range)s") % {"name": name, "range": cells.range_text(metric, band)}
            for name, metric, band in zip(("NRR", "GRR"), (Metric.NRR, Metric.GRR), normal, strict=False)
            if band
        ],
    }


def bridge_steps(asked: Asked, sums: Sums, *, only: Sequence[str] = ()) -> list[tuple[str, str, int, bool]]:
    """The bridge as (part, label, amount in minor units, whether it is a balance); currency only where there is any.
    With `only`, those movements and the balance they lead to."""
    start, finish = (cells.axis_labels([month])[0] for month in (asked.base_month, asked.month))
    movements = [
        ("fx", _("FX"), sums.fx),
        ("expansion", _("Expand"), sums.expansion),
        ("contraction", _("Contract"), -sums.contraction),
        ("churn", _("Churn"), -sums.churned),
        ("new", _("New"), sums.new),
        ("reactivation", _("Back"), sums.reactivation),
    ]
    wanted = [m for m in movements if (m[2] or m[0] != "fx") and (not only or m[0] in only)]
    end = sums.opening + sum(amount for _part, _label, amount in wanted)
    last = ("kept", _("Kept"), end) if only else ("closing", finish, sums.closing)
    return [
        ("opening", start, sums.opening, True),
        *((part, label, amount, False) for part, label, amount in wanted),
        (*last, True),
    ]


def bridge(
    asked: Asked, sums: Sums, currency: str, *, only: Sequence[str] = (), narrow: bool = False
) -> dict[str, Any]:
    """What moved MRR between the two dates: {drawn, figure, finding, table, start}. `drawn` is what any drawing of it is made
    of: the steps, their texts, and how the axis writes money."""
    steps = bridge_steps(asked, sums, only=only)

    def tick(value: float) -> str:
        return cells.short_money(to_minor(Decimal(str(value)), currency), currency)

    drawn = [(label, float(from_minor(amount, currency)), balance) for _part, label, amount, balance in steps]
    texts = [money_text(amount, currency, compact=True, signed=not balance) for _part, _label, amount, balance in steps]
    start = charts.axis_start(charts.bridge_levels(drawn))
    moved = [f"{label} {text}" for (_p, label, _a, balance), text in zip(steps, texts, strict=True) if not balance]
    return {
        "drawn": (drawn, texts, tick),
        "figure": charts.bridge_figure(drawn, texts, tick, narrow=narrow),
        "finding": _("MRR went from %(opening)s to %(closing)s: %(moved)s.")
        % {"opening": texts[0], "closing": texts[-1], "moved": ", ".join(moved)},
        "table": {
            "head": [_("Step"), _("Amount")],
            "rows": [
                [label, money_text(amount, currency, signed=not balance)] for _part, label, amount, balance in steps
            ],
        },
        "start": _("axis starts at %(amount)s") % {"amount": tick(start)} if start else "",
    }


def segment_table(
    slug: str,
    board_url: str,
    asked: Asked,
    by_value: Mapping[str, Mapping[dt.date, Sums]],
    opened: AccountsBehind | None,
    currency: str,
) -> dict[str, Any]:
    """Retention by the values of a dimension, largest first, with a total; the opened row has its accounts below it."""
    trend = [add_months(asked.month, shift) for shift in range(-11, 1)]
    found = {value: months[asked.month] for value, months in by_value.items() if asked.month in months}
    total = sum(found.values(), Sums())
    scale = cells.Scale.of([total.base, total.closing], currency)
    rows = []
    for value in sorted(found, key=lambda v: (-found[v].opening, -found[v].closing, v)):
        is_open = opened is not None and value == asked.opened
        sums, months = found[value], by_value[value]
        points = [formulas.nrr(months.get(month, Sums())) for month in trend]
        name = cells.dimension_value(asked.dimension, value, currency)
        rows.append(
            {
                "name": name,
                "customers": number_text(sums.opening_customers),
                "cells": _sums_cells(sums, scale),
                "points": [None if p is None else float(p * 100) for p in points],
                "points_label": _("NRR of %(name)s in twelve months") % {"name": name},
                "tone": "risk" if points[-1] is not None and points[-1] < 1 else "",
                "open": is_open,
                "url": f"{board_url}?{asked.query(opened=None if is_open else value)}",
                "selected": asked.dimension == Dimension.SEGMENT and value == asked.segment != "",
                "accounts": account_rows(slug, asked, opened, scale) if is_open and opened else None,
            }
        )
    return {"rows": rows, "total": _sums_cells(total, scale), "unit": scale.unit}


def _sums_cells(sums: Sums, scale: cells.Scale) -> list[Any]:
    """Opening (at this month's rates), expansion, contraction, churn, NRR, GRR."""
    moved = [scale.moved(amount) for amount in (sums.expansion, -sums.contraction, -sums.churned)]
    return [scale.text(sums.base), *moved, percent_text(formulas.nrr(sums)), percent_text(formulas.grr(sums))]


def account_rows(slug: str, asked: Asked, behind: AccountsBehind, scale: cells.Scale) -> dict[str, Any]:
    """The accounts of an opened row, largest movement first; what is left out and what is hidden is counted."""
    rows = []
    for line in behind.lines:
        change = line.now - line.was
        one = Sums(
            opening=line.opening,
            fx=line.fx,
            expansion=max(change, 0),
            contraction=-change if change < 0 < line.now else 0,
            churned=-change if change < 0 and not line.now else 0,
            opening_customers=1,
        )
        part = line.kind if change else "opening"
        rows.append(
            {
                "name": line.name,
                "url": lineage_url(slug, Metric.NRR, asked, part=part, account=line.account_id),
                "cells": _sums_cells(one, scale),
            }
        )
    rest = ngettext("%(n)s more account", "%(n)s more accounts", behind.rest) % {"n": number_text(behind.rest)}
    return {
        "rows": rows,
        "rest": rest if behind.rest > 0 else "",
        "rest_amount": scale.moved(behind.rest_total),
        "hidden": hidden_text(behind.hidden) if behind.hidden else "",
        "hidden_amount": scale.moved(behind.hidden_total),
    }


def hidden_text(count: int) -> str:
    """3 accounts you may not open."""
    return ngettext("%(n)s account you may not open", "%(n)s accounts you may not open", count) % {
        "n": number_text(count)
    }


def cohort_table(rows: Sequence[CohortRow], measure: str, currency: str, accounts_url: str) -> list[dict[str, Any]]:
    """Rows of the heat table; a cell is {text, heat}. A row opens to its customers in the accounts list."""
    return [
        {
            "name": cells.quarter_name(row.quarter),
            "url": f"{accounts_url}?since={row.quarter.year}-Q{(row.quarter.month + 2) // 3}",
            "size": number_text(row.customers) if measure == "logo" else money_text(row.mrr, currency, compact=True),
            "cells": [{"text": _heat_text(ratio), "heat": heat(measure, ratio)} for ratio in row.ratios],
        }
        for row in rows
    ]


def _heat_text(ratio: Decimal | None) -> str:
    return "" if ratio is None else number_text(ratio * 100, 0)


def heat(measure: str, ratio: Decimal | None) -> str:
    """Class of a heat cell, judged unrounded: lo, c1 to c5, or na."""
    if ratio is None:
        return "na"
    reached = sum(ratio * 100 >= edge for edge in HEAT[measure])
    return f"c{reached}" if reached else "lo"


def ltv_card(figures: BoardFigures) -> dict[str, Any]:
    """LTV, ARPA and the simple LTV of the trailing year, with the formula in numbers (MET-05)."""
    sums, currency = figures.year.get(figures.asked.month, Sums()), figures.question.currency
    arpa = formulas.average_annual(sums.closing, sums.closing_customers)
    gross, logos = formulas.grr(sums), formulas.logo_churn(sums)
    loss = None if gross is None else 1 - gross
    ltv = formulas.lifetime_value(arpa, figures.question.margin_of(figures.asked.month), loss)
    simple = formulas.lifetime_value(arpa, Decimal(1), logos)
    margin = percent_text(figures.question.margin_of(figures.asked.month), 0)
    return {
        "ltv": cells.short_money(ltv, currency),
        "arpa": cells.short_money(arpa, currency),
        "simple": cells.short_money(simple, currency),
        "margin": _("gross margin %(margin)s") % {"margin": margin},
        "text": _("%(arpa)s × %(margin)s ÷ yearly revenue churn of %(loss)s.")
        % {"arpa": cells.short_money(arpa, currency), "margin": margin, "loss": percent_text(loss)}
        if ltv is not None
        else _young(figures) or _("No losses in a year: no value"),
    }
