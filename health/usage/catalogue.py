"""The features of the catalogue: how far they are adopted, which are core, and which matter to one account (ACC-08)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Account, AccountFeature, Feature
from cs_platform.kernel import sqljobs
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


def set_kind(*, feature: Feature, kind: str) -> Feature:
    """Make a feature core or advanced; what was counted of core features on the kept days is counted anew."""
    if feature.kind != kind:
        feature.kind = kind
        feature.save(update_fields=["kind"])
        feature_changed(feature.id)
    return feature


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
