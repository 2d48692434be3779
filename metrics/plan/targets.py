"""What a company plans for its metrics, month by month (DSH-04): beside each figure of the board stands what was planned.

Targets are kept in the unit that people write: 110 is 110%, 1150000 is money in whole units of the reporting currency,
47 is an NPS of 47 points, 5.2 is five times. `scaled` brings a computed value into the same unit.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel.numbers import get_decimal_symbol
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Member, Tenant
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.money import from_minor, whole_minor
from cs_platform.kernel.periods import add_months, month_text
from metrics.catalogue import METRICS, of
from metrics.enums import Level, Metric, Unit
from metrics.models import MetricTarget

# What can be planned: everything but activities; what they lead to is planned instead (MET-22).
PLANNED: tuple[str, ...] = tuple(metric for metric, said in METRICS.items() if said.level != Level.ACTIVITY)
# What a target of that unit can be; an NPS is the one that may lie below zero.
LIMITS: dict[str, tuple[Decimal, Decimal]] = {Unit.RATIO: (Decimal(0), Decimal(1000))}
USUAL = (Decimal(0), Decimal(10) ** 13)
OWN_LIMITS: dict[str, tuple[Decimal, Decimal]] = {
    Metric.NPS: (Decimal(-100), Decimal(100)),
    Metric.CSAT: (Decimal(1), Decimal(5)),
    Metric.CES: (Decimal(1), Decimal(7)),
    Metric.HEALTH: (Decimal(0), Decimal(100)),
    Metric.ACV_GROWTH: (Decimal(-100), Decimal(1000)),
}
PLACES = 4
Plan = dict[dt.date, Decimal]


@dataclass(frozen=True)
class Cell:
    """One target that somebody wrote; None takes it away."""

    metric: str
    month: dt.date
    value: Decimal | None


def for_metric(metric: str, months: Iterable[dt.date]) -> Plan:
    """The targets of a metric by month; months without one are left out. One query."""
    return for_metrics([metric], months).get(metric, {})


def for_metrics(metrics: Iterable[str], months: Iterable[dt.date]) -> dict[str, Plan]:
    """The same for several metrics. One query."""
    found: dict[str, Plan] = {}
    rows = MetricTarget.objects.filter(metric__in=list(metrics), month__in=list(months)).order_by("metric", "month")
    for metric, month, value in rows.values_list("metric", "month", "value"):
        found.setdefault(metric, {})[month] = value
    return found


def scaled(metric: str, value: Decimal | None, currency: str) -> Decimal | None:
    """A computed value in the unit of its target. Example: an NRR of 1.124 is 112.4, 115_000_000 minor USD are 1150000."""
    if value is None:
        return None
    said = of(metric)
    return from_minor(whole_minor(value), currency) if said.unit == Unit.MONEY else said.said(value)


def fiscal_year(tenant: Tenant, month: dt.date) -> list[dt.date]:
    """The twelve months of the fiscal year that holds `month`. Example: begins in April, 2026-02 gives 2025-04 to 2026-03."""
    first = add_months(month.replace(day=1), -((month.month - tenant.fiscal_start_month) % 12))
    return [add_months(first, count) for count in range(12)]


def stamp(months: Sequence[dt.date]) -> str:
    """What stands in these months, as a short word: whoever saves says which state they had seen."""
    rows = MetricTarget.objects.filter(month__in=list(months)).order_by("metric", "month")
    text = ";".join(
        f"{m}{month}{value.normalize():f}" for m, month, value in rows.values_list("metric", "month", "value")
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_number(text: str) -> Decimal | None:
    """A number as people write or paste it: 110, 110.5%, $1,150,000, 1.150.000,00; None for an empty cell.

    Of two different marks the last one is the decimal one; a mark that stands twice groups. A single mark before
    exactly three digits groups unless it is the decimal mark of the reader's language. ValueError for anything else.
    """
    plain = re.sub(r"[\s%’'_]|[^\d.,\-−+a-zA-Z]", "", text).replace("−", "-")
    if not plain:
        if text.strip():
            raise ValueError(text)
        return None
    marks = [mark for mark in ".," if mark in plain]
    decimal = ""
    if len(marks) == 2:
        decimal = max(marks, key=plain.rfind)
    elif marks and plain.count(marks[0]) == 1:
        grouped = re.fullmatch(r"[-+]?[1-9]\d{0,2}[.,]\d{3}", plain)
        if not grouped or get_decimal_symbol(get_language() or "en") == marks[0]:
            decimal = marks[0]
    for mark in ".,":
        if mark != decimal:
            plain = plain.replace(mark, "")
    plain = plain.replace(decimal, ".") if decimal else plain
    if not re.fullmatch(r"[-+]?\d{1,14}(\.\d*)?|[-+]?\.\d+", plain):
        raise ValueError(text)
    try:
        return Decimal(plain)
    except InvalidOperation as error:
        raise ValueError(text) from error


def problem(metric: str, value: Decimal | None) -> str:
    """What is wrong with a target; empty when nothing is."""
    if metric not in PLANNED:
        return _("There is no such metric to plan.")
    if value is None:
        return ""
    low, high = OWN_LIMITS.get(metric) or LIMITS.get(of(metric).unit, USUAL)
    if not value.is_finite() or not low <= value <= high:
        return _("It must lie between %(low)s and %(high)s.") % {"low": f"{low:,f}", "high": f"{high:,f}"}
    if value != round(value, PLACES):
        return _("At most %(n)s decimals.") % {"n": PLACES}
    return ""


def key(metric: str, month: dt.date) -> str:
    """The name of a cell in forms and refusals: nrr-2026-10."""
    return f"{metric}-{month_text(month)}"


@transaction.atomic
def save_targets(*, cells: Sequence[Cell], by: Member | None, seen: tuple[Sequence[dt.date], str] | None = None) -> int:
    """Write these targets; how many differ from what stood there. DomainError names each cell that is wrong and then
    nothing is written; Conflict when the months of `seen` do not stand any more as its stamp says."""
    found = {key(cell.metric, cell.month): text for cell in cells if (text := problem(cell.metric, cell.value))}
    wanted: dict[tuple[str, dt.date], Decimal | None] = {}
    for cell in cells:
        if (cell.metric, cell.month) in wanted:
            found[key(cell.metric, cell.month)] = _("A metric and month stand here twice.")
        wanted[cell.metric, cell.month] = cell.value
    if found:
        raise DomainError(_("Some targets cannot be."), code="targets", fields=found)
    stored = MetricTarget.objects.select_for_update().filter(month__in={month for _metric, month in wanted})
    known = {(row.metric, row.month): row for row in stored.order_by("id")}
    if seen and stamp(seen[0]) != seen[1]:
        raise Conflict(_("Somebody else changed these targets in the meantime. Nothing was saved."))
    gone = [known[at].id for at, value in wanted.items() if value is None and at in known]
    changed = {
        at: value for at, value in wanted.items() if value is not None and (at not in known or known[at].value != value)
    }
    MetricTarget.objects.filter(id__in=gone).delete()
    MetricTarget.objects.bulk_create(
        [MetricTarget(metric=metric, month=month, value=value) for (metric, month), value in changed.items()],
        update_conflicts=True,
        unique_fields=["tenant", "metric", "month"],
        update_fields=["value"],
    )
    return len(gone) + len(changed)
