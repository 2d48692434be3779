"""Whom customers led us to: the list, a new one, how far it came (ADV-04)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.forms import answer_form, posted
from advocacy import cells, selectors, services
from advocacy.enums import ReferralState
from advocacy.forms import MoveForm, ReferralForm
from advocacy.models import Referral
from advocacy.views.acting import home, latest
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.money import from_minor
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import number_text

EXPORTED = "referral account prospect state asked_on agreed_on introduced_on opportunity_on ended_on amount currency customer reward"


def _filtered(request: TenantRequest) -> tuple[QuerySet[Referral], dict[str, str]]:
    """The referrals that the address asks for, and what it asks."""
    state = request.GET.get("state", "")
    asked = {"state": state} if state in ReferralState.values else {}
    return selectors.referrals(request.member).filter(**asked), asked


@requires(Permission.VIEW_ACCOUNTS)
def referrals(request: TenantRequest) -> HttpResponse:
    """Referrals, the latest first; by how far they came."""
    tenant, today = request.tenant, request.tenant.today()
    rows, asked = _filtered(request)
    found, next_url = latest(request, rows, "asked_on", asked)
    context = {
        "rows": [cells.referral_row(one, tenant, today) for one in found],
        "states": [{"value": v, "label": text, "on": v == asked.get("state")} for v, text in ReferralState.choices],
        "filtered": bool(asked),
        "total": number_text(rows.count(), 0),
        "next_url": next_url,
        "export_url": f"{reverse('advocacy_referrals_csv', args=[tenant.slug])}?{urlencode(asked)}",
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
    }
    return page(request, "advocacy/referrals.html", context, pieces=("referrals-found",))


@requires(Permission.VIEW_ACCOUNTS)
def export(request: TenantRequest) -> HttpResponse:
    """The referrals of the filter as CSV."""
    tenant = request.tenant
    rows, _asked = _filtered(request)
    lines = (
        [
            one.external_id, one.account.external_id, one.prospect, one.state, one.asked_on, one.agreed_on, one.introduced_on,
            one.opportunity_on, one.ended_on, None if one.amount_minor is None else from_minor(one.amount_minor, one.currency),
            one.currency, one.customer.external_id if one.customer else "", one.reward,
        ]
        for one in rows.order_by("-asked_on", "-id")
    )  # fmt: skip
    return csv_file(f"referrals-{tenant.slug}-{tenant.today()}.csv", EXPORTED.split(), lines)


def _look(request: TenantRequest, title: str, **more: Any) -> dict[str, Any]:
    """What a form about referrals is shown with."""
    back = {"back_url": home(request, "advocacy_referrals"), "back_label": _("Referrals")}
    return {"title": title, "submit": _("Save"), "action": request.get_full_path(), **back, **more}


@requires(Permission.EDIT_ACCOUNTS)
def referral_new(request: TenantRequest) -> HttpResponse:
    """A customer leads us to somebody; `account` in the address chooses who."""
    tenant, wished = request.tenant, uuid_of(request.GET.get("account", ""))
    form = ReferralForm(
        posted(request),
        accounts=selectors.seen_accounts(request.member),
        advocates=selectors.enrolled(request.member),
        initial={"account": str(wished or ""), "asked_on": tenant.today()},
    )

    def act(values: dict[str, Any]) -> Referral:
        return services.add_referral(
            account=form.chosen, by=request.member, asked_on=values["asked_on"], **form.values(tenant.currency)
        )

    look = _look(request, _("New referral"), submit=_("Write down"))
    return answer_form(request, form, act, _("The referral is written down."), look)


@requires(Permission.EDIT_ACCOUNTS)
def referral_edit(request: TenantRequest, referral_id: UUID) -> HttpResponse:
    """Change what is written of a referral."""
    row = selectors.referral_of(request.member, referral_id)
    form = ReferralForm(posted(request), row=row, advocates=selectors.enrolled_of([row.account_id]))

    def act(values: dict[str, Any]) -> Referral:
        return services.change_referral(
            referral=row, values=form.values(row.currency), version=values["version"] or 0, by=request.member
        )

    def theirs() -> dict[str, Any]:
        return ReferralForm.values_of(selectors.referral_of(request.member, row.id))

    return answer_form(request, form, act, _("Saved."), _look(request, row.prospect), theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
def referral_move(request: TenantRequest, referral_id: UUID) -> HttpResponse:
    """How far it came, and what it became."""
    row = selectors.referral_of(request.member, referral_id)
    form = MoveForm(
        posted(request), referral=row, customers=selectors.new_customers(row), initial={"on": request.tenant.today()}
    )

    def act(values: dict[str, Any]) -> Referral:
        return services.move_referral(
            referral=row, version=values["version"] or 0, by=request.member, **form.values(row.currency)
        )

    return answer_form(request, form, act, _("Saved."), _look(request, _("How far it came"), text=row.prospect))
