"""The issue log as a person works it: from a cell of the picture to the issue, its answer, the task that tells; by keyboard,
in both themes and on a phone (ACC-14)."""

import pytest
from playwright.sync_api import Page, expect

from cs_platform.kernel import queue
from journey.issues import services
from journey.models import Issue, Task
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in
from tests.journey.test_issues import answer, customer, issue, link

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch, live_server) -> World:
    """Two issues of the same customer; a colleague's customer has one of them too."""
    monkeypatch.setattr(queue, "wake_workers", [])
    world = make_world("acme", "Acme Cloud")
    with world.open():
        own = customer(world, "A-1", name="Halcyon Freight", mrr_minor=3_433_000, health_band="red")
        other = customer(world, "A-2", name="Meridian Foods", mrr_minor=900_000, owner=world.members["leader"])
        row = issue(world, "Dispatch board is slow", function="engineer", description="Above 50 sites")
        link(world, row, own, weight="blocker", note="We went back to the spreadsheet")
        link(world, row, other)
        answer(world, answer(world, row, "passed_on"), "started", answer="In test")
        link(world, issue(world, "Sync with SAP"), own)
    return world


def test_from_the_picture_to_the_customer_who_is_told(world: World, page: Page, live_server) -> None:
    """ACC-14: a cell opens its issues; shipped in the drawer; the task stands on the page; “They know” ends it."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/issues/")
    look(page, "issues-log")
    page.get_by_role("region", name="What waits with whom").get_by_role("link").first.click()
    page.get_by_role("link", name="Dispatch board is slow").click()
    expect(page.get_by_text("and 1 more that is not yours to see")).to_be_visible()
    look(page, "issues-issue")
    page.get_by_role("link", name="Shipped", exact=True).click()
    form = page.locator("#drawer-body")
    expect(form.get_by_label("State")).to_have_value("shipped")
    form.get_by_label("Answer").fill("In release 12")
    look(page, "issues-answer")
    form.get_by_role("button", name="Save answer").press("Enter")
    expect(page.get_by_text("In release 12").first).to_be_visible()
    expect(page.get_by_role("heading", name="Who is told")).to_be_visible()
    look(page, "issues-shipped")
    page.get_by_role("button", name="Halcyon Freight knows").click()
    expect(page.get_by_role("button", name="Halcyon Freight knows")).to_have_count(0)
    with world.open():
        assert Task.objects.get(account__external_id="A-1").state == "done"
        assert Task.objects.get(account__external_id="A-2").state == "open"


def test_search_filters_and_the_card_of_an_account(world: World, page: Page, live_server) -> None:
    """ACC-14: the search swaps the list and keeps the focus; a new issue from the account's card is linked to it."""
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/issues/")
    page.keyboard.press("/")
    page.keyboard.type("SAP")
    expect(page.get_by_role("link", name="Dispatch board is slow")).to_have_count(0)
    expect(page.locator("#issues-q")).to_be_focused()
    expect(page).to_have_url(f"{live_server.url}/t/acme/issues/?q=SAP")
    page.get_by_role("button", name="Add filter").click()
    look(page, "issues-filters")
    with world.open():
        account = Issue.objects.get(title="Sync with SAP").accounts.get().account_id
    page.goto(f"{live_server.url}/t/acme/accounts/{account}/")
    card = page.locator("#account-issues")
    expect(card.get_by_role("link", name="Sync with SAP")).to_be_visible()
    card.get_by_role("link", name="New issue").click()
    form = page.locator("#drawer-body")
    form.get_by_label("What is missing").fill("No offline mode")
    form.get_by_role("button", name="Write into the log").click()
    expect(page.get_by_role("heading", name="No offline mode")).to_be_visible()
    expect(page.get_by_role("link", name="Halcyon Freight").first).to_be_visible()


def test_every_state_of_the_pages_in_both_themes_and_on_a_phone(world: World, page: Page, live_server) -> None:
    """Ended, empty, and the forms as pages: axe clean, nothing runs out at 390 px."""
    sign_in(page, live_server, world, "csm")
    with world.open():
        row = Issue.objects.get(title="Dispatch board is slow")
        services.answer_issue(issue=row, state="shipped", version=None, by=None)
        account = row.accounts.get(account__external_id="A-1").account_id
    paths = (
        "issues/?state=all",
        "issues/?q=nothing",
        f"issues/{row.id}/",
        "issues/new/",
        f"accounts/{account}/issues/",
    )
    for number, path in enumerate(paths):
        page.goto(f"{live_server.url}/t/acme/{path}")
        look(page, f"issues-state-{number}")
