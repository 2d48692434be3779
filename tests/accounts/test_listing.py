"""The accounts list as a query string: filters, order, keyset pages (PAGES, PERFORMANCE E3)."""

import csv
import datetime as dt
import io

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from accounts.listing import (
    COLUMNS,
    FILTERS,
    SORTS,
    ListQuery,
    costliest_filter,
    read_page,
    totals,
)
from accounts.models import Account
from cs_platform.kernel.sheets import csv_text, safe_text
from tests.accounts.book import make_account

TODAY = dt.date(2026, 11, 21)


def query(text: str) -> ListQuery:
    return ListQuery.parse(QueryDict(text))


def walk(state: ListQuery, size: int) -> list[str]:
    """Every name of the list, page after page; fails when the pages do not end."""
    names: list[str] = []
    for _page in range(100):
        page = read_page(Account.objects.all(), state, size)
        names += [account.external_id for account in page.rows]
        if not page.following:
            return names
        state = query(page.following)
    raise AssertionError("the pages never end")


def walk_back(state: ListQuery, size: int) -> list[list[str]]:
    """Go to the last page, then back by `previous`: the pages as they were seen on the way back."""
    page = read_page(Account.objects.all(), state, size)
    while page.following:
        page = read_page(Account.objects.all(), query(page.following), size)
    pages = [[a.external_id for a in page.rows]]
    while page.previous:
        page = read_page(Account.objects.all(), query(page.previous), size)
        pages.append([a.external_id for a in page.rows])
    return pages


@pytest.fixture
def equal_keys(tenant_open):
    """Twelve accounts of which many share name, money and dates, some without dates."""
    for number in range(12):
        make_account(
            "Same name" if number < 7 else f"Name {number % 2}",
            external_id=f"A{number:02d}",
            mrr_minor=(number % 3) * 1000,
            renews_on=None if number % 4 == 0 else TODAY + dt.timedelta(days=number % 3),
            customer_since=None if number % 5 == 0 else TODAY - dt.timedelta(days=number % 2),
        )
    return tenant_open


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_hold_each_row_once_in_order_also_with_equal_and_empty_keys(equal_keys, sort, size):
    state = query(f"sort={sort}")
    whole = walk(state, 100)
    assert sorted(whole) == [f"A{number:02d}" for number in range(12)]
    assert walk(state, size) == whole
    back = walk_back(state, size)
    assert [name for page in reversed(back) for name in page] == whole


def test_empty_dates_come_last_in_both_directions(equal_keys):
    for sort in ("renews", "-renews"):
        dates = [Account.objects.get(external_id=name).renews_on for name in walk(query(f"sort={sort}"), 3)]
        assert dates.count(None) == 3
        assert dates[-3:] == [None] * 3
        known = dates[:-3]
        assert known == sorted(known, reverse=sort.startswith("-"))


def test_a_row_that_leaves_between_two_pages_moves_nothing(equal_keys):
    state = query("sort=name")
    first = read_page(Account.objects.all(), state, 4)
    rest = walk(query(first.following), 4)
    Account.objects.filter(id=first.rows[-1].id).update(name="A name that sorts first")
    assert walk(query(first.following), 4) == rest


def test_filters_mean_what_they_say(tenant_open):
    me = tenant_open.members["csm"]
    make_account("Mine", me, industry="Retail", source="inbound", tier="high_touch", renews_on=TODAY)
    make_account(
        "Theirs", tenant_open.members["ops"], segment="Small business", renews_on=TODAY + dt.timedelta(days=90)
    )
    make_account("Nobody's", None, status="churned", mrr_minor=0, renews_on=TODAY + dt.timedelta(days=91))
    make_account("Past", None, segment=None, renews_on=TODAY - dt.timedelta(days=1))

    def names(text: str) -> set[str]:
        return set(Account.objects.filter(query(text).condition(me, TODAY)).values_list("name", flat=True))

    everybody = {"Mine", "Theirs", "Nobody's", "Past"}
    assert names("") == everybody
    assert names("owner=me") == {"Mine"}
    assert names("owner=none") == {"Nobody's", "Past"}
    assert names("owner=me&owner=none") == {"Mine", "Nobody's", "Past"}
    assert names(f"owner={tenant_open.members['ops'].id}") == {"Theirs"}
    assert names("segment=Small+business") == {"Theirs"}
    assert names("status=churned") == {"Nobody's"}
    assert names("industry=Retail&source=inbound&tier=high_touch") == {"Mine"}
    assert names("renews=90") == {"Mine", "Theirs"}  # both ends included, what has passed is not
    assert names("renews=2026-11") == {"Mine", "Past"}
    assert names("q=nObOdY") == {"Nobody's"}
    assert names("segment=No+such") == set()
    # what is not known is left out, and never breaks
    assert names("status=immortal&renews=never&owner=42&tier=x&nonsense=1") == everybody


def test_text_is_searched_literally(tenant_open):
    make_account("100% sure_thing")
    make_account("100 or more")

    def found(text: str) -> list[str]:
        state = ListQuery.parse(QueryDict(mutable=True) | {}) if not text else query(text)
        return list(Account.objects.filter(state.condition(tenant_open.members["csm"], TODAY)).values_list("name"))

    assert len(found("q=100%25")) == 1
    assert len(found("q=e_t")) == 1
    assert len(found("q=100")) == 2


@given(st.dictionaries(st.sampled_from([*FILTERS, "sort", "col", "view", "after", "before"]), st.lists(st.text())))
def test_any_query_string_is_read_and_written_canonically(params):
    data = QueryDict(mutable=True)
    for name, values in params.items():
        data.setlist(name, values)
    state = ListQuery.parse(data)
    again = query(state.address())
    assert again == state
    assert again.address() == state.address()
    assert set(state.columns) <= set(COLUMNS)


HOSTILE_PARAMS = [
    "q=%00",
    "q=" + "x" * 5000,
    "q=%ff%fe",
    "owner=%27%3B+DROP+TABLE+accounts_account%3B--",
    "renews=99999999999999999999",
    "renews=0000-01",
    "renews=9999-12",
    "renews=%D9%A3%D9%A0",  # Arabic digits
    "sort=password",
    "sort=--arr",
    "after=",
    "after=x",
    "after=00000000-0000-0000-0000-000000000000",
    "after=00000000-0000-0000-0000-000000000000~99999999999999999999999",
    "after=00000000-0000-0000-0000-000000000000~nan",
    "after=00000000-0000-0000-0000-000000000000~2026-99-99&sort=renews",
    "before=00000000-0000-0000-0000-000000000000&sort=renews",
    "before=00000000-0000-0000-0000-000000000000~%00&sort=name",
    "view=%00",
    "col=__class__&col=arr",
    "segment=" + "&segment=".join(f"s{number}" for number in range(500)),
]


@pytest.mark.parametrize("text", HOSTILE_PARAMS)
def test_no_query_string_breaks_the_pages(world, text):
    with world.open():
        make_account("Known")
    client = world.client("admin")
    for path in ("accounts/", "accounts/export/", "accounts/views/new/", "today/", "week/"):
        assert client.get(world.url(f"{path}?{text}")).status_code == 200


def test_totals_count_book_filter_and_views_in_one_query(tenant_open, django_assert_num_queries):
    me = tenant_open.members["csm"]
    for number in range(5):
        make_account(f"A{number}", me if number < 2 else None, mrr_minor=100 * (number + 1))
    state, views = query("owner=none"), {"mine": query("owner=me"), "all": query("")}
    with django_assert_num_queries(1):
        sums = totals(Account.objects.all(), state, views, me, TODAY)
    assert (sums.book, sums.book_mrr) == (5, 1500)
    assert (sums.found, sums.found_mrr) == (3, 1200)
    assert sums.views == {"mine": 2, "all": 5}


def test_the_costliest_filter_is_named_with_what_would_be_there(tenant_open):
    me = tenant_open.members["csm"]
    for number in range(4):
        make_account(f"A{number}", me, industry="Retail")
    make_account("Other", None, industry="Steel", status="churned")

    def worst(text: str) -> tuple[str, int] | None:
        return costliest_filter(Account.objects.all(), query(text), me, TODAY)

    assert worst("owner=me&status=churned") == ("status", 4)
    assert worst("status=prospect") == ("status", 5)
    assert worst("owner=me&status=prospect&industry=Coal") is None  # no single one is to blame


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_cells_of_an_export_never_compute(begin):
    """RELIABILITY 5: text that begins like a formula is prefixed, numbers stay numbers."""
    assert safe_text(f"{begin}cmd") == f"'{begin}cmd"
    (row,) = list(csv.reader(io.StringIO(csv_text(["a"], [[f"{begin}cmd"]]))))[1:]
    assert row == [f"'{begin}cmd"]


def test_numbers_of_an_export_stay_numbers():
    from decimal import Decimal

    text = csv_text(["n", "t", "d"], [[Decimal("-5.50"), "-5.50", dt.date(2026, 1, 2)], [0, None, True]])
    assert text == '"n","t","d"\r\n-5.50,"\'-5.50","2026-01-02"\r\n0,"","True"\r\n'
