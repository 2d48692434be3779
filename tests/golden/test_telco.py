"""Why customers of a telecom company left (MET-09, MET-10), against a count of the same file that knows nothing of Setia."""

from collections import Counter
from decimal import Decimal

import pytest

from tests.books import Book, read

MONTH = "2026-06"
# What the set's own description says of each reason, written down one by one and not by words.
PRODUCT, PRICE, RIVAL, GONE, OTHER = "Product fit", "Price", "Competition", "Business closure", "Other"
MEANING = {
    "Attitude of support person": OTHER,
    "Competitor offered higher download speeds": RIVAL,
    "Competitor offered more data": RIVAL,
    "Don't know": OTHER,
    "Competitor made better offer": RIVAL,
    "Attitude of service provider": OTHER,
    "Competitor had better devices": RIVAL,
    "Network reliability": PRODUCT,
    "Product dissatisfaction": PRODUCT,
    "Price too high": PRICE,
    "Service dissatisfaction": PRODUCT,
    "Lack of self-service on Website": PRODUCT,
    "Extra data charges": PRICE,
    "Moved": GONE,
    "Limited range of services": PRODUCT,
    "Lack of affordable download/upload speed": PRICE,
    "Long distance charges": PRICE,
    "Poor expertise of phone support": OTHER,
    "Poor expertise of online support": OTHER,
    "Deceased": GONE,
}


def started(tenure: int) -> str:
    """The start of a customer of so many months on the snapshot day, 2026-06-15."""
    index = 2026 * 12 + 5 - max(tenure, 1)
    return f"{index // 12:04d}-{index % 12 + 1:02d}-15"


@pytest.fixture
def book(world) -> Book:
    book = Book(world)
    rows = read("telco/telco_extract.csv")
    book.merge(
        "accounts",
        [{"account": r["customerid"], "segment": r["contract"], "churn_reason": r["churn_reason"]} for r in rows],
    )
    book.merge(
        "subscriptions",
        [
            {
                "account": r["customerid"],
                "subscription_id": r["customerid"],
                "start_date": started(int(r["tenure_months"])),
                "end_date": "2026-06-15" if r["churn_value"] == "1" else "",
                "amount": r["monthly_charges"],
                "currency": "USD",
            }
            for r in rows
        ],
    )
    book.night("2026-06-30")
    return book


def expected(rows: list[dict[str, str]]) -> list[tuple[str, str, int, str, int, str]]:
    """The report by hand: shares to eight decimals."""
    reasons = Counter((MEANING[r["churn_reason"]], r["churn_reason"]) for r in rows)
    categories = Counter(MEANING[r["churn_reason"]] for r in rows)

    def share(part: int) -> str:
        return str((Decimal(part) / len(rows)).quantize(Decimal("1e-8"), rounding="ROUND_HALF_UP"))

    return [
        (category, reason, n, share(n), categories[category], share(categories[category]))
        for (category, reason), n in reasons.items()
    ]


@pytest.mark.parametrize("segment", ["", "Month-to-month", "Two year"])
def test_reasons_agree_with_an_independent_count(book, segment):
    """MET-10: every reason with its category and both shares; with a segment those of that segment alone."""
    left = [r for r in read("telco/telco_extract.csv") if r["churn_value"] == "1"]
    left = [r for r in left if not segment or r["contract"] == segment]
    assert len(left) > 2
    found = book.report("churn_reasons", segment=segment)
    assert found.columns == ["category", "reason", "customers", "share", "category_customers", "category_share"]
    assert sorted(tuple(map(str, row.values())) for row in found.rows) == sorted(
        tuple(map(str, row)) for row in expected(left)
    )
    sizes = [row["category_customers"] for row in found.rows]
    assert sizes == sorted(sizes, reverse=True)


def test_who_left_where_agrees_with_an_independent_count(book):
    """MET-09: lost customers and base of each contract; all of it in one month."""
    rows = [r for r in read("telco/telco_extract.csv") if int(r["tenure_months"]) > 0]
    by_contract = Counter(r["contract"] for r in rows)
    lost = Counter(r["contract"] for r in rows if r["churn_value"] == "1")
    month = book.month("mrr_monthly", MONTH)
    assert month["churned_customers"] == sum(lost.values())
    for contract, base in by_contract.items():
        found = book.month("mrr_monthly", MONTH, segment=contract)
        assert (found["opening_customers"], found["churned_customers"]) == (base, lost[contract])
