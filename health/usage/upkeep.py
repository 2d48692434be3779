"""The storage of raw events is looked after: room ahead, old days dropped, old keys and receipts forgotten (ACC-08).

The partitions are the same for all tenants: whichever night comes first makes and drops them, and the others find it
done. What is deleted here is a tenant's own.
"""

import datetime as dt
import time

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cs_platform.kernel import runs, sqljobs
from cs_platform.kernel.tenancy import current_tenant_id
from health.usage.storage import SQL

CHECK = "event_storage"
AHEAD = 30  # days for which there is a partition before anything comes in
TOO_SHORT = 7  # days ahead from which on somebody should look
TOO_LONG = 7  # days beyond EVENT_DAYS after which somebody should look
TRIES = 5
KEYS_AT_ONCE = 50_000
KEYS_A_NIGHT = 40  # such pieces


def keep_storage(as_of: dt.date) -> int:
    """Nightly step; rows and partitions made or removed. Findings of `event_storage` say what did not go well."""
    today = timezone.now().date()
    done = keep_ahead(today) + drop_old_days(today - dt.timedelta(days=settings.EVENT_DAYS)) + forget(today)
    runs.report(CHECK, as_of, problems(today))
    return done


def reach() -> tuple[dt.date, dt.date]:
    """First kept day and last day that has a partition, of the whole installation."""
    row = sqljobs.rows(SQL / "reach.sql")[0]
    return row["kept_from"], row["last_day"] or dt.date.min


def keep_ahead(today: dt.date) -> int:
    """Partitions for the next `AHEAD` days; how many were made. Cheap when they are there."""
    if reach()[1] >= today + dt.timedelta(days=AHEAD):
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT usage_make_partitions(%s)", [today + dt.timedelta(days=AHEAD)])
        return int(cursor.fetchone()[0])


def drop_old_days(horizon: dt.date) -> int:
    """Drop the raw events of the days before `horizon`, as far as nothing of them waits; how many days.

    While others use the table it waits 0.3 s at a time, five times: tonight's next tenant or tomorrow tries again.
    """
    for attempt in range(TRIES):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT usage_drop_days(%s)", [horizon])
            dropped = int(cursor.fetchone()[0])
        if dropped >= 0:
            return dropped
        time.sleep(0.2 * (attempt + 1))
    return 0


def forget(today: dt.date) -> int:
    """Remove the current tenant's keys, held events and receipts that are older than the settings say; how many."""
    tenant = current_tenant_id()

    def before(days: int) -> dt.datetime:
        return dt.datetime.combine(today - dt.timedelta(days=days), dt.time(), tzinfo=dt.UTC)

    done = sqljobs.execute(
        SQL / "held_forgotten.sql",
        {"tenant": tenant, "settled": before(settings.HELD_DAYS), "waiting": before(settings.EVENT_KEY_DAYS)},
    )
    done += sqljobs.execute(SQL / "receipts_forgotten.sql", {"tenant": tenant, "before": before(settings.RECEIPT_DAYS)})
    keys = {"tenant": tenant, "before": before(settings.EVENT_KEY_DAYS).date(), "rows": KEYS_AT_ONCE}
    for _piece in range(KEYS_A_NIGHT):
        removed = sqljobs.execute(SQL / "keys_forgotten.sql", keys)
        done += removed
        if removed < KEYS_AT_ONCE:
            break
    return done


def problems(today: dt.date) -> dict[str, str]:
    """What somebody should look at, by subject: too little room ahead, old days that cannot be dropped."""
    kept_from, last_day = reach()
    found = {}
    if last_day < today + dt.timedelta(days=TOO_SHORT):
        found["partitions"] = _(
            "There is room for usage events up to %(day)s only; what is sent later will be refused."
        ) % {"day": last_day.isoformat()}
    overdue = (today - dt.timedelta(days=settings.EVENT_DAYS) - kept_from).days
    if overdue > TOO_LONG:
        found["old_days"] = _(
            "Usage events since %(day)s are still kept, %(n)s days longer than EVENT_DAYS says: some of them wait for "
            "their roll-up, or the table is never free."
        ) % {"day": kept_from.isoformat(), "n": overdue}
    return found
