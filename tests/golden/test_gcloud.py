"""The real book of the G-Cloud suppliers against independently computed tables: every tenant, every row, to the cent."""

import datetime as dt
import random

import pytest
from django.utils import timezone

from tests.books import Book, differences, read
from tests.conftest import make_world

END = dt.date(2014, 6, 30)
TABLES = {
    "mrr_monthly": ("monthly.csv", ("month",), {}),
    "retention_12m": ("trailing12.csv", ("month",), {"ltv": "ltv_gm80"}),
    "cohorts": ("cohorts.csv.gz", ("cohort_month", "age_months"), {}),
    "segments": ("segments.csv.gz", ("month", "dimension", "value"), {}),
    "account_month": ("account_month.csv.gz", ("account", "month"), {}),
    "land_and_expand": ("land_expand.csv", ("as_of_month",), {}),
}
PERIODS = read("gcloud_saas/subscriptions.csv.gz")
EXPECTED = {name: read(f"gcloud_saas/expected/{file}") for name, (file, _, _) in TABLES.items()}
TENANTS = sorted({row["tenant"] for row in PERIODS})


def loaded(tenant: str, *, shuffled: bool = False) -> Book:
    rows = [row for row in PERIODS if row["tenant"] == tenant]
    if shuffled:
        random.Random(7).shuffle(rows)
    book = Book(make_world(tenant, tenant))
    book.world.tenant.currency = "GBP"
    book.world.tenant.save()
    book.merge("subscriptions", rows)
    return book


def check(book: Book, tenant: str, **question: object) -> None:
    for name, (_, keys, columns) in TABLES.items():
        expected = [row for row in EXPECTED[name] if row["tenant"] == tenant]
        assert differences(expected, book.report(name, **question), keys, columns) == [], name


@pytest.mark.parametrize("tenant", TENANTS)
def test_every_table_agrees(db, tenant: str):
    """MET-01, MET-03, MET-04, MET-05, MET-08, MET-09, MET-11 to MET-13."""
    book = loaded(tenant, shuffled=True)
    book.night("2014-06-30")
    assert book.findings() == []
    check(book, tenant, as_of=END)


def test_known_at_is_computed_by_the_same_rules(db):
    tenant = "gc3-inovem-ltd"
    book = loaded(tenant)
    book.night("2014-06-30")
    check(book, tenant, as_of=END, known_at=timezone.now())


def test_nights_month_by_month_agree_with_one_night_at_the_end(db):
    """Horizon after horizon gives the tables that one run gives."""
    tenant = "gc3-iken-business-ltd"
    book = loaded(tenant)
    for month in range(4, 13):
        book.night(f"2013-{month:02d}-28")
    for day in ("2014-02-10", "2014-05-31", "2014-06-30", "2014-06-30"):
        book.night(day)
    assert book.findings() == []
    check(book, tenant, as_of=END)


def test_importing_twice_and_changing_a_line_and_back_leaves_the_numbers(db):
    tenant = "gc3-learning-pool"
    book = loaded(tenant)
    book.night("2014-06-30")
    rows = [row for row in PERIODS if row["tenant"] == tenant]
    again = book.merge("subscriptions", rows)
    assert (again.created, again.updated, again.unchanged) == (0, 0, len(rows))
    first = next(row for row in rows if row["end_date"] < "2014-01-01" and row["start_date"] > "2012-08-01")
    for change in ({"mrr": "1.00", "amount": "1.00"}, {"end_date": ""}, {"start_date": "2013-01-05"}):
        assert book.merge("subscriptions", [first | change]).updated == 1
        book.night("2014-06-30")
        assert differences(
            [r for r in EXPECTED["mrr_monthly"] if r["tenant"] == tenant],
            book.report("mrr_monthly", as_of=END),
            ("month",),
        )
        assert book.merge("subscriptions", [first]).updated == 1
        book.night("2014-06-30")
        assert book.findings() == []
        check(book, tenant, as_of=END)
