"""The usage tab in a real browser: chart, switch, the comparison that comes after, light and dark, 390 px wide."""

import random

import pytest

from accounts.models import AccountFeature, Feature
from tests.conftest import make_world
from tests.e2e.looks import clean, drawn, enter, shoot
from tests.health.test_usage_tab import at, company, seats, use, yesterday
from tests.health.usage_events import Event


@pytest.mark.django_db(transaction=True)
def test_who_uses_it(live_server, page, problems):
    """ACC-08, HLT-07, HLT-08: figures, chart, switch to months and back by the URL, comparison loaded after the page."""
    world = make_world("acme", "Acme Cloud")
    account = company(world, "Halcyon Freight")
    peer = company(world, "Northwind")
    seats(world, account, 60)
    chance = random.Random(4)
    names = ["dispatch_board", "route_plan", "driver_app", "export_csv", "invoices", "sla_report", "login"]
    with world.open():
        made = {
            n: Feature.objects.create(
                key=n, name=n.replace("_", " ").capitalize(), kind="advanced" if i > 3 else "core"
            )
            for i, n in enumerate(names)
        }
        for n in names[:5]:
            AccountFeature.objects.create(account=account, feature=made[n])
    events = []
    for back in range(200):
        fading = 0.9 if back > 40 else 0.35 + back / 80
        for user in range(40):
            if at(back).weekday() < 5 and chance.random() < fading * (0.1 + user / 60):
                for step in range(chance.randrange(1, 4)):
                    name = names[min(int(chance.expovariate(0.6)), 6)]
                    events.append(Event(account.id, at(back, 8 + step), name, f"user{user}@halcyon.example"))
    events += [Event(peer.id, at(back), "login", f"n{back % 9}") for back in range(60)]
    use(world, events)
    enter(page.context, live_server, world.members["csm"].user)
    page.goto(live_server.url + world.url(f"accounts/{account.id}/usage/"))
    drawn(page)
    page.get_by_role("columnheader", name="Median").wait_for()
    assert page.locator(".kpi").count() == 5
    assert page.locator("table.mx tbody tr").count() == 7
    clean(page, "usage")
    shoot(page, "usage-light")
    page.get_by_role("button", name="Table").click()
    assert page.locator("#c-usage-table tbody tr").count() == 90
    page.get_by_role("link", name="12 months").click()
    page.wait_for_url("**view=months")
    page.get_by_role("heading", name="DAU/MAU by month").wait_for()
    drawn(page)
    shoot(page, "usage-months")
    page.reload()
    assert page.get_by_role("link", name="12 months").get_attribute("aria-current") == "true"
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(live_server.url + world.url(f"accounts/{account.id}/usage/?day={yesterday().isoformat()}"))
    drawn(page)
    page.get_by_role("columnheader", name="Median").wait_for()
    clean(page, "usage on a phone")
    shoot(page, "usage-mobile")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.reload()
    drawn(page)
    page.get_by_role("columnheader", name="Median").wait_for()
    clean(page, "usage in the dark")
    shoot(page, "usage-dark")
