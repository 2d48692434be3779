"""Alerts about a whole company: what customers say and do disagree (HLT-14, TRG-20), or retention gets worse month by
month (MET-23, TRG-19): surveys and the revenue ledger."""

import datetime as dt
from decimal import Decimal

from accounts.models import Tenant
from cs_platform.kernel.periods import add_months, month_of
from health.alerts import jobs
from health.alerts.rules import company_mismatch
from health.engagement.formulas import Answers, nps, top_two
from health.engagement.selectors import answers_by_month, trailing
from health.enums import SurveyKind
from metrics.catalogue import of
from metrics.enums import Dimension, Metric, Window
from metrics.figures import questions, trends
from metrics.models import RetentionMonth

MONTHS = 12
LEAST_ANSWERS = 10  # below that the answers say nothing about a company
WATCHED = (Metric.NRR, Metric.GRR, Metric.LOGO_CHURN, Metric.REVENUE_CHURN)
Figures = dict[str, Decimal | None]


def check_company(as_of: dt.date) -> int:
    """Nightly step, after the alerts of accounts: open or end the company's own; how many changed.

    Of the twelve months up to the last one that is over: CSAT as the share of the two highest boxes, NPS, logo churn, NRR;
    and the trailing years of the seven months that end with it.
    """
    month = add_months(month_of(as_of + dt.timedelta(days=1)), -1)
    years = _years(month)
    return _mismatch(as_of, month, years[-1]) + sum(_trend(as_of, metric, years) for metric in WATCHED)


def _years(month: dt.date) -> list[Figures]:
    """The figures of the trailing years that end with the seven months up to `month`, the last one at the end."""
    first = add_months(month, -trends.STEPS)
    rows = RetentionMonth.objects.filter(
        month__gte=first, month__lte=month, window=Window.YEAR, dimension=Dimension.ALL
    ).values()
    margin = Tenant.current().gross_margin
    found = {row["month"]: questions.year_figures(questions.sums_of(row), margin) for row in rows}
    return [found.get(add_months(first, shift), {}) for shift in range(trends.STEPS + 1)]


def _mismatch(as_of: dt.date, month: dt.date, year: Figures) -> int:
    answers = answers_by_month(add_months(month, 1 - MONTHS), month, known_on=as_of)

    def said(kind: SurveyKind) -> Answers:
        found = trailing(answers[kind], month, MONTHS)
        return found if found.count >= LEAST_ANSWERS else Answers()

    inputs = {
        "csat": _float(top_two(said(SurveyKind.CSAT))),
        "nps": _float(nps(said(SurveyKind.NPS))),
        "churn": _float(year.get("logo_churn")),
        "nrr": _float(year.get("nrr")),
    }
    return jobs.company_alert(as_of, rule="mismatch", inputs=inputs if company_mismatch(**inputs) else None)


def _trend(as_of: dt.date, metric: Metric, years: list[Figures]) -> int:
    """Six months in a row towards the worse: churn up, retention down. One month is an anomaly and no alert."""
    found = trends.trend([year.get(metric) for year in years])
    inputs = None
    if found and found.rising == of(metric).less_is_better:
        inputs = {
            "metric": str(metric),
            "months": found.steps,
            "first": _float(found.first),
            "last": _float(found.last),
        }
    return jobs.company_alert(as_of, rule="metric_trend", cause=str(metric), inputs=inputs)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
