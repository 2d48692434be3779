"""Segment's own SDKs, unmodified and with only their host set, against a real server (INTEGRATIONS, CONTRACTS 2)."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.enums import KeyScope
from accounts.models import Account, Contact
from accounts.services import create_api_key
from cs_platform.api import throttling
from cs_platform.kernel import queue
from health.models import HeldEvent, Receipt, UsageEvent, UsageUser
from tests.conftest import World, make_world
from tests.sdk.install import PYTHON, SDKS, install
from tests.sdk.relay import relay

pytestmark = pytest.mark.django_db(transaction=True)
HERE = Path(__file__).parent
SDK = (*PYTHON, "node")


@pytest.fixture(params=SDK)
def sdk(request: pytest.FixtureRequest) -> str:
    """Each SDK in turn. One that cannot be had is skipped, except where CI says that the Python ones may not be."""
    name: str = request.param
    if name == "node" and shutil.which("node") is None:
        pytest.skip("node is not installed")
    if reason := install(name):
        sentence = f"Segment's SDK {name} is not installed: {reason}"
        if os.environ.get("CI") == "true" and name != "node":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return name


@pytest.fixture
def world(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(queue, "wake_workers", [])
    throttling.event_throttle.cache_clear()
    return make_world("acme", "Acme Cloud")


@pytest.fixture
def secret(world: World) -> str:
    with world.open():
        Account.objects.create(external_id="A-1", name="A-1")
        return create_api_key(name="site", scopes=[KeyScope.EVENTS], by=world.members["admin"])[1]


def send(sdk: str, host: str, secret: str, scenario: str) -> list[str]:
    """Run the SDK to its end in a process of its own; the errors that it reported to its program."""
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    if sdk == "node":
        command = ["node", str(HERE / "node" / "send.mjs"), str(SDKS / "node"), host, secret, scenario]
    else:
        command = [sys.executable, str(HERE / "send.py"), host, secret, scenario]
        environment["PYTHONPATH"] = str(SDKS / sdk)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[str] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


@pytest.mark.parametrize("scenario", ["all", "gzip"])
def test_events_people_and_accounts_arrive_once(sdk, scenario, live_server, world, secret):
    """Every call of the SDK, plain and packed: events counted, identify a contact, group an account."""
    if sdk == "node" and scenario == "gzip":
        pytest.skip("the Node SDK does not pack its requests")
    assert send(sdk, live_server.url, secret, scenario) == []
    with world.open():
        account = Account.objects.get()
        assert (account.name, account.industry, account.employees) == ("Northwind", "Freight", 250)
        contact = Contact.objects.get()
        assert (contact.external_id, contact.name, contact.email, contact.title) == (
            "u-1", "Ada Byron", "ada@northwind.example", "CTO",
        )  # fmt: skip
        assert (contact.account_id, UsageUser.objects.get().account_id) == (account.id, account.id)
        rows = UsageEvent.objects.order_by("event", "quantity")
        assert [(row.event, float(row.quantity), row.user_ref, row.account_id) for row in rows] == [
            ("Imported history", 1.0, "u-1", account.id),
            ("Report exported", 2.5, "u-1", account.id),
            ("Report exported", 3.0, "u-1", account.id),
            ("Viewed Docs Index Page", 1.0, "u-1", account.id),
            ("Viewed Home Screen", 1.0, "u-1", account.id),
        ]
        assert rows[0].occurred_at == dt.datetime(2026, 3, 1, 12, 30, tzinfo=dt.UTC)
        assert not HeldEvent.objects.exists()


def test_a_batch_whose_answer_was_lost_is_sent_again_and_stored_once(sdk, live_server, world, secret):
    with relay(live_server.url, lose=1) as network:
        assert send(sdk, network.url, secret, "steps") == []
    assert network.statuses == [200, 200]
    with world.open():
        assert sorted(UsageEvent.objects.values_list("event", flat=True)) == ["Step 0", "Step 1", "Step 2"]
        outcomes = Receipt.objects.order_by("received_at").values_list("accepted", "duplicate", "rejected")
        assert list(outcomes) == [(3, 0, 0), (0, 3, 0)]


def test_a_wrong_key_is_told_once_and_not_tried_again(sdk, live_server, world, secret):
    with relay(live_server.url) as network:
        errors = send(sdk, network.url, "cs_live_" + "x" * 43, "steps")
    assert network.statuses == [401]
    assert errors, "the SDK tells its program"
    with world.open():
        assert not Receipt.objects.exists()


def test_a_limited_sender_comes_back_and_loses_nothing(sdk, live_server, world, secret, settings):
    """429 with Retry-After: the SDK waits and sends again (CONTRACTS 2)."""
    settings.EVENT_RATE = "1/s"
    throttling.event_throttle.cache_clear()
    with relay(live_server.url) as network:
        send(sdk, network.url, secret, "limited")
    throttling.event_throttle.cache_clear()
    assert 429 in network.statuses
    assert network.statuses.count(200) == 3
    with world.open():
        assert UsageEvent.objects.count() == 3
