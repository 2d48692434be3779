"""One task: why it exists, what can be done with it, what was said of it; and the form that makes or changes one."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import cells as account_cells
from accounts.models import Account, Member
from accounts.views.forms import form_page, posted
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.forms import refuse
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from health.alerts.rules import RULES
from health.alerts.selectors import visible_alerts
from health.enums import AlertLevel
from health.models import Alert
from journey.enums import TaskState, Urgency, WorkType
from journey.models import Task
from journey.views.task_answers import answered, back_of
from journey.work import cells, reasons, services
from journey.work.comments import see_mentions
from journey.work.forms import POOL, TaskForm
from journey.work.selectors import is_snoozed
from journey.work.sharing import visible_tasks, waits, who_sees

OFFERED = 500  # accounts in the list of a form that is not about one
PIECES = ("task-pane", "drawer-body")


def task_of(request: TenantRequest, task_id: UUID) -> Task:
    """The task of the URL with all that is behind it; 404 when unknown or not this member's to see."""
    rows = visible_tasks(request.member).select_related(
        "account__segment",
        "account__merged_into",
        "owner",
        "alert",
        "play__playbook__playbook",
        "play__alert",
        "play__started_by",
        "milestone__plan",
        "regression",
        "issue",
        "follows",
        "created_by",
        "done_by",
    )
    row = rows.filter(id=task_id).first()
    if row is None:
        raise Http404
    return row


def pane(request: TenantRequest, task_id: UUID) -> dict[str, Any]:
    """Context of the pane; nothing where there is no such task to see."""
    try:
        row = task_of(request, task_id)
    except Http404:
        return {}
    tenant, today = request.tenant, request.tenant.today()
    slug, account = tenant.slug, row.account
    linked = account is not None and Account.objects.visible_to(request.member).filter(id=account.id).exists()
    may_edit = may(request, Permission.EDIT_ACCOUNTS)
    is_open, waiting = row.state == TaskState.OPEN, waits(row)
    comments = list(row.comments.select_related("author").order_by("at", "id"))
    if comments:
        see_mentions(member=request.member, task_id=row.id)
    args = [slug, row.id]
    people = list(who_sees(account).order_by("name")) if may_edit else []
    return {
        "task": row,
        "task_facts": {
            "due": cells.due_line(row, today),
            "owner": row.owner.name if row.owner and not waiting else "",
            "taken": bool(row.taken_until) and is_open,
            "work": str(WorkType(row.work).label),
            "urgent": row.urgency == Urgency.HIGH,
            "account": account.name if account else "",
            "account_url": reverse("account", args=[slug, account.id]) if account and linked else "",
            "health": account_cells.health(account.health_band, pill=True) if account else "",
            "renews": account_cells.renewal(account.renews_on, today) if account and account.renews_on else "",
            "arr": account_cells.arr_text(account.mrr_minor, tenant.currency) if account else "",
            "state": str(TaskState(row.state).label),
            "rhythm": str(row.get_rhythm_display()) if row.rhythm else "",
            "done": cells.when_text(row, tenant, today)[0] if not is_open else "",
            "done_by": row.done_by.name if row.done_by else "",
        },
        "why": reasons.why(row, tenant, today, linked=linked),
        "back_text": reasons.back_text(row),
        "is_open": is_open,
        "is_snoozed": is_snoozed(row, today),
        "in_pool": waiting,
        "snoozes": cells.snooze_choices(account.renews_on if account else None, tenant) if may_edit and is_open else [],
        "comments": cells.comment_rows(comments),
        "people": people,
        "may_edit": may_edit,
        "urls": {
            "self": reverse("task", args=args),
            "done": reverse("task_done", args=args),
            "reopen": reverse("task_reopen", args=args),
            "cancel": reverse("task_cancel", args=args),
            "snooze": reverse("task_snooze", args=args),
            "assign": reverse("task_assign", args=args),
            "take": reverse("task_take", args=args),
            "check": reverse("task_check", args=args),
            "comment": reverse("task_comment", args=args),
            "edit": reverse("task_edit", args=args),
            "log": reverse("activity_new", args=[slug, account.id]) if account and linked and may_edit else "",
        },
    }


@requires(Permission.VIEW_ACCOUNTS)
def task(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """A page of its own, the pane beside a list, or the drawer."""
    found = pane(request, task_id)
    if not found:
        raise Http404
    return page(request, "journey/task.html", found | {"here": request.path}, pieces=PIECES)


@requires(Permission.EDIT_ACCOUNTS)
def task_new(request: TenantRequest) -> HttpResponse:
    """A new task, perhaps of an account or in answer to an alert (`account`, `alert` in the address)."""
    asked = request.POST if request.method == "POST" else request.GET
    alert = _alert(request, asked.get("alert", ""))
    account = alert.account if alert else _account(request, asked.get("account", ""))
    accounts = [] if account else _offered(request.member)
    form = TaskForm(
        posted(request),
        account=account,
        accounts=accounts,
        people=_people(account),
        initial=_beginning(request, alert),
    )
    if form.is_bound and form.is_valid():
        values = form.cleaned_data
        about = account or next((one for one in accounts if str(one.id) == values.get("account_id")), None)
        try:
            row = services.add_task(
                **form.values(),
                **_owner(values["owner"], _people(about)),
                by=request.member,
                account=about,
                alert=alert,
                external_id=f"task-{values['token']}" if values["token"] else "",
            )
        except DomainError as error:
            refuse(form, error)
        else:
            if not visible_tasks(request.member).filter(id=row.id).exists():
                raise Http404  # the token of somebody else's
            return answered(request, row, _("“%(task)s” is there.") % {"task": row.title})
    return _form_page(request, form, account=account, title=_("New task"), alert=alert)


@requires(Permission.EDIT_ACCOUNTS)
def task_edit(request: TenantRequest, task_id: UUID) -> HttpResponse:
    """Change a task; 409 when somebody else did so meanwhile."""
    row = task_of(request, task_id)
    people = _people(row.account)
    if row.owner is not None and row.owner not in people:
        people.append(row.owner)
    form = TaskForm(
        posted(request), task=row, account=row.account, people=people,
        accounts=[] if row.account else _offered(request.member),
    )  # fmt: skip
    if form.is_bound and form.is_valid():
        values = form.values()
        if chosen := form.cleaned_data.get("account_id"):
            values["account"] = next(one for one in _offered(request.member) if str(one.id) == chosen)
        values |= _owner(form.cleaned_data["owner"], people)
        try:
            saved = services.edit_task(task=row, values=values, version=form.cleaned_data["version"], by=request.member)
        except Conflict:
            raise
        except DomainError as error:
            refuse(form, error)
        else:
            return answered(request, saved, _("Saved."))
    return _form_page(request, form, account=row.account, title=_("Change task"))


def _form_page(request: TenantRequest, form: TaskForm, **context: Any) -> HttpResponse:
    return form_page(request, form, template="journey/task_form.html", back=back_of(request), **context)


def _owner(text: str, people: list[Member]) -> dict[str, Any]:
    """The owner as the service takes it: a member, the pool, or nothing said."""
    if text == POOL:
        return {"owner": None}
    found = next((one for one in people if str(one.id) == text), None)
    return {"owner": found} if found else {}


def _people(account: Account | None) -> list[Member]:
    return list(who_sees(account).order_by("name"))


def _offered(member: Member) -> list[Account]:
    """The accounts that the member looks after, or else sees."""
    seen = Account.objects.visible_to(member)
    mine = seen.filter(owner=member)
    return list((mine if mine.exists() else seen).order_by("name_key", "id")[:OFFERED])


def _account(request: TenantRequest, text: str) -> Account | None:
    key = uuid_of(text)
    if key is None:
        return None
    found = Account.objects.visible_to(request.member).filter(id=key).select_related("owner").first()
    if found is None:
        raise Http404
    return found


def _alert(request: TenantRequest, text: str) -> Alert | None:
    key = uuid_of(text)
    if key is None:
        return None
    found = visible_alerts(request.member).filter(id=key).select_related("account__owner").first()
    if found is None:
        raise Http404
    return found


def _beginning(request: TenantRequest, alert: Alert | None) -> dict[str, Any]:
    """What a new task says at first: due today; from an alert its answer, or what its rule asks for."""
    found: dict[str, Any] = {"due_on": request.tenant.today(), "work": WorkType.COORDINATION, "urgency": Urgency.NORMAL}
    if alert is None:
        return found
    rule = RULES.get(alert.rule)
    title = alert.answer or (str(rule.play) if rule else "")
    found |= {"alert": alert.id, "title": title[:200], "work": WorkType.HEALTH}
    if alert.due_on and alert.due_on >= request.tenant.today():
        found["due_on"] = alert.due_on
    if alert.level == AlertLevel.CRITICAL:
        found["urgency"] = Urgency.HIGH
    return found
