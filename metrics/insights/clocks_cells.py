"""What the page Time to value prints: a tile for each clock, groups, curves over what is usual, who is late (MET-14)."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from cs_platform.kernel.templatetags.ui import band_pill
from health.outcomes.progress import TTV_BANDS
from metrics.enums import Metric
from metrics.figures import survival
from metrics.figures.bands import ttv_bands
from metrics.insights.clocks import CLOCKS, EARLY_DAYS, STATES, Clocked, Summary
from metrics.showing import cells, insight_charts
from metrics.showing.definitions import formula

Link = Callable[..., str]
FEW = 10  # customers that got there below which a median says little
UNSEGMENTED_DAYS = 180


def state_names() -> dict[str, str]:
    return {"late": _("Late"), "open": _("Waiting"), "reached": _("Got there"), "left": _("Left before")}


def days_text(days: Decimal | int | None) -> str:
    return "–" if days is None else _("%(n)s d") % {"n": number_text(Decimal(days), 1)}


def tiles(
    found: Mapping[str, Summary], chosen: str, first: dt.date, as_of: dt.date, link: Link
) -> list[dict[str, Any]]:
    """The median of each clock, those waiting counted; then the share with a first value within ninety days (E19)."""
    shown = []
    for clock in CLOCKS:
        one = found[clock]
        shown.append(
            {
                "label": clock.label,
                "value": days_text(one.median),
                "url": link(clock=clock),
                "current": clock == chosen,
                "foot": _("%(reached)s of %(n)s got there, %(open)s wait")
                % {
                    "reached": number_text(one.reached),
                    "n": number_text(one.accounts),
                    "open": number_text(one.open),
                },
                "definition": {
                    "id": clock.value,
                    "term": clock.label,
                    "formula": formula(clock),
                    "cohort": ngettext(
                        "%(n)s customer signed since %(day)s", "%(n)s customers signed since %(day)s", one.accounts
                    )
                    % {"n": number_text(one.accounts), "day": day_text(first)},
                    "period": _("as of %(day)s") % {"day": day_text(as_of)},
                    "note": _(
                        "Median by Kaplan and Meier: who has not got there yet, or left before, counts as waiting until "
                        "then. It is empty while fewer than half have got there."
                    ),
                },
            }
        )
    value = found[Metric.TTV]
    shown.append(
        {
            "label": _("First value within %(n)s days") % {"n": EARLY_DAYS},
            "value": percent_text(value.share_in_90),
            "foot": _("%(in)s of %(n)s that signed %(days)s days ago or before")
            % {"in": number_text(value.in_90), "n": number_text(value.judged_90), "days": EARLY_DAYS},
        }
    )
    return shown


def group_rows(
    found: Mapping[str, Summary], cut: str, clock: str, profiles: Mapping[str, str], link: Link
) -> list[dict[str, Any]]:
    """A line for each value of the cut, the most customers first; the latest first where the values are quarters."""
    order = sorted(found, key=lambda v: (-found[v].accounts, v))
    if cut == "quarter":
        order = sorted(found, reverse=True)
    rows = []
    for value in order:
        one = found[value]
        judged: Any = ""
        if cut == "segment" and clock == Metric.TTV and value in profiles and one.median is not None:
            band = next((b for b in ttv_bands(profiles[value]) if _within(b, one.median)), None)
            judged = band_pill(band.tone, band.label) if band else ""
        rows.append(
            {
                "name": value_name(cut, value),
                "url": link(cut=cut, value=value, state="all"),
                "cells": [
                    number_text(one.accounts),
                    number_text(one.reached),
                    number_text(one.open),
                    number_text(one.left),
                    days_text(one.median),
                ],
                "few": one.reached < FEW,
                "band": judged,
                "in_time": _share(one.share_in_time, one.in_time, one.judged),
                "in_90": _share(one.share_in_90, one.in_90, one.judged_90),
            }
        )
    return rows


def _within(band: Any, days: Decimal) -> bool:
    return (band.lower is None or days >= band.lower) and (band.upper is None or days < band.upper)


def _share(share: Decimal | None, part: int, whole: int) -> str:
    """73.1%, 38 of 52."""
    if share is None:
        return "–"
    return _("%(share)s, %(part)s of %(whole)s") % {
        "share": percent_text(share),
        "part": number_text(part),
        "whole": number_text(whole),
    }


def value_name(cut: str, value: str) -> str:
    if value and cut == "quarter":
        return cells.quarter_name(dt.date.fromisoformat(f"{value}-01"))
    return cells.dimension_value(cut, value)


def curves(found: Mapping[str, Summary], profiles: Mapping[str, str], clock: str) -> list[dict[str, Any]]:
    """A picture for each segment: the share that got there by each day, over what is usual for its profile."""
    shown = []
    for number, value in enumerate(sorted(found, key=lambda v: (-found[v].accounts, v)), start=1):
        one = found[value]
        band = TTV_BANDS.get(profiles.get(value, "")) if clock == Metric.TTV else None
        until = band[1] * 2 if band else UNSEGMENTED_DAYS
        steps = [(day, float(share)) for day, share in one.steps]
        marks = sorted({0, *(band or ()), until // 2, until})
        shown.append(
            {
                "id": f"c-clock-{number}",
                "name": value or _("No segment"),
                "n": ngettext("%(n)s customer", "%(n)s customers", one.accounts) % {"n": number_text(one.accounts)},
                "usual": _("usual: %(low)s to %(high)s days") % {"low": band[0], "high": band[1]} if band else "",
                "figure": insight_charts.reached_figure(steps, band, until, value or _("No segment")),
                "finding": _("%(name)s: half got there after %(median)s; %(share)s by day %(day)s.")
                % {
                    "name": value or _("No segment"),
                    "median": days_text(one.median),
                    "share": percent_text(float(survival.share_by(one.steps, band[1] if band else until)), 0),
                    "day": band[1] if band else until,
                },
                "table": {
                    "head": [_("Days since the signature"), _("Got there")],
                    "rows": [
                        [number_text(day), percent_text(float(survival.share_by(one.steps, day)))] for day in marks
                    ],
                },
            }
        )
    return shown


def waits_for(line: Clocked, clock: str) -> str:
    """The next thing that has to happen for the clock to stop."""
    if clock != Metric.TTV or line.reached:
        return ""
    if line.planned and line.due_on:
        text = _("“%(name)s” confirmed, due %(day)s") % {"name": line.planned, "day": day_text(line.due_on)}
    else:
        text = _("a first value to be agreed")
    before = []
    if line.login_on is None:
        before.append(_("first use"))
    if line.onboarding_on is None:
        before.append(_("end of onboarding"))
    return ", ".join([*before, text])


def row(slug: str, line: Clocked, clock: str) -> dict[str, Any]:
    """An account of the list: since when, how long, how far beyond its target, what it waits for."""
    over = line.days - line.target if line.target is not None else None
    if line.reached:
        state = band_pill("good" if over is None or over <= 0 else "watch", _("got there"))
    elif line.left_it:
        state = band_pill("none", _("left"))
    else:
        state = band_pill("risk" if over is not None and over > 0 else "line", _("waits"))
    return {
        "name": line.name,
        "url": reverse("account_outcomes", args=[slug, line.account_id]),
        "segment": line.segment,
        "owner": line.owner,
        "signed": day_text(line.signed_on),
        "days": days_text(line.days),
        "over": _("%(n)s d over") % {"n": number_text(over)} if over is not None and over > 0 else "",
        "state": state,
        "waits_for": waits_for(line, clock),
    }


def states(chosen: str, link: Link) -> list[dict[str, Any]]:
    names = state_names()
    every = {"label": _("All"), "url": link(state="all"), "on": chosen not in STATES}
    return [
        *({"label": names[s], "url": link(state=s), "on": s == chosen} for s in STATES),
        every,
    ]


def note(usage_from: dt.date | None, clock: str, first: dt.date) -> str:
    """Who is missing from the clock of the first use, and why."""
    if clock != Metric.TTV_LOGIN:
        return ""
    if usage_from is None:
        return _("No usage has been collected yet, so nobody knows when the product was first used.")
    if usage_from <= first:
        return ""
    return _("Usage is known since %(day)s: customers signed before are left out, their first use is not known.") % {
        "day": day_text(usage_from)
    }


def profiles_of(segments: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {name: profile for name, profile in segments if profile}
