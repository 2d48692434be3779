"""Steps of a renewal and the tasks that they are done by (REN-02, TRG-11): finishing either finishes both."""

import datetime as dt
from collections.abc import Collection, Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.customers import EARLIEST, refused
from accounts.merging.result import today
from accounts.models import Member, Tenant
from cs_platform.kernel.edits import check_seen, put
from journey.enums import TaskState
from journey.models import Task
from journey.work.services import cancel_task, finish_task, reopen_task
from renewals.enums import Phase, RenewalState, Step
from renewals.lifecycle import check_open
from renewals.models import Renewal, RenewalStep

NOTE = 500
TALKS = (Step.TALK,)
# What a phase says was done: who has sent a proposal has made the quote.
SAID_BY_PHASE = {
    Phase.TALKING: (Step.TALK,),
    Phase.PROPOSED: (Step.QUOTE, Step.PROPOSAL),
    Phase.SIGNING: (Step.NEGOTIATE,),
}


@transaction.atomic
def finish_step(
    *, step: RenewalStep, version: int | None, by: Member | None, note: str = "", on: dt.date | None = None
) -> RenewalStep:
    """It is done, today or on an earlier day (`on`), with a word about it; its open task is done with that. The first
    conversation is noted on the renewal. Done twice changes nothing but the note."""
    renewal, row = _locked(step, version)
    check_open(renewal)
    note = note.strip()
    if len(note) > NOTE:
        raise refused("note", _("At most %(limit)s characters fit here.") % {"limit": NOTE})
    day = on or today()
    if not EARLIEST <= day <= today():
        raise refused("on", _("The day lies between 1990 and today."))
    if row.done_on is not None and on is None:
        return put(row, note=note) if note and note != row.note else row
    return _finish(renewal, row, day, by, note=note or row.note)


@transaction.atomic
def reopen_step(*, step: RenewalStep, version: int | None, by: Member | None) -> RenewalStep:
    """Take back that it was done; its task is open again. Taken back twice changes nothing."""
    renewal, row = _locked(step, version)
    check_open(renewal)
    return _reopen(renewal, row, by)


def finish_said(renewal: Renewal, phase: str, by: Member | None) -> None:
    """The steps that a phase says were done; those that are done already keep their day."""
    said = SAID_BY_PHASE.get(Phase(phase), ())
    finish_all(renewal, said, by)


def finish_all(renewal: Renewal, said: Collection[str], by: Member | None) -> None:
    """These steps were done with what was said or written; those that are done already keep their day."""
    for row in (
        RenewalStep.objects.select_for_update(of=("self",))
        .filter(renewal=renewal, step__in=said, done_on=None)
        .select_related("task")
    ):
        _finish(renewal, row, today(), by)


def end_tasks(renewals: Iterable[Renewal], words: str) -> None:
    """Cancel the open tasks of steps of these renewals: they are over, or came to be of another day."""
    steps = RenewalStep.objects.filter(
        renewal__in=[renewal.id for renewal in renewals], done_on=None, task__state=TaskState.OPEN
    )
    for step in steps.select_related("task").order_by("id"):
        if step.task is not None:
            cancel_task(task=step.task, version=None, by=None, reason=words)


def follow_task(task: Task) -> None:
    """A task of a step is over or open again; called by the verbs on tasks, inside their transaction. A task that was
    cancelled says nothing of the step."""
    if task.state == TaskState.CANCELLED:
        return
    row = RenewalStep.objects.filter(task=task).select_related("renewal").first()
    if row is None or row.renewal.state != RenewalState.OPEN:
        return
    renewal, row = _locked(row, None)
    if task.state == TaskState.DONE and row.done_on is None:
        zone = Tenant.current().zone
        day = (task.done_at or timezone.now()).astimezone(zone).date()
        _finish(renewal, row, min(day, today()), task.done_by, note=row.note or task.result[:NOTE])
    elif task.state == TaskState.OPEN and row.done_on is not None:
        _reopen(renewal, row, None)


def _finish(renewal: Renewal, row: RenewalStep, day: dt.date, by: Member | None, note: str = "") -> RenewalStep:
    row = put(row, done_on=day, done_by=by, note=note or row.note)
    if row.step in TALKS and (renewal.talked_on is None or day < renewal.talked_on):
        put(renewal, talked_on=day)
    else:
        _touch(renewal)
    if row.task is not None and row.task.state == TaskState.OPEN:
        finish_task(task=row.task, version=None, by=by, result=row.note)
    return row


def _reopen(renewal: Renewal, row: RenewalStep, by: Member | None) -> RenewalStep:
    if row.done_on is None:
        return row
    if row.step in TALKS and renewal.talked_on == row.done_on:
        put(renewal, talked_on=None)
    else:
        _touch(renewal)
    row = put(row, done_on=None, done_by=None)
    if row.task is not None and row.task.state == TaskState.DONE:
        reopen_task(task=row.task, version=None, by=by)
    return row


def _touch(renewal: Renewal) -> None:
    """One of its parts changed: the next version, so that readers of changes find it."""
    put(renewal, updated_at=timezone.now())


def _locked(step: RenewalStep, version: int | None) -> tuple[Renewal, RenewalStep]:
    """The renewal and its step, locked in this order by every verb."""
    renewal = Renewal.objects.select_for_update().get(id=step.renewal_id)
    row = RenewalStep.objects.select_for_update(of=("self",)).select_related("task").get(id=step.id)
    check_seen(row, version)
    return renewal, row
