"""The system's call and the runway, without a database (REN-01, REN-02, REN-05)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import Profile
from cs_platform.kernel.errors import DomainError
from renewals import runway
from renewals.enums import Confidence, Intent
from renewals.following import state_of
from renewals.formulas import INTENT, Facts, apart, base_rate, confidence, likelihood
from renewals.lifecycle import MOVES
from renewals.models import Runway

HALCYON = Facts(
    Profile.ENTERPRISE,
    health=39,
    trend=-0.46,
    champion="left",
    tickets=1,
    decider_days=30,
    late_steps=2,
    tenure_months=36,
)
FACTS = st.builds(
    Facts,
    profile=st.sampled_from(Profile.values),
    kept=st.integers(0, 400),
    closed=st.integers(400, 800),
    health=st.none() | st.floats(0, 100),
    trend=st.none() | st.floats(-1, 3),
    champion=st.sampled_from(["here", "", "left"]),
    tickets=st.integers(0, 9),
    decider_days=st.none() | st.integers(0, 900),
    late_steps=st.integers(0, 6),
    objections=st.integers(0, 6),
    past_due=st.booleans(),
    notice=st.booleans(),
    renews_itself=st.booleans(),
    intent=st.sampled_from(Intent.values),
    tenure_months=st.none() | st.integers(0, 200),
)
CHAMPIONS, INTENTS = ["here", "", "left"], sorted(INTENT, key=lambda each: -INTENT[each])


def worse(facts: Facts) -> list[Facts]:
    """The same facts with a little more risk, one way each."""
    changes: list[dict[str, Any]] = [
        {"tickets": facts.tickets + 1},
        {"late_steps": facts.late_steps + 1},
        {"objections": facts.objections + 1},
        {"past_due": True},
        {"notice": True},
        {"renews_itself": False},
        {"champion": CHAMPIONS[min(CHAMPIONS.index(facts.champion) + 1, 2)]},
        {"intent": INTENTS[min(INTENTS.index(facts.intent) + 1, len(INTENTS) - 1)]},
        {"decider_days": None if facts.decider_days is None else facts.decider_days + 10},
        {"kept": max(facts.kept - 1, 0)},
    ]
    if facts.health is not None:
        changes.append({"health": max(facts.health - 5, 0)})
    if facts.trend is not None:
        changes.append({"trend": facts.trend - 0.1})
    if facts.tenure_months is not None:
        changes.append({"tenure_months": max(facts.tenure_months - 6, 0)})
    return [replace(facts, **change) for change in changes]


@given(FACTS)
def test_reasons_add_up_and_more_risk_never_raises_the_chance(facts: Facts) -> None:
    """REN-05: exact to the tenth, within 1 and 99, the same for the same facts."""
    called = likelihood(facts)
    assert called == likelihood(facts)
    assert 1 <= called.probability <= 99
    assert sum(Decimal(str(reason["points"])) for reason in called.reasons) == called.probability
    assert [reason["key"] for reason in called.reasons if reason["sign"] == "="] == ["base"]
    assert all((reason["points"] > 0) == (reason["sign"] == "+") for reason in called.reasons[:-1])
    assert all(likelihood(other).probability <= called.probability for other in worse(facts))


def test_the_example_of_the_docstring() -> None:
    called = likelihood(HALCYON)
    assert called.probability == Decimal("28.1")
    assert [(r["key"], r["points"]) for r in called.reasons] == [
        ("trend", -27.6), ("champion", -17.0), ("health", -12.2), ("late_steps", -8.0), ("tickets", -6.0), ("tenure", 5.0),
        ("decider", 1.9), ("base", 92.0),
    ]  # fmt: skip
    assert likelihood(replace(HALCYON, intent=Intent.LEAVE, notice=True)).probability == 1


@pytest.mark.parametrize(("kept", "closed", "rate"), [(0, 0, 920), (45, 50, 906), (0, 20, 460), (980, 1000, 979)])
def test_the_base_rate_is_drawn_to_the_prior_while_it_is_few(kept: int, closed: int, rate: int) -> None:
    assert base_rate(Profile.ENTERPRISE, kept, closed) == rate


@pytest.mark.parametrize(
    ("probability", "called"),
    [("90", Confidence.COMMIT), ("89.99", Confidence.LIKELY), ("70", Confidence.LIKELY), ("69.99", Confidence.AT_RISK)],
)
def test_what_a_chance_is_called(probability: str, called: str) -> None:
    """METRICS rule 20: lower bounds included, on unrounded values."""
    assert confidence(Decimal(probability)) == called


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [("34", "65", True), ("75", "84.99", False), ("75", "85", True), ("69", "70", True), (None, "10", False)],
)
def test_calls_that_disagree(first: str | None, second: str, differ: bool) -> None:
    assert apart(Decimal(first) if first else None, Decimal(second)) is differ


@pytest.mark.parametrize(
    ("due", "kept", "stays", "state"),
    [(100, 100, True, "renewed"), (100, 101, True, "expanded"), (100, 99, True, "contracted"), (100, 0, True, "churned"),
     (100, 0, False, "churned"), (0, 0, True, "renewed")],
)  # fmt: skip
def test_what_money_makes_of_a_renewal(due: int, kept: int, stays: bool, state: str) -> None:
    assert state_of(due, kept, stays) == state


def test_moves_lead_somewhere_and_every_state_has_some() -> None:
    for table in MOVES.values():
        assert all(after in table for moves in table.values() for after in moves)
        assert all(moves for moves in table.values())
    assert set(MOVES["state"]) == {"open", "renewed", "expanded", "contracted", "churned", "withdrawn"}


@pytest.mark.parametrize(
    ("days", "steps", "field"),
    [
        (0, [{"step": "talk", "days": 0}], "days"),
        (731, [{"step": "talk", "days": 0}], "days"),
        (30, [], "steps"),
        (30, [{"step": "talk", "days": 31}], "steps"),
        (30, [{"step": "talk", "days": "3"}], "steps"),
        (30, [{"step": "talk", "days": True}], "steps"),
        (30, [{"step": "talk", "days": 3}, {"step": "talk", "days": 1}], "steps"),
        (30, [{"step": "dance", "days": 3}], "steps"),
    ],
)
def test_a_runway_that_is_none_names_its_field(days: int, steps: list[dict[str, Any]], field: str) -> None:
    with pytest.raises(DomainError) as error:
        runway.checked(days, steps)
    assert list(error.value.fields) == [field]


def test_an_own_runway_is_read_in_its_order() -> None:
    kept = runway.checked(
        45, [{"step": "sign", "days": 10}, {"step": "talk", "days": 45}, {"step": "quote", "days": 10}]
    )
    assert [(s.step, s.days) for s in runway.steps_of(Runway(days=45, steps=kept))] == [
        ("talk", 45),
        ("quote", 10),
        ("sign", 10),
    ]
    assert runway.days_of(Runway(days=45, steps=kept)) == 45
    for profile in Profile.values:
        steps = runway.steps_of(profile)
        assert [s.days for s in steps] == sorted((s.days for s in steps), reverse=True)
        assert steps[0].days == runway.days_of(profile)
