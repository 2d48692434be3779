"""What strangers send: nothing of it may end in a 5xx or reach the database half read (RELIABILITY 3.2, 5)."""

import json
import random

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import Account
from cs_platform.api import middleware, parsing
from tests.api.conftest import Api

HOSTILE = {
    "no json": b"{",
    "two values": b"{} {}",
    "trailing comma": b'{"name": "x",}',
    "NaN": b'{"name": NaN}',
    "infinity": b'{"cac": Infinity}',
    "minus infinity": b'{"cac": -Infinity}',
    "1e999": b'{"cac": 1e999}',
    "1e-999": b'{"cac": 1e-999}',
    "long fraction": b'{"cac": 0.' + b"1" * 5000 + b"}",
    "huge integer": b'{"employees": ' + b"9" * 5000 + b"}",
    "integer beyond 64 bits": b'{"employees": 99999999999999999999}',
    "nested lists": b"[" * 100_000 + b"]" * 100_000,
    "nested objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "nine deep": b'{"attributes": {"a": [[[[[[[1]]]]]]]}}',
    "repeated name": b'{"name": "a", "name": "b"}',
    "NUL": b'{"name": "a\\u0000b"}',
    "NUL in a name": b'{"na\\u0000me": "a"}',
    "raw NUL": b'{"name": "a\x00b"}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "lone surrogate in a name": b'{"\\udfff": 1}',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"name": "x"}',
    "long text": b'{"name": "' + b"x" * 9_000 + b'"}',
    "many values": b"[" + b"1," * 600_000 + b"1]",
}


@pytest.mark.parametrize("case", list(HOSTILE))
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "accounts"), ("PUT", "accounts/bulk"), ("PATCH", "accounts/ext:A-1")]
)
def test_what_cannot_be_read_is_refused_and_changes_nothing(api, world, case, method, path):
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    answer = api.send(method, path, HOSTILE[case])
    assert answer.status_code in (400, 413), answer.content[:300]
    assert answer.json()["code"] in ("unreadable", "too_large")
    with world.open():
        assert list(Account.objects.values_list("name", "version")) == [("Northwind", 1)]


def test_a_body_past_the_limit_is_413(api, world, monkeypatch):
    monkeypatch.setattr(parsing, "MAX_BYTES", 1000)
    answer = api.post("accounts", {"external_id": "A", "name": "x", "attributes": {"a": "y" * 2000}})
    assert answer.status_code == 413


def test_only_json_is_taken(api, world):
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
    ):
        answer = api.client.post(
            "/api/v1/accounts", b"a=1", content_type=kind, headers={"Authorization": f"Bearer {api.secret}"}
        )
        assert answer.status_code == 415, kind
        assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize("body", [[], "x", 1, None, True, [1], {"items": 1}, {"items": {}}, {"items": [], "x": 1}])
def test_json_of_another_shape_is_refused(api, world, body):
    for method, path in (("POST", "accounts"), ("PUT", "accounts/bulk"), ("PUT", "accounts/ext:A")):
        status = api.send(method, path, json.dumps(body)).status_code
        assert status in (422, 400) or (path.endswith("bulk") and body in ([], [1]) and status in (200, 207))


@pytest.mark.parametrize(
    "path",
    [
        "accounts/ext:%00",
        "accounts/ext:a%00b",
        "accounts/ext:" + "x" * 5000,
        "accounts/ext:%ff%fe",
        "accounts/ext:%ed%a0%80",
        "accounts/ext:" + "%F0%9F%98%80" * 100,
        "accounts?segment=%00&cursor=%00",
        "accounts?%00=1",
        "accounts?limit=" + "9" * 5000,
        "accounts?cursor=" + "A" * 5000,
        "accounts?updated_since=0001-01-01T00:00:00%2B23:59",
        "accounts?updated_since=9999-12-31T23:59:59-23:59",
        "movements?month=9999-12",
        "subscriptions?voided=maybe",
        "reports/mrr_monthly?from=0001-01&to=9999-12",
        "reports/%00",
    ],
)
def test_strange_addresses_never_end_in_a_fault(api, world, path):
    assert api.get(path).status_code in (200, 404, 422)


@pytest.mark.parametrize(
    "header", ["X-Request-ID", "If-Match", "Idempotency-Key", "Accept", "Accept-Language", "Authorization"]
)
@pytest.mark.parametrize("value", ["", "x" * 5000, "\xff\xfe", "'; DROP TABLE", "\t", '"', "*", "a;q=x,;=", 'W/"1"'])
def test_strange_headers_never_end_in_a_fault(api, world, header, value):
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    for method, path, body in (
        ("POST", "accounts", {"external_id": "A-2", "name": "New"}),
        ("PATCH", "accounts/ext:A-1", {"name": "Other"}),
        ("GET", "accounts", None),
    ):
        answer = api.send(method, path, body, **{header: value})
        assert answer.status_code < 500, (method, answer.content)
        assert answer.status_code < 400 or answer.json()["error"]["code"]


def test_a_thousand_broken_bodies_never_end_in_a_fault(api, world):
    """Mutants of a good body: bytes flipped, cut, doubled (seed 7)."""
    chance = random.Random(7)
    good = json.dumps(
        {"items": [{"external_id": f"A-{n}", "name": "Ünïcode", "cac": "12.50", "employees": n} for n in range(3)]}
    ).encode()
    seen = set()
    for _ in range(1000):
        body = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(body))
            match chance.randrange(4):
                case 0:
                    body[place] = chance.randrange(256)
                case 1:
                    del body[place : place + chance.randint(1, 20)]
                case 2:
                    body[place:place] = body[place : place + chance.randint(1, 20)]
                case 3:
                    body[place:place] = chance.choice([b"null", b"-1", b"1e400", b"[[", b"{}", b'"\\ud800"', b"true"])
            body = body or bytearray(b"{")
        seen.add(api.put("accounts/bulk", bytes(body)).status_code)
    assert seen <= {200, 207, 400, 422}
    assert {200, 207, 400} <= seen


def test_a_database_that_is_away_is_503_with_retry_after(api, world, monkeypatch):
    def away(_secret):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(middleware, "live_key", away)
    answer = api.get("accounts")
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert answer.json()["code"] == "unavailable"


def test_a_fault_is_500_with_the_envelope_and_writes_nothing(api, world, monkeypatch):
    from cs_platform.api.views import Accounts

    def broken(self, request):
        Account.objects.create(external_id="A-9", name="half")
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Accounts, "list", broken)
    answer = api.get("accounts")
    assert answer.status_code == 500
    assert answer.json()["code"] == "error"
    assert b"secret detail" not in answer.content
    with world.open():
        assert not Account.objects.exists()


def test_unknown_addresses_below_api_are_json(db):
    for path in ("/api/", "/api/v2/accounts", "/api/v1", "/api/v1/", "/api/v1/nowhere"):
        answer = Client().get(path)
        assert answer.status_code == 404, path
        assert answer["Content-Type"] == "application/json"
        assert Api("").client.post(path).json()["code"] == "not_found"
