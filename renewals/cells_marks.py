"""Small drawings of renewals, as SVG: the line of steps, where three callers stand, how far one is off. Each says in its label
what it shows. No request, no query."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from cs_platform.kernel.templatetags.cells import number_text

GAP = 40  # between two steps of the line, in pixels
FIRST = 16
TICK = {5: "l1.6 1.6 3-3.4", 9: "l2.6 2.6 5-5.4"}


class Mark(StrEnum):
    """How a step stands; the value is its class in the stylesheet."""

    ON_TIME = "ok"
    DONE_LATE = "al"
    LATE = "lt"
    NEXT = "nx"
    LATER = "ft"


# What the marks say, in the legend and read aloud.
WORDS: Mapping[Mark, Any] = {
    Mark.ON_TIME: pgettext_lazy("step", "on time"),
    Mark.DONE_LATE: pgettext_lazy("step", "done late"),
    Mark.LATE: pgettext_lazy("step", "late and open"),
    Mark.NEXT: pgettext_lazy("step", "due next"),
    Mark.LATER: pgettext_lazy("step", "later"),
}
CALLERS = ("system", "csm", "leader")


@dataclass(frozen=True)
class Marked:
    """A step with how it stands on a day; `late_days` above 0 when it was, or is, behind its day."""

    step: Any
    mark: Mark
    late_days: int


def marked(steps: Iterable[Any], today: dt.date, *, ended: bool = False) -> list[Marked]:
    """The steps of a renewal (step, days, due_on, done_on), the earliest first. Of the open ones that are not late the
    first is due next; of a renewal that has ended what was left open is neither late nor due.

    Example: due on 1 March and done on the 3rd is done late, by 2 days; open on the 4th it is late, by 3.
    """
    found, waiting = [], not ended
    for step in sorted(steps, key=lambda one: -one.days):
        late = ((step.done_on or today) - step.due_on).days
        if step.done_on is not None:
            mark = Mark.DONE_LATE if late > 0 else Mark.ON_TIME
        elif late > 0 and not ended:
            mark = Mark.LATE
        else:
            mark, waiting = (Mark.NEXT, False) if waiting else (Mark.LATER, waiting)
        found.append(Marked(step, mark, late if mark in (Mark.DONE_LATE, Mark.LATE) else min(late, 0)))
    return found


def days_word(days: int) -> str:
    """T-60: how many days before the end."""
    return _("T-%(days)s") % {"days": days}


def _shape(mark: Mark, x: float, y: float, size: float) -> SafeString:
    """The mark of a step around a point; `size` is half its height."""
    if mark is Mark.ON_TIME:
        tick = TICK[9] if size > 6 else TICK[5]
        return format_html(
            '<circle class="ok" cx="{0}" cy="{1}" r="{2}"/><path class="tk" d="M{3} {4}{5}"/>',
            f"{x:g}", f"{y:g}", f"{size:g}", f"{x - size * 0.43:.1f}", f"{y + size * 0.04:.1f}", tick,
        )  # fmt: skip
    if mark is Mark.DONE_LATE:
        path = f"M{x:g} {y - size * 1.16:.1f}l{size * 1.2:.1f} {size * 2.12:.1f}h{-size * 2.4:.1f}z"
        return format_html('<path class="al" d="{}"/>', path)
    if mark is Mark.LATE:
        half = size * 1.28
        path = f"M{x:g} {y - half:.1f}l{half:.1f} {half:.1f}-{half:.1f} {half:.1f}-{half:.1f}-{half:.1f}z"
        return format_html('<path class="lt" d="{}"/>', path)
    radius = size * (0.92 if mark is Mark.NEXT else 0.72)
    return format_html('<circle class="{}" cx="{}" cy="{}" r="{}"/>', mark.value, f"{x:g}", f"{y:g}", f"{radius:.1f}")


def mark_svg(mark: Mark, *, large: bool = False) -> SafeString:
    """One mark alone: 12 pixels in a legend, 22 above a step."""
    side, size = (22, 8.6) if large else (12, 4.6)
    return format_html(
        '<svg class="st5" width="{0}" height="{0}" viewBox="0 0 {0} {0}" aria-hidden="true">{1}</svg>',
        side,
        _shape(mark, side / 2, side / 2, size),
    )


def step_track(steps: Sequence[Marked]) -> SafeString:
    """The line of steps with their days below: green as far as all was done."""
    if not steps:
        return format_html('<span class="m">{}</span>', "–")
    xs = [FIRST + GAP * place for place in range(len(steps))]
    done = 0
    while done < len(steps) and steps[done].mark in (Mark.ON_TIME, Mark.DONE_LATE):
        done += 1
    walked = format_html('<path class="pr" d="M{} 10H{}"/>', xs[0], xs[done - 1]) if done > 1 else ""
    shapes = format_html_join(
        "",
        '{}<text class="{}" x="{}" y="29" text-anchor="middle">{}</text>',
        (
            (_shape(one.mark, x, 10, 5), "lt" if one.mark is Mark.LATE else "", x, days_word(one.step.days))
            for one, x in zip(steps, xs, strict=True)
        ),
    )
    spoken = ", ".join(f"{days_word(one.step.days)} {WORDS[one.mark]}" for one in steps)
    width = xs[-1] + FIRST + 2
    return format_html(
        '<svg class="st5" width="{0}" height="34" viewBox="0 0 {0} 34" role="img" aria-label="{1}">'
        '<path class="ln" d="M{2} 10H{3}"/>{4}{5}</svg>',
        width, spoken, xs[0], xs[-1], walked, shapes,
    )  # fmt: skip


def legend() -> list[dict[str, Any]]:
    """The marks with their words; what comes later needs none."""
    return [{"svg": mark_svg(mark), "text": text} for mark, text in WORDS.items() if mark is not Mark.LATER]


def spread(calls: Mapping[str, Decimal | float | None], label: str) -> SafeString:
    """Where system (square), CSM (circle) and leader (line) stand from 0 to 100; the distance of the first two is drawn."""
    at = {name: 6 + float(value) / 100 * 108 for name, value in calls.items() if value is not None}
    parts = []
    if "system" in at and "csm" in at:
        parts.append(format_html('<path class="rg" d="M{} 9H{}"/>', f"{at['system']:.1f}", f"{at['csm']:.1f}"))
    if "system" in at:
        parts.append(
            format_html('<rect class="y" x="{}" y="5.4" width="7.2" height="7.2" rx="1"/>', f"{at['system'] - 3.6:.1f}")
        )
    if "csm" in at:
        parts.append(format_html('<circle class="c" cx="{}" cy="9" r="4"/>', f"{at['csm']:.1f}"))
    if "leader" in at:
        parts.append(format_html('<path class="l" d="M{} 3v12"/>', f"{at['leader']:.1f}"))
    return format_html(
        '<svg class="sp" width="120" height="18" viewBox="0 0 120 18" role="img" aria-label="{}">'
        '<path class="ax" d="M6 9H114"/>{}</svg>',
        label,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def bias_bar(points: float, low: float, high: float, *, bad: bool) -> SafeString:
    """A bar from zero to `points` on the scale that all rows share; right of the line is too hopeful."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = 106 / ((high - low) or 1)
    zero, end = 2 - low * scale, 2 + (points - low) * scale
    return format_html(
        '<svg class="sp" width="110" height="14" viewBox="0 0 110 14" aria-hidden="true"><path class="ax" d="M{0} 0v14"/>'
        '<rect class="{1}" x="{2}" y="3" width="{3}" height="8" rx="2"/></svg>',
        f"{zero:.1f}", "hi" if bad else "c", f"{min(zero, end):.1f}", f"{max(abs(end - zero), 0.6):.1f}",
    )  # fmt: skip


def points_text(points: Decimal | float | None) -> str:
    """+4.6 pt, −0.9 pt; a dash when nothing is known."""
    if points is None:
        return "–"
    sign = "+" if round(float(points), 1) > 0 else ""
    return _("%(points)s pt") % {"points": sign + number_text(points, 1, fixed=True)}
