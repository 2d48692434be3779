"""/api/v1/handoffs: offered, ticked, answered and withdrawn by a program (ROL-02, API-01, API-02, API-04)."""

import datetime as dt
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import KeyScope
from accounts.models import Absence, Account, AccountChange
from journey.handoffs import services
from journey.models import Handoff, Task
from tests.api.conftest import Api, key_of


@pytest.fixture
def filled(worlds):
    """The same two accounts of the same CSM on both sides."""
    for world in worlds:
        with world.open():
            for n in (1, 2):
                Account.objects.create(
                    external_id=f"A-{n}", name=f"Northwind {n}", owner=world.members["csm"], status="live"
                )
    return worlds


def body(**more) -> dict:
    return {"account": "A-1", "kind": "csm_csm", "taker_email": "ops@acme.example", "reason": "New region", **more}


def owner(world, external_id: str = "A-1") -> str:
    with world.open():
        return Account.objects.get(external_id=external_id).owner.user.email


def test_offered_ticked_and_accepted(api, filled):
    """ROL-02: the owner is another one only when it is accepted; the change says that a program did it."""
    world, _rival = filled
    answer = api.post("handoffs", body(note="Call Ruth first", checks=["Keys"]))
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    assert answer["Location"].endswith(made["id"])
    assert (made["state"], made["giver_email"], made["giver_name"]) == ("open", "csm@acme.example", "Csm Person")
    assert made["due_on"] == (world.tenant.today() + dt.timedelta(days=3)).isoformat()
    assert made["checklist"][-1] == {"key": "", "text": "Keys", "required": True, "done": False, "note": ""}
    path = f"handoffs/{made['id']}"
    assert api.get(path).json() == made
    refused = api.patch(path, {"state": "accepted"})
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["answer"])
    assert owner(world) == "csm@acme.example"
    ticked = api.patch(path, {"checklist": [True] * len(made["checklist"])}).json()
    assert all(one["done"] for one in ticked["checklist"])
    done = api.patch(path, {"state": "accepted"}).json()
    assert (done["state"], done["answered_by"]) == ("accepted", None)
    assert owner(world) == "ops@acme.example"
    with world.open():
        assert AccountChange.objects.filter(attribute="owner").latest("recorded_at").source == "api"
    assert api.patch(path, {"state": "accepted"}).json()["version"] == done["version"]
    assert api.patch(path, {"state": "declined", "answer": "No"}).status_code == 422


def test_declined_and_withdrawn(api, filled):
    first = api.post("handoffs", body()).json()
    assert api.patch(f"handoffs/{first['id']}", {"state": "declined"}).status_code == 422
    said = api.patch(f"handoffs/{first['id']}", {"state": "declined", "answer": "My book is full"}).json()
    assert (said["state"], said["answer"]) == ("declined", "My book is full")
    second = api.post("handoffs", body()).json()
    assert api.patch(f"handoffs/{second['id']}", {"state": "withdrawn"}).json()["state"] == "withdrawn"
    assert api.patch(f"handoffs/{second['id']}", {"answer": "x"}).status_code == 422
    assert owner(filled[0]) == "csm@acme.example"


def test_from_sales_without_a_login(api, filled):
    """Somebody of sales without an account here gives by name; to sales a task is made."""
    given = api.post("handoffs", body(kind="sales_cs", taker_email="csm@acme.example", giver_name="Ruth")).json()
    assert (given["giver_email"], given["giver_name"]) == (None, "Ruth")
    sold = api.post("handoffs", body(kind="csm_sales")).json()
    api.patch(f"handoffs/{sold['id']}", {"state": "accepted", "answer": "It is small"})
    assert owner(filled[0]) == "csm@acme.example"
    with filled[0].open():
        assert Task.objects.get().owner == filled[0].members["ops"]


def test_one_waits_for_an_account_and_kind(api, filled):
    assert api.post("handoffs", body()).status_code == 201
    again = api.post("handoffs", body())
    assert (again.status_code, again.json()["error"]["code"]) == (409, "exists")


def test_the_same_key_again_offers_once(api, filled):
    """API-01: Idempotency-Key."""
    first = api.post("handoffs", body(), Idempotency_Key="k1")
    again = api.post("handoffs", body(), Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert api.post("handoffs", body(reason="Other"), Idempotency_Key="k1").status_code == 409


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"account": "none"}, "account"), ({"kind": "x"}, "kind"), ({"taker_email": "nobody@acme.example"}, "taker_email"),
        ({"taker_email": "csm@rival.example"}, "taker_email"), ({"giver_email": "nobody@acme.example"}, "giver_email"),
        ({"reason": ""}, "reason"), ({"due_on": "2020-01-01"}, "due_on"), ({"due_on": "soon"}, "due_on"),
        ({"checks": ["x" * 201]}, "checks.0"), ({"taker_email": "csm@acme.example"}, "taker"), ({"colour": 1}, "colour"),
        ({"kind": "sales_cs"}, "giver"), ({"taker_email": "executive@acme.example"}, "taker"),
    ],
)  # fmt: skip
def test_wrong_bodies_name_the_field(api, filled, values, field):
    answer = api.post("handoffs", body(**values))
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]
    with filled[0].open():
        assert not Handoff.objects.exists()


def test_versions(api, filled):
    """If-Match and `version`: 409 with the row as it stands."""
    made = api.post("handoffs", body())
    path = f"handoffs/{made.json()['id']}"
    ticks = [True] + [False] * (len(made.json()["checklist"]) - 1)
    assert api.patch(path, {"checklist": ticks}, If_Match=made["ETag"]).status_code == 200
    stale = api.patch(path, {"state": "withdrawn"}, If_Match=made["ETag"])
    assert (stale.status_code, stale.json()["current"]["version"]) == (409, 2)
    assert api.patch(path, {"state": "withdrawn", "version": 1}).status_code == 409
    assert api.patch(path, {"checklist": [True]}).status_code == 422


def test_pages_and_filters(api, filled):
    """API-02: pages are disjoint and complete; each filter narrows; a wrong one is refused."""
    api.post("handoffs", body())
    api.post("handoffs", body(account="A-2", kind="csm_sales"))
    api.post("handoffs", body(account="A-2"))
    whole = [row["id"] for row in api.get("handoffs").json()["results"]]
    assert len(whole) == 3
    seen, path = [], "handoffs?limit=2"
    while path:
        page = api.get(path).json()
        seen += [row["id"] for row in page["results"]]
        path = page["next"] and page["next"].split("/api/v1/")[1]
    assert seen == whole
    for query, count in (
        ("account=A-2", 2), ("kind=csm_csm", 2), ("state=accepted", 0), ("taker=ops@acme.example", 3),
        ("due_until=2020-01-01", 0),
    ):  # fmt: skip
        assert len(api.get(f"handoffs?{query}").json()["results"]) == count, query
    for query in ("kind=x", "state=x", "colour=red", "due_until=x"):
        assert api.get(f"handoffs?{query}").status_code == 422, query


def test_foreign_and_unknown_answer_alike(api, rival_api, filled):
    """API-04: another company's handoff is unknown, to read and to write."""
    foreign = rival_api.post("handoffs", body(taker_email="ops@rival.example")).json()["id"]
    for ref in (foreign, uuid4(), "ext:A-1"):
        assert api.get(f"handoffs/{ref}").status_code == 404
        assert api.patch(f"handoffs/{ref}", {"state": "withdrawn"}).status_code == 404
    assert api.get("handoffs").json()["results"] == []
    assert rival_api.get(f"handoffs/{foreign}").json()["state"] == "open"


def test_scopes(world, filled):
    reader = Api(key_of(world, KeyScope.READ)[1])
    assert reader.get("handoffs").status_code == 200
    assert reader.post("handoffs", body()).status_code == 403
    assert Api(key_of(world, KeyScope.EVENTS)[1]).get("handoffs").status_code == 403


def test_a_list_asks_as_much_for_many_as_for_one(api, filled):
    counts = []
    for name in ("A-1", "A-2"):
        api.post("handoffs", body(account=name))
        with CaptureQueriesContext(connection) as queries:
            assert api.get("handoffs").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 17


def test_checks_are_noted(api, filled):
    """ROL-02: a note for each check in their order, null leaves it; the same again changes nothing, even when it is over."""
    made = api.post("handoffs", body(checks=["Keys"])).json()
    path, count = f"handoffs/{made['id']}", len(made["checklist"])
    assert {one["note"] for one in made["checklist"]} == {""}
    notes = ["Told on Monday", *[None] * (count - 2), "In the safe"]
    noted = api.patch(path, {"notes": notes, "checklist": [True] * count}).json()
    assert [one["note"] for one in noted["checklist"]] == ["Told on Monday", *[""] * (count - 2), "In the safe"]
    assert all(one["done"] for one in noted["checklist"])
    again = api.patch(path, {"notes": notes}).json()
    assert again["version"] == noted["version"]
    assert api.patch(path, {"notes": ["", *[None] * (count - 1)]}).json()["checklist"][0]["note"] == ""
    for wrong in (["x"], ["x" * 501, *[None] * (count - 1)], "x", [1.5] * count):
        refused = api.patch(path, {"notes": wrong})
        assert refused.status_code == 422
        assert {name.split(".")[0] for name in refused.json()["error"]["fields"]} == {"notes"}
    done = api.patch(path, {"state": "accepted"}).json()
    same = api.patch(path, {"state": "accepted", "checklist": [True] * count})
    assert (same.status_code, same.json()["version"]) == (200, done["version"])
    assert api.patch(path, {"notes": notes}).status_code == 422


def test_what_moved_and_for_whom_it_was_answered(api, filled):
    """ROL-02: how much passed along; `on_behalf_of` where a person answered for the taker, not for a program."""
    world, _rival = filled
    csm, ops = world.members["csm"], world.members["ops"]
    today = world.tenant.today()
    with world.open():
        for account in Account.objects.all():
            task = {"account": account, "owner": csm, "title": "Call", "due_on": today, "source": "member"}
            Task.objects.create(external_id=f"T-{account.external_id}", **task)
    made = api.post("handoffs", body()).json()
    assert (made["moved"], made["on_behalf_of"]) == ({"tasks": 0, "plans": 0, "milestones": 0}, None)
    path = f"handoffs/{made['id']}"
    done = api.patch(path, {"state": "accepted", "answer": "Yes"}).json()
    assert (done["moved"], done["on_behalf_of"]) == ({"tasks": 1, "plans": 0, "milestones": 0}, None)
    other = api.post("handoffs", body(account="A-2")).json()
    with world.open():
        Absence.objects.create(member=ops, cover=csm, first_on=today, last_on=today)
        row = Handoff.objects.get(id=other["id"])
        services.answer_handoff(handoff=row, state="declined", version=None, by=csm, answer="Full")
    said = api.get(f"handoffs/{other['id']}").json()
    assert (said["answered_by"], said["on_behalf_of"]) == ("csm@acme.example", "ops@acme.example")
