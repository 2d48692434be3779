"""Many writers at once: no deadlock, nothing lost, nothing twice, and the ticket that one writer alone would make."""

import datetime as dt
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts.enums import ChangeSource
from accounts.kinds import KINDS
from accounts.merging import Origin, merge_accounts
from accounts.rows import parse
from health.models import Outcome, OutcomeMeasurement, Survey, Ticket, TicketChange, Touchpoint
from tests.conftest import make_world
from tests.health.test_tickets import tables

WRITERS = 8
STATES = ("New", "Active", "Waiting", "Resolved", "Active", "Solved", "Closed")


def told():
    start = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
    return [
        {
            "ticket": f"T-{ticket}", "account": "A-1", "state": state, "event_at": start + dt.timedelta(hours=hour),
            "reassignment_count": hour // 2, "priority": "High" if hour > 3 else "Low",
        }
        for ticket in range(12)
        for hour, state in enumerate(STATES)
    ]  # fmt: skip


def put(world, kind, rows):
    try:
        with world.open():
            parsed = [parse(kind, n, cells) for n, cells in enumerate(rows)]
            return KINDS[kind].merge(parsed, Origin(ChangeSource.IMPORT))
    finally:
        connections.close_all()


def worlds():
    for slug in ("acme", "rival"):
        world = make_world(slug, slug)
        with world.open():
            merge_accounts([parse("accounts", 1, {"account": "A-1"})], Origin(ChangeSource.API))
        yield world


@pytest.mark.django_db(transaction=True)
def test_changes_of_the_same_tickets_told_at_once(db):
    """Each writer brings a part of the history, in its own order; some of it comes from several writers."""
    at_once, alone = worlds()
    rows = told()
    rng = random.Random(3)
    parts = [rng.sample(rows, 30) for _writer in range(WRITERS)] + [rows[n::WRITERS] for n in range(WRITERS)]
    for part in parts:
        rng.shuffle(part)
    with ThreadPoolExecutor(WRITERS) as pool:
        results = list(pool.map(lambda part: put(at_once, "tickets", part), parts))
    assert not any(result.rejected for result in results)
    assert sum(result.created for result in results) == len(rows)  # each change was new to exactly one of them
    put(alone, "tickets", rows)
    assert tables(at_once) == tables(alone)
    with at_once.open():
        assert (Ticket.objects.count(), TicketChange.objects.count()) == (12, len(rows))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("kind", "model", "row"),
    [
        ("touchpoints", Touchpoint, {"kind": "qbr", "happened_at": "2026-03-04"}),
        ("surveys", Survey, {"kind": "nps", "score": 9, "answered_at": "2026-03-05"}),
        ("outcomes", Outcome, {
            "metric": "cost", "target": 5, "due_on": "2026-07-01", "data_source": "CRM", "agreed_on": "2026-01-01",
            "measured_on": "2026-03-01", "measured_value": 2,
        }),
    ],
)  # fmt: skip
def test_the_same_rows_sent_at_once_are_there_once(db, kind, model, row):
    world, _other = worlds()
    key = KINDS[kind].key[0]
    rows = [row | {key: f"X-{n}", "account": "A-1"} for n in range(20)]
    with ThreadPoolExecutor(WRITERS) as pool:
        results = list(pool.map(lambda n: put(world, kind, rows[::-1] if n % 2 else rows), range(WRITERS)))
    assert sum(result.created for result in results) == 20
    assert not any(result.rejected for result in results)
    with world.open():
        assert model.objects.count() == 20
        if kind == "outcomes":
            values = OutcomeMeasurement.objects.values_list("outcome__external_id", "measured_on", "value")
            assert len(set(values)) == 20
