"""What a page of figures is asked: month, window, segment and the place on it, as its query string says.

A value that cannot be read falls back to the default, a month outside of the figures to the nearest one, so that an old
link opens. A segment, account or ledger line that does not exist is 404, because leaving the filter off would answer
another question.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.periods import add_months, month_or_none, month_text
from metrics.enums import Basis, Dimension, Window

TREND_MONTHS = 13
ROLL_FORWARD, EXCHANGE_RATES = "roll_forward", "exchange_rates"  # checks of the night on figures
COHORT_MEASURES = ("ndr", "gdr", "logo")


@dataclass(frozen=True)
class Doubt:
    """A check of the night that did not hold: its name, the month or thing it is about, what is wrong."""

    name: str
    subject: str
    message: str


@dataclass(frozen=True)
class Months:
    """The months that figures exist for: the first one paid in and the last complete one; and what the night doubts of
    their figures."""

    first: dt.date
    last: dt.date
    doubts: tuple[Doubt, ...] = ()

    @property
    def first_year(self) -> dt.date:
        """The first month that has a trailing year behind it."""
        return add_months(self.first, 12)

    def clamp(self, month: dt.date) -> dt.date:
        return max(self.first, min(self.last, month))

    def doubts_of(self, asked: "Asked") -> list[Doubt]:
        """What the night found wrong with the months that the page's figures stand on, the latest first."""
        subjects = {month_text(add_months(asked.month, -shift)) for shift in range(int(asked.window))}
        return [each for each in self.doubts if each.subject in subjects or each.name != ROLL_FORWARD]


@dataclass(frozen=True)
class Asked:
    """The state of a page; `query()` writes it back. Empty values stand for the default."""

    month: dt.date
    window: Window
    segment: str = ""
    dimension: Dimension = Dimension.SEGMENT
    cohort: str = COHORT_MEASURES[0]
    opened: str | None = None
    part: str = ""
    account: UUID | None = None
    line: UUID | None = None
    known: dt.datetime | None = None
    everything: bool = False
    basis: str = ""  # of `Basis`; empty for what the page tells by itself: the board as reported, others as known now

    @classmethod
    def parse(cls, params: Mapping[str, str], months: Months) -> Self:
        """Read a query string; see the module for what is not understood."""
        month = months.clamp(month_or_none(params.get("month", "")) or months.last)
        usual = Window.YEAR if month >= months.first_year else Window.MONTH
        window, dimension = params.get("window", ""), params.get("dimension", "")
        cohort = params.get("cohort", "")
        return cls(
            month=month,
            window=Window(int(window)) if window in {"1", "12"} else usual,
            segment=params.get("segment", "").replace("\0", ""),
            dimension=Dimension(dimension) if dimension in _CUTS else Dimension.SEGMENT,
            cohort=cohort if cohort in COHORT_MEASURES else COHORT_MEASURES[0],
            opened=params["opened"].replace("\0", "") if "opened" in params else None,
            part=params.get("part", ""),
            account=uuid_of(params.get("account", "")),
            line=uuid_of(params.get("line", "")),
            known=moment_or_none(params.get("known", "")),
            everything=params.get("everything", "") == "1",
            basis=params["basis"] if params.get("basis") in Basis.values else "",
        )

    @property
    def base_month(self) -> dt.date:
        """The month that this one is compared with."""
        return add_months(self.month, -int(self.window))

    def query(self, **changes: Any) -> str:
        """The query string of this state with `changes`; month and window always stand in it, so a link keeps its
        meaning when the next month is over."""
        state = replace(self, **changes)
        pairs: list[tuple[str, str]] = [("month", month_text(state.month)), ("window", str(int(state.window)))]
        for field in fields(state)[2:]:
            value = getattr(state, field.name)
            if value == field.default:
                continue
            if isinstance(value, dt.datetime):
                value = timezone.localtime(value).replace(tzinfo=None).isoformat(timespec="seconds")
            pairs.append((field.name, "1" if value is True else str(value)))
        return urlencode(pairs)


_CUTS = frozenset(Dimension.values) - {Dimension.ALL}


def moment_or_none(text: str) -> dt.datetime | None:
    """A time of the tenant's zone (the page runs in it), or one with an offset of its own."""
    try:
        found = parse_datetime(text.strip())
        if found is None:
            return None
        return timezone.make_aware(found) if timezone.is_naive(found) else found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
