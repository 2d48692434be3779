"""A customer reads the quote of a renewal and accepts it without an account, on a phone; the CSM sees it (REN-07)."""

import pytest

from cs_platform.kernel import queue
from renewals import quote_mails, quotes
from renewals.models import Quote
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in
from tests.renewals.pages_world import Book

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch, live_server, settings) -> World:
    monkeypatch.setattr(queue, "wake_workers", [])
    settings.BASE_URL = live_server.url
    return make_world("acme", "Acme Cloud")


def test_a_customer_accepts_a_quote_on_a_phone(page, problems, world: World, live_server) -> None:
    """Read and accepted at 390 px, in both themes; afterwards the same address says so, and so does the renewal."""
    book = Book(world)
    one = book.renewal("Halcyon Freight", days=45)
    person = book.person(one, "Ruth Okafor", email="ruth@halcyon.example", role="decision_maker", language="en")
    with world.open():
        row = quotes.make_quote(renewal=one, values={}, by=world.members["csm"])
        assert row.contact_id == person.id
        row = quote_mails.send_quote(quote=row, version=row.version, by=world.members["csm"])
        quote_mails.hand_over(quote_mails.Work(key=str(row.id)))
        link = f"{live_server.url}/c/acme/quote/{quote_mails.token_of(row)}/"
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(link)
    assert page.get_by_role("heading", name="Quote Q-00001").is_visible()
    look(page, "customer-quote")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("Your name").first.fill("Ruth Okafor")
    page.locator("input[name=yes-agreed]").check()
    page.get_by_role("button", name="Accept the quote").click()
    page.get_by_role("heading", name="Accepted. Thank you.").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with world.open():
        assert Quote.objects.get().state == "accepted"
    sign_in(page, live_server, world, "csm")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(live_server.url + world.url(f"accounts/{one.account_id}/renewal/"))
    assert page.get_by_text("Accepted", exact=True).first.is_visible()
    look(page, "renewal-quotes")
