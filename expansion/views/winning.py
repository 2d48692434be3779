"""Winning a deal: what is agreed, what will be written, and taking it back (EXP-05)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Plan, Product
from accounts.views.forms import answer_form, posted
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.htmx import page
from expansion import cells_win, checks, closing, lifecycle, selectors
from expansion.forms import WinForm
from expansion.models import Opportunity
from expansion.views.deals import deal_url, look

TEMPLATE = "expansion/win.html"


def _form(given: Any, row: Opportunity) -> WinForm:
    """The form of the deal; it asks why it goes on where the checks hold it."""
    held = lifecycle.is_held(row.stage, checks.earned([row.account_id])[row.account_id], row.override)
    products, plans = Product.objects.order_by("name", "id"), Plan.objects.order_by("rank", "name")
    terms = closing.usual_terms(row)
    return WinForm(given, deal=row, terms=terms, products=list(products), plans=list(plans), held=held)


@requires(Permission.CLOSE_DEALS)
def win(request: TenantRequest, opportunity_id: UUID) -> HttpResponse:
    """Write what was agreed. Errors stand at their field; somebody else's change is shown beside one's own (409)."""
    row = selectors.deal_of(request.member, opportunity_id)
    form = _form(posted(request), row)

    def act(values: dict[str, Any]) -> Opportunity:
        return closing.win(
            deal=row, terms=form.terms(), version=values["version"] or 0, by=request.member, **form.said()
        )

    context = look(request, row, _("Win: %(name)s") % {"name": row.account.name}, submit=_("Write to ledger"))
    context |= {
        "writing": _writing(row, form),
        "preview_url": reverse("expansion:deal_writing", args=[request.tenant.slug, row.id]),
        "note": _("It can be undone while its month is not closed."),
    }

    def theirs() -> dict[str, Any]:
        now = selectors.deal_of(request.member, row.id)
        context["text"] = _("It stands at “%(stage)s” now.") % {"stage": now.get_stage_display()}
        return dict(_form(None, now).initial)

    said = _("%(name)s: won. It stands in the contract; undo it on this page.") % {"name": row.account.name}
    return answer_form(request, form, act, said, context, theirs=theirs, template=TEMPLATE, into="deal-win")


@requires(Permission.CLOSE_DEALS)
@require_POST
def writing(request: TenantRequest, opportunity_id: UUID) -> HttpResponse:
    """What the fields, as they stand, would write; a sentence where they do not fit yet. Nothing is written."""
    row = selectors.deal_of(request.member, opportunity_id)
    context = {"writing": _writing(row, _form(request.POST, row))}
    return page(request, "components/ledger.html", context)


@requires(Permission.CLOSE_DEALS)
@require_POST
def undo(request: TenantRequest, opportunity_id: UUID) -> HttpResponse:
    """As if it had not been won; only while its month is open and nobody changed the contract since."""
    row = selectors.deal_of(request.member, opportunity_id)
    try:
        closing.undo_win(deal=row, version=version_of(request), by=request.member)
        messages.success(request, _("The deal of %(name)s is open again.") % {"name": row.account.name})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(deal_url(request, row))


def _writing(row: Opportunity, form: WinForm) -> dict[str, Any]:
    """What stands in the form, worked out; before anything was typed, what is usual."""
    terms = None
    if form.is_bound:
        if not form.is_valid():
            return {"rows": [], "problem": " ".join(str(text) for texts in form.errors.values() for text in texts)}
        terms = form.terms()
    try:
        return cells_win.writing(closing.preview(row, terms))
    except DomainError as error:
        return {"rows": [], "problem": error.message}
