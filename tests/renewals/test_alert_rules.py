"""Rules of the calendar over renewals: who is told what, and when it ends (TRG-12, REN-02, REN-06)."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Account
from health.alerts import jobs as alert_jobs
from health.alerts.engine import Setting, simulate
from health.alerts.rule_parts import Snapshot
from health.alerts.rules import RULES
from health.enums import AlertLevel, AlertState
from health.models import Alert
from renewals import alert_rules, calling
from renewals.models import Renewal, RenewalCall, RenewalStep
from renewals.services import finish_step, set_phase
from tests.conftest import World
from tests.renewals.renewal_facts import TODAY, Contracts, scored

DUE = dt.date(2026, 12, 29)


def fires(day: dt.date, **known: Any) -> set[str]:
    row = {"id": "r", "due": DUE.isoformat(), "talked": None, "talk": True, "sign": True, "signed": False} | known
    snapshot = Snapshot(uuid4(), day, "mid_market", None, above={"renewals": [row]})
    return {rule.key for rule in alert_rules.RULES for _match in rule.test(snapshot, rule.defaults())}


def before(days: int) -> dt.date:
    return DUE - dt.timedelta(days=days)


def test_each_rule_on_its_line() -> None:
    """30 days are in time, 29 are not; at the end it is a failure of the process and nothing else."""
    assert fires(before(30)) == set()
    assert fires(before(29)) == {"renewal_no_talk", "renewal_unsigned"}
    assert fires(before(29), talked=before(30).isoformat(), signed=True) == set()
    assert fires(before(20), talked=before(29).isoformat(), signed=True) == {"renewal_late_start"}
    assert fires(before(20), talk=False, sign=False) == set(), "a runway of notices asks for neither"
    assert fires(DUE) == fires(before(-9)) == {"renewal_open_at_end"}
    assert fires(before(29), due="2026-12-30") == set()


def test_each_is_a_leaders_and_is_worded() -> None:
    for rule in alert_rules.RULES[:-1]:
        assert RULES[rule.key] is rule
        assert (rule.level, rule.requirement) == (AlertLevel.CRITICAL, "TRG-12")
        assert "29" in rule.say({"days": 3, "due": DUE.isoformat(), "talked": "2026-12-01"}, rule.defaults())


def test_the_night_opens_and_ends_them(world: World, rival: World) -> None:
    """Opened with the cause and what was measured, once; ended when the talk happened; a rival's renewals are judged by
    themselves."""
    for contracts, segment in ((Contracts(world), "Mid-market"), (Contracts(rival), "Product-led")):
        contracts.year("C-1", (TODAY + dt.timedelta(days=20)).isoformat(), key="A", segment=segment)
        contracts.follow()
        with contracts.world.open():
            scored(Account.objects.get(), TODAY)
            alert_jobs.run_alerts(TODAY)
            alert_jobs.run_alerts(TODAY)
    with rival.open():
        assert not Alert.objects.filter(rule__startswith="renewal_").exists()
    with world.open():
        rows = Alert.objects.filter(rule__startswith="renewal_").order_by("rule")
        assert [(a.rule, a.state, a.level) for a in rows] == [
            ("renewal_no_talk", "open", "critical"), ("renewal_unsigned", "open", "critical")
        ]  # fmt: skip
        renewal = Renewal.objects.get()
        assert {a.cause for a in rows} == {str(renewal.id)}
        assert rows[0].inputs["days"] == 20
        set_phase(renewal=renewal, phase="talking", version=None, by=world.members["csm"])
        finish_step(step=RenewalStep.objects.get(step="sign"), version=None, by=None)
        alert_jobs.run_alerts(TODAY)
        states = dict(Alert.objects.filter(rule__startswith="renewal_").values_list("rule", "state"))
        assert states == {
            "renewal_no_talk": AlertState.RESOLVED,
            "renewal_unsigned": AlertState.RESOLVED,
            "renewal_late_start": AlertState.OPEN,
        }


@pytest.mark.parametrize(("day", "count"), [(-40, 0), (0, 1)])
def test_a_simulation_knows_no_more_than_the_day_did(world: World, day: int, count: int) -> None:
    """What happened later, or opened later, is not known then."""
    contracts = Contracts(world)
    contracts.year("C-1", (TODAY + dt.timedelta(days=20)).isoformat(), key="A")
    contracts.follow()
    on = TODAY + dt.timedelta(days=day)
    with world.open():
        account = Account.objects.get()
        scored(account, on)
        days = alert_jobs.past_snapshots(on, 0, [account.id])
        rule = RULES["renewal_no_talk"]
        assert len(simulate(days, Setting(rule, rule.defaults())).fired) == count


def test_the_risk_rises_by_fifteen_points_in_four_weeks() -> None:
    """TRG-10: on the line it fires, below it does not, nor without a call of then; worded with both."""
    assert fires(before(60), called=75.0, was=90.0) == {"renewal_risk_up"}
    assert fires(before(60), called=75.1, was=90.0) == fires(before(60), called=20.0, was=None) == set()
    rule = RULES["renewal_risk_up"]
    assert (rule.level, rule.requirement) == (AlertLevel.WARNING, "TRG-10")
    said = rule.say({"now": 75.0, "was": 90.0, "due": DUE.isoformat()}, rule.defaults())
    assert "75%" in said
    assert "90%" in said


def test_a_first_value_that_is_missed_raises_the_risk_once(world: World, rival: World) -> None:
    """TRG-10: an open alert takes points off the next call, which says why; the fall opens one alert for the renewal, by
    however many nights, and ends when it is over. A rival's renewal of the same day keeps its call."""
    for contracts in (Contracts(world), Contracts(rival)):
        contracts.year("C-1", (TODAY + dt.timedelta(days=80)).isoformat(), key="A")
        contracts.follow()
    day = TODAY + dt.timedelta(days=1)
    with world.open():
        Renewal.objects.update(opened_on=TODAY - dt.timedelta(days=40))
        account = Account.objects.get()
        scored(account, TODAY - dt.timedelta(days=28), 80)
        calling.call_all(TODAY - dt.timedelta(days=28))
        scored(account, TODAY, 80)
        missed = Alert.objects.create(account=account, rule="first_value_missed", level="critical", as_of=TODAY)
        assert calling.call_all(TODAY) == 1
        call = RenewalCall.objects.order_by("-at", "-id").first()
        assert call is not None
        assert [r["points"] for r in call.reasons if r["key"] == "no_value"] == [-15.0]
        for _night in range(2):
            alert_jobs.run_alerts(TODAY)
        (alert,) = Alert.objects.filter(rule="renewal_risk_up")
        assert (alert.state, alert.cause) == (AlertState.OPEN, str(Renewal.objects.get().id))
        Alert.objects.filter(id=missed.id).update(state=AlertState.RESOLVED)
        scored(account, day, 80)
        calling.call_all(day)
        alert_jobs.run_alerts(day)
        alert.refresh_from_db()
        assert alert.state == AlertState.RESOLVED
    with rival.open():
        assert not Alert.objects.filter(rule="renewal_risk_up").exists()
