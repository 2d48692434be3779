"""Insights → Churn in a real browser (MET-09, MET-10): two keys answer, pieces swap, axe finds nothing, 390 px."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from accounts.churn import record_answer
from accounts.models import Account, ChurnAnswer
from tests.conftest import World, make_world
from tests.e2e.looks import EVERY_LOOK, NARROW, look, sign_in
from tests.metrics.test_churn import fill

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(transactional_db) -> World:
    world = make_world("acme", "Acme Cloud")
    fill(world)
    with world.open():
        record_answer(
            account=Account.objects.get(external_id="S2"), category="price", reason="Too expensive", note="Half would do.",
            ended_on=dt.date(2025, 3, 15), by=world.members["csm"],
        )  # fmt: skip
    return world


def test_two_keys_answer_and_the_rest_is_a_drawer(live_server, page, problems, company):
    """J goes to the first who was not asked, 3 says adoption; the drawer takes everything else."""
    sign_in(page, live_server, company, "ops")
    page.goto(live_server.url + company.url("insights/churn/unasked/"))
    expect(page.locator("#churn-queue tbody tr")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("3")
    expect(page.locator("#churn-queue tbody tr")).to_have_count(1)
    expect(page.locator("#churn-queue tbody th a")).to_be_focused()  # who moved up is next: no J between two answers
    with company.open():
        assert ChurnAnswer.objects.get(account__external_id="S1").category == "adoption"
    page.get_by_role("link", name="J: in full").click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_label("Business closure").check()
    drawer.get_by_label("In their words").fill("We close in spring.")
    drawer.get_by_role("button", name="Record").click()
    expect(page.locator("#churn-queue")).to_contain_text("Everybody was asked")


def test_cuts_open_and_the_url_keeps_them(live_server, page, problems, company):
    sign_in(page, live_server, company, "executive")
    page.goto(live_server.url + company.url("insights/churn/?month=2025-12&period=year"))
    page.locator("[data-chart] .main-svg").first.wait_for()
    page.locator("#churn-where").get_by_role("link", name="SMB").click()
    expect(page.locator("#churn-where tr.sub")).to_have_count(3)
    page.wait_for_url("**opened=SMB**")
    page.locator("#churn-where").get_by_role("link", name="Quarter won").click()
    page.wait_for_url("**by=quarter**")
    page.get_by_role("link", name="Months of choice").click()
    page.wait_for_url("**period=custom**")
    page.locator("select[name=since]").select_option("2025-02")
    page.wait_for_url("**since=2025-02**")
    expect(page.locator("h1")).to_have_text("Who left, where, and why?")


def test_nothing_for_axe_and_nothing_wider_than_the_screen(live_server, page, problems, company):
    sign_in(page, live_server, company, "ops")
    page.emulate_media(reduced_motion="reduce")
    with company.open():
        left = Account.objects.get(external_id="S1")
    for path in (
        "insights/churn/?month=2025-12&period=year&opened=SMB", "insights/churn/?month=2025-12&by=quarter",
        "insights/churn/unasked/", f"accounts/{left.id}/churn/", f"accounts/{left.id}/revenue/",
    ):  # fmt: skip
        page.set_viewport_size(NARROW)
        page.goto(live_server.url + company.url(path))
        page.wait_for_load_state("networkidle")
        look(page, path, EVERY_LOOK)
