"""Questions about a book of accounts: its size, what renews when, who was not spoken to, what moved in a week."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from accounts.enums import ChangeKind, ContactRole, Status
from accounts.models import Account, AccountEvent, Contact, SubscriptionChange

RENEWAL_WINDOW = 90
SILENCE_DAYS = 30
# Those whose silence matters: without them nobody decides for us.
KEY_ROLES = (ContactRole.EXECUTIVE_SPONSOR, ContactRole.DECISION_MAKER, ContactRole.CHAMPION)
ARRIVALS = (ChangeKind.CREATED, ChangeKind.RESTORED)


def renewing(today: dt.date, days: int = RENEWAL_WINDOW) -> Q:
    """Accounts whose next end lies within `days` days, today and the last day included."""
    return Q(renews_on__gte=today, renews_on__lte=today + dt.timedelta(days=days))


@dataclass(frozen=True)
class Size:
    """A book in four numbers, and the first renewal of the next ninety days. Money: monthly, minor units."""

    accounts: int
    mrr: int
    due: int
    due_mrr: int
    first_due: dt.date | None


def size_of(book: QuerySet[Account], today: dt.date) -> Size:
    """How many live accounts, what they pay, and how much of it renews within ninety days."""
    soon = renewing(today)
    row = book.filter(status=Status.LIVE).aggregate(
        accounts=Count("pk"),
        mrr=Sum("mrr_minor", default=0),
        due=Count("pk", filter=soon),
        due_mrr=Sum("mrr_minor", filter=soon, default=0),
        first_due=Min("renews_on", filter=soon),
    )
    return Size(row["accounts"], int(row["mrr"]), row["due"], int(row["due_mrr"]), row["first_due"])


def not_spoken_to(book: QuerySet[Account], today: dt.date) -> QuerySet[Contact]:
    """Sponsors, decision makers and champions of live accounts without contact for a month, longest silence first."""
    since = today - dt.timedelta(days=SILENCE_DAYS)
    rows = Contact.objects.filter(
        Q(last_contact_on=None) | Q(last_contact_on__lt=since),
        account__in=book.filter(status=Status.LIVE),
        left_on=None,
        role__in=KEY_ROLES,
    ).select_related("account")
    return rows.order_by(F("last_contact_on").asc(nulls_first=True), "-account__mrr_minor", "id")


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
