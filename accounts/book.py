"""Questions about a book of accounts: what renews soon, what happened, what was learned in a week."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from accounts.enums import ChangeKind
from accounts.models import Account, AccountEvent, SubscriptionChange

RENEWAL_WINDOW = 90
SILENCE_DAYS = 30
ARRIVALS = (ChangeKind.CREATED, ChangeKind.RESTORED)


def renewing(today: dt.date, days: int = RENEWAL_WINDOW) -> Q:
    """Accounts whose next end lies within `days` days, today and the last day included."""
    return Q(renews_on__gte=today, renews_on__lte=today + dt.timedelta(days=days))


def events_between(book: QuerySet[Account], first: dt.date, last: dt.date) -> QuerySet[AccountEvent]:
    """What happened at the book's accounts on the days from `first` to `last`, latest first."""
    rows = AccountEvent.objects.filter(account__in=book, happened_on__gte=first, happened_on__lte=last)
    return rows.select_related("account", "contact", "recorded_by").order_by("-happened_on", "-id")


@dataclass(frozen=True)
class Arrivals:
    """What we learned about paid periods in a span of time: counts, and the latest few of what came and went."""

    new: int
    withdrawn: int
    changed: int
    latest: list[SubscriptionChange]


def learned_between(book: QuerySet[Account], start: dt.datetime, end: dt.datetime, limit: int = 8) -> Arrivals:
    """Versions of paid periods recorded from `start` up to, not including, `end`."""
    rows = SubscriptionChange.objects.filter(account__in=book, recorded_at__gte=start, recorded_at__lt=end)
    counts = rows.aggregate(
        new=Count("pk", filter=Q(kind__in=ARRIVALS)),
        withdrawn=Count("pk", filter=Q(kind=ChangeKind.VOIDED)),
        changed=Count("pk", filter=Q(kind__in=(ChangeKind.TERMS, ChangeKind.PERIOD))),
    )
    listed = rows.filter(kind__in=(*ARRIVALS, ChangeKind.VOIDED)).select_related("account", "product")
    return Arrivals(**counts, latest=list(listed.order_by("-recorded_at", "-id")[:limit]))
