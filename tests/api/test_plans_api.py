"""/api/v1/plans: read, made and changed as a whole by a program (API-01, API-02, API-04, VAL-02)."""

import datetime as dt
from uuid import uuid4

import pytest

from accounts.enums import KeyScope
from accounts.models import Account, Contact
from journey.models import Milestone, Plan, Task
from journey.plans import services
from tests.api.conftest import Api, key_of

ROWS = [
    {"name": "Kickoff", "due_on": "2026-01-10", "owner_email": "csm@acme.example", "customer_owner": "C-1"},
    {"name": "Live", "due_on": "2026-02-10", "needs": [0]},
]


@pytest.fixture
def filled(worlds):
    """The same account and person on both sides."""
    for world in worlds:
        with world.open():
            account = Account.objects.create(external_id="A-1", name="Northwind")
            Contact.objects.create(account=account, external_id="C-1", name="Ruth Okafor")
            stranger = Account.objects.create(external_id="A-2", name="Southwind")
            Contact.objects.create(account=stranger, external_id="C-2", name="Not hers")
    return worlds


def body(**more) -> dict:
    return {"external_id": "P-1", "account": "A-1", "name": "Go live", "starts_on": "2026-01-01", **more}


def test_a_plan_with_its_milestones(api, filled):
    """Made, read, found by its external id; owners by e-mail and contact, needs by position."""
    answer = api.post("plans", body(milestones=ROWS, owner_email="csm@acme.example"))
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    assert answer["Location"].endswith(made["id"])
    assert (made["kind"], made["state"], made["target_on"], made["version"]) == ("success", "active", "2026-02-10", 1)
    assert [(row["name"], row["needs"], row["customer_owner"]) for row in made["milestones"]] == [
        ("Kickoff", [], "C-1"), ("Live", [0], None),
    ]  # fmt: skip
    assert made["milestones"][0]["owner_email"] == "csm@acme.example"
    assert made["progress"]["total"] == 2
    assert api.get("plans/ext:P-1").json() == made
    assert api.post("plans", body()).status_code == 409


def test_from_a_template(api, filled):
    """JRN-12: by name, or the usual one of the segment."""
    assert len(api.post("plans", body(template="smb")).json()["milestones"]) == 5
    assert api.post("plans", body(external_id="P-2")).json()["template"] == "mid_market"
    assert api.post("plans", body(external_id="P-3", template="none")).status_code == 422


def test_a_change_of_the_whole_list(api, filled):
    """An id changes, none adds, what is left out goes; the order is the list's; what is sent again changes nothing."""
    made = api.post("plans", body(milestones=ROWS)).json()
    first, second = (row["id"] for row in made["milestones"])
    sent = [
        {"id": second, "done_on": "2026-02-01", "needs": [1]},
        {"name": "Data in", "due_on": "2026-01-20", "done_on": "2026-01-19"},
    ]  # fmt: skip
    path = f"plans/{made['id']}"
    rows = api.patch(path, {"milestones": sent}).json()["milestones"]
    assert [(row["name"], row["done_on"], row["needs"]) for row in rows] == [
        ("Live", "2026-02-01", [1]), ("Data in", "2026-01-19", []),
    ]  # fmt: skip
    assert rows[0]["id"] == second
    assert first not in {row["id"] for row in rows}
    again = [{"id": row["id"], "done_on": row["done_on"], "needs": row["needs"]} for row in rows]
    assert api.patch(path, {"milestones": again}).json()["milestones"] == rows
    with filled[0].open():
        assert sorted(Milestone.objects.values_list("name", "position")) == [("Data in", 1), ("Live", 0)]


def test_state_version_and_what_holds_it_up(api, filled):
    made = api.post("plans", body(milestones=ROWS)).json()
    path = f"plans/{made['id']}"
    with filled[0].open():
        held = Milestone.objects.get(name="Kickoff")
        Task.objects.create(
            external_id="K", title="Late", due_on=dt.date(2026, 1, 11), why="milestone", milestone=held, source="rule",
        )  # fmt: skip
    change = {"milestones": [{"id": row["id"]} for row in made["milestones"]], "goal": "Grow"}
    change["milestones"][0]["blocker"] = "bandwidth"
    answer = api.patch(path, change, If_Match='"1"').json()
    assert (answer["milestones"][0]["blocker"], answer["goal"], answer["version"]) == ("bandwidth", "Grow", 2)
    assert answer["milestones"][0]["blocked_on"]
    assert api.patch(path, {"goal": "x", "version": 1}).status_code == 409
    assert api.patch(path, {"state": "done"}).status_code == 422, "it has milestones that are not done"
    assert api.patch(path, {"state": "dropped"}).json()["ended_on"]
    with filled[0].open():
        assert Task.objects.get().state == "done"
    assert api.patch(path, {"milestones": []}).status_code == 422, "it is over"
    assert api.patch(path, {"state": "active", "milestones": []}).json()["milestones"] == []


def test_a_list_that_changed_is_another_version(api, filled):
    """API-01: who read the list before somebody changed it, a program or a person, does not overwrite it unseen."""
    made = api.post("plans", body(milestones=ROWS)).json()
    path, sent = f"plans/{made['id']}", [{"id": row["id"]} for row in made["milestones"]]
    first = api.patch(path, {"milestones": [*sent, {"name": "More", "due_on": "2026-03-01"}]}, If_Match='"1"').json()
    assert (first["version"], len(first["milestones"])) == (2, 3)
    assert api.patch(path, {"milestones": sent}, If_Match='"1"').status_code == 409
    with filled[0].open():
        row = Milestone.objects.get(name="More")
        csm = filled[0].members["csm"]
        services.set_milestone(plan=row.plan, milestone=row, values={"name": "Much more"}, by=csm)
    assert api.patch(path, {"milestones": sent}, If_Match='"2"').status_code == 409
    now = api.get(path).json()
    assert now["version"] == 3
    again = [{"id": row["id"], "name": row["name"], "needs": row["needs"]} for row in now["milestones"]]
    same = api.patch(path, {"milestones": again}, If_Match='"3"').json()
    assert (same["version"], same["updated_at"]) == (3, now["updated_at"]), "what is sent again changes nothing"


def test_a_long_list_is_written_as_a_short_one(api, filled, django_assert_max_num_queries):
    """PERF-01: the same statements for any number of milestones that are made, changed, done and removed."""

    def cost(path: str, count: int) -> int:
        rows = [
            {"name": f"Step {n}", "due_on": "2026-02-01", "needs": [n - 1] if n else [], "done_on": "2026-01-20"}
            for n in range(count)
        ]
        made = api.patch(path, {"milestones": rows}).json()["milestones"]
        sent = [
            {"id": row["id"], "name": f"{row['name']} anew", "done_on": None, "needs": [place + 1] if not place else []}
            for place, row in enumerate(made[1:])
        ]
        with django_assert_max_num_queries(45) as seen:
            answer = api.patch(path, {"milestones": sent})
        assert [row["done_on"] for row in answer.json()["milestones"]] == [None] * (count - 1)
        return len(seen.captured_queries)

    short = cost(f"plans/{api.post('plans', body(milestones=[])).json()['id']}", 4)
    long = cost(f"plans/{api.post('plans', body(external_id='P-2', milestones=[])).json()['id']}", 40)
    assert long == short


def test_what_is_done_waits_for_nothing(api, filled):
    """What a milestone needs may be done by the same list, in whatever order it stands; a blocker ends with it."""
    made = api.post("plans", body(milestones=ROWS)).json()
    path, (first, second) = f"plans/{made['id']}", (row["id"] for row in made["milestones"])
    held = [{"id": first, "blocker": "bandwidth"}, {"id": second}]
    assert api.patch(path, {"milestones": held}).json()["progress"]["blocked"] == 1
    done = [{"id": second, "done_on": "2026-02-01"}, {"id": first, "done_on": "2026-01-31"}]
    rows = api.patch(path, {"milestones": done}).json()["milestones"]
    assert [(row["done_on"], row["blocker"], row["blocked_on"]) for row in rows] == [
        ("2026-02-01", "", None), ("2026-01-31", "", None),
    ]  # fmt: skip
    refused = api.patch(path, {"milestones": [{"id": first, "blocker": "scope"}, {"id": second}]})
    assert refused.status_code == 422
    assert "milestones[0].blocker" in refused.json()["error"]["fields"]
    opened = [{"id": first, "done_on": None, "blocker": "scope"}, {"id": second}]
    assert api.patch(path, {"milestones": opened}).json()["milestones"][0]["blocker"] == "scope"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"account": "A-9"}, "account"),
        ({"account": None}, "account"),
        ({"starts_on": "soon"}, "starts_on"),
        ({"owner_email": "nobody@acme.example"}, "owner_email"),
        ({"customer_owner": "C-2"}, "customer_owner"),
        ({"colour": "red"}, "colour"),
        ({"milestones": [{"name": "x"}]}, "milestones[0].due_on"),
        ({"milestones": [{"due_on": "2026-01-02"}]}, "milestones[0].name"),
        ({"milestones": [{**ROWS[0], "customer_owner": "C-2"}]}, "milestones[0].customer_owner"),
        ({"milestones": [ROWS[0], {**ROWS[1], "needs": [7]}]}, "milestones[1].needs"),
        ({"milestones": [{**ROWS[0], "needs": [1]}, ROWS[1]]}, "needs"),
        ({"milestones": [{**ROWS[0], "done_on": "2099-01-01"}]}, "milestones[0].done_on"),
        ({"milestones": [ROWS[0], {**ROWS[1], "done_on": "2026-02-01"}]}, "milestones[1].done_on"),
        ({"milestones": [{**ROWS[0], "blocker": "weather"}]}, "milestones[0].blocker"),
        ({"milestones": [{**ROWS[0], "colour": 1}]}, "milestones[0].colour"),
        ({"milestones": [{**ROWS[0], "id": str(uuid4())}]}, "milestones"),
        ({"milestones": ["x"]}, "milestones.0"),
        ({"milestones": [ROWS[0]] * 61}, "milestones"),
    ],
)
def test_what_cannot_be_is_refused_by_name(api, filled, wrong, field):
    answer = api.post("plans", body(milestones=ROWS) | wrong)
    assert answer.status_code == 422, answer.json()
    assert field in answer.json()["error"]["fields"]
    with filled[0].open():
        assert Plan.objects.count() == 0, "all or nothing"


def test_another_companys_plans_are_not_there(api, rival_api, filled):
    """API-04: neither read nor changed, by id or external id."""
    theirs = rival_api.post("plans", body(external_id="P-9", milestones=[])).json()
    assert api.get("plans").json()["results"] == []
    for ref in (theirs["id"], "ext:P-9", str(uuid4())):
        assert api.get(f"plans/{ref}").status_code == 404
        assert api.patch(f"plans/{ref}", {"name": "Mine"}).status_code == 404
    mine = api.post("plans", body(milestones=[ROWS[1] | {"needs": []}])).json()
    foreign = rival_api.patch(f"plans/{theirs['id']}", {"milestones": [{"name": "x", "due_on": "2026-02-01"}]}).json()
    sent = {"milestones": [{"id": foreign["milestones"][0]["id"], "name": "Stolen"}]}
    assert api.patch(f"plans/{mine['id']}", sent).status_code == 422


def test_scopes_filters_and_pages(api, filled):
    for n in range(3):
        api.post("plans", body(external_id=f"P-{n}", milestones=[]))
    assert len(api.get("plans?account=A-1&kind=success&state=active").json()["results"]) == 3
    assert api.get("plans?account=A-2").json()["results"] == []
    assert api.get("plans?state=wrong").status_code == 422
    page = api.get("plans?limit=2").json()
    assert page["next"]
    _key, secret = key_of(filled[0], KeyScope.READ)
    reader = Api(secret)
    assert reader.get("plans").status_code == 200
    assert reader.post("plans", body(external_id="P-7")).status_code == 403
    assert api.delete("plans/ext:P-1").status_code == 405
    assert api.get("plans?fields=external_id,progress").json()["results"][0].keys() == {"external_id", "progress"}


def test_a_page_of_plans_is_read_in_few_queries(api, filled, django_assert_max_num_queries):
    for n in range(4):
        api.post("plans", body(external_id=f"P-{n}", template="enterprise"))
    with django_assert_max_num_queries(16):
        assert len(api.get("plans").json()["results"]) == 4


def test_the_same_key_makes_one(api, filled):
    first = api.post("plans", body(milestones=ROWS), Idempotency_Key="k1")
    assert api.post("plans", body(milestones=ROWS), Idempotency_Key="k1").json() == first.json()
    with filled[0].open():
        assert Plan.objects.count() == 1
