"""The Journey page, the lists behind its numbers, its files: who sees what, and what it costs (PAGES, JRN-25 to JRN-33)."""

import csv
import io
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Member, Team
from journey.analysis.picture import Picture
from journey.analysis.spans import span_of
from journey.analysis.walked import Walked
from journey.models import StagePeriod
from journey.views import journey as view
from tests.conftest import World
from tests.journey.journeys import random_journeys
from tests.journey.stage_facts import ago

PAGES = (
    "journey/",
    "journey/habits/",
    "journey/tracks/?show=back",
    "journey/figures.csv",
    "journey/tracks.csv?show=open",
)


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


@pytest.mark.parametrize("path", PAGES)
def test_leaders_read_it_and_csms_do_not(world: World, path: str) -> None:
    assert world.client("leader").get(world.url(path)).status_code == 200
    assert world.client("csm").get(world.url(path)).status_code == 403


def test_an_empty_company_is_told_so(world: World) -> None:
    assert b"No journeys here" in world.client("leader").get(world.url("journey/")).content


def test_numbers_open_to_their_tracks(world: World, rival: World) -> None:
    """Each link of the page opens, and the list has as many rows as the number says; the rival's are nowhere."""
    with rival.open():
        random_journeys(3, 4)
    with world.open():
        random_journeys(3, 20)
        now = Walked(Account.objects.all(), span_of("90", ago(0))).flows()[0]
    leader = world.client("leader")
    text = leader.get(world.url("journey/")).content.decode()
    assert f">{now.went_back}</a>" in text
    links = {each.replace("&amp;", "&") for each in re.findall(r'href="(/t/[^"]*journey/tracks/[^"]*)"', text)}
    assert len(links) > 15
    for link in links:
        assert leader.get(link).status_code == 200, link
    listed = rows(leader.get(world.url("journey/tracks.csv?show=back")))
    assert len(listed) == now.went_back
    assert {row["outcome"] for row in listed} == {"regressed"}
    with world.open():
        ways = Picture(now, now, "tracks", "USD", lambda **to: urlencode(to)).tags
    for way in (each for each in ways if each["text"].isdigit() and each["url"]):
        assert len(rows(leader.get(world.url(f"journey/tracks.csv?{way['url']}")))) == int(way["text"]), way
    names = {row["account"] for row in rows(leader.get(world.url("journey/tracks.csv?show=open")))}
    with world.open():
        assert names <= set(Account.objects.values_list("external_id", flat=True))
        assert len(names) == now.of("open_tracks").accounts


def test_the_list_is_turned_both_ways(world: World, monkeypatch) -> None:
    """PAGES: each page of the list leads to the one before it, the second to the first."""
    monkeypatch.setattr(view, "SHOWN", 5)
    with world.open():
        random_journeys(3, 20)
    leader, seen = world.client("leader"), []
    link: str | None = world.url("journey/tracks/?show=open")
    while link:
        text = leader.get(link).content.decode()
        seen.append(re.findall(r'<tr><th scope="row">.*?</tr>', text))
        turned = re.search(r'rel="prev" href="([^"]*)"', text)
        assert bool(turned) == (len(seen) > 1)
        if turned:
            before = leader.get(turned[1].replace("&amp;", "&")).content.decode()
            assert re.findall(r'<tr><th scope="row">.*?</tr>', before) == seen[-2]
        onward = re.search(r'rel="next" href="([^"]*)"', text)
        link = onward[1].replace("&amp;", "&") if onward else None
    assert len(seen) > 3
    listed = rows(leader.get(world.url("journey/tracks.csv?show=open")))
    assert sum(map(len, seen)) == len(listed)


def test_a_page_goes_on_where_the_last_one_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """JRN-25, PERFORMANCE: who left the list meanwhile, also the one that the page ended with, shifts nobody; back from
    there come those before; past the end, and before the begin, stands the first page. Turning costs no query more."""
    monkeypatch.setattr(view, "SHOWN", 5)
    with world.open():
        random_journeys(3, 20)
    leader, first = world.client("leader"), world.url("journey/tracks/?show=open&stage=onboarding&span=365")
    everything = leader.get(world.url("journey/tracks.csv?show=open&stage=onboarding&span=365"))
    assert len(rows(everything)) > 12

    def places(answer: Any) -> list[tuple[str, str, str]]:
        return [(row["name"], row["entered"], row["track"]) for row in answer.context["rows"]]

    begin = leader.get(first)
    with CaptureQueriesContext(connection) as usual:
        leader.get(first)
    second = leader.get(begin.context["foot"]["next_url"])
    with CaptureQueriesContext(connection) as turned:
        second = leader.get(begin.context["foot"]["next_url"])
    assert len(turned) == len(usual)
    assert "OFFSET" not in "".join(one["sql"] for one in turned)
    assert "stage=onboarding" in begin.context["foot"]["next_url"]
    assert second.context["foot"]["shown"] == begin.context["foot"]["shown"]  # of all, whatever the page
    third = leader.get(second.context["foot"]["next_url"])
    with world.open():
        gone = [begin.context["foot"]["next_url"].split("after=")[1].split("~")[0].split("%7E")[0]]
        StagePeriod.objects.filter(id__in=gone).update(stage="adoption")
    assert places(leader.get(begin.context["foot"]["next_url"])) == places(second)
    assert places(leader.get(third.context["foot"]["previous_url"])) == places(second)
    past = leader.get(f"{first}&after={gone[0]}~-1")
    assert places(past) == places(leader.get(first)) == places(leader.get(f"{first}&before={gone[0]}~99999"))
    for broken in (gone[0], f"{gone[0]}~x", f"{gone[0]}~{10**30}", "~"):
        assert places(leader.get(f"{first}&after={broken}")) == places(past)


def test_filters_offer_who_owns_accounts(world: World, rival: World) -> None:
    """Whatever their role: a custom one too; who owns none is not offered."""
    with rival.open():
        random_journeys(4, 3)
        Account.objects.update(owner=rival.members["csm"])
    with world.open():
        random_journeys(4, 12)
        owner, leader = world.members["ops"], world.members["leader"]
        team = Team.objects.create(name="Own", leader=leader)
        Member.objects.filter(id=owner.id).update(team=team)
        Account.objects.filter(external_id="R4-0").update(owner=owner)
    text = world.client("leader").get(world.url("journey/")).content.decode()
    offered = re.search(r'<select class="select" name="csm".*?</select>', text, re.DOTALL)[0]
    assert re.findall(r'value="([^"]+)"', offered) == [str(owner.id)]


def test_filters_narrow_and_foreign_ones_find_nobody(world: World, rival: World) -> None:
    with rival.open():
        random_journeys(4, 3)
        foreign = str(rival.members["csm"].id)
    with world.open():
        random_journeys(4, 12)
        mine = Account.objects.order_by("external_id")[0]
        Account.objects.filter(id=mine.id).update(owner=world.members["csm"])
    leader = world.client("leader")

    def accounts(query: str) -> set[str]:
        return {row["account"] for row in rows(leader.get(world.url(f"journey/tracks.csv?show=open{query}")))}

    assert accounts(f"&csm={world.members['csm'].id}") <= {mine.external_id}
    assert accounts(f"&csm={foreign}") == set()
    assert b"No journeys here" in leader.get(world.url(f"journey/?csm={foreign}")).content
    assert len(accounts("")) > 5


@pytest.mark.parametrize(
    "query",
    ["span=7&by=owner_id", "segment=x'--", "count=eggs&speed=retention", "span=quarter&by=size", "span=365&count=arr"],
)
def test_what_the_address_says_wrongly_is_left_out(world: World, query: str) -> None:
    with world.open():
        random_journeys(5, 6)
    leader = world.client("leader")
    assert leader.get(world.url(f"journey/?{query}")).status_code == 200
    assert leader.get(world.url(f"journey/tracks/?show=%00&after=1&flag=none&cut=by&{query}")).status_code == 200


def test_it_costs_the_same_for_any_number_of_tracks(world: World) -> None:
    """Queries of the page do not grow with the journeys that it counts."""
    leader = world.client("leader")

    def cost(path: str) -> int:
        leader.get(world.url(path))
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert leader.get(world.url(path)).status_code == 200
        return len(found)

    with world.open():
        random_journeys(6, 5)
    few = {path: cost(path) for path in PAGES}
    with world.open():
        random_journeys(7, 40)
    assert {path: cost(path) for path in PAGES} == few
    assert few["journey/"] <= 32, few


def test_the_file_says_what_the_page_says(world: World) -> None:
    with world.open():
        random_journeys(8, 20)
        now = Walked(Account.objects.all(), span_of("90", ago(0))).flows()[0]
    found = rows(world.client("leader").get(world.url("journey/figures.csv")))
    back = sum(int(row["value"]) for row in found if row["figure"] == "out" and row["what"] == "regressed")
    assert back == now.went_back
    opened = {row["stage"]: int(row["value"]) for row in found if row["figure"] == "open"}
    assert opened == {stage: now.of("open", stage).periods for stage in opened}
