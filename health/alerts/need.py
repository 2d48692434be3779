"""Which account needs somebody first: risk × money × nearness of the renewal (DSH-03)."""

import datetime as dt
from typing import Any

from django.db.models import F, FloatField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Greatest

UNKNOWN_RISK = 0.5  # without a score nobody can say: half
NEAREST = 30  # days; nearer than that is not more urgent still, or one bill of tomorrow would hide everything
YEAR = 365


def need(score: float | None, mrr_minor: int, days_left: int | None) -> float:
    """Risk × yearly money × nearness, in minor units of money at risk; 0 for who pays nothing.

    Risk is the part of 100 that the score lacks, half without a score. Nearness is how often the days left (at least 30)
    go into a year, and 1 without a renewal date or later than that; a date that has passed counts as the nearest.
    Example: score 39, $412,000 a year, 38 days left: 0.61 × 412,000 × 365 / 38 = $2.41M.
    """
    risk = UNKNOWN_RISK if score is None else 1 - score / 100
    nearness = 1.0 if days_left is None else max(1.0, YEAR / max(days_left, NEAREST))
    return risk * mrr_minor * 12 * nearness


def need_expression(today: dt.date) -> Any:
    """`need` of an account as the database works it out, to sort a book of any size by."""
    risk = Coalesce(1 - F("health_score") / 100.0, Value(UNKNOWN_RISK), output_field=FloatField())
    # greatest() passes over nulls, so an account without a date is left to the coalesce below.
    days = RawSQL(
        "CASE WHEN accounts_account.renews_on IS NOT NULL THEN greatest(accounts_account.renews_on - %s::date, %s) END",
        [today, NEAREST],
    )
    nearness = Coalesce(
        Greatest(Value(1.0), Value(float(YEAR)) / Cast(days, FloatField())), Value(1.0), output_field=FloatField()
    )
    return risk * Cast(F("mrr_minor"), FloatField()) * 12 * nearness
