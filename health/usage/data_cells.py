"""What the data pages show of sources, receipts and held events, as text."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import ImportKind
from accounts.models import Account
from cs_platform.kernel.access import Permission, TenantRequest, may
from cs_platform.kernel.templatetags.cells import moment_text, number_text, percent_text
from health.enums import Freshness, HeldState, ReceiptKind
from health.models import HeldEvent, Receipt
from health.usage import sources

TONES = {
    Freshness.FRESH: "good",
    Freshness.LATE: "watch",
    Freshness.SILENT: "risk",
    Freshness.NEVER: "none",
}
STATE_TONES = {
    HeldState.QUARANTINED: "watch",
    HeldState.REJECTED: "risk",
    HeldState.RELEASED: "good",
    HeldState.DISMISSED: "none",
}
# Words for the codes of held events; what is not here is shown as it is.
REASONS: dict[str, Promise] = {
    "unknown_account": gettext_lazy("Unknown account"),
    "in_the_future": gettext_lazy("In the future"),
    "too_old": gettext_lazy("Too old"),
    "message_id_reused": gettext_lazy("Message id used twice"),
    "required": gettext_lazy("Value missing"),
    "unknown_field": gettext_lazy("Unknown field"),
    "type": gettext_lazy("Wrong type"),
    "too_long": gettext_lazy("Too long"),
    "characters": gettext_lazy("Characters that cannot be stored"),
    "not_a_time": gettext_lazy("Not a time"),
    "no_offset": gettext_lazy("Time without offset"),
    "out_of_range": gettext_lazy("Outside the possible range"),
    "repeated_name": gettext_lazy("A name stands twice"),
    "too_deep": gettext_lazy("Nested too deeply"),
    "too_many_values": gettext_lazy("Too many values"),
    "unreadable": gettext_lazy("Cannot be read"),
    "not_an_object": gettext_lazy("Not an object"),
    "unknown_type": gettext_lazy("Unknown type of message"),
}


def reason(code: str) -> str:
    return str(REASONS.get(code, code))


def span_text(seconds: float | None) -> str:
    """A length of time in its largest unit. Example: 5400 is 1.5 h."""
    if seconds is None:
        return "–"
    for size, text in ((86400, _("%(n)s d")), (3600, _("%(n)s h")), (60, _("%(n)s min"))):
        if seconds >= size:
            return text % {"n": number_text(round(seconds / size, 1))}
    return _("%(n)s s") % {"n": number_text(round(seconds, 1))}


def share(part: int, whole: int) -> str:
    return percent_text(part / whole) if whole else "–"


def sender_name(kind: str, key: Any) -> str:
    """A source by the name of its key; files and keys that are gone by their road."""
    road = str(ReceiptKind(kind).label)
    return f"{key.name} · {road}" if key else road


def source_row(request: TenantRequest, sender: sources.Sender) -> dict[str, Any]:
    """A line of the table of senders."""
    slug = request.tenant.slug
    receipts = reverse("data_receipts", args=[slug])
    archive = bool(request.tenant.data_until)
    peak = max(sender.points)
    return {
        "name": sender_name(sender.kind, sender.key),
        "hint": f"{sender.key.prefix}…" if sender.key else "",
        "url": f"{receipts}?kind={sender.kind}" + (f"&key={sender.key.id}" if sender.key else ""),
        "state": _("Archive") if archive else sender.freshness.label,
        "tone": "none" if archive else TONES[sender.freshness],
        "last": moment_text(sender.last) if sender.last else "–",
        "day": number_text(sender.day),
        "week": number_text(sender.week),
        "lag": span_text(sender.lag_seconds),
        "refused": share(sender.rejected_week, sender.received_week),
        "waiting": share(sender.quarantined_week, sender.received_week),
        "points": sender.points,
        "trend": _("Events of each of the last 14 days, at most %(n)s") % {"n": number_text(peak)},
    }


def file_row(request: TenantRequest, files: sources.Files) -> dict[str, Any]:
    """A line of the table of files by kind."""
    archive = bool(request.tenant.data_until)
    return {
        "name": str(ImportKind(files.kind).label),
        "url": f"{reverse('imports', args=[request.tenant.slug])}?kind={files.kind}#upload",
        "state": _("Archive") if archive else files.freshness.label,
        "tone": "none" if archive else TONES[files.freshness],
        "last": moment_text(files.last),
        "files": number_text(files.files),
        "rows": number_text(files.rows),
        "refused": share(files.rejected, files.rows),
    }


def thresholds() -> dict[str, str]:
    """The limits of freshness in words."""
    hours = {
        "late": number_text(sources.EVENTS.late.total_seconds() // 3600),
        "silent": number_text(sources.EVENTS.silent.total_seconds() // 3600),
    }
    days = {"late": number_text(sources.FILES.late.days), "silent": number_text(sources.FILES.silent.days)}
    return {
        "events": _("A source is late after %(late)s hours without an event and silent after %(silent)s.") % hours,
        "files": _("Files of a kind are late after %(late)s days without one and silent after %(silent)s.") % days,
    }


def receipt_row(slug: str, receipt: Receipt) -> dict[str, Any]:
    """A line of the list of batches."""
    return {
        "id": str(receipt.id),
        "url": reverse("data_receipt", args=[slug, receipt.id]),
        "at": moment_seconds(receipt.received_at),
        "source": sender_name(receipt.kind, receipt.api_key),
        "received": number_text(receipt.received),
        "accepted": number_text(receipt.accepted),
        "duplicate": number_text(receipt.duplicate),
        "quarantined": number_text(receipt.quarantined),
        "rejected": number_text(receipt.rejected),
        "some_waiting": bool(receipt.quarantined),
        "some_refused": bool(receipt.rejected),
        "lag": span_text(_lag(receipt)),
        "parts": [
            ("good", receipt.accepted),
            ("none", receipt.duplicate),
            ("watch", receipt.quarantined),
            ("risk", receipt.rejected),
        ],
    }


def _lag(receipt: Receipt) -> float | None:
    return max((receipt.received_at - receipt.latest_at).total_seconds(), 0) if receipt.latest_at else None


def moment_seconds(at: dt.datetime) -> str:
    """29 Dec 2026, 14:05:09: a debugger needs the seconds."""
    return f"{moment_text(at)}:{timezone.localtime(at):%S}"


def held_row(slug: str, held: HeldEvent) -> dict[str, Any]:
    """A line of the inbox, or of what a batch left behind."""
    event = held.event or {}
    return {
        "id": str(held.id),
        "url": reverse("data_held", args=[slug, held.id]),
        "at": moment_text(held.received_at),
        "position": held.position,
        "state": held.get_state_display(),
        "tone": STATE_TONES[HeldState(held.state)],
        "reason": reason(held.code),
        "field": held.field,
        "message": held.message,
        "event": event.get("event") or _excerpt(held.raw),
        "account": held.account_ref or "–",
        "user": event.get("user") or "–",
        "happened": moment_text(held.occurred_at),
    }


def _excerpt(raw: str) -> str:
    return raw if len(raw) <= 60 else f"{raw[:59]}…"


def pretty(raw: str) -> str:
    """What was sent, set out in lines where it is JSON."""
    try:
        return json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return raw


def sending(request: TenantRequest) -> dict[str, Any]:
    """How to send a first event: this company's address, an account of theirs, and where a key comes from."""
    account = Account.objects.order_by("-mrr_minor", "id").values_list("external_id", flat=True).first()
    event = {
        "events": [
            {
                "message_id": "first-event",
                "account": account or "A-1042",
                "user": "u-17",
                "event": "report_exported",
                "timestamp": timezone.now().astimezone(request.tenant.zone).isoformat(timespec="seconds"),
            }
        ]
    }
    lines = (
        f"curl {settings.BASE_URL}/api/v1/events",
        "-H 'Authorization: Bearer YOUR_KEY'",
        "-H 'Content-Type: application/json'",
        f"-d '{_shell(event)}'",
    )
    return {
        "curl": " \\\n  ".join(lines),
        "host": settings.BASE_URL,
        "docs_url": reverse("api-docs"),
        "keys_url": reverse("settings_keys", args=[request.tenant.slug])
        if may(request, Permission.MANAGE_KEYS)
        else "",
    }


def _shell(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False).replace("'", "'\\''")
