"""The one way in: what becomes of each item, once, whoever sends it how often (ACC-08, RELIABILITY 3.1)."""

import datetime as dt
import json
import random
import threading
from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

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


@pytest.mark.parametrize("few", [0, 10_000], ids=["staged", "arrays"])
def test_an_event_is_stored_as_it_was_said(account, monkeypatch, few):
    monkeypatch.setattr(intake, "FEW", few)
    result = send(
        item(user="u\\1 'x'", event='a "b"\\', quantity=Decimal("2.5"), session="s\\t", message_id="order-7"),
        item(1, user="", quantity=-3),
    )
    assert (result.received, result.accepted, result.outcomes) == (2, 2, {})
    first, second = UsageEvent.objects.order_by("-quantity")
    assert (first.user_ref, first.event, first.quantity, first.session) == ("u\\1 'x'", 'a "b"\\', Decimal("2.5"), "s\\t")
    assert (first.account_id, first.occurred_at, first.day) == (account.id, NOW, NOW.date())
    assert (first.receipt_id, first.known_on, first.received_at) == (result.receipt_id, NOW.date(), NOW)
    assert (second.user_ref, second.quantity) == ("", -3)
    receipt = Receipt.objects.get(id=result.receipt_id)
    assert (receipt.received, receipt.accepted, receipt.latest_at, receipt.kind) == (2, 2, NOW, "api")
    assert list(UsageTouched.objects.values_list("account_id", "day", "receipt_id")) == [
        (account.id, NOW.date(), result.receipt_id)
    ]
