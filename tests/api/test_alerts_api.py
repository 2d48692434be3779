"""/api/v1/alerts: listed with filters, answered and closed by a program (API-01, API-02, API-04, HLT-05)."""

import datetime as dt
from uuid import uuid4

import pytest

from accounts.enums import KeyScope
from accounts.models import Account
from health.models import Alert
from tests.api.conftest import Api, key_of

DAY = dt.date(2026, 6, 30)


@pytest.fixture
def filled(worlds):
    """The same two accounts and four alerts on both sides."""
    for world in worlds:
        with world.open():
            for n in range(2):
                account = Account.objects.create(external_id=f"A-{n}", name=f"Northwind {n}")
                for rule, level, inputs in (
                    ("silence", "warning", {"cause": "", "word": None, "meeting": None, "quiet": 40.0}),
                    ("champion", "critical", {"cause": "e", "kind": "champion_left", "day": "2026-06-01"}),
                ):
                    Alert.objects.create(account=account, rule=rule, level=level, as_of=DAY, inputs=inputs)
    return worlds


def test_pages_and_filters(api, filled):
    """API-02: pages are disjoint and complete; each filter narrows; the reason is in words."""
    whole = api.get("alerts").json()["results"]
    assert len(whole) == 4
    assert {row["reason"] for row in whole} == {
        "Champion left on 1 Jun 2026.",
        "Silent for 30 days: last word never, last meeting never, last use 40 days ago.",
    }
    seen, path = [], "alerts?limit=3"
    while path:
        page = api.get(path).json()
        seen += [row["id"] for row in page["results"]]
        path = page["next"] and page["next"].split("/api/v1/")[1]
    assert seen == [row["id"] for row in whole]
    for query, count in (
        ("account=A-1", 2),
        ("rule=champion", 2),
        ("level=critical&account=A-0", 1),
        ("state=closed", 0),
    ):
        assert len(api.get(f"alerts?{query}").json()["results"]) == count, query


@pytest.mark.parametrize("query", ["rule=nothing", "level=x", "state=x", "colour=red", "updated_since=yesterday"])
def test_wrong_filters_are_refused(api, filled, query):
    """A filter with a typing error must not answer with every row."""
    assert api.get(f"alerts?{query}").status_code == 422


def test_answer_close_and_open_again(api, filled):
    """HLT-05: an answer makes an action; the version moves; ending twice changes nothing."""
    ref = api.get("alerts?rule=silence").json()["results"][0]["id"]
    answer = api.patch(f"alerts/{ref}", {"answer": "Call them", "due_on": "2099-01-01"}, If_Match='"1"')
    assert answer.status_code == 200
    body = answer.json()
    assert (body["answer"], body["due_on"], body["version"], body["state"]) == ("Call them", "2099-01-01", 2, "open")
    assert answer["ETag"] == '"2"'
    assert api.patch(f"alerts/{ref}", {"state": "closed", "version": 1}).status_code == 409
    assert api.patch(f"alerts/{ref}", {"state": "closed", "version": 2}).json()["state"] == "closed"
    assert api.patch(f"alerts/{ref}", {"state": "closed"}).json()["version"] == 3
    assert api.patch(f"alerts/{ref}", {"answer": "Late"}).status_code == 422
    assert api.patch(f"alerts/{ref}", {"state": "open", "answer": "Again"}).json()["answer"] == "Again"


@pytest.mark.parametrize(
    "body",
    [
        {"answer": ""},
        {"answer": "x" * 1001},
        {"answer": "x", "due_on": "2001-01-01"},
        {"answer": "x", "due_on": "soon"},
        {"due_on": "2099-01-01"},
        {"state": "undone"},
        {"level": "info"},
        {"version": 0},
        [],
        "x",
    ],
)
def test_bad_changes_are_refused_and_write_nothing(api, filled, body):
    """Every fault is a refusal that names its field; nothing is written."""
    ref = api.get("alerts").json()["results"][0]["id"]
    answer = api.patch(f"alerts/{ref}", body)
    assert answer.status_code in (400, 422), answer.content
    assert api.get(f"alerts/{ref}").json()["version"] == 1


def test_foreign_and_unknown_answer_alike(api, rival_api, filled):
    """API-04: neither shows nor changes another tenant's alerts."""
    theirs = rival_api.get("alerts").json()["results"]
    assert not {row["id"] for row in theirs} & {row["id"] for row in api.get("alerts").json()["results"]}
    for ref in (theirs[0]["id"], str(uuid4())):
        assert api.get(f"alerts/{ref}").status_code == 404
        assert api.patch(f"alerts/{ref}", {"state": "closed"}).status_code == 404
    assert api.get("alerts/ext:A-0").status_code == 404
    assert rival_api.get(f"alerts/{theirs[0]['id']}").json()["state"] == "open"


@pytest.mark.parametrize(("scope", "status"), [(KeyScope.READ, 403), (KeyScope.EVENTS, 403), (KeyScope.WRITE, 200)])
def test_scopes(api, filled, scope, status):
    """RELIABILITY 3.4: a reading key does not write."""
    ref = api.get("alerts").json()["results"][0]["id"]
    program = Api(key_of(filled[0], scope)[1])
    assert program.patch(f"alerts/{ref}", {"state": "closed"}).status_code == status
    assert api.post("alerts", {"rule": "silence"}).status_code == 405
    assert api.delete(f"alerts/{ref}").status_code == 405
