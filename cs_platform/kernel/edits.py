"""Rows with a `version`: two people who edit at once do not overwrite each other unseen."""

from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cs_platform.kernel.errors import Conflict

M = TypeVar("M", bound=models.Model)


def check_seen(row: Any, seen: int | None) -> None:
    """Conflict when the locked row is not the version that the person saw; None asks nothing (a program, a rule).

    A verb that only people use says `version or 0`: a form that came without one is stale.
    """
    if seen is not None and row.version != seen:
        raise Conflict(_("Somebody else changed this after you opened it."))


def insert_once(row: M, *, key: str) -> M:
    """Write a new row; the one that stands, when the same wish came in at the same moment and has this `key` already."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        known = type(row)._default_manager.filter(**{key: getattr(row, key)}).first()
        if known is None:
            raise
        return known
    return row


def put(row: M, **changes: Any) -> M:
    """Write these columns of the row as its next version; nothing when there are none."""
    if not changes:
        return row
    for name, value in changes.items():
        setattr(row, name, value)
    stamp = {"version": row.version + 1, "updated_at": timezone.now()}  # type: ignore[attr-defined]
    known = {field.name for field in row._meta.concrete_fields}
    for name in stamp.keys() & known:
        setattr(row, name, stamp[name])
    row.save(update_fields=[*changes, *(stamp.keys() & known)])
    return row
