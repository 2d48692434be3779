"""Cells of the explorer: values, marks and sentences in the reader's language; figures as dicts."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import Source, Status, Tier
from cs_platform.kernel.money import digits, to_minor
from cs_platform.kernel.periods import add_months, month_end, month_or_none
from cs_platform.kernel.templatetags.cells import day_text, moment_text, month_name, number_text, percent_text
from metrics import cells, explore_charts, explore_insights, plan_cells, trends
from metrics.bands import Band, normal_band
from metrics.catalogue import MetricDefinition, of
from metrics.definitions import reactivation
from metrics.enums import Cut, Metric, Origin, Unit, Window
from metrics.explore import Exploration, Point, Points, Series
from metrics.targets import Plan

BARS = 12


def size_name(value: str) -> str:
    """Company size by employees (ACC-02)."""
    return {
        "SMB": _("Up to 99 employees"),
        "MM": _("100 to 999 employees"),
        "ENT": _("1,000 employees and more"),
    }.get(value, value)


def value_name(cut: str, value: str, currency: str) -> str:
    """A value of a cut as people read it."""
    if not value:
        return _("Not set")
    if cut == Cut.SIZE:
        return size_name(value)
    if cut == Cut.QUARTER:
        found = re.fullmatch(r"([1-9]\d{3})-Q([1-4])", value, re.ASCII)
        return cells.quarter_name(dt.date(int(found[1]), int(found[2]) * 3, 1)) if found else value
    if cut == Cut.COHORT:
        month = month_or_none(value)
        return month_name(month) if month else value
    choices = {Cut.TIER: Tier, Cut.STATUS: Status, Cut.SOURCE: Source}.get(Cut(cut))
    if choices is not None:
        return str(choices(value).label) if value in choices.values else value
    return cells.dimension_value(cut, value, currency)


def period_name(period: dt.date, grain: Window, *, short: bool = False) -> str:
    """October 2026, or Q3 2026."""
    return cells.quarter_name(period) if grain == Window.QUARTER else month_name(period, short=short)


def base_text(said: MetricDefinition, base: int) -> str:
    """How many a value stands on, and of what."""
    words = {
        Origin.SURVEYS: ngettext("%(n)s answer", "%(n)s answers", base),
        Origin.SUPPORT: ngettext("%(n)s ticket", "%(n)s tickets", base),
        Origin.USAGE: ngettext("%(n)s user", "%(n)s users", base),
        Origin.ACTIVITY: ngettext("%(n)s account", "%(n)s accounts", base),
    }
    found = words.get(Origin(said.origin)) or ngettext("%(n)s customer", "%(n)s customers", base)
    return found % {"n": number_text(base, 0)}


def height(metric: str, value: Decimal | None, currency: str) -> float | None:
    """A value as it is drawn: percent, whole currency units, or the unit itself."""
    if value is None:
        return None
    said = of(metric)
    if said.unit == Unit.MONEY:
        return float(value / 10 ** digits(currency))
    return float(said.said(value) or 0)


def ticker(metric: str, currency: str) -> Callable[[float], str]:
    """Writes a mark of an axis."""
    unit = of(metric).unit
    if unit == Unit.MONEY:
        return lambda mark: cells.short_money(to_minor(Decimal(str(mark)), currency), currency)
    return lambda mark: cells.with_unit(unit, number_text(mark, 2))


@dataclass(frozen=True)
class Told:
    """A series with what is shown beside it."""

    asked: Exploration
    series: Series
    bands: Sequence[Band]
    currency: str
    plan: Plan = field(default_factory=dict)

    @property
    def metric(self) -> str:
        return str(self.asked.metric)

    @property
    def judged(self) -> Sequence[Band]:
        """Bands judge what they were made for: a year's ratio, or a metric that knows no year."""
        ratio_of_year = Window.YEAR in self.asked.said.windows and self.asked.window != Window.YEAR
        return () if ratio_of_year and self.asked.said.origin == Origin.SUMS else self.bands

    def text(self, value: Decimal | None) -> str:
        return cells.value_text(self.metric, value, self.currency)

    def change(self, points: Points) -> dict[str, Any] | None:
        """The change since the period before."""
        periods = self.asked.periods
        if len(periods) < 2:
            return None
        now, before = (points[period].value for period in (periods[-1], periods[-2]))
        found = cells.delta(self.metric, now, before, periods[-2])
        if found:
            found["text"] = _("since %(month)s") % {"month": period_name(periods[-2], self.asked.grain)}
        return found


def headline(told: Told) -> dict[str, Any]:
    """The value of the last period, how it is judged, what it stands on."""
    last = told.asked.periods[-1]
    point = told.series.total[last]
    plan = plan_cells.plan_line(told.metric, point.value, told.plan.get(last), told.currency) if told.plan else None
    return {
        "value": told.text(point.value),
        "period": period_name(last, told.asked.grain),
        "delta": told.change(told.series.total),
        "mark": cells.mark(told.metric, told.judged, point.value),
        "base": base_text(told.asked.said, point.base),
        "plan": plan["text"] if plan else "",
    }


def line(told: Told, *, narrow: bool = False) -> dict[str, Any]:
    """The chart by period with the same numbers as a table."""
    asked, periods, total = told.asked, told.asked.periods, told.series.total
    labels = (
        [period_name(p, asked.grain) for p in periods] if asked.grain == Window.QUARTER else cells.axis_labels(periods)
    )
    normal = normal_band(told.judged)
    planned = [told.plan.get(period) for period in periods]
    plan = (_("Plan"), [None if each is None else float(each) for each in planned]) if any(planned) else None
    found = anomaly(told, total)
    figure = explore_charts.line_figure(
        labels,
        [height(told.metric, total[p].value, told.currency) for p in periods],
        [f"{period_name(p, asked.grain)}: {told.text(total[p].value)}" for p in periods],
        ticker(told.metric, told.currency),
        name=asked.said.label,
        band=(normal.lower, normal.upper) if normal else None,
        plan=plan,
        odd=_("Unusual") if found else "",
        narrow=narrow,
    )
    known = [total[p].value for p in periods if total[p].value is not None]
    return {
        "figure": figure,
        "any": bool(known),
        "normal": _("Normal: %(band)s") % {"band": cells.band_text(told.metric, normal)} if normal else "",
        "plan": bool(plan),
        "finding": _("%(term)s from %(first)s to %(last)s, %(start)s to %(end)s")
        % {
            "term": asked.said.label,
            "first": told.text(known[0]),
            "last": told.text(known[-1]),
            "start": period_name(periods[0], asked.grain),
            "end": period_name(periods[-1], asked.grain),
        }
        if known
        else asked.said.label,
        "table": {
            "head": [_("Period"), asked.said.label, _("Stands on")],
            "rows": [
                [period_name(p, asked.grain), told.text(total[p].value), number_text(total[p].base, 0)]
                for p in reversed(periods)
            ],
        },
    }


def bars(told: Told, rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The last period's value of each group, largest group first."""
    shown = [row for row in rows if row["amount"] is not None][:BARS]
    if len(shown) < 2:
        return None
    last = told.asked.periods[-1]
    figure = explore_charts.bars_figure(
        [cut(row["name"], 26) for row in shown],
        [height(told.metric, row["amount"], told.currency) for row in shown],
        [row["value"] for row in shown],
        ticker(told.metric, told.currency),
        whole=height(told.metric, told.series.total[last].value, told.currency)
        if told.asked.said.unit == Unit.RATIO
        else None,
    )
    return {
        "figure": figure,
        "finding": ", ".join(f"{row['name']} {row['value']}" for row in shown[:3]),
        "table": {
            "head": [str(told.asked.cut.cut.label), told.asked.said.label],
            "rows": [[row["name"], row["value"]] for row in shown],
        },
    }


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def group_rows(told: Told, url: Callable[[dt.date, str], str]) -> list[dict[str, Any]]:
    """A row for each value of the cut: last value with its link, base, change, sparkline, what is unusual."""
    last = told.asked.periods[-1]
    found = [_row(told, value, points, url) for value, points in told.series.by_value.items()]
    by_time = told.asked.cut.cut in {Cut.QUARTER, Cut.COHORT}
    if by_time:
        return sorted(found, key=lambda row: row["key"], reverse=True)
    return sorted(found, key=lambda row: (-told.series.by_value[row["key"]][last].base, row["name"]))


def _row(told: Told, value: str, points: Points, url: Callable[[dt.date, str], str]) -> dict[str, Any]:
    last = told.asked.periods[-1]
    point = points[last]
    known = [told.text(points[p].value) for p in told.asked.periods if points[p].value is not None]
    return {
        "key": value,
        "name": value_name(told.asked.cut.cut, value, told.currency),
        "base": number_text(point.base, 0),
        "amount": point.value,
        "value": told.text(point.value),
        "url": url(last, value) if point.base else "",
        "delta": told.change(points),
        "mark": cells.mark(told.metric, told.judged, point.value),
        "points": [height(told.metric, points[p].value, told.currency) for p in told.asked.periods],
        "spoken": _("%(term)s in %(n)s periods, from %(first)s to %(last)s")
        % {"term": told.asked.said.label, "n": len(known), "first": known[0], "last": known[-1]}
        if known
        else "",
        "note": " ".join(evidence(told, points)),
    }


def period_rows(told: Told, url: Callable[[dt.date, str], str]) -> list[dict[str, Any]]:
    """Without a cut: a row for each period, the latest first."""
    total, periods = told.series.total, told.asked.periods
    rows = []
    for place in range(len(periods) - 1, -1, -1):
        period = periods[place]
        before = total[periods[place - 1]].value if place else None
        found = cells.delta(told.metric, total[period].value, before, periods[place - 1]) if place else None
        rows.append(
            {
                "name": period_name(period, told.asked.grain),
                "base": number_text(total[period].base, 0),
                "value": told.text(total[period].value),
                "url": url(period, "") if total[period].base else "",
                "delta": (found | {"text": ""}) if found else None,
                "mark": cells.mark(told.metric, told.judged, total[period].value),
            }
        )
    return rows


def anomaly(told: Told, points: Points) -> trends.Anomaly | None:
    if told.asked.grain != Window.MONTH:
        return None
    said, values = told.asked.said, [points[p].value for p in told.asked.periods]
    return trends.unusual(values, said.unit, trailing=told.asked.window == Window.YEAR and Window.YEAR in said.windows)


def evidence(told: Told, points: Points) -> list[str]:
    """What the last month says against those before it, as sentences (MET-23)."""
    if told.asked.grain != Window.MONTH:
        return []
    said, last = [], told.asked.periods[-1]
    if odd := anomaly(told, points):
        sentence = (
            _("%(month)s is unusual: %(value)s, where the twelve months before make %(low)s to %(high)s usual.")
            if odd.low != odd.high
            else _("%(month)s is unusual: %(value)s, where %(low)s is usual.")
        )
        said.append(
            sentence
            % {
                "month": month_name(last),
                "value": told.text(odd.value),
                "low": told.text(max(odd.low, Decimal(0)) if said_positive(told) else odd.low),
                "high": told.text(odd.high),
            }
        )
    if way := trends.trend([points[p].value for p in told.asked.periods]):
        sentence = (
            _("It rose in each of the last %(n)s months, from %(first)s to %(last)s.")
            if way.rising
            else _("It fell in each of the last %(n)s months, from %(first)s to %(last)s.")
        )
        said.append(sentence % {"n": way.steps, "first": told.text(way.first), "last": told.text(way.last)})
    return said


def said_positive(told: Told) -> bool:
    """Whether the metric cannot be below zero, so that what is usual does not reach there either."""
    return told.metric not in {Metric.NPS, Metric.ACV_GROWTH}


def insights(told: Told) -> list[str]:
    """What the cut says by itself: where the problem sits (MET-09), whether newer customers do better (MET-08)."""
    said = told.asked.said
    if said.unit != Unit.RATIO or not told.series.by_value:
        return []
    last, by = told.asked.periods[-1], told.asked.cut.cut
    groups = {value: points[last] for value, points in told.series.by_value.items()}
    if by in {Cut.QUARTER, Cut.COHORT}:
        return _cohort_words(told, groups)
    found = explore_insights.problem(groups, less_is_better=said.less_is_better)
    if found is None:
        return []
    return [
        _("The problem sits in %(group)s: %(its)s, all others together %(rest)s.")
        % {
            "group": value_name(by, found.value, told.currency),
            "its": percent_text(found.its),
            "rest": percent_text(found.rest),
        }
    ]


def _cohort_words(told: Told, groups: dict[str, Point]) -> list[str]:
    by = told.asked.cut.cut
    found = explore_insights.cohorts(groups, less_is_better=told.asked.said.less_is_better)
    if found is None or found.improving is None:
        return []
    sentence = (
        _("Improving: %(new)s %(last)s for those won in %(young)s, %(first)s for those won in %(old)s.")
        if found.improving
        else _("Getting worse: %(new)s %(last)s for those won in %(young)s, %(first)s for those won in %(old)s.")
    )
    return [
        sentence
        % {
            "new": told.asked.said.label,
            "last": percent_text(found.new_value),
            "young": value_name(by, found.new, told.currency),
            "first": percent_text(found.old_value),
            "old": value_name(by, found.old, told.currency),
        }
    ]


def outcome_words(work: Told, outcome: Told) -> dict[str, Any]:
    """What an activity is meant to move, beside it (MET-22); says when it moved nothing."""
    periods = work.asked.periods
    done = sum((work.series.total[p].value or Decimal(0) for p in periods), Decimal(0))
    known = [outcome.series.total[p].value for p in outcome.asked.periods]
    told = [value for value in known if value is not None]
    vain = explore_insights.vain(
        [work.series.total[p] for p in periods],
        [outcome.series.total[p] for p in outcome.asked.periods],
        less_is_better=outcome.asked.said.less_is_better,
    )
    names = {
        "n": number_text(done, 0),
        "work": work.asked.said.label,
        "outcome": outcome.asked.said.label,
        "first": outcome.text(told[0]) if told else "–",
        "last": outcome.text(told[-1]) if told else "–",
    }
    return {
        "vain": _("%(work)s: %(n)s, and %(outcome)s did not get better: %(first)s, then %(last)s.") % names
        if vain
        else "",
        "text": _("%(work)s: %(n)s. %(outcome)s: %(first)s, then %(last)s.") % names,
    }


def definition(told: Told, as_of: dt.date, known: dt.datetime | None) -> dict[str, Any]:
    """Context of components/definition.html, in words of the last period."""
    asked, said = told.asked, told.asked.said
    last = asked.periods[-1]
    point = told.series.total[last]
    notes = [
        _("Unrounded: %(value)s.") % {"value": cells.exact_text(told.metric, point.value, told.currency)},
        str(said.note),
    ]
    if asked.cut.filters or asked.cut.cut != Cut.ALL:
        notes.append(
            _(
                "Segment, industry, source, CSM and tier are those of the base date; size, region and status those of today."
            )
        )
    start = month_end(add_months(last, -int(asked.window)))
    if asked.window == Window.MONTH and said.origin != Origin.SUMS:
        start = last
    return {
        "id": told.metric,
        "term": said.label,
        "formula": str(said.formula),
        "cohort": f"{said.cohort}: {base_text(said, point.base)}",
        "period": _("%(start)s to %(end)s, as of %(as_of)s")
        % {
            "start": day_text(start),
            "end": day_text(month_end(last)),
            "as_of": moment_text(known) if known else day_text(as_of),
        },
        "fx": str(said.currency),
        "reactivation": reactivation(told.metric, asked.window),
        "note": " ".join(note for note in notes if note),
        "source": str(Origin(said.origin).label),
    }
