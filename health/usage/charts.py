"""Figures of the usage tab as plain Plotly dicts in the light colours of the tokens. No ORM, no request."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

SERIES_1, SERIES_2, BAND = "#4d4dc9", "#3b9edb", "#e9ebf7"
MEAN_DAYS = 7
Figure = dict[str, Any]


def means(values: Sequence[int], days: int = MEAN_DAYS) -> list[float | None]:
    """Mean of each value and the ones before it, `days` in all; None until there are so many.

    Example: 3, 6, 9 over two days are None, 4.5, 7.5.
    """
    return [
        None if index + 1 < days else sum(values[index + 1 - days : index + 1]) / days for index in range(len(values))
    ]


def daily_users(labels: Sequence[str], users: Sequence[int], names: tuple[str, str]) -> Figure:
    """Bars of distinct users a day under the line of their seven-day mean; `names` are those of bars and line."""
    return {
        "data": [
            {
                "type": "bar",
                "name": names[0],
                "x": list(labels),
                "y": list(users),
                "marker": {"color": BAND},
                "hovertemplate": "%{y}",
            },
            {
                "type": "scatter",
                "mode": "lines",
                "name": names[1],
                "x": list(labels),
                "y": means(users),
                "line": {"width": 2.2, "color": SERIES_1},
                "hovertemplate": "%{y:.1f}",
            },
        ],
        "layout": {
            "xaxis": {"type": "category", "nticks": 6, "tickangle": 0},
            "yaxis": {"rangemode": "tozero", "nticks": 4},
            "bargap": 0.15,
            "margin": {"l": 40, "r": 8, "t": 8, "b": 28},
            "hovermode": "x unified",
        },
    }


def monthly_stickiness(
    labels: Sequence[str], ratios: Sequence[Decimal | None], name: str, marks: tuple[Decimal, Decimal]
) -> Figure:
    """DAU/MAU in percent by month, over the field between the marks of what is typical."""
    heights = [None if ratio is None else float(ratio) * 100 for ratio in ratios]
    low, high = (float(mark) * 100 for mark in marks)
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": list(labels),
                "y": heights,
                "line": {"width": 2.2, "color": SERIES_1},
                "hovertemplate": "%{y:.1f}%",
            }
        ],
        "layout": {
            "xaxis": {"type": "category"},
            "yaxis": {
                "range": [0, max([high * 1.1, *(height * 1.1 for height in heights if height is not None)])],
                "ticksuffix": "%",
                "nticks": 5,
            },
            "shapes": [
                {
                    "type": "rect",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": low,
                    "y1": high,
                    "fillcolor": BAND,
                    "line": {"width": 0},
                    "layer": "below",
                }
            ],
            "margin": {"l": 44, "r": 8, "t": 8, "b": 28},
        },
    }


def heat(events: int, most: int) -> str:
    """Class of a cell of the heat map, in five steps of the most that any cell has. Example: 1 of 10 is c1, 10 c5."""
    if not events:
        return "zero"
    return f"c{min(5, 1 + events * 5 // (most + 1))}"
