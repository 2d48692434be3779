"""B5 roll-up against ingest, F1 dropping a day against deleting it, F2 many partitions against few. Ratios inside one run."""

import argparse
import datetime as dt
import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from uuid import uuid4

import psycopg2

from benchmarks import harness

USERS, FEATURES = 20, 40  # of an account; of the company


def batches(chance: random.Random, count: int, accounts: int, days: list[dt.datetime]) -> Iterator[bytes]:
    """Bodies of POST /api/v1/events with a thousand events each."""
    for _ in range(count // 1000):
        events = []
        for _ in range(1000):
            account = chance.randrange(accounts)
            at = chance.choice(days) + dt.timedelta(seconds=chance.randrange(80_000))
            events.append(
                {
                    "message_id": str(uuid4()),
                    "account": f"A{account + 1}",
                    "user": f"u{account}-{chance.randrange(USERS)}",
                    "event": f"feature_{chance.randrange(FEATURES)}",
                    "quantity": 1,
                    "timestamp": at.isoformat().replace("+00:00", "Z"),
                }
            )
        yield json.dumps({"events": events}).encode()


def rates(tenant: int, bodies: list[bytes]) -> tuple[float, float]:
    """Events a second taken in (read, stored, committed by thousand, one caller in process) and then rolled up."""
    from django.utils import timezone

    from cs_platform.kernel.tenancy import tenant_context
    from health.enums import ReceiptKind
    from health.usage import intake, rollup, wire

    begin = time.perf_counter()
    for body in bodies:
        with tenant_context(tenant):
            batch = wire.read(body)
            intake.receive(batch.items, batch.refused, kind=ReceiptKind.API, received_at=timezone.now())
    taken = time.perf_counter() - begin
    begin = time.perf_counter()
    while True:
        with tenant_context(tenant):
            if not rollup.roll_up(rollup.PAIRS):
                break
    rolled = time.perf_counter() - begin
    events = 1000 * len(bodies)
    return events / taken, events / rolled


def b5(accounts: int, events: int, repeats: int) -> None:
    """Each round in a company of its own, so that nothing is counted anew that an earlier round brought."""
    chance = random.Random(1)
    midnight = dt.datetime.combine(dt.datetime.now(dt.UTC).date(), dt.time(), tzinfo=dt.UTC)
    for name, count in (("one day", 1), ("thirty days", 30)):
        found = []
        for repeat in range(repeats + 1):  # the first is a warm-up
            tenant = harness.make_book(f"usage-{count}-{repeat}", accounts)
            days = [midnight - dt.timedelta(days=1 + back) for back in range(count)]
            found.append(rates(tenant, list(batches(chance, events, accounts, days))))
        taken, rolled = (statistics.median(pair[n] for pair in found[1:]) for n in (0, 1))
        ratio = statistics.median(pair[1] / pair[0] for pair in found[1:])
        text = f"roll-up / ingest, events of {name} ({rolled:,.0f} / {taken:,.0f} a second)"
        harness.line("B5", text, f"{ratio:.2f}", ">= 1", ">= 2")


def owner() -> psycopg2.extensions.connection:
    connection = psycopg2.connect(harness._url("DATABASE_ADMIN_URL", harness.DATABASE))
    connection.autocommit = True
    return connection


FILL = """
INSERT INTO health_usageevent (tenant_id, message_id, day, occurred_at, account_id, user_ref, event, known_on, receipt_id)
SELECT %(tenant)s, gen_random_uuid(), %(day)s, %(day)s::timestamptz + i * interval '10 milliseconds', gen_random_uuid(), 'u' || i %% 999,
       'feature_' || i %% 40, %(day)s, gen_random_uuid() FROM generate_series(1, %(rows)s) i
"""


def f1(tenant: int, rows: int) -> None:
    """Drop the oldest kept day through the product's function; DELETE and VACUUM the same rows of the next one."""
    connection = owner()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, false)", [str(tenant)])
        cursor.execute("SELECT kept_from FROM health_usagestore")
        kept = cursor.fetchone()[0]
        kept += dt.timedelta(days=1)  # the first day goes without rows, to warm the catalogue up
        for day in (kept, kept + dt.timedelta(days=1)):
            cursor.execute(FILL, {"tenant": tenant, "day": day, "rows": rows})
        cursor.execute("VACUUM ANALYZE health_usageevent")

        def written() -> int:
            """Bytes of WAL of this session alone: others work on the same server."""
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute("SELECT wal_bytes FROM pg_stat_get_backend_wal(pg_backend_pid())")
            return int(cursor.fetchone()[0])

        def cost(*statements: str) -> tuple[float, int]:
            before, begin = written(), time.perf_counter()
            for statement in statements:
                cursor.execute(statement)
            taken = time.perf_counter() - begin
            return taken, written() - before

        cursor.execute(f"SELECT usage_drop_days('{kept}')")
        second = f"health_usageevent_{kept + dt.timedelta(days=1):%Y%m%d}"
        drop = cost(f"SELECT usage_drop_days('{kept + dt.timedelta(days=1)}')")
        delete = cost(f"DELETE FROM {second}", f"VACUUM {second}")
    connection.close()
    text = f"drop / DELETE + VACUUM of {rows:,} rows ({drop[0] * 1000:.0f} / {delete[0] * 1000:.0f} ms)"
    harness.line("F1", f"{text}: time", f"1/{delete[0] / drop[0]:.0f}", "<= 1/4", "<= 1/8")
    text = f"the same: WAL ({drop[1] / 2**20:.2f} / {delete[1] / 2**20:.1f} MB)"
    harness.line("F1", text, f"1/{delete[1] / max(drop[1], 1):.0f}", "<= 1/200", "<= 1/1000")


MANY = """
CREATE TABLE {name} (LIKE health_usageevent INCLUDING DEFAULTS) PARTITION BY RANGE (day);
CREATE INDEX ON {name} (tenant_id, account_id);
DO $$ BEGIN FOR i IN 0..{parts} - 1 LOOP
    EXECUTE format('CREATE TABLE {name}_%s PARTITION OF {name} FOR VALUES FROM (%L) TO (%L)', i,
                   current_date - i, current_date - i + 1);
END LOOP; END $$;
ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON {name} USING (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::bigint));
INSERT INTO {name} (tenant_id, message_id, day, occurred_at, account_id, event, known_on, receipt_id)
SELECT {tenant}, gen_random_uuid(), current_date - i % 12, now(), lpad(to_hex(i % 500), 32, '0')::uuid, 'x', current_date, gen_random_uuid()
  FROM generate_series(1, 60000) i;
ANALYZE {name};
"""


def f2(tenant: int, repeats: int) -> None:
    """The query of the roll-up's stage for one account and day: with the day in WHERE, and without it."""
    connection = owner()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, false)", [str(tenant)])
        for parts in (12, 400):
            cursor.execute(f"DROP TABLE IF EXISTS many_{parts}")
            cursor.execute(MANY.format(name=f"many_{parts}", parts=parts, tenant=tenant))
            cursor.execute(f"GRANT SELECT ON many_{parts} TO cs_app")
    connection.close()
    reader = psycopg2.connect(os.environ["DATABASE_URL"])
    with reader.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, false)", [str(tenant)])
        base = (
            f"SELECT count(*), sum(quantity) FROM many_%s WHERE tenant_id = {tenant} "
            "AND account_id = '00000000000000000000000000000007'"
        )

        def timed(parts: int, where: str) -> float:
            begin = time.perf_counter()
            cursor.execute(base % parts + where)
            return time.perf_counter() - begin

        with_key = f" AND day = '{dt.datetime.now(dt.UTC).date() - dt.timedelta(days=3)}'"
        for name, where, floor, target in (("day in WHERE", with_key, "<= 1.2", "1.0"), ("without it", "", "-", "-")):
            pairs = [(timed(400, where), timed(12, where)) for _ in range(repeats)][repeats // 10 :]
            many, few = (statistics.median(pair[n] for pair in pairs) for n in (0, 1))
            text = f"point query, 400 partitions / 12, {name} ({many * 1e6:.0f} / {few * 1e6:.0f} us)"
            harness.line("F2", text, f"{many / few:.2f}", floor, target)
    reader.close()
    connection = owner()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE many_12, many_400")
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    harness.start()
    tenant = harness.make_book("usage", options.accounts)
    b5(options.accounts, options.events, options.repeats)
    f1(tenant, options.rows)
    f2(tenant, 400)


if __name__ == "__main__":
    main()
