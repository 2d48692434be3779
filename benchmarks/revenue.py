"""C1 to C4: the revenue tables. Ratios inside one run; see the README."""

import argparse
import datetime as dt
import statistics
import time

from benchmarks import harness

NIGHT = dt.date(2025, 12, 31)


def build(tenants: list[int]) -> dict[str, float]:
    """The night of every tenant; seconds by step."""
    from cs_platform.kernel.tenancy import tenant_context
    from cs_platform.pipeline import NIGHTLY

    spent: dict[str, float] = {}
    for tenant in tenants:
        for name, step in NIGHTLY:
            with tenant_context(tenant):
                begin = time.perf_counter()
                step(NIGHT)
                spent[name] = spent.get(name, 0) + time.perf_counter() - begin
    return spent


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
COPY = """SELECT m.tenant_id, m.account_id::text, m.month, m.mrr FROM metrics_accountmonth m"""
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


def duckdb_ratio() -> str:
    try:
        import duckdb
    except ImportError:
        return "DuckDB not installed"
    with harness.bypass() as cursor:
        cursor.execute(COPY)
        names = [column[0] for column in cursor.description]
        duck = duckdb.connect()
        duck.execute("CREATE TABLE m (tenant_id INTEGER, account_id UUID, month DATE, mrr BIGINT)")
        import csv
        import tempfile

        with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows(cursor)
            file.flush()
            duck.execute(f"COPY m FROM '{file.name}' (HEADER)")
        duck.execute("PRAGMA threads=2")
        _, _, value = harness.ratio(lambda: cursor.execute(WIDE), lambda: duck.execute(SELF_JOIN).fetchall())
    return f"{value:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=200_000, help="accounts after growing")
    parser.add_argument("--tenants", type=int, default=10)
    options = parser.parse_args()
    harness.start()
    small = options.accounts // 5
    begin = time.perf_counter()
    first = [harness.make_book(f"small-{i}", small // options.tenants) for i in range(options.tenants)]
    steps = build(first)
    early = wide_seconds()
    more = options.accounts - small
    rest = [harness.make_book(f"more-{i}", more // options.tenants) for i in range(options.tenants)]
    for name, spent in build(rest).items():
        steps[name] += spent
    with harness.bypass() as cursor:
        cursor.execute("SELECT count(*) FROM metrics_accountmonth")
        months = cursor.fetchone()[0]
    print(f"{options.accounts} accounts, {months} account-months, made in {time.perf_counter() - begin:.0f} s")
    for name, spent in steps.items():
        print(f"     {name:<20} {spent:8.2f} s  {spent / options.accounts * 1e6:8.1f} us an account")
    cells, gaps = three_sources(first + rest)
    harness.line("C1", f"{cells} tenant x segment x month: snapshot = periods = ledger", f"{gaps} differ", "0", "0")
    with harness.bypass() as cursor:
        _, _, value = harness.ratio(
            lambda: cursor.execute(BOARD, [rest[0]]), lambda: cursor.execute(TREND, [rest[0]]), repeats=15
        )
        harness.line("C2", "dashboard read, aggregates / snapshot", f"1/{1 / value:.0f}", "1/40", "1/100")
    harness.line("C3", "wide snapshot, one month, all tenants / DuckDB self-join", duckdb_ratio(), "1.5", "0.7")
    harness.line(
        "C4", f"wide snapshot, {options.accounts} / {small} accounts", f"x{wide_seconds() / early:.1f}", "7", "5"
    )


if __name__ == "__main__":
    main()
