"""What the verbs of advocacy hold their values against. A problem is a DomainError at its field."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Model
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from accounts.customers import EARLIEST, refused
from accounts.enums import ChangeSource
from accounts.merging.result import today
from accounts.models import Account, Member
from advocacy.lifecycle import Moves, may_move
from advocacy.models import Advocate
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.money import validate_currency
from journey.issues.telling import standing

M = TypeVar("M", bound=Model)
FURTHEST = dt.timedelta(days=10 * 366)  # a consent, an approval or a gathering lies at most so far ahead
KEPT: Any = object()  # an argument that was not given: what stands there stays


def locked(row: M, version: int | None) -> M:
    """The row as it stands, locked; Conflict when it is not what the person saw."""
    found = type(row)._default_manager.select_for_update().get(pk=row.pk)
    check_seen(found, version)
    return found


def kept(row: M, values: Mapping[str, Any]) -> M:
    """Write what differs as the next version."""
    return put(row, **{name: value for name, value in values.items() if getattr(row, name) != value})


def origin_of(by: Member | None, external_id: str, source: str, ref: UUID | None) -> dict[str, Any]:
    """What a new row is known by, and where it comes from."""
    return {
        "external_id": texts({"external_id": external_id}, {"external_id": 200})["external_id"] or str(uuid7()),
        "source": source or (ChangeSource.MEMBER if by else ChangeSource.API),
        "source_ref": ref or (by.id if by else None),
    }


def seen(account: Account, by: Member | None) -> Account:
    """The account, for one that was merged the one it is a part of; refused where the member does not see it."""
    account = standing([account])[account.id]
    if by is not None and not Account.objects.visible_to(by).filter(id=account.id).exists():
        raise refused("account", _("There is no account with this id."))
    return account


def chosen(field: str, value: str, choices: Any) -> None:
    if value not in choices.values:
        raise refused(field, _("Choose one of the list."))


def walked(field: str, before: str, after: str, choices: Any, moves: Moves, by: Member | None) -> None:
    """A state that there is, and for a person one that leads on from where it stands."""
    chosen(field, after, choices)
    if by is not None and not may_move(moves, before, after):
        words = {"before": choices(before).label, "after": choices(after).label}
        raise refused(field, _("From “%(before)s” it does not go to “%(after)s”.") % words)


def own_person(advocate: Advocate | None, account: Account) -> None:
    """Whoever gave something is of the account that gave it."""
    if advocate is not None and seen(advocate.account, None).id != account.id:
        raise refused("advocate", _("This person is of another account."))


def texts(values: dict[str, Any], limits: Mapping[str, int]) -> dict[str, Any]:
    """Texts without space around them, of at most so many characters."""
    for name in values.keys() & limits.keys():
        values[name] = (values[name] or "").strip()
        if len(values[name]) > limits[name]:
            raise refused(name, _("At most %(limit)s characters fit here.") % {"limit": limits[name]})
    return values


def past(field: str, day: dt.date | None) -> None:
    """A day of something that has happened."""
    if day is not None and not EARLIEST <= day <= today():
        raise refused(field, _("The day lies between 1990 and today."))


def within(field: str, day: dt.date | None, *, ahead: bool = False) -> None:
    """A day that may lie ahead, or with `ahead` must."""
    first = today() if ahead else EARLIEST
    if day is not None and not first <= day <= today() + FURTHEST:
        text = _("Choose a day that lies ahead, at most ten years.") if ahead else _("The day cannot be.")
        raise refused(field, text)


def address(field: str, value: str) -> None:
    try:
        if value:
            URLValidator(schemes=["http", "https"])(value)
    except ValidationError as error:
        raise refused(field, _("Write a whole address, such as https://tracker.example/123.")) from error


def money(amount_field: str, amount: int | None, currency: str) -> None:
    """An amount in minor units is not negative, and its currency is one."""
    if amount is not None and amount < 0:
        raise refused(amount_field, _("An amount is not negative."))
    try:
        validate_currency(currency)
    except ValidationError as error:
        raise refused("currency", " ".join(error.messages)) from error


def given(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Those of `values` that were given."""
    return {name: values[name] for name in names if name in values and values[name] is not KEPT}
