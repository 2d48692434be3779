"""Insights → Cohorts: what becomes of customers with age, by the month or quarter that they first paid in (MET-08,
MET-13)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Self
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import from_minor
from cs_platform.kernel.periods import add_months, month_or_none, month_text, months_between
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import month_name
from metrics.enums import Metric
from metrics.figures import questions, reports, selectors
from metrics.figures.asked import COHORT_MEASURES, Months
from metrics.figures.bands import bands_for
from metrics.formulas import ratio8
from metrics.insights import cohorts as looks
from metrics.insights import cohorts_cells
from metrics.views.board import no_figures

STEPS = {"quarter": 3, "month": 1}
AGES = {"quarter": 12, "month": 36}
MOST_SHOWN = {"quarter": 16, "month": 36}
ALL_SHOWN = 2000


@dataclass(frozen=True)
class Choice:
    """What the page is asked; a `cohort` with an `age` (in months) opens its customers, `land` those of land and expand."""

    month: dt.date
    measure: str = COHORT_MEASURES[0]
    grain: str = "quarter"
    segment: str = ""
    cohort: dt.date | None = None
    age: int = 0
    land: bool = False
    everything: bool = False

    @classmethod
    def parse(cls, params: Mapping[str, str], months: Months) -> Self:
        measure, grain = params.get("measure", ""), params.get("by", "")
        cohort, age = month_or_none(params.get("cohort", "")), params.get("age", "")
        aged = age.isascii() and age.isdecimal() and 0 < int(age[:4]) <= 36
        return cls(
            month=months.clamp(month_or_none(params.get("month", "")) or months.last),
            measure=measure if measure in COHORT_MEASURES else COHORT_MEASURES[0],
            grain=grain if grain in STEPS else "quarter",
            segment=params.get("segment", "").replace("\0", ""),
            cohort=cohort if aged else None,
            age=int(age) if aged and cohort else 0,
            land=params.get("land", "") == "1",
            everything=params.get("everything", "") == "1",
        )

    @property
    def step(self) -> int:
        return STEPS[self.grain]

    def query(self, **changes: Any) -> str:
        state = replace(self, **({"everything": False} | changes))
        pairs = {
            "month": month_text(state.month),
            "measure": state.measure,
            "by": state.grain,
            "segment": state.segment,
            "cohort": month_text(state.cohort) if state.cohort else "",
            "age": state.age or "",
            "land": "1" if state.land else "",
            "everything": "1" if state.everything else "",
        }
        return urlencode({name: value for name, value in pairs.items() if value})


def measure_names() -> dict[str, str]:
    return {"ndr": _("Net dollar retention"), "gdr": _("Gross dollar retention"), "logo": _("Logo retention")}


def _read(request: TenantRequest) -> tuple[Choice, Months, list[str]] | None:
    return selectors.read_state(Choice, request.GET.dict(), request.tenant)


def _rows(question: questions.Question, choice: Choice) -> list[selectors.CohortRow]:
    shown, ages = MOST_SHOWN[choice.grain], AGES[choice.grain]
    return selectors.cohort_rows(question, choice.month, choice.measure, step=choice.step, shown=shown, ages=ages)


@requires(Permission.VIEW_BOARD)
def cohorts(request: TenantRequest) -> HttpResponse:
    """Heat table, curves, whether newer cohorts do better, land and expand; `month`, `measure`, `by`, `segment` choose."""
    read = _read(request)
    if read is None:
        return page(request, "metrics/board_empty.html", {"empty": no_figures(request) | {"page": _("Cohorts")}})
    choice, months, names = read
    tenant = request.tenant
    url = reverse("cohorts", args=[tenant.slug])
    question = questions.ask(to=choice.month, segment=choice.segment)
    rows = _rows(question, choice)

    def link(**changes: Any) -> str:
        return f"{url}?{choice.query(**({'land': False, 'cohort': None, 'age': 0} | changes))}"

    titles = measure_names()
    context = {
        "url": url,
        "choice": choice,
        "csv_url": f"{reverse('cohorts_csv', args=[tenant.slug])}?{choice.query(cohort=None, age=0, land=False)}",
        "subline": _("Customers by the month of their first payment, as of %(month)s")
        % {"month": month_name(choice.month)},
        "measures": [
            {"label": titles[name], "url": link(measure=name), "on": name == choice.measure} for name in titles
        ],
        "grains": [
            {"label": label, "url": link(grain=name), "on": name == choice.grain}
            for name, label in (("quarter", _("Quarters")), ("month", _("Months")))
        ],
        "title": titles[choice.measure],
        "meta": {
            "ndr": _("% of first MRR, growth included"),
            "gdr": _("% of first MRR, growth left out"),
            "logo": _("% of customers who still pay"),
        }[choice.measure],
        "months": [
            {"value": month_text(month), "label": month_name(month), "on": month == choice.month}
            for month in reversed(list(months_between(months.first, months.last)))
        ],
        "segments": names,
        "chip_url": link(segment=""),
        "table": cohorts_cells.table(
            rows, choice.measure, choice.step, tenant.currency, (choice.cohort, choice.age), link
        ),
        "curves": cohorts_cells.curves(rows, choice.step, looks.compare(rows, choice.step), titles[choice.measure]),
        "land": _land(question, choice, link),
        "behind": _behind(request, question, choice, link),
        "any": bool(rows),
    }
    return page(request, "metrics/cohorts.html", context, pieces=("cohorts",))


def _land(question: questions.Question, choice: Choice, link: Any) -> dict[str, Any]:
    """The row of the report for the asked month, so that page and report cannot differ."""
    found = reports.REPORTS["land_and_expand"].rows(replace(question, first=choice.month, last=choice.month))
    bands = bands_for(Metric.LAND_AND_EXPAND)
    return cohorts_cells.land(found[-1] if found else None, bands, choice.month, question.currency, link(land=True))


def _behind(request: TenantRequest, question: questions.Question, choice: Choice, link: Any) -> dict[str, Any] | None:
    """The customers of the opened cell, or of land and expand."""
    limit = ALL_SHOWN if choice.everything else 40
    if choice.land:
        first, last, age = dt.date.min, looks.land_span(choice.month), looks.LAND_AGE
        title = _("Customers at the age of %(n)s months") % {"n": age}
    elif choice.cohort:
        first = selectors.cohort_of(choice.cohort, choice.step)
        last, age = add_months(first, choice.step - 1), choice.age
        title = _("%(cohort)s after %(n)s months") % {"cohort": cohorts_cells.cohort_name(first, choice.step), "n": age}
    else:
        return None
    found = looks.aged_behind(question, request.member, first=first, last=last, age=age, limit=limit)
    here = link(land=choice.land, cohort=choice.cohort, age=choice.age, everything=True)
    return {"title": title, "close_url": link()} | cohorts_cells.accounts(
        found, request.tenant.slug, request.tenant.currency, here
    )


@requires(Permission.VIEW_BOARD)
def cohorts_csv(request: TenantRequest) -> HttpResponse:
    """The heat table as a file: a line for each cohort and age, with what the ratio is made of."""
    read = _read(request)
    lines: list[list[Any]] = []
    if read is not None:
        choice, currency = read[0], request.tenant.currency
        question = questions.ask(to=choice.month, segment=choice.segment)

        def said(amount: int) -> int | Decimal:
            return amount if choice.measure == "logo" else from_minor(amount, currency)

        lines = [
            [
                month_text(row.quarter), choice.grain, row.customers, from_minor(row.mrr, currency), currency,
                age * choice.step, choice.measure, said(made[1]), said(made[0]), ratio8(row.ratios[age - 1]),
            ]
            for row in _rows(question, choice)
            for age, made in enumerate(row.parts, start=1)
            if made is not None
        ]  # fmt: skip
    head = ["cohort", "by", "customers", "first_mrr", "currency", "age_months", "measure", "base", "kept", "ratio"]
    return csv_file(f"cohorts-{request.tenant.slug}.csv", head, lines)
