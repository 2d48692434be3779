"""What the page of surveys prints: tiles, distribution, trend, cuts. Text and figures from sums; no query, no request."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.templatetags.cells import day_text, month_name, number_text, percent_text
from health.engagement import formulas
from health.engagement.formulas import Answers
from health.enums import SurveyContext, SurveyKind
from metrics.enums import Metric
from metrics.figures.bands import Band, band_of, normal_band
from metrics.showing import cells, charts
from metrics.showing.answers import GROUPS, TONES, group_name
from metrics.showing.definitions import formula

NPS_KINDS = (SurveyKind.NPS, SurveyKind.JOURNEY_NPS)
METRICS: dict[str, Metric] = {
    SurveyKind.NPS: Metric.NPS,
    SurveyKind.JOURNEY_NPS: Metric.NPS,
    SurveyKind.CSAT: Metric.CSAT,
    SurveyKind.CES: Metric.CES,
}
SCALES = {SurveyKind.CSAT: "5", SurveyKind.CES: "7"}
Bands = Mapping[str, Sequence[Band]]
Link = Callable[[str], str]


def value_of(kind: str, answers: Answers) -> Decimal | None:
    return formulas.nps(answers) if kind in NPS_KINDS else formulas.mean(answers)


@dataclass(frozen=True)
class Told:
    """What the tiles tell of: answers by kind from `first` to `today`, those of the span before, and what is normal."""

    sums: Mapping[str, Answers]
    before: Mapping[str, Answers]
    bands: Bands
    first: dt.date
    today: dt.date


def tiles(told: Told, current: str, link: Link) -> list[dict[str, Any]]:
    """NPS, CSAT, CES, and journey NPS where there is any: value, change to the span before, band, answers."""
    shown = [kind for kind in SurveyKind if kind != SurveyKind.JOURNEY_NPS or told.sums.get(kind)]
    return [_tile(told, kind) | {"url": link(kind.value), "current": kind == current} for kind in shown]


def _tile(told: Told, kind: SurveyKind) -> dict[str, Any]:
    metric = METRICS[kind]
    answers, earlier = told.sums.get(kind, Answers()), told.before.get(kind, Answers())
    value, bands = value_of(kind, answers), told.bands.get(metric, ())
    band, normal = band_of(metric, bands, value), normal_band(bands)
    count = ngettext("%(n)s answer", "%(n)s answers", answers.count) % {"n": number_text(answers.count)}
    foot: Any = count
    if band:
        foot = format_html('{} <span class="nowrap">{}</span>', cells.pill(metric, band), count)
    elif not answers.count and normal:
        foot = _("No answers yet · normal %(range)s") % {"range": cells.range_text(metric, normal)}
    note = _("Unrounded: %(value)s.") % {"value": cells.exact_text(metric, value, "")}
    if kind == SurveyKind.CSAT and answers.count:
        note += " " + _("Top two boxes: %(share)s.") % {"share": percent_text(formulas.top_two(answers))}
    if kind == SurveyKind.CES:
        note += " " + _("Low is easy; scales where high is easy were turned when they came in.")
    return {
        "label": kind.label,
        "value": cells.value_text(metric, value, ""),
        "unit": _("of %(n)s") % {"n": SCALES[kind]} if kind in SCALES and value is not None else "",
        "delta": _delta(metric, value, value_of(kind, earlier)),
        "foot": foot,
        "definition": {
            "id": f"survey-{kind.value}",
            "term": kind.label,
            "formula": formula(metric),
            "cohort": count,
            "period": _("%(start)s to %(end)s, as of %(as_of)s")
            % {"start": day_text(told.first), "end": day_text(told.today), "as_of": day_text(told.today)},
            "note": note + " " + _("Without answers there is no value, not zero. Segments are those of today."),
        },
    }


def _delta(metric: Metric, now: Decimal | None, then: Decimal | None) -> dict[str, Any] | None:
    if now is None or then is None:
        return None
    change = now - then
    better = change < 0 if metric == Metric.CES else change > 0
    direction = "up" if change > 0 else "down" if change < 0 else "flat"
    return {
        "value": cells.value_text(metric, abs(change), ""),
        "text": _("against the span before"),
        "direction": direction,
        "good": None if not change else better,
    }


def distribution(kind: str, scores: Sequence[tuple[Decimal, int, int]], answers: Answers) -> dict[str, Any]:
    """How many gave which score: groups of an NPS, single scores of the others."""
    total = answers.count
    if kind in NPS_KINDS:
        parts = [(TONES[group], group_name(group), int(getattr(answers, group))) for group in GROUPS]
    else:
        parts = [
            (
                _score_tone(kind, score, scale),
                _("%(score)s of %(scale)s") % {"score": number_text(score, 2), "scale": scale},
                count,
            )
            for score, scale, count in scores
        ]
    return {
        "bar": [(tone, count) for tone, _name, count in parts if count],
        "label": ", ".join(f"{name} {number_text(count)}" for _tone, name, count in parts),
        "rows": [
            {
                "tone": tone if tone != "none" else "",
                "name": name,
                "count": number_text(count),
                "share": percent_text(Decimal(count) / total if total else None, 0),
            }
            for tone, name, count in parts
        ],
    }


def _score_tone(kind: str, score: Decimal, scale: int) -> str:
    if kind == SurveyKind.CES:
        return "good" if score <= 2 else "risk" if score > 4 else "none"
    return "good" if score > scale - formulas.TOP_BOXES else "risk" if score <= Decimal(scale) / 2 else "none"


def trend(kind: str, months: Sequence[tuple[dt.date, Answers]]) -> dict[str, Any]:
    """The value by month with the number of answers: {figure, finding, table}."""
    metric = METRICS[kind]
    values = [value_of(kind, answers) for _month, answers in months]
    known = [(month, value) for (month, _answers), value in zip(months, values, strict=True) if value is not None]
    finding = _("No answers in twelve months.")
    if known:
        finding = _("%(kind)s was %(first)s in %(start)s and %(last)s in %(end)s.") % {
            "kind": SurveyKind(kind).label,
            "first": cells.value_text(metric, known[0][1], ""),
            "start": month_name(known[0][0]),
            "last": cells.value_text(metric, known[-1][1], ""),
            "end": month_name(known[-1][0]),
        }
    return {
        "figure": charts.survey_figure(
            [month_name(month, short=True) for month, _answers in months],
            values,
            [answers.count for _month, answers in months],
            (str(SurveyKind(kind).label), _("Answers")),
        ),
        "finding": finding,
        "any": bool(known),
        "table": {
            "head": [_("Month"), SurveyKind(kind).label, _("Answers")],
            "rows": [
                [month_name(month), cells.value_text(metric, value, ""), number_text(answers.count)]
                for (month, answers), value in reversed(list(zip(months, values, strict=True)))
            ],
        },
    }


def group_rows(kind: str, sums: Mapping[tuple[Any, ...], Answers], bands: Bands, link: Link) -> list[dict[str, Any]]:
    """One line for each segment, the most answers first."""
    ordered = sorted(sums.items(), key=lambda item: (-item[1].count, item[0][0] or ""))
    return [
        _row(kind, name or _("No segment"), link(name) if name else "", answers, bands) for (name,), answers in ordered
    ]


def context_rows(kind: str, sums: Mapping[tuple[Any, ...], Answers], bands: Bands, link: Link) -> list[dict[str, Any]]:
    """One line for each thing after which was asked."""
    ordered = sorted(sums.items(), key=lambda item: (-item[1].count, item[0][0]))
    return [_row(kind, str(SurveyContext(name).label), link(name), answers, bands) for (name,), answers in ordered]


def _row(kind: str, name: str, url: str, answers: Answers, bands: Bands) -> dict[str, Any]:
    metric = METRICS[kind]
    value = value_of(kind, answers)
    band = band_of(metric, bands.get(metric, ()), value)
    return {
        "name": name,
        "url": url,
        "count": number_text(answers.count),
        "value": cells.value_text(metric, value, ""),
        "pill": cells.pill(metric, band) if band else "",
    }
