"""Events on their way: written with the fact, sent at least once, tried for a day, and nobody else's (API-03, API-04)."""

import datetime as dt
import json
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.enums import DeliveryState
from accounts.models import Account, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from accounts.webhooks import delivery, services, signing
from accounts.webhooks.announce import WORK, announce, announce_all
from accounts.webhooks.events import EXAMPLES, TEST, Kind
from cs_platform.kernel import queue
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import AuditEntry, Finding, Work
from tests.accounts.receivers import receiving

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.date(2026, 11, 20)
RED = EXAMPLES[Kind.BAND_CHANGED]


@pytest.fixture(autouse=True)
def _no_alarm(monkeypatch):
    monkeypatch.setattr(queue, "wake_workers", [])


@pytest.fixture
def receiver(settings):
    with receiving() as found:
        settings.WEBHOOK_ALLOW_HOSTS = ["localhost"]
        yield found


def endpoint_of(world, url, name="Ours", **more):
    with world.open():
        Account.objects.get_or_create(external_id="A-1", defaults={"name": "Halcyon Freight"})
        return services.add_endpoint(name=name, url=url, by=world.members["admin"], **more)[0]


def tell(world, kind=Kind.BAND_CHANGED, **data):
    with world.open():
        return announce(kind, Account.objects.get(external_id="A-1"), **(data or RED))


def standing(world):
    with world.open():
        return list(WebhookDelivery.objects.order_by("id").values_list("state", "attempts"))


def later(world, **by):
    """Let time go by for what waits, and for the endpoints."""
    step = dt.timedelta(**by)
    with world.open():
        for row in WebhookDelivery.objects.filter(state="waiting"):
            WebhookDelivery.objects.filter(id=row.id).update(next_at=row.next_at - step, since=row.since - step)
        for row in WebhookEndpoint.objects.exclude(failing_since=None):
            WebhookEndpoint.objects.filter(id=row.id).update(
                failing_since=row.failing_since - step, paused_until=row.paused_until and row.paused_until - step
            )
        Work.objects.update(run_after=timezone.now() - dt.timedelta(seconds=1))


def test_an_event_arrives_signed_and_says_what_happened(world, receiver):
    endpoint = endpoint_of(world, receiver.url)
    assert tell(world) == 1
    assert queue.drain() >= 1
    [got] = receiver.got
    body = json.loads(got.body)
    with world.open():
        event = WebhookEvent.objects.get()
        account = Account.objects.get()
    assert body == {
        "id": str(event.id),
        "kind": "health.band_changed",
        "at": event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "company": "acme",
        "account": {"id": str(account.id), "external_id": "A-1", "name": "Halcyon Freight"},
        "data": RED,
    }
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"
    assert (got.headers["Setia-Event"], got.headers["Setia-Kind"]) == (str(event.id), event.kind)
    now = int(timezone.now().timestamp())
    assert signing.verify(got.headers[signing.HEADER], got.body, signing.secret_of(endpoint), now)
    assert standing(world) == [(DeliveryState.DELIVERED, 1)]
    with world.open():
        tried = WebhookAttempt.objects.get()
        assert (tried.status, tried.error, tried.answer) == (200, "", "thank you")
        assert not Work.objects.exists(), "nothing is left to do"
    queue.drain()
    assert len(receiver.got) == 1


def test_the_event_is_a_part_of_the_fact(world, receiver):
    """A fact that is rolled back was never told."""
    endpoint_of(world, receiver.url)
    with world.open(), pytest.raises(RuntimeError):
        with transaction.atomic():
            announce(Kind.BAND_CHANGED, Account.objects.get(), **RED)
            raise RuntimeError
    queue.drain()
    assert receiver.got == []
    with world.open():
        assert not WebhookEvent.objects.exists()


def test_who_did_not_ask_is_not_told(world, receiver):
    """Kinds that an endpoint asks for; off is off."""
    endpoint_of(world, receiver.url, "All")
    endpoint_of(world, receiver.url, "Alerts", events=["alert.opened"])
    endpoint_of(world, receiver.url, "Off", enabled=False)
    assert tell(world) == 1
    assert tell(world, Kind.ALERT_OPENED, rule="silence") == 2
    queue.drain()
    assert sorted(got.headers["Setia-Kind"] for got in receiver.got) == ["alert.opened"] * 2 + ["health.band_changed"]


def test_telling_costs_one_statement_and_nothing_without_an_endpoint(world, django_assert_num_queries):
    with world.open():
        account = Account.objects.create(external_id="A-1", name="Halcyon Freight")
        with django_assert_num_queries(1):
            assert announce(Kind.BAND_CHANGED, account, **RED) == 0
        with django_assert_num_queries(1):
            assert announce_all(Kind.BAND_CHANGED, [(account.id, RED)] * 50) == 0
        with django_assert_num_queries(0):
            assert announce_all(Kind.BAND_CHANGED, []) == 0
        assert not WebhookEvent.objects.exists()
        services.add_endpoint(name="All", url="https://example.com/", by=world.members["admin"])
        with django_assert_num_queries(2):  # and one for the work list
            assert announce_all(Kind.BAND_CHANGED, [(account.id, RED), (None, RED)]) == 2
        assert {event.account_id for event in WebhookEvent.objects.all()} == {account.id, None}


def test_nobody_else_is_told(worlds, receiver):
    """API-04: the rival's endpoint asks for everything and hears nothing of acme's."""
    acme, rival = worlds
    with receiving() as theirs:
        endpoint_of(acme, receiver.url)
        endpoint_of(rival, theirs.url)
        tell(acme)
        queue.drain()
        assert (len(receiver.got), len(theirs.got)) == (1, 0)
        with rival.open():
            assert not WebhookEvent.objects.exists()
            assert not WebhookDelivery.objects.exists()
        with acme.open():
            ours = signing.secret_of(WebhookEndpoint.objects.get())
        with rival.open():
            assert signing.secret_of(WebhookEndpoint.objects.get()) != ours


@pytest.mark.parametrize("chance", [0, 0.5, 1])
def test_what_fails_is_tried_again_with_growing_pauses_and_given_up_after_a_day(world, receiver, monkeypatch, chance):
    """With the shortest pauses, the usual and the longest: chance itself may end the day while the endpoint rests."""
    monkeypatch.setattr(delivery.random, "random", lambda: chance)
    endpoint_of(world, receiver.url)
    tell(world)
    receiver.status = 503
    pauses, moments = [], []
    for _n in range(40):
        before = timezone.now()
        delivery.send_due(world.tenant.id)
        with world.open():
            row = WebhookDelivery.objects.get()
        if row.state != DeliveryState.WAITING:
            break
        pauses.append((row.next_at - before).total_seconds())
        moments.append(before - row.since)
        later(world, seconds=pauses[-1] + 1)
    assert row.state == DeliveryState.GIVEN_UP
    assert row.ended_at is not None
    assert moments[-1] < dt.timedelta(hours=24) <= row.ended_at - row.since < dt.timedelta(hours=24, minutes=5)
    assert 10 <= row.attempts == len(receiver.got) <= 20
    # Measured from before the try, which takes a while itself.
    assert all(24 * 2**n <= pauses[n] <= 36 * 2**n + 10 for n in range(8)), pauses
    assert max(pauses) <= 4 * 3600 * 1.2 + 10
    assert {got.headers["Setia-Event"] for got in receiver.got} == {str(row.event_id)}, "always the same id"
    assert len({got.body for got in receiver.got}) == 1
    with world.open():
        assert WebhookAttempt.objects.filter(status=503, error="status").count() == row.attempts


def test_pauses():
    """Worked examples: 30 s doubled each time, four hours at most, a fifth more or less."""
    assert [delivery.pause(n, 0.5).total_seconds() for n in (1, 2, 3, 9, 10, 99)] == [30, 60, 120, 7680, 14400, 14400]
    assert (delivery.pause(3, 0).total_seconds(), delivery.pause(3, 1).total_seconds()) == (96, 144)
    assert [delivery.rest(dt.timedelta(minutes=n)).total_seconds() for n in (0, 2, 600)] == [15, 60, 1800]


def test_a_worker_that_dies_between_sending_and_writing_sends_again(world, receiver, monkeypatch):
    """At least once: what was sent and not written down is sent again when its minute is over, with the same id."""
    endpoint_of(world, receiver.url)
    tell(world)

    def die(*args):
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "record", die)
        with pytest.raises(SystemExit):
            delivery.send_due(world.tenant.id)
    assert len(receiver.got) == 1
    assert standing(world) == [(DeliveryState.WAITING, 1)]
    delivery.send_due(world.tenant.id)
    assert len(receiver.got) == 1, "its minute is not over"
    later(world, seconds=61)
    queue.drain()
    assert [got.headers["Setia-Attempt"] for got in receiver.got] == ["1", "2"]
    assert len({got.headers["Setia-Event"] for got in receiver.got}) == 1
    assert standing(world) == [(DeliveryState.DELIVERED, 2)]


def test_nothing_is_open_while_it_is_sent(world, receiver, monkeypatch):
    """RELIABILITY: a slow receiver holds no transaction and no lock."""
    endpoint_of(world, receiver.url)
    tell(world)
    seen = []
    sending = delivery.send

    def look(parcel):
        with connection.cursor() as cursor:  # a thread of its own, so a connection of its own
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%%' AND datname = current_database()",
                [],
            )
            seen.append(cursor.fetchone()[0])
        connection.close()
        return sending(parcel)

    monkeypatch.setattr(delivery, "send", look)
    queue.drain()
    assert seen == [0]


def test_two_workers_at_once_send_once(world, receiver):
    endpoint_of(world, receiver.url)
    with world.open():
        announce_all(Kind.BAND_CHANGED, [(None, RED)] * 30)
    gate = threading.Barrier(2)

    def work():
        try:
            gate.wait(10)
            queue.drain(10)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    ids = [got.headers["Setia-Event"] for got in receiver.got]
    assert len(ids) == len(set(ids)) == 30


def test_one_endpoint_that_fails_does_not_hold_up_another(world, receiver):
    """One try at a time for who fails, and then a rest; the others go on at full speed."""
    with receiving() as broken:
        broken.status = 500
        endpoint_of(world, receiver.url, "Well")
        endpoint_of(world, broken.url, "Broken")
        with world.open():
            announce_all(Kind.BAND_CHANGED, [(None, RED)] * 100)
        queue.drain()
        assert len(receiver.got) == 100
        assert len(broken.got) == 30, "the first piece, and then nothing before the rest is over"
        with world.open():
            row = WebhookEndpoint.objects.get(name="Broken")
            assert row.failing_since is not None
            assert row.paused_until - row.failing_since >= dt.timedelta(seconds=15)
            assert Work.objects.get().run_after > timezone.now(), "a worker comes back by itself"
            assert not AuditEntry.objects.filter(table="accounts_webhookendpoint", action="update").exists()
        later(world, minutes=2)
        queue.drain()
        assert len(broken.got) == 31
        broken.status = 204
        later(world, minutes=5)
        queue.drain()
        assert len(broken.got) == 131
        with world.open():
            assert WebhookEndpoint.objects.get(name="Broken").failing_since is None
            assert not WebhookDelivery.objects.exclude(state="delivered").exists()


def test_rotated_secrets_both_sign_for_a_day(world, receiver):
    endpoint = endpoint_of(world, receiver.url)
    first = signing.secret_of(endpoint)
    with world.open():
        endpoint, second = services.rotate_secret(endpoint=endpoint, version=1, by=world.members["admin"])
        with pytest.raises(Conflict):
            services.rotate_secret(endpoint=endpoint, version=1, by=world.members["admin"])
    assert first != second
    assert second.startswith("whsec_")
    assert len(second) == 49
    tell(world)
    queue.drain()
    got = receiver.got[0]
    now = int(timezone.now().timestamp())
    assert all(signing.verify(got.headers[signing.HEADER], got.body, secret, now) for secret in (first, second))
    assert signing.secrets_of(endpoint, timezone.now() + dt.timedelta(hours=25)) == [second]
    with world.open():
        entry = AuditEntry.objects.filter(table="accounts_webhookendpoint", action="update").get()
        assert "generation" in entry.changes
        assert second not in json.dumps(entry.changes)
        with connection.cursor() as cursor:
            cursor.execute("SELECT w::text FROM accounts_webhookendpoint w")
            assert second[6:] not in cursor.fetchone()[0], "never stored"


def test_a_test_event_goes_to_one_endpoint_only(world, receiver):
    endpoint = endpoint_of(world, receiver.url, events=["alert.opened"])
    endpoint_of(world, receiver.url, "Other")
    with world.open():
        services.send_test(endpoint=endpoint, by=world.members["admin"])
    queue.drain()
    [got] = receiver.got
    assert json.loads(got.body)["kind"] == TEST
    with world.open():
        off = services.change_endpoint(
            endpoint=endpoint, name="Ours", url=receiver.url, events=[], enabled=False, version=None, by=None
        )
        for verb in (services.send_test,):
            with pytest.raises(DomainError, match="off"):
                verb(endpoint=off, by=None)
        with pytest.raises(DomainError, match="off"):
            services.replay(sent=WebhookDelivery.objects.get(), by=None)


def test_replay_of_one_and_of_a_day(world, receiver):
    """What was given up is sent again: one, or all of a day in the company's zone; the event is the same one."""
    endpoint = endpoint_of(world, receiver.url)
    with world.open():
        announce_all(Kind.BAND_CHANGED, [(None, RED)] * 3)
        rows = list(WebhookDelivery.objects.order_by("id"))
        WebhookDelivery.objects.update(state="given_up", attempts=14, ended_at=timezone.now())
        WebhookEvent.objects.filter(id=rows[0].event_id).update(at=timezone.now() - dt.timedelta(days=3))
        services.replay(sent=rows[0], by=None)
    assert standing(world) == [("waiting", 0), ("given_up", 14), ("given_up", 14)]
    queue.drain()
    assert [got.headers["Setia-Event"] for got in receiver.got] == [str(rows[0].event_id)]
    with world.open():
        today, zone = world.tenant.today(), world.tenant.zone
        with pytest.raises(DomainError):
            off = WebhookEndpoint(id=endpoint.id, enabled=False)
            WebhookEndpoint.objects.filter(id=off.id).update(enabled=False)
            services.replay_failed(endpoint=endpoint, day=today, zone=zone, by=None)
        WebhookEndpoint.objects.update(enabled=True)
        assert services.replay_failed(endpoint=endpoint, day=today, zone=zone, by=None) == 2
        assert services.replay_failed(endpoint=endpoint, day=today, zone=zone, by=None) == 0
    queue.drain()
    assert standing(world) == [("delivered", 1)] * 3


def test_a_delivery_sent_anew_while_it_is_on_its_way_is_sent_once_more(world, receiver, monkeypatch):
    endpoint_of(world, receiver.url)
    tell(world)
    sending = delivery.send

    def again(parcel):
        reply = sending(parcel)
        with world.open():
            services.replay(sent=WebhookDelivery.objects.get(), by=None)
        connection.close()
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "send", again)
        delivery.send_due(world.tenant.id)
    assert standing(world) == [("waiting", 0)]
    queue.drain()
    assert standing(world) == [("delivered", 1)]
    assert len(receiver.got) == 2


def test_an_endpoint_that_goes_while_it_is_sent_to(world, receiver, monkeypatch):
    endpoint = endpoint_of(world, receiver.url)
    tell(world)
    sending = delivery.send

    def gone(parcel):
        with world.open():
            services.remove_endpoint(endpoint=endpoint, version=None, by=None)
        connection.close()
        return sending(parcel)

    monkeypatch.setattr(delivery, "send", gone)
    queue.drain()
    with world.open():
        assert not WebhookDelivery.objects.exists()
        assert not WebhookAttempt.objects.exists()
        assert WebhookEvent.objects.count() == 1
        assert not Work.objects.exists()


def test_the_night_forgets_gives_up_and_says_so(world, receiver):
    """Events go after 30 days; what waited for a day is given up; who fails for a day is a finding until it is well."""
    endpoint = endpoint_of(world, receiver.url)
    receiver.status = 500
    tell(world)
    queue.drain()
    tell(world)
    with world.open():
        WebhookEvent.objects.filter(id=WebhookEvent.objects.first().id).update(
            at=timezone.now() - dt.timedelta(days=30, seconds=1)
        )
        assert delivery.keep_house(DAY) == 1
        assert delivery.keep_house(DAY) == 0
        assert (WebhookEvent.objects.count(), WebhookDelivery.objects.count()) == (1, 1)
        assert not Finding.objects.exists()
    later(world, hours=25)
    with world.open():
        assert delivery.keep_house(DAY) == 1
        assert delivery.is_failing(WebhookEndpoint.objects.get(), timezone.now())
        finding = Finding.objects.get(name="webhooks", resolved_at=None)
        assert "Ours" in finding.message
        assert WebhookDelivery.objects.get().state == "given_up"
        receiver.status = 200
        services.replay(sent=WebhookDelivery.objects.get(), by=None)
    queue.drain()
    with world.open():
        delivery.keep_house(DAY)
        assert not Finding.objects.filter(resolved_at=None).exists()
        assert WebhookEndpoint.objects.get(id=endpoint.id).failing_since is None


def test_the_night_wakes_what_waits(world, receiver):
    """A lost alarm costs a night at most."""
    endpoint_of(world, receiver.url)
    tell(world)
    with world.open():
        Work.objects.all().delete()
        delivery.keep_house(DAY)
        assert Work.objects.get().name == WORK
    later(world, seconds=5)
    queue.drain()
    assert len(receiver.got) == 1


def test_what_may_stand_in_an_endpoint(world):
    with world.open():
        admin = world.members["admin"]
        row, _secret = services.add_endpoint(name=" Ours ", url=" https://example.com/x ", by=admin)
        assert (row.name, row.url, row.events, row.created_by) == ("Ours", "https://example.com/x", [], admin)
        good = {"name": "B", "url": "https://example.com/"}
        for more, field in (
            ({"name": "  "}, "name"),
            ({"name": "x" * 81}, "name"),
            ({"name": "a\x00b"}, "name"),
            ({"name": "Ours"}, "name"),
            ({"url": "http://example.com/"}, "url"),
            ({"url": "https://10.0.0.1/"}, "url"),
            ({"url": "https://example.com/" + "x" * 500}, "url"),
            ({"events": ["alert.opened", "no.such"]}, "events"),
        ):
            with pytest.raises(DomainError) as refused:
                services.add_endpoint(**(good | more), by=admin)
            assert list(refused.value.fields) == [field], more
        with pytest.raises(Conflict):
            services.change_endpoint(endpoint=row, name="C", url=row.url, events=[], enabled=True, version=7, by=admin)
        for n in range(services.MOST - 1):
            services.add_endpoint(name=f"N{n}", url="https://example.com/", by=admin)
        with pytest.raises(DomainError, match="20"):
            services.add_endpoint(**good, by=admin)
