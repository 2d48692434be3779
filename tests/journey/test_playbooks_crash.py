"""A worker is killed in the middle of the plays of a night; the next one does what is missing, and nothing twice
(RELIABILITY: no task twice)."""

import signal
import subprocess
import sys
import time

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError

from cs_platform.kernel.tenancy import tenant_context
from journey.models import Play, Task
from journey.playbooks import jobs
from tests.conftest import make_world
from tests.journey.playbook_facts import NIGHT, account, alert, playbook
from tests.killed import environment

COUNT = 25
WORKER = f"""
import datetime as dt, sys, time, django
django.setup()
from django.db import transaction
from cs_platform.kernel.tenancy import tenant_context
from journey.models import Play, Task
from journey.playbooks import jobs
night, tenant, where = dt.date.fromisoformat({NIGHT.isoformat()!r}), int(sys.argv[1]), sys.argv[2]
model = {{"plays": Play, "tasks": Task}}[where]
written = model.objects.bulk_create
def slow(*given, **named):
    made = written(*given, **named)
    print("inside", len(made), flush=True)
    time.sleep(120)
model.objects.bulk_create = slow
for step in (jobs.start_plays, jobs.make_due_tasks):
    with tenant_context(tenant, actor="worker"), transaction.atomic():
        step(night)
"""


def run_night(tenant: int) -> None:
    """Both steps, each in its transaction; waits until the server has noticed that the killed one is gone."""
    for step in (jobs.start_plays, jobs.make_due_tasks):
        end = time.monotonic() + 30
        while True:
            try:
                with tenant_context(tenant, actor="worker"), transaction.atomic():
                    with connection.cursor() as cursor:
                        cursor.execute("SET LOCAL lock_timeout = '2s'")
                    step(NIGHT)
                break
            except OperationalError:
                assert time.monotonic() < end
                time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("where", "left"), [("plays", (0, 0)), ("tasks", (COUNT, 0))])
def test_a_killed_worker_leaves_nothing_half_done_and_the_next_does_nothing_twice(
    where: str, left: tuple[int, int]
) -> None:
    world = make_world("killed", "Killed")
    with world.open():
        for n in range(COUNT):
            alert(account(f"A{n}", world.members["csm"]))
        playbook()
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(world.tenant.id), where],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        assert worker.stdout is not None
        assert any(line.strip() == f"inside {COUNT}" for line in worker.stdout), "the worker is in the middle"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert worker.stdout is not None
    worker.stdout.close()
    with world.open():
        assert (Play.objects.count(), Task.objects.count()) == left
    for _again in range(2):
        run_night(world.tenant.id)
        with world.open():
            assert (Play.objects.count(), Task.objects.count()) == (COUNT, COUNT)
            assert len(set(Task.objects.values_list("play_id", "step"))) == COUNT
