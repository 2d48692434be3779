"""Questions about usage: how fresh it is, and what one account does with the product (ACC-08, HLT-07, HLT-08)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Max

from accounts import dossier
from accounts.models import Account, Feature, Tenant
from accounts.selectors import STANDING
from cs_platform.kernel import sqljobs
from cs_platform.kernel.periods import month_of
from cs_platform.kernel.tenancy import current_tenant_id
from health.models import AccountDay, FeatureDay
from health.usage import formulas
from health.usage.storage import SQL

WINDOW = 28
WEEKS = 12
USERS_SHOWN = 25


def freshness() -> dt.date | None:
    """The latest day of which the current tenant has rolled-up events; None when there never was one."""
    found: dt.date | None = AccountDay.objects.aggregate(last=Max("day"))["last"]
    return found


def last_event_of(account: Account) -> dt.date | None:
    """The latest day on which the account used the product at all."""
    found: dt.date | None = AccountDay.objects.filter(account_id=account.id).aggregate(last=Max("day"))["last"]
    return found


def usage_day(tenant: Tenant) -> dt.date:
    """The day that windows of usage end with: the last complete one (of an archive its last)."""
    return tenant.today() - dt.timedelta(days=0 if tenant.data_until else 1)


@dataclass(frozen=True)
class Activity:
    """Distinct users and user-days of an account in the windows that end with a day."""

    users_28: int
    users_7: int
    users_1: int
    users_before: int
    core_users: int
    daily: int
    daily_before: int

    @property
    def stickiness(self) -> Decimal | None:
        """DAU/MAU over the 28 days."""
        return formulas.stickiness(self.daily, WINDOW, self.users_28)

    @property
    def stickiness_before(self) -> Decimal | None:
        """DAU/MAU over the 28 days before those."""
        return formulas.stickiness(self.daily_before, WINDOW, self.users_before)

    @property
    def core_adoption(self) -> Decimal | None:
        """Share of the active users who used a core feature."""
        return formulas.share(self.core_users, self.users_28)


def activity(account_id: UUID, last: dt.date) -> Activity:
    """Who was active at the account, as of the day `last`."""
    windows = {
        "m28": formulas.window(last, WINDOW),
        "m7": formulas.window(last, 7),
        "m1": formulas.window(last, 1),
        "p28": formulas.window(last - dt.timedelta(days=WINDOW), WINDOW),
    }
    months = sorted({month for masks in windows.values() for month in masks})
    params: dict[str, Any] = {"tenant": current_tenant_id(), "account": str(account_id), "months": months}
    params |= {name: [masks.get(month, 0) for month in months] for name, masks in windows.items()}
    row = sqljobs.rows(SQL / "account_activity.sql", params)[0]
    return Activity(**{name: int(value) for name, value in row.items()})


@dataclass(frozen=True)
class Day:
    """What an account did on one day."""

    day: dt.date
    users: int
    events: int
    sessions: int
    seconds: int
    quantity: Decimal


def trend(account_id: UUID, first: dt.date, last: dt.date) -> list[Day]:
    """Each day from `first` to `last`, both included."""
    params = {"tenant": current_tenant_id(), "account": str(account_id), "first": first, "last": last}
    return [Day(**row) for row in sqljobs.rows(SQL / "account_trend.sql", params)]


@dataclass(frozen=True)
class FeatureUse:
    """A feature at an account: events by week (`weeks[0]` is the earliest of the weeks shown)."""

    id: UUID
    name: str
    core: bool
    relevant: bool
    events: int
    last_day: dt.date | None
    weeks: list[int]


def features(account_id: UUID, last: dt.date) -> list[FeatureUse]:
    """Features that are relevant to the account or were used there in the last 12 weeks, core ones first."""
    params = {"tenant": current_tenant_id(), "account": str(account_id), "last": last, "weeks": WEEKS}
    found = []
    for row in sqljobs.rows(SQL / "account_features.sql", params):
        by_week = dict(zip(row["weeks"], row["events_by_week"], strict=True))
        found.append(
            FeatureUse(
                id=row["id"],
                name=row["name"],
                core=row["kind"] == Feature.Kind.CORE,
                relevant=row["relevant"],
                events=int(row["events"] or 0),
                last_day=row["last_day"],
                weeks=[int(by_week.get(week) or 0) for week in range(WEEKS, 0, -1)],
            )
        )
    return found


@dataclass(frozen=True)
class Breadth:
    """How many of the features that matter are used: the account's relevant list, or all features when it has none."""

    used: int
    of: int
    core_used: int
    core_of: int
    listed: bool

    @property
    def share(self) -> Decimal | None:
        return formulas.share(self.used, self.of)


def breadth(found: list[FeatureUse]) -> Breadth:
    """Example: 3 of the 4 relevant features were used, 2 of them core; without a list, of all the company has."""
    listed = any(use.relevant for use in found)
    if listed:
        matter = [use for use in found if use.relevant]
        of, core_of = len(matter), sum(use.core for use in matter)
    else:
        matter = found
        kinds = list(Feature.objects.values_list("kind", flat=True))
        of, core_of = len(kinds), kinds.count(Feature.Kind.CORE)
    used = [use for use in matter if use.events]
    return Breadth(len(used), of, sum(use.core for use in used), core_of, listed)


def users(account_id: UUID, last: dt.date) -> tuple[list[dict[str, Any]], int]:
    """The account's most active users of the 28 days: {external_id, active_days, core_days, last_day, first_day};
    and how many there were."""
    masks = formulas.window(last, WINDOW)
    params = {
        "tenant": current_tenant_id(),
        "account": str(account_id),
        "months": list(masks),
        "masks": list(masks.values()),
        "limit": USERS_SHOWN,
    }
    rows = sqljobs.rows(SQL / "account_users.sql", params)
    return rows, rows[0]["found"] if rows else 0


def seats_of(account: Account, day: dt.date, dunning_days: int) -> int | None:
    """Seats of the periods that are paid on the day; None when none of them says."""
    active = dossier.active_on(dossier.periods_of(account), day, dunning_days)
    known = [period.seats for period in active if period.seats is not None]
    return sum(known) if known else None


def peers(segment_id: UUID | None, last: dt.date, dunning_days: int) -> dict[str, Any]:
    """Medians over the segment's accounts with active users: {accounts, stickiness, seats, core, features, sessions,
    minutes}; None where no account has a value."""
    m28, m7 = formulas.window(last, WINDOW), formulas.window(last, 7)
    params = {
        "tenant": current_tenant_id(),
        "segment": str(segment_id) if segment_id else None,
        "last": last,
        "month": month_of(last),
        "dunning_days": dunning_days,
        "months": list(m28),
        "m28": list(m28.values()),
        "m7": [m7.get(month, 0) for month in m28],
    }
    return sqljobs.rows(SQL / "peers.sql", params, tables={"standing": STANDING})[0]


def features_used(account_id: UUID, last: dt.date, days: int = 90) -> int:
    """Distinct features with an event in the days that end with `last`."""
    rows = FeatureDay.objects.filter(account_id=account_id, day__gt=last - dt.timedelta(days=days), day__lte=last)
    return rows.values("feature_id").distinct().count()
