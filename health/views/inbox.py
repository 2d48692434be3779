"""The inbox of events that were refused or wait: seen by reason, put right, sent in again, dismissed (PAGES, API-06)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import row_of, rows_after
from cs_platform.kernel.templatetags.cells import number_text
from health.enums import HeldState
from health.models import HeldEvent
from health.usage import data_cells as cells
from health.usage import held as doing
from health.usage.forms import HeldForm

SHOWN = 50
AT_ONCE = 500
# What a reader chooses between; the first is what is open.
VIEWS: dict[str, tuple[str, ...]] = {
    "open": (HeldState.QUARANTINED, HeldState.REJECTED),
    "waiting": (HeldState.QUARANTINED,),
    "refused": (HeldState.REJECTED,),
    "stored": (HeldState.RELEASED,),
    "dismissed": (HeldState.DISMISSED,),
}


@requires(Permission.IMPORT_DATA)
def inbox(request: TenantRequest) -> HttpResponse:
    """Held events, newest first, by state and reason."""
    view = request.GET.get("state", "open")
    view = view if view in VIEWS else "open"
    code = request.GET.get("code", "")
    counts = _counts()
    of_view = HeldEvent.objects.filter(state__in=VIEWS[view])
    known = {each for _state, each in counts}
    found = of_view.filter(code=code) if code in known else of_view.none() if code else of_view
    before = row_of(HeldEvent.objects.all(), request.GET.get("before", ""))
    rows = list(rows_after(found, "received_at", before).order_by("-received_at", "-id")[: SHOWN + 1])
    context = {
        "tab": "inbox",
        "views": [
            {
                "label": label,
                "url": f"{request.path}?state={name}",
                "current": name == view,
                "count": _sum(counts, name),
            }
            for name, label in _labels().items()
        ],
        "reasons": [
            {
                "label": cells.reason(each),
                "count": number_text(sum(counts.get((state, each), 0) for state in VIEWS[view])),
                "current": each == code,
                "url": f"{request.path}?state={view}" + ("" if each == code else f"&code={each}"),
            }
            for each in sorted({c for s, c in counts if s in VIEWS[view]}, key=cells.reason)
        ],
        "rows": [cells.held_row(request.tenant.slug, held) for held in rows[:SHOWN]],
        "bulk": _bulk(code, counts) if view in ("open", "waiting", "refused") else None,
        "filtered": bool(code) or view != "open",
        "sending": None if counts else cells.sending(request),
        "foot": {
            "shown": _("Newest first"),
            "previous_url": f"{request.path}?state={view}&code={code}" if before else "",
            "next_url": f"{request.path}?state={view}&code={code}&before={rows[SHOWN - 1].id}"
            if len(rows) > SHOWN
            else "",
        },
    }
    return page(request, "data/inbox.html", context)


def _labels() -> dict[str, str]:
    return {
        "open": _("Open"),
        "waiting": _("Waiting"),
        "refused": _("Refused"),
        "stored": _("Stored since"),
        "dismissed": _("Dismissed"),
    }


def _counts() -> dict[tuple[str, str], int]:
    """How many held events there are by state and reason."""
    rows = HeldEvent.objects.order_by().values("state", "code").annotate(n=Count("*"))
    return {(row["state"], row["code"]): row["n"] for row in rows}


def _sum(counts: dict[tuple[str, str], int], view: str) -> str:
    return number_text(sum(n for (state, _code), n in counts.items() if state in VIEWS[view]))


def _bulk(code: str, counts: dict[tuple[str, str], int]) -> dict[str, Any] | None:
    """What can be done with all open events of one reason."""
    total = sum(counts.get((state, code), 0) for state in VIEWS["open"])
    if not total:
        return None
    some = min(total, AT_ONCE)
    text = ngettext("Replay %(n)s event", "Replay %(n)s events", some) % {"n": number_text(some)}
    return {"code": code, "label": text, "accept": code == "too_old", "reason": cells.reason(code)}


@requires(Permission.IMPORT_DATA)
def held(request: TenantRequest, held_id: UUID) -> HttpResponse:
    """One held event: why, as it was sent, and a form to put it right. A POST sends it in again as the form says it."""
    rows = HeldEvent.objects.select_related("receipt__api_key", "released_by", "changed_by")
    posted = request.method == "POST"
    row = get_object_or_404(rows.select_for_update(of=("self",)) if posted else rows, id=held_id)
    back = reverse("data_inbox", args=[request.tenant.slug])
    form = HeldForm(request.POST if posted else None, held=row)
    if posted and form.is_valid():
        try:
            outcome = doing.replay(row, event=form.item(), by=request.member, accept="accept" in request.POST)
        except DomainError as error:
            messages.error(request, error.message)
            return redirect(back)
        if outcome.status in ("accepted", "duplicate"):
            stored = outcome.status == "accepted"
            messages.success(request, _("The event is stored.") if stored else _("The same event was stored before."))
            return redirect(back)
        name = outcome.field if outcome.field in form.fields else None
        if outcome.code == "unknown_account":
            name = "account"
        form.add_error(name, outcome.message)
    slug = request.tenant.slug
    context = {
        "tab": "inbox",
        "row": cells.held_row(slug, row),
        "raw": cells.pretty(row.raw),
        "form": form,
        "open": row.state in doing.OPEN,
        "too_old": row.code == "too_old",
        "source": cells.sender_name(row.receipt.kind, row.receipt.api_key),
        "receipt_url": reverse("data_receipt", args=[slug, row.receipt_id]),
        "became_url": reverse("data_receipt", args=[slug, row.released_by_id]) if row.released_by_id else "",
        "changed_by": row.changed_by.name if row.changed_by else "",
        "changed_at": cells.moment_text(row.updated_at),
    }
    return page(request, "data/held.html", context, pieces=("drawer-body",), status=422 if form.errors else 200)


@requires(Permission.IMPORT_DATA)
@require_POST
def dismiss(request: TenantRequest, held_id: UUID) -> HttpResponse:
    """Put an event aside for good."""
    row = get_object_or_404(HeldEvent.objects.select_for_update(of=("self",)), id=held_id)
    try:
        doing.dismiss(row, by=request.member)
        messages.success(request, _("The event is dismissed. It stays in the list of those dismissed."))
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("data_inbox", request.tenant.slug)


@requires(Permission.IMPORT_DATA)
@require_POST
def replay(request: TenantRequest) -> HttpResponse:
    """Send in again the open events of one reason, as they are."""
    code = request.POST.get("code", "")
    if code not in {each for _state, each in _counts()}:
        return redirect("data_inbox", request.tenant.slug)
    became = doing.replay_all(code, by=request.member, accept="accept" in request.POST, limit=AT_ONCE)
    stored = became["accepted"] + became["duplicate"]
    held_back = sum(became.values()) - stored
    parts = [ngettext("%(n)s event is stored", "%(n)s events are stored", stored) % {"n": number_text(stored)}]
    if held_back:
        text = ngettext("%(n)s is still held", "%(n)s are still held", held_back)
        parts.append(text % {"n": number_text(held_back)})
    level = messages.success if stored else messages.warning
    level(request, f"{', '.join(parts)}.")
    return redirect(f"{reverse('data_inbox', args=[request.tenant.slug])}?code={code}")
