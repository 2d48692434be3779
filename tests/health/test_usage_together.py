"""ACC-08: batches come in, are rolled up and days are dropped at the same time, and nothing is lost or counted twice."""

import datetime as dt
import json
import random
import threading
import time
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.db.models import Sum
from django.utils import timezone

from accounts.models import Account
from cs_platform.kernel.tenancy import tenant_context
from health.enums import ReceiptKind
from health.models import AccountDay, FeatureDay, Receipt, UsageEvent, UserMonth
from health.usage import intake, rollup, upkeep, wire
from tests.conftest import make_world

WRITERS, BATCHES, EVENTS = 3, 15, 30


def batch(chance: random.Random, days: list[dt.date]) -> bytes:
    events = []
    for _ in range(EVENTS):
        at = dt.datetime.combine(chance.choice(days), dt.time(chance.randrange(24)), tzinfo=dt.UTC)
        events.append(
            {
                "message_id": str(uuid4()),
                "account": f"T-{chance.randrange(4)}",
                "user": f"u{chance.randrange(5)}",
                "event": chance.choice(["edit", "login"]),
                "timestamp": at.isoformat(),
            }
        )
    return json.dumps({"events": events}).encode()


@pytest.mark.django_db(transaction=True)
def test_intake_roll_up_and_drop_at_the_same_time(transactional_db):
    """Days that are still kept, days about to be dropped and days long gone; each batch is sent twice."""
    world = make_world("acme", "Acme Cloud")
    tenant = world.tenant.id
    with world.open():
        Account.objects.bulk_create(Account(external_id=f"T-{n}", name="T") for n in range(4))
        kept = upkeep.reach()[0]
    days = [kept + dt.timedelta(days=n) for n in (-200, -1, 0, 1, 2, 3, 4)] + [
        timezone.now().date() - dt.timedelta(days=1)
    ]
    wrong: list[BaseException] = []
    done = threading.Event()

    def guarded(work, *arguments):
        try:
            work(*arguments)
        except BaseException as error:
            wrong.append(error)
        finally:
            connections.close_all()

    def write(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(BATCHES):
            body = batch(chance, days)
            for _again in range(2):
                with tenant_context(tenant):
                    read = wire.read(body)
                    intake.receive(read.items, read.refused, kind=ReceiptKind.API, received_at=timezone.now())

    def roll() -> None:
        while not done.is_set():
            with tenant_context(tenant):
                rollup.roll_up(3)

    def drop() -> None:
        for n in range(1, 6):
            time.sleep(0.2)
            with tenant_context(tenant):
                upkeep.drop_old_days(kept + dt.timedelta(days=n))

    writers = [threading.Thread(target=guarded, args=(write, seed)) for seed in range(WRITERS)]
    others = [threading.Thread(target=guarded, args=(work,)) for work in (roll, roll, drop)]
    for thread in writers + others:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    assert wrong == []
    with tenant_context(tenant):
        rollup.roll_up_all(days[-1])
        upkeep.drop_old_days(kept + dt.timedelta(days=5))
        accepted = WRITERS * BATCHES * EVENTS
        totals = Receipt.objects.aggregate(a=Sum("accepted"), d=Sum("duplicate"))
        assert totals == {"a": accepted, "d": accepted}
        assert AccountDay.objects.aggregate(n=Sum("events"))["n"] == accepted
        assert FeatureDay.objects.aggregate(n=Sum("events"), q=Sum("quantity")) == {"n": accepted, "q": accepted}
        assert set(AccountDay.objects.values_list("day", flat=True)) == set(days)
        assert UserMonth.objects.exists()
        assert set(UsageEvent.objects.values_list("day", flat=True)) == {days[-1]}
        assert upkeep.reach()[0] == kept + dt.timedelta(days=5)


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_not_committed_holds_the_drop_back(transactional_db):
    """Its rows and its mark are seen by nobody yet: the day may not go under it."""
    world = make_world("acme", "Acme Cloud")
    with world.open():
        Account.objects.create(external_id="T-0", name="T")
        kept = upkeep.reach()[0]
    begun, end = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with world.open():
                read = wire.read(batch(random.Random(1), [kept]).replace(b'"T-1"', b'"T-0"'))
                intake.receive(read.items, kind=ReceiptKind.API, received_at=timezone.now())
                begun.set()
                end.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait(20)
    with world.open(), connection.cursor() as cursor:
        cursor.execute("SELECT usage_drop_days(%s)", [kept + dt.timedelta(days=1)])
        assert cursor.fetchone() == (-1,)
    end.set()
    thread.join()
    with world.open():
        assert upkeep.drop_old_days(kept + dt.timedelta(days=1)) == 0  # now it is seen to wait
        rollup.roll_up_all(kept)
        assert upkeep.drop_old_days(kept + dt.timedelta(days=1)) == 1
