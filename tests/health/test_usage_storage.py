"""ACC-08: where raw events lie. Partitions are made, dropped and guarded; nothing that waits is ever dropped."""

import datetime as dt
from uuid import uuid4

import environ
import psycopg2
import pytest
from django.core.checks import run_checks
from django.db import DatabaseError, connection, connections, transaction

from cs_platform import tasks
from cs_platform.kernel.models import Finding
from health.models import HeldEvent, Receipt, UsageEvent, UsageKey
from health.usage import rollup, upkeep
from tests.conftest import make_world
from tests.health.usage_events import Event, accounts, put


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def at(days_ago: int) -> dt.datetime:
    return dt.datetime.combine(today() - dt.timedelta(days=days_ago), dt.time(12), tzinfo=dt.UTC)


def sql(statement: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


def leaves() -> list[str]:
    return [
        row[0]
        for row in sql(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'health_usageevent'::regclass ORDER BY 1"
        )
    ]


def refused(statement: str, *params: object) -> str:
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        sql(statement, *params)
    return str(caught.value)


def test_every_leaf_is_forced_and_out_of_reach(tenant_open):
    """API-04: new partitions too; the runtime role reads through the parent alone."""
    sql("SELECT usage_make_partitions(current_date + 45)")
    assert leaves()[-2] == f"health_usageevent_{today() + dt.timedelta(days=45):%Y%m%d}"
    assert [e for e in run_checks(include_deployment_checks=False, databases=["default"]) if "tenancy" in e.id] == []
    for leaf in (leaves()[0], leaves()[-2], "health_usageevent_past"):
        assert "permission denied" in refused(f"SELECT * FROM {leaf}")
        assert "permission denied" in refused(f"DELETE FROM {leaf}")
        assert "owner" in refused(f"DROP TABLE {leaf}")
    assert "permission denied" in refused("UPDATE health_usagestore SET kept_from = '2000-01-01'")
    assert "permission denied" in refused("SELECT usage_oldest_waiting('2000-01-01', '2100-01-01')")
    assert "permission denied" in refused("SELECT usage_secure_partition('health_usageevent_past')")


def test_a_partition_has_no_net_by_itself(tenant_open):
    """Why each leaf gets its own: a partition made by the owner in the ordinary way is open. Rolled back."""
    owner = environ.Env().db_url("DATABASE_ADMIN_URL")
    ours = connection.settings_dict
    other = psycopg2.connect(
        dbname=ours["NAME"],
        user=owner["USER"],
        password=owner["PASSWORD"],
        host=owner["HOST"],
        port=owner["PORT"] or None,
    )
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE bare_leaf PARTITION OF health_usageevent FOR VALUES FROM ('2090-01-01') TO ('2090-01-02')"
            )
            cursor.execute("SELECT relrowsecurity OR relforcerowsecurity FROM pg_class WHERE relname = 'bare_leaf'")
            assert cursor.fetchone() == (False,)
    finally:
        other.rollback()
        other.close()


def test_what_may_not_be_asked_for(tenant_open):
    """Bounds of the two functions: no partition in two months, no drop within the last week."""
    assert "60 days" in refused("SELECT usage_make_partitions(current_date + 61)")
    assert "a week" in refused("SELECT usage_drop_days(current_date - 6)")
    assert sql("SELECT usage_drop_days(current_date - 5000)") == [(0,)]


def test_a_day_with_events_that_wait_is_not_dropped(worlds):
    """Nor is what comes after it: of any tenant, seen from any other."""
    world, rival = worlds
    with rival.open():
        (account,) = accounts(1)
        put([Event(account, at(50), user="u1")])
    with world.open():
        kept_from = upkeep.reach()[0]
        horizon = today() - dt.timedelta(days=20)
        assert upkeep.drop_old_days(horizon) == (today() - dt.timedelta(days=50) - kept_from).days
        assert upkeep.reach()[0] == today() - dt.timedelta(days=50)
        assert upkeep.drop_old_days(horizon) == 0
        assert sql("SELECT current_setting('app.tenant_id')") == [(str(world.tenant.id),)]
    with rival.open():
        assert UsageEvent.objects.count() == 1
        rollup.roll_up_all(today())
    with world.open():
        assert upkeep.drop_old_days(horizon) == 30
        assert leaves()[0] == f"health_usageevent_{horizon:%Y%m%d}"
    with rival.open():
        assert UsageEvent.objects.count() == 0
        put([Event(account, at(50), user="u2")])  # late, into the past
        assert UsageEvent.objects.count() == 1
        rollup.roll_up_all(today())
        assert UsageEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_writers_are_kept_waiting_for_a_moment_only(transactional_db):
    """While a long transaction reads the table, dropping gives up after 0.3 s instead of queueing everybody behind it."""
    world = make_world("acme", "Acme Cloud")
    reader = connections["default"].copy()
    try:
        with reader.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE health_usageevent IN ACCESS SHARE MODE")
        with world.open():
            assert sql("SELECT usage_drop_days(current_date - 30)") == [(-1,)]
            assert sql("SHOW lock_timeout") == [("5s",)]
    finally:
        with reader.cursor() as cursor:
            cursor.execute("ROLLBACK")
        reader.close()


def receipt(age: int) -> Receipt:
    return Receipt.objects.create(
        kind="api", received=1, accepted=0, duplicate=0, quarantined=0, rejected=1, received_at=at(age)
    )


def held(of: Receipt, age: int, state: str) -> None:
    HeldEvent.objects.create(
        receipt=of, state=state, position=0, code="x", message="x", received_at=at(age), updated_at=at(age)
    )


def test_what_is_forgotten_and_what_stays(worlds, settings):
    """Keys after EVENT_KEY_DAYS, what was dealt with after HELD_DAYS; what still waits is kept as long as its key."""
    settings.EVENT_KEY_DAYS, settings.HELD_DAYS, settings.RECEIPT_DAYS = 400, 30, 90
    for side in worlds:
        with side.open():
            for age in (401, 399):
                UsageKey.objects.create(
                    message_id=uuid4(), digest=b"0" * 16, received_on=today() - dt.timedelta(days=age)
                )
            old, middle, waiting = receipt(120), receipt(60), receipt(120)
            for age in (31, 29):
                held(middle, age, "rejected")
            held(old, 31, "released")
            held(waiting, 120, "quarantined")
            held(middle, 401, "quarantined")
    world, rival = worlds
    with world.open():
        assert upkeep.forget(today()) == 1 + 3 + 1
        assert upkeep.forget(today()) == 0
        assert UsageKey.objects.count() == 1
        assert sorted(HeldEvent.objects.values_list("state", flat=True)) == ["quarantined", "rejected"]
        assert {(today() - r.received_at.date()).days for r in Receipt.objects.all()} == {60, 120}
    with rival.open():
        counts = UsageKey.objects.count(), HeldEvent.objects.count(), Receipt.objects.count()
        assert counts == (2, 5, 3)


def test_the_night_keeps_the_storage_and_says_what_is_wrong(tenant_open, settings, monkeypatch):
    """A finding when room ahead runs out or old days cannot go; it resolves by itself."""
    settings.EVENT_DAYS = 60
    assert upkeep.keep_storage(today()) > 0
    assert upkeep.reach() == (today() - dt.timedelta(days=60), today() + dt.timedelta(days=30))
    assert upkeep.keep_storage(today()) == 0
    assert not Finding.objects.exists()
    monkeypatch.setattr(upkeep, "reach", lambda: (today() - dt.timedelta(days=68), today() + dt.timedelta(days=6)))
    monkeypatch.setattr(upkeep, "keep_ahead", lambda day: 0)
    upkeep.keep_storage(today())
    assert set(Finding.objects.filter(resolved_at=None).values_list("subject", flat=True)) == {
        "partitions",
        "old_days",
    }
    monkeypatch.undo()
    settings.EVENT_DAYS = 60
    upkeep.keep_storage(today())
    assert not Finding.objects.filter(resolved_at=None).exists()


def test_no_room_is_made_twice(tenant_open):
    """Cheap when it is there: one look at the catalogue each minute."""
    upkeep.keep_ahead(today() + dt.timedelta(days=2))
    assert upkeep.keep_ahead(today() + dt.timedelta(days=2)) == 0
    assert upkeep.reach()[1] == today() + dt.timedelta(days=32)


def test_the_scheduler_keeps_room_between_nights(tenant_open, monkeypatch):
    """An installation that slept for weeks takes events again within a minute, before its first night."""
    monkeypatch.setattr(tasks.pipeline, "plan_due", lambda: 0)
    monkeypatch.setattr(tasks.queue, "drain", lambda: 0)
    monkeypatch.setattr(tasks.timezone, "now", lambda: at(-20))
    tasks.tick()
    assert upkeep.reach()[1] == today() + dt.timedelta(days=50)
