"""The one way in: what becomes of each item, once, whoever sends it how often (ACC-08, RELIABILITY 3.1)."""

import datetime as dt
import json
import random
import threading
from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from accounts.models import Account
from cs_platform.kernel import queue
from cs_platform.kernel.models import Work
from cs_platform.kernel.tenancy import tenant_context
from health.enums import HeldState, ReceiptKind
from health.models import HeldEvent, Receipt, UsageEvent, UsageKey, UsageTouched
from health.usage import intake, wire
from health.usage.items import Incoming, incoming
from tests.conftest import World

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


def item(index: int = 0, **fields: Any) -> Incoming:
    given: dict[str, Any] = {"account": "A-1", "event": "edit", "occurred_at": NOW, "message_id": str(uuid4())} | fields
    found = incoming(index, **given)
    assert isinstance(found, Incoming), found
    return found


def send(*items: Incoming, **options: Any) -> intake.Received:
    given: dict[str, Any] = {"kind": ReceiptKind.API, "received_at": NOW} | options
    return intake.receive(items, **given)


@pytest.fixture
def account(tenant_open: World) -> Account:
    return Account.objects.create(external_id="A-1", name="Northwind")


@pytest.mark.parametrize("few", [0, 1_000], ids=["staged", "arrays"])
def test_an_event_is_stored_as_it_was_said(account, monkeypatch, few):
    monkeypatch.setattr(intake, "AS_ARRAYS", few)
    result = send(
        item(user="u\\1 'x'", event='a "b"\\', quantity=Decimal("2.5"), session="s\\t", message_id="order-7"),
        item(1, user="", quantity=-3),
    )
    assert (result.received, result.accepted, result.outcomes) == (2, 2, {})
    first, second = UsageEvent.objects.order_by("-quantity")
    assert (first.user_ref, first.event, first.quantity, first.session) == (
        "u\\1 'x'",
        'a "b"\\',
        Decimal("2.5"),
        "s\\t",
    )
    assert (first.account_id, first.occurred_at, first.day) == (account.id, NOW, NOW.date())
    assert (first.receipt_id, first.known_on, first.received_at) == (result.receipt_id, NOW.date(), NOW)
    assert (second.user_ref, second.quantity) == ("", -3)
    receipt = Receipt.objects.get(id=result.receipt_id)
    assert (receipt.received, receipt.accepted, receipt.latest_at, receipt.kind) == (2, 2, NOW, "api")
    assert list(UsageTouched.objects.values_list("account_id", "day", "receipt_id")) == [
        (account.id, NOW.date(), result.receipt_id)
    ]


def test_what_is_said_twice_is_stored_once_and_another_content_is_refused(account):
    first = item(message_id="m-1")
    assert send(first).accepted == 1
    again = send(item(message_id="m-1"), item(1, message_id="m-1"), item(2, message_id="m-1", quantity=2), item(3))
    assert {i: (o.status, o.code) for i, o in again.outcomes.items()} == {
        0: ("duplicate", ""),
        1: ("duplicate", ""),
        2: ("rejected", "message_id_reused"),
    }
    assert again.accepted == 1
    assert UsageEvent.objects.count() == UsageKey.objects.count() == 2
    inside = send(item(0, message_id="m-2"), item(1, message_id="m-2"), item(2, message_id="m-2", user="ben"))
    assert [inside.status(i) for i in range(3)] == ["accepted", "duplicate", "rejected"]


def test_a_segment_batch_that_is_sent_again_with_another_clock_is_a_duplicate(account):
    """Its sentAt changes and with it the corrected moment; messageId and what was said do not (PERFORMANCE)."""
    said = b'{"event":"edit","timestamp":"2026-01-01T00:00:00Z"}'
    assert send(item(message_id="m-1", said=said)).accepted == 1
    later = item(message_id="m-1", said=said, occurred_at=NOW - dt.timedelta(seconds=3))
    assert send(later).status(0) == "duplicate"
    assert send(item(message_id="m-1", said=said + b" ")).outcomes[0].code == "message_id_reused"


@pytest.mark.parametrize(
    ("shift", "code"),
    [
        (dt.timedelta(minutes=9, seconds=59), ""),
        (dt.timedelta(minutes=10, seconds=1), "in_the_future"),
        (dt.timedelta(days=5000), "in_the_future"),
        (dt.timedelta(days=-1094), ""),
        (dt.timedelta(days=-1096), "too_old"),
    ],
)
def test_an_implausible_moment_waits_and_is_never_changed(account, shift, code):
    result = send(item(occurred_at=NOW + shift))
    assert (result.outcomes[0].code if result.outcomes else "") == code
    if code:
        held = HeldEvent.objects.get()
        assert (held.state, held.code, held.occurred_at) == ("quarantined", code, NOW + shift)
        assert not UsageEvent.objects.exists()
    else:
        assert UsageEvent.objects.get().occurred_at == NOW + shift


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+00:00", "1899-12-31T23:59:59+00:00", "9999-12-31T23:59:59+00:00"])
@pytest.mark.parametrize("history", [True, False])
def test_a_moment_outside_of_any_calendar_waits(account, at, history):
    assert send(item(occurred_at=dt.datetime.fromisoformat(at)), history=history).count("quarantined") == 1
    held = HeldEvent.objects.get()
    assert held.occurred_at is None
    assert held.event["timestamp"].startswith(at[:19])


def test_days_are_those_of_the_tenant_and_late_events_are_known_later(account, tenant_open):
    tenant_open.tenant.timezone = "Pacific/Auckland"
    tenant_open.tenant.save()
    received = dt.datetime(2026, 3, 10, 11, 30, tzinfo=dt.UTC)  # past midnight of the 11th in Auckland
    days = {  # moment (UTC): (day, known on)
        "2026-03-10T11:30:00+00:00": ("2026-03-11", "2026-03-11"),
        "2026-03-10T10:59:59+00:00": ("2026-03-10", "2026-03-10"),
        "2026-03-08T11:00:00+00:00": ("2026-03-09", "2026-03-09"),
        "2026-03-08T10:59:59+00:00": ("2026-03-08", "2026-03-11"),
        "2025-03-08T10:59:59+00:00": ("2025-03-08", "2026-03-11"),
    }
    result = send(
        *(item(n, occurred_at=dt.datetime.fromisoformat(at)) for n, at in enumerate(days)), received_at=received
    )
    assert result.accepted == len(days)
    stored = {e.occurred_at.isoformat(): (e.day.isoformat(), e.known_on.isoformat()) for e in UsageEvent.objects.all()}
    assert stored == days
    assert UsageTouched.objects.count() == 5


def test_an_unknown_account_waits_with_all_that_was_said(account):
    result = send(
        item(
            5,
            account="B-1",
            user="ana",
            quantity=Decimal("0.5"),
            session="s",
            message_id="m",
            raw=b'{"a": "b\\u0000"}\x00',
        )
    )
    assert result.outcomes[5] == intake.waiting("unknown_account")
    held = HeldEvent.objects.get()
    assert (held.state, held.position, held.account_ref, held.receipt_id) == (
        "quarantined",
        5,
        "B-1",
        result.receipt_id,
    )
    assert held.raw == '{"a": "b\\u0000"}\ufffd'
    assert held.event == {
        "message_id": str(held.message_id),
        "account": "B-1",
        "user": "ana",
        "event": "edit",
        "quantity": "0.5",
        "timestamp": NOW.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        "session": "s",
    }
    assert (
        send(item(account="B-1", user="ana", quantity=Decimal("0.5"), session="s", message_id="m")).status(0)
        == "duplicate"
    )
    assert HeldEvent.objects.count() == 1


def test_refused_items_are_kept_up_to_a_quota_and_it_is_said_when_it_is_reached(account, monkeypatch):
    monkeypatch.setattr(intake, "MAX_REFUSED", 3)
    batch = wire.read(json.dumps({"events": [{"account": "A-1", "event": "", "x": "y" * 6_000}] * 2}).encode())
    first = intake.receive(batch.items, batch.refused, kind=ReceiptKind.API, received_at=NOW)
    second = intake.receive(batch.items, batch.refused, kind=ReceiptKind.API, received_at=NOW)
    assert HeldEvent.objects.count() == 3
    assert max(len(raw) for raw in HeldEvent.objects.values_list("raw", flat=True)) == intake.MAX_RAW
    assert [str(intake.NOT_KEPT) in o.message for r in (first, second) for o in r.outcomes.values()] == [False] * 3 + [
        True
    ]
    assert send(item(account="B-1")).count("quarantined") == 1, "what waits has no quota"
    assert HeldEvent.objects.count() == 4


def test_outcomes_add_up_for_any_batch(account):
    chance = random.Random(4)
    known = [item(message_id=f"k{n}") for n in range(40)]
    send(*known)
    for _ in range(30):
        items = []
        for index in range(chance.choice([0, 1, 20, 80])):
            items.append(
                item(
                    index,
                    account=chance.choice(["A-1", "A-1", "B-1"]),
                    message_id=f"k{chance.randrange(90)}",
                    quantity=chance.choice([1, 1, 2]),
                    occurred_at=NOW - dt.timedelta(days=chance.choice([0, 0, 0, 2000])),
                )
            )
        result = send(*items)
        receipt = Receipt.objects.get(id=result.receipt_id)
        assert receipt.received == len(items)
        assert receipt.accepted + receipt.duplicate + receipt.quarantined + receipt.rejected == len(items)
    total = sum(Receipt.objects.values_list("accepted", flat=True))
    waiting = sum(Receipt.objects.values_list("quarantined", flat=True))
    assert UsageEvent.objects.count() == total
    assert UsageKey.objects.count() == total + waiting
    assert HeldEvent.objects.filter(state=HeldState.QUARANTINED).count() == waiting
    refused = sum(Receipt.objects.values_list("rejected", flat=True))
    assert HeldEvent.objects.filter(state=HeldState.REJECTED).count() == refused > 0


def test_a_batch_wishes_for_the_roll_up_once(account, monkeypatch):
    monkeypatch.setitem(queue.REACTIONS, "usage.received", ("probe",))
    monkeypatch.setitem(queue.HANDLERS, "probe", queue.Handler(lambda work: False))
    for _ in range(5):
        send(item())
    send(item(account="B-1"))
    assert Work.objects.filter(name="probe").count() == 1


def test_what_is_rolled_back_was_never_known(account):
    """An account that was made in a transaction that ended badly is looked up anew."""
    with pytest.raises(RuntimeError), transaction.atomic():
        Account.objects.create(external_id="C-1", name="Gone")
        assert send(item(account="C-1", message_id="m-1")).accepted == 1
        raise RuntimeError
    assert send(item(account="C-1", message_id="m-1")).outcomes[0].code == "unknown_account"
    assert not UsageEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_memory_of_accounts_is_the_tenants_own(world, rival):
    with world.open():
        mine = Account.objects.create(external_id="A-1", name="Northwind")
    for _ in range(2):  # looked up, then remembered
        with world.open():
            assert intake.account_ids({"A-1", "B-1", ""}) == {"A-1": str(mine.id)}
        with rival.open():
            assert intake.account_ids({"A-1"}) == {}
    assert intake._known[world.tenant.id][1] == {"A-1": str(mine.id)}
    with rival.open():
        theirs = Account.objects.create(external_id="A-1", name="Northwind")
    with rival.open():
        assert intake.account_ids({"A-1"}) == {"A-1": str(theirs.id)}


@pytest.mark.django_db(transaction=True)
def test_sixteen_senders_of_one_event_store_it_once(world):
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    barrier = threading.Barrier(16)
    found: list[str] = []

    def body(number: int) -> None:
        try:
            barrier.wait()
            others = [item(n, message_id=f"{number}-{n}") for n in range(1, 4)]
            with tenant_context(world.tenant.id):
                result = send(item(0, message_id="the one"), *others)
            assert result.accepted >= 3
            found.append(result.status(0))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=body, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(found) == {"accepted": 1, "duplicate": 15}
    with world.open():
        assert UsageEvent.objects.count() == UsageKey.objects.count() == 1 + 16 * 3


@pytest.mark.django_db(transaction=True)
def test_batches_in_opposite_order_do_not_block_each_other(world):
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    ids = [str(uuid4()) for _ in range(200)]
    results: list[int] = []

    def body(forward: bool) -> None:
        try:
            for _ in range(3):
                items = [item(n, message_id=id_) for n, id_ in enumerate(ids if forward else ids[::-1])]
                with tenant_context(world.tenant.id):
                    results.append(send(*items).accepted)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=body, args=(n % 2 == 0,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0] * 17 + [200]


def test_rows_of_another_tenant_are_not_seen(worlds):
    mine, theirs = worlds
    for each in worlds:
        with each.open():
            Account.objects.create(external_id="A-1", name="Northwind")
            assert send(item(message_id="m-1", quantity=each.tenant.id)).accepted == 1
    with mine.open():
        assert UsageEvent.objects.get().quantity == mine.tenant.id
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM health_usageevent")
            assert cursor.fetchone() == (1,)
    with theirs.open():
        assert UsageKey.objects.count() == 1


def test_room_is_made_when_the_nights_failed_to(account, monkeypatch):
    asked: list[Any] = []
    monkeypatch.setattr(intake, "_room_until", dt.date.min)
    monkeypatch.setattr(intake.upkeep, "reach", lambda: asked.append(1) or (NOW.date(), NOW.date()))
    assert send(item()).accepted == 1
    assert asked
