"""Insights → Cohorts: retention by age, whether newer cohorts do better, land and expand, down to the accounts (MET-08,
MET-13)."""

import csv
import datetime as dt
import io
import re
from decimal import Decimal

import pytest

from metrics.figures import questions, reports, selectors
from metrics.figures.selectors import CohortRow, cohort_rows
from metrics.insights import cohorts
from metrics.insights.cohorts import Comparison, compare, pooled
from tests.books import Book

DEC = dt.date(2025, 12, 1)


def told(world) -> Book:
    """Two customers from January 2023 of whom one doubles, one leaves after a year; one from February 2023 that shrinks;
    one in a quarter of its own."""
    book = Book(world)
    book.merge(
        "accounts",
        [
            {"account": "Up", "segment": "Enterprise", "owner_email": world.members["csm"].user.email},
            {"account": "Gone", "segment": "Mid-market"}, {"account": "Down", "segment": "Mid-market"},
            {"account": "Late", "segment": "Enterprise"},
        ],
    )  # fmt: skip
    book.period("Up", "2023-01-01", "2024-01-01", "100.00", key="U")
    book.period("Up", "2024-01-01", "", "200.00", key="U")
    book.period("Gone", "2023-01-10", "2024-01-05", "50.00")
    book.period("Down", "2023-02-01", "2023-08-01", "80.00", key="D")
    book.period("Down", "2023-08-01", "", "40.00", key="D")
    book.period("Late", "2025-04-01", "", "60.00")
    book.night("2025-12-31")
    return book


@pytest.fixture
def book(worlds) -> Book:
    books = [told(world) for world in worlds]
    return books[0]


def rows_of(measure: str, **how) -> dict[dt.date, CohortRow]:
    return {row.quarter: row for row in cohort_rows(questions.ask(to=DEC), DEC, measure, **how)}


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_quarters_and_months_by_hand(book):
    """First quarter of 2023: 230.00 at first; a year later 240.00 of 230.00, two of three logos."""
    first, january = dt.date(2023, 1, 1), dt.date(2023, 1, 1)
    with book.world.open():
        quarter = rows_of("ndr", shown=16, ages=12)[first]
        assert (quarter.customers, quarter.mrr) == (3, 230_00)
        # Each at twelve months of its own: 200 + 0 (gone on the day) + 40.
        assert quarter.parts[3] == (240_00, 230_00)
        assert rows_of("gdr", shown=16, ages=12)[first].parts[3] == (140_00, 230_00)
        assert rows_of("logo", shown=16, ages=12)[first].parts[3] == (2, 3)
        month = rows_of("ndr", step=1, shown=36, ages=36)[january]
        assert (month.customers, month.parts[11], month.parts[10]) == (2, (200_00, 150_00), (150_00, 150_00))


def test_an_age_that_lies_ahead_is_empty(book):
    with book.world.open():
        late = rows_of("ndr", shown=16, ages=12)[dt.date(2025, 4, 1)]
        # June's customers would be three months old in September, six in December, nine in March.
        assert [part is not None for part in late.parts[:4]] == [True, True, False, False]
        month = rows_of("ndr", step=1, shown=36, ages=36)[dt.date(2025, 4, 1)]
        assert [part is not None for part in month.parts[:10]] == [True] * 8 + [False] * 2


def test_pages_cells_equal_the_report(book):
    with book.world.open():
        told = {
            (row["cohort_month"], row["age_months"]): row["ndr"] for row in reports.run_report("cohorts", to=DEC).rows
        }
        for start, row in rows_of("ndr", step=1, shown=36, ages=36).items():
            for age, ratio in enumerate(row.ratios, start=1):
                key = (start.strftime("%Y-%m"), age)
                assert (told.get(key) if ratio is None else told[key]) in (None, selectors.formulas.ratio8(ratio))


def cohort(month: dt.date, customers: int, *parts: tuple[int, int] | None) -> CohortRow:
    return CohortRow(month, customers, 0, parts)


def test_newer_cohorts_against_older_ones():
    """MET-08: 15% churn of the fourth quarter of 2024, 8% of the first of 2026: improving."""
    rows = [cohort(dt.date(2024, 10, 1), 100, (85, 100)), cohort(dt.date(2026, 1, 1), 100, (92, 100))]
    found = compare(rows, 3)
    assert found == Comparison(
        3, Decimal("0.92"), Decimal("0.85"), 100, 100, (dt.date(2026, 1, 1),) * 2, (dt.date(2024, 10, 1),) * 2
    )
    assert (found.verdict, found.small) == ("improving", False)
    assert compare(rows[::-1], 3).verdict == "worsening"
    few = compare([cohort(DEC, 4, (9, 10)), cohort(DEC, 40, (9, 10))], 3)
    assert (few.verdict, few.small) == ("same", True)
    assert compare(rows[:1], 3) is None
    assert compare([], 3) is None


def test_cohorts_together_weigh_by_their_size():
    rows = [cohort(DEC, 1, (50, 100), (40, 100)), cohort(DEC, 1, (300, 300), None)]
    assert pooled(rows) == [Decimal("0.875"), Decimal("0.4")]
    assert pooled([]) == []


def test_a_cell_opens_to_its_accounts_and_they_add_up(book):
    with book.world.open():
        part = rows_of("ndr", shown=16, ages=12)[dt.date(2023, 1, 1)].parts[3]
        span = {"first": dt.date(2023, 1, 1), "last": dt.date(2023, 3, 1), "age": 12}
        found = cohorts.aged_behind(questions.ask(to=DEC), book.world.members["admin"], **span)
        assert (found.total, found.first_total) == part
        assert (found.accounts, found.survivors, found.hidden) == (3, 2, 0)
        assert {line.name: line.mrr for line in found.lines} == {"Up": 200_00, "Gone": 0, "Down": 40_00}
        own = cohorts.aged_behind(questions.ask(to=DEC), book.world.members["csm"], **span)
        assert [line.name for line in own.lines] == ["Up"]
        assert (own.hidden, own.hidden_total, own.total) == (2, 40_00, 240_00)


def test_land_and_expand_is_the_report_and_its_accounts(book):
    """MET-13: survivors pay 240.00 where they began with 180.00: 1.33 times, between the bands."""
    with book.world.open():
        row = reports.run_report("land_and_expand", to=DEC).rows[-1]
        assert row["ratio_same_customers"] == Decimal("1.33333333")
        behind = cohorts.aged_behind(
            questions.ask(to=DEC), book.world.members["admin"], first=dt.date.min, last=cohorts.land_span(DEC), age=24
        )
        assert (behind.survivors, behind.accounts) == (row["survivors"], row["customers_24m"])
    client = book.world.client("admin")
    text = text_of(client.get(book.world.url("insights/cohorts/?land=1")))
    assert "1.33x" in text
    assert "between" in text
    assert "Customers at the age of 24 months" in text
    assert "2 of 3 customers still paid" in text


def test_the_page(book):
    client = book.world.client("admin")
    response = client.get(book.world.url("insights/cohorts/"))
    assert response.status_code == 200
    assert "Q1 2023" in text_of(response)
    opened = client.get(book.world.url("insights/cohorts/?cohort=2023-02&age=12&measure=logo"))
    assert "Q1 2023 after 12 months" in text_of(opened)
    assert "Up" in text_of(opened)
    by_month = client.get(book.world.url("insights/cohorts/?by=month&segment=Enterprise"))
    assert "Jan 2023" in text_of(by_month)
    assert "Segments are those of today." in text_of(by_month)
    board = client.get(book.world.url("board/"))
    assert book.world.url("insights/cohorts/") in board.content.decode()


@pytest.mark.parametrize(
    "query",
    ["?measure=x&by=year", "?cohort=2023-13&age=12", "?cohort=2023-01&age=-1", "?age=99999999999", "?month=0001-01"],
)
def test_what_cannot_be_read_falls_back(book, query):
    assert book.world.client("admin").get(book.world.url(f"insights/cohorts/{query}")).status_code == 200


def test_an_unknown_segment_and_who_may_not(book):
    assert book.world.client("admin").get(book.world.url("insights/cohorts/?segment=None")).status_code == 404
    assert book.world.client("csm").get(book.world.url("insights/cohorts/")).status_code == 403


def test_nothing_yet(world):
    assert "No revenue yet" in text_of(world.client("admin").get(world.url("insights/cohorts/")))
    assert world.client("admin").get(world.url("insights/cohorts/cohorts.csv")).status_code == 200


def test_the_file(book):
    response = book.world.client("admin").get(book.world.url("insights/cohorts/cohorts.csv?measure=gdr"))
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    row = next(row for row in rows if (row["cohort"], row["age_months"]) == ("2023-01", "12"))
    assert (row["customers"], row["first_mrr"], row["base"], row["kept"]) == ("3", "230.00", "230.00", "140.00")


def test_queries_do_not_grow(book, django_assert_max_num_queries):
    client = book.world.client("admin")
    client.get(book.world.url("insights/cohorts/"))
    with django_assert_max_num_queries(22):
        client.get(book.world.url("insights/cohorts/?land=1"))
