"""Sentences of the explorer: what is unusual or goes one way, where a cut's problem sits, what work moved."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from cs_platform.kernel.templatetags.cells import month_name, number_text, percent_text
from metrics.enums import Cut, Metric, Unit, Window
from metrics.explore import insights as explore_insights
from metrics.explore.told import Told, value_name
from metrics.explore.values import Point, Points
from metrics.figures import trends

# Ratios of what customers paid at the start, not of how many they were.
OF_MONEY = {Metric.NRR, Metric.GRR, Metric.REVENUE_CHURN}


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
    found = explore_insights.problem(groups, less_is_better=said.less_is_better, of_money=told.asked.metric in OF_MONEY)
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
