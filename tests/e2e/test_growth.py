"""White space, signals, forecast and the account's tab as a person works them, in both themes and on a phone (EXP-02, EXP-04, EXP-05)."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Segment
from cs_platform.kernel import queue
from expansion.models import NoFit, Opportunity, Signal
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in
from tests.expansion.deals import contract, customer, deal
from tests.expansion.test_growth_pages import book, product, signal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch, live_server) -> World:
    """Two accounts that could have another product, one of them with a signal; a deal that is open."""
    monkeypatch.setattr(queue, "wake_workers", [])
    world = make_world("acme", "Acme Cloud")
    with world.open():
        book(world)
        smb, csm = Segment.objects.get(profile="smb"), world.members["csm"]
        good = customer("Altavista Health", segment=smb, owner=csm)
        contract(good, product=product("Core"), seats=100)
        bad = customer("Volta Charging", earned=False, segment=smb, owner=csm)
        contract(bad, product=product("Core"), seats=50)
        signal(good)
        signal(bad, trigger="growth", inputs={"day": "2026-11-02", "note": "EU entity"})
        deal(good, name="60 seats", close_on=world.tenant.today())
    return world


def test_a_potential_becomes_a_deal_and_what_does_not_fit_is_not_offered(world: World, page: Page, live_server) -> None:
    """EXP-04: from a cell to how it was found, to a deal with product and money; and no fit with its reason."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/expansion/white-space/")
    look(page, "white-space")
    page.get_by_role("link", name="Forecasting, Altavista Health").click()
    drawer = page.locator("#drawer-body")
    expect(drawer.get_by_text("$1,200.00")).to_be_visible()
    look(page, "white-space-cell")
    drawer.get_by_role("link", name="Open deal").click()
    expect(drawer.get_by_label("More a year")).to_have_value("1200")
    drawer.get_by_role("button", name="Open deal").click()
    page.wait_for_url("**/expansion/deals/**")
    with world.open():
        assert Opportunity.objects.get(product__name="Forecasting").amount_minor == 120_000
    page.goto(f"{live_server.url}/t/acme/expansion/white-space/")
    page.get_by_role("link", name="Forecasting, Volta Charging").click()
    drawer.get_by_role("link", name="It does not fit").click()
    drawer.get_by_label("Reason").fill("No data")
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Does not fit: No data")).to_be_visible()
    with world.open():
        assert NoFit.objects.get().reason == "No data"
    page.get_by_role("link", name="Segments", exact=True).click()
    expect(page.get_by_role("rowheader", name="Small")).to_be_visible()
    look(page, "white-space-segments")


def test_signals_are_taken_up_and_dismissed(world: World, page: Page, live_server) -> None:
    """EXP-02: the evidence, a deal of one, the other dismissed with why."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/expansion/signals/")
    expect(page.get_by_text("96 of 100 seats in use (96%)")).to_be_visible()
    look(page, "signals")
    page.get_by_role("link", name="Dismiss Business growth of Volta Charging").click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_label("Reason").fill("They wait")
    drawer.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("Volta Charging: dismissed.")).to_be_visible()
    page.get_by_role("link", name="Open deal Altavista Health, Seats full").click()
    drawer.get_by_label("More a year").fill("2400")
    drawer.get_by_role("button", name="Open deal").click()
    page.wait_for_url("**/expansion/deals/**")
    with world.open():
        assert {one.account.name: one.state for one in Signal.objects.select_related("account")} == {
            "Altavista Health": "taken",
            "Volta Charging": "dismissed",
        }


def test_the_forecast_and_the_account_s_tab(world: World, page: Page, live_server) -> None:
    """EXP-05, EXP-07: the picture and the table tie to the deal; the tab says what the account has and could have."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/expansion/forecast/")
    page.locator("[data-chart] .main-svg").first.wait_for()
    look(page, "forecast")
    page.get_by_role("link", name="Owner", exact=True).click()
    page.get_by_role("row", name="Csm Person").get_by_role("link").click()
    expect(page.get_by_text("60 seats")).to_be_visible()
    page.get_by_role("link", name="Altavista Health").first.click()
    with world.open():
        account = Opportunity.objects.get().account_id
    page.goto(f"{live_server.url}/t/acme/accounts/{account}/growth/")
    expect(page.get_by_text("Planning twice as fast")).to_be_visible()
    look(page, "growth")
