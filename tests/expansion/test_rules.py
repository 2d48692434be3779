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
    return [(str(each.trigger), each.key) for each in rules.fires(facts(**fields), DAY, rules.USUAL)]


def test_nothing_speaks_for_growth_where_nothing_is_known():
    assert fired() == []
    assert rules.holds(facts(), DAY, rules.USUAL) == set()


@pytest.mark.parametrize(
    ("used", "fires", "holds"), [(90, True, True), (89, False, True), (85, False, True), (84, False, False)]
)
def test_seats_and_limits_fire_at_90_percent_and_hold_to_85(used: int, fires: bool, holds: bool):
    """TRG-13, with a line to leave by so that nobody is told each week."""
    plan = [PLAN, "Pro", 1000, None, used * 10]
    both = {("limit", f"plan:{PLAN}"), ("seats_full", "seats")}
    row = facts(users=used, seats=100, plans=[plan])
    assert {(m.trigger, m.key) for m in rules.fires(row, DAY, rules.USUAL)} == (both if fires else set())
    assert rules.holds(row, DAY, rules.USUAL) == (both if holds else set())


def test_what_was_measured_is_kept():
    (match,) = rules.fires(facts(users=196, seats=200), DAY, rules.USUAL)
    assert match.inputs == {"used": 196, "limit": 200, "share": 0.98, "judged_by": {"full": 0.9}}


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
    found = rules.fires(row, DAY, rules.USUAL)
    assert [str(each.trigger) for each in found] == [
        "department", "use_case", "champion", "advocate", "renewal", "growth", "competitor",
    ]  # fmt: skip
    assert str(found[0].track) == TRACK
    assert rules.holds(row, DAY, rules.USUAL) == {(str(each.trigger), each.key) for each in found}


def test_a_bundle_and_an_advocate_ask_for_green_health():
    assert fired(band="yellow", qualified=True, renewals=[[RENEWAL, "2027-02-01"]]) == []
    assert fired(band="green", qualified=True) == [("advocate", "advocate")]


@pytest.mark.parametrize(("profile", "told"), [("product_led", True), ("enterprise", False)])
def test_the_product_of_a_product_led_account_is_told_of_its_limit(profile: str, told: bool):
    """TRG-21."""
    row = facts(
        profile=profile, users=98, seats=100, plans=[[PLAN, "Free", 1000, None, 950], [EVENT, "Other", 9, None, None]]
    )
    gates = [rules.gate(row, match) for match in rules.fires(row, DAY, rules.USUAL)]
    wanted = [
        {"limit": "usage", "used": 950.0, "of": 1000, "share": 0.95, "plan": "Free"},
        {"limit": "seats", "used": 98, "of": 100, "share": 0.98, "plan": ""},
    ]
    assert gates == (wanted if told else [None, None])
    champion = facts(profile="product_led", wishes=[[ISSUE, "Export", "Kim", "2026-11-01"]])
    assert rules.gate(champion, rules.fires(champion, DAY, rules.USUAL)[0]) is None


def test_a_company_s_own_limits_move_what_fires_and_what_holds():
    """TRG-13, TRG-14: from 95 % on, held to 90 %; the trigger beside it keeps the usual ones; off it opens none and still holds."""
    own = rules.Limits.of(
        {"seats_full": {"full": 0.95}, "growth": {"days": 7}, "team_growth": {"people": 60}}, {"advocate"}
    )
    row = facts(
        users=94, seats=100, plans=[[PLAN, "Pro", 1000, None, 940]], band="green", qualified=True, users_before=40,
        events=[[EVENT, "growth", "2026-11-02", ""], [ISSUE, "competitive_activity", "2026-11-02", ""]],
    )  # fmt: skip
    found = rules.fires(row, DAY, own)
    assert [str(each.trigger) for each in found] == ["limit", "competitor"]
    assert [each.inputs["judged_by"] for each in found] == [{"full": 0.9}, {"days": 90}]
    holds = {trigger for trigger, _key in rules.holds(row, DAY, own)}
    assert holds == {"limit", "seats_full", "team_growth", "advocate", "competitor"}
    (full,) = rules.fires(facts(users=95, seats=100), DAY, own)
    assert full.inputs["judged_by"] == {"full": 0.95}
    assert not rules.holds(facts(users=89, seats=100), DAY, own)


def test_every_trigger_of_the_rules_may_be_set():
    assert set(rules.NUMBERS) == set(Trigger.values) - {"person"}
    for declared in rules.NUMBERS.values():
        assert all(t.low <= t.default <= t.high and t.release <= t.default for t in declared)


@given(
    users=st.integers(0, 500), before=st.integers(0, 500), seats=st.integers(1, 400), quantity=st.integers(0, 5000),
    limit=st.integers(1, 4000), share=st.floats(0.5, 1), grew=st.floats(0.15, 3), band=st.sampled_from(["green", "yellow", "none"]), advocates=st.integers(0, 2),
)  # fmt: skip
def test_what_fires_also_holds_and_triggers_are_known(
    users, before, seats, quantity, limit, share, grew, band, advocates
):
    own = rules.Limits.of({"limit": {"full": share}, "seats_full": {"full": share}, "team_growth": {"grew": grew}})
    row = facts(
        users=users, users_before=before, seats=seats, plans=[[PLAN, "Pro", limit, None, quantity]], band=band, advocates=advocates,
    )  # fmt: skip
    found = {(str(each.trigger), each.key) for each in rules.fires(row, DAY, own)}
    assert found <= rules.holds(row, DAY, own)
    assert {trigger for trigger, _key in found} <= set(Trigger.values)
