"""Who sends us data, and whether it still comes: the senders of events, and files by kind (PAGES, Data)."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.enums import ImportState, KeyScope
from accounts.models import ApiKey, Import, Tenant
from cs_platform.kernel import sqljobs
from health.enums import Freshness, ReceiptKind
from health.models import Receipt
from health.usage.storage import SQL

DAYS = 14  # of the small chart
SENDERS = [KeyScope.EVENTS, KeyScope.WRITE, KeyScope.ADMIN]


@dataclass(frozen=True)
class Limits:
    """After how long without anything a source is late, and after how long it counts as silent."""

    late: dt.timedelta
    silent: dt.timedelta


EVENTS = Limits(late=dt.timedelta(hours=24), silent=dt.timedelta(hours=72))
FILES = Limits(late=dt.timedelta(days=35), silent=dt.timedelta(days=100))


def freshness(last: dt.datetime | None, now: dt.datetime, limits: Limits) -> Freshness:
    """How a source stands. Example: events that came 25 hours ago are late, 73 hours ago silent."""
    if last is None:
        return Freshness.NEVER
    age = now - last
    if age <= limits.late:
        return Freshness.FRESH
    return Freshness.LATE if age <= limits.silent else Freshness.SILENT


@dataclass(frozen=True)
class Sender:
    """A key (or the files) that events come with, by one road. Shares are of what was received in seven days; the lag
    is the median, over the batches of seven days, from the latest event of a batch to its receipt."""

    kind: ReceiptKind
    key: ApiKey | None
    last: dt.datetime | None
    day: int
    week: int
    received_week: int
    rejected_week: int
    quarantined_week: int
    lag_seconds: float | None
    points: list[int]
    freshness: Freshness


def senders(now: dt.datetime | None = None) -> list[Sender]:
    """Everybody who sent events in the last 14 days, and the live keys that could but did not."""
    now = now or timezone.now()
    tenant = Tenant.current()
    today = now.astimezone(tenant.zone).date()
    first = today - dt.timedelta(days=DAYS - 1)
    params = {
        "zone": tenant.timezone,
        "since": dt.datetime.combine(first, dt.time(), tenant.zone),
        "day_ago": now - dt.timedelta(days=1),
        "week_ago": now - dt.timedelta(days=7),
    }
    keys = {key.id: key for key in ApiKey.objects.all()}
    wholes: dict[tuple[str, UUID | None], dict[str, Any]] = {}
    days: dict[tuple[str, UUID | None], dict[dt.date, int]] = {}
    for row in sqljobs.rows(SQL / "sources.sql", params):
        sender = (row["kind"], row["api_key_id"])
        if row["day"] is None:
            wholes[sender] = row
        else:
            days.setdefault(sender, {})[row["day"]] = row["accepted"]
    found = []
    for sender, row in wholes.items():
        counted = days.get(sender, {})
        found.append(
            Sender(
                kind=ReceiptKind(row["kind"]),
                key=keys.get(row["api_key_id"]),
                last=row["last_received"],
                day=row["accepted_day"],
                week=row["accepted_week"],
                received_week=row["received_week"],
                rejected_week=row["rejected_week"],
                quarantined_week=row["quarantined_week"],
                lag_seconds=row["lag_seconds"],
                points=[counted.get(first + dt.timedelta(days=n), 0) for n in range(DAYS)],
                freshness=freshness(row["last_received"], now, EVENTS),
            )
        )
    heard = {sender.key.id for sender in found if sender.key}
    found += [_silent(key, now) for key in keys.values() if key.id not in heard and _may_send(key, now)]
    return sorted(found, key=lambda sender: (sender.last is None, -sender.week, str(sender.key or "")))


def _may_send(key: ApiKey, now: dt.datetime) -> bool:
    live = key.revoked_at is None and (key.expires_at is None or key.expires_at > now)
    return live and not set(SENDERS).isdisjoint(key.scopes)


def _silent(key: ApiKey, now: dt.datetime) -> Sender:
    """A key of which nothing came in 14 days, perhaps nothing ever."""
    last = Receipt.objects.filter(api_key=key).aggregate(last=Max("received_at"))["last"]
    kind = ReceiptKind.API
    return Sender(kind, key, last, 0, 0, 0, 0, 0, None, [0] * DAYS, freshness(last, now, EVENTS))


@dataclass(frozen=True)
class Files:
    """The files of one kind: when one was taken in last, how many rows it had and how many were refused."""

    kind: str
    last: dt.datetime | None
    rows: int
    rejected: int
    files: int
    freshness: Freshness


def files(now: dt.datetime | None = None) -> list[Files]:
    """The kinds of files that were ever imported, with the sums of the last 100 days."""
    now = now or timezone.now()
    recent = Q(finished_at__gte=now - FILES.silent)
    done = Import.objects.filter(state=ImportState.DONE, dry_run=False).order_by("kind").values("kind")
    rows = done.annotate(
        last=Max("finished_at"),
        rows=Coalesce(Sum("total", filter=recent), 0),
        refused=Coalesce(Sum("rejected", filter=recent), 0),
        files=Count("pk", filter=recent),
    )
    return [
        Files(row["kind"], row["last"], row["rows"], row["refused"], row["files"], freshness(row["last"], now, FILES))
        for row in rows
    ]
