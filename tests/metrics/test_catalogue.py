"""The catalogue of metrics (MET-22, MET-23, MET-26, HLT-10): complete, and true to the bands and units."""

import pytest

from metrics.catalogue import METRICS, of
from metrics.enums import Cut, Level, Metric, Origin, Purpose, Timing, Unit, Window
from metrics.figures.bands import DEFAULT_BANDS


def test_every_metric_is_defined():
    assert set(METRICS) == set(Metric)
    assert all(said.formula and said.cohort and said.windows and said.cuts for said in METRICS.values())
    assert set(DEFAULT_BANDS) <= set(METRICS)


def test_hierarchy_of_the_reference():
    """MET-22: the executive level holds the four of the seed and NPS, which DSH-01 puts beside them."""
    assert {m for m, said in METRICS.items() if said.level == Level.EXECUTIVE} == {
        Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.LTV, Metric.NPS,
    }  # fmt: skip
    activities = {m: said.outcome for m, said in METRICS.items() if said.level == Level.ACTIVITY}
    assert set(activities) == {Metric.REVIEWS, Metric.CALLS, Metric.TRAININGS, Metric.TICKETS_SOLVED}
    assert all(outcome in METRICS and METRICS[outcome].level != Level.ACTIVITY for outcome in activities.values())


def test_what_each_level_steers_by():
    """MET-22: what the seed names for operations and for tactics is there, at its level."""
    steering = {
        Level.OPERATIONAL: {Metric.HEALTH_GREEN, Metric.HEALTH_RED, Metric.TTV, Metric.PIPELINE, Metric.ARR_PER_CSM},
        Level.TACTICAL: {Metric.STICKINESS, Metric.FEATURE_ADOPTION, Metric.TICKETS, Metric.RENEWAL_RISK},
    }
    for level, wanted in steering.items():
        assert {of(metric).level for metric in wanted} == {level}


def test_leading_and_lagging():
    """HLT-10: churn, retention, renewal rate and NPS lag; health, usage, support and time to value lead."""
    lagging = {
        Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.REVENUE_CHURN, Metric.RENEWAL_RATE, Metric.NPS,
    }  # fmt: skip
    leading = {Metric.HEALTH_RED, Metric.STICKINESS, Metric.TTV, Metric.TICKETS, Metric.ESCALATION_RATE}
    assert {of(metric).timing for metric in lagging} == {Timing.LAGGING}
    assert {of(metric).timing for metric in leading} == {Timing.LEADING}


def test_three_questions_are_answered():
    """MET-26."""
    assert {said.purpose for said in METRICS.values()} == set(Purpose)


def test_windows_and_cuts():
    """MET-23: each can be cut; LTV and acquisition need the losses or wins of a year."""
    assert of("ltv").windows == (Window.YEAR,)
    assert all(Cut.SEGMENT in said.cuts and Cut.ACCOUNT not in said.cuts for said in METRICS.values())
    assert all(said.origin in Origin and said.unit in Unit for said in METRICS.values())
    with pytest.raises(KeyError):
        of("nothing")
