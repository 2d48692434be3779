"""Tasks over HTTP and from files: read, write, in bulk, once, and nobody else's (API-01, ACC-15)."""

import datetime as dt

import pytest

from accounts.merging import merge_accounts
from accounts.models import Account
from accounts.rows import parse
from journey.enums import TaskState
from journey.import_kinds import SAMPLES
from journey.models import Task
from journey.work.merge import merge_tasks
from journey.work.waking import wake_fallen, woken
from tests.api.test_facts import ORIGIN

BODY = {
    "external_id": "K-1", "account": "A-1", "title": "Call", "due_on": "2026-11-24", "due_at": "10:00:00", "work": "health",
    "urgency": "high", "note": "Ask", "rhythm": "weekly", "owner_email": "csm@acme.example",
}  # fmt: skip


@pytest.fixture(autouse=True)
def accounts(worlds):
    for world in worlds:
        with world.open():
            merge_accounts([parse("accounts", n, {"account": name}) for n, name in enumerate(("A-1", "A-2"))], ORIGIN)
            Account.objects.filter(external_id="A-1").update(owner=world.members["csm"])


def test_a_task_holds_what_was_sent_and_can_be_sent_back(api, world, rival):
    made = api.post("tasks", BODY)
    assert made.status_code == 201, made.json()
    row = made.json()
    assert {name: row[name] for name in BODY} == BODY
    assert (row["version"], row["state"], row["why"], row["checklist"]) == (1, "open", "program", [])
    assert api.get("tasks/ext:K-1").json() == row
    for method in ("PUT", "PATCH"):
        assert api.send(method, f"tasks/{row['id']}", row).json() == row
    assert api.post("tasks", BODY).status_code == 409
    with rival.open():
        assert not Task.objects.exists()


def test_owner_is_the_accounts_the_pools_or_refused(api, world):
    """ROL-01: nobody gets a task of an account that they do not see."""
    plain = {name: BODY[name] for name in ("external_id", "account", "title", "due_on")}
    assert api.post("tasks", plain).json()["owner_email"] == "csm@acme.example"
    assert api.post("tasks", plain | {"external_id": "K-2", "owner_email": ""}).json()["owner_email"] in (None, "")
    assert api.post("tasks", plain | {"external_id": "K-3", "account": "A-2"}).json()["owner_email"] in (None, "")
    for more, field in (
        ({"account": "A-2", "owner_email": "csm@acme.example"}, "owner_email"),
        ({"owner_email": "nobody@acme.example"}, "owner_email"),
        ({"owner_email": "csm@rival.example"}, "owner_email"),
        ({"account": "A-9"}, "account"),
        ({"title": ""}, "title"),
        ({"due_on": "soon"}, "due_on"),
        ({"due_at": "25:00"}, "due_at"),
        ({"work": "dance"}, "work"),
        ({"state": "cancelled", "snoozed_until": "2026-12-01"}, "snoozed_until"),
        ({"state": "open", "done_at": "2026-12-01T10:00:00Z"}, "done_at"),
    ):
        refused = api.post("tasks", plain | {"external_id": "K-4"} | more)
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, [field]), more
    assert [row["external_id"] for row in api.get("tasks?pool=true").json()["results"]] == ["K-2", "K-3"]
    assert [row["external_id"] for row in api.get("tasks?owner=csm@acme.example").json()["results"]] == ["K-1"]
    assert api.get("tasks?state=strange").status_code == 422


def test_an_owner_sees_the_account_that_a_task_moves_to(api, world):
    """ROL-01: a row that names another account only is held against who has the task."""
    api.post("tasks", BODY)
    refused = api.patch("tasks/ext:K-1", {"account": "A-2"})
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["account"])
    assert api.get("tasks/ext:K-1").json()["account"] == "A-1"
    moved = api.patch("tasks/ext:K-1", {"account": "A-2", "owner_email": "ops@acme.example"})
    assert (moved.status_code, moved.json()["account"]) == (200, "A-2")
    assert api.patch("tasks/ext:K-1", {"account": ""}).json()["owner_email"] == "ops@acme.example"


def test_a_task_sleeps_to_an_hour_and_waits_for_health(api, world):
    """ACC-15: what a program puts off is put off as by a person, with the band of then; woken, nothing of it is left."""
    until = str(dt.date.today() + dt.timedelta(days=9))
    with world.open():
        Account.objects.filter(external_id="A-1").update(health_band="green")
    row = api.post("tasks", BODY | {"snoozed_until": until, "snoozed_time": "09:00:00", "wakes": True}).json()
    assert (row["snoozed_until"], row["snoozed_time"], row["wakes"]) == (until, "09:00:00", True)
    with world.open():
        assert Task.objects.get().snoozed_band == "green"
        Account.objects.filter(external_id="A-1").update(health_band="red")
    assert api.patch("tasks/ext:K-1", {"title": "Call them"}).json()["wakes"] is True
    with world.open():
        assert Task.objects.get().snoozed_band == "green"  # of then, not of now
        assert wake_fallen(dt.date.today()) == 1
        assert Task.objects.get().snoozed_band == "green"
    row = api.patch("tasks/ext:K-1", {"note": "Why is it back?"}).json()
    assert (row["wakes"], row["snoozed_time"]) == (False, None)
    with world.open():
        assert woken(Task.objects.get())
    api.patch("tasks/ext:K-1", {"snoozed_until": None})
    with world.open():
        task = Task.objects.get()
        assert (task.snoozed_until, task.snoozed_band, woken(task)) == (None, "", False)
    refused = api.patch("tasks/ext:K-1", {"snoozed_until": None, "snoozed_time": "09:00"})
    assert list(refused.json()["error"]["fields"]) == ["snoozed_time"]
    assert api.patch("tasks/ext:K-1", {"wakes": True}).json()["wakes"] is False  # it is not put off


def test_done_is_kept_and_comes_again_once(api, world):
    api.post("tasks", BODY)
    assert api.patch("tasks/ext:K-1", {"state": "done"}, If_Match='"9"').status_code == 409
    done = api.patch("tasks/ext:K-1", {"state": "done", "result": "Met"}, If_Match='"1"').json()
    assert (done["state"], done["result"], done["version"]) == ("done", "Met", 2)
    assert done["done_at"] is not None
    api.patch("tasks/ext:K-1", {"result": "Met them"})
    back = api.patch("tasks/ext:K-1", {"state": "open"}).json()
    assert (back["state"], back["done_at"]) == ("open", None)
    with world.open():
        assert Task.objects.filter(follows__external_id="K-1", state=TaskState.OPEN).count() == 1


def test_many_at_once_and_again(api, world):
    """The same items sent again change nothing; each stands or falls on its own."""
    items = [
        {"external_id": f"K-{n}", "title": f"Task {n}", "due_on": "2026-12-01", "account": "A-1" if n else "A-9"}
        for n in range(4)
    ]
    assert api.put("tasks/bulk", {"items": items}).status_code == 207
    again = api.put("tasks/bulk", {"items": items[1:]})
    assert (again.status_code, again.json()["unchanged"]) == (200, 3)
    with world.open():
        before = list(Task.objects.order_by("id").values())
        rows = [parse("tasks", 1, {"task": "K-1", "title": "A", "due_on": "2026-12-01"}),
                parse("tasks", 2, {"task": "K-1", "title": "B", "due_on": "2026-12-01"})]  # fmt: skip
        result = merge_tasks(rows, ORIGIN)
        assert [r.row for r in result.rejected] == [2]
        assert result.outcomes == {1: "updated"}
        assert len(before) == Task.objects.count()


def test_what_is_not_given_stays(api, world):
    """A row changes what it says: the day alone moves, the owner and the account stay."""
    api.post("tasks", BODY)
    with world.open():
        result = merge_tasks([parse("tasks", 1, {"task": "K-1", "title": "Call", "due_on": "2026-12-24"})], ORIGIN)
        assert result.outcomes == {1: "updated"}
        row = Task.objects.select_related("account", "owner").get()
        assert (row.due_on, row.due_at, row.account.external_id) == (dt.date(2026, 12, 24), dt.time(10), "A-1")
        assert row.owner == world.members["csm"]


def test_sample_file_is_read(world):
    """CONTRACTS 1: the sample of the kind is right, row by row."""
    head, *lines = (SAMPLES / "tasks.csv").read_text().splitlines()
    names = head.split(",")
    with world.open():
        rows = [parse("tasks", n, dict(zip(names, line.split(","), strict=True))) for n, line in enumerate(lines)]
        assert all(not isinstance(row, list) for row in rows), rows
        merge_accounts([parse("accounts", n, {"account": a}) for n, a in enumerate(("A-1001", "A-1002"))], ORIGIN)
        assert merge_tasks(rows, ORIGIN).created == 3
