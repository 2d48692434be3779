"""The one door of tickets (ACC-07): state changes are kept as they were sent, and tickets derived from all of them.

The order of rows, of files and of requests says nothing: a ticket is a function of the set of its changes. A change that
was told before is unchanged. Rows whose account does not exist wait until it does.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.kinds import Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import quiet_inserts
from accounts.models import Account, Tenant
from accounts.selectors import STANDING
from cs_platform.kernel import copying, sqljobs
from health import news
from health.known import known_on
from health.models import Ticket
from health.support.calendar import clock_for
from health.support.rows import level_of

SQL = Path(__file__).parent / "sql"
STAGE = [
    ("number", "int"), ("ticket", "text"), ("event_at", "timestamptz"), ("state", "text"), ("cells", "jsonb"),
    ("digest", "text"), ("known_on", "date"), ("source", "text"), ("source_ref", "uuid"),
]  # fmt: skip
HELD = [("account_ref", "text"), ("cells", "jsonb"), ("digest", "text")]
DERIVED = [
    ("ticket", "text"), ("known_on", "date"), ("state", "text"), ("account", "text"), ("user_ref", "text"),
    ("subject", "text"), ("category", "text"), ("priority", "text"), ("sentiment", "text"), ("opened_at", "timestamptz"),
    ("first_response_at", "timestamptz"), ("resolved_at", "timestamptz"), ("closed_at", "timestamptz"),
    ("reopen_count", "int"), ("reopened_at", "timestamptz"), ("reassignment_count", "int"),
    ("escalated_at", "timestamptz"), ("escalated_to", "text"), ("level", "text"),
    ("first_response_minutes", "numeric(14,4)"), ("resolution_minutes", "numeric(14,4)"),
]  # fmt: skip
FOREVER = {"cutoff": "infinity", "known_at": "infinity"}


def merge_tickets(
    rows: Sequence[Row], origin: Origin, *, received: Mapping[int, dt.datetime] | None = None
) -> MergeResult:
    """Keep the state changes that are new and derive their tickets anew.

    A row's `changes` (of an API body) are further changes of its ticket, {field: value} each. `received` says by row
    number when a row came that had to wait. A row is created when one of its changes is new, else unchanged.
    """
    result = MergeResult()
    told = [(row, values) for row in rows for values in _changes(row)]
    named = {values["account"] for _row, values in told}
    accounts = set(Account.objects.filter(external_id__in=named).values_list("external_id", flat=True))
    waiting = {row.number for row, values in told if values["account"] not in accounts}
    _hold([(row, values) for row, values in told if row.number in waiting], origin)
    for number in waiting:
        result.quarantine(number)
    known = [(row, values) for row, values in told if row.number not in waiting]
    if not known:
        return result
    tenant = Tenant.current()
    now = timezone.now()
    staged = []
    for row, values in known:
        came = (received or {}).get(row.number, now).astimezone(tenant.zone).date()
        happened = values["event_at"].astimezone(tenant.zone).date()
        day = known_on(happened, came, origin.source)
        cells = _cells(values)
        number, at, state = row.number, values["event_at"], values["state"]
        staged.append(
            [number, values["ticket"], at, state, cells, _digest(state, cells), day, str(origin.source), origin.ref]
        )
    copying.stage("stage_ticket", STAGE, staged)
    with sqljobs.in_bulk(len(staged)):
        touched = _write(staged, origin, tenant)
    fresh = {(ticket, at, digest) for ticket, at, digest in touched.changes}
    ids = touched.ids
    for number, ticket, at, _state, _text, digest, *_rest in staged:
        known_before = (ids[ticket], at, digest) not in fresh
        if not known_before or number not in result.outcomes:
            result.add(number, ids[ticket], "unchanged" if known_before else "created")
            fresh.discard((ids[ticket], at, digest))
    news.signals_changed(sorted(touched.accounts), actor=origin.actor)
    return result


def _changes(row: Row) -> Iterable[dict[str, Any]]:
    """The values of each change that a row tells, only those that it gives."""
    own = {name: row.values[name] for name in row.given if name in row.values and name != "changes"}
    further = row.values.get("changes") or ()
    if not further:
        yield own
    for change in further:
        yield own | change


def _cells(values: Mapping[str, Any]) -> str:
    """The given values but key, time and state as JSON text, {field: text}; empty ones are null."""
    kept = {name: _text(value) for name, value in values.items() if name not in ("ticket", "event_at", "state")}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def _hold(told: Sequence[tuple[Row, Mapping[str, Any]]], origin: Origin) -> None:
    """Keep rows whose account does not exist, each once."""
    if not told:
        return
    held = []
    for _row, values in told:
        text = json.dumps({name: _text(v) for name, v in values.items()}, ensure_ascii=False, sort_keys=True)
        held.append([values["account"], text, _digest(text)])
    copying.stage("stage_held", HELD, held)
    sqljobs.execute(SQL / "hold_tickets.sql", origin.params())


class _Touched:
    """What was written: ids of the tickets by external id, new changes, accounts whose support signals changed."""

    def __init__(self) -> None:
        self.ids: dict[str, UUID] = {}
        self.changes: list[tuple[UUID, dt.datetime, str]] = []
        self.accounts: set[UUID] = set()


def _write(staged: Sequence[Sequence[Any]], origin: Origin, tenant: Tenant) -> _Touched:
    """Write the staged changes and their tickets.

    Tickets that stand are locked first, in the order of their ids, so that what is derived from their changes holds.
    """
    touched = _Touched()
    wanted = {cells[1] for cells in staged}
    standing = Ticket.objects.filter(external_id__in=wanted).order_by("id").select_for_update()
    touched.ids = dict(standing.values_list("external_id", "id"))
    params = origin.params()
    made: set[UUID] = set()
    if len(touched.ids) < len(wanted):
        _tell("SELECT ticket, event_at, state, cells, digest, known_on FROM stage_ticket s "
              "WHERE NOT EXISTS (SELECT 1 FROM health_ticket t WHERE t.external_id = s.ticket)")  # fmt: skip
        _derive(tenant)
        quiet_inserts(len(wanted) - len(touched.ids))
        found = sqljobs.rows(SQL / "merge_tickets.sql", params, tables={"standing": STANDING})
        made = {row["id"] for row in found}
        touched.accounts |= {row["account_id"] for row in found}
        # Also those that another transaction made while this one waited for it.
        new = Ticket.objects.filter(external_id__in=wanted - touched.ids.keys()).order_by("id").select_for_update()
        touched.ids |= dict(new.values_list("external_id", "id"))
    found = sqljobs.rows(SQL / "merge_changes.sql", params)
    touched.changes = [(row["ticket_id"], row["event_at"], row["digest"]) for row in found]
    again = {row["ticket_id"] for row in found} - made
    if again:
        touched.accounts |= rederive(again, tenant)
    return touched


def rederive(tickets: Iterable[UUID], tenant: Tenant) -> set[UUID]:
    """Bring these tickets in line with their changes; the accounts whose tickets changed."""
    copying.stage("asked_ticket", [("id", "uuid")], ([id_] for id_ in tickets))
    copying.drop("told")
    sqljobs.execute(SQL / "stage_told.sql", FOREVER)
    _derive(tenant)
    changed = sqljobs.rows(SQL / "update_tickets.sql", tables={"standing": STANDING})
    return {row["account_id"] for row in changed}


def _tell(select: str) -> None:
    """The temporary table told, from a statement of this module."""
    copying.drop("told")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE told ON COMMIT DROP AS {select}")
        cursor.execute("ANALYZE told")


def derived_tickets(tenant: Tenant) -> list[dict[str, Any]]:
    """The tickets that the temporary table told speaks of, with their level and their minutes on the tenant's clock."""
    found = sqljobs.rows(SQL / "derive.sql")
    clock = clock_for(
        tenant, (row[name] for row in found for name in ("opened_at", "first_response_at", "resolved_at"))
    )
    levels = {word: level_of(word).value for word in {row["priority"] for row in found}}
    for row in found:
        row["level"] = levels[row["priority"]]
        row["first_response_minutes"] = clock.minutes(row["opened_at"], row["first_response_at"])
        row["resolution_minutes"] = clock.minutes(row["opened_at"], row["resolved_at"])
    return found


def _derive(tenant: Tenant) -> None:
    """The temporary table stage_derived, from told."""
    names = [name for name, _type in DERIVED]
    copying.stage("stage_derived", DERIVED, ([row[name] for name in names] for row in derived_tickets(tenant)))
