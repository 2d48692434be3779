"""Earned the right (EXP-01): five checks, each met, not met or not known, with what they were judged by."""

import datetime as dt

import pytest

from cs_platform.kernel.periods import after_months
from expansion import lifecycle
from expansion.checks import earned, read
from expansion.enums import Check, DealStage
from health.models import Ticket
from tests.conftest import World
from tests.expansion.deals import DAY, customer, outcome

ALL = {str(check): True for check in Check}


def test_all_five_are_met_and_say_why(tenant_open: World):
    account = customer()
    assert earned([account]) == {account.id: ALL}
    texts = {each.check: each.text for each in read([account.id])[account.id]}
    assert texts[Check.HEALTHY] == "Score 88"
    assert texts[Check.OUTCOME] == "Planning twice as fast"
    assert texts[Check.FIRST_VALUE].startswith("First report in a day on ")


def test_what_is_not_known_is_neither_met_nor_missing(tenant_open: World):
    account = customer("Empty", earned=False, signed_on=None, customer_since=None)
    assert earned([account.id])[account.id] == dict.fromkeys(Check.values)


def test_tenure_is_met_on_the_day_and_not_before(tenant_open: World):
    account = customer(days=400)
    due = after_months(account.signed_on, 6)
    assert earned([account], due)[account.id][Check.TENURE] is True
    assert earned([account], due - DAY)[account.id][Check.TENURE] is False


@pytest.mark.parametrize(
    ("band", "score", "met"), [("green", 80.0, True), ("yellow", 79.99, False), ("none", None, None)]
)
def test_health_is_the_band_of_the_score(tenant_open: World, band: str, score: float | None, met: bool | None):
    account = customer(health_band=band, health_score=score)
    found = read([account])[account.id][2]
    assert (found.check, found.met) == (Check.HEALTHY, met)
    if met is False:
        assert found.text == "Score 79, needs 80"


def test_a_first_value_that_is_planned_is_missing_and_one_measured_at_its_target_is_met(tenant_open: World):
    account = customer("Young", earned=False)
    value = outcome(account, "Go live", first_value=True)
    assert earned([account])[account.id][Check.FIRST_VALUE] is False
    value.measurements.create(measured_on=value.agreed_on + 9 * DAY, value=100, known_on=value.agreed_on + 9 * DAY)
    assert earned([account])[account.id][Check.FIRST_VALUE] is True
    assert earned([account], value.agreed_on + 8 * DAY)[account.id][Check.FIRST_VALUE] is False


def test_an_open_urgent_ticket_holds_and_a_solved_one_does_not(tenant_open: World):
    account = customer()
    now = dt.datetime.now(dt.UTC)
    ticket = Ticket.objects.create(
        external_id="P1",
        account=account,
        state="open",
        level="urgent",
        opened_at=now - 3 * DAY,
        known_on=now.date(),
        source="api",
    )
    assert earned([account])[account.id][Check.NO_P1] is False
    ticket.resolved_at = now - DAY
    ticket.save()
    assert earned([account])[account.id][Check.NO_P1] is True


def test_what_was_merged_into_an_account_counts_for_it(tenant_open: World):
    whole = customer("Whole", earned=False, health_band="green", health_score=90.0)
    part = customer("Part", earned=True, merged_into=whole)
    assert earned([whole])[whole.id] == ALL
    assert earned([part])[part.id] == ALL


def test_a_rival_s_facts_are_not_seen(worlds: tuple[World, World]):
    world, rival = worlds
    with rival.open():
        theirs = customer()
    with world.open():
        assert earned([theirs.id]) == {}
        ours = customer(earned=False)
        assert earned([ours])[ours.id][Check.NO_P1] is None  # the rival's tickets say nothing of our sources


def test_one_statement_however_many(tenant_open: World, django_assert_num_queries):
    accounts = [customer(f"Number {n}") for n in range(12)]
    with django_assert_num_queries(2):
        assert len(earned(accounts)) == 12


def test_only_leaving_the_first_stage_asks_for_the_right():
    assert lifecycle.leaves_first(DealStage.IDENTIFIED, DealStage.QUALIFIED)
    assert lifecycle.leaves_first(DealStage.LOST, DealStage.PROPOSAL)
    assert not lifecycle.leaves_first(DealStage.IDENTIFIED, DealStage.LOST)
    assert not lifecycle.leaves_first(DealStage.QUALIFIED, DealStage.PROPOSAL)
    assert lifecycle.missing({**ALL, "outcome": None, "healthy": False}) == [Check.HEALTHY, Check.OUTCOME]
