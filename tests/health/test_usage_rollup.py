"""ACC-08: roll-ups of usage are exact whatever the order, the pieces and the interruptions."""

import datetime as dt
import random
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.models import Feature
from cs_platform.kernel import queue
from cs_platform.kernel.models import Dirty, Work
from health import news
from health.models import AccountDay, FeatureDay, UsageEvent, UsageTouched, UsageUser, UserMonth
from health.usage import rollup, upkeep
from tests.health.usage_events import Event, accounts, expected, put, some_events, stored

NOON = dt.time(12, tzinfo=dt.UTC)


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def at(days_ago: int, time: dt.time = NOON) -> dt.datetime:
    return dt.datetime.combine(today() - dt.timedelta(days=days_ago), time)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_any_pieces_and_twice_come_to_the_same_tables(tenant_open, seed):
    """Late, out-of-order and split batches, with roll-ups in between that are sometimes lost: as one batch in order."""
    chance = random.Random(seed)
    ids = accounts(3)
    events = some_events(chance, ids, today() - dt.timedelta(days=50), 45, 160)
    chance.shuffle(events)
    at_hand = list(events)
    while at_hand:
        size = chance.randrange(1, 60)
        put(at_hand[:size])
        del at_hand[:size]
        if chance.random() < 0.5:
            rollup.roll_up(chance.randrange(1, 20))
        if chance.random() < 0.3:
            with pytest.raises(RuntimeError), transaction.atomic():
                rollup.roll_up(chance.randrange(1, 20))
                raise RuntimeError("killed")
    rollup.roll_up_all(today())
    assert stored() == expected(events)
    assert rollup.waiting() == 0
    mark_all(events)
    assert rollup.roll_up_all(today()) == len({(e.account, e.day) for e in events})
    assert stored() == expected(events)


def mark_all(events):
    """As if every batch had come once more."""
    pairs = {(e.account, e.day) for e in events}
    UsageTouched.objects.bulk_create(
        UsageTouched(receipt_id=account, account_id=account, day=day) for account, day in pairs
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_past_adds_up_in_any_order(tenant_open, seed):
    """Days that are no longer kept: events, quantities, days and users are exact; the raw rows are gone afterwards."""
    chance = random.Random(100 + seed)
    ids = accounts(2)
    events = some_events(chance, ids, today() - dt.timedelta(days=900), 60, 150)
    chance.shuffle(events)
    for start in range(0, len(events), 40):
        put(events[start : start + 40])
        rollup.roll_up(chance.randrange(5, 30))
    mark_all(events)
    rollup.roll_up_all(today())
    mark_all(events)
    rollup.roll_up_all(today())
    wanted, found = expected(events), stored()
    assert UsageEvent.objects.count() == 0
    assert found["months"] == wanted["months"]
    assert found["users"] == wanted["users"]
    for table in ("account_days", "feature_days"):
        assert {k: v[:2] for k, v in found[table].items()} == {k: v[:2] for k, v in wanted[table].items()}
    users = found["feature_days"]
    assert all(users[k][2] <= v[2] or k[3] > k[1] for k, v in wanted["feature_days"].items())


def test_a_past_day_in_one_piece_is_exact_in_everything(tenant_open):
    chance = random.Random(7)
    events = some_events(chance, accounts(2), today() - dt.timedelta(days=700), 20, 80)
    put(events)
    rollup.roll_up_all(today())
    assert stored() == expected(events)


def test_roll_ups_outlive_their_events(tenant_open):
    """A late event of a day whose raw rows were dropped is added to what stands (ADR 0004)."""
    (account,) = accounts(1)
    early = [Event(account, at(60), user="u1"), Event(account, at(20), user="u1")]
    put(early)
    rollup.roll_up_all(today())
    assert upkeep.drop_old_days(today() - dt.timedelta(days=30)) > 0
    assert UsageEvent.objects.count() == 1
    assert stored() == expected(early)
    late = [Event(account, at(60, dt.time(15, tzinfo=dt.UTC)), user="u2", known_on=today())]
    put(late)
    rollup.roll_up_all(today())
    assert stored() == expected(early + late)
    assert UsageEvent.objects.count() == 1


def test_a_session_is_its_id_or_half_an_hour_of_silence(tenant_open):
    """Worked example: 9:00, 9:30 and 10:01 are two sessions of 1,800 s; a named session lasts from first to last."""
    (account,) = accounts(1)
    moments = [dt.time(9, 0), dt.time(9, 30), dt.time(10, 1)]
    put(Event(account, at(3, m.replace(tzinfo=dt.UTC)), user="u1") for m in moments)
    put(Event(account, at(3, dt.time(h, tzinfo=dt.UTC)), session="s") for h in (11, 13))
    put([Event(account, at(3))])  # neither user nor session: an event, no session
    rollup.roll_up_all(today())
    row = AccountDay.objects.get()
    assert (row.events, row.sessions, row.session_seconds) == (6, 3, 1800 + 7200)


def test_a_late_event_lies_apart_and_joins_sessions(tenant_open):
    """What was known on the day stays askable: the late row holds the difference, here one session fewer."""
    (account,) = accounts(1)
    put(Event(account, at(9, t.replace(tzinfo=dt.UTC)), user="u1") for t in (dt.time(9, 0), dt.time(9, 50)))
    rollup.roll_up_all(today())
    put([Event(account, at(9, dt.time(9, 25, tzinfo=dt.UTC)), user="u1", known_on=today())])
    rollup.roll_up_all(today())
    first, late = AccountDay.objects.order_by("known_on")
    assert (first.known_on, first.events, first.sessions, first.session_seconds) == (first.day, 2, 2, 0)
    assert (late.known_on, late.events, late.sessions, late.session_seconds) == (today(), 1, -1, 3000)
    assert {m.known_on for m in UserMonth.objects.all()} == {first.day.replace(day=1), today()}


def test_features_are_made_and_named_and_a_change_of_kind_counts_anew(tenant_open):
    """Core days follow the feature's kind for the days that are kept."""
    (account,) = accounts(1)
    Feature.objects.create(key="login", name="Sign in", kind="advanced")
    put([Event(account, at(2), "edit_api-v2", "u1"), Event(account, at(3), "login", "u1"), Event(account, at(3), "_")])
    rollup.roll_up_all(today())
    assert dict(Feature.objects.values_list("key", "name")) == {
        "login": "Sign in",
        "edit_api-v2": "Edit api v2",
        "_": "_",
    }
    core = sum(bin(m.core_days).count("1") for m in UserMonth.objects.all())
    assert core == 1
    feature = Feature.objects.get(key="edit_api-v2")
    Feature.objects.filter(id=feature.id).update(kind="advanced")
    rollup.feature_changed(feature.id)
    assert rollup.roll_up_all(today()) == 1
    assert sum(bin(m.core_days).count("1") for m in UserMonth.objects.all()) == 0
    assert sum(bin(m.days).count("1") for m in UserMonth.objects.all()) == 2


def test_a_later_word_about_a_users_account_stands(tenant_open):
    """Segment's group call moves a user; rolling the same day up again does not move them back."""
    here, there = accounts(2)
    put([Event(here, at(1), user="u1")])
    rollup.roll_up_all(today())
    UsageUser.objects.update(account_id=there)
    mark_all([Event(here, at(1))])
    rollup.roll_up_all(today())
    assert UsageUser.objects.get().account_id == there
    put([Event(here, at(0, dt.time(0, 1, tzinfo=dt.UTC)), user="u1")])
    rollup.roll_up_all(today())
    assert UsageUser.objects.get().account_id == here


def test_a_piece_is_bounded_newest_first_and_tells_the_score(tenant_open):
    ids = accounts(4)
    put(Event(account, at(day)) for account in ids for day in (1, 2))
    assert rollup.roll_up(3) == 3
    assert set(AccountDay.objects.values_list("day", flat=True)) == {today() - dt.timedelta(days=1)}
    assert Dirty.objects.filter(topic=news.TOPIC).count() == 3
    assert rollup.roll_up_all(today()) == 5
    assert rollup.roll_up(3) == 0
    assert Dirty.objects.filter(topic=news.TOPIC).count() == 4


def test_batches_wish_for_a_roll_up_and_the_worker_does_it(world):
    with world.open():
        (account,) = accounts(1)
        put([Event(account, at(1))])
        queue.publish("usage.received")
        work = Work.objects.get(name="roll_up_usage")
    assert queue.attempt(world.tenant.id, work.id)
    with world.open():
        assert AccountDay.objects.get().events == 1
        assert not Work.objects.filter(name="roll_up_usage").exists()


def test_tenants_do_not_meet(worlds):
    """API-04: the same users and events in two tenants; rolling one up leaves the other's rows and marks alone."""
    world, rival = worlds
    made = {}
    for side in worlds:
        with side.open():
            (account,) = accounts(1)
            made[side.tenant.slug] = account
            put([Event(account, at(1), "edit", "u1", Decimal(3)), Event(account, at(500), "edit", "u1")])
    with world.open():
        rollup.roll_up_all(today())
        assert stored() == expected(
            [Event(made["acme"], at(1), "edit", "u1", Decimal(3)), Event(made["acme"], at(500), "edit", "u1")]
        )
    with rival.open():
        assert rollup.waiting() == 2
        assert UsageEvent.objects.count() == 2
        assert not AccountDay.objects.exists()
        assert not UsageUser.objects.exists()
        assert not FeatureDay.objects.exists()
