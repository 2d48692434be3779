"""Figures of the customer pages: SVG paths from rows. No ORM, no request."""

import datetime as dt
from collections.abc import Sequence


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
