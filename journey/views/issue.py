"""One issue: its customers, how it is answered, who knows; the forms that write it; and the card of an account (ACC-14)."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import audit_trail
from accounts.account_frame import account_frame, open_account
from accounts.models import Account, Member, Tenant
from accounts.views.forms import answer_form, posted, saved
from cs_platform.kernel.access import Permission, Scope, TenantRequest, may, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.models import AuditEntry
from journey.issues import cells, selectors, services
from journey.issues.forms import AnswerForm, IssueForm, LinkForm, MergeForm
from journey.models import Issue, IssueAccount
from journey.views.tasks import seen_accounts
from journey.work import cells as work_cells
from journey.work.selectors import listed, with_day
from journey.work.sharing import visible_tasks

TASKS = 50
CARD = 6  # issues on the overview of an account


@requires(Permission.VIEW_ACCOUNTS)
def issue(request: TenantRequest, issue_id: UUID) -> HttpResponse:
    """Where it stands, whose it is and what it is worth, what was promised, who knows, what was done."""
    row, tenant = selectors.issue_of(issue_id), request.tenant
    today, slug = tenant.today(), tenant.slug
    people = selectors.customers_of(row, request.member)
    tasks = list(
        listed(with_day(visible_tasks(request.member).filter(issue=row))).order_by("state", "day", "id")[:TASKS]
    )
    seen = seen_accounts(request.member, tasks)
    entries = selectors.history_of(
        row, selectors.seen_of(people.seen), everything=request.member.role.scope == Scope.ALL
    )
    may_edit = may(request, Permission.EDIT_ACCOUNTS)
    context = {
        "issue": row,
        "state": cells.state_of(row.state),
        "steps": cells.steps(row),
        "moves": cells.moves(row, slug) if may_edit else [],
        "facts": cells.facts(row, today),
        "worth": cells.worth_text(people, tenant.currency),
        "customers": [cells.customer_row(each, row, tenant, today) for each in people.seen],
        "others": cells.others_text(people, tenant.currency),
        "untold": cells.untold_text(people.untold) if people.untold and not row.is_open else "",
        "tasks": [work_cells.task_row(task, tenant, today, seen) for task in tasks],
        "lines": _history(row, entries, tenant),
        "merged": list(row.merged.order_by("reported_on", "id")),
        "may_edit": may_edit,
        "here": request.path,
    }
    return page(request, "journey/issue.html", context)


def _history(row: Issue, entries: list[AuditEntry], tenant: Tenant) -> list[audit_trail.Line]:
    """What was done, with the customer it was about; of the issue itself the page says the name."""
    names: dict[Any, str] = dict(row.accounts.values_list("id", "account__name"))
    lines = audit_trail.read(entries, tenant)
    return [replace(line, subject=names.get(entry.row_id, "")) for entry, line in zip(entries, lines, strict=True)]


def _issue_url(request: TenantRequest, row: Issue) -> str:
    return reverse("issue", args=[request.tenant.slug, row.id])


def _look(request: TenantRequest, row: Issue, title: str, **more: Any) -> dict[str, Any]:
    """How a form of the issue is headed, and where it leads back to."""
    return {"title": title, "back_url": _issue_url(request, row), "back_label": row.title, **more}


def _people() -> list[Member]:
    return list(Member.objects.filter(is_active=True).order_by("name", "id"))


@requires(Permission.EDIT_ACCOUNTS)
def issue_new(request: TenantRequest) -> HttpResponse:
    """A new issue, perhaps of a customer (`account` in the address). The same form sent twice makes one."""
    wished = uuid_of(request.GET.get("account", ""))
    account = open_account(request, wished) if wished else None
    form = IssueForm(
        posted(request),
        people=_people(),
        account=account,
        accounts=[] if account else selectors.offered_accounts(Issue(), request.member),
        initial={
            "reported_on": request.tenant.today(),
            "owner": str(request.member.id),
            "account": str(account.id) if account else "",
        },
    )
    home = reverse("account" if account else "issues", args=[request.tenant.slug, *([account.id] if account else [])])
    look = {
        "title": _("New issue"),
        "text": _(
            "What is missing, for whom, and who has to answer it. Others with the same issue are linked to it later."
        ),
        "submit": _("Write into the log"),
        "action": request.get_full_path(),
        "back_url": home,
        "back_label": account.name if account else _("Issues"),
    }

    def act(values: dict[str, Any]) -> Issue:
        with transaction.atomic():
            row = services.report_issue(**form.values(), by=request.member, external_id=f"issue-{values['token']}")
            if form.customer is not None:
                words = {name: values[name] for name in ("weight", "note")}
                services.link_account(
                    issue=row, account=form.customer, since=row.reported_on, by=request.member, **words
                )
        return row

    def said(row: Issue) -> str:
        return _("“%(title)s” is in the log.") % {"title": row.title}

    return answer_form(request, form, act, said, look, to=lambda row: _issue_url(request, row))


@requires(Permission.EDIT_ACCOUNTS)
def issue_edit(request: TenantRequest, issue_id: UUID) -> HttpResponse:
    """Change what is written of an issue; 409 with both when somebody else did so meanwhile."""
    row = selectors.issue_of(issue_id)
    form = IssueForm(posted(request), people=_people(), issue=row)
    look = _look(request, row, _("Edit issue"), submit=_("Save issue"))

    def act(values: dict[str, Any]) -> None:
        services.change_issue(issue=row, values=form.values(), version=values["version"] or 0, by=request.member)

    def theirs() -> dict[str, Any]:
        return IssueForm.values_of(selectors.issue_of(row.id))

    return answer_form(request, form, act, _("Saved."), look, theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
def issue_answer(request: TenantRequest, issue_id: UUID) -> HttpResponse:
    """How the other team answers; `state` in the address is the move that was pressed."""
    row = selectors.issue_of(issue_id)
    form = AnswerForm(posted(request), issue=row, state=request.GET.get("state", ""))
    text = _("Shipped or declined, there is a task for the owner of each customer to tell them.") if row.is_open else ""
    look = _look(request, row, _("Where it stands"), submit=_("Save answer"), text=text)

    def act(values: dict[str, Any]) -> None:
        services.answer_issue(
            issue=row,
            state=values["state"],
            answer=values["answer"],
            promised_on=values["promised_on"],
            version=values["version"] or 0,
            by=request.member,
        )

    def theirs() -> dict[str, Any]:
        return AnswerForm.values_of(selectors.issue_of(row.id))

    return answer_form(request, form, act, _("Saved."), look, theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
def issue_merge(request: TenantRequest, issue_id: UUID) -> HttpResponse:
    """It says the same as another one: its customers go there."""
    row = selectors.issue_of(issue_id)
    offered = list(selectors.offered_issues(leave_out=[row.id]))
    form = MergeForm(posted(request), issues=offered, version=row.version)
    look = _look(request, row, _("Says the same as another one"), submit=_("Put together"))
    look["text"] = _("Its customers count there from then on. This one ends with a reference and keeps its history.")

    def act(values: dict[str, Any]) -> Issue:
        into = form.issues[values["into"]]
        services.merge_issues(issue=row, into=into, version=values["version"] or 0, by=request.member)
        return into

    def said(into: Issue) -> str:
        return _("Put together with “%(title)s”.") % {"title": into.title}

    return answer_form(request, form, act, said, look, to=lambda into: _issue_url(request, into))


@requires(Permission.EDIT_ACCOUNTS)
def issue_link(request: TenantRequest, issue_id: UUID) -> HttpResponse:
    """A further customer has it."""
    row = selectors.issue_of(issue_id)
    offered = selectors.offered_accounts(row, request.member)
    if not offered:
        messages.info(request, _("All accounts that you see have this issue already."))
        return redirect(_issue_url(request, row))
    form = LinkForm(posted(request), accounts=offered, initial={"since": request.tenant.today()})
    look = _look(request, row, _("Who else has it"), submit=_("Link account"))

    def act(values: dict[str, Any]) -> Account:
        account = form.accounts[values["account"]]
        services.link_account(issue=row, account=account, by=request.member, **form.values())
        return account

    return answer_form(request, form, act, lambda account: _("%(name)s is linked.") % {"name": account.name}, look)


def _link(request: TenantRequest, issue_id: UUID, account_id: UUID) -> tuple[Issue, Account, IssueAccount]:
    """The issue, the customer that the reader sees, and what is said of them; 404 without one."""
    row, account = selectors.issue_of(issue_id), open_account(request, account_id)
    return row, account, selectors.link_of(row, account)


@requires(Permission.EDIT_ACCOUNTS)
def issue_account(request: TenantRequest, issue_id: UUID, account_id: UUID) -> HttpResponse:
    """What it means to this customer, and in whose words."""
    row, account, link = _link(request, issue_id, account_id)
    form = LinkForm(posted(request), account=account, link=link)
    look = _look(request, row, account.name, submit=_("Save"))
    look["delete_url"] = reverse("issue_unlink", args=[request.tenant.slug, row.id, account.id])
    look["delete_label"] = _("They do not have it")

    def act(_values: dict[str, Any]) -> None:
        services.link_account(issue=row, account=account, by=request.member, **form.values())

    return answer_form(request, form, act, _("Saved."), look)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def issue_unlink(request: TenantRequest, issue_id: UUID, account_id: UUID) -> HttpResponse:
    """The customer does not have it after all."""
    row, account, link = _link(request, issue_id, account_id)
    services.unlink(link=link, by=request.member)
    return saved(request, _("%(name)s is not linked any more.") % {"name": account.name}, _issue_url(request, row))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def issue_told(request: TenantRequest, issue_id: UUID, account_id: UUID) -> HttpResponse:
    """The customer knows how it was answered."""
    row, account, link = _link(request, issue_id, account_id)
    try:
        services.mark_told(link=link, by=request.member)
        messages.success(request, _("%(name)s knows.") % {"name": account.name})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(_issue_url(request, row))


@requires(Permission.VIEW_ACCOUNTS)
def account_issues(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """What this customer misses: the card of the overview, or a page with all of it."""
    account, tenant = open_account(request, account_id), request.tenant
    rows = cells.card_rows(selectors.of_account(account), tenant, tenant.today())
    card = bool(request.htmx)
    context = account_frame(request, account, "issues") | {
        "rows": rows[:CARD] if card else rows,
        "more": card and len(rows) > CARD,
    }
    return page(request, "journey/account_issues.html", context, pieces=("account-issues",))


@requires(Permission.EDIT_ACCOUNTS)
def account_issue_link(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """This customer has an issue that is in the log already."""
    account = open_account(request, account_id)
    known = selectors.of_account(account).values_list("issue_id", flat=True)
    offered = list(selectors.offered_issues(leave_out=list(known)))
    back = reverse("account", args=[request.tenant.slug, account.id])
    if not offered:
        messages.info(request, _("There is no other open issue in the log: write a new one."))
        return redirect(back)
    form = LinkForm(posted(request), issues=offered, account=account, initial={"since": request.tenant.today()})
    look = {
        "title": _("They have this issue too"),
        "submit": _("Link issue"),
        "back_url": back,
        "back_label": account.name,
    }

    def act(values: dict[str, Any]) -> Issue:
        row = form.issues[values["issue"]]
        services.link_account(issue=row, account=account, by=request.member, **form.values())
        return row

    text = _("%(name)s is linked.") % {"name": account.name}
    return answer_form(request, form, act, text, look, to=lambda row: _issue_url(request, row))
