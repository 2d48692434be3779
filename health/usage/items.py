"""An event on its way in, checked: the one form that every road (API, Segment, files, replay) brings it to. Pure."""

import datetime as dt
import hashlib
import re
from decimal import Decimal
from typing import Any

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from msgspec import UNSET

LENGTHS = {"message_id": 100, "account": 200, "user": 200, "event": 120, "session": 200}
MAX_QUANTITY = 10**14  # numeric(20, 6)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_NAMESPACE = bytes.fromhex("7f3d6a2c91b84e0f8d5c2a6b40e1f397")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_iso = msgspec.json.Encoder().encode

SENTENCES: dict[str, Promise] = {
    "not_an_object": gettext_lazy("An event is an object of fields."),
    "unknown_field": gettext_lazy("There is no such field."),
    "required": gettext_lazy("A value is required here."),
    "required_with_id": gettext_lazy(
        "An event with a message_id needs its timestamp, or sending it again counts twice."
    ),
    "type": gettext_lazy("The value has another type than this field."),
    "too_long": gettext_lazy("The text is too long."),
    "characters": gettext_lazy("This holds characters that cannot be stored."),
    "not_a_time": gettext_lazy("Write the moment as in 2026-01-31T09:30:00+07:00."),
    "no_offset": gettext_lazy("The moment needs an offset from UTC, such as Z or +07:00."),
    "out_of_range": gettext_lazy("The number is too large."),
    "repeated_name": gettext_lazy("A name stands twice in one object."),
    "too_deep": gettext_lazy("It is nested too deeply."),
    "too_many_values": gettext_lazy("It holds too many values."),
    "unreadable": gettext_lazy("This is not JSON that can be read."),
}


class Incoming(msgspec.Struct, gc=False):
    """A checked event on its way in. `message_id` is a UUID in its canonical form, `occurred_at` ISO text in UTC with
    microseconds (so that texts compare like moments), `quantity` a decimal in its shortest form.

    Both are empty for an event that was sent without either: it counts each time that it is sent, when it is received.
    """

    index: int
    message_id: str
    digest: bytes
    account: str
    user: str
    event: str
    quantity: str
    occurred_at: str
    session: str
    raw: Any = b""


class Refused(msgspec.Struct, gc=False):
    """An item that is not an event, with the field, a code for programs and a sentence for people."""

    index: int
    code: str
    field: str
    message: str
    raw: Any = b""


class Fault(Exception):
    """A field that cannot be taken."""

    def __init__(self, code: str, field: str = "") -> None:
        self.code = code
        self.field = field[:80]


def refuse(index: int, code: str, field: str = "", raw: Any = b"") -> Refused:
    """A refusal with the sentence of its code."""
    field = CONTROL.sub("", field)[:80]
    return Refused(index, code if code != "required_with_id" else "required", field, str(SENTENCES[code]), raw)


def incoming(
    index: int,
    *,
    account: str,
    event: str,
    occurred_at: dt.datetime,
    user: str = "",
    quantity: int | float | Decimal = 1,
    session: str = "",
    message_id: str = "",
    said: bytes | None = None,
    raw: bytes = b"",
) -> Incoming | Refused:
    """An event that came by another road (Segment, a file), checked by the same rules.

    `said` is what the digest is made of where it is not the fields below: all that the sender said and says again in
    the same way when it sends the event anew. Without an account the event waits until one is known.
    """
    try:
        account, user = checked_text("account", account), checked_text("user", user)
        event, session = checked_text("event", event), checked_text("session", session)
        message_id = checked_text("message_id", message_id)
        if not event:
            raise Fault("required", "event")
        if occurred_at.tzinfo is None:
            raise Fault("no_offset", "timestamp")
        digest = None if said is None else hashlib.sha256(said).digest()[:16]
        return build(index, account, user, event, quantity, occurred_at, session, message_id, b"", raw, digest)
    except Fault as fault:
        return refuse(index, fault.code, fault.field, raw)


def build(
    index: int, account: str, user: str, event: str, quantity: Any, when: Any, session: str, message_id: str,
    content: bytes, raw: Any, digest: bytes | None = None,
) -> Incoming:  # fmt: skip
    """The event with its key and its digest: 16 bytes of SHA-256 over all that it says, in one form of writing.

    The texts are checked; `when` is UNSET for an event that happens as it is received. Fault for what is out of range.
    """
    if when is UNSET:
        at = ""
    else:
        try:
            at = _iso(when if when.tzinfo is dt.UTC else when.astimezone(dt.UTC))[1:-1].decode()
        except OverflowError:
            raise Fault("not_a_time", "timestamp") from None
        if len(at) == 20:
            at = f"{at[:19]}.000000Z"
    number = quantity_text(quantity)
    if digest is None:
        said = f"{account}\x1f{user}\x1f{event}\x1f{number}\x1f{at}\x1f{session}\x1f".encode()
        digest = hashlib.sha256(said + content).digest()[:16]
    if message_id:
        key = (
            message_id.lower()
            if _UUID.fullmatch(message_id)
            else uuid_text(hashlib.sha1(_NAMESPACE + message_id.encode(), usedforsecurity=False).digest(), 5)
        )
    else:
        key = uuid_text(digest, 8) if at else ""
    return Incoming(index, key, digest, account, user, event, number, at, session, raw)


def uuid_text(found: bytes, version: int) -> str:
    """16 bytes in the form of a UUID. Version 5 is made from a text, 8 from what the event says."""
    text = found[:16].hex()
    variant = "89ab"[found[8] >> 4 & 3]
    return f"{text[:8]}-{text[8:12]}-{version}{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def quantity_text(value: Any) -> str:
    """The quantity with at most six decimals, in its shortest form. Example: 2.50 is "2.5", 0.1 + 0.2 is "0.3".

    Fault for what does not fit into numeric(20, 6), and for what is no number at all.
    """
    if type(value) is not int:
        if not -MAX_QUANTITY < value < MAX_QUANTITY:  # also what is no number
            raise Fault("out_of_range", "quantity")
        text = f"{value:.6f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    if not -MAX_QUANTITY < value < MAX_QUANTITY:
        raise Fault("out_of_range", "quantity")
    return str(value)


def checked_text(name: str, value: Any, field: str = "") -> str:
    """The text without blanks around it, empty for none. Fault when it cannot be stored in this field."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Fault("type", field or name)
    found = value.strip()
    if CONTROL.search(found):
        raise Fault("characters", field or name)
    if len(found) > LENGTHS[name]:
        raise Fault("too_long", field or name)
    return found


def moment(value: Any) -> dt.datetime:
    """The moment of a text with an offset from UTC. Fault otherwise."""
    if not isinstance(value, str):
        raise Fault("type", "timestamp")
    try:
        found = msgspec.convert(value, dt.datetime)
    except msgspec.ValidationError:
        try:
            found = dt.datetime.fromisoformat(value)
        except ValueError:
            raise Fault("not_a_time", "timestamp") from None
    if found.tzinfo is None:
        raise Fault("no_offset", "timestamp")
    return found
