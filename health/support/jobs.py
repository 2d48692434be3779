"""Work on tickets: rows that waited for their account, and minutes after the opening hours changed."""

import datetime as dt
import json
from itertools import groupby
from typing import Any

from accounts.enums import ChangeSource
from accounts.kinds import Row
from accounts.merging import Origin
from accounts.models import Tenant
from accounts.rows import parse
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.audit import derived
from cs_platform.kernel.models import Work
from cs_platform.kernel.tenancy import current_tenant_id
from health import news
from health.models import HeldTicket, Ticket
from health.support.calendar import clock_for
from health.support.merge import SQL, merge_tickets

PIECE = 20_000
MINUTES = [("id", "uuid"), ("first_response_minutes", "numeric(14,4)"), ("resolution_minutes", "numeric(14,4)")]


def release_tickets(work: Work) -> bool:
    """Merge rows whose account appeared meanwhile; whether more of them remain."""
    return release_piece() == PIECE


def release_step(as_of: dt.date) -> int:
    """The same as a step of the night, for accounts that appeared while a file was read; how many rows."""
    done = 0
    while piece := release_piece():
        done += piece
    return done


def release_piece() -> int:
    """Merge rows whose account exists, up to PIECE of them, ticket by ticket, so that each is derived once; how many.

    Rows that somebody else holds are left to them.
    """
    params = {"tenant_id": current_tenant_id(), "limit": PIECE}
    with sqljobs.in_bulk(PIECE):
        held = sqljobs.rows(SQL / "held_ready.sql", params)
    for (source, ref), group in groupby(held, key=lambda row: (row["source"], row["source_ref"])):
        rows: list[Row] = []
        received: dict[int, dt.datetime] = {}
        for number, waiting in enumerate(group, start=1):
            found = parse("tickets", number, json.loads(waiting["cells"]))
            if isinstance(found, Row):  # it was read once already
                rows.append(found)
                received[number] = waiting["received_at"]
        merge_tickets(rows, Origin(ChangeSource(source), ref, "accounts.appeared"), received=received)
    HeldTicket.objects.filter(id__in=[row["id"] for row in held]).delete()
    return len(held)


def time_tickets(as_of: dt.date) -> int:
    """Work out the minutes of all tickets by the opening hours as they are now; how many tickets changed.

    Hours and holidays change rarely and everything at once, so a night brings all tickets in line.
    """
    tenant = Tenant.current()
    names = ("id", "opened_at", "first_response_at", "resolved_at", "first_response_minutes", "resolution_minutes")
    tickets = list(Ticket.objects.order_by().values_list(*names))
    clock = clock_for(tenant, (instant for row in tickets for instant in row[1:4]))
    changed: list[list[Any]] = []
    for id_, opened, responded, resolved, response, resolution in tickets:
        now = clock.minutes(opened, responded), clock.minutes(opened, resolved)
        if now != (response, resolution):
            changed.append([id_, *now])
    if changed:
        copying.stage("stage_minutes", MINUTES, changed)
        with derived():
            accounts = sqljobs.rows(SQL / "update_minutes.sql")
        news.signals_changed(sorted({row["account_id"] for row in accounts}))
    return len(changed)
