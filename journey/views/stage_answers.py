"""What people do to a journey on its tab: tracks, stages, words on criteria, answers to proposals (JRN-02, JRN-03, JRN-24).

Each verb is one form in the drawer or as a page; what the service refuses stands at its field.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.account_frame import open_account
from accounts.models import Account
from accounts.views.forms import answer_form, posted
from cs_platform.kernel.access import Permission, TenantRequest, requires
from journey.enums import Exit, LinkPurpose, TrackKind
from journey.models import StagePeriod, Track
from journey.plans.forms import LinkForm
from journey.plans.links import make_link
from journey.stages import cells, forms, measures, selectors, services
from journey.stages.map_words import stage_name, track_name
from journey.views.plan_links import link_page


def _track(request: TenantRequest, account_id: UUID, track_id: UUID) -> tuple[Account, Track]:
    account = open_account(request, account_id)
    return account, selectors.track_of(account, track_id)


def _period(request: TenantRequest, account_id: UUID, period_id: UUID) -> tuple[Account, StagePeriod]:
    account = open_account(request, account_id)
    return account, selectors.period_of(account, period_id)


def look_of(
    request: TenantRequest, account: Account, title: str, *, period: StagePeriod | None = None, **more: Any
) -> dict[str, Any]:
    """How the form of a verb is headed, and where it leads back to."""
    url = reverse("account_journey", args=[request.tenant.slug, account.id])
    if period is not None:
        url += f"?track={period.track_id}&stage={period.stage}"
    return {"title": title, "back_url": url, "back_label": account.name, **more}


@requires(Permission.EDIT_ACCOUNTS)
def track_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Begin a track: a department or a use case beside the core one."""
    account = open_account(request, account_id)
    has_core = Track.objects.filter(account=account, kind=TrackKind.CORE).exists()
    form = forms.TrackForm(
        posted(request), account=account, today=request.tenant.today(), track=None, has_core=has_core
    )

    def act(values: dict[str, Any]) -> None:
        services.open_track(
            account=account, kind=values["kind"], name=values["name"], on=values["on"], stage=values["stage"],
            unit=form.chosen_unit(), seats=values["seats"], by=request.member,
        )  # fmt: skip

    look = look_of(request, account, _("New track"), submit=_("Add track"))
    return answer_form(request, form, act, _("The track begins."), look)


@requires(Permission.EDIT_ACCOUNTS)
def track_edit(request: TenantRequest, account_id: UUID, track_id: UUID) -> HttpResponse:
    """Another name, department or number of seats; 409 with both when somebody else changed it meanwhile."""
    account, track = _track(request, account_id, track_id)
    form = forms.TrackForm(
        posted(request), account=track.account, today=request.tenant.today(), track=track, has_core=True
    )

    def act(values: dict[str, Any]) -> None:
        services.change_track(
            track=track, name=values["name"], unit=form.chosen_unit(), seats=values["seats"],
            version=values["version"], by=request.member,
        )  # fmt: skip

    def theirs() -> Mapping[str, Any]:
        return forms.TrackForm.values_of(selectors.track_of(account, track_id))

    look = look_of(request, account, _("Edit %(name)s") % {"name": track_name(track)})
    return answer_form(request, form, act, _("The track is saved."), look, theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
def track_close(request: TenantRequest, account_id: UUID, track_id: UUID) -> HttpResponse:
    """End a track with all its open stages."""
    account, track = _track(request, account_id, track_id)
    form = forms.CloseForm(posted(request), track=track, today=request.tenant.today())
    words = {"name": track_name(track)}
    look = look_of(request, account, _("Close %(name)s") % words, submit=_("Close the track"), danger=True)
    look["text"] = _("Its open stages are given up on that day. What was recorded stays.")

    def act(values: dict[str, Any]) -> None:
        services.close_track(track=track, by=request.member, **values)

    return answer_form(request, form, act, _("%(name)s is closed.") % words, look)


@requires(Permission.EDIT_ACCOUNTS)
def stage_enter(request: TenantRequest, account_id: UUID, track_id: UUID) -> HttpResponse:
    """Open a stage beside those that are open (JRN-02)."""
    account, track = _track(request, account_id, track_id)
    rows = StagePeriod.objects.filter(track=track, exited_on=None)
    open_now = set(rows.values_list("stage", flat=True))
    form = forms.EnterForm(posted(request), track=track, open_now=open_now, today=request.tenant.today())
    look = look_of(
        request, account, _("Open a stage: %(name)s") % {"name": track_name(track)}, submit=_("Open the stage")
    )

    def act(values: dict[str, Any]) -> None:
        services.enter_stage(track=track, by=request.member, **values)

    return answer_form(request, form, act, _("The stage is open."), look)


@requires(Permission.EDIT_ACCOUNTS)
def stage_complete(request: TenantRequest, account_id: UUID, stage_period_id: UUID) -> HttpResponse:
    """Complete a stage: the criteria with their evidence, and a reason where some are not met (JRN-03, JRN-07)."""
    account, period = _period(request, account_id, stage_period_id)
    states = measures.standing([period])[period.id]
    missing = any(not state.met for state in states)
    form = forms.CompleteForm(posted(request), period=period, missing=missing, today=request.tenant.today())
    words = _words(period)
    look = look_of(
        request, account, _("Complete %(stage)s: %(track)s") % words, period=period,
        states=cells.criteria(states), met=cells.met_text(states), submit=_("Complete the stage"),
    )  # fmt: skip

    def act(values: dict[str, Any]) -> None:
        services.end_stage(period=period, outcome=Exit.COMPLETED, by=request.member, **values)

    return answer_form(
        request, form, act, _("%(stage)s is completed.") % words, look, template="journey/stage_form.html"
    )


@requires(Permission.EDIT_ACCOUNTS)
def stage_back(request: TenantRequest, account_id: UUID, stage_period_id: UUID) -> HttpResponse:
    """Go back, with what threw the track back (JRN-24)."""
    account, period = _period(request, account_id, stage_period_id)
    form = forms.BackForm(posted(request), period=period, today=request.tenant.today())
    words = _words(period)
    look = look_of(
        request, account, _("Go back from %(stage)s: %(track)s") % words, period=period, submit=_("Go back"),
        text=_("The stage ends as gone back, the earlier one begins again. What was met there still counts."),
    )  # fmt: skip

    def act(values: dict[str, Any]) -> None:
        services.end_stage(period=period, outcome=Exit.REGRESSED, by=request.member, **values)

    return answer_form(request, form, act, _("%(track)s went back.") % words, look)


@requires(Permission.EDIT_ACCOUNTS)
def stage_leave(request: TenantRequest, account_id: UUID, stage_period_id: UUID) -> HttpResponse:
    """Skip a stage or give it up, with the reason."""
    account, period = _period(request, account_id, stage_period_id)
    form = forms.LeaveForm(posted(request), period=period, today=request.tenant.today())
    words = _words(period)
    look = look_of(request, account, _("End %(stage)s: %(track)s") % words, period=period, submit=_("End the stage"))

    def act(values: dict[str, Any]) -> None:
        services.end_stage(period=period, by=request.member, **values)

    return answer_form(request, form, act, _("%(stage)s has ended.") % words, look)


@requires(Permission.EDIT_ACCOUNTS)
def stage_hold(request: TenantRequest, account_id: UUID, stage_period_id: UUID) -> HttpResponse:
    """Say what holds a stage up, or that nothing does any more (JRN-32)."""
    account, period = _period(request, account_id, stage_period_id)
    form = forms.HoldForm(posted(request), period=period)
    look = look_of(request, account, _("What holds %(stage)s up: %(track)s") % _words(period), period=period)

    def act(values: dict[str, Any]) -> None:
        services.block(period=period, by=request.member, **values)

    def theirs() -> Mapping[str, Any]:
        return forms.HoldForm.values_of(selectors.period_of(account, stage_period_id))

    return answer_form(request, form, act, _("The stage is saved."), look, theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
def stage_day(request: TenantRequest, account_id: UUID, stage_period_id: UUID) -> HttpResponse:
    """A day that was agreed for a stage in the place of the segment's target."""
    account, period = _period(request, account_id, stage_period_id)
    form = forms.DayForm(posted(request), period=period)
    look = look_of(
        request, account, _("Agreed day of %(stage)s: %(track)s") % _words(period), period=period,
        text=_("Left empty, the target of the segment counts. A day raises a flag when it passes; nothing moves by it."),
    )  # fmt: skip

    def act(values: dict[str, Any]) -> None:
        services.agree_day(period=period, by=request.member, **values)

    def theirs() -> Mapping[str, Any]:
        return forms.DayForm.values_of(selectors.period_of(account, stage_period_id))

    return answer_form(request, form, act, _("The stage is saved."), look, theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
def stage_attest(request: TenantRequest, account_id: UUID, stage_period_id: UUID, criterion: str) -> HttpResponse:
    """A member's word on a criterion, or that it is met no more (JRN-07). 404 when the stage does not ask for it."""
    account, period = _period(request, account_id, stage_period_id)
    states = measures.standing([period])[period.id]
    state = next((each for each in states if each.key == criterion), None)
    if state is None:
        raise Http404
    met = not state.met
    form = forms.AttestForm(posted(request))
    label = {"name": state.criterion.label}
    title = _("Attest: %(name)s") % label if met else _("Take back: %(name)s") % label
    look = look_of(
        request, account, title, period=period, text=str(state.criterion.explained),
        submit=_("Attest") if met else _("Take it back"),
    )  # fmt: skip

    def act(values: dict[str, Any]) -> None:
        services.attest(period=period, criterion=criterion, met=met, note=values["note"], by=request.member)

    return answer_form(request, form, act, _("Your word is kept."), look)


@requires(Permission.EDIT_ACCOUNTS)
def stage_ask(request: TenantRequest, account_id: UUID, stage_period_id: UUID) -> HttpResponse:
    """Ask the customer to confirm the go-live (JRN-07): a link that is shown once, or goes to the person by e-mail."""
    account, period = _period(request, account_id, stage_period_id)
    form = LinkForm(posted(request), account=period.track.account, named=True)
    text = _("Somebody at the customer says so, through a link that needs no account. Nobody here can.")
    look = look_of(request, account, _("Ask the customer to confirm the go-live"), period=period, text=text)
    return link_page(request, form, partial(make_link, purpose=LinkPurpose.GO_LIVE, period=period), look)


@requires(Permission.EDIT_ACCOUNTS)
def decide(request: TenantRequest, account_id: UUID, regression_id: UUID) -> HttpResponse:
    """Answer a proposal to go back, with a reason (JRN-24)."""
    account = open_account(request, account_id)
    row = selectors.proposal_of(account, regression_id)
    stays = request.GET.get("answer") == "stay"
    form = forms.DecideForm(
        posted(request), period=row.period, version=row.version, back=row.stage, answer="stay" if stays else "accept"
    )
    words = _words(row.period) | {"cause": row.get_cause_display()}
    look = look_of(
        request, account, _("%(cause)s: does %(track)s go back?") % words, period=row.period, submit=_("Decide"),
        text=cells.fact_text(row.inputs, request.tenant.today()),
    )  # fmt: skip

    def act(values: dict[str, Any]) -> None:
        accept = values.pop("answer") == "accept"
        services.decide(regression=row, accept=accept, by=request.member, **values)

    look["back_url"] = look["back_url"].split("?")[0]
    return answer_form(request, form, act, _("Your answer is kept."), look)


def _words(period: StagePeriod) -> dict[str, Any]:
    return {"stage": stage_name(period.stage), "track": track_name(period.track)}
