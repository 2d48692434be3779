"""Plans from files: by their id, with where they stand, twice changes nothing (VAL-02, CONTRACTS 1)."""

import datetime as dt
from typing import Any

import pytest

from accounts.enums import ChangeSource
from accounts.kinds import Row
from accounts.mergers import merge_account
from accounts.merging import MergeResult, Origin
from accounts.models import Account
from accounts.rows import parse
from journey.enums import TaskState, Why
from journey.import_kinds import SAMPLES
from journey.models import Milestone, Plan, Task, Track
from journey.work.milestones import follow_milestones, merge_plan_rows
from tests.accounts.test_import import bring, counts, reasons
from tests.conftest import World

ORIGIN = Origin(ChangeSource.API, None, "test")
HEAD = "external_id,account,kind,name,goal,starts_on,target_on,owner,state"
FILE = f"""{HEAD}
L-1,A-1,onboarding,Go live,By spring,2026-01-05,2026-04-01,csm@acme.example,active
L-2,A-2,success,Half the tickets,,2026-02-01,2026-12-31,,
L-3,A-2,,First site,,2025-02-01,2025-05-31,,dropped
"""
PLAIN = {"plan": "L-1", "account": "A-1", "name": "Go live", "starts_on": "2026-01-05", "target_on": "2026-04-01"}


@pytest.fixture(autouse=True)
def accounts(worlds: tuple[World, World]) -> None:
    for world in worlds:
        with world.open():
            for key in ("A-1", "A-2"):
                account = Account.objects.create(external_id=key, name=f"Customer {key}", owner=world.members["csm"])
                Track.objects.create(
                    external_id=f"T-{key}", account=account, kind="core", name="Core", opened_on=dt.date(2025, 1, 1),
                    source="member",
                )  # fmt: skip


def told() -> list[Any]:
    fields = (
        "external_id",
        "account__external_id",
        "track__external_id",
        "kind",
        "name",
        "goal",
        "starts_on",
        "target_on",
    )
    return list(
        Plan.objects.order_by("external_id").values_list(*fields, "owner__user__email", "state", "ended_on", "version")
    )


def merge(*cells: dict[str, Any]) -> MergeResult:
    rows = [parse("plans", n, PLAIN | each) for n, each in enumerate(cells, start=1)]
    assert all(isinstance(row, Row) for row in rows), rows
    return merge_plan_rows([row for row in rows if isinstance(row, Row)], ORIGIN)


@pytest.mark.parametrize("piece", [1, 20_000])
def test_a_file_comes_in_once_in_any_pieces(worlds: tuple[World, World], piece: int) -> None:
    """VAL-02, ACC-03: on the core track of the account; again nothing changes; a rival keeps own plans of these ids."""
    world, rival = worlds
    with rival.open():
        merge({"name": "Theirs"})
        theirs = told()
    assert counts(bring(world, "plans", FILE, piece=piece)) == (3, 0, 0, 0)
    day, date = world.tenant.today(), dt.date
    with world.open():
        before = told()
        assert before == [
            ("L-1", "A-1", "T-A-1", "onboarding", "Go live", "By spring", date(2026, 1, 5), date(2026, 4, 1),
             "csm@acme.example", "active", None, 1),
            ("L-2", "A-2", "T-A-2", "success", "Half the tickets", "", date(2026, 2, 1), date(2026, 12, 31), None,
             "active", None, 1),
            ("L-3", "A-2", "T-A-2", "onboarding", "First site", "", date(2025, 2, 1), date(2025, 5, 31), None, "dropped",
             day, 1),
        ]  # fmt: skip
    assert counts(bring(world, "plans", FILE, piece=piece)) == (0, 0, 3, 0)
    assert counts(bring(world, "plans", FILE.replace("Half", "A third of"), piece=piece)) == (0, 1, 2, 0)
    with world.open():
        assert told()[1][4] == "A third of the tickets"
    with rival.open():
        assert told() == theirs


def test_what_cannot_be_is_refused_with_its_field(world: World) -> None:
    """CONTRACTS 1: in the rejects with field and reason; the rest comes in."""
    lines = [
        "L-1,A-1,,Fine,,2026-01-05,2026-04-01,,",
        "L-1,A-1,,Other,,2026-01-05,2026-04-01,,",
        "L-2,A-9,,Account,,2026-01-05,2026-04-01,,",
        "L-3,,,Account,,2026-01-05,2026-04-01,,",
        "L-4,A-1,,Owner,,2026-01-05,2026-04-01,csm@rival.example,",
        "L-5,A-1,,,,2026-01-05,2026-04-01,,",
        "L-6,A-1,,Days,,2026-04-02,2026-04-01,,",
        "L-7,A-1,,Days,,2026-01-05,2036-04-01,,",
        "L-8,A-1,,Days,,1989-12-31,1990-04-01,,",
        "L-9,A-1,,Days,,2190-12-31,2191-04-01,,",
        "L-10,A-1,,Days,,,2026-04-01,,",
        "L-11,A-1,dance,Kind,,2026-01-05,2026-04-01,,",
        "L-12,A-1,,State,,2026-01-05,2026-04-01,,dreamt",
    ]
    run = bring(world, "plans", "\n".join([HEAD, *lines, ""]))
    assert counts(run) == (1, 0, 0, 12)
    assert sorted(reasons(world, run)) == [
        (2, "external_id", "repeated"), (3, "account", "unknown_account"), (4, "account", "required"),
        (5, "owner", "unknown_member"), (6, "name", "required"), (7, "target_on", "order"), (8, "target_on", "order"),
        (9, "starts_on", "out_of_range"), (10, "starts_on", "out_of_range"), (11, "starts_on", "required"),
        (12, "kind", "unknown_choice"), (13, "state", "unknown_choice"),
    ]  # fmt: skip


def test_the_state_of_the_file_is_where_it_stands(tenant_open: World) -> None:
    """VAL-02: dropped ends what was to be done for its milestones; done asks that each of them is."""
    day = tenant_open.tenant.today()
    merge({"state": "active", "owner_email": "csm@acme.example"})
    plan = Plan.objects.get()
    Milestone.objects.create(plan=plan, name="Kick-off", due_on=day - dt.timedelta(days=3))
    assert follow_milestones(day) == 1
    refused = merge({"state": "done"}).rejected
    assert [(one.problem.column, one.problem.code) for one in refused] == [("state", "not_done")]
    assert merge({"state": "dropped"}).outcomes == {1: "updated"}
    plan.refresh_from_db()
    assert (plan.state, plan.ended_on) == ("dropped", day)
    assert Task.objects.get(why=Why.MILESTONE).state != TaskState.OPEN
    assert merge({"state": "active"}).updated == 1
    plan.refresh_from_db()
    assert (plan.state, plan.ended_on) == ("active", None)
    Milestone.objects.update(done_on=day)
    assert merge({"state": "done"}).updated == 1
    assert merge({"state": "done"}).unchanged == 1


def test_what_is_not_given_stays_and_what_is_empty_goes(tenant_open: World) -> None:
    merge({"goal": "By spring", "kind": "success", "state": "dropped", "owner_email": "csm@acme.example"})
    before = told()
    assert merge({}).outcomes == {1: "unchanged"}
    assert merge({"kind": "", "state": ""}).outcomes == {1: "unchanged"}
    assert told() == before
    assert merge({"goal": "", "owner_email": ""}).updated == 1
    plan = Plan.objects.get()
    assert (plan.goal, plan.owner, plan.kind, plan.state, plan.version) == ("", None, "success", "dropped", 2)


def test_a_plan_stays_with_its_customer(tenant_open: World) -> None:
    """One that names another account is refused; of a merged account it is a plan of the one that it is part of."""
    merge({})
    refused = merge({"account": "A-2"}).rejected
    assert [(one.problem.column, one.problem.code) for one in refused] == [("account", "other_account")]
    part, whole = (Account.objects.get(external_id=key) for key in ("A-1", "A-2"))
    merge_account(account=part, into=whole, by=tenant_open.members["admin"])
    assert merge({}).outcomes == merge({"account": "A-2"}).outcomes == {1: "unchanged"}
    merge({"plan": "L-2"})
    assert Plan.objects.get(external_id="L-2").account == whole


def test_many_rows_are_as_many_statements_as_few(tenant_open: World, django_assert_max_num_queries: Any) -> None:
    """A piece of a file is written in bulk."""
    for name in ("First", "Second"):
        with django_assert_max_num_queries(25):
            assert len(merge(*({"plan": f"L-{n}", "name": name} for n in range(300))).outcomes) == 300
    assert Plan.objects.filter(name="Second", version=2).count() == 300


def test_the_sample_file_is_read(world: World) -> None:
    """CONTRACTS 1: the sample of the kind is right, row by row, and means the same again."""
    with world.open():
        for key in ("A-1001", "A-1002"):
            Account.objects.create(external_id=key, name=key)
    text = (SAMPLES / "plans.csv").read_text()
    assert counts(bring(world, "plans", text)) == (3, 0, 0, 0)
    assert counts(bring(world, "plans", text)) == (0, 0, 3, 0)
