"""Stages as rows of files and programs: any order, any pieces, the same tables (JRN-02, JRN-03)."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.enums import ChangeSource
from accounts.kinds import KINDS, Row
from accounts.merging import MergeResult, Origin
from accounts.models import Account
from accounts.rows import parse
from journey.enums import Entry
from journey.models import StagePeriod, Track
from journey.stages import jobs, services
from journey.stages.merge import merge_stages
from tests.accounts.test_import import bring
from tests.conftest import World
from tests.journey.stage_facts import account, ago, track

ORIGIN = Origin(ChangeSource.API, None, "test")
HISTORY = [
    {"period": "P-1", "stage": "onboarding", "entered_on": "2024-01-08", "exited_on": "2024-03-22", "outcome": "completed"},
    {"period": "P-2", "stage": "adoption", "entered_on": "2024-03-22", "exited_on": "2024-12-02", "outcome": "completed"},
    {"period": "P-3", "stage": "retention", "entered_on": "2024-12-02", "exited_on": "2025-09-14", "outcome": "regressed",
     "cause": "champion"},
    {"period": "P-4", "stage": "adoption", "entered_on": "2025-09-14"},
    {"period": "P-5", "stage": "renewal", "entered_on": "2025-10-01", "exited_on": "2025-10-09", "outcome": "skipped"},
]  # fmt: skip


def merge(rows: list[dict[str, Any]], name: str = "A-1") -> MergeResult:
    parsed = [parse("stages", n, {"account": name} | cells) for n, cells in enumerate(rows, start=1)]
    assert all(isinstance(row, Row) for row in parsed), parsed
    return merge_stages([row for row in parsed if isinstance(row, Row)], ORIGIN)


def told() -> list[tuple[Any, ...]]:
    fields = (
        "external_id",
        "track__external_id",
        "stage",
        "entered_on",
        "entry",
        "came_from__external_id",
        "exited_on",
        "outcome",
    )
    return list(StagePeriod.objects.order_by("external_id").values_list(*fields, "cause"))


def codes(result: MergeResult) -> dict[int, tuple[str, str]]:
    return {each.row: (each.problem.column, each.problem.code) for each in result.rejected}


def test_a_history_comes_in(worlds: tuple[World, World]) -> None:
    """JRN-02, JRN-24: with how each stage came about; again = nothing new; a rival keeps own rows of the same ids."""
    for world in worlds:
        with world.open():
            account()
            result = merge(HISTORY)
            assert (result.created, result.rejected) == (5, [])
            again = merge(HISTORY)
            assert (again.created, again.updated, again.unchanged) == (0, 0, 5)
            assert dict(StagePeriod.objects.values_list("external_id", "entry")) == {
                "P-1": Entry.BEGAN, "P-2": Entry.MOVED_ON, "P-3": Entry.MOVED_ON, "P-4": Entry.WENT_BACK, "P-5": Entry.BESIDE
            }  # fmt: skip
            core = Track.objects.get()
            assert (core.kind, core.opened_on.isoformat(), core.source) == ("core", "2024-01-08", "api")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_order_and_pieces_say_nothing(tenant_open: World, seed: int) -> None:
    chance = random.Random(seed)
    name = f"A-{seed}"
    if Account.objects.filter(external_id=name).exists():
        return  # the same example again
    account(name)
    rows = [row | {"track": name, "period": f"{row['period']}-{seed}"} for row in HISTORY]
    chance.shuffle(rows)
    cut = chance.randint(0, len(rows))
    for piece in (rows[:cut], rows[cut:]):
        if piece:
            assert not merge(piece, name).rejected
    found = [(row[0], row[4], row[5]) for row in told() if row[1] == name]
    came = {1: ("began", None), 2: ("moved_on", 1), 3: ("moved_on", 2), 4: ("went_back", 3), 5: ("beside", None)}
    assert found == [
        (f"P-{n}-{seed}", entry, f"P-{before}-{seed}" if before else None) for n, (entry, before) in came.items()
    ]


def test_what_the_night_began_is_taken_over(tenant_open: World) -> None:
    """The history of a customer replaces the onboarding that began by itself."""
    firm = account(since=ago(800))
    Account.objects.filter(id=firm.id).update(status="live")
    jobs.begin_tracks(ago(0))
    result = merge([row | {"track": "CORE-1", "track_kind": "core", "track_name": "Whole company"} for row in HISTORY])
    assert (result.created, result.updated) == (4, 1)
    core = Track.objects.get()
    assert (core.external_id, core.name) == ("CORE-1", "Whole company")
    assert StagePeriod.objects.count() == 5
    jobs.begin_tracks(ago(0))
    assert StagePeriod.objects.count() == 5


def test_ends_can_be_told_later_and_taken_back(tenant_open: World) -> None:
    account()
    merge(HISTORY[3:4])
    ended = merge([HISTORY[3] | {"exited_on": "2025-12-01", "outcome": "abandoned", "note": "Stopped"}])
    assert ended.updated == 1
    row = StagePeriod.objects.get()
    assert (row.outcome, row.version, row.note) == ("abandoned", 2, "Stopped")
    assert merge([HISTORY[3]]).unchanged == 1  # what a row does not hold stays
    assert merge([HISTORY[3] | {"exited_on": "", "outcome": ""}]).updated == 1
    row.refresh_from_db()
    assert (row.exited_on, row.outcome) == (None, "")


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"period": "X", "account": "A-9"}, ("account", "unknown_account")),
        ({"period": "X", "entered_on": "2199-01-01"}, ("entered_on", "ahead")),
        ({"period": "P-4", "stage": "renewal"}, ("stage", "other_row")),
        ({"period": "P-4", "track": "T-2"}, ("track", "other_row")),
        ({"period": "X"}, ("entered_on", "overlaps")),
        ({"period": "X", "entered_on": "2025-01-01", "exited_on": "2025-09-15", "outcome": "skipped"}, ("entered_on", "overlaps")),
        ({"period": "X", "track_kind": "department"}, ("track", "required")),
        ({"period": "X", "track": "T-9", "track_kind": "core"}, ("track_kind", "second_core")),
        ({"period": "X", "track": "OTHER"}, ("track", "other_account")),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tenant_open: World, cells: dict[str, Any], problem: tuple[str, str]) -> None:
    account()
    account("A-2")
    merge([{"period": "Y", "track": "OTHER", "stage": "adoption", "entered_on": "2025-01-01"}], "A-2")
    merge(HISTORY[3:4])
    before = told()
    result = merge([{"stage": "adoption", "entered_on": "2025-11-01"} | cells])
    assert codes(result) == {1: problem}
    assert told() == before


def test_rows_of_a_closed_track(tenant_open: World) -> None:
    firm = account()
    core = track(firm, tenant_open.members["csm"])
    services.close_track(track=core, because="left", on=ago(5), note="", version=None, by=tenant_open.members["csm"])
    assert codes(merge([{"period": "X", "stage": "renewal", "entered_on": ago(20).isoformat()}])) == {
        1: ("track", "closed")
    }
    ended = {"period": "X", "stage": "renewal", "entered_on": ago(20).isoformat(), "exited_on": ago(9).isoformat()}
    assert merge([ended | {"outcome": "abandoned"}]).created == 1


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"stage": ""}, "stage"),
        ({"stage": "heaven"}, "stage"),
        ({"entered_on": ""}, "entered_on"),
        ({"exited_on": "2025-12-01"}, "outcome"),
        ({"outcome": "completed"}, "exited_on"),
        ({"exited_on": "2025-01-01", "outcome": "completed"}, "exited_on"),
        ({"exited_on": "2025-12-01", "outcome": "regressed"}, "cause"),
        ({"exited_on": "2025-12-01", "outcome": "completed", "cause": "budget"}, "cause"),
        ({"stage": "retention", "exited_on": "2025-12-01", "outcome": "completed"}, "outcome"),
    ],
)
def test_rows_that_cannot_be_read(cells: dict[str, str], column: str) -> None:
    usual = {"period": "X", "account": "A-1", "stage": "adoption", "entered_on": "2025-10-01"}
    found = parse("stages", 1, usual | cells)
    assert isinstance(found, list)
    assert [problem.column for problem in found] == [column]


def test_the_sample_file_is_accepted(world: World) -> None:
    """CONTRACTS 1: by command and page; the same file twice changes nothing."""
    with world.open():
        account("A-1001")
    text = KINDS["stages"].sample.read_text()
    first = bring(world, "stages", text)
    assert (first.created, first.rejected) == (5, 0)
    again = bring(world, "stages", text)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 5)
