"""R1 to R4: the night of renewals over a book of 100,000 contracts: the first one, which opens what comes due, the same again,
the system's calls, and the minutes after one contract changed. See the README."""

import argparse
import datetime as dt

from benchmarks import harness

# Beside the periods of the book one contract for each account, of a year, that ends within the coming year.
CONTRACTS = """
INSERT INTO accounts_subscription (id, tenant_id, account_id, external_id, start_on, end_on, interval_months, amount_minor,
       discount_minor, charge, end_reason, currency, mrr_minor, voided, version)
SELECT uuidv7(), %(tenant)s, t.id, 'R-' || t.n, %(day)s::date + t.n %% 365 - 364, %(day)s::date + t.n %% 365 + 1, 12,
       1200000, 0, 'recurring', '', 'USD', 100000, false, 1
  FROM (SELECT id, row_number() OVER (ORDER BY id)::int AS n FROM accounts_account) t;
UPDATE accounts_account SET status = 'live', customer_since = %(day)s::date - 700, mrr_minor = 100000;
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=25_000)
    accounts = parser.parse_args().accounts
    harness.start()
    from django.db import connection

    from accounts.models import Account, Subscription
    from benchmarks.journey import analyze
    from cs_platform.kernel import queue
    from cs_platform.kernel.tenancy import tenant_context
    from renewals import jobs
    from renewals.models import Renewal

    day = dt.datetime.now(dt.UTC).date()
    tenant = harness.make_book("renewals", accounts)
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.bulk', 'on', true), set_config('app.derived', 'on', true)")
        cursor.execute(CONTRACTS, {"tenant": tenant, "day": day})
        contracts = Subscription.objects.count()
    analyze()

    def step(work: object) -> float:
        def inside() -> None:
            with tenant_context(tenant):
                work(day)  # type: ignore[operator]

        return harness.seconds(inside)

    first = step(jobs.follow_contracts)
    with tenant_context(tenant):
        opened = Renewal.objects.count()
    again = step(jobs.follow_contracts)
    tasks = step(jobs.make_step_tasks)
    calls, same = step(jobs.call_all), step(jobs.call_all)

    def one(_day: dt.date) -> None:
        queue.mark_dirty("contracts", [Account.objects.values_list("id", flat=True)[0]])
        jobs.follow_changed(None)  # type: ignore[arg-type]

    changed = step(one)
    book = f"{contracts:,} contracts, {opened:,} renewals"
    harness.line("R1", f"first night: {book}", f"{first:.1f} s", "-", "30 s")
    harness.line("R2", f"the same night again: {book}", f"{again:.1f} s", f"{again / first:.2f} x first", "10 s")
    harness.line("R3", f"system calls: {opened:,} renewals", f"{calls:.1f} s", f"again {same:.1f} s", "30 s")
    harness.line("R3b", "tasks of near steps", f"{tasks:.1f} s", "-", "30 s")
    harness.line("R4", "after one contract changed", f"{changed * 1000:.0f} ms", "-", "500 ms")


if __name__ == "__main__":
    main()
