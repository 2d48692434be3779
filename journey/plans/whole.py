"""A plan told as a whole, as programs do: its milestones as one list (API-01, VAL-02)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.models import Member
from cs_platform.kernel.errors import DomainError
from journey.models import Milestone, Plan
from journey.plans import checks, services
from journey.plans.services import MILESTONE_FIELDS
from journey.plans.templates import MOST

WRITTEN = (*MILESTONE_FIELDS, "done_on", "done_by", "blocker", "blocked_on", "position", "version")
Item = Mapping[str, Any]


@transaction.atomic
def write_milestones(*, plan: Plan, items: Sequence[Item], by: Member | None) -> None:
    """Let the milestones of a plan be these, in this order: an item with an `id` changes that one, one without is new, and
    what is left out is removed. `needs` are positions in the list, `done_on` None opens one again. What an item does not
    hold stays. DomainError names the item: `milestones[2].due_on`. The same statements for any number of items; the plan
    is a version further when anything changed.
    """
    if _write(checks.check_runs(services.locked(plan, None)), items, by):
        services.touch(plan)


@transaction.atomic
def fill_plan(*, plan: Plan, items: Sequence[Item], by: Member | None) -> None:
    """The milestones of a plan that was made just now, as `write_milestones` takes them."""
    _write(plan, items, by)


def _write(plan: Plan, items: Sequence[Item], by: Member | None) -> bool:
    """Whether anything changed."""
    if len(items) > MOST:
        raise refused("milestones", _("At most %(limit)s milestones.") % {"limit": MOST})
    known = {row.id: row for row in Milestone.objects.select_related("owner", "customer_owner").filter(plan=plan)}
    named = [item["id"] for item in items if item.get("id")]
    if len(set(named)) < len(named) or set(named) - set(known):
        raise refused("milestones", _("A milestone of the list is not in this plan, or stands twice."))
    asked = cache(lambda: checks.asked_of(plan))
    rows: list[Milestone] = []
    changed: dict[UUID, set[str]] = {}  # columns by milestone
    for place, item in enumerate(items):
        with _Item(place):
            row = known.get(item.get("id")) or services.new_milestone(plan)
            values = _values(plan, row, item, by, asked) | {"position": place}
        changed[row.id] = {name for name, value in values.items() if getattr(row, name) != value}
        for name in changed[row.id]:
            setattr(row, name, values[name])
        rows.append(row)
    gone, fresh = set(known) - set(named), [row for row in rows if row.id not in known]
    Milestone.objects.filter(id__in=gone).delete()
    Milestone.objects.bulk_create(fresh)
    for each in services.set_needs(_needs(items, rows), rows):
        changed[each].add("needs")
    settled = [row for row in rows if "done_on" in changed[row.id]]
    moved = [row for row in rows if row.id in known and changed[row.id]]
    for row in moved:
        row.version += changed[row.id] != {"position"}
    Milestone.objects.bulk_update(moved, WRITTEN)
    _check_waiting(rows, settled)
    for row in settled:
        services.attest_done(plan, row, row.done_on is not None, by)
    return bool(gone or fresh or moved)


def _values(
    plan: Plan, row: Milestone, item: Item, by: Member | None, asked: Callable[[], Collection[str]]
) -> dict[str, Any]:
    """What an item says of its milestone, checked. Done, nothing holds it up any more."""
    given = {name: item[name] for name in MILESTONE_FIELDS if name in item}
    values = checks.checked_milestone(plan, row, given, asked)
    day = item.get("done_on", row.done_on)
    if "blocker" in item and item["blocker"] != row.blocker:
        values |= checks.held_up(plan, row, item["blocker"], done=day is not None and day == row.done_on)
    if day is None:
        return values | {"done_on": None, "done_by": None}
    if day == row.done_on:
        return values
    return values | {"done_on": checks.checked_day(day), "done_by": by, "blocker": "", "blocked_on": None}


def _needs(items: Sequence[Item], rows: Sequence[Milestone]) -> dict[UUID, list[UUID]]:
    """What the items say they wait for, by the ids of their milestones."""
    found: dict[UUID, list[UUID]] = {}
    for place, item in enumerate(items):
        if "needs" not in item:
            continue
        if any(not 0 <= each < len(rows) or each == place for each in item["needs"]):
            with _Item(place):
                raise refused("needs", _("It waits for one that is not in the list."))
        found[rows[place].id] = [rows[each].id for each in item["needs"]]
    return found


def _check_waiting(rows: Sequence[Milestone], settled: Sequence[Milestone]) -> None:
    """What is done now waits for nothing that is not."""
    finished = {row.id for row in settled if row.done_on is not None}
    waiting = services.waiting_of(finished)
    for place, row in enumerate(rows):
        if row.id in waiting:
            with _Item(place):
                sentence = _("It waits for: %(names)s.") % {"names": ", ".join(waiting[row.id])}
                raise DomainError(sentence, code="waits", fields={"done_on": sentence})


class _Item:
    """Names the item in what is refused of it."""

    def __init__(self, place: int) -> None:
        self.place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DomainError):
            error.fields = {f"milestones[{self.place}].{name}": text for name, text in error.fields.items()}
