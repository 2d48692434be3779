"""The page Tasks and its verbs: lists, pane, pool, bulk, undo, comments, by role (PAGES, DSH-03, ROL-01)."""

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.forms import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account
from health.models import Alert
from journey.enums import TaskState
from journey.models import Mention, Task
from journey.work import services
from journey.work.comments import comment
from tests.conftest import World

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
PIECE = {"HTTP_HX_REQUEST": "true"}


def fill(world: World, count: int = 1, mark: str = "") -> list[Task]:
    """Late, today, this week, later, the pool, snoozed; `count` of each."""
    made, today, csm = [], world.tenant.today(), world.members["csm"]
    with world.open():
        for n in range(count):
            account = Account.objects.create(
                external_id=f"A{mark}{n}",
                name=f"Halcyon {n}",
                owner=csm,
                status="live",
                mrr_minor=1_000_000,
                health_band="red",
            )
            for title, days in (("Late", -2), ("Today", 0), ("Week", 3), ("Later", 20), ("Asleep", 0), ("Pooled", 1)):
                more: dict[str, Any] = {"owner": None} if title == "Pooled" else {}
                task = services.add_task(
                    title=f"{title} {n}", due_on=today + days * DAY, by=None, account=account, **more
                )
                if title == "Asleep":
                    services.snooze_task(task=task, until=today + DAY, version=None, by=None)
                made.append(task)
    return made


def url(world: World, name: str, *args: Any) -> str:
    return reverse(name, args=[world.tenant.slug, *args])


def stored(world: World, **fields: Any) -> Task:
    """The one task of these fields as the database has it."""
    with world.open():
        return Task.objects.select_related("account").get(**fields)


def triggers(response: Any) -> dict[str, Any]:
    return json.loads(response.headers.get("HX-Trigger", "{}"))


def test_groups_say_what_is_late_and_what_it_is_worth(world: World) -> None:
    """DSH-03: late, today, this week, with the ARR behind; later and snoozed ones are not there."""
    fill(world)
    body = world.client("csm").get(url(world, "tasks")).content.decode()
    assert "3 this week · 1 late · $120k ARR behind" in body
    for title in ("Late 0", "Today 0", "Week 0", "Pooled 0"):
        assert title in body
    assert "Later 0" not in body
    assert "Asleep 0" not in body
    assert "2 days late" in body
    assert "Later 0" in world.client("csm").get(url(world, "tasks") + "?due=all").content.decode()
    assert "Asleep 0" in world.client("csm").get(url(world, "tasks") + "?whose=snoozed").content.decode()
    only = world.client("csm").get(url(world, "tasks") + "?due=late").content.decode()
    assert "Late 0" in only
    assert "Today 0" not in only


def test_filters_hold_and_unknown_ones_do_nothing(world: World) -> None:
    late = fill(world)[0]
    with world.open():
        Task.objects.filter(id=late.id).update(work="renewal")
    client = world.client("csm")
    found = client.get(url(world, "tasks") + "?work=renewal").content.decode()
    assert "Late 0" in found
    assert "Today 0" not in found
    for strange in (
        "whose=team",
        "whose=x",
        "due=x",
        "work=x",
        "segment=x",
        "owner=x",
        "page=-1",
        "page=99999",
        "task=x",
    ):
        assert client.get(url(world, "tasks") + f"?{strange}").status_code == 200
    empty = client.get(url(world, "tasks") + f"?segment={uuid.uuid4()}").content.decode()
    assert "No task fits the filters" in empty


def test_page_asks_the_same_number_of_questions_for_any_number_of_tasks(world: World) -> None:
    """House rule: queries are fixed and small, for each list and role."""
    client, leader = world.client("csm"), world.client("ops")
    counts = {}
    for size in (2, 12):
        fill(world, size, f"{size}-")
        for whose in ("mine", "pool", "snoozed", "team"):
            for name, one in (("csm", client), ("ops", leader)):
                with CaptureQueriesContext(
                    connection,
                ) as found:
                    one.get(url(world, "tasks") + f"?whose={whose}")
                counts.setdefault((whose, name), []).append(len(found))
    assert all(few == many for few, many in counts.values()), counts
    assert max(many for _few, many in counts.values()) <= 30, counts


def test_pane_says_why_the_task_exists(world: World) -> None:
    """RIVALS 1: the rule, what it measured and what it was held against stand beside the task."""
    late = fill(world)[0]
    with world.open():
        alert = Alert.objects.create(
            account=late.account, rule="usage_decline", as_of=world.tenant.today(),
            inputs={"cause": "", "before": 0.35, "now": 0.15, "change": -0.571}, thresholds={"drop": 0.5, "floor": 0.05},
        )  # fmt: skip
        Task.objects.filter(id=late.id).update(alert=alert, why="alert")
    body = world.client("csm").get(url(world, "task", late.id)).content.decode()
    assert "TRG-01" in body
    assert "50%" in body
    assert "Snooze until" in body
    piece = world.client("csm").get(url(world, "task", late.id), **PIECE, HTTP_HX_TARGET="task-pane").content.decode()
    assert piece.lstrip().startswith("<aside")
    drawer = world.client("csm").get(url(world, "task", late.id), **PIECE, HTTP_HX_TARGET="drawer-body")
    assert "data-close" in drawer.content.decode()


def test_verbs_work_in_place_and_are_taken_back(world: World) -> None:
    """A tick answers with words, an undo and news for the lists; the undo restores the row."""
    late = fill(world)[0]
    client = world.client("csm")
    said = client.post(url(world, "task_done", late.id), {"result": "Called"}, **PIECE)
    assert said.status_code == 204
    assert "tasksChanged" in triggers(said)
    undo = triggers(said)["toast"]["undo_url"]
    assert stored(world, id=late.id).result == "Called"
    assert client.post(undo, **PIECE).status_code == 204
    assert stored(world, id=late.id).state == TaskState.OPEN
    until = (world.tenant.today() + 5 * DAY).isoformat()
    asleep = client.post(url(world, "task_snooze", late.id), {"until": until}, **PIECE)
    assert stored(world, id=late.id).snoozed_until.isoformat() == until
    client.post(triggers(asleep)["toast"]["undo_url"], **PIECE)
    assert stored(world, id=late.id).snoozed_until is None
    given = client.post(url(world, "task_assign", late.id), {"owner": "pool"}, **PIECE)
    assert stored(world, id=late.id).owner_id is None
    client.post(triggers(given)["toast"]["undo_url"], **PIECE)
    assert stored(world, id=late.id).owner_id == world.members["csm"].id


def test_without_script_a_verb_leads_back(world: World) -> None:
    late = fill(world)[0]
    client = world.client("csm")
    back = url(world, "tasks") + "?due=late"
    assert client.post(url(world, "task_done", late.id), {"back": back}).headers["Location"] == back
    for evil in ("https://evil.example/", "//evil.example", "/t/other/"):
        found = client.post(url(world, "task_reopen", late.id), {"back": evil})
        assert found.headers["Location"] == url(world, "task", late.id)


@pytest.mark.parametrize(
    ("verb", "data", "status"),
    [
        ("task_snooze", {"until": "soon"}, 422),
        ("task_snooze", {"until": "2020-01-01"}, 422),
        ("task_assign", {"owner": "nobody"}, 422),
        ("task_assign", {"owner": str(uuid.uuid4())}, 422),
        ("task_check", {"item": "-1"}, 409),
        ("task_check", {"item": "9"}, 409),
        ("task_comment", {"text": " "}, 422),
        ("task_done", {"version": "7"}, 409),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(world: World, verb: str, data: dict[str, str], status: int) -> None:
    late = fill(world)[0]
    before = model_to_dict(stored(world, id=late.id))
    assert world.client("csm").post(url(world, verb, late.id), data, **PIECE).status_code == status
    assert model_to_dict(stored(world, id=late.id)) == before


def test_reader_sees_and_changes_nothing(world: World) -> None:
    """ROL-01: who may only read gets no button and is refused."""
    late = fill(world)[0]
    client = world.client("executive")
    body = client.get(url(world, "tasks") + f"?whose=team&task={late.id}").content.decode()
    assert "Late 0" in body
    assert 'class="tick"' not in body
    assert 'id="bulk"' not in body
    for verb in ("done", "reopen", "cancel", "snooze", "assign", "take", "check", "comment"):
        assert client.post(url(world, f"task_{verb}", late.id)).status_code == 403
    assert client.post(url(world, "tasks_bulk"), {"verb": "done", "ids": str(late.id)}).status_code == 403
    assert client.get(url(world, "task_new")).status_code == 403


def test_bulk_changes_many_and_says_who_refused(world: World, rival: World) -> None:
    tasks, foreign = fill(world), fill(rival)
    client, today = world.client("csm"), world.tenant.today()
    with world.open():
        services.cancel_task(task=tasks[1], version=None, by=None)
    ids = [str(tasks[0].id), str(tasks[1].id), str(foreign[0].id)]
    day = (today + 4 * DAY).isoformat()
    said = client.post(url(world, "tasks_bulk"), {"verb": "due", "day": day, "ids": ids}, **PIECE)
    toast = triggers(said)["toast"]
    assert toast["level"] == "warning"
    assert "Today 0" in toast["text"]
    assert stored(world, id=tasks[0].id).due_on.isoformat() == day
    assert stored(rival, id=foreign[0].id).due_on != today + 4 * DAY
    done = client.post(url(world, "tasks_bulk"), {"verb": "done", "ids": ids[:1]}, **PIECE)
    assert stored(world, id=tasks[0].id).state == TaskState.DONE
    client.post(triggers(done)["toast"]["undo_url"], **PIECE)
    assert stored(world, id=tasks[0].id).state == TaskState.OPEN
    for bad in (
        {"verb": "explode", "ids": ids},
        {"verb": "done"},
        {"verb": "snooze", "ids": ids},
        {"verb": "done", "ids": "x"},
    ):
        assert client.post(url(world, "tasks_bulk"), bad, **PIECE).status_code == 422


def test_pool_gives_the_next_one_to_one(world: World) -> None:
    fill(world)
    csm, ops = world.client("csm"), world.client("ops")
    said = csm.post(url(world, "task_take_next"), **PIECE)
    assert "Pooled 0" in triggers(said)["toast"]["text"]
    taken = stored(world, title="Pooled 0")
    assert taken.owner_id == world.members["csm"].id
    assert ops.post(url(world, "task_take", taken.id), **PIECE).status_code == 409
    assert triggers(ops.post(url(world, "task_take_next"), **PIECE))["toast"]["level"] == "info"
    csm.post(triggers(said)["toast"]["undo_url"], **PIECE)
    assert stored(world, id=taken.id).owner_id is None


def test_new_task_is_made_once_and_from_an_alert(world: World) -> None:
    """Sending the form twice makes one; an alert gives account, words and day."""
    account = fill(world)[0].account
    client, day = world.client("csm"), world.tenant.today().isoformat()
    form = {
        "title": "Send terms", "due_on": day, "owner": "", "work": "renewal", "urgency": "high", "note": "", "rhythm": "",
        "checklist": "Draft\n\nSign", "token": "abc", "account": str(account.id),
    }  # fmt: skip
    for _n in range(2):
        assert client.post(url(world, "task_new"), form, **PIECE).status_code == 204
    made = stored(world, title="Send terms")
    assert made.account_id == account.id
    assert made.owner_id == world.members["csm"].id
    assert [item["text"] for item in made.checklist] == ["Draft", "Sign"]
    with world.open():
        alert = Alert.objects.create(
            account=account, rule="silence", as_of=world.tenant.today(), level="critical", answer="Write"
        )
    offered = url(world, "task_new") + f"?alert={alert.id}"
    assert offered in client.get(url(world, "alert", alert.id)).content.decode()
    assert offered not in world.client("executive").get(url(world, "alert", alert.id)).content.decode()
    opened = client.get(url(world, "task_new") + f"?alert={alert.id}", **PIECE, HTTP_HX_TARGET="drawer-body")
    assert 'value="Write"' in opened.content.decode()
    client.post(url(world, "task_new"), form | {"token": "def", "alert": str(alert.id)}, **PIECE)
    assert stored(world, alert=alert).why == "alert"
    wrong = client.post(url(world, "task_new"), form | {"title": "", "due_on": "2020-01-01", "token": "x"})
    assert wrong.status_code == 422
    assert client.post(url(world, "task_new"), form | {"due_on": "2020-01-01", "token": "x"}).status_code == 422
    with world.open():
        assert Task.objects.filter(title="Send terms").count() == 2


def test_edit_keeps_ticks_and_tells_of_a_conflict(world: World) -> None:
    task = fill(world)[1]
    client = world.client("csm")
    with world.open():
        row = services.edit_task(
            task=task, values={"checklist": [{"text": "A", "done": True}, {"text": "B"}]}, version=None, by=None
        )
    form = {
        "title": "Other", "due_on": row.due_on.isoformat(), "owner": str(row.owner_id), "work": "value", "urgency": "normal",
        "checklist": "A\nC", "version": str(row.version),
    }  # fmt: skip
    assert client.get(url(world, "task_edit", task.id)).status_code == 200
    assert client.post(url(world, "task_edit", task.id), form, **PIECE).status_code == 204
    saved = stored(world, id=task.id)
    assert saved.title == "Other"
    assert saved.checklist == [{"text": "A", "done": True}, {"text": "C", "done": False}]
    assert client.post(url(world, "task_edit", task.id), form, **PIECE).status_code == 409


def test_mention_waits_until_it_is_read(world: World) -> None:
    task = fill(world)[0]
    with world.open():
        comment(task=task, text="Please look, @Ops Person", by=world.members["csm"])
    client = world.client("ops")
    assert "mentioned you on Halcyon 0" in client.get(url(world, "tasks")).content.decode()
    body = client.get(url(world, "mentions")).content.decode()
    assert "Please look" in body
    client.get(url(world, "task", task.id))
    with world.open():
        assert Mention.objects.get().seen_at is not None
    assert client.post(url(world, "mentions")).status_code == 302


def test_foreign_task_is_unknown(worlds: tuple[World, World]) -> None:
    """Tenant isolation and ROL-01: a rival's task, and a colleague's, answer like one that never was."""
    world, rival = worlds
    fill(world)
    foreign = fill(rival)[0]
    with world.open():
        alien = Account.objects.create(external_id="Z", name="Zeta", owner=world.members["ops"])
        private = services.add_task(title="Private", due_on=world.tenant.today(), by=None, account=alien)
    client = world.client("csm")
    for key in (foreign.id, private.id, uuid.uuid4()):
        assert client.get(url(world, "task", key)).status_code == 404
        assert client.post(url(world, "task_done", key)).status_code == 404
        assert client.get(url(world, "task_edit", key)).status_code == 404
    assert stored(world, id=private.id).state == TaskState.OPEN
    assert "Private" not in client.get(url(world, "tasks") + f"?task={private.id}&due=all").content.decode()
    assert client.get(url(world, "task_new") + f"?account={alien.id}").status_code == 404


def test_account_tells_what_is_next_and_what_was_done(world: World) -> None:
    """The overview has its tasks, the header the next one, the timeline what was done; a colleague sees none of it."""
    tasks = fill(world)
    account, client = tasks[0].account, world.client("csm")
    with world.open():
        services.finish_task(task=tasks[1], version=None, by=world.members["csm"], result="Met on Friday")
    page = client.get(url(world, "account", account.id)).content.decode()
    assert url(world, "account_tasks", account.id) in page
    assert f'href="{url(world, "task", tasks[0].id)}">Late 0' in page
    piece = client.get(
        url(world, "account_tasks", account.id), **PIECE, HTTP_HX_TARGET="account-tasks"
    ).content.decode()
    assert "Later 0" in piece
    assert piece.index("Done last") < piece.index("Today 0")
    assert client.get(url(world, "account_tasks", account.id)).status_code == 200
    told = client.get(url(world, "account_timeline", account.id) + "?kind=work").content.decode()
    assert "Done: Today 0" in told
    assert "Met on Friday" in told
    assert "Done: Late 0" not in told
    with world.open():
        Account.objects.filter(id=account.id).update(owner=world.members["ops"])
    assert client.get(url(world, "account_tasks", account.id)).status_code == 404
