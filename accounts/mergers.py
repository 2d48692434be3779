"""Two accounts that turn out to be one customer, and the way back (METRICS 4: no churn, no new one, both histories).

The account that was merged stays, with its periods and its history, and counts for the other one: from now on in
knowledge, from the beginning in effect (`logos.sql`). Whatever comes in under its external id goes to the other one
(`selectors.standing_accounts`). People and events move, and move back; what came in meanwhile stays where it is.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F, Min
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.customers import merged_rows, refused
from accounts.enums import ImportKind
from accounts.merging import Origin, customers_changed, merge_contacts, revenue_changed
from accounts.models import Account, AccountEvent, Contact, Member, Subscription
from accounts.webhooks.announce import announce
from accounts.webhooks.events import Kind
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import AuditEntry


@dataclass(frozen=True)
class Preview:
    """What a merger moves: counts, MRR in minor units that counts for the other one then, and the earlier first day."""

    contacts: int
    events: int
    periods: int
    mrr: int
    since: dt.date | None


def preview(account: Account, into: Account) -> Preview:
    """What becomes of `account` when it is merged into `into`."""
    first = Subscription.objects.filter(account__in=[account, into], voided=False, mrr_minor__gt=0)
    return Preview(
        contacts=account.contacts.count(),
        events=account.events.count(),
        periods=account.subscriptions.filter(voided=False).count(),
        mrr=account.mrr_minor,
        since=first.aggregate(first=Min("start_on"))["first"],
    )


def other_account(account: Account, external_id: str, by: Member) -> Account:
    """The account that `account` may be merged into; DomainError on `into` says why not."""
    into = Account.objects.visible_to(by).filter(external_id=external_id.strip()).first()
    if into is None:
        raise refused("into", _("There is no account with this id."))
    _check(account, into)
    return into


def _check(account: Account, into: Account) -> None:
    if into.id == account.id:
        raise refused("into", _("An account cannot be merged into itself."))
    if account.merged_into_id is not None:
        raise refused("into", _("This account was merged already. Undo that first."))
    if into.merged_into_id is not None:
        name = Account.objects.values_list("name", flat=True).get(id=into.merged_into_id)
        raise refused("into", _("That account was merged into %(name)s. Choose that one.") % {"name": name})


@transaction.atomic
def merge_account(*, account: Account, into: Account, by: Member) -> Account:
    """Make `account` a part of the customer `into`. Neither was merged before, so there is no circle.

    DomainError (on `into`) otherwise. Ledger and boards are derived anew for both.
    """
    rows = {
        row.id: row for row in Account.objects.select_for_update().filter(id__in=[account.id, into.id]).order_by("id")
    }
    account, into = rows[account.id], rows[into.id]
    _check(account, into)
    merged_at = timezone.now()
    people = list(account.contacts.all())
    Account.objects.filter(id=account.id).update(
        merged_into=into, merged_at=merged_at, version=F("version") + 1, updated_at=Now()
    )
    _move_people(people, into, by)
    AccountEvent.objects.filter(account=account).update(account=into)
    _derive_anew(account, into, by)
    announce(Kind.ACCOUNT_MERGED, account, into=into.external_id, into_id=into.id)
    account.refresh_from_db()
    return account


@transaction.atomic
def unmerge_account(*, account: Account, by: Member) -> Account:
    """Take a merger back: the account is a customer of its own again, with the people and events that moved with it.

    DomainError when it is not merged. What was written on the other account meanwhile stays there.
    """
    account = Account.objects.select_for_update().get(id=account.id)
    into, merged_at = account.merged_into, account.merged_at
    if into is None or merged_at is None:
        raise DomainError(_("This account is not merged."), code="not_merged")
    Account.objects.filter(id=account.id).update(
        merged_into=None, merged_at=None, version=F("version") + 1, updated_at=Now()
    )
    # The trail knows what moved with it.
    moved = AuditEntry.objects.filter(
        at__gte=merged_at, action="update", changes__account_id=[str(account.id), str(into.id)]
    )
    ids = set(moved.filter(table=Contact._meta.db_table).values_list("row_id", flat=True))
    _move_people(Contact.objects.filter(account=into, id__in=ids), account, by)
    ids = set(moved.filter(table=AccountEvent._meta.db_table).values_list("row_id", flat=True))
    AccountEvent.objects.filter(account=into, id__in=ids).update(account=account)
    _derive_anew(account, into, by)
    account.refresh_from_db()
    return account


def _move_people(people: Iterable[Contact], to: Account, by: Member) -> None:
    """People through the door of all writes, which keeps how they stood."""
    cells = [{"contact": each.external_id, "account": to.external_id, "name": each.name} for each in people]
    merged_rows(merge_contacts, ImportKind.CONTACTS, cells, by)


def _derive_anew(account: Account, into: Account, by: Member) -> None:
    keys: set[UUID] = {account.id, into.id} | ({account.parent_id} if account.parent_id else set())
    revenue_changed(keys, Origin.of(by))
    customers_changed({account.id, into.id}, actor=by.name)
