"""Questions of the board: everything from the aggregates, in a number of queries that no book changes."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol, Self, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Max, Min, Q
from django.db.models.functions import JSONObject
from django.http import Http404

from accounts.models import Member, Segment, SubscriptionChange, Tenant
from cs_platform.kernel import sqljobs
from cs_platform.kernel.models import Finding
from cs_platform.kernel.periods import add_months, last_complete_month
from health.engagement.formulas import Answers, nps
from health.engagement.selectors import answers_by_month, trailing
from health.enums import SurveyKind
from metrics import formulas
from metrics.enums import Basis, Dimension, Metric, Window
from metrics.figures import jobs, questions
from metrics.figures.asked import EXCHANGE_RATES, ROLL_FORWARD, TREND_MONTHS, Asked, Doubt, Months
from metrics.figures.bands import Band, bands_for_all
from metrics.formulas import Sums
from metrics.models import MonthClose, RetentionMonth

# What is left, and of what, by measure of a cohort.
COHORT_PARTS = {
    "ndr": ("active_mrr", "cohort_mrr"),
    "gdr": ("capped_mrr", "cohort_mrr"),
    "logo": ("active_customers", "cohort_customers"),
}
COHORTS_SHOWN = 7
AGES_SHOWN = 6


def _read_months(tenant: Tenant) -> tuple[Months | None, list[str]]:
    """The months with figures and what the night doubts of them, and the segments in their order. One query."""
    doubts = Finding.objects.filter(name__in=(ROLL_FORWARD, EXCHANGE_RATES), resolved_at=None).order_by("-subject")
    words = JSONObject(name="name", subject="subject", message="message")
    rows = RetentionMonth.objects.filter(window=Window.MONTH, dimension=Dimension.ALL).values(
        names=ArraySubquery(Segment.objects.values("name")), doubts=ArraySubquery(doubts.values(words=words))
    )
    paid = Min("month", filter=Q(closing_customers__gt=0))
    found = next(iter(rows.annotate(first=paid, last=Max("month")).order_by()), None)
    if found is None or found["first"] is None:
        return None, []
    last = min(found["last"], last_complete_month(tenant.figures_as_of))
    months = Months(found["first"], last, tuple(Doubt(**each) for each in found["doubts"]))
    return months if last >= months.first else None, found["names"]


def months_of(tenant: Tenant) -> Months | None:
    """The months with figures, of which the last is complete on the tenant's figures-as-of day; None without any."""
    return _read_months(tenant)[0]


def has_subscriptions() -> bool:
    """Whether there is anything that the next night could make figures of."""
    return SubscriptionChange.objects.exists()


def segment_names() -> list[str]:
    """The segments to filter by, in their order."""
    return list(Segment.objects.values_list("name", flat=True))


def names_of_values() -> dict[str, str]:
    """Names of the segments and members that aggregates know by id."""
    segments = Segment.objects.values_list("id", "name")
    return {str(key): name for key, name in (*segments, *Member.objects.values_list("id", "name"))}


def known_segment(name: str, names: Sequence[str]) -> None:
    """404 for a segment that the tenant does not have."""
    if name and name not in names:
        raise Http404


class State(Protocol):
    """What a page of figures is asked, as its query string says."""

    @property
    def segment(self) -> str: ...

    @classmethod
    def parse(cls, params: Mapping[str, str], months: Months) -> Self: ...


S = TypeVar("S", bound=State)


def read_state(kind: type[S], params: Mapping[str, str], tenant: Tenant) -> tuple[S, Months, list[str]] | None:
    """The state of a page, the months with figures and the segments to filter by; None before the first figures, 404 for
    a segment that the tenant does not have. One query."""
    months, names = _read_months(tenant)
    if months is None:
        return None
    asked = kind.parse(params, months)
    known_segment(asked.segment, names)
    return asked, months, names


def question_of(
    asked: Asked, tenant: Tenant, *, known_at: dt.datetime | None = None, basis: str = Basis.NOW
) -> questions.Question:
    """The report question behind a page: the months of its trend, its segment; for an earlier moment of knowledge only
    the asked month."""
    found = questions.ask(
        to=asked.month,
        as_of=tenant.figures_as_of,
        known_at=known_at,
        segment=asked.segment,
        only=asked.month,
        basis=basis,
    )
    return replace(found, first=add_months(asked.month, 1 - TREND_MONTHS))


def board_question(asked: Asked, tenant: Tenant) -> questions.Question:
    """The question of the board and of what is sent of it: as reported, unless the page is asked otherwise."""
    return question_of(asked, tenant, basis=asked.basis or Basis.REPORTED)


def told_as(asked: Asked, question: questions.Question) -> Asked:
    """The state of a page of the board for its links: of a closed month they lead to the same, signed figure."""
    return replace(asked, basis=Basis.REPORTED) if asked.month in question.closes else asked


def rows_question(asked: Asked, tenant: Tenant, close: MonthClose | None) -> questions.Question:
    """The question behind the rows of a figure: of a closed month told as reported the rows as known at its close, with
    the sums and the margin that were signed."""
    if close is None:
        return question_of(asked, tenant, known_at=asked.known)
    found = question_of(asked, tenant, known_at=close.known_at, basis=Basis.REPORTED)
    return replace(found, margin=close.gross_margin)


def sums_by_month(question: questions.Question, window: Window) -> dict[dt.date, Sums]:
    """The sums of each month of the question, over everybody or its one segment."""
    return {row["month"]: questions.sums_of(row) for row in questions.retention_rows(question, window)}


def sums_of_month(question: questions.Question, window: Window, month: dt.date) -> Sums:
    """The sums of one month; zeros where nobody pays."""
    return sums_by_month(replace(question, first=month, last=month), window).get(month, Sums())


def _by_value(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[dt.date, Sums]]:
    found: dict[str, dict[dt.date, Sums]] = {}
    for row in rows:
        found.setdefault(row["value"], {})[row["month"]] = questions.sums_of(row)
    return found


def sums_by_value(question: questions.Question, window: Window, dimension: Dimension) -> dict[str, dict[dt.date, Sums]]:
    """The sums of each value of a dimension, by month; of all segments, whatever the question's own is."""
    return _by_value(questions.retention_rows(replace(question, segment=""), window, dimension))


def metric_values(sums: Sums, margin: Decimal) -> dict[str, Decimal | None]:
    """The metrics of the board from a trailing year or a month: fractions of 1, LTV in minor units, None undefined."""
    figures = questions.year_figures(sums, margin)
    return {metric: figures.get(metric) for metric in (Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.LTV)}


def answers_at(close: MonthClose, kind: str, segment: str, window: int) -> Answers:
    """The answers that a close keeps, of everybody or a segment; none for one that did not exist then."""
    row = close.answers.get(str(kind), {}).get(segment, {}).get(str(window))
    if row is None:
        return Answers()
    count, promoters, passives, detractors, points, top = row
    return Answers(int(count), int(promoters), int(passives), int(detractors), Decimal(points), int(top))


@dataclass(frozen=True)
class BoardFigures:
    """What tiles and charts are made of. `shown` are the sums of the page's window, `year` those of trailing years."""

    asked: Asked
    months: Months
    question: questions.Question
    shown: Mapping[dt.date, Sums]
    year: Mapping[dt.date, Sums]
    # Those of the page's window for each value of the asked dimension; of all segments, whatever is asked of the rest.
    cut: Mapping[str, Mapping[dt.date, Sums]]
    bands: Mapping[str, Sequence[Band]]
    # Answers to surveys by kind and month, from a window before the trend on.
    surveys: Mapping[str, Mapping[dt.date, Answers]]
    # Of the asked month where it was closed, by window: what is known of it now.
    known_now: Mapping[int, Sums]

    @property
    def trend(self) -> list[dt.date]:
        """Thirteen months, the asked one last."""
        return [add_months(self.asked.month, shift) for shift in range(1 - TREND_MONTHS, 1)]

    @property
    def now(self) -> Sums:
        return self.shown.get(self.asked.month, Sums())

    def values(self, metric: str, *, year: bool = False) -> list[Decimal | None]:
        """The metric in each month of the trend. LTV needs the losses of a year in either window (MET-05)."""
        if metric == Metric.NPS:
            return [nps(self.answers(SurveyKind.NPS, month)) for month in self.trend]
        sums = self.year if year or metric == Metric.LTV else self.shown
        return [metric_values(sums.get(month, Sums()), self.question.margin_of(month))[metric] for month in self.trend]

    @property
    def close(self) -> MonthClose | None:
        """The close that the page's month is told by; None for an open month and for figures as known now."""
        return self.question.closes.get(self.asked.month)

    def answers(self, kind: str, month: dt.date) -> Answers:
        """The answers of that kind in the page's window, which ends with the month; of a closed one those known then."""
        if close := self.question.closes.get(month):
            return answers_at(close, kind, self.asked.segment, int(self.asked.window))
        return trailing(self.surveys[kind], month, int(self.asked.window))


def board_figures(asked: Asked, months: Months, tenant: Tenant) -> BoardFigures:
    """Read the aggregates for the board's tiles and charts."""
    question = board_question(asked, tenant)
    asked = told_as(asked, question)
    whole = Dimension.SEGMENT if asked.segment else Dimension.ALL
    windows = {Window.YEAR, asked.window}
    pairs = {(int(window), str(cut)) for window in windows for cut in (whole, asked.dimension)}
    rows = questions.read_retention(question, [*pairs, *((-window, str(whole)) for window in windows)])

    def sums(window: int) -> dict[dt.date, Sums]:
        found = questions.of_segment(rows[int(window), str(whole)], whole, asked.segment)
        return {row["month"]: questions.sums_of(row) for row in found}

    cut = _by_value(rows[int(asked.window), str(asked.dimension)])
    first = add_months(asked.month, 2 - TREND_MONTHS - int(asked.window))
    surveys = answers_by_month(first, asked.month, segment=asked.segment)
    return BoardFigures(
        asked=asked,
        months=months,
        question=question,
        shown=sums(asked.window),
        year=sums(Window.YEAR),
        cut=cut,
        bands=bands_for_all(),
        surveys=surveys,
        known_now={int(window): sums(-window).get(asked.month, Sums()) for window in windows},
    )


@dataclass(frozen=True)
class CohortRow:
    """The customers who first paid in a quarter, or a month: how many, their first MRR, and for each age what is left and
    of what (None while the cohort is younger)."""

    quarter: dt.date
    customers: int
    mrr: int
    parts: Sequence[tuple[int, int] | None]

    @property
    def ratios(self) -> list[Decimal | None]:
        return [formulas.ratio(*made) if made else None for made in self.parts]


def cohort_rows(question: questions.Question, month: dt.date, measure: str, **how: int) -> list[CohortRow]:
    """One of the three measures of `cohort_tables`."""
    return cohort_tables(question, month, **how)[measure]


def cohort_tables(
    question: questions.Question,
    month: dt.date,
    *,
    step: int = 3,
    shown: int = COHORTS_SHOWN,
    ages: int = AGES_SHOWN,
) -> dict[str, list[CohortRow]]:
    """Quarters of first payment (`step` 1: months), oldest first, that are at least one step old, with as many ages of
    one step each, by measure (ndr, gdr, logo). One query.

    Every month of a quarter counts at the same age, so an age is shown once the quarter's last month has reached it.
    """
    newest = cohort_of(add_months(month, 1 - 2 * step), step)
    oldest = add_months(newest, -step * (shown - 1))
    params = question.params() | {"from_month": oldest, "to_month": month}
    by_age: dict[tuple[dt.date, int], list[Mapping[str, Any]]] = {}
    for row in sqljobs.rows(jobs.SQL / "report_cohorts.sql", params, tables=question.tables):
        age = formulas.month_number(row["month"]) - formulas.month_number(row["cohort_month"])
        if age % step == 0:
            by_age.setdefault((cohort_of(row["cohort_month"], step), age // step), []).append(row)
    found: dict[str, list[CohortRow]] = {measure: [] for measure in COHORT_PARTS}
    for shift in range(shown):
        quarter = add_months(oldest, step * shift)
        first = by_age.get((quarter, 0), [])
        if not first or quarter > newest:
            continue
        aged = [
            by_age.get((quarter, age), []) if add_months(quarter, step - 1 + step * age) <= month else []
            for age in range(1, ages + 1)
        ]
        customers, mrr = sum(row["cohort_customers"] for row in first), int(sum(row["cohort_mrr"] for row in first))
        for measure, (part, whole) in COHORT_PARTS.items():
            parts = [
                (int(sum(row[part] for row in rows)), int(sum(row[whole] for row in rows))) if rows else None
                for rows in aged
            ]
            found[measure].append(CohortRow(quarter, customers, mrr, parts))
    return found


def board_cohorts(question: questions.Question, asked: Asked) -> list[CohortRow]:
    """The cohorts of the board's month, measure and segment: of a month told as reported those that were signed, none of a
    segment that did not exist then. A close from before cohorts were kept tells what is known now."""
    close = question.closes.get(asked.month)
    kept = MonthClose.objects.values_list("cohorts", flat=True).get(id=close.id) if close else {}
    if not kept:
        return cohort_rows(question, asked.month, asked.cohort)
    return [
        CohortRow(dt.date.fromisoformat(quarter), customers, mrr, [part and (part[0], part[1]) for part in parts])
        for quarter, customers, mrr, parts in kept.get(asked.segment, {}).get(asked.cohort, ())
    ]


def cohort_of(month: dt.date, step: int) -> dt.date:
    """First month of the cohort. Example: 2026-05-01 gives 2026-04-01 for quarters, itself for months."""
    return month.replace(month=month.month - (month.month - 1) % step)
