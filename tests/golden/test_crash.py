"""Killed in the middle and gone on: import and night give the tables of an undisturbed run (RELIABILITY 4.2, 6)."""

import gzip
import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections

from accounts.imports import create_import, start_import
from accounts.models import Import
from cs_platform import pipeline
from cs_platform.kernel import queue
from cs_platform.kernel.models import RunStep, Work
from tests.books import DATA
from tests.conftest import World, make_world

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]

FILE = gzip.decompress((DATA / "gcloud_saas/subscriptions.csv.gz").read_bytes())
PART = b"\n".join(line for line in FILE.split(b"\n") if line.startswith((b"tenant,", b"gc3-all,")))
WORKER = "import django; django.setup()\nfrom cs_platform.kernel import queue\nqueue.drain(60)"

# What the run makes, without ids and times.
TABLES = {
    "accounts": "SELECT external_id, name, mrr_minor, renews_on, status FROM accounts_account",
    "periods": "SELECT external_id, start_on, end_on, mrr_minor, voided, version FROM accounts_subscription",
    "versions": "SELECT s.external_id, c.kind, c.effective_on, c.source_row, c.mrr_minor FROM accounts_subscriptionchange c "
    "JOIN accounts_subscription s ON s.id = c.subscription_id",
    # Net: boards refreshed between two pieces leave reversals in the history, as they should.
    "ledger": "SELECT a.external_id, m.month, m.kind, sum(m.amount_minor), s.external_id FROM metrics_mrrmovement m "
    "JOIN accounts_account a ON a.id = m.account_id JOIN accounts_subscription s ON s.id = m.subscription_id "
    "GROUP BY 1, 2, 3, 5 HAVING sum(m.amount_minor) <> 0",
    "snapshot": "SELECT a.external_id, m.month, m.mrr, m.mrr_1, m.mrr_12, m.first_month FROM metrics_accountmonth m "
    "JOIN accounts_account a ON a.id = m.account_id",
    "retention": 'SELECT month, "window", dimension, value, opening_mrr, closing_mrr, churned_customers '
    "FROM metrics_retentionmonth WHERE dimension <> 'owner'",
    "cohorts": "SELECT cohort_month, month, active_customers, capped_mrr FROM metrics_cohortmonth",
    "import": "SELECT kind, read, created, updated, unchanged, rejected, state FROM accounts_import",
}


def fingerprint(world: World) -> dict[str, str]:
    found = {}
    with world.open(), connection.cursor() as cursor:
        for name, sql in TABLES.items():
            cursor.execute(sql)
            rows = sorted(repr(row) for row in cursor.fetchall())
            assert rows, name
            found[name] = f"{len(rows)} {hashlib.sha256(chr(10).join(rows).encode()).hexdigest()}"
    return found


def prepare(slug: str) -> World:
    world = make_world(slug, "Crash", data_until="2014-06-30")
    world.tenant.currency = "GBP"
    world.tenant.save()
    with world.open():
        run = create_import(kind="subscriptions", filename="s.csv", source=io.BytesIO(PART), by=None, piece=25)
        start_import(run=run)
    return world


def worker() -> subprocess.Popen[bytes]:
    """A worker process on the test database."""
    database = connection.settings_dict
    parts = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environment = os.environ | {"DATABASE_URL": f"postgres://{parts}", "DJANGO_SETTINGS_MODULE": "cs_platform.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def finish(world: World) -> None:
    """Let workers run until nothing is left to do."""
    for _ in range(20):
        with world.open():
            waiting = list(Work.objects.values_list("id", flat=True))
        if not waiting:
            return
        for work in waiting:
            queue.run_to_end(world.tenant.id, work)
    raise AssertionError("work remains")


def kill_backend() -> None:
    """kill -9 one server process of the worker: PostgreSQL ends all sessions and recovers from its log.

    Returns when our own session has been ended and a new one answers. A new one alone says nothing: it may be
    opened before the server has noticed that a process of its own is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        pids = [row[0] for row in cursor.fetchall()]
    try:
        os.kill(pids[0], signal.SIGKILL)
    except (IndexError, ProcessLookupError):
        return  # the worker has no session at this moment
    wait_for(lambda: not _answers())
    wait_for(_answers_anew)


def wait_for(happened: Callable[[], bool]) -> None:
    for _ in range(1200):
        if happened():
            return
        time.sleep(0.1)
    raise AssertionError("the server did not go and come back")


def _answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _answers_anew() -> bool:
    connections.close_all()
    return _answers()


@pytest.mark.parametrize("victim", ["worker", "server"])
def test_killed_and_gone_on_equals_undisturbed(db, victim, monkeypatch):
    monkeypatch.setattr(queue, "wake_workers", [])
    if victim == "server" and os.geteuid() != 0:
        owner = Path(f"/proc/{_postmaster()}").stat().st_uid
        if owner != os.geteuid():
            pytest.fail("The embedded server runs as somebody else; its processes cannot be killed.")
    calm = prepare("calm")
    finish(calm)
    with calm.open():
        pipeline.start_night(calm.tenant.today())
    finish(calm)
    wanted = fingerprint(calm)

    random_ = random.Random(11)
    wild = prepare("wild")
    kills = 0
    for _round in range(9):
        with wild.open():
            if not Work.objects.exists():
                pipeline.start_night(wild.tenant.today())
        process = worker()
        before = progress(wild)
        while process.poll() is None and progress(wild) == before:
            time.sleep(0.01)
        time.sleep(random_.random() / 20)  # somewhere in the next piece or step
        if process.poll() is None:
            kills += 1
            if victim == "server":
                kill_backend()
            process.kill()
        process.wait(30)
    finish(wild)
    with wild.open():
        assert Import.objects.get().state == "done"
        pipeline.start_night(wild.tenant.today(), again=False)
    finish(wild)
    assert kills >= 6, "nothing was killed in the middle"
    assert fingerprint(wild) == wanted


def progress(world: World) -> tuple[int, int]:
    """How far the import and the night have come."""
    with world.open():
        return Import.objects.get().next_piece, RunStep.objects.filter(state="done").count()


def _postmaster() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
        return int(cursor.fetchone()[0])
