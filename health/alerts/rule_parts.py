"""What a rule of alerts is made of: what is known of an account, numbers that a tenant may set, and what was found.

A rule is a pure function of a snapshot and its thresholds. Each threshold has a second value, `release`: an alert ends
only when the rule no longer holds with these, so that a value on the line does not open and close one every day.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.enums import HealthBand
from health.enums import AlertLevel
from health.scoring.indicators import Source

Values = Mapping[str, float]


@dataclass(frozen=True)
class Snapshot:
    """What is known of an account at the end of a day. `now` and `before` (two months earlier) are raw indicator values;
    what is not known is not in them."""

    account_id: UUID
    as_of: dt.date
    profile: str
    signed_on: dt.date | None
    mrr_minor: int = 0
    now: Values = field(default_factory=dict)
    before: Values = field(default_factory=dict)
    score: float | None = None
    band: HealthBand = HealthBand.NONE
    band_before: HealthBand = HealthBand.NONE
    band_since: dt.date | None = None  # without a break; `band_before` is the one that it came from
    reviews: tuple[str, ...] = ()  # states of the last two reviews, the latest first
    trainings_before: int = 0  # held 90 to 365 days ago
    trainings_lately: int = 0  # held within 90 days
    last_meeting_on: dt.date | None = None
    last_word_on: dt.date | None = None  # from them: a reply, or something that they began
    tickets: int = 0  # opened in 28 days
    tickets_90: int = 0
    events: tuple[tuple[str, str, dt.date], ...] = ()  # (id, kind, day) of 90 days
    missed: tuple[tuple[str, str, dt.date], ...] = ()  # (id, name, deadline) of criteria below target
    first_value_on: dt.date | None = None
    first_value_planned: bool = False
    has_action: bool = False
    # What floors above know of it, by the floor (snapshots.ABOVE).
    above: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """A rule holds for a cause, with what was measured."""

    cause: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Threshold:
    """A number of a rule: where it fires, where it ends, and between what a tenant may set it."""

    name: str
    label: Any
    unit: str
    default: float
    release: float
    low: float
    high: float


@dataclass(frozen=True)
class Rule:
    """A rule of the catalogue. `sources` must be fresh for it to be judged; `play` is what to do; `say` words a match."""

    key: str
    requirement: str
    label: Any
    explained: Any
    play: Any
    level: AlertLevel
    sources: tuple[Source, ...]
    test: Callable[[Snapshot, Values], Iterator[Match]]
    say: Callable[[Mapping[str, Any], Values], str]
    thresholds: tuple[Threshold, ...] = ()

    def defaults(self) -> dict[str, float]:
        return {t.name: t.default for t in self.thresholds}

    def releasing(self, chosen: Values) -> dict[str, float]:
        """The thresholds that an alert must pass to end: as far from the chosen ones as the defaults say."""
        return {t.name: chosen[t.name] + (t.release - t.default) for t in self.thresholds}
