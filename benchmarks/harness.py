"""What the benchmarks share: a database of their own, books of any size, and medians of interleaved runs."""

import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from cs_platform.embedded import ensure

DATABASE = "setia_bench"


def _url(name: str, database: str) -> str:
    parts = urlsplit(os.environ[name])
    return urlunsplit(parts._replace(path=f"/{database}"))


def address(name: str) -> str:
    """The benchmarks' database as the role of this setting."""
    return _url(name, DATABASE)


def start(*, fresh: bool = True) -> None:
    """Make the database anew (as its owner), and set Django up on it as the runtime role."""
    ensure()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cs_platform.settings")
    os.environ.setdefault("LOG_FORMAT", "console")
    owner = os.environ["DATABASE_ADMIN_URL"]
    if fresh:
        connection = psycopg2.connect(owner)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for wait in range(30):  # a vacuum worker cannot be ended by the owner, only waited for
                try:
                    cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
                    break
                except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ObjectInUse):
                    time.sleep(min(wait, 3))
            cursor.execute(f"CREATE DATABASE {DATABASE}")
        connection.close()
        migrating = os.environ | {"DATABASE_ADMIN_URL": _url("DATABASE_ADMIN_URL", DATABASE)}
        subprocess.run([sys.executable, "manage.py", "migrate", "--no-input", "-v0"], check=True, env=migrating)
    os.environ["DATABASE_URL"] = _url("DATABASE_URL", DATABASE)
    import django

    django.setup()
    from django.conf import settings

    # A company is made with its first key and member; five thousand slow hashes would be most of the time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    logging.disable(logging.WARNING)


@contextmanager
def bypass() -> Iterator[psycopg2.extensions.cursor]:
    """A cursor of the operators' role, which reads all tenants."""
    connection = psycopg2.connect(_url("DATABASE_OPS_URL", DATABASE))
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def ratio(a: Callable[[], object], b: Callable[[], object], *, repeats: int = 5) -> tuple[float, float, float]:
    """Median seconds of a and of b, run in turn after one warm-up each, and the median of the pairs' ratios."""
    a()
    b()
    pairs = [(seconds(a), seconds(b)) for _ in range(repeats)]
    return (
        statistics.median(x for x, _ in pairs),
        statistics.median(y for _, y in pairs),
        statistics.median(x / y for x, y in pairs),
    )


def line(name: str, text: str, value: str, floor: str, target: str) -> None:
    """One row of the result."""
    print(f"{name:<4} {text:<62} {value:>22}   floor {floor:<8} target {target}", flush=True)


# Accounts of one transaction: the checks of foreign keys wait for its end, and millions of them at once take hours.
PART = 20_000
BOOK = """
CREATE TEMPORARY TABLE part ON COMMIT DROP AS
SELECT uuidv7() AS id, 'A' || i AS external_id, 'Company ' || i AS name, (%(segments)s::uuid[])[1 + i %% 4] AS segment_id
  FROM generate_series(%(first)s, %(last)s) i;

INSERT INTO accounts_account (id, tenant_id, external_id, name, segment_id, level, industry, source, region, domain,
       tier, strategic, complexity, attributes, status, mrr_minor, version)
SELECT id, %(tenant)s, external_id, name, segment_id, 'company', '', '', '', '', '', false, '', '{}', 'prospect', 0, 1
  FROM part;

INSERT INTO accounts_accountchange (id, tenant_id, account_id, attribute, value, effective_on, recorded_at, source)
SELECT uuidv7(), %(tenant)s, id, 'segment', segment_id::text, '2020-01-01', now(), 'import' FROM part;

-- A year at a time: each account signs in one of the first 30 months, renews for more or less, or leaves.
CREATE TEMPORARY TABLE book ON COMMIT DROP AS
SELECT a.id AS account_id, uuidv7() AS id, a.external_id || '-' || y AS external_id,
       (date '2023-01-01' + make_interval(months => (hashtext(a.external_id) & 1023) %% 30 + 12 * y))::date AS start_on,
       (date '2023-01-01' + make_interval(months => (hashtext(a.external_id) & 1023) %% 30 + 12 * y + 12))::date AS end_on,
       (20000 + (hashtext(a.external_id || y) & 65535) * 10)::bigint AS mrr
  FROM part a CROSS JOIN generate_series(0, 2) y
 WHERE y = 0 OR hashtext(a.external_id || 'stay' || y) & 15 > 1;

INSERT INTO accounts_subscription (id, tenant_id, account_id, external_id, start_on, end_on, interval_months, amount_minor,
       currency, mrr_minor, voided, version)
SELECT id, %(tenant)s, account_id, external_id, start_on, end_on, 12, mrr * 12, 'USD', mrr, false, 1 FROM book;

INSERT INTO accounts_subscriptionchange (id, tenant_id, subscription_id, account_id, kind, effective_on, recorded_at, source,
       actor, reason, start_on, end_on, interval_months, amount_minor, currency, mrr_minor, voided)
SELECT uuidv7(), %(tenant)s, id, account_id, 'created', start_on, now(), 'import', '', '', start_on, end_on, 12, mrr * 12, 'USD',
       mrr, false FROM book;

INSERT INTO kernel_dirty (tenant_id, topic, key) SELECT %(tenant)s, 'revenue', id FROM part;
"""


def make_book(slug: str, accounts: int) -> int:
    """A tenant with `accounts` accounts and 36 months of yearly periods; its id."""
    from django.db import connection

    from accounts.models import Segment
    from accounts.services import create_tenant
    from cs_platform.kernel.tenancy import tenant_context

    tenant = create_tenant(slug=slug, name=slug, currency="USD", time_zone="UTC").tenant
    for first in range(1, accounts + 1, PART):
        with tenant_context(tenant.id), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.bulk', 'on', true)")
            segments = [str(i) for i in Segment.objects.values_list("id", flat=True)]
            last = min(first + PART - 1, accounts)
            cursor.execute(BOOK, {"tenant": tenant.id, "first": first, "last": last, "segments": segments})
    return tenant.id
