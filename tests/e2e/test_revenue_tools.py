"""Scenario, currencies, reconciliation and benchmarks in a real browser: narrow, dark, keyboard, without a complaint of
the policy or of axe."""

import datetime as dt

import pytest

from metrics.models import Reconciliation, ReconciliationRow
from tests.books import Book
from tests.conftest import make_world
from tests.e2e.looks import EVERY_LOOK, NARROW, enter, look


@pytest.mark.django_db(transaction=True)
def test_the_pages_about_money_around_the_ledger(live_server, page, problems):
    """VAL-04, MET-25, ADR 0005."""
    world = make_world("acme", "Acme Cloud")
    book = Book(world)
    book.rate("2025-10", "EUR", "USD", "1.10")
    book.rate("2025-11", "EUR", "USD", "1.20")
    book.period("A", "2025-10-01", "", "100.00", discount="20.00")
    book.period("B", "2025-10-01", "", "80.00", currency="EUR")
    book.night("2025-12-03")
    with world.open():
        found = Reconciliation.objects.create(month=dt.date(2025, 11, 1), filename="billing.csv")
        for row, (name, amount) in enumerate((("A", 10000), ("b-1", 5000)), start=1):
            ReconciliationRow.objects.create(
                reconciliation=found, external_id=name, mrr_minor=amount, currency="USD", row=row
            )
    enter(page.context, live_server, world.members["admin"].user)
    for path in (
        "insights/scenario/",
        "settings/currencies/",
        "settings/reconciliation/",
        f"settings/reconciliation/{found.id}/",
        "settings/benchmarks/",
        "settings/benchmarks/weak_grr/",
        "help/metrics/nrr/",
    ):
        page.set_viewport_size(NARROW)
        page.goto(live_server.url + world.url(path))
        page.wait_for_load_state("networkidle")
        look(page, path, EVERY_LOOK)
    page.goto(live_server.url + world.url("insights/scenario/"))
    page.locator("#r-customers").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**customers=101**")
    assert page.locator("#s-customers").input_value() == "101"
    page.get_by_text("$1,982,125.00").first.wait_for()
    page.goto(live_server.url + world.url("settings/currencies/"))
    page.get_by_role("button", name="Change the currency").first.click()
    page.locator("#change-currency").get_by_text("reversed and posted anew").wait_for()
    look(page, "dialog", EVERY_LOOK)
