"""Verbs on tasks by one button: each answers where the person stands, with a way to take it back."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import Member
from cs_platform.kernel import asked
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import number_of, version_of
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.htmx import trigger
from cs_platform.kernel.keyset import uuid_of
from journey.models import Task
from journey.work import bulk, pool, services
from journey.work.cells import moment_of_day
from journey.work.comments import comment
from journey.work.forms import POOL, day_of, moment_of
from journey.work.sharing import visible_tasks

CHANGED = "tasksChanged"  # what lists of tasks and the pane listen to
STAYS = "taskStays"  # what the open task listens to, beside a list or in the drawer
UNDONE_AT_ONCE = 60  # ids that fit into the address of an undo


def visible(request: TenantRequest, task_id: UUID) -> Task:
    """The task of the URL; 404 when unknown or not this member's to see."""
    row = visible_tasks(request.member).filter(id=task_id).select_related("account", "owner").first()
    if row is None:
        raise Http404
    return row


def answered(
    request: TenantRequest, row: Task | None, text: str, *, undo: str = "", level: str = "success", stay: bool = False
) -> HttpResponse:
    """Say it where the person stands: lists and pane load anew and the drawer closes; with `stay` only the open task loads
    anew. Without htmx the page they came from opens."""
    if request.htmx:
        response = HttpResponse(status=204)
        trigger(response, STAYS if stay else "closeDrawer")
        if text:
            trigger(response, "toast", {"level": level, "text": text, "undo_url": undo})
        return response if stay else trigger(response, CHANGED, {"id": str(row.id)} if row else {})
    if text:
        (messages.warning if level == "warning" else messages.success)(request, text)
    return redirect(back_of(request, row))


def back_of(request: TenantRequest, row: Task | None = None) -> str:
    """Where the person came from, if that is a page of this company; else the task, or all of them."""
    slug = request.tenant.slug
    own = reverse("task", args=[slug, row.id]) if row else reverse("tasks", args=[slug])
    return asked.back_of(request, reverse("home", args=[slug])) or own


def _url(request: TenantRequest, name: str, row: Task, **query: str) -> str:
    address = reverse(name, args=[request.tenant.slug, row.id])
    return f"{address}?{urlencode(query)}" if query else address


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def task_done(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """It is done, perhaps with what came of it."""
    row = services.finish_task(
        task=visible(request, task_id),
        version=version_of(request),
        by=request.member,
        result=request.POST.get("result", ""),
    )
    said = _("Done: %(task)s") % {"task": row.title}
    return answered(request, row, said, undo=_url(request, "task_reopen", row))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def task_reopen(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """Take it back."""
    row = services.reopen_task(task=visible(request, task_id), version=version_of(request), by=request.member)
    return answered(request, row, _("Open again."))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def task_cancel(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """It is not to be done any more."""
    row = services.cancel_task(
        task=visible(request, task_id),
        version=version_of(request),
        by=request.member,
        reason=request.POST.get("result", ""),
    )
    said = _("Cancelled: %(task)s") % {"task": row.title}
    return answered(request, row, said, undo=_url(request, "task_reopen", row))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def task_snooze(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """Put it off until the moment of the button or of the fields; without one it is woken."""
    task, given = visible(request, task_id), request.POST
    asked_for = bool(given.get("until") or "chosen" in given)
    moment = _moment(given) if asked_for else None
    row = services.snooze_task(
        task=task,
        until=moment[0] if moment else None,
        at=moment[1] if moment else None,
        wakes=given.get("wakes") == "1",
        version=version_of(request),
        by=request.member,
    )
    if moment is None:
        return answered(request, row, _("It is due again."))
    words = {"day": moment_of_day(*moment, request.tenant.today()), "task": row.title}
    said = _("Put off until %(day)s: %(task)s") % words
    return answered(request, row, said, undo=_url(request, "task_snooze", row))


def _moment(given: Any) -> tuple[dt.date, dt.time | None]:
    """The day and hour of a button (`until`) or of the fields (`day`, `at`); DomainError for none."""
    found = moment_of(given.get("until") or given.get("day") or "", "" if given.get("until") else given.get("at") or "")
    if found is None:
        sentence = _("Choose a moment that lies ahead.")
        raise DomainError(sentence, code="no_day", fields={"snoozed_until": sentence})
    return found


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def task_assign(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """Hand it to somebody, or to the pool."""
    task = visible(request, task_id)
    wished = request.POST.get("owner") or request.GET.get("owner") or ""
    before = str(task.owner_id or POOL)
    row = services.assign_task(task=task, owner=_member(wished), version=version_of(request), by=request.member)
    if row.owner is None:
        said = _("In the pool: %(task)s") % {"task": row.title}
    else:
        said = _("%(name)s has it now: %(task)s") % {"name": row.owner.name, "task": row.title}
    return answered(request, row, said, undo=_url(request, "task_assign", row, owner=before))


def _member(text: str) -> Member | None:
    """The member of this id, None for the pool; DomainError for anything else."""
    if text == POOL:
        return None
    key = uuid_of(text)
    found = Member.objects.filter(id=key, is_active=True).first() if key else None
    if found is None:
        sentence = _("Choose somebody of the list.")
        raise DomainError(sentence, fields={"owner": sentence})
    return found


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def task_take(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """Take it from the pool."""
    row = services.take_task(task=visible(request, task_id), by=request.member)
    return _taken(request, row)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def task_take_next(request: TenantRequest) -> HttpResponse:
    """Take what the pool offers first."""
    row = pool.take_next(by=request.member)
    if row is None:
        return answered(request, None, _("The pool has nothing for you."), level="info")
    return _taken(request, row)


def _taken(request: TenantRequest, row: Task) -> HttpResponse:
    said = _("Yours for four hours: %(task)s") % {"task": row.title}
    return answered(request, row, said, undo=_url(request, "task_assign", row, owner=POOL))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def task_check(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """Tick an item of the checklist (`item` from 0, `done` 1 or 0)."""
    position = number_of(request.POST.get("item", ""))
    row = services.check_item(
        task=visible(request, task_id),
        position=-1 if position is None else position,
        done=request.POST.get("done") == "1",
        version=version_of(request),
        by=request.member,
    )
    return answered(request, row, "", stay=True)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def task_comment(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """Say something of it; who is chosen or named after an @ finds it in the inbox."""
    row = visible(request, task_id)
    wished = request.POST.get("mention", "")
    named = [_member(wished)] if wished else []
    comment(task=row, text=request.POST.get("text", ""), by=request.member, mentioned=[one for one in named if one])
    return answered(request, row, _("Said."), stay=True)


VERBS = ("done", "reopen", "snooze", "wake", "assign", "due")


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def tasks_bulk(request: TenantRequest) -> HttpResponse:
    """One verb on the selected tasks; those that refuse say why, the others are done."""
    given: Any = request.POST if request.POST.get("verb") else request.GET
    verb, by = given.get("verb", ""), request.member
    ids = [key for key in map(uuid_of, given.getlist("ids")) if key]
    if verb not in VERBS or not ids:
        raise DomainError(_("Select tasks first."), code="nothing_selected")
    moment = _moment(given) if verb == "snooze" else None
    day = day_of(given.get("day") or "")
    if verb == "due" and day is None:
        raise DomainError(_("Choose a day that lies ahead."), code="no_day")
    owner = _member(given.get("owner", "")) if verb == "assign" else None

    def act(task: Task) -> Task:
        match verb:
            case "done":
                return services.finish_task(task=task, version=None, by=by)
            case "reopen":
                return services.reopen_task(task=task, version=None, by=by)
            case "snooze" | "wake":
                until, hour = moment or (None, None)
                wakes = given.get("wakes") == "1"
                return services.snooze_task(task=task, until=until, at=hour, wakes=wakes, version=None, by=by)
            case "assign":
                return services.assign_task(task=task, owner=owner, version=None, by=by)
        assert day is not None
        return services.move_task(task=task, due_on=day, version=None, by=by)

    result = bulk.each(ids=ids, by=by, act=act)
    count = len(result.done)
    parts = [ngettext("%(n)s task changed", "%(n)s tasks changed", count) % {"n": count}]
    parts += [f"{task.title}: {why}" for task, why in result.refused[:3]]
    if len(result.refused) > 3:
        parts.append(_("and %(n)s more that refused") % {"n": len(result.refused) - 3})
    back = {"done": "reopen", "snooze": "wake"}.get(verb, "")
    undo = ""
    if back and 0 < count <= UNDONE_AT_ONCE:
        query = [("verb", back), *(("ids", str(task.id)) for task in result.done)]
        undo = f"{reverse('tasks_bulk', args=[request.tenant.slug])}?{urlencode(query)}"
    level = "warning" if result.refused or not count else "success"
    return answered(request, None, ". ".join(parts), undo=undo, level=level)
