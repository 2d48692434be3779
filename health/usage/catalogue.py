"""The features of the catalogue: how far they are adopted, which are core, and which matter to one account (ACC-08)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from accounts.models import Account, AccountFeature
from cs_platform.kernel import queue, sqljobs
from cs_platform.kernel.models import Work
from health import news
from health.usage.rollup import feature_changed
from health.usage.storage import SQL


@dataclass(frozen=True)
class Adoption:
    """A feature's use in the 28 and 90 days that end with a day. A user day is one user on one day; `relevant` counts
    the accounts whose list it stands on."""

    id: UUID
    key: str
    name: str
    kind: str
    accounts_28: int
    accounts_90: int
    user_days_28: int
    user_days_90: int
    events_90: int
    relevant: int
    first_day: dt.date | None
    last_day: dt.date | None


def adoption(last: dt.date) -> list[Adoption]:
    """All features, the most widely used ones first."""
    return [Adoption(**row) for row in sqljobs.rows(SQL / "adoption.sql", {"last": last})]


def recount(work: Work) -> bool:
    """Handler of "features.changed": what was counted of core features on the kept days is counted anew."""
    if queue.take_dirty("features"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM changed ORDER BY id")
            features = [row[0] for row in cursor.fetchall()]
        for feature_id in features:
            feature_changed(feature_id)
        queue.settle_dirty("features")
    return False


def set_relevant(*, account: Account, features: Iterable[UUID], actor: str) -> bool:
    """Make these the features that matter to the account; whether that changed anything. Its score follows."""
    wanted = set(features)
    rows = AccountFeature.objects.filter(account=account)
    known = set(rows.values_list("feature_id", flat=True))
    if wanted == known:
        return False
    rows.exclude(feature_id__in=wanted).delete()
    added = [AccountFeature(account=account, feature_id=each) for each in sorted(wanted - known)]
    AccountFeature.objects.bulk_create(added, ignore_conflicts=False)
    news.signals_changed([account.id], actor=actor)
    return True
