"""Whether a renewal that was kept went well: the five marks of success (REN-03). Pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cs_platform.kernel.periods import after_months

EARLY_DAYS = 30  # before the end by which it is confirmed
KEPT_SHARE = Decimal("0.95")  # of the money due
EASY_MEAN = Decimal(2)  # CES up to which it was smooth, 1 is very easy
LONG_MONTHS = 12  # a term beyond is favourable


class Mark(StrEnum):
    EARLY, KEPT, TERMS, ON_TIME, SMOOTH = "early", "kept", "terms", "on_time", "smooth"


@dataclass(frozen=True)
class Went:
    """How a kept renewal went. `confirmed_on`: signed, else decided; money is of a month; `next_periods`: begin, end and whether
    paid in advance of what follows; `scores` of those who said how easy it was."""

    due_on: dt.date
    closed_on: dt.date
    confirmed_on: dt.date
    due: int | None
    kept: int | None
    next_periods: Sequence[tuple[dt.date, dt.date | None, bool | None]]
    scores: Sequence[Decimal]

    @property
    def ahead(self) -> int:
        """Days before the end on which it was confirmed."""
        return (self.due_on - self.confirmed_on).days

    @property
    def share(self) -> Decimal | None:
        """The part of the money that stayed; None where nothing was due. Example: 80 of 100 is 0.8."""
        return Decimal(self.kept) / self.due if self.due and self.kept is not None else None

    @property
    def mean(self) -> Decimal | None:
        """The mean of the scores; None where nobody answered."""
        return Decimal(sum(self.scores)) / len(self.scores) if self.scores else None


def marks(went: Went) -> dict[Mark, bool | None]:
    """Each mark: met, missed, or None where it is not known.

    Example: confirmed 40 days before the end, 97 of 100 kept, for two years, answers of 1 and 2: all five are met.
    """
    share, mean = went.share, went.mean
    return {
        Mark.EARLY: went.ahead >= EARLY_DAYS,
        Mark.KEPT: None if share is None else share >= KEPT_SHARE,
        Mark.TERMS: any(_favourable(*period) for period in went.next_periods) if went.next_periods else None,
        Mark.ON_TIME: went.closed_on <= went.due_on,
        Mark.SMOOTH: None if mean is None else mean <= EASY_MEAN,
    }


def _favourable(start_on: dt.date, end_on: dt.date | None, prepaid: bool | None) -> bool:
    """For longer than a year, or paid in advance."""
    return bool(prepaid) or (end_on is not None and end_on > after_months(start_on, LONG_MONTHS))
