"""The inbox and the alert rules as pages: who sees what, what is refused, what is kept (PAGES, HLT-05, ROL-01)."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from health.alerts import services
from health.alerts.rules import RULES
from health.enums import AlertState
from health.models import Alert, AlertRule, AlertRun
from tests.conftest import World

QUIET = {"cause": "", "word": None, "meeting": None, "quiet": 40.0}


def alert(name: str, owner: Any = None, **fields: Any) -> Alert:
    account, _made = Account.objects.get_or_create(external_id=name, defaults={"name": name, "owner": owner})
    values = {"rule": "silence", "as_of": dt.date.today(), "inputs": QUIET}
    return Alert.objects.create(account=account, **(values | fields))


def text(answer: Any) -> str:
    assert answer.status_code in (200, 422), answer.status_code
    return str(answer.content.decode())


def test_each_sees_the_alerts_of_the_accounts_they_see(worlds: tuple[World, World]) -> None:
    """ROL-01: own book, team, all; never another company's; a foreign alert is unknown."""
    world, rival = worlds
    with rival.open():
        foreign = alert("Foreign", rival.members["csm"])
    with world.open():
        alert("Of the csm", world.members["csm"])
        hidden = alert("Of the ops", world.members["ops"])
    for role, seen in (("csm", {"Of the csm"}), ("executive", {"Of the csm", "Of the ops"})):
        page = text(world.client(role).get(world.url("inbox/")))
        assert {name for name in ("Of the csm", "Of the ops", "Foreign") if name in page} == seen
    assert "Of the csm" not in text(world.client("executive").get(world.url("inbox/?whose=mine")))
    for row in (foreign, hidden):
        for path in ("", "close/", "reopen/"):
            url = world.url(f"inbox/{row.id}/{path}")
            assert world.client("csm").post(url, {"answer": "x", "version": 1}).status_code == 404


@pytest.mark.parametrize(
    "query", ["state=x&rule=x&level=x&whose=x", "page=0", "page=99999", "page=x", "rule=%00", "page=²"]
)
def test_strange_filters_show_the_page(world: World, query: str) -> None:
    assert world.client("leader").get(world.url(f"inbox/?{query}")).status_code == 200


def test_filters_and_states(world: World) -> None:
    """The tabs count, the filters narrow, an empty result says so."""
    with world.open():
        by = world.members["csm"]
        first = alert("One", by)
        services.answer_alert(alert=alert("Two", by), answer="Call Ruth", due_on=None, version=1, by=by)
        services.close_alert(alert=alert("Three", by), version=1, by=by)
        alert(
            "Four",
            by,
            rule="champion",
            level="critical",
            inputs={"cause": "e", "kind": "champion_left", "day": "2026-06-01"},
        )
    client = world.client("csm")
    for query, names in (
        ("", {"One", "Four"}),
        ("?state=answered", {"Two"}),
        ("?state=ended", {"Three"}),
        ("?rule=champion", {"Four"}),
        ("?level=warning", {"One"}),
        ("?rule=mismatch", set()),
    ):
        page = text(client.get(world.url(f"inbox/{query}")))
        assert {n for n in ("One", "Two", "Three", "Four") if f">{n}</a>" in page} == names, query
    assert "No alert fits the filters" in text(client.get(world.url("inbox/?rule=mismatch")))
    assert "Silent for 30 days" in text(client.get(world.url(f"inbox/{first.id}/")))


def test_answer_refusals_keep_what_was_typed(world: World) -> None:
    """422 with the values kept; 409 when somebody was faster; never a way out of this site."""
    with world.open():
        row = alert("One", world.members["csm"])
    client, url = world.client("csm"), world.url(f"inbox/{row.id}/")
    bad = client.post(url, {"answer": "Call Ruth", "due_on": "2001-01-01", "version": 1})
    assert bad.status_code == 422
    assert "The day is past." in text(bad)
    assert "Call Ruth" in text(bad)
    assert client.post(url, {"answer": " ", "version": 1}).status_code == 422
    assert client.post(url, {"answer": "x" * 1001, "version": 1}).status_code == 422
    assert client.post(url, {"answer": "Late", "version": 9}).status_code == 409
    done = client.post(url, {"answer": "Call Ruth", "version": 1, "back": "https://evil.example/"})
    assert done["Location"] == world.url("inbox/")
    assert client.post(url, {"answer": "Again", "version": 1}).status_code == 409
    assert client.post(world.url(f"inbox/{row.id}/close/"), {"version": 1}).status_code == 409
    back = world.url("inbox/?state=answered")
    assert client.post(world.url(f"inbox/{row.id}/close/"), {"version": 2, "back": back})["Location"] == back
    client.post(world.url(f"inbox/{row.id}/reopen/"), {"version": 3})
    with world.open():
        assert Alert.objects.get().state == AlertState.OPEN


def test_who_may_only_read_cannot_answer(world: World) -> None:
    """An executive reads the reason and changes nothing."""
    with world.open():
        row = alert("One", world.members["csm"])
    client = world.client("executive")
    assert 'name="answer"' not in text(client.get(world.url(f"inbox/{row.id}/")))
    client.post(world.url(f"inbox/{row.id}/"), {"answer": "x", "version": 1})
    assert client.post(world.url(f"inbox/{row.id}/close/"), {"version": 1}).status_code == 403
    with world.open():
        found = Alert.objects.get()
        assert (found.state, found.answer) == (AlertState.OPEN, "")


def test_it_costs_the_same_for_one_and_for_many(world: World) -> None:
    """PERFORMANCE: the number of queries does not depend on rows."""
    client = world.client("executive")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(world.url("inbox/")).status_code == 200
        return len(queries)

    with world.open():
        alert("A", world.members["csm"])
    once = cost()
    with world.open():
        for n in range(60):
            alert(f"N{n}", world.members["csm"])
    assert cost() == once
    assert "?after=" in text(client.get(world.url("inbox/")))


@pytest.mark.parametrize(
    ("field", "value"),
    [("drop", "96"), ("drop", "x"), ("drop", ""), ("drop", "nan"), ("drop", "1e999"), ("cap", "0"), ("cap", "99999999999"), ("cooldown_days", "-1")],
)  # fmt: skip
def test_rule_form_refuses_by_name(world: World, field: str, value: str) -> None:
    """422, nothing saved, nothing simulated."""
    data = {"enabled": "on", "drop": "50", "floor": "5", "cap": "200", "cooldown_days": "14", "version": "0"}
    url = world.url("settings/alerts/rules/usage_decline/")
    for extra in ({}, {"simulate": "1"}):
        answer = world.client("ops").post(url, data | {field: value} | extra)
        assert answer.status_code == 422
        assert "It would have fired" not in text(answer)
    with world.open():
        assert not AlertRule.objects.exists()


def test_rules_are_ones_own_and_versions_are_kept(worlds: tuple[World, World]) -> None:
    """A saved rule is this company's; a second person with the old form is told; an unknown rule is 404."""
    world, rival = worlds
    data = {"drop": "40", "floor": "5", "cap": "7", "cooldown_days": "3", "version": "0"}
    client, url = world.client("ops"), world.url("settings/alerts/rules/usage_decline/")
    assert client.post(url, data | {"enabled": "on"}).status_code == 302
    with world.open():
        row = AlertRule.objects.get()
        assert (row.thresholds, row.cap, row.cooldown_days, row.enabled) == ({"drop": 0.4, "floor": 0.05}, 7, 3, True)
    assert client.post(url, data | {"version": str(row.version)}).status_code == 302
    assert client.post(url, data | {"version": str(row.version)}).status_code == 409
    with rival.open():
        assert not AlertRule.objects.exists()
    assert client.get(world.url("settings/alerts/rules/nothing/")).status_code == 404
    for key in RULES:
        assert client.get(world.url(f"settings/alerts/rules/{key}/")).status_code == 200


def test_runs_say_what_was_held_back(world: World) -> None:
    """Never silently: caps and held rules stand in the log."""
    with world.open():
        AlertRun.objects.create(
            as_of=dt.date.today(), opened=2,
            rules={"usage_decline": {"matched": 9, "opened": 2, "capped": 7, "cooling": 0},
                   "silence": {"matched": 0, "opened": 0, "capped": 0, "cooling": 0, "held": "2026-06-01"}, "*": {"accounts": 44}},
        )  # fmt: skip
    page = text(world.client("ops").get(world.url("settings/alerts/")))
    assert "Usage declines: 7 held back by the cap" in page
    assert "Silent disengagement: held, nothing new since 2026-06-01" in page
    assert "Night, 44 accounts" in page
