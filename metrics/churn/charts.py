"""Plotly figures of Insights → Churn: plain dicts in the light colours of the tokens."""

from collections.abc import Mapping, Sequence

from metrics.showing.charts import NONE, SERIES_1, TEXT, Figure, ticks

# From the token list: six categories that are told apart in both themes.
COLOURS = {
    "product_fit": "#4d4dc9",
    "price": "#3b9edb",
    "adoption": "#f0b429",
    "competition": "#b4232a",
    "closure": "#7f8aa3",
    "other": "#c9c9d2",
}


def rates_figure(names: Sequence[str], rates: Sequence[float], texts: Sequence[str], overall: float | None) -> Figure:
    """Losses of each value in percent, the largest on top, with everybody's as a line."""
    top = max([*rates, overall or 0.0, 1.0])
    marks = ticks(0.0, top * 1.1)
    line = {
        "type": "line", "xref": "x", "yref": "paper", "x0": overall, "x1": overall, "y0": 0, "y1": 1,
        "line": {"width": 1.4, "color": TEXT, "dash": "dot"},
    }  # fmt: skip
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": list(rates),
                "y": list(names),
                "text": list(texts),
                "textposition": "outside",
                "cliponaxis": False,
                "textfont": {"color": TEXT, "size": 12},
                "marker": {"color": SERIES_1},
                "hoverinfo": "skip",
                "width": 0.6,
            }
        ],
        "layout": {
            "xaxis": {"range": [0, top * 1.22], "tickvals": marks, "ticktext": [f"{mark:g}%" for mark in marks]},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "dtick": 1},
            "hovermode": False,
            "barcornerradius": 2,
            "margin": {"l": 96, "r": 12, "t": 8, "b": 26},
            "shapes": [line] if overall is not None else [],
        },
    }


def reasons_figure(
    names: Sequence[str], own: Sequence[float], reference: Sequence[float], labels: tuple[str, str]
) -> Figure:
    """Shares of the categories in percent, the company's beside the reference mix."""
    marks = ticks(0.0, max([*own, *reference, 1.0]) * 1.1)
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "x": list(values),
                "y": list(names),
                "text": [f"{value:.0f}%" for value in values],
                "textposition": "outside",
                "cliponaxis": False,
                "textfont": {"color": TEXT, "size": 11},
                "marker": {"color": colour},
                "hovertemplate": "%{x:.1f}%",
            }
            for name, values, colour in ((labels[0], own, SERIES_1), (labels[1], reference, NONE))
        ],
        "layout": {
            "barmode": "group",
            "xaxis": {
                "range": [0, max([*own, *reference, 1.0]) * 1.22],
                "tickvals": marks,
                "ticktext": [f"{mark:g}%" for mark in marks],
            },
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "dtick": 1},
            "barcornerradius": 2,
            "margin": {"l": 110, "r": 12, "t": 8, "b": 26},
        },
    }


def quarters_figure(
    quarters: Sequence[str], stacks: Mapping[str, tuple[str, Sequence[int]]], unanswered: tuple[str, Sequence[int]]
) -> Figure:
    """Customers lost by quarter, stacked by category (name and counts); who did not answer lies on top as an outline."""
    bars = [
        {
            "type": "bar", "name": name, "x": list(quarters), "y": list(counts),
            "marker": {"color": COLOURS[category]}, "hovertemplate": "%{y}",
        }
        for category, (name, counts) in stacks.items()
    ]  # fmt: skip
    silent = {
        "type": "bar", "name": unanswered[0], "x": list(quarters), "y": list(unanswered[1]), "hovertemplate": "%{y}",
        "marker": {"color": "rgba(0,0,0,0)", "line": {"color": TEXT, "width": 1}},
    }  # fmt: skip
    return {
        "data": [*bars, silent],
        "layout": {
            "barmode": "stack",
            "xaxis": {"type": "category"},
            "yaxis": {"rangemode": "tozero", "nticks": 4},
            "bargap": 0.4,
            "margin": {"l": 40, "r": 8, "t": 8, "b": 28},
            "hovermode": "x unified",
        },
    }
