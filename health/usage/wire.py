"""Bytes of strangers to checked events: pure, strict and fast (CONTRACTS 2, RELIABILITY 3.1 and 3.2).

An item is read twice over: quickly, by types, when it is written as nearly all are; and slowly, with a sentence for
each fault, when it is not. What the quick way takes, the slow way takes with the same result (tested).
"""

import datetime as dt
import json
import re
import zlib
from collections.abc import Iterator
from typing import Annotated, Any, NoReturn

import msgspec
from django.utils.translation import gettext as _
from msgspec import UNSET, Meta, UnsetType

from cs_platform.kernel.errors import DomainError
from health.usage.items import LENGTHS, SENTENCES, Fault, Incoming, Refused, build, checked_text, moment, refuse

MAX_WIRE = 1024 * 1024  # bytes of a body as it is sent
MAX_BODY = 5 * 1024 * 1024  # bytes of a body that was packed
MAX_ITEMS = 1_000
MAX_DEPTH = 8
MAX_VALUES = 2_000
MAX_TEXT = 8_192
MAX_RAW = 4_096  # bytes of a refused item that are kept

_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")
_ONE_NAME = re.compile(rb"\\u00(?:65|76|6[eE]|74|73)")  # a letter of "events" that is written as an escape


class Unreadable(DomainError):
    """The body as a whole cannot be read (400)."""

    status = 400
    code = "unreadable"


class TooLarge(DomainError):
    """The body is larger, or holds more items, than is read (413)."""

    status = 413
    code = "too_large"


class Batch(msgspec.Struct):
    """What a body holds."""

    items: list[Incoming]
    refused: list[Refused]

    @property
    def received(self) -> int:
        return len(self.items) + len(self.refused)


_Text = Annotated[str, Meta(max_length=MAX_TEXT)]
_Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    events: list[msgspec.Raw]


class _Item(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    event: Annotated[str, Meta(max_length=LENGTHS["event"])]
    account: Annotated[str, Meta(max_length=LENGTHS["account"])]
    user: Annotated[str, Meta(max_length=LENGTHS["user"])] | UnsetType | None = UNSET
    message_id: Annotated[str, Meta(max_length=LENGTHS["message_id"])] | UnsetType | None = UNSET
    timestamp: Annotated[dt.datetime, Meta(tz=True)] | UnsetType | None = UNSET
    quantity: _Whole | float | UnsetType | None = UNSET
    properties: dict[_Text, _Text | _Whole | float | bool | None] | UnsetType = UNSET


FIELDS = frozenset(_Item.__struct_fields__)
_read_body = msgspec.json.Decoder(_Body).decode
_read_item = msgspec.json.Decoder(_Item).decode
_read_any = msgspec.json.Decoder().decode
_sorted = msgspec.json.Encoder(order="sorted").encode


def inflate(body: bytes, encoding: str) -> bytes:
    """The body as it was before it was packed. TooLarge past 5 MB, Unreadable for what is no gzip, ends early or goes on."""
    if encoding in ("", "identity"):
        return body
    unpack = zlib.decompressobj(wbits=31)
    try:
        found = unpack.decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        raise Unreadable(_("The body is not gzip.")) from error
    if len(found) > MAX_BODY:
        raise TooLarge(_("The body is larger than 5 MB when it is unpacked."))
    if not unpack.eof or unpack.unused_data:
        raise Unreadable(_("The packed body ends early or goes on after its end."))
    return found


def read(body: bytes) -> Batch:
    """The events of `{"events": [...]}`, and what of it is none. Unreadable or TooLarge for the body as a whole."""
    try:
        raws = _read_body(body).events
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(_explain(body, error))) from error
    if len(raws) > MAX_ITEMS:
        raise TooLarge(_("At most 1,000 events can be sent at once."))
    if body.count(b'"events"') != 1 or _ONE_NAME.search(body):
        _only_one(body)
    items: list[Incoming] = []
    refused: list[Refused] = []
    plain = b"\\" not in body
    for index, raw in enumerate(raws):
        found = _quickly(index, raw, plain) or read_item(index, bytes(raw))
        if isinstance(found, Incoming):
            items.append(found)
        else:
            refused.append(found)
    return Batch(items, refused)


def _explain(body: bytes, error: Exception) -> Any:
    """A sentence for a body that cannot be read."""
    if isinstance(error, RecursionError):
        return _("The body is nested too deeply.")
    if isinstance(error, msgspec.ValidationError):
        return _('Send {"events": [...]} and nothing else.')
    try:
        body.decode()
    except UnicodeDecodeError:
        return _("The body is not UTF-8.")
    return _("The body is not JSON that can be read: %(reason)s.") % {"reason": str(error)[:200]}


def _only_one(body: bytes) -> None:
    """Unreadable when the list stands twice: the quick reader would take the last one."""
    try:
        whole = json.loads(body, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(SENTENCES["unreadable"])) from error
    if len(whole) > 1:
        raise Unreadable(str(SENTENCES["repeated_name"]))


def _quickly(index: int, raw: Any, plain: bool) -> Incoming | None:
    """The event, when the item is written as most are; None when it needs a closer look. `plain`: nothing is escaped."""
    try:
        item = _read_item(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    text = bytes(raw)
    # Each name and each text has two quotation marks: with more, a name stood twice (the reader keeps the last).
    quotes = 8
    user = message_id = session = ""
    if item.user is None:
        quotes += 2
    elif item.user is not UNSET:
        user, quotes = item.user.strip(), quotes + 4
    if item.message_id is None:
        quotes += 2
    elif item.message_id is not UNSET:
        message_id, quotes = item.message_id.strip(), quotes + 4
    when = item.timestamp
    if when is None:
        return None
    if when is not UNSET:
        quotes += 4
    elif message_id:
        return None
    quantity: Any = item.quantity
    if quantity is not UNSET:
        quotes += 2
    if quantity is UNSET or quantity is None:
        quantity = 1
    content = b""
    properties = item.properties
    if properties is not UNSET:
        quotes += 2
        if properties:
            quotes += 2 * len(properties) + 2 * [*map(type, properties.values())].count(str)
            if len(properties) > 100:
                return None
            found = properties.get("session_id", properties.get("session"))
            if found is not None:
                if type(found) is not str:
                    return None
                session = found.strip()
            content = _sorted(properties)
    if text.count(b'"') != quotes or not (plain or b"\\" not in text):
        return None
    account, event = item.account.strip(), item.event.strip()
    if not (account and event and f"{account}{event}{user}{message_id}{session}".isprintable()) or len(session) > 200:
        return None
    try:
        return build(index, account, user, event, quantity, when, session, message_id, content, text)
    except Fault:
        return None


def read_item(index: int, raw: bytes) -> Incoming | Refused:
    """The event of one item, or what is wrong with it."""
    try:
        return _slowly(index, raw)
    except Fault as fault:
        return refuse(index, fault.code, fault.field, raw)


def _slowly(index: int, raw: bytes) -> Incoming:
    item = _strict(raw)
    if not isinstance(item, dict):
        raise Fault("not_an_object")
    for name in item:
        if name not in FIELDS:
            raise Fault("unknown_field", name)
    plain = _read_any(raw)
    texts = {name: checked_text(name, item.get(name)) for name in ("account", "event", "user", "message_id")}
    for name in ("account", "event"):
        if not texts[name]:
            raise Fault("required", name)
    when: Any = UNSET
    if item.get("timestamp") is not None:
        when = moment(item["timestamp"])
    elif texts["message_id"]:
        raise Fault("required_with_id", "timestamp")
    quantity = item.get("quantity")
    if isinstance(quantity, bool) or not isinstance(quantity, int | float | None):
        raise Fault("type", "quantity")
    properties = item.get("properties")
    if not isinstance(properties, dict | None):
        raise Fault("type", "properties")
    session, content = "", b""
    if properties:
        found = properties.get("session_id", properties.get("session"))
        session = checked_text("session", str(found) if type(found) is int else found, "properties.session")
        content = _sorted(plain["properties"])
    number = 1 if quantity is None else quantity
    return build(
        index, texts["account"], texts["user"], texts["event"], number, when, session, texts["message_id"], content, raw
    )


class _Twice(dict):
    """An object in which a name stood twice."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Twice(found)


def _constant(name: str) -> NoReturn:
    raise Fault("unreadable")


def _fraction(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise Fault("out_of_range")
    return number


def _integer(text: str) -> int:
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:
        raise Fault("out_of_range")
    return int(text)


def _strict(raw: bytes) -> Any:
    """The item as plain values, with every rule of RELIABILITY 3.2 held."""
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_fraction, parse_int=_integer
        )
    except (ValueError, RecursionError):
        raise Fault("unreadable") from None
    for count, (field, inner, depth) in enumerate(_walk(value, "", 1), start=1):
        if count > MAX_VALUES:
            raise Fault("too_many_values", field)
        if depth > MAX_DEPTH:
            raise Fault("too_deep", field)
        if isinstance(inner, _Twice):
            raise Fault("repeated_name", field)
        if isinstance(inner, str):
            if len(inner) > MAX_TEXT:
                raise Fault("too_long", field)
            if _UNKEPT.search(inner):
                raise Fault("characters", field)
    return value


def _walk(value: Any, field: str, depth: int) -> Iterator[tuple[str, Any, int]]:
    """Every name and value with the field that it stands in; no deeper than one level past the limit."""
    yield field, value, depth
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield field, name, depth
            yield from _walk(inner, field or name, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, field, depth + 1)
