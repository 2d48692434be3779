"""/api/v1/issues: read, made, replaced and changed with its customers by a program (ACC-14, API-01, API-02, API-04)."""

import datetime as dt
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import KeyScope
from accounts.mergers import merge_account
from accounts.models import Account, Contact
from journey.issues import services
from journey.models import Issue, Task
from tests.api.conftest import Api, key_of

CUSTOMERS = [
    {"account": "A-1", "weight": "blocker", "contact": "C-1", "note": "We cannot close", "since": "2026-01-05"},
    {"account": "A-2"},
]
BODY = {
    "external_id": "I-1", "title": "Export loses columns", "description": "All but 20", "kind": "bug", "function": "engineer",
    "owner_email": "csm@acme.example", "link": "https://tracker.example/1", "reference": "ENG-1", "reported_on": "2026-01-04",
    "promised_on": "2026-03-01", "answer": "In test", "state": "started",
}  # fmt: skip


@pytest.fixture
def filled(worlds):
    """The same accounts and person on both sides."""
    for world in worlds:
        with world.open():
            for key in ("A-1", "A-2", "A-3"):
                account = Account.objects.create(external_id=key, name=f"Customer {key}", owner=world.members["csm"])
                Contact.objects.create(account=account, external_id=f"C{key[1:]}", name="Ruth Okafor")
    return worlds


def test_an_issue_holds_what_was_sent_and_can_be_sent_back(api, filled):
    """Made, read, found by its external id; a program states where it stands and is asked for no moves."""
    answer = api.post("issues", BODY | {"accounts": CUSTOMERS})
    assert answer.status_code == 201, answer.json()
    row = answer.json()
    assert answer["Location"].endswith(row["id"])
    assert {name: row[name] for name in BODY} == BODY
    first, second = row["accounts"]
    assert {name: first[name] for name in CUSTOMERS[0]} == CUSTOMERS[0]
    assert (second["account"], second["weight"], second["contact"], second["told_on"]) == (
        "A-2",
        "important",
        None,
        None,
    )
    assert api.get("issues/ext:I-1").json() == row
    for method in ("PUT", "PATCH"):
        again = api.send(method, f"issues/{row['id']}", row)
        assert again.json() == row, "nothing changes, not even the version"
    assert api.post("issues", BODY).status_code == 409


def test_upsert_by_external_id(api, filled):
    """API-01: PUT with `ext:` makes it or replaces it; what is not sent becomes empty."""
    made = api.put("issues/ext:I-9", {"title": "One", "accounts": CUSTOMERS})
    assert made.status_code == 201, made.json()
    again = api.put("issues/ext:I-9", {"title": "Two", "function": "support"})
    assert again.status_code == 200
    row = again.json()
    assert (row["id"], row["title"], row["function"], row["accounts"]) == (made.json()["id"], "Two", "support", [])
    assert api.put(f"issues/{uuid4()}", {"title": "Two"}).status_code == 404
    refused = api.put("issues/ext:I-9", {"title": "Two", "external_id": "I-8"})
    assert "external_id" in refused.json()["error"]["fields"]


def test_a_change_of_the_customers_is_a_change_of_the_whole_list(api, filled):
    made = api.post("issues", BODY | {"accounts": CUSTOMERS}).json()
    changed = api.patch(
        "issues/ext:I-1", {"accounts": [{"account": "A-1", "note": "Worse"}, {"account": "A-3"}]}
    ).json()
    first, second = changed["accounts"]
    assert (first["account"], first["note"], first["weight"], first["contact"]) == ("A-1", "Worse", "blocker", "C-1")
    assert second["account"] == "A-3"
    assert changed["version"] > made["version"]
    assert changed["title"] == made["title"]
    assert api.patch("issues/ext:I-1", {"title": "Only this"}).json()["accounts"] == changed["accounts"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"kind": "wish"}, "kind"),
        ({"function": "board"}, "function"),
        ({"state": "dreamt"}, "state"),
        ({"link": "no address"}, "link"),
        ({"owner_email": "nobody@acme.example"}, "owner_email"),
        ({"owner_email": "csm@rival.example"}, "owner_email"),
        ({"reported_on": "2999-01-01"}, "reported_on"),
        ({"promised_on": "soon"}, "promised_on"),
        ({"accounts": [{"account": "A-9"}]}, "accounts[0].account"),
        ({"accounts": [{"weight": "nice"}]}, "accounts[0].account"),
        ({"accounts": [{"account": "A-1", "weight": "heavy"}]}, "accounts[0].weight"),
        ({"accounts": [{"account": "A-1", "contact": "C-2"}]}, "accounts[0].contact"),
        ({"accounts": [{"account": "A-1"}, {"account": "A-1"}]}, "accounts[1].account"),
        ({"accounts": [{"account": "A-1", "words": "x"}]}, "accounts[0].words"),
        ({"wish": 1}, "wish"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(api, world, filled, more, field):
    """API-02: nothing is written of a request that is refused."""
    answer = api.post("issues", BODY | more)
    assert answer.status_code in (400, 422), answer.json()
    assert field in answer.json()["error"]["fields"], answer.json()
    with world.open():
        assert not Issue.objects.exists()


def test_the_end_makes_tasks_once_and_told_is_kept(api, world, filled):
    """ACC-14: shipped by the other team's tracker: one task for each customer who does not know yet, however often sent."""
    told = [{"account": "A-1"}, {"account": "A-2", "told_on": "2026-01-06"}]
    api.post("issues", BODY | {"accounts": told})
    for _twice in range(2):
        done = api.patch("issues/ext:I-1", {"state": "shipped", "answer": "Release 12"})
        assert done.status_code == 200, done.json()
    assert done.json()["ended_on"] is not None
    with world.open():
        (task,) = Task.objects.filter(issue__external_id="I-1").select_related("account", "owner")
        assert (task.account.external_id, task.owner, task.note) == ("A-1", world.members["csm"], "Release 12")


def test_once_with_a_key_and_not_for_a_stale_version(api, filled):
    """API-02: an Idempotency-Key answers again; If-Match and `version` refuse what was changed since."""
    first = api.post("issues", BODY, Idempotency_Key="k-1")
    assert api.post("issues", BODY, Idempotency_Key="k-1").json() == first.json()
    etag = first["ETag"]
    assert api.patch("issues/ext:I-1", {"title": "Mine"}, If_Match=etag).status_code == 200
    assert api.patch("issues/ext:I-1", {"title": "Theirs"}, If_Match=etag).status_code == 409
    assert api.patch("issues/ext:I-1", {"title": "Theirs", "version": first.json()["version"]}).status_code == 409


def test_lists_are_filtered_and_paged(api, world, filled):
    for n in range(5):
        state = "shipped" if n % 2 else "new"
        api.put(
            f"issues/ext:I-{n}", {"title": f"Issue {n}", "state": state, "accounts": [{"account": f"A-{n % 3 + 1}"}]}
        )
    names, path = [], "issues?limit=2"
    while path:
        page = api.get(path).json()
        names += [row["external_id"] for row in page["results"]]
        path = page["next"] and page["next"].split("/api/v1/")[1]
    assert names == [f"I-{n}" for n in range(5)]

    def found(query: str) -> list[str]:
        return [row["external_id"] for row in api.get(f"issues?{query}").json()["results"]]

    assert found("state=shipped") == ["I-1", "I-3"]
    assert found("account=A-1") == ["I-0", "I-3"]
    assert found("function=product&kind=gap&state=new") == ["I-0", "I-2", "I-4"]
    assert found("function=support") == []
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found(f"updated_since={later}") == []
    assert api.get("issues?states=new").status_code == 422 or api.get("issues?states=new").status_code == 400


def test_a_page_asks_as_many_queries_for_one_as_for_fifty(api, filled):
    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            assert api.get("issues?limit=100").status_code == 200
        return len(found)

    for n in range(2):
        api.put(f"issues/ext:I-{n}", {"title": "x", "accounts": CUSTOMERS})
    before = count()
    for n in range(2, 20):
        api.put(f"issues/ext:I-{n}", {"title": "x", "accounts": CUSTOMERS})
    assert count() == before


def test_a_merged_account_is_the_customer_it_is_a_part_of(api, world, filled):
    with world.open():
        part, whole = (Account.objects.get(external_id=key) for key in ("A-1", "A-2"))
        merge_account(account=part, into=whole, by=world.members["admin"])
    row = api.post("issues", BODY | {"accounts": [{"account": "A-1"}]}).json()
    assert [each["account"] for each in row["accounts"]] == ["A-2"]


def test_keys_that_only_read_and_rows_of_others(api, rival_api, world, rival, filled):
    """API-04: a foreign row and an unknown one answer alike; a key that reads writes nothing."""
    with rival.open():
        foreign = services.report_issue(title="Theirs", by=None, external_id="R-1")
    for ref in (str(foreign.id), str(uuid4()), "ext:R-1", "ext:none"):
        assert api.get(f"issues/{ref}").status_code == 404
        assert api.patch(f"issues/{ref}", {"title": "x"}).status_code == 404
    _key, secret = key_of(world, KeyScope.READ)
    reader = Api(secret)
    assert reader.get("issues").status_code == 200
    assert reader.post("issues", BODY).status_code == 403
    assert reader.put("issues/ext:I-1", BODY).status_code == 403
    assert api.get("issues").json()["results"] == []
    assert len(rival_api.get("issues").json()["results"]) == 1
