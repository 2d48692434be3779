"""Reference benchmarks as data (MET-25, MET-02, MET-06, JRN-13, HLT-11): what is said of a metric elsewhere, the range, who
says it, and what to bear in mind. A claim is shown as one and never judged by: bands judge. A company may put its own in
place of each (`OwnBenchmark`)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Member
from cs_platform.kernel.errors import DomainError
from metrics.enums import Metric
from metrics.models import OwnBenchmark

OVERVIEW = gettext_lazy("Customer success framework, overview")
MEASURES = gettext_lazy("Customer success framework, metrics")
M = Metric


@dataclass(frozen=True)
class Benchmark:
    """What is said: in a sentence, as a range, by whom; `caveat` is what we found when we checked it."""

    key: str
    metrics: tuple[Metric, ...]
    text: Any
    range: Any
    source: Any
    caveat: Any = ""
    own: bool = False


_ALL = (
    Benchmark(
        "weak_grr", (M.GRR, M.REVENUE_CHURN),
        gettext_lazy("Weak operations lose 15 to 30% of the base a year, and need 20 to 30% growth only to stand still."),
        gettext_lazy("GRR 70–85%"), OVERVIEW,
        gettext_lazy(
            "The source speaks of lost customers; GRR holds contraction too. To replace a loss of 15 to 30% takes growth "
            "of 17.6 to 42.9% of what is left."
        ),
    ),
    Benchmark(
        "weak_nrr", (M.NRR,), gettext_lazy("Weak operations shrink with the customers that they have."),
        gettext_lazy("NRR below 100%"), OVERVIEW,
        gettext_lazy("The source calls this negative retention; the ratio itself cannot be negative."),
    ),
    Benchmark(
        "weak_cac", (M.CAC, M.PAYBACK),
        gettext_lazy("Weak operations pay more for each new customer, and sell to them more slowly."),
        gettext_lazy("CAC 15–25% higher, sales cycle 50–70% longer"), OVERVIEW,
    ),
    Benchmark(
        "mature_grr", (M.GRR, M.REVENUE_CHURN), gettext_lazy("What mature customer success keeps of the base."),
        gettext_lazy("GRR 90–98%"), OVERVIEW,
    ),
    Benchmark(
        "mature_nrr", (M.NRR,), gettext_lazy("What the base of mature customer success becomes within a year."),
        gettext_lazy("NRR 110–130%"), OVERVIEW,
    ),
    Benchmark(
        "mature_referrals", (M.CAC, M.CUSTOMERS), gettext_lazy("Mature customer success wins customers through customers."),
        gettext_lazy("40–60% of new business from referrals"), OVERVIEW,
    ),
    Benchmark(
        "mature_ltv", (M.LTV, M.LTV_CAC), gettext_lazy("What a customer of a mature company is worth against what it cost."),
        gettext_lazy("LTV 3–5 times CAC"), OVERVIEW,
        gettext_lazy("The metrics part of the same framework asks for 3 at least and calls 5 to 7 excellent."),
    ),
    Benchmark(
        "few_keep", (M.GRR,), gettext_lazy("Few business software companies keep more than 90% of their revenue."),
        gettext_lazy("8% of companies"), OVERVIEW, gettext_lazy("The framework names no study."),
    ),
    Benchmark(
        "profit", (M.GRR, M.LTV), gettext_lazy("Keeping five points more of the customers raises profit."),
        gettext_lazy("+5% retention, profit +25–95%"), OVERVIEW, gettext_lazy("The framework names no study."),
    ),
    Benchmark(
        "nrr_driver", (M.NRR, M.EXPANSION_RATE),
        gettext_lazy("What lies behind the best NRR: hardly anything is lost, and those that stay grow."),
        gettext_lazy("GRR 95% and more, expansion 15–30%"), MEASURES,
        gettext_lazy("Expansion means growth of revenue here; the expansion rate is a share of customers."),
    ),
    Benchmark(
        "payback", (M.PAYBACK, M.CAC), gettext_lazy("Months until a customer has earned what it cost to win."),
        gettext_lazy("12–18 months"), OVERVIEW,
        gettext_lazy("Counted without gross margin; with it the same customer takes longer."),
    ),
    Benchmark(
        "first_value", (M.TTV, M.TTV_ONBOARDING),
        gettext_lazy("Customers with a first value within 90 days are more likely to renew; slow onboarding predicts early churn."),
        gettext_lazy("3–4 times more likely to renew"), OVERVIEW,
        gettext_lazy("A large customer may need 60 to 120 days: judge by the target of its segment."),
    ),
    Benchmark(
        "early_warning", (M.HEALTH_RED, M.AT_RISK_ARR, M.HEALTH),
        gettext_lazy("Who is at risk should be known early: 90 days ahead a customer can be saved, 30 days ahead it is lost."),
        gettext_lazy("60–90 days before the loss"), OVERVIEW,
        gettext_lazy("The backtest measures how early your own scores turned."),
    ),
    Benchmark(
        "ces", (M.CES,), gettext_lazy("Effort of 1 (easy) to 7 that customers should have at most."),
        gettext_lazy("below 2.0"), MEASURES,
        gettext_lazy("Many tools count the other way round, 7 for easy: a file must say its direction."),
    ),
    Benchmark(
        "stickiness", (M.STICKINESS,), gettext_lazy("How many of a month's users come on a day."),
        gettext_lazy("no range is given"), MEASURES,
        gettext_lazy("The framework calls the share of active seats DAU/MAU; that is another number."),
    ),
    Benchmark(
        "arr_per_csm", (M.ARR_PER_CSM, M.CUSTOMERS_PER_CSM),
        gettext_lazy("What one CSM looks after a year, in dollars, by touch model."),
        gettext_lazy("high touch 1.5M–3M, low touch 2M–5M, tech touch 3M–10M and more"), MEASURES,
        gettext_lazy("Elsewhere the framework has 8 to 15 accounts of 100K for high touch, which makes 0.8M to 1.5M."),
    ),
    Benchmark(
        "support", (M.FIRST_RESPONSE, M.RESOLUTION, M.ESCALATION_RATE),
        gettext_lazy("How fast tickets should be answered and solved, in business hours."),
        gettext_lazy("first answer in 4 h, solved in 24 h, less than 10% escalated"), MEASURES,
    ),
)  # fmt: skip
BENCHMARKS: Mapping[str, Benchmark] = {each.key: each for each in _ALL}


def every() -> list[Benchmark]:
    """All benchmarks, the company's own words in place of ours where it has some. One query."""
    own = {row.key: row for row in OwnBenchmark.objects.all()}
    return [_with(each, own.get(each.key)) for each in _ALL]


def of_metric(metric: str) -> list[Benchmark]:
    """What is said of a metric. One query."""
    return [each for each in every() if metric in each.metrics]


def _with(each: Benchmark, row: OwnBenchmark | None) -> Benchmark:
    if row is None:
        return each
    return replace(each, text=row.text, range=row.range, source=row.source, caveat="", own=True)


@transaction.atomic
def save(*, key: str, text: str, range_: str, source: str, by: Member) -> None:
    """Put the company's own words in place of a benchmark. DomainError without a sentence or a source."""
    if key not in BENCHMARKS:
        raise DomainError(_("There is no such benchmark."))
    text, range_, source = text.strip(), range_.strip(), source.strip()
    missing = {
        name: _("A value is required here.") for name, value in (("text", text), ("source", source)) if not value
    }
    if missing:
        raise DomainError(_("Say what it means and who says so."), fields=missing)
    OwnBenchmark.objects.update_or_create(key=key, defaults={"text": text, "range": range_, "source": source})


@transaction.atomic
def reset(*, key: str, by: Member) -> None:
    """Back to the benchmark that Setia brings along."""
    OwnBenchmark.objects.filter(key=key).delete()
