"""Pages of webhooks: made, read, tried, sent again; for who keeps the keys, and of the own company only (API-03, API-04, ROL-01)."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import services, signing
from accounts.webhooks.announce import announce, announce_all
from accounts.webhooks.events import EXAMPLES, Kind
from cs_platform.kernel.models import AuditEntry, Work

pytestmark = pytest.mark.django_db
FORM = {"name": "Product", "url": "https://example.com/hook", "events": ["playbook.started"]}


def at(world, name="webhooks", *args):
    return reverse(f"settings_{name}", args=[world.tenant.slug, *args])


@pytest.fixture
def endpoint(world):
    with world.open():
        row, _secret = services.add_endpoint(name="Ours", url="https://example.com/x", by=world.members["admin"])
        account = Account.objects.create(external_id="A-1", name="Halcyon Freight")
        announce(Kind.BAND_CHANGED, account, **EXAMPLES[Kind.BAND_CHANGED])
        return row


def test_a_webhook_is_made_and_its_secret_shown_once(world):
    client = world.client("ops")
    empty = client.get(at(world)).content.decode()
    assert "No webhooks yet" in empty
    made = client.post(at(world), FORM)
    assert made.status_code == 201
    with world.open():
        row = WebhookEndpoint.objects.get()
        secret = signing.secret_of(row)
    assert secret in made.content.decode()
    for page in (at(world), at(world, "webhooks_one", row.id)):
        text = client.get(page).content.decode()
        assert secret not in text
        assert "https://example.com/" in text
    assert row.events == ["playbook.started"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"url": "http://example.com/"}, "Only https is spoken."),
        ({"url": "https://10.0.0.1/"}, "The name leads into a private network."),
        ({"url": "nonsense"}, "The address is not one that can be sent to."),
        ({"events": ["no.such"]}, "no.such"),
    ],
)
def test_what_cannot_be_stands_at_its_field(world, more, sentence):
    page = world.client("ops").post(at(world), FORM | more)
    assert page.status_code == 422
    assert sentence in page.content.decode()
    with world.open():
        assert not WebhookEndpoint.objects.exists()


def test_only_who_keeps_the_keys(world, endpoint):
    """ROL-01: what is told of every account is for who may make keys."""
    with world.open():
        sent = WebhookDelivery.objects.get().id
    for role in ("csm", "leader", "executive"):
        client = world.client(role)
        assert client.get(at(world)).status_code == 403
        assert client.get(at(world, "webhooks_sent", endpoint.id, sent)).status_code == 403
        assert client.post(at(world, "webhooks_rotate", endpoint.id)).status_code == 403
    with world.open():
        assert WebhookEndpoint.objects.get().generation == 1


def test_neighbours_see_and_change_nothing(worlds, endpoint):
    """API-04: a foreign webhook and an unknown one answer alike."""
    acme, rival = worlds
    client = rival.client("admin")
    assert "Ours" not in client.get(at(rival)).content.decode()
    with acme.open():
        sent = WebhookDelivery.objects.get().id
    with rival.open():
        own, _secret = services.add_endpoint(name="Own", url="https://example.com/", by=None)
    for name in ("rotate", "switch", "test", "remove", "again"):
        for key in (endpoint.id, uuid4()):
            assert client.post(at(rival, f"webhooks_{name}", key), {"day": "2026-11-01"}).status_code == 404
    for key in (endpoint.id, own.id):
        assert client.get(at(rival, "webhooks_sent", key, sent)).status_code == 404
        assert client.post(at(rival, "webhooks_sent_again", key, sent)).status_code == 404
    assert client.get(at(rival, "webhooks_one", endpoint.id)).status_code == 404
    with acme.open():
        row = WebhookEndpoint.objects.get()
        assert (row.generation, row.enabled, WebhookDelivery.objects.count()) == (1, True, 1)


def test_edited_by_one_at_a_time(world, endpoint):
    client, url = world.client("admin"), at(world, "webhooks_edit", endpoint.id)
    assert 'value="Ours"' in client.get(url).content.decode()
    assert client.post(url, FORM | {"version": 1}).status_code == 302
    again = client.post(url, FORM | {"version": 1, "name": "Late"})
    assert again.status_code == 422
    assert "Somebody else changed this" in again.content.decode()
    with world.open():
        row = WebhookEndpoint.objects.get()
        assert (row.name, row.url, row.events, row.version) == ("Product", FORM["url"], ["playbook.started"], 2)
        assert AuditEntry.objects.filter(table="accounts_webhookendpoint", row_id=row.id, action="update").count() == 1


def test_switched_rotated_and_deleted(world, endpoint):
    client = world.client("admin")
    assert client.post(at(world, "webhooks_switch", endpoint.id), {"on": "0", "version": "1"}).status_code == 302
    page = client.get(at(world, "webhooks_one", endpoint.id)).content.decode()
    assert "Switch on" in page
    assert "Send a test event" not in page
    assert client.post(at(world, "webhooks_test", endpoint.id)).status_code == 422
    assert client.post(at(world, "webhooks_again", endpoint.id), {"day": "2026-11-01"}).status_code == 422
    turned = client.post(at(world, "webhooks_rotate", endpoint.id), {"version": "2"})
    assert turned.status_code == 201
    with world.open():
        assert signing.secret_of(WebhookEndpoint.objects.get()) in turned.content.decode()
    assert client.post(at(world, "webhooks_rotate", endpoint.id), {"version": "2"}).status_code == 409
    assert client.post(at(world, "webhooks_remove", endpoint.id), {"version": "2"}).status_code == 409
    assert client.post(at(world, "webhooks_remove", endpoint.id), {"version": "3"}).status_code == 302
    with world.open():
        assert not WebhookEndpoint.objects.exists()
        assert not WebhookDelivery.objects.exists()


def test_the_log_shows_what_was_sent_and_what_came_back(world, endpoint):
    client = world.client("ops")
    with world.open():
        row = WebhookDelivery.objects.get()
        WebhookAttempt.objects.create(delivery=row, status=503, error="status", answer="<b>busy</b>", milliseconds=1234)
        WebhookDelivery.objects.update(state="given_up", attempts=14, ended_at=timezone.now())
    log = client.get(at(world, "webhooks_one", endpoint.id)).content.decode()
    assert "The health band of an account changed" in log
    assert "Halcyon Freight" in log
    url = at(world, "webhooks_sent", endpoint.id, row.id)
    page = client.get(url).content.decode()
    for text in ("503", "The answer was not a success", "1,234", "&lt;b&gt;busy", "Given up", "&quot;after&quot;"):
        assert text in page, text
    assert client.post(at(world, "webhooks_sent_again", endpoint.id, row.id)).status_code == 302
    with world.open():
        row.refresh_from_db()
        assert (row.state, row.attempts) == ("waiting", 0)
        assert Work.objects.filter(name="send_webhooks").exists()
    made = client.post(at(world, "webhooks_test", endpoint.id))
    assert "Not tried yet." in client.get(made["Location"]).content.decode()


def test_the_log_is_filtered_and_turned(world, endpoint):
    client, here = world.client("ops"), at(world, "webhooks_one", endpoint.id)
    with world.open():
        announce_all(Kind.ALERT_OPENED, [(None, {"n": n}) for n in range(120)])
        WebhookDelivery.objects.filter(event__kind=Kind.BAND_CHANGED).update(state="given_up")
        today = world.tenant.today().isoformat()

    def lines(query=""):
        page = client.get(here + query).content.decode()
        following = re.search(r'rel="next" href="([^"]+)"', page)
        return page.count('<th scope="row"><a'), following and following[1].replace("&amp;", "&").partition("?")[2]

    count, following = lines()
    assert count == 50
    assert lines(f"?{following}")[0] == 50
    last = lines(f"?{lines(f'?{following}')[1]}")
    assert last == (21, None)
    assert lines("?state=given_up")[0] == 1
    assert lines(f"?state=waiting&day={today}")[0] == 50
    assert lines("?day=2001-01-01") == (0, None)
    for nonsense in ("?state=lost", "?day=9999-12-31", "?older=x", "?newer=%00"):
        assert lines(nonsense)[0] == 50
    answer = client.post(at(world, "webhooks_again", endpoint.id), {"day": today}, follow=True)
    assert "1 event is on its way again." in answer.content.decode()
    for day in ("", "soon", "9999-12-31", "1066-10-14"):
        assert client.post(at(world, "webhooks_again", endpoint.id), {"day": day}).status_code == 422


def test_pages_cost_the_same_however_much_was_sent(world, endpoint, django_assert_max_num_queries):
    client = world.client("ops")
    with world.open():
        services.add_endpoint(name="Second", url="https://example.com/", by=None)
        account = Account.objects.get()
        announce_all(Kind.ALERT_OPENED, [(account.id, {"n": n}) for n in range(80)])
        WebhookEndpoint.objects.filter(id=endpoint.id).update(failing_since=timezone.now())
    with django_assert_max_num_queries(16):
        page = client.get(at(world)).content.decode()
    assert "Trying again" in page
    with django_assert_max_num_queries(17):
        client.get(at(world, "webhooks_one", endpoint.id))


def test_the_guide_names_every_kind_with_its_example():
    """docs/webhooks.md: what stands there is what is sent."""
    text = (Path(django_settings.BASE_DIR) / "docs" / "webhooks.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \| .+? \| `(\{.+\})` \|$", text, re.MULTILINE))
    assert {kind: json.loads(data) for kind, data in rows.items()} == {
        str(kind): json.loads(json.dumps(EXAMPLES[kind])) for kind in Kind
    }
    assert signing.HEADER in text
