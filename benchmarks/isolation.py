"""D1: what row-level security costs the reads of the product. Ratios inside one run; see the README."""

from benchmarks import harness
from benchmarks.revenue import build


def main() -> None:
    harness.start()
    from django.db import connection

    from cs_platform.kernel.tenancy import tenant_context

    tenants = [harness.make_book(f"t-{i}", 5_000) for i in range(20)]
    build(tenants)
    tenant = tenants[7]
    queries = {
        "point by key": "SELECT * FROM accounts_account WHERE {t} id = %(id)s",
        "top 50 by MRR": "SELECT id, name FROM accounts_account WHERE {t} true ORDER BY mrr_minor DESC, id LIMIT 50",
        "range of renewals": "SELECT count(*) FROM accounts_account WHERE {t} renews_on BETWEEN '2026-01-01' AND '2026-06-30'",
        "board, 24 months": "SELECT month, opening_mrr, closing_mrr FROM metrics_retentionmonth WHERE {t} month > '2023-12-01' "
        "AND \"window\" = 12 AND dimension = 'all'",
    }
    # Both sides with the driver's own cursor: what is compared is the database.
    with tenant_context(tenant), connection.connection.cursor() as mine, harness.bypass() as theirs:
        mine.execute("SELECT id FROM accounts_account LIMIT 1")
        key = {"id": mine.fetchone()[0]}
        for name, text in queries.items():
            secured, plain = text.replace("{t}", ""), text.replace("{t}", f"tenant_id = {tenant} AND")

            def run(cursor: object, sql: str) -> None:
                for _ in range(20):
                    cursor.execute(sql, key)  # type: ignore[attr-defined]

            _, _, value = harness.ratio(
                lambda sql=secured: run(mine, sql), lambda sql=plain: run(theirs, sql), repeats=15
            )
            harness.line("D1", f"row-level security / plain WHERE: {name}", f"x{value:.2f}", "1.3", "1.15")


if __name__ == "__main__":
    main()
