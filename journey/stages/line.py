"""The times of one track in its stages, put in order: which of them overlap, and how each came about. Pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from journey.enums import Entry, Exit, Stage

ORDER = {stage: place for place, stage in enumerate(Stage.values)}
_NEVER = dt.date.max
# How a track comes into a stage out of one that ended so.
ENTRIES = {Exit.COMPLETED: Entry.MOVED_ON, Exit.REGRESSED: Entry.WENT_BACK, Exit.SKIPPED: Entry.SKIPPED_TO}


@dataclass
class Time:
    """A track in a stage. From the day it entered up to, not including, the day it ended."""

    id: UUID
    stage: str
    entered_on: dt.date
    exited_on: dt.date | None = None
    outcome: str = ""

    @property
    def place(self) -> tuple[dt.date, dt.date, UUID]:
        return self.entered_on, self.exited_on or _NEVER, self.id


def overlaps(times: Sequence[Time]) -> list[tuple[Time, Time]]:
    """Pairs of times of the same stage that overlap, in order. Ending and entering on one day is none.

    Example: 1 to 10 March and 10 March to now do not, 1 to 10 March and 9 March to now do.
    """
    found = []
    for stage in Stage.values:
        own = sorted((time for time in times if time.stage == stage), key=lambda time: time.place)
        found += [(a, b) for a, b in pairwise(own) if a.exited_on is None or a.exited_on > b.entered_on]
    return found


def came_about(time: Time, times: Sequence[Time]) -> tuple[str, UUID | None]:
    """How the track came into this stage, and out of which time: what ended on that day (or the day before) and led here,
    else whether it was here before.

    Example: adoption ends as completed on 2 March, retention begins that day: it moved on.
    """
    before = [other for other in times if other.id != time.id and other.place < time.place]
    if not before:
        return Entry.BEGAN, None
    for other in sorted(before, key=lambda each: each.place, reverse=True):
        if other.exited_on is None or not 0 <= (time.entered_on - other.exited_on).days <= 1:
            continue
        entry = ENTRIES.get(other.outcome)  # type: ignore[call-overload]
        ahead = ORDER[time.stage] > ORDER[other.stage]
        if entry and (ahead if entry != Entry.WENT_BACK else not ahead):
            return entry, other.id
    return (Entry.AGAIN if any(other.stage == time.stage for other in before) else Entry.BESIDE), None
