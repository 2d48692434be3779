"""The issue log: verbs, what stands behind an issue, who has to be told, who sees what (ACC-14, ROL-01)."""

import datetime as dt
from typing import Any

import pytest
from django.http import QueryDict

from accounts.mergers import merge_account
from accounts.models import Account, Contact, Segment
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.models import AuditEntry
from journey.enums import Function, IssueState, TaskState, Weight, Why
from journey.issues import selectors, services, states
from journey.issues.listing import IssueQuery
from journey.models import Issue, IssueAccount, Task
from journey.work import services as work
from tests.conftest import World

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def customer(world: World, key: str, **fields: Any) -> Account:
    usual: dict[str, Any] = {
        "name": f"Customer {key}", "status": "live", "mrr_minor": 100_000, "health_band": "green", "owner": world.members["csm"],
    }  # fmt: skip
    return Account.objects.create(external_id=key, **(usual | fields))


def issue(world: World, title: str = "Export to Excel loses columns", **fields: Any) -> Issue:
    return services.report_issue(title=title, by=world.members["csm"], **fields)


def link(world: World, row: Issue, account: Account, **fields: Any) -> IssueAccount:
    return services.link_account(issue=row, account=account, by=world.members["admin"], **fields)


def answer(world: World, row: Issue, state: str, **fields: Any) -> Issue:
    by = fields.pop("by", world.members["leader"])
    return services.answer_issue(issue=row, state=state, version=fields.pop("version", None), by=by, **fields)


def ship(world: World, row: Issue) -> Issue:
    return answer(world, answer(world, row, "planned"), "shipped", answer="In release 12")


def tells(row: Issue) -> list[Task]:
    return list(Task.objects.filter(issue=row).select_related("account", "owner").order_by("account__external_id"))


def asked(text: str = "") -> IssueQuery:
    return IssueQuery.parse(QueryDict(text))


def listed(world: World, text: str = "", role: str = "admin") -> list[dict[str, Any]]:
    return selectors.read_page(asked(text), world.members[role], world.tenant.today()).rows


def test_an_issue_is_reported_once_and_linked_once(tenant_open: World) -> None:
    """ACC-14: the same form sent twice makes one issue; the same customer again changes what is said of it."""
    world = tenant_open
    first = issue(world, external_id="I-1", description="  All but the first 20 columns  ")
    assert issue(world, "Something else", external_id="I-1").id == first.id
    assert (first.state, first.reported_on, first.source, first.description) == (
        "new", world.tenant.today(), "member", "All but the first 20 columns",
    )  # fmt: skip
    account = customer(world, "A-1")
    person = Contact.objects.create(account=account, external_id="C-1", name="Ruth Okafor")
    made = link(world, first, account, weight="blocker", contact=person, note="We cannot close the month")
    again = link(world, first, account, weight="nice")
    assert (again.id, again.weight, again.note, again.contact) == (
        made.id,
        "nice",
        "We cannot close the month",
        person,
    )
    first.refresh_from_db()
    assert first.version == 3, "each change of its customers is a version of the issue"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"kind": "wish"}, "kind"),
        ({"function": "board"}, "function"),
        ({"link": "tracker/12"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"description": "x" * 4001}, "description"),
        ({"reported_on": dt.date(1989, 1, 1)}, "reported_on"),
        ({"reported_on": dt.date(2999, 1, 1)}, "reported_on"),
    ],
)
def test_what_cannot_be_written_is_refused_by_its_field(tenant_open: World, values: Any, field: str) -> None:
    """ACC-14: on the way in and on a change; nothing is written."""
    with pytest.raises(DomainError) as refusal:
        issue(tenant_open, **values)
    assert field in refusal.value.fields
    row = issue(tenant_open, "Kept")
    with pytest.raises(DomainError) as refusal:
        services.change_issue(issue=row, values=values, version=1, by=None)
    assert field in refusal.value.fields
    row.refresh_from_db()
    assert (row.title, row.version) == ("Kept", 1)


def test_two_who_change_it_at_once_do_not_overwrite_each_other(tenant_open: World) -> None:
    row = issue(tenant_open)
    services.change_issue(issue=row, values={"function": "engineer"}, version=1, by=None)
    for verb in (
        lambda: services.change_issue(issue=row, values={"title": "Mine"}, version=1, by=None),
        lambda: answer(tenant_open, row, "passed_on", version=1),
        lambda: services.link_account(issue=row, account=customer(tenant_open, "A-1"), version=1, by=None),
    ):
        with pytest.raises(Conflict):
            verb()


def test_every_move_that_is_offered_is_allowed_and_no_other(tenant_open: World) -> None:
    """ACC-14: the state machine; a program states a fact and is not asked for moves."""
    for before in IssueState:
        for after in IssueState:
            row = issue(tenant_open, f"{before} to {after}")
            answer(tenant_open, row, before, by=None)
            if states.may_move(before, after):
                assert answer(tenant_open, row, after, answer="Because").state == after
            else:
                with pytest.raises(DomainError) as refusal:
                    answer(tenant_open, row, after, answer="Because")
                assert "state" in refusal.value.fields
                assert answer(tenant_open, row, after, by=None).state == after
    with pytest.raises(DomainError):
        answer(tenant_open, row, "dreamt", by=None)
    assert all(states.MOVES[state] for state in IssueState), "nobody is ever stuck"


def test_declining_needs_a_word_and_promises_lie_ahead(tenant_open: World) -> None:
    world, today = tenant_open, tenant_open.tenant.today()
    row = issue(world)
    for state, more, field in (
        ("declined", {}, "answer"),
        ("declined", {"answer": "  "}, "answer"),
        ("planned", {"promised_on": today - DAY}, "promised_on"),
        ("planned", {"promised_on": today + 2000 * DAY}, "promised_on"),
        ("planned", {"answer": "x" * 2001}, "answer"),
    ):
        with pytest.raises(DomainError) as refusal:
            answer(world, row, state, **more)
        assert field in refusal.value.fields
    row = answer(world, row, "planned", promised_on=today + 30 * DAY, answer="Next quarter")
    assert (row.promised_on, row.answer, row.ended_on) == (today + 30 * DAY, "Next quarter", None)
    Issue.objects.filter(id=row.id).update(promised_on=today - DAY)
    row = answer(world, row, "started", promised_on=today - DAY)
    assert row.promised_on == today - DAY, "a promise that was missed may stay in the form"


def test_the_end_makes_one_task_for_each_customer_for_its_owner(tenant_open: World) -> None:
    """ACC-14: “Tell …” with the answer; whoever looks after the customer, else the pool; a blocker is urgent."""
    world = tenant_open
    row = issue(world)
    link(world, row, customer(world, "A-1"), weight="blocker")
    link(world, row, customer(world, "A-2", owner=None))
    told = link(world, row, customer(world, "A-3"))
    IssueAccount.objects.filter(id=told.id).update(told_on=world.tenant.today())
    row = ship(world, row)
    assert row.ended_on == world.tenant.today()
    first, second = tells(row)
    assert first.title == "Tell Customer A-1 it is there: Export to Excel loses columns"
    assert (first.owner, first.urgency, first.note, first.why) == (
        world.members["csm"],
        "high",
        "In release 12",
        Why.ISSUE,
    )
    assert (second.owner, second.urgency) == (None, "normal")
    answer(world, row, "shipped", answer="In release 12.1")
    answer(world, row, "declined", by=None, answer="No")
    assert len(tells(row)) == 2, "once, however often"
    late = customer(world, "A-4")
    link(world, row, late)
    link(world, row, late, weight="nice")
    assert len(tells(row)) == 3, "who comes late is told as well"


def test_a_task_that_is_done_says_that_they_know(tenant_open: World) -> None:
    """ACC-14: done sets the day, opened again takes it back; marking by hand ends the task."""
    world, today = tenant_open, tenant_open.tenant.today()
    row = issue(world)
    one, two = (link(world, row, customer(world, key)) for key in ("A-1", "A-2"))
    with pytest.raises(DomainError):
        services.mark_told(link=one, by=world.members["csm"])
    ship(world, row)
    task, other = tells(row)
    work.finish_task(task=task, version=None, by=world.members["csm"])
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.told_on, two.told_on) == (today, None)
    work.reopen_task(task=task, version=None, by=world.members["csm"])
    one.refresh_from_db()
    assert one.told_on is None
    for _twice in range(2):
        services.mark_told(link=two, by=world.members["csm"])
    other.refresh_from_db()
    two.refresh_from_db()
    assert (other.state, two.told_on) == (TaskState.DONE, today)
    with pytest.raises(DomainError) as refusal:
        services.mark_told(link=one, by=world.members["csm"], on=today + DAY)
    assert "told_on" in refusal.value.fields


def test_an_end_that_is_taken_back_takes_the_tasks_along(tenant_open: World) -> None:
    """ACC-14: open again, nobody is to be told; ended once more, everybody is, also who knew of the first end."""
    world = tenant_open
    row = issue(world)
    one = link(world, row, customer(world, "A-1"))
    link(world, row, customer(world, "A-2"))
    ship(world, row)
    services.mark_told(link=one, by=world.members["csm"])
    answer(world, row, "started")
    one.refresh_from_db()
    assert one.told_on is None
    assert [task.state for task in tells(row)] == ["done", "cancelled"]
    row = answer(world, row, "shipped")
    assert [task.account.external_id for task in tells(row) if task.state == "open"] == ["A-1", "A-2"]


def test_unlinked_customers_are_not_told(tenant_open: World) -> None:
    world = tenant_open
    row = issue(world)
    one = link(world, row, customer(world, "A-1"))
    ship(world, row)
    services.unlink(link=one, by=world.members["csm"])
    assert [task.state for task in tells(row)] == ["cancelled"]
    assert not IssueAccount.objects.exists()


def test_two_that_say_the_same_become_one(tenant_open: World) -> None:
    """ACC-14: customers move, each once with the heavier weight and the earlier day; the other one ends with a reference."""
    world, today = tenant_open, tenant_open.tenant.today()
    first, second = issue(world, "Excel export"), issue(world, "Columns missing in Excel")
    both, own = customer(world, "A-1"), customer(world, "A-2")
    link(world, first, both, weight="nice", note="Ours", since=today)
    link(world, second, both, weight="blocker", note="Theirs", since=today - 9 * DAY)
    link(world, second, own)
    gone = services.merge_issues(issue=second, into=first, version=None, by=world.members["csm"])
    assert (gone.state, gone.merged_into, gone.answer) == (
        "declined",
        first,
        "Says the same as “Excel export”.",
    )
    kept = {each.account_id: each for each in IssueAccount.objects.all()}
    assert {each.issue_id for each in kept.values()} == {first.id}
    assert (kept[both.id].weight, kept[both.id].since, kept[both.id].note) == ("blocker", today - 9 * DAY, "Ours")
    assert own.id in kept
    assert not Task.objects.exists(), "nobody is told of a merger"
    third = issue(world, "A third")
    for this, into in ((first, first), (second, third), (third, second)):
        with pytest.raises(DomainError) as refusal:
            services.merge_issues(issue=this, into=into, version=None, by=world.members["csm"])
        assert "into" in refusal.value.fields
    ship(world, first)
    link(world, third, customer(world, "A-3"))
    services.merge_issues(issue=third, into=first, version=None, by=world.members["csm"])
    assert [task.account.external_id for task in tells(first)] == ["A-1", "A-2", "A-3"]


def test_merged_accounts_count_once_and_are_told_once(tenant_open: World) -> None:
    """ACC-14: of an account that was merged the customer it is a part of has the issue."""
    world = tenant_open
    row = issue(world)
    part, whole = customer(world, "A-1", mrr_minor=0), customer(world, "A-2", mrr_minor=300_000)
    link(world, row, part, weight="blocker")
    link(world, row, whole)
    merge_account(account=part, into=whole, by=world.members["admin"])
    Account.objects.filter(id=whole.id).update(mrr_minor=300_000)
    (found,) = listed(world)
    assert (found["accounts"], found["mrr"], found["blockers"]) == (1, 300_000, 1)
    people = selectors.customers_of(row, world.members["admin"])
    assert [(each.account.id, each.link.weight) for each in people.seen] == [(whole.id, "blocker")]
    assert {each.issue_id for each in selectors.of_account(whole)} == {row.id}
    ship(world, row)
    (task,) = tells(row)
    assert task.account == whole
    work.finish_task(task=task, version=None, by=None)
    assert not IssueAccount.objects.filter(told_on=None).exists()
    part.refresh_from_db()
    assert link(world, row, part).account_id in (part.id, whole.id), "told again, the link that stands is meant"
    assert IssueAccount.objects.count() == 2


def test_the_log_says_what_stands_behind_each_issue(tenant_open: World) -> None:
    """ACC-14: each account once; ARR, at risk, blockers, renewing within 90 days; sorted by ARR."""
    world, today = tenant_open, tenant_open.tenant.today()
    big, small = issue(world, "Big"), issue(world, "Small", function="support", kind="bug")
    issue(world, "Nobody")
    a = customer(world, "A-1", mrr_minor=500, health_band="red", renews_on=today + 90 * DAY)
    b = customer(world, "A-2", mrr_minor=300, health_band="yellow", renews_on=today + 91 * DAY)
    c = customer(world, "A-3", mrr_minor=200, renews_on=today - DAY)
    for account, weight in ((a, "blocker"), (b, "nice"), (c, "important")):
        link(world, big, account, weight=weight)
    link(world, small, c, weight="blocker")
    rows = listed(world)
    assert [row["title"] for row in rows] == ["Big", "Small", "Nobody"]
    names = ("accounts", "mrr", "risk_mrr", "blockers", "renewing", "renewing_mrr")
    assert [[row[name] for name in names] for row in rows] == [[3, 1000, 800, 1, 1, 500], [1, 200, 0, 1, 0, 0], [0] * 6]
    found = selectors.worth(asked(), world.members["admin"], today)
    assert found[None, None] == selectors.Worth(issues=3, accounts=3, mrr=1000, risk_mrr=800, blocked=2)
    assert found["product", "new"] == selectors.Worth(issues=2, accounts=3, mrr=1000, risk_mrr=800, blocked=1)
    assert found["support", None].mrr == 200
    assert found[None, "new"].accounts == 3


def test_filters_leave_what_fits_and_its_money(tenant_open: World) -> None:
    """ACC-14: a filter of customers leaves the issues that they have, and counts only them."""
    world = tenant_open
    enterprise, smb = Segment.objects.order_by("position")[:2]
    one, two = issue(world, "100% of _rows_", kind="bug"), issue(world, "Second", function=Function.ENGINEERING)
    three = issue(world, "Done one")
    a = customer(world, "A-1", mrr_minor=500, segment=enterprise)
    b = customer(world, "A-2", mrr_minor=300, segment=smb, owner=world.members["leader"])
    link(world, one, a, weight=Weight.BLOCKER)
    link(world, one, b)
    link(world, two, b, weight=Weight.NICE)
    link(world, three, a)
    ship(world, three)

    def found(text: str) -> dict[str, int]:
        return {row["title"][:6]: row["mrr"] for row in listed(world, text, "csm")}

    assert found("") == {"100% o": 800, "Second": 300}
    assert found("state=all") == {"100% o": 800, "Second": 300, "Done o": 500}
    assert found("state=shipped") == {"Done o": 500}
    assert found("state=shipped&untold=1") == {"Done o": 500}
    services.mark_told(link=three.accounts.get(), by=None)
    assert found("state=shipped&untold=1") == {}
    assert found("kind=bug") == {"100% o": 800}
    assert found("function=engineer&function=board") == {"Second": 300}
    assert found(f"segment={enterprise.name}") == {"100% o": 500}
    assert found("weight=blocker") == {"100% o": 500}
    assert found("mine=1") == {"100% o": 500}
    assert found("q=100%25+of") == {"100% o": 800}
    assert found("q=0%25s") == {}, "a sign of the search is a letter like others"
    assert found("q=_rows_") == {"100% o": 800}
    narrow = selectors.worth(asked("segment=" + enterprise.name), world.members["csm"], world.tenant.today())
    assert narrow[None, None].mrr == 500


def test_every_order_goes_page_by_page_both_ways(tenant_open: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keyset pages: each row once, also where keys are equal, and back to the first page."""
    world, today = tenant_open, tenant_open.tenant.today()
    monkeypatch.setattr(selectors, "PAGE_SIZE", 3)
    accounts = [customer(world, f"A-{n}", mrr_minor=100 * (n % 3), health_band="red") for n in range(4)]
    for n in range(8):
        row = issue(world, f"Issue {n}", reported_on=today - n % 4 * DAY)
        if n % 2:
            answer(world, row, "planned", promised_on=today + n * DAY)
        for account in accounts[: n % 4]:
            link(world, row, account)
    for sort in ("arr", "risk", "renewing", "accounts", "age", "promised"):
        query, seen, pages = asked(f"sort={sort}"), [], []
        while True:
            page = selectors.read_page(query, world.members["admin"], today)
            seen += page.rows
            pages.append([row["id"] for row in page.rows])
            if not page.following:
                break
            query = asked(page.following)
        assert len({row["id"] for row in seen}) == len(seen) == 8
        assert [row["key"] for row in seen] == sorted((row["key"] for row in seen), reverse=True)
        back = selectors.read_page(asked(page.previous), world.members["admin"], today)
        assert [row["id"] for row in back.rows] == pages[-2]
        assert back.following
        first = selectors.read_page(asked(back.previous), world.members["admin"], today)
        assert [row["id"] for row in first.rows] == pages[0]
        assert not first.previous
    promised = [row["title"] for row in listed(world, "sort=promised")]
    assert promised[:2] == ["Issue 1", "Issue 3"], "the nearest promise first"


def test_addresses_that_nobody_wrote_break_nothing(tenant_open: World) -> None:
    for text in ("after=x~y", "after=9~" + "0" * 36, "before=~", "sort=-arr", "state=x&kind=%00&segment=%00a", "view=" + "9" * 99,
                 "after=99999999999999999999~00000000-0000-0000-0000-000000000000", "q=" + "%27" * 200):  # fmt: skip
        assert listed(tenant_open, text) == []
    query = asked("q=a&state=shipped&state=new&function=product&mine=1&sort=age&view=abc")
    assert asked(query.text()) == query
    assert "view" not in query.text(view="")


def test_a_reader_sees_names_of_own_accounts_and_the_sum_of_the_rest(tenant_open: World) -> None:
    """ROL-01: a CSM sees the issue, their customers, and number and ARR of the others."""
    world = tenant_open
    row = issue(world)
    link(world, row, customer(world, "A-1", mrr_minor=500))
    link(world, row, customer(world, "A-2", mrr_minor=300, owner=world.members["leader"]), note="Secret words")
    for role, seen, others in (("admin", ["A-1", "A-2"], (0, 0)), ("csm", ["A-1"], (1, 300))):
        found = selectors.customers_of(row, world.members[role])
        assert [each.account.external_id for each in found.seen] == seen
        assert (found.others, found.others_mrr, found.accounts, found.mrr) == (*others, 2, 800)
    assert [a.external_id for a in selectors.offered_accounts(row, world.members["csm"])] == []
    hidden = customer(world, "A-3", owner=world.members["leader"])
    with pytest.raises(DomainError) as refusal:
        services.link_account(issue=row, account=hidden, by=world.members["csm"])
    assert "account" in refusal.value.fields
    mine = selectors.customers_of(row, world.members["csm"])
    told = selectors.history_of(row, selectors.seen_of(mine.seen), everything=False)
    assert "Secret words" not in str([entry.changes for entry in told])
    assert "Secret words" in str([entry.changes for entry in selectors.history_of(row, set(), everything=True)])


def test_the_trail_and_the_other_tenant(worlds: tuple[World, World]) -> None:
    """ACC-12: who changed what; a rival's rows look alike and are not seen."""
    mine, _theirs = worlds
    for world in worlds:
        with world.open():
            row = issue(world, external_id="I-1")
            link(world, row, customer(world, "A-1"), note="Words")
            answer(world, row, "passed_on")
    with mine.open():
        (row,) = listed(mine)
        assert (row["accounts"], row["mrr"]) == (1, 100_000)
        assert Issue.objects.count() == IssueAccount.objects.count() == 1
        changes = [entry.changes for entry in AuditEntry.objects.filter(row_id=row["id"], action="update")]
        assert [each["state"] for each in changes if "state" in each] == [["new", "passed_on"]]
