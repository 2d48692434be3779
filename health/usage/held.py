"""Events that were not stored when they came: released by themselves, put right and replayed, or dismissed."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.models import Member
from cs_platform.kernel import queue, runs, sqljobs
from cs_platform.kernel.errors import Conflict
from cs_platform.kernel.models import Work
from cs_platform.kernel.tenancy import current_tenant_id
from health.enums import HeldState, ReceiptKind
from health.models import HeldEvent, Receipt
from health.usage import intake, wire
from health.usage.items import Incoming, Refused
from health.usage.storage import SQL

PIECE = 5_000
OPEN = (HeldState.QUARANTINED, HeldState.REJECTED)


class Settled(Conflict):
    """The event was stored or dismissed before (409)."""

    code = "settled"


def release_waiting(*, now: dt.datetime | None = None, limit: int = PIECE) -> tuple[int, bool]:
    """Store what waited for an account that is there now, or for its moment. How many, and whether more remain.

    In the caller's transaction; rows that somebody else holds are left to them.
    """
    now = now or timezone.now()
    params = {"tenant_id": current_tenant_id(), "now": now, "limit": limit}
    with sqljobs.in_bulk(limit):
        found = sqljobs.rows(SQL / "held_ready.sql", params)
    ids = [row["id"] for row in found]
    released = _store(ids, now) if ids else 0
    if released < len(ids):  # their moment came, and their account did not
        rows = HeldEvent.objects.filter(id__in=ids, state=HeldState.QUARANTINED)
        waiting = intake.waiting("unknown_account")
        rows.update(code=waiting.code, message=waiting.message, updated_at=now)
    return released, len(ids) == limit


def release_held(work: Work) -> bool:
    """Handler of `accounts.appeared`: one piece; whether more remains."""
    return release_waiting()[1]


def release_night(as_of: dt.date) -> int:
    """First step of the night: whatever may be stored by now is. Says when the inbox of refused events is full."""
    total, more = 0, True
    while more:
        released, more = release_waiting()
        total += released
    refused = HeldEvent.objects.filter(state=HeldState.REJECTED).count()
    full = _("It holds %(count)s events; further ones are answered and not kept. Look through it on the Data page.")
    problems = {"inbox": full % {"count": refused}} if refused >= intake.MAX_REFUSED else {}
    runs.report("refused_events", as_of, problems)
    return total


def _store(ids: Sequence[UUID], now: dt.datetime, by: Member | None = None) -> int:
    """Store those of the held events whose account is known, under a receipt of their own; how many."""
    receipt_id = uuid7()
    params = {
        "tenant_id": current_tenant_id(),
        "ids": [str(each) for each in ids],
        "receipt_id": str(receipt_id),
        "received_at": now,
        "late_days": intake.LATE_DAYS,
        "by": str(by.id) if by else None,
    }
    with sqljobs.in_bulk(len(ids)):
        found = sqljobs.rows(SQL / "held_stored.sql", params)[0]
    released: int = found["released"]
    if released:
        Receipt.objects.create(
            id=receipt_id,
            kind=ReceiptKind.REPLAY,
            received_at=now,
            received=released,
            accepted=released,
            duplicate=0,
            quarantined=0,
            rejected=0,
            latest_at=found["latest_at"],
        )
        queue.publish("usage.received", within=intake.WITHIN)
    return released


def replay(
    held: HeldEvent,
    *,
    event: Mapping[str, Any] | None = None,
    by: Member | None,
    accept: bool = False,
    received_at: dt.datetime | None = None,
) -> intake.Outcome:
    """Send a held event in once more, as it is or as `event` says it right; what became of it.

    `held` is locked by the caller. It is settled when the event is stored now or was before; otherwise it stays, with
    the new reason. `accept` takes events of any age. Settled when somebody was faster.
    """
    if held.state not in OPEN:
        raise Settled(_("This event was stored or dismissed before."))
    now = received_at or timezone.now()
    item = _item(held, event)
    if not isinstance(item, Incoming):
        return intake.Outcome("rejected", item.code, item.message, item.field)
    if held.state == HeldState.REJECTED:
        outcome = _receive(held, item, now, accept)
    else:
        outcome = _accept(held, item, now, accept, by)
    if outcome.status == "rejected":
        return outcome
    held.changed_by, held.updated_at = by, now
    if outcome.status == "quarantined":
        held.state, held.code, held.message, held.field = HeldState.QUARANTINED, outcome.code, outcome.message, ""
    held.save()
    return outcome


def _item(held: HeldEvent, event: Mapping[str, Any] | None) -> Incoming | Refused:
    """The event to send in: put right, as it would have been stored, or as it was sent."""
    if event is not None:
        return wire.read_item(held.position, json.dumps(event, default=float).encode())
    if held.event is None:
        return wire.read_item(held.position, held.raw.encode())
    kept = held.event
    return Incoming(
        held.position, kept["message_id"], b"", kept["account"], kept["user"], kept["event"], kept["quantity"],
        kept["timestamp"], kept["session"], held.raw.encode(),
    )  # fmt: skip


def _receive(held: HeldEvent, item: Incoming, now: dt.datetime, accept: bool) -> intake.Outcome:
    """A refused event has no key yet: it takes the way of every other one."""
    with transaction.atomic():
        result = intake.receive([item], kind=ReceiptKind.REPLAY, received_at=now, any_age=accept, hold=False)
        outcome = result.outcomes.get(item.index, intake.Outcome("accepted"))
        if outcome.status == "rejected":
            transaction.set_rollback(True)
            return outcome
    intake.fill(held, item)
    if outcome.status != "quarantined":
        held.state, held.released_by_id = HeldState.RELEASED, result.receipt_id
    return outcome


def _accept(held: HeldEvent, item: Incoming, now: dt.datetime, accept: bool, by: Member | None) -> intake.Outcome:
    """An event that waits has its key already, and keeps it: sent again by its sender it is a duplicate."""
    item.message_id = str(held.message_id)
    item.occurred_at = item.occurred_at or (held.event or {})["timestamp"]
    intake.fill(held, item)
    history = held.receipt.kind == ReceiptKind.IMPORT
    if code := intake.misplaced(item.occurred_at, now, any_age=accept or history):
        return intake.waiting(code)
    held.save()
    if not _store([held.id], now, by):
        return intake.waiting("unknown_account")
    held.refresh_from_db()
    return intake.Outcome("accepted")


def dismiss(held: HeldEvent, *, by: Member | None) -> None:
    """Put a held event aside for good. `held` is locked by the caller; one that waited stays known by its key."""
    if held.state not in OPEN:
        raise Settled(_("This event was stored or dismissed before."))
    held.state, held.changed_by, held.updated_at = HeldState.DISMISSED, by, timezone.now()
    held.save(update_fields=["state", "changed_by", "updated_at"])


def replay_all(code: str, *, by: Member | None, accept: bool = False, limit: int = 500) -> Counter[str]:
    """Send in again the oldest open events that were held for this reason, as they are; how many became what."""
    rows = HeldEvent.objects.filter(code=code, state__in=OPEN).select_related("receipt").order_by("id")
    found: Counter[str] = Counter()
    for held in rows.select_for_update(of=("self",), skip_locked=True)[:limit]:
        found[replay(held, by=by, accept=accept).status] += 1
    return found
