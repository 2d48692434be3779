"""Lists in a real browser: saved views, filters and pages that go on after a row (PAGES, DSH-03, PERFORMANCE E3)."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account, SavedView
from cs_platform.kernel import queue
from journey.models import Task
from journey.work import selectors, services
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch) -> World:
    """Seven accounts with a task each, on pages of three."""
    monkeypatch.setattr(queue, "wake_workers", [])
    monkeypatch.setattr(selectors, "PAGE_SIZE", 3)
    world = make_world("acme", "Acme Cloud")
    csm, today = world.members["csm"], world.tenant.today()
    with world.open():
        for n in range(7):
            account = Account.objects.create(
                external_id=f"A-{n}", name=f"Halcyon {n}", owner=csm, status="live", mrr_minor=100_000 * n,
                health_band="red" if n % 2 else "green", health_score=40.0 + n,
            )  # fmt: skip
            services.add_task(title=f"Call {n}", account=account, due_on=today + dt.timedelta(days=n - 1), by=None)
    return world


def test_a_view_is_saved_changed_and_kept(world: World, page: Page, live_server, problems) -> None:
    """Filters in the panel, the name in the drawer, what was changed since, all without leaving the list."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/accounts/")
    page.get_by_role("button", name="Add filter").press("Enter")
    panel = page.locator("#accounts-filters")
    panel.get_by_text("Health", exact=True).click()
    panel.get_by_label("Critical").check()
    look(page, "lists-filters")
    panel.get_by_role("button", name="Show").click()
    expect(page.locator("#accounts-found tbody tr")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"/accounts/\?health=red$"))
    page.get_by_role("link", name="New view").click()
    form = page.locator("#drawer-body")
    form.get_by_label("Name").fill("On fire")
    form.get_by_role("button", name="Save view").press("Enter")
    current = page.locator("#accounts-views a[aria-current=true]")
    expect(current).to_contain_text("On fire")
    expect(page.get_by_text("Changed from the saved view")).to_have_count(0)
    page.get_by_role("columnheader", name="Account").get_by_role("link").click()
    expect(page.get_by_text("Changed from the saved view")).to_be_visible()
    look(page, "lists-changed")
    page.locator("#accounts-tools").get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("Changed from the saved view")).to_have_count(0)
    expect(current).to_contain_text("On fire")
    with world.open():
        assert SavedView.objects.get().query == "health=red&sort=name"


def test_a_page_of_tasks_is_worked_off(world: World, page: Page, live_server, problems) -> None:
    """By keyboard and at 390 px: what is done makes room for what follows; where nothing follows, the first page is there."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/tasks/?due=all")
    titles = page.locator("#tasks-found .tk li:not(.done) a.t")
    expect(titles).to_have_text(["Call 0", "Call 1", "Call 2"])
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("link", name="Next").press("Enter")
    expect(titles).to_have_text(["Call 3", "Call 4", "Call 5"])
    expect(page).to_have_url(re.compile(r"due=all&after="))
    look(page, "lists-tasks")
    page.set_viewport_size({"width": 390, "height": 800})
    for _each in range(3):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("[data-selected]")).to_have_text("3")
    page.keyboard.press("e")
    expect(titles).to_have_text(["Call 6"])
    expect(titles).to_be_focused()
    page.keyboard.press("e")
    expect(titles).to_have_text(["Call 0", "Call 1", "Call 2"])
    expect(page.get_by_role("link", name="Previous")).to_have_count(0)
    with world.open():
        assert Task.objects.filter(state="done").count() == 4
