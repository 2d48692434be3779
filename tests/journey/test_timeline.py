"""The timeline of an account tells work and journey beside what happened (ACC-05, JRN-01, VAL-02, ROL-02)."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account, Contact
from journey.models import (
    Handoff,
    Issue,
    IssueAccount,
    Letter,
    Milestone,
    Plan,
    Play,
    Playbook,
    PlaybookVersion,
    StagePeriod,
    Track,
)
from journey.work import services
from tests.conftest import World
from tests.journey.test_tasks import make_account, make_task

pytestmark = pytest.mark.django_db
STEPS = [
    {"key": "call", "title": {"en": "Call"}, "note": {}, "doer": "owner", "work": "health", "days": 0, "urgent": False}
]
LINES = {
    "work": [
        "Done: Call the sponsor", "Play began: Save", "Play: Save, stopped", "Mail sent: How it goes", "Handed over: CSM to CSM",
        "Issue: No export",
    ],
    "journey": [
        "Core: Onboarding began", "Core: Onboarding, completed", "Core: Adoption began", "Plan began: Go live",
        "Plan: Go live, done", "Milestone reached: Data is in",
    ],
}  # fmt: skip


def fill(world: World) -> Account:
    """One of everything that this floor tells; the track is of an account that was merged into this one."""
    csm, now = world.members["csm"], timezone.now() - dt.timedelta(hours=2)
    day = world.tenant.today() - dt.timedelta(days=5)
    account = make_account(world)
    part = make_account(world, "Part", merged_into=account)
    services.finish_task(task=make_task(world, account), version=None, by=csm, result="She agreed")
    version = PlaybookVersion.objects.create(
        playbook=Playbook.objects.create(key="own", name="Save"), number=1, steps=STEPS
    )
    play = Play.objects.create(
        playbook=version, account=account, as_of=day, state="stopped", started_at=now, ended_at=now, reason="Not needed",
        started_by=csm,
    )  # fmt: skip
    Letter.objects.create(
        play=play, step="mail", account=account, contact=Contact.objects.create(account=account, name="Ingrid Berg"),
        sender=csm, subject="How it goes", body="…", goes_at=now, state="sent", sent_at=now,
    )  # fmt: skip
    Handoff.objects.create(
        account=account, kind="csm_csm", taker=csm, reason="Team split", due_on=day, state="accepted", answered_at=now,
        answered_by=csm,
    )  # fmt: skip
    issue = Issue.objects.create(external_id="I-1", title="No export", reported_on=day, source="member")
    IssueAccount.objects.create(issue=issue, account=account, since=day)
    track = Track.objects.create(external_id="T", account=part, kind="core", name="Core", opened_on=day)
    StagePeriod.objects.create(
        external_id="S1",
        track=track,
        stage="onboarding",
        entered_on=day,
        exited_on=day,
        outcome="completed",
        source="member",
    )
    StagePeriod.objects.create(
        external_id="S2", track=track, stage="adoption", entered_on=day, entry="moved_on", source="member"
    )
    plan = Plan.objects.create(
        external_id="P", account=account, name="Go live", starts_on=day, target_on=day, state="done", ended_on=day,
        source="member",
    )  # fmt: skip
    Milestone.objects.create(plan=plan, name="Data is in", due_on=day, done_on=day)
    return account


@pytest.mark.parametrize("kind", ["work", "journey"])
def test_everything_that_is_done_is_told_under_its_filter(world: World, rival: World, kind: str) -> None:
    """The address names the filter; each line once; nothing of another company."""
    with rival.open():
        fill(rival)
    with world.open():
        account = fill(world)
    client = Client()
    client.force_login(world.members["csm"].user)
    page = client.get(world.url(f"accounts/{account.id}/timeline/?kind={kind}"))
    told = [event["title"] for found in page.context["days"] for event in found["events"]]
    assert sorted(told) == sorted(LINES[kind])
    everything = client.get(world.url(f"accounts/{account.id}/timeline/"))
    counts = {str(chip["label"]): chip["count"] for chip in everything.context["chips"]}
    assert (counts["Work"], counts["Journey"]) == ("6", "6")
    for found in page.context["days"]:
        for event in found["events"]:
            assert client.get(event["url"]).status_code == 200, event["title"]
    if kind == "journey":
        assert all(event["time"] == "" for found in page.context["days"] for event in found["events"])


def test_the_timeline_costs_a_fixed_number_of_queries(world: World, django_assert_max_num_queries) -> None:
    """However many lines: one statement, and one for the rows of each kind."""
    with world.open():
        account = fill(world)
        for n in range(20):
            services.finish_task(task=make_task(world, account, title=f"Task {n}"), version=None, by=None)
    client = Client()
    client.force_login(world.members["csm"].user)
    address = world.url(f"accounts/{account.id}/timeline/")
    client.get(address)
    with django_assert_max_num_queries(45):
        client.get(address)
