"""NPS on the board and the list of answers in a real browser: narrow, dark, without a complaint of the policy (DSH-04)."""

import pytest

from accounts.models import Account
from tests.conftest import make_world
from tests.e2e.looks import NARROW, WIDE, enter, look, shoot
from tests.metrics.test_board_answers import answer
from tests.metrics.test_board_pages import MONTH, fill


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_from_the_tile_to_the_answers(live_server, page, problems, size):
    world = make_world("acme", "Acme Cloud")
    fill(world)
    with world.open():
        assert Account.objects.exists()
    comments = [
        "Does what it says",
        "The export of long reports has been slow for two months and nobody answers why",
        "",
    ]
    answer(
        world,
        [
            {
                "account": "ABD"[n % 3], "kind": "nps", "score": (10, 9, 8, 9, 5)[n % 5], "comment": comments[n % 3],
                "answered_at": f"2025-{1 + n % 12:02}-10",
            }
            for n in range(80)
        ]
        + [{"survey": "CS", "account": "A", "kind": "csat", "score": 4, "answered_at": "2025-12-10"}],
    )  # fmt: skip
    enter(page.context, live_server, world.members["executive"].user)
    page.set_viewport_size(size)
    page.goto(live_server.url + world.url(f"board/?month={MONTH}&window=12"))
    shoot(page, f"board-nps-{size['width']}")
    page.locator(".kpis").get_by_role("link", name="NPS 4").click()
    page.wait_for_url("**/board/answers/**")
    assert page.locator("#answers tbody tr").count() == 50
    look(page, "answers", tuple((theme, size["width"]) for theme in ("light", "dark")))
    page.set_viewport_size(size)
    page.locator("#answers").get_by_role("link", name="Detractors").click()
    page.wait_for_url("**group=detractors**")
    assert page.locator("#answers tbody tr").count() == 16
    page.locator("#answers").get_by_role("link", name="Monthly").click()
    page.wait_for_url("**window=1**")
    assert page.locator("#answers").count() == 1
    page.locator("#answers").get_by_role("link", name="CSAT 1").click()
    page.wait_for_url("**kind=csat**")
    page.locator("#answers select[name=month]").select_option("2025-11")
    page.wait_for_url("**month=2025-11**")
    assert "kind=csat" in page.url
