"""Customers hear how their issue was answered: one task for each, for whoever looks after it (ACC-14)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.merging.result import today
from accounts.models import Account, Member
from journey.enums import IssueState, TaskState, Urgency, Weight, Why, WorkType
from journey.models import Issue, IssueAccount, Task
from journey.work.services import SETTLED, add_task, cancel_task, finish_task

DAYS = 7  # until when somebody is told
TITLE = 200


def standing(accounts: Iterable[Account]) -> dict[UUID, Account]:
    """Each of these accounts by its id; for one that was merged, the customer that it is a part of now."""
    found = {account.id: account for account in accounts}
    while merged := {account.merged_into_id for account in found.values() if account.merged_into_id}:
        above = Account.objects.select_related("owner").in_bulk(merged)
        found = {
            key: above[account.merged_into_id] if account.merged_into_id else account for key, account in found.items()
        }
    return found


def ask(issue: Issue, links: Sequence[IssueAccount], by: Member | None) -> int:
    """A task for each customer of `links` who does not know yet, for its owner or the pool; how many were made.

    One that is open already is the task, however often this is asked; two accounts that are one customer now are told once.
    """
    waiting = [link for link in links if link.told_on is None]
    rows = Account.objects.select_related("owner").filter(id__in=[link.account_id for link in waiting])
    customers = standing(rows)
    asked = set(_open(issue).values_list("account_id", flat=True))
    shipped, made = issue.state == IssueState.SHIPPED, 0
    for link in waiting:
        account = customers[link.account_id]
        if account.id in asked:
            continue
        asked.add(account.id)
        words = _("Tell %(account)s it is there: %(issue)s") if shipped else _("Tell %(account)s: not now, %(issue)s")
        add_task(
            title=(words % {"account": account.name, "issue": issue.title})[:TITLE],
            note=issue.answer,
            due_on=today() + dt.timedelta(days=DAYS),
            account=account,
            work=WorkType.COORDINATION,
            urgency=Urgency.HIGH if link.weight == Weight.BLOCKER else Urgency.NORMAL,
            why=Why.ISSUE,
            issue=issue,
            by=by,
        )
        made += 1
    return made


def take_back(issue: Issue, by: Member | None) -> None:
    """It is open again: nobody is to be told what holds no more, and everybody is once it ends."""
    for task in _open(issue):
        cancel_task(task=task, version=None, by=by, reason=_("The issue is open again."))
    for link in issue.accounts.exclude(told_on=None):
        link.told_on = None
        link.save(update_fields=["told_on"])


def drop(issue: Issue, account: Account, by: Member | None) -> None:
    """The customer does not have it after all."""
    for task in _open(issue).filter(account=standing([account])[account.id]):
        cancel_task(task=task, version=None, by=by, reason=_("They do not have this issue after all."))


def done(issue: Issue, account: Account, by: Member | None) -> None:
    """The customer knows."""
    for task in _open(issue).filter(account=standing([account])[account.id]):
        finish_task(task=task, version=None, by=by, result=_("They know."))


def settled(task: Task) -> None:
    """A task that is done says that the customer knows since that day; opened again, that they do not."""
    if task.issue_id is None or task.why != Why.ISSUE or task.state == TaskState.CANCELLED:
        return
    links = list(IssueAccount.objects.filter(issue=task.issue_id).select_related("account"))
    customers = standing(link.account for link in links)
    day = today() if task.state == TaskState.DONE else None
    for link in links:
        if customers[link.account_id].id == task.account_id and (link.told_on is None) != (day is None):
            link.told_on = day
            link.save(update_fields=["told_on"])


def _open(issue: Issue) -> QuerySet[Task]:
    return Task.objects.filter(issue=issue, why=Why.ISSUE, state=TaskState.OPEN)


def register() -> None:
    """Called once, when the apps are ready."""
    if settled not in SETTLED:
        SETTLED.append(settled)
