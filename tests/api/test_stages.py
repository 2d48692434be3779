"""Stages and tracks over HTTP: read, write, in bulk, and nobody else's (API-01, JRN-02, JRN-03)."""

import datetime as dt

import pytest

from accounts.merging import merge_accounts
from accounts.models import Account
from accounts.rows import parse
from journey.models import StagePeriod, Track
from journey.stages import services
from tests.api.test_facts import ORIGIN

BODY = {
    "external_id": "P-1", "account": "A-1", "track": "T-1", "track_kind": "core", "track_name": "Core", "stage": "retention",
    "entered_on": "2025-12-02", "exited_on": "2026-09-14", "outcome": "regressed", "cause": "champion", "note": "Left",
}  # fmt: skip


@pytest.fixture(autouse=True)
def accounts(worlds):
    for world in worlds:
        with world.open():
            merge_accounts([parse("accounts", n, {"account": name}) for n, name in enumerate(("A-1", "A-2"))], ORIGIN)


def test_a_stage_holds_what_was_sent_and_can_be_sent_back(api, world, rival):
    made = api.post("stages", BODY)
    assert made.status_code == 201, made.json()
    row = made.json()
    assert {name: row[name] for name in BODY} == BODY
    assert (row["version"], row["entry"], row["evidence"], row["overridden"]) == (1, "began", [], False)
    assert api.get("stages/ext:P-1").json() == row
    for method in ("PUT", "PATCH"):
        assert api.send(method, f"stages/{row['id']}", row).json() == row
    assert api.post("stages", BODY).status_code == 409
    track = api.get("tracks/ext:T-1").json()
    assert (track["account"], track["kind"], track["opened_on"], track["closed_on"]) == (
        "A-1",
        "core",
        "2025-12-02",
        None,
    )
    assert api.post("tracks", {"external_id": "x"}).status_code == 405
    with rival.open():
        assert not StagePeriod.objects.exists()
        assert not Track.objects.exists()


def test_an_end_is_told_later(api, world):
    api.post("stages", {name: BODY[name] for name in ("external_id", "account", "stage", "entered_on")})
    row = api.get("stages/ext:P-1").json()
    assert (row["track_kind"], row["exited_on"], row["outcome"]) == ("core", None, "")
    stale = api.patch("stages/ext:P-1", {"note": "x"}, If_Match='"9"')
    assert stale.status_code == 409
    ended = api.patch("stages/ext:P-1", {"exited_on": "2026-01-02", "outcome": "abandoned"}, If_Match='"1"')
    assert (ended.status_code, ended.json()["outcome"], ended.json()["version"]) == (200, "abandoned", 2)
    moved = api.patch("stages/ext:P-1", {"stage": "renewal"})
    assert (moved.status_code, moved.json()["error"]["fields"].keys()) == (422, {"stage"})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account": "A-9"}, "account"),
        ({"exited_on": "2199-01-01"}, "exited_on"),
        ({"outcome": "won"}, "outcome"),
        ({"outcome": ""}, "outcome"),
        ({"cause": ""}, "cause"),
        ({"blockers": 1}, "blockers"),
    ],
)
def test_bad_bodies_name_the_field(api, change, field):
    answer = api.post("stages", BODY | change)
    assert (answer.status_code, field in answer.json()["error"]["fields"]) == (422, True), answer.json()


def test_many_at_once_and_filters(api, world):
    """Each item on its own; the same ones again are unchanged."""
    items = [
        BODY,
        BODY | {"external_id": "P-2", "stage": "adoption", "entered_on": "2026-09-14", "exited_on": None, "outcome": "", "cause": ""},
        BODY | {"external_id": "P-3", "entered_on": "2026-01-01"},
        {"external_id": "P-4", "account": "A-2", "track": "T-2", "stage": "onboarding", "entered_on": "2026-02-01"},
    ]  # fmt: skip
    answer = api.put("stages/bulk", items)
    body = answer.json()
    assert (answer.status_code, body["created"], body["rejected"]) == (207, 3, 1)
    assert body["results"][2]["errors"][0]["code"] == "overlaps"
    again = api.put("stages/bulk", items[:2] + items[3:]).json()
    assert (again["unchanged"], again["rejected"]) == (3, 0)
    for query, count in {
        "": 3, "account=A-1": 2, "track=T-2": 1, "stage=adoption": 1, "outcome=regressed": 1, "open=true": 2, "open=false": 1,
        "entered_since=2026-03-01": 1, "exited_since=2026-09-14": 1, "updated_since=2999-01-01T00:00:00Z": 0,
    }.items():  # fmt: skip
        assert len(api.get(f"stages?{query}").json()["results"]) == count, query
    for query, count in {"": 2, "account=A-2": 1, "kind=use_case": 1, "open=true": 2, "open=false": 0}.items():
        assert len(api.get(f"tracks?{query}").json()["results"]) == count, query
    went = api.get("stages/ext:P-2").json()
    assert went["entry"] == "went_back"


def test_lists_cost_the_same_for_one_row_and_for_three(api, world, django_assert_num_queries):
    """Door of the key 5, transaction 4, savepoint 2, rows 1; one for each relation that has a value."""

    def put(n):
        api.put(
            "stages/bulk",
            [BODY | {"external_id": f"P-{n}", "track": f"T-{n}", "track_kind": "use_case", "track_name": f"U{n}"}],
        )
        with world.open():
            period = StagePeriod.objects.select_related("track").get(external_id=f"P-{n}")
            opened = services.enter_stage(
                track=period.track, stage="advocacy", on=period.exited_on, by=world.members["csm"]
            )
            services.end_stage(
                period=opened, outcome="skipped", note="x", on=opened.entered_on, by=world.members["csm"]
            )

    put(1)
    api.get("stages")
    for more in (False, True):
        if more:
            put(2)
            put(3)
        with django_assert_num_queries(12 + 4):
            assert len(api.get("stages").json()["results"]) == (6 if more else 2)
        with django_assert_num_queries(12 + 1):
            assert len(api.get("tracks").json()["results"]) == (3 if more else 1)


def test_evidence_is_shown(api, world):
    with world.open():
        csm = world.members["csm"]
        day = dt.datetime.now(dt.UTC).date()
        track = services.open_track(
            account=Account.objects.get(external_id="A-1"), kind="core", name="Core", on=day, by=csm
        )
        period = StagePeriod.objects.select_related("track").get(track=track)
        services.end_stage(period=period, outcome="completed", override_reason="Yes", on=day, by=csm)
    (row,) = api.get("stages").json()["results"]
    assert (row["overridden"], row["validated_by"]) == (True, "csm@acme.example")
    assert {cell["key"] for cell in row["evidence"]} >= {"go_live", "technical"}
