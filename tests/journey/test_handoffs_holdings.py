"""What passes along with a customer: open tasks, plans, milestones; counted before, kept after, all or nothing (ROL-02)."""

import datetime as dt
from typing import Any

import pytest

from accounts.mergers import merge_account
from accounts.models import Account, Member
from cs_platform.kernel.errors import DomainError
from journey.enums import HandoffState
from journey.handoffs import cells, services
from journey.handoffs.holdings import Held, Move, held, pass_along
from journey.handoffs.reassign import carry_out
from journey.models import Handoff, Milestone, Plan, Task
from journey.work.services import add_task, finish_task, reopen_task, take_task
from tests.conftest import World
from tests.journey.test_handoffs import accept, customer, offered, ticked

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def planned(account: Account, owner: Member | None, name: str = "Go live", state: str = "active", **steps: Any) -> Plan:
    """A plan with a milestone for each of `steps`: its owner, or (owner, done)."""
    today = account.tenant.today()
    plan = Plan.objects.create(
        external_id=f"{account.external_id}-{name}", account=account, name=name, owner=owner, state=state, starts_on=today,
        target_on=today + 30 * DAY, source="member",
    )  # fmt: skip
    for position, (step, who) in enumerate(steps.items()):
        doer, done = who if isinstance(who, tuple) else (who, False)
        Milestone.objects.create(
            plan=plan,
            name=step,
            position=position,
            due_on=today + 10 * DAY,
            owner=doer,
            done_on=today if done else None,
        )
    return plan


def told(world: World) -> dict[str, Any]:
    """Everything that could pass along, with its owner and version."""
    names = {member.id: name for name, member in world.members.items()}
    return {
        "accounts": {row.name: names.get(row.owner_id) for row in Account.objects.all()},
        "tasks": {row.title: (names.get(row.owner_id), row.version) for row in Task.objects.all()},
        "plans": {row.name: (names.get(row.owner_id), row.version) for row in Plan.objects.all()},
        "steps": {row.name: (names.get(row.owner_id), row.version) for row in Milestone.objects.all()},
    }


def fill(world: World) -> Account:
    """A customer of the CSM with a merged part; tasks, plans and milestones of theirs and of others."""
    csm, ops, admin = (world.members[name] for name in ("csm", "ops", "admin"))
    today = world.tenant.today()
    account, part, other = customer(world), customer(world, "Part"), customer(world, "Other")
    for title, where, owner in (
        ("mine", account, csm), ("of the part", part, csm), ("admins", account, admin), ("elsewhere", other, csm),
        ("takers", account, ops), ("pool", account, None), ("done", account, csm), ("cancelled", account, csm),
    ):  # fmt: skip
        add_task(title=title, due_on=today, by=None, account=where, owner=owner)
    take_task(task=Task.objects.get(title="pool"), by=csm)
    finish_task(task=Task.objects.get(title="done"), version=None, by=csm)
    Task.objects.filter(title="cancelled").update(state="cancelled", done_at=world.tenant.created_at)
    planned(account, csm, "Ours", Kickoff=(csm, True), Data=csm, Training=admin, Open=None)
    planned(account, admin, "Theirs", Review=csm)
    planned(account, csm, "Over", state="done", Gone=csm)
    planned(part, csm, "Parts", Site=csm)
    planned(other, csm, "Elsewhere", Away=csm)
    merge_account(account=part, into=account, by=admin)
    return Account.objects.select_related("owner").get(id=account.id)


AFTER = {
    "accounts": {"Halcyon": "ops", "Part": "csm", "Other": "csm"},
    "tasks": {
        "mine": ("ops", 2), "of the part": ("ops", 2), "admins": ("admin", 1), "elsewhere": ("csm", 1), "takers": ("ops", 1),
        "pool": ("csm", 2), "done": ("csm", 2), "cancelled": ("csm", 1),
    },
    "plans": {
        "Ours": ("ops", 2), "Theirs": ("admin", 2), "Over": ("csm", 1), "Parts": ("ops", 2), "Elsewhere": ("csm", 1),
    },
    "steps": {
        "Kickoff": ("csm", 1), "Data": ("ops", 2), "Training": ("admin", 1), "Open": (None, 1), "Review": ("ops", 2),
        "Gone": ("csm", 1), "Site": ("ops", 2), "Away": ("csm", 1),
    },
}  # fmt: skip


def test_open_work_goes_along_and_what_is_done_stays(worlds: tuple[World, World]) -> None:
    """ROL-02: tasks, plans and milestones of the giver there, of merged parts too; a milestone makes a version of its plan;
    never those of others, of another customer or of another company. What is said before is what is moved."""
    world, rival = worlds
    with rival.open():
        fill(rival)
        before = told(rival)
    with world.open():
        account, ops = fill(world), world.members["ops"]
        row = ticked(offered(world, account))
        said = cells.pane(row, world.tenant, world.tenant.today(), ops, linked=True)["effect"]
        assert said == "When you accept, you look after the customer. It moves 2 open tasks, 2 plans, 3 milestones."
        row = accept(row, ops)
        assert told(world) == AFTER
        assert Held.of(row) == Held(2, 2, 3)
        kept = cells.pane(row, world.tenant, world.tenant.today(), ops, linked=True)
        assert (kept["effect"], kept["moved"]) == ("", "2 open tasks, 2 plans, 3 milestones")
        stamp = row.version
        assert accept(row, ops).version == stamp  # the same answer again
        assert told(world) == AFTER
    with rival.open():
        assert told(rival) == before
        assert not Handoff.objects.exists()


def test_what_is_counted_is_what_moves(tenant_open: World) -> None:
    """The statement that counts and the verb that moves mean the same, for each holder; nobody holds anything then."""
    world = tenant_open
    account = fill(world)
    csm, admin, leader = (world.members[name] for name in ("csm", "admin", "leader"))
    for people in ([csm.id], [admin.id], [csm.id, admin.id], []):
        counted = held({account.id: people})
        with pytest.raises(RuntimeError):
            moved_and_back(account, people, leader, counted)
    both = {account.id: [csm.id, admin.id], Account.objects.get(name="Other").id: [csm.id]}
    counted = held(both)
    moves = {key: Move(frozenset(people), leader) for key, people in both.items()}
    assert pass_along(moves) == counted
    assert pass_along(moves) == {key: Held() for key in both} == held(both)


def moved_and_back(account: Account, people: list[Any], taker: Member, counted: dict[Any, Held]) -> None:
    from django.db import transaction

    with transaction.atomic():
        assert pass_along({account.id: Move(frozenset(people), taker)}) == counted
        raise RuntimeError


def test_who_looked_after_the_customer_passes_theirs_on_too(tenant_open: World) -> None:
    """From onboarding, or from sales under a name: the owner until then holds nothing there any more."""
    world = tenant_open
    csm, ops, admin = (world.members[name] for name in ("csm", "ops", "admin"))
    account = customer(world)
    planned(account, csm, "Success", Step=admin)
    row = offered(world, account, "onb_csm", "ops", by=admin)
    assert row.giver == admin
    accept(ticked(row), ops)
    assert told(world)["plans"] == {"Success": ("ops", 2)}
    assert told(world)["steps"] == {"Step": ("ops", 2)}
    named = offered(world, Account.objects.get(), "sales_cs", "csm", giver_name="Ruth of sales", by=admin)
    accept(ticked(named), csm)
    assert told(world)["steps"] == {"Step": ("csm", 3)}


@pytest.mark.parametrize("end", ["declined", "withdrawn", "sales"])
def test_nothing_moves_without_a_yes_to_the_customer(tenant_open: World, end: str) -> None:
    """Declined, withdrawn, or passed to sales, which gets a task and no customer: everything stays where it was."""
    world = tenant_open
    account, ops = fill(world), world.members["ops"]
    before = told(world)
    row = ticked(offered(world, account, "csm_sales" if end == "sales" else "csm_csm"))
    if end == "sales":
        row = accept(row, ops)
        Task.objects.get(external_id=f"handoff-{row.id}").delete()
    elif end == "declined":
        row = services.answer_handoff(handoff=row, state="declined", version=None, by=ops, answer="Full")
    else:
        row = services.withdraw_handoff(handoff=row, version=None, by=world.members["csm"])
        with pytest.raises(DomainError):
            accept(row, ops)
    assert told(world) == before
    assert Held.of(Handoff.objects.get(id=row.id)) == Held()


def test_back_again_takes_what_is_open_then(tenant_open: World) -> None:
    """Undoing is a handoff back: what is open goes back, what was done meanwhile stays with who did it."""
    world = tenant_open
    csm, ops = world.members["csm"], world.members["ops"]
    account = fill(world)
    accept(ticked(offered(world, account)), ops)
    finish_task(task=Task.objects.get(title="mine"), version=None, by=ops)
    Milestone.objects.filter(name="Data").update(done_on=world.tenant.today(), done_by=ops)
    back = ticked(offered(world, Account.objects.select_related("owner").get(id=account.id), taker="csm", by=ops))
    back = accept(back, csm)
    assert Held.of(back) == Held(tasks=2, plans=2, milestones=2)  # with the taker's own task of before
    found = told(world)
    assert found["tasks"]["mine"][0] == "ops"
    assert found["tasks"]["of the part"][0] == "csm"
    assert found["steps"]["Data"][0] == "ops"
    assert found["plans"]["Ours"][0] == "csm"
    reopen_task(task=Task.objects.get(title="mine"), version=None, by=ops)
    assert told(world)["tasks"]["mine"][0] == "ops"


@pytest.mark.parametrize("place", ["pass_along", "put", "announce"])
def test_a_crash_moves_nothing_and_the_answer_again_moves_all(
    tenant_open: World, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """RELIABILITY: owner, tasks, plans, milestones and answer in one transaction, whichever step dies."""
    world = tenant_open
    account, ops = fill(world), world.members["ops"]
    row = ticked(offered(world, account))
    before = told(world)
    usual = getattr(services, place)

    def dies(*args: Any, **values: Any) -> Any:
        usual(*args, **values)
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(services, place, dies)
        with pytest.raises(RuntimeError):
            accept(row, ops)
    assert told(world) == before
    assert Handoff.objects.get(id=row.id).state == HandoffState.OPEN
    accept(row, ops)
    assert told(world) == AFTER


def test_a_book_that_moves_at_once_takes_the_work_along(tenant_open: World, django_assert_max_num_queries: Any) -> None:
    """ROL-02: reassignment of who left: counted for each customer, kept as a handoff with the reason, whatever the number of
    customers; a second time there is nothing to pass on."""
    world = tenant_open
    csm, ops, admin = (world.members[name] for name in ("csm", "ops", "admin"))
    account = fill(world)
    for n in range(12):
        more = customer(world, f"More {n}")
        planned(more, csm, f"Plan {n}", **{f"Step {n}": csm})
        add_task(title=f"Task {n}", due_on=world.tenant.today(), by=None, account=more, owner=csm)
    Member.objects.filter(id=csm.id).update(is_active=False)
    chosen = Account.objects.filter(owner=csm, merged_into=None).exclude(name="Other")
    plan, seen = {row.id: ops.id for row in chosen}, {row.id: csm.id for row in chosen}
    with django_assert_max_num_queries(40):
        done = carry_out(plan=plan, seen=seen, reason="Maya left", at_once=True, by=admin)
    assert (done.offered, done.moved, done.along) == (0, 13, Held(14, 14, 15))
    found = told(world)
    assert {name: found["tasks"][name] for name in AFTER["tasks"]} == AFTER["tasks"]
    assert {name: found["steps"][name] for name in AFTER["steps"]} == AFTER["steps"]
    row = Handoff.objects.get(account=account)
    assert (row.state, row.reason, Held.of(row)) == ("accepted", "Maya left", Held(2, 2, 3))
    assert cells.answered_text(row) == "Administrator on behalf of Ops Person"
    with pytest.raises(DomainError):
        carry_out(plan=plan, seen=dict.fromkeys(plan, ops.id), reason="Again", at_once=True, by=admin)
    assert told(world) == found
