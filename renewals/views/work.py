"""Forms of one renewal: where it stands, terms and approvals, calls, objections, who decides, steps, save plays. Each is
refused at the field that is wrong; somebody else's change in between is shown beside one's own (409)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Contact
from accounts.views.forms import answer_form, posted, saved
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.errors import DomainError
from renewals import selectors, services
from renewals.cells import tab_url
from renewals.enums import Caller, SaveState, Step
from renewals.forms import (
    REASONS,
    AnswerForm,
    CallForm,
    ObjectionForm,
    ReviewsForm,
    SaveForm,
    StakeholderForm,
    StandForm,
    StepForm,
    TermsForm,
)
from renewals.lifecycle import REVIEWS
from renewals.models import Objection, Renewal, RenewalStep, SavePlay, Stakeholder


def _answered(
    request: TenantRequest,
    one: Renewal,
    form: Form,
    act: Callable[[dict[str, Any], int], Any],
    theirs: Callable[[], dict[str, Any]] | None = None,
    *,
    done: str = "",
    **look: Any,
) -> HttpResponse:
    """Show the form, or do what it says in one transaction: `act(values, version)`; `theirs` stands there after a conflict."""

    def do(values: dict[str, Any]) -> None:
        with transaction.atomic():
            act(values, values.get("version") or 0)

    look |= {"back_url": tab_url(one, request.tenant.slug), "back_label": one.account.name}
    return answer_form(request, form, do, done or _("Saved."), look, theirs=theirs)


def _fresh(one: Renewal) -> Renewal:
    return Renewal.objects.get(id=one.id)


@requires(Permission.EDIT_ACCOUNTS)
def stand(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """How far it is, what they intend, what happens next."""
    one = selectors.renewal_of(request.member, renewal_id)
    form = StandForm(posted(request), renewal=one)

    def act(values: dict[str, Any], version: int) -> None:
        # the first verb asks for the version and holds the row; what follows is the same person's, in one transaction
        services.set_intent(
            renewal=one,
            intent=values["intent"],
            likely_reason=values["likely_reason"],
            version=version,
            by=request.member,
        )
        services.set_next_step(
            renewal=one, text=values["next_step"], until=values["next_step_on"], version=None, by=request.member
        )
        services.set_phase(renewal=one, phase=values["phase"], version=None, by=request.member)

    return _answered(
        request, one, form, act, lambda: StandForm.values_of(_fresh(one)), title=_("Where it stands"), submit=_("Save")
    )


@requires(Permission.EDIT_ACCOUNTS)
def terms(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """What is offered and what they ask for."""
    one = selectors.renewal_of(request.member, renewal_id)
    form = TermsForm(posted(request), renewal=one)

    def act(values: dict[str, Any], version: int) -> None:
        services.set_terms(renewal=one, values=form.values(), version=version, by=request.member)

    return _answered(
        request, one, form, act, lambda: TermsForm.values_of(_fresh(one)), title=_("Terms"), submit=_("Save terms")
    )


@requires(Permission.EDIT_ACCOUNTS)
def reviews(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """Where approval, legal and procurement stand."""
    one = selectors.renewal_of(request.member, renewal_id)
    form = ReviewsForm(posted(request), renewal=one, may_approve=may(request, Permission.VIEW_WEEK))

    def act(values: dict[str, Any], version: int) -> None:
        seen: int | None = version
        for name in REVIEWS:
            services.set_review(renewal=one, review=name, state=values[name], version=seen, by=request.member)
            seen = None  # held by the first of them

    return _answered(
        request, one, form, act, lambda: ReviewsForm.values_of(_fresh(one)), title=_("Approvals"), submit=_("Save")
    )


@requires(Permission.EDIT_ACCOUNTS)
def call(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """Change my call: a CSM's, or the leader's for who reads the week. It stands beside the others and is kept for good."""
    one = selectors.renewal_of(request.member, renewal_id)
    callers = [Caller.LEADER, Caller.CSM] if may(request, Permission.VIEW_WEEK) else [Caller.CSM]
    mine = _my_caller(request, one, callers)
    latest = selectors.latest_calls([one.id]).get(one.id, {}).get(mine)
    initial: dict[str, Any] = {"caller": mine, "probability": latest.probability if latest else None}
    for place, reason in enumerate((latest.reasons if latest else [])[:REASONS], 1):
        initial |= {f"sign_{place}": reason.get("sign", "="), f"text_{place}": reason.get("text", "")}
    form = CallForm(posted(request), renewal=one, callers=callers, initial=initial)

    def act(values: dict[str, Any], version: int) -> None:
        services.call_renewal(
            renewal=one, caller=values["caller"], probability=values["probability"], reasons=form.reasons(),
            version=version, by=request.member,
        )  # fmt: skip

    def theirs() -> dict[str, Any]:
        now = selectors.latest_calls([one.id]).get(one.id, {}).get(form.cleaned_data["caller"])
        return {
            "version": _fresh(one).version,
            "caller": form.cleaned_data["caller"],
            "probability": now.probability if now else None,
        } | {
            f"{name}_{place}": reason.get(name, "")
            for place, reason in enumerate((now.reasons if now else [])[:REASONS], 1)
            for name in ("sign", "text")
        }

    return _answered(
        request, one, form, act, theirs, done=_("Your call stands."), title=_("Change my call"), submit=_("Call it"),
        text=_("The chance that this customer stays, and why. The call before is kept: each week's is scored when it closes."),
    )  # fmt: skip


def _my_caller(request: TenantRequest, one: Renewal, callers: list[Caller]) -> Caller:
    """Who calls here: the owner of the account calls as its CSM, also one who leads."""
    return Caller.CSM if one.account.owner_id == request.member.id else callers[0]


@requires(Permission.EDIT_ACCOUNTS)
def objection_new(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """What speaks against it, in their words."""
    one = selectors.renewal_of(request.member, renewal_id)
    form = ObjectionForm(posted(request), people=_people(one), initial={"raised_on": request.tenant.today()})

    def act(values: dict[str, Any], version: int) -> None:
        services.add_objection(renewal=one, by=request.member, **form.values())

    return _answered(request, one, form, act, title=_("Add objection"), submit=_("Add objection"))


@requires(Permission.EDIT_ACCOUNTS)
def objection(request: TenantRequest, objection_id: UUID) -> HttpResponse:
    """What we answer."""
    row = get_object_or_404(
        Objection.objects.select_related("renewal__account"),
        id=objection_id,
        renewal__in=selectors.visible(request.member),
    )
    form = AnswerForm(posted(request), objection=row)

    def act(values: dict[str, Any], version: int) -> None:
        services.answer_objection(objection=row, answer=values["answer"], version=version, by=request.member)

    return _answered(
        request, row.renewal, form, act, lambda: AnswerForm.values_of(Objection.objects.get(id=row.id)),
        title=_("Answer an objection"), text=f"“{row.text}”", submit=_("Save answer"),
    )  # fmt: skip


def _people(one: Renewal) -> list[Contact]:
    """Who is there at the account."""
    return list(Contact.objects.filter(account=one.account_id, left_on=None).order_by("name", "id")[:300])


@requires(Permission.EDIT_ACCOUNTS)
def person_new(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """Somebody has a part in this decision."""
    one = selectors.renewal_of(request.member, renewal_id)
    named = set(one.stakeholders.values_list("contact_id", flat=True))
    offered = [person for person in _people(one) if person.id not in named]
    if not offered:
        messages.info(request, _("Everybody we know there is named already. Add people to the account first."))
        return redirect(tab_url(one, request.tenant.slug))
    form = StakeholderForm(posted(request), people=offered)

    def act(values: dict[str, Any], version: int) -> None:
        services.set_stakeholder(
            renewal=one, contact=form.people[values["contact"]], part=values["part"], stance=values["stance"],
            note=values["note"], version=version, by=request.member,
        )  # fmt: skip

    def theirs() -> dict[str, Any]:
        found = Stakeholder.objects.get(renewal=one, contact=form.cleaned_data["contact"])
        return StakeholderForm.values_of(found)

    return _answered(request, one, form, act, theirs, title=_("Who decides"), submit=_("Add person"))


@requires(Permission.EDIT_ACCOUNTS)
def person(request: TenantRequest, stakeholder_id: UUID) -> HttpResponse:
    """A person's part and stance."""
    row = _stakeholder(request, stakeholder_id)
    form = StakeholderForm(posted(request), stakeholder=row)

    def act(values: dict[str, Any], version: int) -> None:
        services.set_stakeholder(
            renewal=row.renewal, contact=row.contact, part=values["part"], stance=values["stance"],
            note=values["note"], version=version, by=request.member,
        )  # fmt: skip

    return _answered(
        request, row.renewal, form, act, lambda: StakeholderForm.values_of(Stakeholder.objects.get(id=row.id)),
        title=row.contact.name, submit=_("Save"), delete_label=_("Has no part in it"),
        delete_url=reverse("renewal_person_remove", args=[request.tenant.slug, row.id]),
    )  # fmt: skip


def _stakeholder(request: TenantRequest, stakeholder_id: UUID) -> Stakeholder:
    return get_object_or_404(
        Stakeholder.objects.select_related("renewal__account", "contact"),
        id=stakeholder_id,
        renewal__in=selectors.visible(request.member),
    )


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def person_remove(request: TenantRequest, stakeholder_id: UUID) -> HttpResponse:
    """The person has no part in it after all."""
    row = _stakeholder(request, stakeholder_id)
    services.remove_stakeholder(stakeholder=row, version=None, by=request.member)
    return saved(request, _("Saved."), tab_url(row.renewal, request.tenant.slug))


def _step(request: TenantRequest, renewal_step_id: UUID) -> RenewalStep:
    return get_object_or_404(
        RenewalStep.objects.select_related("renewal__account"),
        id=renewal_step_id,
        renewal__in=selectors.visible(request.member),
    )


@requires(Permission.EDIT_ACCOUNTS)
def step_done(request: TenantRequest, renewal_step_id: UUID) -> HttpResponse:
    """A step is done; so is its task."""
    row = _step(request, renewal_step_id)
    form = StepForm(posted(request), step=row, initial={"on": request.tenant.today()})

    def act(values: dict[str, Any], version: int) -> None:
        services.finish_step(step=row, on=values["on"], note=values["note"], version=version, by=request.member)

    return _answered(
        request, row.renewal, form, act, lambda: StepForm.values_of(RenewalStep.objects.get(id=row.id)),
        title=Step(row.step).label, submit=_("Done"),
    )  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def step_reopen(request: TenantRequest, renewal_step_id: UUID) -> HttpResponse:
    """It was not done after all; its task is open again."""
    row = _step(request, renewal_step_id)
    try:
        services.reopen_step(step=row, version=version_of(request), by=request.member)
        messages.success(request, _("“%(step)s” is open again.") % {"step": Step(row.step).label})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(tab_url(row.renewal, request.tenant.slug))


@requires(Permission.EDIT_ACCOUNTS)
def save_open(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """Begin to save the customer: with the days that are left and the money at risk, as they stand today."""
    one = selectors.renewal_of(request.member, renewal_id)
    form = SaveForm(posted(request))

    def act(values: dict[str, Any], version: int) -> None:
        services.open_save(account=one.account, approach=values["approach"], by=request.member)

    return _answered(
        request, one, form, act, done=_("The save play runs."), title=_("Start a save play"),
        submit=_("Start"), text=_("It is decided by what becomes of the customer: saved when it stays, lost when it leaves."),
    )  # fmt: skip


def _save(request: TenantRequest, save_play_id: UUID) -> tuple[SavePlay, Renewal]:
    """The play, and the renewal from whose page it is worked."""
    row = get_object_or_404(SavePlay.objects.select_related("renewal__account", "account"), id=save_play_id)
    one = row.renewal or selectors.open_of(row.account)
    if one is None or not selectors.visible(request.member).filter(id=one.id).exists():
        raise Http404
    return row, one


@requires(Permission.EDIT_ACCOUNTS)
def save(request: TenantRequest, save_play_id: UUID) -> HttpResponse:
    """How the customer is to be saved; or it was opened by mistake."""
    row, one = _save(request, save_play_id)
    form = SaveForm(posted(request), save=row)

    def act(values: dict[str, Any], version: int) -> None:
        services.change_save(save=row, approach=values["approach"], version=version, by=request.member)

    look: dict[str, Any] = {"title": _("Save play"), "submit": _("Save")}
    if row.state == SaveState.RUNNING:
        look |= {
            "delete_url": reverse("renewal_save_end", args=[request.tenant.slug, row.id]),
            "delete_label": _("It was opened by mistake"),
        }
    return _answered(request, one, form, act, lambda: SaveForm.values_of(SavePlay.objects.get(id=row.id)), **look)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def save_end(request: TenantRequest, save_play_id: UUID) -> HttpResponse:
    """It was opened by mistake and counts nowhere."""
    row, one = _save(request, save_play_id)
    try:
        services.end_save(save=row, version=None, by=request.member)
        messages.success(request, _("The save play counts nowhere."))
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(tab_url(one, request.tenant.slug))
