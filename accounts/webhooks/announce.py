"""Telling endpoints what happened: the event is written with the fact itself, or not at all (API-03).

Whoever states a fact calls one of these in the transaction of the fact. It costs one statement, which reads a table of a
few rows and writes nothing while no endpoint asks for the kind; where one does, its delivery is due at once.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from accounts.models import Account
from accounts.webhooks.events import Kind
from cs_platform.kernel import queue, sqljobs
from cs_platform.kernel.sqljobs import Tables
from cs_platform.kernel.tenancy import current_tenant_id

SQL = Path(__file__).parent / "sql"
WORK = "send_webhooks"


def announce(kind: Kind, account: Account | UUID | None = None, **data: Any) -> int:
    """Tell the endpoints that ask for it that this happened; how many deliveries there are. `data` as in
    `events.EXAMPLES`; days and moments become ISO 8601."""
    account_id = account.id if isinstance(account, Account) else account
    return announce_all(kind, [(account_id, data)])


def announce_all(kind: Kind, facts: Iterable[tuple[UUID | None, Mapping[str, Any]]]) -> int:
    """The same of several facts of one kind, in one statement: (account, data) of each."""
    rows = list(facts)
    if not rows:
        return 0
    params = {
        "accounts": [account_id and str(account_id) for account_id, _data in rows],
        "data": [json.dumps(data, cls=DjangoJSONEncoder) for _account, data in rows],
    }
    return announce_rows(kind, SQL / "given.sql", params)


def announce_rows(kind: Kind, rows: Path, params: Mapping[str, Any], *, tables: Tables | None = None) -> int:
    """The same of facts that the database finds, or writes, by itself.

    `rows` is a file with one query, or one UPDATE or INSERT that returns, of the columns account_id and data (jsonb; null:
    nothing is told of this row). What it writes is written whether an endpoint asks or not.
    """
    more = {"tenant_id": current_tenant_id(), "kind": str(kind), "now": timezone.now()}
    found = sqljobs.execute(SQL / "announce.sql", {**params, **more}, tables={"rows": rows, **(tables or {})})
    if found:
        queue.enqueue(WORK)
    return found
