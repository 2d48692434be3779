"""Figures of the customer pages: SVG paths and Plotly dicts, from rows. No ORM, no request."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

# The light colour of the tokens; charts.js exchanges it in the dark theme.
SERIES_1 = "#4d4dc9"


def mrr_steps(points: Sequence[tuple[dt.date, int]], *, width: int = 340, height: int = 76) -> dict[str, str]:
    """Paths of a step line and the area below it for (month, minor units), zero at the bottom; {} without points."""
    top = max((amount for _month, amount in points), default=0)
    if not points or top <= 0:
        return {}
    step = width / len(points)

    def y(amount: int) -> str:
        return f"{height - amount / top * (height - 8):.1f}"

    line, previous = "", None
    for index, (_month, amount) in enumerate(points):
        if previous is None:
            line = f"M0 {y(amount)}"
        elif amount != previous:
            line += f"H{index * step:.1f}V{y(amount)}"
        previous = amount
    line += f"H{width}"
    area = "M0 " + str(height) + "V" + line.removeprefix("M0 ") + f"V{height}Z"
    return {"line": line, "area": area, "box": f"0 0 {width} {height}"}


def renewals_by_month(rows: Sequence[dict[str, Any]], symbol: str) -> dict[str, Any]:
    """Bars of ARR that comes up for renewal. Rows: {label, arr (a number in whole currency units), text, accounts}."""
    return {
        "data": [
            {
                "type": "bar",
                "x": [row["label"] for row in rows],
                "y": [row["arr"] for row in rows],
                "text": [row["text"] for row in rows],
                "textposition": "outside",
                "cliponaxis": False,
                "marker": {"color": SERIES_1},
                "hovertemplate": "%{x}: %{text}<extra></extra>",
                "width": 0.55,
            }
        ],
        "layout": {
            "margin": {"l": 56, "r": 8, "t": 24, "b": 28},
            "showlegend": False,
            "xaxis": {"type": "category", "fixedrange": True},
            "yaxis": {"rangemode": "tozero", "nticks": 4, "tickprefix": symbol, "tickformat": "~s", "fixedrange": True},
        },
    }
