"""What customers gave us to show: the list, one asset with its uses, legal, a new use (ADV-02, ADV-05, ADV-08)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.views.forms import answer_form, posted
from advocacy import cells, selectors, services
from advocacy.enums import AssetKind, Legal
from advocacy.forms import WON, AssetForm, LegalForm, UseForm, WonForm
from advocacy.models import Asset, AssetUse
from advocacy.views.acting import home, latest
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import day_text, number_text

# What the list is filtered by.
CHOICES: dict[str, Any] = {"kind": AssetKind, "legal": Legal}
EXPORTED = (
    "asset account kind title legal legal_since approved_until published_on site rating url used_12_months deals_won"
)


def _filtered(request: TenantRequest) -> tuple[Any, dict[str, str]]:
    """The assets that the address asks for, and what it asks."""
    said = {name: request.GET.get(name, "") for name in CHOICES}
    asked = {name: value for name, value in said.items() if value in CHOICES[name].values}
    return selectors.assets(request.member, request.tenant.today()).filter(**asked), asked


@requires(Permission.VIEW_ACCOUNTS)
def assets(request: TenantRequest) -> HttpResponse:
    """Assets, the newest first; by kind and legal."""
    tenant, today = request.tenant, request.tenant.today()
    rows, asked = _filtered(request)
    found, next_url = latest(request, rows, "recorded_at", asked)
    context = {
        "rows": [cells.asset_row(one, tenant, today) for one in found],
        "kinds": [{"value": v, "label": text, "on": v == asked.get("kind")} for v, text in AssetKind.choices],
        "legals": [{"value": v, "label": text, "on": v == asked.get("legal")} for v, text in Legal.choices],
        "filtered": bool(asked),
        "total": number_text(rows.count(), 0),
        "next_url": next_url,
        "export_url": f"{reverse('advocacy_assets_csv', args=[tenant.slug])}?{urlencode(asked)}",
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
    }
    return page(request, "advocacy/assets.html", context, pieces=("assets-found",))


@requires(Permission.VIEW_ACCOUNTS)
def export(request: TenantRequest) -> HttpResponse:
    """The assets of the filters as CSV."""
    tenant = request.tenant
    rows, _asked = _filtered(request)
    lines = (
        [
            one.external_id, one.account.external_id, one.kind, one.title, one.legal, one.legal_since, one.approved_until,
            one.published_on, one.site, one.rating, one.url, one.used, one.deals,
        ]
        for one in rows.order_by("-recorded_at", "-id")
    )  # fmt: skip
    return csv_file(f"assets-{tenant.slug}-{tenant.today()}.csv", EXPORTED.split(), lines)


@requires(Permission.VIEW_ACCOUNTS)
def asset(request: TenantRequest, asset_id: UUID) -> HttpResponse:
    """One asset: what it is, legal, whom it was shown to and what came of it."""
    tenant, today = request.tenant, request.tenant.today()
    selectors.asset_of(request.member, asset_id)
    row = selectors.assets(request.member, today).get(id=asset_id)
    shown = cells.asset_row(row, tenant, today)
    facts = [
        {"label": _("Kind"), "value": shown["kind"]},
        {"label": _("Customer"), "value": row.account.name, "url": shown["account_url"]},
        {"label": _("By whom"), "value": row.advocate.contact.name if row.advocate else ""},
        {"label": _("Published on"), "value": day_text(row.published_on) if row.published_on else ""},
        {"label": _("Approved until"), "value": day_text(row.approved_until) if row.approved_until else ""},
        {"label": _("Link"), "value": row.url, "url": row.url},
    ]
    context = {
        "asset": row,
        "legal": shown["legal"],
        "facts": [fact for fact in facts if fact["value"]],
        "uses": selectors.uses_of(row),
        "uses_text": cells.uses_text(row),
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "may_use": row.legal == Legal.APPROVED and not (row.approved_until and row.approved_until < today),
    }
    return page(request, "advocacy/asset.html", context)


def _url(request: TenantRequest, row: Asset) -> str:
    return reverse("asset", args=[request.tenant.slug, row.id])


@requires(Permission.EDIT_ACCOUNTS)
def asset_new(request: TenantRequest) -> HttpResponse:
    """Something that a customer gave us; `account` in the address chooses whose it is."""
    wished = uuid_of(request.GET.get("account", ""))
    form = AssetForm(
        posted(request),
        accounts=selectors.seen_accounts(request.member),
        advocates=selectors.enrolled(request.member),
        initial={"account": str(wished or "")},
    )

    def act(values: dict[str, Any]) -> Asset:
        return services.add_asset(account=form.chosen, by=request.member, **form.said())

    look = {
        "title": _("New asset"), "submit": _("Keep asset"), "action": request.get_full_path(),
        "back_url": home(request, "advocacy_assets"), "back_label": _("Assets"),
    }  # fmt: skip
    return answer_form(request, form, act, _("The asset is kept. Legal comes next."), look)


def _look(request: TenantRequest, row: Asset, title: str, **more: Any) -> dict[str, Any]:
    """What a form about one asset is shown with."""
    back = reverse("asset", args=[request.tenant.slug, row.id])
    return {"title": title, "submit": _("Save"), "back_url": back, "back_label": row.title, **more}


@requires(Permission.EDIT_ACCOUNTS)
def asset_edit(request: TenantRequest, asset_id: UUID) -> HttpResponse:
    """Change what is written of an asset."""
    row = selectors.asset_of(request.member, asset_id)
    form = AssetForm(posted(request), row=row, advocates=selectors.enrolled_of([row.account_id]))

    def act(values: dict[str, Any]) -> Asset:
        return services.change_asset(asset=row, values=form.said(), version=values["version"] or 0, by=request.member)

    def theirs() -> dict[str, Any]:
        return AssetForm.values_of(selectors.asset_of(request.member, row.id))

    return answer_form(request, form, act, _("Saved."), _look(request, row, _("Edit asset")), theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
def asset_legal(request: TenantRequest, asset_id: UUID) -> HttpResponse:
    """Where legal stands with it (ADV-05)."""
    row = selectors.asset_of(request.member, asset_id)
    form = LegalForm(posted(request), asset=row)

    def act(values: dict[str, Any]) -> Asset:
        values["version"] = values["version"] or 0
        return services.move_asset_legal(asset=row, by=request.member, **values)

    look = _look(request, row, _("Legal"), text=_("Only what is approved is shown to anybody."))
    return answer_form(request, form, act, _("Saved."), look)


@requires(Permission.EDIT_ACCOUNTS)
def asset_use(request: TenantRequest, asset_id: UUID) -> HttpResponse:
    """It was shown to somebody."""
    row = selectors.asset_of(request.member, asset_id)
    form = UseForm(posted(request), initial={"used_on": request.tenant.today()})

    def act(values: dict[str, Any]) -> AssetUse:
        return services.use_asset(asset=row, by=request.member, **values)

    return answer_form(request, form, act, _("Saved."), _look(request, row, _("Shown to somebody")))


@requires(Permission.EDIT_ACCOUNTS)
def asset_use_edit(request: TenantRequest, asset_use_id: UUID) -> HttpResponse:
    """What came of a use: whether the deal was won that it was shown for (ADV-08)."""
    row = selectors.use_of(request.member, asset_use_id)
    said = next(word for word, won in WON.items() if won == row.won)
    form = WonForm(posted(request), initial={"won": said})

    def act(values: dict[str, Any]) -> AssetUse:
        return services.mark_use(use=row, by=request.member, **values)

    return answer_form(
        request, form, act, _("Saved."), _look(request, row.asset, _("What came of it"), text=row.prospect)
    )
