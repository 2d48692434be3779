"""Each fact is told where it is written: once, also in bulk by night, and never of a neighbour (API-03, TRG-21)."""

import datetime as dt

import pytest
from django.db import connection

from accounts import mergers
from accounts.enums import ChangeSource, Profile
from accounts.kinds import Row
from accounts.merging import Origin
from accounts.models import Account, WebhookDelivery, WebhookEvent
from accounts.webhooks import services
from accounts.webhooks.events import EXAMPLES, TEST, Kind
from health.alerts import jobs as alert_jobs
from health.alerts import services as alert_services
from health.alerts.rule_parts import Snapshot
from health.models import Alert, AlertRun, HealthModel, HealthModelVersion
from health.scoring import storing
from health.scoring.definition import Definition
from journey.enums import Entry, Exit, Stage, TrackKind
from journey.handoffs.services import answer_handoff
from journey.issues.services import answer_issue
from journey.models import Handoff, Issue, IssueAccount, Milestone, Plan, Playbook, PlaybookVersion, StagePeriod, Track
from journey.playbooks import jobs as play_jobs
from journey.playbooks import services as play_services
from journey.stages import jobs as stage_jobs
from journey.stages import services as stages
from journey.work import services as work
from journey.work.merge import merge_tasks
from journey.work.milestones import follow_milestones
from metrics.models import MonthClose
from metrics.proof import closing

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def book(tenant_open):
    """An account, and an endpoint that asks for everything."""
    services.add_endpoint(name="All", url="https://example.com/", by=tenant_open.members["admin"])
    csm = tenant_open.members["csm"]
    return Account.objects.create(external_id="A-1", name="Halcyon Freight", status="live", owner=csm, mrr_minor=100)


def told(kind: Kind, *, account: Account | None) -> list[dict]:
    """What was said of a kind, each in the shape that its example has, each with one delivery."""
    rows = list(WebhookEvent.objects.filter(kind=kind).order_by("id"))
    for row in rows:
        assert set(row.data) == set(EXAMPLES[kind]), (kind, row.data)
        assert row.account_id == (account.id if account else None)
        assert WebhookDelivery.objects.filter(event=row).count() == 1
    return [row.data for row in rows]


def test_every_kind_has_an_example_and_every_example_a_kind():
    assert set(EXAMPLES) == {*Kind.values, TEST}


def stage_scores(rows, day):
    """What scoring hands over: (account, band 0 none to 3 green, millionths)."""
    storing.begin()
    with connection.cursor() as cursor:
        for account, band, score in rows:
            cursor.execute(
                "INSERT INTO scored (account_id, as_of, version_id, band, coverage, score, usage, engagement, support, outcomes, "
                "raw, points, shares) SELECT %s, %s, %s, %s, 1, %s, -1, -1, -1, -1, '{}', '{}', '{}'",
                [account.id, day, version_id(), band, score],
            )


def version_id():
    model, _made = HealthModel.objects.get_or_create(name="Usual")
    version, _made = HealthModelVersion.objects.get_or_create(
        model=model, number=1, defaults={"definition": Definition.default().json()}
    )
    return version.id


def test_bands_are_told_when_they_change_only(book, tenant_open):
    """In bulk: the update that shows the score is the one that tells."""
    day = tenant_open.tenant.today()
    other = Account.objects.create(external_id="A-2", name="Other", health_band="green", status="live")
    stage_scores([(book, 3, 90_000_000)], day - 2 * DAY)
    storing.store(day - 2 * DAY, "accounts_account")
    stage_scores([(book, 2, 71_250_000), (other, 3, 88_000_000)], day - DAY)
    storing.store(day - DAY, "accounts_account")
    storing.store(day - DAY, "accounts_account")
    stage_scores([(other, 3, 89_000_000)], day)
    storing.store(day, "accounts_account")
    found = told(Kind.BAND_CHANGED, account=book)
    assert [(row["before"], row["after"], row["score"]) for row in found] == [
        ("none", "green", 90.0), ("green", "yellow", 71.25), ("yellow", "none", None),
    ]  # fmt: skip
    assert found[1]["as_of"] == (day - DAY).isoformat()
    book.refresh_from_db()
    assert book.health_band == "none"


def test_alerts_are_told_once_however_often_the_night_runs(book, tenant_open, monkeypatch):
    """TRG-01 as an example: written in bulk, told in bulk; the company's own alerts (TRG-19) are about no account."""
    day = tenant_open.tenant.today()
    Alert.objects.create(account=book, rule="silence", as_of=day - DAY, inputs={})  # of before: not told
    falls = Snapshot(
        book.id, day, Profile.MID_MARKET, None, before={"stickiness": 0.35}, now={"stickiness": 0.15}
    )  # fmt: skip
    monkeypatch.setattr(alert_jobs.snapshots, "snapshots", lambda as_of, scope: [falls])
    for _n in range(2):
        alert_jobs.run_alerts(day)
    [row] = told(Kind.ALERT_OPENED, account=book)
    alert = Alert.objects.get(rule="usage_decline")
    assert (row["rule"], row["level"], row["alert_id"]) == ("usage_decline", alert.level, str(alert.id))
    WebhookDelivery.objects.all().delete()
    WebhookEvent.objects.all().delete()
    for _n in range(2):
        alert_jobs.company_alert(day, rule="mismatch", inputs={"nps": 60})
    [row] = told(Kind.ALERT_OPENED, account=None)
    assert (row["rule"], row["level"], row["inputs"]) == ("mismatch", "critical", {"cause": "", "nps": 60})


def test_alerts_that_end_are_told_with_how(book, tenant_open, monkeypatch):
    """API-03: closed by a person, resolved by the night, taken back with their run; of the whole company too; each once."""
    csm, day = tenant_open.members["csm"], tenant_open.tenant.today()
    closed = Alert.objects.create(account=book, rule="silence", as_of=day - DAY, inputs={})
    Alert.objects.create(account=book, rule="usage_decline", as_of=day - DAY, inputs={})
    for _n in range(2):
        alert_services.close_alert(alert=closed, version=None, by=csm)
    calm = Snapshot(book.id, day, Profile.MID_MARKET, None, before={"stickiness": 0.3}, now={"stickiness": 0.3})
    monkeypatch.setattr(alert_jobs.snapshots, "snapshots", lambda as_of, scope: [calm])
    for _n in range(2):
        alert_jobs.run_alerts(day)
    run = AlertRun.objects.create(as_of=day, opened=1, resolved=0, rules={})
    Alert.objects.create(account=book, rule="qbr_missed", as_of=day, inputs={}, run=run)
    for _n in range(2):
        alert_services.undo_run(run=run, by=csm)
    found = told(Kind.ALERT_CLOSED, account=book)
    assert [(row["rule"], row["state"], row["closed_by"]) for row in found] == [
        ("silence", "closed", csm.name), ("usage_decline", "resolved", ""), ("qbr_missed", "undone", csm.name),
    ]  # fmt: skip
    assert (found[0]["alert_id"], found[0]["as_of"]) == (str(closed.id), (day - DAY).isoformat())
    assert dt.datetime.fromisoformat(found[0]["ended_at"]).tzinfo is not None
    WebhookDelivery.objects.all().delete()
    WebhookEvent.objects.all().delete()
    alert_jobs.company_alert(day, rule="mismatch", inputs={"nps": 60})
    for _n in range(2):
        alert_jobs.company_alert(day, rule="mismatch", inputs=None)
    [row] = told(Kind.ALERT_CLOSED, account=None)
    assert (row["rule"], row["state"]) == ("mismatch", "resolved")


def test_tasks_are_told_when_they_are_done_and_not_as_history(book, tenant_open):
    """API-03, ACC-15: by a person, by a program or a file that finishes it; not what a file brings as done, and once."""
    csm, day = tenant_open.members["csm"], tenant_open.tenant.today()
    task = work.add_task(title="Call the VP", due_on=day, by=csm, account=book, why="journey", external_id="K-1")
    for _n in range(2):
        work.finish_task(task=task, version=None, by=csm, result="Agreed")
    [row] = told(Kind.TASK_DONE, account=book)
    assert (row["task"], row["title"], row["done_by"], row["result"], row["why"], row["due_on"]) == (
        "K-1", "Call the VP", csm.name, "Agreed", "journey", day.isoformat(),
    )  # fmt: skip
    work.cancel_task(task=work.add_task(title="Not needed", due_on=day, by=csm, account=book), version=None, by=csm)
    work.add_task(title="Write", due_on=day, by=csm, account=book, external_id="K-2")
    rows = [
        Row(
            n,
            {"task": key, "title": "Write", "due_on": day, "state": "done", "account": "A-1"},
            frozenset({"state", "account"}),
        )
        for n, key in enumerate(("K-2", "K-3"))
    ]
    for _n in range(2):
        merge_tasks(rows, Origin(ChangeSource.IMPORT))
    assert [row["task"] for row in told(Kind.TASK_DONE, account=book)] == ["K-1", "K-2"]


def test_stages_are_told_as_they_begin_end_and_go_back(book, tenant_open):
    csm, day = tenant_open.members["csm"], tenant_open.tenant.today()
    track = stages.open_track(account=book, kind=TrackKind.CORE, name="Core", on=day - 30 * DAY, by=csm)
    period = StagePeriod.objects.get()
    stages.end_stage(
        period=period, outcome=Exit.COMPLETED, on=day - DAY, by=csm, to=Stage.ADOPTION, override_reason="Agreed"
    )
    adoption = StagePeriod.objects.get(stage=Stage.ADOPTION)
    stages.end_stage(
        period=adoption, outcome=Exit.REGRESSED, on=day, by=csm, to=Stage.ONBOARDING, cause="champion", note="Left"
    )
    entered = told(Kind.STAGE_ENTERED, account=book)
    assert [(row["stage"], row["entry"]) for row in entered] == [
        ("onboarding", Entry.BEGAN), ("adoption", Entry.MOVED_ON), ("onboarding", Entry.WENT_BACK),
    ]  # fmt: skip
    [ended] = told(Kind.STAGE_ENDED, account=book)
    assert (ended["stage"], ended["outcome"], ended["track"], ended["ended_on"]) == (
        "onboarding", "completed", track.external_id, (day - DAY).isoformat(),
    )  # fmt: skip
    [back] = told(Kind.STAGE_REGRESSED, account=book)
    assert (back["stage"], back["cause"], back["entered_on"]) == ("adoption", "champion", (day - DAY).isoformat())


def test_the_night_tells_of_journeys_that_begin_and_end_and_not_of_old_ones(book, tenant_open):
    day = tenant_open.tenant.today()
    Account.objects.filter(id=book.id).update(signed_on=day - 3 * DAY)
    Account.objects.create(external_id="A-2", name="Old", status="live", signed_on=day - 900 * DAY)
    stage_jobs.begin_tracks(day)
    assert Track.objects.count() == 2
    [row] = told(Kind.STAGE_ENTERED, account=book)
    assert (row["stage"], row["entered_on"]) == ("onboarding", (day - 3 * DAY).isoformat())
    Account.objects.update(status="churned")
    stage_jobs.begin_tracks(day)
    ended = WebhookEvent.objects.filter(kind=Kind.STAGE_ENDED)
    assert {row.data["outcome"] for row in ended} == {"abandoned"}
    assert ended.count() == 2


def test_plays_are_told_by_night_and_by_hand(book, tenant_open):
    """TRG-21: the customer's product prompts its user when a playbook begins."""
    day = tenant_open.tenant.today()
    playbook = Playbook.objects.create(key="gate", name="Help at the limit", rule="silence", enabled=True)
    step = {"key": "call", "title": {"en": "Call"}, "doer": "owner", "work": "health", "days": 0}
    PlaybookVersion.objects.create(playbook=playbook, number=1, state="published", steps=[step])
    alert = Alert.objects.create(account=book, rule="silence", as_of=day, inputs={"cause": "", "word": "2025-11-01"})
    for _n in range(2):
        play_jobs.start_plays(day)
    [row] = [row for row in told(Kind.PLAY_STARTED, account=book) if row["playbook"] == "gate"]
    assert (row["name"], row["rule"], row["inputs"]) == ("Help at the limit", "silence", alert.inputs)
    other = Account.objects.create(external_id="A-2", name="Other", status="live")
    play_services.start_play(playbook=playbook, account=other, by=tenant_open.members["csm"], note="Between us")
    said = WebhookEvent.objects.get(kind=Kind.PLAY_STARTED, account=other).data
    assert (said["rule"], said["inputs"]) == ("", {})


def test_missed_milestones_are_told_once(book, tenant_open):
    day = tenant_open.tenant.today()
    plan = Plan.objects.create(
        account=book,
        external_id="PL-1",
        name="Onboarding",
        kind="onboarding",
        starts_on=day,
        target_on=day,
        source="api",
    )
    Milestone.objects.create(plan=plan, name="Data migrated", due_on=day - DAY)
    for _n in range(2):
        follow_milestones(day)
    [row] = told(Kind.MILESTONE_MISSED, account=book)
    assert (row["milestone"], row["plan"], row["due_on"]) == ("Data migrated", "PL-1", (day - DAY).isoformat())


def test_mergers_handoffs_and_answers_to_issues_are_told(book, tenant_open):
    admin, csm, day = tenant_open.members["admin"], tenant_open.members["csm"], tenant_open.tenant.today()
    handoff = Handoff.objects.create(
        account=book, kind="csm_csm", giver=csm, giver_name=csm.name, taker=admin, reason="Leave", due_on=day
    )
    answer_handoff(handoff=handoff, state="accepted", version=None, by=admin)
    [row] = told(Kind.HANDOFF_ACCEPTED, account=book)
    assert (row["giver"], row["taker"], row["handoff"]) == (csm.name, admin.name, "csm_csm")
    issue = Issue.objects.create(external_id="I-1", title="Export", reported_on=day, source="member")
    IssueAccount.objects.create(issue=issue, account=book, since=day)
    answer_issue(issue=issue, state="shipped", version=None, by=None, answer="In 8.2")
    [row] = told(Kind.ISSUE_ANSWERED, account=book)
    assert (row["issue"], row["state"], row["answer"]) == ("I-1", "shipped", "In 8.2")
    into = Account.objects.create(external_id="A-17", name="Halcyon Group")
    mergers.merge_account(account=book, into=into, by=admin)
    [row] = told(Kind.ACCOUNT_MERGED, account=book)
    assert (row["into"], row["into_id"]) == ("A-17", str(into.id))


def test_restated_months_are_told(book, tenant_open, monkeypatch):
    monkeypatch.setattr(closing, "checks_of", lambda month: [])
    month = dt.date(2026, 9, 1)
    admin = tenant_open.members["admin"]
    closing.close_month(month=month, signed_as="Ann", by=admin)
    assert told(Kind.METRIC_RESTATED, account=None) == []
    closing.restate_month(month=month, signed_as="Ann", reason="Two credit notes came late", by=admin)
    assert MonthClose.objects.count() == 2
    assert told(Kind.METRIC_RESTATED, account=None) == [
        {"month": "2026-09", "version": 2, "reason": "Two credit notes came late", "currency": "USD"}
    ]
