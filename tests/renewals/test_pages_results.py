"""What became of renewals: each number of the page opens exactly its renewals (REN-03, REN-05, DSH-04)."""

import csv
import datetime as dt
import io
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from renewals import selectors
from renewals.listing import RenewalQuery
from renewals.models import Renewal
from renewals.views.results import span_of
from tests.conftest import World
from tests.renewals.pages_world import DAY, Book

pytestmark = pytest.mark.django_db


def decided(
    book: Book, name: str, state: str = "renewed", *, days: int = -20, before: int = 0, kept: int = 1000, **more: Any
) -> Renewal:
    """A renewal of 1,000 a month, decided so many days before it came due."""
    one = book.renewal(name, days=days, mrr=1000, **more)
    with book.world.open():
        Renewal.objects.filter(id=one.id).update(
            state=state, closed_on=one.due_on - before * DAY, due_mrr=1000, kept_mrr=0 if state == "churned" else kept
        )
        return Renewal.objects.get(id=one.id)


def context(world: World, address: str = "renewals/results/", role: str = "admin") -> Any:
    page = world.client(role).get(world.url(address))
    assert page.status_code == 200
    return page.context


def opened(world: World, url: str, role: str = "admin") -> int:
    """How many renewals the list that a number opens has."""
    shown = world.client(role).get(url).context["foot"]["shown"] if url else ""
    return int(shown.split(" of ")[1].split()[0]) if shown else 0


def links(found: Any) -> list[tuple[str, str]]:
    """Each number that opens something: its text and where it leads."""
    cells = [cell for row in found["rates"]["table"]["rows"] for cell in row[1:] if cell.get("url")]
    return [(cell["text"], cell["url"]) for cell in cells]


def test_the_year_of_quarters():
    assert span_of(dt.date(2026, 11, 22)) == (dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    assert span_of(dt.date(2026, 1, 1)) == (dt.date(2025, 4, 1), dt.date(2026, 3, 31))


def test_three_rates_of_a_book(worlds: tuple[World, World]):
    """REN-03: 3,000 of a month due, of it 1,000 lost, 1,000 kept, 1,000 kept with 1,500: gross 66.7 %, net 83.3 %, two of
    three renewals; a rival's renewals are in none of it, nor is one that is open in a rate."""
    mine, theirs = worlds
    book = Book(mine)
    decided(book, "Lost", "churned")
    decided(book, "Kept", before=29)
    decided(book, "More", "expanded", before=30, kept=1500)
    book.renewal("Open", days=0)
    decided(Book(theirs), "Rival", "churned")
    found = context(mine)
    assert [tile["value"] for tile in found["tiles"]] == ["66.7%", "83.3%", "66.7%", "50.0%", "100.0%"]
    assert [tile["foot"] for tile in found["tiles"][2:]] == ["2 of 3", "1 of 2", "2 of 2"]
    assert [opened(mine, tile["url"]) for tile in found["tiles"]] == [3, 3, 2, 1, 2]
    assert found["rates"]["table"]["foot"][:6] == ["Together", "4", "3", "2", "1", "2"]
    assert context(theirs)["tiles"][0]["value"] == "0.0%"


def test_a_csm_sees_the_own_book(world: World):
    """ROL-01."""
    book = Book(world)
    decided(book, "Mine")
    decided(book, "Other", "churned", owner="leader")
    assert context(world, role="csm")["tiles"][0]["value"] == "100.0%"
    assert context(world)["tiles"][0]["value"] == "50.0%"
    (row,) = context(world, "renewals/results/?by=csm", "csm")["rates"]["table"]["rows"]
    assert (row[0], opened(world, row[1]["url"], "csm")) == ("Csm Person", 1)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["renewed", "expanded", "contracted", "churned", "withdrawn", "open"]),
            st.integers(-330, 40),
            st.integers(-40, 60),
            st.sampled_from(["csm", "leader", ""]),
            st.sampled_from([None, dt.date(2024, 1, 31), dt.date(2024, 4, 1), dt.date(2025, 12, 31)]),
        ),
        min_size=3,
        max_size=9,
    )
)
def test_each_number_opens_exactly_its_renewals(world: World, told: list[tuple[str, int, int, str, dt.date | None]]):
    """DSH-04: whatever came due and whenever it was decided, of each cut, the count is the number of rows that it opens."""
    book = Book(world)
    with world.open():
        Renewal.objects.exclude(state="withdrawn").update(state="withdrawn")
    for number, (state, days, before, owner, since) in enumerate(told):
        one = book.renewal(f"A{number} {uuid4().hex}", days=days, owner=owner)
        with world.open():
            Account.objects.filter(id=one.account_id).update(customer_since=since)
            if state != "open":
                closed_on = min(one.due_on - before * DAY, book.today)
                Renewal.objects.filter(id=one.id).update(state=state, closed_on=closed_on, due_mrr=1000, kept_mrr=900)
    for by in ("quarter", "segment", "csm", "cohort"):
        found = context(world, f"renewals/results/?by={by}")
        if not found["found"]:
            continue
        for text, url in links(found):
            query = RenewalQuery.parse(QueryDict(url.partition("?")[2]))
            with world.open():
                member = world.members["admin"]
                assert query.matching(selectors.visible(member), member).count() == int(text), (by, url)
        columns = list(zip(*(row[1:6] for row in found["rates"]["table"]["rows"]), strict=True))
        assert [str(sum(int(cell["text"]) for cell in column)) for column in columns] == found["rates"]["table"][
            "foot"
        ][1:6]


def test_files_say_what_the_page_says(worlds: tuple[World, World]):
    """API-02: all, then each cut; money of a year."""
    world, rival = worlds
    decided(Book(world), "Kept", "expanded", kept=1500, before=40)
    decided(Book(rival), "Secret")
    text = world.client("admin").get(world.url("renewals/results.csv")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["by"] for row in rows} == {"all", "month", "quarter", "segment", "csm", "customer_since"}
    for row in rows:
        assert (row["decided"], row["early"], row["due_arr"], row["kept_arr"], row["net_arr"]) == (
            "1", "1", "120.00", "120.00", "180.00"
        )  # fmt: skip
        assert (float(row["gross_rate"]), float(row["net_rate"]), float(row["logo_rate"])) == (1, 1.5, 1)
    assert world.client("admin").get(world.url("renewals/results.xlsx")).content[:2] == b"PK"


def test_what_is_asked_wrongly_and_an_empty_book(world: World):
    client = world.client("csm")
    page = client.get(world.url("renewals/results/?by=zz&segment=Nowhere"))
    assert "No renewal came due" in page.content.decode()
    assert client.get(world.url("renewals/?since=2024-Q9&since=x&certain=zz")).status_code == 200
    decided(Book(world), "Kept")
    piece = client.get(world.url("renewals/results/?by=csm"), HTTP_HX_REQUEST="true", HTTP_HX_TARGET="renewals-results")
    assert "<html" not in piece.content.decode()


def test_queries_of_the_results_do_not_grow(world: World):
    client, url, book = world.client("admin"), world.url("renewals/results/?by=csm"), Book(world)

    def count() -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200
        return len(found)

    decided(book, "A0")
    few = count()
    for number in range(1, 9):
        decided(book, f"A{number}")
    assert count() == few
    assert few <= 18, few
