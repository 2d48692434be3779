"""Each number about what comes due opens exactly its rows: tiles and forecast of the renewals, and Today (DSH-04, REN-08)."""

from typing import Any
from uuid import uuid4

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Team
from renewals import selectors
from renewals.listing import RenewalQuery
from renewals.models import Renewal
from tests.conftest import World
from tests.renewals.pages_world import Book

pytestmark = pytest.mark.django_db

ROWS = st.tuples(
    st.sampled_from(["open", "open", "open", "renewed", "withdrawn"]),
    st.sampled_from([-40, -1, 0, 1, 30, 89, 90, 91, 120, 170, 250]),
    st.sampled_from(["csm", "leader", ""]),
    st.sampled_from([{}, {"system": 95, "csm": 60}, {"system": 70, "csm": 71}, {"leader": 40}]),
    st.sampled_from(["preparing", "talking"]),
    st.sampled_from(["red", "yellow", "green", "none"]),
)


def rows_of(world: World, url: str, role: str) -> list[Any]:
    """The renewals of the list at this address, with money and calls."""
    member = world.members[role]
    with world.open():
        query = RenewalQuery.parse(QueryDict(url.partition("?")[2]))
        return list(query.matching(selectors.listed(selectors.visible(member)), member))


def apart(rows: list[Any]) -> float:
    """ARR times the points between system and CSM, whole dollars."""
    both = [row for row in rows if row.system is not None and row.csm is not None]
    return float(sum(12 * row.mrr_minor * abs(row.system - row.csm) / 10_000 for row in both))


@settings(
    max_examples=5, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(ROWS, min_size=2, max_size=8), st.sampled_from(["", "phase=talking", "late=1", "q=zz", "csm=me"]))
def test_whatever_comes_due(world: World, told: list[Any], asked: str):
    """Whatever the page is narrowed by: what a tile, a month, a CSM or Today counts is what it opens."""
    book = Book(world)
    with world.open():
        Renewal.objects.update(state="withdrawn")
        Account.objects.update(status="churned", health_band="none")
    for state, days, owner, calls, phase, band in told:
        one = book.renewal(f"A {uuid4().hex}", days=days, owner=owner, calls=calls, phase=phase, band=band, mrr=100_000)
        if state != "open":
            with world.open():
                Renewal.objects.filter(id=one.id).update(state=state, closed_on=book.today, due_mrr=1, kept_mrr=1)
    for role in ("admin", "csm"):
        client = world.client(role)
        found = client.get(world.url(f"renewals/?{asked}")).context
        if found["any"] and "tiles" in found:
            up, *_calls, far = found["tiles"]
            shown = rows_of(world, up["url"], role)
            assert up["foot"].split()[0] == str(len(shown)), (role, asked)
            assert money(far["value"]) == pytest.approx(apart(rows_of(world, far["url"], role)), abs=600)
            for row in found["loss"]["table"]["rows"]:
                assert row[1] == str(len(rows_of(world, row[0]["url"], role)))
            if found["apart"]["url"]:
                said = found["apart"]["all"].split()[-1]
                assert said == str(len(rows_of(world, found["apart"]["url"], role)))
        for by in ("month", "segment", "csm"):
            page = client.get(world.url(f"renewals/?view=forecast&by={by}&{asked}")).context
            for row in page["rollup"]["rows"]:
                assert row["cells"][0]["text"] == str(len(rows_of(world, row["url"], role))), (role, by, asked)
        home = client.get(world.url("today/")).context
        assert home["due_meta"].split(",")[0] == str(len(rows_of(world, home["due_url"], role)))


def money(text: str) -> float:
    number = text.removeprefix("$")
    for letter, size in (("k", 1_000), ("M", 1_000_000)):
        if number.endswith(letter):
            return float(number.removesuffix(letter)) * size
    return float(number)


def test_the_forecast_of_the_week_opens_its_months(worlds: tuple[World, World]):
    """DSH-02: six months from this one on and the segment that is asked for, nothing beyond; for a team, which the list of
    renewals does not know, nothing opens."""
    world, rival = worlds
    book = Book(world)
    book.renewal("Near", days=40)
    book.renewal("Far", days=250)
    Book(rival).renewal("Theirs", days=40)
    with world.open():
        team = Team.objects.create(name="North")
    client = world.client("executive")
    for asked in ("", "?segment=Enterprise"):
        tile = client.get(world.url(f"week/{asked}")).context["tiles"][3]
        assert [row.account.name for row in rows_of(world, tile["url"], "executive")] == ["Near"]
    page = client.get(world.url(f"week/?team={team.id}")).context
    assert (page["tiles"][3]["url"], page["renewals_url"]) == ("", "")
