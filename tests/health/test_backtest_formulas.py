"""The judge of the score (HLT-11): hand-made cases, a planted signal that must win, shuffled labels that must not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from health.scoring import backtest as b

LINES = {"a": 50.0, "b": 50.0}
GREEN = {"a": 80.0, "b": 80.0}


def arrays(scores, lost):
    return np.array(scores, dtype=float), np.array(lost, dtype=bool)


def test_auc_counts_right_pairs():
    assert b.auc(*arrays([10, 40, 30, 90], [1, 1, 0, 0])) == 0.75
    assert b.auc(*arrays([50, 50], [1, 0])) == 0.5
    assert b.auc(*arrays([1, 2], [1, 1])) is None


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=40))
def test_auc_agrees_with_counting_every_pair(rows):
    scores, lost = arrays([r[0] for r in rows], [r[1] for r in rows])
    left, stayed = scores[lost], scores[~lost]
    if not len(left) or not len(stayed):
        assert b.auc(scores, lost) is None
        return
    pairs = [(x < y) + (x == y) / 2 for x in left for y in stayed]
    assert b.auc(scores, lost) == pytest.approx(sum(pairs) / len(pairs))


def test_precision_recall_and_money_at_a_line():
    scores, lost = arrays([10, 20, 30, 40, 90, np.nan], [1, 1, 1, 0, 1, 1])
    found = b.flagged(scores, lost, np.array([1.0, 1, 1, 1, 5, 2]), 50)
    assert (found.flagged, found.right, found.precision, found.recall) == (4, 3, 0.75, 0.6)
    assert found.f1 == pytest.approx(2 / 3)
    assert found.money_recall == pytest.approx(3 / 10)


def test_no_score_flags_nobody_and_is_counted():
    scores, lost = arrays([np.nan, 90, 10], [1, 0, 1])
    found = b.judge({"a": scores}, lost, np.ones(3), red=LINES, green=GREEN)
    assert found["sets"]["a"]["unscored"] == 1
    assert found["sets"]["a"]["red"]["recall"] == 0.5
    assert found["judged"] == 2


def test_wilson_of_nothing_in_ten():
    low, high = b.wilson(0, 10)
    assert low == 0
    assert high == pytest.approx(0.2775, abs=1e-4)
    assert b.wilson(0, 0) == (None, None)


def test_calibration_says_whether_worse_bands_lose_more():
    scores, lost = arrays([90, 90, 60, 60, 10, 10], [0, 0, 0, 1, 1, 1])
    rows, monotone = b.calibration(scores, lost, 50, 80)
    assert [(r["accounts"], r["lost"]) for r in rows] == [(2, 0), (2, 1), (2, 2)]
    assert monotone is True
    assert b.calibration(scores, ~lost, 50, 80)[1] is False


def test_lead_time_ends_at_the_first_break():
    scores = {30: arrays([10, 10, 90], [1])[0], 60: arrays([10, 90, 10], [1])[0], 90: arrays([10, 10, 10], [1])[0]}
    found = b.lead_times(scores, np.ones(3, dtype=bool), 80)
    assert found["buckets"] == {"90": 1, "60": 0, "30": 1}
    assert found["never"] == 1
    assert found["median"] == 60


def planted(count=600, seed=3):
    """Component scores of which only the second tells who leaves."""
    chance = np.random.default_rng(seed)
    parts = chance.uniform(0, 100, (count, 4))
    lost = chance.random(count) < 1 / (1 + np.exp((parts[:, 1] - 25) / 8))
    return parts, lost


def test_a_planted_signal_wins():
    parts, lost = planted()
    usual, true = np.array([40.0, 30, 15, 15]), np.array([0.0, 100, 0, 0])
    found = b.judge(
        {"a": b.weighted(parts, usual), "b": b.weighted(parts, true)}, lost, np.ones(len(lost)), red=LINES, green=GREEN
    )
    assert found["sets"]["b"]["auc"] > found["sets"]["a"]["auc"] + 0.1
    assert found["difference"]["low"] > 0
    suggested = b.suggest(parts, lost, usual)
    assert suggested["weights"][1] >= 80
    assert suggested["auc"] > suggested["current"] + 0.1


def test_shuffled_labels_give_nothing():
    """Luck must look like luck: AUC near one half, the interval around it, and no better weights out of sample."""
    parts, lost = planted()
    shuffled = np.random.default_rng(1).permutation(lost)
    usual = np.array([40.0, 30, 15, 15])
    found = b.judge({"a": b.weighted(parts, usual)}, shuffled, np.ones(len(lost)), red=LINES, green=GREEN)["sets"]["a"]
    assert abs(found["auc"] - 0.5) < 0.06
    assert found["low"] < 0.5 < found["high"]
    assert abs(b.suggest(parts, shuffled, usual)["auc"] - 0.5) < 0.08


def test_too_few_who_left_get_no_suggestion():
    parts, lost = planted(60)
    lost[:] = False
    lost[: b.LEAST_LOST - 1] = True
    assert b.suggest(parts, lost, np.array([40.0, 30, 15, 15])) is None


def test_missing_parts_give_their_weight_to_the_rest():
    assert b.weighted(np.array([[90.0, np.nan, 70, 60]]), np.array([40.0, 30, 15, 15]))[0] == pytest.approx(
        (90 * 40 + 70 * 15 + 60 * 15) / 70
    )
    assert np.isnan(b.weighted(np.full((1, 4), np.nan), np.array([40.0, 30, 15, 15]))[0])


def test_weight_sets_sum_to_a_hundred():
    sets = b.weight_sets(4)
    assert len(sets) == 1771
    assert (sets.sum(axis=1) == 100).all()
