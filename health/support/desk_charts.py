"""The figure of the support tab as a plain Plotly dict in the light colours of the tokens. No ORM, no request."""

from collections.abc import Sequence
from typing import Any

SERIES_1, SERIES_2, NONE = "#4d4dc9", "#3b9edb", "#c9c9d2"
Figure = dict[str, Any]


def tickets_by_month(
    labels: Sequence[str],
    opened: Sequence[int],
    resolved: Sequence[int],
    hours: Sequence[float | None],
    names: tuple[str, str, str],
) -> Figure:
    """Bars of tickets opened and resolved; below them, with an axis of its own, the median hours to solve one."""

    def bar(name: str, values: Sequence[int], colour: str) -> Figure:
        return {
            "type": "bar",
            "name": name,
            "x": list(labels),
            "y": list(values),
            "marker": {"color": colour},
            "hovertemplate": "%{y}",
        }

    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": names[2],
        "x": list(labels),
        "y": list(hours),
        "yaxis": "y2",
        "line": {"width": 2, "color": SERIES_1},
        "hovertemplate": "%{y:.1f}",
    }
    return {
        "data": [bar(names[0], opened, SERIES_2), bar(names[1], resolved, NONE), line],
        "layout": {
            "barmode": "group",
            "bargap": 0.3,
            "xaxis": {"type": "category", "tickangle": 0, "nticks": 6, "anchor": "y2"},
            "yaxis": {"rangemode": "tozero", "nticks": 4, "domain": [0.42, 1]},
            "yaxis2": {"rangemode": "tozero", "nticks": 3, "domain": [0, 0.3], "ticksuffix": " h"},
            "margin": {"l": 44, "r": 8, "t": 8, "b": 28},
            "hovermode": "x unified",
        },
    }
