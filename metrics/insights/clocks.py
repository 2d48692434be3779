"""Three clocks that start when a contract is signed (MET-14): the first use of the product, the end of onboarding, and
the first value that the customer confirmed, which is the time to value.

Read set-wise and reduced in SQL. Who has not got there is censored: it waits until the day asked for, or until it left.
A clock needs `Account.signed_on`; the clock of the first use also that usage was collected by then. Segment, source and
CSM are those of today; a target is the upper edge of what is usual for the segment's profile (`TTV_BANDS`).
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Min

from accounts.models import Member, Tenant
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.tenancy import current_tenant_id
from health.models import AccountDay
from health.outcomes.progress import TTV_BANDS
from metrics.enums import Metric
from metrics.figures import jobs, survival
from metrics.figures.lineage import visible_to
from metrics.formulas import ratio

CLOCKS = (Metric.TTV_LOGIN, Metric.TTV_ONBOARDING, Metric.TTV)
CUTS = ("all", "segment", "source", "industry", "region", "tier", "size", "owner", "month", "quarter")
STATES = ("late", "open", "reached", "left")
EARLY_DAYS = 90  # told for everybody, whatever is usual for a segment (E19)
RUNNING = jobs.SQL / "clocks_running.sql"


@dataclass(frozen=True)
class ClockRow:
    """`accounts` that signed in `month`, with one value of the cut and the same clock: `reached` after `days`, or still
    waiting after them (`left_it`: gone by then). `due`: old enough to be judged by the `target`; `due_90` by 90 days."""

    month: dt.date
    value: str
    clock: str
    reached: bool
    left_it: bool
    days: int
    target: int | None
    due: bool | None
    due_90: bool
    accounts: int


@dataclass(frozen=True)
class Clocked:
    """One account on one clock. `over` are the days beyond its target, `planned` the first value that is agreed."""

    account_id: UUID
    name: str
    external_id: str
    owner: str
    segment: str
    source: str
    mrr_minor: int
    signed_on: dt.date
    days: int
    target: int | None
    over: int
    reached: bool
    left_it: bool
    login_on: dt.date | None
    onboarding_on: dt.date | None
    value_on: dt.date | None
    planned: str | None
    due_on: dt.date | None


@dataclass(frozen=True)
class Behind:
    """The accounts of a list that the reader may open, how many there are in all, and how many of them stay hidden."""

    lines: list[Clocked]
    accounts: int
    hidden: int


class Clocks:
    """The clocks of the accounts signed from one day to another, as of a day and as known at a moment. Made once for a
    page: they stand in a temporary table, from which each question is one statement."""

    def __init__(
        self,
        *,
        as_of: dt.date,
        signed_from: dt.date = dt.date.min,
        signed_to: dt.date = dt.date.max,
        segment: str = "",
        known_at: dt.datetime | None = None,
    ) -> None:
        tenant = Tenant.current()
        known_on = known_at.astimezone(tenant.zone).date() if known_at else dt.date.max
        usage = AccountDay.objects.filter(known_on__lte=known_on).aggregate(first=Min("day"))["first"]
        self.usage_from: dt.date | None = usage
        self.params = {
            "as_of": as_of,
            "signed_from": signed_from,
            "signed_to": signed_to,
            "segment": segment,
            "known_at": known_at or jobs.FOREVER,
            "known_on": known_on,
            "usage_from": usage or dt.date.max,
            "dunning_days": tenant.dunning_days,
            "tenant_id": current_tenant_id(),
            "targets": json.dumps({profile: late for profile, (_early, late) in TTV_BANDS.items()}),
        }
        copying.drop("clocked")
        sqljobs.execute(jobs.SQL / "clocks.sql", self.params)

    def rows(self, cut: str = "all") -> list[ClockRow]:
        """All three clocks by the month of the signature and the value of `cut` (one of CUTS)."""
        if cut not in CUTS:
            raise ValueError(cut)
        found = sqljobs.rows(jobs.SQL / "clock_counts.sql", self.params | {"cut": cut}, tables={"running": RUNNING})
        return [ClockRow(**row) for row in found]

    def behind(
        self,
        member: Member,
        clock: str,
        *,
        state: str = "",
        cut: str = "all",
        value: str = "",
        after: UUID | None = None,
        limit: int | None = 50,
    ) -> Behind:
        """The accounts of a clock in a state (one of STATES, or all), the furthest over their target first."""
        params = self.params | {
            "clock": str(clock),
            "state": state,
            "cut": cut,
            "value": value,
            "after": after,
            "limit": limit,
        }
        tables: sqljobs.Tables = {"running": RUNNING, "visible": visible_to(member)}
        found = sqljobs.rows(jobs.SQL / "clock_accounts.sql", params, tables=tables)
        if not found:
            return Behind([], 0, 0)
        names = Clocked.__dataclass_fields__
        lines = [Clocked(**{name: row[name] for name in names}) for row in found if row["visible"]]
        return Behind(lines, found[0]["accounts"], found[0]["hidden"])


@dataclass(frozen=True)
class Summary:
    """What a clock says of a group: how many started, reached it, wait, left; the median in days with those waiting
    counted (None when half never got there), and the shares that got there in time, of those whose time is up."""

    accounts: int
    reached: int
    open: int
    left: int
    median: Decimal | None
    in_time: int
    judged: int
    in_90: int
    judged_90: int
    steps: survival.Curve

    @property
    def share_in_time(self) -> Decimal | None:
        """Within the target of its segment. Who left without is not in time; who is too young is not judged yet."""
        return ratio(self.in_time, self.judged)

    @property
    def share_in_90(self) -> Decimal | None:
        return ratio(self.in_90, self.judged_90)


def summary(rows: Iterable[ClockRow]) -> Summary:
    """Sum up the rows of one clock."""
    told: Sequence[ClockRow] = list(rows)
    steps = survival.curve(survival.Wait(row.days, row.reached, row.accounts) for row in told)

    def count(wanted: Iterable[ClockRow]) -> int:
        return sum(row.accounts for row in wanted)

    due = [row for row in told if row.due and row.target is not None]
    due_90 = [row for row in told if row.due_90]
    return Summary(
        accounts=count(told),
        reached=count(row for row in told if row.reached),
        open=count(row for row in told if not row.reached and not row.left_it),
        left=count(row for row in told if row.left_it),
        median=survival.median(steps),
        in_time=count(row for row in due if row.reached and row.days <= (row.target or 0)),
        judged=count(due),
        in_90=count(row for row in due_90 if row.reached and row.days <= EARLY_DAYS),
        judged_90=count(due_90),
        steps=steps,
    )


def by_value(rows: Iterable[ClockRow], clock: str) -> dict[str, Summary]:
    """The summary of one clock for each value of the cut that the rows were read by."""
    groups: dict[str, list[ClockRow]] = {}
    for row in rows:
        if row.clock == clock:
            groups.setdefault(row.value, []).append(row)
    return {value: summary(found) for value, found in groups.items()}
