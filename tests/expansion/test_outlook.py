"""What open deals are expected to bring (EXP-05, EXP-10): every cut is a sum of the same parts; each opens to its rows."""

import datetime as dt

import pytest
from django.http import QueryDict

from accounts.models import Segment
from expansion import outlook, pipeline, services
from expansion.enums import DealStage
from expansion.listing import DealQuery
from expansion.models import Opportunity
from expansion.selectors import found_rows, scale
from tests.conftest import World
from tests.expansion.deals import customer, deal

TODAY = dt.date(2026, 11, 20)
DAY = dt.timedelta(days=1)


@pytest.fixture
def world(world: World) -> World:
    world.tenant.data_until = TODAY
    world.tenant.save()
    return world


def read() -> list[outlook.Part]:
    return outlook.read(Opportunity.objects.all(), scale())


def test_the_quarters_are_all_open_deals_each_once(tenant_open: World):
    """Late, this quarter, the next, all later ones with the last, and those without a day; each key opens its rows."""
    account = customer()
    for n, day in enumerate([None, TODAY + DAY, dt.date(2027, 1, 1), dt.date(2027, 3, 31), dt.date(2031, 5, 5)]):
        deal(account, amount_minor=100_00 * (n + 1), close_on=day)
    late = deal(account, amount_minor=999_00, identified_on=dt.date(2026, 1, 1), close_on=dt.date(2026, 9, 30))
    found = outlook.by_quarter(read(), TODAY, 2)
    assert [(one.key, sums.deals, sums.year) for one, sums in found.items()] == [
        ("late", 1, 999_00),
        ("2026-Q4", 1, 200_00),
        ("2027-Q1+", 3, 1200_00),
        ("none", 1, 100_00),
    ]
    stages = pipeline.total(pipeline.stages(Opportunity.objects.all()))
    whole = outlook.add(read())
    assert (whole.deals, whole.year, whole.weighted) == (stages.deals, stages.year, stages.weighted)
    assert sum(each.weighted for each in found.values()) == whole.weighted
    assert all(sum(each.by_stage.values()) == each.weighted for each in found.values())
    member = tenant_open.members["admin"]
    for one, sums in found.items():
        rows = found_rows(DealQuery.parse(QueryDict(f"quarter={one.key}".replace("+", "%2B"))), member)
        assert rows.count() == sums.deals, one.key
    assert late.stage == DealStage.IDENTIFIED


def test_without_late_and_undated_deals_only_quarters_stand(tenant_open: World):
    assert [one.key for one in outlook.by_quarter([], TODAY)] == ["2026-Q4", "2027-Q1", "2027-Q2", "2027-Q3+"]


def test_commit_is_the_money_of_its_stage_and_weighted_follows_own_chances(tenant_open: World):
    account = customer()
    deal(account, amount_minor=100_00)
    services.move_deal(deal=deal(account, amount_minor=200_00), stage="commit", version=None, by=None)
    deal(account, amount_minor=300_00, chance=50)
    deal(account, amount_minor=700, currency="IDR")  # nothing converts it
    whole = outlook.add(read())
    assert (whole.deals, whole.year, whole.commit, whole.weighted, whole.unconverted) == (
        4, 600_00, 200_00, 15_00 + 192_00 + 150_00, 1,
    )  # fmt: skip


def test_every_cut_adds_up_to_the_whole(tenant_open: World):
    csm, leader = tenant_open.members["csm"], tenant_open.members["leader"]
    account = customer(segment=Segment.objects.get(profile="smb"))
    deal(account, amount_minor=100_00, owner=csm)
    deal(account, amount_minor=200_00, owner=leader, kind="product")
    deal(customer("Elsewhere"), amount_minor=400_00, owner=leader)
    parts = read()
    by_owner = outlook.sums(parts, lambda part: part.owner_id)
    assert {key: each.year for key, each in by_owner.items()} == {leader.id: 600_00, csm.id: 100_00}
    assert next(iter(by_owner)) == leader.id, "the most weighted first"
    by_motion = outlook.sums(parts, lambda part: part.motion)
    assert {key: each.deals for key, each in by_motion.items()} == {"upsell": 2, "cross_sell": 1}
    for cut in (by_owner, by_motion, outlook.sums(parts, lambda part: part.segment)):
        assert sum(each.year for each in cut.values()) == outlook.add(parts).year


def test_a_rival_s_deals_are_not_ours(worlds: tuple[World, World]):
    world, rival = worlds
    with rival.open():
        deal(customer(), amount_minor=1)
    with world.open():
        deal(customer(), amount_minor=500)
        assert outlook.add(read()).year == 500


def test_one_statement(tenant_open: World, django_assert_num_queries):
    account = customer()
    for n in range(9):
        deal(account, amount_minor=n, close_on=TODAY + n * 40 * DAY)
    by = scale()
    with django_assert_num_queries(1):
        outlook.read(Opportunity.objects.all(), by)
