"""The one door of tasks that come as rows, from a file or a program."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import selectors
from accounts.kinds import Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import first_of_each, quiet_inserts
from accounts.models import Account, Member
from cs_platform.kernel import copying, sqljobs
from journey.enums import TaskState
from journey.models import Task
from journey.work import services

SQL = Path(__file__).parent / "sql"
COLUMNS = [
    ("number", "int"), ("task", "text"), ("account_id", "uuid"), ("title", "text"), ("note", "text"), ("work", "text"),
    ("owner_id", "uuid"), ("due_on", "date"), ("due_at", "time"), ("urgency", "text"), ("state", "text"),
    ("snoozed_until", "date"), ("snoozed_time", "time"), ("wakes", "boolean"), ("rhythm", "text"), ("done_at", "timestamptz"), ("result", "text"), ("given", "text[]"),
]  # fmt: skip


def merge_tasks(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or change tasks by their id; a field that is not given stays as it is.

    Refused: an account or a member who does not exist, an owner who does not see the account, and two rows of one task
    that differ. A task that becomes done makes its next one where it comes again, as if a person had done it.
    """
    result = MergeResult()
    accepted = _named(first_of_each(rows, result, "task"), result)
    if not accepted:
        return result
    copying.stage("stage_task", COLUMNS, (_cells(row, account, owner) for row, account, owner in accepted))
    quiet_inserts(len(accepted))
    moved, made = [], set()
    for found in sqljobs.rows(SQL / "merge_tasks.sql", origin.params()):
        result.add(found["number"], found["id"], found["outcome"])
        if found["outcome"] != "unchanged":
            moved.append((found["id"], found["before"]))
        if found["outcome"] == "created":
            made.add(found["id"])
    _settle(dict(moved), made)
    return result


def _named(rows: Sequence[Row], result: MergeResult) -> list[tuple[Row, UUID | None, UUID | None]]:
    """The rows whose names exist and whose owner sees the account, with account and owner."""
    accounts = selectors.standing_accounts({row.values["account"] for row in rows if row.values.get("account")})
    emails = sorted({row.values["owner_email"] for row in rows if row.values.get("owner_email")})
    people = {m.user.email: m for m in Member.objects.filter(user__email__in=emails).select_related("user", "role")}
    # What the row says nothing of stays: the account of a task that is handed over, the owner of one that moves.
    tasks = Task.objects.filter(external_id__in=[row.values["task"] for row in rows]).order_by()
    kept = {key: (account, owner) for key, account, owner in tasks.values_list("external_id", "account_id", "owner_id")}
    named: list[tuple[Row, UUID | None, UUID | None]] = []
    for row in rows:
        account, email = row.values.get("account") or "", row.values.get("owner_email") or ""
        if account and account not in accounts:
            result.reject(row, "account", account, "unknown_account", _("There is no account with this id."))
        elif email and (email not in people or not people[email].is_active):
            result.reject(row, "owner_email", email, "unknown_member", _("This is not the e-mail of a member."))
        else:
            stood, whose = kept.get(row.values["task"], (None, None))
            about = accounts[account].id if account else None if "account" in row.given else stood
            owner = people[email].id if email else None if "owner_email" in row.given or about == stood else whose
            named.append((row, about, owner))
    return _seen(named, result)


def _seen(
    named: Sequence[tuple[Row, UUID | None, UUID | None]], result: MergeResult
) -> list[tuple[Row, UUID | None, UUID | None]]:
    """Those whose owner sees the account; one query for each member that is named."""
    sight: dict[UUID, set[UUID]] = {}
    owners = Member.objects.filter(id__in={owner for _row, _account, owner in named if owner})
    for member in owners.select_related("role", "tenant"):
        wished = {account for _row, account, owner in named if owner == member.id and account}
        sight[member.id] = set(Account.objects.visible_to(member).filter(id__in=wished).values_list("id", flat=True))
    accepted = []
    for row, account, owner in named:
        if owner and account and account not in sight[owner]:
            field = "owner_email" if row.values.get("owner_email") else "account"
            result.reject(row, field, row.values[field], "not_seen", _("This member does not see the account."))
        else:
            accepted.append((row, account, owner))
    return accepted


def _cells(row: Row, account: UUID | None, owner: UUID | None) -> list[Any]:
    v = row.values
    return [
        row.number, v["task"], account, v["title"], v.get("note") or "", v.get("work") or "", owner, v["due_on"],
        v.get("due_at"), v.get("urgency") or "", v.get("state") or "", v.get("snoozed_until"), v.get("snoozed_time"),
        bool(v.get("wakes")), v.get("rhythm") or "", v.get("done_at"), v.get("result") or "",
        "{" + ",".join(sorted(row.given)) + "}",
    ]  # fmt: skip


def _settle(before: dict[UUID, str], made: set[UUID]) -> None:
    """What follows for tasks that are over now and were not, or are open again. What came as done is history: it is told to
    nobody."""
    done = []
    for task in Task.objects.filter(id__in=before).select_related("account", "owner", "done_by").order_by("id"):
        if task.state != before[task.id]:
            services.settle(task, again=task.state == TaskState.DONE)
            if task.state == TaskState.DONE and task.id not in made:
                done.append(task)
    services.tell_done(done)
