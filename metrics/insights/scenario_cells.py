"""What the scenario page shows, as text: fields with their sliders, figures, the years, the picture, the sensitivity."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.money import money_text, to_minor
from cs_platform.kernel.templatetags.cells import number_text, percent_text
from metrics.insights.scenario import FIELDS, Inputs, Told, plain, worth_of_a_point
from metrics.showing.cells import short_money
from metrics.showing.charts import GOOD, NONE, SERIES_1, SERIES_2, Figure, ticks


def money(amount: Decimal, currency: str, *, signed: bool = False) -> str:
    """$5.46M or $1,962,500: exact below a hundred thousand, short above."""
    return short_money(to_minor(amount, currency), currency, signed=signed)


def exact(amount: Decimal, currency: str, *, signed: bool = False) -> str:
    """$5,462,500.00, to the cent."""
    return money_text(to_minor(amount, currency), currency, signed=signed)


def fields(
    inputs: Inputs, problems: Mapping[str, str], given: Mapping[str, str], currency: str
) -> list[dict[str, Any]]:
    """Each input as a number and a slider; one that is wrong shows what was written."""
    return [
        {
            "name": name,
            "label": about.label,
            "unit": currency if about.money else "%" if about.percent else "",
            "hint": about.hint,
            "value": given.get(name, "") if name in problems else plain(inputs.written(name)),
            "low": plain(about.low),
            "slider": plain(max(about.slider, inputs.written(name))),
            "slide": plain(min(inputs.written(name), max(about.slider, inputs.written(name)))),
            "step": plain(about.step),
            "slide_step": "1" if about.slider <= 1000 else "1000",
            "problem": problems.get(name, ""),
        }
        for name, about in FIELDS.items()
    ]


def results(told: Told, beside: Told | None, name: str, currency: str) -> dict[str, Any]:
    """Headline, tiles, table of the years, chart and sensitivity; beside another scenario, its figures too."""
    years = int(told.inputs.years)
    return {
        "headline": _("With customer success the same customers are worth %(delta)s more a year after the first year.")
        % {"delta": exact(told.delta, currency)}
        if told.delta >= 0
        else _("With these inputs customer success loses %(delta)s a year.") % {"delta": exact(-told.delta, currency)},
        "start": _("%(n)s customers of %(acv)s: %(arr)s a year, won for %(cac)s")
        % {
            "n": number_text(told.inputs.customers, 0),
            "acv": exact(told.inputs.acv, currency),
            "arr": exact(told.arr, currency),
            "cac": exact(told.cac_total, currency),
        },
        "figures": _figures(told, beside, currency),
        "compared": name,
        "years": _years(told, currency),
        "figure": _figure(told, currency),
        "finding": _("%(gap)s more revenue over %(years)s.")
        % {
            "gap": exact(told.cumulative()[-1], currency),
            "years": ngettext("%(n)s year", "%(n)s years", years) % {"n": years},
        },
        "table": {
            "head": [str(_("Year")), str(_("With")), str(_("Without")), str(_("Gap")), str(_("Added up"))],
            "rows": [[row["year"], row["with"], row["without"], row["gap"], row["cumulative"]] for row in _years(told, currency)],
        },
        "worth": [
            {
                "label": FIELDS[each.name].label,
                "first": exact(each.first, currency, signed=True),
                "last": exact(each.last, currency, signed=True),
                "over_all": exact(each.over_all, currency, signed=True),
            }
            for each in worth_of_a_point(told)
        ],
    }  # fmt: skip


def _months(value: Decimal | None) -> str:
    return "–" if value is None else _("%(n)s months") % {"n": number_text(value)}


def _figures(told: Told, beside: Told | None, currency: str) -> list[dict[str, Any]]:
    """Rows of the comparison: a label, this scenario with and without customer success, and the other one's."""

    def both(each: Told) -> list[tuple[str, str, str]]:
        return [
            (_("ARR at the start"), exact(each.arr, currency), exact(each.arr, currency)),
            (_("ARR after a year"), exact(each.without[1].arr, currency), exact(each.with_cs[1].arr, currency)),
            (
                _("Change"),
                exact(each.without_change, currency, signed=True),
                exact(each.with_change, currency, signed=True),
            ),
            (
                _("Change less acquisition cost"),
                exact(each.without_net, currency, signed=True),
                exact(each.with_net, currency, signed=True),
            ),
            (_("NRR"), percent_text(each.inputs.kept_without, 2), percent_text(each.nrr, 2)),
            (_("GRR"), percent_text(each.inputs.kept_without, 2), percent_text(each.grr, 2)),
            (_("Payback of a customer"), _months(each.payback_months), _months(each.payback_months)),
            (_("Payback out of gross margin"), _months(each.payback_margin), _months(each.payback_margin)),
            (_("More revenue over the years"), "", exact(each.cumulative()[-1], currency, signed=True)),
            (_("Gross margin of it less the cost of customer success"), "", exact(each.earned, currency, signed=True)),
            (
                _("For each unit spent on customer success"),
                "",
                "–" if each.times is None else _("%(number)sx") % {"number": number_text(each.times, 2)},
            ),
        ]

    others: list[tuple[str, str, str]] | list[None] = both(beside) if beside else [None] * 11
    return [
        {"label": label, "without": without, "with": with_cs, "other": other[2] if other else ""}
        for (label, without, with_cs), other in zip(both(told), others, strict=True)
    ]


def _years(told: Told, currency: str) -> list[dict[str, str]]:
    rows = zip(told.with_cs, told.without, told.gaps(), told.cumulative(), strict=True)
    return [
        {
            "year": _("Start") if a.year == 0 else _("Year %(n)s") % {"n": a.year},
            "with": exact(a.arr, currency),
            "without": exact(b.arr, currency),
            "gap": exact(gap, currency, signed=bool(gap)),
            "cumulative": exact(total, currency, signed=bool(total)),
            "customers": f"{number_text(a.customers, 0)} / {number_text(b.customers, 0)}",
        }
        for a, b, gap, total in rows
    ]


def _figure(told: Told, currency: str) -> Figure:
    """Both paths as lines, what they are apart added up as bars behind them; whole units of the currency."""
    labels = [row["year"] for row in _years(told, currency)]
    with_cs = [float(each.arr) for each in told.with_cs]
    without = [float(each.arr) for each in told.without]
    cumulative = [float(each) for each in told.cumulative()]
    top = max(*with_cs, *without, *cumulative, 1.0)
    bottom = min(0.0, *cumulative)
    marks = ticks(bottom, top)

    def line(name: str, values: list[float], colour: str) -> Figure:
        return {
            "type": "scatter", "mode": "lines+markers", "name": name, "x": labels, "y": values,
            "line": {"width": 2.2, "color": colour}, "hovertemplate": "%{y:,.0f}",
        }  # fmt: skip

    return {
        "data": [
            {
                "type": "bar", "name": _("Added up"), "x": labels, "y": cumulative, "marker": {"color": NONE},
                "hovertemplate": "%{y:,.0f}", "width": 0.5,
            },
            line(_("Without"), without, SERIES_2),
            line(_("With"), with_cs, SERIES_1 if told.delta >= 0 else GOOD),
        ],
        "layout": {
            "yaxis": {
                "range": [bottom * 1.08, top * 1.08],
                "tickvals": marks,
                "ticktext": [money(Decimal(str(mark)), currency) for mark in marks],
            },
            "xaxis": {"type": "category"},
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.12, "x": 0},
            "margin": {"l": 62, "r": 12, "t": 34},
        },
    }  # fmt: skip
