"""Closing a renewal: what was decided, what will be written, and taking it back (REN-10)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import churn
from accounts.views.forms import posted, theirs_and_yours
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.forms import refuse
from cs_platform.kernel.htmx import page
from cs_platform.kernel.templatetags.cells import month_name
from renewals import cells_close, cells_tab, quotes, selectors
from renewals.cells import tab_url
from renewals.closing import close_renewal, preview, undo_close
from renewals.forms import CloseForm
from renewals.models import Renewal

PIECES = ("renewal-close", "renewal-writing")


@requires(Permission.CLOSE_DEALS)
def close(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """Write what was decided. Errors stand at their field; somebody else's change is shown beside one's own (409)."""
    one = selectors.renewal_of(request.member, renewal_id)
    form = CloseForm(posted(request), renewal=one, reasons=churn.reasons(), outcome=quotes.agreed_outcome(one))
    if not form.is_bound or not form.is_valid():
        return _page(request, one, form, status=422 if form.errors else 200)
    try:
        row = close_renewal(
            renewal=one, outcome=form.cleaned_data["outcome"], terms=form.terms(),
            version=form.cleaned_data["version"] or 0, by=request.member, **form.said(),
        )  # fmt: skip
    except Conflict as error:
        return _conflict(request, one, form, error)
    except DomainError as error:
        refuse(form, error)
        return _page(request, one, form, status=422)
    words = {"name": one.account.name, "outcome": row.get_state_display()}
    messages.success(request, _("%(name)s: %(outcome)s. It stands in the contracts; undo it on this page.") % words)
    return redirect(tab_url(one, request.tenant.slug))


@requires(Permission.CLOSE_DEALS)
@require_POST
def writing(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """What the fields, as they stand, would write; a sentence where they do not fit yet. Nothing is written."""
    one = selectors.renewal_of(request.member, renewal_id)
    form = CloseForm(request.POST, renewal=one, reasons=churn.reasons())
    return page(request, "renewals/close.html", _context(request, one, form), pieces=PIECES)


@requires(Permission.CLOSE_DEALS)
@require_POST
def undo(request: TenantRequest, renewal_id: UUID) -> HttpResponse:
    """As if it had not been closed; only while its month is open and nobody changed the contracts since."""
    one = selectors.renewal_of(request.member, renewal_id)
    try:
        undo_close(renewal=one, version=version_of(request), by=request.member)
        messages.success(request, _("The renewal of %(name)s is open again.") % {"name": one.account.name})
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(tab_url(one, request.tenant.slug))


def _page(request: TenantRequest, one: Renewal, form: CloseForm, *, status: int = 200, **more: Any) -> HttpResponse:
    return page(request, "renewals/close.html", _context(request, one, form) | more, pieces=PIECES, status=status)


def _conflict(request: TenantRequest, one: Renewal, form: CloseForm, error: Conflict) -> HttpResponse:
    """409: where the renewal stands now beside what was to be written. The form carries the newer version from here, so
    that pressing again is a decision."""
    now = selectors.renewal_of(request.member, one.id)
    both = theirs_and_yours(form, {"outcome": now.state, "version": now.version})
    rows = [row for row in both if row["label"] == str(form.fields["outcome"].label)]
    rows[:0] = [{"label": _("State"), "theirs": now.get_state_display(), "yours": ""}] if not rows else []
    data = request.POST.copy()
    data["version"] = str(now.version)
    form.data = data
    return _page(request, now, form, status=409, conflict=True, both=rows, said=error.message)


def _context(request: TenantRequest, one: Any, form: CloseForm) -> dict[str, Any]:
    tenant, slug = request.tenant, request.tenant.slug
    back = tab_url(one, slug)
    return {
        "title": _("Close renewal: %(name)s") % {"name": one.account.name},
        "account": one.account,
        "form": form,
        "action": reverse("renewal_close", args=[slug, one.id]),
        "preview_url": reverse("renewal_writing", args=[slug, one.id]),
        "back_url": back,
        "close_meta": cells_tab.due_text(one, tenant, tenant.today()),
        "outcomes": cells_close.outcomes(form.chosen),
        "writing": _writing(request, one, form),
        "undo_text": _("Finance sees it in the close of %(month)s. It can be undone until then.")
        % {"month": month_name(one.due_on)},
        "piece": bool(request.htmx),
    }


def _writing(request: TenantRequest, one: Renewal, form: CloseForm) -> dict[str, Any]:
    """What stands in the form, worked out; before anything was typed, that of the outcome which is offered."""
    if not form.is_bound:
        form = CloseForm(
            {name: "" if field.value() is None else field.value() for name, field in ((f.name, f) for f in form)},
            renewal=one, reasons=churn.reasons(),
        )  # fmt: skip
    if not form.is_valid():
        texts = [str(text) for errors in form.errors.values() for text in errors]
        return {"rows": [], "problem": " ".join(texts)}
    try:
        found = preview(one, form.cleaned_data["outcome"], form.terms())
    except DomainError as error:
        return {"rows": [], "problem": error.message}
    return cells_close.writing(found, request.tenant)
