"""Why a score changed: drivers add up exactly, whatever appears, vanishes or judges anew (HLT-06)."""

import datetime as dt
import random
from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest
from django.utils import translation

from accounts.enums import Profile
from accounts.formulas import cut
from health.models import HealthScore
from health.scoring import diff, formulas, path
from health.scoring.definition import Definition
from health.scoring.formulas import MICRO, MISSING
from health.scoring.indicators import INDICATORS, Early

DAY = dt.date(2026, 10, 1)
LATER = dt.date(2026, 11, 21)
SINCE = dt.date(2026, 8, 15)
ENTERPRISE, SMB = Definition.default(Profile.ENTERPRISE), Definition.default(Profile.SMB)
VERSIONS = {id(ENTERPRISE): uuid4(), id(SMB): uuid4()}


def row(definition: Definition, raw: dict[str, float], day: dt.date) -> HealthScore:
    """A row as the job would store it."""
    values = np.array([[raw.get(key, np.nan) for key in definition.keys]], dtype=float)
    made = formulas.score(definition, values, np.array([diff.tenure_on(SINCE, day)]))

    def listed(numbers: np.ndarray) -> list[int | None]:
        return [None if n == MISSING else int(n) for n in numbers]

    total = None if made.total[0] == MISSING else int(made.total[0])
    return HealthScore(
        account_id=uuid4(), as_of=day, version_id=VERSIONS.setdefault(id(definition), uuid4()), band=made.band(0),
        score=None if total is None else diff_decimal(total), coverage=made.coverage[0],
        raw=[None if np.isnan(v) else float(v) for v in values[0]], points=listed(made.points[0]), shares=listed(made.shares[0]),
    )  # fmt: skip


def diff_decimal(micro: int) -> object:
    from decimal import Decimal

    return Decimal(micro) / MICRO


def compared(old: Definition, new: Definition, before: dict[str, float], after: dict[str, float]) -> diff.Difference:
    return diff.difference(row(old, before, DAY), row(new, after, LATER), old, new, SINCE)


def random_raw(rng: random.Random, known: float = 0.8) -> dict[str, float]:
    found = {}
    for key, indicator in INDICATORS.items():
        if rng.random() < known:
            low, high = sorted((indicator.worst, indicator.best))
            found[key] = rng.uniform(low - (high - low) / 4, high + (high - low) / 4)
    return found


@pytest.mark.parametrize("seed", range(60))
def test_drivers_add_up_exactly(seed: int) -> None:
    """For any two days: indicators appear and vanish, curves of young accounts end, another model judges."""
    rng = random.Random(seed)
    old, new = rng.choice([(ENTERPRISE, ENTERPRISE), (ENTERPRISE, SMB), (SMB, shortened(SMB))])
    known = rng.choice([0.6, 0.8, 1.0])
    before, after = random_raw(rng, known), random_raw(rng, known)
    found = compared(old, new, before, after)
    if found.micro is None:
        assert not found.drivers
        assert None in (found.before, found.after)
        return
    assert sum(d.micro for d in found.drivers) == found.micro
    assert found.micro == round(found.after * MICRO) - round(found.before * MICRO)
    assert sum(micro for _name, micro, _own in found.by_component()) == found.micro
    shown = found.tenths()
    assert round(sum(value for _d, value in shown) * 10) == 10 * (cut(found.after, 1) - cut(found.before, 1))
    assert all(abs(value - driver.points) < 0.25 for driver, value in shown)
    assert set(found.appeared) == {k for k in new.keys if k in after and k not in (before.keys() & set(old.keys))}


def shortened(definition: Definition) -> Definition:
    """Without half of the indicators of support, with another curve: another version of the same model."""
    parts = [p for p in definition.parts if p.key not in ("csat", "old_tickets")]
    weight = {p.key: p.weight / 75 * 100 if p.component == "support" else p.weight for p in parts}
    return replace(definition, parts=tuple(replace(p, weight=weight[p.key], early=(Early(2, 0, 1),) if p.key == "nps" else p.early) for p in parts))  # fmt: skip


def test_the_same_facts_by_the_same_version_are_no_difference() -> None:
    raw = random_raw(random.Random(1), 1.0)
    assert diff.difference(row(SMB, raw, LATER), row(SMB, raw, LATER), SMB, SMB, SINCE).drivers == ()


def test_another_model_alone_is_one_driver() -> None:
    raw = random_raw(random.Random(1), 1.0)
    found = diff.difference(row(ENTERPRISE, raw, LATER), row(SMB, raw, LATER), ENTERPRISE, SMB, SINCE)
    assert [d.key for d in found.drivers] == [diff.MODEL]
    assert found.drivers[0].micro == found.micro


def test_what_only_becomes_known_is_coverage() -> None:
    raw = random_raw(random.Random(4), 1.0)
    found = diff.difference(
        row(SMB, {k: v for k, v in raw.items() if k != "nps"}, LATER), row(SMB, raw, LATER), SMB, SMB, SINCE
    )
    assert [d.key for d in found.drivers] == [diff.COVERAGE]
    assert found.appeared == ("nps",)


def test_a_driver_is_its_share_when_all_is_known_on_both_days() -> None:
    """HLT-07: DAU/MAU from 35% to 15% is 8 per cent of the score: from 85.7 to 28.6 points, −4.57."""
    full = {key: i.best for key, i in INDICATORS.items()}
    found = compared(SMB, SMB, full | {"stickiness": 0.35}, full | {"stickiness": 0.15})
    assert [(d.key, round(d.points, 2)) for d in found.drivers if d.key == "stickiness"] == [("stickiness", -4.57)]


def test_the_finding_in_one_sentence() -> None:
    full = {key: i.best for key, i in INDICATORS.items()}
    worse = {"stickiness": 0.15, "seat_activity": 0.2, "meeting_attendance": 0.3, "last_contact": 95}
    found = diff.difference(row(SMB, full, DAY), row(SMB, full | worse, LATER), SMB, SMB, None)
    text = diff.sentence(found)
    minus = "\N{MINUS SIGN}"
    assert text == (
        f"{minus}19 since 1 October: usage {minus}12 (Weekly users of seats 70% to 20%; DAU/MAU 40% to 15%), "
        f"engagement {minus}6 (Last two-way contact 21 days to 95 days; Meetings held 90% to 30%)"
    )
    assert diff.sentence(found, today=dt.date(2027, 1, 1)).startswith(f"{minus}19 since 1 October 2026")
    with translation.override("id"):
        assert "Oktober" in diff.sentence(found)


def test_without_a_score_it_says_so() -> None:
    found = compared(SMB, SMB, {"nps": 8}, random_raw(random.Random(1), 1.0))
    assert found.micro is None
    assert diff.sentence(found) == "There is no score on 1 October to compare with."


@pytest.mark.parametrize("seed", range(40))
def test_a_path_crosses_the_edge_or_says_that_it_does_not(seed: int) -> None:
    """At most four steps, heaviest first, each with its gain; the last step is no longer than it must be."""
    rng = random.Random(seed)
    raw = random_raw(rng, rng.choice([0.7, 1.0]))
    values = [raw.get(key) for key in ENTERPRISE.keys]
    for way in path.paths(ENTERPRISE, values, 24.0):
        goal = round(way.edge * MICRO)
        assert way.start < goal
        assert len(way.steps) <= path.MOST_STEPS
        changed, score = dict(raw), way.start
        for i, step in enumerate(way.steps):
            indicator = INDICATORS[step.key]
            assert indicator.movable
            assert step.before == raw[step.key]
            assert score < goal, "no step after the edge"
            score += step.gain
            assert score == step.reached
            changed[step.key] = step.after
            judged = path.what_if(ENTERPRISE, changed, 24.0)
            assert judged.total[0] == step.reached, i
        assert way.reached == (score >= goal)


def test_a_path_in_one_step() -> None:
    """The docstring's example: 8 per cent of the score, from nothing to 55% of seats."""
    full = {key: i.best for key, i in INDICATORS.items()}
    low = full | {"seat_activity": 0.1, "context": 2, "progress": 0.3, "reached_share": 0.5, "ticket_load": 2.6}
    ways = path.paths(Definition.default(), [low[k] for k in ENTERPRISE.keys], 24.0)
    assert [way.band for way in ways] == ["green"]
    assert ways[0].reached
    assert ways[0].steps[0].key == "seat_activity"
    assert path.paths(Definition.default(), [full[k] for k in ENTERPRISE.keys], 24.0) == []


def test_a_path_that_does_not_get_there_says_so() -> None:
    worst = {key: i.worst for key, i in INDICATORS.items()}
    red, green = path.paths(SMB, [worst[k] for k in SMB.keys], 24.0)
    assert (red.reached, green.reached) == (False, False)
    assert len(green.steps) == 4
