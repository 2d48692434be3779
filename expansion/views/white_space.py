"""White space (EXP-04): accounts against products and advanced features; how each potential was found, and what does not fit."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.account_frame import open_account
from accounts.models import Account, Feature, Product, Segment
from accounts.views import filters
from accounts.views.forms import answer_form, posted
from cs_platform.kernel.access import Permission, Scope, TenantRequest, may, requires
from cs_platform.kernel.asked import back_of
from cs_platform.kernel.htmx import page
from cs_platform.kernel.templatetags.cells import number_text
from expansion import cells_white_space as cells
from expansion import services, white_space
from expansion.cells import year_text
from expansion.forms_growth import FitForm
from expansion.models import NoFit
from expansion.owned import owner_choices
from expansion.views.shell import shell
from expansion.white_space_listing import (
    FEATURES,
    RIGHTS,
    ROWS,
    SEGMENTS,
    Book,
    WhiteSpaceQuery,
    page_of,
    read_book,
)

LABELS = {"segment": gettext_lazy("Segment"), "owner": gettext_lazy("Owner"), "right": gettext_lazy("Right")}


@requires(Permission.VIEW_ACCOUNTS)
def white_space_map(request: TenantRequest) -> HttpResponse:
    """The page. Its address is its state (`WhiteSpaceQuery`); a CSM sees the own book, a leader all of it."""
    query, tenant = WhiteSpaceQuery.parse(request.GET), request.tenant
    products = white_space.sold_products()
    book = read_book(query, request.member, products)
    panel = _panel(request, query)

    def url(**changes: Any) -> str:
        return _url(request, query.text(**changes))

    context = shell(request) | {
        "query": query,
        "switch": [
            {"label": label, "url": url(rows=name), "current": name == query.rows} for name, label in ROWS.items()
        ],
        "panel": panel,
        "chips": filters.chips(panel, lambda name: url(**{name: ()})),
        "hidden": {
            "search": [pair for pair in query.pairs() if pair[0] != "q"],
            "filters": [pair for pair in query.pairs() if pair[0] in {"q", "rows"}],
        },
        "clear_url": _url(request, WhiteSpaceQuery(rows=query.rows).text()),
        "products_url": reverse("settings_products", args=[tenant.slug])
        if may(request, Permission.MANAGE_SETTINGS)
        else "",
        "heads": [product.name for product in products],
        "not_earned": year_text(book.whole.year - book.whole.earned, tenant),
        "foot": {},
    }
    if query.rows == SEGMENTS:
        segments = list(Segment.objects.order_by("position", "name"))
        context["rows"] = cells.segment_rows(book, segments, products, tenant, url)
        context["totals"] = cells.totals(book, products, tenant)
    else:
        context |= _accounts(request, query, book, products)
    return page(request, "expansion/white_space.html", context, pieces=("white-space",))


def _accounts(request: TenantRequest, query: WhiteSpaceQuery, book: Book, products: list[Product]) -> dict[str, Any]:
    """The page of accounts, against products or features. Three queries, however many there are."""
    tenant, shown = request.tenant, page_of(book, query)
    ids = [each.account_id for each in shown.rows]
    right = {each.account_id for each in shown.rows if each.earned}
    accounts = Account.objects.in_bulk(ids)
    found: dict[str, Any] = {
        "foot": {
            "shown": _("%(shown)s of %(found)s, earned first, then by potential")
            % {"shown": number_text(len(ids), 0), "found": number_text(len(book.ranked), 0)},
            "previous_url": _url(request, shown.previous) if shown.previous else "",
            "next_url": _url(request, shown.following) if shown.following else "",
        }
    }
    if query.rows == FEATURES:
        names = _advanced()
        used = {key: dict(said) for key, said in white_space.unused_features(ids).items()}
        rows = [white_space.Row(key, None, (), key in right) for key in ids]
        return found | {"heads": names, "rows": cells.feature_rows(rows, names, used, accounts, tenant)}
    grid = white_space.grid(ids, products, right=right)
    return found | {
        "rows": cells.account_rows(grid.rows, products, accounts, tenant),
        "totals": cells.totals(book, products, tenant),
    }


def _advanced() -> list[str]:
    """Names of the advanced features, those that come first in the alphabet where there are many."""
    names = Feature.objects.filter(kind=Feature.Kind.ADVANCED).order_by("name").values_list("name", flat=True)
    return list(names.distinct()[: white_space.MOST])


def _url(request: TenantRequest, text: str) -> str:
    return f"{reverse('expansion:white_space', args=[request.tenant.slug])}?{text}".rstrip("?")


def _panel(request: TenantRequest, query: WhiteSpaceQuery) -> list[dict[str, Any]]:
    """What can be filtered by."""
    names = Segment.objects.order_by("position", "name").values_list("name", flat=True)
    choices: dict[str, list[tuple[str, Any]]] = {"segment": [(name, name) for name in names]}
    if request.member.role.scope != Scope.OWN:
        choices["owner"] = owner_choices()
    choices["right"] = list(RIGHTS.items())
    return [filters.group(name, LABELS[name], choices[name], getattr(query, name)) for name in choices]


@requires(Permission.VIEW_ACCOUNTS)
def white_space_cell(request: TenantRequest, account_id: UUID, product_id: UUID) -> HttpResponse:
    """How a product stands with an account and how that was found; a deal begins here."""
    account, product = open_account(request, account_id), get_object_or_404(Product, id=product_id)
    tenant, back = request.tenant, _back(request)
    (row,) = white_space.grid([account], [product]).rows
    (cell,) = row.cells
    may_edit = may(request, Permission.EDIT_ACCOUNTS)
    fit = reverse("expansion:white_space_fit", args=[tenant.slug, account.id, product.id])
    context = cells.cell_card(cell, row, product, account, tenant) | {
        "back_url": back,
        "account_url": reverse("expansion:account_growth", args=[tenant.slug, account.id]),
        "deal_url": cells.deal_url(account.id, product, cell, tenant)
        if may_edit and cell.state == white_space.POTENTIAL
        else "",
        "fit_url": f"{fit}?{urlencode({'back': back})}" if may_edit and cell.state != white_space.OWNED else "",
        "fits": cell.state != white_space.NO_FIT,
    }
    return page(request, "expansion/white_space_cell.html", context, pieces=("drawer-body",))


@requires(Permission.EDIT_ACCOUNTS)
def white_space_fit(request: TenantRequest, account_id: UUID, product_id: UUID) -> HttpResponse:
    """Say that a product does not fit an account, with the reason, or that it fits after all."""
    account, product = open_account(request, account_id), get_object_or_404(Product, id=product_id)
    known = NoFit.objects.filter(account=account, product=product).first()
    words = {"product": product.name, "account": account.name}
    form = FitForm(posted(request), initial={"fits": "0", "reason": known.reason if known else ""})

    def act(values: dict[str, Any]) -> None:
        services.set_fit(
            account=account, product=product, fits=values["fits"], reason=values["reason"], by=request.member
        )

    look = {
        "title": _("Does %(product)s fit %(account)s?") % words,
        "back_url": _back(request),
        "back_label": _("White space"),
        "action": request.get_full_path(),
    }
    return answer_form(request, form, act, _("Saved."), look)


def _back(request: TenantRequest) -> str:
    slug = request.tenant.slug
    return back_of(request, reverse("home", args=[slug])) or reverse("expansion:white_space", args=[slug])
