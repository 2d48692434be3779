"""Verbs on tasks: make, change, do, put off, hand over, take (REQUIREMENTS ACC-15, PAGES).

Each locks its row. `version` is the one that the person saw: Conflict when the row was changed since, and None takes
whatever stands. `by` is None for a program or the night. DomainError names the field.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.calendar import working_days
from accounts.customers import refused
from accounts.enums import ChangeSource
from accounts.models import Account, Member, Tenant
from accounts.webhooks.announce import announce_all
from accounts.webhooks.events import Kind
from cs_platform.kernel.edits import check_seen, insert_once, put
from cs_platform.kernel.errors import Conflict, DomainError
from health.models import Alert
from journey.enums import Rhythm, TaskState, Urgency, Why, WorkType
from journey.models import Issue, Milestone, Play, Regression, Task
from journey.work import sharing
from journey.work.formulas import next_due

TAKEN_HOURS = 4
LONGEST = dt.timedelta(days=5 * 366)  # a task lies at most so far ahead
MOST_ITEMS = 50  # of a checklist
TITLE, RESULT = 200, 500
# What a task is changed by besides its own verbs.
FIELDS = ("title", "note", "work", "due_on", "due_at", "urgency", "rhythm", "checklist")
# A task that is not put off.
AWAKE: Mapping[str, Any] = {"snoozed_until": None, "snoozed_time": None, "wakes": False, "snoozed_band": ""}
# What happens when a task is over or open again; floors and rooms above append theirs in `ready()`.
SETTLED: list[Callable[[Task], None]] = []

Checklist = list[dict[str, Any]]


class _AccountsOwner:
    """The owner of a task that nobody named: whoever looks after its account."""


ACCOUNTS_OWNER = _AccountsOwner()


@transaction.atomic
def add_task(
    *,
    title: str,
    due_on: dt.date,
    by: Member | None,
    account: Account | None = None,
    owner: Member | _AccountsOwner | None = ACCOUNTS_OWNER,
    work: str = WorkType.COORDINATION,
    note: str = "",
    due_at: dt.time | None = None,
    urgency: str = Urgency.NORMAL,
    rhythm: str = Rhythm.NONE,
    checklist: Sequence[Mapping[str, Any]] = (),
    why: str = Why.PERSON,
    alert: Alert | None = None,
    play: Play | None = None,
    step: str = "",
    milestone: Milestone | None = None,
    regression: Regression | None = None,
    issue: Issue | None = None,
    external_id: str = "",
    source: str = "",
    source_ref: UUID | None = None,
) -> Task:
    """Make a task. The same `external_id`, or the same step of a play, again gives the one that is there.

    Without a word about the owner it is that of the account's owner, of whom makes it where there is no account, and
    of the pool where that one left; `owner=None` puts it into the pool. A person writes no task for a day that is past.
    """
    if external_id and (known := Task.objects.filter(external_id=external_id).first()):
        return known
    if play is not None and (known := Task.objects.filter(play=play, step=step).first()):
        return known
    today = _today()
    if by is not None and due_on < today:
        raise refused("due_on", _("The day is past."))
    if isinstance(owner, _AccountsOwner):
        owner = by if account is None else account.owner
        owner = owner if owner is not None and owner.is_active else None
    else:
        _check_owner(owner, account)
    if alert is not None and why == Why.PERSON:
        why = Why.ALERT
    row = Task(
        external_id=external_id or str(uuid7()),
        account=account,
        owner=owner,
        why=why,
        alert=alert,
        play=play,
        step=step,
        milestone=milestone,
        regression=regression,
        issue=issue,
        created_by=by,
        source=source or (ChangeSource.MEMBER if by else ChangeSource.RULE),
        source_ref=source_ref or (by.id if by else None),
    )
    values = {
        "title": title,
        "note": note,
        "work": work,
        "due_on": due_on,
        "due_at": due_at,
        "urgency": urgency,
        "rhythm": rhythm,
        "checklist": list(checklist),
    }
    for name, value in _checked(values, today).items():
        setattr(row, name, value)
    return insert_once(row, key="external_id")


@transaction.atomic
def edit_task(*, task: Task, values: Mapping[str, Any], version: int | None, by: Member | None) -> Task:
    """Change what is written of a task (`FIELDS`), and its `account` and `owner` where they are given."""
    row = _locked(task, version)
    today = _today()
    if by is not None and values.get("due_on", row.due_on) < min(today, row.due_on):
        raise refused("due_on", _("The day is past."))
    changes = _checked({name: values[name] for name in FIELDS if name in values}, today)
    if "account" in values:
        changes["account"] = values["account"]
    if "owner" in values:
        owner, account = values["owner"], changes.get("account", row.account)
        if owner != row.owner or account != row.account:
            _check_owner(owner, account)
        if owner != row.owner:
            changes |= {"owner": owner, "taken_until": None}
    return put(row, **{name: value for name, value in changes.items() if getattr(row, name) != value})


@transaction.atomic
def finish_task(*, task: Task, version: int | None, by: Member | None, result: str = "") -> Task:
    """It is done, with what came of it. One that comes again makes its next one, once. Done twice changes nothing.

    One of the pool is then of who did it, as if they had taken it: opened again, or coming again, it is the pool's.
    """
    row = _locked(task, version)
    if row.state == TaskState.DONE:
        return row
    _must_be_open(row)
    now, pooled = timezone.now(), sharing.waits(row)
    row = put(
        row,
        state=TaskState.DONE,
        owner=by if pooled else row.owner,
        taken_until=now if pooled else row.taken_until,
        done_at=now,
        done_by=by,
        result=result.strip()[:RESULT],
        **AWAKE,
    )
    settle(row, again=True)
    tell_done([row])
    return row


@transaction.atomic
def reopen_task(*, task: Task, version: int | None, by: Member | None) -> Task:
    """Take back that it was done or cancelled. The next one that it made goes again, unless somebody touched it."""
    row = _locked(task, version)
    if row.state == TaskState.OPEN:
        return row
    following = Task.objects.filter(follows=row, state=TaskState.OPEN, version=1, comments=None).first()
    if following is not None:
        put(following, state=TaskState.CANCELLED)
    row = put(row, state=TaskState.OPEN, done_at=None, done_by=None, result="", **AWAKE)
    settle(row, again=False)
    return row


@transaction.atomic
def cancel_task(*, task: Task, version: int | None, by: Member | None, reason: str = "") -> Task:
    """It is not to be done any more. Cancelled twice changes nothing."""
    row = _locked(task, version)
    if row.state == TaskState.CANCELLED:
        return row
    _must_be_open(row)
    row = put(row, state=TaskState.CANCELLED, result=reason.strip()[:RESULT], **AWAKE)
    settle(row, again=False)
    return row


@transaction.atomic
def snooze_task(
    *,
    task: Task,
    until: dt.date | None,
    version: int | None,
    by: Member | None,
    at: dt.time | None = None,
    wakes: bool = False,
) -> Task:
    """Put it off until a day, on which it is due again, or until an hour of it (`at`, on the company's clock); None wakes it.

    One that `wakes` comes back as soon as the account's band is worse than it is now (waking.wake_fallen).
    """
    row = _locked(task, version)
    _must_be_open(row)
    if until is None:
        return put(row, **AWAKE)
    tenant = Tenant.current()
    today, hour = tenant.today(), timezone.now().astimezone(tenant.zone).time()
    ahead = until > today or (until == today and at is not None and at > hour)
    if not ahead or until > today + LONGEST:
        raise refused("snoozed_until", _("Choose a moment that lies ahead."))
    band = row.account.health_band if wakes and row.account is not None else ""
    return put(row, snoozed_until=until, snoozed_time=at, wakes=bool(band), snoozed_band=band)


@transaction.atomic
def assign_task(*, task: Task, owner: Member | None, version: int | None, by: Member | None) -> Task:
    """Hand it to somebody who sees its account, or to the pool (None)."""
    row = _locked(task, version)
    _must_be_open(row)
    if owner != row.owner:
        _check_owner(owner, row.account)
    return put(row, owner=owner, taken_until=None)


@transaction.atomic
def move_task(*, task: Task, due_on: dt.date, version: int | None, by: Member | None) -> Task:
    """Give it another day; a snooze ends with it."""
    row = _locked(task, version)
    _must_be_open(row)
    today = _today()
    if due_on < today:
        raise refused("due_on", _("The day is past."))
    return put(row, **AWAKE, **_checked({"due_on": due_on}, today))


@transaction.atomic
def take_task(*, task: Task, by: Member) -> Task:
    """Take it from the pool: it is theirs for four hours, then it returns. Conflict when somebody else was faster."""
    row = _locked(task, None)
    _must_be_open(row)
    if row.owner is not None and not sharing.waits(row):
        if row.owner_id == by.id:
            return row
        raise Conflict(_("%(name)s was faster and has this task now.") % {"name": row.owner.name})
    until = timezone.now() + dt.timedelta(hours=TAKEN_HOURS)
    return put(row, owner=by, taken_until=until, **AWAKE)


@transaction.atomic
def check_item(*, task: Task, position: int, done: bool, version: int | None, by: Member | None) -> Task:
    """Tick an item of the checklist, or take the tick back. Conflict when the list was changed meanwhile."""
    row = _locked(task, version)
    if not 0 <= position < len(row.checklist):
        raise Conflict(_("Somebody has changed this list meanwhile."))
    items = [dict(item) for item in row.checklist]
    items[position]["done"] = done
    return put(row, checklist=items)


def _locked(task: Task, version: int | None) -> Task:
    rows = Task.objects.select_for_update(of=("self",)).select_related("account", "owner")
    row = rows.get(id=task.id)
    check_seen(row, version)
    return row


def _must_be_open(row: Task) -> None:
    if row.state != TaskState.OPEN:
        raise DomainError(_("This task is over: open it again first."), code="over")


def _check_owner(owner: Member | None, account: Account | None) -> None:
    """Whoever gets a task is still here and sees its account."""
    if owner is None:
        return
    if not owner.is_active:
        raise refused("owner", _("%(name)s is not active any more.") % {"name": owner.name})
    if account is not None and not sharing.who_sees(account).filter(id=owner.id).exists():
        sentence = _("%(name)s does not see %(account)s.") % {"name": owner.name, "account": account.name}
        raise refused("owner", sentence)


def _checked(values: dict[str, Any], today: dt.date) -> dict[str, Any]:
    """The given values as they are kept; DomainError names each that cannot be."""
    problems = {}
    if "title" in values:
        values["title"] = values["title"].strip()
        if not values["title"]:
            problems["title"] = _("Say what is to be done.")
        elif len(values["title"]) > TITLE:
            problems["title"] = _("At most %(limit)s characters fit here.") % {"limit": TITLE}
    if "due_on" in values and not dt.date(1990, 1, 1) <= values["due_on"] <= today + LONGEST:
        problems["due_on"] = _("The day lies between 1990 and five years from now.")
    for name, choices in (("work", WorkType), ("urgency", Urgency), ("rhythm", Rhythm)):
        if name in values and values[name] not in choices.values:
            problems[name] = _("Choose one of the list.")
    if "checklist" in values:
        values["checklist"] = items = _items(values["checklist"])
        if len(items) > MOST_ITEMS:
            problems["checklist"] = _("At most %(limit)s items.") % {"limit": MOST_ITEMS}
    if problems:
        raise DomainError(next(iter(problems.values())), fields=problems)
    return values


def _items(given: Sequence[Mapping[str, Any]]) -> Checklist:
    found = [{"text": str(item.get("text", "")).strip()[:TITLE], "done": item.get("done") is True} for item in given]
    return [item for item in found if item["text"]]


def _come_again(row: Task) -> None:
    """The next one of a task that comes again, once: one that stands already is that."""
    if not row.rhythm or Task.objects.filter(follows=row).exclude(state=TaskState.CANCELLED).exists():
        return
    day = next_due(row.rhythm, row.due_on, _today(), working_days())
    if day is None:
        return
    owner = row.owner if row.taken_until is None and row.owner is not None and row.owner.is_active else None
    Task(
        external_id=str(uuid7()),
        account=row.account,
        title=row.title,
        note=row.note,
        work=row.work,
        owner=owner,
        due_on=day,
        due_at=row.due_at,
        urgency=row.urgency,
        rhythm=row.rhythm,
        checklist=[{"text": item["text"], "done": False} for item in row.checklist],
        why=Why.AGAIN,
        follows=row,
        created_by=row.created_by,
        source=row.source,
        source_ref=row.source_ref,
    ).save(force_insert=True)


def settle(row: Task, *, again: bool) -> None:
    """What follows when a task is over, or open again: its next one where it comes `again`, and what hooks do."""
    if again:
        _come_again(row)
    for told in SETTLED:
        told(row)


def tell_done(rows: Iterable[Task]) -> None:
    """Tell whoever asks that these tasks were done (API-03); accounts and who did them are loaded."""
    announce_all(
        Kind.TASK_DONE,
        [
            (
                row.account_id,
                {
                    "task_id": row.id,
                    "task": row.external_id,
                    "title": row.title,
                    "work": row.work,
                    "why": row.why,
                    "alert_id": row.alert_id,
                    "play_id": row.play_id,
                    "due_on": row.due_on,
                    "done_at": row.done_at,
                    "done_by": row.done_by.name if row.done_by else "",
                    "result": row.result,
                },
            )
            for row in rows
        ],
    )


def _today() -> dt.date:
    return Tenant.current().today()
