"""Segment's messages, read: names, accounts, quantities, clocks; and whatever strangers may write (INTEGRATIONS)."""

import datetime as dt
import json
import random
from decimal import Decimal
from typing import Any

import pytest

from health.usage import segment
from health.usage.items import Incoming

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def read(*messages: Any, sent_at: Any = None) -> segment.Batch:
    return segment.read(messages, sent_at=sent_at, received_at=NOW)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"type": "track", "event": " Export "}, "Export"),
        ({"type": "page"}, "Viewed Page"),
        ({"type": "page", "name": "Index"}, "Viewed Index Page"),
        ({"type": "page", "category": "Docs", "name": "Index"}, "Viewed Docs Index Page"),
        ({"type": "screen", "name": 7}, "Viewed 7 Screen"),
        ({"type": "page", "name": "x" * 500}, f"Viewed {'x' * 108} Page"),
    ],
)
def test_names_of_events_are_bounded(message, expected):
    assert segment.event_name(message) == expected
    assert len(expected) <= 120


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, "1"), ({"quantity": 4, "value": 9}, "4"), ({"value": 2.5}, "2.5"), ({"quantity": "4"}, "1"), ({"value": True}, "1"),
        ({"value": -1}, "1"), ({"quantity": 0}, "0"), ({"value": 0.1234567}, "0.123457"), ({"value": 10**400}, "1"),
    ],
)  # fmt: skip
def test_quantities_only_if_they_are_numbers(properties, expected):
    assert segment.quantity(properties) == Decimal(expected)


@pytest.mark.parametrize(
    ("sent", "minutes"),
    [("2026-11-20T12:00:30Z", 0), ("2026-11-20T11:00:00Z", 60), ("2026-11-20T13:00:00Z", -60), (None, 0), ("x", 0)],
)
def test_a_clock_is_corrected_from_a_minute_on(sent, minutes):
    happened = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    assert segment.on_our_clock(happened, segment.moment(sent), NOW) == happened + dt.timedelta(minutes=minutes)


def test_a_retry_says_the_same():
    """Key and digest hold nothing that a retry, a corrected clock or another version of a library changes."""
    message = {"type": "track", "event": "E", "userId": "u", "timestamp": "2026-11-20T10:00:00Z"}
    again = message | {"context": {"library": {"version": "9"}}, "sentAt": "2026-11-20T09:00:00Z"}
    first, second = (read(each).events[0].item for each in (message, again))
    assert (first.message_id, first.digest) == (second.message_id, second.digest)
    assert first.occurred_at != second.occurred_at
    other = read(message | {"properties": {"format": "pdf"}}).events[0].item
    assert other.digest != first.digest


def test_two_batches_place_their_users_in_order():
    group = {"type": "group", "userId": "u", "groupId": "B"}
    event = {"type": "track", "event": "E", "userId": "u"}
    placed, moved = segment.place(read(event, group, event, event | {"context": {"groupId": "C"}}), {"u": "A"})
    assert [account for _event, account in placed] == ["A", "B", "C"]
    assert moved == {"u": "B"}
    assert segment.place(read(group), {"u": "B"})[1] == {}


PIECES: list[Any] = [
    None, True, 0, -1, 7, 2**70, 10**400, 1.5, float("inf"), float("nan"), "", " ", "x", "x" * 300, "a\x00b", "\ud800", "é", [], {}, [[]],
    {"id": "c"}, {"groupId": "A"}, {"groupId": {}}, {"groupId": "\x00"}, {"accountId": 5}, "2026-11-20T10:00:00Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00", "group", "track", "identify", "page", "screen", "alias", "batch",
]  # fmt: skip
FIELDS = (
    "type", "event", "userId", "anonymousId", "groupId", "previousId", "name", "category", "properties", "traits", "timestamp",
    "originalTimestamp", "messageId", "sentAt", "context",
)  # fmt: skip


def test_no_message_ends_in_an_error():
    """20,000 messages of odd pieces: each is read or refused with code and sentence, and what is read can be stored."""
    chance = random.Random(7)
    counts = {"read": 0, "refused": 0}
    for _ in range(20_000):
        message = {name: chance.choice(PIECES) for name in FIELDS if chance.random() < 0.6}
        if chance.random() < 0.7:
            message["type"] = chance.choice(["track", "page", "group", "identify", "alias"])
        batch = read(message, sent_at=chance.choice(PIECES))
        placed, moved = segment.place(batch, {"x": "A"})
        for refused in batch.refused:
            assert refused.code
            assert refused.message
            refused.raw.decode("ascii")
        texts = [*moved, *moved.values(), *batch.users()]
        for event, account in placed:
            assert isinstance(event.item, Incoming)
            assert len(event.item.event) <= 120
            texts += [account, event.item.user, event.item.event, event.item.session, event.item.occurred_at]
        for row in (*batch.groups, *batch.people):
            texts += [json.dumps(row.cells, ensure_ascii=False)]
        for text in texts:
            text.encode()
            assert "\x00" not in text
            assert "\\u0000" not in text
        counts["refused" if batch.refused else "read"] += 1
    assert min(counts.values()) > 1000
