"""Plotly figures of renewals, as dicts in the light colours of the tokens. Drawing is where money becomes floats."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

STANDS, MORE, LESS = "#4d4dc9", "#b4232a", "#1a9e8f"  # a sum, more loss, less loss
# Each caller keeps one colour wherever it stands.
COLOURS = {"system": "#7f8aa3", "csm": "#3b9edb", "leader": "#4d4dc9"}
REFERENCE = "#c9c9d2"
Figure = dict[str, Any]


def loss_by_month(
    labels: Sequence[str],
    bars: Mapping[str, tuple[str, Sequence[float], Sequence[str]]],
    symbol: str,
) -> Figure:
    """Three calls side by side: of each month the money that a caller expects to lose. `bars` by caller: name, heights,
    texts above them."""
    figure = _side_by_side(labels, bars, "%{y:~s}")
    figure["layout"]["yaxis"] = {"rangemode": "tozero", "nticks": 4, "tickprefix": symbol, "tickformat": "~s"}
    return figure


def error_by_lead(
    labels: Sequence[str], bars: Mapping[str, tuple[str, Sequence[float | None], Sequence[str]]]
) -> Figure:
    """Three callers side by side at each lead: how much more of the money they called than stayed, in shares of it; below zero
    they called too little."""
    figure = _side_by_side(labels, bars, "%{y:.1%}")
    figure["layout"]["yaxis"] = {"nticks": 4, "tickformat": ".0%", "zeroline": True}
    return figure


def rates(
    labels: Sequence[str], bars: Mapping[str, tuple[str, Sequence[float | None], Sequence[str]]], goal: float
) -> Figure:
    """What stayed of each group, by money, net and by customers side by side; dotted, the goal. They are read beside each
    other, so they take the callers' colours."""
    figure = _side_by_side(labels, bars, "%{y:.1%}")
    figure["layout"]["yaxis"] = {"rangemode": "tozero", "nticks": 5, "tickformat": ".0%"}
    figure["layout"]["shapes"] = [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": goal, "y1": goal,
            "line": {"color": REFERENCE, "width": 1.4, "dash": "dot"},
        }
    ]  # fmt: skip
    return figure


def _side_by_side(
    labels: Sequence[str], bars: Mapping[str, tuple[str, Sequence[float | None], Sequence[str]]], hover: str
) -> Figure:
    """Bars in groups, one of each colour in a group."""
    return {
        "data": [
            {
                "type": "bar",
                "name": name,
                "x": list(labels),
                "y": list(heights),
                "text": list(texts),
                "textposition": "outside",
                "textfont": {"size": 11},
                "textangle": 0,
                "constraintext": "none",
                "cliponaxis": False,
                "marker": {"color": COLOURS[colour]},
                "hovertemplate": hover,
            }
            for colour, (name, heights, texts) in bars.items()
        ],
        "layout": {
            "barmode": "group",
            "bargap": 0.3,
            "bargroupgap": 0.06,
            "barcornerradius": 2,
            "margin": {"l": 52, "r": 8, "t": 20, "b": 30},
            "xaxis": {"type": "category"},
        },
    }


def moved(steps: Sequence[tuple[str, float, str]], symbol: str) -> Figure:
    """From the loss of a week ago to that of today: the first and the last step stand on the axis, those between hang where the
    one before ended. `steps`: name, amount, the text above it."""
    bases, colours, reached = [], [], 0.0
    for place, (_name, amount, _text) in enumerate(steps):
        stands = place in (0, len(steps) - 1)
        bases.append(0.0 if stands else min(reached, reached + amount))
        colours.append(STANDS if stands else MORE if amount > 0 else LESS)
        reached = amount if stands else reached + amount
    return {
        "data": [
            {
                "type": "bar",
                "x": [name for name, _amount, _text in steps],
                "y": [abs(amount) for _name, amount, _text in steps],
                "base": bases,
                "text": [text for _name, _amount, text in steps],
                "textposition": "outside",
                "textfont": {"size": 11},
                "constraintext": "none",
                "cliponaxis": False,
                "marker": {"color": colours},
                "hoverinfo": "skip",
            }
        ],
        "layout": {
            "bargap": 0.4,
            "barcornerradius": 2,
            "margin": {"l": 52, "r": 8, "t": 20, "b": 30},
            "xaxis": {"type": "category"},
            "yaxis": {"rangemode": "tozero", "nticks": 4, "tickprefix": symbol, "tickformat": "~s"},
        },
    }


def brier(
    labels: Sequence[str],
    lines: Mapping[str, tuple[str, Sequence[float | None]]],
    reference: float | None,
) -> Figure:
    """The Brier score of each caller by quarter; dotted, what always saying the average would have scored. `lines` by
    caller: the words at its end, values with None where nothing was closed."""
    notes: list[Figure] = []
    for caller, (text, values) in lines.items():
        known = [value for value in values if value is not None]
        if known:
            notes.append(
                {
                    "x": 1, "xref": "paper", "xanchor": "left", "xshift": 6, "y": known[-1], "text": text,
                    "showarrow": False, "font": {"color": COLOURS[caller], "size": 12},
                }
            )  # fmt: skip
    levels = [value for _text, values in lines.values() for value in values if value is not None]
    levels += [] if reference is None else [reference]
    low, high = (min(levels), max(levels)) if levels else (0.0, 0.2)
    pad = max((high - low) * 0.2, 0.01)
    _part(notes, (high - low + 2 * pad) * 0.11)
    shapes = []
    if reference is not None:
        shapes.append(
            {
                "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": reference, "y1": reference,
                "line": {"color": REFERENCE, "width": 1.4, "dash": "dot"},
            }
        )  # fmt: skip
    return {
        "data": [
            {
                "type": "scatter", "mode": "lines+markers", "name": text, "x": list(labels), "y": list(values),
                "line": {"width": 2, "color": COLOURS[caller]}, "marker": {"size": 6, "color": COLOURS[caller]},
                "connectgaps": True, "hovertemplate": "%{y:.3f}",
            }
            for caller, (text, values) in lines.items()
        ],
        "layout": {
            "margin": {"l": 44, "r": 96, "t": 10, "b": 28},
            "xaxis": {"type": "category"},
            "yaxis": {"range": [max(low - pad, 0), high + pad], "nticks": 4, "tickformat": ".2f"},
            "annotations": notes,
            "shapes": shapes,
        },
    }  # fmt: skip


def _part(notes: list[Figure], least: float) -> None:
    """Move words at the ends of lines apart that would lie on each other."""
    notes.sort(key=lambda note: note["y"])
    for below, above in pairwise(notes):
        above["y"] = max(above["y"], below["y"] + least)
