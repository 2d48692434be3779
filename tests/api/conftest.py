"""A program that talks to the API with a key, and worlds that hold the same rows twice."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.enums import KeyScope
from accounts.models import ApiKey
from accounts.services import create_api_key
from cs_platform.api import throttling
from tests.conftest import World


@dataclass
class Api:
    """A client with one key; `answer.json()` is the body."""

    secret: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        named = {"Authorization": f"Bearer {self.secret}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        data = body if isinstance(body, bytes | str) else json.dumps(body) if body is not None else ""
        return self.client.generic(method, f"/api/v1/{path}", data, content_type="application/json", headers=named)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.send("DELETE", path, **headers)


def key_of(world: World, *scopes: KeyScope, **fields: Any) -> tuple[ApiKey, str]:
    """A key of the tenant with exactly these scopes."""
    with world.open():
        return create_api_key(name="test", scopes=scopes, by=world.members["admin"], **fields)


@pytest.fixture(autouse=True)
def fresh_buckets():
    """Each test begins with a throttle of its own."""
    for buckets in (throttling.throttle, throttling.event_throttle):
        buckets.cache_clear()
    yield
    for buckets in (throttling.throttle, throttling.event_throttle):
        buckets.cache_clear()


@pytest.fixture
def api(world: World) -> Api:
    """acme's program, with every scope."""
    return Api(key_of(world, KeyScope.ADMIN)[1])


@pytest.fixture
def rival_api(rival: World) -> Api:
    return Api(key_of(rival, KeyScope.ADMIN)[1])
