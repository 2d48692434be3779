"""/api/v1/playbooks, /plays, /proposals and the comments of tasks (REQUIREMENTS 1K, JRN-24, ACC-15, API-01, API-02, API-04)."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import KeyScope
from accounts.models import Account
from cs_platform.kernel.models import AuditEntry
from health.models import Alert
from journey.enums import Answer, LetterState, PlayState, Stage, TaskState
from journey.models import Letter, Mention, Play, Playbook, Regression, StagePeriod, Task, TaskComment
from journey.playbooks import cells, jobs, selectors, services, versions
from journey.playbooks.catalogue import ENTRIES
from journey.work.services import add_task
from tests.api.conftest import Api, key_of
from tests.journey.letter_facts import book, mail_step, person, task_step
from tests.journey.playbook_facts import INPUTS, account, playbook
from tests.journey.stage_facts import period_of, today, track

SAVE = {"playbook": "save", "account": "A-1", "reason": "Usage fell in our own product"}


@pytest.fixture(autouse=True)
def filled(worlds):
    """Both companies have the playbooks of the product and the same two accounts of their CSM."""
    for world in worlds:
        with world.open():
            for name in ("A-1", "A-2"):
                account(name, world.members["csm"])
            playbook(enabled=False)
    return worlds


def pages(api: Api, path: str) -> list[str]:
    """The ids of a list, read two rows at a time."""
    seen: list[str] = []
    following: str | None = f"{path}{'&' if '?' in path else '?'}limit=2"
    while following:
        page = api.get(following).json()
        seen += [row["id"] for row in page["results"]]
        following = page["next"] and page["next"].split("/api/v1/")[1]
    return seen


def fields_of(answer) -> tuple[int, list[str]]:
    return answer.status_code, list(answer.json()["error"].get("fields") or {})


def queries_of(api: Api, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert api.get(path).status_code == 200
    return len(queries)


# Playbooks


def test_playbooks_are_read_with_their_published_steps(api, rival_api, world):
    """1K: what starts each, what holds it back, and the steps by which plays begin; a draft shows nothing."""
    rows = {row["key"]: row for row in api.get("playbooks?limit=1000").json()["results"]}
    assert set(rows) == set(ENTRIES)
    save = rows["save"]
    assert (save["name"], save["rule"], save["enabled"], save["segment"]) == ("Save play", "turned_red", False, None)
    live = save["published"]
    assert (live["number"], live["author_email"]) == (1, None)
    first, entry = live["steps"][0], ENTRIES["save"].steps[0]
    assert (first["key"], first["days"], first["doer"], first["mail"]) == (entry.key, 0, entry.doer, None)
    assert first["title"] == dict(entry.title)
    assert api.get(f"playbooks/{save['id']}").json() == save
    assert api.get(f"playbooks/{save['id']}?fields=key,cap").json() == {"key": "save", "cap": save["cap"]}
    assert [row["key"] for row in api.get("playbooks?key=save").json()["results"]] == ["save"]
    assert api.get("playbooks?enabled=true").json()["results"] == []
    assert "save" in {row["key"] for row in api.get("playbooks?rule=turned_red").json()["results"]}
    assert api.get("playbooks?colour=red").status_code == 422
    assert pages(api, "playbooks") == [row["id"] for row in api.get("playbooks?limit=1000").json()["results"]]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        path = "playbooks" if method == "POST" else f"playbooks/{save['id']}"
        assert api.send(method, path, {"name": "x"}).status_code == 405
    assert rival_api.get(f"playbooks/{save['id']}").status_code == 404
    assert not {row["id"] for row in rival_api.get("playbooks?limit=1000").json()["results"]} & {
        row["id"] for row in rows.values()
    }


def test_a_new_version_is_a_change_of_its_playbook(api, world):
    """`updated_since` misses no new steps, and the settings stay at their version."""
    with world.open():
        leader = world.members["leader"]
        own = book(leader, task_step() | {"if": {"champion": True}}, mail_step("write", 2), name="Ours")
        blank = services.add_playbook(name="Blank", by=leader)
        version = own.version
    row = api.get(f"playbooks/{own.id}").json()
    assert [step["if"] for step in row["published"]["steps"]] == [{"champion": True}, None]
    assert row["published"]["steps"][1]["mail"]["to"] == "champion"
    assert row["published"]["author_email"] == "leader@acme.example"
    assert api.get(f"playbooks/{blank.id}").json()["published"] is None
    since = timezone.now().isoformat().replace("+00:00", "Z")
    assert api.get(f"playbooks?updated_since={since}").json()["results"] == []
    with world.open():
        draft = versions.draft_from(playbook=own, by=leader)
        versions.publish(draft=draft, reason="Again", by=leader)
    [found] = api.get(f"playbooks?updated_since={since}").json()["results"]
    assert (found["key"], found["published"]["number"], found["version"]) == (own.key, 2, version)


# Plays


def test_a_play_is_started_stopped_and_stays_stopped(api, world):
    """API-01: started for a reason; no step and no task is left of one that is stopped; twice changes nothing."""
    answer = api.post("plays", SAVE)
    assert answer.status_code == 201, answer.json()
    made = answer.json()
    assert answer["Location"].endswith(f"/plays/{made['id']}")
    assert (made["playbook"], made["playbook_version"], made["account"]) == ("save", 1, "A-1")
    assert (made["state"], made["started_by"], made["alert_id"]) == ("running", None, None)
    assert (made["start_reason"], made["inputs"], made["starts_on"]) == (
        SAVE["reason"], {}, world.tenant.today().isoformat(),
    )  # fmt: skip
    assert made["tasks"]
    assert {task["owner_email"] for task in made["tasks"]} <= {"csm@acme.example", None}
    path = f"plays/{made['id']}"
    assert api.get(path).json() == made
    assert api.get(f"tasks/{made['tasks'][0]['id']}").json()["play_id"] == made["id"]
    again = api.post("plays", SAVE)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "running")
    assert fields_of(api.patch(path, {"state": "stopped"})) == (422, ["reason"])
    stopped = api.patch(path, {"state": "stopped", "reason": "Solved"}).json()
    assert (stopped["state"], stopped["end_reason"], stopped["ended_by"]) == ("stopped", "Solved", None)
    assert {task["state"] for task in stopped["tasks"]} == {"cancelled"}
    assert api.patch(path, {"state": "stopped", "reason": "Again"}).json() == stopped
    over = api.patch(path, {"state": "undone"})
    assert (over.status_code, over.json()["error"]["code"]) == (422, "over")
    with world.open():
        # The trail names the key that did it.
        assert set(AuditEntry.objects.filter(table="journey_play").values_list("actor", flat=True)) == {"test"}


def test_what_was_left_out_written_and_taken_back(api, world):
    with world.open():
        leader = world.members["leader"]
        person(Account.objects.get(external_id="A-1"))
        steps = task_step("skip") | {"if": {"band": ["green"]}}, task_step(), mail_step("write")
        own = book(leader, *steps)
    made = api.post("plays", SAVE | {"playbook": own.key}).json()
    assert made["left_out"] == [{"step": "skip", "day": made["starts_on"], "why": ["band"]}]
    assert [task["step"] for task in made["tasks"]] == ["call"]
    [mail] = made["mails"]
    assert (mail["step"], mail["contact"], mail["state"]) == ("write", "A-1-Ruth Okafor", "waiting")
    undone = api.patch(f"plays/{made['id']}", {"state": "undone", "reason": "Sent twice"}).json()
    assert (undone["state"], undone["end_reason"]) == ("undone", "Sent twice")
    assert [undone["tasks"][0]["state"], undone["mails"][0]["state"]] == ["cancelled", "cancelled"]
    with world.open():
        assert (Task.objects.get().state, Letter.objects.get().state) == (TaskState.CANCELLED, LetterState.CANCELLED)


def test_a_programs_play_is_no_rules_play(api, world):
    """RELIABILITY: it neither uses up the cap of a night nor goes with a night that is taken back; its page says what
    started it."""
    made = api.post("plays", SAVE).json()
    with world.open():
        day, own = world.tenant.today(), playbook(cap=1)
        other = Account.objects.get(external_id="A-2")
        Alert.objects.create(account=other, rule="turned_red", as_of=day, inputs=INPUTS)
        assert jobs.start_plays(day) == 1
        assert [(run["as_of"], run["began"]) for run in selectors.runs(own, 5)] == [(day, 1)]
        assert services.undo_run(playbook=own, day=day, by=None) == 1
        play = selectors.listed(Play.objects.filter(id=made["id"])).get()
        assert play.state == PlayState.RUNNING
        assert cells.why(play) == f"Started by a program · “{SAVE['reason']}”"
    nightly = api.get("plays?account=A-2").json()["results"][0]
    assert (nightly["inputs"], nightly["start_reason"], nightly["state"]) == (INPUTS, "", "undone")
    assert nightly["alert_id"]


def test_wrong_plays_name_the_field(api, world, rival):
    with rival.open():
        foreign = book(rival.members["leader"], task_step()).key
    for values, field in (
        ({"account": "none"}, "account"), ({"playbook": "none"}, "playbook"), ({"playbook": foreign}, "playbook"),
        ({"reason": ""}, "reason"), ({"reason": "x" * 501}, "reason"), ({"colour": 1}, "colour"), ({"account": None}, "account"),
    ):  # fmt: skip
        assert fields_of(api.post("plays", SAVE | values)) == (422, [field]), values
    assert fields_of(api.post("plays", {})) == (422, ["playbook", "account", "reason"])
    assert api.post("plays", [SAVE]).status_code == 422
    with world.open():
        blank = services.add_playbook(name="Blank", by=None).key
        Account.objects.filter(external_id="A-2").update(status="churned")
    for values, code in (({"playbook": blank}, "unpublished"), ({"account": "A-2"}, "left")):
        refused = api.post("plays", SAVE | values)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, code)
    with world.open():
        assert not Play.objects.exists()


def test_keys_and_versions_of_plays(api):
    """API-01: a key starts a play once; another version is 409 with the play as it stands."""
    first, again = (api.post("plays", SAVE, Idempotency_Key="k") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert api.post("plays", SAVE | {"reason": "Other"}, Idempotency_Key="k").status_code == 409
    path = f"plays/{first.json()['id']}"
    stop: dict[str, Any] = {"state": "stopped", "reason": "Solved"}
    for stale in (api.patch(path, stop | {"version": 9}), api.patch(path, stop, If_Match='"9"')):
        assert (stale.status_code, stale.json()["current"]["state"]) == (409, "running")
    for bad, field in (({"state": "done"}, "state"), ({"reason": "x"}, "state"), (stop | {"colour": 1}, "colour")):
        assert fields_of(api.patch(path, bad)) == (422, [field])
    assert api.patch(path, stop, If_Match=first["ETag"]).status_code == 200


def test_plays_in_pages_filters_and_one_number_of_queries(api, world):
    """API-02: pages are disjoint and complete, each filter narrows, and a page asks as much for three as for one."""
    made = [api.post("plays", SAVE).json()["id"]]
    counts = [queries_of(api, "plays")]
    made += [api.post("plays", SAVE | more).json()["id"] for more in ({"account": "A-2"}, {"playbook": "champion"})]
    counts.append(queries_of(api, "plays"))
    assert counts[0] == counts[1] <= 22
    api.patch(f"plays/{made[1]}", {"state": "undone"})
    assert pages(api, "plays") == made
    for query, count in (
        ("account=A-2", 1), ("playbook=save", 2), ("state=running", 2), ("started_since=2020-01-01T00:00:00Z", 3),
        ("started_since=2099-01-01T00:00:00Z", 0), ("ended_since=2020-01-01T00:00:00Z", 1),
    ):  # fmt: skip
        assert len(api.get(f"plays?{query}").json()["results"]) == count, query
    for query in ("state=x", "updated_since=2020-01-01T00:00:00Z", "started_since=soon"):
        assert api.get(f"plays?{query}").status_code == 422, query


# Proposals


@pytest.fixture
def proposed(worlds):
    """In both companies the track of A-1 should go back, for two causes; acme's first."""
    found = []
    for world in worlds:
        with world.open():
            core = track(Account.objects.get(external_id="A-1"), world.members["csm"], stage=Stage.RETENTION)
            same: dict[str, Any] = {"track": core, "period": period_of(core, Stage.RETENTION), "as_of": today()}
            fact = {"kind": "champion_left", "day": today().isoformat(), "note": "To a rival"}
            found.append(
                [
                    Regression.objects.create(cause="champion", stage=Stage.ADOPTION, inputs=fact, **same),
                    Regression.objects.create(cause="budget", stage=Stage.ADOPTION, inputs={}, **same),
                ]
            )
    return found


def test_a_proposal_is_accepted_by_a_program(api, world, proposed):
    """JRN-24: the stage ends as regressed, the earlier one begins again, and the other proposal has lapsed."""
    (first, second), _theirs = proposed
    row = api.get(f"proposals/{first.id}").json()
    assert (row["account"], row["stage"], row["to"], row["cause"]) == ("A-1", "retention", "adoption", "champion")
    assert (row["state"], row["reason"], row["inputs"]["note"]) == ("open", "", "To a rival")
    path, yes = f"proposals/{first.id}", {"state": "accepted", "reason": "Nobody answers"}
    assert fields_of(api.patch(path, yes | {"to": "renewal"})) == (422, ["to"])
    stale = api.patch(path, yes | {"version": 7})
    assert (stale.status_code, stale.json()["current"]["version"]) == (409, 1)
    assert api.patch(path, yes, If_Match='"7"').status_code == 409
    done = api.patch(path, yes | {"to": "onboarding", "version": 1}).json()
    assert (done["state"], done["reason"], done["decided_by"], done["version"]) == ("accepted", yes["reason"], None, 2)
    assert done["decided_at"]
    assert api.patch(path, yes).json() == done
    assert api.patch(path, {"state": "declined", "reason": "No"}).json()["error"]["code"] == "answered"
    other = api.patch(f"proposals/{second.id}", yes)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "answered")
    assert api.get(f"proposals/{second.id}").json()["state"] == Answer.LAPSED
    with world.open():
        ended = StagePeriod.objects.get(id=first.period_id)
        begun = StagePeriod.objects.get(track=first.track_id, exited_on=None)
        assert (ended.outcome, ended.cause, ended.validated_by) == ("regressed", "champion", None)
        assert (begun.stage, begun.entry, begun.entered_by, begun.source) == ("onboarding", "went_back", None, "api")


def test_a_proposal_is_declined_with_a_reason(api, world, proposed):
    (first, _second), _theirs = proposed
    path = f"proposals/{first.id}"
    for bad, field in (
        ({"state": "declined"}, "reason"), ({"state": "declined", "reason": " "}, "reason"), ({"reason": "x"}, "state"),
        ({"state": "lapsed", "reason": "x"}, "state"), ({"state": "accepted", "reason": "x", "to": "moon"}, "to"),
        ({"state": "declined", "reason": "x", "to": "adoption"}, "to"), ({"colour": 1}, "colour"),
    ):  # fmt: skip
        assert fields_of(api.patch(path, bad)) == (422, [field]), bad
    assert api.patch(path, {"state": "declined", "reason": "A new one is there"}).json()["state"] == "declined"
    with world.open():
        assert StagePeriod.objects.get(id=first.period_id).exited_on is None


def test_proposals_in_pages_and_filters(api, proposed):
    (first, second), _theirs = proposed
    assert pages(api, "proposals") == [str(first.id), str(second.id)]
    api.patch(f"proposals/{second.id}", {"state": "declined", "reason": "The budget is back"})
    for query, found in (
        ("state=open", [first]), ("cause=budget", [second]), ("account=A-2", []), (f"track={first.track.external_id}", [first, second]),
        ("created_since=2099-01-01T00:00:00Z", []), ("decided_since=2020-01-01T00:00:00Z", [second]),
    ):  # fmt: skip
        rows = api.get(f"proposals?{query}").json()["results"]
        assert [row["id"] for row in rows] == [str(one.id) for one in found], query
    for query in ("state=x", "cause=x", "updated_since=2020-01-01T00:00:00Z"):
        assert api.get(f"proposals?{query}").status_code == 422, query
    assert api.post("proposals", {}).status_code == 405


# Comments


@pytest.fixture
def tasks(worlds):
    """A task of the CSM at A-1 in both companies, under the same external id."""
    found = []
    for world in worlds:
        with world.open():
            firm = Account.objects.get(external_id="A-1")
            found.append(
                add_task(
                    title="Call", due_on=world.tenant.today() + dt.timedelta(days=1), account=firm, external_id="K/1",
                    owner=world.members["csm"], by=None,
                )
            )  # fmt: skip
    return found


def test_comments_are_said_and_read(api, world, rival, tasks):
    """ACC-15: who does the task and who is named are told; a program is nobody."""
    path = f"tasks/{tasks[0].id}/comments"
    said = api.post(path, {"text": "The invoice is paid, @admin@acme.example"}, Idempotency_Key="k")
    assert said.status_code == 201, said.json()
    row = said.json()
    assert (row["author_email"], row["text"]) == (None, "The invoice is paid, @admin@acme.example")
    again = api.post(path, {"text": "The invoice is paid, @admin@acme.example"}, Idempotency_Key="k")
    assert again.json() == row
    with world.open():
        told = Mention.objects.values_list("member__user__email", flat=True)
        assert sorted(told) == ["admin@acme.example", "csm@acme.example"]
        TaskComment.objects.create(task=tasks[0], author=world.members["csm"], text="Thanks")
    for ref in (tasks[0].id, "ext:K/1"):
        assert [one["text"] for one in api.get(f"tasks/{ref}/comments").json()["results"]] == [row["text"], "Thanks"]
    assert api.get(f"{path}?fields=author_email&limit=1").json()["results"] == [{"author_email": None}]
    assert pages(api, path)[0] == row["id"]
    assert api.get(f"{path}?created_since=2099-01-01T00:00:00Z").json()["results"] == []
    with rival.open():
        assert not TaskComment.objects.exists()


def test_wrong_comments_name_the_field(api, world, tasks):
    path = f"tasks/{tasks[0].id}/comments"
    with world.open():
        # The CSM sees neither the account nor the task any more.
        Account.objects.filter(external_id="A-1").update(owner=world.members["leader"])
        Task.objects.update(owner=world.members["leader"])
    for bad, field in (
        ({}, "text"), ({"text": " "}, "text"), ({"text": "x" * 4001}, "text"), ({"text": "x", "colour": 1}, "colour"),
        ({"text": "Look, @csm@acme.example"}, "text"),
    ):  # fmt: skip
        assert fields_of(api.post(path, bad)) == (422, [field]), bad
    for method in ("PUT", "PATCH", "DELETE"):
        assert api.send(method, path, {"text": "x"}).status_code == 405
    assert api.get(f"{path}?colour=red").status_code == 422
    with world.open():
        assert not TaskComment.objects.exists()


# For all of them


def test_foreign_and_unknown_answer_alike(api, rival_api, rival, proposed, tasks):
    """API-04: another company's rows are unknown, to read and to write."""
    foreign = rival_api.post("plays", SAVE).json()["id"]
    with rival.open():
        before = Playbook.objects.get(key="save").id
    yes = {"state": "accepted", "reason": "x"}
    for path, body in (
        ("plays/{}", {"state": "undone"}), ("proposals/{}", yes), ("playbooks/{}", None), ("tasks/{}/comments", {"text": "x"}),
    ):  # fmt: skip
        theirs = {"plays/{}": foreign, "proposals/{}": proposed[1][0].id, "playbooks/{}": before}.get(path, tasks[1].id)
        for ref in (theirs, uuid4(), "ext:none"):
            assert api.get(path.format(ref)).status_code == 404, path
            if body is not None:
                method = "POST" if "comments" in path else "PATCH"
                assert api.send(method, path.format(ref), body).status_code == 404, path
    assert api.get("plays").json()["results"] == []
    ours = {str(one.id) for one in proposed[0]}
    assert {row["id"] for row in api.get("proposals").json()["results"]} == ours
    assert rival_api.get(f"plays/{foreign}").json()["state"] == "running"
    with rival.open():
        assert set(Regression.objects.values_list("state", flat=True)) == {Answer.OPEN}


def test_scopes(world, proposed, tasks):
    reader, sender = Api(key_of(world, KeyScope.READ)[1]), Api(key_of(world, KeyScope.EVENTS)[1])
    for path in ("playbooks", "plays", "proposals", f"tasks/{tasks[0].id}/comments"):
        assert reader.get(path).status_code == 200
        assert sender.get(path).status_code == 403
    assert reader.post("plays", SAVE).status_code == 403
    assert reader.post(f"tasks/{tasks[0].id}/comments", {"text": "x"}).status_code == 403
    assert reader.patch(f"proposals/{proposed[0][0].id}", {"state": "declined", "reason": "x"}).status_code == 403
