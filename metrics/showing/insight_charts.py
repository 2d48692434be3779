"""Plotly figures of the pages Movements, Cohorts and Time to value: plain dicts in the light colours of the tokens."""

from collections.abc import Callable, Sequence

from metrics.showing.charts import BAND, NONE, SERIES_1, TEXT, Figure, ticks

Money = Callable[[float], str]


def movements_figure(
    labels: Sequence[str],
    stacks: Sequence[tuple[str, str, Sequence[float], Sequence[str]]],
    net: tuple[str, Sequence[float], Sequence[str]],
    money: Money,
) -> Figure:
    """What was added above zero and lost below it, by month, with the net as a line. Stacks: (name, colour, signed
    amounts in whole currency units, their texts)."""
    highs = [sum(max(values[i], 0.0) for _n, _c, values, _t in stacks) for i in range(len(labels))]
    lows = [sum(min(values[i], 0.0) for _n, _c, values, _t in stacks) for i in range(len(labels))]
    top, bottom = max([*highs, 0.0]), min([*lows, 0.0])
    pad = max((top - bottom) * 0.06, 1.0)
    marks = ticks(bottom, top) if top > bottom else [0.0]
    bars = [
        {
            "type": "bar",
            "name": name,
            "x": list(labels),
            "y": list(values),
            "marker": {"color": colour},
            "customdata": list(texts),
            "hovertemplate": "%{customdata}",
        }
        for name, colour, values, texts in stacks
    ]
    name, values, texts = net
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": list(labels),
        "y": list(values),
        "line": {"width": 2, "color": TEXT},
        "marker": {"size": 5, "color": TEXT},
        "customdata": list(texts),
        "hovertemplate": "%{customdata}",
    }
    return {
        "data": [*bars, line],
        "layout": {
            "barmode": "relative",
            "barcornerradius": 2,
            "xaxis": {"type": "category"},
            "yaxis": {
                "range": [bottom - pad, top + pad],
                "tickvals": marks,
                "ticktext": [money(mark) for mark in marks],
                "zeroline": True,
                "zerolinecolor": NONE,
            },
            "margin": {"l": 62, "t": 10},
        },
    }


def curves_figure(
    ages: Sequence[int], lines: Sequence[tuple[str, Sequence[float | None]]], mean: tuple[str, Sequence[float | None]]
) -> Figure:
    """One thin line a cohort and their mean as a thick one; percent by months of age. An age that a cohort has not
    reached is a gap."""
    heights = [value for _name, values in [*lines, mean] for value in values if value is not None]
    low, high = min([*heights, 100.0]), max([*heights, 100.0])
    pad = max((high - low) * 0.06, 2.0)
    bottom = max(low - pad, 0.0)
    marks = ticks(bottom, high + pad)

    def trace(name: str, values: Sequence[float | None], colour: str, width: float) -> Figure:
        return {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": list(ages),
            "y": list(values),
            "line": {"width": width, "color": colour},
            "hovertemplate": "%{y:.0f}%" if width > 2 else "%{y:.0f}% <extra>" + name + "</extra>",
            "hoverinfo": "all",
        }

    return {
        "data": [
            *(trace(name, values, NONE, 1.2) for name, values in lines),
            trace(mean[0], mean[1], SERIES_1, 3.0),
        ],
        "layout": {
            "hovermode": "closest",
            "xaxis": {"tickvals": [age for age in ages if age % 6 == 0], "range": [min(ages), max(ages)]},
            "yaxis": {
                "range": [bottom, high + pad],
                "tickvals": marks,
                "ticktext": [f"{mark:g}%" for mark in marks],
            },
            "margin": {"l": 46, "t": 8},
        },
    }


def reached_figure(steps: Sequence[tuple[int, float]], band: tuple[int, int] | None, until: int, name: str) -> Figure:
    """The share that has got there by each day after the signature, as steps, over what is usual for the segment."""
    days, shares = [0], [0.0]
    for day, share in steps:
        if day > until:
            break
        days.append(day)
        shares.append(share * 100)
    days.append(until)
    shares.append(shares[-1])
    usual = [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": band[0],
            "x1": band[1],
            "y0": 0,
            "y1": 1,
            "fillcolor": BAND,
            "line": {"width": 0},
            "layer": "below",
        }
        for band in ([band] if band else [])
    ]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": days,
                "y": shares,
                "line": {"width": 2.2, "color": SERIES_1, "shape": "hv"},
                "hovertemplate": "%{y:.0f}%",
            }
        ],
        "layout": {
            "shapes": usual,
            "xaxis": {"range": [0, until], "tickvals": ticks(0, until)},
            "yaxis": {"range": [0, 104], "tickvals": [0, 50, 100], "ticktext": ["0%", "50%", "100%"]},
            "margin": {"l": 46, "t": 8},
        },
    }
