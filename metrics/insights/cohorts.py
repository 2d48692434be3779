"""Cohorts as people look into them: their pooled curve, whether newer ones do better, and the accounts of a cell (MET-08,
MET-13). The ratios themselves come from `selectors.cohort_rows`; nothing here computes retention."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from accounts.models import Member
from cs_platform.kernel import sqljobs
from cs_platform.kernel.periods import add_months
from metrics.figures import jobs, questions
from metrics.figures.lineage import visible_to
from metrics.figures.selectors import CohortRow
from metrics.formulas import ratio

LAND_AGE = 24  # months after the first one at which land and expand is told (MET-13)
COMPARED_MONTHS = 12  # of cohorts on either side of the comparison
SAME = Decimal("0.01")  # a smaller difference is not called one
FEW = 20  # customers below which a share says little


def pooled(rows: Sequence[CohortRow]) -> list[Decimal | None]:
    """All cohorts together at each age, of those that have reached it: sums over sums, so that large cohorts weigh more."""
    ages = max((len(row.parts) for row in rows), default=0)
    found: list[Decimal | None] = []
    for age in range(ages):
        told = [row.parts[age] for row in rows if row.parts[age] is not None]
        known = [part for part in told if part is not None]
        found.append(ratio(sum(part for part, _whole in known), sum(whole for _part, whole in known)))
    return found


@dataclass(frozen=True)
class Comparison:
    """The newer cohorts beside those before them at the same age: ratios, customers, first and last cohort of each."""

    age: int
    newer: Decimal
    older: Decimal
    newer_customers: int
    older_customers: int
    newer_span: tuple[dt.date, dt.date]
    older_span: tuple[dt.date, dt.date]

    @property
    def verdict(self) -> str:
        """improving, worsening or same. Example: churn of 15% before and 8% now, so 85% and 92% kept: improving."""
        change = self.newer - self.older
        if abs(change) < SAME:
            return "same"
        return "improving" if change > 0 else "worsening"

    @property
    def small(self) -> bool:
        return min(self.newer_customers, self.older_customers) < FEW


def compare(rows: Sequence[CohortRow], step: int) -> Comparison | None:
    """The cohorts of up to a year that have reached an age, against as many before them; at twelve months where at least
    two cohorts are that old, else at the oldest age that two have reached. None where there is none."""
    count = COMPARED_MONTHS // step
    ages = max((len(row.parts) for row in rows), default=0)
    for age in range(min(ages, count), 0, -1):
        told = [(row, part) for row in rows if (part := row.parts[age - 1]) is not None and part[1]]
        if len(told) < 2:
            continue
        size = min(count, len(told) // 2)
        newer, older = told[-size:], told[-2 * size : -size]
        now = ratio(sum(part[0] for _row, part in newer), sum(part[1] for _row, part in newer))
        then = ratio(sum(part[0] for _row, part in older), sum(part[1] for _row, part in older))
        if now is None or then is None:
            continue
        return Comparison(
            age=age * step,
            newer=now,
            older=then,
            newer_customers=sum(row.customers for row, _part in newer),
            older_customers=sum(row.customers for row, _part in older),
            newer_span=(newer[0][0].quarter, newer[-1][0].quarter),
            older_span=(older[0][0].quarter, older[-1][0].quarter),
        )
    return None


@dataclass(frozen=True)
class AgedLine:
    """A customer at an age: its first MRR at the rate of then, and what it paid then (0: not any more)."""

    account_id: UUID
    name: str
    external_id: str
    first_month: dt.date
    first_mrr: int
    mrr: int

    @property
    def times(self) -> Decimal | None:
        return ratio(self.mrr, self.first_mrr)


@dataclass(frozen=True)
class AgedBehind:
    """The customers that the reader may open, those that moved most first; sums over all, and over the hidden ones."""

    lines: list[AgedLine]
    accounts: int
    survivors: int
    hidden: int
    first_total: int
    total: int
    hidden_total: int

    @property
    def rest(self) -> int:
        return self.accounts - self.hidden - len(self.lines)


def aged_behind(
    question: questions.Question, member: Member, *, first: dt.date, last: dt.date, age: int, limit: int | None = 40
) -> AgedBehind:
    """The customers who first paid from `first` to `last`, each `age` months later, as far as the question's last month."""
    params = question.params() | {"cohort_from": first, "cohort_to": last, "age": age, "limit": limit}
    tables = {**question.tables, "visible": visible_to(member)}
    rows = sqljobs.rows(jobs.SQL / "cohort_accounts.sql", params, tables=tables)
    if not rows:
        return AgedBehind([], 0, 0, 0, 0, 0, 0)
    names = AgedLine.__dataclass_fields__
    head = rows[0]
    return AgedBehind(
        [AgedLine(**{name: row[name] for name in names}) for row in rows if row["visible"]],
        head["accounts"],
        head["survivors"],
        head["hidden"],
        int(head["first_total"]),
        int(head["total"]),
        int(head["hidden_total"]),
    )


def land_span(month: dt.date) -> dt.date:
    """The newest cohort that is 24 months old at the end of `month`."""
    return add_months(month, -LAND_AGE)
