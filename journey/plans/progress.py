"""How far a plan is: counted from its milestones (VAL-02). Pure."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from journey.models import Milestone


@dataclass(frozen=True)
class Progress:
    """Milestones of a plan as of a day: `expected` are those that were due by then, `late` those of them not done."""

    total: int
    done: int
    expected: int
    late: int
    blocked: int

    @property
    def share(self) -> float:
        """Done of all, between 0 and 1; 0 where there are none."""
        return self.done / self.total if self.total else 0.0

    @property
    def expected_share(self) -> float:
        return self.expected / self.total if self.total else 0.0


def progress(milestones: Iterable[Milestone], today: dt.date) -> Progress:
    """What of these is done, was expected by `today`, is late, is held up.

    Example: of four, one done, one due yesterday and not done, two due later: 1 of 4 done, 2 expected if the done one
    was due, 1 late. One that is due today is not late yet.
    """
    found = list(milestones)
    return Progress(
        total=len(found),
        done=sum(row.done_on is not None for row in found),
        expected=sum(row.due_on < today for row in found),
        late=sum(is_late(row, today) for row in found),
        blocked=sum(bool(row.blocker) and row.done_on is None for row in found),
    )


def is_late(milestone: Milestone, today: dt.date) -> bool:
    """Its day is over and it is not done."""
    return milestone.done_on is None and milestone.due_on < today


def waits_for(milestone: Milestone, by_id: Mapping[UUID, Milestone]) -> list[Milestone]:
    """What it waits for and what is not done yet, in the plan's order; nothing for one that is done.

    Needs `needs` prefetched.
    """
    if milestone.done_on is not None:
        return []
    open_ones = (by_id[need.needs_id] for need in milestone.needs.all() if need.needs_id in by_id)
    return sorted((row for row in open_ones if row.done_on is None), key=lambda row: (row.position, row.due_on))


def day_in(start: dt.date, days: int, length: int, wanted: int) -> dt.date:
    """The day of a step `days` after the start, of a template of `length` days stretched to `wanted` days.

    Example: day 60 of 120, in 60 days, from 1 March is 31 March.
    """
    stretched = round(days * wanted / length) if length else days
    return start + dt.timedelta(days=stretched)
