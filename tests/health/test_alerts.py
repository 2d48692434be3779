"""Alerts: which fire, which end, what is held back, and what is taken back (TRG-01 to TRG-10, TRG-20, HLT-05, HLT-15)."""

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.enums import HealthBand, Profile, Status
from accounts.models import Account, AccountEvent, Tenant
from cs_platform.kernel import queue
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import AuditEntry, Finding, Work
from health.alerts import cells, engine, jobs, services
from health.alerts.rule_parts import Snapshot
from health.alerts.rules import RULES, company_mismatch
from health.enums import AlertState
from health.models import AccountDay, Alert, AlertRule, AlertRun, HealthScore
from health.scoring import jobs as score_jobs
from tests.conftest import World
from tests.health import scoring_facts as facts
from tests.health.scoring_facts import DAY

EMPTY = Snapshot(uuid4(), DAY, Profile.MID_MARKET, None)


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "wake_workers", [])


def fires(key: str, **changes: Any) -> list[str]:
    """The causes for which a rule with its defaults holds."""
    rule = RULES[key]
    return [match.cause for match in rule.test(replace(EMPTY, **changes), rule.defaults())]


def ago(days: int) -> dt.date:
    return DAY - dt.timedelta(days=days)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (0.35, 0.15, True),  # the vector of the requirement
        (0.35, 0.18, False),
        (0.30, 0.15, True),  # exactly half
        (0.30, 0.1501, False),
        (0.02, 0.0, False),  # hardly anybody to begin with
        (None, 0.15, False),
        (0.35, None, False),
    ],
)
def test_usage_decline(before: float | None, now: float | None, expected: bool) -> None:
    """TRG-01: DAU/MAU from 35 % to 15 % in two months."""
    values = {"before": {"stickiness": before} if before else {}, "now": {"stickiness": now} if now is not None else {}}
    assert bool(fires("usage_decline", **values)) is expected


def test_usage_that_stopped_altogether_is_a_decline() -> None:
    """TRG-01: nobody in 28 days has no DAU/MAU; it is known when they were last there."""
    assert fires("usage_decline", before={"stickiness": 0.35}, now={"recency": 40.0})


def test_engagement_drop() -> None:
    """TRG-02: answers from four hours to three days; two reviews called off; trainings that stopped."""
    assert fires("engagement_drop", before={"reply_hours": 4.0}, now={"reply_hours": 72.0}) == ["reply"]
    assert fires("engagement_drop", before={"reply_hours": 30.0}, now={"reply_hours": 72.0}) == []
    assert fires("engagement_drop", reviews=("cancelled", "no_show")) == ["reviews"]
    assert fires("engagement_drop", reviews=("cancelled", "attended")) == []
    assert fires("engagement_drop", reviews=("cancelled",)) == []
    assert fires("engagement_drop", trainings_before=4) == ["training"]
    assert fires("engagement_drop", trainings_before=4, trainings_lately=1) == []


def test_silence_needs_all_three() -> None:
    """TRG-03, HLT-15: no word, no use, no meeting; whoever was never heard of has not fallen silent."""
    silent = {"last_word_on": ago(40), "last_meeting_on": ago(60), "now": {"recency": 31.0}}
    assert fires("silence", **silent) == [""]
    assert fires("silence", **silent | {"last_word_on": ago(30)}) == []
    assert fires("silence", **silent | {"last_meeting_on": ago(2)}) == []
    assert fires("silence", **silent | {"now": {"recency": 3.0}}) == []
    assert fires("silence") == []


@pytest.mark.parametrize(("score", "red"), [(49.99, True), (50.0, False)])
def test_band_change_is_on_the_unrounded_score(score: float, red: bool) -> None:
    """TRG-04: below 50 and below 80, when it got worse and is news."""
    turned = {"score": score, "band": HealthBand.RED, "band_before": HealthBand.YELLOW, "band_since": DAY}
    assert bool(fires("turned_red", **turned)) is red
    assert fires("turned_red", **turned | {"score": 40.0, "band_since": ago(3)}) == []
    assert fires("turned_yellow", score=60.0, band=HealthBand.YELLOW, band_before=HealthBand.RED, band_since=DAY) == []
    assert fires("turned_yellow", score=60.0, band=HealthBand.YELLOW, band_before=HealthBand.GREEN, band_since=DAY)


@pytest.mark.parametrize(
    ("profile", "late", "alarm"),
    [(Profile.ENTERPRISE, 120, 120), (Profile.MID_MARKET, 60, 90), (Profile.SMB, 30, 30), (Profile.PRODUCT_LED, 7, 7)],
)
def test_first_value_by_profile(profile: Profile, late: int, alarm: int) -> None:
    """TRG-05, TRG-10 with the edges of ruling E19: the edge day itself is still in time."""
    for key, edge in (("ttv_delay", late), ("first_value_missed", alarm)):
        planned = {"profile": profile, "first_value_planned": True}
        assert fires(key, **planned, signed_on=ago(edge)) == []
        assert fires(key, **planned, signed_on=ago(edge + 1)) == [""]
        assert fires(key, **planned, signed_on=ago(edge + 1), first_value_on=ago(1)) == []
        assert fires(key, **planned, signed_on=ago(3000)) == []


def test_support() -> None:
    """TRG-06: spike, escalations from 10 %, answers and solutions too late; few tickets prove nothing."""
    bad = {"ticket_load": 3.0, "escalation_share": 0.1, "response_share": 0.2, "resolution_share": 0.2}
    assert fires("support", now=bad, tickets=6, tickets_90=10) == ["spike", "escalation", "response", "resolution"]
    assert fires("support", now=bad, tickets=3, tickets_90=4) == []
    assert fires("support", now={"escalation_share": 0.0999}, tickets=6, tickets_90=10) == []


def test_events_fire_once_for_each() -> None:
    """TRG-07, TRG-08: each event is a cause of its own; the champion's are not risks of the other kind."""
    events = (
        ("a", "champion_left", ago(1)),
        ("b", "budget_cut", ago(2)),
        ("c", "merger", ago(15)),
        ("d", "growth", DAY),
    )
    assert fires("champion", events=events) == ["a"]
    assert fires("account_event", events=events) == ["b"]


def test_milestone_missed() -> None:
    """TRG-09: the deadline passed below the target; an old failure is no news."""
    assert fires("milestone_missed", missed=(("o1", "Save time", ago(1)), ("o2", "Grow", ago(61)))) == ["o1"]
    assert fires("milestone_missed", missed=(("o1", "Save time", DAY),)) == []


def test_words_against_behaviour() -> None:
    """TRG-20, HLT-14 for an account."""
    assert fires("mismatch", now={"nps": 9.0, "usage_trend": -0.5})
    assert fires("mismatch", now={"csat": 0.95}, band=HealthBand.RED)
    assert not fires("mismatch", now={"nps": 9.0, "usage_trend": -0.1})
    assert not fires("mismatch", now={"nps": 3.0, "csat": 0.95, "usage_trend": -0.9})


@pytest.mark.parametrize(
    ("csat", "nps", "churn", "nrr", "expected"),
    [
        (0.92, 45, 0.28, 0.87, True),
        (0.95, None, 0.25, None, True),
        (0.92, 45, 0.20, 0.90, False),
        (0.80, 10, 0.40, 0.70, False),
        (None, None, None, None, False),
    ],
)
def test_company_mismatch(
    csat: float | None, nps: float | None, churn: float | None, nrr: float | None, expected: bool
) -> None:
    """HLT-14: CSAT 92 %, NPS 45, churn 28 %, NRR 87 % must be said."""
    assert company_mismatch(csat=csat, nps=nps, churn=churn, nrr=nrr) is expected


def test_no_action() -> None:
    """HLT-05: Critical for three days without anybody saying what will be done."""
    red = {"band": HealthBand.RED, "band_since": ago(3)}
    assert fires("no_action", **red) == [""]
    assert fires("no_action", **red, has_action=True) == []
    assert fires("no_action", band=HealthBand.RED, band_since=ago(2)) == []
    assert fires("no_action", band=HealthBand.GREEN, band_since=ago(90)) == []


def test_every_rule_is_worded_and_its_defaults_lie_in_their_bounds() -> None:
    """Each match can be said; each default is one that a tenant could set."""
    for rule in RULES.values():
        assert str(rule.label)
        assert str(rule.play)
        assert rule.requirement
        for t in rule.thresholds:
            assert t.low <= t.default <= t.high, (rule.key, t.name)


@pytest.mark.parametrize("rule", [*RULES, "gone"])
@pytest.mark.parametrize(
    "kept", [{}, {"of": 7, "then": None}, {"kind": "gone", "day": "x", "band": "gone", "now": None, "before": None}]
)
def test_an_alert_outlives_the_wording_of_its_rule(rule: str, kept: dict[str, Any]) -> None:
    """HLT-05: what was kept of an alert when its rule asked for other inputs is still said, never an error."""
    said = cells.sentence(Alert(rule=rule, inputs=kept, thresholds={"old": 1.0}))
    assert isinstance(said, str)
    if "of" in kept:
        assert said == "of: 7"


def test_hysteresis() -> None:
    """An alert that opened below 50 ends at 52, not at 50.5, and a decline when less than a quarter is missing."""
    red = RULES["turned_red"]
    shot = replace(EMPTY, band=HealthBand.RED, band_before=HealthBand.YELLOW, band_since=ago(9))
    open_now = {(shot.account_id, "turned_red", "")}
    setting = engine.Setting(red, red.defaults())
    for score, ends in ((45.0, False), (50.5, False), (51.99, False), (52.0, True)):
        found = engine.step([replace(shot, score=score)], [setting], open_now, set(), {})
        assert bool(found.endings) is ends, score
    decline = RULES["usage_decline"]
    setting = engine.Setting(decline, decline.defaults())
    open_now = {(shot.account_id, "usage_decline", "")}
    for now, ends in ((0.25, False), (0.31, True)):
        found = engine.step(
            [replace(shot, before={"stickiness": 0.4}, now={"stickiness": now})], [setting], open_now, set(), {}
        )
        assert bool(found.endings) is ends


def declined(count: int) -> list[Snapshot]:
    return [
        Snapshot(UUID(int=n), DAY, Profile.SMB, None, mrr_minor=n, before={"stickiness": 0.4}, now={"stickiness": 0.1})
        for n in range(count)
    ]


def test_bad_data_does_not_make_two_thousand_alerts() -> None:
    """RELIABILITY, safe automation: the cap keeps the most money and counts the rest; a held rule opens nothing."""
    rule = RULES["usage_decline"]
    setting = engine.Setting(rule, rule.defaults(), cap=200)
    found = engine.step(declined(2000), [setting], set(), set(), {})
    assert len(found.openings) == 200
    assert found.tally["usage_decline"] == {"matched": 2000, "opened": 200, "capped": 1800, "cooling": 0}
    assert {o.snapshot.mrr_minor for o in found.openings} == set(range(1800, 2000))
    held = engine.step(declined(2000), [setting], {(UUID(int=1), "usage_decline", "")}, set(), {"usage_decline": "x"})
    assert not held.openings
    assert not held.endings
    off = engine.step(declined(9), [replace(setting, enabled=False)], set(), set(), {})
    assert not off.openings
    assert off.tally["usage_decline"]["held"] == "off"


def alerts() -> list[tuple[Any, ...]]:
    return sorted(Alert.objects.values_list("account__external_id", "rule", "cause", "state", "as_of", "inputs__cause"))


def night(day: dt.date) -> int:
    score_jobs.score_all(day)
    return jobs.run_alerts(day)


def drop_book(count: int, *, silent_from: int = 0) -> list[Account]:
    """Accounts that used the product daily until two months ago; those from `silent_from` on hardly since."""
    rows = []
    for n in range(count):
        row = facts.account(f"A-{n}")
        busy = [ago(n) for n in range(60, 95)]
        lately = [ago(10)] if n >= silent_from else [ago(n) for n in range(1, 60)]
        facts.used(row, [*busy, *lately], users=1)
        rows.append(row)
    return rows


def test_a_night_again_changes_nothing(world: World, rival: World) -> None:
    """RELIABILITY 3: the same tables however often it runs; the rival has rows alike and gets none of ours."""
    with rival.open():
        drop_book(2)
    with world.open():
        drop_book(4, silent_from=1)
        AccountEvent.objects.create(
            account=Account.objects.get(external_id="A-0"), kind="budget_cut", happened_on=ago(1)
        )
        assert night(DAY) > 0
        once, runs, audit = alerts(), AlertRun.objects.count(), AuditEntry.objects.count()
        assert {rule for _a, rule, *_rest in once} >= {"usage_decline", "account_event"}
        assert {a for a, rule, *_rest in once if rule == "usage_decline"} == {"A-1", "A-2", "A-3"}
        for _ in range(2):
            assert night(DAY) == 0
        assert alerts() == once
        assert AlertRun.objects.count() == runs
        assert not AuditEntry.objects.filter(table="health_alert").exists(), "what a night derives is no edit"
        assert AuditEntry.objects.count() == audit
    with rival.open():
        assert alerts() == []


def test_a_feed_that_stops_holds_its_rules(tenant_open: World) -> None:
    """The whole usage feed stops: no two thousand alerts but one finding, and what was open stays open."""
    drop_book(3, silent_from=2)
    night(DAY)
    before = [row for row in alerts() if row[1] == "usage_decline"]
    assert [row[0] for row in before] == ["A-2"]
    later = DAY + dt.timedelta(days=40)
    night(later)
    assert [row for row in alerts() if row[1] == "usage_decline"] == before
    assert Finding.objects.filter(name="alert_inputs", subject="usage", resolved_at=None).exists()
    run = AlertRun.objects.get(as_of=later)
    assert run.rules["usage_decline"]["held"] == ago(1).isoformat()
    facts.used(Account.objects.get(external_id="A-0"), [later])
    jobs.run_alerts(later)
    assert not Finding.objects.filter(name="alert_inputs", resolved_at=None).exists()


def test_half_a_feed_that_stops_is_capped_and_said(tenant_open: World) -> None:
    """Half of the feed stops: the cap holds, the run and a finding say how many were held back."""
    drop_book(7, silent_from=2)
    rule = RULES["usage_decline"]
    services.set_rule(rule=rule, enabled=True, thresholds={}, cap=2, cooldown_days=14, version=None)
    night(DAY)
    assert Alert.objects.filter(rule="usage_decline").count() == 2
    assert AlertRun.objects.get().rules["usage_decline"]["capped"] == 3
    for _ in range(3):
        jobs.run_alerts(DAY)
    assert Alert.objects.filter(rule="usage_decline").count() == 2, "the same night again opens no more"
    assert Finding.objects.filter(name="alert_caps", subject="usage_decline", resolved_at=None).exists()


def test_undo_takes_back_what_a_run_opened_and_ended(tenant_open: World) -> None:
    """A run is undone as a whole, once; what it ended is open again."""
    rows = drop_book(3, silent_from=2)
    admin = tenant_open.members["admin"]
    old = Alert.objects.create(account=rows[0], rule="usage_decline", as_of=ago(5), inputs={"cause": ""})
    night(DAY)
    run = AlertRun.objects.get()
    assert Alert.objects.get(id=old.id).state == AlertState.RESOLVED
    opened = Alert.objects.filter(run=run).count()
    assert opened == run.opened > 0
    assert services.undo_run(run=run, by=admin) == opened
    assert Alert.objects.get(id=old.id).state == AlertState.OPEN
    once = alerts()
    assert services.undo_run(run=run, by=admin) == 0
    assert alerts() == once
    night(DAY)  # stays quiet for the cool-down
    assert not Alert.objects.filter(rule="usage_decline", state="open").exclude(id=old.id).exists()


def test_cool_down(tenant_open: World) -> None:
    """What a person closed stays quiet for the cool-down and opens again when it lasts."""
    row = drop_book(2, silent_from=1)[1]
    night(DAY)
    alert = Alert.objects.get(rule="usage_decline")
    services.close_alert(alert=alert, version=alert.version, by=tenant_open.members["csm"])
    Alert.objects.filter(id=alert.id).update(ended_at=facts.at(DAY))
    jobs.run_alerts(DAY + dt.timedelta(days=1))
    score = HealthScore.objects.get(account_id=row.id)
    for day, count in ((DAY + dt.timedelta(days=2), 1), (DAY + dt.timedelta(days=20), 2)):
        HealthScore.objects.filter(account_id=row.id).update(as_of=day)
        facts.used(facts.account(f"live-{day}"), [day])
        jobs.run_alerts(day)
        assert Alert.objects.filter(account=row, rule="usage_decline").count() == count, (day, score.band)


def test_refresh_judges_only_what_changed_and_not_backwards(tenant_open: World) -> None:
    """An older night does not end what a newer day opened; a refresh looks at its own accounts."""
    _busy, *rows = drop_book(3, silent_from=1)
    Tenant.objects.filter(id=tenant_open.tenant.id).update(data_until=DAY)
    score_jobs.score_all(DAY)
    queue.mark_dirty("scored", [rows[0].id])
    jobs.refresh_alerts(Work(name="refresh_alerts"))
    assert {a.account_id for a in Alert.objects.all()} == {rows[0].id}
    newer = Alert.objects.create(account=rows[1], rule="account_event", as_of=DAY, inputs={"cause": ""})
    night(ago(1))
    assert Alert.objects.get(id=newer.id).state == AlertState.OPEN
    night(DAY)
    assert Alert.objects.get(id=newer.id).state == AlertState.RESOLVED


@pytest.mark.parametrize("merged", [False, True])
def test_who_left_has_no_alerts(tenant_open: World, merged: bool) -> None:
    """Alerts of an account that left, or is a part of another now, end with the night."""
    row, other = facts.account(), facts.account("A-2")
    Alert.objects.create(account=row, rule="silence", as_of=ago(9), inputs={"cause": ""})
    Account.objects.filter(id=row.id).update(**{"merged_into": other} if merged else {"status": Status.CHURNED})
    jobs.run_alerts(DAY)
    assert Alert.objects.get().state == AlertState.RESOLVED


def test_kill_switch(tenant_open: World) -> None:
    """With the main switch off nothing opens and nothing ends."""
    drop_book(2, silent_from=1)
    services.switch_all(on=False)
    assert night(DAY) == 0
    assert not Alert.objects.exists()
    services.switch_all(on=True)
    assert jobs.run_alerts(DAY) > 0


def test_simulation_plays_the_past(tenant_open: World) -> None:
    """The same rule over past days: how often, on whom; the answers of today do not reach back; nothing is written."""
    drop_book(3, silent_from=1)
    for back in range(0, 91, 7):
        score_jobs.score_all(ago(back))
    rule = RULES["usage_decline"]
    found = services.simulate(rule=rule, thresholds={}, cap=200, cooldown_days=14, as_of=DAY)
    assert found.accounts == 2
    assert found.looked_at == 3
    assert found.left_later == 0
    capped = services.simulate(rule=rule, thresholds={}, cap=1, cooldown_days=14, as_of=DAY)
    assert (capped.accounts, capped.capped) == (2, 1)
    assert not Alert.objects.exists()
    assert not AlertRun.objects.exists()


def test_answer_close_reopen(tenant_open: World) -> None:
    """HLT-05: an answer says what and until when; bad ones name the field; an old version is a conflict."""
    by = tenant_open.members["csm"]
    alert = Alert.objects.create(account=facts.account(), rule="silence", as_of=DAY, inputs={"cause": ""})
    for bad, field in (({"answer": " "}, "answer"), ({"answer": "Call", "due_on": dt.date(2001, 1, 1)}, "due_on")):
        with pytest.raises(DomainError) as refused:
            services.answer_alert(**{"alert": alert, "due_on": None, "version": 1, "by": by} | bad)
        assert field in refused.value.fields
    done = services.answer_alert(alert=alert, answer="Call them", due_on=None, version=1, by=by)
    assert (done.answer, done.answered_by, done.version) == ("Call them", by, 2)
    with pytest.raises(Conflict):
        services.close_alert(alert=alert, version=1, by=by)
    closed = services.close_alert(alert=alert, version=2, by=by)
    assert closed.state == AlertState.CLOSED
    assert services.close_alert(alert=alert, version=None, by=by).version == closed.version, "twice is once"
    with pytest.raises(DomainError):
        services.answer_alert(alert=alert, answer="More", due_on=None, version=None, by=by)
    assert services.reopen_alert(alert=alert, version=3, by=by).state == AlertState.OPEN


@pytest.mark.parametrize("value", [-1.0, 0.96, float("nan"), float("inf")])
def test_thresholds_have_bounds(tenant_open: World, value: float) -> None:
    """A threshold outside of its bounds is refused by its name."""
    with pytest.raises(DomainError) as refused:
        services.set_rule(
            rule=RULES["usage_decline"], enabled=True, thresholds={"drop": value}, cap=1, cooldown_days=1, version=None
        )
    assert "drop" in refused.value.fields
    assert not AlertRule.objects.exists()


def test_the_rivals_days_are_not_ours(world: World, rival: World) -> None:
    """The freshness of one tenant says nothing about another."""
    with rival.open():
        drop_book(1)
        assert AccountDay.objects.exists()
    with world.open():
        assert jobs.newest(DAY) == dict.fromkeys(jobs.STALE_DAYS)
