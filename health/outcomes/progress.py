"""How far a success criterion has come and how far it should be by now (VAL-02), and time to value (MET-14). Pure."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from accounts.enums import Profile

EARLY = Decimal("0.1")  # of the way: before that nothing is late
# Days from signature to first value that are usual for a profile, both included (REQUIREMENTS JRN-36).
TTV_BANDS: dict[str, tuple[int, int]] = {
    Profile.PRODUCT_LED: (1, 7),
    Profile.SMB: (7, 30),
    Profile.MID_MARKET: (30, 60),
    Profile.ENTERPRISE: (60, 120),
}


class Standing(Enum):
    """What a criterion is called today."""

    CONFIRMED = "confirmed"
    REACHED = "reached"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    MISSED = "missed"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Progress:
    """Shares of the way from baseline to target: `done` (0 unless measured, may lie outside of 0 to 1) and `expected`."""

    done: Decimal
    expected: Decimal
    standing: Standing
    days_late: int = 0


def progress(
    *,
    baseline: Decimal,
    target: Decimal,
    agreed_on: dt.date,
    due_on: dt.date,
    value: Decimal | None,
    confirmed_on: dt.date | None,
    dropped_on: dt.date | None,
    today: dt.date,
) -> Progress:
    """Where a criterion stands on `today`. The way is expected to be gone evenly, from the agreement to the deadline.

    Example: from 9.1 to 6 hours, agreed on 1 January and due on 31 December: with 7.55 hours half of the way is done;
    on 2 July half of it is expected, so it is on track; on 3 July it is behind.
    """
    done = (value - baseline) / (target - baseline) if value is not None else Decimal(0)
    span = max((due_on - agreed_on).days, 1)
    expected = min(max(Decimal((today - agreed_on).days) / span, Decimal(0)), Decimal(1))
    late = max((today - due_on).days, 0)
    if confirmed_on is not None and confirmed_on <= today:
        return Progress(done, expected, Standing.CONFIRMED)
    if dropped_on is not None and dropped_on <= today:
        return Progress(done, expected, Standing.DROPPED)
    if done >= 1:
        return Progress(done, expected, Standing.REACHED)
    if late:
        return Progress(done, expected, Standing.MISSED, late)
    behind = done < expected and expected >= EARLY
    return Progress(done, expected, Standing.BEHIND if behind else Standing.ON_TRACK)


@dataclass(frozen=True)
class Clock:
    """Days from one day to another; `running` when the second has not come yet (it is then today)."""

    days: int
    running: bool
    ended_on: dt.date | None


def clock(start: dt.date | None, end: dt.date | None, today: dt.date) -> Clock | None:
    """The clock of time to value; None without a start, or when it has not begun.

    Example: signed on 1 March, first value confirmed on 11 April: 41 days. An open one runs and is not left out.
    """
    if start is None or start > today:
        return None
    if end is not None and end <= today:
        return Clock(max((end - start).days, 0), False, end)
    return Clock((today - start).days, True, None)


def verdict(days: int, running: bool, band: tuple[int, int]) -> str:
    """Tone of a time to value: within the upper edge good, a running one that is past it bad, an ended one late."""
    if days <= band[1]:
        return "" if running else "good"
    return "risk" if running else "watch"
