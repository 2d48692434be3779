"""Where customers are lost (MET-04, MET-08, MET-09): losses of any span of months cut by what customers are, cohorts at the
same age, and what the losses say by the company's rules. Losses are retention itself, from the same SQL as the board's."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from accounts.churn import Rule
from cs_platform.kernel import sqljobs
from cs_platform.kernel.periods import add_months
from metrics import formulas
from metrics.enums import Cut, Dimension, Window
from metrics.figures import cutting, jobs, questions
from metrics.figures.cutting import Slice
from metrics.figures.losses import Reasons
from metrics.formulas import Sums

BY = (Cut.SEGMENT, Cut.INDUSTRY, Cut.SOURCE, Cut.SIZE, Cut.ACV_BAND, Cut.QUARTER, Cut.COHORT, Cut.OWNER)
COHORTS = {Cut.QUARTER: ("quarter", 3), Cut.COHORT: ("month", 1)}
SMALL = 20  # customers at the start below which one loss is more than five points
FEW = 5  # answers below which no share means anything
LEAST_AGE, MOST_AGE = 3, 12  # months at which cohorts are compared
BEFORE = 12  # months of cohorts that the newest is compared with
WORSE = 2  # times the loss of the others that makes a segment the problem


@dataclass(frozen=True)
class Spell:
    """Months asked about, both included. The customers at its start are those who paid at the end of the month before."""

    first: dt.date
    last: dt.date

    @property
    def months(self) -> int:
        return formulas.month_number(self.last) - formulas.month_number(self.first) + 1

    @property
    def base_month(self) -> dt.date:
        return add_months(self.first, -1)

    @property
    def kept(self) -> bool:
        """Whether the night's aggregates and the lineage know a window of this length."""
        return self.months in (Window.MONTH, Window.YEAR)


def slice_of(cut: Cut, segment: str) -> Slice:
    """Everybody, or one segment, cut by something."""
    return Slice({Cut.SEGMENT: (segment,)} if segment else {}, cut)


def sums_by(question: questions.Question, spell: Spell, cut: Slice) -> tuple[Sums, dict[str, Sums]]:
    """The sums of the spell over everybody in the slice and by what it is cut by."""
    asked = cutting.ledger(replace(question, segment=""), cut, (spell.last, spell.last), spell.months, every=1)
    asked = replace(asked, segment="", first=spell.last, last=spell.last)
    rows = questions.retention_rows(asked, spell.months, Dimension.ALL)
    total = questions.sums_of(rows[0]) if rows else Sums()
    found = questions.retention_rows(asked, spell.months, cut.cut) if cut.cut != Cut.ALL else []
    return total, {row["value"]: questions.sums_of(row) for row in found}


def lost_of(question: questions.Question, spell: Spell, cut: Slice, value: str) -> dict[UUID, Sums]:
    """The customers that one value lost, each with its own sums: exactly those that its figure counts."""
    _total, found = sums_by(question, spell, cut.only(value))
    return {UUID(key): sums for key, sums in found.items() if sums.churned_customers}


@dataclass(frozen=True)
class Cohort:
    """Customers won in a quarter or month, and how many of them paid nothing when they had reached the age compared."""

    first: dt.date
    customers: int
    lost: int

    @property
    def churn(self) -> Decimal | None:
        return formulas.ratio(self.lost, self.customers)


@dataclass(frozen=True)
class Ageing:
    """Cohorts at the same age in months, oldest first; the last one is compared with those of the year before it."""

    age: int
    cohorts: list[Cohort]
    months: int  # of a cohort

    @property
    def newest(self) -> Cohort | None:
        return self.cohorts[-1] if self.cohorts else None

    @property
    def before(self) -> Cohort | None:
        """The cohorts of the year before the newest, taken together; the nearest earlier one where that year had none."""
        if len(self.cohorts) < 2:
            return None
        newest, earlier = self.cohorts[-1], self.cohorts[:-1]
        year = [cohort for cohort in earlier if cohort.first >= add_months(newest.first, -BEFORE)] or earlier[-1:]
        return Cohort(year[0].first, sum(c.customers for c in year), sum(c.lost for c in year))

    @property
    def improving(self) -> bool | None:
        """Whether the newest cohort lost less than those before; None when it lost as much, or there is nothing to compare.

        Example: 15% of Q4 2024 and 8% of Q1 2026 lost after as many months: improving.
        """
        newest, before = self.newest, self.before
        if newest is None or before is None or newest.churn == before.churn:
            return None
        return (newest.churn or Decimal(0)) < (before.churn or Decimal(0))

    @property
    def small(self) -> bool:
        return any(side is not None and side.customers < SMALL for side in (self.newest, self.before))


def ageing(question: questions.Question, cut: Cut) -> Ageing:
    """Cohorts by quarter or month at the age that the newest one has reached as a whole: at least three months, at most
    twelve. Two statements."""
    grain, months = COHORTS[cut]
    params = question.params() | {"grain": grain, "cohort_months": months, "age": LEAST_AGE}
    newest = sqljobs.rows(jobs.SQL / "churn_newest.sql", params, tables=question.tables)[0]["cohort"]
    if newest is None:
        return Ageing(LEAST_AGE, [], months)
    grown = formulas.month_number(question.last) - formulas.month_number(add_months(newest, months - 1))
    age = min(grown, MOST_AGE)
    jobs.stage_history(question.known_at)
    rows = sqljobs.rows(jobs.SQL / "churn_cohorts.sql", params | {"age": age}, tables=question.tables)
    return Ageing(age, [Cohort(row["cohort"], row["customers"], row["lost"]) for row in rows], months)


@dataclass(frozen=True)
class Insight:
    """What a rule says of the losses, with the numbers that made it speak. `segment` is set for a rule about one."""

    rule: Rule
    part: int
    whole: int
    segment: str = ""
    churn: Decimal | None = None
    others: Decimal | None = None

    @property
    def share(self) -> Decimal:
        return Decimal(self.part) / self.whole

    @property
    def advice(self) -> str:
        return self.rule.label.replace("%(segment)s", self.segment)


def insights(rules: Sequence[Rule], reasons: Reasons, since: dt.date, segments: Mapping[str, Sums]) -> list[Insight]:
    """The rules that speak, of the staged customers since a month and the losses by segment. One statement."""
    said = [rule for rule in rules if rule.category]
    found = []
    if said and reasons.answered >= FEW:
        params = {
            "since": since,
            "categories": [r.category for r in said],
            "patterns": [pattern(r.words) for r in said],
        }
        for row in sqljobs.rows(jobs.SQL / "churn_rules.sql", params):
            rule = said[row["place"] - 1]
            if row["customers"] * 100 >= rule.least * reasons.answered:
                found.append(Insight(rule, row["customers"], reasons.answered))
    return found + [each for rule in rules if not rule.category for each in _segments(rule, segments)]


def _segments(rule: Rule, segments: Mapping[str, Sums]) -> list[Insight]:
    """The segments that carry the losses: at least the rule's share of the lost customers, and a loss at least twice that
    of everybody else."""
    lost = sum(sums.churned_customers for sums in segments.values())
    base = sum(sums.opening_customers for sums in segments.values())
    found = []
    for name, sums in segments.items():
        rest = base - sums.opening_customers
        if lost < FEW or not name or not rest or sums.churned_customers * 100 < rule.least * lost:
            continue
        own = formulas.logo_churn(sums) or Decimal(0)
        others = Decimal(lost - sums.churned_customers) / rest
        if own >= WORSE * others:
            found.append(Insight(rule, sums.churned_customers, lost, name, own, others))
    return found


def pattern(words: str) -> str:
    """Beginnings of words as a pattern of PostgreSQL; "" lets everything through. Example: cheap, price matches "a cheaper
    offer" and not "enterprise"."""
    parts = [re.sub(r"(\W)", r"\\\1", " ".join(word.split())) for word in words.split(",") if word.strip()]
    return rf"\m(?:{'|'.join(parts)})" if parts else ""
