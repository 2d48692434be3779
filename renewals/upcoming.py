"""What comes due next, for the pages that only mention it: Today, the week, the navigation (DSH-02, DSH-03, REN-08)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Min, Q, QuerySet, Sum

from accounts.models import Account, Member
from cs_platform.kernel.money import whole_minor
from renewals.enums import RenewalState
from renewals.formulas import LIKELY
from renewals.models import Renewal
from renewals.selectors import visible, with_calls, with_money

SOON_DAYS = 90


@dataclass(frozen=True)
class Upcoming:
    """Open renewals of a span of days: how many, a month's money in minor units, of it what is called at risk (below 70 %)
    and what the calls that count expect to lose; `called_mrr` is the money of those that anybody called."""

    count: int
    mrr: int
    at_risk: int
    at_risk_mrr: int
    called_mrr: int
    loss: int
    first: dt.date | None

    @property
    def rate(self) -> float | None:
        """The share of the money that is expected to renew. Example: 100 called at 94 % and 100 at 90 %: 0.92."""
        return 1 - self.loss / self.called_mrr if self.called_mrr else None


def open_between(
    accounts: QuerySet[Account], first: dt.date, last: dt.date, by: Mapping[str, Decimal]
) -> QuerySet[Renewal]:
    """The open renewals of these accounts that come due from `first` to `last`, both included, with money by these
    `accounts.rates.factors` and calls."""
    rows = Renewal.objects.filter(
        account__in=accounts.order_by().values("id"), state=RenewalState.OPEN, due_on__gte=first, due_on__lte=last
    )
    return with_calls(with_money(rows, by))


def upcoming(rows: QuerySet[Renewal]) -> Upcoming:
    """Of rows of `open_between`. One statement."""
    risky = Q(called__lt=LIKELY)
    lost = F("mrr_minor") * (100 - F("called")) / 100
    found = rows.order_by().aggregate(
        count=Count("pk"),
        mrr=Sum("mrr_minor", default=0),
        at_risk=Count("pk", filter=risky),
        at_risk_mrr=Sum("mrr_minor", filter=risky, default=0),
        called_mrr=Sum("mrr_minor", filter=Q(called__isnull=False), default=0),
        loss=Sum(lost, default=0, output_field=DecimalField()),
        first=Min("due_on"),
    )
    return Upcoming(
        found["count"],
        int(found["mrr"]),
        found["at_risk"],
        int(found["at_risk_mrr"]),
        int(found["called_mrr"]),
        whole_minor(found["loss"]),
        found["first"],
    )


def next_rows(rows: QuerySet[Renewal], limit: int) -> list[Any]:
    """The first of them to come due, with money, calls and account. One statement."""
    return list(rows.select_related("account").order_by("due_on", "id")[:limit])


def due_soon(member: Member, today: dt.date) -> QuerySet[Renewal]:
    """The open renewals that the member sees and that come due within 90 days, as the navigation counts them."""
    last = today + dt.timedelta(days=SOON_DAYS)
    return visible(member).filter(state=RenewalState.OPEN, due_on__gte=today, due_on__lte=last)
