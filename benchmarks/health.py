"""B1 to B4: all scores in one piece against a loop over accounts, against reading the days, by size, and of a few.

.venv/bin/python -m benchmarks.health --accounts 100000
"""

import argparse
import datetime as dt
import random
import statistics
import time
from typing import Any

from benchmarks import harness

DAY = dt.date(2026, 6, 30)

# 90 days: about 7.5 users an account and 4 months of bits, one row an account and day on two days of three, 8 features.
FACTS = """
CREATE TEMPORARY TABLE book AS
SELECT id, row_number() OVER (ORDER BY external_id) AS i FROM accounts_account WHERE tenant_id = %(tenant)s;

UPDATE accounts_account SET customer_since = '2024-01-01', mrr_minor = 100000 WHERE tenant_id = %(tenant)s;
UPDATE accounts_subscription SET voided = true WHERE tenant_id = %(tenant)s;
INSERT INTO accounts_subscription (id, tenant_id, account_id, external_id, start_on, interval_months, amount_minor, currency,
       mrr_minor, seats, voided, version)
SELECT uuidv7(), %(tenant)s, id, 'P-' || i, '2024-01-01', 12, 1200000, 'USD', 100000, 10, false, 1 FROM book;

INSERT INTO accounts_subscriptionchange (id, tenant_id, subscription_id, account_id, kind, effective_on, source, actor, reason,
       start_on, interval_months, amount_minor, currency, mrr_minor, seats, voided)
SELECT uuidv7(), tenant_id, id, account_id, 'created', start_on, 'import', '', '', start_on, interval_months, amount_minor,
       currency, mrr_minor, seats, false FROM accounts_subscription WHERE tenant_id = %(tenant)s AND NOT voided;

INSERT INTO accounts_feature (id, tenant_id, key, name, kind)
SELECT uuidv7(), %(tenant)s, 'f' || n, 'Feature ' || n, 'core' FROM generate_series(1, 8) n;

INSERT INTO health_usermonth (tenant_id, account_id, user_id, month, known_on, days, core_days)
SELECT %(tenant)s, b.id, gen_random_uuid(), m::date, m::date, bits, bits & 715827882
  FROM book b CROSS JOIN generate_series(1, 8) u CROSS JOIN generate_series(date '2026-04-01', date '2026-06-01', interval '1 month') m
 CROSS JOIN LATERAL (SELECT (random() * 1073741823)::int & (random() * 1073741823)::int AS bits) r
 WHERE u <= 7 OR b.i %% 2 = 0;

INSERT INTO health_accountday (tenant_id, account_id, day, known_on, events, quantity, sessions, session_seconds)
SELECT %(tenant)s, b.id, d::date, d::date, 20, 40, 6, 3600
  FROM book b CROSS JOIN generate_series(date '2026-04-02', date '2026-06-30', interval '1 day') d
 WHERE (b.i + extract(doy FROM d)::int) %% 4 <> 0;

INSERT INTO health_featureday (tenant_id, account_id, feature_id, day, known_on, events, quantity, users)
SELECT %(tenant)s, b.id, f.id, d::date, d::date, 5, 5, 2
  FROM book b CROSS JOIN LATERAL (SELECT id, row_number() OVER (ORDER BY key) AS n FROM accounts_feature WHERE tenant_id = %(tenant)s) f
 CROSS JOIN generate_series(date '2026-04-02', date '2026-06-30', interval '7 days') d
 WHERE (b.i + f.n) %% 3 <> 0;

INSERT INTO health_touchpoint (id, tenant_id, account_id, external_id, kind, status, happened_at, inbound, known_on, source,
       replied_at, sentiment, subject, note, version)
SELECT uuidv7(), %(tenant)s, b.id, 'T-' || b.i || '-' || n, (ARRAY['email', 'qbr', 'check_in', 'email', 'training', 'email'])[n],
       CASE WHEN n IN (1, 4, 6) THEN 'sent' ELSE 'attended' END, at, false, at::date, 'api',
       CASE WHEN n IN (1, 4) THEN at + interval '9 hours' END, '', '', '', 1
  FROM book b CROSS JOIN generate_series(1, 6) n
 CROSS JOIN LATERAL (SELECT timestamptz '2026-06-20 12:00+00' - ((b.i * n * 7) %% 150) * interval '1 day' AS at) t;

INSERT INTO health_ticket (id, tenant_id, account_id, external_id, user_ref, subject, category, state, priority, level, opened_at,
       first_response_at, resolved_at, reopen_count, reassignment_count, escalated_to, first_response_minutes, resolution_minutes,
       sentiment, known_on, source, version)
SELECT uuidv7(), %(tenant)s, b.id, 'K-' || b.i || '-' || n, '', '', '', 'resolved', '', 'normal', at, at + interval '3 hours',
       at + interval '20 hours', 0, 0, '', 180, 1200, '', at::date, 'api', 1
  FROM book b CROSS JOIN generate_series(1, 4) n
 CROSS JOIN LATERAL (SELECT timestamptz '2026-06-20 12:00+00' - ((b.i * n * 11) %% 200) * interval '1 day' AS at) t;

INSERT INTO health_survey (id, tenant_id, account_id, external_id, kind, context, score, scale, answered_at, comment, known_on,
       source, version)
SELECT uuidv7(), %(tenant)s, id, 'N-' || i, 'nps', 'relationship', i %% 11, 10, '2026-05-10 12:00+00', '', '2026-05-10', 'api', 1
  FROM book;

INSERT INTO health_outcome (id, tenant_id, account_id, external_id, name, metric, unit, baseline, target, agreed_on, due_on,
       data_source, first_value, story, known_on, source, version)
SELECT uuidv7(), %(tenant)s, id, 'O-' || i, 'Save time', 'other', '', 0, 100, '2026-01-01', '2026-12-31', 'report', false, '',
       '2026-01-01', 'api', 1 FROM book;
INSERT INTO health_outcomemeasurement (id, tenant_id, outcome_id, measured_on, value, note, known_on)
SELECT uuidv7(), %(tenant)s, id, '2026-06-01', 30, '', '2026-06-01' FROM health_outcome WHERE tenant_id = %(tenant)s;
DROP TABLE book;
"""
TABLES = ("accounts_account accounts_subscription accounts_subscriptionchange health_usermonth health_accountday health_featureday health_touchpoint "
          "health_ticket health_survey health_outcome health_outcomemeasurement health_healthscore")  # fmt: skip
SCAN = "SELECT sum(quantity) FROM health_accountday WHERE tenant_id = %s AND day > %s AND day <= %s"


def fill(slug: str, accounts: int) -> int:
    """A tenant with `accounts` accounts and 90 days of everything; its id."""
    from django.db import connection

    from cs_platform.kernel.tenancy import tenant_context

    tenant = harness.make_book(slug, accounts)
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.bulk', 'on', true), set_config('app.derived', 'on', true)")
        cursor.execute(FACTS, {"tenant": tenant})
    return tenant


def analyze() -> None:
    """What autovacuum would have done by the night."""
    import psycopg2

    connection = psycopg2.connect(harness.address("DATABASE_ADMIN_URL"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        for table in TABLES.split():
            cursor.execute(f"VACUUM ANALYZE {table}")
    connection.close()


def night(tenant: int, day: dt.date) -> None:
    from cs_platform.kernel.tenancy import tenant_context
    from health.scoring import jobs

    with tenant_context(tenant):
        jobs.score_all(day)


def computed(tenant: int) -> None:
    """The scores without writing them."""
    from cs_platform.kernel.tenancy import tenant_context
    from health.scoring import jobs

    with tenant_context(tenant):
        for _judge, _ids, _scores in jobs.judge(DAY, DAY):
            pass


def scan(tenant: int, workers: int = 0) -> None:
    """Read and add the days of two months, in one process like the scores; or with parallel workers, which nothing that
    reads a temporary table gets."""
    from django.db import connection

    from cs_platform.kernel.tenancy import tenant_context

    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = %s", [workers])
        cursor.execute(SCAN, [tenant, DAY - dt.timedelta(days=60), DAY])


def loop(tenant: int, sample: int) -> float:
    """Seconds for one account as an ORM loop would do it: a dozen queries each, half of the indicators."""
    from django.db.models import Avg, Count, Max, Q, Sum

    from accounts.models import Account, Subscription
    from cs_platform.kernel.tenancy import tenant_context
    from health.models import (
        AccountDay,
        FeatureDay,
        HealthScore,
        Outcome,
        Survey,
        Ticket,
        Touchpoint,
        UserMonth,
    )

    first = DAY - dt.timedelta(days=27)
    with tenant_context(tenant):
        rows = list(Account.objects.order_by("?")[:sample])
        version = HealthScore.objects.values_list("version_id", flat=True)[0]
        begin = time.perf_counter()
        for row in rows:
            own = {"account_id": row.id}
            bits = list(
                UserMonth.objects.filter(**own, month__in=[DAY.replace(day=1), first.replace(day=1)]).values_list(
                    "days", "user_id"
                )
            )
            users = {user for days, user in bits if days}
            days = AccountDay.objects.filter(**own, day__gte=DAY - dt.timedelta(days=56))
            usage = days.aggregate(
                now=Sum("quantity", filter=Q(day__gte=first)),
                old=Sum("quantity", filter=Q(day__lt=first)),
                last=Max("day"),
                sessions=Sum("sessions"),
            )
            features = (
                FeatureDay.objects.filter(**own, day__gte=DAY - dt.timedelta(days=90))
                .values("feature_id")
                .distinct()
                .count()
            )
            seats = Subscription.objects.filter(**own, voided=False).aggregate(s=Sum("seats"))
            talks = (
                Touchpoint.objects.filter(**own, kind__in=["qbr", "check_in", "training"])
                .values("status")
                .annotate(n=Count("id"))
            )
            letters = list(Touchpoint.objects.filter(**own, kind="email").values_list("happened_at", "replied_at"))
            tickets = list(
                Ticket.objects.filter(**own).values_list("opened_at", "first_response_minutes", "resolution_minutes")
            )
            nps = Survey.objects.filter(**own, kind="nps").aggregate(a=Avg("score"))
            goals = [(o.target, o.measurements.order_by("-measured_on").first()) for o in Outcome.objects.filter(**own)]
            score = (len(users) + len(tickets) + len(letters) + len(goals) + features + len(list(talks))) % 100
            score += bool(usage) + bool(seats) + bool(nps)
            HealthScore.objects.update_or_create(
                account_id=row.id, as_of=dt.date(2020, 1, 1),
                defaults={"version_id": version, "score": score, "band": "red", "coverage": 1, "raw": [], "points": [], "shares": []},
            )  # fmt: skip
        seconds = time.perf_counter() - begin
        HealthScore.objects.filter(as_of=dt.date(2020, 1, 1)).delete()
    return seconds / sample


def refresh(tenant: int, share: float) -> float:
    """Seconds to score a share of the accounts anew, whose touchpoints changed."""
    from accounts.models import Account, Tenant
    from cs_platform.kernel.models import Work
    from cs_platform.kernel.tenancy import tenant_context
    from health import news
    from health.scoring import jobs

    with tenant_context(tenant):
        Tenant.objects.filter(id=tenant).update(data_until=DAY)
        ids = list(Account.objects.values_list("id", flat=True))
        news.signals_changed(random.sample(ids, int(len(ids) * share)))
    begin = time.perf_counter()
    with tenant_context(tenant):
        jobs.refresh_scores(Work(name="refresh_scores"))
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--keep", action="store_true", help="use the database as an earlier run left it")
    size = parser.parse_args()
    harness.start(fresh=not size.keep)
    from accounts.models import Tenant

    small, large = max(size.accounts // 10, 100), size.accounts
    if size.keep:
        ids: dict[str, Any] = dict(Tenant.objects.values_list("slug", "id"))
    else:
        ids = {"small": fill("small", small), "large": fill("large", large)}
        analyze()
    first = harness.seconds(lambda: night(ids["large"], DAY))
    night(ids["small"], DAY)
    refresh(ids["large"], 0.01)
    analyze()
    rounds: list[dict[str, float]] = []
    for n in range(1, 4):  # in turn, since other work on the machine comes and goes
        day = DAY - dt.timedelta(days=n)
        rounds.append(
            {
                "scan": harness.seconds(lambda: scan(ids["large"])),
                "parallel_scan": harness.seconds(lambda: scan(ids["large"], 2)),
                "full": harness.seconds(lambda day=day: night(ids["large"], day)),
                "made": harness.seconds(lambda: computed(ids["large"])),
                "few": harness.seconds(lambda day=day: night(ids["small"], day)),
                "part": refresh(ids["large"], 0.01),
                "each": loop(ids["large"], 30),
            }
        )
    print(
        f"{large} accounts, first night {first:.2f} s; then "
        + ", ".join(f"{k} {_median(rounds, k):.3f} s" for k in rounds[0])
    )
    b1 = statistics.median(r["each"] * large / r["full"] for r in rounds)
    b2 = statistics.median(r["full"] / r["scan"] for r in rounds)
    made = statistics.median(r["made"] / r["scan"] for r in rounds)
    parallel = statistics.median(r["full"] / r["parallel_scan"] for r in rounds)
    b3 = statistics.median((r["full"] / large) / (r["few"] / small) for r in rounds)
    b4 = statistics.median(r["part"] / r["full"] for r in rounds)
    harness.line("B1", "all scores / ORM loop, time of an account", f"1/{b1:.0f}", "1/100", "1/300")
    harness.line("B2", "scores made, stored and shown / scan of 60 days", f"x{b2:.1f}", "x22", "x12")
    harness.line("", "  of it made", f"x{made:.1f}", "", "")
    harness.line("", "  against a scan by three processes", f"x{parallel:.1f}", "", "")
    harness.line("B3", "us an account, large / small", f"{b3:.2f}", "1.2", "0.7")
    harness.line("B4", "1% of the accounts / all", f"{b4:.1%}", "6%", "3%")


def _median(rounds: list[dict[str, float]], name: str) -> float:
    return statistics.median(each[name] for each in rounds)


if __name__ == "__main__":
    main()
