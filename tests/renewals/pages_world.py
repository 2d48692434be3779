"""A book with renewals for the tests of the pages: accounts with contracts that end, steps, calls, people."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.models import Account, Contact, Segment, Subscription
from renewals.enums import Caller
from renewals.models import Renewal, RenewalCall, RenewalLine, RenewalStep
from renewals.runway import PLANS
from tests.conftest import World

DAY = dt.timedelta(days=1)


@dataclass
class Book:
    """Renewals of one company, made as the night makes them."""

    world: World
    count: int = 0

    @property
    def today(self) -> dt.date:
        return self.world.tenant.today()

    def renewal(
        self,
        name: str,
        *,
        days: int = 40,
        mrr: int = 100_000,
        owner: str = "csm",
        calls: dict[str, int] | None = None,
        done: int = 0,
        band: str = "green",
        **more: Any,
    ) -> Renewal:
        """An account whose contract ends in `days`, `mrr` minor units a month; the first `done` steps done on their day."""
        self.count += 1
        due, key = self.today + days * DAY, f"{name.lower().replace(' ', '-')}-{self.count}"
        with self.world.open():
            segment = Segment.objects.get(name="Enterprise")
            account = Account.objects.create(
                external_id=key, name=name, segment=segment, owner=self.world.members[owner] if owner else None,
                mrr_minor=mrr, renews_on=due if days >= 0 else None, status="live", health_band=band,
            )  # fmt: skip
            period = Subscription.objects.create(
                account=account, external_id=f"S-{key}", start_on=due - 365 * DAY, end_on=due, interval_months=12,
                amount_minor=12 * mrr, mrr_minor=mrr, currency="USD", seats=100,
            )  # fmt: skip
            one = Renewal.objects.create(
                external_id=f"R-{key}", account=account, due_on=due, opened_on=due - 180 * DAY, profile="enterprise",
                phase_since=due - 180 * DAY, currency="USD", **more,
            )  # fmt: skip
            RenewalLine.objects.create(renewal=one, subscription=period)
            for place, plan in enumerate(PLANS["enterprise"]):
                day = due - plan.days * DAY
                RenewalStep.objects.create(
                    renewal=one, step=plan.step, days=plan.days, due_on=day, done_on=day if place < done else None
                )
            for caller, chance in (calls or {}).items():
                self.call(one, caller, chance)
        return one

    def call(self, one: Renewal, caller: str, chance: int) -> RenewalCall:
        by = None if caller == Caller.SYSTEM else self.world.members["leader" if caller == Caller.LEADER else "csm"]
        reasons: list[dict[str, Any]] = [{"sign": "+", "text": "They say so"}]
        if caller == Caller.SYSTEM:
            reasons = [
                {"points": chance - 92.0, "sign": "-", "key": "trend", "inputs": {"trend": -0.46}},
                {"points": 92.0, "sign": "=", "key": "base", "inputs": {"profile": "enterprise", "closed": 0}},
            ]
        return RenewalCall.objects.create(
            renewal=one, caller=caller, probability=Decimal(chance), reasons=reasons, as_of=self.today, member=by
        )

    def person(self, one: Renewal, name: str, **more: Any) -> Contact:
        with self.world.open():
            return Contact.objects.create(account=one.account, external_id=f"C-{name}", name=name, **more)

    def fresh(self, one: Renewal) -> Renewal:
        with self.world.open():
            return Renewal.objects.get(id=one.id)
