"""I1: rows a second through the public import, beside raw COPY of the same file. Ratios inside one run; see the README."""

import argparse
import csv
import datetime as dt
import multiprocessing
import random
import tempfile
import threading
import time
from pathlib import Path

import psutil
import psycopg2

from benchmarks import harness

HEAD = (
    "account", "subscription_id", "product", "segment", "start_date", "end_date", "interval_months", "amount",
    "currency", "mrr", "seats",
)  # fmt: skip
RAW = """CREATE TABLE raw_rows (account text, subscription_id text, product text, segment text, start_date date, end_date date,
    interval_months int, amount numeric, currency text, mrr numeric, seats int, PRIMARY KEY (subscription_id, start_date))"""


def write(path: Path, rows: int) -> None:
    """Yearly periods of rows / 3 subscriptions in random order, three to four of them an account."""
    chance = random.Random(1)
    places = list(range(rows))
    chance.shuffle(places)
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEAD)
        for place in places:
            number, year = divmod(place, 3)
            start = dt.date(2022 + year, number % 12 + 1, 1)
            amount = 120 * (number % 900 + 50)
            writer.writerow(
                (
                    f"A-{number // 3}", f"S-{number}", "Platform", "SMB", start, start.replace(year=start.year + 1), 12,
                    f"{amount}.00", "USD", f"{amount // 12}.00", number % 200,
                )
            )  # fmt: skip


def raw_copy(path: Path) -> float:
    """Seconds of COPY into an ordinary table with the same key."""
    connection = psycopg2.connect(harness._url("DATABASE_ADMIN_URL", harness.DATABASE))
    with connection, connection.cursor() as cursor, path.open() as source:
        cursor.execute("DROP TABLE IF EXISTS raw_rows")
        cursor.execute(RAW)
        begin = time.perf_counter()
        cursor.copy_expert("COPY raw_rows FROM STDIN (FORMAT csv, HEADER)", source)
        connection.commit()
        taken = time.perf_counter() - begin
        cursor.execute("DROP TABLE raw_rows")
    connection.close()
    return taken


class Memory(threading.Thread):
    """The most that this process holds while it is watched, in MB above the begin."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process()
        self.begin = self.most = self.process.memory_info().rss
        self.start()

    def run(self) -> None:
        while True:
            self.most = max(self.most, self.process.memory_info().rss)
            time.sleep(0.05)

    def __str__(self) -> str:
        return f"{(self.most - self.begin) // 2**20} MB"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    harness.start()
    from accounts.imports import create_import, start_import
    from accounts.models import Import
    from accounts.services import create_tenant
    from cs_platform.kernel import queue
    from cs_platform.kernel.tenancy import tenant_context

    tenant = create_tenant(slug="bench", name="Bench", currency="USD", time_zone="UTC").tenant

    def bring(path: Path) -> tuple[float, float]:
        begin = time.perf_counter()
        with tenant_context(tenant.id), path.open("rb") as source:
            run = create_import(kind="subscriptions", filename=path.name, source=source, by=None)
            work = start_import(run=run)
        stored = time.perf_counter()
        queue.run_to_end(tenant.id, work.id)
        end = time.perf_counter()
        with tenant_context(tenant.id):
            done = Import.objects.get(id=run.id)
        assert (done.read, done.rejected) == (rows, 0), done.error
        return stored - begin, end - begin

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "subscriptions.csv"
        generator = multiprocessing.Process(target=write, args=(path, rows))  # its memory is not the import's
        generator.start()
        generator.join()
        copied = min(raw_copy(path) for _ in range(3))
        memory = Memory()
        stored, first = bring(path)
        _stored, again = bring(path)
    harness.line("I1", f"{rows:,} new rows through the import, rows a second", f"{rows / first:,.0f}", "–", "–")
    harness.line("I1", "of that, storing the file in pieces", f"{stored / first:.0%} of the time", "–", "–")
    harness.line("I1", "import / raw COPY, rows a second", f"x{copied / first:.3f}", "–", "–")
    harness.line("I1", "the same file again (nothing changes) / raw COPY", f"x{copied / again:.3f}", "–", "–")
    harness.line("I1", "memory on top while importing", str(memory), "–", "–")


if __name__ == "__main__":
    main()
