"""Questions about answers to surveys: by kind and period, of everybody, a segment or an account (MET-16, MET-17)."""

import datetime as dt
from collections.abc import Collection, Mapping
from pathlib import Path
from uuid import UUID

from accounts.models import Tenant
from cs_platform.kernel import sqljobs
from cs_platform.kernel.periods import add_months, months_between
from health.engagement.formulas import CSAT_SCALE, PASSIVE, PROMOTER, TOP_BOXES, Answers, total
from health.enums import SurveyKind

SQL = Path(__file__).parent / "sql"
KINDS = (SurveyKind.NPS, SurveyKind.CSAT, SurveyKind.CES)
ByMonth = Mapping[dt.date, Answers]


def bounds(first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The instants at which the tenant's month `first` begins and its month `last` ends."""
    zone = Tenant.current().zone
    return (
        dt.datetime.combine(first, dt.time(), tzinfo=zone),
        dt.datetime.combine(add_months(last, 1), dt.time(), tzinfo=zone),
    )


def answers_by_month(
    first: dt.date,
    last: dt.date,
    *,
    kinds: Collection[str] = KINDS,
    segment: str = "",
    account: UUID | None = None,
    known_on: dt.date | None = None,
) -> dict[str, dict[dt.date, Answers]]:
    """Sums by kind and month, both months included. Accounts are in the segment that they are in now."""
    start, until = bounds(first, last)
    params = {
        "zone": str(start.tzinfo),
        "first": start,
        "until": until,
        "kinds": [str(kind) for kind in kinds],
        "segment": segment,
        "account": str(account) if account else None,
        "known_on": known_on or dt.date.max,
        "promoter": PROMOTER,
        "passive": PASSIVE,
        "csat_scale": CSAT_SCALE,
        "boxes": TOP_BOXES,
    }
    found: dict[str, dict[dt.date, Answers]] = {str(kind): {} for kind in kinds}
    for row in sqljobs.rows(SQL / "answers.sql", params):
        kind, month = row.pop("kind"), row.pop("month")
        found[kind][month] = Answers(**row)
    return found


def trailing(by_month: ByMonth, month: dt.date, months: int) -> Answers:
    """The answers of the `months` months that end with `month`."""
    return total(by_month.get(each, Answers()) for each in months_between(add_months(month, 1 - months), month))
