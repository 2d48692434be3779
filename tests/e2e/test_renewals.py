"""Renewals as a person works them: the list and its board by keyboard, the tab with a call, closing with what will be
written and undoing it; in both themes and on a phone (REN-05, REN-08, REN-10)."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from cs_platform.kernel import queue
from renewals.models import Renewal
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in
from tests.renewals.pages_world import Book

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch, live_server) -> World:
    """Three renewals of a CSM: one critical, one that signs, one that begins."""
    monkeypatch.setattr(queue, "wake_workers", [])
    world = make_world("acme", "Acme Cloud")
    book = Book(world)
    book.renewal(
        "Halcyon Freight", days=38, mrr=3_433_300, done=3, band="red", calls={"system": 34, "csm": 65, "leader": 50}
    )
    book.renewal("Quillon Software", days=48, mrr=2_650_000, done=4, calls={"system": 96, "csm": 98, "leader": 98})
    book.renewal("Arden Legal", days=73, done=1, calls={"system": 88, "csm": 95})
    return world


def test_the_list_its_views_and_the_board_by_keyboard(world: World, page: Page, live_server) -> None:
    """REN-05, REN-08: a filter, the calendar, and a card that walks with Shift and an arrow and keeps the focus."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/renewals/")
    expect(page.get_by_role("link", name="Halcyon Freight").first).to_be_visible()
    look(page, "renewals-list")
    page.get_by_role("link", name="Calendar", exact=True).click()
    expect(page.locator("table.cal")).to_be_visible()
    look(page, "renewals-calendar")
    page.get_by_role("link", name="Board", exact=True).click()
    card = page.locator(".kc", has_text="Halcyon Freight")
    expect(card).to_be_visible()
    look(page, "renewals-board")
    card.focus()
    page.keyboard.press("Shift+ArrowRight")
    column = page.locator("[data-column=talking]")
    expect(column.locator(".kc", has_text="Halcyon Freight")).to_be_focused()
    page.keyboard.press("Shift+ArrowRight")  # a proposal says first what is offered
    expect(page.get_by_text("Say first what is offered for a year.").first).to_be_visible()
    expect(column.locator(".kc", has_text="Halcyon Freight")).to_be_visible()
    column.get_by_role("button", name="Move Halcyon Freight to Preparing").click()
    expect(page.locator("[data-column=preparing] .kc", has_text="Halcyon Freight")).to_be_focused()
    page.locator(".kc", has_text="Arden Legal").drag_to(column)
    expect(column.locator(".kc", has_text="Arden Legal")).to_be_visible()


def test_a_call_then_closing_and_undoing(world: World, page: Page, live_server) -> None:
    """REN-05, REN-10: change the call in the drawer; what will be written follows the fields; write, then undo."""
    with world.open():
        one = Renewal.objects.get(account__name="Halcyon Freight")
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/renewals/{one.id}/")
    look(page, "renewal-tab")
    page.get_by_role("link", name="Change my call").click()
    form = page.locator("#drawer-body")
    form.get_by_label("Chance that it renews, in percent").fill("80")
    form.get_by_label("In words, reason 1").fill("The VP called back")
    look(page, "renewal-call")
    form.get_by_role("button", name="Call it").click()
    expect(page.get_by_text("The VP called back")).to_be_visible()
    page.get_by_role("link", name="Close renewal").click()
    dialog = page.locator("#close-renewal")
    writing = dialog.locator("#renewal-writing")
    expect(writing.get_by_text("Renewal, 12 months")).to_be_visible()
    dialog.locator("label", has_text="Churned").click()
    expect(writing.get_by_text("One customer lost.")).to_be_visible()
    dialog.get_by_label("Reason optional", exact=True).select_option("adoption")
    look(page, "renewal-close")
    dialog.locator("label", has_text="Contracted").click()
    dialog.get_by_label("New yearly amount, USD").fill("321600")
    expect(writing.get_by_text("−$90,396.00")).to_be_visible()
    dialog.get_by_role("button", name="Write to ledger").click()
    expect(page.get_by_text("Contracted, decided on")).to_be_visible()
    look(page, "renewal-closed")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Close renewal")).to_be_visible()
    with world.open():
        assert Renewal.objects.get(id=one.id).state == "open"


def test_somebody_else_closed_it_first(world: World, page: Page, live_server) -> None:
    """REN-10: pressing a stale dialog shows what stands there now beside one's own; nothing is written twice."""
    with world.open():
        one = Renewal.objects.get(account__name="Quillon Software")
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/renewals/{one.id}/")
    page.get_by_role("link", name="Close renewal").click()
    dialog = page.locator("#close-renewal")
    expect(dialog.get_by_text("What will be written")).to_be_visible()
    with world.open():
        Renewal.objects.filter(id=one.id).update(
            version=one.version + 1, phase="signing", phase_since=dt.date(2026, 1, 1)
        )
    dialog.get_by_role("button", name="Write to ledger").click()
    expect(dialog.get_by_text("Somebody else changed this after you opened it.")).to_be_visible()
    with world.open():
        assert Renewal.objects.get(id=one.id).state == "open"
    dialog.get_by_role("button", name="Write to ledger").click()
    expect(page.get_by_text("Renewed, decided on")).to_be_visible()


def test_a_stale_form_of_the_drawer_shows_both(world: World, page: Page, live_server) -> None:
    """REN-05: somebody else wrote the next step meanwhile: the drawer shows theirs beside mine, my words stay in the form."""
    with world.open():
        one = Renewal.objects.get(account__name="Arden Legal")
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/renewals/{one.id}/")
    page.get_by_role("link", name="Change where it stands").click()
    form = page.locator("#drawer-body")
    form.get_by_label("Next step").fill("Admin training")
    with world.open():
        Renewal.objects.filter(id=one.id).update(version=one.version + 1, next_step="Send the quote")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("Somebody else changed this after you opened it.")).to_be_visible()
    expect(form.get_by_role("cell", name="Send the quote")).to_be_visible()
    expect(form.get_by_label("Next step")).to_have_value("Admin training")
    look(page, "renewal-both")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Admin training")).to_be_visible()
