"""A champion who leaves or gets another role, whichever door says so (ACC-05, TRG-07, JRN-24)."""

import datetime as dt
from typing import Any

import pytest

from accounts import customers
from accounts.enums import ImportKind
from accounts.merging import merge_contacts
from accounts.models import AccountEvent, Contact
from health.alerts import jobs as alert_jobs
from health.models import Alert
from health.scoring import jobs as score_jobs
from journey.enums import Cause, Stage
from journey.models import Regression, StagePeriod, Track
from journey.stages import jobs as stage_jobs
from tests.conftest import World
from tests.health import scoring_facts as facts

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def tell(world: World, **cells: Any) -> Contact:
    """A row of a file about the person."""
    values = {"contact": "ingrid", "account": "A-1", "name": "Ingrid", **cells}
    key = customers.merged(merge_contacts, ImportKind.CONTACTS, values, world.members["ops"])
    return Contact.objects.get(id=key)


def events() -> list[tuple[str, str, dt.date, str]]:
    rows = AccountEvent.objects.order_by("happened_on", "id")
    return list(rows.values_list("account__external_id", "kind", "happened_on", "note"))


@pytest.fixture
def champion(tenant_open: World) -> World:
    today = tenant_open.tenant.today()
    row = facts.account("A-1", since=today - 400 * DAY, owner=tenant_open.members["csm"], status="live")
    facts.used(row, [today - n * DAY for n in range(1, 60)], users=3)
    facts.touch(row, "qbr", today - 30 * DAY)
    tell(tenant_open, role="champion")
    assert events() == []
    track = Track.objects.create(account=row, kind="core", name="Core", external_id="T", opened_on=today - 90 * DAY)
    StagePeriod.objects.create(
        track=track, stage=Stage.ADOPTION, entered_on=today - 60 * DAY, entry="began", external_id="P"
    )
    return tenant_open


def test_who_leaves_by_a_file_is_an_event_an_alert_and_a_proposal_once(champion: World) -> None:
    """TRG-07, JRN-24: with the person as evidence; the same file again and the same night again add nothing."""
    today = champion.tenant.today()
    left = (today - 2 * DAY).isoformat()
    for _again in range(2):
        contact = tell(champion, left_on=left)
        score_jobs.score_all(today)
        alert_jobs.run_alerts(today)
        stage_jobs.propose_regressions(today)
    assert events() == [("A-1", "champion_left", today - 2 * DAY, "")]
    event = AccountEvent.objects.get()
    assert event.contact == contact
    alert = Alert.objects.get(rule="champion")
    assert (alert.cause, alert.inputs["kind"]) == (str(event.id), "champion_left")
    assert Regression.objects.get().cause == Cause.CHAMPION


def test_another_role_is_an_event_of_the_day_it_was_said(champion: World) -> None:
    """TRG-07: and not when anything else of the person changes, or when who was none gets a role."""
    tell(champion, title="Vice president", language="id")
    tell(champion, contact="other", name="Mira", role="power_user")
    tell(champion, contact="other", name="Mira", role="decision_maker")
    assert events() == []
    tell(champion, role="decision_maker")
    assert events() == [("A-1", "champion_role_changed", champion.tenant.today(), "")]
    tell(champion, left_on=champion.tenant.today().isoformat())
    assert len(events()) == 1, "who leaves now was no champion any more"


def test_who_had_left_before_they_were_known_is_history(champion: World) -> None:
    tell(champion, contact="old", name="Ruth", role="champion", left_on="2024-02-01")
    tell(champion, contact="old", name="Ruth", role="champion", left_on="2024-03-01")
    assert events() == []


def test_a_person_who_says_it_says_it_once(champion: World) -> None:
    """ACC-05: the event has the words and the name of who noted it."""
    today, by = champion.tenant.today(), champion.members["csm"]
    customers.mark_contact_left(contact=Contact.objects.get(), left_on=today, by=by, note="To a rival")
    assert events() == [("A-1", "champion_left", today, "To a rival")]
    assert AccountEvent.objects.get().recorded_by == by


def test_a_champion_of_another_company_is_not_ours(worlds: tuple[World, World]) -> None:
    """The same ids there and here: what is said there is theirs."""
    world, rival = worlds
    for each in worlds:
        with each.open():
            facts.account("A-1")
            tell(each, role="champion")
    with rival.open():
        tell(rival, left_on=rival.tenant.today().isoformat())
        assert len(events()) == 1
    with world.open():
        assert events() == []
        assert Contact.objects.get().left_on is None
