"""An account's journey in a real browser: the picture, its stages by keyboard, a criterion attested in the drawer."""

import pytest
from playwright.sync_api import expect

from journey.models import CriterionCheck, StagePeriod
from tests.conftest import World, make_world
from tests.e2e.looks import clean, sign_in
from tests.journey.journey_story import story

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def walked(transactional_db) -> World:
    world = make_world("acme", "Acme Cloud")
    with world.open():
        world.account = story(world)
    return world


def test_the_map_is_looked_at_and_a_criterion_attested(page, live_server, walked, problems):
    """JRN-44, JRN-07: what the map shows opens by keyboard; a word on a criterion is given in the drawer."""
    sign_in(page, live_server, walked, "csm")
    url = live_server.url + walked.url(f"accounts/{walked.account.id}/journey/")
    page.goto(url)
    expect(page.get_by_text("Core fell back to Adoption when the champion left")).to_be_visible()
    clean(page, "journey")
    bar = page.locator("svg.jm a").filter(has=page.locator("text=Adoption, stalled")).first
    bar.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**stage=adoption**")
    expect(page.get_by_text("EMEA department · Adoption, since")).to_be_visible()
    page.goto(url)
    page.get_by_role("link", name="Attest: Power users and champions named and engaged").click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_label("What shows it").fill("Tomasz Lis runs the user group")
    clean(page, "attest")
    drawer.get_by_role("button", name="Attest").click()
    expect(page.get_by_text("Tomasz Lis runs the user group")).to_be_visible()
    with walked.open():
        assert CriterionCheck.objects.get().met
    page.get_by_role("button", name="More to do with the stage or its track").click()
    clean(page, "menu")
    page.get_by_role("link", name="Agree a day").click()
    expect(drawer.get_by_label("Wanted by")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Complete", exact=True).click()
    expect(drawer.get_by_text("2 of 5 met")).to_be_visible()
    clean(page, "complete")
    drawer.get_by_role("button", name="Complete the stage").click()
    expect(drawer.get_by_text("Say why it is completed nevertheless").first).to_be_visible()
    drawer.get_by_label("Why it is completed nevertheless").fill("The new champion took over")
    drawer.get_by_role("button", name="Complete the stage").click()
    expect(page.get_by_text("Core recovered from its own fall in 4 days.")).to_be_visible()
    problems[:] = [each for each in problems if "422" not in each]  # Chromium's own word for a form with an error
    with walked.open():
        assert StagePeriod.objects.get(overridden=True).note == "The new champion took over"


def test_the_map_on_a_phone_and_in_the_dark(page, live_server, walked, problems):
    """At 390 px the map scrolls within its card and begins at today; the table says the same."""
    sign_in(page, live_server, walked, "csm")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.goto(live_server.url + walked.url(f"accounts/{walked.account.id}/journey/?span=year"))
    clean(page, "journey on a phone")
    today = page.locator("svg.jm .tdb").bounding_box()
    assert today is not None
    assert 0 < today["x"] < 390
    page.get_by_text("As a table").click()
    expect(page.get_by_role("cell", name="Went back: Champion left or changed role")).to_be_visible()
    clean(page, "table on a phone")
