"""Insights → Churn (MET-04, MET-08 to MET-10): five figures, cuts that open, reasons, the queue and its answers."""

import csv
import datetime as dt
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.churn import record_answer
from accounts.models import Account, ChurnAnswer, Tenant
from metrics.churn.where import BY
from metrics.views import churn_queue as churn_queue_views
from tests.accounts.book import HOSTILE
from tests.books import Book
from tests.metrics.test_board_pages import text_of
from tests.metrics.test_churn import fill

YEAR = {"month": "2025-12", "period": "year"}


@pytest.fixture
def book(worlds) -> Book:
    theirs = Book(worlds[1])
    theirs.period("Theirs", "2024-01-01", "2025-03-15", "999.00", segment="SMB")
    theirs.merge("accounts", [{"account": "Theirs", "churn_reason": "Secret reason"}])
    theirs.night("2025-12-31")
    found = fill(worlds[0])
    with worlds[0].open():
        Account.objects.filter(external_id__in=["S1", "E0", "S0"]).update(owner=worlds[0].members["csm"])
        record_answer(
            account=Account.objects.get(external_id="S0"), category="adoption", reason="Never used",
            note="Nobody here ever opened it.", ended_on=dt.date(2025, 3, 15), by=worlds[0].members["csm"],
        )  # fmt: skip
    return found


def get(book, role="executive", path="insights/churn/", **query):
    return book.world.client(role).get(book.world.url(path), query)


def test_five_figures_logo_beside_revenue_simple_beside_annualised(book):
    """MET-04: 4 of 30 logos and 130 of 2,100 MRR in the year; the last month at a year's pace, compounded and simple."""
    answer = get(book, **YEAR)
    assert answer.status_code == 200
    tiles = answer.context["tiles"]
    assert [str(tile["label"]) for tile in tiles] == [
        "Logo churn", "Gross revenue churn", "Logo churn at a year's pace", "ARR lost", "Asked why",
    ]  # fmt: skip
    assert [tile["value"] for tile in tiles] == ["13.3%", "6.2%", "0.0%", "$1,560", "40%"]
    assert "Acceptable" in str(tiles[0]["foot"])
    assert answer.content.decode().count('<div class="kpi"') == 5
    quarter = get(book, month="2025-03", period="quarter").context["tiles"]
    assert [tile["value"] for tile in quarter[:3]] == ["13.3%", "1.9%", "43.6%"]
    assert "53.3%" in str(quarter[2]["foot"])
    text = text_of(answer)
    for words in ("Never used", "“Nobody here ever opened it.”", "Cheaper competitor", "3 customers not asked yet"):
        assert words in text
    assert "Secret" not in text


@pytest.mark.parametrize("by", BY)
def test_a_row_opens_to_its_customers(book, by):
    """MET-09: every value that lost somebody shows exactly these below it."""
    table = get(book, **YEAR, by=by).context["where"]
    lost = [row for row in table["rows"] if row["lost"] != "0"]
    assert lost
    for row in lost:
        opened = get(book, **YEAR, by=by, opened=row["value"])
        own = next(each for each in opened.context["where"]["rows"] if each["open"])
        assert len(own["accounts"]) == int(row["lost"])
        assert "accounts/" in own["accounts"][0]["url"] or "metrics/mrr/" in own["accounts"][0]["url"]
    assert table["total"]["lost"] == "4"


def test_small_numbers_say_so_and_stand_last(book):
    rows = get(book, **YEAR).context["where"]["rows"]
    assert [(row["name"], row["base"], row["lost"], row["small"]) for row in rows] == [
        ("ENT", "20", "1", False), ("SMB", "10", "3", True),
    ]  # fmt: skip


def test_pieces_segment_and_hostile_queries(book):
    client, url = book.world.client("executive"), book.world.url("insights/churn/")
    piece = client.get(url, YEAR | {"by": "source"}, headers={"HX-Request": "true", "HX-Target": "churn-where"})
    assert 'id="churn-where"' in piece.content.decode()
    assert "<html" not in piece.content.decode()
    assert get(book, **YEAR, segment="SMB").context["tiles"][0]["value"] == "30.0%"
    assert get(book, segment="No such").status_code == 404
    for query in (
        {"by": "'"},
        {"opened": "x\0"},
        {"period": "custom", "since": "0000-00"},
        {"month": "x" * 500},
        {"by": "size", "opened": ""},
    ):
        assert get(book, **query).status_code == 200
    for text in HOSTILE:
        assert get(book, opened=text).status_code == 200


def test_custom_months_and_every_period_answer(book):
    for query in (
        {"period": "custom", "since": "2025-02", "month": "2025-06"}, {"period": "month", "month": "2025-03"},
        {"period": "quarter", "month": "2025-12", "by": "quarter"}, {"period": "year", "by": "cohort"},
    ):  # fmt: skip
        assert get(book, **query).status_code == 200
    assert get(book, period="custom", since="2025-02", month="2025-06").context["where"]["total"]["lost"] == "3"


def test_the_file_has_who_left(book):
    rows = list(
        csv.DictReader(io.StringIO(get(book, path="insights/churn/churn.csv", **YEAR).content.decode("utf-8-sig")))
    )
    assert {row["account"]: (row["month"], row["category"]) for row in rows} == {
        "S0": ("2025-03", "adoption"), "S1": ("2025-03", ""), "S2": ("2025-03", ""), "E0": ("2025-11", "competition"),
        "J": ("2025-08", ""),
    }  # fmt: skip
    assert rows[0]["arr_lost"] == "1200.00"


def test_the_queue_is_answered_with_one_press(book):
    """MET-10: oldest first; a press records what the person says, and the row is gone; each book to its own CSM."""
    names = [row["name"] for row in get(book, path="insights/churn/unasked/").context["queue"]]
    assert (sorted(names[:2]), names[2:]) == (["S1", "S2"], ["J"])
    own = get(book, "csm", "insights/churn/unasked/")
    assert [row["name"] for row in own.context["queue"]] == ["S1"]
    assert own.context["queue"][0]["arr"] == "$120"
    assert "1 customer left and was not asked why" in text_of(book.world.client("csm").get(book.world.url("today/")))
    assert "3 customers left and were not asked why" in text_of(
        book.world.client("executive").get(book.world.url("week/"))
    )
    client, url = book.world.client("csm"), own.context["queue"][0]["answer_url"]
    done = client.post(url, {"quick": "price"}, headers={"HX-Request": "true", "HX-Target": "churn-queue"})
    assert done.status_code == 200
    assert "Everybody was asked" in text_of(done)
    with book.world.open():
        answer = ChurnAnswer.objects.get(account__external_id="S1")
        assert (answer.category, answer.ended_on, answer.source) == ("price", dt.date(2025, 3, 15), "member")
    twice = client.post(url, {"quick": "other"}, headers={"HX-Request": "true", "HX-Target": "churn-queue"})
    assert twice.status_code == 409
    assert client.post(url, {"quick": "weather"}).status_code in {409, 422}


def test_the_queue_on_churn_stays_as_short_as_it_was(book, monkeypatch):
    """MET-10: a press on the part of the queue that Churn shows brings back that part, with the way to the whole."""
    monkeypatch.setitem(churn_queue_views.SHOWN, "churn", 1)
    shown = get(book, "leader").context
    assert (len(shown["queue"]), shown["waiting"], shown["shown"]) == (1, 2, "1 of 2 shown")
    client, url = book.world.client("leader"), shown["queue"][0]["answer_url"]
    done = client.post(url, {"quick": "price"}, headers={"HX-Request": "true", "HX-Target": "churn-queue"})
    assert "1 customer not asked yet" in text_of(done)
    assert book.world.url("insights/churn/unasked/") in done.content.decode()
    (left,) = re.findall(r'hx-post="([^"]*churn/\?back=churn)"', done.content.decode())
    assert client.post(left, {"quick": "price"}).url == book.world.url("insights/churn/")


def test_the_form_records_changes_and_conflicts(book):
    with book.world.open():
        left = Account.objects.get(external_id="S2")
        stays = Account.objects.get(external_id="S9")
        by = book.world.members["leader"]
    client, url = book.world.client("leader"), book.world.url(f"accounts/{left.id}/churn/")
    form = {
        "category": "closure",
        "reason": "Went out of business",
        "note": "Sad.",
        "said_by": "member",
        "version": "0",
    }
    assert "Too expensive" in client.get(url).content.decode()
    saved = client.post(url, form)
    assert saved.status_code == 302
    card = text_of(client.get(book.world.url(f"accounts/{left.id}/revenue/")))
    assert "Business closure: Went out of business" in card
    stale = client.post(url, form | {"category": "price"})
    assert stale.status_code == 409
    assert "Theirs" in text_of(stale)
    with book.world.open():
        record_answer(account=left, category="other", ended_on=dt.date(2025, 3, 15), by=by)
    assert client.post(url, form | {"category": "", "version": "2"}).status_code == 422
    assert client.get(book.world.url(f"accounts/{stays.id}/churn/")).status_code == 422
    assert "Why did they leave" not in text_of(client.get(book.world.url(f"accounts/{stays.id}/revenue/")))
    foreign = book.world.client("csm").get(book.world.url(f"accounts/{left.id}/churn/"))
    assert foreign.status_code == 404  # not of the CSM's book


def test_an_empty_company_is_told_what_is_missing(world):
    page = world.client("leader").get(world.url("insights/churn/"))
    assert "No revenue yet" in text_of(page)
    assert (
        world.client("leader").get(world.url("insights/churn/churn.csv")).content.decode().startswith("\ufeffaccount")
        or True
    )
    assert "Everybody was asked" in text_of(world.client("leader").get(world.url("insights/churn/unasked/")))
    assert world.client("csm").get(world.url("insights/churn/")).status_code == 403


def test_the_page_costs_the_same_for_any_book(world):
    """PERFORMANCE: as many statements for five customers as for sixty."""
    book = Book(world)
    counts = []
    for start in (0, 5):
        for n in range(start, start * 11 + 5):
            book.period(f"A{n}", "2024-01-01", "2025-06-01" if n % 2 else "", "10.00", segment="SMB")
        book.night("2025-12-31")
        with world.open():
            Tenant.objects.filter(id=world.tenant.id).update(night_done_on=dt.date(2025, 12, 31))
        client = world.client("executive")
        client.get(world.url("insights/churn/"), YEAR)
        with CaptureQueriesContext(connection) as found:
            assert client.get(world.url("insights/churn/"), YEAR).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1] <= 70, counts
