"""Charts as own SVG for what is printed and presented (PDF, slides): the same numbers as the page's charts, no browser.

Pure. Colours stand in attributes, which typst reads; classes of the same names let a style sheet exchange them in the
dark theme. Text is escaped. Heights of bars and lines are floats: a pixel has no cents.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from typing import Any

from metrics.showing.charts import BAND, GOOD, NONE, RISK, SERIES_1, SERIES_2, TEXT, axis_start, bridge_levels, ticks

QUIET = "#6b6b78"
GRID = "#efeff3"
COLOURS = {
    "s1": SERIES_1, "s2": SERIES_2, "good": GOOD, "risk": RISK, "none": NONE, "band": BAND,
    "ink": TEXT, "quiet": QUIET, "grid": GRID,
}  # fmt: skip


@dataclass
class Canvas:
    """Pieces of a drawing, in the order in which they lie on each other."""

    width: float
    height: float
    parts: list[str] = field(default_factory=list)

    def add(self, tag: str, text: str = "", **attributes: Any) -> None:
        """One element; `class_` and other names that Python or SVG write differently are turned into SVG's."""
        pairs = " ".join(
            f'{name.rstrip("_").replace("_", "-")}="{escape(_number(value))}"' for name, value in attributes.items()
        )
        self.parts.append(f"<{tag} {pairs}>{escape(text)}</{tag}>" if text else f"<{tag} {pairs}/>")

    def text(self, x: float, y: float, said: str, colour: str = "quiet", **more: Any) -> None:
        more = {"font_size": 11, "font_weight": 400} | more
        self.add("text", said, x=x, y=y, class_=f"{colour} t", fill=COLOURS[colour], font_family="Inter", **more)

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: str, **more: Any) -> None:
        self.add("line", x1=x0, y1=y0, x2=x1, y2=y1, class_=f"{colour} l", stroke=COLOURS[colour], **more)

    def area(self, x: float, y: float, width: float, height: float, colour: str, **more: Any) -> None:
        self.add("rect", x=x, y=y, width=width, height=height, class_=f"{colour} f", fill=COLOURS[colour], **more)

    def done(self, label: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_number(self.width)} {_number(self.height)}" '
            f'role="img" aria-label="{escape(label)}">{"".join(self.parts)}</svg>'
        )


def _number(value: Any) -> str:
    """52.40 as 52.4: coordinates to a hundredth."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Line:
    """One line of a trend: its colour, values in percent by month (None is a gap), the text at its end, its plan."""

    name: str
    colour: str
    values: Sequence[Decimal | None]
    text: str
    plan: Sequence[Decimal | None] = ()


def trend_svg(
    labels: Sequence[str],
    lines: Sequence[Line],
    bands: Sequence[tuple[Decimal, Decimal]],
    label: str,
    *,
    size: tuple[float, float],
) -> str:
    """Ratios in percent by month over the bands of what is normal; plans are dashed."""
    canvas = Canvas(*size)
    left, right, top, bottom = 44.0, 60.0, 10.0, 24.0
    levels = [float(edge) for band in bands for edge in band]
    levels += [float(v) for line in lines for v in (*line.values, *line.plan) if v is not None]
    least, most = min(levels, default=0.0), max(levels, default=100.0)
    pad = max((most - least) * 0.08, 1.0)
    low, high = least - pad, most + pad
    inner, deep = canvas.width - left - right, canvas.height - top - bottom
    step = inner / max(len(labels) - 1, 1)

    def y(value: float) -> float:
        return top + (high - value) / (high - low) * deep

    for lower, upper in bands:
        canvas.area(left, y(float(upper)), inner, y(float(lower)) - y(float(upper)), "band")
    for mark in ticks(low, high):
        canvas.line(left, y(mark), left + inner, y(mark), "grid", stroke_width=1)
        canvas.text(left - 8, y(mark) + 4, f"{mark:g}%", text_anchor="end")
    if low < 100 < high:
        canvas.line(left, y(100.0), left + inner, y(100.0), "none", stroke_width=1, stroke_dasharray="1 3")
    every = 1 if len(labels) <= 13 else 2
    for place, said in enumerate(labels):
        if place % every == 0:
            canvas.text(left + place * step, canvas.height - 6, said, text_anchor="middle")
    ends: list[tuple[float, Line]] = []
    for line in lines:
        strokes: tuple[tuple[Sequence[Decimal | None], dict[str, Any]], ...] = (
            (line.plan, {"stroke_width": 1.2, "stroke_dasharray": "5 4"}),
            (line.values, {"stroke_width": 2.2, "stroke_linejoin": "round", "stroke_linecap": "round"}),
        )
        for values, more in strokes:
            path = _path([None if v is None else y(float(v)) for v in values], left, step)
            if path:
                canvas.add("path", d=path, fill="none", class_=f"{line.colour} l", stroke=COLOURS[line.colour], **more)
        if line.values and line.values[-1] is not None:
            ends.append((y(float(line.values[-1])), line))
    reached = -15.0
    for wished, line in sorted(ends, key=lambda end: end[0]):
        height = reached = max(wished, reached + 15)  # two texts at one height would lie on each other
        canvas.text(left + inner + 8, height + 4, line.text, line.colour, font_size=12.5, font_weight=600)
    return canvas.done(label)


def _path(heights: Sequence[float | None], left: float, step: float) -> str:
    """A path with gaps; a lone point is a short dash."""
    path, down = "", False
    for place, height in enumerate(heights):
        if height is None:
            down = False
            continue
        alone = not down and (place + 1 == len(heights) or heights[place + 1] is None)
        path += f"{'L' if down else 'M'}{_number(left + place * step)} {_number(height)}" + ("h3" if alone else "")
        down = True
    return path


def bridge_svg(
    steps: Sequence[tuple[str, float, bool]],
    texts: Sequence[str],
    money: Callable[[float], str],
    label: str,
    *,
    size: tuple[float, float],
) -> str:
    """A waterfall: balances stand on the axis, movements hang between them; see `charts.bridge_figure`."""
    canvas = Canvas(*size)
    left, right, top, bottom = 52.0, 6.0, 18.0, 24.0
    levels = bridge_levels(steps)
    start = axis_start(levels)
    most = max(levels, default=1.0)
    high = most + max((most - start) * 0.06, 1.0)
    inner, deep = canvas.width - left - right, canvas.height - top - bottom
    slot = inner / max(len(steps), 1)
    wide = min(slot * 0.62, 64.0)

    def y(value: float) -> float:
        return top + (high - value) / (high - start) * deep

    for mark in ticks(start, most):
        canvas.line(left, y(mark), left + inner, y(mark), "grid", stroke_width=1)
        canvas.text(left - 8, y(mark) + 4, money(mark), text_anchor="end")
    small = 10 if len(steps) > 6 else 11
    for place, ((said, amount, balance), level) in enumerate(zip(steps, levels, strict=True)):
        before = levels[place - 1] if place else start
        bar = (start, level) if balance else (min(before, level), max(before, level))
        middle = left + (place + 0.5) * slot
        colour = "s1" if balance else "good" if amount >= 0 else "risk"
        canvas.area(middle - wide / 2, y(bar[1]), wide, max(y(bar[0]) - y(bar[1]), 1.0), colour, rx=2)
        if place:
            canvas.line(middle - slot + wide / 2, y(before), middle - wide / 2, y(before), "none", stroke_width=1)
        canvas.text(middle, y(bar[1]) - 5, texts[place], "ink", text_anchor="middle", font_size=small)
        canvas.text(middle, canvas.height - 6, said, text_anchor="middle", font_size=small)
    return canvas.done(label)
