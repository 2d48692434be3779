"""Segment's messages, read: what a batch says of events, accounts, people and who belongs where (INTEGRATIONS, CONTRACTS 2).

Pure: no database, no clock but the one handed in. Segment promises its senders that a message with a fault costs only
itself, so whatever can be understood is, and the rest is named.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from health.usage import items

MAX_MESSAGES = 2_500  # as at Segment
MAX_TRAIT = 300  # characters; what is longer fits nowhere
# A clock that is less wrong than this is not corrected: the way here takes time as well.
CLOCK_TOLERANCE = dt.timedelta(minutes=1)
# What a message says, for its digest. Not among them: what a retry, a relay or a library's update may change.
SAID = (
    "type", "event", "userId", "anonymousId", "groupId", "previousId", "name", "category", "properties", "traits",
    "timestamp", "originalTimestamp",
)  # fmt: skip
GROUP_TRAITS = ("name", "industry", "employees", "segment")
PERSON_TRAITS = ("email", "phone", "title")


@dataclass(frozen=True)
class Event:
    """A track, page or screen as it is stored. Its account is empty when the message names none; its digest and its key
    are made of what was said, not of the account and the clock that we found for it."""

    index: int
    user: str
    item: items.Incoming


@dataclass(frozen=True)
class Group:
    """A user belongs to an account, and what is known of it (cells as accounts.rows reads them)."""

    index: int
    user: str
    account: str
    cells: Mapping[str, Any]


@dataclass(frozen=True)
class Person:
    """What is known of a user (cells as accounts.rows reads them, without account); `account` if the message says it."""

    index: int
    user: str
    account: str
    cells: Mapping[str, Any]


@dataclass(frozen=True)
class Alias:
    """A user was called otherwise before."""

    index: int
    previous: str
    user: str


class Bad(ValueError):
    """A message that cannot be used: code, field and a sentence."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code, self.field, self.message = code, field, message


@dataclass
class Batch:
    """The messages of a request by what they are, each list in the order of the request."""

    events: list[Event] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    refused: list[items.Refused] = field(default_factory=list)

    def users(self) -> set[str]:
        """Everybody whose account the batch may have to ask for."""
        rows: list[Any] = [*self.events, *self.groups, *self.people, *self.aliases]
        return ({row.user for row in rows} | {row.previous for row in self.aliases}) - {""}


def read(messages: Sequence[Any], *, sent_at: Any, received_at: dt.datetime) -> Batch:
    """Sort the messages of a batch. `sent_at` is the batch's own; a message may bring another."""
    batch = Batch()
    for index, message in enumerate(messages):
        try:
            if not isinstance(message, Mapping):
                raise Bad("not_an_object", "", _("Each message is an object."))
            _sort(batch, index, message, message.get("sentAt") or sent_at, received_at)
        except Bad as bad:
            batch.refused.append(items.Refused(index, bad.code, bad.field, bad.message, raw_of(message)))
        except RecursionError:
            batch.refused.append(items.refuse(index, "too_deep"))
    return batch


def _sort(batch: Batch, index: int, message: Mapping[str, Any], sent_at: Any, received_at: dt.datetime) -> None:
    kind, user = message.get("type"), user_of(message)
    if kind in ("track", "page", "screen"):
        item = _event(index, message, sent_at, received_at)
        if isinstance(item, items.Incoming):
            batch.events.append(Event(index, user, item))
        else:
            batch.refused.append(item)
    elif kind == "group":
        account = _id(message.get("groupId"), "account")
        if not account:
            raise Bad("required", "groupId", _("A group call needs a groupId."))
        batch.groups.append(Group(index, user, account, group_cells(_object(message, "traits"))))
    elif kind == "identify":
        if user:
            cells = person_cells(_object(message, "traits"))
            batch.people.append(Person(index, user, account_of(message), cells))
    elif kind == "alias":
        if user and (previous := _id(message.get("previousId"), "user")):
            batch.aliases.append(Alias(index, previous, user))
    else:
        raise Bad("unknown_type", "type", _("There is no such type of message."))


def _event(
    index: int, message: Mapping[str, Any], sent_at: Any, received_at: dt.datetime
) -> items.Incoming | items.Refused:
    name = event_name(message)
    if not name:
        raise Bad("required", "event", _("A track call needs the name of its event."))
    stamp = message.get("timestamp") or message.get("originalTimestamp")
    happened = moment(stamp)
    if stamp and happened is None:
        raise Bad("not_a_time", "timestamp", str(items.SENTENCES["not_a_time"]))
    properties = _object(message, "properties")
    session = _first_text(properties, _object(message, "context"), names=("sessionId", "session_id"))
    account = account_of(message)
    said = {key: message[key] for key in SAID if key in message} | {"account": account}
    return items.incoming(
        index,
        account=account,
        event=_id(name, "event"),
        occurred_at=on_our_clock(happened, moment(sent_at), received_at) if happened else received_at,
        user=user_of(message),
        quantity=quantity(properties),
        session="" if items.CONTROL.search(session) else session[: items.LENGTHS["session"]],
        message_id=_id(message.get("messageId"), "message_id"),
        said=json.dumps(said, sort_keys=True).encode(),
        raw=raw_of(message),
    )


def event_name(message: Mapping[str, Any]) -> str:
    """What is counted: the name of a track; for pages and screens Segment's own wording, cut inside the page's name.

    Example: {"type": "page", "category": "Docs", "name": "Index"} is "Viewed Docs Index Page".
    """
    kind = message.get("type")
    if kind == "track":
        return text(message.get("event"))
    end = "Page" if kind == "page" else "Screen"
    parts = [text(message.get("category")), text(message.get("name"))]
    about = " ".join(part for part in parts if part)[: items.LENGTHS["event"] - len(f"Viewed  {end}")].strip()
    return f"Viewed {about} {end}" if about else f"Viewed {end}"


def user_of(message: Mapping[str, Any]) -> str:
    """The user by the product's own id. An anonymous visitor is nobody yet: counted, but not as a user."""
    return _id(message.get("userId"), "user")


def account_of(message: Mapping[str, Any]) -> str:
    """The account that a message names: its context's group, else its properties or traits; empty when it names none."""
    context = _object(message, "context")
    found = text(context.get("groupId"))
    if not found and message.get("type") == "identify":
        company = _object(_object(message, "traits"), "company")
        found = _first_text(_object(message, "traits"), names=("accountId", "companyId")) or text(company.get("id"))
    return _id(found or _first_text(_object(message, "properties"), names=("accountId", "companyId")), "account")


def quantity(properties: Mapping[str, Any]) -> Decimal:
    """How much was used: `quantity`, else `value`, if it is a number that can be counted; else one time.

    Example: {"quantity": "12"} counts 1, {"value": 2.5} counts 2.5.
    """
    for name in ("quantity", "value"):
        value = properties.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e12:
            return round(Decimal(str(value)), 6)
    return Decimal(1)


def on_our_clock(happened: dt.datetime, sent: dt.datetime | None, received: dt.datetime) -> dt.datetime:
    """When it happened, told by a clock of the sender's that is wrong by `received - sent`.

    Example: happened 10:00, sent 10:05 and received 12:05 gives 12:00.
    """
    if sent is None or abs(received - sent) <= CLOCK_TOLERANCE:
        return happened
    try:
        return happened + (received - sent)
    except OverflowError:
        return happened


def moment(value: Any) -> dt.datetime | None:
    """A time in ISO 8601; without an offset it is UTC, as at Segment. None for what cannot be read."""
    if not isinstance(value, str) or len(value) > 60:
        return None
    try:
        found = dt.datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def group_cells(traits: Mapping[str, Any]) -> dict[str, Any]:
    """What we take of a group's traits. A plan, a price and seats are facts of subscriptions, not of whoever is seen."""
    return _cells(traits, GROUP_TRAITS)


def person_cells(traits: Mapping[str, Any]) -> dict[str, Any]:
    """What we take of a user's traits; a name may come in two parts."""
    cells = _cells(traits, PERSON_TRAITS)
    first = _first_text(traits, names=("firstName", "first_name"))
    last = _first_text(traits, names=("lastName", "last_name"))
    name = text(traits.get("name")) or f"{first} {last}".strip()
    if 0 < len(name) <= MAX_TRAIT and not items.CONTROL.search(name):
        cells["name"] = name
    return cells


def _cells(traits: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    found = {name: text(traits.get(name)) for name in names}
    return {
        name: value for name, value in found.items() if 0 < len(value) <= MAX_TRAIT and not items.CONTROL.search(value)
    }


def _id(value: Any, name: str) -> str:
    """A text that names something; it is refused rather than cut, or two things would become one."""
    found = text(value)
    if len(found) > items.LENGTHS[name]:
        raise Bad("too_long", name, str(items.SENTENCES["too_long"]))
    if items.CONTROL.search(found):
        raise Bad("characters", name, str(items.SENTENCES["characters"]))
    return found


def text(value: Any) -> str:
    """An id or a word of a message as text; numbers are ids as well. Empty for everything else."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 2**63:
        return ""
    return str(int(value)) if value == int(value) else str(value)


def _first_text(*objects: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((found for each in objects for name in names if (found := text(each.get(name)))), "")


def _object(message: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = message.get(name)
    return value if isinstance(value, Mapping) else {}


def raw_of(message: Any) -> bytes:
    """The message as it is kept when it is held: everything beyond ASCII is escaped, so that any column can hold it."""
    try:
        return json.dumps(message).encode()
    except RecursionError:
        return b""


def place(batch: Batch, known: Mapping[str, str]) -> tuple[list[tuple[Event, str]], dict[str, str]]:
    """Each event with its account (the one it names, else its user's last group), and the users who moved, with where to.

    `known` are the groups of before this batch. A group call counts from its place in the batch on; who had none before
    gets the events that stand in front of it as well, since Segment keeps no order.
    """
    steps: list[Any] = sorted([*batch.events, *batch.groups, *batch.people, *batch.aliases], key=lambda row: row.index)
    later: dict[str, str] = {}
    for step in steps:
        if isinstance(step, Group | Person) and step.user and step.account:
            later.setdefault(step.user, step.account)
    current = dict(known)
    placed: list[tuple[Event, str]] = []
    for step in steps:
        match step:
            case Event():
                placed.append((step, step.item.account or current.get(step.user) or later.get(step.user, "")))
            case Alias():
                if step.previous in current:
                    current.setdefault(step.user, current[step.previous])
            case Group() | Person() if step.user and step.account:
                current[step.user] = step.account
    return placed, {user: account for user, account in current.items() if known.get(user) != account}
