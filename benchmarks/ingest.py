"""A1 to A7 and D2: events a second through the public door, beside raw COPY. Ratios inside one run; see the README."""

import argparse
import datetime as dt
import http.client
import io
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from benchmarks import harness

ACCOUNTS = 500
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
PLAIN = """
CREATE TABLE {name} (tenant_id bigint NOT NULL, message_id uuid NOT NULL, day date NOT NULL, occurred_at timestamptz NOT NULL,
    account_id uuid NOT NULL, user_ref varchar(200) NOT NULL, event varchar(120) NOT NULL, quantity numeric(20, 6) NOT NULL,
    session varchar(200) NOT NULL, known_on date NOT NULL, received_at timestamptz NOT NULL, receipt_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, message_id))
"""
NAIVE = """CREATE TABLE naive_event (message_id uuid PRIMARY KEY, occurred_at timestamptz, account_id text, user_ref text, event text,
    quantity numeric(20, 6)); GRANT ALL ON naive_event TO cs_app"""
chance = random.Random(time.time_ns())


def event(n: int) -> dict[str, Any]:
    return {
        "message_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "account": f"A{chance.randrange(ACCOUNTS) + 1}",
        "user": f"user-{chance.randrange(5_000)}@example.com",
        "event": f"feature {chance.randrange(40)} used",
        "quantity": chance.randrange(1, 6),
        "timestamp": (NOW - dt.timedelta(seconds=chance.randrange(86_400))).isoformat(),
    }


def body(size: int) -> bytes:
    return json.dumps({"events": [event(n) for n in range(size)]}, separators=(",", ":")).encode()


def owner() -> Any:
    connection = psycopg2.connect(harness._url("DATABASE_ADMIN_URL", harness.DATABASE))
    connection.autocommit = True
    return connection


def pk_copy(rows: int) -> float:
    """Rows a second of one COPY into an empty table with the same columns and the key; best of three."""
    lines = []
    for n in range(rows):
        e = event(n)
        lines.append(
            f"1\t{e['message_id']}\t{e['timestamp'][:10]}\t{e['timestamp']}\t{uuid.UUID(int=n % ACCOUNTS)}\t{e['user']}\t{e['event']}\t"
            f"{e['quantity']}\t\t{e['timestamp'][:10]}\t{e['timestamp']}\t{uuid.UUID(int=n // 1000)}\n"
        )
    text = "".join(lines)
    best = 1e9
    connection = owner()
    with connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute("DROP TABLE IF EXISTS pk_copy")
            cursor.execute(PLAIN.format(name="pk_copy"))
            begin = time.perf_counter()
            cursor.copy_expert("COPY pk_copy FROM STDIN", io.StringIO(text))
            best = min(best, time.perf_counter() - begin)
        cursor.execute("DROP TABLE pk_copy")
    connection.close()
    return rows / best


@contextmanager
def server() -> Iterator[int]:
    """gunicorn as the product runs it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "benchmarks.ingest_server", "LOG_FORMAT": "json"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "cs_platform.wsgi:application", "--worker-class=gthread", "--workers=2", "--threads=2",
         "--no-control-socket", f"--bind=127.0.0.1:{port}", "--log-level=error"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(200):
            try:
                link = http.client.HTTPConnection("127.0.0.1", port)
                link.request("GET", "/healthz")
                if link.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def client(port: int, path: str, key: str) -> Callable[[bytes], bytes]:
    link = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def send(payload: bytes) -> bytes:
        link.request("POST", path, payload, headers)
        answer = link.getresponse()
        text = answer.read()
        assert answer.status == 200, text[:300]
        return text

    return send


def rate(port: int, path: str, key: str, payloads: list[bytes], links: int = 4) -> float:
    """Requests a second of `links` connections that send these bodies."""
    todo = iter(payloads)
    lock = threading.Lock()

    def work() -> None:
        send = client(port, path, key)
        while True:
            with lock:
                payload = next(todo, None)
            if payload is None:
                return
            send(payload)

    threads = [threading.Thread(target=work) for _ in range(links)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(payloads) / (time.perf_counter() - begin)


def median(work: Callable[[], float], times: int = 3) -> float:
    return statistics.median(work() for _ in range(times))


def over_http(key: str, quick: int) -> None:
    with server() as port:
        warm = [body(100) for _ in range(8)]
        rate(port, "/api/v1/events", key, warm)
        rate(port, "/bench/none", key, warm)
        before = pk_copy(60_000)
        big = median(lambda: 1000 * rate(port, "/api/v1/events", key, [body(1000) for _ in range(quick)]))
        middle = median(lambda: 100 * rate(port, "/api/v1/events", key, [body(100) for _ in range(quick * 4)]))
        after = pk_copy(60_000)
        base = (before + after) / 2
        harness.line(
            "A1",
            f"durable HTTP ingest, 1000 a request ({big:,.0f}/s) / COPY with key",
            f"x{big / base:.3f}",
            "0.15",
            "0.30",
        )
        harness.line("A2", f"the same, 100 a request ({middle:,.0f}/s)", f"x{middle / base:.3f}", "0.06", "0.15")
        singles, nothing = [], []
        for _ in range(3):
            singles.append(rate(port, "/api/v1/events", key, [body(1) for _ in range(quick * 12)]))
            nothing.append(rate(port, "/bench/none", key, [body(1) for _ in range(quick * 12)]))
        one, none = statistics.median(singles), statistics.median(nothing)
        harness.line(
            "A3",
            f"1 event a request ({one:,.0f}/s) / without a database ({none:,.0f}/s)",
            f"x{one / none:.2f}",
            "0.18",
            "0.40",
        )
        naive = median(lambda: 1000 * rate(port, "/bench/naive", key, [body(1000) for _ in range(quick // 3 or 1)]))
        harness.line(
            "A4",
            f"ours / DRF many=True + bulk_create ({naive:,.0f}/s), 1000 a request",
            f"x{big / naive:.1f}",
            "4",
            "10",
        )
        for size, floor, target in ((1, "4", "3"), (100, "1.6", "1.3"), (1000, "1.6", "1.3")):
            send = client(port, "/api/v1/events", key)
            send(body(size))
            http_, own = [], []
            for _ in range(60 if size < 1000 else 15):
                payload = body(size)
                begin = time.perf_counter()
                send(payload)
                http_.append(time.perf_counter() - begin)
                own.append(in_process(body(size)))
            ratio = statistics.median(http_) / statistics.median(own)
            said = f"HTTP p50 {statistics.median(http_) * 1000:.1f} ms / the same write in process, {size} a request"
            harness.line("A5", said, f"x{ratio:.2f}", floor, target)
        plain, double = [], []
        known = event(0)
        for _ in range(3):
            clean = [body(1000) for _ in range(quick)]
            mixed = [json.dumps({"events": [*json.loads(body(999))["events"], known]}).encode() for _ in range(quick)]
            plain.append(rate(port, "/api/v1/events", key, clean))
            double.append(rate(port, "/api/v1/events", key, mixed))
        harness.line(
            "A7",
            "a duplicate in every batch / none, rows a second",
            f"x{statistics.median(double) / statistics.median(plain):.2f}",
            "0.3",
            "0.6",
        )
        again = [body(1000) for _ in range(quick)]
        rate(port, "/api/v1/events", key, again)
        replayed = rate(port, "/api/v1/events", key, again)
        harness.line(
            "A7",
            "whole batches sent again / new ones, rows a second",
            f"x{replayed / statistics.median(plain):.2f}",
            "–",
            "–",
        )


def in_process(payload: bytes) -> float:
    """Seconds of the same write without HTTP: read, one transaction, commit."""
    from cs_platform.kernel.tenancy import tenant_context
    from health.enums import ReceiptKind
    from health.usage import intake, wire

    begin = time.perf_counter()
    batch = wire.read(payload)
    with tenant_context(TENANT):
        intake.receive(batch.items, batch.refused, kind=ReceiptKind.API, received_at=dt.datetime.now(dt.UTC))
    return time.perf_counter() - begin


def validation() -> None:
    """A6: read and check 1,000 events, and write them as the statement takes them."""
    from benchmarks.ingest_routes import NaiveSerializer
    from health.usage import intake, wire

    payload = body(1000)

    def ours() -> None:
        intake._arrays((item, "0198d5a2-7c1e-7b60-9a55-1f6b1f0d3c11") for item in wire.read(payload).items)

    def theirs() -> None:
        serializer = NaiveSerializer(data=json.loads(payload)["events"], many=True)
        serializer.is_valid(raise_exception=True)

    a, b, ratio = harness.ratio(ours, theirs, repeats=9)
    harness.line(
        "A6",
        f"validate + encode {a * 1000:.1f} us / DRF serializer {b * 1000:.1f} us an event",
        f"x{ratio:.3f}",
        "0.25",
        "0.12",
    )


def under_rls() -> None:
    """D2: the same statements on the product's tables and on copies without row-level security."""
    from django.db import connection

    from cs_platform.kernel import sqljobs
    from cs_platform.kernel.tenancy import tenant_context
    from health.usage import intake, wire
    from health.usage.storage import SQL

    plain = owner()
    with plain.cursor() as cursor:
        for table in ("health_usagekey", "health_usagetouched", "health_usageevent"):
            name = table.replace("health_", "plain_")
            partitioned = " PARTITION BY RANGE (day)" if table == "health_usageevent" else ""
            cursor.execute(
                f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL){partitioned}; GRANT ALL ON {name} TO cs_app"
            )
        for back in range(-1, 3):
            day = NOW.date() - dt.timedelta(days=back)
            cursor.execute(
                f"CREATE TABLE plain_usageevent_{back + 1} PARTITION OF plain_usageevent FOR VALUES FROM ('{day}') TO ('{day + dt.timedelta(days=1)}')"
            )
    text = sqljobs.statement(SQL / "incoming_arrays.sql") + sqljobs.statement(SQL / "receive.sql")
    without = text
    for name in ("usagekey", "usagetouched", "usageevent"):
        without = without.replace(f"health_{name}", f"plain_{name}")
    batches = iter([wire.read(body(1000)).items for _ in range(44)])

    def write(statement: str) -> None:
        items = next(batches)
        with tenant_context(TENANT), connection.cursor() as cursor:
            accounts = intake.account_ids({item.account for item in items})
            params = {
                "tenant_id": TENANT,
                "receipt_id": str(uuid.uuid4()),
                "received_at": NOW,
                "history": False,
                "late_days": 2,
                "keys": 1000,
                "kind": "api",
                "api_key_id": None,
                "run_id": None,
                "received": 1000,
                "accepted": 1000,
                "duplicate": 0,
                "quarantined": 0,
                "rejected": 0,
            }
            cursor.execute(statement, params | intake._arrays((i, accounts[i.account]) for i in items))
            assert cursor.fetchone()[0] == 1000

    a, b, ratio = harness.ratio(lambda: write(text), lambda: write(without), repeats=21)
    harness.line(
        "D2",
        f"ingest under RLS {a * 1000:.1f} ms / without {b * 1000:.1f} ms for 1000, rows a second",
        f"x{1 / ratio:.2f}",
        "0.8",
        "0.9",
    )


TENANT = 0


def main() -> None:
    global TENANT
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=24, help="batches of 1,000 in each repetition")
    quick = parser.parse_args().batches
    harness.start()
    from accounts.enums import KeyScope
    from accounts.models import Member
    from accounts.services import create_api_key
    from cs_platform import pipeline
    from cs_platform.kernel.tenancy import tenant_context

    pipeline.install()
    connection = owner()
    with connection.cursor() as cursor:
        cursor.execute(NAIVE)
    TENANT = harness.make_book("bench", ACCOUNTS)
    with tenant_context(TENANT):
        _key, secret = create_api_key(name="bench", scopes=[KeyScope.EVENTS], by=Member.objects.first())
    validation()
    under_rls()
    over_http(secret, quick)


if __name__ == "__main__":
    main()
