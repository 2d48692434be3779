"""The reports of usage (CONTRACTS 3), from roll-ups alone: they answer for any day, also when raw events are long gone.

Each takes the last day that counts and the day of knowledge: roll-ups of late events lie under the day on which they
were received, so an earlier knowledge is a filter.
"""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from cs_platform.kernel import sqljobs
from cs_platform.kernel.periods import add_months, month_end, month_of, month_text
from cs_platform.kernel.tenancy import current_tenant_id
from health.usage import formulas
from health.usage.storage import SQL

MONTH_COLUMNS = [
    "account",
    "month",
    "event_rows",
    "quantity",
    "active_days",
    "active_users",
    "avg_dau",
    "stickiness",
    "wau_at_month_end",
    "features_used",
]
AS_OF_COLUMNS = [
    "account",
    "as_of",
    "quantity_28d",
    "quantity_prev_28d",
    "change_28d",
    "active_users_28d",
    "active_users_7d",
    "features_90d",
    "catalog_size",
    "feature_adoption_90d",
    "days_since_last_event",
    "dormant",
]
EVER = dt.date(1900, 1, 1)


def usage_month(
    *,
    first: dt.date | None,
    last: dt.date | None,
    as_of: dt.date,
    known_on: dt.date,
    segment: str = "",
    account: UUID | None = None,
) -> list[dict[str, Any]]:
    """One row for each account and month (both ends included) with events up to `as_of`; the running month so far.

    `avg_dau` is the mean over the calendar days of the month that have passed, days without users included.
    """
    until = min(as_of, known_on, month_end(last) if last else as_of)
    since = first or EVER
    week = formulas.window(until, 7)
    params = {
        "tenant": current_tenant_id(),
        "segment": segment,
        "account": str(account) if account else None,
        "since": since,
        "until": until,
        "known_on": known_on,
        "before": max(add_months(month_of(since), -1), EVER),
        "last_month": month_of(until),
        "last_mask": formulas.window(until, until.day)[month_of(until)],
        "week_months": list(week),
        "week_masks": list(week.values()),
    }
    rows = []
    for row in sqljobs.rows(SQL / "report_month.sql", params):
        daily, days = row.pop("daily_users"), formulas.month_length(row["month"], until)
        rows.append(
            row
            | {
                "month": month_text(row["month"]),
                "quantity": shortest(row["quantity"]),
                "avg_dau": eight(formulas.average(daily, days)),
                "stickiness": eight(formulas.stickiness(daily, days, row["active_users"])),
            }
        )
    return rows


def usage_as_of(*, as_of: dt.date, known_on: dt.date, segment: str = "") -> list[dict[str, Any]]:
    """One row for each account that had an event by `as_of`: its 28-day windows, features of 90 days, days of silence."""
    until = min(as_of, known_on)
    unknown = (as_of - until).days  # days of the windows of which nothing was known yet
    month, week = formulas.window(until, 28 - unknown), formulas.window(until, 7 - unknown)
    params = {
        "tenant": current_tenant_id(),
        "segment": segment,
        "as_of": as_of,
        "until": until,
        "known_on": known_on,
        "months": list(month),
        "masks_28": list(month.values()),
        "masks_7": [week.get(m, 0) for m in month],
    }
    rows = []
    for row in sqljobs.rows(SQL / "report_as_of.sql", params):
        now, before = row["quantity_28d"], row["quantity_prev_28d"]
        rows.append(
            row
            | {
                "as_of": as_of.isoformat(),
                "quantity_28d": shortest(now),
                "quantity_prev_28d": shortest(before),
                "change_28d": eight(formulas.change(now, before)),
                "feature_adoption_90d": eight(formulas.share(row["features_90d"], row["catalog_size"])),
                "dormant": row["days_since_last_event"] >= 28,
            }
        )
    return rows


def eight(value: Decimal | None) -> Decimal | None:
    """To 8 decimals, half up."""
    return None if value is None else value.quantize(Decimal("0.00000001"), rounding=ROUND_HALF_UP)


def shortest(value: Decimal) -> Decimal:
    """Without zeros behind the point. Example: 3.000000 is 3, 2.500000 is 2.5."""
    return value.normalize() if value else Decimal(0)
