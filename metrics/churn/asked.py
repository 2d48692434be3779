"""What Insights → Churn is asked: the months, the segment, and what the losses are cut by, as its query string says.

A value that cannot be read falls back to the default and a month outside of the figures to the nearest one, so that an old
link opens; a segment that does not exist is 404 (see `asked`).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from cs_platform.kernel.periods import add_months, month_or_none, month_text
from metrics.churn.where import BY, Spell
from metrics.enums import Cut
from metrics.figures.asked import Months

MONTH, QUARTER, YEAR, CUSTOM = "month", "quarter", "year", "custom"
PERIODS = (MONTH, QUARTER, YEAR, CUSTOM)
LONGEST = 60  # months


@dataclass(frozen=True)
class ChurnAsked:
    """The state of the page: `month` is the last one, `since` the first one of a custom period."""

    month: dt.date
    period: str = YEAR
    since: dt.date | None = None
    segment: str = ""
    by: Cut = Cut.SEGMENT
    opened: str | None = None

    @classmethod
    def parse(cls, params: Mapping[str, str], months: Months) -> Self:
        """Read a query string; see the module for what is not understood."""
        month = months.clamp(month_or_none(params.get("month", "")) or months.last)
        period = params.get("period", "")
        usual = YEAR if month >= months.first_year else MONTH
        period = period if period in PERIODS else usual
        since = month_or_none(params.get("since", "")) if period == CUSTOM else None
        if period == CUSTOM:
            since = min(max(since or add_months(month, -11), months.first, add_months(month, 1 - LONGEST)), month)
        if period == QUARTER:  # the last quarter that is over
            month = add_months(month, -(month.month % 3)) if month.month % 3 else month
        by = params.get("by", "")
        return cls(
            month=month,
            period=period,
            since=since,
            segment=params.get("segment", "").replace("\0", ""),
            by=Cut(by) if by in BY else Cut.SEGMENT,
            opened=params["opened"].replace("\0", "") if "opened" in params else None,
        )

    @property
    def spell(self) -> Spell:
        """The months asked about."""
        count = {MONTH: 1, QUARTER: 3, YEAR: 12}.get(self.period, 0)
        return Spell(add_months(self.month, 1 - count) if count else self.since or self.month, self.month)

    def query(self, **changes: Any) -> str:
        """The query string of this state with `changes`."""
        state = replace(self, **changes)
        pairs = [("period", state.period), ("month", month_text(state.month))]
        if state.period == CUSTOM and state.since:
            pairs.append(("since", month_text(state.since)))
        pairs += [("segment", state.segment)] if state.segment else []
        pairs += [("by", str(state.by))] if state.by != Cut.SEGMENT else []
        pairs += [("opened", state.opened)] if state.opened is not None else []
        return urlencode(pairs)
