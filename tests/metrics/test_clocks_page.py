"""Insights → Time to value: medians with those who wait, groups, curves, who is late and what for (MET-14, E19)."""

import csv
import io
import re

import pytest

from accounts.models import Account
from metrics.insights import clocks_cells
from metrics.insights.clocks import CLOCKS
from tests.metrics.test_clocks import confirmed, facts, on

PAGE = "insights/time-to-value/"


@pytest.fixture
def signed(worlds):
    for world in worlds:
        facts(world)
        with world.open():  # the fixtures speak of June
            world.tenant.night_done_on = on(6, 30)
            world.tenant.save(update_fields=["night_done_on"])
    return worlds[0]


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_page_says_who_got_there_and_who_waits(signed):
    text = text_of(signed.client("admin").get(signed.url(f"{PAGE}?clock=ttv_login&months=60&state=all")))
    assert "2 of 4 got there, 1 wait" in text
    assert "40 d" in text  # C left after three months, so the median is that of B
    assert "Usage is known since 5 Jan 2026" in text
    late = text_of(signed.client("admin").get(signed.url(PAGE)))
    assert "“First workflow live” confirmed, due 31 Dec 2026" in late
    assert "61 d over" in late
    assert "first use, end of onboarding, a first value to be agreed" not in late


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("by", ["segment", "source", "quarter", "owner"])
def test_every_clock_by_every_cut(signed, clock, by):
    response = signed.client("admin").get(signed.url(f"{PAGE}?clock={clock}&by={by}&months=60"))
    assert response.status_code == 200
    for url in re.findall(r'href="([^"]*cut=[^"]*)"', response.content.decode())[:3]:
        assert signed.client("admin").get(url.replace("&amp;", "&")).status_code == 200


def test_a_group_opens_to_its_customers(signed):
    text = text_of(signed.client("admin").get(signed.url(f"{PAGE}?cut=source&value=partner&state=all")))
    assert "2 customers" in text
    assert "Partner" in text


@pytest.mark.parametrize(
    "query", ["?clock=x&months=7&state=y&by=z", "?cut=shoe&value=9", "?after=there", "?cut=segment&value=%00"]
)
def test_what_cannot_be_read_falls_back(signed, query):
    assert signed.client("admin").get(signed.url(PAGE + query)).status_code == 200


def test_who_may_and_who_sees_what(signed, rival):
    assert signed.client("csm").get(signed.url(PAGE)).status_code == 403
    assert signed.client("admin").get(signed.url(f"{PAGE}?segment=None")).status_code == 404
    with signed.open():
        Account.objects.filter(external_id="B").update(owner=signed.members["csm"])
    text = text_of(signed.client("leader").get(signed.url(f"{PAGE}?state=all&months=60")))
    assert "1 account you may not open" in text
    with rival.open():
        confirmed(Account.objects.get(external_id="B"), on(6, 1))
    again = text_of(signed.client("admin").get(signed.url(PAGE)))
    assert "61 d over" in again


def test_nothing_yet(world):
    assert "No signatures yet" in text_of(world.client("admin").get(world.url(PAGE)))
    assert world.client("admin").get(world.url(f"{PAGE}customers.csv")).status_code == 200


def test_without_a_state_the_list_is_the_first_that_holds_anybody(signed):
    """MET-14: nobody is late with the first use, so the page and its file open on those who wait for it."""
    client, asked = signed.client("admin"), "clock=ttv_login&months=60"
    page = client.get(signed.url(f"{PAGE}?{asked}"))
    assert re.search(r'aria-current="true">Waiting<', page.content.decode())
    assert "Nobody here" not in text_of(page)
    rows = list(csv.DictReader(io.StringIO(client.get(signed.url(f"{PAGE}customers.csv?{asked}")).content.decode())))
    assert {row["state"] for row in rows} == {"open"}
    assert "Nobody here" in text_of(client.get(signed.url(f"{PAGE}?{asked}&state=late")))


def test_the_file_says_all_three_days(signed):
    response = signed.client("admin").get(signed.url(f"{PAGE}customers.csv?state=all&months=60"))
    rows = {row["account"]: row for row in csv.DictReader(io.StringIO(response.content.decode()))}
    assert (rows["A"]["first_use"], rows["A"]["onboarding_complete"], rows["A"]["first_value"]) == (
        "2026-03-04", "2026-03-31", "2026-04-11",
    )  # fmt: skip
    assert {name: row["state"] for name, row in rows.items()} == {
        "A": "reached", "B": "open", "C": "left", "D": "open", "E": "open",
    }  # fmt: skip


def test_queries_do_not_grow(signed, django_assert_max_num_queries):
    client = signed.client("admin")
    client.get(signed.url(PAGE))
    with django_assert_max_num_queries(26):
        client.get(signed.url(f"{PAGE}?by=source"))


def test_curves_are_drawn_over_what_is_usual(signed):
    assert clocks_cells.days_text(None) == "–"
    response = signed.client("admin").get(signed.url(f"{PAGE}?months=60"))
    assert "usual: 30 to 60 days" in text_of(response)
