"""One person's way through the product in a real browser: sign in, read the board, open a figure down to its source row.

Every page on the way is looked at by axe, in both themes and on a phone, and may not make the browser complain.
"""

import csv
import io

import pytest

from accounts.imports import create_import, start_import
from accounts.models import Account, Import
from cs_platform import pipeline
from cs_platform.kernel import queue
from tests.conftest import World, make_world
from tests.e2e.looks import EVERY_LOOK, NARROW, clean, look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def book() -> bytes:
    """Three years of a small company: growth, loss, a return; one hostile name."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(
        [
            "account",
            "subscription_id",
            "product",
            "segment",
            "start_date",
            "end_date",
            "interval_months",
            "amount",
            "currency",
        ]
    )
    for number in range(24):
        name = f"Company {number:02d}" if number else "<script>alert(1)</script> & Söhne"
        segment = ("Enterprise", "Mid-market", "Small business")[number % 3]
        for year in (2023, 2024, 2025):
            if number % 7 == 3 and year == 2025:
                continue
            amount = 12_000 * (1 + number % 5) * (100 + 10 * (year - 2023) * (number % 3)) // 100
            month = 1 + number % 12
            writer.writerow(
                [
                    name,
                    f"S-{number}-{year}",
                    "Core",
                    segment,
                    f"{year}-{month:02d}-01",
                    f"{year + 1}-{month:02d}-01",
                    12,
                    amount,
                    "USD",
                ]
            )
    return buffer.getvalue().encode()


@pytest.fixture
def filled(transactional_db, monkeypatch) -> World:
    """A company with a book, brought in by the public import and one night."""
    monkeypatch.setattr(queue, "wake_workers", [])
    world = make_world("acme", "Acme Cloud", data_until="2025-12-31")
    with world.open():
        run = create_import(
            kind="subscriptions", filename="book.csv", source=io.BytesIO(book()), by=world.members["ops"]
        )
        work = start_import(run=run)
    queue.run_to_end(world.tenant.id, work.id)
    with world.open():
        assert Import.objects.get().state == "done"
        Account.objects.update(owner=world.members["csm"])
        _run, work = pipeline.start_night(world.tenant.today())
    queue.run_to_end(world.tenant.id, work.id)
    return world


def sign_in_by_form(page, live_server, world: World, role: str) -> None:
    page.goto(f"{live_server.url}/")
    page.get_by_label("Email").fill(world.members[role].user.email)
    page.get_by_label("Password").fill(world.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/t/acme/**")


def test_from_the_board_to_the_source_row(page, live_server, filled, problems):
    """DSH-01, DSH-04, MET-01: a figure opens to accounts, movements, the subscription change and the row of the file."""
    sign_in_by_form(page, live_server, filled, "executive")
    page.wait_for_url("**/board/**")
    assert page.locator(".kpis > *").count() == 5
    clean(page, "board")
    page.locator(".kpi .v a").first.click()
    page.wait_for_url("**/metrics/**")
    columns = page.locator(".mil > *")
    assert columns.count() >= 1
    for _ in range(4):
        links = page.locator(".mil > :last-child a[href]")
        if links.count() == 0:
            break
        links.first.click()
        page.wait_for_load_state("networkidle")
    text = page.locator(".mil").inner_text()
    assert "book.csv" in text
    clean(page, "lineage")


PAGES = {
    "executive": ("board/", "metrics/", "accounts/", "week/"),
    "csm": ("today/", "accounts/"),
    "ops": ("data/imports/", "runs/", "settings/"),
}


@pytest.mark.parametrize("role", list(PAGES))
def test_pages_are_clean(page, live_server, filled, problems, role):
    """Light and dark, desktop and phone: no finding, no complaint of the browser, no sideways scroll."""
    sign_in(page, live_server, filled, role)
    paths = list(PAGES[role])
    if role != "ops":
        page.goto(f"{live_server.url}/t/acme/accounts/")
        paths.append(page.locator("tbody th a").first.get_attribute("href").removeprefix("/t/acme/"))
    for path in paths:
        page.set_viewport_size(NARROW)
        answer = page.goto(f"{live_server.url}/t/acme/{path}")
        assert answer.status == 200, path
        page.wait_for_load_state("networkidle")
        look(page, path, EVERY_LOOK)


def test_a_csm_may_not_open_the_board(page, live_server, filled):
    """ROL-01: what a role may not open is absent, and refused with a page that says so."""
    sign_in(page, live_server, filled, "csm")
    assert page.get_by_role("link", name="Board").count() == 0
    answer = page.goto(f"{live_server.url}/t/acme/board/")
    assert answer.status == 403
    assert "role" in page.locator("main").inner_text()


def test_the_palette_finds_an_account(page, live_server, filled, problems):
    sign_in(page, live_server, filled, "executive")
    page.keyboard.press("Control+k")
    page.keyboard.type("Company 05")
    option = page.get_by_role("option", name="Company 05")
    option.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/**")
    assert "Company 05" in page.locator("h1").inner_text()
