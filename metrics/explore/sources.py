"""Where the explorer's values come from: rows by month and value, and the same over everybody. One statement for each
source and slice; what is temporary was made by `metrics.figures.cutting`."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cs_platform.kernel import sqljobs
from cs_platform.kernel.periods import month_end, months_between
from expansion.models import Opportunity
from health.engagement.formulas import CSAT_SCALE, PASSIVE, PROMOTER
from health.engagement.selectors import bounds
from health.enums import SurveyKind, TouchpointKind
from metrics.enums import Cut, Dimension, Metric, Window
from metrics.figures import cutting, jobs, questions, survival
from metrics.figures.cutting import Slice
from metrics.insights.clocks import RUNNING, Clocks
from renewals.formulas import LIKELY
from renewals.lifecycle import ENDS
from renewals.upcoming import SOON_DAYS

Span = tuple[dt.date, dt.date]
Months = Mapping[dt.date, Any]
KINDS = {Metric.NPS: SurveyKind.NPS, Metric.CSAT: SurveyKind.CSAT, Metric.CES: SurveyKind.CES}
HELD = {
    Metric.REVIEWS: (TouchpointKind.QBR, TouchpointKind.EBR),
    Metric.CALLS: (TouchpointKind.CHECK_IN, TouchpointKind.CALL, TouchpointKind.MEETING),
    Metric.TRAININGS: (TouchpointKind.TRAINING,),
}


@dataclass(frozen=True)
class Rows:
    """What was found by value and month; under None over everybody."""

    found: dict[str | None, dict[dt.date, Any]]

    def of(self, value: str | None) -> Months:
        return self.found.get(value, {})

    def values(self) -> list[str]:
        return [value for value in self.found if value is not None]

    def beside(self, other: "Rows") -> "Rows":
        """These rows with the sums of the ledger for the same month and value, under "sums"."""
        joined = {value: {month: dict(row) for month, row in months.items()} for value, months in self.found.items()}
        for value, months in other.found.items():
            for month, row in months.items():
                joined.setdefault(value, {}).setdefault(month, {})["sums"] = row
        return Rows(joined)


def _rows(rows: Iterable[Mapping[str, Any]]) -> Rows:
    found: dict[str | None, dict[dt.date, Any]] = {None: {}}
    for row in rows:
        found.setdefault(None if row["total"] else row["value"], {})[row["month"]] = row
    return Rows(found)


def sums(question: questions.Question, cut: Slice, months: Span, window: Window, *, known: bool = False) -> Rows:
    """The sums of the ledger as `Sums`."""
    asked = cutting.ledger(question, cut, months, window, known=known)
    asked = replace(asked, first=months[0], last=months[1])
    found: dict[str | None, dict[dt.date, Any]] = {None: {}}
    for row in questions.retention_rows(asked, window, Dimension.ALL):
        found[None][row["month"]] = questions.sums_of(row)
    if cut.cut != Cut.ALL:
        for row in questions.retention_rows(asked, window, cut.cut):
            found.setdefault(row["value"], {})[row["month"]] = questions.sums_of(row)
    return Rows(found)


def cohorts(question: questions.Question, cut: Slice, months: Span) -> Rows:
    """Customers at the age of 24 months, by the month in which they reached it, since the first one."""
    cutting.explored(question, cut)
    params = {"to_month": months[1]}
    return _rows(sqljobs.rows(jobs.SQL / "explore_cohorts.sql", params, tables=question.tables))


def acquisition(question: questions.Question, cut: Slice, months: Span) -> Rows:
    """Customers won by month, and what those cost whose cost is known."""
    cutting.explored(question, cut)
    params = {"from_month": months[0], "to_month": months[1]}
    return _rows(sqljobs.rows(jobs.SQL / "explore_acquisition.sql", params, tables=question.tables))


def clocks(question: questions.Question, metric: Metric, months: Span, _grain: Window) -> Rows:
    """How long the customers waited that signed in a month, by the clock that is asked for."""
    made = Clocks(as_of=question.as_of, signed_from=months[0], signed_to=month_end(months[1]))
    params = made.params | {"clock": str(metric)}
    found: dict[str | None, dict[dt.date, Any]] = {None: {}}
    for row in sqljobs.rows(jobs.SQL / "explore_clocks.sql", params, tables={"running": RUNNING}):
        wait = survival.Wait(row["days"], row["reached"], row["accounts"])
        found.setdefault(None if row["total"] else row["value"], {}).setdefault(row["month"], []).append(wait)
    return Rows(found)


def _instants(months: Span) -> dict[str, Any]:
    first, until = bounds(*months)
    return {"zone": str(first.tzinfo), "first": first, "until": until}


def answers(question: questions.Question, metric: Metric, months: Span, _grain: Window) -> Rows:
    params = _instants(months) | {
        "kind": str(KINDS[metric]),
        "known_on": question.known_on,
        "promoter": PROMOTER,
        "passive": PASSIVE,
        "csat_scale": CSAT_SCALE,
    }
    return _rows(sqljobs.rows(jobs.SQL / "explore_answers.sql", params))


def _ends(months: Span, grain: Window) -> list[dt.date]:
    """The months at whose ends something is looked at: each, or the last of each quarter."""
    return [month for month in months_between(*months) if grain == Window.MONTH or month.month % 3 == 0]


def _at_ends(name: str) -> Callable[..., Rows]:
    """What paying customers had at the end of each period, by the statement of that name."""

    def read(question: questions.Question, _metric: Metric, months: Span, grain: Window) -> Rows:
        tables = {"account_month": jobs.STORED["account_month"]}
        params = {"months": _ends(months, grain), "known_on": question.known_on}
        return _rows(sqljobs.rows(jobs.SQL / f"{name}.sql", params, tables=tables))

    return read


active = _at_ends("explore_active")
health = _at_ends("explore_health")
books = _at_ends("explore_books")


def usage(question: questions.Question, _metric: Metric, months: Span, _grain: Window) -> Rows:
    params = {"from_month": months[0], "to_month": months[1], "known_on": question.known_on}
    return _rows(sqljobs.rows(jobs.SQL / "explore_usage.sql", params))


def support(_question: questions.Question, _metric: Metric, months: Span, grain: Window) -> Rows:
    params = _instants(months) | {"short": int(grain)}
    return _rows(sqljobs.rows(jobs.SQL / "explore_support.sql", params))


def activity(_question: questions.Question, metric: Metric, months: Span, _grain: Window) -> Rows:
    params = _instants(months) | {"kinds": [str(kind) for kind in HELD[metric]]}
    return _rows(sqljobs.rows(jobs.SQL / "explore_activity.sql", params))


def solved(_question: questions.Question, _metric: Metric, months: Span, _grain: Window) -> Rows:
    return _rows(sqljobs.rows(jobs.SQL / "explore_solved.sql", _instants(months)))


def renewals(_question: questions.Question, _metric: Metric, months: Span, _grain: Window) -> Rows:
    """What was due and kept, by the month in which it came due."""
    params = {"first": months[0], "last": month_end(months[1]), "ends": list(ENDS)}
    return _rows(sqljobs.rows(jobs.SQL / "explore_renewals.sql", params))


def calls(_question: questions.Question, _metric: Metric, months: Span, grain: Window) -> Rows:
    """What was due soon and what of it was called at risk, at the last week that was kept of each month."""
    params = {"months": _ends(months, grain), "soon": SOON_DAYS, "likely": LIKELY}
    return _rows(sqljobs.rows(jobs.SQL / "explore_calls.sql", params))


def deals(_question: questions.Question, _metric: Metric, months: Span, grain: Window) -> Rows:
    """The deals that were open at the end of each period, each at the rate of that month."""
    jobs.stage_rates(*months, also=Opportunity.objects.order_by().values_list("currency", flat=True).distinct())
    return _rows(sqljobs.rows(jobs.SQL / "explore_deals.sql", {"months": _ends(months, grain)}))
