"""Expansion as a person works it: the board by keyboard and by dragging, what is held, the list with many at once, winning with what
will be written and undoing it; in both themes and on a phone (EXP-01, EXP-05)."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Subscription
from cs_platform.kernel import queue
from expansion import services
from expansion.models import Opportunity
from tests.books import Book
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in
from tests.expansion.deals import DAY, customer, deal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch, live_server) -> World:
    """Three deals of a CSM: one earned on a contract, one that is held, one in proposal by an override."""
    monkeypatch.setattr(queue, "wake_workers", [])
    world = make_world("acme", "Acme Cloud")
    csm = world.members["csm"]
    start = world.tenant.today() - 100 * DAY
    with world.open():
        corvid = customer("Corvid Logistics", owner=csm)
    Book(world).period(
        "corvid-logistics", str(start), str(start + 365 * DAY), "12000", key="S-1", interval_months="12", seats="100"
    )
    with world.open():
        period = Subscription.objects.get(external_id="S-1")
        deal(
            corvid, by=csm, name="96% of seats in use, 41 invites pending", seats=50, amount_minor=600_000,
            subscription=period, case="41 people wait for a login.",
        )  # fmt: skip
        deal(
            customer("Volta Charging", owner=csm, earned=False), name="New EU entity in the CRM", amount_minor=2_800_000
        )
        deal(
            customer("Quillon Software", owner=csm, earned=False), by=csm, name="Hit the API quota 6 days of 14",
            amount_minor=5_400_000, stage="proposal", override="Quota blocks them now",
        )  # fmt: skip
    return world


def deal_of(world: World, account: str) -> Opportunity:
    with world.open():
        return Opportunity.objects.get(account__name=account)


def test_the_board_by_keyboard_and_by_dragging(world: World, page: Page, live_server) -> None:
    """EXP-01, EXP-05: a card walks with Shift and an arrow and keeps the focus; a held one asks why and stays until that is said."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/expansion/")
    card = page.locator(".kc", has_text="Corvid Logistics")
    expect(card).to_be_visible()
    look(page, "expansion-board")
    card.focus()
    page.keyboard.press("Shift+ArrowRight")
    qualified = page.locator("[data-column=qualified]")
    expect(qualified.locator(".kc", has_text="Corvid Logistics")).to_be_focused()
    qualified.get_by_role("button", name="Move Corvid Logistics to Identified").click()
    expect(page.locator("[data-column=identified] .kc", has_text="Corvid Logistics")).to_be_focused()
    page.locator(".kc", has_text="Quillon Software").drag_to(page.locator("[data-column=commit]"))
    expect(page.locator("[data-column=commit] .kc", has_text="Quillon Software")).to_be_visible()
    page.locator(".kc", has_text="Volta Charging").drag_to(qualified)
    form = page.locator("#drawer-body")
    expect(form.get_by_text("The right to an offer is not earned").first).to_be_visible()
    expect(page.locator("[data-column=identified] .kc", has_text="Volta Charging")).to_have_count(1)
    look(page, "expansion-held")
    form.get_by_label("Why it goes on all the same").fill("The board asked for it")
    form.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("The board asked for it, Csm Person").first).to_be_visible()
    assert deal_of(world, "Volta Charging").stage == "qualified"


def test_somebody_else_moved_it_first(world: World, page: Page, live_server) -> None:
    """EXP-05: the board says both versions and reads itself anew."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/expansion/")
    expect(page.locator(".kc", has_text="Corvid Logistics")).to_be_visible()
    row = deal_of(world, "Corvid Logistics")
    with world.open():
        services.move_deal(deal=row, stage="commit", version=None, by=world.members["leader"])
    page.locator(".kc", has_text="Corvid Logistics").drag_to(page.locator("[data-column=proposal]"))
    expect(page.get_by_text("it stands at “Commit”, you wanted “Proposal”").first).to_be_visible()
    expect(page.locator("[data-column=commit] .kc", has_text="Corvid Logistics")).to_be_visible()
    assert deal_of(world, "Corvid Logistics").stage == "commit"


def test_the_list_narrows_and_gives_many_to_another(world: World, page: Page, live_server) -> None:
    """EXP-05: a search, a view, and an owner for those that are chosen."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/expansion/list/")
    expect(page.locator("#deals-found .foot").get_by_text("3 of 3 shown")).to_be_visible()
    look(page, "expansion-list")
    page.get_by_label("Find a deal").fill("volta")
    expect(page.locator("#deals-found .foot").get_by_text("1 of 1 shown")).to_be_visible()
    page.get_by_role("link", name="Open", exact=True).click()
    expect(page.locator("#deals-found .foot").get_by_text("3 of 3 shown")).to_be_visible()
    page.get_by_label("Select Volta Charging").check()
    page.get_by_label("Select Corvid Logistics").check()
    page.locator("#bulk-owner").select_option(label="Administrator")
    page.get_by_role("button", name="Set owner").click()
    expect(page.get_by_text("2 deals changed")).to_be_visible()
    assert deal_of(world, "Volta Charging").owner_id == world.members["admin"].id


def test_a_deal_is_opened_won_and_taken_back(world: World, page: Page, live_server) -> None:
    """EXP-05: a new deal in the drawer; what will be written follows the fields; it is written, and undone."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/expansion/")
    page.get_by_role("link", name="New deal").click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_label("Account").select_option(label="Quillon Software")
    drawer.get_by_role("button", name="Next").click()
    drawer.get_by_label("What it is about").fill("Second team")
    drawer.get_by_label("More a year", exact=True).fill("12000")
    look(page, "expansion-new")
    drawer.get_by_role("button", name="Open deal").click()
    expect(page.get_by_role("heading", name="Second team")).to_be_visible()
    row = deal_of(world, "Corvid Logistics")
    page.goto(f"{live_server.url}/t/acme/expansion/deals/{row.id}/")
    look(page, "expansion-deal")
    page.get_by_role("link", name="Won", exact=True).click()
    dialog = page.locator("#win-deal")
    ledger = dialog.locator("#ledger")
    expect(ledger.get_by_text("Expansion of $500.00 MRR")).to_be_visible()
    dialog.get_by_label("More a year, USD").fill("12000")
    expect(ledger.get_by_text("Expansion of $1,000.00 MRR")).to_be_visible()
    look(page, "expansion-win")
    dialog.get_by_role("button", name="Write to ledger").click()
    expect(page.get_by_text("It wrote +$1,000.00 MRR into S-1.")).to_be_visible()
    look(page, "expansion-won")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Won", exact=True)).to_be_visible()
    assert deal_of(world, "Corvid Logistics").stage == "identified"
