"""Anomalies and trends of a series (MET-23): exact series."""

from decimal import Decimal as D

import pytest

from metrics.enums import Unit
from metrics.explore import insights
from metrics.explore.values import Point
from metrics.figures.trends import anomaly, trend, unusual
from metrics.formulas import Sums

QUIET = [D(v) / 1000 for v in (20, 21, 19, 20, 22, 18, 20, 21, 19, 20, 20, 21)]


def test_one_high_month_is_an_anomaly():
    """Median 20.0 per mille, MAD 1: usual up to 20 + 3 x 1.4826 = 24.4; but less than a point away is not spoken of."""
    assert anomaly([*QUIET, D("0.0299")], Unit.RATIO) is None
    found = anomaly([*QUIET, D("0.0601")], Unit.RATIO)
    assert (found.usual, found.high, found.above) == (D("0.020"), D("0.030"), True)
    low = anomaly([*QUIET[:-1], D("0.020"), D("0.005")], Unit.RATIO)
    assert low is not None
    assert not low.above


def test_the_robust_width_decides_where_it_is_wider():
    noisy = [D(v) / 100 for v in (10, 14, 6, 12, 8, 15, 5, 10, 11, 9, 13, 7)]
    assert anomaly([*noisy, D("0.21")], Unit.RATIO) is None  # 10 ± 3 x 1.4826 x 2.5 = up to 21.1
    assert anomaly([*noisy, D("0.215")], Unit.RATIO) is not None


def test_only_twelve_months_count_and_six_are_needed():
    assert anomaly([D(5)] * 20 + [D(1)] * 12 + [D(5)], Unit.NUMBER) is not None
    assert anomaly([D(1)] * 5 + [D(9)], Unit.NUMBER) is None
    assert anomaly([D(1)] * 6 + [D(9)], Unit.NUMBER) is not None
    assert anomaly([None] * 7 + [D(1)] * 5 + [D(9)], Unit.NUMBER) is None
    assert anomaly([D(1)] * 12 + [None], Unit.NUMBER) is None
    assert anomaly([], Unit.NUMBER) is None


def test_equal_months_let_small_changes_pass():
    assert anomaly([D(1000)] * 12 + [D(1050)], Unit.MONEY) is None
    assert anomaly([D(1000)] * 12 + [D(1051)], Unit.MONEY) is not None


@pytest.mark.parametrize(
    ("series", "rising"),
    [
        ((1, 2, 3, 4, 5, 6, 7), True),
        ((9, 1, 2, 3, 4, 5, 6, 7), True),
        ((7, 6, 5, 4, 3, 2, 1), False),
        ((1, 2, 3, 4, 5, 6), None),
        ((1, 2, 3, 3, 4, 5, 6), None),
        ((1, 2, 3, None, 4, 5, 6), None),
        ((1, 2, 3, 4, 5, 6, 5), None),
        ((), None),
    ],
)
def test_six_months_in_one_direction_are_a_trend(series, rising):
    found = trend([None if v is None else D(v) for v in series])
    assert (found.rising if found else None) is rising


def test_a_trailing_year_that_drifts_is_usual_on_each_page():
    """MET-23: the step is judged; the value itself lies outside of what twelve lower months would make usual."""
    drift = [D("1.04") + D("0.005") * n for n in range(12)]
    assert anomaly([*drift, D("1.14")], Unit.RATIO) is not None
    assert unusual([*drift, D("1.102")], Unit.RATIO, trailing=True) is None
    found = unusual([*drift, D("1.14")], Unit.RATIO, trailing=True)
    assert found is not None
    assert (found.value, found.usual, found.low, found.high) == (D("1.14"), D("1.1"), D("1.09"), D("1.11"))
    assert unusual([*drift, D("1.14")], Unit.RATIO, trailing=False) == anomaly([*drift, D("1.14")], Unit.RATIO)
    times = [D(5)] * 12
    assert unusual([*times, D("5.2")], Unit.TIMES, trailing=True) is not None, "more than a hundredth of it"
    assert unusual([D(0)] * 12 + [D(1)], Unit.TIMES, trailing=True) is None, "a share of nothing"


def test_all_others_together_are_weighed_by_what_they_paid():
    """MET-09: of a retention of money the others are one large customer that grew and a small one that left nearly, not their
    mean; of logos each customer counts alike."""
    groups = {
        "Enterprise": Point(D("1.2"), 10, Sums(opening=900_00, fx=100_00)),
        "Small": Point(D("0.8"), 90, Sums(opening=100_00)),
        "Mid": Point(D("0.4"), 10, Sums(opening=50_00)),
    }
    found = insights.problem(groups, less_is_better=False, of_money=True)
    assert found is not None
    assert (found.value, found.rest) == ("Mid", (D("1.2") * 1000 + D("0.8") * 100) / 1100)
    counted = insights.problem(groups, less_is_better=False)
    assert counted is not None
    assert counted.rest == D("0.84")
