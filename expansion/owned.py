"""Whose accounts or deals a list is narrowed to: "me" (with those for whom one stands in), "none", or ids of members."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Member, in_care_of
from cs_platform.kernel.asked import known_of
from cs_platform.kernel.keyset import uuid_of

MOST = 40  # in an address
ME, NOBODY = "me", "none"


def owners_of(values: Iterable[str]) -> tuple[str, ...]:
    """What an address says of owners, each once; what is no owner is left out."""
    return known_of([value for value in values if value in (ME, NOBODY) or uuid_of(value)][:MOST])


def owned(values: tuple[str, ...], member: Member, column: str = "owner_id") -> Q:
    """Rows whose `column` is one of these; all rows where none is said."""
    if not values:
        return Q()
    found = Q(**{f"{column}__in": [value for value in values if value not in (ME, NOBODY)]})
    if ME in values:
        found |= in_care_of(member, column)
    return found | Q(**{f"{column}__isnull": True}) if NOBODY in values else found


def owner_choices() -> list[tuple[str, Any]]:
    """What a list is narrowed to, for who sees more than the own book. One query."""
    people = Member.objects.filter(is_active=True).order_by("name", "id").values_list("id", "name")
    return [(ME, _("Those I look after")), (NOBODY, _("Nobody")), *((str(key), name) for key, name in people)]
