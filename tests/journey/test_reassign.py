"""The reassignment preview: what it counts, what it proposes, what is sent, and that nothing moves before (ROL-02)."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, AccountChange, Contact, Member, Team
from accounts.services import add_member
from cs_platform.kernel.errors import Conflict, DomainError
from journey.enums import HandoffState
from journey.handoffs import books, planning
from journey.handoffs.holdings import Held
from journey.handoffs.reassign import Done, carry_out
from journey.handoffs.services import answer_handoff, offer_handoff
from journey.models import Handoff, Task
from journey.work import services
from tests.conftest import World

pytestmark = pytest.mark.django_db


def someone(world: World, name: str, language: str = "", team: Team | None = None) -> Member:
    member = add_member(email=f"{name.lower()}@{world.tenant.slug}.example", name=name, role="csm", team=team)
    member.user.language = language
    member.user.save()
    member.tenant = world.tenant
    world.members[name.lower()] = member
    return member


def customer(name: str, owner: Member | None, **fields: Any) -> Account:
    values: dict[str, Any] = {"status": "live", "mrr_minor": 1000} | fields
    return Account.objects.create(external_id=name, name=name, owner=owner, **values)


def leave(member: Member) -> None:
    member.is_active = False
    member.save()


def send(
    world: World, plan: dict[UUID, UUID], *, at_once: bool = False, reason: str = "Maya leaves", by: str = "admin"
) -> Done:
    seen = dict(Account.objects.filter(id__in=plan).values_list("id", "owner_id"))
    return carry_out(plan=plan, seen=seen, reason=reason, at_once=at_once, by=world.members[by])


def test_what_a_book_weighs_is_the_sum_of_its_customers(tenant_open: World) -> None:
    """ROL-02: load of a person and of their customers are one arithmetic: 13 points for the example, tasks once."""
    csm, today = tenant_open.members["csm"], tenant_open.tenant.today()
    soon = today + dt.timedelta(days=90)
    first = customer("A", csm, tier="high_touch", health_band="red", renews_on=soon)
    customer("B", csm, tier="tech_touch", health_band="yellow", renews_on=soon + dt.timedelta(days=1))
    customer("C", csm)
    customer("Left", csm, status="churned")
    customer("Part", csm, merged_into=first)
    for _n in range(2):
        services.add_task(title="Call", due_on=today, by=None, account=first)
    services.add_task(title="Somebody else's", due_on=today, by=None, account=first, owner=tenant_open.members["ops"])
    rows = books.read(books.book(tenant_open.members["admin"], str(csm.id), []), today)
    loads = [row.customer.load for row in rows]
    assert sorted(load.points for load in loads) == [2, 3, 13]
    (person,) = books.people([csm], today)
    total = planning.Load()
    for load in loads:
        total += load
    assert person.load == total
    assert (total.accounts, total.renewals, total.red, total.yellow, total.tasks, total.mrr) == (3, 1, 1, 1, 2, 3000)


def test_whose_books_a_leader_sees(worlds: tuple[World, World]) -> None:
    """ROL-01: the team's, with those who left and still own customers; never another company's."""
    world, rival = worlds
    with rival.open():
        alien = customer("Theirs", rival.members["csm"])
    with world.open():
        team = Team.objects.create(name="North", leader=world.members["leader"])
        maya, tom = someone(world, "Maya", team=team), someone(world, "Tom", team=team)
        customer("A", maya)
        customer("B", world.members["csm"])
        leave(maya)
        leader = world.members["leader"]
        assert books.givers(leader) == [maya]
        assert set(books.takers(leader)) == {leader, tom}
        assert set(books.givers(world.members["admin"])) == {maya, world.members["csm"]}
        assert not books.book(leader, str(world.members["csm"].id), []).exists()
        chosen = [alien.id, *Account.objects.values_list("id", flat=True)]
        assert len(books.book(world.members["admin"], "", chosen)) == 2


def test_proposal_prefers_the_language_and_spreads(tenant_open: World) -> None:
    """ROL-02: who speaks the customer's language is asked where people carry about the same."""
    today = tenant_open.tenant.today()
    maya, tom, putri = (
        someone(tenant_open, "Maya"),
        someone(tenant_open, "Tom", "en"),
        someone(tenant_open, "Putri", "id"),
    )
    account = customer("Jakarta", maya)
    Contact.objects.create(account=account, external_id="C", name="Ayu", language="id")
    for n in range(4):
        customer(f"N{n}", maya)
    rows = books.read(books.book(tenant_open.members["admin"], str(maya.id), []), today)
    people = books.people([tom, putri], today)
    plan = planning.propose([row.customer for row in rows], people)
    assert plan[account.id] == putri.id
    counts = [list(plan.values()).count(one.id) for one in (tom, putri)]
    assert sorted(counts) == [2, 3]


def test_offers_wait_and_nothing_moves(tenant_open: World) -> None:
    """ROL-02: sending a plan asks each taker; the owner changes when they accept."""
    maya, tom = someone(tenant_open, "Maya"), someone(tenant_open, "Tom")
    account, stays = customer("A", maya), customer("B", maya)
    assert send(tenant_open, {account.id: tom.id, stays.id: maya.id}) == Done(offered=1)
    account.refresh_from_db()
    assert account.owner == maya
    handoff = Handoff.objects.get()
    assert (handoff.giver, handoff.taker, handoff.reason, handoff.state) == (
        maya,
        tom,
        "Maya leaves",
        HandoffState.OPEN,
    )
    answer_handoff(handoff=handoff, state=HandoffState.ACCEPTED, version=None, by=tom, answer="Gladly")
    account.refresh_from_db()
    assert account.owner == tom


def test_what_nobody_looks_after_moves_at_once_when_asked(tenant_open: World) -> None:
    """ROL-02: of who left, dated like any change of owner, with the open tasks there; of who is here only offered."""
    maya, tom, ida = (someone(tenant_open, name) for name in ("Maya", "Tom", "Ida"))
    left, orphan, here = customer("A", maya), customer("B", None), customer("C", ida)
    part = customer("Part", maya, merged_into=left)
    today = tenant_open.tenant.today()
    tasks = [services.add_task(title="Call", due_on=today, by=None, account=one) for one in (left, part)]
    done = services.add_task(title="Done", due_on=today, by=None, account=left)
    services.finish_task(task=done, version=None, by=maya)
    leave(maya)
    plan = {left.id: tom.id, orphan.id: tom.id, here.id: tom.id}
    assert send(tenant_open, plan, at_once=True) == Done(offered=1, moved=2, along=Held(tasks=2))
    assert set(Account.objects.filter(owner=tom)) == {left, orphan}
    assert set(Task.objects.filter(owner=tom)) == set(tasks)
    assert Handoff.objects.get(state="open").account == here
    kept = Handoff.objects.get(account=left)
    assert (kept.state, kept.giver, kept.taker, kept.reason) == ("accepted", maya, tom, "Maya leaves")
    assert (kept.answered_by, kept.moved_tasks) == (tenant_open.members["admin"], 2)
    assert Handoff.objects.get(account=orphan).giver == tenant_open.members["admin"]
    change = AccountChange.objects.filter(account=left, attribute="owner").latest("recorded_at")
    assert change.effective_on == today
    again = {key: taker for key, taker in plan.items() if key != here.id}
    with pytest.raises(DomainError, match="Nobody passes on"):
        send(tenant_open, again, at_once=True)


def test_without_the_tick_who_left_is_offered_too(tenant_open: World) -> None:
    """ROL-02: nothing moves at once unless it is ticked."""
    maya, tom = someone(tenant_open, "Maya"), someone(tenant_open, "Tom")
    account = customer("A", maya)
    leave(maya)
    assert send(tenant_open, {account.id: tom.id}) == Done(offered=1)
    account.refresh_from_db()
    assert account.owner == maya


def test_a_stale_plan_sends_nothing(worlds: tuple[World, World]) -> None:
    """ROL-02: another owner meanwhile, a handoff that waits, a customer or taker of another company: all or none."""
    world, rival = worlds
    with rival.open():
        alien, stranger = customer("A", rival.members["csm"]), someone(rival, "Tom")
    with world.open():
        maya, tom = someone(world, "Maya"), someone(world, "Tom")
        one, two = customer("A", maya), customer("B", maya)
        plan = {one.id: tom.id, two.id: tom.id}
        seen: dict[UUID, UUID | None] = {one.id: maya.id, two.id: world.members["csm"].id}
        admin = world.members["admin"]
        with pytest.raises(Conflict, match="B has another owner"):
            carry_out(plan=plan, seen=seen, reason="x", at_once=True, by=admin)
        with pytest.raises(Conflict):
            carry_out(plan={alien.id: tom.id}, seen={}, reason="x", at_once=True, by=admin)
        with pytest.raises(DomainError) as refused:
            send(world, {one.id: stranger.id})
        assert set(refused.value.fields) == {"to"}
        with pytest.raises(DomainError) as refused:
            send(world, plan, reason="  ")
        assert set(refused.value.fields) == {"reason"}
        offer_handoff(account=two, kind="csm_csm", taker=tom, reason="Before", by=maya)
        with pytest.raises(Conflict, match="B: "):
            send(world, plan)
        assert Handoff.objects.count() == 1
        with pytest.raises(Conflict):
            send(world, {one.id: world.members["leader"].id}, by="leader")
    with rival.open():
        assert not Handoff.objects.exists()


def test_page_shows_a_plan_takes_changes_and_sends(worlds: tuple[World, World]) -> None:
    """ROL-02: preview, a row changed by hand, the file, the reason that is missing, and the plan sent."""
    world, rival = worlds
    for each in worlds:
        with each.open():
            maya, tom, ida = (someone(each, name) for name in ("Maya", "Tom", "Ida"))
            customer(f"Halcyon {each.tenant.slug}", maya, mrr_minor=9000, tier="high_touch")
            customer("=Juniper", maya)
    client = world.client("admin")
    assert "Choose a book" in client.get(world.url("reassign/")).content.decode()
    maya, tom, ida = (world.members[name] for name in ("maya", "tom", "ida"))
    query = f"reassign/?from={maya.id}&to={tom.id}&to={ida.id}"
    text = client.get(world.url(query)).content.decode()
    assert "Halcyon acme" in text
    assert "Halcyon rival" not in text
    assert "2 customers" in text
    with world.open():
        first, second = Account.objects.order_by("-mrr_minor")
    data: dict[str, Any] = {
        "from": str(maya.id), "to": [str(tom.id), str(ida.id)],
        f"take-{first.id}": str(ida.id), f"take-{second.id}": "", f"had-{first.id}": str(maya.id), f"had-{second.id}": str(maya.id),
    }  # fmt: skip
    piece = client.post(world.url("reassign/"), data, headers={"HX-Request": "true", "HX-Target": "reassign-people"})
    assert "1 customer, " in piece.content.decode()
    assert "<html" not in piece.content.decode()
    lines = client.post(world.url("reassign/plan.csv"), data).content.decode().splitlines()
    assert lines[1].startswith('"Halcyon acme","Halcyon acme"')
    assert lines[1].endswith('"Ida","ida@acme.example"')
    assert lines[2].startswith('"\'=Juniper"')
    assert lines[2].endswith('"",""')
    refused = client.post(world.url("reassign/send/"), data)
    assert refused.status_code == 422
    assert "Say why the customers pass on." in refused.content.decode()
    answer = client.post(world.url("reassign/send/"), data | {"reason": "Spread"})
    assert answer.status_code == 302
    with world.open():
        assert [(row.account, row.taker) for row in Handoff.objects.all()] == [(first, ida)]
    waiting = client.get(world.url(query)).content.decode()
    assert "a handoff waits for its answer already" in waiting
    with rival.open():
        assert not Handoff.objects.exists()


@pytest.mark.parametrize("query", ["from=x&to=y&account=z", "from=none", "to=" + "0" * 36, "account=" + "f" * 400])
def test_page_bears_any_address(world: World, query: str) -> None:
    """RELIABILITY: what is not understood counts as not asked."""
    client = world.client("admin")
    assert client.get(world.url(f"reassign/?{query}")).status_code == 200
    assert client.post(world.url("reassign/send/"), {"take-x": "y", "had-": "", "reason": "x"}).status_code == 422


def test_who_sees_only_the_own_book_reassigns_nothing(world: World) -> None:
    """ROL-01: a CSM offers customers one by one; the preview is for who leads."""
    client = world.client("csm")
    assert client.get(world.url("reassign/")).status_code == 403
    assert client.post(world.url("reassign/send/"), {"reason": "x"}).status_code == 403
    assert client.post(world.url("reassign/plan.csv")).status_code == 403


def test_preview_costs_the_same_for_many_customers(world: World) -> None:
    """PERFORMANCE: the number of queries does not grow with the book."""
    with world.open():
        maya, tom = someone(world, "Maya"), someone(world, "Tom")
        customer("A", maya)
    client, path = world.client("admin"), world.url(f"reassign/?from={maya.id}&to={tom.id}")
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    with world.open():
        for n in range(20):
            customer(f"N{n}", maya)
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) == len(few) <= 25


def test_deactivating_leads_to_who_takes_over(world: World) -> None:
    """ROL-02: nobody who owns customers leaves in silence: the page says how many, and leads to the preview of their book;
    without customers it goes back to the list."""
    with world.open():
        maya, tom = someone(world, "Maya"), someone(world, "Tom")
        customer("A", maya)
        customer("Left", tom, status="churned")
    client = world.client("admin")
    assert "Maya looks after 1 customer" in client.get(world.url(f"settings/members/{maya.id}/")).content.decode()
    answer = client.post(world.url(f"settings/members/{maya.id}/access/"), {"active": "no"})
    assert answer["Location"] == world.url(f"reassign/?from={maya.id}")
    assert "Maya (has left)" in client.get(answer["Location"]).content.decode()
    answer = client.post(world.url(f"settings/members/{tom.id}/access/"), {"active": "no"})
    assert answer["Location"] == world.url("settings/members/")
