"""What was acknowledged is stored, once: server and workers are killed while clients send and send again (RELIABILITY 3.3).

On servers of its own, so that nobody else's are killed. The control shows that the test would notice: with
synchronous_commit off the same kills lose what was acknowledged.
"""

import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg2
import pytest
from django.conf import settings

from tests.packaging.test_servers import Machine, machine  # noqa: F401 - a fixture

pytestmark = pytest.mark.serial

MOMENT = "2026-01-31T09:30:00Z"
CLIENTS = 4


class Site:
    """The product on the machine's own servers, with one tenant and one account."""

    def __init__(self, own: Machine, folder: Path) -> None:
        self.own = own
        self.urls = own.ensure()
        self.environment = own.environment | self.urls | {"EVENT_RATE": "100000000/min", "API_RATE": "100000000/min"}
        self.manage("migrate", "--no-input", "-v0")
        made = json.loads(self.manage("create_tenant", "acme", "--name", "Acme", "--json").splitlines()[-1])
        self.key = made["api_key"]
        accounts = folder / "accounts.csv"
        accounts.write_text("account,name\nA-1,Northwind\n")
        self.manage("import_csv", "--tenant", "acme", "accounts", str(accounts))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words], env=self.environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    @contextmanager
    def web(self) -> Iterator[psutil.Process]:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "cs_platform.wsgi:application", "--worker-class=gthread", "--threads=2", "--workers=2",
             "--graceful-timeout=2", "--no-control-socket", f"--bind=127.0.0.1:{self.port}", "--log-level=critical"],
            env=self.environment, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            for _ in range(300):
                try:
                    if self.send([])[0] == 200:
                        break
                except OSError:
                    time.sleep(0.1)
            yield psutil.Process(server.pid)
        finally:
            server.terminate()
            server.wait(20)

    def send(self, ids: list[str]) -> tuple[int, dict[str, int]]:
        """One request on a connection of its own: status and body. OSError when no answer comes."""
        events = [{"message_id": i, "account": "A-1", "event": "edit", "timestamp": MOMENT} for i in ids]
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)) as link:
            headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            link.request("POST", "/api/v1/events", json.dumps({"events": events}), headers)
            answer = link.getresponse()
            return answer.status, json.loads(answer.read())

    def kill_database(self) -> None:
        """kill -9 of every process of the server, as a power cut would; then it is started again."""
        for process in self.own.running():
            with suppress(psutil.NoSuchProcess):  # one that served a connection may end by itself meanwhile
                if process.name() == "postgres" or "postgres" in " ".join(process.cmdline()[:1]):
                    process.send_signal(signal.SIGKILL)
        self.own.ensure()

    def stored(self) -> list[str]:
        with closing(psycopg2.connect(self.urls["DATABASE_OPS_URL"])) as link, link.cursor() as cursor:
            cursor.execute("SELECT message_id::text FROM health_usageevent")
            return [row[0] for row in cursor.fetchall()]

    def sums(self) -> tuple[int, int, int]:
        """Keys, and what the receipts say was accepted and quarantined."""
        with closing(psycopg2.connect(self.urls["DATABASE_OPS_URL"])) as link, link.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM health_usagekey), sum(accepted)::int, sum(quarantined)::int FROM health_receipt"
            )
            return cursor.fetchone()  # type: ignore[return-value]

    def configure(self, **values: str) -> None:
        """Settings of the server, of its administrator."""
        folder = next(path for path in self.own.folders if path.name == "postgres")
        with (folder / "postgresql.auto.conf").open("a") as out:
            out.writelines(f"{name} = '{value}'\n" for name, value in values.items())


class Clients:
    """Programs that send batches, and send each again until it is acknowledged."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.acknowledged: list[str] = []
        self.answers: list[int] = []
        self.late = 0  # stored, but the answer was lost: known when it came again
        self.running = True
        self.threads = [threading.Thread(target=self.work) for _ in range(CLIENTS)]

    def work(self) -> None:
        while self.running:
            ids = [str(uuid4()) for _ in range(20)]
            for attempt in range(200):
                try:
                    status, body = self.site.send(ids)
                except (OSError, http.client.HTTPException, ValueError):
                    status, body = 0, {}
                self.answers.append(status)
                if status == 200:
                    assert body["accepted"] + body["duplicate"] == 20
                    self.late += body["duplicate"] if attempt else 0
                    self.acknowledged += ids
                    break
                assert status in (0, 502, 503), (status, body)
                time.sleep(0.1)

    def __enter__(self) -> "Clients":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.running = False
        for thread in self.threads:
            thread.join()


def test_what_was_acknowledged_is_stored_once_whatever_is_killed(machine, tmp_path):  # noqa: F811
    site = Site(machine, tmp_path)
    chance = random.Random(3)
    with site.web() as web:
        a_large_body_ends_the_connection(site)
        a_body_in_chunks_is_read(site)
        with Clients(site) as clients:
            for kill in range(8):
                time.sleep(0.8 + chance.random())
                if kill % 2:
                    site.kill_database()
                else:
                    workers = web.children()
                    if workers:
                        chance.choice(workers).send_signal(signal.SIGKILL)
            time.sleep(1.5)
    stored = site.stored()
    acknowledged = set(clients.acknowledged)
    assert len(acknowledged) > 400
    assert {0, 503} & set(clients.answers), "nobody noticed the kills"
    assert acknowledged <= set(stored), "acknowledged and lost"
    assert len(stored) == len(set(stored)), "stored twice"
    keys, accepted, quarantined = site.sums()
    assert keys == accepted + quarantined == len(stored) + quarantined

    # The control: commits that the server acknowledges before they are on disk are lost by the same kill.
    site.configure(synchronous_commit="off", wal_writer_delay="10s", wal_writer_flush_after="1GB")
    site.kill_database()
    with site.web(), Clients(site) as careless:
        time.sleep(2.5)
        for process in machine.running():
            if "postgres" in process.name():
                process.send_signal(signal.SIGKILL)
        careless.running = False
        lost_before = list(careless.acknowledged)
        machine.ensure()
    assert set(lost_before) - set(site.stored()), "the control lost nothing, so the test above proves nothing"


def a_large_body_ends_the_connection(site: Site) -> None:
    """413 before the body has come, and the connection is closed: what follows would be read as a request."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as link:
        head = (
            f"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {site.key}\r\n"
            "Content-Type: application/json\r\nContent-Length: 90000000\r\n\r\n"
        )
        link.sendall(head.encode() + b"{" * 1000)
        answer = b""
        while chunk := link.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"\r\nconnection: close\r\n" in answer.lower()


def a_body_in_chunks_is_read(site: Site) -> None:
    payload = json.dumps({"events": [{"account": "B-1", "event": "edit"}]}).encode()
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=15)) as link:
        headers = {"Authorization": f"Bearer {site.key}", "Content-Type": "application/json"}
        link.request("POST", "/api/v1/events", iter([payload[:9], payload[9:]]), headers, encode_chunked=True)
        answer = link.getresponse()
        assert json.loads(answer.read())["quarantined"] == 1
        assert answer.status == 207
