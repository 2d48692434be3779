"""The six criteria of ADV-01 from facts, each night; who is qualified is announced (TRG-15)."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.mergers import merge_account
from accounts.models import Account
from accounts.models.outgoing import WebhookEvent
from accounts.webhooks.services import add_endpoint
from advocacy import formulas, jobs, services
from advocacy.enums import Criterion
from advocacy.models import Qualification, Referral
from journey.enums import TrackKind
from journey.models import StagePeriod, Track
from tests.advocacy.advocacy_facts import (
    account,
    ago,
    answered,
    outcome,
    paid,
    person,
    qualified,
    scored,
    today,
    worth_asking,
)
from tests.conftest import World

pytestmark = pytest.mark.django_db


def night(of: Account | None = None) -> Qualification:
    jobs.qualify_all(ago(1))
    return Qualification.objects.get(account=of) if of else Qualification.objects.get()


def told() -> list[WebhookEvent]:
    return list(WebhookEvent.objects.filter(kind="advocacy.qualified"))


def test_adv_01_all_six_met_is_qualified_and_announced_once(tenant_open: World) -> None:
    world = tenant_open
    add_endpoint(name="Ours", url="https://example.com/hook", by=world.members["admin"])
    row = worth_asking(world)
    found = night(row)
    assert [getattr(found, each.value) for each in Criterion] == [True] * 6
    assert found.qualified
    assert found.qualified_since == ago(1)
    assert [event.account_id for event in told()] == [row.id]
    before = list(Qualification.objects.values())
    jobs.qualify_all(ago(1))
    assert list(Qualification.objects.values()) == before
    jobs.qualify_all(today())
    assert Qualification.objects.get().qualified_since == ago(1)
    assert len(told()) == 1


def test_a_break_ends_the_qualification_and_a_return_is_news(tenant_open: World) -> None:
    world = tenant_open
    add_endpoint(name="Ours", url="https://example.com/hook", by=world.members["admin"])
    row = worth_asking(world)
    night(row)
    Account.objects.filter(id=row.id).update(health_band="yellow")
    found = night(row)
    assert (found.healthy, found.qualified, found.qualified_since) == (False, False, None)
    Account.objects.filter(id=row.id).update(health_band="green")
    assert night(row).qualified_since == ago(1)
    assert len(told()) == 2


def test_nothing_known_is_unknown_and_never_met(tenant_open: World) -> None:
    found = night(account(tenant_open, health_band="none", health_score=None, industry="", customer_since=None))
    assert [getattr(found, each.value) for each in Criterion] == [None] * 6
    assert not found.qualified


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], None),
        ([("nps", 2, 400, 10)], None),  # older than a year: nobody knows any more
        ([("nps", 7, 20, 10)], True),
        ([("nps", 6, 20, 10)], False),
        ([("csat", 4, 20, 5)], True),
        ([("csat", 3, 20, 5)], False),
        ([("nps", 9, 20, 10), ("csat", 3, 20, 5)], False),
        ([("nps", 10, 200, 10), ("nps", 5, 20, 10)], False),
        ([("nps", 5, 200, 10), ("nps", 9, 20, 10)], True),
    ],
)
def test_adv_01_high_satisfaction_is_what_they_answered_last(
    tenant_open: World, answers: list[tuple[str, int, int, int]], expected: bool | None
) -> None:
    row = account(tenant_open)
    for kind, score, days, scale in answers:
        answered(row, kind, score, days, scale)
    assert night(row).healthy is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([{"value": 6}], True),
        ([{"value": 7.5}], False),
        ([{"value": None, "confirmed_on": ago(5)}], False),
        ([{"value": None, "confirmed_on": ago(5), "value_minor": 5_000_000}], True),
        ([{"value": 6, "dropped_on": ago(3)}], None),
        ([{"value": 7.5}, {"value": 5.9, "key": "P"}], True),
        ([{"value": 7.5, "confirmed_on": ago(5)}], False),  # confirmed, and measured below the target
        ([{"metric": "adoption"}], False),
        ([{"metric": "adoption", "confirmed_on": ago(5), "value_minor": 5_000_000}], True),
        ([{"value": None, "confirmed_on": ago(5), "value_minor": 0}], False),
    ],
)
def test_adv_01_proven_is_a_result_that_was_measured_or_is_worth_money(
    tenant_open: World, facts: list[dict[str, Any]], expected: bool | None
) -> None:
    row = account(tenant_open)
    for each in facts:
        outcome(row, **each)
    assert night(row).proven is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"engagement": "low"}, False),
        ({"engagement": ""}, None),
        ({"engagement": "", "last_contact_on": ago(10)}, True),
        ({"engagement": "", "last_contact_on": ago(200)}, False),
        ({"role": "power_user"}, False),
        ({"left_on": ago(3)}, None),
    ],
)
def test_a_champion_has_not_left_and_is_engaged(
    tenant_open: World, fields: dict[str, Any], expected: bool | None
) -> None:
    row = account(tenant_open)
    person(row, **fields)
    assert night(row).champion is expected


def test_profile_is_strategic_or_large_in_one_of_our_industries(tenant_open: World) -> None:
    rows = [account(tenant_open, f"A-{n}", industry="Retail", mrr_minor=100 * n) for n in range(1, 4)]
    zoo = account(tenant_open, "Z-1", industry="Zoo", mrr_minor=900)
    flag = account(tenant_open, "Z-2", industry="Airport", strategic=True, mrr_minor=1)
    nobody = account(tenant_open, "Z-3", industry="", mrr_minor=900)
    nowhere = account(tenant_open, "Z-4", industry="Retail", segment=None)
    jobs.qualify_all(ago(1))
    found = {row.account_id: row.profile for row in Qualification.objects.all()}
    # Middle of the segment (1, 100, 200, 300, 900, 900): 200.
    expected = [False, True, True, False, True, None, None]
    assert [found[each.id] for each in (*rows, zoo, flag, nobody, nowhere)] == expected


def test_adopted_by_the_journey_or_by_usage(tenant_open: World) -> None:
    rows = [account(tenant_open, f"A-{n}") for n in range(5)]
    scored(rows[0], 84.2)
    scored(rows[1], 60)
    for row in rows[2:4]:
        track = Track.objects.create(
            account=row, external_id=f"T-{row.external_id}", kind=TrackKind.CORE, name="Core", opened_on=ago(300), source="api"
        )  # fmt: skip
        StagePeriod.objects.create(
            track=track, external_id=f"P-{row.external_id}", stage="adoption", entered_on=ago(200), exited_on=ago(100),
            outcome="completed", source="api",
        )  # fmt: skip
        if row == rows[3]:
            StagePeriod.objects.create(
                track=track, external_id="P-again", stage="adoption", entered_on=ago(20), source="api"
            )
    jobs.qualify_all(ago(1))
    found = {row.account_id: row.adopted for row in Qualification.objects.all()}
    assert [found[each.id] for each in rows] == [True, False, True, False, None]


def test_renewed_needs_a_following_period_and_a_year(tenant_open: World) -> None:
    """ADV-01: renewed at least once, and 12 months; product-led after three."""
    once, renewed, young, open_end, plg = (account(tenant_open, f"A-{n}") for n in range(5))
    paid(once, 400, -100)
    paid(renewed, 400, 35)
    paid(renewed, 35, None)
    for n in range(8):
        paid(young, 240 - 30 * n, 210 - 30 * n, interval_months=1)
    paid(open_end, 400, None)
    for n in range(5):
        paid(plg, 150 - 30 * n, 120 - 30 * n, interval_months=1)
    Account.objects.filter(id=young.id).update(customer_since=ago(240))
    segment = young.segment.__class__.objects.create(name="Self-serve", profile="product_led")
    Account.objects.filter(id=plg.id).update(customer_since=ago(150), segment=segment)
    jobs.qualify_all(ago(1))
    found = {row.account_id: row.renewed for row in Qualification.objects.all()}
    assert [found[each.id] for each in (once, renewed, young, open_end, plg)] == [False, True, False, True, True]


def test_who_is_no_customer_any_more_is_judged_no_more(tenant_open: World) -> None:
    row = worth_asking(tenant_open)
    night(row)
    Account.objects.filter(id=row.id).update(status="churned")
    jobs.qualify_all(ago(1))
    assert not Qualification.objects.exists()


def test_what_was_merged_counts_for_the_account_that_remains(tenant_open: World) -> None:
    world = tenant_open
    part, whole = worth_asking(world, "A-1"), account(world, "A-2", strategic=True)
    scored(whole)
    merge_account(account=part, into=whole, by=world.members["admin"])
    Account.objects.filter(id=whole.id).update(status="live")
    jobs.qualify_all(ago(1))
    found = Qualification.objects.get()
    assert (found.account_id, found.proven, found.champion, found.renewed) == (whole.id, True, True, True)


def test_the_night_of_one_tenant_leaves_the_other_alone(worlds: tuple[World, World]) -> None:
    world, rival = worlds
    for each in worlds:
        with each.open():
            worth_asking(each)
    with rival.open():
        jobs.qualify_all(ago(1))
        Account.objects.update(health_band="red")
    with world.open():
        jobs.qualify_all(ago(1))
        assert Qualification.objects.get().qualified
    with rival.open():
        assert Qualification.objects.get().qualified


def test_the_night_asks_the_same_number_of_questions_for_many(tenant_open: World) -> None:
    worth_asking(tenant_open)
    with CaptureQueriesContext(
        connection,
    ) as few:
        jobs.qualify_all(ago(1))
    for n in range(6):
        worth_asking(tenant_open, f"B-{n}")
    with CaptureQueriesContext(connection) as many:
        jobs.qualify_all(ago(1))
    assert len(many) == len(few)


def test_adv_04_referred_customers_appear_as_won_by_themselves(tenant_open: World) -> None:
    """A customer who names its referrer, and one whose name an open referral has, are won; the second night finds nothing."""
    world = tenant_open
    add_endpoint(name="Ours", url="https://example.com/hook", by=world.members["admin"])
    giver = account(world, "A-1")
    asked = services.add_referral(
        account=giver, prospect="Tidewater Ports", by=world.members["csm"], asked_on=ago(90), amount_minor=50_000
    )
    account(world, "N-1", name="Tidewater Ports", source="referral", customer_since=ago(20))
    fresh = account(world, "N-2", name="Corvid", referred_by=giver, customer_since=ago(10), mrr_minor=90_000)
    paid(fresh, 10, None, mrr_minor=30_000)
    account(world, "N-3", name="Nobody knows", source="referral", customer_since=ago(10))
    assert jobs.follow_referrals(ago(1)) == 2
    asked.refresh_from_db()
    assert (asked.state, asked.customer.external_id, asked.ended_on, asked.amount_minor) == (
        "won",
        "N-1",
        ago(20),
        50_000,
    )
    other = Referral.objects.get(customer__external_id="N-2")
    assert (other.account_id, other.amount_minor, other.agreed_on) == (giver.id, 360_000, None)
    assert WebhookEvent.objects.filter(kind="referral.won").count() == 2
    before = list(Referral.objects.order_by("id").values())
    assert jobs.follow_referrals(today()) == 0
    assert list(Referral.objects.order_by("id").values()) == before


def test_the_judgement_keeps_what_it_was_judged_by(tenant_open: World) -> None:
    row = worth_asking(tenant_open)
    shown = night(row).evidence
    assert shown["proven"]["proof"] == "Hours to close"
    assert shown["champion"]["name"] == "Champion A-1"
    assert shown["renewed"]["renewed_on"] == ago(35).isoformat()


def test_fit_weighs_industry_size_use_and_rest() -> None:
    """The worked example of formulas.fit: 30 + 17 + 30 + 12 = 89."""
    wish = formulas.Wish(industry="Logistics", users=1000, product="cloud")
    found = formulas.fit(wish, industry="logistics", users=1200, segment=None, products={"cloud"}, asked_days=108)
    assert (found.industry, found.size, found.use, found.rested, found.total) == (30, 17, 30, 12, 89)
    bad = formulas.fit(wish, industry="Zoo", users=None, segment=None, products=set(), asked_days=0)
    assert bad.total == 0
    nothing = formulas.fit(formulas.Wish(), industry="", users=None, segment=None, products=(), asked_days=None)
    assert nothing.total == 100
    near = formulas.fit(wish, industry="Cold logistics", users=500, segment=None, products=(), asked_days=-3)
    assert (near.industry, near.size, near.rested) == (15, 10, 0)


def test_referred_against_other_cost() -> None:
    """ADV-07: −61 % of 7.9k is 3.1k."""
    from decimal import Decimal

    assert round(formulas.less(Decimal(3100), Decimal(7900)) or 0, 2) == Decimal("-0.61")
    assert formulas.less(None, Decimal(7900)) is None
    assert formulas.less(Decimal(3100), Decimal(0)) is None


def test_a_year_is_full_on_its_day() -> None:
    facts = formulas.Facts(
        None, "mid_market", "green", None, None, None, None, None, 0, 0, 0, None, 0, 0, None, None, None, False, "", 0, None, None,
        False, None, dt.date(2025, 3, 1), dt.date(2026, 3, 1), True,
    )  # fmt: skip
    assert formulas.renewed(facts, dt.date(2026, 3, 1), 12)[0] is True
    assert formulas.renewed(facts, dt.date(2026, 2, 28), 12)[0] is False


def test_candidates_of_fixtures_are_what_a_night_writes(tenant_open: World) -> None:
    """`qualified` of the facts stands for a night: the same columns, the same meaning."""
    row = worth_asking(tenant_open)
    real = night(row)
    Qualification.objects.all().delete()
    made = qualified(row)
    assert {name: getattr(real, name) for name in ("qualified", "healthy", "renewed")} == {
        name: getattr(made, name) for name in ("qualified", "healthy", "renewed")
    }
