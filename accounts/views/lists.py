"""The accounts list and its export (PAGES, Customers)."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import cells
from accounts.enums import HealthBand, Source, Status, Tier
from accounts.listing import (
    COLUMNS,
    FILTERS,
    RENEWAL_DAYS,
    SORTS,
    ListQuery,
    Totals,
    costliest_filter,
    filter_choices,
    ordering,
    read_page,
    totals,
)
from accounts.models import Account
from accounts.views import filters
from accounts.views.saved import Viewed
from cs_platform.kernel.access import Permission, Scope, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import from_minor, money_text
from cs_platform.kernel.periods import parse_month
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import month_name

PAGE = "accounts"
# Views that everybody has; the last two only where other people's accounts can be seen.
BUILT_IN = (
    ("all", gettext_lazy("All"), "", False),
    ("risk", gettext_lazy("Critical and at risk"), "health=red&health=yellow&sort=health", False),
    ("critical", gettext_lazy("Critical"), "health=red&sort=health", False),
    ("renewing", gettext_lazy("Renewing in 90 days"), "renews=90&sort=renews", False),
    ("mine", gettext_lazy("My accounts"), "owner=me", True),
    ("ownerless", gettext_lazy("Without an owner"), "owner=none", True),
)
# The first columns are those of the import, the last what is derived.
EXPORTED = (
    "account name segment industry source owner_email signed_on domain strategic complexity parent level region "
    "employees tier status renews_on customer_since mrr arr currency health_score health_band health_change health_on"
)

VIEWS = Viewed(PAGE, gettext_lazy("Accounts"), "view", lambda given: ListQuery.parse(given).text(view=""))


def book_of(request: TenantRequest) -> QuerySet[Account]:
    """The accounts that the member of this request may see."""
    return Account.objects.visible_to(request.member).filter(merged_into=None)


@requires(Permission.VIEW_ACCOUNTS)
def accounts(request: TenantRequest) -> HttpResponse:
    """The list: which accounts, sorted by need, in my own columns and saved views."""
    query = ListQuery.parse(request.GET)
    today = request.tenant.today()
    book = book_of(request)
    views = VIEWS.shown(request, query.text(view=""), _built_in(request))
    states = {tab["key"]: ListQuery.parse(QueryDict(tab["state"])) for tab in views["tabs"]}
    sums = totals(book, query, states, request.member, today)
    for tab in views["tabs"]:
        tab["count"] = f"{sums.views[tab['key']]:,}"
    found = query.rows(book, request.member, today).select_related("segment", "owner")
    rows = read_page(found, query)
    panel = _panel(request, query)
    context = {
        "query": query,
        "views": views,
        "export_url": f"{reverse('accounts_export', args=[request.tenant.slug])}?{query.text()}",
        "summary": _summary(request, sums),
        "panel": panel,
        "chips": _chips(request, query, panel),
        "hidden": {
            "search": [pair for pair in query.pairs() if pair[0] != "q"],
            "filters": [pair for pair in query.pairs() if pair[0] in {"q", "sort", "col", "view"}],
            "columns": [pair for pair in query.pairs() if pair[0] != "col"],
        },
        "columns": [{"name": k, "label": label, "on": k in query.columns} for k, label in COLUMNS.items()],
        "default_columns_url": f"{request.path}?{query.text(columns=ListQuery().columns)}",
        "heads": cells.heads(query, request.path),
        "rows": cells.account_rows(rows.rows, query.columns, request.tenant, today),
        "foot": _foot(request, query, sums, rows),
        "search": query.filters.get("q", ("",))[0],
        "search_label": ngettext("Find in %(n)s account", "Find in %(n)s accounts", sums.book)
        % {"n": f"{sums.book:,}"},
        "empty": None if rows.rows else _empty(request, query, sums, book, panel, today),
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "may_import": may(request, Permission.IMPORT_DATA),
        "oob": bool(request.htmx and request.htmx.target == "accounts-found"),
    }
    response = page(request, "accounts/list.html", context, pieces=("accounts-list", "accounts-found"))
    if request.htmx:
        response["HX-Push-Url"] = f"{request.path}?{query.address()}".rstrip("?")
    return response


@requires(Permission.VIEW_ACCOUNTS)
def export(request: TenantRequest) -> HttpResponse:
    """All rows of the filter as CSV, in the list's order; its first columns can be imported again."""
    query = ListQuery.parse(request.GET)
    tenant = request.tenant
    found = query.rows(book_of(request), request.member, tenant.today())
    found = found.select_related("segment", "owner__user", "parent").order_by(*ordering(query))
    head = EXPORTED.split()
    lines = (
        [
            a.external_id,
            a.name,
            a.segment.name if a.segment else "",
            a.industry,
            a.source,
            a.owner.user.email if a.owner else "",
            a.signed_on,
            a.domain,
            "yes" if a.strategic else "no",
            a.complexity,
            a.parent.external_id if a.parent else "",
            a.level,
            a.region,
            a.employees,
            a.tier,
            a.status,
            a.renews_on,
            a.customer_since,
            from_minor(a.mrr_minor, tenant.currency),
            from_minor(a.mrr_minor * 12, tenant.currency),
            tenant.currency,
            None if a.health_score is None else round(a.health_score, 6),
            a.health_band,
            None if a.health_change is None else round(a.health_change, 6),
            a.health_on,
        ]
        for a in found.iterator(chunk_size=2000)
    )
    return csv_file(f"accounts-{tenant.slug}-{tenant.today()}.csv", head, lines)


def _built_in(request: TenantRequest) -> list[tuple[str, Any, str]]:
    """The views that everybody of the reader's reach has: key, label, query string."""
    wide = request.member.role.scope != Scope.OWN
    return [(key, label, text) for key, label, text, only_wide in BUILT_IN if wide or not only_wide]


def _panel(request: TenantRequest, query: ListQuery) -> list[dict[str, Any]]:
    """What can be filtered by: [{name, label, open, options [{value, label, on}]}], labels in the reader's language."""
    found = filter_choices(book_of(request))
    options: dict[str, list[tuple[str, Any]]] = {
        "health": list(HealthBand.choices),
        "segment": found["segment"],
        "status": list(Status.choices),
        "renews": [(str(days), _renewal_label(str(days))) for days in RENEWAL_DAYS],
        "industry": found["industry"][:200],
        "source": list(Source.choices),
        "tier": list(Tier.choices),
    }
    if request.member.role.scope != Scope.OWN:
        options["owner"] = [("me", _("Me")), ("none", _("Nobody")), *found["owner"]]
    panel = []
    for name, entry in FILTERS.items():
        if name in options or (name in query.filters and name != "q"):
            chosen = query.filters.get(name, ())
            known = dict(options.get(name, ()))
            extra = [(value, _value_label(name, value)) for value in chosen if value not in known]
            panel.append(filters.group(name, entry.label, [*options.get(name, ()), *extra], chosen))
    return panel


def _renewal_label(value: str) -> str:
    if value.isdigit():
        return ngettext("within %(days)s day", "within %(days)s days", int(value)) % {"days": value}
    return month_name(parse_month(value))


def _value_label(name: str, value: str) -> str:
    """A value that the panel does not offer: a month, a former member, a segment that is gone."""
    if name == "renews":
        return _renewal_label(value)
    if say := FILTERS[name].say:
        return str(say(value))
    return _("unknown") if name == "owner" else value


def _chips(request: TenantRequest, query: ListQuery, panel: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return filters.chips(panel, lambda name: f"{request.path}?{query.without(name)}")


def _summary(request: TenantRequest, sums: Totals) -> list[str]:
    """What stands under the heading: how many of how many, and their money."""
    currency = request.tenant.currency
    risks = [
        f"{count:,} {HealthBand(band).label}"
        for band, count in (("red", sums.critical), ("yellow", sums.at_risk))
        if count
    ]
    bands = [", ".join(risks)] if risks else []
    if sums.found == sums.book:
        arr = _("%(arr)s ARR") % {"arr": cells.arr_text(sums.book_mrr, currency)}
        return [cells.count_text(sums.book), arr, *bands]
    return [
        ngettext("%(found)s of %(book)s account", "%(found)s of %(book)s accounts", sums.book)
        % {"found": f"{sums.found:,}", "book": f"{sums.book:,}"},
        _("%(found)s of %(book)s ARR")
        % {"found": cells.arr_text(sums.found_mrr, currency), "book": cells.arr_text(sums.book_mrr, currency)},
        *bands,
    ]


def _foot(request: TenantRequest, query: ListQuery, sums: Totals, rows: Any) -> dict[str, Any]:
    """Sums under the table and the keyset foot."""
    currency = request.tenant.currency
    money = {"arr": cells.arr_text(sums.found_mrr, currency), "mrr": money_text(sums.found_mrr, currency)}
    return {
        "count": cells.count_text(sums.found),
        "cells": [{"text": money.get(name, ""), "number": name in cells.NUMBERS} for name in query.columns],
        "shown": _("%(shown)s of %(found)s shown") % {"shown": len(rows.rows), "found": f"{sums.found:,}"},
        "sorted": _("sorted by %(name)s") % {"name": SORTS[query.sort].label},
        "previous_url": f"{request.path}?{rows.previous}" if rows.previous else "",
        "next_url": f"{request.path}?{rows.following}" if rows.following else "",
        "next_name": rows.rows[-1].name if rows.rows else "",
    }


def _empty(
    request: TenantRequest,
    query: ListQuery,
    sums: Totals,
    book: QuerySet[Account],
    panel: list[dict[str, Any]],
    today: dt.date,
) -> dict[str, Any]:
    """What an empty list says: first use, or the filter that costs most and what would be there without it."""
    if sums.book == 0:
        if may(request, Permission.IMPORT_DATA):
            return {
                "icon": "building-2",
                "title": _("No accounts yet"),
                "text": _("Your customers stand here once a file with them was imported."),
                "url": reverse("imports", args=[request.tenant.slug]),
                "action": _("Import accounts"),
                "action_icon": "upload",
                "primary": True,
            }
        return {
            "icon": "building-2",
            "title": _("No accounts yet"),
            "text": _("Accounts stand here as soon as you own some. Ask your CS operations to import or assign them."),
        }
    if not query.filters:  # a page beyond the last one, after rows have gone
        return {"icon": "building-2", "title": _("Nothing more here"), "url": request.path, "action": _("First page")}
    everything = {
        "icon": "filter",
        "title": ngettext("No accounts match this filter", "No accounts match these %(n)s filters", len(query.filters))
        % {"n": len(query.filters)},
        "second_url": f"{request.path}?{query.text(filters={})}",
        "second": _("Clear all filters"),
    }
    worst = costliest_filter(book, query, request.member, today)
    if worst is None:
        return everything | {
            "text": _("Taking off one filter would not be enough."),
            "url": everything["second_url"],
            "action": everything["second"],
            "second": "",
            "second_url": "",
        }
    name, count = worst
    chips = {chip["name"]: chip["value"] for chip in _chips(request, query, panel)}
    return everything | {
        "text": ngettext(
            "Without “%(filter)s: %(value)s” there is %(n)s.", "Without “%(filter)s: %(value)s” there are %(n)s.", count
        )
        % {"filter": FILTERS[name].label, "value": chips.get(name, query.filters[name][0]), "n": f"{count:,}"},
        "url": f"{request.path}?{query.without(name)}",
        "action": _("Remove the filter “%(filter)s”") % {"filter": FILTERS[name].label},
    }
