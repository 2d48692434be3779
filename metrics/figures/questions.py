"""The one way to ask the ledger (ADR 0005): what is asked, in which tables it stands, the sums that are found there. Tables
of an earlier moment of knowledge are temporary ones, built by the same SQL as the stored ones."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.models import Tenant
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.money import digits, from_minor, whole_minor
from cs_platform.kernel.periods import last_complete_month
from metrics import formulas
from metrics.enums import Basis, Dimension
from metrics.figures import jobs
from metrics.formulas import Sums
from metrics.models import MonthClose

REPORTED_MONTHS = jobs.SQL / "reported_months.sql"


SUM_COLUMNS = {
    "opening": "opening_mrr",
    "fx": "fx_effect",
    "new": "new_mrr",
    "expansion": "expansion_mrr",
    "contraction": "contraction_mrr",
    "churned": "churned_mrr",
    "reactivation": "reactivation_mrr",
    "closing": "closing_mrr",
    **{
        name: name
        for name in (
            "opening_customers",
            "new_customers",
            "expanded_customers",
            "contracted_customers",
            "churned_customers",
            "reactivated_customers",
            "closing_customers",
        )
    },
}


@dataclass(frozen=True)
class Question:
    """What is asked: months (both included), day, moment of knowledge, segment by name, and where the rows stand."""

    first: dt.date | None
    last: dt.date
    as_of: dt.date
    known_at: dt.datetime
    segment: str
    currency: str
    zone: dt.tzinfo
    margin: Decimal
    tables: sqljobs.Tables
    to: dt.date | None = None  # the last month as it was asked for, complete or not
    basis: Basis = Basis.NOW
    closes: Mapping[dt.date, MonthClose] = field(default_factory=dict)  # of months told as reported, their last close

    def margin_of(self, month: dt.date) -> Decimal:
        """The gross margin of a month's figures: of one told as reported that of its close."""
        return self.closes[month].gross_margin if month in self.closes else self.margin

    @property
    def known_on(self) -> dt.date:
        """The tenant's day of the moment of knowledge: usage is known by day."""
        return self.known_at.astimezone(self.zone).date()

    def money(self, minor: int | Decimal | None) -> Decimal | None:
        """Amount to the cent, half up; None when undefined."""
        return None if minor is None else from_minor(whole_minor(minor), self.currency)

    def params(self) -> dict[str, Any]:
        return {
            "from_month": self.first or dt.date.min,
            "to_month": self.last,
            "segment": self.segment,
            "digits": digits(self.currency),
        }


def ask(
    *,
    frm: dt.date | None = None,
    to: dt.date | None = None,
    as_of: dt.date | None = None,
    known_at: dt.datetime | None = None,
    segment: str = "",
    only: dt.date | None = None,
    ledger: bool = True,
    basis: str = Basis.NOW,
) -> Question:
    """The question behind a report or a page; builds the temporary tables when it asks the ledger about an earlier
    knowledge: of all months, or of the `only` one that the asker will look at. With `basis` "reported" the sums of
    closed months are those of their last close."""
    tenant = Tenant.current()
    day = as_of or tenant.figures_as_of
    last = last_complete_month(day)
    tables: sqljobs.Tables = _as_known(last, known_at, only) if known_at and ledger else jobs.STORED
    closes: Mapping[dt.date, MonthClose] = {}
    if basis == Basis.REPORTED:
        closes = last_closes()
        tables = {**tables, "retention_month": REPORTED_MONTHS}
    return Question(
        first=frm,
        last=min(to, last) if to else last,
        as_of=day,
        known_at=known_at or timezone.now(),
        segment=segment,
        currency=tenant.currency,
        zone=tenant.zone,
        margin=tenant.gross_margin,
        tables=tables,
        to=to,
        basis=Basis(basis),
        closes=closes,
    )


def _as_known(last: dt.date, known_at: dt.datetime, only: dt.date | None = None) -> dict[str, str]:
    """Temporary tables like the stored ones, from the facts recorded by `known_at`, by the same SQL."""
    tables = {mark: f"known_{mark}" for mark in jobs.STORED}
    for mark, name in tables.items():
        copying.stage_like(name, jobs.STORED[mark])
    start = jobs.history_starts(known_at)
    if start and start <= (only or last):
        span = jobs.Span(only or start, only or last, known_at)
        jobs.stage_rates(start, last, known_at)
        scope = jobs.stage_periods(span)
        sqljobs.execute(jobs.SQL / "account_months.sql", span.params(), tables=tables | scope)
        jobs.aggregate(span, tables)
    return tables


def last_closes() -> dict[dt.date, MonthClose]:
    """The close that holds of each month that Finance signed. One in a currency that the company has left since tells
    no figure any more: its month is as known now."""
    newest = MonthClose.objects.order_by("month", "-version").distinct("month").defer("cohorts")
    newest = newest.annotate(told_in=F("tenant__currency"))
    return {close.month: close for close in newest if close.currency == close.told_in}


def closed_months() -> set[dt.date]:
    """The months that Finance signed, in whatever currency the company reports now."""
    return set(MonthClose.objects.order_by().values_list("month", flat=True).distinct())


def sums_of(row: Mapping[str, Any]) -> Sums:
    """A row of the retention table as `Sums`."""
    return Sums(**{name: int(row[column]) for name, column in SUM_COLUMNS.items()})


def read_retention(
    question: Question, wanted: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """Rows of the retention table by (window, dimension), each by month and value, in one query. A window with a minus has,
    of the closed months of a question that is told as reported, what is known now."""
    pairs = {"windows": [int(window) for window, _cut in wanted], "dimensions": [str(cut) for _window, cut in wanted]}
    found: dict[tuple[int, str], list[dict[str, Any]]] = {(int(window), str(cut)): [] for window, cut in wanted}
    for row in sqljobs.rows(jobs.SQL / "report_retention.sql", question.params() | pairs, tables=question.tables):
        found[row["window"], row["dimension"]].append(row)
    return found


def retention_rows(question: Question, window: int, dimension: str = "all") -> list[dict[str, Any]]:
    """Rows of one window and dimension for the question, by month and value; with a segment, that segment's."""
    if question.segment and dimension == Dimension.ALL:
        dimension = Dimension.SEGMENT
    found = read_retention(question, [(window, dimension)])[int(window), str(dimension)]
    return of_segment(found, dimension, question.segment)


def of_segment(rows: list[dict[str, Any]], dimension: str, segment: str) -> list[dict[str, Any]]:
    """Of a cut by segment only the one that is asked for."""
    return [row for row in rows if row["value"] == segment] if segment and dimension == Dimension.SEGMENT else rows


def year_figures(sums: Sums, margin: Decimal) -> dict[str, Decimal | None]:
    """The figures of a trailing year: averages and LTV in minor units, ratios as fractions."""
    arpa = formulas.average_annual(sums.closing, sums.closing_customers)
    before = formulas.average_annual(sums.base, sums.opening_customers)
    gross = formulas.grr(sums)
    loss = None if gross is None else 1 - gross
    logos = formulas.logo_churn(sums)
    return {
        "nrr": formulas.nrr(sums),
        "grr": gross,
        "logo_churn": logos,
        "expansion_rate": formulas.expansion_rate(sums),
        "avg_acv": arpa,
        "prior_avg_acv": before,
        "acv_growth": formulas.growth(arpa, before),
        "arpa_annual": arpa,
        "revenue_churn": loss,
        "ltv": formulas.lifetime_value(arpa, margin, loss),
        "ltv_simple": formulas.lifetime_value(arpa, Decimal(1), logos),
    }
