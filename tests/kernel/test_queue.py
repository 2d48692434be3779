"""The work list on a real server: once, in spite of errors, killed workers and competitors (RELIABILITY, API-04)."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Team, Tenant
from cs_platform import pipeline
from cs_platform.kernel import queue, runs
from cs_platform.kernel.models import Run, RunStep, Work
from cs_platform.kernel.queue import MAX_ATTEMPTS, Handler
from cs_platform.kernel.tenancy import NoTenant, tenant_context

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_alarm(monkeypatch):
    """Nobody is woken: each test does its work itself."""
    monkeypatch.setattr(queue, "wake_workers", [])


@pytest.fixture
def handle(monkeypatch):
    """Register a handler for one test."""

    def register(run, name="probe", **more):
        monkeypatch.setitem(queue.HANDLERS, name, Handler(run, **more))

    return register


def wish(world, name="probe", key="", **more):
    with world.open():
        return queue.enqueue(name, key, **more)


def rows(world):
    with world.open():
        return list(Work.objects.order_by("id"))


def teams(world):
    with world.open():
        return sorted(Team.objects.values_list("name", flat=True))


def in_threads(count, function):
    """Run `function(n)` in threads that begin together, each with a connection of its own; their results."""
    gate, results = threading.Barrier(count), [None] * count

    def body(n):
        try:
            gate.wait(10)
            results[n] = function(n)
        finally:
            connection.close()

    threads = [threading.Thread(target=body, args=[n]) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return results


def test_work_is_a_part_of_the_transaction_that_wished_for_it(world, handle, monkeypatch):
    woken = []
    monkeypatch.setattr(queue, "wake_workers", [lambda: woken.append(1)])
    handle(lambda work: False)
    with pytest.raises(ZeroDivisionError), world.open():
        assert queue.enqueue("probe").attempts / 0
    assert (rows(world), woken) == ([], [])
    wish(world)
    assert (len(rows(world)), woken) == (1, [1])
    with pytest.raises(NoTenant):
        queue.enqueue("probe")
    with world.open(), pytest.raises(LookupError):
        queue.enqueue("unheard of")


def test_a_command_waits_for_a_worker_however_long_its_piece_takes(world, handle):
    """The role gives up on locks within seconds, for requests; a command beside a worker must not."""
    begun = threading.Event()

    def long(work):
        begun.set()
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            limits.append(cursor.fetchone()[0])
        if len(limits) < 2:
            time.sleep(6)
        return len(limits) < 2

    limits = []
    handle(long)
    work = wish(world)
    worker = threading.Thread(target=lambda: (queue.attempt(world.tenant.id, work.id), connection.close()))
    worker.start()
    assert begun.wait(10)
    queue.run_to_end(world.tenant.id, work.id)
    worker.join(10)
    assert rows(world) == []
    assert limits == ["5s", "5s"], "what the handler does itself waits no longer than ever"


def test_a_command_says_why_a_worker_gave_up(world, handle):
    handle(lambda work: 1 / 0)
    work = wish(world)
    for _ in range(MAX_ATTEMPTS):
        queue.attempt(world.tenant.id, work.id)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        queue.run_to_end(world.tenant.id, work.id)


def test_an_error_leaves_nothing_behind_and_is_tried_again_later_and_later(world, handle):
    told = []

    def half(work):
        Team.objects.create(name="half")
        raise ValueError("no luck")

    handle(half, failed=lambda work, message, final: told.append((message, final)))
    wish(world)
    pauses = []
    for _ in range(MAX_ATTEMPTS):
        begin = timezone.now()
        assert queue.drain(5) == 0
        (row,) = rows(world)
        pauses.append(round((row.run_after - begin).total_seconds()))
        assert row.error == "ValueError: no luck"
        assert queue.drain(1) == 0, "not before its time"
        with world.open():
            Work.objects.update(run_after=timezone.now())
    assert pauses == [2, 4, 8, 16, 32, 64]
    assert (row.state, row.attempts) == (Work.State.FAILED, MAX_ATTEMPTS)
    assert told == [("ValueError: no luck", False)] * (MAX_ATTEMPTS - 1) + [("ValueError: no luck", True)]
    assert teams(world) == []
    assert queue.due() == [], "what failed for good waits for a person"

    handle(lambda work: bool(Team.objects.create(name="whole")) and False)
    with world.open():
        queue.retry(row)
    assert queue.drain(5) == 1
    assert (rows(world), teams(world)) == ([], ["whole"])


WORKER = """
import sys, time, django
django.setup()
from accounts.models import Team
from cs_platform.kernel import queue
def slow(work):
    Team.objects.create(name="half written")
    print("inside", flush=True)
    time.sleep(60)
queue.HANDLERS["probe"] = queue.Handler(slow)
queue.drain()
"""


def subprocess_environment():
    """The environment of a process that works on the test database as the runtime role."""
    given = connection.settings_dict
    url = (
        f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST'] or 'localhost'}:{given['PORT']}/{given['NAME']}"
    )
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "cs_platform.settings"}


def test_a_killed_worker_leaves_the_row_waiting_and_nothing_half_written(world, handle):
    """No lease, no attempt lost: the next worker does it whole."""
    handle(lambda work: bool(Team.objects.create(name="whole")) and False)
    wish(world)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER], stdout=subprocess.PIPE, text=True, env=subprocess_environment()
    )
    try:
        assert any(line.strip() == "inside" for line in worker.stdout), "the worker is in the middle"
        assert queue.drain(1) == 0, "nobody else takes what is being done"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    (row,) = rows(world)
    assert (row.state, row.attempts, teams(world)) == (Work.State.WAITING, 0, [])
    end = time.monotonic() + 10  # until the server has noticed
    while not queue.drain(1) and time.monotonic() < end:
        time.sleep(0.05)
    assert (rows(world), teams(world)) == ([], ["whole"])


def test_competing_workers_do_each_piece_once(world, rival, handle):
    """40 rows of two tenants and two kinds, 6 workers: each once, and of one kind in one tenant only one at a time."""
    lock, inside, done, clashes = threading.Lock(), Counter(), Counter(), []

    def run(work):
        place = (work.tenant_id, work.name)
        with lock:
            inside[place] += 1
            if inside[place] > 1:
                clashes.append(place)
        time.sleep(0.005)
        Team.objects.create(name=work.key)
        with lock:
            inside[place] -= 1
            done[work.tenant_id, work.key] += 1
        return False

    for kind in ("probe", "other"):
        handle(run, kind)
    expected = sorted(f"{kind} {n:02d}" for kind in ("probe", "other") for n in range(10))
    for world_ in (world, rival):
        for key in expected:
            wish(world_, key.split()[0], key)

    def drain(_n):
        end = time.monotonic() + 30
        while queue.due() and time.monotonic() < end:
            queue.drain(5)

    in_threads(6, drain)
    assert clashes == []
    assert set(done.values()) == {1}
    assert teams(world) == teams(rival) == expected
    assert rows(world) == rows(rival) == []


def test_different_kinds_go_on_beside_each_other(world, handle):
    meet = threading.Barrier(2)

    def run(work):
        meet.wait(10)
        return False

    for kind in ("probe", "other"):
        handle(run, kind)
        wish(world, kind)
    assert sum(in_threads(2, lambda n: queue.drain(5))) >= 2
    assert rows(world) == []


def test_pieces_go_on_until_none_remains_each_in_its_own_transaction(world, handle):
    def run(work):
        step = work.payload.get("step", 0)
        if step == 2 and not work.attempts:
            raise ValueError("stumbles once")
        Team.objects.create(name=f"piece {step}")
        work.payload["step"] = step + 1
        return step < 3

    handle(run)
    wish(world)
    assert queue.drain(5) == 2
    assert teams(world) == ["piece 0", "piece 1"], "what was done before the error stays"
    with world.open():
        Work.objects.update(run_after=timezone.now())
    assert queue.drain(5) == 2
    assert teams(world) == [f"piece {n}" for n in range(4)]


def test_the_same_wish_twice_is_done_once_and_a_later_one_again(world, handle):
    """Twins are absorbed when the work begins; what is wished while it runs is not covered and stays."""
    seen = []

    def run(work):
        seen.append(work.key)
        if len(seen) == 1:
            in_threads(1, lambda n: wish(world, key="a"))
        return False

    handle(run)
    for key in ("a", "a", "a", "b"):
        wish(world, key=key)
    wish(world, key="a", payload={"other": True})
    first = rows(world)[0]
    assert queue.attempt(world.tenant.id, first.id)
    assert sorted((row.key, bool(row.payload)) for row in rows(world)) == [("a", False), ("a", True), ("b", False)]
    queue.drain(5)
    assert sorted(seen) == ["a", "a", "a", "b"]


def test_a_wish_that_may_wait_outlives_the_piece_before_it(world, handle, monkeypatch):
    """Who found it waiting and commits after that piece has begun relies on it; nobody is woken for it meanwhile."""
    woken = []
    monkeypatch.setattr(queue, "wake_workers", [lambda: woken.append(1)])
    monkeypatch.setitem(queue.REACTIONS, "heard", ("probe",))
    handle(lambda work: False)
    due = wish(world)
    before = len(woken)
    for _ in range(3):
        with world.open():
            queue.publish("heard", within=60)
    assert len(rows(world)) == 2
    assert len(woken) == before
    assert queue.attempt(world.tenant.id, due.id)
    (left,) = rows(world)
    assert left.run_after > timezone.now() + dt.timedelta(seconds=30)


def test_tenants_do_not_meet_in_the_work_list(worlds, handle):
    mine, theirs = worlds
    seen = {}

    def run(work):
        seen[work.tenant_id] = (Tenant.objects.get(id=work.tenant_id).slug, Work.objects.count())
        if work.tenant_id == mine.tenant.id:
            raise ValueError("only mine fails")
        Team.objects.create(name="done")
        return False

    handle(run)
    wish(mine)
    foreign = wish(theirs)
    assert {tenant for tenant, _work in queue.due()} == {mine.tenant.id, theirs.tenant.id}
    assert queue.attempt(mine.tenant.id, foreign.id) is False, "a row answers in its own tenant only"
    assert queue.drain(5) == 1
    assert seen == {mine.tenant.id: ("acme", 1), theirs.tenant.id: ("rival", 1)}
    assert (teams(mine), teams(theirs)) == ([], ["done"])
    assert (len(rows(mine)), len(rows(theirs))) == (1, 0)


# Nights

ZONES = [
    "UTC",
    "Asia/Jakarta",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Australia/Lord_Howe",
]


@pytest.mark.parametrize("hour", [0, 2, 23])
@pytest.mark.parametrize("zone", ZONES)
def test_one_night_for_each_local_day_of_a_year(zone, hour):
    tenant = Tenant(timezone=zone, night_hour=hour)
    at = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    days, nights = [], []
    for _ in range(366):
        at = pipeline.next_night(tenant, at)
        nights.append(at)
        days.append(at.astimezone(ZoneInfo(zone)).date())
    assert all(later - earlier == dt.timedelta(days=1) for earlier, later in pairwise(days))
    gaps = {later - earlier for earlier, later in pairwise(nights)}
    assert gaps <= {dt.timedelta(hours=h) for h in (23, 23.5, 24, 24.5, 25)}
    off_hour = [night for night in nights if night.astimezone(ZoneInfo(zone)).hour != hour]
    assert len(off_hour) <= 1, "only where the clock jumps over the hour"


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        ("Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:00"),  # 02:00 does not exist: 03:00 summer time
        ("Europe/Berlin", "2026-10-24T12:00", "2026-10-25T00:00"),  # 02:00 comes twice: the first
        ("Europe/Berlin", "2026-10-25T00:00", "2026-10-26T01:00"),  # and not the second one as well
        ("America/New_York", "2026-03-07T12:00", "2026-03-08T07:00"),
        ("Asia/Jakarta", "2026-06-01T18:59", "2026-06-01T19:00"),
        ("Asia/Jakarta", "2026-06-01T19:00", "2026-06-02T19:00"),  # strictly after
    ],
)
def test_nights_when_the_clock_changes(zone, after, expected):
    moment = dt.datetime.fromisoformat(f"{after}+00:00")
    assert pipeline.next_night(Tenant(timezone=zone, night_hour=2), moment).isoformat()[:16] == expected


@pytest.fixture
def night(monkeypatch):
    """A short night whose steps count their runs and fail while they are told to."""
    done, failing = Counter(), set()

    def step(name):
        def run(as_of):
            if name in failing:
                raise ValueError(f"{name} fails")
            done[name, as_of] += 1
            return 7

        return name, run

    steps = (step("first"), step("second"), ("finish", pipeline.finish_night))
    monkeypatch.setattr(pipeline, "NIGHTLY", steps)
    return done, failing


DUE = dt.date(2026, 11, 20)
AT_NIGHT = dt.datetime(2026, 11, 21, 2, 0, 5, tzinfo=dt.UTC)


def ready(world, **fields):
    Tenant.objects.filter(id=world.tenant.id).update(next_night_at=AT_NIGHT - dt.timedelta(seconds=5), **fields)


def test_planning_twice_and_by_two_schedulers_makes_one_night(world, rival, night):
    for one in (world, rival):
        ready(one)
    planned = in_threads(4, lambda n: pipeline.plan_nights(AT_NIGHT))
    assert sum(planned) == 2, "one for each tenant"
    assert pipeline.plan_nights(AT_NIGHT) == 0
    assert [row.key for row in rows(world)] == [row.key for row in rows(rival)] == [DUE.isoformat()]
    queue.drain(5)
    assert night[0] == Counter({("first", DUE): 2, ("second", DUE): 2})
    for tenant in Tenant.objects.all():
        assert tenant.night_done_on == DUE
        assert tenant.next_night_at == dt.datetime(2026, 11, 22, 2, tzinfo=dt.UTC)
    assert pipeline.plan_nights(AT_NIGHT + dt.timedelta(hours=1)) == 0


def test_a_new_company_gets_its_first_night_at_its_hour(world, night):
    assert pipeline.plan_nights(AT_NIGHT) == 0
    tenant = Tenant.objects.get(id=world.tenant.id)
    assert (tenant.next_night_at, tenant.night_due_on) == (dt.datetime(2026, 11, 22, 2, tzinfo=dt.UTC), None)


def test_an_archive_has_one_last_night(world, night):
    end = dt.date(2020, 6, 30)
    ready(world, data_until=end)
    assert pipeline.plan_nights(AT_NIGHT) == 1
    queue.drain(5)
    assert pipeline.plan_nights(AT_NIGHT + dt.timedelta(days=1)) == 0
    assert Tenant.objects.get(id=world.tenant.id).night_done_on == end


def test_a_night_whose_work_vanished_is_finished_where_it_stood(world, night):
    ready(world)
    pipeline.plan_nights(AT_NIGHT)
    (row,) = rows(world)
    assert queue.attempt(world.tenant.id, row.id)
    with world.open():
        Work.objects.all().delete()
    assert pipeline.plan_nights(AT_NIGHT + dt.timedelta(minutes=1)) == 1
    queue.drain(5)
    assert night[0] == Counter({("first", DUE): 1, ("second", DUE): 1})
    with world.open():
        assert Run.objects.get().state == Run.State.DONE
        assert set(RunStep.objects.values_list("state", flat=True)) == {RunStep.State.DONE}


def test_a_night_that_fails_says_why_waits_for_people_and_does_not_stop_the_next(world, night):
    done, failing = night
    failing.add("second")
    ready(world)
    pipeline.plan_nights(AT_NIGHT)
    for _ in range(MAX_ATTEMPTS):
        queue.drain(5)
        with world.open():
            Work.objects.update(run_after=timezone.now())
    with world.open():
        run = Run.objects.get()
        assert run.state == Run.State.FAILED
        assert [(s.state, s.attempts, s.error) for s in run.steps.all()] == [
            ("done", 0, ""),
            ("failed", MAX_ATTEMPTS, "ValueError: second fails"),
            ("pending", 0, ""),
        ]
    assert pipeline.plan_nights(AT_NIGHT + dt.timedelta(minutes=1)) == 0, "not again by itself"
    failing.clear()
    assert pipeline.plan_nights(AT_NIGHT + dt.timedelta(days=1)) == 1
    queue.drain(5)
    following = DUE + dt.timedelta(days=1)
    assert Tenant.objects.get(id=world.tenant.id).night_done_on == following
    with world.open():
        queue.retry(Work.objects.get())
    queue.drain(5)
    assert done == Counter({(name, day): 1 for name in ("first", "second") for day in (DUE, following)})
    with world.open():
        assert set(Run.objects.values_list("state", flat=True)) == {Run.State.DONE}
    assert Tenant.objects.get(id=world.tenant.id).night_done_on == following, "an older night does not turn time back"


def test_a_night_again_begins_at_its_first_step(world, night):
    for _ in range(2):
        with world.open():
            run, work = pipeline.start_night(DUE, actor="Olu")
        queue.run_to_end(world.tenant.id, work.id)
    assert night[0] == Counter({("first", DUE): 2, ("second", DUE): 2})
    with world.open():
        assert Run.objects.count() == 1
        assert [(s["step"], s["rows"]) for s in runs.summary(run)] == [("first", 7), ("second", 7), ("finish", 1)]


def test_nothing_of_the_work_list_shows_without_a_tenant(worlds, handle):
    handle(lambda work: False)
    for world in worlds:
        wish(world)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kernel_work")
        assert cursor.fetchone() == (0,)
    with tenant_context(worlds[0].tenant.id):
        assert Work.objects.count() == 1
