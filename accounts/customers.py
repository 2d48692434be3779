"""Verbs about customers' people and events. Accounts and paid periods are written through merging.py."""

import datetime as dt
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import AccountEventKind, ContactRole
from accounts.models import Account, AccountEvent, Contact, Member, Subscription
from cs_platform.kernel.errors import Conflict, DomainError

EARLIEST = dt.date(1990, 1, 1)


def check_version(shown: int | None, current: int) -> None:
    """Conflict when the row was changed after the person opened it."""
    if shown != current:
        raise Conflict(_("Somebody else changed this after you opened it."))


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
        return AccountEvent.objects.create(**values)
    return AccountEvent.objects.get_or_create(id=key, defaults=values)[0]


def mark_contact_left(*, contact: Contact, left_on: dt.date, by: Member, note: str = "") -> Contact:
    """A person is gone. When it was the champion, that is an event of the account as well (ACC-05)."""
    if contact.left_on is not None:
        raise DomainError(_("%(name)s has left already.") % {"name": contact.name})
    if not EARLIEST <= left_on <= timezone.localdate() + dt.timedelta(days=366):
        message = _("The day lies between 1990 and a year from now.")
        raise DomainError(message, fields={"left_on": message})
    contact.left_on = left_on
    contact.version += 1
    contact.updated_at = timezone.now()
    contact.save(update_fields=["left_on", "version", "updated_at"])
    if contact.role == ContactRole.CHAMPION:
        log_event(
            account=contact.account,
            kind=AccountEventKind.CHAMPION_LEFT,
            happened_on=left_on,
            note=note,
            contact=contact,
            by=by,
        )
    return contact


def save_account(*, account: Account | None, cells: dict[str, object], version: int | None, by: Member) -> Account:
    """Write one account through the door of all writes."""
    raise DomainError(_("Accounts cannot be written yet."))


def save_contact(
    *, account: Account, contact: Contact | None, cells: dict[str, object], version: int | None, by: Member
) -> Contact:
    """Write one person through the door of all writes."""
    raise DomainError(_("People cannot be written yet."))


def save_period(
    *, account: Account, period: Subscription | None, cells: dict[str, object], version: int | None, by: Member
) -> None:
    """Write one paid period through the door of all writes."""
    raise DomainError(_("Periods cannot be written yet."))


def void_period(*, period: Subscription, version: int | None, reason: str, by: Member) -> None:
    """Withdraw one paid period through the door of all writes."""
    raise DomainError(_("Periods cannot be written yet."))
