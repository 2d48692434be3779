"""The issue log from files: a row for each customer, the latest one speaks for the issue, twice changes nothing (ACC-14,
CONTRACTS 1)."""

import datetime as dt
from typing import Any

import pytest

from accounts.enums import ChangeSource
from accounts.kinds import Row
from accounts.mergers import merge_account
from accounts.merging import MergeResult, Origin
from accounts.models import Account
from accounts.rows import parse
from journey.enums import TaskState
from journey.import_kinds import SAMPLES
from journey.issues import services
from journey.issues.merge import merge_issue_rows
from journey.models import Issue, IssueAccount, Task
from tests.accounts.test_import import bring, counts, reasons
from tests.conftest import World

ORIGIN = Origin(ChangeSource.API, None, "test")
HEAD = "external_id,title,description,kind,function,state,owner,link,reference,promised_on,answer,reported_on,account,weight,note"
FILE = f"""{HEAD}
I-1,Old title,,bug,engineer,planned,csm@acme.example,https://tracker.example/1,ENG-1,2027-02-15,,2026-01-05,A-1,blocker,"We, too"
I-2,Sign-on,,,,,,,,,,2026-02-01,,,
I-1,Export loses columns,All but 20,bug,engineer,started,csm@acme.example,https://tracker.example/1,ENG-1,2027-03-15,,2026-01-05,A-2,nice,
"""


@pytest.fixture(autouse=True)
def accounts(worlds: tuple[World, World]) -> None:
    for world in worlds:
        with world.open():
            for key in ("A-1", "A-2", "A-3"):
                Account.objects.create(external_id=key, name=f"Customer {key}", owner=world.members["csm"])


def told() -> tuple[list[Any], list[Any]]:
    fields = (
        "external_id",
        "title",
        "kind",
        "function",
        "state",
        "reference",
        "owner__user__email",
        "ended_on",
        "version",
    )
    links = IssueAccount.objects.order_by("issue__external_id", "account__external_id")
    return (
        list(Issue.objects.order_by("external_id").values_list(*fields)),
        list(links.values_list("issue__external_id", "account__external_id", "weight", "note", "since")),
    )


def merge(*cells: dict[str, Any]) -> MergeResult:
    rows = [parse("issues", n, {"issue": "I-1", "title": "Export"} | each) for n, each in enumerate(cells, start=1)]
    assert all(isinstance(row, Row) for row in rows), rows
    return merge_issue_rows([row for row in rows if isinstance(row, Row)], ORIGIN)


@pytest.mark.parametrize("piece", [1, 20_000])
def test_a_file_comes_in_once_in_any_pieces(worlds: tuple[World, World], piece: int) -> None:
    """ACC-14, ACC-03: the latest row speaks for the issue; again, or in other pieces, nothing changes; a rival sees none."""
    world, rival = worlds
    assert counts(bring(world, "issues", FILE, piece=piece)) == (3, 0, 0, 0)
    with world.open():
        issues, links = told()
        day = dt.date(2026, 1, 5)
        assert [row[:8] for row in issues] == [
            ("I-1", "Export loses columns", "bug", "engineer", "started", "ENG-1", "csm@acme.example", None),
            ("I-2", "Sign-on", "gap", "product", "new", "", None, None),
        ]
        assert links == [("I-1", "A-1", "blocker", "We, too", day), ("I-1", "A-2", "nice", "", day)]
        assert Issue.objects.get(external_id="I-1").promised_on == dt.date(2027, 3, 15)
        assert set(Issue.objects.values_list("source", flat=True)) == {"import"}
    for again in (1, 2, 20_000):
        assert counts(bring(world, "issues", FILE, piece=again)) == (0, 0, 3, 0)
        with world.open():
            assert told() == (issues, links)
    with rival.open():
        assert not Issue.objects.exists()
        assert not IssueAccount.objects.exists()


def test_the_same_ids_at_two_companies(worlds: tuple[World, World]) -> None:
    """Each company's rows are about its own issues and customers."""
    world, rival = worlds
    bring(world, "issues", FILE)
    with rival.open():
        merge({"title": "Theirs", "account": "A-1"})
        assert told()[0][0][:2] == ("I-1", "Theirs")
    with world.open():
        assert told()[0][0][1] == "Export loses columns"


def test_what_cannot_be_is_refused_with_its_field(world: World) -> None:
    """CONTRACTS 1: in the rejects with field and reason; the rest comes in."""
    head = "issue,title,state,owner_email,link,promised_on,reported_on,account,weight,note"
    lines = [
        "I-1,Fine,new,,,,,A-1,nice,",
        "I-1,Fine,new,,,,,A-1,blocker,",
        "I-1,Fine,new,,,,,A-9,,",
        "I-3,Owner,new,nobody@acme.example,,,,,,",
        "I-13,Owner,new,csm@rival.example,,,,,,",
        "I-4,Link,new,,tracker/4,,,,,",
        "I-5,Ahead,new,,,,2999-01-01,,,",
        "I-6,Far,new,,,2199-01-01,,,,",
        "I-7,,new,,,,,,,",
        "I-8,State,dreamt,,,,,,,",
        "I-9,Weight of nobody,new,,,,,,blocker,",
        "I-10,Words of nobody,new,,,,,,,Please",
        ",No id,new,,,,,,,",
    ]
    run = bring(world, "issues", "\n".join([head, *lines, ""]))
    assert counts(run) == (1, 0, 0, 12)
    assert sorted(reasons(world, run)) == [
        (2, "issue", "repeated"), (3, "account", "unknown_account"), (4, "owner_email", "unknown_member"),
        (5, "owner_email", "unknown_member"), (6, "link", "not_an_address"), (7, "reported_on", "out_of_range"),
        (8, "promised_on", "out_of_range"), (9, "title", "required"), (10, "state", "unknown_choice"),
        (11, "weight", "no_account"), (12, "note", "no_account"), (13, "issue", "required"),
    ]  # fmt: skip
    with world.open():
        assert list(Issue.objects.values_list("external_id", flat=True)) == ["I-1"]


@pytest.mark.parametrize("piece", [1, 20_000])
def test_where_the_latest_row_is_refused_the_issue_waits_for_it(world: World, piece: int) -> None:
    """In any pieces: an issue that stands stays, a new one is made as new; corrected, the row says where it stands."""
    with world.open():
        merge({"title": "Stands", "state": "planned"})
    head = "issue,title,state,account"
    lines = ["I-1,First,started,A-1", "I-2,Second,shipped,A-1", "I-1,Third,shipped,A-9", "I-2,Fourth,shipped,A-9"]
    assert counts(bring(world, "issues", "\n".join([head, *lines, ""]), piece=piece)) == (2, 0, 0, 2)
    with world.open():
        rows = list(Issue.objects.order_by("external_id").values_list("external_id", "title", "state"))
        assert rows == [("I-1", "Stands", "planned"), ("I-2", "Second", "new")]
        assert not Task.objects.exists()
    bring(world, "issues", "\n".join([head, *(line.replace("A-9", "A-2") for line in lines[2:]), ""]))
    with world.open():
        rows = list(Issue.objects.order_by("external_id").values_list("external_id", "title", "state"))
        assert rows == [("I-1", "Third", "shipped"), ("I-2", "Fourth", "shipped")]
        assert Task.objects.count() == 4


def test_the_state_of_the_file_is_where_it_stands(tenant_open: World) -> None:
    """ACC-14: no moves are asked for; with the end there is one task for each customer, and its return takes it back."""
    day = tenant_open.tenant.today()
    merge({"state": "new", "account": "A-1", "weight": "blocker"})
    assert merge({"state": "shipped", "answer": "In release 12"}).outcomes == {1: "updated"}
    row = Issue.objects.get()
    assert (row.state, row.ended_on, row.version) == ("shipped", day, 2)
    [task] = Task.objects.all()
    assert (task.title, task.note, task.urgency) == ("Tell Customer A-1 it is there: Export", "In release 12", "high")
    for _again in range(2):
        merge({"state": "shipped", "account": "A-1"}, {"state": "shipped", "account": "A-2"})
    assert sorted(Task.objects.values_list("account__external_id", flat=True)) == ["A-1", "A-2"], (
        "who is new hears it too"
    )
    merge({"state": "started"})
    row.refresh_from_db()
    assert (row.state, row.ended_on) == ("started", None)
    assert set(Task.objects.values_list("state", flat=True)) == {TaskState.CANCELLED}


def test_what_is_not_given_stays_and_what_is_empty_goes(tenant_open: World) -> None:
    """What must have a value stays when it is given empty; nobody loses an issue by a file that leaves them out."""
    merge({"description": "Long", "kind": "bug", "state": "planned", "owner_email": "csm@acme.example",
           "promised_on": "2027-01-31", "reported_on": "2026-01-05", "account": "A-1", "weight": "nice", "note": "Soon"})  # fmt: skip
    before = told()
    assert merge({}).outcomes == {1: "unchanged"}
    assert merge({"account": "A-1"}).outcomes == {1: "unchanged"}
    kept = {"kind": "", "state": "", "reported_on": "", "account": "A-1", "weight": ""}
    assert merge(kept).outcomes == {1: "unchanged"}
    assert told() == before
    assert merge({"description": "", "owner_email": "", "promised_on": "", "account": "A-1", "note": ""}).updated == 1
    row = Issue.objects.get()
    assert (row.description, row.owner, row.promised_on, row.kind, row.state) == ("", None, None, "bug", "planned")
    assert (row.accounts.get().note, row.accounts.get().weight) == ("", "nice")
    assert row.version == 2, "a change of the issue and of its customer at once is one version"


def test_an_owner_who_left_may_stay_and_is_not_named_anew(tenant_open: World) -> None:
    merge({"owner_email": "csm@acme.example"})
    member = tenant_open.members["csm"]
    type(member).objects.filter(id=member.id).update(is_active=False)
    assert merge({"owner_email": "csm@acme.example"}).outcomes == {1: "unchanged"}
    refused = merge({"issue": "I-2", "owner_email": "csm@acme.example"}).rejected
    assert [(one.problem.column, one.problem.code) for one in refused] == [("owner_email", "unknown_member")]


@pytest.mark.parametrize("piece", [1, 20_000])
def test_rows_of_a_merged_account_go_to_the_one_it_is_part_of(world: World, piece: int) -> None:
    """One customer has an issue once; what was written before the merger is still the row's own."""
    text = "issue,title,account,weight\nI-1,Old,A-1,nice\nI-1,Old,A-2,blocker\n"
    bring(world, "issues", text)
    with world.open():
        part, whole = (Account.objects.get(external_id=key) for key in ("A-2", "A-1"))
        merge_account(account=part, into=whole, by=world.members["admin"])
        before = told()
    assert counts(bring(world, "issues", text, piece=piece)) == (0, 0, 2, 0)
    with world.open():
        assert told() == before
    new = text.replace("I-1", "I-2").replace("A-1,nice", "A-2,important").replace("A-2,blocker", "A-1,blocker")
    assert counts(bring(world, "issues", new, piece=piece))[3] == 0
    for _again in range(2):
        with world.open():
            assert [row[:3] for row in told()[1] if row[0] == "I-2"] == [("I-2", "A-1", "blocker")]
        assert counts(bring(world, "issues", new, piece=piece)) == (0, 0, 2, 0)


def test_an_issue_that_says_the_same_as_another_stays_so(tenant_open: World) -> None:
    """ACC-14: its customers count at the other one, and the next file does not open it again."""
    merge({"issue": "I-1", "state": "planned", "account": "A-1", "weight": "nice"}, {"issue": "I-2", "account": "A-2"})
    first, second = Issue.objects.order_by("external_id")
    services.merge_issues(issue=first, into=second, version=None, by=tenant_open.members["leader"])
    before = told()
    result = merge({"issue": "I-1", "state": "planned", "account": "A-1", "weight": "blocker"})
    assert (result.outcomes, told()) == ({1: "unchanged"}, before)
    result = merge({"issue": "I-1", "state": "planned", "account": "A-3"})
    assert (result.outcomes, result.ids) == ({1: "created"}, {1: second.id})
    assert set(second.accounts.values_list("account__external_id", flat=True)) == {"A-1", "A-2", "A-3"}
    assert Issue.objects.get(id=first.id).state == "declined"


def test_many_rows_are_as_many_statements_as_few(tenant_open: World, django_assert_max_num_queries: Any) -> None:
    """A piece of a file is written in bulk."""

    def cells(n: int, title: str) -> dict[str, Any]:
        return {"issue": f"I-{n}", "title": title, "account": "A-1", "owner_email": "csm@acme.example"}

    for title in ("First", "Second"):
        with django_assert_max_num_queries(30):
            assert len(merge(*(cells(n, title) for n in range(300))).outcomes) == 300
    assert Issue.objects.filter(title="Second", version=2).count() == 300


def test_the_sample_file_is_read(world: World) -> None:
    """CONTRACTS 1: the sample of the kind is right, row by row, and means the same again."""
    with world.open():
        for key in ("A-1001", "A-1002"):
            Account.objects.create(external_id=key, name=key)
    text = (SAMPLES / "issues.csv").read_text()
    assert counts(bring(world, "issues", text)) == (3, 0, 0, 0)
    assert counts(bring(world, "issues", text)) == (0, 0, 3, 0)
    with world.open():
        assert list(Issue.objects.order_by("external_id").values_list("state", flat=True)) == ["planned", "new"]
