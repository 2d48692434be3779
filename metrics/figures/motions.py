"""Reports of the motions that make the revenue, of what their floors tell, in the terms of a question (API-02)."""

import datetime as dt
from decimal import Decimal
from typing import Any

from cs_platform.kernel.periods import add_months, month_end, month_of, months_between
from metrics.figures.questions import Question
from renewals import reports as renewals

Rows = list[dict[str, Any]]
AHEAD = 6  # months of a forecast, unless others are asked for
BACK = 12  # months that are judged, unless others are asked for


def renewal_forecast(q: Question) -> Rows:
    first = q.first or month_of(q.as_of)
    months = list(months_between(first, q.to or add_months(first, AHEAD - 1)))
    return _told(q, renewals.forecast(months, month_end(months[-1]), _day(q), q.segment)) if months else []


def renewal_accuracy(q: Question) -> Rows:
    return _told(q, renewals.accuracy(*_span(q), q.segment))


def renewal_rate(q: Question) -> Rows:
    return _told(q, renewals.rates(*_span(q), q.segment))


def save_rate(q: Question) -> Rows:
    return _told(q, renewals.saves(*_span(q), q.segment))


def _day(q: Question) -> dt.date:
    """The day whose end is spoken of: no later one was known."""
    return min(q.as_of, q.known_on)


def _span(q: Question) -> tuple[dt.date, dt.date]:
    """First and last day of the months that are asked for, up to the day."""
    last = min(_day(q), month_end(q.to)) if q.to else _day(q)
    return q.first or add_months(month_of(last), 1 - BACK), last


def _told(q: Question, rows: Rows) -> Rows:
    """Money in units, shares to eight places."""
    return [{name: _value(q, name, value) for name, value in row.items()} for row in rows]


def _value(q: Question, name: str, value: Any) -> Any:
    if name.endswith(("_arr", "_loss")):
        return q.money(value)
    return round(Decimal(value), 8) if isinstance(value, float) else value
