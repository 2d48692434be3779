"""The board and the lineage in a real browser: nothing the policy refuses, pieces swap, keys walk, nothing scrolls away."""

import pytest

from tests.conftest import make_world
from tests.e2e.looks import drawn, enter, fits, shoot
from tests.metrics.test_board_pages import fill


@pytest.mark.django_db(transaction=True)
def test_from_the_board_to_the_row(live_server, page, problems):
    """DSH-04: a tile, a segment and a bar each lead on; the URL keeps where one is, also when loaded cold."""
    world = make_world("acme", "Acme Cloud")
    fill(world)
    enter(page.context, live_server, world.members["executive"].user)
    page.goto(live_server.url + world.url("board/"))
    drawn(page)
    assert page.locator(".kpi").count() == 5

    page.get_by_role("button", name="Table").first.click()
    assert page.locator("#c-trend-table tbody tr").count() == 13
    page.locator("#board-segments").get_by_role("link", name="Enterprise").click()
    page.wait_for_url("**opened=Enterprise**")
    assert page.locator("#board-segments tr.sub").count() == 3
    page.locator("#board").get_by_role("link", name="Monthly").click()
    page.wait_for_url("**window=1")
    page.reload()
    assert page.locator("#board").get_by_role("link", name="Monthly").get_attribute("aria-current") == "true"
    shoot(page, "board-small")

    page.goto(live_server.url + world.url("board/?window=12&month=2025-12"))
    page.get_by_role("link", name="Net revenue retention 1").click()
    page.wait_for_url("**/metrics/nrr/**")
    drawn(page)
    assert page.locator(".mil > section").count() == 5
    page.locator("#part-churn").click()
    page.wait_for_url("**part=churn**")
    assert page.evaluate("document.activeElement.id") == "part-churn"
    page.locator(".mil > section:nth-child(2) li > a").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**account=**")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.id") == "part-churn"
    assert page.locator(".mil .no").count() == 0
    shoot(page, "lineage-small")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("loaded", [390, 1440])
def test_no_page_scrolls_sideways(live_server, page, problems, loaded):
    """Wherever it is loaded, and when the window is pulled to another width: the charts follow."""
    world = make_world("acme", "Acme Cloud")
    fill(world)
    enter(page.context, live_server, world.members["executive"].user)
    for path in ("board/", "board/?window=1", "metrics/nrr/", "metrics/mrr/?part=fx&window=12", "metrics/ltv/"):
        page.set_viewport_size({"width": loaded, "height": 900})
        page.goto(live_server.url + world.url(path))
        drawn(page)
        for width in (loaded, 1024, 1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                fits(page, f"{path} {width} {theme}")
                shoot(page, f"{path}-{width}-{theme}")
