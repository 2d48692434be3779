"""Health in a real browser (HLT-01, DSH-02, HLT-04): the week as leader and executive, an account as csm, models as ops.

Every page is looked at by axe in both themes and on a phone; nothing may be refused by the policy.
"""

import datetime as dt

import pytest

from accounts.models import Account, Segment, Team
from health.models import Alert
from health.scoring import versions
from metrics.home import week as questions
from tests.conftest import World, make_world
from tests.e2e.looks import drawn, enter, look
from tests.health import scoring_facts
from tests.metrics.test_week_page import day_of, facts, judged

NAMES = (
    "Halcyon Freight", "Sable & Finch Insurance", "Kestrel Robotics", "Juniper Public Schools", "Oakhaven Credit Union",
    "Tessera Foods", "Lumen Dental Group", "Marlow Textiles", "Pallas Biotech", "Greyfield Media", "Northgate Clinics",
    "Ridgeline Outdoor",
)  # fmt: skip
# The way from worst to best a week ago and now.
ROADS = (
    (0.86, 0.39),
    (0.6, 0.42),
    (0.9, 0.92),
    (0.45, 0.55),
    (0.83, 0.74),
    (0.4, 0.36),
    (0.95, 0.9),
    (0.7, 0.85),
    (0.88, 0.88),
    (0.3, 0.62),
)


def fill(world: World) -> Account:
    """Twelve accounts with thirteen weeks of scores by the real formulas, two without any, alerts, criteria, talks."""
    with world.open():
        versions.standard()
        day, segments = day_of(world), list(Segment.objects.all())
        team = Team.objects.create(name="North")
        for role in ("csm", "leader"):
            world.members[role].team = team
            world.members[role].save()
        rows = []
        for place, name in enumerate(NAMES):
            row = Account.objects.create(
                external_id=f"A-{place}", name=name, status="live", mrr_minor=(place + 3) * 210_000,
                segment=segments[place % len(segments)], owner=world.members[("csm", "leader")[place % 3 == 2]],
                customer_since=dt.date(2023, 5, 1), signed_on=dt.date(2023, 5, 1), industry="Logistics",
                renews_on=day + dt.timedelta(days=17 * place + 20),
            )  # fmt: skip
            rows.append(row)
            if place >= len(ROADS):
                continue
            before, now = ROADS[place]
            last = None
            for back in range(questions.WEEKS, -1, -1):
                share = now if not back else min(0.98, before + 0.012 * (back - 1))
                changes = {"stickiness": 0.11, "usage_trend": -0.46} if not back and now < 0.5 else {}
                last = judged(row, day - questions.WEEK * back, facts(share, **changes))
            before_last = judged_before(row, day)
            Account.objects.filter(id=row.id).update(
                health_score=last.score, health_band=last.band, health_on=day, health_change=last.score - before_last
            )
        first = rows[0]
        Alert.objects.create(account=first, rule="Sponsor is silent", as_of=day, level="critical")
        Alert.objects.create(
            account=first, rule="Champion is gone", as_of=day, answer="Call the new VP Operations", answered_by=world.members["csm"],
            answered_at=dt.datetime.now(dt.UTC), due_on=day + dt.timedelta(days=3),
        )  # fmt: skip
        scoring_facts.outcome(first, day - dt.timedelta(days=90), day + dt.timedelta(days=40), measured={day: 55})
        first.events.create(kind="champion_left", happened_on=day - dt.timedelta(days=4))
        world.tenant.night_done_on = day
        world.tenant.save(update_fields=["night_done_on"])
    return first


def judged_before(row: Account, day: dt.date) -> float:
    from health.models import HealthScore

    return float(HealthScore.objects.get(account_id=row.id, as_of=day - questions.WEEK).score)


@pytest.fixture
def world(transactional_db) -> World:
    return make_world("acme", "Acme Cloud")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ["leader", "executive"])
def test_the_week_leads_to_the_accounts_behind(live_server, page, problems, world, role):
    """DSH-02: five tiles; a cell of the matrix opens its accounts; the filter stays in the URL when loaded cold."""
    fill(world)
    page.set_viewport_size({"width": 1440, "height": 900})
    enter(page.context, live_server, world.members[role].user)
    page.goto(live_server.url + world.url("week/"))
    drawn(page)
    page.get_by_role("heading", name="Paid periods").wait_for()
    assert page.locator(".kpi").count() == 5
    look(page, f"week-{role}")
    page.get_by_role("button", name="Table").first.click()
    assert page.locator("#c-dist-table tbody tr").count() == questions.WEEKS
    page.locator("select[name=segment]").select_option(index=1)
    page.wait_for_url("**segment=**")
    page.get_by_role("heading", name="Paid periods").wait_for()
    page.reload()
    drawn(page)
    cell = page.locator("table.mx td.down a").first
    count = int(cell.inner_text())
    cell.click()
    page.wait_for_url("**/accounts/**shift=**")
    assert page.locator("table.t tbody tr").count() == count


@pytest.mark.django_db(transaction=True)
def test_an_account_says_why(live_server, page, problems, world):
    """HLT-05, HLT-06: from the list by need to the account that fell: header, cards that come after, the tab."""
    first = fill(world)
    page.set_viewport_size({"width": 1440, "height": 900})
    enter(page.context, live_server, world.members["csm"].user)
    page.goto(live_server.url + world.url("accounts/?sort=health"))
    assert page.locator("table.t tbody tr").first.inner_text().startswith(("Tessera", "Halcyon", "Sable"))
    look(page, "accounts-health")
    page.get_by_role("link", name="Critical and at risk").click()
    page.wait_for_url("**health=red**")
    page.get_by_role("link", name=first.name).click()
    page.get_by_text("Call the new VP Operations").first.wait_for()
    page.locator("#account-glance .why").wait_for()
    page.locator("#account-aside .goal").wait_for()
    look(page, "account-overview")
    page.get_by_role("link", name="All factors").click()
    drawn(page)
    look(page, "account-health")


@pytest.mark.django_db(transaction=True)
def test_a_model_is_changed_by_keyboard(live_server, page, problems, world):
    """HLT-01: draft, a wrong sum said while typing, put right, preview, what-if, reason, published; axe on each page."""
    fill(world)
    page.set_viewport_size({"width": 1440, "height": 900})
    enter(page.context, live_server, world.members["ops"].user)
    page.goto(live_server.url + world.url("settings/health-models/"))
    look(page, "models")
    page.get_by_role("link", name="All other customers").click()
    look(page, "model")
    page.get_by_role("button", name="Begin a draft").first.click()
    page.wait_for_url("**/draft/")
    page.locator("#f-weight-usage").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("35")
    page.get_by_text("Weights must sum to 100: these sum to 95.").wait_for()
    look(page, "model-draft")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("35")
    page.get_by_text("these sum to 95").wait_for(state="detached")
    page.get_by_role("button", name="Save and preview").press("Enter")
    page.wait_for_url("**/preview/")
    page.locator("#figures table.mx").wait_for()
    page.locator("#what-if table.t").wait_for()
    look(page, "model-preview")
    page.get_by_label("Find an account").fill("kestrel")
    page.locator("#what-if caption", has_text="Kestrel Robotics").wait_for(state="attached")
    page.get_by_label("Why the score changes").fill("Talks matter more than clicks")
    page.get_by_role("button", name="Publish").press("Enter")
    page.get_by_text("Talks matter more than clicks").wait_for()
    page.get_by_text("Usage: weight 40 to 35").wait_for()
