"""Bytes of strangers: refused with a reason, or read alike by the quick and the slow way (RELIABILITY 3.2)."""

import gzip
import json
import re
import time
import zlib
from uuid import UUID

import pytest

from accounts.enums import KeyScope
from accounts.models import Account
from health.models import HeldEvent, Receipt, UsageEvent, UsageKey
from health.usage import wire
from health.usage.items import Incoming, Refused, incoming, quantity_text
from tests.api.conftest import Api, key_of
from tests.health.hostile_events import BAD_BODIES, GOOD, bad_items, mutants, variations

ITEMS = bad_items()


def read(*items: object) -> wire.Batch:
    return wire.read(json.dumps({"events": items}).encode())


def one(**fields: object) -> Incoming:
    (item,) = read({name: value for name, value in (GOOD | fields).items() if value is not ...}).items
    return item


def test_there_are_three_hundred_of_them():
    assert len(ITEMS) + len(BAD_BODIES) >= 300
    assert len({name for name, _item, _code in ITEMS}) == len(ITEMS)


@pytest.mark.parametrize(("item", "code"), [case[1:] for case in ITEMS], ids=[case[0] for case in ITEMS])
def test_a_bad_item_is_refused_with_its_code_and_costs_only_itself(item, code):
    body = b'{"events": [%s, %s]}' % (json.dumps(GOOD).encode(), item)
    batch = wire.read(body)
    assert len(batch.items) == 1
    (bad,) = batch.refused
    assert (bad.index, bad.code, bad.raw) == (1, code, item)
    assert bad.message
    assert len(bad.field) <= 80
    assert not re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", bad.field)


@pytest.mark.parametrize("case", list(BAD_BODIES))
def test_a_bad_body_is_refused_as_a_whole(case):
    begin = time.perf_counter()
    with pytest.raises(wire.Unreadable) as caught:
        wire.read(BAD_BODIES[case])
    assert caught.value.message
    assert time.perf_counter() - begin < 1


def test_twenty_thousand_mutants_are_read_or_refused_and_never_break_anything():
    """Whatever is read can be stored: no control character, no NUL, no number that the table does not hold."""
    read_, refused_, unreadable = 0, 0, 0
    for body in mutants(20_000):
        try:
            batch = wire.read(body)
        except wire.Unreadable:
            unreadable += 1
            continue
        refused_ += len(batch.refused)
        for item in batch.items:
            read_ += 1
            for text in (item.account, item.user, item.event, item.session):
                assert not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", text)
                assert len(text) <= 200
            assert re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", item.quantity)
            assert len(item.digest) == 16
            assert not item.message_id or str(UUID(item.message_id)) == item.message_id
    assert read_ > 1_000
    assert refused_ > 1_000
    assert unreadable > 5_000


def test_the_quick_way_and_the_slow_way_say_the_same():
    quick, slow = 0, 0
    for item in variations(8_000):
        careful = wire.read_item(3, item)
        slow += isinstance(careful, Incoming)
        for plain in {False, b"\\" not in item}:
            found = wire._quickly(3, wire.msgspec.Raw(item), plain)
            if found is not None:
                quick += 1
                assert found == careful, item
    assert slow > 1_500
    assert quick > 1_500


def test_hostile_bodies_over_http_are_never_a_fault(world):
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    api = Api(key_of(world, KeyScope.EVENTS)[1])
    seen = set()
    for body in [
        *BAD_BODIES.values(),
        *mutants(400, seed=3),
        *(b'{"events": [%s]}' % item for _n, item, _c in ITEMS[::9]),
    ]:
        answer = api.send("POST", "events", body)
        seen.add(answer.status_code)
        assert answer.status_code < 500, body
        assert answer.json()
    assert {200, 207, 400, 422} - {207} <= seen
    with world.open():
        assert HeldEvent.objects.exists()
        assert (
            UsageKey.objects.count()
            == UsageEvent.objects.count() + HeldEvent.objects.filter(state="quarantined").count()
        )
        for receipt in Receipt.objects.all():
            assert receipt.received == receipt.accepted + receipt.duplicate + receipt.quarantined + receipt.rejected


def test_what_is_said_is_read():
    item = one()
    assert item.message_id == GOOD["message_id"]
    assert (item.account, item.user, item.event, item.quantity, item.session) == ("A-1", "ana", "edit", "2", "s-81")
    assert item.occurred_at == "2026-01-31T02:30:00.000000Z"


def test_little_is_enough():
    (item,) = read({"account": "A-1", "event": "edit"}).items
    assert (item.message_id, item.occurred_at, item.quantity, item.user, item.session) == ("", "", "1", "", "")
    (same,) = read(
        {"account": "A-1", "event": "edit", "user": None, "message_id": None, "quantity": None, "timestamp": None}
    ).items
    assert same == Incoming(0, *[getattr(item, n) for n in item.__struct_fields__[1:-1]], raw=same.raw)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("7F3D6A2C-91B8-4E0F-8D5C-2A6B40E1F397", "7f3d6a2c-91b8-4e0f-8d5c-2a6b40e1f397"),
        ("00000000-0000-0000-0000-000000000000",) * 2,
    ],
)
def test_a_uuid_stays_as_it_is(sent, kept):
    assert one(message_id=sent).message_id == kept


def test_another_id_becomes_a_uuid_of_its_own_and_always_the_same():
    ids = [
        one(message_id=text).message_id
        for text in ("order-7", "order-8", "7f3d6a2c91b84e0f8d5c2a6b40e1f397", " order-7 ")
    ]
    assert len(set(ids)) == 3
    assert ids[0] == ids[3]
    assert {UUID(text).version for text in ids} == {5}


def test_without_an_id_the_content_is_the_id():
    first, same, other = (one(message_id=...), one(message_id=...), one(message_id=..., properties={"plan": "free"}))
    assert first.message_id == same.message_id != other.message_id
    assert UUID(first.message_id).version == 8
    assert one(message_id=..., timestamp=...).message_id == ""


def test_the_digest_is_of_what_is_said_and_not_of_how_it_is_written():
    plain = one()
    for fields in (
        {"quantity": 2.0},
        {"timestamp": "2026-01-31T02:30:00Z"},
        {"timestamp": "2026-01-31 02:30:00.000+00:00"},
        {"account": " A-1 "},
        {"properties": {"plan": "pro", "session_id": "s-81"}},
    ):
        assert one(**fields).digest == plain.digest, fields
    spaced = wire.read(json.dumps({"events": [GOOD]}, indent=3).encode()).items[0]
    escaped = wire.read(b'{"events": [%s]}' % json.dumps(GOOD).replace("edit", "\\u0065dit").encode()).items[0]
    assert spaced.digest == escaped.digest == plain.digest
    for fields in (
        {"quantity": 3}, {"timestamp": "2026-01-31T02:30:00.000001Z"}, {"account": "A-2"}, {"user": "ben"}, {"user": None},
        {"event": "edit2"}, {"properties": {"plan": "pro"}}, {"properties": {"session_id": "s-81", "plan": "free"}}, {"properties": {}},
    ):  # fmt: skip
        assert one(**fields).digest != plain.digest, fields


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(0, "0"), (-0.0, "0"), (1.0, "1"), (2.50, "2.5"), (0.1 + 0.2, "0.3"), (1e-7, "0"), (-3, "-3"), (10**14 - 1, "99999999999999"),
     (1e13, "10000000000000"), (0.0000005, "0"), (1e-320, "0"), (123456.654321, "123456.654321")],
)  # fmt: skip
def test_quantities(sent, kept):
    assert quantity_text(sent) == one(quantity=sent).quantity == kept


def test_text_of_all_languages_is_kept():
    for text in (
        "naïve café",
        "Überprüfung",
        "日本語",
        "💥 boom",
        "مرحبا",
        "a\u00a0b",
        "\u200d",
        'a "quoted" \\ one',
        "</script>",
    ):
        for ascii_ in (True, False):
            body = json.dumps({"events": [GOOD | {"event": text}]}, ensure_ascii=ascii_).encode()
            assert wire.read(body).items[0].event == text.strip()


def test_numbers_of_items():
    assert wire.read(b'{"events": []}').received == 0
    assert wire.read(b' {\n"events" : [ ] } ').received == 0
    assert read(*[GOOD] * 1000).received == 1000
    with pytest.raises(wire.TooLarge):
        read(*[GOOD] * 1001)


def test_the_word_events_may_stand_anywhere():
    batch = read(
        GOOD | {"event": "events"}, GOOD | {"properties": {"events": "events"}}, GOOD | {"account": 'say "events"'}
    )
    assert [item.event for item in batch.items] == ["events", "edit", "edit"]


def test_packed_bodies():
    body = json.dumps({"events": [GOOD]}).encode()
    packed = gzip.compress(body)
    assert wire.inflate(packed, "gzip") == wire.inflate(body, "") == wire.inflate(body, "identity") == body
    for broken in (b"", b"x", packed[:-1], packed[:20], packed + b"\x00", packed + packed, zlib.compress(body), body):
        with pytest.raises(wire.Unreadable):
            wire.inflate(broken, "gzip")
    with pytest.raises(wire.Unreadable):
        wire.read(wire.inflate(gzip.compress(packed), "gzip"))
    begin = time.perf_counter()
    with pytest.raises(wire.TooLarge):
        wire.inflate(gzip.compress(b"\x00" * 100_000_000), "gzip")
    assert time.perf_counter() - begin < 2


def test_other_roads_hold_the_same_rules():
    import datetime as dt

    at = dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC)
    good = incoming(3, account=" A-1 ", event="edit", occurred_at=at, message_id="m", said=b"all of it")
    assert isinstance(good, Incoming)
    assert (good.index, good.account, good.message_id) == (3, "A-1", one(message_id="m").message_id)
    assert incoming(0, account="", event="edit", occurred_at=at, said=b"all of it").digest == good.digest
    for fields, code in (
        ({"event": ""}, "required"), ({"event": "a\tb"}, "characters"), ({"account": "x" * 201}, "too_long"),
        ({"occurred_at": at.replace(tzinfo=None)}, "no_offset"), ({"quantity": float("nan")}, "out_of_range"),
        ({"quantity": float("inf")}, "out_of_range"), ({"user": "a\x00"}, "characters"),
    ):  # fmt: skip
        bad = incoming(0, **({"account": "A-1", "event": "edit", "occurred_at": at} | fields))
        assert isinstance(bad, Refused)
        assert bad.code == code, fields
