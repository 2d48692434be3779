"""Verbs about customers: what a person writes on the pages. Rows go through the merge, like those of a file."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.dossier import parts_of
from accounts.enums import AccountEventKind, ContactRole, ImportKind
from accounts.kinds import Row
from accounts.merging import (
    MergeResult,
    Origin,
    customers_changed,
    merge_accounts,
    merge_contacts,
    merge_subscriptions,
    void_subscription,
)
from accounts.models import Account, AccountEvent, Contact, Member, Subscription
from accounts.rows import parse
from cs_platform.kernel.access import Scope
from cs_platform.kernel.edits import check_seen
from cs_platform.kernel.errors import DomainError

EARLIEST = dt.date(1990, 1, 1)
MAX_LEVELS = 20


def log_event(
    *,
    account: Account,
    kind: str,
    happened_on: dt.date,
    by: Member,
    note: str = "",
    contact: Contact | None = None,
    key: UUID | None = None,
) -> AccountEvent:
    """Record something that happened at the customer (ACC-05, ACC-11). The same `key` again records nothing new.

    DomainError when the day is before 1990 or more than a year ahead (a budget cycle may be planned).
    """
    if kind not in AccountEventKind.values:
        raise DomainError(_("Choose what happened."), fields={"kind": _("Choose what happened.")})
    if not EARLIEST <= happened_on <= timezone.localdate() + dt.timedelta(days=366):
        message = _("The day lies between 1990 and a year from now.")
        raise DomainError(message, fields={"happened_on": message})
    values = {
        "account": account,
        "kind": kind,
        "happened_on": happened_on,
        "note": note.strip(),
        "contact": contact,
        "recorded_by": by,
    }
    if key is None:
        event, made = AccountEvent.objects.create(**values), True
    else:
        event, made = AccountEvent.objects.get_or_create(id=key, defaults=values)
    if made:
        customers_changed([account.id], actor=by.name)
    return event


def mark_contact_left(*, contact: Contact, left_on: dt.date, by: Member, note: str = "") -> Contact:
    """A person is gone. When it was the champion, that is an event of the account as well (ACC-05)."""
    if contact.left_on is not None:
        raise DomainError(_("%(name)s has left already.") % {"name": contact.name})
    if not EARLIEST <= left_on <= timezone.localdate() + dt.timedelta(days=366):
        message = _("The day lies between 1990 and a year from now.")
        raise DomainError(message, fields={"left_on": message})
    if contact.role == ContactRole.CHAMPION:
        # Before the door hears of it, which notes the event where nobody did.
        log_event(
            account=contact.account,
            kind=AccountEventKind.CHAMPION_LEFT,
            happened_on=left_on,
            note=note,
            contact=contact,
            by=by,
        )
    _tell(contact, by, left_on=left_on)
    contact.refresh_from_db()
    return contact


def note_last_contact(*, contact: Contact, day: dt.date, by: Member) -> None:
    """Somebody spoke to the person on this day; a later one that is known already stays."""
    if contact.last_contact_on is None or contact.last_contact_on < day:
        _tell(contact, by, last_contact_on=day)


def _tell(contact: Contact, by: Member, **days: dt.date) -> None:
    """Dates of a person through the door of all writes, which keeps how the person stood before."""
    row = Contact.objects.select_for_update(of=("self",)).select_related("account").get(id=contact.id)
    known = {"contact": row.external_id, "account": row.account.external_id, "name": row.name}
    merged(merge_contacts, ImportKind.CONTACTS, known | days, by)


def save_account(*, account: Account | None, cells: Mapping[str, Any], version: int | None, by: Member) -> Account:
    """Make an account (`account` None) or change one, with its dated attributes.

    Conflict when it was changed since `version`; DomainError names the field: an id that is taken, a parent that is
    unknown or below the account. Who sees only an own book makes accounts of that book.
    """
    cells = dict(cells)
    if account is None:
        if Account.objects.filter(external_id=cells["account"]).exists():
            raise refused("account", _("There is one already."))
        if by.role.scope == Scope.OWN:
            cells["owner_email"] = by.user.email
    else:
        cells["account"] = account.external_id
        check_seen(Account.objects.select_for_update().get(id=account.id), version or 0)
    if cells.get("parent"):
        _check_parent(account, cells["parent"], by)
    if cells.get("referred_by"):
        _check_referrer(account, cells["referred_by"], by)
    ids = merged(merge_accounts, ImportKind.ACCOUNTS, cells, by)
    return Account.objects.get(id=ids)


def give_account(*, account: Account, owner: Member | None, by: Member | Origin) -> Account:
    """Let somebody else look after the account, or nobody, from today on: a dated change like that of a file (ACC-12).

    It changes nothing else, whatever was changed meanwhile. An account that was merged has no owner of its own: whoever
    asks gives the other one (DomainError).
    """
    row = Account.objects.select_for_update().get(id=account.id)
    if row.merged_into_id is not None:
        raise refused("account", _("This account was merged. Choose the one that it was merged into."))
    cells = {"account": row.external_id, "name": row.name, "owner_email": owner.user.email if owner else ""}
    merged(merge_accounts, ImportKind.ACCOUNTS, cells, by)
    return Account.objects.select_related("owner").get(id=row.id)


def _check_parent(account: Account | None, external_id: str, by: Member) -> None:
    """The parent is visible and neither the account itself nor below it."""
    above = Account.objects.visible_to(by).filter(external_id=external_id).first()
    if above is None:
        raise refused("parent", _("There is no account with this id."))
    steps = 0
    while above is not None and account is not None:
        if above.id == account.id or steps > MAX_LEVELS:
            raise refused("parent", _("An account cannot stand above itself."))
        above, steps = above.parent, steps + 1


def _check_referrer(account: Account | None, external_id: str, by: Member) -> None:
    """Whoever referred the account is another one that is visible; one that was named before stays, seen or not."""
    if account is not None and account.referred_by and account.referred_by.external_id == external_id:
        return
    found = Account.objects.visible_to(by).filter(external_id=external_id).first()
    if found is None:
        raise refused("referred_by", _("There is no account with this id."))
    if account is not None and found.id == account.id:
        raise refused("referred_by", _("An account cannot refer itself."))


def save_contact(
    *, account: Account, contact: Contact | None, cells: Mapping[str, Any], version: int | None, by: Member
) -> Contact:
    """Make a person of the account (`contact` None) or change one. Sending a new person twice makes one.

    Conflict when the person was changed since `version`; DomainError names the field.
    """
    cells = {**cells, "account": account.external_id}
    if contact is None:
        known = Contact.objects.filter(external_id=cells["contact"]).first()
        if known is not None and (known.account_id != account.id or known.name != cells["name"]):
            raise refused("contact", _("There is one already."))
    else:
        cells["contact"] = contact.external_id
        check_seen(Contact.objects.select_for_update().get(id=contact.id), version or 0)
    return Contact.objects.get(id=merged(merge_contacts, ImportKind.CONTACTS, cells, by))


def save_period(
    *, account: Account, period: Subscription | None, cells: Mapping[str, Any], version: int | None, by: Member
) -> Subscription:
    """Make a paid period of the account (`period` None) or correct one; each change appends a version (ACC-03).

    A start that moves takes the period along: where that makes another row, the one before is withdrawn.
    Conflict when it was changed since `version`; DomainError names the field.
    """
    cells = {**cells, "account": account.external_id}
    if period is not None:
        cells["subscription_id"] = period.external_id
        check_seen(Subscription.objects.select_for_update().get(id=period.id), version or 0)
    same_id = Subscription.objects.filter(external_id=cells["subscription_id"])
    if same_id.exclude(account__in=[account.id, *parts_of(account)]).exists():
        raise refused("subscription_id", _("This id belongs to a subscription of another account."))
    taken = same_id.filter(start_on=cells["start_date"])
    if (taken.exclude(id=period.id) if period else taken).exists():
        raise refused("start_date", _("There is a period of this subscription with this start already."))
    saved = Subscription.objects.get(id=merged(merge_subscriptions, ImportKind.SUBSCRIPTIONS, cells, by))
    if period is not None and saved.id != period.id:
        void_subscription(subscription=period, origin=Origin.of(by), reason=_("The start moved."))
    return saved


def void_period(*, period: Subscription, version: int | None, reason: str, by: Member) -> Subscription:
    """Withdraw a paid period that was entered by mistake; Conflict when it was changed since `version`."""
    check_seen(Subscription.objects.select_for_update().get(id=period.id), version or 0)
    return void_subscription(subscription=period, origin=Origin.of(by), reason=reason)


def refused(field: str, message: str) -> DomainError:
    return DomainError(message, fields={field: message})


def merged(
    merge: Callable[[Sequence[Row], Origin], MergeResult], kind: str, cells: Mapping[str, Any], by: Member | Origin
) -> UUID:
    """Send one row through the door of all writes and give the id of what it made or changed.

    DomainError names the field by its column.
    """
    return merged_rows(merge, kind, [cells], by).ids[1]


def merged_rows(
    merge: Callable[[Sequence[Row], Origin], MergeResult],
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    by: Member | Origin,
) -> MergeResult:
    """Send rows through the door of all writes, all or none; DomainError names the field by its column."""
    parsed = []
    for number, cells in enumerate(rows, start=1):
        row = parse(kind, number, cells)
        if not isinstance(row, Row):
            raise DomainError(row[0].message, fields={problem.column: problem.message for problem in row})
        parsed.append(row)
    result = merge(parsed, by if isinstance(by, Origin) else Origin.of(by))
    for rejected in result.rejected:
        raise refused(rejected.problem.column, rejected.problem.message)
    return result
