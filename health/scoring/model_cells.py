"""Health models in words and rows: what a version changed, what a draft would change; no query and no request."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import cells
from accounts.cells import TONES, score_text
from accounts.enums import HealthBand
from cs_platform.kernel.templatetags.cells import number_text, percent_text
from health.enums import Component
from health.models import HealthModelVersion
from health.scoring.definition import Definition, Part
from health.scoring.indicators import signed
from health.scoring.versions import Moved, Preview

SHOWN = (HealthBand.GREEN, HealthBand.YELLOW, HealthBand.RED, HealthBand.NONE)
ORDER = {HealthBand.GREEN: 2, HealthBand.YELLOW: 1, HealthBand.RED: 0}


def changes(old: Definition, new: Definition) -> list[str]:
    """What the second definition says otherwise, one sentence part each. Example: "Usage: weight 40 to 35"."""
    found = []

    def told(name: Any, what: str, before: str, after: str) -> None:
        if before != after:
            words = {"name": name, "what": what, "before": before, "after": after}
            found.append(_("%(name)s: %(what)s %(before)s to %(after)s") % words)

    for component in Component:
        told(
            component.label, _("weight"), number_text(old.weights[component], 4), number_text(new.weights[component], 4)
        )
    before = {part.key: part for part in old.parts}
    after = {part.key: part for part in new.parts}
    for key, part in after.items():
        if key not in before:
            words = {"name": part.indicator.label, "weight": number_text(part.weight, 4)}
            found.append(_("%(name)s joins with weight %(weight)s") % words)
            continue
        was, label = before[key], part.indicator.label
        told(label, _("weight"), number_text(was.weight, 4), number_text(part.weight, 4))
        told(label, _("worst"), part.indicator.say(was.worst), part.indicator.say(part.worst))
        told(label, _("best"), part.indicator.say(was.best), part.indicator.say(part.best))
        told(label, _("days"), str(was.window or "–"), str(part.window or "–"))
        told(label, _("young accounts"), _young(was), _young(part))
    found += [_("%(name)s leaves") % {"name": part.indicator.label} for key, part in before.items() if key not in after]
    told(HealthBand.YELLOW.label, _("from"), number_text(old.yellow, 4), number_text(new.yellow, 4))
    told(HealthBand.GREEN.label, _("from"), number_text(old.green, 4), number_text(new.green, 4))
    told(_("Coverage"), _("at least"), percent_text(old.coverage, 0), percent_text(new.coverage, 0))
    return found


def _young(part: Part) -> str:
    steps = [
        _("%(worst)s to %(best)s before month %(until)s")
        % {"until": step.until, "worst": part.indicator.say(step.worst), "best": part.indicator.say(step.best)}
        for step in part.early
    ]
    return ", ".join(steps) or _("as all")


def summary(definition: Definition) -> list[dict[str, Any]]:
    """The weights of the components with their heaviest indicators."""
    rows = []
    for component in Component:
        parts = sorted((p for p in definition.parts if p.component == component), key=lambda p: (-p.weight, p.key))
        rows.append(
            {
                "name": component.label,
                "weight": number_text(definition.weights[component], 4),
                "parts": [f"{part.indicator.label} {number_text(part.weight, 4)}" for part in parts],
                "bar": [("acc", definition.weights[component]), ("", 100 - definition.weights[component])],
                "spoken": _("%(weight)s of 100") % {"weight": number_text(definition.weights[component], 4)},
            }
        )
    return rows


def version_row(row: HealthModelVersion, older: HealthModelVersion | None) -> dict[str, Any]:
    """A line of the history: number, state, author, reason, day, and what it changed."""
    changed = changes(Definition.read(older.definition), Definition.read(row.definition)) if older else []
    return {
        "number": _("Version %(n)s") % {"n": row.number},
        "state": row.get_state_display(),
        "tone": {"published": "acc", "draft": "line"}.get(row.state, ""),
        "author": row.author.name if row.author else _("Setia"),
        "reason": row.reason,
        "day": row.published_at or row.created_at,
        "changes": changed,
        "first": older is None,
    }


def preview_rows(found: Preview, currency: str, account_url: Any) -> dict[str, Any]:
    """What publishing would do: the matrix with money, the accounts that change band, and the sentence above them."""
    shown = [b for b in SHOWN if b in ORDER or any(b in cell and n for cell, n in found.counts.items())]
    rows = []
    for old in shown:
        row = []
        for new in shown:
            count = found.counts.get((old, new), 0)
            tone = "same"
            if old != new and HealthBand.NONE not in (old, new):
                tone = "up" if ORDER[new] > ORDER[old] else "down"
            money = cells.arr_text(found.arr.get((old, new), 0) // 12, currency) if count else ""
            row.append({"value": f"{count:,}", "tone": tone if count else "zero", "arr": money})
        rows.append({"tone": TONES[old], "label": old.label, "cells": row})
    return {
        "heads": [{"tone": TONES[band], "label": band.label} for band in shown],
        "matrix": rows,
        "finding": _finding(found),
        "moved": [_moved(each, currency, account_url(each.account_id)) for each in found.moved],
        "shown": _("%(shown)s of %(found)s shown") % {"shown": len(found.moved), "found": f"{found.moved_count:,}"},
    }


def _finding(found: Preview) -> str:
    if not found.accounts:
        return _("No account of this model has anything to judge yet.")
    words = {"n": f"{found.moved_count:,}", "of": f"{found.accounts:,}"}
    head = ngettext(
        "%(n)s of %(of)s accounts would change band", "%(n)s of %(of)s accounts would change band", found.moved_count
    )
    if found.mean_change is None:
        return f"{head % words}."
    return f"{head % words}, {_('%(points)s points on average') % {'points': signed(found.mean_change)}}."


def _moved(row: Moved, currency: str, url: str) -> dict[str, Any]:
    return {
        "name": row.name,
        "url": url,
        "arr": cells.arr_text(row.arr_minor // 12, currency),
        "before": cells.health(row.band_before),
        "after": cells.health(row.band_after),
        "score_before": score_text(row.before, 1),
        "score_after": score_text(row.after, 1),
    }


def judged_row(
    name: str, score: float | None, band: HealthBand, coverage: float, parts: Mapping[Component, float | None]
) -> dict[str, Any]:
    """One version's judgement of one account."""
    return {
        "name": name,
        "score": score_text(score, 1),
        "health": cells.health(band),
        "coverage": percent_text(coverage, 0),
        "components": [score_text(value, 1) for value in parts.values()],
    }
