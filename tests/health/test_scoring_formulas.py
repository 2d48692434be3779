"""The formula of the score: the seed's vectors and the laws that hold for any definition (HLT-01, HLT-04, E11)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.enums import HealthBand, Profile
from health.enums import Component
from health.scoring.definition import Definition, Part
from health.scoring.formulas import MICRO, MISSING, Scores, score
from health.scoring.indicators import Early

# One indicator for each component, whose raw number is its points.
FOUR = tuple(Part(key, 100.0, 0.0, 100.0) for key in ("stickiness", "nps", "csat", "progress"))
SEED = Definition(dict(zip(Component, (40.0, 30.0, 15.0, 15.0), strict=True)), FOUR)
NAN = float("nan")


def judge(*raw: float, definition: Definition = SEED, tenure: float = NAN) -> Scores:
    return score(definition, np.array([raw], dtype=float), np.array([tenure]))


@pytest.mark.parametrize(
    ("raw", "total", "band"),
    [
        ((90, 70, 60, 80), 78.0, HealthBand.YELLOW),
        ((90, 80, 70, 60), 79.5, HealthBand.YELLOW),
        ((80, 80, 80, 80), 80.0, HealthBand.GREEN),
        ((79.99, 79.99, 79.99, 79.99), 79.99, HealthBand.YELLOW),
        ((50, 50, 50, 50), 50.0, HealthBand.YELLOW),
        ((49.99, 49.99, 49.99, 49.99), 49.99, HealthBand.RED),
        ((0, 0, 0, 0), 0.0, HealthBand.RED),
        ((100, 100, 100, 100), 100.0, HealthBand.GREEN),
        ((500, 100, 100, 100), 100.0, HealthBand.GREEN),
    ],
)
def test_vectors_of_the_seed(raw: tuple[float, ...], total: float, band: HealthBand) -> None:
    """HLT-01, HLT-04, METRICS 3: 90/70/60/80 is 78 Yellow, 90/80/70/60 is 79.5 Yellow; lower edges are included."""
    found = judge(*raw)
    assert found.score(0) == total
    assert found.band(0) == band


def test_shares_of_the_seed() -> None:
    """HLT-01: 36 + 21 + 9 + 12."""
    assert judge(90, 70, 60, 80).shares[0].tolist() == [36 * MICRO, 21 * MICRO, 9 * MICRO, 12 * MICRO]


def test_the_weight_of_a_missing_component_spreads_over_the_others() -> None:
    found = judge(90, 70, 60, NAN)
    assert found.score(0) == pytest.approx(66 / 0.85, abs=1e-6)
    assert found.coverage[0] == 0.85
    assert found.components[0].tolist() == [90 * MICRO, 70 * MICRO, 60 * MICRO, MISSING]
    assert found.shares[0][3] == found.points[0][3] == MISSING
    assert found.shares[0][:3].sum() == found.total[0]


def test_below_half_the_weight_there_is_no_score() -> None:
    """METRICS 2: exactly half is enough."""
    assert judge(90, NAN, 60, NAN).score(0) is not None  # 55
    assert judge(90, NAN, NAN, NAN).score(0) is None
    assert judge(90, NAN, NAN, NAN).band(0) == HealthBand.NONE
    half = Definition(dict(zip(Component, (50.0, 20.0, 15.0, 15.0), strict=True)), FOUR)
    assert judge(90, NAN, NAN, NAN, definition=half).score(0) == 90.0
    assert judge(NAN, NAN, NAN, NAN).score(0) is None


def test_a_missing_indicator_gives_its_weight_to_its_own_component() -> None:
    parts = (Part("stickiness", 75.0, 0, 100), Part("recency", 25.0, 0, 100), *FOUR[1:])
    two = Definition(SEED.weights, parts)
    found = judge(NAN, 60, 50, 50, 50, definition=two)
    assert found.weights[0].tolist() == [0, 40, 30, 15, 15]
    assert found.coverage[0] == 0.7
    assert judge(80, 60, 50, 50, 50, definition=two).components[0][0] == 75 * MICRO


def test_less_is_better_and_the_curve_of_a_young_account() -> None:
    parts = (Part("recency", 100.0, 14, 2, None, (Early(3, 30, 10), Early(6, 20, 4))), *FOUR[1:])
    definition = Definition(SEED.weights, parts)

    def points(tenure: float) -> int:
        return int(judge(8, 0, 0, 0, definition=definition, tenure=tenure).points[0][0])

    assert points(NAN) == points(24) == points(6) == 50 * MICRO
    assert points(5.99) == points(3) == 75 * MICRO
    assert points(2.99) == points(0) == 100 * MICRO


values = st.one_of(st.just(NAN), st.floats(-2, 400, allow_nan=False))
DEFAULT = Definition.default(Profile.ENTERPRISE)
rows = st.lists(values, min_size=len(DEFAULT.parts), max_size=len(DEFAULT.parts))


@settings(max_examples=120, deadline=None)
@given(raw=rows, tenure=st.one_of(st.just(NAN), st.floats(0, 60)))
def test_laws_range_and_exact_sum(raw: list[float], tenure: float) -> None:
    """Scores lie in 0 to 100, and the shares add up to the score to the last millionth."""
    found = judge(*raw, definition=DEFAULT, tenure=tenure)
    present = ~np.isnan(np.array(raw))
    assert ((found.shares[0] == MISSING) == ~present).all()
    if found.total[0] == MISSING:
        assert found.coverage[0] < 0.5
        return
    assert 0 <= found.total[0] <= 100 * MICRO
    assert found.shares[0][present].sum() == found.total[0]
    assert (found.shares[0][present] >= 0).all()
    assert found.weights[0].sum() == pytest.approx(100)


@settings(max_examples=120, deadline=None)
@given(raw=rows, column=st.integers(0, len(DEFAULT.parts) - 1), step=st.floats(0.001, 50))
def test_laws_better_is_never_worse(raw: list[float], column: int, step: float) -> None:
    """A raw number that moves to its good side never lowers the score, nor raises it when it moves away."""
    part = DEFAULT.parts[column]
    better = list(raw)
    better[column] += step if part.best > part.worst else -step
    before, after = judge(*raw, definition=DEFAULT), judge(*better, definition=DEFAULT)
    assert after.total[0] >= before.total[0]


@settings(max_examples=60, deadline=None)
@given(raw=rows, seed=st.randoms(use_true_random=False))
def test_laws_the_order_of_indicators_is_nothing(raw: list[float], seed: object) -> None:
    order = list(range(len(DEFAULT.parts)))
    seed.shuffle(order)  # type: ignore[attr-defined]
    shuffled = Definition(DEFAULT.weights, tuple(DEFAULT.parts[i] for i in order))
    one = judge(*raw, definition=DEFAULT)
    other = judge(*(raw[i] for i in order), definition=shuffled)
    assert abs(one.total[0] - other.total[0]) <= 1
    assert np.abs(one.shares[0][order] - other.shares[0]).max() <= 1


@settings(max_examples=30, deadline=None)
@given(many=st.lists(rows, min_size=1, max_size=6))
def test_laws_an_account_is_scored_alike_alone_and_among_others(many: list[list[float]]) -> None:
    together = score(DEFAULT, np.array(many), np.full(len(many), NAN))
    for i, raw in enumerate(many):
        alone = judge(*raw, definition=DEFAULT)
        assert alone.total[0] == together.total[i]
        assert (alone.shares[0] == together.shares[i]).all()
