"""What Segment's messages become: accounts, people, memberships and events, in one transaction (CONTRACTS 2)."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from accounts.enums import ImportKind
from accounts.kinds import Row
from accounts.merging import Origin, merge_accounts, merge_contacts
from accounts.merging.result import accounts_appeared
from accounts.models import ApiKey, Contact, Segment
from accounts.rows import parse
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.tenancy import current_tenant_id
from health.enums import HeldState, ReceiptKind
from health.models import HeldEvent, UsageUser
from health.usage import intake, segment
from health.usage.storage import SQL

MEMBER_COLUMNS = [("user_ref", "text"), ("account_ref", "text")]
TRAIT_COLUMNS = [("user_ref", "text"), ("traits", "jsonb")]


def take(messages: Sequence[Any], *, sent_at: Any, received_at: dt.datetime, key: ApiKey, origin: Origin) -> None:
    """Write a batch in the caller's transaction. Groups make accounts, so they come first; then who belongs where,
    people, and the events.

    Sent again it changes nothing: merging says nothing new and events are known by their message id. Of an event the
    receipt says what became of it; identify and group calls leave one only when they are refused.
    """
    batch = segment.read(messages, sent_at=sent_at, received_at=received_at)
    known = accounts_of(batch.users())
    placed, moved = segment.place(batch, known)
    merge_groups(batch.groups, origin)
    people = [*said_before(moved), *batch.people]
    remember(moved, received_at)
    merge_people(people, known | moved, origin)
    keep_traits([person for person in batch.people if person.user not in known and person.user not in moved])
    for event, account in placed:
        event.item.account = account
    events = [event.item for event, _account in placed]
    if events or batch.refused:
        intake.receive(events, batch.refused, kind=ReceiptKind.SEGMENT, received_at=received_at, api_key_id=key.id)
    if moved.keys() - known.keys() and HeldEvent.objects.filter(state=HeldState.QUARANTINED, account_ref="").exists():
        accounts_appeared(1, origin)  # of a user, which releases as well


def accounts_of(users: Iterable[str]) -> dict[str, str]:
    """The account of each of these users as far as it is known: external ids."""
    rows = UsageUser.objects.filter(external_id__in=list(users)).exclude(account=None)
    return dict(rows.values_list("external_id", "account__external_id"))


def merge_groups(groups: Sequence[segment.Group], origin: Origin) -> None:
    """Make or change the accounts of group calls. Of several calls about one account the last word on a trait holds; a
    trait that cannot be kept (a segment that is not the tenant's, an unreadable number) is passed over."""
    cells: dict[str, dict[str, Any]] = {}
    for group in groups:
        cells.setdefault(group.account, {"account": group.account}).update(group.cells)
    wished = {row["segment"] for row in cells.values() if "segment" in row}
    segments = set(Segment.objects.filter(name__in=wished).values_list("name", flat=True))
    for row in cells.values():
        if row.get("segment") not in segments:
            row.pop("segment", None)
    rows = _rows(ImportKind.ACCOUNTS, cells.values())
    if rows:
        merge_accounts(rows, origin)


def merge_people(people: Sequence[segment.Person], accounts: Mapping[str, str], origin: Origin) -> None:
    """Make or change the contacts of identify calls whose account is known. Without a name they are called by their
    e-mail or id until somebody says it."""
    cells: dict[str, dict[str, Any]] = {}
    for person in people:
        if account := accounts.get(person.user):
            cells.setdefault(person.user, {"contact": person.user}).update(person.cells, account=account)
    nameless = [user for user, row in cells.items() if "name" not in row]
    names = dict(Contact.objects.filter(external_id__in=nameless).values_list("external_id", "name"))
    for user in nameless:
        cells[user]["name"] = names.get(user) or cells[user].get("email") or user
    rows = _rows(ImportKind.CONTACTS, cells.values())
    if rows:
        merge_contacts(rows, origin)


def _rows(kind: str, rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The rows without the cells that cannot be kept, and without those of which a needed cell is none."""
    found = []
    for number, cells in enumerate(rows):
        read = parse(kind, number, cells)
        if not isinstance(read, Row):
            bad = {problem.column for problem in read}
            read = parse(kind, number, {name: value for name, value in cells.items() if name not in bad})
        if isinstance(read, Row):
            found.append(read)
    return found


def remember(moved: Mapping[str, str], received_at: dt.datetime) -> None:
    """Keep the account of each user. In the order of the ids, so that two batches wait for each other instead of
    blocking each other."""
    if moved:
        copying.stage("stage_member", MEMBER_COLUMNS, sorted(moved.items()))
        params = {"tenant_id": current_tenant_id(), "received_at": received_at}
        sqljobs.execute(SQL / "remember_accounts.sql", params)


def keep_traits(people: Sequence[segment.Person]) -> None:
    """Keep what identify calls say of users whose account is not known: browsers identify before they group."""
    traits: dict[str, dict[str, Any]] = {}
    for person in people:
        traits.setdefault(person.user, {}).update(person.cells)
    rows = sorted((user, json.dumps(found)) for user, found in traits.items() if found)
    if rows:
        copying.stage("stage_trait", TRAIT_COLUMNS, rows)
        sqljobs.execute(SQL / "remember_traits.sql", {"tenant_id": current_tenant_id()})


def said_before(users: Iterable[str]) -> list[segment.Person]:
    """What was said of these users before anybody knew where they belong."""
    rows = UsageUser.objects.filter(external_id__in=list(users)).exclude(traits=None)
    return [segment.Person(-1, user, "", traits) for user, traits in rows.values_list("external_id", "traits")]
