"""One handoff: what passes on and why, its checks, and the answer; and the form that offers one (ROL-02)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.account_frame import open_account
from accounts.views.forms import answer_form, posted
from cs_platform.kernel import asked
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import number_of, version_of
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.htmx import page
from journey.enums import HandoffKind, HandoffState
from journey.handoffs import cells, selectors, services
from journey.handoffs.forms import AnswerForm, OfferForm
from journey.handoffs.holdings import Held
from journey.models import Handoff
from journey.views.handoffs import seen_account
from journey.work.sharing import who_sees

TICKS = {"1": True, "0": False}


def visible(request: TenantRequest, handoff_id: UUID) -> Handoff:
    """The handoff of the URL; 404 when unknown or not this member's to see."""
    row = selectors.listed(selectors.visible_handoffs(request.member)).filter(id=handoff_id).first()
    if row is None:
        raise Http404
    return row


@requires(Permission.VIEW_ACCOUNTS)
def handoff(request: TenantRequest, handoff_id: UUID) -> HttpResponse:
    """A page of its own, or the drawer."""
    return _pane(request, visible(request, handoff_id))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def handoff_check(request: TenantRequest, handoff_id: UUID) -> HttpResponse:
    """Tick a check, take the tick back, or write its note; the drawer says how it stands then."""
    row = visible(request, handoff_id)
    position = number_of(request.POST.get("item", ""), 4)
    services.tick(
        handoff=row,
        position=-1 if position is None else position,
        done=TICKS.get(request.POST.get("done", "")),
        note=request.POST.get("note"),
        version=version_of(request),
        by=request.member,
    )
    if _in_drawer(request):
        return _pane(request, visible(request, handoff_id), noted=position if "note" in request.POST else None)
    return redirect(reverse("handoff", args=[request.tenant.slug, row.id]))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def handoff_answer(request: TenantRequest, handoff_id: UUID) -> HttpResponse:
    """Accept or decline, by the button that was pressed."""
    row = visible(request, handoff_id)
    form, state = AnswerForm(request.POST), request.POST.get("state", "")

    def answer(given: dict[str, Any]) -> None:
        done = services.answer_handoff(handoff=row, state=state, by=request.member, **given)
        messages.success(request, _answered(done))

    if accepted(form, answer, entries_only=True):
        return redirect(_back(request))
    return _pane(request, row, form)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def handoff_withdraw(request: TenantRequest, handoff_id: UUID) -> HttpResponse:
    """Take the offer back."""
    row = visible(request, handoff_id)
    services.withdraw_handoff(
        handoff=row, version=version_of(request), by=request.member, answer=request.POST.get("answer", "")
    )
    messages.success(request, _("Withdrawn: %(name)s") % {"name": row.account.name})
    return redirect(_back(request))


@requires(Permission.EDIT_ACCOUNTS)
def handoff_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Offer the customer to somebody; `?kind=` names the kind that is meant."""
    account = open_account(request, account_id)
    wished = request.GET.get("kind", "")
    kind = wished if wished in HandoffKind.values else HandoffKind.CSM_TO_CSM
    people = who_sees(None).order_by("name", "id")
    form = OfferForm(
        posted(request),
        people=services.takers(),
        givers=list(people),
        kind=kind,
        today=request.tenant.today(),
    )
    back = reverse("account", args=[request.tenant.slug, account.id])
    look = {
        "title": _("Pass on %(name)s") % {"name": account.name},
        "text": _("Nothing changes until they accept."),
        "submit": _("Offer it"),
        "action": request.get_full_path(),
        "back_url": back,
        "back_label": account.name,
    }
    return answer_form(
        request,
        form,
        lambda _v: services.offer_handoff(account=account, by=request.member, **form.values()),
        _("Offered: %(name)s") % {"name": account.name},
        look,
        to=lambda _row: _back(request, back),
    )


def _answered(row: Handoff) -> str:
    """Accepted: Halcyon. Moved along: 3 open tasks, 1 plan."""
    if row.state != HandoffState.ACCEPTED:
        return _("Declined: %(name)s") % {"name": row.account.name}
    said, along = _("Accepted: %(name)s") % {"name": row.account.name}, cells.held_text(Held.of(row))
    return f"{said}. {cells.along_text(along)}" if along else said


def _pane(
    request: TenantRequest, row: Handoff, form: AnswerForm | None = None, *, noted: int | None = None
) -> HttpResponse:
    """`noted` is the check whose note was written: it stays open, with the focus in it."""
    linked = seen_account(request, row.account)
    context: dict[str, Any] = cells.pane(row, request.tenant, request.tenant.today(), request.member, linked=linked)
    context |= {
        "form": form or AnswerForm(initial={"version": row.version}),
        "back": _back(request),
        "piece": _in_drawer(request),
        "noted": noted,
    }
    return page(
        request, "journey/handoff.html", context, pieces=("drawer-body",), status=422 if form is not None else 200
    )


def _in_drawer(request: TenantRequest) -> bool:
    return bool(request.htmx and request.htmx.target == "drawer-body")


def _back(request: TenantRequest, usual: str = "") -> str:
    """Where the person came from, if that is a page of this company; else all handoffs."""
    slug = request.tenant.slug
    return asked.back_of(request, reverse("home", args=[slug])) or usual or reverse("handoffs", args=[slug])
