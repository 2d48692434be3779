"""Billing's totals over the API, and the scenario calculator's numbers."""

from decimal import Decimal

import pytest

from cs_platform.kernel import queue
from metrics.figures import currencies
from metrics.models import Reconciliation, ReconciliationRow
from tests.books import Book
from tests.conftest import World


@pytest.fixture
def book(world: World) -> Book:
    found = Book(world)
    found.period("A", "2025-01-01", "", "100.00")
    found.period("B", "2025-01-01", "", "80.00")
    found.night("2025-11-05")
    return found


BODY = {
    "month": "2025-10",
    "note": "October",
    "rows": [{"account": "A", "arr": "1200.00"}, {"account": "B", "mrr": "60.00"}, {"account": "B", "mrr": "30.00"}],
}


def test_totals_are_sent_compared_and_read_again(api, rival_api, world: World, rival: World, book: Book):
    """ADR 0005: the sum of the differences is the whole difference."""
    answer = api.post("reconciliations", BODY, Idempotency_Key="k-1")
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["billing"], made["ledger"], made["difference"]) == ("190.00", "180.00", "10.00")
    assert made["classes"]["agreed"]["accounts"] == 1
    assert [(line["account"], line["difference"]) for line in made["differences"]] == [("B", "10.00")]
    assert api.post("reconciliations", BODY, Idempotency_Key="k-1").json()["id"] == made["id"]
    one = api.get(f"reconciliations/{made['id']}?basis=reported&kind=only_here").json()
    assert one["differences"] == []
    assert one["difference"] == "10.00"
    assert [row["id"] for row in api.get("reconciliations?month=2025-10").json()["results"]] == [made["id"]]
    assert api.get("reconciliations?month=2025-09").json()["results"] == []
    assert rival_api.get(f"reconciliations/{made['id']}").status_code == 404
    assert rival_api.get("reconciliations").json()["results"] == []
    with world.open():
        assert Reconciliation.objects.get().note == "October"
        assert ReconciliationRow.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"month": "2025-13"}, "month"),
        ({"rows": []}, "rows"),
        ({"rows": "x"}, "rows"),
        ({"rows": [{"account": "A", "mrr": "-1"}]}, "rows.0.mrr"),
        ({"rows": [{"account": "A"}]}, "rows.0.mrr"),
        ({"rows": [{"account": "A", "mrr": "1"}, {"mrr": "1"}]}, "rows.1.account"),
        ({"rows": [{"account": "A", "mrr": "1", "colour": "red"}]}, "rows.0"),
        ({"rows": [5]}, "rows.0"),
        ({"rows": [{"account": "A", "mrr": "1", "currency": "ZZZ"}]}, "rows.0.currency"),
        ({"extra": 1}, "extra"),
    ],
)
def test_all_rows_or_none(api, world: World, book: Book, change: dict, field: str):
    answer = api.post("reconciliations", BODY | change)
    assert answer.status_code == 422, answer.content
    assert field in answer.json()["error"]["fields"]
    with world.open():
        assert not Reconciliation.objects.exists()


def test_the_scenario_has_the_numbers_of_the_page(api, world: World):
    """VAL-04."""
    found = api.get("scenario").json()
    assert (found["arr"], found["cac_total"], found["payback_months"]) == ("5000000.00", "5000000.00", "12.00")
    assert (found["change_without"], found["net_without"]) == ("-1500000.00", "-6500000.00")
    assert (found["years"][1]["arr_with"], found["nrr_with"], found["grr_with"]) == (
        "5462500.00",
        "1.09250000",
        "0.95000000",
    )
    assert (found["delta"], found["point_of_retention"]) == ("1962500.00", "57500.00")
    assert sum(Decimal(year["gap"]) for year in found["years"]) == Decimal(found["cumulative_gap"])
    assert api.get("scenario?years=9").status_code == 422
    assert api.get("scenario?colour=red").status_code == 422


def test_a_line_of_the_ledger_says_the_currency_that_it_was_posted_in(api, world: World, book: Book):
    """ADR 0005: after a change of the reporting currency old lines and their reversals stay in the old one."""
    book.rate("2025-01", "EUR", "USD", "1.25")
    for month in range(2, 11):
        book.rate(f"2025-{month:02}", "EUR", "USD", "1.25")
    with world.open():
        work = currencies.request_change(target="EUR", by=world.members["admin"])
    queue.run_to_end(world.tenant.id, work.id)
    rows = api.get("movements?account=A&month=2025-01").json()["results"]
    assert [(row["amount"], row["currency"]) for row in rows] == [
        ("100.00", "USD"),
        ("-100.00", "USD"),
        ("80.00", "EUR"),
    ]
