"""Movements, Cohorts, Time to value and Customer economics in a real browser (MET-05 to MET-08, MET-13, MET-14): what a
person says of a line, cells that open, axe, both themes, 390 px."""

import pytest
from playwright.sync_api import expect

from metrics.models import MovementNote
from tests.conftest import World, make_world
from tests.e2e.looks import EVERY_LOOK, NARROW, enter, look
from tests.metrics.test_clocks import facts, on
from tests.metrics.test_movements_page import told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(transactional_db) -> World:
    world = make_world("acme", "Acme Cloud")
    facts(world)
    told(world)
    with world.open():
        world.tenant.night_done_on = on(6, 30)
        world.tenant.save(update_fields=["night_done_on"])
    return world


def test_a_person_says_why_one_line_and_several_moved(live_server, page, problems, company):
    enter(page.context, live_server, company.members["admin"].user)
    page.goto(live_server.url + company.url("insights/movements/?kind=contraction"))
    page.locator("[data-chart] .main-svg").first.wait_for()
    page.get_by_role("link", name="Say why: Acme").click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_label("Reason").select_option("downgrade")
    drawer.get_by_label("Note").fill("Two teams left")
    drawer.get_by_role("button", name="Save").click()
    expect(page.locator("tbody").last).to_contain_text("Downgrade")
    assert "kind=contraction" in page.url
    page.locator("select[name=kind]").select_option("")
    page.wait_for_url(lambda url: "kind=contraction" not in url)
    for box in page.get_by_role("checkbox", name="Expansion").all():
        box.check()
    page.get_by_label("Ownership of the chosen lines").select_option("no")
    page.get_by_role("button", name="Mark them").click()
    expect(page.locator(".kpis")).to_contain_text("CS-owned net expansion")
    with company.open():
        assert MovementNote.objects.filter(cs_owned=False).count() >= 2
    page.get_by_role("button", name="Table").first.click()
    expect(page.locator("#c-movements-table")).to_be_visible()


def test_a_cell_of_a_cohort_opens_and_a_clock_changes(live_server, page, problems, company):
    enter(page.context, live_server, company.members["admin"].user)
    page.goto(live_server.url + company.url("insights/cohorts/?by=month"))
    page.locator("table.mx a").first.click()
    page.wait_for_url("**cohort=**")
    expect(page.locator("#behind")).to_be_visible()
    page.goto(live_server.url + company.url("insights/time-to-value/"))
    page.get_by_role("link", name="Time to first login").click()
    page.wait_for_url("**clock=ttv_login**")
    page.locator("#time-to-value").get_by_role("link", name="Source").click()
    page.wait_for_url("**by=source**")


def test_nothing_for_axe_and_nothing_wider_than_the_screen(live_server, page, problems, company):
    enter(page.context, live_server, company.members["admin"].user)
    page.emulate_media(reduced_motion="reduce")
    for path in (
        "insights/movements/", "insights/cohorts/?by=month&cohort=2026-01&age=2", "insights/cohorts/",
        "insights/time-to-value/?state=all&months=60", "insights/economics/",
    ):  # fmt: skip
        page.set_viewport_size(NARROW)
        page.goto(live_server.url + company.url(path))
        page.wait_for_load_state("networkidle")
        look(page, path, EVERY_LOOK)
