"""Pieces of the account's Overview (HLT-06, HLT-05, VAL-01): what changed, what would heal it, alerts, criteria."""

import datetime as dt
import re

import pytest

from accounts.models import Account
from health.models import Alert
from health.scoring import versions
from tests.conftest import World
from tests.health import scoring_facts
from tests.metrics.test_week_page import account, day_of


@pytest.fixture
def moved(worlds: tuple[World, World]) -> Account:
    """Ours fell from 90 to 30; the rival's account has the same name and another story."""
    world, rival = worlds
    with rival.open():
        versions.standard()
        theirs = account(rival, "Halcyon", 0.1, 0.9)
        Alert.objects.create(
            account=theirs, rule="x", as_of=day_of(rival), answer="Theirs", answered_at=dt.datetime.now(dt.UTC)
        )
    with world.open():
        versions.standard()
        return account(world, "Halcyon", 0.9, 0.3)


def test_what_changed_adds_up_to_the_last_row(worlds, moved) -> None:
    """Rows of one decimal sum exactly to the difference of the two scores as they are shown."""
    world = worlds[0]
    answer = world.client("csm").get(world.url(f"accounts/{moved.id}/glance/"))
    rows, last = answer.context["why"], answer.context["sum"]
    assert str(rows[0]["name"]) == "Usage"
    total = round(sum(row["value"] for row in rows), 1)
    before, after = re.findall(r"[\d.]+", last["text"])
    assert total == round(float(after) - float(before), 1) < 0
    assert last["points"].replace("\N{MINUS SIGN}", "-") == f"{total:.1f}"
    assert "60 since" in answer.context["finding"].replace("\N{MINUS SIGN}", "")
    assert answer.context["steps"][0]["no"] == 1


def test_the_piece_is_the_piece(worlds, moved) -> None:
    world = worlds[0]
    for name in ("glance", "aside"):
        url = world.url(f"accounts/{moved.id}/{name}/")
        piece = (
            world.client("csm")
            .get(url, headers={"HX-Request": "true", "HX-Target": f"account-{name}"})
            .content.decode()
        )
        assert f'id="account-{name}"' in piece
        assert "<html" not in piece
        assert "<h1>Halcyon</h1>" in world.client("csm").get(url).content.decode()
        overview = world.client("csm").get(world.url(f"accounts/{moved.id}/")).content.decode()
        assert f'hx-get="{url}"' in overview


def test_an_account_without_a_score_says_what_is_missing(worlds) -> None:
    world = worlds[0]
    with world.open():
        row = account(world, "Blank", None, None)
        once = account(world, "Once", None, 0.9) if versions.standard() else None
    text = world.client("csm").get(world.url(f"accounts/{row.id}/glance/")).content.decode()
    assert "No score yet" in text
    first = world.client("csm").get(world.url(f"accounts/{once.id}/glance/"))
    assert "no score a week earlier" in first.content.decode()
    assert first.context["path"] is None  # it is green already


def test_alerts_without_an_answer_come_first_and_no_others(worlds, moved) -> None:
    world = worlds[0]
    with world.open():
        answered = dt.datetime.now(dt.UTC)
        day = day_of(world)
        Alert.objects.create(account=moved, rule="a", as_of=day, answer="Call them", answered_at=answered, due_on=day)
        Alert.objects.create(account=moved, rule="b", as_of=day)
        Alert.objects.create(
            account=moved, rule="c", as_of=day, state="closed", answer="Closed one", answered_at=answered
        )
        scoring_facts.outcome(moved, day - dt.timedelta(days=100), day + dt.timedelta(days=100), measured={day: 40})
    answer = world.client("csm").get(world.url(f"accounts/{moved.id}/aside/"))
    assert [row["label"] for row in answer.context["alerts"]] == ["b", "a"]
    text = answer.content.decode()
    assert "Call them" in text
    assert "Closed one" not in text
    assert "Theirs" not in text
    assert "Save time" in text
    assert "40% of the way done" in text
    assert world.client("executive").get(world.url(f"accounts/{moved.id}/aside/")).status_code == 200
    assert world.client("leader").get(world.url(f"accounts/{moved.id}/aside/")).status_code == 404


def test_a_score_just_below_an_edge_is_not_rounded_over_it(worlds) -> None:
    """HLT-04: 79.99 is At risk and shown as 79, in the header and on the tab."""
    world = worlds[0]
    with world.open():
        versions.standard()
        row = account(world, "Edge", None, 0.797)
    answer = world.client("csm").get(world.url(f"accounts/{row.id}/health/"))
    assert answer.context["score"] == "79"
    assert '<span class="v">79</span>' in answer.content.decode()
