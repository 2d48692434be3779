"""Whether a score tells the truth: judged against who really left, from what was known before (HLT-11, HLT-16).

Pure. Scores run from 0 (gone) to 100; nan is no score, which flags nobody. `lost` says who left, `money` is what each
paid at the time. Every interval is one of 95 %, from a bootstrap with a fixed seed, so that the same data give the same
verdict.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounts.enums import HealthBand

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HORIZONS = (180, 120, 90, 60, 30)  # days before the decision; the furthest first
LEAST_LOST = 20  # below that luck decides, and there is no verdict
SAMPLES = 400
SEED = 20
DECILES = 10
STEP = 5  # per cent between the weight sets that are tried
Z = 1.959964


def ranks(values: Floats) -> Floats:
    """Ranks from 1, ties sharing their mean. Example: [5, 1, 5] gives [2.5, 1, 2.5]."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(ordered)]
    found = np.empty(len(values))
    found[order] = np.repeat((starts + ends + 1) / 2, ends - starts)
    return found


def auc(scores: Floats, lost: Flags) -> float | None:
    """The chance that somebody who left had a lower score than somebody who stayed (ties half); None without both.

    Example: scores [10, 40, 30, 90], lost [yes, yes, no, no]: 3 of 4 pairs are right, 0.75.
    """
    left = int(lost.sum())
    stayed = len(lost) - left
    if not left or not stayed:
        return None
    return float((ranks(-scores)[lost].sum() - left * (left + 1) / 2) / (left * stayed))


def _resampled(scores: list[Floats], lost: Flags) -> list[list[float]]:
    """The AUC of each of the score sets on the same bootstrap samples."""
    chance = np.random.default_rng(SEED)
    found: list[list[float]] = [[] for _ in scores]
    for _ in range(SAMPLES):
        pick = chance.integers(0, len(lost), len(lost))
        for place, values in enumerate(scores):
            value = auc(values[pick], lost[pick])
            if value is not None:
                found[place].append(value)
    return found


def _interval(values: list[float]) -> tuple[float | None, float | None]:
    if not values:
        return None, None
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def wilson(hits: int, count: int) -> tuple[float | None, float | None]:
    """95 % interval of a share. Example: 0 of 10 gives 0 to 0.2775."""
    if not count:
        return None, None
    share, z2 = hits / count, Z * Z
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z * float(np.sqrt(share * (1 - share) / count + z2 / (4 * count * count))) / (1 + z2 / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True)
class Flagged:
    """What a line would have warned of: precision = left of the flagged, recall = flagged of those who left."""

    flagged: int
    right: int
    precision: float | None
    recall: float | None
    f1: float | None
    money_recall: float | None

    def as_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


def flagged(scores: Floats, lost: Flags, money: Floats, below: float) -> Flagged:
    """Judge the line `below`. Example: 4 flagged of whom 3 left, 5 left in all: precision 0.75, recall 0.6, F1 0.6667."""
    with np.errstate(invalid="ignore"):
        marked = scores < below  # nan compares false: no score flags nobody
    count, right, left = int(marked.sum()), int((marked & lost).sum()), int(lost.sum())
    precision = right / count if count else None
    recall = right / left if left else None
    both = (precision or 0) + (recall or 0)
    at_stake = float(money[lost].sum())
    return Flagged(
        count,
        right,
        precision,
        recall,
        2 * (precision or 0) * (recall or 0) / both if both else None,
        float(money[marked & lost].sum()) / at_stake if at_stake else None,
    )


def lift(scores: Floats, lost: Flags) -> list[float | None]:
    """Churn of each tenth, lowest score first, as a multiple of the average. Ties are shared by rank."""
    average = float(lost.mean()) if len(lost) else 0.0
    if not average:
        return [None] * DECILES
    order = np.argsort(scores, kind="stable")
    return [float(lost[part].mean()) / average if len(part) else None for part in np.array_split(order, DECILES)]


def calibration(scores: Floats, lost: Flags, red: float, green: float) -> tuple[list[dict[str, Any]], bool | None]:
    """Churn in each band with its interval, and whether a worse band always lost more."""
    with np.errstate(invalid="ignore"):
        bands = (
            (HealthBand.GREEN, scores >= green),
            (HealthBand.YELLOW, (scores >= red) & (scores < green)),
            (HealthBand.RED, scores < red),
        )
    rows: list[dict[str, Any]] = []
    for band, inside in bands:
        count, gone = int(inside.sum()), int((inside & lost).sum())
        low, high = wilson(gone, count)
        rows.append(
            {
                "band": str(band),
                "accounts": count,
                "lost": gone,
                "rate": gone / count if count else None,
                "low": low,
                "high": high,
            }
        )
    rates = [row["rate"] for row in rows if row["rate"] is not None]
    return rows, all(a <= b for a, b in pairwise(rates)) if len(rates) > 1 else None


def judge(
    scores: dict[str, Floats],
    lost: Flags,
    money: Floats,
    *,
    red: dict[str, float],
    green: dict[str, float],
    rivals: tuple[str, ...] = ("a", "b"),
) -> dict[str, Any]:
    """Judge score sets on the same decisions. `red` and `green` are the lines of each set.

    {"decisions", "lost", "judged", "sets": {name: {"auc", "low", "high", "unscored", "yellow", "red", "lift", "bands",
    "monotone"}}, "difference": that of the second to the first of `rivals`}. AUCs are those of the decisions that every
    rival has a score for, and of a baseline those of them that it has one for as well.
    """
    names = [name for name in rivals if name in scores]
    common = ~np.any([np.isnan(scores[name]) for name in names], axis=0) if names else np.ones(len(lost), bool)
    sets: dict[str, Any] = {}
    for name, values in scores.items():
        own = ~np.isnan(values)
        shared = own & common
        low, high = _interval(_resampled([values[shared]], lost[shared])[0]) if shared.any() else (None, None)
        rows, monotone = calibration(values, lost, red[name], green[name])
        sets[name] = {
            "auc": auc(values[shared], lost[shared]),
            "low": low,
            "high": high,
            "unscored": int((~own).sum()),
            "yellow": flagged(values, lost, money, green[name]).as_json(),
            "red": flagged(values, lost, money, red[name]).as_json(),
            "lift": lift(values[own], lost[own]),
            "bands": rows,
            "monotone": monotone,
        }
    found: dict[str, Any] = {"decisions": len(lost), "lost": int(lost.sum()), "judged": int(common.sum()), "sets": sets}
    if len(names) > 1:
        first, second = (scores[name][common] for name in names[:2])
        found["difference"] = difference(first, second, lost[common])
    return found


def difference(first: Floats, second: Floats, lost: Flags) -> dict[str, float | None]:
    """By how much the second set's AUC is better, on the same samples: {"auc", "low", "high"}."""
    a, b = auc(first, lost), auc(second, lost)
    if a is None or b is None:
        return {"auc": None, "low": None, "high": None}
    drawn = _resampled([first, second], lost)
    low, high = _interval([y - x for x, y in zip(*drawn, strict=True)])
    return {"auc": b - a, "low": low, "high": high}


def lead_times(scores: dict[int, Floats], lost: Flags, green: float) -> dict[str, Any]:
    """How long before they left the lost ones stood below `green` without a break up to the end.

    `scores` by days before the decision. {"buckets": {days: how many}, "never": …, "median": days, of the flagged}.
    Example: below at 30, 60 and 90 days but not at 120: 90.
    """
    with np.errstate(invalid="ignore"):
        below = {days: scores[days][lost] < green for days in sorted(scores)}
    lead = np.zeros(int(lost.sum()), dtype=int)
    still = np.ones(len(lead), dtype=bool)
    for days, marked in below.items():
        still &= marked
        lead[still] = days
    return {
        "buckets": {str(days): int((lead == days).sum()) for days in sorted(scores, reverse=True)},
        "never": int((lead == 0).sum()),
        "median": float(np.median(lead[lead > 0])) if (lead > 0).any() else None,
    }


def weight_sets(parts: int) -> NDArray[np.int64]:
    """All weights in steps of 5 per cent that sum to 100, one row each. Four parts give 1,771 rows."""
    units = 100 // STEP

    def fill(left: int, count: int) -> list[list[int]]:
        if count == 1:
            return [[left]]
        return [[n, *rest] for n in range(left + 1) for rest in fill(left - n, count - 1)]

    return np.array(fill(units, parts), dtype=np.int64) * STEP


def weighted(parts: Floats, weights: Floats) -> Floats:
    """Score of each row of component scores (n × k, nan = missing): the weight of what is missing goes to the rest."""
    there = ~np.isnan(parts)
    total = there @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, np.nan_to_num(parts) @ weights / total, np.nan)


def suggest(parts: Floats, lost: Flags, current: Floats, *, folds: int = 5) -> dict[str, Any] | None:
    """The weights of the components that would have told best, honestly: chosen on four fifths, judged on the last.

    {"weights": [..], "auc": out of sample, "current": of the current weights on the same rows}; None under `LEAST_LOST`.
    Ties go to the set nearest to the current one, so that noise proposes no change. Never applied by itself.
    """
    if int(lost.sum()) < LEAST_LOST or lost.all():
        return None
    sets = weight_sets(parts.shape[1]).astype(float)
    sets = sets[np.argsort(np.abs(sets - current).sum(axis=1), kind="stable")]
    fold = np.empty(len(lost), dtype=int)
    for group in (np.flatnonzero(lost), np.flatnonzero(~lost)):
        fold[np.random.default_rng(SEED).permutation(group)] = np.arange(len(group)) % folds
    scored = np.stack([weighted(parts, each) for each in sets])
    scored = np.where(np.isnan(scored), 100.0, scored)

    def best(rows: Flags) -> int:
        return int(np.argmax([auc(values[rows], lost[rows]) or 0.0 for values in scored]))

    outside = np.empty(len(lost))
    for part in range(folds):
        held = fold == part
        outside[held] = ranks(scored[best(~held)])[held]
    now = np.where(np.isnan(weighted(parts, current)), 100.0, weighted(parts, current))
    return {
        "weights": sets[best(np.ones(len(lost), dtype=bool))].astype(int).tolist(),
        "auc": auc(outside, lost),
        "current": auc(now, lost),
    }
