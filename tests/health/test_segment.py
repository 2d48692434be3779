"""Segment's wire format (INTEGRATIONS, CONTRACTS 2, ACC-08): keys, shapes, meanings, repetition, hostile input."""

import base64
import gzip
import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.enums import KeyScope
from accounts.models import Account, Contact, Segment
from accounts.services import create_api_key, revoke_api_key
from cs_platform.api import throttling
from cs_platform.kernel.models import Work
from health.models import HeldEvent, Receipt, UsageEvent, UsageKey, UsageUser
from tests.conftest import World

SUCCESS = {"success": True}


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{secret}:".encode()).decode()}


def key_of(world: World, *scopes: KeyScope) -> str:
    with world.open():
        return create_api_key(name="site", scopes=scopes, by=world.members["admin"])[1]


@pytest.fixture(autouse=True)
def fresh_buckets():
    throttling.event_throttle.cache_clear()
    yield
    throttling.event_throttle.cache_clear()


@pytest.fixture
def secret(world: World) -> str:
    return key_of(world, KeyScope.EVENTS)


def post(path: str, body: Any, secret: str = "", **headers: str) -> HttpResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = headers.pop("content_type", "application/json")
    named = {k.replace("_", "-"): v for k, v in headers.items()} | (basic(secret) if secret else {})
    client = Client(raise_request_exception=False)
    return client.post(f"/v1/{path}", data, content_type=kind, headers=named)


def track(n: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Report exported",
        "userId": "u-1",
        "messageId": f"m-{n}",
        "timestamp": "2026-11-20T10:00:00.000Z",
        "context": {"groupId": "A-1", "library": {"name": "x", "version": "1"}},
    } | more


@pytest.fixture
def account(world: World) -> Account:
    with world.open():
        return Account.objects.create(external_id="A-1", name="Northwind")


def test_a_batch_is_stored_once_and_answered_as_segment_does(world, rival, secret, account):
    """Exactly 200 {"success": true}; sent again with another sentAt nothing is added (CONTRACTS 2)."""
    body = {"batch": [track(1), track(2, properties={"value": 2.5}), track(3, properties={"quantity": 4, "value": 9})]}
    for sent in ("2026-11-20T10:00:01Z", "2026-11-20T10:03:07Z"):
        answer = post("batch", body | {"sentAt": sent}, secret)
        assert (answer.status_code, answer.json()) == (200, SUCCESS)
    with world.open():
        rows = UsageEvent.objects.order_by("quantity").values_list("event", "user_ref", "account_id", "quantity")
        assert [(e, u, a, float(q)) for e, u, a, q in rows] == [
            ("Report exported", "u-1", account.id, q) for q in (1.0, 2.5, 4.0)
        ]
        receipts = Receipt.objects.order_by("received_at").values_list("kind", "received", "accepted", "duplicate")
        assert list(receipts) == [("segment", 3, 3, 0), ("segment", 3, 0, 3)]
        assert not HeldEvent.objects.exists()
    with rival.open():
        assert not UsageKey.objects.exists()


@pytest.mark.parametrize("way", ["basic", "bearer", "body"])
def test_the_key_comes_in_three_places(world, secret, account, way):
    """Basic (2.2.3), the body alone (2.3.5) and Bearer; never the URL (INTEGRATIONS)."""
    body, headers = {"batch": [track()]}, {}
    if way == "body":
        body["writeKey"] = secret
    else:
        headers = basic(secret) if way == "basic" else {"Authorization": f"Bearer {secret}"}
    answer = post("batch", body, **headers)
    assert (answer.status_code, answer.json()) == (200, SUCCESS)
    assert post(f"batch?writeKey={secret}", {"batch": [track(2)]}).status_code == 401
    with world.open():
        assert UsageEvent.objects.count() == 1


def test_a_key_that_may_not_send_is_refused_for_good(world, secret, account):
    """4xx with `code` and `message` at the top ends every SDK's retrying; nothing is stored."""
    with world.open():
        key, revoked = create_api_key(name="old", scopes=[KeyScope.EVENTS], by=world.members["admin"])
        revoke_api_key(key=key, by=world.members["admin"])
    reader = key_of(world, KeyScope.READ)
    for shown, status, code in (
        ("nonsense", 401, "invalid_key"),
        (revoked, 401, "invalid_key"),
        (reader, 403, "forbidden"),
    ):
        for answer in (
            post("batch", {"batch": [track()]}, shown),
            post("batch", {"batch": [track()], "writeKey": shown}),
        ):
            assert answer.status_code == status
            body = answer.json()
            assert body["code"] == code
            assert body["message"]
            assert body["error"]["code"] == code
    assert post("batch", {"batch": [track()]}).status_code == 401
    with world.open():
        assert not UsageKey.objects.exists()


def test_another_tenants_account_is_not_found(world, rival, secret):
    """The same external id at another tenant is another account: the event waits."""
    with rival.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    assert post("batch", {"batch": [track()]}, secret).status_code == 200
    with world.open():
        assert HeldEvent.objects.get().account_ref == "A-1"
        assert not UsageEvent.objects.exists()
    with rival.open():
        assert not HeldEvent.objects.exists()
        assert not UsageEvent.objects.exists()


@pytest.mark.parametrize(("path", "short"), [("track", "t"), ("page", "p"), ("screen", "s")])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/plain;charset=UTF-8"])
def test_single_calls_by_both_names_and_as_text(world, secret, account, path, short, kind):
    """analytics.js posts text/plain to the short paths, with its type implied by the path."""
    body = {k: v for k, v in track().items() if k not in ("type", "event")} | {
        "name": "Pricing",
        "event": "E",
        "writeKey": secret,
    }
    for n, each in enumerate((path, short)):
        answer = post(each, body | {"messageId": f"{kind}{n}"}, content_type=kind)
        assert (answer.status_code, answer.json()) == (200, SUCCESS)
    named = {"track": "E", "page": "Viewed Pricing Page", "screen": "Viewed Pricing Screen"}[path]
    with world.open():
        assert list(UsageEvent.objects.values_list("event", flat=True)) == [named, named]


def test_gzip_and_its_bombs(world, secret, account):
    packed = gzip.compress(json.dumps({"batch": [track()]}).encode())
    assert post("batch", packed, secret, content_encoding="gzip").status_code == 200
    bomb = gzip.compress(b" " * 20_000_000)
    for body, status, code in (
        (packed[:-4], 400, "unreadable"),
        (b"not gzip", 400, "unreadable"),
        (packed + b"x", 400, "unreadable"),
        (bomb, 413, "too_large"),
    ):
        answer = post("batch", body, secret, content_encoding="gzip")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    with world.open():
        assert UsageEvent.objects.count() == 1


HOSTILE = {
    "no json": b"{",
    "a list": b"[]",
    "a text": b'"x"',
    "no batch": b"{}",
    "batch of no list": b'{"batch": {}}',
    "nested": b'{"batch": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "not UTF-8": b'{"batch": ["\xff"]}',
    "too many": json.dumps({"batch": [1] * 2_501}).encode(),
    "too large": b'{"batch": ["' + b"x" * 1_100_000 + b'"]}',
}


@pytest.mark.parametrize("case", list(HOSTILE))
def test_what_cannot_be_read_is_refused_with_code_and_message(world, secret, case):
    answer = post("batch", HOSTILE[case], secret)
    assert answer.status_code in (400, 413)
    assert answer.json()["code"] in ("unreadable", "too_large")
    assert answer.json()["message"]
    with world.open():
        assert not Receipt.objects.exists()


ODD: list[Any] = [
    None, 1, "x", [], {}, {"type": None}, {"type": "x\x00"}, {"type": ["track"]},
    track(1, event=""), track(2, event=None), track(3, event="a\x00b"), track(4, event="\ud800"), track(5, event="x" * 121),
    track(6, userId="u" * 201), track(7, userId="a\x00"), track(8, messageId="m" * 101), track(9, timestamp="yesterday"),
    track(10, timestamp=17), track(11, context={"groupId": "\x00"}), track(12, context={"groupId": "a" * 201}),
    {"type": "group", "userId": "u", "groupId": ""}, {"type": "group", "userId": "u", "groupId": "\x00"},
    {"type": "group", "userId": "u\x00", "groupId": "A-1"}, {"type": "identify", "userId": "\ud800"},
]  # fmt: skip


def test_a_message_with_a_fault_costs_only_itself(world, secret, account):
    """The rest of the batch is stored, and the refused ones stand in the inbox with their reason (RELIABILITY 3.2)."""
    answer = post("batch", {"batch": [*ODD, track(99)]}, secret)
    assert (answer.status_code, answer.json()) == (200, SUCCESS)
    with world.open():
        receipt = Receipt.objects.get()
        assert (receipt.received, receipt.accepted, receipt.rejected) == (len(ODD) + 1, 1, len(ODD))
        held = HeldEvent.objects.all()
        assert {each.state for each in held} == {"rejected"}
        assert all(each.code and each.message for each in held)
        codes = {"not_an_object", "unknown_type", "required", "characters", "too_long", "not_a_time"}
        assert {each.code for each in held} == codes


def test_odd_details_are_passed_over_not_refused(world, secret, account):
    """Numbers as ids, no time, values that are no numbers, contexts that are no objects, deep properties."""
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    messages = [
        track(1, userId=7),
        track(2, context="x", properties={"accountId": "A-1", "value": "12"}),
        track(3, context=None, properties={"companyId": "A-1", "value": True}),
        track(4, properties={"value": -3, "note": "\ud800", "deep": deep, "sessionId": "s\x00"}),
        track(5, properties={"value": 10**400, "sessionId": 10**400}),
        {k: v for k, v in track(6).items() if k != "timestamp"},
        track(7, timestamp="2026-11-20T10:00:00"),
    ]
    body = json.dumps({"batch": messages}).replace('"value": -3', '"value": 1e999, "quantity": NaN')
    assert post("batch", body.encode(), secret).json() == SUCCESS
    with world.open():
        assert [float(q) for q in UsageEvent.objects.values_list("quantity", flat=True)] == [1.0] * 7
        assert UsageEvent.objects.filter(user_ref="7").count() == 1
        assert set(UsageEvent.objects.values_list("session", flat=True)) == {""}


def test_the_account_is_found_and_remembered(world, secret):
    """groupId of the context, then properties, then the user's last group, also within one batch (INTEGRATIONS)."""
    anonymous = {k: v for k, v in track(1).items() if k != "context"}
    batch = [
        anonymous,  # in front of the group call that says where its user belongs
        {"type": "group", "userId": "u-1", "groupId": "A-1", "traits": {"name": "Northwind"}},
        {**anonymous, "messageId": "m-2"},
        {"type": "group", "userId": "u-1", "groupId": "A-2", "traits": {"name": "Eastwind"}},
        {**anonymous, "messageId": "m-3"},
        {**anonymous, "messageId": "m-4", "context": {"groupId": "A-1"}},
    ]
    assert post("batch", {"batch": batch}, secret).json() == SUCCESS
    assert post("batch", {"batch": [{**anonymous, "messageId": "m-5"}]}, secret).json() == SUCCESS
    with world.open():
        names = dict(Account.objects.values_list("external_id", "id"))
        found = UsageEvent.objects.order_by("account_id").values_list("account_id", flat=True)
        assert sorted(found) == sorted([names["A-1"]] * 3 + [names["A-2"]] * 2)
        assert UsageUser.objects.get(external_id="u-1").account_id == names["A-2"]


def test_a_group_makes_an_account_and_changes_it(world, rival, secret):
    """Name, industry, employees and a known segment; plan and price are not whoever's to say. What is not said stays."""
    traits = {
        "name": "Northwind",
        "industry": "Freight",
        "employees": 250,
        "plan": "gold",
        "mrr": 9,
        "segment": "Enterprise",
    }
    assert post("group", {"userId": "u", "groupId": "A-1", "traits": traits}, secret).json() == SUCCESS
    assert (
        post(
            "group", {"userId": "u", "groupId": "A-1", "traits": {"employees": "many", "segment": "Made up"}}, secret
        ).json()
        == SUCCESS
    )
    assert post("group", {"userId": "u", "groupId": "A-2"}, secret).json() == SUCCESS
    with world.open():
        account = Account.objects.get(external_id="A-1")
        assert (account.name, account.industry, account.employees) == ("Northwind", "Freight", 250)
        assert account.segment.name == "Enterprise"
        assert account.attributes == {}
        assert not Segment.objects.filter(name="Made up").exists()
        assert Account.objects.get(external_id="A-2").name == "A-2"
        assert not Receipt.objects.exists()
    with rival.open():
        assert not Account.objects.exists()


def test_identify_feeds_a_contact_once_the_account_is_known(world, rival, secret):
    """What was said before anybody knew where the user belongs is kept until somebody does: browsers identify first."""
    traits = {"firstName": "Ada", "lastName": "Byron", "email": "Ada@Northwind.example", "note": "x" * 9}
    for each in (secret, key_of(rival, KeyScope.EVENTS)):
        assert post("identify", {"userId": "u-1", "traits": traits}, each).json() == SUCCESS
        assert (
            post("identify", {"userId": "u-1", "traits": {"title": "CTO", "phone": "1" * 400}}, each).json() == SUCCESS
        )
    with world.open():
        assert not Contact.objects.exists()
        assert UsageUser.objects.get().traits == {"name": "Ada Byron", "email": "Ada@Northwind.example", "title": "CTO"}
    assert post("group", {"userId": "u-1", "groupId": "A-1"}, secret).json() == SUCCESS
    assert post("i", {"userId": "u-1", "traits": {"email": "no address", "phone": "123"}}, secret).json() == SUCCESS
    assert post("i", {"userId": "u-2", "context": {"groupId": "A-1"}}, secret).json() == SUCCESS
    with world.open():
        rows = Contact.objects.order_by("external_id").values_list("external_id", "name", "email", "title", "phone")
        assert list(rows) == [
            ("u-1", "Ada Byron", "ada@northwind.example", "CTO", "123"),
            ("u-2", "u-2", "", "", ""),
        ]
        assert Contact.objects.first().account.external_id == "A-1"
        assert set(UsageUser.objects.values_list("traits", flat=True)) == {None}
    with rival.open():
        assert not Contact.objects.exists()


def test_identify_and_group_in_one_batch(world, secret):
    batch = [
        {"type": "identify", "userId": "u-1", "traits": {"name": "Ada"}},
        {"type": "group", "userId": "u-1", "groupId": "A-1"},
    ]
    assert post("batch", {"batch": batch}, secret).json() == SUCCESS
    with world.open():
        assert Contact.objects.get().name == "Ada"


def test_the_word_of_a_group_call_holds_against_older_events(world, secret):
    """Where somebody belongs is not undone by rolling up what they did before (`seen_at`)."""
    from cs_platform.kernel import queue

    assert post("g", {"userId": "u-1", "groupId": "A-2"}, secret).json() == SUCCESS
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    assert post("t", track(), secret).json() == SUCCESS
    with world.open():
        work = Work.objects.get(name="roll_up_usage")
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        assert UsageUser.objects.get().account.external_id == "A-2"
        assert UsageUser.objects.get().last_day is not None


def test_alias_takes_the_account_along(world, secret):
    assert post("g", {"userId": "old", "groupId": "A-1"}, secret).json() == SUCCESS
    assert post("a", {"previousId": "old", "userId": "new"}, secret).json() == SUCCESS
    with world.open():
        assert UsageUser.objects.get(external_id="new").account.external_id == "A-1"


def test_events_of_an_unknown_account_wait_and_say_why(world, secret):
    anonymous = {k: v for k, v in track(2).items() if k != "context"}
    assert post("batch", {"batch": [track(1), anonymous]}, secret).json() == SUCCESS
    with world.open():
        held = HeldEvent.objects.order_by("account_ref")
        assert [(h.state, h.code, h.account_ref) for h in held] == [
            ("quarantined", "unknown_account", ""),
            ("quarantined", "unknown_account", "A-1"),
        ]


def test_a_wrong_clock_is_corrected_and_a_retry_is_still_the_same(world, secret, account):
    """A sender's clock that is a day behind: what it calls yesterday happened now (INTEGRATIONS)."""
    import datetime as dt

    now = dt.datetime.now(dt.UTC)
    behind = now - dt.timedelta(days=1)
    body = {"batch": [track(1, timestamp=(behind - dt.timedelta(minutes=5)).isoformat())], "sentAt": behind.isoformat()}
    assert post("batch", body, secret).json() == SUCCESS
    assert post("batch", body | {"sentAt": (behind + dt.timedelta(seconds=9)).isoformat()}, secret).json() == SUCCESS
    with world.open():
        at = UsageEvent.objects.get().occurred_at
        assert abs(at - (now - dt.timedelta(minutes=5))) < dt.timedelta(seconds=30)
        assert not HeldEvent.objects.exists()


def test_the_same_message_id_with_another_content_is_named(world, secret, account):
    post("batch", {"batch": [track(1)]}, secret)
    assert post("batch", {"batch": [track(1, event="Other")]}, secret).json() == SUCCESS
    with world.open():
        assert HeldEvent.objects.get().code == "message_id_reused"
        assert UsageEvent.objects.get().event == "Report exported"


def test_a_browser_on_another_site_may_send(world, secret):
    """Preflight, and the header on every answer, refusals and limits too; never credentials (INTEGRATIONS)."""
    client = Client()
    headers = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    for path in ("batch", "t", "projects/x/settings"):
        answer = client.options(f"/v1/{path}", headers=headers)
        assert answer.status_code == 204
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert "Authorization" in answer["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer
    assert post("t", track(), "nonsense", Origin="https://shop.example")["Access-Control-Allow-Origin"] == "*"


def test_settings_of_a_site_lead_here_and_say_nothing_of_the_key(world, secret, settings):
    settings.BASE_URL = "https://setia.example.com"
    known, unknown = (Client().get(f"/v1/projects/{key}/settings") for key in (secret, "nobody"))
    assert known.status_code == 200
    found = known.json()["integrations"]["Segment.io"]
    assert (found["apiHost"], found["protocol"], found["apiKey"]) == ("setia.example.com/v1", "https", secret)
    assert known.content.replace(secret.encode(), b"nobody") == unknown.content
    assert known["Access-Control-Allow-Origin"] == "*"


def test_only_post_and_only_known_paths(world, secret):
    answer = Client().get("/v1/batch", headers=basic(secret))
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    answer = Client(raise_request_exception=False).post(
        "/v1/nothing", b"{}", content_type="application/json", headers=basic(secret)
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_too_many_events_say_when_to_come_back(world, secret, account, settings):
    """429 with a whole number of seconds, counted by messages; nothing is stored (node waits a minute without it)."""
    settings.EVENT_RATE = "4/min"
    assert post("batch", {"batch": [track(1), track(2)]}, secret).status_code == 200
    refused = post("batch", {"batch": [track(3), track(4), track(5)]}, secret)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1
    assert refused.json()["code"] == "too_many_requests"
    assert post("t", track(6), secret).status_code == 200
    with world.open():
        assert UsageEvent.objects.count() == 3


def test_what_the_database_refuses_is_sent_again(world, secret, account, monkeypatch):
    """Two batches that make the same account at once: a 4xx would end the SDK's retrying and lose one of them."""
    from django.db import IntegrityError

    from cs_platform.api import segment as views

    def refuse(*args: Any, **more: Any) -> None:
        raise IntegrityError("account_external_id")

    monkeypatch.setattr(views, "take", refuse)
    answer = post("batch", {"batch": [track()]}, secret)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) >= 1
    assert answer.json()["code"] == "unavailable"


def test_what_waited_for_its_user_is_released_with_the_first_group_call(world, rival, secret):
    """Events of a user whom nobody had placed are stored once a group call says where they belong (RELIABILITY 3.1)."""
    from cs_platform.kernel import queue

    anonymous = {k: v for k, v in track().items() if k != "context"}
    assert post("t", anonymous, secret).json() == SUCCESS
    assert post("t", anonymous, key_of(rival, KeyScope.EVENTS)).json() == SUCCESS
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    assert post("g", {"userId": "u-1", "groupId": "A-1"}, secret).json() == SUCCESS
    queue.drain(5)
    with world.open():
        assert UsageEvent.objects.get().account_id == Account.objects.get().id
        assert HeldEvent.objects.get().state == "released"
    with rival.open():
        assert HeldEvent.objects.get().state == "quarantined"


def test_a_key_in_an_address_does_not_reach_the_logs(world, secret, caplog):
    """The browser library asks for /v1/projects/KEY/settings; the log keeps the key's prefix (RELIABILITY 3.4)."""
    import logging

    from cs_platform.kernel.logs import hide_keys

    with caplog.at_level(logging.INFO):
        Client().get(f"/v1/projects/{secret}/settings")
        Client(raise_request_exception=False).get(f"/v1/projects/{secret}/nothing")
    said = [str(record.msg) + record.getMessage() for record in caplog.records]
    assert said
    hidden = [hide_keys(None, "", {"event": each})["event"] for each in said]
    assert not any(secret in each for each in hidden)
    assert any(secret[:14] in each for each in hidden)
