"""The forecast as a Plotly figure, a dict in the light colours of the tokens. Drawing is where money becomes floats."""

from collections.abc import Mapping, Sequence
from typing import Any

from expansion.enums import DealStage

# Each stage keeps one colour wherever it stands; those of the board's columns.
COLOURS: Mapping[str, str] = {
    DealStage.COMMIT: "#4d4dc9",
    DealStage.PROPOSAL: "#8f6bd9",
    DealStage.QUALIFIED: "#3b9edb",
    DealStage.IDENTIFIED: "#7f8aa3",
}
Figure = dict[str, Any]


def by_quarter(labels: Sequence[str], bars: Mapping[str, tuple[str, Sequence[float]]], symbol: str) -> Figure:
    """Weighted money by quarter, the surest stage at the zero line. `bars` by stage: its name, heights."""
    return {
        "data": [
            {
                "type": "bar",
                "name": name,
                "x": list(labels),
                "y": list(heights),
                "marker": {"color": COLOURS[stage], "line": {"color": "#ffffff", "width": 1}},
                "hovertemplate": "%{y:~s}",
            }
            for stage, (name, heights) in bars.items()
        ],
        "layout": {
            "barmode": "stack",
            "bargap": 0.4,
            "barcornerradius": 2,
            "margin": {"l": 56, "r": 8, "t": 12, "b": 30},
            "xaxis": {"type": "category"},
            "yaxis": {"rangemode": "tozero", "nticks": 4, "tickprefix": symbol, "tickformat": "~s"},
        },
    }
