"""The figures of journeys over HTTP are those of the page, of this company only (JRN-25, JRN-27)."""

from collections import defaultdict

import pytest
from django.test import Client

from accounts.models import Account
from journey.analysis.spans import span_of
from journey.analysis.walked import Walked
from tests.conftest import World
from tests.journey.journeys import random_journeys
from tests.journey.stage_facts import ago


def ask(world: World, query: str = ""):
    client = Client(headers={"authorization": f"Bearer {world.api_key}", "host": "localhost"})
    return client.get(f"/api/v1/journey{query}")


def test_it_says_what_the_page_says(world: World, rival: World) -> None:
    with rival.open():
        random_journeys(1, 5)
    with world.open():
        random_journeys(2, 15)
        now = Walked(Account.objects.all(), span_of("90", ago(0))).flows()[0]
    answer = ask(world)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["first"], body["last"]) == (ago(89).isoformat(), ago(0).isoformat())
    counts: dict[tuple[str, str], float] = defaultdict(float)
    for row in body["figures"]:
        counts[(row["figure"], row["stage"])] += row["value"] or 0
    for stage in ("onboarding", "adoption", "retention", "renewal"):
        assert counts[("open", stage)] == now.of("open", stage).periods
        assert counts[("was", stage)] + counts[("in", stage)] - counts[("out", stage)] == counts[("open", stage)]


@pytest.mark.parametrize("query", ["?span=7", "?by=owner", "?segment=Nobody", "?segmnt=x"])
def test_a_wrong_question_is_refused(world: World, query: str) -> None:
    assert ask(world, query).status_code == 422


def test_without_a_key_nothing_is_told(world: World) -> None:
    assert Client(headers={"host": "localhost"}).get("/api/v1/journey").status_code == 401
