"""Notes, slides, targets and digests in a real browser: nothing the policy refuses, keys work, 390 px are enough."""

import datetime as dt

import pytest
from django.core import mail

from metrics.enums import Metric
from metrics.plan import notes, targets
from tests.conftest import make_world
from tests.e2e.looks import enter, shoot
from tests.metrics.test_board_pages import fill

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(live_server, page, transactional_db):
    made = make_world("acme", "Acme Cloud")
    fill(made)
    enter(page.context, live_server, made.members["executive"].user)
    return made


def narrow(page) -> None:
    """Nothing reaches over the side of a telephone."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload(wait_until="networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_note_is_written_in_place_and_the_link_is_copied(live_server, page, problems, world):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(live_server.url + world.url("board/?month=2025-12&window=12"))
    page.get_by_role("link", name="Write a note").click()
    page.locator("#board-note textarea").fill("A grew, C left.")
    page.locator("#board-note").get_by_role("button", name="Save").click()
    page.locator("#board-note", has_text="A grew, C left.").wait_for()
    page.locator("#board-note").get_by_role("link", name="Edit").click()
    page.locator("#board-note").get_by_role("link", name="Cancel").click()
    page.locator("#board-note").get_by_role("link", name="Edit").wait_for()  # the text alone stands in the form too
    assert "month=2025-12" in page.url, "the page stays where it was"
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Copy", exact=True).click()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/t/acme/board/?month=2025-12&window=12")
    page.keyboard.press("Escape")
    shoot(page, "board-note")
    narrow(page)
    with world.open():
        assert notes.note_of(dt.date(2025, 12, 1)).text == "A grew, C left."


def test_slides_move_by_keys_and_print_one_a_page(live_server, page, problems, world):
    page.goto(live_server.url + world.url("board/present/?month=2025-12&window=12"))
    shown = page.locator(".slide:visible")
    assert shown.count() == 1
    assert page.get_by_role("heading", name="Board, December 2025").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("heading", name="The five numbers").is_visible()
    assert shown.locator(".one").count() == 5
    page.keyboard.press(" ")
    assert page.url.endswith("#3")
    assert shown.locator("svg path").count() >= 2
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Next slide").click()
    assert page.url.endswith("#3")
    page.keyboard.press("End")
    assert page.get_by_role("heading", name="What the numbers mean").is_visible()
    page.reload()
    assert page.get_by_role("heading", name="What the numbers mean").is_visible()
    for width, height in ((1440, 900), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        for number in range(page.locator(".slide").count()):
            page.keyboard.press("Home")
            for _step in range(number):
                page.keyboard.press("ArrowRight")
            assert page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1"), (
                f"slide {number} at {width}"
            )
    shoot(page, "present-end")
    slides = page.locator(".slide").count()
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == slides
    narrow(page)


def test_a_row_is_pasted_into_the_targets(live_server, page, problems, world):
    page.goto(live_server.url + world.url("settings/targets/?from=2026-01"))
    first = page.locator('input[name="nrr-2026-01"]')
    first.focus()
    page.evaluate(
        """() => { const data = new DataTransfer(); data.setData("text", "110\\t110.5\\n91\\t92");
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }"""
    )
    assert page.locator('input[name="grr-2026-02"]').input_value() == "92"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.name") == "grr-2026-01"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("4 targets saved.").first.wait_for()
    shoot(page, "targets")
    narrow(page)
    with world.open():
        months = [dt.date(2026, 1, 1), dt.date(2026, 2, 1)]
        assert [float(v) for v in targets.for_metric(Metric.NRR, months).values()] == [110.0, 110.5]


def test_digests_are_set_previewed_and_left(live_server, page, world):
    page.goto(live_server.url + world.url("settings/digests/"))
    page.get_by_label("Or one e-mail address").fill("chair@example.com")
    page.get_by_role("button", name="Add").click()
    page.get_by_text("1 person added.").first.wait_for()
    page.get_by_role("button", name="Send a test to me: Day, to each CSM").click()
    page.get_by_text("Sent to executive@acme.example.").first.wait_for()
    assert "your day" in mail.outbox[0].subject
    shoot(page, "digests")
    narrow(page)
    page.goto(live_server.url + world.url("settings/digests/preview/day/"))
    assert page.get_by_role("heading", level=1).is_visible()
    assert (
        page.locator("td").first.evaluate("e => getComputedStyle(e.closest('table')).backgroundColor")
        != "rgba(0, 0, 0, 0)"
    )
