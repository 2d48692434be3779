"""A plan told as a whole, as programs do: its milestones as one list (API-01, VAL-02)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.models import Member
from cs_platform.kernel.errors import DomainError
from journey.models import Milestone, Plan
from journey.plans import services
from journey.plans.services import MILESTONE_FIELDS
from journey.plans.templates import MOST


@transaction.atomic
def write_milestones(*, plan: Plan, items: Sequence[Mapping[str, Any]], by: Member | None) -> None:
    """Let the milestones of a plan be these, in this order: an item with an `id` changes that one, one without is new, and
    what is left out is removed. `needs` are positions in the list, `done_on` None opens one again. What an item does not
    hold stays. DomainError names the item: `milestones[2].due_on`.
    """
    if len(items) > MOST:
        raise refused("milestones", _("At most %(limit)s milestones.") % {"limit": MOST})
    known = {row.id: row for row in Milestone.objects.select_related("plan").filter(plan=plan)}
    named = [item["id"] for item in items if item.get("id")]
    if len(set(named)) < len(named) or set(named) - set(known):
        raise refused("milestones", _("A milestone of the list is not in this plan, or stands twice."))
    for id_ in set(known) - set(named):
        services.remove_milestone(milestone=known[id_], version=None, by=by)
    rows: list[Milestone] = []
    for place, item in enumerate(items):
        values = {name: item[name] for name in MILESTONE_FIELDS if name in item}
        with _Item(place):
            standing = known.get(item["id"]) if item.get("id") else None
            rows.append(services.set_milestone(plan=plan, milestone=standing, values=values, position=place, by=by))
    needs: dict[UUID, list[UUID]] = {}
    for place, item in enumerate(items):
        if "needs" in item:
            with _Item(place):
                if any(not 0 <= each < len(rows) or each == place for each in item["needs"]):
                    raise refused("needs", _("It waits for one that is not in the list."))
            needs[rows[place].id] = [rows[each].id for each in item["needs"]]
    services.set_needs(plan=plan, needs=needs, by=by)
    for place, item in enumerate(items):
        if "blocker" in item and item["blocker"] != rows[place].blocker:
            with _Item(place):
                services.block_milestone(milestone=rows[place], blocker=item["blocker"], version=None, by=by)
    _settle(items, rows, by)


def _settle(items: Sequence[Mapping[str, Any]], rows: Sequence[Milestone], by: Member | None) -> None:
    """Open again what is not done, then finish what is, each after what it waits for."""
    left: list[int] = []
    for place, item in enumerate(items):
        if "done_on" in item and item["done_on"] != rows[place].done_on:
            with _Item(place):
                services.reopen_milestone(milestone=rows[place], version=None, by=by)
            if item["done_on"] is not None:
                left.append(place)
    while left:
        waiting: list[int] = []
        for place in left:
            with _Item(place):
                try:
                    services.finish_milestone(milestone=rows[place], on=items[place]["done_on"], version=None, by=by)
                except DomainError as error:
                    if error.code != "waits":
                        raise
                    waiting.append(place)
                    refusal = error
        if len(waiting) == len(left):
            sentence = refusal.message
            raise DomainError(sentence, code="waits", fields={f"milestones[{waiting[0]}].done_on": sentence})
        left = waiting


class _Item:
    """Names the item in what is refused of it."""

    def __init__(self, place: int) -> None:
        self.place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DomainError):
            error.fields = {f"milestones[{self.place}].{name}": text for name, text in error.fields.items()}
