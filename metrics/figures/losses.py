"""Who left, and why (MET-04, MET-09, MET-10): the customers that the standing ledger lost in some months and that have not
come back, each with the one answer about its end. What was lost where is retention itself (`metrics.figures.cutting`)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.churn import english
from cs_platform.kernel import sqljobs
from metrics import formulas
from metrics.figures import jobs
from metrics.figures.questions import Question

UNANSWERED = "(unanswered)"
# Why customers leave by the reference (MET-10, source 004 of the requirements): percent, sums to 100.
REFERENCE: dict[str, int] = {
    "product_fit": 40,
    "price": 20,
    "adoption": 15,
    "competition": 10,
    "closure": 10,
    "other": 5,
}


@dataclass(frozen=True)
class Given:
    """Customers that left for one reason: the category (None: nobody answered), the words, a quarter, and their MRR."""

    category: str | None
    reason: str
    quarter: dt.date
    customers: int
    mrr: int


def stage_lost(question: Question) -> None:
    """Temporary table `lost` for the months, segment and moment of knowledge of the question; see churn_lost.sql."""
    jobs.stage_logos(question.known_at)
    jobs.stage_history(question.known_at)
    params = question.params() | {"known_at": question.known_at}
    with sqljobs.in_bulk(sqljobs.MANY):  # each part is read whole
        sqljobs.execute(jobs.SQL / "churn_lost.sql", params, tables=question.tables)


def given(since: dt.date = dt.date.min) -> list[Given]:
    """The staged customers that left since a month, by category, reason and quarter."""
    return [Given(**row) for row in sqljobs.rows(jobs.SQL / "churn_reasons.sql", {"since": since})]


@dataclass(frozen=True)
class ReasonLine:
    """A reason with how many left for it and their MRR; shares are of the answered customers."""

    category: str
    reason: str
    customers: int
    mrr: int
    share: Decimal | None


@dataclass(frozen=True)
class CategoryLine:
    """A category with its reasons, the most frequent first."""

    category: str
    customers: int
    mrr: int
    share: Decimal | None
    reasons: tuple[ReasonLine, ...]


@dataclass(frozen=True)
class Reasons:
    """Why customers left: the categories, the most frequent first (then in the reference's order), and who was not
    asked or has not answered."""

    categories: tuple[CategoryLine, ...]
    unanswered: int
    unanswered_mrr: int

    @property
    def answered(self) -> int:
        return sum(line.customers for line in self.categories)

    @property
    def customers(self) -> int:
        return self.answered + self.unanswered

    def of(self, category: str) -> CategoryLine:
        """One category; an empty line for one that nobody named."""
        return next(
            (line for line in self.categories if line.category == category),
            CategoryLine(category, 0, 0, formulas.ratio(0, self.answered), ()),
        )


def reasons_of(rows: Iterable[Given]) -> Reasons:
    """Add up what was given. Example: 6 of 10 answered name the product, 2 more said nothing: a share of 0.6."""
    counted: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    silent = [0, 0]
    for row in rows:
        sums = silent if row.category is None else counted[row.category, row.reason]
        sums[0] += row.customers
        sums[1] += row.mrr
    answered = sum(customers for customers, _mrr in counted.values())
    found = []
    for place, category in enumerate(REFERENCE):
        lines = [
            ReasonLine(category, reason, customers, mrr, formulas.ratio(customers, answered))
            for (of, reason), (customers, mrr) in counted.items()
            if of == category
        ]
        if not lines:
            continue
        lines.sort(key=lambda line: (-line.customers, -line.mrr, line.reason))
        total = sum(line.customers for line in lines)
        whole = CategoryLine(
            category, total, sum(line.mrr for line in lines), formulas.ratio(total, answered), tuple(lines)
        )
        found.append((-total, place, whole))
    return Reasons(tuple(line for _n, _place, line in sorted(found, key=lambda each: each[:2])), *silent)


def report_rows(question: Question) -> list[dict[str, Any]]:
    """The rows of the report churn_reasons: categories by the reference's English names, the unanswered at the end."""
    stage_lost(question)
    found = reasons_of(given())
    rows = [
        {
            "category": english(line.category),
            "reason": reason.reason,
            "customers": reason.customers,
            "share": formulas.ratio8(reason.share),
            "category_customers": line.customers,
            "category_share": formulas.ratio8(line.share),
        }
        for line in found.categories
        for reason in line.reasons
    ]
    if found.unanswered:
        rows.append(
            {
                "category": UNANSWERED,
                "reason": "",
                "customers": found.unanswered,
                "share": None,
                "category_customers": found.unanswered,
                "category_share": None,
            }
        )
    return rows
