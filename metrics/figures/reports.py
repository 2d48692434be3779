"""The reports of CONTRACTS 3: one function for each, rows in the contract's columns, of what `questions` finds."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Segment
from cs_platform.kernel import sqljobs
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.periods import add_months, month_text
from health.scoring import reports as scoring
from health.support import reports as support
from health.usage import reports as usage
from metrics import formulas
from metrics.enums import Basis, Dimension, Window
from metrics.figures import jobs, losses, motions
from metrics.figures.questions import (
    SUM_COLUMNS,
    Question,
    ask,
    retention_rows,
    sums_of,
    year_figures,
)
from renewals import reports as renewals


@dataclass(frozen=True)
class ReportResult:
    """Rows of a report with what they mean and as of when."""

    name: str
    columns: list[str]
    rows: list[dict[str, Any]]
    definition: str
    as_of: dt.date
    known_at: dt.datetime
    basis: Basis = Basis.NOW


@dataclass(frozen=True)
class Report:
    """A report: its columns in order, what it says, and how its rows are found; whether in the ledger's tables, and
    whether closes keep what it tells."""

    columns: list[str]
    definition: Any
    rows: Callable[[Question], list[dict[str, Any]]]
    ledger: bool = True
    closed: bool = False


def _mrr_monthly(q: Question) -> list[dict[str, Any]]:
    rows = []
    for row in retention_rows(q, Window.MONTH):
        sums = sums_of(row)
        rows.append(
            {"month": month_text(row["month"])}
            | {c: q.money(row[c]) for c in SUM_COLUMNS.values() if not c.endswith("customers")}
            | {c: row[c] for c in SUM_COLUMNS.values() if c.endswith("customers")}
            | {
                "nrr": formulas.ratio8(formulas.nrr(sums)),
                "grr": formulas.ratio8(formulas.grr(sums)),
                "logo_churn": formulas.ratio8(formulas.logo_churn(sums)),
                "quick_ratio": formulas.ratio8(formulas.quick_ratio(sums)),
                "arr": q.money(12 * sums.closing),
            }
        )
    return rows


def _retention_12m(q: Question) -> list[dict[str, Any]]:
    rows = []
    paid: dt.date | None = (
        None  # the first month that anybody paid in; a year later there is a base, perhaps an empty one
    )
    for row in retention_rows(replace(q, first=None), Window.YEAR):
        sums = sums_of(row)
        paid = paid or (row["month"] if sums.closing_customers else None)
        if not paid or row["month"] < add_months(paid, 12) or (q.first and row["month"] < q.first):
            continue
        figures = year_figures(sums, q.margin_of(row["month"]))
        money = {"avg_acv", "prior_avg_acv", "arpa_annual", "ltv", "ltv_simple"}
        rows.append(
            {
                "month": month_text(row["month"]),
                "base_month": month_text(add_months(row["month"], -12)),
                "base_customers": sums.opening_customers,
                "base_mrr": q.money(sums.base),
                "now_mrr_of_base": q.money(sums.kept),
                "retained_mrr_capped": q.money(sums.kept_capped),
                "churned_customers": sums.churned_customers,
                "expanded_customers": sums.expanded_customers,
                "contracted_customers": sums.contracted_customers,
            }
            | {k: q.money(v) if k in money else formulas.ratio8(v) for k, v in figures.items()}
        )
    return rows


def _cohorts(q: Question) -> list[dict[str, Any]]:
    rows = []
    for row in sqljobs.rows(jobs.SQL / "report_cohorts.sql", q.params(), tables=q.tables):
        rows.append(
            {
                "cohort_month": month_text(row["cohort_month"]),
                "age_months": formulas.month_number(row["month"]) - formulas.month_number(row["cohort_month"]),
                "cohort_customers": row["cohort_customers"],
                "active_customers": row["active_customers"],
                "logo_retention": formulas.ratio8(formulas.ratio(row["active_customers"], row["cohort_customers"])),
                "cohort_mrr": q.money(row["cohort_mrr"]),
                "active_mrr": q.money(row["active_mrr"]),
                "ndr": formulas.ratio8(formulas.ratio(row["active_mrr"], row["cohort_mrr"])),
                "gdr": formulas.ratio8(formulas.ratio(row["capped_mrr"], row["cohort_mrr"])),
            }
        )
    return rows


def _segments(q: Question) -> list[dict[str, Any]]:
    rows = []
    for dimension in Dimension.values:
        if dimension == Dimension.ALL:
            continue
        found = retention_rows(q, Window.YEAR, dimension)
        if not any(row["value"] for row in found):
            continue
        for row in found:
            sums = sums_of(row)
            if not sums.opening_customers:
                continue
            gross = formulas.grr(sums)
            rows.append(
                {
                    "month": month_text(row["month"]),
                    "dimension": dimension,
                    "value": row["value"] or "(none)",
                    "base_customers": sums.opening_customers,
                    "churned_customers": sums.churned_customers,
                    "logo_churn": formulas.ratio8(formulas.logo_churn(sums)),
                    "base_mrr": q.money(sums.base),
                    "churned_mrr": q.money(sums.churned),
                    "contraction_mrr": q.money(sums.contraction),
                    "gross_revenue_churn": formulas.ratio8(None if gross is None else 1 - gross),
                    "nrr": formulas.ratio8(formulas.nrr(sums)),
                }
            )
    return sorted(rows, key=lambda row: (row["month"], row["dimension"], row["value"]))


def _account_month(q: Question) -> list[dict[str, Any]]:
    return [
        row | {"month": month_text(row["month"])} | {c: q.money(row[c]) for c in ("previous_mrr", "mrr", "amount")}
        for row in sqljobs.rows(jobs.SQL / "report_account_month.sql", q.params(), tables=q.tables)
    ]


def _land_and_expand(q: Question) -> list[dict[str, Any]]:
    rows = []
    params = q.params() | {"from_month": q.first or q.last}  # the last month alone, unless a range is asked for
    for row in sqljobs.rows(jobs.SQL / "report_land_and_expand.sql", params, tables=q.tables):
        survivors, later, first = row["survivors"], row["later_mrr"], row["first_mrr_of_survivors"]
        rows.append(
            {
                "as_of_month": month_text(row["as_of_month"]),
                "customers_24m": row["customers"],
                "survivors": survivors,
                "avg_initial_survivors": q.money(formulas.average_annual(first, survivors)),
                "avg_24m_survivors": q.money(formulas.average_annual(later, survivors)),
                "ratio_same_customers": formulas.ratio8(formulas.ratio(later, first)),
                "ratio_all_customers": formulas.ratio8(formulas.ratio(later, row["first_mrr"])),
            }
        )
    return rows


def _usage_month(q: Question) -> list[dict[str, Any]]:
    return usage.usage_month(first=q.first, last=q.to, as_of=q.as_of, known_on=q.known_on, segment=q.segment)


def _usage_as_of(q: Question) -> list[dict[str, Any]]:
    return usage.usage_as_of(as_of=q.as_of, known_on=q.known_on, segment=q.segment)


def _tickets(q: Question) -> list[dict[str, Any]]:
    return support.ticket_rows(q.as_of, q.known_at, q.segment)


def _support_summary(q: Question) -> list[dict[str, Any]]:
    return support.summary_rows(q.as_of, q.known_at, q.segment)


def _health_scores(q: Question) -> list[dict[str, Any]]:
    return scoring.health_scores(q.as_of, q.known_on, q.segment)


def _health_factors(q: Question) -> list[dict[str, Any]]:
    return scoring.health_factors(q.as_of, q.known_on, q.segment)


REPORTS: dict[str, Report] = {
    "mrr_monthly": Report(
        ["month", *SUM_COLUMNS.values(), "nrr", "grr", "logo_churn", "quick_ratio", "arr"],
        gettext_lazy(
            "Monthly roll-forward of MRR at the end of each month's last day. Net movement of each account; opening revalued "
            "at the closing month-end rate, the effect shown apart; reactivation is outside NRR and GRR, and in the quick ratio."
        ),
        _mrr_monthly,
        closed=True,
    ),
    "retention_12m": Report(
        [
            "month",
            "base_month",
            "base_customers",
            "base_mrr",
            "now_mrr_of_base",
            "retained_mrr_capped",
            "nrr",
            "grr",
            "churned_customers",
            "logo_churn",
            "expanded_customers",
            "expansion_rate",
            "contracted_customers",
            "avg_acv",
            "prior_avg_acv",
            "acv_growth",
            "arpa_annual",
            "revenue_churn",
            "ltv",
            "ltv_simple",
        ],  # fmt: skip
        gettext_lazy(
            "Cohort of the accounts that paid twelve months before: what they pay now against what they paid then. Accounts that "
            "joined inside the window are outside, accounts of the base that came back count with what they pay now."
        ),
        _retention_12m,
        closed=True,
    ),
    "cohorts": Report(
        [
            "cohort_month",
            "age_months",
            "cohort_customers",
            "active_customers",
            "logo_retention",
            "cohort_mrr",
            "active_mrr",
            "ndr",
            "gdr",
        ],  # fmt: skip
        gettext_lazy("Customers by the month they first paid in, against that month; GDR capped for each account."),
        _cohorts,
    ),
    "segments": Report(
        [
            "month",
            "dimension",
            "value",
            "base_customers",
            "churned_customers",
            "logo_churn",
            "base_mrr",
            "churned_mrr",
            "contraction_mrr",
            "gross_revenue_churn",
            "nrr",
        ],  # fmt: skip
        gettext_lazy(
            "Trailing twelve months by segment, ACV band, industry, source and CSM as they were at the base date."
        ),
        _segments,
        closed=True,
    ),
    "account_month": Report(
        ["account", "month", "previous_mrr", "mrr", "movement", "amount"],
        gettext_lazy("Each account and month with money before or now, and its net movement."),
        _account_month,
    ),
    "land_and_expand": Report(
        [
            "as_of_month",
            "customers_24m",
            "survivors",
            "avg_initial_survivors",
            "avg_24m_survivors",
            "ratio_same_customers",
            "ratio_all_customers",
        ],  # fmt: skip
        gettext_lazy(
            "What customers pay 24 months after their first month against that month; yearly averages of survivors."
        ),
        _land_and_expand,
    ),
    "churn_reasons": Report(
        ["category", "reason", "customers", "share", "category_customers", "category_share"],
        gettext_lazy(
            "Why customers left: those that the ledger lost in the months asked (all of them, when none are asked) and that "
            "have not come back by their end, each with one answer: that about an end in the month that it left in, else "
            "that about no certain end. Shares are of those who answered. Segments as of the day before the month."
        ),
        losses.report_rows,
    ),
    "usage_month": Report(
        usage.MONTH_COLUMNS,
        gettext_lazy(
            "Usage of each account by month, days in the company's time zone, the running month up to the as-of day. avg_dau is "
            "the mean of daily distinct users over the month's calendar days, stickiness (DAU/MAU) that mean / the month's "
            "distinct users; wau_at_month_end are the distinct users of the seven days that end with the month. An event "
            "without a user counts as an event and not as a user. An earlier knowledge is that of a whole day."
        ),
        _usage_month,
        ledger=False,
    ),
    "usage_as_of": Report(
        usage.AS_OF_COLUMNS,
        gettext_lazy(
            "Usage of each account that has had an event by the as-of day: the 28-day window is that day and the 27 before, "
            "compared with the 28 days before it; features of 90 days / all that anybody of the company has used so far. "
            "Dormant is no event in the 28 days and some before."
        ),
        _usage_as_of,
        ledger=False,
    ),
    "tickets": Report(
        support.TICKETS,
        gettext_lazy(
            "Tickets opened by the as-of day, with what had happened by its end. First response is the first change to a "
            "state that is not New; minutes run in business hours, or by the calendar where none are set. Reopened and "
            "escalated (by name, or reassigned twice) at any time."
        ),
        _tickets,
        ledger=False,
    ),
    "support_summary": Report(
        support.SUMMARY,
        gettext_lazy(
            "Tickets opened by the as-of day, in all and by account, category and priority. Hours run in business hours, or by the "
            "calendar where none are set; the median is the mean of the middle two. Within 4 and 24 hours: shares of the "
            "answered and of the resolved tickets, the full hour included; reopened and escalated: shares of all."
        ),
        _support_summary,
        ledger=False,
    ),
    "health_scores": Report(
        scoring.SCORES,
        gettext_lazy(
            "Health of each account on the day: four components and their weighted mean, 0 to 100. What is missing gives its "
            "weight to the rest; coverage is the weight that is known, and below the model's there is no score."
        ),
        _health_scores,
        ledger=False,
    ),
    "health_factors": Report(
        scoring.FACTORS,
        gettext_lazy(
            "What each score is made of: the raw number of each indicator, its points, its weight in the score and what it "
            "contributes. The contributions of an account add up to its score."
        ),
        _health_factors,
        ledger=False,
    ),
    "renewal_forecast": Report(
        renewals.FORECAST,
        gettext_lazy(
            "What comes due by month and what system, CSM and leader expect to lose of it: ARR x (1 - chance) of what each called. "
            "Commit from 90%, likely from 70%, at risk below, of the call that counts: the leader's, else the CSM's, else the "
            "system's. A day that is over is told from the calls kept at the end of the last week up to it."
        ),
        motions.renewal_forecast,
        ledger=False,
    ),
    "renewal_accuracy": Report(
        renewals.ACCURACY,
        gettext_lazy(
            "How good the calls were of renewals that were decided in the months asked: of each the last call kept of a week "
            "that ended the lead days before the contract did, or earlier. Brier score: mean of (chance - end) squared. Bias: "
            "mean chance less the share that was kept. Money: what was called less what stayed, at most what was due. Fewer "
            "than 20 renewals are few."
        ),
        motions.renewal_accuracy,
        ledger=False,
    ),
    "renewal_rate": Report(
        renewals.RATES,
        gettext_lazy(
            "Renewals that came due in the months asked: money kept, of each at most what was due, / money due of those that are "
            "decided. Net: all that they pay now / money due. Logo: kept / decided. Early is kept and decided 30 days before the end, on time by the end, the early ones among them."
        ),
        motions.renewal_rate,
        ledger=False,
    ),
    "save_rate": Report(
        renewals.SAVES,
        gettext_lazy(
            "Save plays by the days that were left until the renewal when they were opened: saved / all opened in the months asked, "
            "and saved / decided in them. What was opened by mistake counts nowhere."
        ),
        motions.save_rate,
        ledger=False,
    ),
}


def plain(value: Any) -> Any:
    """A value as reports print it: decimals without an exponent (0.00000000, never 0E-8)."""
    return format(value, "f") if isinstance(value, Decimal) else value


def cell(value: Any) -> Any:
    """A value as a CSV file has it: as `plain`, and true or false in small letters."""
    return str(value).lower() if isinstance(value, bool) else plain(value)


def run_report(
    name: str,
    *,
    frm: dt.date | None = None,
    to: dt.date | None = None,
    as_of: dt.date | None = None,
    known_at: dt.datetime | None = None,
    segment: str = "",
    basis: str = Basis.NOW,
) -> ReportResult:
    """Answer a report for the current tenant. DomainError for an unknown report, segment or basis.

    `as_of` limits the months to those complete on that day; `known_at` limits the facts to those recorded by then. With
    `basis` "reported" months that were closed are as they were signed, and the others as known now.
    """
    if name not in REPORTS:
        known = ", ".join(REPORTS)
        raise DomainError(_("There is no report %(name)s. There are: %(known)s.") % {"name": name, "known": known})
    if segment and not Segment.objects.filter(name=segment).exists():
        raise DomainError(_("There is no segment %(name)s.") % {"name": segment}, fields={"segment": segment})
    report = REPORTS[name]
    _check_basis(report, basis, known_at)
    question = ask(frm=frm, to=to, as_of=as_of, known_at=known_at, segment=segment, ledger=report.ledger, basis=basis)
    rows = report.rows(question)
    definition = str(report.definition)
    return ReportResult(name, report.columns, rows, definition, question.as_of, question.known_at, question.basis)


def _check_basis(report: Report, basis: str, known_at: dt.datetime | None) -> None:
    """DomainError for a basis that this report cannot answer with: silence would look like an answer."""
    problem = ""
    if basis not in Basis.values:
        problem = _("The basis is one of: %(known)s.") % {"known": ", ".join(Basis.values)}
    elif basis == Basis.REPORTED and not report.closed:
        problem = _("Closes do not keep what this report tells; ask for it as known at a moment.")
    elif basis == Basis.REPORTED and known_at:
        problem = _("Ask either for what was reported or for what was known at a moment.")
    if problem:
        raise DomainError(problem, fields={"basis": problem})
