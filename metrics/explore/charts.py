"""Figures of the explorer as plain dicts in the light colours of the tokens: a line over its band, bars by value."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from metrics.showing.charts import BAND, NONE, RISK, SERIES_1, SERIES_2, Figure, ticks

Heights = Sequence[float | None]


def line_figure(
    labels: Sequence[str],
    heights: Heights,
    texts: Sequence[str],
    tick: Callable[[float], str],
    *,
    name: str,
    band: tuple[Decimal | None, Decimal | None] | None = None,
    plan: tuple[str, Heights] | None = None,
    odd: str = "",
    narrow: bool = False,
) -> Figure:
    """A metric by period. `band` is what is normal, an open end reaches to the edge; `plan` a dashed line (its name and
    heights); `odd` marks the last point as unusual and says so."""
    known = [height for height in (*heights, *(plan[1] if plan else ())) if height is not None]
    edges = [float(edge) for edge in band or () if edge is not None]
    least, most = min(known + edges, default=0.0), max(known + edges, default=1.0)
    pad = max((most - least) * 0.08, abs(most) * 0.02, 1e-6)
    bottom, top = least - pad, most + pad
    if least >= 0 and bottom < 0:
        bottom = 0.0
    marks = ticks(bottom, top)
    shapes = []
    if band:
        low, high = (float(edge) if edge is not None else end for edge, end in zip(band, (bottom, top), strict=True))
        shapes.append(
            {
                "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": high, "fillcolor": BAND,
                "line": {"width": 0}, "layer": "below",
            }
        )  # fmt: skip
    data: list[Figure] = [
        {
            "type": "scatter",
            "mode": "lines+markers" if len(known) < 3 else "lines",
            "name": name,
            "x": list(labels),
            "y": list(heights),
            "text": list(texts),
            "line": {"width": 2.2, "color": SERIES_1},
            "hovertemplate": "%{text}<extra></extra>",
        }
    ]
    if plan:
        data.append(
            {
                "type": "scatter", "mode": "lines", "name": plan[0], "x": list(labels), "y": list(plan[1]),
                "line": {"width": 1.6, "dash": "dash", "color": SERIES_2}, "hoverinfo": "skip",
            }
        )  # fmt: skip
    if odd and heights and heights[-1] is not None:
        data.append(
            {
                "type": "scatter", "mode": "markers", "name": odd, "x": [labels[-1]], "y": [heights[-1]],
                "marker": {"size": 11, "color": RISK, "symbol": "circle-open", "line": {"width": 2}}, "hoverinfo": "skip",
            }
        )  # fmt: skip
    return {
        "data": data,
        "layout": {
            "xaxis": {"type": "category"} | ({"nticks": 5, "tickangle": 0} if narrow else {}),
            "yaxis": {"range": [bottom, top], "tickvals": marks, "ticktext": [tick(mark) for mark in marks]},
            "margin": {"l": 58, "r": 16, "t": 12},
            "shapes": shapes,
        },
    }


def bars_figure(
    labels: Sequence[str], heights: Heights, texts: Sequence[str], tick: Callable[[float], str], *, whole: float | None
) -> Figure:
    """One bar for each value, the largest group on top; `whole` draws what it is for everybody as a line across."""
    known = [height for height in heights if height is not None] + ([whole] if whole is not None else [])
    low, high = min([0.0, *known]), max([0.0, *known]) or 1.0
    marks = ticks(low, high, 3)
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": whole, "x1": whole,
            "line": {"color": NONE, "width": 1, "dash": "dot"}}  # fmt: skip
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": [height or 0 for height in heights],
                "y": list(labels),
                "text": list(texts),
                "textposition": "outside",
                "cliponaxis": False,
                "marker": {"color": SERIES_1},
                "hoverinfo": "skip",
                "width": 0.6,
            }
        ],
        "layout": {
            "xaxis": {
                "range": [low * 1.15, high * 1.25],
                "tickvals": marks,
                "ticktext": [tick(mark) for mark in marks],
            },
            "yaxis": {
                "type": "category",
                "autorange": "reversed",
                "tickmode": "linear",
                "dtick": 1,
                "automargin": True,
                "ticklabelposition": "outside",
            },
            "margin": {"l": 8, "r": 12, "t": 8},
            "hovermode": False,
            "barcornerradius": 2,
            "shapes": [line] if whole is not None else [],
        },
    }
