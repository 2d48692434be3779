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
from renewals import alert_rules
from renewals.models import Renewal, RenewalStep
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
    for rule in alert_rules.RULES:
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
