"""Account → Plan: what was agreed, by when, who sees to it on both sides; and what it was worth (JRN-07, JRN-12, VAL-01 to
VAL-03)."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.account_frame import account_frame, open_account
from accounts.models import Account
from accounts.views.forms import answer_form, posted
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import money_text
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import day_text, number_text
from health.outcomes import cells as goal_cells
from health.outcomes.progress import Standing
from health.outcomes.selectors import criteria, value_of
from journey.enums import PlanState
from journey.models import Plan
from journey.plans import cells, files, selectors, services, templates
from journey.plans.forms import PlanEditForm, PlanForm
from journey.work import milestones


@requires(Permission.VIEW_ACCOUNTS)
def account_plan(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """The plans with their milestones on a line of days, success criteria beside them, stories of value."""
    account, today = open_account(request, account_id), request.tenant.today()
    plans = selectors.plans_of(account)
    goals = criteria(account, today)
    rows = goal_cells.rows(goals, request.tenant, account, today)
    links = cells.link_rows(selectors.links_of(account), request.tenant)
    context = account_frame(request, account, "plan") | {
        "slug": request.tenant.slug,
        "plans": [cells.plan_card(plan, today) for plan in plans],
        "goals": [row for row in rows if not row["dropped"]],
        "goals_meta": goal_cells.meta(goals) if goals else "",
        "stories": [row for row in rows if row["story"]],
        "links": links,
        "links_meta": _links_meta(links),
    }
    return page(request, "journey/account_plan.html", context)


@requires(Permission.VIEW_ACCOUNTS)
def plans_csv(request: TenantRequest) -> HttpResponse:
    """The plans of all accounts that the reader sees, as a file."""
    seen = Account.objects.visible_to(request.member)
    return csv_file(f"plans-{request.tenant.slug}.csv", files.HEAD, files.rows(seen, request.tenant.today()))


def _links_meta(links: list[dict[str, Any]]) -> str:
    live = sum(link["live"] for link in links)
    return ngettext("%(n)s works", "%(n)s work", live) % {"n": number_text(live)}


def plan_url(request: TenantRequest, account: Account) -> str:
    return reverse("account_plan", args=[request.tenant.slug, account.id])


def look_of(request: TenantRequest, account: Account, title: str, **more: Any) -> dict[str, Any]:
    """How a form of the plan is headed, and where it leads back to."""
    return {"title": title, "back_url": plan_url(request, account), "back_label": account.name, **more}


@requires(Permission.EDIT_ACCOUNTS)
def plan_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """A plan from a template. The same form sent twice makes one."""
    account, today = open_account(request, account_id), request.tenant.today()
    offered = templates.offered(account.segment)
    form = PlanForm(
        posted(request),
        account=account,
        templates=offered,
        by=request.member,
        initial={"token": uuid4().hex[:20], "starts_on": account.signed_on or today, "template": offered[0].key},
    )
    look = look_of(request, account, _("New plan"), submit=_("Make plan"))
    look["text"] = _("Its milestones come from the template; each can be changed afterwards.")

    def act(_values: dict[str, Any]) -> Plan:
        values = form.values()
        template = templates.find(values.pop("template"))
        key = f"plan-{values.pop('token')}"
        return services.make_plan(account=account, template=template, by=request.member, external_id=key, **values)

    return answer_form(request, form, act, lambda plan: _("%(name)s is made.") % {"name": plan.name}, look)


@requires(Permission.EDIT_ACCOUNTS)
def plan_edit(request: TenantRequest, account_id: UUID, agreed_plan_id: UUID) -> HttpResponse:
    """Change what is written of a plan; 409 with both when somebody else did so meanwhile."""
    account = open_account(request, account_id)
    plan = selectors.plan_of(account, agreed_plan_id)
    form = PlanEditForm(posted(request), plan=plan)
    look = look_of(request, account, _("Edit %(name)s") % {"name": plan.name}, submit=_("Save plan"))

    def act(values: dict[str, Any]) -> None:
        services.edit_plan(plan=plan, values=form.values(), version=values["version"] or 0, by=request.member)

    text = _("%(name)s is saved.") % {"name": plan.name}
    return answer_form(request, form, act, text, look, theirs=lambda: PlanEditForm.values_of(plan))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def plan_end(request: TenantRequest, account_id: UUID, agreed_plan_id: UUID) -> HttpResponse:
    """The plan is done, dropped, or goes on (`state`)."""
    account = open_account(request, account_id)
    plan = selectors.plan_of(account, agreed_plan_id)
    try:
        plan = services.end_plan(
            plan=plan, state=request.POST.get("state", ""), version=version_of(request) or 0, by=request.member
        )
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(plan_url(request, account))
    milestones.settle(plan)
    words = {
        PlanState.DONE: _("%(name)s is done."),
        PlanState.DROPPED: _("%(name)s is dropped."),
        PlanState.ACTIVE: _("%(name)s goes on."),
    }
    messages.success(request, words[PlanState(plan.state)] % {"name": plan.name})
    return redirect(plan_url(request, account))


@requires(Permission.VIEW_ACCOUNTS)
def account_value(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Return on investment, for a renewal and for paper (VAL-03): what each confirmed criterion is worth a year, their
    sum, and what the account pays."""
    account, today = open_account(request, account_id), request.tenant.today()
    goals = criteria(account, today)
    confirmed = [one for one in goals if one.progress.standing == Standing.CONFIRMED]
    value = value_of(account, goals)
    currency = request.tenant.currency
    rows = goal_cells.rows(confirmed, request.tenant, account, today)
    for row, one in zip(rows, confirmed, strict=True):
        row["latest"] = goal_cells.value_text(one.latest.value if one.latest else None, one.outcome.unit)
    times = number_text(value.times, 2) if value.times is not None else "–"
    context = account_frame(request, account, "plan") | {
        "rows": rows,
        "open": len([one for one in goals if one.progress.standing not in (Standing.CONFIRMED, Standing.DROPPED)]),
        "sum": money_text(value.confirmed, currency),
        "arr": money_text(value.acv, currency),
        "times": times,
        "as_of": day_text(today),
        "renews": day_text(account.renews_on) if account.renews_on else "",
        "tiles": [
            {"label": _("Confirmed value"), "value": money_text(value.confirmed, currency), "unit": _("a year")},
            {"label": _("ARR"), "value": money_text(value.acv, currency)},
            {
                "label": _("Return on investment"),
                "value": times,
                "unit": _("times what is paid") if value.times is not None else "",
                "foot": "" if value.times is not None else _("the account pays nothing now"),
                "definition": {
                    "id": "roi",
                    "term": _("Return on investment"),
                    "formula": _("sum of the yearly value of confirmed criteria ÷ ARR (12 × MRR)"),
                    "period": _("As of %(day)s") % {"day": day_text(today)},
                    "note": _("Only what the customer confirmed counts; one without a value counts as nothing."),
                },
            },
        ],
    }
    return page(request, "journey/account_value.html", context)
