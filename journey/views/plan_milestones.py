"""What people do to milestones on the plan tab (JRN-11, VAL-02)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.account_frame import open_account
from accounts.models import Account
from accounts.views.forms import answer_form, posted
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.errors import DomainError
from journey.models import Milestone, Plan, StagePeriod
from journey.plans import selectors, services
from journey.plans.forms import BlockForm, MilestoneForm
from journey.stages import measures
from journey.views.plan import look_of, plan_url
from journey.work import milestones


@requires(Permission.EDIT_ACCOUNTS)
def milestone_new(request: TenantRequest, account_id: UUID, agreed_plan_id: UUID) -> HttpResponse:
    """A further milestone."""
    account = open_account(request, account_id)
    return _milestone(request, account, selectors.plan_of(account, agreed_plan_id), None)


@requires(Permission.EDIT_ACCOUNTS)
def milestone_edit(request: TenantRequest, account_id: UUID, milestone_id: UUID) -> HttpResponse:
    """Change a milestone, its place and what it waits for; 409 with both when somebody else did so meanwhile."""
    account = open_account(request, account_id)
    milestone = selectors.milestone_of(account, milestone_id)
    return _milestone(request, account, selectors.plan_of(account, milestone.plan_id), milestone)


def _milestone(request: TenantRequest, account: Account, plan: Plan, milestone: Milestone | None) -> HttpResponse:
    form = MilestoneForm(posted(request), plan=plan, milestone=milestone, criteria=_asked(plan))
    title = _("Edit %(name)s") % {"name": milestone.name} if milestone else _("New milestone")
    look = look_of(request, account, title, submit=_("Save milestone"))
    if milestone:
        look["delete_url"] = reverse("milestone_remove", args=[request.tenant.slug, account.id, milestone.id])
        look["delete_label"] = _("Remove from the plan")

    def act(values: dict[str, Any]) -> Milestone:
        return services.set_milestone(
            plan=plan,
            milestone=milestone,
            values=form.values(),
            needs=form.waits_for(),
            position=values.get("position"),
            version=(values["version"] or 0) if milestone else None,
            by=request.member,
        )

    def theirs() -> dict[str, Any] | None:
        fresh = selectors.plan_of(account, plan.id)
        if milestone is None or all(row.id != milestone.id for row in fresh.milestones.all()):
            return None
        return MilestoneForm.values_of(fresh, milestone)

    return answer_form(
        request, form, act, lambda row: _("%(name)s is saved.") % {"name": row.name}, look, theirs=theirs
    )


def _asked(plan: Plan) -> list[tuple[str, Any]]:
    """The criteria of the plan's track that a milestone may show: those that are open to a word."""
    if plan.track_id is None:
        return []
    periods = list(StagePeriod.objects.select_related("track__account").filter(track=plan.track_id, exited_on=None))
    states = (state for found in measures.standing(periods).values() for state in found)
    return [(state.key, state.criterion.label) for state in states if state.open_to_word]


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def milestone_done(request: TenantRequest, account_id: UUID, milestone_id: UUID) -> HttpResponse:
    """It is done, or with `undo` not after all."""
    account = open_account(request, account_id)
    milestone = selectors.milestone_of(account, milestone_id)
    verb = services.reopen_milestone if "undo" in request.POST else services.finish_milestone
    words = _("%(name)s is open again.") if "undo" in request.POST else _("%(name)s is done.")
    try:
        row = verb(milestone=milestone, version=version_of(request) or 0, by=request.member)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        milestones.settle(row.plan)
        messages.success(request, words % {"name": row.name})
    return redirect(plan_url(request, account))


@requires(Permission.EDIT_ACCOUNTS)
def milestone_block(request: TenantRequest, account_id: UUID, milestone_id: UUID) -> HttpResponse:
    """What holds it up (JRN-11)."""
    account = open_account(request, account_id)
    milestone = selectors.milestone_of(account, milestone_id)
    form = BlockForm(posted(request), milestone=milestone)
    look = look_of(request, account, _("What holds it up: %(name)s") % {"name": milestone.name}, submit=_("Save"))

    def act(values: dict[str, Any]) -> None:
        services.block_milestone(
            milestone=milestone, blocker=values["blocker"], note=values["note"], version=values["version"] or 0,
            by=request.member,
        )  # fmt: skip

    return answer_form(request, form, act, _("%(name)s is saved.") % {"name": milestone.name}, look)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def milestone_remove(request: TenantRequest, account_id: UUID, milestone_id: UUID) -> HttpResponse:
    """Take it out of the plan."""
    account = open_account(request, account_id)
    milestone = selectors.milestone_of(account, milestone_id)
    try:
        services.remove_milestone(milestone=milestone, version=None, by=request.member)
        messages.success(request, _("%(name)s is removed.") % {"name": milestone.name})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(plan_url(request, account))
