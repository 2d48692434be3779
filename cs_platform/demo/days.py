"""What a day of the demo's people holds beside their tasks: a word of the leader, tasks put off to an hour, one that a fall of
health has woken. Through the services; a company whose tasks were commented is left alone."""

import datetime as dt

from accounts.enums import HealthBand
from accounts.models import Member
from journey.enums import TaskState
from journey.models import Task, TaskComment
from journey.work import services as work
from journey.work.comments import comment
from journey.work.waking import wake_fallen

SAID = (
    "@{name} I know their new finance director from before: shall I come along?",
    "Please keep it to three slides, @{name}; they asked twice for less.",
    "Legal has answered. You can go on with the draft.",
)


def tell_days(last: dt.date) -> int:
    """A few lines for each who looks after accounts; how many tasks were touched."""
    leader = Member.objects.filter(role__key="leader", is_active=True).order_by("user__email").first()
    if leader is None or TaskComment.objects.exists():
        return 0
    today, touched = last + dt.timedelta(days=1), 0
    rows = Task.objects.filter(state=TaskState.OPEN, snoozed_until=None, account__isnull=False, owner__isnull=False)
    rows = rows.filter(external_id__startswith="demo-")
    rows = (
        rows.exclude(owner=leader)
        .select_related("account", "owner__user")
        .order_by("owner__user__email", "external_id")
    )
    by_owner: dict[Member, list[Task]] = {}
    for task in rows:
        if task.owner is not None:
            by_owner.setdefault(task.owner, []).append(task)
    for number, (owner, tasks) in enumerate(by_owner.items()):
        spoken = tasks[0]
        comment(task=spoken, text=SAID[number % len(SAID)].format(name=owner.name), by=leader)
        touched += 1
        if len(tasks) > 2:
            later = today + dt.timedelta(days=1)
            work.snooze_task(task=tasks[1], until=later, at=dt.time(9), wakes=True, version=None, by=owner)
            touched += 1
        touched += _woken(tasks[2:], owner, today)
    return touched


def _woken(tasks: list[Task], owner: Member, today: dt.date) -> int:
    """One of a customer that is Critical now, put off while it was better: it is back before its day."""
    for task in tasks:
        if task.account is not None and task.account.health_band == HealthBand.RED:
            until = today + dt.timedelta(days=9)
            row = work.snooze_task(task=task, until=until, wakes=True, version=None, by=owner)
            Task.objects.filter(id=row.id).update(snoozed_band=HealthBand.YELLOW)
            return wake_fallen(today)
    return 0
