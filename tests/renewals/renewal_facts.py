"""Renewals for tests: contracts through the public door, opened by the real job."""

import datetime as dt
from typing import Any

from accounts.models import Account, Subscription, Tenant
from health.models import HealthModel, HealthModelVersion, HealthScore
from health.scoring.definition import Definition
from renewals import jobs
from renewals.models import Renewal
from tests.books import Book
from tests.conftest import World

TODAY = dt.date(2026, 11, 21)


def scored(account: Account, day: dt.date = TODAY, score: float = 39, *, trend: float | None = None) -> None:
    """A score of that day, with the usage trend that it was made of."""
    band = "red" if score < 50 else "yellow" if score < 80 else "green"
    model, _new = HealthModel.objects.get_or_create(segment=None, defaults={"name": "All"})
    version, _new = HealthModelVersion.objects.get_or_create(
        model=model, number=1, defaults={"state": "published", "definition": Definition.default().json()}
    )
    keys = Definition.default().keys
    raw = [trend if key == "usage_trend" else None for key in keys]
    HealthScore.objects.filter(account_id=account.id, as_of=day).delete()
    HealthScore.objects.create(
        account_id=account.id, as_of=day, version_id=version.id, score=score, band=band, coverage=1, raw=raw,
        points=[None] * len(keys), shares=[None] * len(keys),
    )  # fmt: skip
    Account.objects.filter(id=account.id).update(health_score=score, health_band=band, health_on=day)


def at_day(world: World, day: dt.date = TODAY) -> None:
    """Let it be that day for the tenant, whatever the clock says."""
    Tenant.objects.filter(id=world.tenant.id).update(data_until=day, night_done_on=day)
    world.tenant.refresh_from_db()
    for member in world.members.values():
        member.tenant = world.tenant


class Contracts(Book):
    """A book whose contracts come due. `world` stands on TODAY."""

    def __init__(self, world: World, day: dt.date = TODAY) -> None:
        super().__init__(world)
        at_day(world, day)

    def year(
        self, account: str, end: str, amount: str = "12000.00", *, key: str = "", start: str = "", **more: str
    ) -> None:
        """A contract of a year, paid yearly, that ends on that day (the first that is not paid)."""
        until = dt.date.fromisoformat(end)
        start = start or until.replace(year=until.year - 1).isoformat()
        row = {"interval_months": "12", "segment": "Mid-market"} | more
        self.period(account, start, end, amount, key=key, **row)

    def follow(self, day: dt.date = TODAY, scope: str = jobs.EVERYBODY) -> int:
        with self.world.open():
            return jobs.follow_contracts(day, scope)

    def renewals(self, **where: Any) -> list[Renewal]:
        with self.world.open():
            return list(
                Renewal.objects.filter(**where).select_related("account").order_by("due_on", "account__name", "id")
            )

    def only(self, **where: Any) -> Renewal:
        (found,) = self.renewals(**where)
        return found

    def account(self, key: str) -> Account:
        with self.world.open():
            return Account.objects.get(external_id=key)

    def contract(self, key: str) -> Subscription:
        """The last period of this subscription."""
        with self.world.open():
            return Subscription.objects.filter(external_id=key).order_by("-start_on")[0]
