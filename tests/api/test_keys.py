"""Who may ask: keys, scopes, their end, and how often (RELIABILITY 3.4, API-04)."""

import base64
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import redis
from django.utils import timezone

from accounts.enums import KeyScope
from accounts.models import Account, ApiKey
from cs_platform.api import throttling
from cs_platform.api.throttling import KeyThrottle, throttle
from tests.api.conftest import Api, key_of

R, W, E, A = KeyScope.READ, KeyScope.WRITE, KeyScope.EVENTS, KeyScope.ADMIN


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_key_is_taken_as_bearer_and_as_basic_user_name(world):
    secret = world.api_key
    for shown in (f"Bearer {secret}", f"bearer  {secret} ", basic(secret), basic(f"{secret}:"), basic(f"{secret}:x")):
        assert Api("").get("accounts", Authorization=shown).status_code == 200, shown


@pytest.mark.parametrize(
    "shown",
    ["", "Bearer", "Bearer ", "Bearer cs_live_wrong", "Basic", "Basic %%%", "Basic /w==", "Digest x", "Token x"],
)
def test_what_is_no_key_is_401_with_the_envelope(world, shown):
    answer = Api("").get("accounts", Authorization=shown)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    body = answer.json()
    assert set(body) == {"error", "code", "message"}
    assert set(body["error"]) == {"code", "message", "fields", "request_id"}
    assert body["code"] == body["error"]["code"] in {"invalid_key", "unauthenticated"}
    assert body["error"]["request_id"]


def test_a_key_in_the_url_is_never_looked_at(world):
    answer = Api("").client.get(f"/api/v1/accounts?key={world.api_key}&writeKey={world.api_key}")
    assert answer.status_code == 401


def test_a_session_opens_nothing(world):
    assert world.client("admin").get("/api/v1/accounts").status_code == 401


def test_a_revoked_key_and_an_expired_one_end_at_once(world):
    key, secret = key_of(world, R)
    api = Api(secret)
    assert api.get("accounts").status_code == 200
    for change in ({"revoked_at": timezone.now()}, {"expires_at": timezone.now() - dt.timedelta(seconds=1)}):
        with world.open():
            ApiKey.objects.filter(id=key.id).update(**{"revoked_at": None, "expires_at": None, **change})
        assert api.get("accounts").status_code == 401, change
    with world.open():
        ApiKey.objects.filter(id=key.id).update(revoked_at=None, expires_at=timezone.now() + dt.timedelta(days=1))
    assert api.get("accounts").status_code == 200


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [([R], "r"), ([W], "rw"), ([R, W], "rw"), ([E], ""), ([A], "rwd"), ([], "")],
)
def test_scopes_allow_exactly_what_they_say(world, scopes, allowed):
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    api = Api(key_of(world, *scopes)[1])
    for kind, answer in (
        ("r", api.get("accounts")),
        ("w", api.patch("accounts/ext:A-1", {"name": "Other"})),
        ("w", api.post("accounts", {"external_id": "A-2", "name": "New"})),
        ("w", api.put("accounts/bulk", {"items": []})),
        ("d", api.delete("subscriptions/ext:none")),
    ):
        assert (answer.status_code != 403) == (kind in allowed), (kind, answer.status_code)
        if kind not in allowed:
            assert answer.json()["code"] == "forbidden"
    with world.open():
        assert Account.objects.filter(name="Other").exists() == ("w" in allowed)


def test_last_use_is_written_at_most_every_five_minutes(world):
    key, secret = key_of(world, R)

    def used():
        with world.open():
            return ApiKey.objects.get(id=key.id).last_used_at

    assert used() is None
    Api(secret).get("accounts")
    first = used()
    assert first is not None
    Api(secret).get("accounts")
    assert used() == first
    with world.open():
        ApiKey.objects.filter(id=key.id).update(last_used_at=first - dt.timedelta(minutes=6))
    Api(secret).get("accounts")
    assert used() > first - dt.timedelta(minutes=1)


def test_every_answer_of_a_key_tells_its_rate_and_is_not_kept(api):
    seen = []
    for path, status in (("accounts", 200), ("accounts/ext:none", 404), ("nowhere", 404), ("accounts?limit=x", 422)):
        answer = api.get(path)
        assert answer.status_code == status
        assert answer["Cache-Control"] == "no-store"
        assert int(answer["RateLimit-Limit"]) == 1000
        seen.append(int(answer["RateLimit-Remaining"]))
        assert int(answer["RateLimit-Reset"]) >= 1
    assert seen[0] == 999
    assert seen == sorted(seen, reverse=True)


def test_a_key_that_asks_too_often_waits_and_others_do_not(world, rival, settings):
    settings.API_RATE = "3/min"
    throttle.cache_clear()
    mine, other = Api(key_of(world, R)[1]), Api(key_of(world, R)[1])
    assert [mine.get("accounts").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = mine.post("accounts", {"external_id": "A", "name": "A"})
    assert answer.status_code == 429
    assert answer.json()["code"] == "too_many_requests"
    assert 1 <= int(answer["Retry-After"]) <= 20
    assert answer["RateLimit-Remaining"] == "0"
    assert other.get("accounts").status_code == 200
    with world.open():
        assert not Account.objects.exists()


def test_without_redis_each_process_counts_for_itself_and_nothing_fails(world, settings):
    settings.API_RATE = "3/min"
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throttle.cache_clear()
    api = Api(key_of(world, R)[1])
    assert [api.get("accounts").status_code for _ in range(5)] == [200, 200, 200, 429, 429]


def test_redis_is_left_alone_for_a_while_and_then_asked_again(settings, monkeypatch):
    bucket, asked = KeyThrottle("10/min"), []

    def away(**_arguments):
        asked.append(1)
        raise redis.ConnectionError("away")

    monkeypatch.setattr(bucket, "_script", away)
    for _ in range(3):
        assert bucket.spend(uuid4()).allowed
    assert len(asked) == 1
    monkeypatch.setattr(throttling, "_PAUSE", 0.0)
    bucket._away_until = 0.0
    bucket.spend(uuid4())
    bucket.spend(uuid4())
    assert len(asked) == 3


@pytest.mark.parametrize("where", ["redis", "here"])
def test_both_buckets_give_exactly_the_limit_to_many_at_once(where):
    bucket, key = KeyThrottle("50/h"), uuid4()
    spend = bucket.spend if where == "redis" else bucket._spend_here
    with ThreadPoolExecutor(8) as pool:
        rates = list(pool.map(lambda _: spend(key), range(80)))
    assert sum(rate.allowed for rate in rates) == 50
    assert min(rate.remaining for rate in rates) == 0
    assert all(rate.retry_after >= 1 for rate in rates)
