"""What was not stored at once: released by itself, put right, accepted by hand or dismissed; once (RELIABILITY 3.1)."""

import datetime as dt
from collections import Counter

import pytest
from django.db import connections

from accounts.enums import ChangeSource, ImportKind
from accounts.merging import Origin, merge_accounts
from accounts.models import Account
from accounts.rows import parse
from cs_platform.kernel import queue
from cs_platform.kernel.models import Finding, Work
from health.enums import HeldState, ReceiptKind
from health.models import HeldEvent, Receipt, UsageEvent, UsageKey, UsageTouched, UsageUser
from health.usage import held, intake, wire
from tests.conftest import World
from tests.health.test_intake import NOW, item, send

TODAY = NOW.date()


def appear(*names: str) -> None:
    """These accounts come in by the ordinary door."""
    rows = [parse(ImportKind.ACCOUNTS, n, {"account": name}) for n, name in enumerate(names)]
    merge_accounts(rows, Origin(ChangeSource.API, None, "test"))


def refused(raw: str = '{"account": "A-1", "event": ""}') -> HeldEvent:
    bad = wire.read_item(0, raw.encode())
    intake.receive([], [bad], kind=ReceiptKind.API, received_at=NOW)
    return HeldEvent.objects.get(state=HeldState.REJECTED)


@pytest.fixture
def account(tenant_open: World) -> Account:
    return Account.objects.create(external_id="A-1", name="Northwind")


def test_events_are_released_by_themselves_when_their_account_appears(world, rival, monkeypatch):
    for each in (world, rival):
        with each.open():
            send(item(account="B-1", message_id="m-1", user="ana", session="s"), item(1, account="B-2"))
    with world.open():
        appear("B-1")
        work = Work.objects.get(name="release_held")
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        event = UsageEvent.objects.get()
        assert (event.user_ref, event.session, event.occurred_at) == ("ana", "s", NOW)
        assert event.account_id == Account.objects.get(external_id="B-1").id
        receipt = Receipt.objects.get(kind="replay")
        assert (receipt.received, receipt.accepted, receipt.latest_at) == (1, 1, NOW)
        row = HeldEvent.objects.get(account_ref="B-1")
        assert (row.state, row.released_by_id) == ("released", receipt.id)
        assert UsageTouched.objects.get().receipt_id == receipt.id == event.receipt_id
        assert HeldEvent.objects.get(account_ref="B-2").state == "quarantined"
        assert Work.objects.filter(name="roll_up_usage").exists()
        assert send(item(account="B-1", message_id="m-1", user="ana", session="s")).status(0) == "duplicate"
    with rival.open():
        assert not UsageEvent.objects.exists()
        assert HeldEvent.objects.filter(state="quarantined").count() == 2


def test_releasing_again_changes_nothing(account):
    send(item(account="B-1"))
    appear("B-1")
    assert held.release_waiting() == (1, False)
    assert held.release_waiting() == (0, False)
    assert UsageEvent.objects.count() == 1
    assert Receipt.objects.filter(kind="replay").count() == 1


def test_many_are_released_in_pieces_and_by_the_night_at_once(account):
    send(*[item(n, account="B-1") for n in range(25)])
    appear("B-1")
    assert held.release_waiting(limit=10) == (10, True)
    assert held.release_night(TODAY) == 15
    assert UsageEvent.objects.count() == 25


def test_the_day_it_is_known_depends_on_the_road(account):
    """A late event of the API is known from its release, a file's from when it happened."""
    old = NOW - dt.timedelta(days=40)
    send(item(account="B-1", occurred_at=old))
    send(item(account="B-1", occurred_at=old), kind=ReceiptKind.IMPORT, history=True)
    send(item(account="B-1", occurred_at=NOW - dt.timedelta(days=1)))
    appear("B-1")
    held.release_waiting(now=NOW)
    assert Counter(UsageEvent.objects.values_list("day", "known_on")) == {
        (old.date(), TODAY): 1,
        (old.date(), old.date()): 1,
        (TODAY - dt.timedelta(days=1),) * 2: 1,
    }


def test_the_future_is_released_when_it_comes(account):
    later = NOW + dt.timedelta(hours=2)
    send(
        item(occurred_at=later),
        item(1, account="B-1", occurred_at=later),
        item(2, occurred_at=NOW + dt.timedelta(days=9)),
    )
    assert held.release_waiting(now=NOW)[0] == 0
    assert held.release_waiting(now=later)[0] == 1
    assert UsageEvent.objects.get().occurred_at == later
    assert Counter(HeldEvent.objects.values_list("state", "code")) == {
        ("released", "in_the_future"): 1,
        ("quarantined", "unknown_account"): 1,
        ("quarantined", "in_the_future"): 1,
    }
    appear("B-1")
    assert held.release_waiting(now=later)[0] == 1


def test_what_names_no_account_waits_until_it_is_known_where_its_user_belongs(account):
    send(item(account="", user="ana"), item(1, account="", user="ben"), item(2, account="", user=""))
    UsageUser.objects.create(external_id="ana", account=account)
    UsageUser.objects.create(external_id="", account=None)
    assert held.release_waiting()[0] == 1
    assert UsageEvent.objects.get().user_ref == "ana"


def test_old_events_wait_for_a_person(account, tenant_open):
    old = NOW - dt.timedelta(days=1500)
    send(item(occurred_at=old, message_id="m-1"))
    assert held.release_night(TODAY) == 0
    row = HeldEvent.objects.get()
    assert held.replay(row, by=tenant_open.members["ops"]).code == "too_old"
    assert not UsageEvent.objects.exists()
    outcome = held.replay(row, by=tenant_open.members["ops"], accept=True, received_at=NOW)
    assert outcome.status == "accepted"
    event = UsageEvent.objects.get()
    assert (event.occurred_at, event.day, event.known_on) == (old, old.date(), TODAY)
    row = HeldEvent.objects.get()
    assert (row.state, row.changed_by) == ("released", tenant_open.members["ops"])
    assert send(item(occurred_at=old, message_id="m-1")).status(0) == "duplicate"


def test_a_waiting_event_is_put_right_under_its_own_id(account, tenant_open):
    send(item(account="typo", message_id="m-1", quantity=3))
    row = HeldEvent.objects.get()
    outcome = held.replay(
        row,
        event={"account": "A-1", "event": "edit", "quantity": 4, "message_id": "other", "timestamp": NOW.isoformat()},
        by=None,
    )
    assert outcome.status == "accepted"
    event = UsageEvent.objects.get()
    assert (event.quantity, event.account_id, event.message_id) == (4, account.id, row.message_id)
    assert UsageKey.objects.count() == 1
    assert send(item(account="typo", message_id="m-1", quantity=3)).status(0) == "duplicate"


def test_a_correction_without_a_moment_keeps_the_moment(account):
    send(item(account="typo"))
    assert held.replay(HeldEvent.objects.get(), event={"account": "A-1", "event": "edit"}, by=None).status == "accepted"
    assert UsageEvent.objects.get().occurred_at == NOW


def test_a_correction_may_be_wrong_again(account):
    send(item(account="typo"))
    row = HeldEvent.objects.get()
    assert held.replay(row, event={"account": "A-1"}, by=None).code == "required"
    assert held.replay(row, event={"account": "typo2", "event": "edit"}, by=None).code == "unknown_account"
    row.refresh_from_db()
    assert (row.state, row.account_ref, row.event["account"]) == ("quarantined", "typo2", "typo2")
    late = (NOW + dt.timedelta(days=3)).isoformat()
    assert (
        held.replay(row, event={"account": "A-1", "event": "edit", "timestamp": late}, by=None).code == "in_the_future"
    )
    row.refresh_from_db()
    assert row.code == "in_the_future"
    assert not UsageEvent.objects.exists()
    assert Receipt.objects.count() == 1


def test_a_refused_event_is_replayed_with_its_fault_put_right(account, tenant_open):
    row = refused()
    assert held.replay(row, by=None).code == "required"
    good = {"account": "A-1", "event": "edit", "message_id": "m-9", "timestamp": NOW.isoformat()}
    assert held.replay(row, event=good, by=tenant_open.members["admin"]).status == "accepted"
    row.refresh_from_db()
    receipt = Receipt.objects.get(kind="replay")
    assert (row.state, row.released_by, row.changed_by) == ("released", receipt, tenant_open.members["admin"])
    assert UsageEvent.objects.get().receipt_id == receipt.id
    with pytest.raises(held.Settled):
        held.replay(row, by=None)
    with pytest.raises(held.Settled):
        held.dismiss(row, by=None)


def test_a_refused_event_that_came_again_meanwhile_is_settled_as_a_duplicate(account):
    row = refused()
    good = {"account": "A-1", "event": "edit", "message_id": "m-9", "timestamp": NOW.isoformat()}
    send(*wire.read(b'{"events": [%s]}' % wire.msgspec.json.encode(good)).items)
    assert held.replay(row, event=good, by=None).status == "duplicate"
    assert UsageEvent.objects.count() == 1
    row.refresh_from_db()
    assert row.state == "released"


def test_a_refused_event_may_come_to_wait(account):
    row = refused()
    good = {"account": "B-1", "event": "edit", "message_id": "m-9", "timestamp": NOW.isoformat()}
    assert held.replay(row, event=good, by=None).code == "unknown_account"
    assert HeldEvent.objects.count() == 1
    appear("B-1")
    assert held.release_waiting()[0] == 1
    row.refresh_from_db()
    assert row.state == "released"


def test_a_reused_id_stays_refused_until_it_gets_another(account):
    send(item(message_id="m-1"))
    send(item(message_id="m-1", quantity=5))
    row = HeldEvent.objects.get()
    assert row.code == "message_id_reused"
    assert held.replay(row, by=None).code == "message_id_reused"
    assert Receipt.objects.filter(kind="replay").count() == 0
    again = dict(row.event, message_id="m-2", quantity=5.0)
    again.pop("session")
    assert held.replay(row, event=again, by=None).status == "accepted"
    assert sorted(UsageEvent.objects.values_list("quantity", flat=True)) == [1, 5]


def test_what_cannot_be_read_stays_refused(account):
    row = refused("{nonsense")
    assert held.replay(row, by=None).code == "unreadable"


def test_dismissed_is_dismissed(account, tenant_open):
    send(item(account="B-1"))
    row = HeldEvent.objects.get()
    held.dismiss(row, by=tenant_open.members["ops"])
    appear("B-1")
    assert held.release_night(TODAY) == 0
    row.refresh_from_db()
    assert (row.state, row.changed_by) == ("dismissed", tenant_open.members["ops"])
    with pytest.raises(held.Settled):
        held.replay(row, by=None)


def test_all_of_one_reason_at_once(account, tenant_open):
    old = NOW - dt.timedelta(days=1500)
    send(*[item(n, occurred_at=old) for n in range(4)], item(9, account="B-1"))
    assert held.replay_all("too_old", by=tenant_open.members["ops"]) == {"quarantined": 4}
    assert held.replay_all("too_old", by=tenant_open.members["ops"], accept=True, limit=3) == {"accepted": 3}
    assert held.replay_all("too_old", by=tenant_open.members["ops"], accept=True) == {"accepted": 1}
    assert UsageEvent.objects.count() == 4
    assert HeldEvent.objects.filter(state="quarantined").count() == 1


def test_a_full_inbox_is_a_finding(account, monkeypatch):
    monkeypatch.setattr(intake, "MAX_REFUSED", 1)
    refused()
    held.release_night(TODAY)
    finding = Finding.objects.get(name="refused_events")
    assert "1" in finding.message
    held.dismiss(HeldEvent.objects.get(), by=None)
    held.release_night(TODAY)
    finding.refresh_from_db()
    assert finding.resolved_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_workers_release_each_event_once(world):
    import threading

    with world.open():
        send(*[item(n, account="B-1") for n in range(60)])
        Account.objects.create(external_id="B-1", name="B")
    totals: list[int] = []
    barrier = threading.Barrier(4)

    def body() -> None:
        try:
            barrier.wait()
            for _ in range(6):
                with world.open():
                    totals.append(held.release_waiting(limit=20)[0])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=body) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(totals) == 60
    with world.open():
        assert UsageEvent.objects.count() == 60
        assert len(set(UsageEvent.objects.values_list("message_id", flat=True))) == 60
