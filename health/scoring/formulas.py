"""From raw numbers to a score: pure, for any number of accounts at once (HLT-01, HLT-04). The one home of the formula.

Night, refresh, what-if, preview of a draft and backtest all call `score`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accounts.enums import HealthBand
from health.enums import Component
from health.scoring.definition import Definition

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MICRO = 1_000_000  # a share, a number of points and a score are whole millionths of a point
MISSING = -1  # in whole numbers, where raw has nan
BANDS = (HealthBand.NONE, HealthBand.RED, HealthBand.YELLOW, HealthBand.GREEN)


@dataclass(frozen=True)
class Scores:
    """Scores of n accounts by the k indicators of a definition.

    `total`, `points`, `shares` and `components` are millionths of a point, MISSING where there is none. The shares of
    an account that has a score add up to its total exactly. `weights` are the effective ones, in per cent of the score
    (0 where missing). `components` are in the order of `Component`; `bands` are positions in BANDS.
    """

    raw: Floats  # n × k
    points: Ints  # n × k
    weights: Floats  # n × k
    shares: Ints  # n × k
    components: Ints  # n × 4
    coverage: Floats  # n, 0 to 1
    total: Ints  # n
    bands: npt.NDArray[np.int8]  # n

    def band(self, row: int) -> HealthBand:
        return BANDS[self.bands[row]]

    def score(self, row: int) -> float | None:
        """0 to 100; None below the coverage."""
        return None if self.total[row] == MISSING else int(self.total[row]) / MICRO


def points(definition: Definition, raw: Floats, tenure_months: Floats) -> Floats:
    """0 to 100 points of each raw number on its curve, nan where it is missing.

    An account that has been a customer for less than `until` months is judged by that early curve; one whose tenure is
    not known (nan) by the usual one. Example: DAU/MAU of 0.225 from worst 0.05 to best 0.40 is half the way: 50.
    """
    worst = np.array([p.worst for p in definition.parts])[None, :].repeat(len(raw), axis=0)
    best = np.array([p.best for p in definition.parts])[None, :].repeat(len(raw), axis=0)
    for column, part in enumerate(definition.parts):
        for step in reversed(part.early):
            young = tenure_months < step.until
            worst[young, column], best[young, column] = step.worst, step.best
    return np.asarray(np.clip((raw - worst) / (best - worst), 0.0, 1.0) * 100.0)


def score(definition: Definition, raw: Floats, tenure_months: Floats) -> Scores:
    """Score n accounts. `raw` is n × k with nan for what is missing, `tenure_months` n.

    The weight of a missing indicator goes to the rest of its component, that of a missing component to the others, both
    in proportion; the present weight is the coverage, and below the definition's there is no score.

    Example (HLT-01): components of 90, 70, 60 and 80 points give 36 + 21 + 9 + 12 = 78, Yellow. Without the last one
    the weights are 40, 30 and 15 of 85: (36 + 21 + 9) / 0.85 = 77.647059 at a coverage of 0.85.
    """
    whole = np.rint(points(definition, raw, tenure_months) * MICRO)
    present = ~np.isnan(whole)
    judged = np.where(present, whole, 0.0)
    weights, coverage = effective(definition, present)
    exact = judged * weights / 100.0
    inside = np.array([p.weight for p in definition.parts]) * present
    known = _by_component(definition, inside)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(known > 0, _by_component(definition, judged * inside) / known, MISSING)
    scored = (coverage >= definition.coverage) & (weights.sum(axis=1) > 0)
    total = np.where(scored, np.rint(_summed(exact, range(exact.shape[1]))), MISSING).astype(np.int64)
    shares = _whole_shares(exact, np.maximum(total, 0), present & (weights > 0))
    shares[~scored] = 0
    shares[~present] = MISSING
    return Scores(
        raw=raw,
        points=np.where(present, judged, MISSING).astype(np.int64),
        weights=weights,
        shares=shares,
        components=np.rint(means).astype(np.int64),
        coverage=coverage,
        total=total,
        bands=_bands(definition, total),
    )


def effective(definition: Definition, present: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Effective weights in per cent of the score (n × k, 0 where missing) and coverage (n, 0 to 1) of what is present."""
    inside = np.array([p.weight for p in definition.parts]) * present
    outer = np.array([definition.weights[c] for c in Component])
    known = _by_component(definition, inside)  # present weight inside each component, of 100
    alive = outer * (known > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Of the score, for one per cent inside a component.
        rates = np.where(known > 0, alive / _summed(alive, range(4))[:, None] / known, 0.0)
    order = list(Component)
    weights = np.nan_to_num(inside * rates[:, [order.index(p.component) for p in definition.parts]]) * 100.0
    return weights, np.round(_summed(known * outer, range(4)) / 10_000, 6)


def _by_component(definition: Definition, values: Floats) -> Floats:
    """n × 4: the sums of each row over the indicators of a component."""
    columns = [[i for i, part in enumerate(definition.parts) if part.component == c] for c in Component]
    return np.stack([_summed(values, own) for own in columns], axis=1)


def _summed(values: Floats, columns: Iterable[int]) -> Floats:
    """The sum of these columns, always in this order: a row gives the same bits alone and among others."""
    total = np.zeros(len(values))
    for column in columns:
        total += values[:, column]
    return total


def _whole_shares(exact: Floats, total: Ints, open_to: npt.NDArray[np.bool_]) -> Ints:
    """Whole numbers near `exact` that add up to `total` in each row: rounded down, and the rest by largest remainder."""
    down = np.floor(exact)
    rest = total - down.sum(axis=1).astype(np.int64)
    remainder = np.where(open_to, exact - down, -1.0)
    rank = np.empty_like(remainder, dtype=np.int64)
    best_first = np.argsort(-remainder, axis=1, kind="stable")
    np.put_along_axis(rank, best_first, np.arange(exact.shape[1])[None, :], axis=1)
    return down.astype(np.int64) + (rank < rest[:, None])


def _bands(definition: Definition, total: Ints) -> npt.NDArray[np.int8]:
    """Positions in BANDS, by the unrounded score, lower edge included (E11)."""
    edges = np.rint(np.array([0.0, definition.yellow, definition.green]) * MICRO)
    return np.asarray(np.searchsorted(edges, total, side="right"), dtype=np.int8)
