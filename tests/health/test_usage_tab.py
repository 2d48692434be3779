"""Account → Usage (ACC-08, HLT-07, HLT-08)."""

import datetime as dt
import random
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, AccountFeature, Feature, Segment, Subscription
from health.usage import rollup, selectors
from tests.conftest import World
from tests.health.usage_events import Event, put, some_events

QUERIES = 26  # frame and page together, whatever the number of rows


def yesterday() -> dt.date:
    return dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)


def at(days_ago: int, hour: int = 12) -> dt.datetime:
    return dt.datetime.combine(yesterday() - dt.timedelta(days=days_ago), dt.time(hour), tzinfo=dt.UTC)


def company(world: World, name: str = "Halcyon") -> Account:
    with world.open():
        return Account.objects.create(
            external_id=name, name=name, segment=Segment.objects.first(), owner=world.members["csm"]
        )


def seats(world: World, account: Account, count: int) -> None:
    with world.open():
        Subscription.objects.create(
            account=account,
            external_id=f"S-{account.external_id}",
            start_on=yesterday() - dt.timedelta(days=100),
            interval_months=12,
            amount_minor=12000,
            mrr_minor=1000,
            currency="USD",
            seats=count,
        )


def use(world: World, events: list[Event]) -> None:
    with world.open():
        put(events)
        rollup.roll_up_all(yesterday())


def show(world: World, account: Account, query: str = "", role: str = "csm", status: int = 200) -> str:
    answer = world.client(role).get(world.url(f"accounts/{account.id}/usage/{query}"))
    assert answer.status_code == status
    return answer.content.decode()


def test_the_figures_of_a_known_account(world):
    """Worked example: 10 seats; a is there on 28 days, b on 7, c on one day 30 days ago."""
    account = company(world)
    seats(world, account, 10)
    events = [Event(account.id, at(d), "edit", "a") for d in range(28)]
    events += [Event(account.id, at(d), "export", "b") for d in range(7)]
    events += [Event(account.id, at(30), "edit", "c"), Event(account.id, at(0), "edit")]
    with world.open():
        Feature.objects.create(key="export", name="Export", kind="advanced")
    use(world, events)
    with world.open():
        act = selectors.activity(account.id, yesterday())
        assert (act.users_28, act.users_7, act.users_1, act.users_before, act.core_users) == (2, 2, 2, 1, 1)
        assert act.stickiness == Decimal(35) / (28 * 2)
        assert act.core_adoption == Decimal("0.5")
        assert selectors.seats_of(account, yesterday(), 30) == 10
        assert selectors.freshness() == yesterday()
        days = selectors.trend(account.id, yesterday() - dt.timedelta(days=30), yesterday())
        assert [d.users for d in days] == [1, 0, 0] + [1] * 21 + [2] * 7
        assert days[-1].events == 3
        people, count = selectors.users(account.id, yesterday())
        assert [(p["external_id"], p["active_days"], p["core_days"], p["last_day"]) for p in people] == [
            ("a", 28, 28, yesterday()),
            ("b", 7, 0, yesterday()),
        ]
        assert count == 2
    page = show(world, account)
    assert "20%" in page  # 2 of 10 seats
    assert "62%" in page  # DAU/MAU 35 / 56, half to even
    assert "2 of 10 seats" in page


@pytest.mark.parametrize("back", [0, 1, 5, 20, 33, 75])
def test_last_seen_is_the_highest_bit(world, back):
    """The day of the last use is read out of the mask, across months."""
    account = company(world)
    use(world, [Event(account.id, at(back + extra), "edit", "a") for extra in (0, 2, 9)])
    with world.open():
        people, _ = selectors.users(account.id, yesterday() - dt.timedelta(days=back))
        assert people[0]["last_day"] == yesterday() - dt.timedelta(days=back)


def test_features_of_the_relevant_list(world, rival):
    """Breadth counts what matters to the account: two of three relevant features, one of two core ones."""
    account = company(world)
    with world.open():
        made = {
            key: Feature.objects.create(key=key, name=key.title(), kind=kind)
            for key, kind in (("edit", "core"), ("plan", "core"), ("export", "advanced"), ("other", "advanced"))
        }
        for key in ("edit", "plan", "export"):
            AccountFeature.objects.create(account=account, feature=made[key])
    use(
        world,
        [
            Event(account.id, at(0), "edit", "a"),
            Event(account.id, at(8), "export", "a"),
            Event(account.id, at(1), "other"),
        ],
    )
    with world.open():
        found = selectors.features(account.id, yesterday())
        wide = selectors.breadth(found)
        assert (wide.used, wide.of, wide.core_used, wide.core_of, wide.listed) == (2, 3, 1, 2, True)
        by_name = {f.name: f for f in found}
        assert by_name["Edit"].weeks[-1] == 1
        assert by_name["Export"].weeks[-2:] == [1, 0]
        assert by_name["Plan"].weeks == [0] * 12
        assert by_name["Plan"].last_day is None
        AccountFeature.objects.all().delete()
        wide = selectors.breadth(selectors.features(account.id, yesterday()))
        assert (wide.used, wide.of, wide.core_used, wide.core_of, wide.listed) == (3, 4, 1, 2, False)
    assert "Export" in show(world, account)


def test_peers_are_those_of_the_segment(world, rival):
    """The median of three accounts of the segment; other segments and other tenants stay outside."""
    mine = [company(world, f"P-{n}") for n in range(3)]
    with world.open():
        other = Account.objects.create(external_id="O", name="Other", segment=Segment.objects.last())
        assert other.segment_id != mine[0].segment_id
    theirs = company(rival, "P-0")
    for n, account in enumerate(mine):
        use(world, [Event(account.id, at(d), "edit", "a") for d in range(7 * (n + 1))])
    use(world, [Event(other.id, at(d), "edit", f"u{d}") for d in range(28)])
    use(rival, [Event(theirs.id, at(0), "edit", "a")])
    with world.open():
        found = selectors.peers(mine[0].segment_id, yesterday(), 30)
        assert found["accounts"] == 3
        assert found["stickiness"] == pytest.approx(0.5)
        assert found["core"] == 1
        assert found["seats"] is None
    url = world.url(f"accounts/{mine[0].id}/usage/peers/")
    piece = world.client("csm").get(url, headers={"HX-Request": "true", "HX-Target": "usage-peers"}).content.decode()
    page = world.client("csm").get(url).content.decode()
    assert "<h1>" in page
    assert piece in page
    assert "25%" in page
    assert "50%" in page


def test_dormant_empty_and_earlier_days(world):
    account = company(world)
    assert "No usage yet" in show(world, account)
    use(world, [Event(account.id, at(40), "edit", "a")])
    page = show(world, account)
    assert "Dormant" in page
    assert f"?day={(yesterday() - dt.timedelta(days=40)).isoformat()}" in page
    earlier = show(world, account, f"?day={(yesterday() - dt.timedelta(days=40)).isoformat()}")
    assert "Dormant" not in earlier
    assert "Back to now" in earlier
    for wrong in ("2026-02-31", "x", "9999-12-31", "0001-01-01", "%00"):
        assert "Dormant" in show(world, account, f"?day={wrong}")


def test_twelve_months(world):
    account = company(world)
    use(world, [Event(account.id, at(d), "edit", "a") for d in range(0, 300, 3)])
    page = show(world, account, "?view=months")
    assert "DAU/MAU by month" in page
    with world.open():
        assert selectors.freshness() == yesterday()


def test_the_number_of_queries_does_not_depend_on_the_rows(world):
    account = company(world)
    use(world, [Event(account.id, at(0), "edit", "a")])
    client = world.client("csm")
    url = world.url(f"accounts/{account.id}/usage/")
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url)
    with world.open():
        others = [a.id for a in Account.objects.bulk_create(Account(external_id=f"X{i}", name="X") for i in range(20))]
    use(world, some_events(random.Random(1), [account.id, *others], yesterday() - dt.timedelta(days=80), 80, 300))
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few)
    assert len(many) <= QUERIES


def test_who_may_see_it(world, rival):
    """API-04: a foreign account is not found; a member without the right to see accounts gets nothing."""
    account = company(world)
    use(world, [Event(account.id, at(0), "edit", "secret-user")])
    theirs = company(rival)
    show(world, theirs, status=404)
    assert "secret-user" in show(world, account, role="executive")
    assert rival.client("admin").get(world.url(f"accounts/{account.id}/usage/")).status_code == 404
