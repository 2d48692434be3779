"""What milestones ask for: one that is late becomes a task, once, which ends with it (VAL-02)."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.kinds import Row
from accounts.merging import MergeResult, Origin
from accounts.models import Account, Member
from accounts.webhooks.announce import announce_all
from accounts.webhooks.events import Kind
from journey.enums import PlanState, TaskState, Urgency, Why, WorkType
from journey.models import Milestone, MilestoneNeed, Plan, Task
from journey.plans.merge import merge_plans
from journey.work.services import ACCOUNTS_OWNER, add_task, finish_task
from journey.work.sharing import who_sees

KINDS = {"onboarding": WorkType.ONBOARDING, "success": WorkType.VALUE}


def follow_milestones(as_of: dt.date) -> int:
    """Nightly step: a task for each milestone that was to be done by `as_of` and is not, and the end of those whose
    milestone is done or whose plan is over; how many changed.

    Once for a milestone and its day, and none while one of it is open: the same night twice leaves the same tables. One that
    waits for another is told when that one is done: a plan whose first step is late asks for that step, not for all. It is
    the work of the milestone's owner, else the plan's, who sees the account, else of the account's owner.
    """
    late = Milestone.objects.filter(plan__state=PlanState.ACTIVE, done_on=None, due_on__lte=as_of)
    late = late.exclude(id__in=MilestoneNeed.objects.filter(needs__done_on=None).values("milestone_id"))
    late = late.exclude(
        id__in=Task.objects.filter(state=TaskState.OPEN, milestone__isnull=False).values("milestone_id")
    )
    rows = list(late.select_related("plan__account__owner", "plan__owner", "owner").order_by("due_on", "id"))
    known = set(Task.objects.filter(external_id__in=[_key(row) for row in rows]).values_list("external_id", flat=True))
    fresh = [row for row in rows if _key(row) not in known]
    for row in fresh:
        plan = row.plan
        add_task(
            title=_("Late in the plan: %(name)s") % {"name": row.name[:150]},
            note=_("It was to be done by %(day)s, in %(plan)s.") % {"day": row.due_on.isoformat(), "plan": plan.name},
            due_on=as_of + dt.timedelta(days=1),
            account=plan.account,
            owner=_doer(row, plan.account) or ACCOUNTS_OWNER,
            work=KINDS[plan.kind],
            urgency=Urgency.HIGH,
            why=Why.MILESTONE,
            milestone=row,
            external_id=_key(row),
            by=None,
        )
    announce_all(Kind.MILESTONE_MISSED, [(row.plan.account_id, _told(row)) for row in fresh])
    return len(fresh) + _finish(Task.objects.all())


def _told(row: Milestone) -> dict[str, object]:
    plan = row.plan
    found = {"milestone_id": row.id, "milestone": row.name, "due_on": row.due_on}
    return found | {"plan": plan.external_id, "plan_name": plan.name, "plan_kind": plan.kind}


def settle(plan: Plan) -> int:
    """End the open tasks of this plan's milestones that are done, and all of them where the plan is over."""
    return _finish(Task.objects.filter(milestone__plan=plan))


def merge_plan_rows(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Plans that come as rows (`merge_plans`), with the end of the tasks of those that are over now."""
    result, over = merge_plans(rows, origin)
    for plan in over:
        settle(plan)
    return result


def _finish(rows: QuerySet[Task]) -> int:
    over = Q(milestone__done_on__isnull=False) | ~Q(milestone__plan__state=PlanState.ACTIVE)
    found = list(rows.filter(over, why=Why.MILESTONE, state=TaskState.OPEN).select_related("milestone"))
    for task in found:
        done = task.milestone is not None and task.milestone.done_on is not None
        result = _("The milestone is done.") if done else _("The plan is over.")
        finish_task(task=task, version=None, by=None, result=result)
    return len(found)


def _doer(row: Milestone, account: Account) -> Member | None:
    people = [each for each in (row.owner, row.plan.owner) if each is not None and each.is_active]
    if not people:
        return None
    seeing = set(who_sees(account).filter(id__in=[each.id for each in people]).values_list("id", flat=True))
    return next((each for each in people if each.id in seeing), None)


def _key(row: Milestone) -> str:
    return f"milestone-{row.id}-{row.due_on.isoformat()}"
