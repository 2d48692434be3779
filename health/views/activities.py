"""Log activity: in the drawer from every account page and from Today (key L), or as a page (ACC-06, ACC-09)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.account_frame import open_account
from accounts.models import Account
from accounts.views.forms import conflict_page, form_page, posted
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.forms import refuse
from cs_platform.kernel.htmx import toast, trigger
from health.engagement.forms import TouchpointForm
from health.engagement.services import save_touchpoint, settle_touchpoint
from health.models import Touchpoint

OFFERED = 500  # accounts in the list of the page that is not about one
LOGGED = "activityLogged"  # what lists of activities listen to


@requires(Permission.EDIT_ACCOUNTS)
def activity_new(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Log an activity with this customer."""
    return _form(request, open_account(request, account_id), None)


@requires(Permission.EDIT_ACCOUNTS)
def activity_log(request: TenantRequest) -> HttpResponse:
    """Log an activity; the customer is one of those the member looks after, or else sees."""
    seen = Account.objects.visible_to(request.member)
    mine = seen.filter(owner=request.member)
    offered = list((mine if mine.exists() else seen).order_by("name_key", "id")[:OFFERED])
    asked = request.POST.get("account_id") or request.GET.get("account_id") or ""
    account = next((one for one in offered if str(one.id) == asked), None)
    return _form(request, account, None, offered=offered)


@requires(Permission.EDIT_ACCOUNTS)
def activity_edit(request: TenantRequest, account_id: UUID, touchpoint_id: UUID) -> HttpResponse:
    """Change an activity; 409 with both when somebody else did so meanwhile."""
    account = open_account(request, account_id)
    return _form(request, account, _touchpoint(account, touchpoint_id))


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def activity_settle(request: TenantRequest, account_id: UUID, touchpoint_id: UUID) -> HttpResponse:
    """How a planned activity ended, by one button: held, cancelled, nobody came."""
    account = open_account(request, account_id)
    touchpoint = _touchpoint(account, touchpoint_id)
    saved = settle_touchpoint(
        touchpoint=touchpoint, status=request.POST.get("status", ""), version=version_of(request), by=request.member
    )
    said = _("%(what)s: %(status)s") % {"what": str(saved), "status": saved.get_status_display()}
    return _done(request, account, said)


def _touchpoint(account: Account, touchpoint_id: UUID) -> Touchpoint:
    rows = Touchpoint.objects.select_related("contact", "account")
    return get_object_or_404(rows, account=account, id=touchpoint_id)


def _done(request: TenantRequest, account: Account, text: str) -> HttpResponse:
    """Say it where the person stands: the drawer closes and lists of activities load anew; else the timeline opens."""
    if request.htmx:
        # The drawer first: what is said while it is open stands in it and goes with it.
        return trigger(toast(trigger(HttpResponse(status=204), "closeDrawer"), text), LOGGED)
    messages.success(request, text)
    return redirect(reverse("account_timeline", args=[request.tenant.slug, account.id]))


def _form(
    request: TenantRequest,
    account: Account | None,
    touchpoint: Touchpoint | None,
    offered: list[Account] | None = None,
) -> HttpResponse:
    form = TouchpointForm(posted(request), account=account, touchpoint=touchpoint, accounts=offered)
    look = _look(request, account, touchpoint)
    if form.is_bound and form.is_valid() and account is not None:
        try:
            saved = save_touchpoint(
                account=account,
                touchpoint=touchpoint,
                cells=form.cells(),
                version=form.cleaned_data["version"],
                by=request.member,
            )
            said = _("%(what)s is on the timeline of %(account)s.") % {"what": str(saved), "account": account.name}
            return _done(request, account, said)
        except Conflict:
            if touchpoint is None:
                raise
            return conflict_page(request, form, TouchpointForm.values_of(touchpoint), **look)
        except DomainError as error:
            refuse(form, error)
    return form_page(request, form, **look)


def _look(request: TenantRequest, account: Account | None, touchpoint: Touchpoint | None) -> dict[str, Any]:
    slug = request.tenant.slug
    back = reverse("account_timeline", args=[slug, account.id]) if account else reverse("today", args=[slug])
    return {
        "account": account,
        "title": _("Change activity") if touchpoint else _("Log activity"),
        "back_url": back,
        "back_label": account.name if account else _("Today"),
        "template": "health/activity_form.html",
    }
