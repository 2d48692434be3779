"""The scenario calculator (VAL-04): what keeping customers is worth, with customer success and without. Pure Decimals.

The seed's example: 100 customers of 50,000 a year that cost 50,000 each to win.

    >>> told = run(Inputs())
    >>> told.arr, told.cac_total, told.payback_months
    (Decimal('5000000'), Decimal('5000000'), Decimal('12'))
    >>> told.without[1].arr, told.without_change, told.without_net
    (Decimal('3500000.00'), Decimal('-1500000.00'), Decimal('-6500000.00'))
    >>> told.with_cs[1].arr, told.nrr, told.grr, told.with_change
    (Decimal('5462500.0000'), Decimal('1.0925'), Decimal('0.95'), Decimal('462500.0000'))
    >>> told.delta
    Decimal('1962500.0000')

The seed prints a delta of 2.9M; 5.4625M less 3.5M is 1.9625M (METRICS 5.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from metrics import formulas

POINT = Decimal("0.01")


@dataclass(frozen=True)
class Field:
    """An input: what it is called, its limits and its step as people write it. `percent` ones are kept as fractions."""

    label: Any
    low: Decimal
    high: Decimal
    step: Decimal
    slider: Decimal  # where its slider ends; larger values are written
    percent: bool = False
    money: bool = False
    hint: Any = ""


def _field(label: Any, low: str, high: str, step: str, slider: str, **more: Any) -> Field:
    return Field(label, Decimal(low), Decimal(high), Decimal(step), Decimal(slider), **more)


FIELDS: Mapping[str, Field] = {
    "customers": _field(gettext_lazy("Customers"), "1", "10000000", "1", "1000"),
    "acv": _field(gettext_lazy("Average contract value a year"), "0", "1000000000000", "0.01", "200000", money=True),
    "cac": _field(gettext_lazy("Cost of winning a customer"), "0", "1000000000000", "0.01", "200000", money=True),
    "kept_without": _field(
        gettext_lazy("Kept a year without customer success"), "0", "100", "0.01", "100", percent=True,
        hint=gettext_lazy("of the revenue; nothing is added to it"),
    ),
    "kept_with": _field(
        gettext_lazy("Kept a year with customer success"), "0", "100", "0.01", "100", percent=True,
        hint=gettext_lazy("of the revenue: GRR"),
    ),
    "growth": _field(
        gettext_lazy("Growth of those that stay"), "-50", "300", "0.01", "50", percent=True,
        hint=gettext_lazy("a year, with customer success"),
    ),
    "years": _field(gettext_lazy("Years"), "1", "5", "1", "5"),
    "cost": _field(
        gettext_lazy("Cost of customer success a year"), "0", "1000000000000", "0.01", "2000000", money=True,
    ),
    "margin": _field(gettext_lazy("Gross margin"), "0", "100", "0.01", "100", percent=True),
}  # fmt: skip


@dataclass(frozen=True)
class Inputs:
    """What the calculator is asked. Money in whole units of the reporting currency, shares as fractions of 1."""

    customers: Decimal = Decimal(100)
    acv: Decimal = Decimal(50_000)
    cac: Decimal = Decimal(50_000)
    kept_without: Decimal = Decimal("0.70")
    kept_with: Decimal = Decimal("0.95")
    growth: Decimal = Decimal("0.15")
    years: Decimal = Decimal(3)
    cost: Decimal = Decimal(0)
    margin: Decimal = Decimal("0.80")

    def written(self, name: str) -> Decimal:
        """A value as people write it. Example: a fraction of 0.95 is 95."""
        value: Decimal = getattr(self, name)
        return value * 100 if FIELDS[name].percent else value

    def query(self) -> str:
        """The inputs as a query string: the address of the page, what is saved and what the API takes."""
        return urlencode({each.name: plain(self.written(each.name)) for each in fields(self)})


def plain(value: Decimal) -> str:
    """95 or 12.5, never an exponent or empty decimals."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def read(given: Mapping[str, str], usual: Inputs | None = None) -> tuple[Inputs, dict[str, str]]:
    """The inputs from a query, and what is wrong by field; a wrong or missing one has its usual value."""
    found = usual or Inputs()
    problems: dict[str, str] = {}
    for name, about in FIELDS.items():
        text = given.get(name, "").strip()
        if not text:
            continue
        try:
            value = Decimal(text)
        except InvalidOperation:
            problems[name] = _("Write a number with a point, such as 12.5.")
            continue
        if not value.is_finite() or not about.low <= value <= about.high:
            limits = {"low": f"{about.low:,f}", "high": f"{about.high:,f}"}
            problems[name] = _("It must lie between %(low)s and %(high)s.") % limits
        elif value % about.step:
            problems[name] = _("At most %(n)s decimals.") % {
                "n": max(-int(about.step.normalize().as_tuple().exponent), 0)
            }
        else:
            found = replace(found, **{name: value / 100 if about.percent else value})
    return found, problems


@dataclass(frozen=True)
class Year:
    """A path at the end of a year: what is left of the revenue (ARR), and how many customers."""

    year: int
    arr: Decimal
    customers: Decimal


@dataclass(frozen=True)
class Told:
    """What follows from the inputs."""

    inputs: Inputs
    without: tuple[Year, ...]
    with_cs: tuple[Year, ...]

    @property
    def arr(self) -> Decimal:
        """Revenue a year at the start: customers x contract value."""
        return self.inputs.customers * self.inputs.acv

    @property
    def cac_total(self) -> Decimal:
        return self.inputs.customers * self.inputs.cac

    @property
    def payback_months(self) -> Decimal | None:
        """CAC / (ACV / 12), without margin as the seed counts it; None without a contract value."""
        return formulas.payback_months(self.inputs.cac, self.inputs.acv)

    @property
    def payback_margin(self) -> Decimal | None:
        """The same out of gross margin. Example: 12 months at a margin of 80% are 15."""
        return formulas.payback_months(self.inputs.cac, self.inputs.acv, self.inputs.margin)

    @property
    def without_change(self) -> Decimal:
        """ARR after the first year less ARR at the start, without customer success."""
        return self.without[1].arr - self.arr

    @property
    def without_net(self) -> Decimal:
        """That change less what it cost to win the customers."""
        return self.without_change - self.cac_total

    @property
    def with_change(self) -> Decimal:
        return self.with_cs[1].arr - self.arr

    @property
    def with_net(self) -> Decimal:
        return self.with_change - self.cac_total

    @property
    def nrr(self) -> Decimal:
        """Net revenue retention of the path with customer success: kept x (1 + growth). Example: 0.95 x 1.15 = 1.0925."""
        return self.inputs.kept_with * (1 + self.inputs.growth)

    @property
    def grr(self) -> Decimal:
        """Gross retention: what is kept, less a decline of those that stay; never above what is kept."""
        return self.inputs.kept_with * min(Decimal(1), 1 + self.inputs.growth)

    @property
    def delta(self) -> Decimal:
        """ARR with less ARR without customer success after the first year."""
        return self.with_cs[1].arr - self.without[1].arr

    def gaps(self) -> list[Decimal]:
        """The same for each year from the start on."""
        return [a.arr - b.arr for a, b in zip(self.with_cs, self.without, strict=True)]

    def cumulative(self) -> list[Decimal]:
        """The gaps added up: revenue that is there with customer success and not without, until the end of each year."""
        total, found = Decimal(0), []
        for gap in self.gaps():
            total += gap
            found.append(total)
        return found

    @property
    def earned(self) -> Decimal:
        """Gross margin of the cumulative gap less what customer success costs over the years."""
        return self.cumulative()[-1] * self.inputs.margin - self.inputs.cost * self.inputs.years

    @property
    def times(self) -> Decimal | None:
        """Gross margin of the cumulative gap for each unit spent on customer success; None when it costs nothing."""
        spent = self.inputs.cost * self.inputs.years
        return self.cumulative()[-1] * self.inputs.margin / spent if spent else None


def run(inputs: Inputs) -> Told:
    """Both paths year by year: revenue is kept at its rate each year, and with customer success those that stay grow."""
    return Told(
        inputs,
        _path(inputs, inputs.kept_without, Decimal(0)),
        _path(inputs, inputs.kept_with, inputs.growth),
    )


def _path(inputs: Inputs, kept: Decimal, growth: Decimal) -> tuple[Year, ...]:
    arr, customers = inputs.customers * inputs.acv, inputs.customers
    years = [Year(0, arr, customers)]
    for year in range(1, int(inputs.years) + 1):
        arr, customers = arr * kept * (1 + growth), customers * kept
        years.append(Year(year, arr, customers))
    return tuple(years)


@dataclass(frozen=True)
class Worth:
    """What one point more of an input brings: ARR after the first year, ARR at the end, revenue over all years."""

    name: str
    first: Decimal
    last: Decimal
    over_all: Decimal


def worth_of_a_point(told: Told) -> list[Worth]:
    """Sensitivity: one point more of retention, and one of growth. Retention ends at 100%: then a point less, turned round.

    Example: of the seed's 5M one point of retention is 5M x 0.01 x 1.15 = 57,500 after a year, one of growth 47,500.
    """
    found = []
    for name in ("kept_with", "growth"):
        value = getattr(told.inputs, name)
        sign = -1 if name == "kept_with" and value + POINT > 1 else 1
        other = run(replace(told.inputs, **{name: value + sign * POINT}))
        found.append(
            Worth(
                name,
                sign * (other.with_cs[1].arr - told.with_cs[1].arr),
                sign * (other.with_cs[-1].arr - told.with_cs[-1].arr),
                sign * (other.cumulative()[-1] - told.cumulative()[-1]),
            )
        )
    return found
