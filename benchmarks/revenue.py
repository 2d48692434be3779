"""C1 to C4: the revenue tables; the board of books of several sizes; the night of many small companies. Ratios inside one
run; see the README."""

import argparse
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable

from benchmarks import harness

NIGHT = dt.date(2025, 12, 31)


def build(tenants: list[int], *, revenue: bool = False) -> dict[str, float]:
    """The night of every tenant, or its steps of revenue alone; seconds by step."""
    from cs_platform.kernel.queue import take_time
    from cs_platform.kernel.tenancy import tenant_context
    from cs_platform.pipeline import NIGHTLY, REVENUE

    spent: dict[str, float] = {}
    for tenant in tenants:
        for name, step in REVENUE if revenue else NIGHTLY:
            begin = time.perf_counter()
            with tenant_context(tenant):
                take_time()
                step(NIGHT)
            spent[name] = spent.get(name, 0) + time.perf_counter() - begin  # with the commit, which checks keys
    return spent


# Tables of the board's own questions; the rest of a request is session, member and frame.
OF_BOARD = ("metrics_", "kernel_finding", "accounts_segment", "health_survey")
THREE_SOURCES = """
WITH snapshot AS (
    SELECT m.month, a.segment_id::text AS segment, sum(m.mrr) AS mrr FROM metrics_accountmonth m
      JOIN accounts_account a ON a.tenant_id = m.tenant_id AND a.id = m.account_id GROUP BY 1, 2
), intervals AS (
    SELECT g::date AS month, a.segment_id::text AS segment, sum(s.mrr_minor) AS mrr FROM accounts_subscription s
      JOIN accounts_account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
     CROSS JOIN generate_series(date '2023-01-01', date '2025-12-01', '1 month') g
     WHERE s.start_on <= (g + interval '1 month - 1 day')::date AND (g + interval '1 month - 1 day')::date < s.end_on
     GROUP BY 1, 2
), ledger AS (
    SELECT month, segment, sum(sum(amount)) OVER (PARTITION BY segment ORDER BY month) AS mrr
      FROM (SELECT g::date AS month, s.id::text AS segment, 0::bigint AS amount
              FROM generate_series(date '2023-01-01', date '2025-12-01', '1 month') g CROSS JOIN accounts_segment s
            UNION ALL
            SELECT v.month, a.segment_id::text, v.amount_minor FROM metrics_mrrmovement v
              JOIN accounts_account a ON a.tenant_id = v.tenant_id AND a.id = v.account_id) e
     GROUP BY month, segment
)
SELECT count(*), count(*) FILTER (WHERE coalesce(s.mrr, 0) <> l.mrr OR coalesce(i.mrr, 0) <> l.mrr)
  FROM ledger l LEFT JOIN snapshot s USING (month, segment) LEFT JOIN intervals i USING (month, segment)
"""
WIDE = """SELECT m.tenant_id, sum(m.mrr_12_now), sum(m.mrr) FILTER (WHERE m.mrr_12_now > 0),
    sum(least(m.mrr, m.mrr_12_now)) FROM metrics_accountmonth m WHERE m.month = '2025-12-01' GROUP BY 1"""
TREND = """SELECT m.month, sum(m.mrr_12_now), sum(m.mrr) FILTER (WHERE m.mrr_12_now > 0), sum(least(m.mrr, m.mrr_12_now))
    FROM metrics_accountmonth m WHERE m.tenant_id = %s AND m.month > '2023-12-01' GROUP BY 1"""
BOARD = """SELECT month, sum(opening_mrr + fx_effect), sum(closing_mrr) FROM metrics_retentionmonth
    WHERE tenant_id = %s AND "window" = 12 AND dimension = 'all' AND month > '2023-12-01' GROUP BY 1"""
COPY = """COPY (SELECT m.tenant_id, m.account_id, m.month, m.mrr FROM metrics_accountmonth m) TO STDOUT (FORMAT csv)"""
SELF_JOIN = """SELECT b.tenant_id, sum(b.mrr), sum(n.mrr), sum(least(b.mrr, coalesce(n.mrr, 0)))
    FROM m b LEFT JOIN m n ON n.tenant_id = b.tenant_id AND n.account_id = b.account_id AND n.month = DATE '2025-12-01'
    WHERE b.month = DATE '2024-12-01' AND b.mrr > 0 GROUP BY 1"""


def wide_seconds() -> float:
    with harness.bypass() as cursor:
        cursor.execute(WIDE)
        return statistics.median(harness.seconds(lambda: cursor.execute(WIDE)) for _ in range(5))


def three_sources(tenants: list[int]) -> tuple[int, int]:
    from django.db import connection

    from cs_platform.kernel.tenancy import tenant_context

    cells = gaps = 0
    for tenant in tenants:
        with tenant_context(tenant), connection.cursor() as cursor:
            cursor.execute(THREE_SOURCES)
            found = cursor.fetchone()
            cells, gaps = cells + found[0], gaps + found[1]
    return cells, gaps


def agree(tenants: list[int]) -> None:
    """C1: the three sources say the same of every month and segment."""
    cells, gaps = three_sources(tenants)
    harness.line("C1", f"{cells} tenant x segment x month: snapshot = periods = ledger", f"{gaps} differ", "0", "0")


def read(tenant: int) -> None:
    """C2: what a dashboard reads, from the aggregates beside from the snapshot."""
    with harness.bypass() as cursor:
        _, _, value = harness.ratio(
            lambda: cursor.execute(BOARD, [tenant]), lambda: cursor.execute(TREND, [tenant]), repeats=15
        )
    harness.line("C2", "dashboard read, aggregates / snapshot", f"1/{1 / value:.0f}", "1/40", "1/100")


def join() -> None:
    """C3: the wide snapshot beside a self-join of another engine."""
    harness.line("C3", "wide snapshot, one month, all tenants / DuckDB self-join", duckdb_ratio(), "1.5", "0.7")


def duckdb_ratio() -> str:
    try:
        import duckdb
    except ImportError:
        return "DuckDB not installed"
    with harness.bypass() as cursor:
        duck = duckdb.connect()
        duck.execute("CREATE TABLE m (tenant_id INTEGER, account_id UUID, month DATE, mrr BIGINT)")
        with tempfile.NamedTemporaryFile("wb", suffix=".csv") as file:
            cursor.copy_expert(COPY, file)  # by the server: a million accounts do not fit into this process
            file.flush()
            duck.execute(f"COPY m FROM '{file.name}' (HEADER false)")
        duck.execute("PRAGMA threads=2")
        _, _, value = harness.ratio(lambda: cursor.execute(WIDE), lambda: duck.execute(SELF_JOIN).fetchall())
    return f"{value:.2f}"


def written(work: Callable[[], object]) -> float:
    """Megabytes of WAL that the work writes."""
    with harness.bypass() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()")
        (before,) = cursor.fetchone()
        work()
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s) / 1e6", [before])
        return float(cursor.fetchone()[0])


def boards(sizes: list[int]) -> None:
    """The whole request of the board, of one company with so many accounts: it must not know how many there are."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import Tenant
    from accounts.services import add_member
    from cs_platform.kernel.tenancy import tenant_context

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.ALLOWED_HOSTS = ["testserver"]
    clients, tenants = {}, {}
    for size in sizes:
        tenants[size] = tenant = harness.make_book(f"board-{size}", size)
        spent: dict[str, float] = {}
        wal = written(lambda tenant=tenant, spent=spent: spent.update(build([tenant], revenue=True)))
        again = sum(build([tenant], revenue=True).values())
        steps = ", ".join(f"{name} {value:.1f}" for name, value in spent.items())
        print(
            f"     {size} accounts: {sum(spent.values()):.1f} s, {wal:.0f} MB of WAL ({steps}); again {again:.2f} s",
            flush=True,
        )
        Tenant.objects.filter(id=tenant).update(data_until=NIGHT, night_done_on=NIGHT)
        with tenant_context(tenant):
            member = add_member(email=f"boss-{size}@bench.example", name="Boss", role="executive", password="bench")
        clients[size] = Client()
        clients[size].force_login(member.user)
    times: dict[int, list[float]] = {size: [] for size in sizes}
    for turn in range(16):
        for size, client in clients.items():
            spent_on_page = harness.seconds(lambda size=size, client=client: client.get(f"/t/board-{size}/board/"))
            if turn:  # the first one fills caches
                times[size].append(spent_on_page)
    smallest = statistics.median(times[sizes[0]])
    for size, client in clients.items():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/t/board-{size}/board/").status_code == 200
        own = sum(any(mark in query["sql"] for mark in OF_BOARD) for query in queries.captured_queries)
        median = statistics.median(times[size])
        text = f"board at {size} accounts: {median * 1000:.0f} ms, {len(queries)} queries, its own"
        harness.line("E1", text, str(own), "10", "9")
        harness.line("E1", f"board at {size} / at {sizes[0]} accounts", f"x{median / smallest:.2f}", "1.5", "1.1")
    for size, tenant in tenants.items():
        print(f"     of {size} accounts")
        agree([tenant])
        read(tenant)
    join()


def spread(tenants: int, accounts: int) -> None:
    """The same book in many companies: what a company costs a night, whatever it holds."""
    made = [harness.make_book(f"spread-{number}", max(accounts // tenants, 1)) for number in range(tenants)]
    first: list[float] = []
    wal = written(lambda: first.extend(sum(build([tenant], revenue=True).values()) for tenant in made))
    # the last beside the first, so that what else the machine does meets both alike
    tenth = max(tenants // 10, 1)
    order = [one for pair in zip(made[:tenth], made[-tenth:], strict=True) for one in pair] + made[tenth:-tenth]
    quiet = [sum(build([tenant], revenue=True).values()) for tenant in order]
    for text, spent in (("first", first), ("quiet", quiet)):
        worst = sorted(spent)[-1 - len(spent) // 100]
        print(
            f"     {text} night of {tenants} companies with {accounts // tenants} accounts: {sum(spent):.1f} s, "
            f"{statistics.median(spent) * 1000:.0f} ms each, 99th {worst * 1000:.0f} ms"
        )
    grown = statistics.median(quiet[1 : 2 * tenth : 2]) / statistics.median(quiet[0 : 2 * tenth : 2])
    print(f"     {wal:.0f} MB of WAL; the last tenth / the first tenth of the companies, quiet night: x{grown:.2f}")
    agree(made)
    read(made[-1])
    join()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=200_000, help="accounts after growing")
    parser.add_argument("--tenants", type=int, default=10)
    parser.add_argument(
        "--boards", help="sizes of one company's book, such as 1000,100000,1000000: the board's time only"
    )
    parser.add_argument("--spread", type=int, help="so many companies share the accounts: their nights only")
    options = parser.parse_args()
    harness.start()
    if options.boards:
        boards([int(size) for size in options.boards.split(",")])
    if options.spread:
        spread(options.spread, options.accounts)
    if not (options.boards or options.spread):
        tables(options)


def tables(options: argparse.Namespace) -> None:
    """C1 to C4."""
    small = options.accounts // 5
    begin = time.perf_counter()
    first = [harness.make_book(f"small-{i}", small // options.tenants) for i in range(options.tenants)]
    steps = build(first, revenue=True)
    early = wide_seconds()
    more = options.accounts - small
    rest = [harness.make_book(f"more-{i}", more // options.tenants) for i in range(options.tenants)]
    for name, spent in build(rest, revenue=True).items():
        steps[name] += spent
    with harness.bypass() as cursor:
        cursor.execute("SELECT count(*) FROM metrics_accountmonth")
        months = cursor.fetchone()[0]
    print(f"{options.accounts} accounts, {months} account-months, made in {time.perf_counter() - begin:.0f} s")
    for name, spent in steps.items():
        print(f"     {name:<20} {spent:8.2f} s  {spent / options.accounts * 1e6:8.1f} us an account")
    agree(first + rest)
    read(rest[0])
    join()
    harness.line(
        "C4", f"wide snapshot, {options.accounts} / {small} accounts", f"x{wide_seconds() / early:.1f}", "7", "5"
    )


if __name__ == "__main__":
    main()
