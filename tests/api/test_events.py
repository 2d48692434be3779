"""POST /api/v1/events, receipts and the inbox of what was not stored (CONTRACTS 2, RELIABILITY 3)."""

import datetime as dt
import gzip
import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.enums import KeyScope
from accounts.models import Account
from cs_platform.api import throttling
from health.models import HeldEvent, Receipt, UsageEvent
from health.usage import intake, wire
from tests.api.conftest import Api, key_of
from tests.conftest import World

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


def event(**fields: Any) -> dict[str, Any]:
    given = {"message_id": str(uuid4()), "account": "A-1", "event": "edit", "timestamp": NOW.isoformat()} | fields
    return {name: value for name, value in given.items() if value is not ...}


def send(api: Api, *events: Any, **headers: str) -> Any:
    return api.post("events", {"events": list(events)}, **headers)


@pytest.fixture
def sender(world: World) -> Api:
    """A program that may only send events, of a tenant with one account."""
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    return Api(key_of(world, KeyScope.EVENTS)[1])


def test_all_stored_is_200_and_again_is_a_duplicate(sender, world):
    batch = [event(user="ana", quantity=2, properties={"session_id": "s1", "plan": "pro"}), event()]
    answer = send(sender, *batch)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"received", "accepted", "duplicate", "quarantined", "rejected", "items", "receipt"}
    assert (body["received"], body["accepted"], body["items"]) == (2, 2, [])
    again = send(sender, *batch)
    assert again.status_code == 200
    assert again.json()["duplicate"] == 2
    assert [(i["index"], i["status"]) for i in again.json()["items"]] == [(0, "duplicate"), (1, "duplicate")]
    with world.open():
        stored = UsageEvent.objects.order_by("-quantity").values_list("user_ref", "quantity", "session")
        assert list(stored) == [("ana", 2, "s1"), ("", 1, "")]
        assert Receipt.objects.get(id=body["receipt"]).accepted == 2


def test_mixed_is_207_and_says_of_each_item_why(sender, world):
    kept = event()
    send(sender, kept)
    answer = send(
        sender,
        event(),
        kept,
        kept | {"quantity": 7},
        event(account="A-2"),
        event(timestamp=(NOW + dt.timedelta(hours=1)).isoformat()),
        event(timestamp=(NOW - dt.timedelta(days=1200)).isoformat()),
        event(colour="red"),
        "nothing",
    )
    assert answer.status_code == 207
    body = answer.json()
    counts = [body[name] for name in ("received", "accepted", "duplicate", "quarantined", "rejected")]
    assert counts == [8, 1, 1, 3, 3]
    assert [(i["index"], i["status"], i["code"]) for i in body["items"]] == [
        (1, "duplicate", "duplicate"),
        (2, "rejected", "message_id_reused"),
        (3, "quarantined", "unknown_account"),
        (4, "quarantined", "in_the_future"),
        (5, "quarantined", "too_old"),
        (6, "rejected", "unknown_field"),
        (7, "rejected", "not_an_object"),
    ]
    assert set(body["items"][0]) == {"index", "status", "code", "message"}
    with world.open():
        assert HeldEvent.objects.count() == 6


def test_all_refused_is_422_with_the_envelope_and_the_counts(sender):
    answer = send(sender, event(event=""), event(timestamp="2026-01-01T00:00:00"))
    assert answer.status_code == 422
    body = answer.json()
    assert (body["code"], body["error"]["code"], body["rejected"], body["receipt"] != "") == (
        "rejected",
        "rejected",
        2,
        True,
    )
    assert [i["code"] for i in body["items"]] == ["required", "no_offset"]


@pytest.mark.parametrize(
    ("scopes", "status"),
    [({"events"}, 200), ({"write"}, 200), ({"admin"}, 200), ({"read"}, 403), ({"read", "events"}, 200)],
)
def test_scopes(world, scopes, status):
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    api = Api(key_of(world, *(KeyScope(s) for s in scopes))[1])
    assert send(api, event()).status_code == status


def test_a_sender_reads_nothing(sender):
    for path in ("receipts", "rejected-events", f"receipts/{uuid4()}"):
        assert sender.get(path).status_code == 403
    assert sender.post(f"rejected-events/{uuid4()}/replay", {}).status_code == 403


def test_without_a_key_is_401(world):
    assert send(Api("wrong"), event()).status_code == 401
    assert Client().post("/api/v1/events", "{}", content_type="application/json").status_code == 401


def test_sizes(sender, world):
    large = sender.send("POST", "events", b" " * (wire.MAX_WIRE + 1))
    assert (large.status_code, large["Connection"], large.json()["code"]) == (413, "close", "too_large")
    bomb = gzip.compress(b" " * 60_000_000)
    assert len(bomb) < wire.MAX_WIRE
    answer = sender.send("POST", "events", bomb, Content_Encoding="gzip")
    assert (answer.status_code, answer["Connection"]) == (413, "close")
    assert send(sender, *[event() for _ in range(1001)]).status_code == 413
    assert send(sender, *[event(account="A-1") for _ in range(1000)]).json()["accepted"] == 1000
    with world.open():
        assert UsageEvent.objects.count() == 1000


def test_forms(sender):
    body = json.dumps({"events": [event()]}).encode()
    for form in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = sender.client.generic(
            "POST", "/api/v1/events", body, content_type=form, headers={"Authorization": f"Bearer {sender.secret}"}
        )
        assert answer.status_code == 415, form
    assert sender.send("POST", "events", body, Content_Encoding="br").status_code == 415
    packed = gzip.compress(body)
    assert sender.send("POST", "events", packed, Content_Encoding="gzip").status_code == 200
    for broken in (packed[:-9], packed + b"x", packed + packed, gzip.compress(packed), b"x"):
        answer = sender.send("POST", "events", broken, Content_Encoding="gzip")
        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")
    assert sender.get("events").status_code == 405


def test_too_many_events_are_429_with_whole_seconds_and_nothing_stored(sender, world, settings):
    settings.EVENT_RATE = "10/min"
    throttling.event_throttle.cache_clear()
    assert send(sender, *[event() for _ in range(7)]).status_code == 200
    refused = send(sender, *[event() for _ in range(5)])
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused["Retry-After"]) >= 1
    assert refused["RateLimit-Limit"] == "10"
    assert send(sender, event()).status_code == 200
    with world.open():
        assert UsageEvent.objects.count() == 8
        assert Receipt.objects.count() == 2


def test_events_do_not_use_up_the_requests_of_the_key(sender, settings):
    settings.API_RATE = "1/min"
    throttling.throttle.cache_clear()
    assert [send(sender, event()).status_code for _ in range(3)] == [200] * 3


def test_redis_away_stops_nothing(sender, monkeypatch):
    buckets = throttling.KeyThrottle("300000/min", "events")
    monkeypatch.setattr(buckets, "_script", None)
    buckets._away_until = float("inf")
    monkeypatch.setattr("cs_platform.api.middleware.event_throttle", lambda: buckets)
    monkeypatch.setattr("cs_platform.api.events.event_throttle", lambda: buckets)
    assert send(sender, event(), event()).json()["accepted"] == 2


@pytest.mark.django_db(transaction=True)
def test_the_database_away_is_503_with_whole_seconds_and_nothing_stored(sender, world, monkeypatch):
    def fail(*args: Any, **options: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(intake.queue, "publish", fail)  # the last thing that a batch does
    answer = send(sender, event())
    assert (answer.status_code, answer.json()["code"], int(answer["Retry-After"]) >= 1) == (503, "unavailable", True)
    with world.open():
        assert not UsageEvent.objects.exists()
        assert not Receipt.objects.exists()


def test_an_event_without_id_is_known_by_what_it_says(sender, world):
    plain = event(message_id=...)
    counted = event(message_id=..., timestamp=...)
    assert send(sender, plain, plain, plain | {"properties": {"page": 2}}).json()["accepted"] == 2
    assert send(sender, plain).json()["duplicate"] == 1
    assert send(sender, counted).json()["accepted"] == 1
    assert send(sender, counted).json()["accepted"] == 1
    with world.open():
        assert UsageEvent.objects.count() == 4


def test_receipt_and_inbox(sender, api, world):
    answer = send(sender, event(), event(account="B-9"), event(event=""))
    found = api.get(f"receipts/{answer.json()['receipt']}").json()
    assert (found["kind"], found["received"], found["accepted"], found["rejected"]) == ("api", 3, 1, 1)
    assert [(i["index"], i["state"], i["code"], i["field"]) for i in found["items"]] == [
        (1, "quarantined", "unknown_account", ""),
        (2, "rejected", "required", "event"),
    ]
    assert found["items"][0]["event"]["account"] == "B-9"
    assert json.loads(found["items"][1]["raw"])["event"] == ""
    assert [r["id"] for r in api.get("receipts").json()["results"]] == [answer.json()["receipt"]]
    first = api.get("rejected-events?limit=1").json()
    assert len(first["results"]) == 1
    second = api.client.get(first["next"], headers={"Authorization": f"Bearer {api.secret}"}).json()
    assert second["next"] is None
    assert {first["results"][0]["code"], second["results"][0]["code"]} == {"unknown_account", "required"}
    assert [r["code"] for r in api.get("rejected-events?state=rejected").json()["results"]] == ["required"]
    assert [r["state"] for r in api.get("rejected-events?code=unknown_account").json()["results"]] == ["quarantined"]
    assert api.get("rejected-events?state=nonsense").status_code == 422
    assert api.get("rejected-events?colour=red").status_code == 422


def test_replay(sender, api, world):
    bad = event(event="")
    send(sender, bad)
    row = api.get("rejected-events").json()["results"][0]
    path = f"rejected-events/{row['id']}/replay"
    unchanged = api.post(path, {})
    assert (unchanged.status_code, unchanged.json()["code"]) == (422, "required")
    assert api.post(path, {"event": bad | {"event": "edit", "colour": 1}}).json()["code"] == "unknown_field"
    assert api.post(path, {"colour": 1}).status_code == 422
    assert api.post(path, [1]).status_code == 422
    done = api.post(path, {"event": bad | {"event": "edit", "quantity": 0.25}})
    assert (done.status_code, done.json()["status"], done.json()["event"]["state"]) == (200, "accepted", "released")
    assert api.get(f"receipts/{done.json()['event']['released_by']}").json()["kind"] == "replay"
    assert api.post(path, {}).json()["code"] == "settled"
    with world.open():
        assert UsageEvent.objects.get().quantity == 0.25


def test_foreign_and_unknown_answer_alike(sender, world, rival, api, rival_api):
    receipt = send(sender, event(account="B-9")).json()["receipt"]
    held = api.get("rejected-events").json()["results"][0]["id"]
    for path in (f"receipts/{receipt}", f"rejected-events/{held}"):
        foreign, unknown = rival_api.get(path), rival_api.get(path.rsplit("/", 1)[0] + f"/{uuid4()}")
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json()["message"] == unknown.json()["message"]
    assert rival_api.post(f"rejected-events/{held}/replay", {}).status_code == 404
    assert rival_api.get("receipts").json()["results"] == rival_api.get("rejected-events").json()["results"] == []


def test_the_same_id_of_two_tenants_are_two_events(sender, world, rival):
    with rival.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    other = Api(key_of(rival, KeyScope.EVENTS)[1])
    same = event()
    assert send(sender, same).json()["accepted"] == send(other, same | {"quantity": 9}).json()["accepted"] == 1
    for each, quantity in ((world, 1), (rival, 9)):
        with each.open():
            stored = UsageEvent.objects.get()
            assert (stored.quantity, stored.account_id) == (quantity, Account.objects.get().id)
