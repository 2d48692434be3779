"""The definition box beside each figure: formula, cohort, period, treatment of currency and of those that came back
(METRICS 1, MET-23). What a metric is stands in `metrics.catalogue`; here it meets the numbers of a month."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cs_platform.kernel.periods import add_months, month_end
from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from metrics.catalogue import CONTRACT_CURRENCY, of
from metrics.enums import Metric, Window
from metrics.figures.asked import Asked
from metrics.formulas import Sums, base_month

MOVEMENTS = "mrr"


def term(metric: str) -> str:
    """The name of a metric, or of the monthly movements."""
    return _("MRR movements") if metric == MOVEMENTS else str(Metric(metric).label)


def formula(metric: str) -> str:
    return str(of(metric).formula)


def reactivation(metric: str, window: Window) -> str:
    """How an account counts that came back, which a window of one month leaves out."""
    said = of(metric)
    return str(said.reactivation_month if window == Window.MONTH and said.reactivation_month else said.reactivation)


def definition(
    metric: str, asked: Asked, sums: Sums, *, as_of: dt.date, exact: str, margin: Any, url: str = ""
) -> dict[str, Any]:
    """Context of components/definition.html. `sums` are those of the metric's window; `exact` its unrounded value."""
    window = Window.YEAR if metric == Metric.LTV else asked.window
    start, end = month_end(base_month(asked.month, int(window))), month_end(asked.month)
    notes = [_("Unrounded: %(value)s.") % {"value": exact}]
    if metric == Metric.LTV:
        notes.append(_("Gross margin %(margin)s, a setting of the company.") % {"margin": percent_text(margin)})
    if metric != MOVEMENTS:
        notes.append(str(of(metric).note))
    if window == Window.YEAR and metric in {Metric.NRR, Metric.GRR, Metric.LOGO_CHURN}:
        notes.append(_("Bands: lower edge included, judged unrounded."))
    return {
        "id": metric,
        "term": term(metric),
        "formula": formula(metric),
        "cohort": ngettext(
            "%(n)s customer paying on %(day)s", "%(n)s customers paying on %(day)s", sums.opening_customers
        )
        % {"n": number_text(sums.opening_customers), "day": day_text(start)},
        "period": _("%(start)s to %(end)s, as of %(as_of)s")
        % {"start": day_text(start), "end": day_text(end), "as_of": day_text(as_of)},
        "fx": str(CONTRACT_CURRENCY),
        "reactivation": reactivation(metric, window),
        "note": " ".join(notes),
        "url": url,
    }


def survey_definition(
    metric: str, asked: Asked, *, answers: int, as_of: dt.date, exact: str, url: str = ""
) -> dict[str, Any]:
    """The same for a figure of survey answers."""
    start, end = add_months(asked.month, 1 - int(asked.window)), month_end(asked.month)
    return {
        "id": metric,
        "term": term(metric),
        "formula": formula(metric),
        "cohort": ngettext("%(n)s answer", "%(n)s answers", answers) % {"n": number_text(answers)},
        "period": _("%(start)s to %(end)s, as of %(as_of)s")
        % {"start": day_text(start), "end": day_text(end), "as_of": day_text(as_of)},
        "note": _("Unrounded: %(value)s.") % {"value": exact}
        + " "
        + str(of(metric).note)
        + " "
        + _("Segments are those of today."),
        "url": url,
    }
