"""Whom customers led us to: the list, a new one, how far it came (ADV-04)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from advocacy import cells, selectors, services
from advocacy.enums import ReferralState
from advocacy.forms import MoveForm, ReferralForm
from advocacy.views.acting import answered, home, posted
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import row_of, rows_after, uuid_of
from cs_platform.kernel.money import from_minor, to_minor
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import number_text

SHOWN = 50
EXPORTED = "referral account prospect state asked_on agreed_on introduced_on opportunity_on ended_on amount currency customer reward"


def _filtered(request: TenantRequest) -> tuple[Any, str]:
    state = request.GET.get("state", "")
    rows = selectors.referrals(request.member)
    return (rows.filter(state=state), state) if state in ReferralState.values else (rows, "")


@requires(Permission.VIEW_ACCOUNTS)
def referrals(request: TenantRequest) -> HttpResponse:
    """Referrals, the latest first; by how far they came."""
    tenant, today = request.tenant, request.tenant.today()
    rows, state = _filtered(request)
    last = row_of(rows, request.GET.get("after", ""))
    found = list(rows_after(rows, "asked_on", last).order_by("-asked_on", "-id")[: SHOWN + 1])
    asked = {"state": state} if state else {}
    more = urlencode({**asked, "after": str(found[SHOWN - 1].id)}) if len(found) > SHOWN else ""
    context = {
        "rows": [cells.referral_row(one, tenant, today) for one in found[:SHOWN]],
        "states": [{"value": v, "label": text, "on": v == state} for v, text in ReferralState.choices],
        "filtered": bool(state),
        "total": number_text(rows.count(), 0),
        "next_url": f"{request.path}?{more}" if more else "",
        "export_url": f"{reverse('advocacy_referrals_csv', args=[tenant.slug])}?{urlencode(asked)}",
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
    }
    return page(request, "advocacy/referrals.html", context, pieces=("referrals-found",))


@requires(Permission.VIEW_ACCOUNTS)
def export(request: TenantRequest) -> HttpResponse:
    """The referrals of the filter as CSV."""
    tenant = request.tenant
    rows, _state = _filtered(request)
    lines = (
        [
            one.external_id, one.account.external_id, one.prospect, one.state, one.asked_on, one.agreed_on, one.introduced_on,
            one.opportunity_on, one.ended_on, None if one.amount_minor is None else from_minor(one.amount_minor, one.currency),
            one.currency, one.customer.external_id if one.customer else "", one.reward,
        ]
        for one in rows.order_by("-asked_on", "-id")
    )  # fmt: skip
    return csv_file(f"referrals-{tenant.slug}-{tenant.today()}.csv", EXPORTED.split(), lines)


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

    def act() -> None:
        chosen = form.accounts[form.cleaned_data["account"]]
        services.add_referral(
            account=chosen, by=request.member, asked_on=form.cleaned_data["asked_on"], **form.values(tenant.currency)
        )

    return answered(
        request, form, act, done=_("The referral is written down."), title=_("New referral"), submit=_("Write down"),
        back_url=home(request, "advocacy_referrals"), back_label=_("Referrals"),
    )  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
def referral_edit(request: TenantRequest, referral_id: UUID) -> HttpResponse:
    """Change what is written of a referral."""
    row = selectors.referral_of(request.member, referral_id)
    form = ReferralForm(posted(request), referral=row, advocates=selectors.enrolled_of([row.account_id]))

    def act() -> None:
        values, version = form.values(row.currency), form.cleaned_data["version"] or 0
        services.change_referral(referral=row, values=values, version=version, by=request.member)

    return answered(
        request, form, act, done=_("Saved."), title=row.prospect, submit=_("Save"), back_url=home(request, "advocacy_referrals"),
        back_label=_("Referrals"), theirs=lambda: ReferralForm.values_of(selectors.referral_of(request.member, row.id)),
    )  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
def referral_move(request: TenantRequest, referral_id: UUID) -> HttpResponse:
    """How far it came, and what it became."""
    row = selectors.referral_of(request.member, referral_id)
    form = MoveForm(
        posted(request), referral=row, customers=selectors.new_customers(row), initial={"on": request.tenant.today()}
    )

    def act() -> None:
        values = form.cleaned_data
        more: dict[str, Any] = {}
        if values["amount"] is not None:
            more = {"amount_minor": to_minor(values["amount"], row.currency), "currency": row.currency}
        if values["state"] == ReferralState.WON:
            more["customer"] = form.customers.get(values["customer"])
        services.move_referral(
            referral=row,
            state=values["state"],
            on=values["on"],
            version=values["version"] or 0,
            by=request.member,
            **more,
        )

    return answered(
        request, form, act, done=_("Saved."), title=_("How far it came"), text=row.prospect, submit=_("Save"),
        back_url=home(request, "advocacy_referrals"), back_label=_("Referrals"),
    )  # fmt: skip
