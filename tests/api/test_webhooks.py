"""Webhooks over HTTP: endpoints, their log, sending again; for keys of admins only, and nobody else's (API-01, API-03, API-04)."""

import json
from uuid import uuid4

import pytest

from accounts.enums import KeyScope
from accounts.models import Account, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import signing
from accounts.webhooks.announce import announce
from accounts.webhooks.events import EXAMPLES, TEST, Kind
from cs_platform.kernel.models import IdempotencyKey, Work
from tests.api.conftest import Api, key_of

BODY = {"name": "Product", "url": "https://example.com/setia", "events": ["playbook.started", "alert.opened"]}


def tell(world, kind=Kind.ALERT_OPENED):
    with world.open():
        account, _made = Account.objects.get_or_create(external_id="A-1", defaults={"name": "Halcyon Freight"})
        announce(kind, account, **EXAMPLES[kind])


def test_an_endpoint_is_made_read_changed_and_deleted(api, world, rival):
    made = api.post("webhooks", BODY)
    assert made.status_code == 201, made.json()
    row = made.json()
    assert made["Location"].endswith(row["id"])
    assert {name: row[name] for name in ("name", "url", "enabled", "version", "failing_since")} == {
        "name": "Product", "url": BODY["url"], "enabled": True, "version": 1, "failing_since": None,
    }  # fmt: skip
    assert set(row["events"]) == set(BODY["events"])
    with world.open():
        stored = WebhookEndpoint.objects.get()
        assert row["secret"] == signing.secret_of(stored)
        assert stored.created_by == world.members["admin"]
    read = api.get(f"webhooks/{row['id']}").json()
    assert read == {name: value for name, value in row.items() if name != "secret"}
    assert api.get("webhooks").json() == {"results": [read], "next": None}
    changed = api.patch(f"webhooks/{row['id']}", {"events": [], "enabled": False}, If_Match='"1"')
    assert changed.status_code == 200, changed.json()
    assert (changed.json()["events"], changed.json()["enabled"], changed["ETag"]) == ([], False, '"2"')
    stale = api.patch(f"webhooks/{row['id']}", {"name": "Other", "version": 1})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "stale")
    assert api.delete(f"webhooks/{row['id']}", If_Match='"1"').status_code == 409
    assert api.delete(f"webhooks/{row['id']}").status_code == 204
    assert api.get(f"webhooks/{row['id']}").status_code == 404
    with rival.open():
        assert not WebhookEndpoint.objects.exists()


def test_what_cannot_be_is_refused(api):
    api.post("webhooks", BODY)
    good = BODY | {"name": "B"}
    for more, field in (
        ({"name": ""}, "name"),
        ({"name": "Product"}, "name"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://169.254.169.254/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"events": ["no.such"]}, "events.0"),
        ({"events": "all"}, "events"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"secret": "mine"}, "secret"),
    ):
        refused = api.post("webhooks", good | more)
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, [field]), more
    assert api.post("webhooks", []).status_code == 422
    assert api.get("webhooks?state=on").status_code == 422
    assert api.put("webhooks", BODY).status_code == 405


@pytest.mark.parametrize("scopes", [[KeyScope.READ], [KeyScope.WRITE], [KeyScope.EVENTS]])
def test_only_keys_of_admins_may(world, api, scopes):
    """Who adds an endpoint hears of every account, so reading and writing alike need the widest scope."""
    row = api.post("webhooks", BODY).json()
    tell(world)
    with world.open():
        sent = WebhookDelivery.objects.get().id
    narrow = Api(key_of(world, *scopes)[1])
    for method, path in (
        ("GET", "webhooks"),
        ("GET", f"webhooks/{row['id']}"),
        ("POST", "webhooks"),
        ("PATCH", f"webhooks/{row['id']}"),
        ("DELETE", f"webhooks/{row['id']}"),
        ("POST", f"webhooks/{row['id']}/rotate"),
        ("POST", f"webhooks/{row['id']}/test"),
        ("POST", f"webhooks/{row['id']}/replay"),
        ("GET", "webhook-deliveries"),
        ("GET", f"webhook-deliveries/{sent}"),
        ("POST", f"webhook-deliveries/{sent}/replay"),
    ):
        assert narrow.send(method, path, {} if method != "GET" else None).status_code == 403, (method, path)
    assert Api("nonsense").get("webhooks").status_code == 401


def test_a_post_that_is_sent_again_makes_no_second_and_the_secret_is_kept_nowhere(api, world):
    """API-01: idempotent. The kept answer is without the secret."""
    first = api.post("webhooks", BODY, Idempotency_Key="k-1")
    again = api.post("webhooks", BODY, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 201, "true")
    assert again.json() == {name: value for name, value in first.json().items() if name != "secret"}
    assert api.post("webhooks", BODY | {"name": "B"}, Idempotency_Key="k-1").status_code == 409
    with world.open():
        assert WebhookEndpoint.objects.count() == 1
        assert first.json()["secret"] not in IdempotencyKey.objects.get().body


def test_a_secret_is_rotated(api, world):
    row = api.post("webhooks", BODY).json()
    assert api.post(f"webhooks/{row['id']}/rotate", {}, If_Match='"7"').status_code == 409
    assert api.post(f"webhooks/{row['id']}/rotate", {"secret": "mine"}).status_code == 422
    turned = api.post(f"webhooks/{row['id']}/rotate", {}).json()
    assert turned["secret"] != row["secret"]
    assert turned["version"] == 2
    assert turned["rotated_at"] is not None
    assert "secret" not in api.get(f"webhooks/{row['id']}").json()


def test_the_log_is_read_and_sent_again(api, world, rival_api, django_assert_max_num_queries):
    row = api.post("webhooks", BODY).json()
    api.post("webhooks", BODY | {"name": "Other", "events": []})
    for _n in range(3):
        tell(world)
    tell(world, Kind.BAND_CHANGED)
    page = api.get(f"webhook-deliveries?webhook={row['id']}&limit=2").json()
    assert len(page["results"]) == 2
    rest = api.get(page["next"].split("/api/v1/")[1]).json()
    assert (len(rest["results"]), rest["next"]) == (1, None)
    one = page["results"][0]
    assert (one["kind"], one["account"], one["state"], one["attempts"]) == ("alert.opened", "A-1", "waiting", 0)
    whole = api.get(f"webhook-deliveries/{one['id']}").json()
    assert whole["payload"]["id"] == one["event_id"]
    assert whole["payload"]["data"] == json.loads(json.dumps(EXAMPLES[Kind.ALERT_OPENED]))
    assert whole["tries"] == []
    assert len(api.get("webhook-deliveries?kind=health.band_changed").json()["results"]) == 1
    assert len(api.get("webhook-deliveries?state=given_up").json()["results"]) == 0
    assert api.get("webhook-deliveries?state=lost").status_code == 422
    with world.open():
        WebhookDelivery.objects.filter(endpoint_id=row["id"]).update(state="given_up", attempts=9)
        Work.objects.all().delete()
    back = api.post(f"webhook-deliveries/{one['id']}/replay", {}).json()
    assert (back["state"], back["attempts"]) == ("waiting", 0)
    day = world.tenant.today().isoformat()
    assert api.post(f"webhooks/{row['id']}/replay", {"day": day}).json() == {"count": 2}
    assert api.post(f"webhooks/{row['id']}/replay", {"day": "1901-01-01"}).status_code == 422
    assert api.post(f"webhooks/{row['id']}/replay", {}).status_code == 422
    with world.open():
        assert Work.objects.filter(name="send_webhooks").exists()
    with django_assert_max_num_queries(14):
        api.get("webhook-deliveries")
    # API-04: a foreign delivery and an unknown one answer alike.
    for path in (f"webhook-deliveries/{one['id']}", f"webhooks/{row['id']}"):
        unknown = f"{path.split('/')[0]}/{uuid4()}"
        assert rival_api.get(path).status_code == rival_api.get(unknown).status_code == 404
        assert rival_api.post(f"{path}/replay", {"day": day} if "deliver" not in path else {}).status_code == 404
    assert rival_api.get("webhook-deliveries").json()["results"] == []
    assert rival_api.get(f"webhook-deliveries?webhook={row['id']}").json()["results"] == []


def test_a_test_event_is_asked_for(api, world):
    row = api.post("webhooks", BODY).json()
    made = api.post(f"webhooks/{row['id']}/test", {})
    assert (made.status_code, made.json()["kind"], made.json()["account"]) == (202, TEST, None)
    api.patch(f"webhooks/{row['id']}", {"enabled": False})
    off = api.post(f"webhooks/{row['id']}/test", {})
    assert (off.status_code, off.json()["error"]["code"]) == (422, "off")
    assert api.post(f"webhook-deliveries/{made.json()['id']}/replay", {}).json()["error"]["code"] == "off"
