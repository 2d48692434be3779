"""What of work and journeys waits in the inbox: mentions, comments on own tasks, decisions (PAGES, JRN-24, ROL-01)."""

import datetime as dt

import pytest
from django.test import Client

from accounts.models import Account, Team
from accounts.services import add_member
from journey.enums import Answer, Cause, Stage
from journey.models import Mention, Regression, StagePeriod, Task, Track
from journey.stages import inbox as stage_inbox
from journey.work import inbox as work_inbox
from journey.work.comments import comment
from tests.conftest import World
from tests.journey.test_tasks import make_account, make_task

pytestmark = pytest.mark.django_db


def propose(account: Account, cause: str = Cause.CHAMPION, **more: str) -> Regression:
    day = dt.date(2026, 11, 1)
    track, _made = Track.objects.get_or_create(
        account=account, kind="core", defaults={"name": "Core", "opened_on": day, "external_id": account.external_id}
    )
    values = {"entered_on": day, "entry": "began", "external_id": account.external_id}
    period, _made = StagePeriod.objects.get_or_create(track=track, stage=Stage.ADOPTION, defaults=values)
    inputs = {"kind": "champion_left", "day": "2026-11-02", "note": "Ingrid left"}
    said = {"stage": Stage.ONBOARDING, "inputs": inputs, "as_of": dt.date(2026, 11, 2)} | more
    return Regression.objects.create(track=track, period=period, cause=cause, **said)


def test_a_comment_waits_for_who_does_the_task(tenant_open: World) -> None:
    """Named or not, the owner is told once; who wrote it is not."""
    csm, ops = tenant_open.members["csm"], tenant_open.members["ops"]
    task = make_task(tenant_open, make_account(tenant_open))
    comment(task=task, text="She is on leave until Monday", by=ops)
    assert [m.comment.task for m in work_inbox.unseen(csm)] == [task]
    comment(task=task, text="@csm@acme.example again", by=ops)
    comment(task=task, text="Thank you", by=csm)
    assert Mention.objects.filter(member=csm).count() == 2
    assert not work_inbox.unseen(ops).exists()


def test_decisions_wait_for_who_looks_after_the_account(tenant_open: World) -> None:
    """JRN-24: of own accounts, of those that were merged into them, and of those that nobody owns and one sees."""
    csm, ops = tenant_open.members["csm"], tenant_open.members["ops"]
    team = Team.objects.create(name="North")
    leader = add_member(email="north@acme.example", name="North", role="leader", password="x", team=team)
    mine, free = make_account(tenant_open), make_account(tenant_open, "Free", None)
    part = make_account(tenant_open, "Part", "ops", merged_into=mine)
    own, merged, loose = propose(mine), propose(part), propose(free)
    propose(mine, Cause.BUDGET, state=Answer.DECLINED)
    assert set(stage_inbox.waiting(csm)) == {own, merged}
    assert set(stage_inbox.waiting(leader)) == {loose}
    assert set(stage_inbox.waiting(ops)) == {loose}


def test_the_inbox_shows_both_and_counts_them(world: World, rival: World) -> None:
    """PAGES: a card for each kind while something waits; opening a task makes its comments seen; never another company's."""
    for one in (world, rival):
        with one.open():
            account = make_account(one, f"Halcyon {one.tenant.slug}")
            task = make_task(one, account)
            comment(task=task, text=f"Said at {one.tenant.slug}", by=one.members["ops"])
            propose(account)
    client = Client()
    client.force_login(world.members["csm"].user)
    inbox = f"/t/{world.tenant.slug}/inbox/"
    body = client.get(inbox).content.decode()
    assert 'id="inbox-mentions"' in body
    assert "commented on your task: Halcyon acme" in body
    assert 'id="inbox-decisions"' in body
    assert "Ingrid left" in body
    assert "rival" not in body.replace("/rival", "")
    listed = client.get(f"/t/{world.tenant.slug}/journey/decisions/").content.decode()
    assert "Halcyon acme" in listed
    with world.open():
        key = Task.objects.get().id
    client.get(f"/t/{world.tenant.slug}/tasks/{key}/")
    body = client.get(inbox).content.decode()
    assert 'id="inbox-mentions"' not in body
    with world.open():
        Regression.objects.update(state=Answer.DECLINED)
    assert 'id="inbox-decisions"' not in client.get(inbox).content.decode()
    assert "Nothing waits for a decision" in client.get(f"/t/{world.tenant.slug}/journey/decisions/").content.decode()
