"""Rows of usage: events from files, history of any age (CONTRACTS 1, ACC-08)."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import ChangeSource
from accounts.kinds import DateStyle, Problem, Reader, Row
from accounts.merging.result import MergeResult, Origin
from accounts.rows import Bad, amount, text
from health.enums import ReceiptKind
from health.usage.intake import receive
from health.usage.items import LENGTHS, SENTENCES, Fault, Incoming, incoming, moment, uuid_text


def instant(value: Any, style: DateStyle) -> dt.datetime:
    """A moment with its offset, so that no file means another hour than its sender."""
    if isinstance(value, dt.datetime) and value.tzinfo:
        return value
    found = str(value or "").strip()
    if not found:
        raise Bad("required", _("A value is required here."))
    try:
        return moment(found)
    except Fault as fault:
        raise Bad(fault.code, str(SENTENCES[fault.code])) from fault


FIELDS: dict[str, Reader] = {
    "event_at": instant,
    "account": text(LENGTHS["account"], required=True),
    "user": text(LENGTHS["user"]),
    "event": text(LENGTHS["event"], required=True),
    "quantity": amount,
    "session": text(LENGTHS["session"]),
    "message_id": text(LENGTHS["message_id"]),
}
REQUIRED = ("event_at", "account", "event")
LABELS: Mapping[str, Promise] = {
    "event_at": gettext_lazy("Time of the event"),
    "account": gettext_lazy("Account id"),
    "user": gettext_lazy("User id"),
    "event": gettext_lazy("Event"),
    "quantity": gettext_lazy("Quantity"),
    "session": gettext_lazy("Session"),
    "message_id": gettext_lazy("Message id"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "event_at": ("timestamp", "occurred_at", "time", "at", "date"),
    "account": ("account_id", "customer_id", "company_id", "group_id", "organization"),
    "user": ("user_id", "email", "member", "actor"),
    "event": ("event_name", "name", "feature", "action"),
    "quantity": ("count", "amount", "value"),
    "session": ("session_id",),
    "message_id": ("event_id", "id", "uuid", "external_id"),
}


def check(values: dict[str, Any]) -> list[Problem]:
    """What the cells say together: they make an event as the API takes it."""
    found = _event(0, values)
    return [] if isinstance(found, Incoming) else [Problem(found.field, "", found.code, found.message)]


def _event(number: int, values: Mapping[str, Any]) -> Any:
    quantity = values.get("quantity")
    return incoming(
        number,
        account=values["account"],
        user=values.get("user") or "",
        event=values["event"],
        quantity=Decimal(1) if quantity is None else quantity,
        occurred_at=values["event_at"],
        session=values.get("session") or "",
        message_id=values.get("message_id") or "",
    )


def merge_usage(rows: Sequence[Row], origin: Origin, *, earlier: Mapping[int, int] | None = None) -> MergeResult:
    """Store the events of a file, or hold them until their account appears.

    A row without a message id is known by what it says and by how many rows of the file said the same before it: a real
    repetition counts, and the same file again does not. `earlier` is that count by row number where the file has more
    rows than these. Rejected: a message id that stood on another event.
    """
    result = MergeResult()
    before: Counter[bytes] = Counter()
    items = []
    for row in rows:
        item: Incoming = _event(row.number, row.values)
        if not row.values.get("message_id"):
            nth = before[item.digest] if earlier is None else earlier.get(row.number, 0)
            before[item.digest] += 1
            if nth:
                item.message_id = uuid_text(hashlib.sha256(item.digest + nth.to_bytes(8, "big")).digest(), 8)
        items.append(item)
    is_import = origin.source == ChangeSource.IMPORT
    received = receive(
        items,
        kind=ReceiptKind.IMPORT if is_import else ReceiptKind.API,
        import_id=origin.ref if is_import else None,
        received_at=timezone.now(),
        history=True,
        keep_refused=False,
    )
    by_number = {row.number: row for row in rows}
    for item in items:
        outcome = received.outcomes.get(item.index)
        if outcome is None:
            result.add(item.index, UUID(item.message_id), "created")
        elif outcome.status == "duplicate":
            result.outcomes[item.index] = "unchanged"
        elif outcome.status == "quarantined":
            result.quarantine(item.index)
        else:
            row = by_number[item.index]
            result.reject(row, outcome.field, row.values.get("message_id") or "", outcome.code, outcome.message)
    return result
