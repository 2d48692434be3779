"""Each case of METRICS 3 and 4 that a book of periods can show, through the public door and the real night."""

import datetime as dt
import time
from decimal import Decimal

import pytest
from django.utils import timezone

from metrics.models import MrrMovement
from tests.books import Book, read
from tests.conftest import make_world


@pytest.fixture
def book(world) -> Book:
    return Book(world)


def year(book: Book, month: str = "2025-12", **question: object) -> dict[str, object]:
    return book.month("retention_12m", month, **question)


def row(book: Book, month: str, **question: object) -> dict[str, object]:
    return book.month("mrr_monthly", month, **question)


NIGHT = dt.date(2025, 12, 31)


def test_cap_growth_never_hides_loss(book):
    """A 100 to 150, B 100 to 60: NRR 105 %, GRR 80 %."""
    book.period("A", "2024-12-01", "2025-06-01", "100")
    book.period("A", "2025-06-01", "", "150")
    book.period("B", "2024-12-01", "2025-06-01", "100")
    book.period("B", "2025-06-01", "", "60")
    book.night("2025-12-31")
    found = year(book)
    assert (found["nrr"], found["grr"]) == (Decimal("1.05"), Decimal("0.80"))
    assert (found["expanded_customers"], found["contracted_customers"], found["churned_customers"]) == (1, 1, 0)


def test_return_inside_the_window_counts_with_what_it_pays_now(book):
    """A 100, gone May to August, 130 now; B 100: NRR 115 %, GRR 100 %, logo churn 0 (rule 13)."""
    book.period("A", "2024-12-01", "2025-05-01", "100")
    book.period("A", "2025-09-01", "", "130")
    book.period("B", "2024-12-01", "", "100")
    book.night("2025-12-31")
    found = year(book)
    assert (found["nrr"], found["grr"], found["logo_churn"]) == (Decimal("1.15"), 1, 0)
    assert row(book, "2025-05")["churned_mrr"] == 100
    back = row(book, "2025-09")
    assert (back["reactivation_mrr"], back["new_mrr"], back["nrr"]) == (130, 0, 1)


def test_dip_that_recovered(book):
    """100, 60 for half a year, 100: GRR12 100 %, monthly GRR 60 % in the dip month."""
    for start, end, mrr in (
        ("2024-12-01", "2025-03-01", "100"),
        ("2025-03-01", "2025-09-01", "60"),
        ("2025-09-01", "", "100"),
    ):
        book.period("A", start, end, mrr)
    book.night("2025-12-31")
    assert year(book)["grr"] == 1
    assert row(book, "2025-03")["grr"] == Decimal("0.6")
    assert row(book, "2025-09")["expansion_mrr"] == 40


def test_joined_and_left_inside_the_window_is_in_no_ratio(book):
    """A 100; N 500 March to July: GRR12 100 %, logo churn 0 (rule 12)."""
    book.period("A", "2024-12-01", "", "100")
    book.period("N", "2025-03-01", "2025-07-01", "500")
    book.night("2025-12-31")
    found = year(book)
    assert (found["nrr"], found["grr"], found["logo_churn"], found["base_customers"]) == (1, 1, 0, 1)


def test_two_lines_contraction_then_one_lost_logo(book):
    """60 + 40; 60 ends, then 40 ends: contraction 60, then churn 40, one lost logo (rule 14)."""
    book.period("A", "2025-01-01", "2025-03-01", "60")
    book.period("A", "2025-01-01", "2025-05-01", "40")
    book.night("2025-12-31")
    march, may = row(book, "2025-03"), row(book, "2025-05")
    assert (march["contraction_mrr"], march["churned_mrr"], march["churned_customers"]) == (60, 0, 0)
    assert (may["contraction_mrr"], may["churned_mrr"], may["churned_customers"]) == (0, 40, 1)


def test_annual_to_monthly(book):
    """1,000 a year, then 100 a month: 83.33, expansion 16.67."""
    book.period("A", "2024-06-01", "2025-06-01", "1000", interval_months="12")
    book.period("A", "2025-06-01", "", "100")
    book.night("2025-12-31")
    assert row(book, "2025-05")["closing_mrr"] == Decimal("83.33")
    assert row(book, "2025-06")["expansion_mrr"] == Decimal("16.67")


def test_rounding_once_for_each_line(book):
    """Three lines of 10.00 a year are 2.49, not 2.50."""
    for _ in range(3):
        book.period("A", "2025-01-01", "2026-01-01", "10.00", interval_months="12")
    book.night("2025-12-31")
    assert row(book, "2025-06")["closing_mrr"] == Decimal("2.49")


def test_exclusive_end_a_hole_of_one_day_is_real(book):
    """Ends 31 March, next starts 1 April: churn in March, reactivation in April."""
    book.period("A", "2025-01-01", "2025-03-31", "100")
    book.period("A", "2025-04-01", "", "100")
    book.night("2025-12-31")
    assert row(book, "2025-03")["churned_mrr"] == 100
    assert row(book, "2025-04")["reactivation_mrr"] == 100


def test_month_lengths_leave_no_hole_at_the_end_of_february(book):
    """31 January to 28 February to 31 March."""
    book.period("A", "2025-01-31", "2025-02-28", "100")
    book.period("A", "2025-02-28", "2025-03-31", "100")
    book.period("A", "2025-03-31", "", "100")
    book.night("2025-12-31")
    for month in ("2025-02", "2025-03", "2025-04"):
        found = row(book, month)
        assert (found["closing_mrr"], found["churned_customers"], found["reactivated_customers"]) == (100, 0, 0), month


def test_start_and_cancel_in_one_month_is_invisible(book):
    book.period("A", "2024-01-01", "", "100")
    book.period("B", "2025-03-02", "2025-03-30", "900")
    book.night("2025-12-31")
    march = row(book, "2025-03")
    assert (march["new_mrr"], march["churned_mrr"], march["closing_mrr"]) == (0, 0, 100)


def test_leap_day(book):
    book.period("A", "2024-02-29", "2025-02-28", "1200", interval_months="12")
    book.night("2025-12-31")
    assert row(book, "2024-02")["new_mrr"] == 100
    assert row(book, "2025-02")["churned_mrr"] == 100


def test_free_period_is_no_customer(book):
    """Rules 3 and 4."""
    book.period("A", "2024-01-01", "", "100")
    book.period("F", "2024-01-01", "", "0")
    book.night("2025-12-31")
    assert row(book, "2025-12")["closing_customers"] == 1


def test_undefined_is_empty_not_zero(book):
    book.period("A", "2025-12-01", "", "100")
    book.night("2025-12-31")
    first = row(book, "2025-12")
    assert first["nrr"] is first["grr"] is first["logo_churn"] is first["quick_ratio"] is None
    assert book.report("retention_12m").rows == []


def test_ltv_is_empty_without_churn(book):
    book.period("A", "2024-01-01", "", "100")
    book.night("2025-12-31")
    assert year(book)["ltv"] is year(book)["ltv_simple"] is None


def test_fx_effect_stands_apart(book):
    """100 EUR, rate 1.10 then 1.20: fx +10, expansion 0, NRR 100 % (rule 17)."""
    book.rate("2025-10", "EUR", "USD", "1.10")
    book.rate("2025-11", "EUR", "USD", "1.20")
    book.period("A", "2025-01-01", "", "100", currency="EUR")
    book.night("2025-12-31")
    november = row(book, "2025-11")
    assert (november["opening_mrr"], november["fx_effect"], november["closing_mrr"]) == (110, 10, 120)
    assert (november["expansion_mrr"], november["nrr"], november["grr"]) == (0, 1, 1)


def test_fx_and_contraction_together(book):
    """EUR 100 to 90 while 1.00 to 1.25: fx +25, contraction 12.50, NRR 90 %."""
    book.rate("2024-11", "EUR", "USD", "1.00")
    book.rate("2025-11", "EUR", "USD", "1.25")
    book.period("A", "2024-01-01", "2025-11-01", "100", currency="EUR")
    book.period("A", "2025-11-01", "", "90", currency="EUR")
    book.night("2025-12-31")
    november = row(book, "2025-11")
    assert (november["fx_effect"], november["contraction_mrr"], november["nrr"]) == (
        25,
        Decimal("12.50"),
        Decimal("0.9"),
    )
    trailing = year(book, "2025-11")
    assert (trailing["base_mrr"], trailing["nrr"], trailing["grr"]) == (125, Decimal("0.9"), Decimal("0.9"))
    assert book.findings() == []


def test_a_currency_without_a_rate_is_said_and_in_no_figure(book):
    book.period("A", "2025-01-01", "", "100")
    book.period("B", "2025-01-01", "", "1000000", currency="IDR")
    book.night("2025-12-31")
    assert row(book, "2025-12")["closing_mrr"] == 100
    assert any("IDR" in message for message in book.findings())
    book.rate("2025-01", "USD", "IDR", "16000")
    book.night("2025-12-31")
    assert row(book, "2025-12")["closing_mrr"] == Decimal("162.50")
    assert book.findings() == []


def test_late_rate_changes_history_and_known_at_still_knows_the_old(book):
    book.rate("2025-01", "EUR", "USD", "1.00")
    book.period("A", "2025-01-01", "", "100", currency="EUR")
    book.night("2025-12-31")
    time.sleep(0.01)
    then = timezone.now()
    book.rate("2025-01", "EUR", "USD", "1.50")
    book.night("2025-12-31")
    assert row(book, "2025-06")["closing_mrr"] == 150
    assert row(book, "2025-06", known_at=then)["closing_mrr"] == 100


def test_as_reported_then_and_as_known_now(book):
    """A correction that arrives late: the figure of then can still be asked for (METRICS 4, late data)."""
    book.period("A", "2024-12-01", "", "100", key="S-A")
    book.period("B", "2024-12-01", "", "100", key="S-B")
    book.night("2025-12-31")
    then = timezone.now()
    assert year(book)["nrr"] == 1
    book.period("B", "2024-12-01", "2025-10-01", "100", key="S-B")
    book.night("2025-12-31")
    assert (year(book)["nrr"], year(book)["churned_customers"]) == (Decimal("0.5"), 1)
    assert (year(book, known_at=then)["nrr"], year(book, known_at=then)["churned_customers"]) == (1, 0)
    assert book.report("mrr_monthly", as_of=dt.date(2025, 6, 30)).rows[-1]["month"] == "2025-06"


def test_a_correction_is_reversing_rows_never_an_edit(book):
    """HOUSE 3: the ledger is append-only; reversals name the row they take back, and nets are what the book says."""
    book.period("A", "2025-01-01", "", "100", key="S-A")
    book.night("2025-12-31")
    with book.world.open():
        before = set(MrrMovement.objects.values_list("id", "amount_minor"))
    book.period("A", "2025-01-01", "", "130", key="S-A")
    book.night("2025-12-31")
    with book.world.open():
        after = set(MrrMovement.objects.values_list("id", "amount_minor"))
        assert before < after
        reversal = MrrMovement.objects.exclude(reverses=None).get()
        assert reversal.amount_minor == -100_00
        assert reversal.reverses_id in {key for key, _ in before}
        assert sum(amount for _, amount in after) == 130_00
        assert MrrMovement.objects.filter(reverses=None).order_by("recorded_at").last().change.source == "api"


def test_night_twice_changes_nothing(book):
    book.period("A", "2024-01-01", "2025-06-01", "100")
    book.period("B", "2025-02-01", "", "70", currency="EUR")
    book.rate("2025-02", "EUR", "USD", "1.1")
    book.night("2025-12-31")
    first = [book.report(name).rows for name in ("mrr_monthly", "retention_12m", "cohorts", "account_month")]
    with book.world.open():
        ledger = MrrMovement.objects.count()
    book.night("2025-12-31")
    book.night("2025-03-31")
    assert [
        book.report(name, as_of=NIGHT).rows for name in ("mrr_monthly", "retention_12m", "cohorts", "account_month")
    ] == first
    with book.world.open():
        assert MrrMovement.objects.count() == ledger


CLOSING = ("new_mrr", "expansion_mrr", "reactivation_mrr", "fx_effect")


@pytest.mark.parametrize("currency", ["USD", "EUR", "IDR"])
def test_open_collective_closes_on_every_row(db, currency):
    """Real card-billed contributions in USD and EUR, valued in three currencies with the ECB's rates (METRICS rule 6)."""
    periods = read("opencollective/subscriptions.csv.gz")
    rates = [{k: r[k] for k in ("month", "base", "quote", "rate")} for r in read("fx/ecb_month_end.csv.gz")]
    for tenant in sorted({p["tenant"] for p in periods}):
        book = Book(make_world(tenant, tenant))
        book.world.tenant.currency = currency
        book.world.tenant.save()
        book.merge("fx_rates", rates)
        book.merge("subscriptions", [p for p in periods if p["tenant"] == tenant])
        book.night("2017-11-30")
        assert book.findings() == []
        opening = Decimal(0)
        rows = book.report("mrr_monthly", as_of=dt.date(2017, 11, 30)).rows
        assert rows
        for found in rows:
            assert found["opening_mrr"] == opening
            closing = opening + sum(found[c] for c in CLOSING) - found["contraction_mrr"] - found["churned_mrr"]
            assert closing == found["closing_mrr"], found["month"]
            opening = found["closing_mrr"]


def test_open_collective_vector(db):
    """METRICS 4: BrusselsTogether, November 2017, cohort NRR 75.0 %."""
    tenant = "oc-brusselstogether"
    book = Book(make_world(tenant, tenant))
    book.world.tenant.currency = "EUR"
    book.world.tenant.save()
    book.merge("subscriptions", [p for p in read("opencollective/subscriptions.csv.gz") if p["tenant"] == tenant])
    book.night("2017-11-30")
    assert year(book, "2017-11", as_of=dt.date(2017, 11, 30))["nrr"] == Decimal("0.75")


def test_gcloud_vector(db):
    """METRICS 4: all suppliers, June 2014, cohort NRR 60.4 % and GRR 30.4 %, not the sums of movements."""
    book = Book(make_world("gc3-all", "all"))
    book.world.tenant.currency = "GBP"
    book.world.tenant.save()
    book.merge("subscriptions", [p for p in read("gcloud_saas/subscriptions.csv.gz") if p["tenant"] == "gc3-all"])
    book.night("2014-06-30")
    found = year(book, "2014-06", as_of=dt.date(2014, 6, 30))
    assert (round(found["nrr"], 3), round(found["grr"], 3)) == (Decimal("0.604"), Decimal("0.304"))


def test_a_cohort_opens_to_its_customers(book):
    """DSH-04: the row of a quarter leads to the accounts who first paid in it, and to no others."""
    book.period("First Ltd", "2024-02-10", "", "100")
    book.period("Second Ltd", "2024-03-31", "", "50")
    book.period("Later Ltd", "2024-04-01", "", "70")
    book.night("2025-12-31")
    client = book.world.client("executive")
    board = client.get(book.world.url("board/") + "?month=2025-11").content.decode()
    link = f"{book.world.url('accounts/')}?since=2024-Q1"
    assert link in board
    page = client.get(link).content.decode()
    assert "First Ltd" in page
    assert "Second Ltd" in page
    assert "Later Ltd" not in page
    assert client.get(book.world.url("accounts/") + "?since=2024-Q9").status_code == 200
