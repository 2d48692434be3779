"""Why an account may grow (TRG-13, TRG-14, TRG-21): the rules over the facts of one account."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion import rules
from expansion.enums import Trigger

DAY = dt.date(2026, 11, 20)
PLAN, TRACK, ISSUE, EVENT, RENEWAL = (str(uuid4()) for _n in range(5))


def facts(**fields: Any) -> dict[str, Any]:
    """An account of which nothing speaks for growth."""
    usual: dict[str, Any] = {
        "account_id": uuid4(), "mrr_minor": 1000, "band": "yellow", "profile": "mid_market", "users": 0, "users_before": 0,
        "used_since": dt.date(2026, 1, 1), "seats": None, "plans": [], "tracks": [], "wishes": [], "events": [],
        "renewals": [], "qualified": False, "advocates": 0,
    }  # fmt: skip
    return usual | fields


def fired(**fields: Any) -> list[tuple[str, str]]:
    return [(str(each.trigger), each.key) for each in rules.fires(facts(**fields), DAY)]


def test_nothing_speaks_for_growth_where_nothing_is_known():
    assert fired() == []
    assert rules.holds(facts(), DAY) == set()


@pytest.mark.parametrize(
    ("used", "fires", "holds"), [(90, True, True), (89, False, True), (85, False, True), (84, False, False)]
)
def test_seats_and_limits_fire_at_90_percent_and_hold_to_85(used: int, fires: bool, holds: bool):
    """TRG-13, with a line to leave by so that nobody is told each week."""
    plan = [PLAN, "Pro", 1000, None, used * 10]
    both = {("limit", f"plan:{PLAN}"), ("seats_full", "seats")}
    row = facts(users=used, seats=100, plans=[plan])
    assert {(m.trigger, m.key) for m in rules.fires(row, DAY)} == (both if fires else set())
    assert rules.holds(row, DAY) == (both if holds else set())


def test_what_was_measured_is_kept():
    (match,) = rules.fires(facts(users=196, seats=200), DAY)
    assert match.inputs == {"used": 196, "limit": 200, "share": 0.98}


@pytest.mark.parametrize(
    ("before", "now", "since", "grew"),
    [
        (80, 131, "2026-01-01", True),
        (80, 100, "2026-01-01", True),
        (80, 99, "2026-01-01", False),  # 24 %
        (4, 8, "2026-01-01", False),  # four people are no team
        (0, 50, "2026-01-01", False),  # nobody was there before: that is onboarding
        (80, 131, "2026-09-01", False),  # heard of for less than a quarter
    ],
)
def test_a_team_grows_against_a_quarter_before(before: int, now: int, since: str, grew: bool):
    found = fired(users=now, users_before=before, used_since=dt.date.fromisoformat(since))
    assert found == ([("team_growth", "team")] if grew else [])


def test_new_departments_use_cases_wishes_events_and_renewals():
    row = facts(
        band="green",
        tracks=[[TRACK, "department", "Unit 4", 40, "2026-10-01"], [EVENT, "use_case", "Fleet", None, "2026-11-01"]],
        wishes=[[ISSUE, "Export to Excel", "Kim", "2026-11-01"]],
        events=[[EVENT, "growth", "2026-11-02", "Two sites"], [ISSUE, "competitive_activity", "2026-11-03", ""]],
        renewals=[[RENEWAL, "2027-02-01"]],
        advocates=1,
    )
    found = rules.fires(row, DAY)
    assert [str(each.trigger) for each in found] == [
        "department", "use_case", "champion", "advocate", "renewal", "growth", "competitor",
    ]  # fmt: skip
    assert str(found[0].track) == TRACK
    assert rules.holds(row, DAY) == {(str(each.trigger), each.key) for each in found}


def test_a_bundle_and_an_advocate_ask_for_green_health():
    assert fired(band="yellow", qualified=True, renewals=[[RENEWAL, "2027-02-01"]]) == []
    assert fired(band="green", qualified=True) == [("advocate", "advocate")]


@pytest.mark.parametrize(("profile", "told"), [("product_led", True), ("enterprise", False)])
def test_the_product_of_a_product_led_account_is_told_of_its_limit(profile: str, told: bool):
    """TRG-21."""
    row = facts(
        profile=profile, users=98, seats=100, plans=[[PLAN, "Free", 1000, None, 950], [EVENT, "Other", 9, None, None]]
    )
    gates = [rules.gate(row, match) for match in rules.fires(row, DAY)]
    wanted = [
        {"limit": "usage", "used": 950.0, "of": 1000, "share": 0.95, "plan": "Free"},
        {"limit": "seats", "used": 98, "of": 100, "share": 0.98, "plan": ""},
    ]
    assert gates == (wanted if told else [None, None])
    champion = facts(profile="product_led", wishes=[[ISSUE, "Export", "Kim", "2026-11-01"]])
    assert rules.gate(champion, rules.fires(champion, DAY)[0]) is None


@given(
    users=st.integers(0, 500), before=st.integers(0, 500), seats=st.integers(1, 400), quantity=st.integers(0, 5000),
    limit=st.integers(1, 4000), band=st.sampled_from(["green", "yellow", "none"]), advocates=st.integers(0, 2),
)  # fmt: skip
def test_what_fires_also_holds_and_triggers_are_known(users, before, seats, quantity, limit, band, advocates):
    row = facts(
        users=users, users_before=before, seats=seats, plans=[[PLAN, "Pro", limit, None, quantity]], band=band, advocates=advocates,
    )  # fmt: skip
    found = {(str(each.trigger), each.key) for each in rules.fires(row, DAY)}
    assert found <= rules.holds(row, DAY)
    assert {trigger for trigger, _key in found} <= set(Trigger.values)
