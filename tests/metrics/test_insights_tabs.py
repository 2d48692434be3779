"""Pages about metrics are tabs of one entry of the navigation (PAGES): no group becomes a heap."""

import pytest
from django.urls import reverse

from cs_platform.frame import NAVIGATION
from tests.conftest import World

TABS = ("explore", "movements", "cohorts", "time_to_value", "economics")


@pytest.mark.parametrize("name", TABS)
def test_each_tab_shows_the_row_and_marks_itself_and_the_entry(world: World, name: str) -> None:
    """One entry is current in the navigation, one tab in the row, and every tab can be reached (PAGES)."""
    urls = {tab: reverse(tab, args=[world.tenant.slug]) for tab in TABS}
    side, main = world.client("executive").get(urls[name]).content.decode().split('<main class="main"')
    current = [a for a in side.split("<a ") if 'class="nav"' in a and 'aria-current="page"' in a.split(">")[0]]
    assert len(current) == 1
    assert urls["explore"] in current[0]
    row = main.split('<nav class="tabs"')[1].split("</nav>")[0]
    assert all(f'href="{url}"' in row for url in urls.values())
    assert row.count("aria-current") == 1
    assert f'href="{urls[name]}" aria-current="page"' in row


def test_pages_in_tabs_stay_in_the_palette_and_no_group_is_a_heap(world: World) -> None:
    """Each tab is found by its own name; at most five entries stand in a group; other pages have no such row (PAGES)."""
    client = world.client("executive")
    found = client.get(reverse("palette", args=[world.tenant.slug]), {"q": "coho"}).content.decode()
    assert reverse("cohorts", args=[world.tenant.slug]) in found
    assert all(len(pages) <= 5 for _label, pages in NAVIGATION)
    assert '<nav class="tabs"' not in client.get(reverse("scenario", args=[world.tenant.slug])).content.decode()


def test_who_may_not_open_a_page_has_no_entry_for_it(world: World) -> None:
    """What a role may not see is absent (ROL-01): a CSM has neither the entry nor the tabs."""
    home = world.client("csm").get(reverse("today", args=[world.tenant.slug])).content.decode()
    assert reverse("explore", args=[world.tenant.slug]) not in home
