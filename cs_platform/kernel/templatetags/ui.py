"""Template tags of the interface: small marks drawn on the server, and the renderer of forms. See docs/interface.md.

Every number that becomes an SVG attribute is formatted here, so that a language never puts a comma into a path.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.forms.renderers import DjangoTemplates
from django.template import loader
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

TONES = ("good", "watch", "risk", "none")
ARROWS = {"up": "arrow-up", "down": "arrow-down", "flat": "minus"}
AVATAR_COLOURS = ("", "av-2", "av-3", "av-4", "av-5")


class FormRenderer(DjangoTemplates):
    """Renders fields with components/field.html and forms with components/form.html; widgets stay Django's own."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"

    def get_template(self, template_name: str) -> Any:
        if template_name.startswith("components/"):
            return loader.get_template(template_name)
        return super().get_template(template_name)


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """A symbol of static/icons.svg. Decorative: the word stands beside it, or in the aria-label of its button."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        classes or ("h" if name.startswith("h-") else "i"),
        staticfiles_storage.url("icons.svg"),
        name,
    )


@register.simple_tag
def band_pill(tone: str, text: str, pill: bool = True) -> SafeString:
    """Shape, word and colour together. Tones of health have a shape; "acc" and "line" are plain pills."""
    shape = icon(f"h-{tone}") if tone in TONES else ""
    return format_html('<span class="{} {}">{}{}</span>', "pill" if pill else "health", tone, shape, text)


@register.simple_tag
def delta(value: str, text: str = "", direction: str = "flat", good: bool | None = None) -> SafeString:
    """A change: amount, arrow for the direction, colour for good or bad. `text` is read aloud: "since September"."""
    colour = " up" if good is True else " down" if good is False else ""
    arrow = icon(ARROWS[direction or "flat"], "i-s")
    return format_html('<span class="delta{}">{}{}<span class="sr"> {}</span></span>', colour, arrow, value, text)


@register.simple_tag
def avatar(name: str, classes: str = "") -> SafeString:
    """Initials in a colour that belongs to the name. Decorative: print the name too, if only in class "sr"."""
    words = name.split()
    initials = "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
    colour = AVATAR_COLOURS[zlib.crc32(name.encode()) % len(AVATAR_COLOURS)]
    return format_html('<span class="av {} {}" aria-hidden="true">{}</span>', colour, classes, initials)


@register.simple_tag
def sparkline(
    points: Iterable[float | None],
    band: Sequence[float] | None = None,
    label: str = "",
    tone: str = "",
    small: bool = False,
) -> SafeString:
    """A line without axes. None is a gap, a lone point a dash, equal points lie in the middle; `band` is normal."""
    values = [None if p is None or not math.isfinite(float(p)) else float(p) for p in points]
    known = [v for v in values if v is not None]
    if not known:
        return mark_safe('<span class="m">–</span>')
    width, height, pad = (64, 18, 3.0) if small else (160, 36, 7.0)
    low, high = min(known), max(known)
    step = width / max(len(values) - 1, 1)

    def y(value: float) -> float:
        if high == low:
            return height / 2 + max(-height / 2, min(height / 2, (low - value) / (abs(low) or 1) * height))
        return min(height, max(0.0, pad + (high - value) / (high - low) * (height - 2 * pad)))

    path, pen_down = "", False
    for i, value in enumerate(values):
        if value is None:
            pen_down = False
            continue
        lone = not pen_down and (i + 1 == len(values) or values[i + 1] is None)
        x = width / 2 if len(values) == 1 else i * step
        path += f"{'L' if pen_down else 'M'}{x:.1f} {y(value):.1f}" + ("h2" if lone else "")
        pen_down = True
    field = SafeString("")
    if band:
        top, bottom = y(max(band)), y(min(band))
        field = format_html(
            '<rect class="band" x="0" y="{}" width="{}" height="{}" rx="1"/>',
            f"{top:.1f}",
            width,
            f"{max(bottom - top, 1):.1f}",
        )
    return format_html(
        '<svg class="spark {}{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}'
        '<path class="ln" d="{}"/></svg>',
        "t " if small else "",
        tone,
        width,
        height,
        label,
        field,
        path,
    )


@register.simple_tag
def hbar(parts: Iterable[tuple[str, float]], label: str, classes: str = "") -> SafeString:
    """Shares of a whole as one bar. Parts are (tone, amount); tones: good watch risk none acc s2 s3 s4."""
    shares = [(tone, float(amount)) for tone, amount in parts if amount and amount > 0]
    total = sum(amount for _, amount in shares)
    gap, x, rows = 0.6, 0.0, []
    for tone, amount in shares:
        width = amount / total * 100
        rows.append((tone, f"{x:.2f}", f"{max(width - (gap if x + width < 99.99 else 0), 0.3):.2f}"))
        x += width
    bars = format_html_join("", '<rect class="{}" x="{}" y="0" width="{}" height="8"/>', rows)
    return format_html(
        '<svg class="hbar {}" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        classes,
        label,
        bars,
    )


@register.simple_tag
def why_bar(value: float, low: float, high: float) -> SafeString:
    """The bar of a "why" row: from zero to `value` on the scale `low` to `high` that all rows of the list share."""
    span = (high - low) or 1.0
    zero, end = (0 - low) / span * 168, (float(value) - low) / span * 168
    return format_html(
        '<svg viewBox="0 0 168 14" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="{}" x="{}" y="2" width="{}" height="10" rx="2"/>'
        '<line class="zero" x1="{}" x2="{}" y1="0" y2="14"/></svg>',
        "up" if value >= 0 else "down",
        f"{min(zero, end):.1f}",
        f"{abs(end - zero):.1f}",
        f"{zero:.1f}",
        f"{zero:.1f}",
    )


@register.inclusion_tag("components/chart.html")
def chart(
    chart_id: str,
    figure: Mapping[str, Any],
    label: str,
    table: Mapping[str, Any] | None = None,
    size: str = "",
) -> dict[str, Any]:
    """A Plotly figure ({"data": […], "layout": {…}}, light colours, no template), the finding as its label, and the
    same numbers as a table ({"head": […], "rows": [[…]], "foot": […]}, cells formatted) for the card's Table button."""
    return {
        "id": chart_id,
        "figure": figure,
        "figure_id": f"{chart_id}-figure",
        "label": label,
        "table": table,
        "size": size,
    }
