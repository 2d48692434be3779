"""The one way in for usage events: API, Segment, files and replay are stored by `receive` (ACC-08, RELIABILITY 3.1).

Everything is one transaction, the caller's: whoever hears "accepted" can rely on it, and whoever hears nothing sends the
same batch again. Redis has no part in it.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
from django.db import OperationalError, connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from accounts import selectors
from cs_platform.kernel import copying, queue, sqljobs
from cs_platform.kernel.tenancy import current_tenant_id
from health.enums import HeldState, ReceiptKind
from health.models import HeldEvent, Receipt
from health.usage import upkeep
from health.usage.items import Incoming, Refused
from health.usage.storage import SQL

AHEAD = dt.timedelta(minutes=10)  # as far may a sender's clock be ahead
OLDEST = dt.timedelta(days=3 * 365)  # the live API takes nothing older by itself
LATE_DAYS = 2  # an event that comes later than this is known from the day it came
MAX_RAW = 4_096  # bytes of a held item that are kept
MAX_REFUSED = 50_000  # refused items of a tenant that are kept
# So many events are handed over as arrays (measured: 1.4 times as fast as a staged table at 1, equal at 1,000, and no
# table is made and dropped for each batch); files in their large pieces are staged by COPY (1.25 times as fast).
AS_ARRAYS = 1_000
WITHIN = 60  # seconds until events show in the roll-ups
YEARS = ("1900", "2200")  # a moment outside is kept as it was written and has no place in the calendar

_COLUMNS = [
    ("message_id", "uuid"), ("digest", "bytea"), ("account_id", "uuid"), ("user_ref", "text"), ("event", "text"),
    ("quantity", "numeric"), ("occurred_at", "timestamptz"), ("session", "text"),
]  # fmt: skip
_RECEIVE = sqljobs.statement(SQL / "receive.sql")
_FROM_ARRAYS = sqljobs.statement(SQL / "incoming_arrays.sql") + _RECEIVE
_FROM_STAGE = sqljobs.statement(SQL / "incoming_staged.sql") + _RECEIVE

SENTENCES: dict[str, Promise] = {
    "message_id_reused": gettext_lazy("This message_id stood on another event before."),
    "unknown_account": gettext_lazy("There is no account with this id yet; the event waits for it."),
    "in_the_future": gettext_lazy("The moment is more than 10 minutes ahead; the event waits until then."),
    "too_old": gettext_lazy("The event is more than three years old; it waits for somebody to accept it."),
}
NOT_KEPT = gettext_lazy("It was not kept: the inbox of refused events is full.")


@dataclass(frozen=True)
class Outcome:
    """What became of an item that was not stored now: duplicate, quarantined or rejected, and why."""

    status: str
    code: str = ""
    message: str = ""
    field: str = ""


@dataclass
class Received:
    """What became of a batch. `outcomes` has every index but those accepted; the four counts add up to `received`."""

    receipt_id: UUID
    received: int
    accepted: int = 0
    latest_at: dt.datetime | None = None
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def count(self, status: str) -> int:
        return self.accepted if status == "accepted" else sum(o.status == status for o in self.outcomes.values())

    def status(self, index: int) -> str:
        found = self.outcomes.get(index)
        return found.status if found else "accepted"


def receive(
    items: Sequence[Incoming],
    refused: Sequence[Refused] = (),
    *,
    kind: ReceiptKind,
    received_at: dt.datetime,
    api_key_id: UUID | None = None,
    import_id: UUID | None = None,
    history: bool = False,
    any_age: bool = False,
    hold: bool = True,
    keep_refused: bool = True,
) -> Received:
    """Store a batch in the caller's transaction and say what became of each item.

    Accepted: stored now. Duplicate: stored or held before, and it said the same. Quarantined: held until its account
    appears, its moment comes, or somebody accepts it. Rejected: `refused`, or the same key with another content.
    With `any_age` old events are taken as well; with `history` these count as known when they happened. Without `hold`
    what is not stored is only answered, for callers that keep it themselves; without `keep_refused` what is refused.
    """
    result = Received(uuid7(), len(items) + len(refused))
    wanted = _judge(items, result, received_at, any_age or history)
    for bad in refused:
        result.outcomes[bad.index] = Outcome("rejected", bad.code, bad.message, bad.field)
    note = {"kind": kind, "api_key_id": api_key_id, "run_id": import_id, "received_at": received_at}
    noted = _store(wanted, result, note, history)
    result.accepted = result.received - len(result.outcomes)
    if not noted:
        Receipt.objects.create(id=result.receipt_id, latest_at=result.latest_at, **note, **_counts(result))
    if hold and len(result.outcomes) > result.count("duplicate"):
        sent: dict[int, Incoming | Refused] = {item.index: item for item in items}
        _hold(sent | {item.index: item for item in refused}, result, received_at, keep_refused)
    if result.accepted:
        queue.publish("usage.received", within=WITHIN)
    return result


def _counts(result: Received) -> dict[str, int]:
    """What became of the batch, as its receipt says it."""
    others = Counter(outcome.status for outcome in result.outcomes.values())
    return {
        "received": result.received,
        "accepted": result.received - len(result.outcomes),
        **{status: others[status] for status in ("duplicate", "quarantined", "rejected")},
    }


def _judge(
    items: Sequence[Incoming], result: Received, received_at: dt.datetime, any_age: bool
) -> dict[str, tuple[Incoming, str | None]]:
    """The items to store by key, with the account's id or None for those that wait; the others' outcomes are noted."""
    accounts = account_ids({item.account for item in items})
    now = iso(received_at)
    oldest, latest = _window(received_at, any_age)
    waits = {code: waiting(code) for code in ("in_the_future", "too_old", "unknown_account")}
    wanted: dict[str, tuple[Incoming, str | None]] = {}
    for item in items:
        if not item.occurred_at:
            item.occurred_at = now
        if not item.message_id:
            item.message_id = str(uuid7())
        first = wanted.get(item.message_id)
        if first is not None:
            result.outcomes[item.index] = _again(item, first[0].digest)
            continue
        account_id = accounts.get(item.account)
        if not oldest <= item.occurred_at <= latest:
            account_id = None
            result.outcomes[item.index] = waits["in_the_future" if item.occurred_at > latest else "too_old"]
        elif account_id is None:
            result.outcomes[item.index] = waits["unknown_account"]
        wanted[item.message_id] = (item, account_id)
    return wanted


def _window(now: dt.datetime, any_age: bool) -> tuple[str, str]:
    """The first and the last moment at which an event may have happened to be stored now."""
    return YEARS[0] if any_age else iso(now - OLDEST), iso(now + AHEAD)


def misplaced(occurred_at: str, now: dt.datetime, *, any_age: bool) -> str:
    """Why an event of that moment waits: in_the_future, too_old, or nothing."""
    oldest, latest = _window(now, any_age)
    return "in_the_future" if occurred_at > latest else "too_old" if occurred_at < oldest else ""


def waiting(code: str) -> Outcome:
    """The outcome of an item that is held for this reason."""
    return Outcome("quarantined", code, str(SENTENCES[code]))


def _again(item: Incoming, digest: bytes) -> Outcome:
    if item.digest == digest:
        return Outcome("duplicate")
    return Outcome("rejected", "message_id_reused", str(SENTENCES["message_id_reused"]), "message_id")


def _store(
    wanted: Mapping[str, tuple[Incoming, str | None]], result: Received, note: Mapping[str, Any], history: bool
) -> bool:
    """Write keys and events, and the receipt (`note` and its counts) with them when every key is new: whether it did."""
    if not wanted:
        return False
    _room_for(note["received_at"].date())
    params: dict[str, Any] = {
        "tenant_id": current_tenant_id(),
        "receipt_id": str(result.receipt_id),
        "history": history,
        "late_days": LATE_DAYS,
        "keys": len(wanted),
        **note,
        **_counts(result),
    }
    if len(wanted) <= AS_ARRAYS:
        params |= _arrays(wanted.values())
        statement = _FROM_ARRAYS
    else:
        copying.stage_text("stage_usage", _COLUMNS, _lines(wanted.values()))
        statement = _FROM_STAGE
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        _stored, result.latest_at, standing = cursor.fetchone()
        if not standing:
            return True
        # A statement of its own: it sees what was committed while the first one waited for it.
        cursor.execute(
            "SELECT message_id::text, digest FROM health_usagekey WHERE tenant_id = %s AND message_id = ANY(%s::uuid[])",
            [current_tenant_id(), standing],
        )
        known = {key: bytes(digest) for key, digest in cursor.fetchall()}
    for key in standing:
        if key not in known:  # forgotten this very moment
            raise OperationalError("a key vanished: send the batch again")
        item = wanted[key][0]
        result.outcomes[item.index] = _again(item, known[key])
    return False


def _arrays(wanted: Iterable[tuple[Incoming, str | None]]) -> dict[str, str]:
    """The batch as arrays as PostgreSQL writes them: far faster to hand over than lists."""
    rows = [
        (i.message_id, f'"\\\\x{i.digest.hex()}"', account or "NULL", _quoted(i.user), _quoted(i.event), i.quantity,
         _storable(i.occurred_at) or "NULL", _quoted(i.session))
        for i, account in wanted
    ]  # fmt: skip
    return {
        name: "{" + ",".join(column) + "}"
        for (name, _kind), column in zip(_COLUMNS, zip(*rows, strict=True), strict=True)
    }


def _quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _lines(wanted: Iterable[tuple[Incoming, str | None]]) -> str:
    """The batch as COPY reads it. Texts hold no tab and no line break (items.py), so only backslashes are doubled."""
    lines = []
    for i, account in wanted:
        said = f"{i.user}\t{i.event}\t{i.quantity}\t{_storable(i.occurred_at) or chr(92) + 'N'}\t{i.session}"
        if "\\" in i.user or "\\" in i.event or "\\" in i.session:
            said = _escaped(i)
        lines.append(f"{i.message_id}\t\\\\x{i.digest.hex()}\t{account or chr(92) + 'N'}\t{said}\n")
    return "".join(lines)


def _escaped(i: Incoming) -> str:
    user, event, session = (text.replace("\\", "\\\\") for text in (i.user, i.event, i.session))
    return f"{user}\t{event}\t{i.quantity}\t{_storable(i.occurred_at) or chr(92) + 'N'}\t{session}"


def _storable(occurred_at: str) -> str | None:
    return occurred_at if YEARS[0] <= occurred_at < YEARS[1] else None


def iso(moment: dt.datetime) -> str:
    """The moment as `Incoming.occurred_at` writes it."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# What was found in the last minute, for each tenant apart. Only accounts that are there for good: an external id never
# changes and never goes to another account. What is not found is looked up each time.
_KEPT_FOR = 60.0
_MOST = 500_000
_known: dict[int, tuple[float, dict[str, str]]] = {}


def account_ids(names: Iterable[str]) -> dict[str, str]:
    """Ids of the current tenant's accounts by external id, as far as there are any."""
    tenant = current_tenant_id()
    until, known = _known.get(tenant, (0.0, {}))
    if until < monotonic():
        known = {}
    wanted = set(names)
    found = {name: known[name] for name in wanted if name in known}
    missing = [name for name in wanted if name and name not in found]
    if missing:
        with connection.cursor() as cursor:  # Django takes longer to write this than the database to answer it
            cursor.execute(
                "SELECT external_id, id::text, merged_into_id FROM accounts_account "
                "WHERE tenant_id = %s AND external_id = ANY(%s)",
                [tenant, missing],
            )
            rows = cursor.fetchall()
        fresh = {name: key for name, key, _merged in rows}
        if any(merged for _name, _key, merged in rows):
            fresh = {name: str(account.id) for name, account in selectors.standing_accounts(fresh).items()}
        found |= fresh
        # An account that this transaction made may yet be taken back, so nothing is kept before it ends well.
        transaction.on_commit(lambda: _remember(tenant, fresh))
    return found


def _remember(tenant: int, fresh: dict[str, str]) -> None:
    until, known = _known.get(tenant, (0.0, {}))
    if until < monotonic():
        if sum(len(each) for _until, each in _known.values()) > _MOST:
            _known.clear()
        until, known = monotonic() + _KEPT_FOR, {}
        _known[tenant] = (until, known)
    known.update(fresh)  # in place: a copy for each batch would cost as much as all the accounts that are known


_room_until = dt.date.min


def _room_for(today: dt.date) -> None:
    """Make partitions for the next days, should the nights have failed to. Asked once a day by each process."""
    if _room_until > today + dt.timedelta(days=1):
        return
    until = upkeep.reach()[1]
    if until < today + dt.timedelta(days=2):
        until = today + dt.timedelta(days=7)
        with connection.cursor() as cursor:
            cursor.execute("SELECT usage_make_partitions(%s)", [until])
    transaction.on_commit(lambda: _note_room(until))


def _note_room(until: dt.date) -> None:
    global _room_until
    _room_until = until


def _hold(
    sent: Mapping[int, Incoming | Refused], result: Received, received_at: dt.datetime, keep_refused: bool
) -> None:
    """Keep what waits and what was refused. Beyond its quota a tenant's refused items are only answered, and told so."""
    rows = []
    room: int | None = None
    for index, outcome in sorted(result.outcomes.items()):
        if outcome.status == "duplicate" or (outcome.status == "rejected" and not keep_refused):
            continue
        if outcome.status == "rejected":
            room = (_room_in_inbox() if room is None else room) - 1
            if room < 0:
                message = f"{outcome.message} {NOT_KEPT}"
                result.outcomes[index] = Outcome(outcome.status, outcome.code, message, outcome.field)
                continue
        rows.append(_kept(sent[index], outcome))
    params = {
        "tenant_id": current_tenant_id(),
        "receipt_id": str(result.receipt_id),
        "received_at": received_at,
        "rows": msgspec.json.encode(rows).decode(),
    }
    sqljobs.execute(SQL / "hold.sql", params)


def _room_in_inbox() -> int:
    return MAX_REFUSED - HeldEvent.objects.filter(state=HeldState.REJECTED).values("id")[:MAX_REFUSED].count()


def _kept(item: Incoming | Refused, outcome: Outcome) -> dict[str, Any]:
    """The row of the inbox for an item that was not stored, as hold.sql reads it."""
    row = {
        "state": HeldState.QUARANTINED.value if outcome.status == "quarantined" else HeldState.REJECTED.value,
        "position": item.index,
        "code": outcome.code,
        "field": outcome.field,
        "message": outcome.message[:300],
        "raw": _readable(item.raw),
    }
    if isinstance(item, Incoming):
        at = _storable(item.occurred_at)
        row |= {"message_id": item.message_id, "account_ref": item.account, "occurred_at": at, "event": _said(item)}
    return row


def fill(row: HeldEvent, item: Incoming) -> None:
    """Write down the event as it will be stored."""
    at = _storable(item.occurred_at)
    row.message_id = UUID(item.message_id)
    row.account_ref = item.account
    row.occurred_at = dt.datetime.fromisoformat(at) if at else None
    row.event = _said(item)


def _said(item: Incoming) -> dict[str, str]:
    return {
        "message_id": item.message_id,
        "account": item.account,
        "user": item.user,
        "event": item.event,
        "quantity": item.quantity,
        "timestamp": item.occurred_at,
        "session": item.session,
    }


def _readable(raw: Any) -> str:
    return bytes(raw)[:MAX_RAW].decode(errors="replace").replace("\x00", "\ufffd")
