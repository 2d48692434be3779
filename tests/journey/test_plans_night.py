"""Late milestones become tasks by night, once, and end with them (VAL-02)."""

import datetime as dt

import pytest

from journey.enums import TaskState
from journey.models import Milestone, MilestoneNeed, Task
from journey.plans import services
from journey.plans.templates import find
from journey.work.cells import reason_text
from journey.work.milestones import follow_milestones, settle
from tests.journey.stage_facts import account, today

YESTERDAY = today() - dt.timedelta(days=1)


@pytest.fixture
def plan(tenant_open):
    """Days 4, 14, 28, 50 and 60 of a plan that began 20 days ago: two are late."""
    csm = tenant_open.members["csm"]
    return services.make_plan(
        account=account("A-1", owner=csm), template=find("smb"), starts_on=today() - dt.timedelta(days=20), by=csm
    )


def tasks() -> list[tuple]:
    fields = ("external_id", "title", "why", "state", "owner__name", "due_on", "version", "milestone_id")
    return sorted(Task.objects.values_list(*fields))


def test_a_late_milestone_is_a_task_once(plan, tenant_open):
    """Of the account's owner, due today, saying why; the same night again leaves the same tables."""
    assert follow_milestones(YESTERDAY) == 1
    found = Task.objects.order_by("id")
    assert [row.milestone.name for row in found] == ["Welcome and set-up guide opened"]
    assert [reason_text(row) for row in found] == [plan.name], "its title names the milestone"
    assert {(row.why, row.due_on, row.owner, row.urgency) for row in found} == {
        ("milestone", today(), tenant_open.members["csm"], "high")
    }
    before = tasks()
    assert follow_milestones(YESTERDAY) == 0
    assert tasks() == before


def test_one_that_waits_is_told_when_what_it_waits_for_is_done(plan, tenant_open):
    """The second needs the first: nobody can do it before, so that a plan that stands still is no flood of tasks."""
    follow_milestones(YESTERDAY)
    first, second = Milestone.objects.select_related("plan").filter(plan=plan).order_by("position")[:2]
    assert set(Task.objects.values_list("milestone_id", flat=True)) == {first.id}
    services.finish_milestone(milestone=first, version=None, by=tenant_open.members["csm"])
    follow_milestones(YESTERDAY)
    assert set(Task.objects.filter(state=TaskState.OPEN).values_list("milestone_id", flat=True)) == {second.id}


def test_it_ends_with_the_milestone(plan, tenant_open):
    csm = tenant_open.members["csm"]
    follow_milestones(YESTERDAY)
    first = Milestone.objects.select_related("plan").filter(plan=plan).first()
    services.finish_milestone(milestone=first, version=None, by=csm)
    assert settle(plan) == 1
    assert Task.objects.get(milestone=first).state == TaskState.DONE
    assert follow_milestones(YESTERDAY) == 1, "the second waits for nothing any more"
    services.end_plan(plan=plan, state="dropped", version=None, by=csm)
    assert follow_milestones(YESTERDAY) == 1
    assert not Task.objects.filter(state=TaskState.OPEN).exists()
    assert follow_milestones(YESTERDAY) == 0


def test_one_that_got_another_day_and_is_late_again_is_told_again(plan, tenant_open):
    csm = tenant_open.members["csm"]
    follow_milestones(YESTERDAY)
    row = Milestone.objects.select_related("plan").filter(plan=plan).first()
    services.set_milestone(plan=plan, milestone=row, values={"due_on": YESTERDAY}, version=None, by=csm)
    assert follow_milestones(YESTERDAY) == 0, "one of it is open"
    Task.objects.filter(milestone=row).update(state=TaskState.DONE, done_at=dt.datetime.now(dt.UTC))
    assert follow_milestones(YESTERDAY) == 1


def test_the_milestones_owner_does_it_where_they_see_the_account(plan, tenant_open):
    """ROL-01: an owner who does not see the account is passed over."""
    rows = list(Milestone.objects.filter(plan=plan)[:2])
    Milestone.objects.filter(id=rows[0].id).update(owner=tenant_open.members["leader"])
    Milestone.objects.filter(id=rows[1].id).update(owner=tenant_open.members["csm"])
    account_of = plan.account
    account_of.owner = tenant_open.members["leader"]
    account_of.save()
    MilestoneNeed.objects.all().delete()
    follow_milestones(YESTERDAY)
    assert {task.milestone_id: task.owner for task in Task.objects.all()} == {
        rows[0].id: tenant_open.members["leader"], rows[1].id: tenant_open.members["leader"],
    }  # fmt: skip


def test_each_company_for_itself(worlds):
    for world in worlds:
        with world.open():
            services.make_plan(
                account=account("A-1"), template=find("smb"), starts_on=today() - dt.timedelta(days=20), by=None
            )
    with worlds[0].open():
        assert follow_milestones(YESTERDAY) == 1
    with worlds[1].open():
        assert Task.objects.count() == 0


def test_what_is_due_today_is_not_late(plan):
    Milestone.objects.filter(plan=plan).update(due_on=today())
    assert follow_milestones(YESTERDAY) == 0
