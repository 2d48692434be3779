"""Tasks in a real browser: by keys, in place, on a phone, in both themes (PAGES, DSH-03)."""

import datetime as dt

import pytest

from accounts.enums import Status
from accounts.models import Account, Contact
from cs_platform.kernel import queue
from health.models import Alert
from journey.enums import Rhythm
from journey.models import Task
from journey.work import services
from journey.work.comments import comment
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = (
    ("Halcyon Freight", "red", 3_433_000), ("Greyfield Media", "red", 516_000), ("Northgate Clinics", "yellow", 1_783_000),
    ("Oakhaven Credit Union", "red", 2_091_000), ("Volta Charging", "yellow", 1_166_000), ("Altavista Health", "green", 15_166_000),
)  # fmt: skip
WORK = (
    ("Follow up on unpaid invoice", 1, -3, "renewal"), ("Send usage report to sponsor", 2, -1, "value"),
    ("Call the new VP Operations", 0, 0, "health"), ("Reply to NPS 2 from CFO", 3, 0, "executive"),
    ("Security questionnaire", 4, 2, "onboarding"), ("Expansion proposal, unit 4", 5, 3, "expansion"),
)  # fmt: skip


@pytest.fixture
def world(transactional_db, monkeypatch) -> World:
    monkeypatch.setattr(queue, "wake_workers", [])
    return make_world("acme", "Acme Cloud")


def fill(world: World) -> None:
    """A book of six with work for a week and a pool."""
    today, csm = world.tenant.today(), world.members["csm"]
    with world.open():
        accounts = [
            Account.objects.create(
                external_id=f"A-{n}", name=name, owner=csm, status=Status.LIVE, mrr_minor=mrr, health_band=band,
                health_score=39.0 + n, renews_on=today + dt.timedelta(days=38 + n),
            )
            for n, (name, band, mrr) in enumerate(NAMES)
        ]  # fmt: skip
        alert = Alert.objects.create(
            account=accounts[0], rule="turned_red", level="critical", as_of=today,
            inputs={"cause": "", "score": 39.0, "before": "yellow"}, thresholds={"red": 50, "days": 3},
        )  # fmt: skip
        for title, at, days, work in WORK:
            task = services.add_task(
                title=title, account=accounts[at], due_on=today + dt.timedelta(days=days), by=None, work=work,
                alert=alert if at == 0 else None, due_at=dt.time(10) if at == 0 else None,
                rhythm=Rhythm.MONTHLY if at == 2 else "", checklist=[{"text": "Agenda"}, {"text": "Slides"}] if at == 0 else [],
                note="Ask what she needs by January." if at == 0 else "",
            )  # fmt: skip
            if at == 3:
                comment(
                    task=task,
                    text="Dana will write to the CFO. @Csm Person please call first.",
                    by=world.members["ops"],
                )
        for n, title in enumerate(("First-week check-in", "Answer: how to add a second site", "Usage fell 38%")):
            free = Account.objects.create(
                external_id=f"P-{n}", name=f"Cobalt Print {n}", status="live", mrr_minor=75_000
            )
            Contact.objects.create(account=free, external_id=f"P-{n}", name="P", language="id" if n else "en")
            services.add_task(title=title, account=free, due_on=today + dt.timedelta(days=n), by=None)


def test_work_by_keys(page, live_server, world: World, problems) -> None:
    """J, X, E and S, the pane with its reason, undo, the pool; nothing loads the page anew."""
    fill(world)
    sign_in(page, live_server, world, "csm")
    page.goto(live_server.url + world.url("tasks/"))
    page.locator("#task-pane .empty").wait_for()
    page.locator("#main").focus()
    for _n in range(3):
        page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Call the new VP Operations"
    page.keyboard.press("Enter")
    page.locator("#task-pane").get_by_text("Why this exists").wait_for()
    assert "below 50" in page.locator("#task-pane").inner_text()
    look(page, "tasks")
    page.locator("#task-pane").get_by_role("checkbox", name="Agenda").click()
    page.locator("#task-pane .todo .done").wait_for()
    page.get_by_role("link", name="Call the new VP Operations").focus()
    page.keyboard.press("e")
    page.get_by_text("Done: Call the new VP Operations").wait_for()
    page.locator(".tk .done", has_text="Call the new VP").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.locator(".tk li:not(.done)", has_text="Call the new VP").wait_for()
    page.get_by_role("link", name="Security questionnaire").focus()
    page.keyboard.press("x")
    page.keyboard.press("s")
    look(page, "tasks-selected")
    page.locator("#bulk-snooze button").first.click()
    page.get_by_text("1 task changed").wait_for()
    page.get_by_role("button", name="Take the next one").click()
    page.get_by_text("Yours for four hours: First-week").wait_for()
    with world.open():
        assert Task.objects.filter(taken_until__isnull=False).count() == 1


def test_work_on_a_phone(page, live_server, world: World, problems) -> None:
    """At 390 px a task opens in the drawer, is commented and done there; a new one is made."""
    fill(world)
    sign_in(page, live_server, world, "csm")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(live_server.url + world.url("tasks/"))
    page.get_by_role("link", name="Reply to NPS 2 from CFO").click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_text("Dana will write to the CFO").wait_for()
    drawer.get_by_label("Comment", exact=True).fill("I will call first")
    drawer.get_by_role("button", name="Comment").click()
    drawer.locator(".said").get_by_text("I will call first").wait_for()
    drawer.get_by_role("button", name="Done").click()
    page.locator(".tk .done", has_text="Reply to NPS").wait_for()
    page.get_by_role("link", name="New task").click()
    drawer.get_by_label("What is to be done").fill("Send the order form")
    drawer.get_by_role("button", name="Save").click()
    page.locator(".tk").get_by_text("Send the order form").wait_for()
    page.get_by_role("link", name="New task").click()
    drawer.get_by_label("What is to be done").wait_for()
    look(page, "task-form")
