"""Values of any metric of the catalogue, by month or quarter, of everybody or cut and filtered (MET-23): one function for the
explorer and the API. A fixed number of statements for each metric, whatever the book.

What is summed comes from `explore_sources`; what a metric makes of the sums stands here.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from cs_platform.kernel.periods import add_months, months_between
from metrics import formulas
from metrics.catalogue import MetricDefinition, of
from metrics.enums import Metric, Origin, Window
from metrics.explore import sources
from metrics.figures import cutting, questions, survival
from metrics.figures.cutting import Slice
from metrics.formulas import Sums
from metrics.insights.acquisition import Acquired, Economics

GRAINS = (Window.MONTH, Window.QUARTER)


@dataclass(frozen=True)
class Exploration:
    """What is asked: a metric by month or quarter, over a window of that length or a year, of a slice of the customers.

    `first` and `last` are the periods' last months, both included. `known` tells it as known at the question's moment.
    """

    metric: Metric
    first: dt.date
    last: dt.date
    grain: Window = Window.MONTH
    window: Window = Window.YEAR
    cut: Slice = field(default_factory=Slice)
    known: bool = False

    @property
    def said(self) -> MetricDefinition:
        return of(self.metric)

    @property
    def periods(self) -> list[dt.date]:
        """The last month of each period."""
        return [m for m in months_between(self.first, self.last) if self.grain == Window.MONTH or m.month % 3 == 0]

    def months_of(self, period: dt.date) -> list[dt.date]:
        """The months that a value of the period is made of. Example: a quarter's new MRR is that of three months."""
        return list(months_between(add_months(period, 1 - int(self.window)), period))

    def at(self, period: dt.date) -> "Exploration":
        """The same of one period only."""
        return replace(self, first=period, last=period)


@dataclass(frozen=True)
class Point:
    """A value in the unit of its metric, None where it is undefined, and how many it stands on: customers, answers,
    tickets, users. `sums` are those of a metric of the ledger."""

    value: Decimal | None
    base: int
    sums: Sums | None = None


Points = dict[dt.date, Point]


@dataclass(frozen=True)
class Series:
    """The values of everybody in the slice by period, and those of each value that it is cut by."""

    total: Points
    by_value: dict[str, Points]


def windows_of(said: MetricDefinition, grain: Window) -> tuple[Window, ...]:
    """The windows that a metric can be asked with at this grain, the usual one first."""
    return tuple(w for w in (Window.YEAR, grain) if w in said.windows)


def values(question: questions.Question, asked: Exploration) -> Series:
    """The series of what is asked. Months without anything to count have a point with an undefined value."""
    rows = ROWS[asked.said.origin](question, asked)
    judged = JUDGED[asked.said.origin]

    def points(key: str | None) -> Points:
        return {period: judged(question, asked, period, rows.of(key)) for period in asked.periods}

    return Series(
        points(None), {value: points(value) for value in sorted(rows.values())} if asked.cut.cut != "all" else {}
    )


# ---- the ledger

STOCKS: Mapping[Metric, Callable[[Sums], Decimal | None]] = {
    Metric.MRR: lambda sums: Decimal(sums.closing),
    Metric.ARR: lambda sums: Decimal(12 * sums.closing),
    Metric.CUSTOMERS: lambda sums: Decimal(sums.closing_customers),
    Metric.ACV: lambda sums: formulas.average_annual(sums.closing, sums.closing_customers),
}
FLOWS: Mapping[Metric, tuple[Callable[[Sums], Decimal | None], Callable[[Sums], int]]] = {
    Metric.NEW_MRR: (lambda sums: Decimal(sums.new), lambda sums: sums.new_customers),
    Metric.EXPANSION_MRR: (lambda sums: Decimal(sums.expansion), lambda sums: sums.expanded_customers),
    Metric.CONTRACTION_MRR: (lambda sums: Decimal(sums.contraction), lambda sums: sums.contracted_customers),
    Metric.CHURNED_MRR: (lambda sums: Decimal(sums.churned), lambda sums: sums.churned_customers),
    Metric.REACTIVATION_MRR: (lambda sums: Decimal(sums.reactivation), lambda sums: sums.reactivated_customers),
    Metric.QUICK_RATIO: (formulas.quick_ratio, lambda sums: sums.opening_customers),
}


def _sums_rows(question: questions.Question, asked: Exploration) -> sources.Rows:
    by_month = asked.metric in STOCKS or asked.metric in FLOWS
    first = asked.months_of(asked.first)[0] if by_month else asked.first
    return sources.sums(
        question, asked.cut, (first, asked.last), Window.MONTH if by_month else asked.window, known=asked.known
    )


def _sums_point(question: questions.Question, asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    if asked.metric in FLOWS:
        total = Sums.added(rows[month] for month in asked.months_of(period) if month in rows)
        amount, count = FLOWS[asked.metric]
        return Point(amount(total), count(total), total)
    sums: Sums = rows.get(period) or Sums()
    if asked.metric in STOCKS:
        return Point(STOCKS[asked.metric](sums), sums.closing_customers, sums)
    figures = questions.year_figures(sums, question.margin_of(period))
    return Point(figures[str(asked.metric)], sums.opening_customers, sums)


# ---- cohorts and acquisition


def _land(_question: questions.Question, _asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    """Everybody who has reached the age of 24 months by then."""
    reached = [row for month, row in rows.items() if month <= period]
    return Point(
        formulas.ratio(sum(row["later"] for row in reached), sum(row["first"] for row in reached)),
        sum(row["survivors"] for row in reached),
    )


def _acquisition_rows(question: questions.Question, asked: Exploration) -> sources.Rows:
    found = sources.acquisition(question, asked.cut, (asked.months_of(asked.first)[0], asked.last))
    if asked.metric == Metric.CAC:
        return found
    span = (asked.first, asked.last)
    year = sources.sums(question, asked.cut, span, Window.YEAR)
    return found.beside(year)


def _acquisition(question: questions.Question, asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    won = [rows[month] for month in asked.months_of(period) if month in rows and "known" in rows[month]]
    total = Acquired(*(sum(row[name] for row in won) for name in ("won", "known", "cost")))
    sums: Sums = rows.get(period, {}).get("sums") or Sums()
    told = Economics(total, sums, question.margin_of(period))
    value = {Metric.CAC: told.cac, Metric.LTV_CAC: told.ltv_cac, Metric.PAYBACK: told.payback}[asked.metric]
    return Point(value, total.known)


def _clock(_question: questions.Question, asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    """Median of who signed in the period; who still waits is counted as waiting."""
    waits = [wait for month in asked.months_of(period) for wait in rows.get(month, ())]
    return Point(survival.median(survival.curve(waits)), sum(wait.count for wait in waits))


# ---- everything that is counted by account and day


def _added(asked: Exploration, period: dt.date, rows: sources.Months, *names: str) -> list[Any]:
    found = [rows[month] for month in asked.months_of(period) if month in rows]
    return [sum((row[name] or 0 for row in found), Decimal(0)) for name in names]


def _answers(_question: questions.Question, asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    count, promoters, detractors, points = _added(asked, period, rows, "count", "promoters", "detractors", "points")
    share = formulas.ratio(promoters - detractors, count)
    if asked.metric == Metric.NPS:
        return Point(None if share is None else share * 100, int(count))
    return Point(formulas.ratio(points, count), int(count))


def _health(_question: questions.Question, asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    row = rows.get(period)
    if row is None:
        return Point(None, 0)
    value = {
        Metric.HEALTH_GREEN: formulas.ratio(row["green"], row["scored"]),
        Metric.HEALTH_RED: formulas.ratio(row["red"], row["scored"]),
        Metric.HEALTH: formulas.ratio(row["points"], row["scored"]),
        Metric.AT_RISK_ARR: Decimal(12 * row["at_risk"]),
    }[asked.metric]
    return Point(value, row["scored"])


def _usage(_question: questions.Question, asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    users, core, daily = _added(asked, period, rows, "users", "core_users", "daily")
    return Point(formulas.ratio(daily if asked.metric == Metric.STICKINESS else core, users), int(users))


def _support(_question: questions.Question, asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    row = rows.get(period)
    if row is None:
        return Point(Decimal(0) if asked.metric == Metric.TICKETS else None, 0)

    def hours(name: str) -> Decimal | None:
        return None if row[name] is None else Decimal(str(row[name])) / 60

    return {
        Metric.FIRST_RESPONSE: lambda: Point(hours("first_response"), row["responded"]),
        Metric.RESOLUTION: lambda: Point(hours("resolution"), row["resolved"]),
        Metric.REOPEN_RATE: lambda: Point(formulas.ratio(row["reopened"], row["tickets"]), row["tickets"]),
        Metric.ESCALATION_RATE: lambda: Point(formulas.ratio(row["escalated"], row["tickets"]), row["tickets"]),
        Metric.TICKETS: lambda: Point(Decimal(row["tickets"]), row["tickets"]),
    }[asked.metric]()


def _activity(_question: questions.Question, asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    held, accounts = _added(asked, period, rows, "held", "accounts")
    return Point(held, int(accounts))


def _renewals(_question: questions.Question, asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    """Example: 100 due and 120 kept, 100 due and lost: 100 of 200 is 50 %."""
    count, due, kept = _added(asked, period, rows, "renewals", "due", "kept")
    return Point(formulas.ratio(kept, due), int(count))


def _calls(_question: questions.Question, _asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    row = rows.get(period)
    return Point(formulas.ratio(row["at_risk"], row["due"]), row["renewals"]) if row else Point(None, 0)


def _deals(_question: questions.Question, _asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    row = rows.get(period)
    return Point(Decimal(row["year"]), row["deals"]) if row else Point(Decimal(0), 0)


def _active(_question: questions.Question, _asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    row = rows.get(period)
    return Point(formulas.ratio(row["active"], row["customers"]), row["customers"]) if row else Point(None, 0)


def _books(_question: questions.Question, asked: Exploration, period: dt.date, rows: sources.Months) -> Point:
    row = rows.get(period)
    if row is None:
        return Point(None, 0)
    whole = 12 * row["mrr"] if asked.metric == Metric.ARR_PER_CSM else row["customers"]
    return Point(formulas.ratio(whole, row["csms"]), row["csms"])


def _by_day(read: Callable[..., sources.Rows]) -> Callable[[questions.Question, Exploration], sources.Rows]:
    """Rows of a source that is counted by account and day, from the first month that a period reaches back to."""

    def rows(question: questions.Question, asked: Exploration) -> sources.Rows:
        cutting.explored(question, asked.cut)
        return read(question, asked.metric, (asked.months_of(asked.first)[0], asked.last), asked.grain)

    return rows


def _cohort_rows(question: questions.Question, asked: Exploration) -> sources.Rows:
    return sources.cohorts(question, asked.cut, (asked.first, asked.last))


ROWS: Mapping[Origin, Callable[[questions.Question, Exploration], sources.Rows]] = {
    Origin.SUMS: _sums_rows,
    Origin.COHORTS: _cohort_rows,
    Origin.ACQUISITION: _acquisition_rows,
    Origin.CLOCKS: _by_day(sources.clocks),
    Origin.SURVEYS: _by_day(sources.answers),
    Origin.HEALTH: _by_day(sources.health),
    Origin.USAGE: _by_day(sources.usage),
    Origin.SUPPORT: _by_day(sources.support),
    Origin.ACTIVITY: _by_day(sources.activity),
    Origin.SOLVED: _by_day(sources.solved),
    Origin.RENEWALS: _by_day(sources.renewals),
    Origin.CALLS: _by_day(sources.calls),
    Origin.DEALS: _by_day(sources.deals),
    Origin.ACTIVE: _by_day(sources.active),
    Origin.BOOKS: _by_day(sources.books),
}
JUDGED: Mapping[Origin, Callable[[questions.Question, Exploration, dt.date, sources.Months], Point]] = {
    Origin.SUMS: _sums_point,
    Origin.COHORTS: _land,
    Origin.ACQUISITION: _acquisition,
    Origin.CLOCKS: _clock,
    Origin.SURVEYS: _answers,
    Origin.HEALTH: _health,
    Origin.USAGE: _usage,
    Origin.SUPPORT: _support,
    Origin.ACTIVITY: _activity,
    Origin.SOLVED: _activity,
    Origin.RENEWALS: _renewals,
    Origin.CALLS: _calls,
    Origin.DEALS: _deals,
    Origin.ACTIVE: _active,
    Origin.BOOKS: _books,
}
