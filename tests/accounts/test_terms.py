"""What a paid period counts as is decided at the door: charge, recurring discount, past due, why it ended (METRICS 3, 4)."""

from typing import Any

import pytest

from accounts.kinds import Row
from accounts.models import Subscription, SubscriptionChange
from accounts.rows import parse
from tests.books import Book

PLAIN = {
    "account": "A", "subscription_id": "S", "start_date": "2025-01-01", "end_date": "2026-01-01", "interval_months": "12",
    "amount": "1200.00", "currency": "USD",
}  # fmt: skip


@pytest.fixture
def book(worlds) -> Book:
    Book(worlds[1]).merge("subscriptions", [PLAIN | {"charge": "trial", "discount": "1.00"}])
    return Book(worlds[0])


def send(book: Book, **cells: str) -> Subscription:
    result = book.merge("subscriptions", [PLAIN | cells])
    assert not result.rejected, result.rejected
    with book.world.open():
        return Subscription.objects.get()


def versions(book: Book) -> list[tuple[str, str]]:
    with book.world.open():
        rows = SubscriptionChange.objects.order_by("recorded_at", "id")
        return [(kind, str(day)) for kind, day in rows.values_list("kind", "effective_on")]


@pytest.mark.parametrize(
    ("cells", "mrr", "discount", "amount"),
    [
        ({}, 10000, 0, 120000),
        ({"discount": "200.00"}, 8333, 20000, 120000),
        ({"discount": "200.04"}, 8333, 20004, 120000),
        ({"discount": "199.94"}, 8334, 19994, 120000),  # 83.338
        ({"discount": "1200"}, 0, 120000, 120000),
        ({"discount": ""}, 10000, 0, 120000),
        ({"discount": "200", "mrr": "50.00"}, 5000, 20000, 120000),
        ({"discount": "120", "mrr": "50.00", "amount": ""}, 5000, 12000, 72000),
        ({"charge": "trial"}, 0, 0, 120000),
        ({"charge": "Free", "amount": "0"}, 0, 0, 0),
        ({"charge": "metered"}, 0, 0, 120000),
        ({"charge": "One-off"}, 0, 0, 120000),
        ({"charge": "trial", "mrr": "0"}, 0, 0, 120000),
        ({"charge": "recurring", "mrr": "7"}, 700, 0, 120000),
        ({"charge": ""}, 10000, 0, 120000),
    ],
)
def test_what_counts_as_mrr(book, cells, mrr, discount, amount):
    """Net of every recurring discount, half up once; nothing but a recurring charge counts."""
    found = send(book, **cells)
    assert (found.mrr_minor, found.discount_minor, found.amount_minor) == (mrr, discount, amount)
    with book.world.open():
        change = SubscriptionChange.objects.get()
        assert (change.mrr_minor, change.discount_minor, change.charge) == (mrr, discount, found.charge)


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"charge": "trial", "mrr": "5"}, "mrr", "not_recurring"),
        ({"charge": "barter"}, "charge", "unknown_choice"),
        ({"discount": "-1"}, "discount", "negative"),
        ({"discount": "1200.01"}, "discount", "out_of_range"),
        ({"discount": "1.001"}, "discount", "decimals"),
        ({"discount": "a lot"}, "discount", "not_an_amount"),
        ({"past_due_on": "2024-12-31"}, "past_due_on", "order"),
        ({"past_due_on": "soon"}, "past_due_on", "not_a_date"),
        ({"end_reason": "bored"}, "end_reason", "unknown_choice"),
        ({"end_reason": "paused", "end_date": ""}, "end_reason", "no_end"),
    ],
)
def test_what_is_refused(cells: dict[str, Any], column: str, code: str):
    found = parse("subscriptions", 1, PLAIN | cells)
    assert not isinstance(found, Row)
    assert [(problem.column, problem.code) for problem in found] == [(column, code)]


def test_a_plain_file_leaves_what_it_does_not_say(book):
    """A file without the new columns goes in as ever, and again changes nothing of charge, discount, debt and reason."""
    send(book, discount="200", past_due_on="2025-06-01", end_reason="unpaid")
    found = send(book)
    assert (found.mrr_minor, found.version) == (8333, 1)
    found = send(book, amount="2400.00")
    assert (found.mrr_minor, found.discount_minor, found.end_reason, found.version) == (18333, 20000, "unpaid", 2)
    assert versions(book) == [("created", "2025-01-01"), ("terms", "2025-01-01")]


def test_a_trial_that_stands_takes_no_mrr_without_its_charge(book):
    send(book, charge="trial")
    assert send(book, amount="2400.00").mrr_minor == 0
    refused = book.merge("subscriptions", [PLAIN | {"mrr": "5.00"}]).rejected
    assert [(each.problem.column, each.problem.code) for each in refused] == [("mrr", "not_recurring")]
    assert send(book, charge="recurring", mrr="5.00").mrr_minor == 500


def test_versions_say_since_when(book):
    send(book)
    send(book, past_due_on="2025-06-10")
    send(book, past_due_on="")
    send(book, charge="free")
    assert versions(book)[1:] == [("period", "2025-06-10"), ("period", "2025-06-10"), ("terms", "2025-01-01")]


def test_a_new_end_does_not_keep_the_reason_of_the_old_one(book):
    assert send(book, end_reason="paused").end_reason == "paused"
    assert send(book, end_date="2026-03-01").end_reason == ""
    assert send(book, end_date="2026-03-01", end_reason="cancelled").end_reason == "cancelled"


def test_the_api_says_and_takes_the_terms(book, client):
    """API-01: the same door; a change of the discount makes a new MRR."""
    send(book)
    key = {"headers": {"Authorization": f"Bearer {book.world.api_key}"}, "content_type": "application/json"}
    url = "/api/v1/subscriptions/ext:S"
    answer = client.patch(url, {"discount": "200.00", "past_due_on": "2025-06-01"}, **key)
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["mrr"], shown["discount"], shown["charge"]) == ("83.33", "200.00", "recurring")
    assert (shown["past_due_on"], shown["end_reason"]) == ("2025-06-01", "")
    assert client.patch(url, {"amount": "600.00"}, **key).json()["mrr"] == "33.33"
    assert client.patch(url, {"charge": "trial"}, **key).json()["mrr"] == "0.00"
    refused = client.patch(url, {"mrr": "12.00"}, **key)
    assert refused.status_code == 422
    assert list(refused.json()["error"]["fields"]) == ["mrr"]
    changes = client.get("/api/v1/subscription-changes", **key).json()["results"]
    assert [(row["mrr"], row["charge"]) for row in changes][-2:] == [("33.33", "recurring"), ("0.00", "trial")]
