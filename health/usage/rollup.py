"""From raw events to roll-ups, in bounded pieces, each exact and safe to do again (ACC-08).

A batch leaves (account, day) pairs behind. A kept day is counted anew from its raw events, so that late, repeated and
split batches come to what one batch in order would have given. Of a day that is no longer kept the events lie in the
partition of the past: they are added to what stands and removed in the same transaction. Exact there too are events,
quantities, days and users; two numbers are not, because they need the events that are gone: the users of a feature on a
day are a lower bound, and a session that came in two pieces counts twice.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import connection
from uuid_utils.compat import uuid7

from cs_platform.kernel import queue, sqljobs
from cs_platform.kernel.models import Work
from cs_platform.kernel.periods import month_of
from cs_platform.kernel.tenancy import current_tenant_id
from health import news
from health.usage.storage import SQL

WORK = "roll_up_usage"
PAIRS = 2000  # (account, day) pairs of one piece: about a second's work


def roll_up_piece(work: Work) -> bool:
    """Handler of "usage.received": one piece; whether more waits."""
    return roll_up(PAIRS, actor=work.actor) == PAIRS


def roll_up_all(as_of: dt.date) -> int:
    """Nightly step: everything that waits, whatever its day; the number of (account, day) pairs."""
    done = 0
    while pairs := roll_up(PAIRS):
        done += pairs
    return done


def roll_up(pairs: int, *, actor: str = "") -> int:
    """Roll up at most `pairs` of the current tenant's pairs that wait, the latest days first; how many there were."""
    tenant = current_tenant_id()
    with connection.cursor() as cursor:
        # One at a time for each tenant, night and reaction alike; nobody drops a day while it is read.
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [tenant, WORK])
        cursor.execute("LOCK TABLE ONLY health_usageevent IN ACCESS SHARE MODE")
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
        cursor.execute("SELECT kept_from FROM health_usagestore")
        kept_from = cursor.fetchone()[0]
        cursor.execute("DROP TABLE IF EXISTS pg_temp.usage_piece, pg_temp.usage_raw")
    found = sqljobs.execute(SQL / "piece.sql", {"tenant": tenant, "pairs": pairs})
    if not found:
        return 0
    _stage(tenant, kept_from)
    params: dict[str, Any] = {
        "tenant": tenant,
        "kept_from": kept_from,
        "kept_month": month_of(kept_from),
        "kept_bits": -1 << (kept_from.day - 1),
    }
    for name in ("features", "users", "user_months", "account_days", "feature_days"):
        sqljobs.execute(SQL / f"{name}.sql", params)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT account_id FROM usage_piece")
        news.signals_changed([row[0] for row in cursor.fetchall()], actor=actor)
    return found


def _stage(tenant: int, kept_from: dt.date) -> None:
    """The raw events of the piece in one temporary table; each day's partition is read by itself."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE usage_piece")
        cursor.execute("SELECT DISTINCT day FROM usage_piece ORDER BY day")
        days = [row[0] for row in cursor.fetchall()]
    sqljobs.execute(SQL / "piece_taken.sql", {"tenant": tenant})
    sqljobs.execute(SQL / "raw.sql")
    for day in days:
        if day >= kept_from:
            sqljobs.execute(SQL / "raw_day.sql", {"tenant": tenant, "day": day})
    if days[0] < kept_from:
        sqljobs.execute(SQL / "raw_past.sql", {"tenant": tenant, "kept_from": kept_from})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE usage_raw")


def waiting() -> int:
    """How many (account, day, batch) marks of the current tenant wait for their roll-up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM health_usagetouched WHERE tenant_id = %s", [current_tenant_id()])
        return int(cursor.fetchone()[0])


def feature_changed(feature_id: UUID) -> None:
    """A feature became core or advanced: its kept days are counted anew. What lies further back stays as it was."""
    params = {"tenant": current_tenant_id(), "mark": str(uuid7()), "feature": str(feature_id)}
    if sqljobs.execute(SQL / "touch_feature.sql", params):
        queue.publish("usage.received", within=news.WITHIN)
