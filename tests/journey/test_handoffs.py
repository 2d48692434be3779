"""Handoffs: offered, ticked, accepted, declined, withdrawn; what follows, and what is refused (ROL-02)."""

import datetime as dt
from typing import Any

import pytest
from django.utils import translation

from accounts.mergers import merge_account
from accounts.models import Account, AccountChange, Member
from cs_platform.kernel.errors import Conflict, DomainError, NotAllowed
from cs_platform.kernel.models import AuditEntry
from journey.enums import HandoffKind, HandoffState
from journey.handoffs import checklist, selectors, services
from journey.models import Handoff, Task
from journey.work.services import add_task, take_task
from tests.conftest import World

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def customer(world: World, name: str = "Halcyon", owner: str | None = "csm", **fields: Any) -> Account:
    look_after = world.members[owner] if owner else None
    values = {"status": "live", "signed_on": dt.date(2025, 1, 10)} | fields
    return Account.objects.create(external_id=name, name=name, owner=look_after, **values)


def offered(world: World, account: Account, kind: str = "csm_csm", taker: str = "ops", **more: Any) -> Handoff:
    values = {"reason": "Maya takes the north", "by": world.members["csm"]} | more
    return services.offer_handoff(account=account, kind=kind, taker=world.members[taker], **values)


def ticked(row: Handoff) -> Handoff:
    """All checks are ticked."""
    for position in range(len(row.checklist)):
        row = services.tick(handoff=row, position=position, done=True, version=None, by=None)
    return row


def accept(row: Handoff, by: Member | None, answer: str = "", version: int | None = None) -> Handoff:
    return services.answer_handoff(handoff=row, state="accepted", answer=answer, version=version, by=by)


@pytest.mark.parametrize("kind", ["sales_cs", "onb_csm", "csm_csm"])
def test_nothing_passes_on_until_the_taker_says_yes(tenant_open: World, kind: str) -> None:
    """ROL-02: accepted explicitly; then the owner changes by a dated change, from today on."""
    world, today = tenant_open, tenant_open.tenant.today()
    account = customer(world)
    row = ticked(offered(world, account, kind))
    assert Account.objects.get(id=account.id).owner == world.members["csm"]
    assert not AccountChange.objects.filter(account=account, attribute="owner").exists()
    row = accept(row, world.members["ops"])
    assert (row.state, row.answered_by, row.taker) == (
        HandoffState.ACCEPTED,
        world.members["ops"],
        world.members["ops"],
    )
    assert Account.objects.get(id=account.id).owner == world.members["ops"]
    change = AccountChange.objects.filter(account=account, attribute="owner").latest("recorded_at")
    assert change.value == str(world.members["ops"].id)
    assert change.source == "member"
    assert change.effective_on <= today
    assert AuditEntry.objects.filter(row_id=row.id, changes__has_key="state").exists()


def test_a_second_owner_is_dated_from_today(tenant_open: World) -> None:
    """The history of an owner stays: the first from the signature on, the next from the day of the yes."""
    world = tenant_open
    account = customer(world)
    accept(offered(world, account), world.members["ops"], "I know them")
    back = offered(world, Account.objects.get(id=account.id), taker="csm", by=world.members["ops"])
    accept(back, world.members["csm"], "Back again")
    days = list(
        AccountChange.objects.filter(account=account, attribute="owner")
        .order_by("recorded_at", "id")
        .values_list("value", "effective_on")
    )
    assert days[-1] == (str(world.members["csm"].id), world.tenant.today())


def test_the_givers_open_tasks_go_along_and_nobody_elses(tenant_open: World) -> None:
    """ROL-02: open tasks of the giver on that account, those of merged parts too; not done ones, not other people's, not
    what the giver took from the pool for some hours, not of other accounts."""
    world, today = tenant_open, tenant_open.tenant.today()
    csm, ops, admin = (world.members[name] for name in ("csm", "ops", "admin"))
    account, other, part = customer(world), customer(world, "Other"), customer(world, "Part")
    made = {
        name: add_task(title=name, due_on=today, by=None, account=where, owner=owner)
        for name, where, owner in (
            ("mine", account, csm), ("of the part", part, csm), ("admins", account, admin), ("elsewhere", other, csm),
            ("pool", account, None),
        )
    }  # fmt: skip
    take_task(task=made["pool"], by=csm)
    done = add_task(title="done", due_on=today, by=None, account=account, owner=csm)
    Task.objects.filter(id=done.id).update(state="done", done_at=world.tenant.created_at)
    merge_account(account=part, into=account, by=admin)
    accept(ticked(offered(world, account)), ops)
    owners = {task.title: task.owner for task in Task.objects.all()}
    assert owners == {
        "mine": ops, "of the part": ops, "admins": admin, "elsewhere": csm, "pool": csm, "done": csm,
    }  # fmt: skip
    assert Task.objects.get(title="mine").version == 2


def test_sales_gets_a_task_and_the_csm_stays(tenant_open: World) -> None:
    """CSM to sales: no owner changes; the taker has a task about it, once."""
    world = tenant_open
    account = customer(world)
    row = ticked(offered(world, account, "csm_sales", "ops", note="Unit 4 wants in"))
    row = accept(row, world.members["ops"])
    accept(row, world.members["ops"])
    assert Account.objects.get(id=account.id).owner == world.members["csm"]
    task = Task.objects.get()
    assert (task.owner, task.account, task.work) == (world.members["ops"], account, "expansion")
    assert task.title == "From Csm Person: Maya takes the north"
    assert task.note == "Unit 4 wants in"


def test_an_open_check_asks_for_a_reason(tenant_open: World) -> None:
    """ROL-02: with checklist: a required check that is open needs a word, one that is not required does not."""
    world, ops = tenant_open, tenant_open.members["ops"]
    row = offered(world, customer(world), added=["  Keys of the sandbox ", ""])
    assert [item["text"] for item in row.checklist][-1] == "Keys of the sandbox"
    with pytest.raises(DomainError) as refusal:
        accept(row, ops)
    assert set(refusal.value.fields) == {"answer"}
    for position, item in enumerate(row.checklist):
        if item["required"]:
            row = services.tick(handoff=row, position=position, done=True, version=row.version, by=ops)
    assert not checklist.is_open(row.checklist)
    assert checklist.ticked(row.checklist) < len(row.checklist)
    assert accept(row, ops).state == "accepted"
    second = offered(world, customer(world, "Second"))
    assert accept(second, ops, "I know them well").answer == "I know them well"


def test_ticks_are_taken_back_and_versions_checked(tenant_open: World) -> None:
    """A tick on another list than the one that was seen is refused; one of a list that has no such place as well."""
    world, ops = tenant_open, tenant_open.members["ops"]
    row = offered(world, customer(world))
    seen = row.version
    row = services.tick(handoff=row, position=0, done=True, version=seen, by=ops)
    assert row.checklist[0]["done"] is True
    with pytest.raises(Conflict):
        services.tick(handoff=row, position=1, done=True, version=seen, by=ops)
    row = services.tick(handoff=row, position=0, done=False, version=row.version, by=ops)
    assert row.checklist[0]["done"] is False
    for position in (-1, 99):
        with pytest.raises(Conflict):
            services.tick(handoff=row, position=position, done=True, version=None, by=ops)


def test_declining_needs_a_reason_and_changes_nothing_else(tenant_open: World) -> None:
    world, ops = tenant_open, tenant_open.members["ops"]
    account = customer(world)
    row = offered(world, account)
    with pytest.raises(DomainError) as refusal:
        services.answer_handoff(handoff=row, state="declined", version=None, by=ops, answer="  ")
    assert set(refusal.value.fields) == {"answer"}
    row = services.answer_handoff(handoff=row, state="declined", version=row.version, by=ops, answer="My book is full")
    assert (row.state, row.answer) == ("declined", "My book is full")
    assert Account.objects.get(id=account.id).owner == world.members["csm"]
    with pytest.raises(DomainError) as over:
        accept(row, ops)
    assert over.value.code == "over"
    again = offered(world, account)  # it may be offered anew
    assert again.id != row.id


def test_only_the_taker_answers_and_a_leader_for_one_who_left(tenant_open: World) -> None:
    """ROL-02, ROL-01: with the reason; who accepts for somebody who left takes the customer over."""
    world = tenant_open
    leader = world.members["leader"]
    account = customer(world, owner=None)  # teams see what nobody owns
    row = ticked(offered(world, account))
    for name in ("csm", "leader", "admin"):
        with pytest.raises(NotAllowed):
            accept(row, world.members[name], "For them")
    Member.objects.filter(id=world.members["ops"].id).update(is_active=False)
    with pytest.raises(NotAllowed):  # sees own accounts only
        accept(row, world.members["csm"], "For them")
    with pytest.raises(DomainError) as refusal:
        accept(row, leader)
    assert set(refusal.value.fields) == {"answer"}
    row = accept(row, leader, "Olga has left; I keep them for now")
    assert (row.taker, row.answered_by) == (leader, leader)
    assert Account.objects.get(id=account.id).owner == leader


def test_one_waits_for_an_account_and_kind(tenant_open: World) -> None:
    world = tenant_open
    account = customer(world)
    offered(world, account)
    with pytest.raises(Conflict) as refusal:
        offered(world, account)
    assert refusal.value.code == "exists"
    offered(world, account, "csm_sales")
    assert Handoff.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "x"}, "kind"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"note": "x" * 4001}, "note"),
        ({"giver_name": "x" * 121}, "giver_name"),
        ({"due_on": dt.date(2020, 1, 1)}, "due_on"),
        ({"due_on": dt.date(2199, 1, 1)}, "due_on"),
        ({"taker": "csm"}, "taker"),
        ({"taker": "executive"}, "taker"),
        ({"kind": "csm_sales", "taker": "leader"}, "taker"),
        ({"by": None, "kind": "sales_cs"}, "giver"),
    ],
)
def test_what_cannot_be_offered_names_its_field(tenant_open: World, values: dict[str, Any], field: str) -> None:
    """Nobody who left, may not change accounts, has the customer already or does not see them (sales)."""
    with pytest.raises(DomainError) as refusal:
        offered(tenant_open, customer(tenant_open), **values)
    assert set(refusal.value.fields) == {field}
    assert not Handoff.objects.exists()


def test_who_left_and_merged_accounts_are_refused(tenant_open: World) -> None:
    """A handoff of an account that was merged meanwhile is not accepted: the other one has the customer."""
    world, ops = tenant_open, tenant_open.members["ops"]
    account, into = customer(world), customer(world, "Into")
    row = offered(world, account)
    merge_account(account=account, into=into, by=world.members["admin"])
    with pytest.raises(DomainError) as refusal:
        accept(row, ops, "Yes")
    assert set(refusal.value.fields) == {"account"}
    account.refresh_from_db()
    with pytest.raises(DomainError):
        offered(world, account, "sales_cs")
    assert selectors.of_account(into).get() == row
    Member.objects.filter(id=ops.id).update(is_active=False)
    ops.refresh_from_db()
    with pytest.raises(DomainError) as refusal:
        services.offer_handoff(account=into, kind="csm_csm", taker=ops, reason="x", by=world.members["csm"])
    assert set(refusal.value.fields) == {"taker"}


def test_who_gives_withdraws(tenant_open: World) -> None:
    """The giver, who wrote it and a leader who sees the account; twice changes nothing."""
    world = tenant_open
    row = offered(world, customer(world))
    with pytest.raises(NotAllowed):
        services.withdraw_handoff(handoff=row, version=None, by=world.members["leader"])  # another team
    row = services.withdraw_handoff(handoff=row, version=row.version, by=world.members["csm"], answer="Changed my mind")
    assert (row.state, row.answer) == ("withdrawn", "Changed my mind")
    assert services.withdraw_handoff(handoff=row, version=None, by=world.members["csm"]).version == row.version


def test_the_giver_is_who_looks_after_the_customer(tenant_open: World) -> None:
    """CSM to CSM by a leader is given by the CSM; from sales it may be a name without a login."""
    world = tenant_open
    row = offered(world, customer(world), by=world.members["admin"])
    assert (row.giver, row.created_by) == (world.members["csm"], world.members["admin"])
    named = offered(
        world, customer(world, "Two"), "sales_cs", "csm", giver_name=" Ruth of sales ", by=world.members["admin"]
    )
    assert (named.giver, named.giver_name) == (None, "Ruth of sales")
    mine = offered(world, customer(world, "Three", owner=None), "sales_cs", "csm", by=world.members["admin"])
    assert mine.giver == world.members["admin"]


def test_a_program_speaks_for_the_taker(tenant_open: World) -> None:
    """API-01: accepted by a program, the change says that it came by the API."""
    world = tenant_open
    account = customer(world)
    row = accept(ticked(offered(world, account)), None)
    assert row.answered_by is None
    change = AccountChange.objects.filter(account=account, attribute="owner").latest("recorded_at")
    assert (change.value, change.source) == (str(world.members["ops"].id), "api")


def test_checks_are_read_in_the_readers_language_and_kept_in_english(tenant_open: World) -> None:
    """Each kind has required checks of its own; a check that the product forgot keeps its words."""
    with translation.override("id"):
        row = offered(tenant_open, customer(tenant_open))
    assert row.checklist[0]["text"] == "The customer knows why, and from when"
    assert checklist.said("csm_csm", {"key": "gone", "text": "As it was", "done": True}) == "As it was"
    for kind in HandoffKind.values:
        keys = [item["key"] for item in checklist.items_of(kind)]
        assert len(keys) == len(set(keys)) >= 4
        assert checklist.is_open(checklist.items_of(kind))
    assert len(checklist.items_of("csm_csm", ["x"] * 99)) == checklist.MOST


def test_each_sees_what_they_give_take_and_look_after(worlds: tuple[World, World]) -> None:
    """ROL-01: own accounts, what one gives or takes, the leader's team; never another company's."""
    world, rival = worlds
    with rival.open():
        offered(rival, customer(rival))
    with world.open():
        members = world.members
        row = offered(world, customer(world))
        seen = {name for name in members if selectors.visible_handoffs(members[name]).filter(id=row.id).exists()}
        assert seen == {"csm", "ops", "admin", "executive"}
        assert selectors.visible_handoffs(members["admin"]).count() == 1
        assert selectors.waiting_for(members["ops"]).get() == row
        for name in ("csm", "leader", "admin", "executive"):
            assert not selectors.waiting_for(members[name]).exists(), name
        accept(row, members["ops"], "Yes")
        assert selectors.visible_handoffs(members["csm"]).filter(id=row.id).exists()  # what became of it
        assert not selectors.waiting_for(members["ops"]).exists()


def test_what_was_offered_to_somebody_who_left_waits_for_those_who_lead(tenant_open: World) -> None:
    world = tenant_open
    row = offered(world, customer(world, owner=None), "sales_cs", by=world.members["admin"])
    Member.objects.filter(id=world.members["ops"].id).update(is_active=False)
    for name, sees in (("leader", True), ("admin", True), ("csm", False), ("executive", False)):
        assert selectors.waiting_for(world.members[name]).filter(id=row.id).exists() is sees, name


def test_late_ones_are_past_their_day(tenant_open: World) -> None:
    world, today = tenant_open, tenant_open.tenant.today()
    row = offered(world, customer(world), due_on=today)
    assert not Handoff.objects.filter(selectors.late(today)).exists()
    assert Handoff.objects.filter(selectors.late(today + DAY)).get() == row
    accept(row, world.members["ops"], "Yes")
    assert not Handoff.objects.filter(selectors.late(today + DAY)).exists()


def test_new_customers_that_sales_passed_on_to_nobody(worlds: tuple[World, World]) -> None:
    """ROL-02: sales to CS at signature. New, without an owner or at the beginning of the journey, and no handoff that
    waits or was accepted; a read, no rows."""
    world, rival = worlds
    today = world.tenant.today()
    with rival.open():
        customer(rival, "Foreign", owner=None, customer_since=today)
    with world.open():
        admin = world.members["admin"]
        customer(world, "Ownerless", owner=None, customer_since=today - 10 * DAY)
        begun = customer(world, "Begun", customer_since=today - 10 * DAY)
        begun.tracks.create(external_id="T", name="Core", kind="core", opened_on=today - 10 * DAY, source="rule")
        signed = customer(world, "Signed", owner=None, status="prospect", signed_on=today - DAY)
        customer(world, "Looked after", customer_since=today - 10 * DAY)
        customer(world, "Old", owner=None, customer_since=today - 31 * DAY)
        customer(world, "Ahead", owner=None, status="prospect", signed_on=today + DAY)
        customer(world, "Left", owner=None, customer_since=today - DAY, status="churned")
        names = [one.name for one in selectors.not_handed_over(admin, today)]
        assert sorted(names) == ["Begun", "Ownerless", "Signed"]
        row = offered(world, signed, "sales_cs", "csm", by=admin)
        offered(world, begun, "csm_csm", "ops", by=admin)
        assert sorted(one.name for one in selectors.not_handed_over(admin, today)) == ["Begun", "Ownerless"]
        services.answer_handoff(handoff=row, state="declined", version=None, by=world.members["csm"], answer="Full")
        assert "Signed" in [one.name for one in selectors.not_handed_over(admin, today)]
        assert [one.name for one in selectors.not_handed_over(world.members["csm"], today)] == ["Begun"]
        assert Handoff.objects.count() == 2
