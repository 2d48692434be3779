"""Set-up, Data: sources and whether they still send, and the batches as they come in (PAGES, API-06)."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import row_of, rows_after, uuid_of
from health.enums import Freshness, ReceiptKind
from health.models import HeldEvent, Receipt
from health.usage import data_cells as cells
from health.usage import sources as asked

SHOWN = 50
HELD_SHOWN = 100


@requires(Permission.IMPORT_DATA)
def sources(request: TenantRequest) -> HttpResponse:
    """Who sends events and files, when something came last, how late it is and how much of it is refused."""
    senders = asked.senders()
    context = {
        "tab": "sources",
        "senders": [cells.source_row(request, sender) for sender in senders],
        "heard": any(sender.last for sender in senders),
        "fresh": sum(sender.freshness == Freshness.FRESH for sender in senders),
        "files": [cells.file_row(request, files) for files in asked.files()],
        "limits": cells.thresholds(),
        "sending": cells.sending(request),
    }
    return page(request, "data/sources.html", context)


@requires(Permission.IMPORT_DATA)
def receipts(request: TenantRequest) -> HttpResponse:
    """The latest batches, asked for again every few seconds; older ones page by page."""
    found = _chosen(request)
    anchor = row_of(found, request.GET.get("before", ""))
    later = rows_after(found, "received_at", anchor)
    rows = list(later.select_related("api_key").order_by("-received_at", "-id")[: SHOWN + 1])
    newest = str(rows[0].id) if rows else ""
    if request.htmx and request.GET.get("newest", "-") == newest:
        return HttpResponse(status=204)
    query = request.GET.copy()
    for name in ("before", "newest"):
        query.pop(name, None)
    live = not anchor and "paused" not in query
    context: dict[str, Any] = {
        "tab": "receipts",
        "rows": [cells.receipt_row(request.tenant.slug, receipt) for receipt in rows[:SHOWN]],
        "filters": _filters(request),
        "live": live,
        "poll_url": f"{request.path}?{_with(query, newest=newest)}" if live else "",
        "toggle_url": "" if anchor else f"{request.path}?{_with(query, paused='1' if live else None)}",
        "sending": None if rows else cells.sending(request),
        "foot": {
            "shown": _("Newest first"),
            "previous_url": f"{request.path}?{query.urlencode()}" if anchor else "",
            "next_url": f"{request.path}?{_with(query, before=str(rows[SHOWN - 1].id))}" if len(rows) > SHOWN else "",
        },
    }
    return page(request, "data/receipts.html", context, pieces=("receipts",))


def _with(query: Any, **values: str | None) -> str:
    changed = query.copy()
    for name, value in values.items():
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = value
    return str(changed.urlencode())


def _chosen(request: TenantRequest) -> QuerySet[Receipt]:
    """The batches of the source that the address names; an unknown one has none."""
    found = Receipt.objects.all()
    if kind := request.GET.get("kind"):
        found = found.filter(kind=kind) if kind in ReceiptKind.values else found.none()
    if key := request.GET.get("key"):
        found = found.filter(api_key_id=uuid_of(key)) if uuid_of(key) else found.none()
    return found


def _filters(request: TenantRequest) -> list[dict[str, str]]:
    """The filters that are on, each with the address without it."""
    found = []
    for name, label in (("kind", _("Road")), ("key", _("Key"))):
        if value := request.GET.get(name):
            query = request.GET.copy()
            for other in (name, "before", "newest"):
                query.pop(other, None)
            if name == "kind":
                shown = str(ReceiptKind(value).label) if value in ReceiptKind.values else value
            else:
                receipt = _chosen(request).select_related("api_key").first()
                shown = receipt.api_key.name if receipt and receipt.api_key else value
            found.append({"label": label, "value": shown, "url": f"{request.path}?{query.urlencode()}"})
    return found


@requires(Permission.IMPORT_DATA)
def receipt(request: TenantRequest, receipt_id: UUID) -> HttpResponse:
    """One batch: what became of its events, and those that were refused or wait, as they were sent."""
    found = get_object_or_404(Receipt.objects.select_related("api_key", "run"), id=receipt_id)
    held = HeldEvent.objects.filter(receipt=found).order_by("position", "id")
    slug = request.tenant.slug
    context = {
        "tab": "receipts",
        "receipt": cells.receipt_row(slug, found),
        "latest": cells.moment_seconds(found.latest_at) if found.latest_at else "",
        "run": {"name": found.run.filename, "url": reverse("import_run", args=[slug, found.run_id])}
        if found.run
        else None,
        "held": [cells.held_row(slug, each) | {"raw": cells.pretty(each.raw)} for each in held[:HELD_SHOWN]],
        "more": max(held.count() - HELD_SHOWN, 0),
        "became": HeldEvent.objects.filter(released_by=found).count(),
    }
    return page(request, "data/receipt.html", context)
