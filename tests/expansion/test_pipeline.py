"""The pipeline in figures (EXP-05, EXP-07 to EXP-09): sums tie to the deals, rates to hand-made ones, a rival counts nowhere."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.enums import Profile
from accounts.models import FxRate, Segment
from expansion import norms, pipeline, services
from expansion.models import Opportunity, Signal
from expansion.selectors import visible
from tests.conftest import World
from tests.expansion.deals import customer, deal

TODAY = dt.date(2026, 11, 20)
DAY = dt.timedelta(days=1)


@pytest.fixture
def world(world: World) -> World:
    world.tenant.data_until = TODAY
    world.tenant.save()
    return world


def closed(account, stage: str, *, seen: int, on: int, amount: int = 1_200_000, **fields) -> Opportunity:
    """A deal that was seen and closed so many days ago."""
    row = deal(
        account,
        amount_minor=amount,
        identified_on=TODAY - seen * DAY,
        **{k: v for k, v in fields.items() if k != "override"},
    )
    Opportunity.objects.filter(id=row.id).update(
        stage=stage, closed_on=TODAY - on * DAY, override=fields.get("override", "")
    )
    return row


def test_stages_hold_all_that_is_open_and_weigh_it(tenant_open: World):
    account = customer()
    deal(account, amount_minor=3_600_000)
    move = deal(account, amount_minor=9_500_000)
    services.move_deal(deal=move, stage="commit", version=None, by=None)
    lost = deal(account, amount_minor=77)
    services.lose_deal(deal=lost, reason="budget", version=None, by=None)
    deal(account, amount_minor=100, currency="IDR")  # nothing converts it
    found = pipeline.stages(Opportunity.objects.all())
    assert [(each.stage, each.deals, each.year, each.weighted, each.unconverted) for each in found] == [
        ("identified", 2, 3_600_000, 540_000, 1),
        ("qualified", 0, 0, 0, 0),
        ("proposal", 0, 0, 0, 0),
        ("commit", 1, 9_500_000, 9_120_000, 0),
    ]
    whole = pipeline.total(found)
    assert (whole.deals, whole.year, whole.weighted, whole.average) == (3, 13_100_000, 9_660_000, 6_550_000)


def test_close_rate_median_and_average_of_what_closed_in_the_span(tenant_open: World):
    account = customer()
    closed(account, "won", seen=90, on=10, amount=1_200_000)
    closed(account, "won", seen=70, on=10, amount=2_400_000, override="They asked")
    closed(account, "lost", seen=70, on=30)
    closed(account, "lost", seen=70, on=30, override="They asked")
    closed(account, "lost", seen=70, on=31, override="They asked")
    closed(account, "won", seen=600, on=500)  # before the span
    deal(account)
    found = pipeline.rates((TODAY - 60 * DAY, TODAY))
    assert (found.won, found.lost, found.close_rate, found.won_year, found.average) == (2, 3, 0.4, 3_600_000, 1_800_000)
    assert found.days == 70.0  # between 60 and 80
    assert (found.earned_rate, found.overridden_rate) == (0.5, pytest.approx(1 / 3))
    assert pipeline.rates((TODAY - 5 * DAY, TODAY)) == pipeline.Rates()
    assert pipeline.Rates().close_rate is None


def test_a_won_deal_counts_what_its_contract_wrote(tenant_open: World):
    row = closed(customer(), "won", seen=90, on=10, amount=100_001)
    Opportunity.objects.filter(id=row.id).update(won_mrr=8_333)
    assert pipeline.rates((TODAY - 60 * DAY, TODAY)).won_year == 99_996


def test_rates_by_owner_segment_kind_and_trigger(tenant_open: World):
    csm, leader = tenant_open.members["csm"], tenant_open.members["leader"]
    smb = Segment.objects.get(profile="smb")
    account = customer(segment=smb)
    closed(account, "won", seen=9, on=1, owner=csm, trigger="limit", kind="tier")
    closed(account, "lost", seen=9, on=1, owner=csm, trigger="growth")
    closed(account, "lost", seen=9, on=1, owner=leader, trigger="growth")
    span = (TODAY - 30 * DAY, TODAY)

    def by(cut: str) -> dict:
        return {value: (each.won, each.lost) for value, each in pipeline.rates_by(cut, span).items()}

    assert by("owner") == {csm.id: (1, 1), leader.id: (0, 1)}
    assert by("segment") == {smb.id: (1, 2)}
    assert by("trigger") == {"limit": (1, 0), "growth": (0, 2)}
    assert by("kind") == {"tier": (1, 0), "seats": (0, 2)}
    with pytest.raises(KeyError):
        by("colour")


def test_what_became_of_signals(tenant_open: World):
    account = customer()
    states = ["open", "taken", "taken", "dismissed", "over"]
    rows = [
        Signal.objects.create(account=account, trigger="growth", cause=str(n), as_of=TODAY, state=s)
        for n, s in enumerate(states)
    ]
    Signal.objects.create(account=account, trigger="growth", cause="old", as_of=TODAY - 99 * DAY, state="taken")
    for _n in range(2):  # two deals of one signal are one
        closed(account, "won", seen=3, on=1, signal=rows[1])
    found = pipeline.signal_rates(Signal.objects.all(), (TODAY - 30 * DAY, TODAY))
    assert (found.found, found.taken, found.dismissed, found.over, found.won) == (5, 2, 1, 1, 1)
    assert (found.accepted_rate, found.won_rate) == (pytest.approx(2 / 3), 0.5)


def test_figures_are_of_the_deals_that_are_given(worlds: tuple[World, World]):
    world, rival = worlds
    with rival.open():
        deal(customer(owner=rival.members["csm"]), amount_minor=1)
    with world.open():
        deal(customer(owner=world.members["csm"]), amount_minor=500)
        deal(customer("Another's"), amount_minor=700)
        assert pipeline.total(pipeline.stages(visible(world.members["csm"]))).year == 500
        assert pipeline.total(pipeline.stages(visible(world.members["admin"]))).year == 1200


def test_money_of_several_currencies_adds_up(tenant_open: World):
    FxRate.objects.create(month=dt.date(2026, 10, 1), base="EUR", quote="USD", rate=Decimal("1.1"), source="api")
    account = customer()
    deal(account, amount_minor=100_005, currency="EUR")
    deal(account, amount_minor=100_000)
    assert pipeline.total(pipeline.stages(Opportunity.objects.all())).year == 210_006  # 110,005.5 half up


def test_few_statements(tenant_open: World, django_assert_max_num_queries):
    account = customer()
    for n in range(9):
        deal(account, amount_minor=n, close_on=TODAY + n * 40 * DAY)
    with django_assert_max_num_queries(4):
        pipeline.stages(Opportunity.objects.all())
    with django_assert_max_num_queries(4):
        pipeline.rates((TODAY - 99 * DAY, TODAY))


def test_each_profile_has_its_norm():
    """EXP-07."""
    assert set(norms.NORMS) == set(Profile.values)
    assert (norms.SYSTEMATIC.low, norms.SYSTEMATIC.high, norms.REACTIVE.low, norms.REACTIVE.high) == (120, 130, 95, 105)
