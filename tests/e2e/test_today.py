"""Today, the inbox and the alert rules in a real browser, by keyboard, in both themes and on a phone (DSH-03, HLT-05)."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.enums import Status
from accounts.models import Account
from cs_platform.kernel import queue
from health.models import Alert, AlertRun, HealthScore, Ticket, Touchpoint
from journey.work.services import add_task
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch) -> World:
    monkeypatch.setattr(queue, "wake_workers", [])
    return make_world("acme", "Acme Cloud")


def fill(world: World) -> None:
    """A book of fourteen with everything that a day may hold."""
    today, csm = dt.date.today(), world.members["csm"]
    names = ("Halcyon Freight", "Oakhaven Credit Union", "Marlow Textiles", "Pallas Biotech", "Northgate Clinics")
    with world.open():
        run = AlertRun.objects.create(as_of=today, opened=5)
        for n in range(14):
            band, score = (("red", 39.0 + n), ("yellow", 55.0 + n), ("green", 80.0 + n))[
                0 if n < 3 else 1 if n < 7 else 2
            ]
            row = Account.objects.create(
                external_id=f"A-{n}", name=names[n] if n < 5 else f"Corvid Logistics {n}", owner=csm, status=Status.LIVE,
                mrr_minor=3_400_000 // (n + 1), health_band=band, health_score=score, health_change=n - 5.0,
                renews_on=today + dt.timedelta(days=12 + 20 * n),
            )  # fmt: skip
            for week in range(12):
                HealthScore.objects.create(
                    account_id=row.id, as_of=today - dt.timedelta(days=7 * week), version_id=row.id, band=band,
                    score=min(100, score + week * (n % 3 - 0.5)), coverage=1, raw=[], points=[], shares=[],
                )  # fmt: skip
            if n < 5:
                Alert.objects.create(
                    account=row, rule="usage_decline", level="warning", as_of=today, run=run,
                    inputs={"cause": "", "before": 0.35, "now": 0.15, "change": -0.571}, thresholds={"drop": 0.5, "floor": 0.05},
                )  # fmt: skip
                Ticket.objects.create(
                    account=row, external_id=f"T-{n}", subject=f"#48{n}1 Data export stuck at 98%", state="open",
                    opened_at=timezone.now() - dt.timedelta(hours=2 + 9 * n), known_on=today, source="api", level="urgent",
                )  # fmt: skip
        first = Account.objects.get(external_id="A-0")
        Alert.objects.create(
            account=first, rule="turned_red", level="critical", as_of=today, run=run,
            inputs={"cause": "", "score": 39.0, "before": "yellow"}, thresholds={"red": 50, "days": 3},
        )  # fmt: skip
        for days, text in (
            (-3, "Follow up on the unpaid invoice"),
            (0, "Call the new VP Operations"),
            (4, "Send the terms"),
        ):
            Alert.objects.create(
                account=first, rule="champion", cause=str(days), as_of=today, answer=text, answered_by=csm,
                answered_at=timezone.now(), due_on=today + dt.timedelta(days=days), level="warning",
                inputs={"cause": "x", "kind": "champion_left", "day": today.isoformat()},
            )  # fmt: skip
        Touchpoint.objects.create(
            account=first, external_id="M", kind="qbr", status="planned", subject="Quarterly talk", known_on=today,
            happened_at=timezone.now() + dt.timedelta(days=2), source="member",
        )  # fmt: skip


def test_a_day_by_keyboard(page, live_server, world: World, problems) -> None:
    """From Today to an alert, its reason, the answer, and back to an inbox without it."""
    fill(world)
    sign_in(page, live_server, world, "csm")
    page.goto(live_server.url + world.url("today/"))
    look(page, "today")
    assert page.locator(".kpi").count() == 5
    page.locator("#main").focus()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Halcyon Freight"
    page.keyboard.press("j")
    assert (
        page.evaluate("document.activeElement.textContent") == "Marlow Textiles"
        or page.evaluate("document.activeElement.className") == "who"
    )
    page.goto(live_server.url + world.url("inbox/"))
    look(page, "inbox")
    assert page.locator("#alerts-found li").count() == 6
    page.locator("#main").focus()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_label("What will be done").wait_for()
    assert "The score is 39, below 50" in page.locator("#drawer-body").inner_text()
    look(page, "alert")
    page.get_by_label("What will be done").fill("Call the sponsor")
    page.locator("#drawer-body").get_by_role("button", name="Answer", exact=True).click()
    page.get_by_text("It is an action of yours now").wait_for()
    expect(page.locator("#alerts-found li")).to_have_count(5)
    page.get_by_label("Level").select_option("critical")
    page.get_by_text("No alert fits the filters").wait_for()
    page.get_by_role("link", name=re.compile("Being done")).click()
    page.get_by_text("Call the sponsor").wait_for()


def test_the_day_is_worked_on_in_place(page, live_server, world: World, problems) -> None:
    """DSH-03: done, put off, logged and answered by keyboard; tile, lists and the account's row follow, and no page loads."""
    fill(world)
    with world.open():
        first, csm = Account.objects.get(external_id="A-0"), world.members["csm"]
        for title in ("Send the recap", "Ask for the figures"):
            add_task(title=title, due_on=world.tenant.today(), by=csm, account=first)
    sign_in(page, live_server, world, "csm")
    page.goto(live_server.url + world.url("today/"))
    page.evaluate("window.stayed = true")
    due = page.locator(".kpi", has_text="Action items due").locator(".v")
    expect(due).to_have_text("4")
    page.get_by_role("checkbox", name="Done: Send the recap").check()
    expect(due).to_have_text("3")
    expect(page.locator("#my-actions")).not_to_contain_text("Send the recap")
    page.locator("#my-actions").get_by_role("link", name="Ask for the figures").focus()
    page.keyboard.press("s")
    page.locator("#drawer [data-snooze]").wait_for()
    page.locator("#drawer").get_by_role("button", name=re.compile("Tomorrow")).click()
    expect(due).to_have_text("2")
    row = page.locator("#my-accounts tr", has_text="Halcyon Freight")
    touched = row.locator("td").nth(5)
    expect(touched).not_to_have_text("Today")
    row.get_by_role("link").focus()
    page.keyboard.press("l")
    page.locator("#drawer").get_by_role("button", name="Save").wait_for()
    expect(page.locator("#drawer")).to_contain_text("Halcyon Freight")
    page.locator("#drawer").get_by_role("button", name="Save").click()
    expect(touched).to_have_text("Today")
    page.locator("#my-day").get_by_role("link", name="Answer", exact=True).click()
    page.get_by_label("What will be done").fill("Call the sponsor at once")
    page.locator("#drawer").get_by_role("button", name="Answer", exact=True).click()
    expect(page.locator("#my-day .callout.risk")).to_have_count(0)
    assert page.evaluate("window.stayed"), "no page was loaded"


def test_rules_are_tried_and_switched_off(page, live_server, world: World, problems) -> None:
    """A threshold is tried on the past, saved; a run is undone; everything is switched off."""
    fill(world)
    sign_in(page, live_server, world, "ops")
    page.goto(live_server.url + world.url("settings/alerts/"))
    look(page, "rules")
    page.get_by_role("link", name="Usage declines", exact=True).click()
    page.get_by_label("Falls by (%)").fill("99")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_label("Falls by (%)").evaluate("e => e.validity.rangeOverflow"), "the browser says the bound"
    page.get_by_label("Falls by (%)").fill("40")
    page.get_by_role("button", name=re.compile("Simulate")).click()
    page.get_by_text("It would have fired").wait_for()
    look(page, "rule")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The next run follows it").wait_for()
    assert "Falls by 40%" in page.locator("table").first.inner_text()
    page.get_by_role("button", name=re.compile("Undo the run")).click()
    page.get_by_text("6 alerts were taken back.").wait_for()
    page.get_by_role("button", name="Switch all rules off").click()
    page.get_by_text("Every rule is off.").first.wait_for()
