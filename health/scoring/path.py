"""Path to green: which few indicators would carry a score over the next edge, and how far each must move.

The effort of a step is the part of its curve that it moves over, so points for effort are the indicator's effective
weight: the heaviest comes first, and the last step goes only as far as it must. Example: at 74 with weekly users of
seats at 10% (8 per cent of the score, 0 points), moving them to 55% gives +6: Healthy in one step.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from accounts.enums import HealthBand
from health.scoring import formulas
from health.scoring.definition import Definition, Part
from health.scoring.formulas import MICRO, MISSING, Floats
from health.scoring.indicators import Unit

MOST_STEPS = 4
# To what a person would say: whole per cent, whole days, one decimal.
_GRAIN = {Unit.SHARE: 0.01, Unit.CHANGE: 0.01, Unit.DAYS: 1.0, Unit.COUNT: 1.0, Unit.OF_FIVE: 1.0, Unit.HOURS: 1.0,
          Unit.MINUTES: 0.5, Unit.MOOD: 0.05}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """Move one indicator from `before` to `after`; what that gives, and the score then, in millionths."""

    key: str
    before: float
    after: float
    gain: int
    reached: int


@dataclass(frozen=True)
class Path:
    """Steps from `start` (millionths) to the edge of `band`; when `reached` is False even these do not get there."""

    band: HealthBand
    edge: float
    start: int
    steps: tuple[Step, ...]
    reached: bool


def paths(definition: Definition, raw: list[float | None], tenure: float) -> list[Path]:
    """The way over each edge above the score, nearest first: none from Healthy, or without a score."""
    values = np.array([[np.nan if value is None else value for value in raw]], dtype=float)
    months = np.array([tenure])
    made = formulas.score(definition, values, months)
    start = int(made.total[0])
    if start == MISSING:
        return []
    edges = ((HealthBand.YELLOW, definition.yellow), (HealthBand.GREEN, definition.green))
    return [_path(definition, values, months, start, band, edge) for band, edge in edges if start < round(edge * MICRO)]


def _path(definition: Definition, values: Floats, months: Floats, start: int, band: HealthBand, edge: float) -> Path:
    goal = round(edge * MICRO)
    made = formulas.score(definition, values, months)
    weights = made.weights[0]
    gaps = np.where(made.points[0] == MISSING, 0, 100 * MICRO - made.points[0])
    open_ = [i for i, part in enumerate(definition.parts) if part.indicator.movable and weights[i] > 0 and gaps[i] > 0]
    chosen = sorted(open_, key=lambda i: (-weights[i], definition.parts[i].key))[:MOST_STEPS]
    if start + sum(weights[i] * gaps[i] / 100 for i in chosen) < goal:  # the heaviest have too little left: the widest
        chosen = sorted(open_, key=lambda i: (-weights[i] * gaps[i], definition.parts[i].key))[:MOST_STEPS]
        chosen.sort(key=lambda i: (-weights[i], definition.parts[i].key))
    current, score, steps = values.copy(), start, []
    for i in chosen:
        if score >= goal:
            break
        part, before = definition.parts[i], float(current[0, i])
        worst, best = _curve(part, float(months[0]))
        have = float(np.clip((before - worst) / (best - worst), 0, 1))
        need = min(1.0, have + (goal - score) / MICRO / weights[i])
        for target in (_said(part, worst, best, need), best):
            current[0, i] = target
            reached = int(formulas.score(definition, current, months).total[0])
            if reached >= goal or need >= 1.0:
                break
        steps.append(Step(part.key, before, float(current[0, i]), reached - score, reached))
        score = reached
    return Path(band, edge, start, tuple(steps), score >= goal)


def _curve(part: Part, months: float) -> tuple[float, float]:
    for step in part.early:
        if months < step.until:
            return step.worst, step.best
    return part.worst, part.best


def _said(part: Part, worst: float, best: float, need: float) -> float:
    """The raw number at `need` of the curve, rounded towards the good side as people say it, never beyond the best."""
    exact, grain = worst + (best - worst) * need, _GRAIN.get(part.indicator.unit, 0.1)
    if best > worst:
        return min(best, round(math.ceil(round(exact / grain, 9)) * grain, 9))
    return max(best, round(math.floor(round(exact / grain, 9)) * grain, 9))


def what_if(
    definition: Definition, raw: dict[str, float | None], tenure: float, changed: dict[str, Any] | None = None
) -> formulas.Scores:
    """The score of one account by `definition`, with its raw numbers (by key) and those that one would change."""
    values = raw | (changed or {})
    row = [[np.nan if values.get(key) is None else values[key] for key in definition.keys]]
    return formulas.score(definition, np.array(row, dtype=float), np.array([tenure]))
