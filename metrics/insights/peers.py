"""How others define the same figure (METRICS 4): facts in our own words, so that two systems that disagree can be told apart.

Each point names what is asked, how we answer, and who answers otherwise. Vendors' names are those of their products.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from metrics.enums import Metric

M = Metric
RETENTION = (M.NRR, M.GRR, M.REVENUE_CHURN)
LEDGER = (
    M.MRR, M.ARR, M.NEW_MRR, M.EXPANSION_MRR, M.CONTRACTION_MRR, M.CHURNED_MRR, M.REACTIVATION_MRR,
)  # fmt: skip


@dataclass(frozen=True)
class Point:
    """A question on which definitions differ: our answer, and (who, what they do) of others."""

    metrics: tuple[Metric, ...]
    question: Any
    ours: Any
    others: tuple[tuple[Any, Any], ...]


POINTS = (
    Point(
        (M.NRR, M.REVENUE_CHURN),
        _("Customers of a year ago, or all movements of the months?"),
        _("The customers of a year ago: what they pay now ÷ what they paid then."),
        (
            ("SaaS Metrics Standards Board", _("The same; it excludes everybody who joined since.")),
            ("Baremetrics", _("Movements of the last 30 days: losses less expansion, over the MRR of 30 days ago.")),
            (
                "ChartMogul",
                _("Net churn of a month: churn and contraction less expansion and reactivation, over its start."),
            ),
        ),
    ),
    Point(
        (M.GRR, M.REVENUE_CHURN),
        _("May the growth of one customer make up for the loss of another?"),
        _("No: each customer counts with the smaller of now and then, so GRR is never above 100%."),
        (
            ("SaaS Metrics Standards Board", _("The same: bounded at 100%, without expansion.")),
            (
                _("Sums of monthly losses"),
                _(
                    "Some tools add twelve months of losses up: a dip that recovered counts, and the result can be negative."
                ),
            ),
        ),
    ),
    Point(
        (*RETENTION, M.REACTIVATION_MRR, M.LOGO_CHURN, M.QUICK_RATIO),
        _("What is a customer that comes back?"),
        _("A movement of its own, outside of a month's NRR; within a year it counts if it paid at the start."),
        (
            ("ChartMogul", _("A movement of its own; it lowers net MRR churn.")),
            ("Stripe", _("A movement of its own.")),
            ("ProfitWell", _("Any return at any time is a reactivation.")),
            ("Baremetrics", _("Leaves it out of the quick ratio.")),
        ),
    ),
    Point(
        (*LEDGER, *RETENTION, M.LOGO_CHURN),
        _("Which moment is the month?"),
        _("The end of its last day, in the company's time zone."),
        (
            ("Stripe", _("Rolling 30 days.")),
            ("Baremetrics", _("Rolling 30 days.")),
            ("dbt MRR playbook", _("Samples the first day: what starts on the 15th shows up a month later.")),
        ),
    ),
    Point(
        LEDGER,
        _("What is a yearly contract worth a month?"),
        _("A twelfth, rounded once for each line."),
        (
            ("ChartMogul", _("A twelfth: 2,000 a year are 166.67.")),
            ("Stripe", _("A twelfth.")),
            (
                _("By service days"),
                _("Some tools spread by days: right for revenue recognition, but February then contracts."),
            ),
        ),
    ),
    Point(
        (M.CHURNED_MRR, *RETENTION, M.LOGO_CHURN),
        _("When is a customer lost?"),
        _("When the paid service ends; that it was cancelled is known before, as a risk."),
        (
            ("ChartMogul", _("One of three settings: cancelled, end of service, or cancellation scheduled.")),
            ("ProfitWell", _("At the end of the cycle.")),
            ("Stripe", _("Configurable.")),
        ),
    ),
    Point(
        (M.LOGO_CHURN, M.CHURNED_MRR),
        _("Started and cancelled within one month?"),
        _("Invisible: it never paid at the end of a month."),
        (
            ("ProfitWell", _("Ignores it.")),
            ("Baremetrics", _("Counts it.")),
            ("Stripe", _("Counts it, and adds those that joined to the customers at the start.")),
        ),
    ),
    Point(
        (M.EXPANSION_MRR, M.CONTRACTION_MRR, M.EXPANSION_RATE, M.LOGO_CHURN),
        _("One of two subscriptions ends: churn or contraction?"),
        _("Contraction: movements are those of the customer."),
        (("ChartMogul", _("The same.")), ("Stripe", _("The same."))),
    ),
    Point(
        (*LEDGER, *RETENTION),
        _("Discounts?"),
        _("Always off; when a recurring one ends it is expansion, with that reason."),
        (
            ("ProfitWell", _("Always off.")),
            ("ChartMogul", _("Adding one is contraction, its end expansion.")),
            ("Stripe", _("Only coupons that last forever, unless configured.")),
        ),
    ),
    Point(
        LEDGER,
        _("Trials, free plans, unpaid invoices, usage?"),
        _("Trials and free plans are no MRR; unpaid counts until the dunning days are over; usage is outside."),
        (
            ("Stripe", _("Past due stays in, unpaid is out; usage is outside.")),
            ("ProfitWell", _("Past due stays in until dunning ends; a pause is no MRR; refunds change nothing.")),
        ),
    ),
    Point(
        (*LEDGER, *RETENTION),
        _("Other currencies?"),
        _("Month-end rates; the opening is valued anew first, so the rate stands apart and no ratio moves with it."),
        (
            ("ChartMogul", _("The rate of the day of the paid invoice; the wobble stays in MRR.")),
            ("Stripe", _("A line of its own in the growth of MRR.")),
            ("Chargebee", _("Month-end rates and a variance.")),
        ),
    ),
)


def of_metric(metric: str) -> list[Point]:
    """The points on which definitions of this metric differ."""
    return [point for point in POINTS if metric in point.metrics]
