"""Insights → Customer economics: cost, payback and LTV to CAC, said with what is known (MET-05, MET-06, ADV-07)."""

import csv
import io
import re

import pytest

from tests.books import Book
from tests.metrics.test_acquisition import book

__all__ = ["book"]
PAGE = "insights/economics/"


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_page_says_what_is_known_and_which_payback(book: Book):
    text = text_of(book.world.client("admin").get(book.world.url(PAGE)))
    assert "cost known of 4 of 5 customers won" in text
    assert "$25,000" in text
    assert "Payback, without margin 11.4 mo" in text  # 25,000 / (26,400 / 12)
    assert "1 customer without a known cost" in text
    assert "40.0% of the customers won were referred" in text


def test_each_line_opens_to_its_customers(book: Book):
    client = book.world.client("admin")
    response = client.get(book.world.url(PAGE))
    links = set(re.findall(r'href="([^"#]*cut=[^"#]*)', response.content.decode()))
    assert len(links) >= 2 + 4 + 2 + 1
    for link in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200
    unknown = text_of(client.get(book.world.url(f"{PAGE}?cut=unknown&value=")))
    assert "Cost not known" in unknown
    assert "not known" in unknown


def test_what_stays_hidden_is_counted(book: Book):
    text = text_of(book.world.client("leader").get(book.world.url(PAGE)))
    assert "Out" in text  # nobody owns them, so a leader sees them
    assert book.world.client("csm").get(book.world.url(PAGE)).status_code == 403


@pytest.mark.parametrize(
    "query", ["?month=x", "?cut=shoe&value=9", "?cut=segment&value=None", "?month=1999-01", "?value=%00"]
)
def test_what_cannot_be_read_falls_back(book: Book, query: str):
    assert book.world.client("admin").get(book.world.url(PAGE + query)).status_code == 200


def test_segments_and_nothing_yet(book: Book):
    client = book.world.client("admin")
    assert client.get(book.world.url(f"{PAGE}?segment=None")).status_code == 404
    text = text_of(client.get(book.world.url(f"{PAGE}?segment=Mid-market")))
    assert "cost known of 1 of 2 customers won" in text


def test_no_figures(world):
    assert "No revenue yet" in text_of(world.client("admin").get(world.url(PAGE)))
    assert world.client("admin").get(world.url(f"{PAGE}customers.csv")).status_code == 200


def test_the_file_leaves_an_unknown_cost_empty(book: Book):
    response = book.world.client("admin").get(book.world.url(f"{PAGE}customers.csv"))
    rows = {row["account"]: row["acquisition_cost"] for row in csv.DictReader(io.StringIO(response.content.decode()))}
    assert rows == {"Out": "50000.00", "Named": "30000.00", "Ref": "20000.00", "Free": "0.00", "Unknown": ""}


def test_queries_do_not_grow(book: Book, django_assert_max_num_queries):
    client = book.world.client("admin")
    client.get(book.world.url(PAGE))
    with django_assert_max_num_queries(28):
        client.get(book.world.url(PAGE))
