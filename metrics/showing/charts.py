"""Plotly figures of the pages about money, as plain dicts in the light colours of the tokens. No ORM, no request.

Drawing is the one place where money and ratios become floats: a pixel has no cents. Tables beside the charts keep them.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

SERIES_1, SERIES_2, GOOD, RISK, NONE, BAND, TEXT = (
    "#4d4dc9",
    "#3b9edb",
    "#1a9e8f",
    "#b4232a",
    "#c9c9d2",
    "#e9ebf7",
    "#17171f",
)
Figure = dict[str, Any]


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round values from `low` to `high`, about `count` of them. Example: 86, 115 gives 90, 100, 110."""
    if not high > low:
        return [low]
    raw = (high - low) / count
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _floats(values: Sequence[Decimal | None]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]


def trend_figure(
    labels: Sequence[str],
    lines: Sequence[tuple[str, str, Sequence[Decimal | None]]],
    bands: Sequence[tuple[Decimal, Decimal]],
    texts: Mapping[str, str],
) -> Figure:
    """Ratios in percent by month over the bands of what is normal. Lines: (name, colour, values); `texts` gives each
    line's label at its end."""
    data: list[Figure] = []
    for low, high in bands:
        for edge, fill in ((low, False), (high, True)):
            shape = {"fill": "tonexty", "fillcolor": BAND} if fill else {}
            data.append(_flat(labels, float(edge)) | shape)
    levels = [float(edge) for band in bands for edge in band]
    notes = []
    for name, colour, values in lines:
        heights = _floats(values)
        levels += [height for height in heights if height is not None]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if sum(height is not None for height in heights) == 1 else "lines",
                "name": name,
                "x": list(labels),
                "y": heights,
                "line": {"width": 2.2, "color": colour},
                "hovertemplate": "%{y:.1f}%",
            }
        )
        if heights and heights[-1] is not None:
            notes.append(
                {
                    "x": 1,
                    "xref": "paper",
                    "xanchor": "left",
                    "xshift": 6,
                    "y": heights[-1],
                    "text": texts[name],
                    "showarrow": False,
                    "font": {"color": colour, "size": 13, "weight": 650},
                }
            )
    least, most = min(levels, default=0.0), max(levels, default=100.0)
    pad = max((most - least) * 0.08, 1.0)
    bottom, top = least - pad, most + pad
    _part(notes, top - bottom)
    marks = ticks(bottom, top)
    return {
        "data": data,
        "layout": {
            "yaxis": {
                "range": [bottom, top],
                "tickvals": marks,
                "ticktext": [f"{mark:g}%" for mark in marks],
            },
            "xaxis": {"type": "category"},
            "margin": {"l": 46, "r": 62},
            "annotations": notes,
            "shapes": [_line(0, 1, 100.0, xref="paper", dash="dot")] if bottom < 100 < top else [],
        },
    }


def add_plan(figure: Figure, name: str, colour: str, values: Sequence[Decimal | None]) -> None:
    """Draw what was planned into a trend as a dashed line, and make room for it."""
    heights = _floats(values)
    known = [height for height in heights if height is not None]
    if not known:
        return
    labels = next(trace["x"] for trace in figure["data"] if "name" in trace)
    figure["data"].append(
        {
            "type": "scatter",
            "mode": "lines+markers" if len(known) == 1 else "lines",
            "name": name,
            "x": list(labels),
            "y": heights,
            "line": {"width": 1.4, "color": colour, "dash": "dash"},
            "hovertemplate": "%{y:.1f}%",
        }
    )
    axis = figure["layout"]["yaxis"]
    bottom, top = axis["range"]
    axis["range"] = [min(bottom, min(known) - 1), max(top, max(known) + 1)]
    axis["tickvals"] = ticks(*axis["range"])
    axis["ticktext"] = [f"{mark:g}%" for mark in axis["tickvals"]]


def _flat(labels: Sequence[str], height: float) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(labels),
        "y": [height] * len(labels),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def _part(notes: list[Figure], span: float) -> None:
    """Move two end labels apart that would lie on each other."""
    notes.sort(key=lambda note: note["y"])
    for below, above in pairwise(notes):
        if above["y"] - below["y"] < span * 0.07:
            below["yshift"], above["yshift"] = -8, 8


def _line(x0: float, x1: float, y: float, *, xref: str = "x", dash: str = "solid") -> Figure:
    line = {"color": NONE, "width": 1, "dash": dash}
    return {"type": "line", "xref": xref, "x0": x0, "x1": x1, "y0": y, "y1": y, "line": line}


def axis_start(levels: Sequence[float]) -> float:
    """Where the axis of a bridge begins: zero, unless its balances are so high that the steps would not be seen."""
    low, high = min(levels, default=0.0), max(levels, default=0.0)
    spread = high - low
    if low <= 0 or not spread or spread > 0.45 * high:
        return 0.0
    marks = ticks(max(low - max(spread * 0.6, high * 0.02), 0.0), high)
    return marks[0] if marks and marks[0] < low else 0.0


def bridge_levels(steps: Sequence[tuple[str, float, bool]]) -> list[float]:
    """The balance after each step; a step is (label, amount, whether it is a balance)."""
    reached, levels = 0.0, []
    for _label, amount, balance in steps:
        reached = amount if balance else reached + amount
        levels.append(reached)
    return levels


def bridge_figure(
    steps: Sequence[tuple[str, float, bool]], texts: Sequence[str], money: Any, *, narrow: bool = False
) -> Figure:
    """A bridge: balances stand on the axis, movements hang between them. Amounts in whole currency units; `money`
    writes the text of a tick."""
    levels = bridge_levels(steps)
    start = axis_start(levels)
    heights, bases, colours, links = [], [], [], []
    for place, ((_label, amount, balance), level) in enumerate(zip(steps, levels, strict=True)):
        before = levels[place - 1] if place else 0.0
        bases.append(start if balance else min(before, level))
        heights.append(level - start if balance else abs(amount))
        colours.append(SERIES_1 if balance else GOOD if amount >= 0 else RISK)
        if place:
            links.append(_line(place - 0.69, place - 0.31, before))
    top = max(levels, default=1.0)
    crowded = len(steps) > 6
    marks = ticks(start, top * 1.02 if top > start else start + 1)
    return {
        "data": [
            {
                "type": "bar",
                "x": [label for label, _amount, _balance in steps],
                "y": heights,
                "base": bases,
                "marker": {"color": colours},
                "text": list(texts),
                "textposition": "outside",
                "constraintext": "none",
                "cliponaxis": False,
                "textfont": {"color": TEXT, "size": 10 if crowded else 12},
                "hoverinfo": "skip",
                "width": 0.46 if narrow else 0.62,
            }
        ],
        "layout": {
            "yaxis": {
                "range": [start, top + max((top - start) * 0.12, 1.0)],
                "tickvals": marks,
                "ticktext": [money(mark) for mark in marks],
            },
            "xaxis": {"type": "category", "tickfont": {"size": 10 if crowded else 12}},
            "hovermode": False,
            "margin": {"l": 62, "t": 18},
            "barcornerradius": 2,
            "shapes": links,
        },
    }


def history_figure(labels: Sequence[str], amounts: Sequence[float], texts: Sequence[str], money: Any) -> Figure:
    """MRR month by month as steps from zero, in whole currency units."""
    top = max(amounts, default=0.0) or 1.0
    marks = ticks(0.0, top)
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "x": list(labels),
                "y": list(amounts),
                "text": list(texts),
                "line": {"shape": "hvh", "width": 2, "color": SERIES_1},
                "fill": "tozeroy",
                "fillcolor": BAND,
                "hovertemplate": "%{text}<extra></extra>",
            }
        ],
        "layout": {
            "yaxis": {"range": [0, top * 1.1], "tickvals": marks, "ticktext": [money(mark) for mark in marks]},
            "xaxis": {"type": "category", "nticks": 8},
            "margin": {"l": 62, "t": 12},
        },
    }


def effects_figure(labels: Sequence[str], amounts: Sequence[float], money: Any) -> Figure:
    """Amounts above and below zero as bars, month by month, in whole currency units."""
    bottom, top = min([0.0, *amounts]), max([0.0, *amounts])
    marks = ticks(bottom, top)
    return {
        "data": [
            {
                "type": "bar",
                "x": list(labels),
                "y": list(amounts),
                "marker": {"color": [GOOD if amount >= 0 else RISK for amount in amounts]},
                "hovertemplate": "%{y:,.0f}<extra></extra>",
            }
        ],
        "layout": {
            "yaxis": {
                "range": [bottom * 1.1, top * 1.1] if top > bottom else [-1, 1],
                "tickvals": marks,
                "ticktext": [money(mark) for mark in marks],
            },
            "xaxis": {"type": "category", "nticks": 8},
            "margin": {"l": 62, "t": 12},
        },
    }


def survey_figure(
    labels: Sequence[str], values: Sequence[Decimal | None], answers: Sequence[int], names: tuple[str, str]
) -> Figure:
    """A figure of survey answers by month; below it, with an axis of its own, how many answered. A month without
    answers is a gap and not a zero."""
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": names[0],
                "x": list(labels),
                "y": _floats(values),
                "line": {"width": 2, "color": SERIES_1},
                "hovertemplate": "%{y:.1f}",
            },
            {
                "type": "bar",
                "name": names[1],
                "x": list(labels),
                "y": list(answers),
                "yaxis": "y2",
                "marker": {"color": NONE},
                "hovertemplate": "%{y}",
            },
        ],
        "layout": {
            "xaxis": {"type": "category", "tickangle": 0, "nticks": 6, "anchor": "y2"},
            "yaxis": {"nticks": 4, "domain": [0.38, 1]},
            "yaxis2": {"rangemode": "tozero", "nticks": 3, "domain": [0, 0.26]},
            "bargap": 0.4,
            "margin": {"l": 44, "r": 8, "t": 8, "b": 28},
            "hovermode": "x unified",
        },
    }
