"""The arithmetic of retention against vectors that a finance person can check, and the laws it obeys."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rates import Rate, converted, pairs_used, rates_to
from metrics import formulas
from metrics.formulas import Sums

M = 1_000_000_00


def year(start: int, up: int = 0, down: int = 0, lost: int = 0, new: int = 0, back: int = 0, fx: int = 0) -> Sums:
    return Sums(
        opening=start, fx=fx, new=new, expansion=up, contraction=down, churned=lost, reactivation=back,
        closing=start + fx + up - down - lost + new + back,
    )  # fmt: skip


def test_nrr_vector_met_01():
    assert formulas.nrr(year(10 * M, up=1_500_000_00, lost=800_000_00, down=200_000_00)) == Decimal("1.05")


def test_grr_vector_met_03_is_90_not_the_printed_91():
    assert formulas.grr(year(10 * M, up=1_500_000_00, lost=800_000_00, down=200_000_00)) == Decimal("0.90")


def test_logo_churn_vector_met_04_quarter_and_year():
    quarter = formulas.logo_churn(Sums(opening_customers=500, churned_customers=15))
    assert quarter == Decimal("0.03")
    assert round(formulas.annualised(quarter, 3), 4) == Decimal("0.1147")


def test_ltv_vectors_met_05():
    assert formulas.lifetime_value(Decimal(30_000), Decimal("0.80"), Decimal("0.10")) == 240_000
    assert formulas.lifetime_value(Decimal(30_000), Decimal(1), Decimal("0.10")) == 300_000


def test_ltv_is_undefined_at_zero_churn():
    assert formulas.lifetime_value(Decimal(30_000), Decimal("0.80"), Decimal(0)) is None
    assert formulas.lifetime_value(Decimal(30_000), Decimal("0.80"), None) is None


def test_acv_growth_vector_met_12():
    assert formulas.growth(Decimal(42_000), Decimal(35_000)) == Decimal("0.2")


def test_scenario_vector_val_04():
    kept = Sums(opening=5_000_000, expansion=712_500, churned=250_000, closing=5_462_500)
    assert formulas.nrr(kept) == Decimal("1.0925")
    assert formulas.grr(kept) == Decimal("0.95")


def test_nothing_at_the_start_is_undefined_not_zero():
    nobody = Sums(new=100, closing=100)
    assert formulas.nrr(nobody) is formulas.grr(nobody) is formulas.logo_churn(nobody) is None
    assert formulas.quick_ratio(nobody) is None


amounts = st.integers(min_value=0, max_value=10**12)


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=30))
def test_laws_grr_at_most_one_and_at_most_nrr(pairs: list[tuple[int, int]]):
    """MET-03: over any book of (then, now), GRR <= 1 and GRR <= NRR, and movements close the balance (rule 6)."""
    base = [(a, b) for a, b in pairs if a]
    sums = Sums(
        opening=sum(a for a, _ in base),
        new=sum(b for a, b in pairs if not a),
        expansion=sum(b - a for a, b in base if b > a),
        contraction=sum(a - b for a, b in base if 0 < b < a),
        churned=sum(a for a, b in base if not b),
        closing=sum(b for _, b in pairs),
    )
    assert sums.balances
    nrr, grr = formulas.nrr(sums), formulas.grr(sums)
    if nrr is None or grr is None:
        assert not base
    else:
        assert 0 <= grr <= 1
        assert grr <= nrr
        assert sums.kept_capped == sum(min(a, b) for a, b in base)


JAN, FEB, MAR = (dt.date(2026, m, 1) for m in (1, 2, 3))


def rates(*rows: tuple[dt.date, str, str, str]) -> list[Rate]:
    return [Rate(month, base, quote, Decimal(rate)) for month, base, quote, rate in rows]


def test_rate_direct_inverse_and_cross():
    known = rates((JAN, "EUR", "USD", "1.25"), (JAN, "EUR", "GBP", "0.8"))
    found = rates_to("USD", ["EUR", "GBP", "USD"], (JAN, JAN), known)
    assert found["EUR"][JAN] == Decimal("1.25")
    assert found["GBP"][JAN] == Decimal("1.5625")
    assert found["USD"][JAN] == 1
    assert rates_to("EUR", ["USD"], (JAN, JAN), known)["USD"][JAN] == Decimal("0.8")


@pytest.mark.parametrize("turned", [(False, False), (False, True), (True, False), (True, True)])
def test_a_rate_leads_over_any_third_currency_however_it_is_quoted(turned: tuple[bool, bool]) -> None:
    """METRICS rule 17: two currencies of which the dollar is the quote, as banks quote them, are worth something in each other."""
    legs = [
        (JAN, "USD", code, str(1 / Decimal(rate))) if turn else (JAN, code, "USD", rate)
        for (code, rate), turn in zip((("GBP", "1.25"), ("EUR", "1.6")), turned, strict=True)
    ]
    found = rates_to("EUR", ["GBP", "IDR"], (JAN, JAN), rates(*legs))
    assert found == {"GBP": {JAN: Decimal("0.78125")}}


def test_a_common_base_goes_before_other_ways() -> None:
    pairs = {
        ("CHF", "GBP"): Decimal(1),
        ("CHF", "EUR"): Decimal(3),
        ("GBP", "AUD"): Decimal(2),
        ("EUR", "AUD"): Decimal(1),
    }
    assert converted("GBP", "EUR", pairs) == 3
    assert pairs_used("GBP", "EUR", pairs) == (("CHF", "GBP"), ("CHF", "EUR"))
    assert converted("GBP", "AUD", pairs) == 2
    assert converted("AUD", "GBP", pairs) == Decimal("0.5")


def test_rate_of_a_month_without_one_is_that_of_the_month_before():
    found = rates_to("USD", ["EUR"], (JAN, MAR), rates((FEB, "EUR", "USD", "1.1")))
    assert list(found["EUR"].values()) == [Decimal("1.1")] * 3


def test_currency_that_nothing_connects_is_left_out():
    assert rates_to("USD", ["IDR"], (JAN, MAR), rates((JAN, "EUR", "USD", "1.1"))) == {}


@pytest.mark.parametrize(("ratio", "text"), [("0.333333333333", "0.33333333"), ("1.000000005", "1.00000001")])
def test_ratios_are_printed_to_eight_decimals_half_up(ratio: str, text: str):
    assert str(formulas.ratio8(Decimal(ratio))) == text
