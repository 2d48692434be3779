"""Sharing a plan with the customer: links that need no account (JRN-07, VAL-02)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.account_frame import open_account
from accounts.views.forms import saved
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.forms import refuse
from cs_platform.kernel.htmx import page
from cs_platform.kernel.templatetags.cells import day_text
from journey.enums import LinkPurpose
from journey.plans import cells, links, selectors
from journey.plans.forms import LinkForm
from journey.views.plan import look_of, plan_url


def link_page(
    request: TenantRequest,
    form: LinkForm,
    make: Callable[..., links.Made],
    look: Mapping[str, Any],
    beside: Callable[[], Mapping[str, Any]] = dict,
) -> HttpResponse:
    """The form of a link, and the link that was made: this answer is the only place that ever holds the secret. `beside`
    is what the template shows below them, read when the link is there."""
    found: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        try:
            made = make(by=request.member, **form.values())
        except DomainError as error:
            refuse(form, error)
        else:
            if not made.url:
                return saved(request, _("The link is on its way."), look["back_url"])
            until = made.link.expires_at.astimezone(request.tenant.zone).date()
            found = {"link_url": made.url, "link_until": day_text(until)}
    status = 201 if found else 422 if form.errors else 200
    piece = bool(request.htmx and request.htmx.target == "drawer-body")
    context = {"form": form, "action": request.path, "piece": piece, **look, **found, **beside()}
    return page(request, "journey/link_form.html", context, pieces=("drawer-body",), status=status)


@requires(Permission.EDIT_ACCOUNTS)
def plan_share(request: TenantRequest, account_id: UUID, agreed_plan_id: UUID) -> HttpResponse:
    """The links of a plan, and a new one."""
    account = open_account(request, account_id)
    plan = selectors.plan_of(account, agreed_plan_id)
    data = request.POST if request.method == "POST" else None
    form = LinkForm(data, account=plan.account, likely=plan.customer_owner)
    text = _(
        "The customer reads milestones, progress and success criteria, in their language and without an account. Notes, prices "
        "and health stay here."
    )
    look = look_of(request, account, _("Share %(name)s") % {"name": plan.name}, text=text)

    def beside() -> dict[str, Any]:
        rows = cells.link_rows(selectors.links_of(account, [plan]), request.tenant)
        return {"links": rows, "slug": request.tenant.slug, "account": account}

    return link_page(request, form, partial(links.make_link, purpose=LinkPurpose.PLAN, plan=plan), look, beside)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def link_revoke(request: TenantRequest, account_id: UUID, customer_link_id: UUID) -> HttpResponse:
    """Take a link back."""
    account = open_account(request, account_id)
    row = next((each for each in selectors.links_of(account) if each.id == customer_link_id), None)
    if row is None:
        raise Http404
    links.revoke_link(link=row, by=request.member)
    messages.success(request, _("The link does not work any more."))
    return redirect(plan_url(request, account))
