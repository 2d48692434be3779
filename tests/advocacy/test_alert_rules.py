"""Who may speak for us is told to the owner: once, and it ends (TRG-15)."""

import datetime as dt
from uuid import UUID, uuid4

import pytest

from accounts.enums import HealthBand
from accounts.models import Account
from advocacy import alert_rules, jobs, services
from advocacy.models import Advocate, Qualification
from cs_platform.pipeline import NIGHTLY
from health.alerts import jobs as alert_jobs
from health.alerts.rule_parts import Snapshot
from health.alerts.rules import RULES
from health.enums import AlertState
from health.models import Alert, HealthScore
from tests.advocacy.advocacy_facts import ago, worth_asking
from tests.conftest import World

pytestmark = pytest.mark.django_db
(RULE,) = alert_rules.RULES


def fires(days: int, band: HealthBand = HealthBand.GREEN, *, known: bool = True) -> bool:
    since = dt.date(2026, 3, 1)
    above = {"advocacy": since} if known else {}
    snapshot = Snapshot(uuid4(), since + dt.timedelta(days=days), "mid_market", None, band=band, above=above)
    return bool(list(RULE.test(snapshot, RULE.defaults())))


def test_it_is_news_for_thirty_days_and_only_in_the_green() -> None:
    assert [fires(0), fires(29), fires(30)] == [True, True, False]
    assert not fires(0, HealthBand.YELLOW)
    assert not fires(0, known=False)
    assert "1 Mar 2026" in RULE.say({"since": "2026-03-01"}, RULE.defaults())
    assert (RULES[RULE.key], RULE.requirement) == (RULE, "TRG-15")


def judged(world: World, key: str = "A-1") -> Account:
    """A customer who meets all six, scored on the day of the night."""
    row = worth_asking(world, key)
    HealthScore.objects.filter(account_id=row.id).update(as_of=ago(1))
    return row


def night() -> list[tuple[UUID, str]]:
    jobs.qualify_all(ago(1))
    alert_jobs.run_alerts(ago(1))
    rows = Alert.objects.filter(rule=RULE.key).order_by("opened_at", "id")
    return list(rows.values_list("account_id", "state"))


def test_the_night_tells_it_once_and_enrolling_ends_it(worlds: tuple[World, World]) -> None:
    world, rival = worlds
    with rival.open():
        judged(rival)
        jobs.qualify_all(ago(1))
    with world.open():
        row = judged(world)
        assert night() == [(row.id, AlertState.OPEN)]
        before = list(Alert.objects.values())
        assert night() == [(row.id, AlertState.OPEN)]
        assert list(Alert.objects.values()) == before, "the same night again changes nothing"
        alert = Alert.objects.get()
        assert (alert.level, alert.inputs["since"]) == ("info", ago(1).isoformat())
        services.enrol(contact=row.contacts.get(), consent="name", by=world.members["csm"])
        Advocate.objects.update(enrolled_on=ago(1))
        assert night() == [(row.id, AlertState.RESOLVED)]
        assert night() == [(row.id, AlertState.RESOLVED)]
    with rival.open():
        assert not Alert.objects.exists()


def test_a_criterion_that_breaks_ends_it(tenant_open: World) -> None:
    row = judged(tenant_open)
    night()
    row.contacts.update(engagement="low")
    assert night() == [(row.id, AlertState.RESOLVED)]
    assert not Qualification.objects.get().qualified


def test_the_night_judges_before_it_tells() -> None:
    names = [name for name, _step in NIGHTLY]
    assert names.index("health") < names.index("advocacy") < names.index("alerts")
