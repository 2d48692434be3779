"""Questions about one account: its money by month, its people, what happened, who changed what."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import Http404

from accounts.enums import ContactRole
from accounts.formulas import counts_until
from accounts.models import (
    Absence,
    Account,
    Contact,
    Import,
    Member,
    Subscription,
    SubscriptionChange,
)
from cs_platform.kernel.models import AuditEntry
from cs_platform.kernel.periods import month_of, months_between

CHART_MONTHS = 36
# What the night derives from the paid periods, and what the page says anyway.
UNTOLD = {"mrr_minor", "status", "renews_on", "customer_since", "account_id", "recorded_by_id"}

# Names under which an account knows the rows whose changes its history tells; floors above append theirs in `ready()`.
TOLD = ["contacts", "events"]


def visible_account(member: Member, account_id: UUID) -> Account:
    """The account with segment, owner and parent; 404 when it is unknown or not this member's to see. `owner_away` says
    until when its owner is away and who stands in: {until, cover} or None."""
    away = Absence.objects.on(member.tenant.today()).filter(member=OuterRef("owner_id"))
    told = away.values(told=JSONObject(until="last_on", cover="cover__name"))[:1]
    found = Account.objects.visible_to(member).filter(id=account_id).annotate(owner_away=Subquery(told))
    account = found.select_related("segment", "owner__user", "parent", "merged_into").first()
    if account is None:
        raise Http404
    return account


def parts_of(account: Account) -> list[UUID]:
    """The accounts that were merged into this one, those merged into them as well."""
    found: list[UUID] = []
    level = [account.id]
    while level:
        level = list(Account.objects.filter(merged_into__in=level).exclude(id__in=found).values_list("id", flat=True))
        found += level
    return found


def periods_of(account: Account, parts: Sequence[UUID] | None = None) -> QuerySet[Subscription]:
    """The account's paid periods, and those of accounts merged into it, with product and plan, latest first; withdrawn
    ones as well."""
    rows = Subscription.objects.filter(account__in=[account.id, *(parts_of(account) if parts is None else parts)])
    rows = rows.select_related("account", "product", "plan")
    return rows.order_by("-start_on", "external_id", "id")


def mrr_by_month(periods: Iterable[Subscription], last: dt.date, dunning_days: int) -> list[tuple[dt.date, int]]:
    """MRR at the end of each month from the first paid one to `last`, in minor units of the periods' one currency.

    A period counts from the month of its start up to, not including, the month of its end, or of the day on which the
    dunning days are over (METRICS rule 1). At most
    the latest three years. Example: 100.00 from 2026-01-15 to 2026-03-01 gives January and February, not March.
    """
    steps: dict[dt.date, int] = {}
    for period in periods:
        if period.voided:
            continue
        first = month_of(period.start_on)
        until = counts_until(period.end_on, period.past_due_on, dunning_days)
        end = month_of(until) if until else None
        if end is not None and end <= first:
            continue
        steps[first] = steps.get(first, 0) + period.mrr_minor
        if end is not None:
            steps[end] = steps.get(end, 0) - period.mrr_minor
    paid = [month for month in steps if month <= last]
    if not paid:
        return []
    amount, points = 0, []
    for month in months_between(min(paid), last):
        amount += steps.get(month, 0)
        points.append((month, amount))
    return points[-CHART_MONTHS:]


def active_on(periods: Iterable[Subscription], day: dt.date, dunning_days: int) -> list[Subscription]:
    """The periods that are paid in the month of `day`, dearest first."""
    month = month_of(day)
    active = [
        period
        for period in periods
        if not period.voided
        and month_of(period.start_on) <= month
        and (
            (until := counts_until(period.end_on, period.past_due_on, dunning_days)) is None or month_of(until) > month
        )
    ]
    return sorted(active, key=lambda period: (-period.mrr_minor, period.external_id))


@dataclass(frozen=True)
class People:
    """The people of an account: all of them, how many are still there, and whether a champion is among those."""

    everybody: list[Contact]
    live: int
    has_champion: bool


def people_of(account: Account) -> People:
    """People by role, those who left last (ACC-04: relationship redundancy is the number of live contacts)."""
    order = {role: position for position, role in enumerate(ContactRole.values)}
    everybody = sorted(
        account.contacts.all(), key=lambda c: (c.left_on is not None, order.get(c.role, len(order)), c.name, c.id)
    )
    live = [contact for contact in everybody if contact.left_on is None]
    return People(everybody, len(live), any(contact.role == ContactRole.CHAMPION for contact in live))


@dataclass(frozen=True)
class Origin:
    """Where a version of a period came from: {kind: import, api or member}, with the file and row or the name."""

    change: SubscriptionChange
    filename: str


def versions_of(period: Subscription) -> list[Origin]:
    """Each version of a period, latest first, with the file it came from."""
    changes = list(period.changes.select_related("product", "plan").order_by("-recorded_at", "-id"))
    files = dict(
        Import.objects.filter(id__in={c.source_ref for c in changes if c.source_ref}).values_list("id", "filename")
    )
    return [Origin(change, files.get(change.source_ref, "")) for change in changes]


def audit_page(account: Account, before: str, size: int = 50) -> tuple[list[AuditEntry], str]:
    """Audit entries of the account, of those merged into it and of its rows (`TOLD`), latest first, and where they go on
    ("" at the end).

    `before` is `<iso time>~<id>` of the last entry shown, or empty. What the night derives is no news to a reader and
    left out.
    """
    first, *others = (getattr(account, name).order_by().values_list("id", flat=True) for name in TOLD)
    rows = [account.id, *parts_of(account), *first.union(*others, all=True)]
    entries = AuditEntry.objects.filter(row_id__in=rows).order_by("-at", "-id")
    if cursor := _audit_cursor(before):
        at, key = cursor
        entries = entries.filter(Q(at__lt=at) | Q(at=at, id__lt=key))
    found = list(entries[: size + 1])
    following = f"{found[size - 1].at.isoformat()}~{found[size - 1].id}" if len(found) > size else ""
    told = []
    for entry in found[:size]:
        entry.changes = {name: values for name, values in entry.changes.items() if name not in UNTOLD}
        if entry.changes or entry.action != "update":
            told.append(entry)
    return told, following


def _audit_cursor(text: str) -> tuple[dt.datetime, UUID] | None:
    at, _tilde, key = text.partition("~")
    try:
        moment = dt.datetime.fromisoformat(at)
        return (moment, UUID(key)) if moment.tzinfo else None
    except ValueError:
        return None
