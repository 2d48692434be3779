"""Releasing in bulk: as many as there are, once, by pieces, beside others who work on the same (RELIABILITY 3.1, ACC-08)."""

import datetime as dt
from threading import Thread

import pytest
from django.db import connection, connections, transaction

from accounts.enums import ChangeSource, ImportKind
from accounts.merging import Origin, merge_accounts
from accounts.rows import parse
from cs_platform.kernel import sqljobs
from health.models import HeldEvent, HeldTicket, Receipt, Ticket, UsageEvent
from health.support import jobs as support_jobs
from health.support.merge import merge_tickets
from health.usage import held
from tests.health.test_intake import NOW, item, send


def nested_loops() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_nestloop")
        return str(cursor.fetchone()[0])


def appear(*names: str) -> None:
    rows = [parse(ImportKind.ACCOUNTS, n, {"account": name}) for n, name in enumerate(names)]
    merge_accounts(rows, Origin(ChangeSource.API, None, "test"))


def test_bulk_work_leaves_no_mark_on_its_transaction(tenant_open):
    """PERFORMANCE: joins of many rows do not trust statistics; statements before, after and of few rows are planned as ever."""
    with sqljobs.in_bulk(sqljobs.MANY):
        assert nested_loops() == "off"
    assert nested_loops() == "on"
    with sqljobs.in_bulk(sqljobs.MANY - 1):
        assert nested_loops() == "on"
    with pytest.raises(ValueError, match="no"), transaction.atomic(), sqljobs.in_bulk(sqljobs.MANY):
        raise ValueError("no")
    assert nested_loops() == "on"


def test_thousands_are_released_in_pieces_that_add_up(world, rival, monkeypatch):
    """Three pieces, three receipts, every event once; a second night finds nothing, and the neighbour's stay."""
    monkeypatch.setattr(held.release_waiting, "__kwdefaults__", {"now": None, "limit": 250})
    for each in (world, rival):
        with each.open():
            sent = [item(n, account="B-1" if n % 10 else "B-2", message_id=f"m-{n}") for n in range(700)]
            assert send(*sent).count("quarantined") == 700
            assert list(HeldEvent.objects.order_by("id").values_list("position", flat=True)) == list(range(700))
    with world.open():
        appear("B-1")
        assert held.release_night(NOW.date()) == 630
        assert held.release_night(NOW.date()) == 0
        assert sorted(Receipt.objects.filter(kind="replay").values_list("accepted", flat=True)) == [130, 250, 250]
        assert UsageEvent.objects.count() == 630
        assert UsageEvent.objects.values("message_id").distinct().count() == 630
        assert HeldEvent.objects.filter(state="quarantined").count() == 70
    with rival.open():
        assert not UsageEvent.objects.exists()
        assert HeldEvent.objects.filter(state="quarantined").count() == 700


@pytest.mark.django_db(transaction=True)
def test_tickets_that_somebody_else_releases_are_left_to_them(world):
    """Two releases at once share the rows: nobody waits, nothing is merged twice."""
    cells = [
        {"ticket": f"T-{n}", "account": "B-1", "state": "New", "event_at": f"2026-03-02T09:{n:02}:00Z"}
        for n in range(40)
    ]
    with world.open():
        merge_tickets(
            [parse("tickets", n, row) for n, row in enumerate(cells, 1)], Origin(ChangeSource.IMPORT, None, "test")
        )
        assert HeldTicket.objects.count() == 40
    with world.open():
        appear("B-1")
    found: list[int] = []

    def other() -> None:
        try:
            with world.open():
                found.append(support_jobs.release_piece())
        finally:
            connections.close_all()

    with world.open():
        assert support_jobs.release_piece() == 40
        thread = Thread(target=other)
        thread.start()
        thread.join(20)
        assert found == [0]
    with world.open():
        assert support_jobs.release_step(dt.date(2026, 3, 5)) == 0
        assert (Ticket.objects.count(), HeldTicket.objects.count()) == (40, 0)
