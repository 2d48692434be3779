"""Cells of the pages about figures: values, bands and changes as text in the reader's language."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_symbol
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.enums import Source
from cs_platform.kernel.money import digits, from_minor, money_text, whole_minor
from cs_platform.kernel.templatetags.cells import month_name, number_text, percent_text
from cs_platform.kernel.templatetags.ui import band_pill
from metrics.catalogue import of
from metrics.enums import Dimension, Tone, Unit
from metrics.figures.bands import LESS_IS_BETTER, MORE_THAN, Band, band_of, unnamed

COMPACT_FROM = 100_000


def language() -> str:
    return get_language() or "en"


def short_money(minor: int | Decimal | None, currency: str, *, signed: bool = False) -> str:
    """$48.66M and $412k as in tiles; below a hundred thousand whole units ($3,456); a dash when undefined."""
    if minor is None:
        return "–"
    minor = whole_minor(minor)
    if abs(from_minor(minor, currency)) >= COMPACT_FROM:
        return money_text(minor, currency, compact=True, signed=signed)
    sign = "−" if minor < 0 else "+" if signed and minor > 0 else ""
    amount = abs(from_minor(minor, currency))
    return sign + format_currency(amount, currency, format="¤#,##0", locale=language(), currency_digits=False)


def scaled(metric: str, value: Decimal | None) -> Decimal | None:
    """The value as bands and sparklines count it: a ratio in percent, everything else as it is."""
    return of(metric).said(value)


def value_text(metric: str, value: Decimal | None, currency: str) -> str:
    """112.4%, $1.15M, 3.24x, 4.2 h, 47: a value in the unit of its metric; a dash when undefined."""
    said = of(metric)
    if value is None:
        return "–"
    if said.unit == Unit.MONEY:
        return short_money(value, currency)
    if said.unit == Unit.RATIO:
        return percent_text(value)
    return with_unit(said.unit, number_text(rounded(metric, value), said.places))


def exact_text(metric: str, value: Decimal | None, currency: str) -> str:
    """The value unrounded as far as it says something: 112.416452%, or money to the cent."""
    if value is None:
        return "–"
    unit = of(metric).unit
    if unit == Unit.MONEY:
        return money_text(whole_minor(value), currency)
    return percent_text(value, 6) if unit == Unit.RATIO else with_unit(unit, number_text(value, 6))


def with_unit(unit: str, number: str) -> str:
    """3.2x, 4.2 h, 12 d, 14 mo, 110%: a number as text with what it counts."""
    return {
        Unit.RATIO: _("%(number)s%%"),
        Unit.TIMES: _("%(number)sx"),
        Unit.HOURS: _("%(number)s h"),
        Unit.DAYS: _("%(number)s d"),
        Unit.MONTHS: _("%(number)s mo"),
    }.get(Unit(unit), "%(number)s") % {"number": number}


def rounded(metric: str, value: Decimal) -> Decimal:
    """An NPS in whole points, a mean to two decimals, half up."""
    return value.quantize(Decimal(1).scaleb(-of(metric).places), rounding=ROUND_HALF_UP)


def edge_text(edge: Decimal) -> str:
    """110, or 79.5: an edge of a band without empty decimals."""
    return number_text(edge, 6)


def range_text(metric: str, band: Band) -> str:
    """110–120%; at an open end 120% and more, below 90%, more than 20%."""
    unit = of(metric).unit

    def edge(value: Decimal | None) -> str:
        return with_unit(unit, edge_text(value or Decimal(0)))

    if band.lower is None and band.upper is None:
        return _("any value")
    if band.lower is None:
        return _("below %(edge)s") % {"edge": edge(band.upper)}
    if band.upper is None:
        lower = {"edge": edge(band.lower)}
        return _("more than %(edge)s") % lower if metric in MORE_THAN else _("%(edge)s and more") % lower
    return f"{edge_text(band.lower)}–{edge(band.upper)}"


def ends(band: Band) -> tuple[float, float]:
    """A band's ends for a sparkline, which cuts what lies outside of its picture."""
    return (
        float(band.lower) if band.lower is not None else -1e9,
        float(band.upper) if band.upper is not None else 1e9,
    )


def band_text(metric: str, band: Band) -> str:
    """Good, 110–120%."""
    return _("%(name)s, %(range)s") % {"name": band.label, "range": range_text(metric, band)}


def pill(metric: str, band: Band) -> SafeString:
    """The band as a mark; a neutral one has no shape, because the ring means "no data"."""
    return band_pill("line" if band.tone == Tone.NONE else band.tone, band_text(metric, band))


def mark(metric: str, bands: Sequence[Band], value: Decimal | None) -> SafeString | str:
    """How bands judge a value: its band, or what a value is called that no band holds (E11); empty without either."""
    counted = scaled(metric, value)
    if counted is None or not bands:
        return ""
    band = band_of(metric, bands, counted)
    return pill(metric, band) if band else band_pill("line", unnamed(metric, bands, counted))


def delta(metric: str, now: Decimal | None, before: Decimal | None, month: dt.date) -> dict[str, Any] | None:
    """The change since the month before: points for ratios, percent for money; None when either is undefined."""
    if now is None or before is None:
        return None
    unit, before_month = of(metric).unit, since(month)
    if unit == Unit.MONEY:
        change = now / before - 1 if before else Decimal(0)
        shown, flat = percent_text(abs(change)), abs(now - before) < Decimal("0.05")
    elif unit == Unit.RATIO:
        change = (now - before) * 100
        shown = _("%(points)s pt") % {"points": number_text(abs(change))}
        flat = abs(change) < Decimal("0.05")
    else:
        change = rounded(metric, now) - rounded(metric, before)
        shown, flat = with_unit(unit, number_text(abs(change), 2)), not change
    if flat:
        return {"value": shown, "text": before_month, "direction": "flat", "good": None}
    return {
        "value": shown,
        "text": before_month,
        "direction": "up" if change > 0 else "down",
        "good": (change > 0) != (metric in LESS_IS_BETTER),
    }


def since(month: dt.date) -> str:
    """Since September 2026."""
    return _("since %(month)s") % {"month": month_name(month)}


def axis_labels(months: Sequence[dt.date]) -> list[str]:
    """Oct 25, Nov, Dec, Jan 26: the year stands at the first month and at each January, so all labels differ."""
    return [
        format_date(month, "MMM yy" if place == 0 or month.month == 1 else "MMM", locale=language())
        for place, month in enumerate(months)
    ]


def quarter_name(month: dt.date) -> str:
    """Q3 2026."""
    return format_date(month, "QQQ y", locale=language())


def dimension_value(dimension: str, value: str, currency: str = "") -> str:
    """A value of a dimension as people read it. ACV bands are named by their edges in the reporting currency."""
    if not value:
        return _("Not set")
    if dimension == Dimension.SOURCE:
        return str(Source(value).label) if value in Source.values else value
    if dimension != Dimension.ACV_BAND:
        return value
    low, mid, high = (
        format_currency(edge, currency, format="¤#,##0", locale=language(), currency_digits=False)
        for edge in (1_000, 10_000, 50_000)
    )
    return {
        "under $1K": _("under %(edge)s") % {"edge": low},
        "$1K-10K": f"{low}–{mid}",
        "$10K-50K": f"{mid}–{high}",
        "$50K+": _("%(edge)s and more") % {"edge": high},
    }.get(value, value)


@dataclass(frozen=True)
class Scale:
    """One unit for all amounts of a table, named once in its head: $, $k or $M."""

    currency: str
    power: int

    @classmethod
    def of(cls, amounts: Iterable[int], currency: str) -> "Scale":
        """The unit that suits the largest amount. Example: 48,660,000.00 USD gives $M, 412,000.00 $k, 900.00 $."""
        largest = from_minor(max((abs(amount) for amount in amounts), default=0), currency)
        return cls(currency, 6 if largest >= 10**7 else 3 if largest >= 10**5 else 0)

    @property
    def unit(self) -> str:
        return get_currency_symbol(self.currency, locale=language()) + {0: "", 3: "k", 6: "M"}[self.power]

    def text(self, minor: int, *, signed: bool = False) -> str:
        """48.66, 412.0 or 900 in the unit of the table."""
        pattern = {0: "#,##0", 3: "#,##0.0", 6: "#,##0.00"}[self.power]
        sign = "−" if minor < 0 else "+" if signed and minor > 0 else ""
        amount = abs(from_minor(minor, self.currency)).scaleb(-self.power)
        return sign + format_decimal(amount, format=pattern, locale=language())

    def money(self, minor: int) -> str:
        """$48.66M, $412.0k or $900: the same unit with every amount."""
        suffix = {0: "", 3: "k", 6: "M"}[self.power]
        return get_currency_symbol(self.currency, locale=language()) + self.text(minor) + suffix

    def moved(self, minor: int) -> SafeString | str:
        """A movement, green above and red below zero; empty at zero, so that one sees where something happened."""
        return toned(minor, self.text(minor, signed=True)) if minor else ""


def toned(amount: int, text: str) -> SafeString:
    """`text` in the colour of the amount's direction."""
    return format_html('<span class="{}">{}</span>', "pos" if amount > 0 else "neg", text)


def plain_money(minor: int, currency: str, *, signed: bool = False) -> str:
    """An amount to the cent without its symbol, for columns whose head names the currency: +1,234.50."""
    sign = "−" if minor < 0 else "+" if signed and minor > 0 else ""
    places = digits(currency)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return sign + format_decimal(abs(from_minor(minor, currency)), format=pattern, locale=language())
