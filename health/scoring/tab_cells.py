"""The Health tab of an account in rows, words and figures; no query and no request here."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import TONES, score_text
from accounts.enums import HealthBand
from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from health.enums import Component
from health.models import HealthScore
from health.scoring.definition import Definition
from health.scoring.diff import COVERAGE, MODEL, Difference
from health.scoring.formulas import MICRO
from health.scoring.indicators import INDICATORS, Source, signed
from health.scoring.path import Path
from health.scoring.selectors import Day, Factor

LINE, MARK = "#4d4dc9", "#17171f"
FIELDS = (("#f7e9ea", 0.0, 50.0), ("#fdf6e3", 50.0, 80.0), ("#e4f3ef", 80.0, 100.0))
GAP = 10  # days between two scores that a line still joins
# Days after which what a source last said about an account is old.
OLD_DAYS = {Source.USAGE: 7, Source.TOUCHPOINTS: 60, Source.SURVEYS: 240, Source.OUTCOMES: 120}


@dataclass(frozen=True)
class Mark:
    """Something that happened, for the chart: shown with its number and listed below."""

    day: dt.date
    text: str


def tone_of(score: float | None, definition: Definition) -> str:
    return TONES[definition.band(score)]


def figure(days: Sequence[Day], marks: Sequence[Mark], definition: Definition) -> dict[str, Any]:
    """The score over time on its band fields: {"figure", "finding", "table"}. Days without a score are a grey gap."""
    xs: list[str | None] = []
    ys: list[float | None] = []
    shapes: list[dict[str, Any]] = [
        {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": high, "fillcolor": colour, "line": {"width": 0}, "layer": "below"}
        for colour, low, high in zip(
            (f[0] for f in FIELDS), (0, definition.yellow, definition.green), (definition.yellow, definition.green, 100), strict=True
        )
    ]  # fmt: skip
    before: Day | None = None
    for each in days:
        if before is not None and ((each.day - before.day).days > GAP or each.score is None):
            xs.append(before.day.isoformat())
            ys.append(None)
        if each.score is None and before is not None:
            shapes.append(
                {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": before.day.isoformat(), "x1": each.day.isoformat(),
                 "fillcolor": "#c9c9d2", "opacity": 0.35, "line": {"width": 0}, "layer": "below"}
            )  # fmt: skip
        xs.append(each.day.isoformat())
        ys.append(each.score)
        before = each
    data: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "x": xs, "y": ys, "line": {"color": LINE, "width": 2.2}, "connectgaps": False,
         "hovertemplate": "%{x|%d %b %Y}: %{y:.1f}<extra></extra>"}
    ]  # fmt: skip
    if marks:
        level = {each.day: each.score for each in days if each.score is not None}
        known = sorted(level)
        heights = [level[max((d for d in known if d <= m.day), default=known[0])] if known else 50 for m in marks]
        data.append(
            {"type": "scatter", "mode": "markers+text", "x": [m.day.isoformat() for m in marks], "y": heights,
             "text": [str(n) for n in range(1, len(marks) + 1)], "textfont": {"color": "#ffffff", "size": 10},
             "marker": {"color": MARK, "size": 17}, "hovertext": [m.text for m in marks], "hoverinfo": "text"}
        )  # fmt: skip
    scored = [each for each in days if each.score is not None]
    last = scored[-1] if scored else None
    layout = {
        "showlegend": False, "shapes": shapes, "margin": {"r": 20},
        "yaxis": {"range": [0, 102], "tickvals": [0, definition.yellow, definition.green, 100], "showgrid": False},
        "xaxis": {"type": "date", "showgrid": False, "nticks": 7},
    }  # fmt: skip
    finding = _("No score in this time.")
    if last is not None:
        finding = _("The score was %(score)s on %(day)s.") % {
            "score": score_text(last.score, 1),
            "day": day_text(last.day),
        }
    rows = [
        [
            day_text(d.day),
            score_text(d.score, 1),
            str(d.band.label),
            percent_text(d.coverage, 0),
        ]
        for d in reversed(days)
    ]
    head = [_("Day"), _("Score"), _("Band"), _("Coverage")]
    return {"figure": {"data": data, "layout": layout}, "finding": finding, "table": {"head": head, "rows": rows}}


def components(
    row: HealthScore, before: HealthScore | None, found: Sequence[Factor], definition: Definition
) -> list[Any]:
    """Each component to scale: its weight, what it gives, its points, and what they were."""
    rows = []
    for component in Component:
        own = [f for f in found if f.indicator.component == component]
        points = getattr(row, component)
        was = getattr(before, component) if before else None
        weight = sum(f.weight for f in own)
        given = sum(f.contribution or 0 for f in own)
        words = [_("%(points)s points") % {"points": score_text(points)} if points is not None else _("no data")]
        if was is not None and points is not None and score_text(was) != score_text(points):
            words.append(_("was %(points)s") % {"points": score_text(was)})
        rows.append(
            {
                "name": component.label,
                "nominal": number_text(definition.weights[component], 1),
                "given": number_text(given, fixed=True) if points is not None else "–",
                "of": number_text(weight),
                "text": ", ".join(words),
                "bar": [(tone_of(float(points), definition), given), ("rest", max(weight - given, 0))] if points is not None else [("rest", 1)],
                "label": f"{component.label}: {', '.join(words)}",
            }
        )  # fmt: skip
    return rows


def waterfall(found: Difference, definition: Definition) -> list[dict[str, Any]]:
    """The difference as rows from the first score to the second; points have one decimal and add up."""
    if found.before is None or found.after is None:
        return []
    parts = found.tenths()
    level, low, high = found.before, min(found.before, found.after), max(found.before, found.after)
    for driver, _tenth in parts:
        level += driver.points
        low, high = min(low, level), max(high, level)
    low, high = max(low - 6, 0), min(high + 4, 110)

    def x(value: float) -> float:
        return (value - low) / ((high - low) or 1) * 400

    edges = [f"{x(e):.1f}" for e in (definition.yellow, definition.green) if low < e < high]
    rows = [_balance(found.before_day, found.before, definition, x(found.before), edges)]
    level = found.before
    for driver, tenth in parts:
        start, level = level, level + driver.points
        left, right = sorted((x(start), x(level)))
        rows.append(
            {
                "name": driver.told(),
                "component": driver.component.label if driver.component else "",
                "tone": "up" if driver.micro > 0 else "down",
                "x": f"{left:.1f}",
                "width": f"{max(right - left, 1.5):.1f}",
                "edges": edges,
                "points": signed(tenth),
                "negative": driver.micro < 0,
                "note": {COVERAGE: True, MODEL: True}.get(driver.key, False),
            }
        )
    rows.append(_balance(found.after_day, found.after, definition, x(found.after), edges))
    return rows


def _balance(day: dt.date, score: float, definition: Definition, width: float, edges: list[str]) -> dict[str, Any]:
    name = f"{day_text(day)}, {HealthBand(definition.band(score)).label}"
    return {
        "name": name,
        "balance": True,
        "x": "0.0",
        "width": f"{width:.1f}",
        "tone": "bal",
        "edges": edges,
        "points": score_text(score, 1),
    }


def factor_rows(
    found: Sequence[Factor], before: Mapping[str, Factor], moved: Mapping[str, float], fresh: Mapping[Source, dt.date | None], today: dt.date
) -> list[dict[str, Any]]:  # fmt: skip
    """All factors by component: now, before, points, weight, contribution, change, and where the data is from."""
    rows: list[dict[str, Any]] = []
    for component in Component:
        own = [f for f in found if f.indicator.component == component]
        if not own:
            continue
        given = sum(f.contribution or 0 for f in own)
        weight = sum(f.weight for f in own)
        rows.append(
            {
                "head": True,
                "name": component.label,
                "weight": percent_text(weight / 100, 0),
                "given": number_text(given, fixed=True),
                "change": signed(sum(moved.get(f.part.key, 0) for f in own)),
            }
        )
        for factor in own:
            was = before.get(factor.part.key)
            then = "–" if was is None else was.said()
            day = fresh.get(factor.indicator.source)
            limit = OLD_DAYS.get(factor.indicator.source)
            old = day is not None and limit is not None and (today - day).days > limit
            rows.append(
                {
                    "name": factor.indicator.label,
                    "explained": factor.indicator.explained,
                    "now": factor.said(),
                    "before": _("same") if then == factor.said() else then,
                    "points": "–" if factor.points is None else number_text(factor.points, 0),
                    "bar": None if factor.points is None else [("acc", factor.points), ("rest", 100 - factor.points)],
                    "weight": percent_text(factor.weight / 100, 0 if factor.weight >= 1 or not factor.weight else 1),
                    "given": "–" if factor.contribution is None else number_text(factor.contribution, fixed=True),
                    "change": signed(moved[factor.part.key]) if factor.part.key in moved else "",
                    "negative": moved.get(factor.part.key, 0) < 0,
                    "reason": factor.reason(),
                    "from": day_text(day) if day else "–",
                    "old": old,
                    "missing": factor.raw is None,
                }
            )  # fmt: skip
    return rows


def path_rows(paths: Sequence[Path], definition: Definition) -> dict[str, Any] | None:
    """The way to green as steps with gates, and the stair above them; None when there is none to go."""
    if not paths:
        return None
    way = paths[-1]
    start = way.start / MICRO
    rows: list[dict[str, Any]] = []
    bars = [{"tone": f"now {tone_of(start, definition)}", "x": "0.00", "width": f"{start:.2f}"}]
    passed = start
    for count, step in enumerate(way.steps, start=1):
        indicator = INDICATORS[step.key]
        reached = step.reached / MICRO
        rows.append(
            {
                "no": count,
                "name": _("%(label)s to %(value)s") % {"label": indicator.label, "value": indicator.say(step.after)},
                "now": _("now %(value)s") % {"value": indicator.say(step.before)},
                "gain": signed(step.gain / MICRO),
                "reached": score_text(reached, 1),
            }
        )
        bars.append({"tone": f"st {'' if count < 3 else 'b'}", "x": f"{passed + 0.2:.2f}", "width": f"{max(reached - passed - 0.2, 0.3):.2f}"})  # fmt: skip
        for edge, band in ((definition.yellow, HealthBand.RED), (definition.green, HealthBand.YELLOW)):
            if passed < edge <= reached:
                text = _("Leaves %(band)s at %(score)s") % {"band": band.label, "score": score_text(reached, 1)}
                rows.append({"gate": text, "tone": "watch" if band == HealthBand.RED else "good"})
        passed = reached
    ends = score_text(passed, 1)
    text = ngettext("%(n)s step", "%(n)s steps", len(way.steps)) % {"n": len(way.steps)}
    return {
        "rows": rows,
        "bars": bars,
        "edges": [
            {"x": f"{at:.1f}", "label": f"{number_text(at)} {band.label}"}
            for at, band in ((definition.yellow, HealthBand.YELLOW), (definition.green, HealthBand.GREEN))
        ],
        "meta": _("%(start)s to %(end)s, %(steps)s") % {"start": score_text(start, 1), "end": ends, "steps": text},
        "reached": way.reached,
        "label": _("%(start)s now; %(steps)s reach %(end)s")
        % {"start": score_text(start, 1), "steps": text, "end": ends},
    }


def coverage(
    row: HealthScore, found: Sequence[Factor], fresh: Mapping[Source, dt.date | None], today: dt.date
) -> dict[str, Any]:
    """How much of the weight is known, how much of that is old, and what is missing by name."""
    known = float(row.coverage)
    old = sum(
        f.weight
        for f in found
        if f.raw is not None
        and (day := fresh.get(f.indicator.source)) is not None
        and (limit := OLD_DAYS.get(f.indicator.source)) is not None
        and (today - day).days > limit
    ) / 100 * known  # fmt: skip
    return {
        "bar": [("good", known - old), ("watch", old), ("rest", 1 - known)],
        "known": percent_text(known, 0),
        "fresh": percent_text(known - old, 0),
        "old": percent_text(old, 0),
        "missing": percent_text(1 - known, 0),
        "names": [str(f.indicator.label) for f in found if f.raw is None],
        "enough": row.score is not None,
        "label": _("%(known)s of the weight is known") % {"known": percent_text(known, 0)},
    }
