"""Webhooks in a real browser: by keys, on a phone, in both themes, from the first secret to a log (API-03, PAGES)."""

import pytest

from accounts.models import Account, WebhookDelivery, WebhookEndpoint
from accounts.webhooks.announce import announce_all
from accounts.webhooks.events import EXAMPLES, Kind
from cs_platform.kernel import queue
from tests.accounts.receivers import receiving
from tests.conftest import World, make_world
from tests.e2e.looks import look, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch) -> World:
    monkeypatch.setattr(queue, "wake_workers", [])
    return make_world("acme", "Acme Cloud")


def test_a_webhook_from_its_secret_to_its_log(page, live_server, world, problems, settings):
    with receiving() as receiver:
        settings.WEBHOOK_ALLOW_HOSTS = ["localhost"]
        sign_in(page, live_server, world, "ops")
        page.goto(f"{live_server.url}{world.url('settings/webhooks/')}")
        page.get_by_text("No webhooks yet").wait_for()
        look(page, "webhooks-empty")
        page.get_by_label("Name").fill("Our app")
        page.get_by_label("Address").fill(f"{receiver.url}&{'long=0123456789' * 12}")  # wider than a phone
        page.get_by_label("A playbook was started for an account").check()
        page.get_by_role("button", name="Add webhook").press("Enter")
        secret = page.locator("#secret")
        secret.wait_for()
        assert secret.inner_text().startswith("whsec_")
        page.get_by_role("link", name="Our app").press("Enter")
        page.get_by_role("heading", level=1, name="Our app").wait_for()
        page.get_by_role("button", name="Send a test event").press("Enter")
        page.get_by_text("Not tried yet.").wait_for()
        queue.drain()
        assert [got.headers["Setia-Kind"] for got in receiver.got] == ["webhook.test"]
        page.reload()
        page.get_by_text("thank you").wait_for()
        look(page, "webhook-sent")
        receiver.status = 500
        with world.open():
            account = Account.objects.create(external_id="A-1", name="Halcyon Freight")
            announce_all(Kind.PLAY_STARTED, [(account.id, EXAMPLES[Kind.PLAY_STARTED])])
        queue.drain()
        page.get_by_role("link", name="To the webhook").press("Enter")
        page.get_by_text("Trying again").wait_for()
        look(page, "webhook")
        line = page.get_by_role("link", name="A playbook was started for an account")
        line.press("Enter")
        drawer = page.locator("#drawer-body")
        drawer.get_by_text("The answer was not a success").wait_for()
        look(page, "webhook-drawer")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Make a new secret").press("Enter")
        secret.wait_for()
        page.get_by_role("button", name="Switch off").press("Enter")
        page.get_by_role("button", name="Switch on").wait_for()
        page.get_by_role("button", name="Delete").first.press("Enter")
        dialog = page.get_by_role("dialog", name="Delete Our app?")
        dialog.wait_for()
        dialog.get_by_role("button", name="Delete").press("Enter")
        page.get_by_text("No webhooks yet").wait_for()
    with world.open():
        assert not WebhookEndpoint.objects.exists()
        assert not WebhookDelivery.objects.exists()
