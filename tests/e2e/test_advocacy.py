"""Advocacy as a person works it: from a state that says why, to a person with consent, an ask of a request and its answer, an
asset through legal, a referral to the contract; by keyboard, in both themes and on a phone (ADV-01 to ADV-05)."""

import re

import pytest
from playwright.sync_api import Page, expect

from advocacy import services
from advocacy.models import Advocate, Ask, Asset, Referral
from cs_platform.kernel import queue
from tests.advocacy.advocacy_facts import account, ago, person, qualified
from tests.advocacy.test_program import candidates, request
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch, live_server) -> World:
    """A candidate of each standing, a further one to enrol, a request, an asset, referrals."""
    monkeypatch.setattr(queue, "wake_workers", [])
    world = make_world("acme", "Acme Cloud")
    with world.open():
        people = candidates(world)
        row = account(world, "A-1", name="Halcyon Freight")
        qualified(row)
        person(row, name="Ruth Okafor")
        request(
            world,
            industry="Logistics",
            users=1000,
            deal_minor=31_000_000,
            text="A call of 20 minutes",
            asked_by="Nora Feld",
        )
        services.add_asset(account=people["ready"].account, kind="case_study", title="Three units in a year", by=None)
        lead = services.add_referral(account=people["ready"].account, prospect="Corvid Rail", asked_on=ago(40), by=None)
        services.move_referral(referral=lead, state="introduced", on=ago(20), version=None, by=None)
        account(world, "N-1", name="Corvid Rail and Sea", customer_since=ago(3))
        services.make_gathering(name="Advisory board", kind="board", held_on=ago(2), by=None)
    return world


def test_from_the_state_to_the_ask_and_its_answer(world: World, page: Page, live_server) -> None:
    """ADV-01, ADV-03: the state opens its reasons; enrolled with consent, asked for a request, answered; all by keyboard."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/advocacy/")
    look(page, "advocacy")
    drawer = page.locator("#drawer-body")
    page.get_by_role("link", name="May not be asked: why, Customer blocked").press("Enter")
    expect(drawer.get_by_text("Nobody is marked as champion")).to_be_visible()
    look(page, "advocacy-why")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="May be enrolled: why, Halcyon Freight").press("Enter")
    drawer.get_by_role("link", name="Enrol somebody").press("Enter")
    drawer.get_by_label("Consent", exact=True).select_option("name")
    look(page, "advocacy-enrol")
    drawer.get_by_role("button", name="Enrol").press("Enter")
    expect(page.get_by_role("heading", name="In the program")).to_be_visible()
    look(page, "advocacy-account")
    page.goto(f"{live_server.url}/t/acme/advocacy/")
    page.get_by_role("link", name="Ask Ruth Okafor").press("Enter")
    expect(drawer.get_by_label("For whom")).to_contain_text("Tidewater Ports")
    drawer.get_by_role("button", name="Ask").press("Enter")
    expect(page.get_by_text("Ruth Okafor is asked.")).to_be_visible()
    with world.open():
        made = Ask.objects.get(advocate__contact__name="Ruth Okafor")
        assert (made.kind, made.request.prospect, made.request.state) == ("reference", "Tidewater Ports", "matched")
        row = made.advocate.account
    page.goto(f"{live_server.url}/t/acme/accounts/{row.id}/advocacy/")
    page.get_by_role("link", name="Answer", exact=True).press("Enter")
    drawer.get_by_label("Answer", exact=True).select_option("declined")
    drawer.get_by_role("button", name="Save answer").press("Enter")
    expect(drawer.get_by_text("Say why: the program learns from it.").first).to_be_visible()
    drawer.get_by_label("Why not").select_option("legal")
    drawer.get_by_role("button", name="Save answer").press("Enter")
    expect(page.get_by_text("Legal or procurement")).to_be_visible()
    with world.open():
        assert Advocate.objects.filter(contact__name="Ruth Okafor").exists()


def test_lists_assets_and_referrals(world: World, page: Page, live_server) -> None:
    """ADV-02, ADV-04: views swap the list; an asset goes through legal and is shown; a referral becomes the customer."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/advocacy/")
    page.get_by_role("navigation", name="Which candidates").get_by_role("link", name="Resting").click()
    expect(page.get_by_role("region", name="Candidates").get_by_role("row")).to_have_count(2)
    expect(page).to_have_url(f"{live_server.url}/t/acme/advocacy/?view=resting")
    field = page.get_by_role("searchbox", name="Name of an account")
    field.press_sequentially("customer resting")
    expect(page).to_have_url(re.compile("q=customer"))
    expect(field).to_be_focused()
    page.get_by_role("navigation", name="Which candidates").get_by_role("link", name="Legal").click()
    expect(page.get_by_text("Nobody fits this view and its filters.")).to_be_visible()
    page.goto(f"{live_server.url}/t/acme/advocacy/assets/")
    look(page, "advocacy-assets")
    page.get_by_role("link", name="Three units in a year").click()
    page.get_by_role("link", name="Legal").click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_label("Legal").select_option("approved")
    drawer.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Shown to somebody").click()
    drawer.get_by_label("For whom").fill("Meridian Rail")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Shown to").get_by_text("Meridian Rail")).to_be_visible()
    look(page, "advocacy-asset")
    page.get_by_role("link", name="What came of it: Meridian Rail").press("Enter")
    drawer.get_by_label("The deal was won").select_option("yes")
    drawer.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("shown 1 time in 12 months, 1 deal won")).to_be_visible()
    page.goto(f"{live_server.url}/t/acme/advocacy/referrals/")
    look(page, "advocacy-referrals")
    page.get_by_role("link", name="Move on: Corvid Rail").click()
    drawer.get_by_label("It is now").select_option("won")
    drawer.get_by_label("New customer").select_option(label="Corvid Rail and Sea")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Corvid Rail and Sea")).to_be_visible()
    for name in ("requests", "gatherings"):
        page.goto(f"{live_server.url}/t/acme/advocacy/{name}/")
        look(page, f"advocacy-{name}")
    page.get_by_role("link", name="Advisory board").click()
    look(page, "advocacy-gathering")
    page.goto(f"{live_server.url}/t/acme/advocacy/requests/")
    page.get_by_role("link", name="Tidewater Ports").click()
    look(page, "advocacy-request")
    with world.open():
        assert Asset.objects.get().legal == "approved"
        assert Referral.objects.get(prospect="Corvid Rail").customer.external_id == "N-1"
