"""Plays: which begin, what holds them back, which steps become tasks, and that nothing happens twice (TRG-01 to TRG-10,
TRG-20, JRN-34, RELIABILITY safe automation)."""

import datetime as dt
import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections, transaction

from accounts.enums import ContactRole
from accounts.models import Account, Contact, Member, Segment, Team
from advocacy import alert_rules as advocacy_rules
from cs_platform import pipeline
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import AuditEntry
from cs_platform.kernel.tenancy import tenant_context
from health.alerts import services as alert_services
from health.alerts.rules import RULES
from health.enums import AlertState, VersionState
from health.models import AccountDay, Alert
from journey.enums import Doer, PlayState, TaskState
from journey.models import Play, Playbook, PlaybookVersion, Task
from journey.playbooks import dry_run, engine, installing, jobs, selectors, services, versions
from journey.playbooks.catalogue import ENTRIES, TRIGGERED, shown_name
from journey.playbooks.definition import Condition, Standing, Steps
from journey.playbooks.engine import Cause, HeldBack, Limits
from journey.playbooks.texts import LANGUAGES
from journey.work import services as work
from renewals import alert_rules
from tests.conftest import World, make_world
from tests.journey.playbook_facts import BEGINS, NIGHT, account, alert, playbook

DAY = dt.date(2026, 1, 1)
STEP: dict[str, Any] = {"key": "call", "title": {"en": "Call"}, "doer": "owner", "work": "health", "days": 0}


def night(as_of: dt.date = NIGHT) -> tuple[int, int]:
    return jobs.start_plays(as_of), jobs.make_due_tasks(as_of)


def tables() -> list[Any]:
    """Everything that a night may write."""
    return [
        sorted(Play.objects.values_list("id", "state", "as_of", "version")),
        sorted(Task.objects.values_list("id", "step", "state", "due_on", "owner", "version")),
        Playbook.objects.count(),
        PlaybookVersion.objects.count(),
    ]


# The definition


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": {}}, "0.title"),
        ({"title": "Call"}, "0.title"),
        ({"title": {"en": "x" * 201}}, "0.title.en"),
        ({"title": {"fr": "Appeler"}}, "0.title"),
        ({"days": -1}, "0.days"),
        ({"days": 366}, "0.days"),
        ({"days": True}, "0.days"),
        ({"doer": "boss"}, "0.doer"),
        ({"work": "nothing"}, "0.work"),
        ({"key": "Call me"}, "0.key"),
        ({"urgent": 1}, "0.urgent"),
        ({"if": {"band": ["purple"]}}, "0.if"),
        ({"if": {"weather": ["rain"]}}, "0.if"),
        ({"if": {"renewal_within": 0}}, "0.if"),
        ({"if": {"champion": "yes"}}, "0.if"),
        ({"if": {"segment": [str(uuid4())]}}, "0.if"),
    ],
)
def test_a_wrong_step_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as caught:
        Steps.read([STEP | change], [])
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize("given", [None, {}, [], "steps", [1]])
def test_what_are_no_steps(given: Any) -> None:
    with pytest.raises(DomainError):
        Steps.read(given)


def test_steps_never_go_back_in_time_and_have_keys_of_their_own() -> None:
    with pytest.raises(DomainError) as caught:
        Steps.read([STEP | {"days": 5}, STEP | {"days": 4}])
    assert set(caught.value.fields) == {"1.key", "1.days"}
    with pytest.raises(DomainError, match="20"):
        Steps.read([STEP | {"key": f"s{n}"} for n in range(21)])


def test_reading_and_writing_steps_is_the_same() -> None:
    asked = {"band": ["red"], "champion": False, "renewal_within": 90}
    rows = [STEP | {"note": {"id": "Catatan"}, "urgent": True, "if": asked}]
    assert Steps.read(rows).json() == rows


@pytest.mark.parametrize(
    ("condition", "failing"),
    [
        (Condition(), []),
        (Condition(band=("red", "yellow")), []),
        (Condition(band=("green",)), ["band"]),
        (Condition(profile=("smb",), tier=("high_touch",)), ["profile"]),
        (Condition(champion=False), ["champion"]),
        (Condition(first_value=False), []),
        (Condition(renewal_within=30), ["renewal_within"]),  # 30 days are not below 30
        (Condition(renewal_within=31), []),
    ],
)
def test_conditions(condition: Condition, failing: list[str]) -> None:
    renews = DAY + dt.timedelta(days=30)
    standing = Standing(uuid4(), "red", None, "enterprise", "high_touch", True, renews, False)
    assert condition.failing(standing, DAY) == failing
    assert Condition(renewal_within=90).failing(Standing(uuid4()), DAY) == ["renewal_within"]


# The catalogue


def test_each_rule_about_an_account_has_a_playbook_in_three_languages() -> None:
    """TRG-01 to TRG-10, TRG-20, JRN-34: each is read by the check that everybody's steps pass."""
    # Of floors above: what is done about them stands in their own pages.
    above = {rule.key for rule in (*alert_rules.RULES, *advocacy_rules.RULES)}
    assert {entry.rule for entry in TRIGGERED} == set(RULES) - {"metric_trend", "no_action"} - above
    assert len([e for e in ENTRIES.values() if e.requirement == "JRN-34"]) == 6
    for entry in ENTRIES.values():
        assert len(set(entry.names)) >= 2
        assert all(entry.names)
        for step in entry.definition().steps:
            assert all(step.title.get(language) for language in LANGUAGES), (entry.key, step.key)
    assert len(ENTRIES["save"].steps) == 6
    assert shown_name("save", "Save play", "id") == "Rencana penyelamatan"
    assert shown_name("save", "Ours", "id") == "Ours"


def test_the_catalogue_is_installed_once_and_off(tenant_open: World) -> None:
    assert installing.install() == len(ENTRIES)
    assert installing.install() == 0
    assert Playbook.objects.filter(enabled=True).count() == 0
    assert PlaybookVersion.objects.filter(state=VersionState.PUBLISHED).count() == len(ENTRIES)


# The engine


def test_choice() -> None:
    """Most money first, one for an account, never more than the cap, quiet after one began."""
    rich, poor, quiet, busy = (uuid4() for _each in range(4))
    causes = [Cause(poor, DAY, 10), Cause(rich, DAY, 20), Cause(rich, DAY, 20), Cause(quiet, DAY), Cause(busy, DAY)]
    began = {quiet: DAY - dt.timedelta(days=29), poor: DAY - dt.timedelta(days=30)}
    found = engine.choose(causes, Limits(1, 30), DAY, running={busy}, began=began)
    assert [cause.account_id for cause in found.starts] == [rich]
    reasons = {cause.account_id: why for cause, why in found.held_back}
    assert reasons == {
        poor: HeldBack.CAPPED,
        rich: HeldBack.RUNNING,
        quiet: HeldBack.COOLING,
        busy: HeldBack.RUNNING,
    }
    assert engine.choose(causes, Limits(1, 30), DAY, spent=1).starts == []


# The night


def test_a_night_starts_a_play_and_its_first_task(tenant_open: World) -> None:
    """TRG-04: an alert of an enabled playbook begins a play with what the rule measured; the task says why it exists."""
    csm = tenant_open.members["csm"]
    halcyon = account("Halcyon", csm)
    why = alert(halcyon)
    playbook()
    assert night() == (1, 1)
    play = Play.objects.get()
    assert (play.account, play.alert, play.as_of, play.started_by) == (halcyon, why, BEGINS, None)
    assert play.inputs == why.inputs
    task = Task.objects.get()
    assert (task.title, task.owner, task.due_on) == ("Call the customer today and say what you see", csm, BEGINS)
    assert (task.why, task.play, task.step, task.alert, task.urgency) == ("playbook", play, "reach_out", why, "high")
    assert not AuditEntry.objects.filter(table__in=["journey_play", "journey_task"]).exists()


def test_a_night_that_runs_again_changes_nothing(tenant_open: World) -> None:
    """RELIABILITY: twice = same tables; neither a closed task nor a new version starts the cause again."""
    alert(account("Halcyon", tenant_open.members["csm"]))
    book = playbook()
    night()
    before = tables()
    assert night() == (0, 0)
    assert tables() == before
    draft = versions.draft_from(playbook=book, by=None)
    versions.publish(draft=draft, reason="Again", by=tenant_open.members["leader"])
    Play.objects.update(state=PlayState.DONE, as_of=NIGHT - dt.timedelta(days=900))
    assert jobs.start_plays(NIGHT) == 0, "the alert had its play"


def test_steps_become_tasks_on_their_day(tenant_open: World) -> None:
    """A step's task is made when its day has come, also when nights were missed; then it is due that day, not late."""
    alert(account("Halcyon", tenant_open.members["csm"]))
    playbook()
    night()
    assert night(NIGHT + dt.timedelta(days=1)) == (0, 0)
    assert night(NIGHT + dt.timedelta(days=2)) == (0, 1)
    late = NIGHT + dt.timedelta(days=9)
    assert night(late) == (0, 2)
    dues = dict(Task.objects.values_list("step", "due_on"))
    assert dues["cause"] == BEGINS + dt.timedelta(days=2)
    assert dues["sponsor"] == dues["plan"] == late + dt.timedelta(days=1)


def test_what_starts_nothing(tenant_open: World) -> None:
    """Off, an ended alert, one of days ago, another rule, another segment, a customer who left."""
    csm = tenant_open.members["csm"]
    first, other = Segment.objects.all()[:2]
    alert(account("ended", csm), state=AlertState.RESOLVED)
    alert(account("old", csm), days_ago=3)
    alert(account("rule", csm), "silence")
    alert(account("segment", csm, segment=other))
    alert(account("left", csm, status="churned"))
    book = playbook(segment=first)
    assert night() == (0, 0)
    alert(account("young enough", csm), days_ago=2)
    Playbook.objects.filter(id=book.id).update(enabled=False)
    assert night() == (0, 0)
    Playbook.objects.filter(id=book.id).update(enabled=True)
    assert night() == (1, 1)


def test_cap_and_cool_down(tenant_open: World) -> None:
    """RELIABILITY: bad data must not make two thousand plays; the account stays quiet after one began."""
    accounts = [account(f"A{n}", mrr_minor=n) for n in range(4)]
    for each in accounts:
        alert(each)
    book = playbook(cap=2, cooldown_days=30)
    assert jobs.start_plays(NIGHT) == 2
    assert set(Play.objects.values_list("account__name", flat=True)) == {"A3", "A2"}
    assert jobs.start_plays(NIGHT) == 0, "the cap is of the day, not of the run"
    held = [(why, cause.account_id) for cause, why in jobs.judge([book], NIGHT)[0].chosen.held_back]
    assert {why for why, _account in held} == {HeldBack.CAPPED}
    Play.objects.update(state=PlayState.DONE)
    alert(accounts[3], cause="again")
    assert jobs.start_plays(NIGHT + dt.timedelta(days=1)) == 2, "those that the cap held back; A3 is quiet"
    assert Play.objects.filter(account=accounts[3]).count() == 1


def test_switches_and_stale_inputs_hold_plays_back(tenant_open: World) -> None:
    """RIVALS 7: the main switch of the rules is the kill switch of the plays; a rule that is held starts nothing."""
    each = account("Halcyon", tenant_open.members["csm"])
    alert(each)
    book = playbook()
    alert_services.switch_all(on=False)
    assert jobs.judge([book], NIGHT)[0].chosen.held_back[0][1] == HeldBack.RULE_OFF
    assert night() == (0, 0)
    alert_services.switch_all(on=True)
    AccountDay.objects.create(
        account_id=each.id, events=1, quantity=0, day=NIGHT - dt.timedelta(days=4), known_on=NIGHT
    )
    assert jobs.judge([book], NIGHT)[0].chosen.held_back[0][1] == HeldBack.STALE
    assert night() == (0, 0)
    AccountDay.objects.create(account_id=each.id, events=1, quantity=0, day=NIGHT, known_on=NIGHT)
    assert night() == (1, 1)
    alert_services.switch_all(on=False)
    assert jobs.make_due_tasks(NIGHT + dt.timedelta(days=40)) == 0
    alert_services.switch_all(on=True)
    assert jobs.make_due_tasks(NIGHT + dt.timedelta(days=40)) == 5


def test_a_condition_is_judged_on_the_day(tenant_open: World) -> None:
    """A step whose condition does not hold is left out, with the reason, once and for all."""
    each = account("Halcyon", tenant_open.members["csm"])
    alert(each, "turned_yellow")
    playbook("engagement_plan")
    night()
    Contact.objects.create(account=each, external_id="C", name="Ruth", role=ContactRole.CHAMPION)
    assert night(NIGHT + dt.timedelta(days=3)) == (0, 1)
    assert Task.objects.order_by("due_on").last().step == "talk"
    skipped = Play.objects.get().inputs[jobs.SKIPPED]
    assert skipped == {"find_champion": {"day": str(BEGINS + dt.timedelta(days=3)), "why": ["champion"]}}
    Contact.objects.update(left_on=NIGHT)
    assert night(NIGHT + dt.timedelta(days=4)) == (0, 0)


@pytest.mark.parametrize(
    ("doer", "expected"), [("owner", "csm"), ("leader", "leader"), ("pool", None), ("starter", "csm")]
)
def test_whom_a_step_falls_to(tenant_open: World, doer: Doer, expected: str | None) -> None:
    csm = tenant_open.members["csm"]
    csm.team = Team.objects.create(name="North", leader=tenant_open.members["leader"])
    csm.save()
    alert(account("Halcyon", csm))
    book = playbook()
    PlaybookVersion.objects.filter(playbook=book).update(steps=[STEP | {"doer": doer}])
    night()
    owner = Task.objects.get().owner
    assert owner == (tenant_open.members[expected] if expected else None)


def test_what_is_of_somebody_who_left_goes_to_the_pool(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    alert(account("Halcyon", csm))
    Member.objects.filter(id=csm.id).update(is_active=False)
    playbook()
    night()
    assert Task.objects.get().owner is None


def test_a_task_speaks_the_language_of_its_owner(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    csm.user.language = "id"
    csm.user.save()
    alert(account("Halcyon", csm))
    playbook()
    night()
    assert Task.objects.get().title.startswith("Telepon pelanggan hari ini")


def test_a_play_is_done_when_all_its_tasks_are(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    alert(account("Halcyon", csm), "silence")
    book = playbook("silence")
    night()
    work.finish_task(task=Task.objects.get(), version=None, by=csm)
    assert Play.objects.get().state == PlayState.RUNNING, "steps are to come"
    night(NIGHT + dt.timedelta(days=20))
    for task in Task.objects.filter(state=TaskState.OPEN):
        work.finish_task(task=task, version=None, by=csm)
    play = Play.objects.get()
    assert play.state == PlayState.DONE
    assert play.ended_at is not None
    work.reopen_task(task=Task.objects.first(), version=None, by=csm)
    assert Play.objects.get().state == PlayState.RUNNING
    assert selectors.tallies([book])[book.id].tasks == 1


def test_plays_of_a_customer_who_left_end(tenant_open: World) -> None:
    each = account("Halcyon", tenant_open.members["csm"])
    alert(each)
    playbook()
    night()
    Account.objects.filter(id=each.id).update(status="churned")
    jobs.make_due_tasks(NIGHT + dt.timedelta(days=30))
    assert Play.objects.get().state == PlayState.STOPPED
    assert Task.objects.get().state == TaskState.CANCELLED


def test_the_rival_has_nothing_of_it(worlds: tuple[World, World]) -> None:
    """Rows that look alike in another tenant start nothing here."""
    world, rival = worlds
    with rival.open():
        alert(account("Halcyon", rival.members["csm"]))
        playbook()
    with world.open():
        playbook()
        assert night() == (0, 0)
    with rival.open():
        assert night() == (1, 1)


def test_the_night_plans_both_steps() -> None:
    names = [name for name, _step in pipeline.NIGHTLY]
    assert names.index("regressions") < names.index("plays") < names.index("play_tasks")


# By hand, stop, undo


def test_start_stop_and_undo_by_hand(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    each = account("Halcyon", csm)
    why = alert(each)
    book = playbook(enabled=False)
    play = services.start_play(playbook=book, account=each, by=csm, note="They called", alert=why)
    assert (play.started_by, play.alert, play.inputs["note"]) == (csm, why, "They called")
    assert Task.objects.get().created_by == csm
    with pytest.raises(Conflict):
        services.start_play(playbook=book, account=each, by=csm)
    with pytest.raises(DomainError) as caught:
        services.stop_play(play=play, reason=" ", version=None, by=csm)
    assert "reason" in caught.value.fields
    with pytest.raises(Conflict):
        services.stop_play(play=play, reason="Solved", version=99, by=csm)
    services.stop_play(play=play, reason="Solved", version=play.version, by=csm)
    play.refresh_from_db()
    assert (play.state, play.reason, play.ended_by) == (PlayState.STOPPED, "Solved", csm)
    assert Task.objects.get().state == TaskState.CANCELLED
    again = services.start_play(playbook=book, account=each, by=csm, alert=why)
    assert again.alert is None
    services.undo_play(play=again, version=None, by=csm)
    assert selectors.tallies([book])[book.id].undone == 1


def test_who_left_gets_no_play(tenant_open: World) -> None:
    csm = tenant_open.members["csm"]
    book = playbook()
    with pytest.raises(DomainError):
        services.start_play(playbook=book, account=account("left", csm, status="churned"), by=csm)
    with pytest.raises(DomainError):
        services.start_play(playbook=book, account=account("one", csm), by=csm, alert=alert(account("other", csm)))


def test_a_night_is_undone_as_a_whole(tenant_open: World) -> None:
    """RELIABILITY: open tasks are cancelled, what was done stays, and the causes do not start again."""
    csm = tenant_open.members["csm"]
    for n in range(3):
        alert(account(f"A{n}", csm))
    book = playbook(cooldown_days=0)
    night()
    done = Task.objects.first()
    work.finish_task(task=done, version=None, by=csm)
    assert services.undo_run(playbook=book, day=BEGINS, by=csm) == 3
    assert services.undo_run(playbook=book, day=BEGINS, by=csm) == 0
    assert set(Play.objects.values_list("state", flat=True)) == {PlayState.UNDONE}
    assert sorted(Task.objects.values_list("state", flat=True)) == ["cancelled", "cancelled", "done"]
    assert night() == (0, 0)


def test_switching_needs_steps_and_a_rule(tenant_open: World) -> None:
    leader = tenant_open.members["leader"]
    own = services.add_playbook(name="  Our way ", by=leader)
    with pytest.raises(DomainError) as caught:
        services.switch(playbook=own, on=True, version=None, by=leader)
    assert caught.value.code == "unpublished"
    draft = versions.draft_from(playbook=own, by=leader)
    with pytest.raises(DomainError):
        versions.publish(draft=draft, reason="No steps yet", by=leader)
    draft = versions.save_draft(draft=draft, steps=[STEP], version=draft.version, by=leader)
    versions.publish(draft=draft, reason="First", by=leader)
    with pytest.raises(DomainError) as caught:
        services.switch(playbook=own, on=True, version=None, by=leader)
    assert caught.value.code == "no_rule"
    values: dict[str, Any] = {"name": "Ours", "segment": None, "cap": 5, "cooldown_days": 1, "by": leader}
    for bad, field in (
        ({"rule": "no_action"}, "rule"),
        ({"rule": "", "cap": 0}, "cap"),
        ({"rule": "", "name": ""}, "name"),
    ):
        with pytest.raises(DomainError) as caught:
            services.set_playbook(playbook=own, version=None, **values | bad)
        assert field in caught.value.fields
    own = services.set_playbook(playbook=own, version=None, rule="silence", **values)
    assert services.switch(playbook=own, on=True, version=own.version, by=leader).enabled


# Versions


def test_versions(tenant_open: World) -> None:
    """A published version never changes; a play goes on by the one that it began with."""
    leader = tenant_open.members["leader"]
    alert(account("Halcyon", tenant_open.members["csm"]))
    book = playbook()
    night()
    draft = versions.draft_from(playbook=book, by=leader)
    assert versions.draft_from(playbook=book, by=None) == draft
    steps = [draft.steps[0] | {"days": 1}, STEP | {"key": "new", "days": 2}]
    saved = versions.save_draft(draft=draft, steps=steps, version=draft.version, by=leader)
    with pytest.raises(Conflict):
        versions.save_draft(draft=draft, steps=steps, version=draft.version, by=leader)
    found = versions.changes(Steps.read(versions.published(book).steps), Steps.read(saved.steps))
    assert [(c.before and c.before.key, c.after and c.after.key, c.fields) for c in found][:2] == [
        ("reach_out", "reach_out", ("days",)),
        (None, "new", ()),
    ]
    assert len([c for c in found if c.after is None]) == 5
    with pytest.raises(DomainError):
        versions.publish(draft=saved, reason="", by=leader)
    live = versions.publish(draft=saved, reason="Shorter", by=leader, version=saved.version)
    assert (live.number, live.author, live.reason) == (2, leader, "Shorter")
    with pytest.raises(Conflict):
        versions.save_draft(draft=live, steps=steps, version=None, by=leader)
    night(NIGHT + dt.timedelta(days=30))
    assert Task.objects.filter(step="sponsor").exists(), "the play that runs has its six steps"


# The dry run


def test_dry_run_counts_what_would_have_been(tenant_open: World) -> None:
    """TRG-: two alerts of one account within the cool-down are one play; its tasks fall into weeks; nothing is written."""
    one, two = account("one", mrr_minor=5), account("two")
    book = playbook(cooldown_days=60)
    monday = dt.date(2026, 1, 5)
    fired = [(one.id, monday), (one.id, monday + dt.timedelta(days=40)), (two.id, monday + dt.timedelta(days=7))]
    trial = dry_run.replay(fired, 90, 2, book, ENTRIES["save"].definition(), NIGHT)
    assert (trial.accounts, len(trial.plays), trial.tasks) == (2, 2, 12)
    assert trial.held_back == {HeldBack.COOLING: 1}
    assert trial.weeks[monday] == 4
    assert min(trial.weeks) == monday
    assert trial.doers == {"owner": 8, "leader": 4}
    assert not Play.objects.exists()
    assert dry_run.dry_run(book, ENTRIES["save"].definition(), NIGHT).plays == []


# Two at once


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_of_each() -> None:
    """RELIABILITY: whoever comes second waits and finds it done."""
    world = make_world("twice", "Twice")
    with world.open():
        for n in range(30):
            alert(account(f"A{n}", world.members["csm"]))
        playbook()
    together = threading.Barrier(2)
    problems: list[BaseException] = []

    def run() -> None:
        try:
            together.wait()
            for step in (jobs.start_plays, jobs.make_due_tasks):
                with tenant_context(world.tenant.id, actor="worker"), transaction.atomic():
                    step(NIGHT)
        except BaseException as error:
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with world.open():
        assert (Play.objects.count(), Task.objects.count()) == (30, 30)
        assert Alert.objects.filter(plays=None).count() == 0
