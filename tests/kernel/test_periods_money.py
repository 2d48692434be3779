"""Months and money: the edges that make ledgers wrong."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from cs_platform.kernel import money, periods


@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)), st.integers(-600, 600))
def test_adding_months_and_taking_them_away_is_nothing(day: dt.date, count: int):
    month = periods.month_of(day)
    assert periods.add_months(periods.add_months(month, count), -count) == month


def test_a_month_is_complete_on_its_last_day():
    assert periods.last_complete_month(dt.date(2014, 6, 30)) == dt.date(2014, 6, 1)
    assert periods.last_complete_month(dt.date(2014, 6, 29)) == dt.date(2014, 5, 1)
    assert periods.last_complete_month(dt.date(2028, 2, 28)) == dt.date(2028, 1, 1)
    assert periods.last_complete_month(dt.date(2028, 2, 29)) == dt.date(2028, 2, 1)


@pytest.mark.parametrize("text", ["2026", "2026-13", "26-01", "", "2026-00", "x"])
def test_what_is_not_a_month_is_said(text: str):
    with pytest.raises(ValueError, match="is not a month"):
        periods.parse_month(text)
    assert periods.month_or_none(text) is None


@pytest.mark.parametrize(
    ("amount", "months", "currency", "minor"),
    [
        ("2000", 12, "USD", 166_67),
        ("1000", 12, "USD", 83_33),
        ("10", 12, "USD", 83),
        ("1000", 12, "JPY", 83),
        ("1.005", 1, "USD", 1_01),
    ],
)
def test_normalising_rounds_half_up_once_for_each_line(amount: str, months: int, currency: str, minor: int):
    """METRICS rule 2; three lines of 10.00 a year are 2.49, not 2.50."""
    assert money.normalised_monthly(Decimal(amount), months, currency) == minor


@given(st.integers(-(10**15), 10**15), st.sampled_from(["USD", "JPY", "KWD", "IDR"]))
def test_minor_units_go_there_and_back(minor: int, currency: str):
    assert money.to_minor(money.from_minor(minor, currency), currency) == minor


@pytest.mark.parametrize("code", ["usd", "XX", "DOLLAR", ""])
def test_currency_codes_are_iso(code: str):
    with pytest.raises(ValidationError):
        money.validate_currency(code)


@pytest.mark.parametrize(
    ("minor", "language", "text"),
    [
        (48_660_000_00, "en", "$48.66M"),
        (412_000_00, "en", "$412k"),
        (-1_020_000_00, "en", "−$1.02M"),
        (48_660_000_00, "id", "US$48,66M"),
        (None, "en", "–"),
    ],
)
def test_compact_money_follows_the_language(minor: int | None, language: str, text: str):
    with translation.override(language):
        assert money.money_text(minor, "USD", compact=True) == text


@pytest.mark.parametrize(
    ("minor", "whole"), [("8332.5", 8333), ("8333.5", 8334), ("-0.5", -1), ("8333.4999", 8333), (7, 7)]
)
def test_a_fraction_of_a_minor_unit_is_rounded_half_up(minor: str | int, whole: int):
    """Pages, files, API and reports say the same average to the cent: a half goes up, also after an even number."""
    assert money.whole_minor(Decimal(minor)) == whole
