"""A process that is killed in the middle of its transaction (SIGKILL, no way out), and threads that begin at the same moment."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection, connections, transaction
from django.db.utils import OperationalError

from cs_platform.kernel.tenancy import tenant_context

T = TypeVar("T")
WORKER = """
import datetime as dt, importlib, sys, time, django
django.setup()
from cs_platform import pipeline
from cs_platform.kernel.tenancy import tenant_context
pipeline.install()
tenant, after, code = int(sys.argv[1]), sys.argv[2], sys.argv[3]
module, _mark, name = after.partition(":")
holder, *path = importlib.import_module(module), *name.split(".")
for part in path[:-1]:
    holder = getattr(holder, part)
whole = getattr(holder, path[-1])
def halted(*given, **named):
    whole(*given, **named)
    print("inside", flush=True)
    time.sleep(120)
setattr(holder, path[-1], halted)
with tenant_context(tenant, actor="worker"):
    exec(code)
"""


def environment() -> dict[str, str]:
    """Of a process that works on the test database as the runtime role."""
    given = connection.settings_dict
    host = given["HOST"] or "localhost"
    url = f"postgres://{given['USER']}:{given['PASSWORD']}@{host}:{given['PORT']}/{given['NAME']}"
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "cs_platform.settings"}


def killed_inside(tenant: int, after: str, code: str) -> None:
    """Run `code` in a process of its own, in one transaction of the tenant, and kill it when the function `after`
    ("module:name") has done its part in there and nothing is committed yet."""
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tenant), after, code],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert worker.stdout is not None
    try:
        assert any(line.strip() == "inside" for line in worker.stdout), "the worker is in the middle"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()


def again(tenant: int, act: Callable[[], T]) -> T:
    """What `act` gives in a transaction of its own, as soon as the server has noticed that the killed one is gone."""
    end = time.monotonic() + 30
    while True:
        try:
            with tenant_context(tenant, actor="worker"), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '2s'")
                return act()
        except OperationalError:
            assert time.monotonic() < end
            time.sleep(0.1)


def at_once(tenant: int, *acts: Callable[[], object]) -> list[object]:
    """What each gives that begins at the same moment, on a connection and in a transaction of its own: its result, or what it
    raised."""
    together = threading.Barrier(len(acts))
    found: list[object] = [None] * len(acts)

    def run(place: int) -> None:
        try:
            together.wait(10)
            with tenant_context(tenant, actor="worker"):
                found[place] = acts[place]()
        except Exception as error:
            found[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return found
