"""Where a deal goes: to another stage, on in spite of the checks, to sales, lost, and to whom (EXP-01, EXP-05, EXP-06, EXP-08)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import Member
from accounts.views.forms import answer_form, form_page, posted
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.errors import Conflict, DomainError, error_response
from cs_platform.kernel.forms import refuse
from cs_platform.kernel.htmx import page, trigger
from cs_platform.kernel.keyset import uuid_of
from expansion import selectors, services
from expansion.enums import DealStage
from expansion.forms import HandForm, LoseForm, MoveForm, OverrideForm
from expansion.listing import DealQuery
from expansion.models import Opportunity
from expansion.views.deals import fresh, look
from expansion.views.lists import board_context, board_url
from expansion.views.shell import list_url
from journey.handoffs.services import takers
from journey.work.sharing import who_sees

MOST = 200  # deals that get another owner at once


@requires(Permission.EDIT_ACCOUNTS)
def move(request: TenantRequest, opportunity_id: UUID) -> HttpResponse:
    """To another stage: by the form, or a card of the board that goes `to` another column. The whole board is the answer to a card;
    one that the checks hold opens the form, which asks why it goes on all the same (EXP-01). Somebody else was first: 409, said
    with both, and the board is read anew."""
    row = selectors.deal_of(request.member, opportunity_id)
    if "to" in request.POST:
        return _card(request, row, request.POST["to"])
    form = MoveForm(posted(request), deal=row, stage=request.GET.get("to", ""))

    def act(values: dict[str, Any]) -> Opportunity:
        return services.move_deal(
            deal=row, stage=values["stage"], version=values["version"] or 0, by=request.member,
            override=values["override"] if values["override"] != row.override else "",
        )  # fmt: skip

    return answer_form(
        request, form, act, _moved, _look_of_move(request, row), theirs=lambda: MoveForm.values_of(fresh(row))
    )


def _look_of_move(request: TenantRequest, row: Opportunity) -> dict[str, Any]:
    return look(request, row, _("Move %(name)s") % {"name": row.account.name}, text=row.name, submit=_("Move"))


def _moved(row: Opportunity) -> str:
    return _("%(name)s: “%(stage)s”.") % {"name": row.account.name, "stage": row.get_stage_display()}


def _card(request: TenantRequest, row: Opportunity, wished: str) -> HttpResponse:
    version = version_of(request) or 0
    try:
        row = services.move_deal(deal=row, stage=wished, version=version, by=request.member)
    except Conflict:
        return _stale(request, row, wished)
    except DomainError as error:
        if error.code != services.NOT_EARNED or not request.htmx:
            raise
        return _ask_why(request, row, wished, error)
    query = _query_of_page(request)
    if not request.htmx:
        messages.success(request, _moved(row))
        return redirect(board_url(request, query))
    context = board_context(request, query, selectors.scale(), _moved(row)) | {"may_edit": True}
    return page(request, "expansion/board.html", context, pieces=("expansion-board",))


def _ask_why(request: TenantRequest, row: Opportunity, wished: str, error: DomainError) -> HttpResponse:
    """The form in the drawer, with what is missing at the field that asks why it goes on; the board stays as it is."""
    form = MoveForm({"stage": wished, "version": str(row.version), "override": ""}, deal=row)
    form.is_valid()
    refuse(form, error)
    response = form_page(
        request, form, status=422, template="accounts/form.html#drawer-body", piece=True, **_look_of_move(request, row)
    )
    response["HX-Retarget"], response["HX-Reswap"] = "#drawer-body", "innerHTML"
    return response


def _stale(request: TenantRequest, row: Opportunity, wished: str) -> HttpResponse:
    """409: where somebody else put the deal, and where it was to go; the board reads itself anew."""
    now = fresh(row)
    words = {
        "name": row.account.name,
        "theirs": now.get_stage_display(),
        "yours": DealStage(wished).label if wished in DealStage.values else "–",
    }
    text = _("%(name)s was changed by somebody else: it stands at “%(theirs)s”, you wanted “%(yours)s”. Look again.")
    return trigger(error_response(request, 409, Conflict.code, text % words), "boardStale")


def _query_of_page(request: TenantRequest) -> DealQuery:
    """The filters of the page that the card was moved on."""
    _path, _mark, asked = (request.htmx.current_url_abs_path or "").partition("?")
    return DealQuery.parse(QueryDict(asked))


@requires(Permission.EDIT_ACCOUNTS)
def override(request: TenantRequest, opportunity_id: UUID) -> HttpResponse:
    """Why it goes on although the right is not earned."""
    row = selectors.deal_of(request.member, opportunity_id)
    form = OverrideForm(posted(request), deal=row)

    def act(values: dict[str, Any]) -> None:
        services.override_checks(deal=row, reason=values["override"], version=values["version"] or 0, by=request.member)

    text = _("It is counted: the close rate of deals that went on so stands beside that of earned ones.")
    return answer_form(
        request, form, act, _("Saved."), look(request, row, _("Go on without the right"), text=text),
        theirs=lambda: OverrideForm.values_of(fresh(row)),
    )  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
def lose(request: TenantRequest, opportunity_id: UUID) -> HttpResponse:
    """The deal is lost, and why."""
    row = selectors.deal_of(request.member, opportunity_id)
    form = LoseForm(posted(request), deal=row, today=request.tenant.today())

    def act(values: dict[str, Any]) -> Opportunity:
        return services.lose_deal(
            deal=row, reason=values["loss"], note=values["note"], on=values["closed_on"],
            version=values["version"] or 0, by=request.member,
        )  # fmt: skip

    def theirs() -> dict[str, Any]:
        now = fresh(row)
        return {name: getattr(now, name) for name in ("version", "loss", "closed_on", "note")}

    text = _("It may be taken up again. A handoff that waits is withdrawn.")
    look_of = look(request, row, _("Lost: %(name)s") % {"name": row.account.name}, text=text, submit=_("It is lost"))
    return answer_form(request, form, act, _moved, look_of | {"danger": True}, theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
def hand(request: TenantRequest, opportunity_id: UUID) -> HttpResponse:
    """Offer it to sales, to whoever sees the account; nothing passes before they say yes (EXP-06)."""
    row = selectors.deal_of(request.member, opportunity_id)
    seeing = set(who_sees(row.account).values_list("id", flat=True)) - {row.account.owner_id}
    people = [one for one in takers() if one.id in seeing]
    form = HandForm(posted(request), deal=row, people=people, today=request.tenant.today())

    def act(values: dict[str, Any]) -> None:
        services.hand_to_sales(
            deal=row, taker=form.people[values["taker"]], reason=values["reason"], note=values["note"],
            due_on=values["due_on"], version=values["version"] or 0, by=request.member,
        )  # fmt: skip

    return answer_form(
        request, form, act, _("Offered to sales."),
        look(request, row, _("Hand to sales"), text=_("Nothing changes until they accept."), submit=_("Offer it")),
    )  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def owners(request: TenantRequest) -> HttpResponse:
    """The chosen deals (`ids`) get another `owner`, nobody where it is empty; those that refuse say why, the others are done."""
    ids = [key for value in request.POST.getlist("ids")[:MOST] if (key := uuid_of(value))]
    rows = list(selectors.visible(request.member).filter(id__in=ids).select_related("account").order_by("id"))
    if not rows:
        raise DomainError(_("Select deals first."), code="nothing_selected")
    wished = request.POST.get("owner", "")
    key = uuid_of(wished)
    owner = Member.objects.filter(id=key, is_active=True).first() if key else None
    if wished and owner is None:
        raise DomainError(_("Choose one of the list."), code="unknown")
    done, refused = 0, []
    for row in rows:
        try:
            services.change_deal(deal=row, values={"owner": owner}, version=None, by=request.member)
            done += 1
        except DomainError as error:
            refused.append(f"{row.account.name}: {error.message}")
    text = ngettext("%(n)s deal changed", "%(n)s deals changed", done) % {"n": done}
    messages.add_message(request, messages.WARNING if refused else messages.SUCCESS, ". ".join([text, *refused[:3]]))
    return redirect(list_url(request, DealQuery.parse(QueryDict(request.POST.get("state", "")))))
