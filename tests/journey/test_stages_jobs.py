"""The night of the journey: what begins and ends by itself, and what is only proposed (JRN-02, JRN-03, JRN-24)."""

import datetime as dt
from typing import Any

import pytest

from accounts import mergers
from accounts.models import Account, AccountEvent, Subscription
from journey.enums import Answer, Stage
from journey.models import Regression, StagePeriod, Track
from journey.stages import jobs, services
from tests.conftest import World
from tests.journey import stage_facts as facts
from tests.journey.stage_facts import account, ago, period_of, today, track


def night(as_of: dt.date | None = None) -> None:
    jobs.begin_tracks(as_of or today())
    jobs.propose_regressions(as_of or today())


def tables() -> list[Any]:
    """Everything that the night writes."""
    return [list(model.objects.order_by("id").values()) for model in (Track, StagePeriod, Regression)]


def live(name: str, **fields: object) -> Account:
    row = account(name, since=ago(100), **fields)
    Account.objects.filter(id=row.id).update(status="live")
    row.refresh_from_db()
    return row


def event(of: Account, kind: str, days_ago: int) -> AccountEvent:
    return AccountEvent.objects.create(account=of, kind=kind, happened_on=ago(days_ago), note="Told on the phone")


def test_live_customers_begin_in_onboarding(worlds: tuple[World, World]) -> None:
    """JRN-03: the one thing that happens by itself; twice = the same tables; another tenant's rows stay alone."""
    world, rival = worlds
    with rival.open():
        live("A-1")
    with world.open():
        firm, future = live("A-1"), live("A-2")
        Account.objects.filter(id=future.id).update(signed_on=today() + dt.timedelta(days=5))
        prospect = account("A-3")
        unit = Account.objects.create(
            external_id="U", name="U", level="unit", parent=firm, status="live", signed_on=ago(9)
        )
        night()
        track_row = Track.objects.get()
        assert (track_row.account_id, track_row.kind, track_row.opened_on) == (firm.id, "core", ago(100))
        period = StagePeriod.objects.get()
        assert (period.stage, period.entered_on, period.exited_on) == (Stage.ONBOARDING, ago(100), None)
        assert not Track.objects.filter(account__in=[prospect, unit]).exists()
        before = tables()
        night()
        assert tables() == before
    with rival.open():
        assert not Track.objects.exists()


def test_tracks_of_customers_who_left_end_and_begin_again(tenant_open: World) -> None:
    """Closed on the day they paid until; who comes back begins in onboarding once more."""
    firm = live("A-1")
    night()
    Subscription.objects.filter(account=firm).update(end_on=ago(10))
    Account.objects.filter(id=firm.id).update(status="churned")
    night()
    row = Track.objects.get()
    assert (row.closed_on, row.closed_because) == (ago(10), "left")
    ended = StagePeriod.objects.get()
    assert (ended.outcome, ended.exited_on, len(ended.evidence)) == ("abandoned", ago(10), 5)
    before = tables()
    night()
    assert tables() == before
    Account.objects.filter(id=firm.id).update(status="live")
    night()
    assert tables() == before  # nothing is paid since
    Subscription.objects.create(
        account=firm, external_id="S-2", start_on=ago(3), interval_months=1, amount_minor=1, mrr_minor=1, currency="USD"
    )
    night()
    row.refresh_from_db()
    assert (row.closed_on, row.closed_because) == (None, "")
    again = StagePeriod.objects.get(exited_on=None)
    assert (again.stage, again.entered_on, again.entry) == (Stage.ONBOARDING, ago(3), "again")
    before = tables()
    night()
    assert tables() == before


def test_a_second_core_track_ends_with_a_merger_and_comes_back(tenant_open: World) -> None:
    csm = tenant_open.members["admin"]
    firm, other = live("A-1"), live("A-2")
    night()
    mergers.merge_account(account=other, into=firm, by=csm)
    night()
    row = Track.objects.get(account=other)
    assert (row.closed_because, row.closed_on) == ("merged", today())
    assert Track.objects.get(account=firm).closed_on is None
    before = tables()
    night()
    assert tables() == before
    mergers.unmerge_account(account=other, by=csm)
    night()
    row.refresh_from_db()
    assert row.closed_on is None
    assert StagePeriod.objects.get(track=row).exited_on is None


def test_what_a_person_closed_as_gone_on_elsewhere_stays_closed(tenant_open: World) -> None:
    """JRN-03: the night takes back what it closed itself, and no decision of a person."""
    csm = tenant_open.members["csm"]
    core = track(live("A-1"), csm)
    services.close_track(track=core, because="merged", on=today(), note="One journey", version=None, by=csm)
    night()
    core.refresh_from_db()
    assert (core.closed_on, core.closed_because) == (today(), "merged")


@pytest.mark.parametrize(
    ("stage", "kind", "cause", "back"),
    [
        (Stage.RETENTION, "champion_left", "champion", Stage.ADOPTION),
        (Stage.ADOPTION, "leadership_change", "reorganisation", Stage.ADOPTION),
        (Stage.ADOPTION, "merger", "merger", Stage.ONBOARDING),
        (Stage.RETENTION, "product_release", "release", Stage.ADOPTION),
    ],
)
def test_what_happens_is_proposed_once(tenant_open: World, stage: str, kind: str, cause: str, back: str) -> None:
    """JRN-24: an event of 90 days since the stage began, one proposal for a cause; a person decides."""
    csm = tenant_open.members["csm"]
    firm = live("A-1")
    core = track(firm, csm, stage=stage, on=ago(60))
    event(firm, kind, 5)
    event(firm, kind, 70)  # before the stage began
    event(firm, "budget_cycle", 2)  # no cause to go back
    night()
    found = Regression.objects.get()
    assert (found.track_id, found.cause, found.stage, found.state) == (core.id, cause, back, Answer.OPEN)
    assert found.inputs["kind"] == kind
    before = tables()
    night()
    assert tables() == before
    services.decide(regression=found, accept=False, note="A new one is there", by=csm)
    night()
    assert Regression.objects.count() == 1
    AccountEvent.objects.create(account=firm, kind=kind, happened_on=today())
    night()
    assert Regression.objects.filter(state=Answer.OPEN).count() == 1


def test_a_fall_to_red_that_lasts_is_proposed(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    firm, well = live("A-1"), live("A-2")
    for each in (firm, well):
        track(each, csm, stage=Stage.RETENTION)
        facts.green(each, 4, 3)
        facts.green(each, 2, 1, band="red")
    facts.green(well, 0)
    night()
    found = Regression.objects.get()
    assert (found.track.account_id, found.cause) == (firm.id, "health")
    assert found.inputs == {"day": ago(2).isoformat(), "score": 30, "before": 90}
    night()
    assert Regression.objects.count() == 1


def test_onboarding_and_use_cases_are_left_alone(tenant_open: World) -> None:
    """An event of the account is about its core track; a department has its own."""
    csm = tenant_open.members["csm"]
    firm = live("A-1")
    unit = Account.objects.create(external_id="U-1", name="EMEA", level="department", parent=firm)
    track(firm, csm)
    track(firm, csm, kind="use_case", name="Analytics", stage=Stage.ADOPTION)
    emea = track(firm, csm, kind="department", name="EMEA", unit=unit, stage=Stage.ADOPTION)
    event(firm, "champion_left", 3)
    night()
    assert not Regression.objects.exists()
    event(unit, "champion_left", 3)
    night()
    assert Regression.objects.get().track_id == emea.id
    services.close_track(track=emea, because="dropped", on=today(), note="", version=None, by=csm)
    assert Regression.objects.get().state == Answer.LAPSED
    assert period_of(Track.objects.get(kind="core")).exited_on is None
