"""What every metric is, said once (MET-22, MET-23, MET-26, HLT-10): board, explorer, targets, alerts and API read it.

A value is a fraction of 1 for a ratio and minor units for money; everything else is in the unit itself. `METRICS[metric]`
is the definition of a metric; `metrics.figures.bands` says what of it is good, `metrics.showing.definitions` makes the box beside a figure.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from metrics.enums import Cut, Level, Metric, Origin, Purpose, Timing, Unit, Window

PERIODS = (Window.MONTH, Window.QUARTER)  # added up over the period shown
WINDOWS = (Window.MONTH, Window.QUARTER, Window.YEAR)  # compared over the period shown, or over a year
YEAR = (Window.YEAR,)

_BY_DATE = (Cut.SEGMENT, Cut.INDUSTRY, Cut.SOURCE, Cut.OWNER, Cut.TIER, Cut.SIZE, Cut.REGION)
ACCOUNT_CUTS = (Cut.ALL, *_BY_DATE, Cut.QUARTER, Cut.COHORT)
REVENUE_CUTS = (Cut.ALL, Cut.SEGMENT, Cut.ACV_BAND, *_BY_DATE[1:], Cut.QUARTER, Cut.COHORT)

CONTRACT_CURRENCY = _("Contract currency; the opening at this month's rate, the effect shown apart")
REPORTING_CURRENCY = _("Reporting currency, each month at its own month-end rate")
COUNTS_NOW = _("Counts with what it pays now")
OUTSIDE = _("Outside: it did not pay at the start of the month")
AT_START = _("Customers paying at the start of the window")
AT_END = _("Customers paying at the end of the period")
JOINED = _("Who joined inside the window is outside.")


@dataclass(frozen=True)
class MetricDefinition:
    """A metric: whose business it is, how it is made, what it can be cut by.

    `less_is_better` gives changes their colour; `outcome` is what an activity claims to move (MET-22) and stands beside it.
    `reactivation` says how an account counts that came back; `reactivation_month` the same for a window of one month.
    """

    metric: Metric
    level: Level
    timing: Timing
    purpose: Purpose
    unit: Unit
    origin: Origin
    formula: Any
    cohort: Any
    windows: tuple[Window, ...] = PERIODS
    cuts: tuple[Cut, ...] = ACCOUNT_CUTS
    less_is_better: bool = False
    currency: Any = ""
    reactivation: Any = ""
    reactivation_month: Any = ""
    note: Any = ""
    outcome: Metric | None = None
    places: int = 1

    @property
    def label(self) -> str:
        return str(self.metric.label)

    def said(self, value: Decimal | None) -> Decimal | None:
        """The value as people, bands and targets write it. Example: an NRR of 1.05 is 105; money stays in minor units."""
        return value * 100 if value is not None and self.unit == Unit.RATIO else value


def _revenue(
    metric: Metric, level: Level, unit: Unit, formula: Any, *, windows: tuple[Window, ...] = WINDOWS, **more: Any
) -> MetricDefinition:
    """A metric of the ledger: it says what happened to the money, so it lags."""
    said: dict[str, Any] = {
        "purpose": Purpose.GROWTH,
        "origin": Origin.SUMS,
        "cuts": REVENUE_CUTS,
        "currency": CONTRACT_CURRENCY,
    }
    return MetricDefinition(
        metric, level=level, timing=Timing.LAGGING, unit=unit, formula=formula, windows=windows, **(said | more)
    )


def _flow(metric: Metric, formula: Any, **more: Any) -> MetricDefinition:
    return _revenue(
        metric, Level.OPERATIONAL, Unit.MONEY, formula, windows=PERIODS, currency=REPORTING_CURRENCY,
        cohort=_("Net movement of each account and month, added up over the period"),
        reactivation=_("A movement of its own"), **more,
    )  # fmt: skip


def _support(metric: Metric, unit: Unit, formula: Any, **more: Any) -> MetricDefinition:
    said: dict[str, Any] = {"less_is_better": True, "cohort": _("Tickets opened in the period")}
    return MetricDefinition(
        metric, Level.TACTICAL, Timing.LEADING, Purpose.EFFICIENCY, unit, Origin.SUPPORT, formula, **(said | more)
    )


def _survey(metric: Metric, level: Level, formula: Any, **more: Any) -> MetricDefinition:
    return MetricDefinition(
        metric, level, Timing.LAGGING, Purpose.VALUE, Unit.POINTS, Origin.SURVEYS, formula, windows=WINDOWS,
        cohort=_("Answers given in the window"), note=_("Without answers there is no value, not zero."), **more,
    )  # fmt: skip


def _activity(metric: Metric, outcome: Metric, formula: Any, origin: Origin = Origin.ACTIVITY) -> MetricDefinition:
    return MetricDefinition(
        metric, Level.ACTIVITY, Timing.LEADING, Purpose.EFFICIENCY, Unit.NUMBER, origin, formula,
        cohort=_("What took place in the period"), outcome=outcome, places=0,
        note=_("Work, not a result: read it beside what it is meant to move."),
    )  # fmt: skip


def _health(metric: Metric, unit: Unit, formula: Any, **more: Any) -> MetricDefinition:
    return MetricDefinition(
        metric, Level.OPERATIONAL, Timing.LEADING, Purpose.GROWTH, unit, Origin.HEALTH, formula,
        cohort=_("Paying customers with a score at the end of the period"), **more,
    )  # fmt: skip


def _due(metric: Metric, level: Level, timing: Timing, origin: Origin, formula: Any, **more: Any) -> MetricDefinition:
    return MetricDefinition(
        metric, level, timing, Purpose.GROWTH, Unit.RATIO, origin, formula, currency=REPORTING_CURRENCY, **more
    )


def _books(metric: Metric, unit: Unit, formula: Any, **more: Any) -> MetricDefinition:
    return MetricDefinition(
        metric, Level.OPERATIONAL, Timing.LEADING, Purpose.EFFICIENCY, unit, Origin.BOOKS, formula,
        cohort=_("Paying customers with a CSM at the end of the period"),
        note=_("Who has no CSM is left out. What is usual differs by touch tier: read it by tier or segment."), **more,
    )  # fmt: skip


def _clock(metric: Metric, formula: Any) -> MetricDefinition:
    return MetricDefinition(
        metric, Level.OPERATIONAL, Timing.LEADING, Purpose.VALUE, Unit.DAYS, Origin.CLOCKS, formula,
        cohort=_("Customers signed in the period"), less_is_better=True, places=0,
        note=_("Median. Who has not got there yet is counted as still waiting, not left out."),
    )  # fmt: skip


_ALL = (
    _revenue(
        Metric.NRR, Level.EXECUTIVE, Unit.RATIO, _("(opening + expansion − contraction − churn) ÷ opening"),
        cohort=AT_START, reactivation=COUNTS_NOW, reactivation_month=OUTSIDE, note=JOINED,
    ),
    _revenue(
        Metric.GRR, Level.EXECUTIVE, Unit.RATIO, _("(opening − contraction − churn) ÷ opening, at most 100%"),
        cohort=AT_START, reactivation=_("Counts with what it pays now, at most what it paid then"),
        reactivation_month=OUTSIDE, note=JOINED,
    ),
    _revenue(
        Metric.LOGO_CHURN, Level.EXECUTIVE, Unit.RATIO, _("customers lost ÷ customers at the start"),
        cohort=AT_START, less_is_better=True, currency="", note=JOINED,
        reactivation=_("Not lost when it pays again now"), reactivation_month=OUTSIDE,
    ),
    _revenue(
        Metric.REVENUE_CHURN, Level.OPERATIONAL, Unit.RATIO, _("(contraction + churn) ÷ opening, which is 1 − GRR"),
        cohort=AT_START, less_is_better=True, reactivation=COUNTS_NOW, reactivation_month=OUTSIDE, note=JOINED,
    ),
    _revenue(
        Metric.EXPANSION_RATE, Level.OPERATIONAL, Unit.RATIO, _("customers that pay more now ÷ customers at the start"),
        cohort=AT_START, reactivation=COUNTS_NOW, reactivation_month=OUTSIDE, note=JOINED,
    ),
    _revenue(
        Metric.LTV, Level.EXECUTIVE, Unit.MONEY,
        _("ARR per customer × gross margin ÷ yearly gross revenue churn (1 − GRR)"), windows=YEAR,
        cohort=AT_START, reactivation=COUNTS_NOW, places=0, note=_("Without losses there is no value, not infinity."),
    ),
    _revenue(
        Metric.LTV_SIMPLE, Level.OPERATIONAL, Unit.MONEY, _("ARR per customer ÷ yearly logo churn, without margin"),
        windows=YEAR, cohort=AT_START, places=0, note=_("Without losses there is no value, not infinity."),
    ),
    _revenue(
        Metric.ACV_GROWTH, Level.OPERATIONAL, Unit.RATIO,
        _("average contract value now ÷ average contract value a year before − 1"), windows=YEAR,
        cohort=_("Customers paying at the start, customers paying at the end"),
        note=_("New customers and losses change the mix: read it beside NRR."),
    ),
    _revenue(
        Metric.MRR, Level.OPERATIONAL, Unit.MONEY,
        _("opening + currency + expansion − contraction − churn + reactivation + new = closing"), windows=PERIODS,
        cohort=AT_END, currency=REPORTING_CURRENCY, reactivation=_("A movement of its own"), places=0,
    ),
    _revenue(
        Metric.ARR, Level.OPERATIONAL, Unit.MONEY, _("12 × MRR at the end of the period"), windows=PERIODS,
        cohort=AT_END, currency=REPORTING_CURRENCY, places=0,
    ),
    _revenue(
        Metric.CUSTOMERS, Level.OPERATIONAL, Unit.NUMBER, _("customers paying at the end of the period"),
        windows=PERIODS, cohort=AT_END, currency="", places=0,
    ),
    _revenue(
        Metric.ACV, Level.OPERATIONAL, Unit.MONEY, _("12 × MRR ÷ customers, at the end of the period"), windows=PERIODS,
        cohort=AT_END, currency=REPORTING_CURRENCY, places=0,
    ),
    _revenue(
        Metric.QUICK_RATIO, Level.OPERATIONAL, Unit.TIMES,
        _("(new + expansion + reactivation) ÷ (contraction + churn)"), windows=PERIODS, places=2,
        cohort=_("Net movement of each account and month, added up over the period"),
        reactivation=_("Counts as gained"), currency=REPORTING_CURRENCY, purpose=Purpose.EFFICIENCY,
    ),
    _flow(Metric.NEW_MRR, _("MRR of customers that never paid before")),
    _flow(Metric.EXPANSION_MRR, _("what customers pay more than a month before")),
    _flow(Metric.CONTRACTION_MRR, _("what customers pay less than a month before"), less_is_better=True),
    _flow(Metric.CHURNED_MRR, _("what lost customers paid a month before"), less_is_better=True),
    _flow(Metric.REACTIVATION_MRR, _("MRR of customers that came back")),
    _revenue(
        Metric.LAND_AND_EXPAND, Level.OPERATIONAL, Unit.TIMES, _("MRR 24 months after the first month ÷ first MRR"),
        windows=PERIODS, origin=Origin.COHORTS, places=2,
        cuts=ACCOUNT_CUTS, cohort=_("Customers that first paid 24 months ago or before and still paid at that age"),
        currency=_("Contract currency; the first MRR at the rates of the month 24 months later"),
    ),
    _revenue(
        Metric.CAC, Level.OPERATIONAL, Unit.MONEY, _("acquisition costs ÷ customers won, of those whose cost is known"),
        windows=YEAR, origin=Origin.ACQUISITION, purpose=Purpose.EFFICIENCY, less_is_better=True, places=0,
        cuts=ACCOUNT_CUTS, cohort=_("Customers that first paid within the window"), currency=REPORTING_CURRENCY,
    ),
    _revenue(
        Metric.LTV_CAC, Level.OPERATIONAL, Unit.TIMES, _("lifetime value ÷ acquisition cost"),
        windows=YEAR, origin=Origin.ACQUISITION, purpose=Purpose.EFFICIENCY, cuts=ACCOUNT_CUTS,
        cohort=_("Lifetime value of all customers, costs of those that first paid within the window"),
    ),
    _revenue(
        Metric.PAYBACK, Level.OPERATIONAL, Unit.MONTHS,
        _("acquisition cost ÷ (MRR per customer × gross margin)"), windows=YEAR, origin=Origin.ACQUISITION,
        purpose=Purpose.EFFICIENCY, less_is_better=True, cuts=ACCOUNT_CUTS,
        cohort=_("Costs of customers that first paid within the window, MRR of all customers at its end"),
        note=_("With gross margin. The reference of 12 to 18 months leaves it out and is reached sooner that way."),
    ),
    _survey(Metric.NPS, Level.EXECUTIVE, _("share of promoters (9–10) − share of detractors (0–6)"), places=0),
    _survey(Metric.CSAT, Level.TACTICAL, _("mean of the scores out of five; a scale of ten is halved"), places=2),
    _survey(
        Metric.CES, Level.TACTICAL, _("mean of the scores from 1 (easy) to 7"), less_is_better=True, places=2,
    ),
    _clock(Metric.TTV, _("days from signature to the first value that the customer confirmed")),
    _clock(Metric.TTV_LOGIN, _("days from signature to the first use of the product")),
    _clock(Metric.TTV_ONBOARDING, _("days from signature to the end of onboarding")),
    _health(Metric.HEALTH_GREEN, Unit.RATIO, _("customers in the band Healthy ÷ customers with a score")),
    _health(
        Metric.HEALTH_RED, Unit.RATIO, _("customers in the band Critical ÷ customers with a score"), less_is_better=True,
    ),
    _health(Metric.HEALTH, Unit.POINTS, _("mean of the scores, 0 to 100")),
    _health(
        Metric.AT_RISK_ARR, Unit.MONEY, _("12 × MRR of customers in the bands At risk and Critical"),
        less_is_better=True, currency=REPORTING_CURRENCY, places=0,
    ),
    _due(
        Metric.RENEWAL_RATE, Level.OPERATIONAL, Timing.LAGGING, Origin.RENEWALS,
        _("money kept, of each renewal at most what was due ÷ money due"),
        cohort=_("Renewals that came due in the period and are decided"),
        note=_("Money of the day on which each was closed. What is still open is in neither part."),
    ),
    _due(
        Metric.RENEWAL_RISK, Level.TACTICAL, Timing.LEADING, Origin.CALLS,
        _("money of renewals that are called below 70% ÷ money of renewals that are called"), less_is_better=True,
        cohort=_("Open renewals due within 90 days or late, at the last week that was kept of the period"),
        note=_("The call that counts: the leader's, else the CSM's, else the system's."),
    ),
    MetricDefinition(
        Metric.PIPELINE, Level.OPERATIONAL, Timing.LEADING, Purpose.GROWTH, Unit.MONEY, Origin.DEALS,
        _("money a year of deals that were open at the end of the period"), places=0,
        cohort=_("Deals seen by then and not yet won or lost"), currency=REPORTING_CURRENCY,
        note=_("Not weighted by chance. Amounts as they stand today."),
    ),
    _books(
        Metric.ARR_PER_CSM, Unit.MONEY, _("12 × MRR of customers with a CSM ÷ CSMs that have customers"),
        currency=REPORTING_CURRENCY, places=0,
    ),
    _books(Metric.CUSTOMERS_PER_CSM, Unit.NUMBER, _("customers with a CSM ÷ CSMs that have customers")),
    MetricDefinition(
        Metric.WEEKLY_ACTIVE, Level.OPERATIONAL, Timing.LEADING, Purpose.VALUE, Unit.RATIO, Origin.ACTIVE,
        _("customers with a user on one of the last seven days of the period ÷ customers"), cohort=AT_END,
    ),
    MetricDefinition(
        Metric.STICKINESS, Level.TACTICAL, Timing.LEADING, Purpose.VALUE, Unit.RATIO, Origin.USAGE,
        _("mean of daily distinct users ÷ distinct users of the month, over the days of the month"),
        cohort=_("Users seen in the month"), note=_("A quarter is the mean of its months, weighted by their users."),
    ),
    MetricDefinition(
        Metric.FEATURE_ADOPTION, Level.TACTICAL, Timing.LEADING, Purpose.VALUE, Unit.RATIO, Origin.USAGE,
        _("users who used a core feature ÷ users of the month"), cohort=_("Users seen in the month"),
        note=_("A quarter is the mean of its months, weighted by their users."),
    ),
    _support(
        Metric.FIRST_RESPONSE, Unit.HOURS, _("median time from opening to the first answer, in business hours"),
        cohort=_("Tickets opened in the period that were answered"),
    ),
    _support(
        Metric.RESOLUTION, Unit.HOURS, _("median time from opening to the solution, in business hours"),
        cohort=_("Tickets opened in the period that were solved"),
    ),
    _support(Metric.REOPEN_RATE, Unit.RATIO, _("reopened tickets ÷ tickets")),
    _support(Metric.ESCALATION_RATE, Unit.RATIO, _("escalated tickets ÷ tickets")),
    _support(Metric.TICKETS, Unit.NUMBER, _("tickets opened in the period"), places=0),
    _activity(Metric.REVIEWS, Metric.GRR, _("quarterly and executive reviews that took place")),
    _activity(Metric.CALLS, Metric.HEALTH, _("check-ins, calls and meetings that took place")),
    _activity(Metric.TRAININGS, Metric.FEATURE_ADOPTION, _("trainings that took place")),
    _activity(Metric.TICKETS_SOLVED, Metric.CSAT, _("tickets that were solved in the period"), Origin.SOLVED),
)  # fmt: skip

METRICS: dict[Metric, MetricDefinition] = {each.metric: each for each in _ALL}


def of(metric: str) -> MetricDefinition:
    """The definition of a metric by its name. KeyError for a name that is none."""
    try:
        return METRICS[Metric(metric)]
    except ValueError as error:
        raise KeyError(metric) from error
