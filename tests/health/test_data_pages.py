"""Set-up, Data: sources, receipts, the inbox of held events, features (PAGES, ACC-08, RELIABILITY 3.1)."""

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import KeyScope
from accounts.models import Account, AccountFeature, ApiKey, Feature, Import
from accounts.services import create_api_key
from cs_platform.kernel import queue
from cs_platform.kernel.models import Dirty, Work
from health.enums import Freshness, ReceiptKind
from health.models import FeatureDay, HeldEvent, Receipt, UsageEvent, UsageTouched
from health.usage import catalogue, items, sources
from health.usage.intake import receive
from health.views import inbox
from tests.conftest import World

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "wake_workers", [])


def event(n: int, account: str = "A-1", **more: Any) -> items.Incoming | items.Refused:
    given = {
        "event": "Export",
        "occurred_at": timezone.now() - dt.timedelta(hours=1),
        "user": "u",
        "message_id": f"m-{n}",
    }
    raw = json.dumps({"account": account, "event": "Export", "message_id": f"m-{n}"}).encode()
    return items.incoming(n, account=account, raw=raw, **(given | more))


def send(world: World, *sent: Any, refused: Any = (), **more: Any) -> Receipt:
    key = ApiKey.objects.first()
    options = {"kind": ReceiptKind.API, "received_at": timezone.now(), "api_key_id": key.id if key else None} | more
    return Receipt.objects.get(id=receive(list(sent), list(refused), **options).receipt_id)


def body(answer: Any) -> str:
    assert answer.status_code in (200, 422), answer.status_code
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.parametrize(
    ("hours", "limits", "expected"),
    [
        (24, sources.EVENTS, Freshness.FRESH),
        (25, sources.EVENTS, Freshness.LATE),
        (72, sources.EVENTS, Freshness.LATE),
        (73, sources.EVENTS, Freshness.SILENT),
        (24 * 35, sources.FILES, Freshness.FRESH),
        (24 * 36, sources.FILES, Freshness.LATE),
        (24 * 101, sources.FILES, Freshness.SILENT),
    ],
)
def test_freshness_has_said_limits(hours, limits, expected):
    assert sources.freshness(NOW - dt.timedelta(hours=hours), NOW, limits) == expected
    assert sources.freshness(None, NOW, limits) == Freshness.NEVER


def test_senders_add_up_to_their_receipts(world, rival):
    """Sums of a day and a week, the median lag, and a point for each day of the tenant's calendar."""
    for each in (world, rival):
        with each.open():
            key = ApiKey.objects.get()
            for hours, accepted, rejected, lag in (
                (1, 10, 2, 60),
                (30, 20, 0, 120),
                (24 * 10, 40, 8, 9000),
                (24 * 30, 99, 0, 1),
            ):
                at = NOW - dt.timedelta(hours=hours)
                Receipt.objects.create(
                    kind="segment", api_key=key, received_at=at, received=accepted + rejected, accepted=accepted,
                    duplicate=0, quarantined=0, rejected=rejected, latest_at=at - dt.timedelta(seconds=lag),
                )  # fmt: skip
            Receipt.objects.create(
                kind="replay", received_at=NOW, received=5, accepted=5, duplicate=0, quarantined=0, rejected=0
            )
    with world.open():
        (sender,) = sources.senders(NOW)
        assert (sender.day, sender.week, sender.received_week, sender.rejected_week) == (10, 30, 32, 2)
        assert sender.lag_seconds == 90
        assert sender.freshness == Freshness.FRESH
        assert (len(sender.points), sum(sender.points), sender.points[-1], sender.points[-2]) == (14, 70, 10, 20)


def test_a_key_that_never_sent_is_named_and_a_reader_is_not(world):
    with world.open():
        ApiKey.objects.all().delete()
        create_api_key(name="site", scopes=[KeyScope.EVENTS], by=world.members["admin"])
        create_api_key(name="reports", scopes=[KeyScope.READ], by=world.members["admin"])
        (sender,) = sources.senders(NOW)
        assert (sender.key.name, sender.freshness, sender.last) == ("site", Freshness.NEVER, None)


def test_an_empty_company_is_shown_how_to_send(world, settings):
    """Its own address, its own account, and where a key comes from (PAGES: a page without data)."""
    settings.BASE_URL = "https://setia.example.com"
    with world.open():
        Account.objects.create(external_id="it's", name="Quoted")
    for path in ("sources", "receipts", "inbox"):
        found = body(world.client("ops").get(world.url(f"data/{path}/")))
        assert "curl https://setia.example.com/api/v1/events" in found
        assert "Get a key" in found
        assert "it&#x27;\\&#x27;&#x27;s" in found


def test_sources_show_events_and_files(world, rival):
    for each in (world, rival):
        with each.open():
            Account.objects.create(external_id="A-1", name="Northwind")
            send(each, event(1), event(2, "A-9"))
            Import.objects.create(
                kind="accounts", filename="a.csv", state="done", total=10, rejected=1, finished_at=timezone.now()
            )
    found = body(world.client("ops").get(world.url("data/sources/")))
    assert "1 of 1 source sent in the last day" in found
    assert "default · API" in found
    assert "data/imports/?kind=accounts#upload" in found
    assert "10.0%" in found
    assert "after 24 hours" in found
    assert world.client("csm").get(world.url("data/sources/")).status_code == 403


def test_receipts_update_by_themselves_and_can_be_paused(world, rival):
    """204 while nothing came, the new list when something did (the live debugger)."""
    client = world.client("ops")
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
        first = send(world, event(1), event(2, "A-9"))
    with rival.open():
        other = send(rival, event(1))
    found = body(client.get(world.url("data/receipts/")))
    assert str(first.id) in found
    assert str(other.id) not in found
    poll = re.search(r'hx-get="([^"]+newest[^"]+)" hx-trigger="every 4s"', found)[1].replace("&amp;", "&")
    headers = {"HX-Request": "true", "HX-Target": "receipts"}
    assert client.get(poll, headers=headers).status_code == 204
    with world.open():
        second = send(world, event(3))
    answer = client.get(poll, headers=headers)
    assert answer.status_code == 200
    assert f"r-{second.id}" in answer.content.decode()
    assert b"<html" not in answer.content
    paused = body(client.get(world.url("data/receipts/?paused=1")))
    assert "every 4s" not in paused
    assert "Go on" in paused
    assert client.get(world.url("data/receipts/?kind=segment")).content.count(b'id="r-') == 0
    for query in ("key=nonsense", "kind=%00", "key=%00", "before=%00&newest=%00"):
        assert client.get(world.url(f"data/receipts/?{query}")).status_code == 200


def test_receipts_page_by_page(world):
    client = world.client("ops")
    with world.open():
        at = timezone.now()
        for _n in range(120):
            Receipt.objects.create(
                kind="api", received=1, accepted=1, duplicate=0, quarantined=0, rejected=0, received_at=at
            )
    seen: list[str] = []
    url = world.url("data/receipts/")
    while url:
        found = body(client.get(url))
        seen += re.findall(r'id="r-([0-9a-f-]+)"', found)
        follow = re.search(r'rel="next" href="([^"]+)"', found)
        url = world.url("data/receipts/") + follow[1].replace("&amp;", "&").split("/")[-1] if follow else ""
    assert len(seen) == len(set(seen)) == 120


def test_a_receipt_shows_what_was_held_as_it_was_sent(world):
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
        bad = items.refuse(2, "no_offset", "timestamp", b'{"event": "<b>x</b>"}')
        receipt = send(world, event(0), event(1, "A-9"), refused=[bad])
    found = body(world.client("ops").get(world.url(f"data/receipts/{receipt.id}/")))
    assert "Unknown account" in found
    assert "Time without offset" in found
    assert "&lt;b&gt;x&lt;/b&gt;" in found
    assert "<b>x</b>" not in found


def held_of(world: World, **filters: Any) -> HeldEvent:
    with world.open():
        return HeldEvent.objects.get(**filters)


def test_the_inbox_is_filtered_by_state_and_reason(world, rival):
    for each in (world, rival):
        with each.open():
            refused = [items.refuse(n, "no_offset", "timestamp", b"{}") for n in (5, 6)]
            send(each, *(event(n, "A-9") for n in range(3)), refused=refused)
    client = world.client("ops")

    def rows(query: str) -> int:
        return body(client.get(world.url(f"data/inbox/{query}"))).count('<tr><th scope="row">')

    assert [
        rows(q) for q in ("", "?state=waiting", "?state=refused", "?state=refused&code=no_offset", "?state=stored")
    ] == [5, 3, 2, 2, 0]
    assert rows("?code=unknown_account") == 3
    assert rows("?code=%00&state=%00&before=x") == 0
    assert "Replay 2 events" in body(client.get(world.url("data/inbox/?code=no_offset")))


def test_the_inbox_goes_on_after_its_last_row(world, monkeypatch):
    """PERFORMANCE: events that came at one moment stand on one page each, also when others come in and one is settled."""
    monkeypatch.setattr(inbox, "SHOWN", 2)
    with world.open():
        send(world, *(event(n, "A-9") for n in range(5)))
    client, url, seen = world.client("ops"), world.url("data/inbox/"), []
    while url:
        page = body(client.get(url))
        seen.append(re.findall(r"/data/inbox/([0-9a-f-]{36})/", page))
        found = re.search(r'rel="next" href="([^"]*)"', page)
        url = found[1].replace("&amp;", "&") if found else ""
        with world.open():
            send(world, event(10 + len(seen), "A-9"))
            HeldEvent.objects.filter(id=seen[-1][-1]).update(state="dismissed")
    ids = [list(dict.fromkeys(each)) for each in seen]
    assert [len(each) for each in ids] == [2, 2, 1]
    assert len({row for each in ids for row in each}) == 5


def test_an_event_is_put_right_and_stored(world, rival):
    """The form keeps the message id, so that its sender's retry is a duplicate; what happened stays visible."""
    with world.open():
        account = Account.objects.create(external_id="A-1", name="Northwind")
        send(world, event(7, "A-typo"))
    with rival.open():
        Account.objects.create(external_id="A-1", name="Northwind")
    row = held_of(world)
    client = world.client("ops")
    url = world.url(f"data/inbox/{row.id}/")
    assert "A-typo" in body(client.get(url))
    fields = {"account": "A-none", "event": "Export", "user": "u", "timestamp": row.event["timestamp"], "quantity": "2"}
    again = client.post(url, fields)
    assert again.status_code == 422
    assert "There is no account with this id yet" in body(again)
    bad = client.post(url, fields | {"account": "A-1", "timestamp": "yesterday"})
    assert bad.status_code == 422
    assert client.post(url, fields | {"account": "A-1"}).status_code == 302
    with world.open():
        stored = UsageEvent.objects.get()
        assert (stored.account_id, float(stored.quantity)) == (account.id, 2.0)
        assert send(world, event(7, "A-typo", occurred_at=stored.occurred_at)).accepted == 0
    row = held_of(world, state="released")
    assert row.changed_by_id == world.members["ops"].id
    assert str(row.released_by_id) in body(client.get(url))
    assert "Replay</button>" not in body(client.get(url))
    with rival.open():
        assert not UsageEvent.objects.exists()


def test_a_refused_text_can_be_written_as_an_event(world):
    """A message of Segment's that was refused offers what it said; the reused id is left out."""
    raw = {
        "type": "track",
        "userId": "u-1",
        "event": "Export",
        "messageId": "m",
        "timestamp": "2026-11-20T10:00:00",
        "context": {"groupId": "A-1"},
    }
    with world.open():
        Account.objects.create(external_id="A-1", name="Northwind")
        send(world, refused=[items.refuse(0, "no_offset", "timestamp", json.dumps(raw).encode())])
    client, row = world.client("ops"), held_of(world)
    found = body(client.get(world.url(f"data/inbox/{row.id}/")))
    assert 'value="u-1"' in found
    assert 'value="A-1"' in found
    fields = {"account": "A-1", "event": "Export", "user": "u-1", "timestamp": "2026-11-20T10:00:00Z"}
    assert client.post(world.url(f"data/inbox/{row.id}/"), fields).status_code == 302
    with world.open():
        assert UsageEvent.objects.count() == 1


def test_dismissed_once_and_for_all(world, rival):
    with world.open():
        send(world, event(1, "A-9"))
    row = held_of(world)
    url = world.url(f"data/inbox/{row.id}/dismiss/")
    assert rival.client("ops").post(url).status_code == 404
    assert world.client("csm").post(url).status_code == 403
    assert world.client("ops").post(url).status_code == 302
    assert held_of(world).state == "dismissed"
    with world.open():
        Account.objects.create(external_id="A-9", name="Late")
    world.client("ops").post(world.url(f"data/inbox/{row.id}/"), {"account": "A-9", "event": "Export"})
    with world.open():
        assert not UsageEvent.objects.exists()


def test_all_of_one_reason_at_once(world, rival):
    """Old history is taken when somebody says so; other reasons and other companies stay as they are."""
    old = timezone.now() - dt.timedelta(days=4 * 365)
    for each in (world, rival):
        with each.open():
            Account.objects.create(external_id="A-1", name="Northwind")
            send(each, event(1, occurred_at=old), event(2, occurred_at=old), event(3, "A-9"))
    client = world.client("ops")
    answer = client.post(world.url("data/inbox/replay/"), {"code": "too_old", "accept": "1"}, follow=True)
    assert "2 events are stored" in body(answer)
    with world.open():
        assert UsageEvent.objects.count() == 2
        assert set(HeldEvent.objects.filter(state="quarantined").values_list("code", flat=True)) == {"unknown_account"}
    with rival.open():
        assert HeldEvent.objects.filter(state="quarantined").count() == 3
    still = client.post(world.url("data/inbox/replay/"), {"code": "unknown_account"}, follow=True)
    assert "1 is still held" in body(still)
    assert client.post(world.url("data/inbox/replay/"), {"code": "\x00"}).status_code == 302


@pytest.fixture
def used(world: World, rival: World) -> dict[str, Feature]:
    """Two features: one used by two accounts, one by nobody lately."""
    found = {}
    for each in (world, rival):
        with each.open():
            edit = Feature.objects.create(key="edit", name="Edit")
            old = Feature.objects.create(key="old", name="Old")
            for n, day, users in ((1, 1, 3), (1, 40, 2), (2, 60, 1)):
                account = Account.objects.get_or_create(external_id=f"A-{n}", defaults={"name": f"N{n}"})[0]
                when = each.tenant.today() - dt.timedelta(days=day)
                FeatureDay.objects.create(
                    account_id=account.id,
                    feature_id=edit.id,
                    day=when,
                    known_on=when,
                    events=5,
                    quantity=5,
                    users=users,
                )
            if each is world:
                found = {"edit": edit, "old": old}
    return found


def test_adoption_counts_accounts_and_user_days(world, used):
    with world.open():
        last = world.tenant.today() - dt.timedelta(days=1)
        edit, old = catalogue.adoption(last)
        assert (edit.name, edit.accounts_28, edit.accounts_90, edit.user_days_28, edit.user_days_90) == (
            "Edit",
            1,
            2,
            3,
            6,
        )
        assert edit.first_day == last - dt.timedelta(days=59)
        assert edit.last_day == last
        assert (old.accounts_90, old.last_day) == (0, None)
    found = body(world.client("ops").get(world.url("data/features/")))
    assert "1 was not used in 90 days" in found


def test_a_feature_becomes_advanced_and_its_days_are_counted_anew(world, used):
    client = world.client("ops")
    url = world.url(f"data/features/{used['edit'].id}/kind/")
    assert client.post(url, {"kind": "nonsense"}).status_code == 302
    assert client.post(url, {"kind": "advanced"}).status_code == 302
    with world.open():
        assert Feature.objects.get(key="edit").kind == "advanced"
        assert not UsageTouched.objects.exists()
        queue.run_to_end(world.tenant.id, Work.objects.get(name="recount_features").id)
    with world.open():
        assert UsageTouched.objects.count() == 3
        assert not Dirty.objects.filter(topic="features").exists()


def test_the_settings_say_a_changed_kind_as_well(world, rival, used):
    """The same news from the form of the settings; a new name alone is none."""
    url = world.url(f"settings/features/{used['edit'].id}/")
    client = world.client("ops")
    assert client.post(url, {"name": "Edit it", "key": "edit", "kind": "core"}).status_code == 302
    with world.open():
        assert not Work.objects.filter(name="recount_features").exists()
    assert client.post(url, {"name": "Edit it", "key": "edit", "kind": "advanced"}).status_code == 302
    with world.open():
        assert Work.objects.filter(name="recount_features").exists()
    with rival.open():
        assert not Work.objects.filter(name="recount_features").exists()


def test_the_relevant_features_of_an_account(world, rival, used):
    """Chosen by who may edit the account and sees it; the account's score is told."""
    with world.open():
        account = Account.objects.get(external_id="A-1")
    url = world.url(f"accounts/{account.id}/usage/features/")
    client = world.client("leader")
    assert "Edit" in body(client.get(url, headers={"HX-Request": "true", "HX-Target": "drawer-body"}))
    assert client.post(url, {"features": [str(used["edit"].id), str(used["old"].id)]}).status_code == 302
    assert client.post(url, {"features": [str(used["old"].id)]}).status_code == 302
    with world.open():
        assert AccountFeature.objects.get().feature_id == used["old"].id
        assert Dirty.objects.filter(topic="health", key=account.id).exists()
    with rival.open():
        foreign = Feature.objects.get(key="edit")
    assert client.post(url, {"features": [str(foreign.id)]}).status_code == 422
    assert world.client("csm").get(url).status_code == 404, "not in this person's book"
    assert world.client("executive").get(url).status_code == 403
