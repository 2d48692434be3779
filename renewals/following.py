"""What contracts say of renewals: which come due, which moved, which are decided (pure; read and written by `jobs`).

A line stands in one of five ways: it is due on a day; it was carried on, by a further period or by being prolonged beyond
the runway; it ended with nothing after it; or it is no contract any more that could be renewed.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from renewals.enums import RenewalState

GRACE = 14  # days after the end in which the next period may still come in
CATCH_UP = 7  # days for steps whose day was over before the renewal opened
FOLLOWED_DAYS = 120  # after the end: how long one that closed by itself is looked at again

Key = tuple[UUID, dt.date]  # the customer and the day
_NOWHERE: Key = (UUID(int=0), dt.date.min)


@dataclass(frozen=True)
class Contract:
    """A paid period as it stands now (contracts.sql). Money is a month's, in minor units of the reporting currency; None
    where nothing converts it. `was` is what it was worth before it was prolonged."""

    id: UUID
    account_id: UUID
    segment_id: UUID | None
    profile: str | None
    currency: str
    start_on: dt.date
    end_on: dt.date | None
    alive: bool
    ended: bool
    rolling: bool
    settled: bool
    mrr: int
    renewal_id: UUID | None = None
    next_id: UUID | None = None
    next_mrr: int = 0
    was: int | None = None


@dataclass(frozen=True)
class Known:
    """A renewal as it stands. `days` is the length of its runway."""

    id: UUID
    account_id: UUID
    due_on: dt.date
    state: str
    days: int
    due_mrr: int | None = None
    kept_mrr: int | None = None
    nexts: frozenset[UUID] = frozenset()


class Way(StrEnum):
    DUE, KEPT, LOST, GONE = "due", "kept", "lost", "gone"


@dataclass(frozen=True)
class Verdict:
    """What the contracts say became of a renewal: the state, the money due and kept, and the period that followed each line
    (None where there is none)."""

    state: str
    due: int
    kept: int
    nexts: Mapping[UUID, UUID | None]


@dataclass
class Changes:
    """What has to be written, by renewal."""

    openings: dict[Key, list[Contract]] = field(default_factory=dict)
    revived: dict[UUID, list[Contract]] = field(default_factory=dict)
    lines: dict[UUID, set[UUID]] = field(default_factory=dict)  # the lines that it has from now on
    moved: dict[UUID, Key] = field(default_factory=dict)
    reopened: set[UUID] = field(default_factory=set)
    closed: dict[UUID, Verdict] = field(default_factory=dict)
    withdrawn: set[UUID] = field(default_factory=set)


def way_of(contract: Contract, renewal: Known, as_of: dt.date) -> Way:
    """How a line of a renewal stands at the end of the day.

    Example: it ended on 1 March and nothing follows: due until 14 March, lost from the 15th; at once when it was cancelled.
    """
    end = contract.end_on
    if contract.next_id is not None:
        return Way.KEPT
    if not contract.alive or end is None or contract.rolling:
        return Way.GONE
    if end > renewal.due_on and end > as_of + dt.timedelta(days=renewal.days):
        return Way.KEPT  # prolonged in its place
    if end <= as_of - dt.timedelta(days=GRACE) or (contract.ended and end <= as_of):
        return Way.LOST
    return Way.DUE


def verdict(lines: Iterable[tuple[Contract, Way]]) -> Verdict:
    """What lines of which none is due any more make of their renewal.

    Example: 100 a month carried on with 80 and 50 a month ended: due 150, kept 80, contracted.
    """
    due = kept = 0
    nexts: dict[UUID, UUID | None] = {}
    for contract, way in lines:
        if way == Way.KEPT:
            prolonged = contract.next_id is None
            due += contract.was if prolonged and contract.was is not None else contract.mrr
            kept += contract.mrr if prolonged else contract.next_mrr
            nexts[contract.id] = contract.id if prolonged else contract.next_id
        elif way == Way.LOST:
            due += contract.mrr
            nexts[contract.id] = None
    return Verdict(state_of(due, kept, any(nexts.values())), due, kept, nexts)


def state_of(due: int, kept: int, stays: bool) -> str:
    """What became of a renewal, from the month's money that was due and that is kept."""
    if not stays or (due > 0 and kept <= 0):
        return RenewalState.CHURNED
    if kept == due:
        return RenewalState.RENEWED
    return RenewalState.EXPANDED if kept > due else RenewalState.CONTRACTED


def follow(
    contracts: Iterable[Contract],
    renewals: Iterable[Known],
    withdrawn: Mapping[Key, UUID],
    as_of: dt.date,
    days_of: Callable[[Contract], int],
) -> Changes:
    """What has to be written so that renewals say what contracts say; nothing where they do.

    `renewals` are the open ones and those that closed by themselves a short time ago, with others that stand on a day in
    the way of a new one (their state says so); `withdrawn` those that may come back. `days_of` is the runway of a new one.
    """
    known = {row.id: row for row in renewals}
    lines: dict[UUID, list[Contract]] = {row: [] for row in known}
    groups: dict[Key, dict[UUID, Contract]] = {}
    ways: dict[tuple[UUID, UUID], Way] = {}
    for contract in contracts:
        renewal = known.get(contract.renewal_id) if contract.renewal_id else None
        if renewal is not None:
            lines[renewal.id].append(contract)
            way = ways[renewal.id, contract.id] = way_of(contract, renewal, as_of)
            due = way == Way.DUE
        else:
            due = contract.alive and contract.next_id is None and not contract.rolling and not contract.settled
        if due and contract.end_on is not None:
            groups.setdefault((contract.account_id, contract.end_on), {})[contract.id] = contract
    changes = Changes()
    claims = _claims(known, lines, ways, groups)
    claimed = {row: key for key, row in claims.items()}
    for row in known.values():
        key = claimed.get(row.id)
        _judge(
            row,
            [(each, ways[row.id, each.id]) for each in lines[row.id]],
            key,
            groups.get(key or _NOWHERE, {}),
            changes,
        )
    blocked = {(row.account_id, row.due_on) for row in known.values()} - {
        (known[row].account_id, known[row].due_on) for row in (*changes.moved, *changes.withdrawn)
    }
    for key, group in groups.items():
        if key in claims or key in blocked or key[1] <= as_of:
            continue
        found = list(group.values())
        if all(key[1] > as_of + dt.timedelta(days=days_of(contract)) for contract in found):
            continue
        if key in withdrawn:
            changes.revived[withdrawn[key]] = found
        else:
            changes.openings[key] = found
    return changes


def _claims(
    known: Mapping[UUID, Known],
    lines: Mapping[UUID, list[Contract]],
    ways: Mapping[tuple[UUID, UUID], Way],
    groups: Mapping[Key, Mapping[UUID, Contract]],
) -> dict[Key, UUID]:
    """Which renewal is about which customer and day: those that stand there already first, then those whose contracts moved
    there, by the most money."""
    claims: dict[Key, UUID] = {}
    rows = sorted(known.values(), key=lambda row: (row.state != RenewalState.OPEN, row.due_on, row.id))
    later = []
    for row in rows:
        due = [each for each in lines[row.id] if ways[row.id, each.id] == Way.DUE]
        if not due:
            continue
        own = (row.account_id, row.due_on)
        if own in groups and own not in claims:
            claims[own] = row.id
        else:
            later.append((row, due))
    for row, due in later:
        money: dict[Key, int] = {}
        for contract in due:
            assert contract.end_on is not None
            key = (contract.account_id, contract.end_on)
            money[key] = money.get(key, 0) + contract.mrr
        free = [key for key in money if key not in claims]
        if free:
            claims[min(free, key=lambda key: (-money[key], key[1]))] = row.id
    return claims


def _judge(
    row: Known,
    lines: list[tuple[Contract, Way]],
    key: Key | None,
    group: Mapping[UUID, Contract],
    changes: Changes,
) -> None:
    """What becomes of one renewal: it is about `group` at `key`, or nothing of it is due any more."""
    if key is not None:
        if row.state != RenewalState.OPEN:
            changes.reopened.add(row.id)
        if key != (row.account_id, row.due_on):
            changes.moved[row.id] = key
        wanted = {each.id for each, way in lines if way in (Way.KEPT, Way.LOST)} | set(group)
        if wanted != {each.id for each, _way in lines}:
            changes.lines[row.id] = wanted
        return
    if not lines:
        if row.state == RenewalState.OPEN:
            changes.withdrawn.add(row.id)
        return
    decided = [(each, way) for each, way in lines if way in (Way.KEPT, Way.LOST)]
    if not decided:
        changes.withdrawn.add(row.id)
        return
    found = verdict(decided)
    if row.state == RenewalState.OPEN or _differs(row, found):
        changes.closed[row.id] = found
        if len(decided) != len(lines):
            changes.lines[row.id] = {each.id for each, _way in decided}


def _differs(row: Known, found: Verdict) -> bool:
    """Whether the contracts say something else than when it closed. Money moves with exchange rates: what counts is the part
    that was kept."""
    if row.state != found.state or row.nexts != frozenset(each for each in found.nexts.values() if each):
        return True
    if not row.due_mrr or row.kept_mrr is None or not found.due:
        return row.kept_mrr != found.kept
    return abs(row.kept_mrr / row.due_mrr - found.kept / found.due) > 0.0005
