"""Whether what customers say and what they do disagree for a whole company (HLT-14, TRG-20): surveys beside revenue."""

import datetime as dt
from decimal import Decimal

from accounts.models import Tenant
from cs_platform.kernel.periods import add_months, month_of
from cs_platform.kernel.tenancy import current_tenant_id
from health.alerts import jobs
from health.engagement.formulas import Answers, nps, top_two
from health.engagement.selectors import answers_by_month, trailing
from health.enums import SurveyKind
from metrics import reports
from metrics.enums import Dimension, Window
from metrics.models import RetentionMonth

MONTHS = 12
LEAST_ANSWERS = 10  # below that the answers say nothing about a company


def check_company(as_of: dt.date) -> int:
    """Nightly step, after the alerts of accounts: open or end the company's own; how many changed.

    Of the twelve months up to the last one that is over: CSAT as the share of the two highest boxes, NPS, logo churn, NRR.
    """
    month = add_months(month_of(as_of + dt.timedelta(days=1)), -1)
    answers = answers_by_month(add_months(month, 1 - MONTHS), month, known_on=as_of)
    row = RetentionMonth.objects.filter(month=month, window=Window.YEAR, dimension=Dimension.ALL).values().first()
    figures: dict[str, Decimal | None] = {}
    if row:
        figures = reports.year_figures(reports.sums_of(row), Tenant.objects.get(id=current_tenant_id()).gross_margin)

    def said(kind: SurveyKind) -> Answers:
        found = trailing(answers[kind], month, MONTHS)
        return found if found.count >= LEAST_ANSWERS else Answers()

    return jobs.company_alert(
        as_of,
        csat=_float(top_two(said(SurveyKind.CSAT))),
        nps=_float(nps(said(SurveyKind.NPS))),
        churn=_float(figures.get("logo_churn")),
        nrr=_float(figures.get("nrr")),
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
