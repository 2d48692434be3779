"""Handoffs in a real browser: passed on, ticked, accepted by keys, from the inbox, on a phone, in both themes (ROL-02)."""

import datetime as dt

import pytest

from accounts.models import Account
from cs_platform.kernel import queue
from journey.handoffs import services
from journey.models import Handoff
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch) -> World:
    monkeypatch.setattr(queue, "wake_workers", [])
    return make_world("acme", "Acme Cloud")


def fill(world: World) -> None:
    """One that waits for the CSM and is late, one that they gave, one that is over, a new customer nobody passed on."""
    today, csm, ops = world.tenant.today(), world.members["csm"], world.members["ops"]
    with world.open():
        accounts = [
            Account.objects.create(
                external_id=f"A-{n}", name=name, owner=owner, status="live", mrr_minor=3_433_000, health_band="yellow",
                signed_on=today - dt.timedelta(days=400), renews_on=today + dt.timedelta(days=38),
            )
            for n, (name, owner) in enumerate((("Halcyon Freight", ops), ("Greyfield Media", csm), ("Oakhaven", csm)))
        ]  # fmt: skip
        late = services.offer_handoff(
            account=accounts[0], kind="csm_csm", taker=csm, by=ops, reason="The north is yours from December",
            note="Their steering group meets on the first Tuesday.",
        )  # fmt: skip
        Handoff.objects.filter(id=late.id).update(due_on=today - dt.timedelta(days=2))
        services.offer_handoff(
            account=accounts[1], kind="csm_sales", taker=ops, by=csm, reason="Two departments want seats"
        )
        over = services.offer_handoff(
            account=accounts[2], kind="sales_cs", taker=csm, by=None, giver_name="Ruth of sales", reason="Signed"
        )
        services.answer_handoff(handoff=over, state="declined", answer="No contract yet", version=None, by=csm)
        Account.objects.create(external_id="N", name="Volta Charging", customer_since=today, signed_on=today)


def test_a_customer_is_taken_over_by_keys(page, live_server, world: World, problems) -> None:
    """The inbox leads to the drawer; a tick and its note keep the focus; yes is refused in place, then said."""
    fill(world)
    sign_in(page, live_server, world, "csm")
    page.goto(live_server.url + world.url("inbox/"))
    page.locator("#inbox-handoffs").wait_for()
    look(page, "inbox-handoffs")
    page.locator("#main").focus()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Halcyon Freight: CSM to CSM"
    page.keyboard.press("Enter")
    drawer = page.locator("#drawer-body")
    drawer.get_by_text("Their steering group meets").wait_for()
    look(page, "handoff")
    first = drawer.get_by_role("checkbox").first
    first.focus()
    page.keyboard.press("Space")
    drawer.locator(".todo .done").wait_for()
    assert page.evaluate("document.activeElement.id") == "check-0"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # its note
    page.keyboard.press("Tab")
    page.keyboard.type("Told on Monday")
    page.keyboard.press("Enter")
    drawer.locator("summary", has_text="Told on Monday").wait_for()
    assert page.evaluate("document.activeElement.id") == "note-0"
    look(page, "handoff-noted")
    drawer.get_by_role("button", name="Accept").click()
    drawer.get_by_text("say why you take the customer anyway").wait_for()
    problems[:] = [each for each in problems if "422" not in each]  # Chromium's own word for a form with an error
    look(page, "handoff-refused")
    drawer.locator("#id_answer").fill("I know them from before")
    drawer.get_by_role("button", name="Accept").click()
    page.get_by_text("Accepted: Halcyon Freight").wait_for()
    with world.open():
        assert Account.objects.get(external_id="A-0").owner == world.members["csm"]


def test_lists_and_the_form(page, live_server, world: World, problems) -> None:
    """Each list in place, with an address of its own; a customer is passed on from their page."""
    fill(world)
    sign_in(page, live_server, world, "csm")
    page.goto(live_server.url + world.url("handoffs/"))
    page.get_by_text("2 days late").wait_for()
    look(page, "handoffs")
    page.locator("#handoffs-found .views a[href*='view=ended']").click()
    page.get_by_text("No contract yet").wait_for()
    assert page.url.endswith("?view=ended")
    look(page, "handoffs-over")
    page.get_by_label("Kind").select_option("csm_sales")
    page.get_by_text("No handoff fits the filters").wait_for()
    with world.open():
        account = Account.objects.get(external_id="A-2")
    page.goto(live_server.url + world.url(f"accounts/{account.id}/"))
    page.locator("#account-handoffs").get_by_role("link", name="Pass on").click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_label("Passed on to").select_option("Ops Person")
    drawer.get_by_label("Reason").fill("Maya takes the west")
    look(page, "handoff-form")
    drawer.get_by_role("button", name="Offer it").click()
    page.get_by_text("Offered: Oakhaven").wait_for()
    page.locator("#account-handoffs").get_by_text("Maya takes the west").wait_for()
    look(page, "account-handoffs")


def test_on_a_phone(page, live_server, world: World, problems) -> None:
    """At 390 px the drawer is read, ticked and declined; who leads sees who was never handed over."""
    fill(world)
    sign_in(page, live_server, world, "csm")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(live_server.url + world.url("handoffs/"))
    page.get_by_role("link", name="Halcyon Freight").click()
    drawer = page.locator("#drawer-body")
    drawer.locator("#id_answer").fill("My book is full")
    drawer.get_by_role("button", name="Decline").click()
    page.get_by_text("Declined: Halcyon Freight").wait_for()
    page.get_by_text("Nothing waits for you").wait_for()
    page.context.clear_cookies()
    sign_in(page, live_server, world, "ops")
    page.goto(live_server.url + world.url("handoffs/?view=missing"))
    page.get_by_role("link", name="Hand over: Volta Charging").click()
    drawer.get_by_label("Or by name").wait_for()
    look(page, "handoff-missing")
