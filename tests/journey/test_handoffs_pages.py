"""The pages of handoffs: lists, drawer, answers, the card of an account, the inbox, by role (ROL-02, PAGES, ROL-01)."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, Member
from journey.handoffs import services
from journey.models import Handoff
from tests.conftest import World
from tests.journey.test_handoffs import customer, offered, ticked

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
DRAWER = {"HX-Request": "true", "HX-Target": "drawer-body"}


def url(world: World, name: str, *args: Any) -> str:
    return reverse(name, args=[world.tenant.slug, *args])


def text(answer: Any) -> str:
    assert answer.status_code in (200, 422), answer.status_code
    return str(answer.content.decode())


def fill(world: World, count: int = 1, mark: str = "") -> list[Handoff]:
    """For the operator: late ones; of their own to the CSM; one that is over; new customers without one."""
    today, made = world.tenant.today(), []
    with world.open():
        for n in range(count):
            late = offered(world, customer(world, f"Halcyon {n}{mark}", health_band="red", mrr_minor=100_000))
            Handoff.objects.filter(id=late.id).update(due_on=today - 2 * DAY)
            given = offered(
                world,
                customer(world, f"Given {n}{mark}", "ops"),
                "onb_csm",
                "csm",
                by=world.members["ops"],
                due_on=today,
            )
            over = offered(world, customer(world, f"Over {n}{mark}"), "sales_cs", giver_name="Ruth of sales")
            services.answer_handoff(
                handoff=over, state="declined", version=None, by=world.members["ops"], answer="No budget for them"
            )
            customer(world, f"New {n}{mark}", None, customer_since=today - DAY, signed_on=today - DAY)
            made += [late, given, over]
    return made


def test_each_list_holds_its_own_and_says_how_many(worlds: tuple[World, World]) -> None:
    """ROL-02: for me, given by me, all, over, not handed over; counts; never another company's."""
    world, rival = worlds
    fill(world)
    with rival.open():
        offered(rival, customer(rival, "Foreign"))
    ops = world.client("ops")
    page = text(ops.get(url(world, "handoffs")))
    assert "Halcyon 0" in page
    assert "2 days late" in page
    assert "1 waits for you · 1 late" in page
    for other in ("Given 0", "Over 0", "New 0", "Foreign"):
        assert other not in page, other
    for view, name in (("given", "Given 0"), ("team", "Given 0"), ("ended", "Over 0"), ("missing", "New 0")):
        assert name in text(ops.get(url(world, "handoffs") + f"?view={view}")), view
    ended = text(ops.get(url(world, "handoffs") + "?view=ended"))
    assert "No budget for them" in ended
    assert "Ruth of sales to Ops Person" in ended
    counted = [str(tab["count"]) for tab in ops.get(url(world, "handoffs")).context["tabs"]]
    assert counted == ["1", "1", "2", "1", "1"]
    csm = world.client("csm").get(url(world, "handoffs"))
    assert [str(tab["count"]) for tab in csm.context["tabs"]] == ["1", "1", "1", "0"]  # own scope has no team


def test_filters_narrow_and_an_empty_list_says_so(world: World) -> None:
    fill(world)
    ops, page = world.client("ops"), url(world, "handoffs")
    assert "Halcyon 0" in text(ops.get(page + "?kind=csm_csm"))
    assert "No handoff fits the filters" in text(ops.get(page + "?kind=csm_sales"))
    assert "Halcyon 0" in text(ops.get(page + "?view=team&due=late"))
    assert "Given 0" not in text(ops.get(page + "?view=team&due=late"))
    assert "Nothing waits for you" in text(world.client("executive").get(page))
    piece = text(ops.get(page, headers={"HX-Request": "true", "HX-Target": "handoffs-found"}))
    assert piece.lstrip().startswith('<section class="card" id="handoffs-found"')


@pytest.mark.parametrize("query", ["view=x&kind=x&due=x", "view=team", "page=0", "page=99999", "page=²", "kind=%00"])
def test_strange_addresses_show_the_page(world: World, query: str) -> None:
    assert world.client("csm").get(url(world, "handoffs") + f"?{query}").status_code == 200


def test_ticks_and_yes_in_the_drawer(world: World) -> None:
    """ROL-02: with checklist: refused in place while a required check is open and no reason is given, then accepted."""
    row = fill(world)[0]
    ops = world.client("ops")
    drawer = text(ops.get(url(world, "handoff", row.id), headers=DRAWER))
    assert "The customer knows why, and from when" in drawer
    assert "When you accept, you look after the customer" in drawer
    assert "<html" not in drawer
    answer = {"state": "accepted", "version": row.version, "answer": ""}
    refusal = ops.post(url(world, "handoff_answer", row.id), answer, headers=DRAWER)
    assert refusal.status_code == 422
    assert "say why you take the customer anyway" in text(refusal)
    check = {"item": 0, "done": 1, "version": row.version}
    drawer = text(ops.post(url(world, "handoff_check", row.id), check, headers=DRAWER))
    assert 'aria-checked="true"' in drawer
    assert ops.post(url(world, "handoff_check", row.id), check, headers=DRAWER).status_code == 409
    with world.open():
        row = ticked(row)
    done = ops.post(url(world, "handoff_answer", row.id), {**answer, "version": row.version}, headers=DRAWER)
    assert done.status_code == 204
    assert done["HX-Redirect"] == url(world, "handoffs")
    with world.open():
        assert Account.objects.get(name="Halcyon 0").owner == world.members["ops"]
    page = text(ops.get(url(world, "handoff", row.id)))
    assert "Accepted" in page
    assert "Decline" not in page


def test_without_scripts_the_forms_lead_back(world: World) -> None:
    row = fill(world)[0]
    ops, own = world.client("ops"), url(world, "handoff", row.id)
    assert ops.post(url(world, "handoff_check", row.id), {"item": 1, "done": 1}).url == own
    back = url(world, "account", row.account_id)
    answered = ops.post(
        url(world, "handoff_answer", row.id), {"state": "declined", "answer": "My book is full", "back": back}
    )
    assert answered.url == back
    foreign = ops.post(
        url(world, "handoff_answer", row.id), {"state": "declined", "answer": "x", "back": "//evil.example"}
    )
    assert foreign.url == url(world, "handoffs")


def test_a_version_that_is_old_is_a_conflict(world: World) -> None:
    row = fill(world)[0]
    with world.open():
        services.tick(handoff=row, position=0, done=True, version=None, by=None)
    answer = world.client("ops").post(
        url(world, "handoff_answer", row.id), {"state": "declined", "answer": "x", "version": row.version}
    )
    assert answer.status_code == 409


def test_who_may_not_answer_is_offered_nothing_and_refused(world: World) -> None:
    """ROL-01: the giver may withdraw and not accept; a reader reads; a stranger finds nothing."""
    row = fill(world)[0]
    csm = world.client("csm")
    page = text(csm.get(url(world, "handoff", row.id)))
    assert "Withdraw the offer" in page
    assert ">Accept<" not in page.replace("</svg>", "")
    verdict = {"state": "accepted", "answer": "Mine"}
    assert csm.post(url(world, "handoff_answer", row.id), verdict).status_code == 403
    reader = world.client("executive")
    page = text(reader.get(url(world, "handoff", row.id)))
    for word in ("Withdraw the offer", 'value="accepted"'):
        assert word not in page
    assert reader.post(url(world, "handoff_answer", row.id), verdict).status_code == 403
    stranger = world.client("leader")  # of another team
    assert stranger.get(url(world, "handoff", row.id)).status_code == 404
    assert stranger.post(url(world, "handoff_answer", row.id), verdict).status_code == 404
    assert csm.post(url(world, "handoff_withdraw", row.id), {"version": row.version}).status_code == 302
    with world.open():
        assert Handoff.objects.get(id=row.id).state == "withdrawn"


def test_a_leader_is_told_that_the_taker_left(world: World) -> None:
    row = fill(world)[0]
    with world.open():
        Member.objects.filter(id=world.members["ops"].id).update(is_active=False)
    admin = world.client("admin")
    page = text(admin.get(url(world, "handoff", row.id)))
    assert "accept and take the customer over yourself" in page
    assert "Halcyon 0" in text(admin.get(url(world, "handoffs")))
    assert "A leader answers it" in text(world.client("csm").get(url(world, "handoff", row.id)))


def test_a_customer_is_passed_on_from_their_page(worlds: tuple[World, World]) -> None:
    """The form of the drawer: refused with the field, then offered, once; the card of the overview shows it."""
    world, rival = worlds
    with world.open():
        account = customer(world)
    with rival.open():
        foreign = customer(rival)
    csm = world.client("csm")
    form = url(world, "handoff_new", account.id)
    assert "Pass on Halcyon" in text(csm.get(form + "?kind=csm_sales", headers=DRAWER))
    values = {
        "kind": "csm_csm", "taker": world.members["csm"].id, "reason": "Maya takes the north",
        "due_on": world.tenant.today().isoformat(), "added": "Keys\nCodes",
    }  # fmt: skip
    refusal = csm.post(form, values, headers=DRAWER)
    assert refusal.status_code == 422
    assert "Nobody passes a customer on to themselves" in text(refusal)
    values["taker"] = world.members["ops"].id
    assert csm.post(form, values).url == url(world, "account", account.id)
    again = csm.post(form, values)
    assert again.status_code == 409
    assert "waits for its answer already" in again.content.decode()
    assert csm.post(form, {**values, "taker": rival.members["csm"].id}).status_code == 422
    assert csm.get(url(world, "handoff_new", foreign.id)).status_code == 404
    with world.open():
        row = Handoff.objects.get()
        assert (row.giver, row.created_by) == (world.members["csm"], world.members["csm"])
        assert [item["text"] for item in row.checklist][-2:] == ["Keys", "Codes"]
    card = csm.get(
        url(world, "account_handoffs", account.id), headers={"HX-Request": "true", "HX-Target": "account-handoffs"}
    )
    assert "Maya takes the north" in text(card)
    assert "0 of 8 checks" in text(card)
    assert "account-handoffs" in text(csm.get(url(world, "account", account.id)))
    assert "Handoff" in text(csm.get(url(world, "account_history", account.id)))


def test_a_name_without_a_login_gives(world: World) -> None:
    with world.open():
        account = customer(world, owner=None)
    values = {
        "kind": "sales_cs", "taker": world.members["csm"].id, "giver": world.members["admin"].id,
        "giver_name": "Ruth of sales", "reason": "Signed", "due_on": world.tenant.today().isoformat(),
    }  # fmt: skip
    assert world.client("admin").post(url(world, "handoff_new", account.id), values).status_code == 302
    with world.open():
        assert (Handoff.objects.get().giver, Handoff.objects.get().giver_name) == (None, "Ruth of sales")


def test_the_inbox_says_what_waits_for_me(worlds: tuple[World, World]) -> None:
    """PAGES: a card with the handoffs that wait for my answer, part of the number beside the inbox; K opens the drawer."""
    world, rival = worlds
    row = fill(world)[0]
    with rival.open():
        offered(rival, customer(rival, "Foreign"))
    answer = world.client("ops").get(url(world, "inbox"))
    assert 'id="inbox-handoffs"' in text(answer)
    assert "Halcyon 0: CSM to CSM" in text(answer)
    assert "Foreign" not in text(answer)
    assert answer.context["ui"].inbox_count == 1
    assert reverse("handoff", args=[world.tenant.slug, row.id]) in text(answer)
    assert 'id="inbox-handoffs"' not in text(world.client("executive").get(url(world, "inbox")))


def test_pages_ask_the_same_number_of_queries(world: World) -> None:
    """As many rows as there are, as many questions as for one."""
    rows = fill(world)
    ops = world.client("ops")
    paths = [url(world, "handoffs") + f"?view={view}" for view in ("waiting", "given", "team", "ended", "missing")]
    paths += [
        url(world, "inbox"),
        url(world, "handoff", rows[0].id),
        url(world, "account_handoffs", rows[0].account_id),
    ]
    ops.get(paths[0])

    def asked() -> list[int]:
        found = []
        for path in paths:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert ops.get(path).status_code == 200
            found.append(len(queries))
        return found

    few = asked()
    rows = fill(world, 6, "b")
    paths[-2:] = [url(world, "handoff", rows[0].id), url(world, "account_handoffs", rows[0].account_id)]
    many = asked()
    assert many[:5] == few[:5]
    assert many[5] <= few[5] + 1  # how many there are beyond those that the card shows
    assert many[6:] == few[6:]
    assert max(many) <= 24, many
