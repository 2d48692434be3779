"""The metrics explorer in a real browser (MET-23): nothing the policy refuses, forms and keys work, axe finds nothing, 390 px."""

import pytest

from tests.conftest import make_world
from tests.e2e.looks import enter, look
from tests.e2e.test_board_outputs import narrow
from tests.metrics.test_board_pages import fill

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(live_server, page, transactional_db):
    made = make_world("acme", "Acme Cloud")
    fill(made)
    enter(page.context, live_server, made.members["executive"].user)
    return made


def test_choose_cut_filter_save_and_open_the_accounts(live_server, page, problems, world):
    page.goto(live_server.url + world.url("metrics/explore/"), wait_until="networkidle")
    page.locator("select[name=by]").select_option("segment")
    page.wait_for_url("**by=segment**")
    page.locator("select[name=metric]").select_option("logo_churn")
    page.wait_for_url("**metric=logo_churn**")
    assert "by=segment" in page.url
    page.get_by_role("link", name="Quarter", exact=True).click()
    page.wait_for_url("**grain=quarter**")
    page.get_by_role("button", name="Add filter").click()
    panel = page.get_by_role("dialog", name="Filters")
    panel.locator("summary", has_text="Status").click()
    panel.get_by_label("Live").check()
    panel.get_by_role("button", name="Show").click()
    page.wait_for_url("**status=live**")
    page.locator(".chip.on", has_text="Live").wait_for()
    assert "grain=quarter" in page.url
    look(page, "explore")
    narrow(page)
    page.goto(live_server.url + world.url("metrics/explore/?metric=mrr&by=segment"), wait_until="networkidle")
    page.keyboard.press("j")
    page.locator("tbody a[data-row]").first.click()
    page.wait_for_url("**explore/accounts/**")
    look(page, "explore-accounts")
    narrow(page)
    assert problems == []
