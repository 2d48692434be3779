"""What somebody holds at a customer, and how it passes along to who takes the customer over (ROL-02).

Open tasks, plans that run, and milestones of such plans that are not done; of the account and of all that was merged into
it. What is done stays with who did it, and what somebody took from the pool for some hours returns there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from accounts.models import Account, Member
from cs_platform.kernel import sqljobs
from journey.enums import PlanState, TaskState
from journey.models import Handoff, Milestone, Plan, Task

SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class Held:
    """How many open tasks, running plans and milestones that are not done."""

    tasks: int = 0
    plans: int = 0
    milestones: int = 0

    def __add__(self, other: "Held") -> "Held":
        return Held(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __bool__(self) -> bool:
        return any(self.columns().values())

    def columns(self) -> dict[str, int]:
        """As a handoff keeps it."""
        return {f"moved_{one.name}": getattr(self, one.name) for one in fields(self)}

    @classmethod
    def of(cls, row: Handoff) -> "Held":
        """What passed along when this handoff was accepted."""
        return cls(row.moved_tasks, row.moved_plans, row.moved_milestones)


@dataclass(frozen=True)
class Move:
    """A customer passes to `taker`, with what these members hold there."""

    holders: frozenset[UUID]
    taker: Member


def held(holders: Mapping[UUID, Collection[UUID]]) -> dict[UUID, Held]:
    """What these members (by account: their ids) hold there now, by account: what `pass_along` would move. One query."""
    people = {one for ids in holders.values() for one in ids}
    found = dict.fromkeys(holders, Held())
    if people:
        params = {"accounts": list(holders), "people": list(people)}
        for row in sqljobs.rows(SQL / "held.sql", params):
            if row["person"] in holders[row["account"]]:
                found[row["account"]] += Held(row["tasks"], row["plans"], row["milestones"])
    return found


def pass_along(moves: Mapping[UUID, Move]) -> dict[UUID, Held]:
    """Let the taker of each account (by its id) have what the holders have there; what passed, by account.

    The plans are locked first, as by everybody who changes milestones; a milestone that changes hands is a change of its
    plan too. Nothing is held any more afterwards, so the same again moves nothing.
    """
    wholes = _wholes({key: move for key, move in moves.items() if move.holders})
    running = Plan.objects.filter(account__in=wholes, state=PlanState.ACTIVE).select_for_update().order_by("id")
    plans = {row.id: row for row in running}
    steps = Milestone.objects.filter(plan__in=plans, done_on=None)
    tasks = Task.objects.filter(account__in=wholes, state=TaskState.OPEN, taken_until=None)
    tasks = tasks.only("id", "account_id", "owner_id").select_for_update().order_by("id")

    def passing(rows: Iterable[Any], account_of: Any) -> dict[UUID, list[Any]]:
        """The rows that somebody gives away, by the customer with whom they go."""
        found: dict[UUID, list[Any]] = defaultdict(list)
        for row in rows:
            whole = wholes[account_of(row)]
            if row.owner_id in moves[whole].holders:
                found[whole].append(row)
        return found

    told = {
        Task: passing(tasks, lambda row: row.account_id),
        Plan: passing(plans.values(), lambda row: row.account_id),
        Milestone: passing(steps, lambda row: plans[row.plan_id].account_id),
    }
    for model, found in told.items():
        stamp = {} if model is Milestone else {"updated_at": Now()}
        for taker, keys in _by_taker(found, moves).items():
            model.objects.filter(id__in=keys).update(owner=taker, version=F("version") + 1, **stamp)
    own = {row.id for rows in told[Plan].values() for row in rows}
    through = {row.plan_id for rows in told[Milestone].values() for row in rows} - own
    Plan.objects.filter(id__in=through).update(version=F("version") + 1, updated_at=Now())
    return {key: Held(*(len(found.get(key, ())) for found in told.values())) for key in moves}


def _by_taker(found: Mapping[UUID, Iterable[Any]], moves: Mapping[UUID, Move]) -> dict[Member, list[UUID]]:
    keys: dict[Member, list[UUID]] = defaultdict(list)
    for whole, rows in found.items():
        keys[moves[whole].taker] += [row.id for row in rows]
    return keys


def _wholes(ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """These accounts and all that was merged into them, each with the one of `ids` that it is a part of."""
    found = {key: key for key in ids}
    level: Collection[UUID] = found
    while level:
        rows = Account.objects.filter(merged_into__in=level).exclude(id__in=found)
        new = {part: found[into] for part, into in rows.values_list("id", "merged_into_id") if into is not None}
        found |= new
        level = list(new)
    return found
