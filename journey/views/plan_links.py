"""Sharing a plan with the customer: links that need no account (JRN-07, VAL-02)."""

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
from journey.enums import LinkPurpose
from journey.plans import cells, links, selectors
from journey.plans.forms import ShareForm
from journey.views.plan import look_of, plan_url


@requires(Permission.EDIT_ACCOUNTS)
def plan_share(request: TenantRequest, account_id: UUID, agreed_plan_id: UUID) -> HttpResponse:
    """The links of a plan, and a new one: its answer is the only place that ever holds the secret."""
    account = open_account(request, account_id)
    plan = selectors.plan_of(account, agreed_plan_id)
    form = ShareForm(
        request.POST if request.method == "POST" else None, account=plan.account, likely=plan.customer_owner
    )
    look = look_of(request, account, _("Share %(name)s") % {"name": plan.name})
    url, status = "", 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                made = links.make_link(purpose=LinkPurpose.PLAN, plan=plan, by=request.member, **form.values())
            except DomainError as error:
                refuse(form, error)
            else:
                if not made.url:
                    return saved(request, _("The link is on its way."), look["back_url"])
                form = ShareForm(account=plan.account, likely=plan.customer_owner)
                url, status = made.url, 201
    context = look | {
        "form": form,
        "action": request.path,
        "piece": bool(request.htmx and request.htmx.target == "drawer-body"),
        "link_url": url,
        "links": cells.link_rows(selectors.links_of(account, [plan]), request.tenant),
        "slug": request.tenant.slug,
        "account": account,
    }
    return page(request, "journey/plan_share.html", context, pieces=("drawer-body",), status=status)


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
