"""The reports health_scores and health_factors (CONTRACTS 3), by function, command and HTTP."""

import datetime as dt
import random
from decimal import Decimal

import pytest

from accounts.models import Segment
from cs_platform.kernel.models import Run
from health.models import HealthScore
from health.scoring import jobs, reports
from metrics.figures.reports import REPORTS, run_report
from tests.conftest import World
from tests.health import scoring_facts as facts
from tests.health.scoring_facts import DAY
from tests.health.test_scoring_jobs import book, known_well

WEEK_AGO = DAY - dt.timedelta(days=7)


def night(day: dt.date) -> None:
    jobs.score_all(day)
    Run.objects.get_or_create(name="nightly", as_of=day, defaults={"state": Run.State.DONE})


def test_columns_are_the_contract() -> None:
    assert REPORTS["health_scores"].columns == (
        [
            "account",
            "as_of",
            "score",
            "band",
            "usage",
            "engagement",
            "support",
            "outcomes",
            "coverage",
            "previous_score",
            "change",
        ]
    )
    assert REPORTS["health_factors"].columns == (
        ["account", "as_of", "component", "factor", "raw_value", "points", "weight", "contribution", "reason"]
    )


def test_scores_with_the_week_before(tenant_open: World) -> None:
    row = known_well()
    night(WEEK_AGO)
    facts.touch(row, "qbr", DAY, status="cancelled")
    night(DAY)
    (found,) = run_report("health_scores", as_of=DAY).rows
    now, then = HealthScore.objects.get(as_of=DAY), HealthScore.objects.get(as_of=WEEK_AGO)
    assert (found["account"], found["as_of"], found["score"]) == ("A-1", DAY, now.score)
    assert (found["previous_score"], found["change"]) == (then.score, now.score - then.score)
    assert found["usage"] == now.usage
    assert found["outcomes"] is None
    assert found["band"] == now.band


def test_factors_add_up_to_the_score(tenant_open: World) -> None:
    book(9, 15)
    night(DAY)
    factors = run_report("health_factors", as_of=DAY).rows
    scores = {row["account"]: row for row in run_report("health_scores", as_of=DAY).rows}
    assert len(scores) > 8
    for account, score in scores.items():
        own = [row for row in factors if row["account"] == account]
        given = [row["contribution"] for row in own if row["contribution"] is not None]
        if score["score"] is None:
            assert not given
        else:
            assert sum(given) == score["score"]
        assert sum(row["weight"] for row in own) == pytest.approx(Decimal(1), abs=Decimal("1e-6"))
        for row in own:
            assert (row["raw_value"] is None) == (row["points"] is None)
            assert row["reason"]


def test_a_day_without_a_night_is_judged_as_its_night_would_have(tenant_open: World) -> None:
    """Reports answer for any past day: what is computed on the way is what the night would have stored."""
    book(11, 15)
    asked_first = [run_report(name, as_of=DAY).rows for name in ("health_scores", "health_factors")]
    assert not HealthScore.objects.exists()
    night(WEEK_AGO)
    night(DAY)
    assert [run_report(name, as_of=DAY).rows for name in ("health_scores", "health_factors")] == asked_first


def test_an_earlier_knowledge(tenant_open: World) -> None:
    """--known-at: what became known later is not in the figures, though it happened before."""
    row = known_well()
    before = run_report("health_factors", as_of=DAY).rows
    facts.ticket(row, DAY - dt.timedelta(days=20), known=DAY)
    night(DAY)
    now = run_report("health_factors", as_of=DAY).rows
    assert now != before
    known_at = dt.datetime.combine(DAY - dt.timedelta(days=1), dt.time(12), tzinfo=dt.UTC)
    then = run_report("health_factors", as_of=DAY, known_at=known_at).rows
    assert [r for r in then if r["component"] == "support"] == [r for r in before if r["component"] == "support"]


def test_one_segment(tenant_open: World) -> None:
    segment = Segment.objects.get(profile="smb")
    rng = random.Random(2)
    for i in range(6):
        row = facts.account(f"A-{i}", segment=segment if i % 2 else None)
        facts.random_facts(rng, row, DAY)
    night(DAY)
    every = {row["account"] for row in reports.health_scores(DAY, DAY)}
    some = {row["account"] for row in reports.health_scores(DAY, DAY, segment.name)}
    assert some == {name for name in every if int(name[-1]) % 2}
    assert some


def test_another_tenant_is_in_no_report(worlds: tuple[World, World]) -> None:
    world, rival = worlds
    with world.open():
        known_well()
        night(DAY)
    with rival.open():
        assert run_report("health_scores", as_of=DAY).rows == []
        assert run_report("health_factors", as_of=DAY).rows == []
