"""From a row back up (DSH-04): an import, and each version of a paid period, name the months and terms that they moved."""

import datetime as dt
from collections import Counter
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, Import, Subscription, SubscriptionChange
from metrics.models import MrrMovement
from metrics.proof.moved import moved_by
from tests.books import Book
from tests.metrics.test_board_pages import text_of
from tests.metrics.test_lineage import import_rows

ROW = {"account": "A", "key": "S", "start_date": "2025-02-10", "end_date": "", "interval_months": "1", "amount": "100.00", "currency": "USD"}  # fmt: skip


@pytest.fixture
def book(worlds) -> Book:
    """100 since February by a file, corrected to 120 by another; the other company looks the same."""
    for world in worlds[::-1]:
        import_rows(world, [ROW, ROW | {"account": "B", "key": "T", "end_date": "2025-06-15"}], "first.csv")
        Book(world).night("2025-12-31")
        import_rows(world, [ROW | {"amount": "120.00"}], "second.csv")
        Book(world).night("2025-12-31")
    return Book(worlds[0])


def told(book: Book, source: object) -> list[tuple[str, str, int, int]]:
    with book.world.open():
        return [(f"{m.month:%Y-%m}", m.kind, m.amount, m.accounts) for m in moved_by(source)]


def run_of(book: Book, filename: str) -> Import:
    with book.world.open():
        return Import.objects.get(filename=filename)


def test_a_file_moves_what_it_brought_and_took_back(book):
    assert told(book, run_of(book, "second.csv")) == [("2025-02", "new", 2000, 1)]
    assert told(book, run_of(book, "first.csv")) == [("2025-06", "churn", -10000, 1), ("2025-02", "new", 20000, 2)]


def test_a_late_end_moves_two_months(book):
    import_rows(book.world, [ROW | {"account": "B", "key": "T", "end_date": "2025-09-01"}], "third.csv")
    book.night("2025-12-31")
    assert told(book, run_of(book, "third.csv")) == [("2025-09", "churn", -10000, 1), ("2025-06", "churn", 10000, 1)]


def test_a_rate_moves_what_the_version_stands_for(book):
    """Nobody touched the period again: its own version moved the new amount."""
    book.rate("2025-01", "EUR", "USD", "1.1")
    book.period("E", "2025-03-01", "", "100", currency="EUR", key="E")
    book.night("2025-12-31")
    book.rate("2025-01", "EUR", "USD", "1.2")
    book.night("2025-12-31")
    with book.world.open():
        period = Subscription.objects.get(external_id="E")
    assert told(book, period) == [("2025-03", "new", 12000, 1)]


def test_all_versions_together_are_the_ledger(book):
    """Every line belongs to exactly one version, so that they add up to the ledger, month by month and term by term;
    also after accounts became one."""
    book.period("A", "2025-04-01", "2025-10-05", "7.00", key="U")
    book.night("2025-12-31")
    book.period("A", "2025-04-01", "2025-08-05", "9.00", key="U")
    with book.world.open():
        gone = Account.objects.get(external_id="B")
        kept = Account.objects.get(external_id="A")
        Account.objects.filter(id=gone.id).update(merged_into=kept, merged_at=timezone.now())
    book.merge("subscriptions", [{"account": "B", "subscription_id": "T", "start_date": "2025-02-10", "end_date": "2025-06-20",
                                  "interval_months": "1", "amount": "101.00", "currency": "USD"}])  # fmt: skip
    book.night("2025-12-31")
    whole: Counter[tuple[dt.date, str]] = Counter()
    with book.world.open():
        for month, kind, amount in MrrMovement.objects.values_list("month", "kind", "amount_minor"):
            whole[(month, kind)] += amount
        parts: Counter[tuple[dt.date, str]] = Counter()
        versions = set(SubscriptionChange.objects.values_list("id", flat=True))
        for period in Subscription.objects.all():
            for each in moved_by(period):
                assert each.change_id in versions
                parts[(each.month, each.kind)] += each.amount
    assert {key: n for key, n in parts.items() if n} == {key: n for key, n in whole.items() if n}
    assert len(whole) > 3


def test_pages_lead_up(book):
    """From the import's result, the period's versions and the account's revenue to the months; a leader's way down."""
    world = book.world
    client = world.client("admin")
    run = run_of(book, "second.csv")
    url = world.url(f"metrics/moved/import/{run.id}/")
    assert url in client.get(world.url(f"data/imports/{run.id}/")).content.decode()
    answer = client.get(url)
    assert "Feb 2025 New 1 account +$20.00" in text_of(answer)
    assert "part=new" in answer.content.decode()
    with world.open():
        period = Subscription.objects.get(external_id="S")
    page = world.url(f"accounts/{period.account_id}/subscriptions/{period.id}/")
    shown = client.get(f"{page}figures/")
    assert "+$100.00" in text_of(shown)
    assert "+$20.00" in text_of(shown)
    for place in (page, world.url(f"accounts/{period.account_id}/revenue/")):
        assert f"{page}figures/" in client.get(place).content.decode()
    (target,) = {line for line in answer.content.decode().split('"') if "part=new" in line}
    down = client.get(target.replace("&amp;", "&"))
    assert down.status_code == 200
    assert "differs" not in text_of(down)


def test_who_may_not_see_the_board_gets_no_way_up(book):
    world = book.world
    run = run_of(book, "second.csv")
    assert world.client("csm").get(world.url(f"metrics/moved/import/{run.id}/")).status_code == 403


def test_another_companys_import_is_not_there(book, rival):
    with rival.open():
        theirs = Import.objects.get(filename="second.csv")
    client = book.world.client("admin")
    for key in (theirs.id, uuid4()):
        assert client.get(book.world.url(f"metrics/moved/import/{key}/")).status_code == 404


def test_nothing_moved_says_so(book):
    import_rows(book.world, [ROW | {"amount": "120.00"}], "same.csv")
    book.night("2025-12-31")
    run = run_of(book, "same.csv")
    assert "No figure moved" in text_of(
        book.world.client("admin").get(book.world.url(f"metrics/moved/import/{run.id}/"))
    )


def test_queries_do_not_grow(book, django_assert_max_num_queries):
    """PERFORMANCE E1: as many for a file of a hundred rows as for one."""
    world = book.world
    client = world.client("admin")

    def count(run: Import) -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(world.url(f"metrics/moved/import/{run.id}/")).status_code == 200
        return len(found)

    few = count(run_of(book, "second.csv"))
    rows = [ROW | {"account": f"N-{n}", "key": f"N-{n}", "start_date": f"2025-{n % 12 + 1:02d}-01"} for n in range(100)]
    many = import_rows(world, rows, "many.csv")
    book.night("2025-12-31")
    assert count(many) <= few + 1
