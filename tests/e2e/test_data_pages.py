"""The data pages in a real browser: events come in while somebody watches, a refused one is put right (PAGES, ACC-08)."""

import datetime as dt
import json
import urllib.request

import pytest
from django.utils import timezone

from accounts.enums import KeyScope
from accounts.models import Account, AccountFeature, Feature, Import
from accounts.services import create_api_key
from cs_platform.api import throttling
from cs_platform.kernel import queue
from health.models import AccountDay, FeatureDay, HeldEvent, Receipt, UsageEvent
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch) -> World:
    monkeypatch.setattr(queue, "wake_workers", [])
    throttling.event_throttle.cache_clear()
    return make_world("acme", "Acme Cloud")


def post(base: str, secret: str, *messages: dict) -> None:
    """What a site's program sends."""
    body = json.dumps({"writeKey": secret, "batch": list(messages)}).encode()
    request = urllib.request.Request(f"{base}/v1/batch", body, {"Content-Type": "application/json"})
    assert json.load(urllib.request.urlopen(request)) == {"success": True}


def track(n: int, account: str = "A-1", **more: object) -> dict:
    now = timezone.now().isoformat()
    return {"type": "track", "event": "Report exported", "userId": "u-1", "messageId": f"m{n}", "timestamp": now} | (
        {"context": {"groupId": account}} | more
    )


def test_an_empty_company_sees_how_to_begin(page, live_server, world, problems):
    sign_in(page, live_server, world, "ops")
    for name in ("sources", "receipts", "inbox", "features"):
        page.goto(f"{live_server.url}/t/acme/data/{name}/")
        look(page, f"data-{name}-empty")


def test_events_come_in_while_somebody_watches(page, live_server, world, problems):
    """A batch appears by itself; its refused event is opened, put right, replayed, and stands among those stored."""
    with world.open():
        for n in range(1, 4):
            account = Account.objects.create(external_id=f"A-{n}", name=f"Northwind {n}", status="live")
        secret = create_api_key(name="Web shop", scopes=[KeyScope.EVENTS], by=world.members["admin"])[1]
        now = timezone.now()
        for days in range(1, 14):
            at = now - dt.timedelta(days=days)
            Receipt.objects.create(
                kind="api", received_at=at, received=40 + days * 7 % 30, accepted=40 + days * 7 % 30, duplicate=0,
                quarantined=0, rejected=0, latest_at=at - dt.timedelta(minutes=4),
            )  # fmt: skip
        Import.objects.create(
            kind="subscriptions",
            filename="s.csv",
            state="done",
            total=412,
            rejected=3,
            finished_at=now - dt.timedelta(days=40),
        )
        for n, name in enumerate(("Reports", "Editor", "Audit trail")):
            feature = Feature.objects.create(key=name.lower(), name=name, kind="core" if n < 2 else "advanced")
            if n < 2:
                day = (now - dt.timedelta(days=3 + 40 * n)).date()
                FeatureDay.objects.create(
                    account_id=account.id, feature_id=feature.id, day=day, known_on=day, events=9, quantity=9, users=4
                )
    sign_in(page, live_server, world, "ops")
    page.get_by_role("link", name="Receipts").click()
    page.get_by_role("link", name="Pause").wait_for()
    post(live_server.url, secret, track(1), track(2), track(3, "A-typo"), track(4, event=""))
    page.get_by_text("Web shop · Segment").wait_for(timeout=10_000)
    look(page, "data-receipts")
    page.locator("#receipts tbody a").first.click()
    page.get_by_role("heading", name="Not stored at once").wait_for()
    page.get_by_text("as it was sent").first.click()
    look(page, "data-receipt")
    page.goto(f"{live_server.url}/t/acme/data/inbox/")
    look(page, "data-inbox")
    page.get_by_role("link", name="Report exported").click()
    page.get_by_label("Account id").wait_for()
    look(page, "data-held")
    page.get_by_label("Account id").fill("A-none")
    page.get_by_role("button", name="Replay", exact=True).click()
    page.locator("#drawer-body .err").wait_for()
    problems[:] = [each for each in problems if "422" not in each]  # Chromium's own word for a form with an error
    page.get_by_label("Account id").fill("A-2")
    page.get_by_role("button", name="Replay", exact=True).click()
    page.get_by_text("The event is stored.").wait_for()
    page.get_by_role("link", name="Stored since").click()
    page.get_by_role("link", name="Report exported").wait_for()
    with world.open():
        assert UsageEvent.objects.count() == 3
        assert HeldEvent.objects.get(state="released").account_ref == "A-2"
    page.get_by_role("link", name="Sources").click()
    page.get_by_role("link", name="Web shop · Segment").wait_for()
    look(page, "data-sources")
    page.get_by_role("link", name="Features").click()
    page.get_by_role("button", name="Reports is core").wait_for()
    look(page, "data-features")
    page.get_by_role("button", name="Reports is core").click()
    page.get_by_text("Reports is advanced now.").wait_for()


def test_the_relevant_features_are_chosen_on_the_account(page, live_server, world, problems):
    """From the usage tab, in the drawer (ACC-08)."""
    with world.open():
        account = Account.objects.create(external_id="A-1", name="Northwind", owner=world.members["csm"])
        for name in ("Reports", "Editor", "Audit trail"):
            feature = Feature.objects.create(key=name.lower(), name=name)
        day = world.tenant.today() - dt.timedelta(days=2)
        FeatureDay.objects.create(
            account_id=account.id, feature_id=feature.id, day=day, known_on=day, events=9, quantity=9, users=4
        )
        AccountDay.objects.create(account_id=account.id, day=day, known_on=day, events=9, quantity=9)
    sign_in(page, live_server, world, "csm")
    page.goto(f"{live_server.url}/t/acme/accounts/{account.id}/usage/")
    page.get_by_role("link", name="Relevant features").click()
    page.get_by_label("Editor").check()
    look(page, "relevant-features")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The list is saved; the score follows.").wait_for()
    with world.open():
        assert AccountFeature.objects.get().feature.name == "Editor"
