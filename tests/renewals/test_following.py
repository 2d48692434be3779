"""Renewals open, move, close and are withdrawn with contracts (REN-01, REN-02, REN-10, ADR 0007)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import EndReason, Profile
from accounts.mergers import merge_account, unmerge_account
from accounts.merging import Origin, void_subscription
from accounts.models import Account, Segment
from cs_platform.kernel import queue
from cs_platform.kernel.models import AuditEntry
from renewals import jobs
from renewals.enums import Phase, RenewalState, Step
from renewals.models import Renewal, RenewalLine, RenewalStep, Runway
from tests.conftest import World
from tests.renewals.renewal_facts import TODAY, Contracts

S = RenewalState


def days(count: int) -> str:
    return (TODAY + dt.timedelta(days=count)).isoformat()


def tables(contracts: Contracts) -> list[list[tuple[object, ...]]]:
    """All that the job writes."""
    with contracts.world.open():
        return [
            sorted(model.objects.values_list(*(f.attname for f in model._meta.concrete_fields)), key=str)
            for model in (Renewal, RenewalLine, RenewalStep)
        ]


@pytest.fixture
def contracts(world: World) -> Contracts:
    return Contracts(world)


@pytest.mark.parametrize(
    ("segment", "profile", "window", "steps"),
    [
        (
            "Enterprise",
            Profile.ENTERPRISE,
            180,
            [("prep", 180), ("talk", 120), ("proposal", 90), ("negotiate", 60), ("sign", 30)],
        ),
        (
            "Mid-market",
            Profile.MID_MARKET,
            90,
            [("prep", 90), ("talk", 75), ("proposal", 60), ("negotiate", 45), ("sign", 30)],
        ),
        ("Small business", Profile.SMB, 60, [("prep", 60), ("quote", 45), ("talk", 30), ("confirm", 14)]),
        (
            "Product-led",
            Profile.PRODUCT_LED,
            30,
            [("notice", 30), ("notice_2", 14), ("reminder", 7), ("reminder_2", 1)],
        ),
    ],
)
def test_a_renewal_opens_when_the_runway_of_its_segment_begins(
    contracts: Contracts, segment: str, profile: str, window: int, steps: list[tuple[str, int]]
) -> None:
    """REN-01, REN-02: on the day, not before; with the steps of the profile, each with its day."""
    contracts.year("C-1", days(window + 1), segment=segment)
    assert contracts.follow() == 0
    assert contracts.follow(TODAY + dt.timedelta(days=1)) == 1
    found = contracts.only()
    assert (found.state, found.phase, found.profile) == (S.OPEN, Phase.PREPARING, profile)
    assert (found.opened_on, found.due_on) == (TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=window + 1))
    with contracts.world.open():
        rows = list(RenewalStep.objects.order_by("-days").values_list("step", "days", "due_on"))
    assert rows == [(step, at, found.due_on - dt.timedelta(days=at)) for step, at in steps]


def test_a_renewal_that_opens_late_gives_a_week_for_steps_whose_day_was_over(contracts: Contracts) -> None:
    """REN-02: nobody could have done them in time, so they are not late from the first day on."""
    contracts.year("C-1", days(50))
    contracts.follow()
    with contracts.world.open():
        rows = dict(RenewalStep.objects.values_list("step", "due_on"))
    week = TODAY + dt.timedelta(days=7)
    assert (rows[Step.PREP], rows[Step.TALK], rows[Step.PROPOSAL]) == (week, week, week)
    assert rows[Step.NEGOTIATE] == TODAY + dt.timedelta(days=5)


def test_the_companys_own_runway_holds(contracts: Contracts) -> None:
    with contracts.world.open():
        segment = Segment.objects.get(name="Mid-market")
        Runway.objects.create(segment=segment, days=20, steps=[{"step": "quote", "days": 20}])
    contracts.year("C-1", days(21))
    assert contracts.follow() == 0
    contracts.follow(TODAY + dt.timedelta(days=1))
    with contracts.world.open():
        assert list(RenewalStep.objects.values_list("step", "days")) == [("quote", 20)]


def test_again_changes_nothing_and_contracts_of_one_day_are_one_renewal(contracts: Contracts, rival: World) -> None:
    """Co-terming; rerun = same tables; a rival's contracts open nothing here."""
    Contracts(rival).year("C-1", days(40))
    contracts.year("C-1", days(40), "12000.00", key="A")
    contracts.year("C-1", days(40), "6000.00", key="B", currency="EUR")
    contracts.year("C-1", days(41), key="C")
    contracts.year("C-2", days(40), key="D")
    assert contracts.follow() == 3
    before = tables(contracts)
    assert contracts.follow() == 0
    assert tables(contracts) == before
    first = contracts.only(account__external_id="C-1", due_on=days(40))
    with contracts.world.open():
        assert sorted(first.lines.values_list("subscription__external_id", flat=True)) == ["A", "B"]
        assert first.currency == "USD", "that of the dearest contract"
        assert not AuditEntry.objects.filter(table="renewals_renewal").exists(), "what the night derives is no edit"
    with rival.open():
        assert Renewal.objects.count() == 0


@pytest.mark.parametrize("charge", ["one_off", "trial"])
def test_what_is_not_recurring_comes_not_due(contracts: Contracts, charge: str) -> None:
    contracts.year("C-1", days(40), charge=charge)
    assert contracts.follow() == 0


def test_open_ends_pauses_months_that_roll_on_and_what_goes_on_already_are_no_renewals(contracts: Contracts) -> None:
    contracts.period("C-1", "2026-01-01", "", "100.00", key="open")
    contracts.year("C-2", days(20), key="paused", end_reason=EndReason.PAUSED)
    contracts.period("C-3", "2026-11-01", "2026-12-01", "9.00", key="rolls", auto_renew="yes")
    contracts.year("C-4", days(30), key="on")
    contracts.period("C-4", days(30), "2028-01-01", "1000.00", key="on")
    assert contracts.follow() == 0


@pytest.mark.parametrize(
    ("mrr", "state"),
    [("1000.00", S.RENEWED), ("1000.01", S.EXPANDED), ("999.99", S.CONTRACTED)],
)
def test_a_further_period_of_a_file_closes_the_renewal(contracts: Contracts, mrr: str, state: str) -> None:
    """REN-10: what the contracts say, to the cent; at once, without waiting for the end."""
    contracts.year("C-1", days(30), key="A")
    contracts.follow()
    contracts.period("C-1", days(30), "2028-01-01", mrr, key="A")
    assert contracts.follow() == 1
    found = contracts.only()
    assert (found.state, found.due_mrr, found.kept_mrr) == (state, 100000, round(float(mrr) * 100))
    assert (found.closed_on, found.closed_by) == (TODAY, None)
    with contracts.world.open():
        assert found.lines.get().next_period == contracts.contract("A")
    assert contracts.follow() == 0


def test_a_new_subscription_of_the_same_product_carries_on_as_well(contracts: Contracts) -> None:
    contracts.year("C-1", days(10), key="old", product="suite")
    contracts.follow()
    contracts.period("C-1", days(12), "2028-01-01", "500.00", key="other", product="extra")
    assert contracts.follow() == 0, "another product is none of it"
    contracts.period("C-1", days(12), "2028-01-01", "1000.00", key="new", product="suite")
    contracts.follow()
    assert contracts.only(due_on=days(10)).state == S.RENEWED


def test_an_end_with_nothing_after_it_is_churn_when_the_days_of_grace_are_over(contracts: Contracts) -> None:
    """Open until then, as somebody may still write the next period; a cancelled one at once."""
    contracts.year("C-1", days(5), key="A")
    contracts.year("C-2", days(5), key="B")
    contracts.follow()
    contracts.year("C-2", days(5), key="B", end_reason=EndReason.CANCELLED)
    end = TODAY + dt.timedelta(days=5)
    contracts.follow(end)
    assert [r.state for r in contracts.renewals()] == [S.OPEN, S.CHURNED]
    contracts.follow(end + dt.timedelta(days=13))
    assert contracts.only(account__external_id="C-1").state == S.OPEN
    contracts.follow(end + dt.timedelta(days=14))
    found = contracts.only(account__external_id="C-1")
    assert (found.state, found.due_mrr, found.kept_mrr) == (S.CHURNED, 100000, 0)
    # The billing file came late: it says what really happened.
    contracts.period("C-1", days(5), "2028-01-01", "900.00", key="A")
    contracts.follow(end + dt.timedelta(days=20))
    assert contracts.only(account__external_id="C-1").state == S.CONTRACTED


def test_two_lines_close_together(contracts: Contracts) -> None:
    contracts.year("C-1", days(5), "12000.00", key="A")
    contracts.year("C-1", days(5), "6000.00", key="B")
    contracts.follow()
    contracts.period("C-1", days(5), "2028-01-01", "1200.00", key="A")
    assert contracts.follow() == 0, "one is not decided yet"
    assert contracts.only().state == S.OPEN
    contracts.follow(TODAY + dt.timedelta(days=19))
    found = contracts.only()
    assert (found.state, found.due_mrr, found.kept_mrr) == (S.CONTRACTED, 150000, 120000)


def test_a_contract_that_is_prolonged_in_its_place_is_renewed(contracts: Contracts) -> None:
    """Some systems move the end of the row that they have."""
    contracts.year("C-1", days(30), key="A")
    contracts.follow()
    contracts.year("C-1", days(395), key="A", start=str(contracts.contract("A").start_on), amount="15000.00")
    contracts.follow()
    found = contracts.only()
    assert (found.state, found.due_mrr, found.kept_mrr) == (S.EXPANDED, 100000, 125000)


def test_a_renewal_follows_the_end_of_its_contract(contracts: Contracts) -> None:
    """The open steps get their days anew; what was done stays."""
    contracts.year("C-1", days(60), key="A")
    contracts.follow()
    before = contracts.only()
    with contracts.world.open():
        RenewalStep.objects.filter(step=Step.PREP).update(done_on=TODAY)
    contracts.year("C-1", days(80), key="A", start=str(contracts.contract("A").start_on))
    assert contracts.follow() == 1
    after = contracts.only()
    assert (after.id, after.due_on) == (before.id, TODAY + dt.timedelta(days=80))
    with contracts.world.open():
        rows = dict(RenewalStep.objects.values_list("step", "due_on"))
    assert rows[Step.SIGN] == TODAY + dt.timedelta(days=50)
    assert rows[Step.PREP] == TODAY + dt.timedelta(days=7), "done: as it stood"
    assert contracts.follow() == 0


def test_one_of_two_contracts_moves_to_a_day_of_its_own_and_back(contracts: Contracts) -> None:
    for key in ("A", "B"):
        contracts.year("C-1", days(40), key=key)
    contracts.follow()
    start = str(contracts.contract("A").start_on)
    contracts.year("C-1", days(50), key="B", start=start)
    contracts.follow()
    assert [(r.due_on, r.state) for r in contracts.renewals()] == [
        (TODAY + dt.timedelta(days=40), S.OPEN), (TODAY + dt.timedelta(days=50), S.OPEN)
    ]  # fmt: skip
    contracts.year("C-1", days(40), key="B", start=start)
    contracts.follow()
    found = contracts.only(state=S.OPEN)
    with contracts.world.open():
        assert found.lines.count() == 2
        assert Renewal.objects.filter(state=S.WITHDRAWN).count() == 1


def test_two_renewals_change_places(contracts: Contracts) -> None:
    """Their days are unique: neither stands in the way of the other."""
    contracts.year("C-1", days(40), key="A")
    contracts.year("C-1", days(50), key="B")
    contracts.follow()
    start = {key: str(contracts.contract(key).start_on) for key in ("A", "B")}
    contracts.year("C-1", days(50), key="A", start=start["A"])
    contracts.year("C-1", days(60), key="B", start=start["B"])
    contracts.follow()
    assert [r.due_on for r in contracts.renewals(state=S.OPEN)] == [
        TODAY + dt.timedelta(days=50), TODAY + dt.timedelta(days=60)
    ]  # fmt: skip


def test_withdrawn_with_its_contract_and_back_with_it(contracts: Contracts) -> None:
    contracts.year("C-1", days(40), key="A")
    contracts.follow()
    period = contracts.contract("A")
    with contracts.world.open():
        void_subscription(subscription=period, origin=Origin.of(contracts.world.members["ops"]))
    contracts.follow()
    first = contracts.only()
    assert (first.state, first.closed_on) == (S.WITHDRAWN, TODAY)
    period = contracts.contract("A")
    with contracts.world.open():
        void_subscription(subscription=period, origin=Origin.of(contracts.world.members["ops"]), restore=True)
    contracts.follow()
    again = contracts.only()
    assert (again.id, again.state, again.closed_on) == (first.id, S.OPEN, None)


def test_a_merged_customer_takes_its_renewal_along(contracts: Contracts) -> None:
    """Two on one day become one; another day moves over as it stands; taken back, each has its own again."""
    contracts.year("C-1", days(40), key="A")
    contracts.year("C-2", days(40), key="B")
    contracts.year("C-2", days(60), key="C")
    contracts.follow()
    by = contracts.world.members["admin"]
    with contracts.world.open():
        part, into = Account.objects.get(external_id="C-2"), Account.objects.get(external_id="C-1")
        merge_account(account=part, into=into, by=by)
    contracts.follow()
    assert [(r.account.external_id, (r.due_on - TODAY).days) for r in contracts.renewals(state=S.OPEN)] == [
        ("C-1", 40), ("C-1", 60)
    ]  # fmt: skip
    with contracts.world.open():
        assert RenewalLine.objects.filter(renewal__due_on=days(40), renewal__state=S.OPEN).count() == 2
        unmerge_account(account=Account.objects.get(external_id="C-2"), by=by)
    contracts.follow()
    assert sorted((r.account.external_id, (r.due_on - TODAY).days) for r in contracts.renewals(state=S.OPEN)) == [
        ("C-1", 40), ("C-2", 40), ("C-2", 60)
    ]  # fmt: skip
    assert contracts.follow() == 0


def test_changed_contracts_are_followed_at_once(contracts: Contracts) -> None:
    """The reaction looks at the customers that changed, and at nothing twice."""
    contracts.year("C-1", days(40), key="A")
    with contracts.world.open():
        assert queue.take_dirty("contracts") == 1
        jobs.follow_changed(None)  # type: ignore[arg-type]
        assert Renewal.objects.count() == 1
        assert queue.take_dirty("contracts") == 0


def test_the_job_asks_as_many_questions_for_many_as_for_few(contracts: Contracts) -> None:
    contracts.year("C-0", days(40), key="X")

    def asked(day: dt.date = TODAY) -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            contracts.follow(day)
        return len(found)

    one = asked()
    for number in range(30):
        contracts.year(f"N-{number}", days(40), key=f"N-{number}")
    assert asked() == one
