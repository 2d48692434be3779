"""A person's own judgement beside the computed score: dated, with reason and expiry, never in its place."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.enums import HealthBand
from accounts.models import Account, Member
from cs_platform.kernel.errors import Conflict, DomainError
from health.models import HealthOverride

LONGEST = 30  # days


def in_force(day: dt.date) -> QuerySet[HealthOverride]:
    """The overrides that hold on a day: its last day is included, and the day on which one was ended is not."""
    return HealthOverride.objects.filter(begins_on__lte=day, expires_on__gte=day).filter(
        Q(ended_on=None) | Q(ended_on__gt=day)
    )


def current(account_id: UUID, day: dt.date) -> HealthOverride | None:
    return in_force(day).filter(account_id=account_id).select_related("member").order_by("-created_at").first()


def set_override(
    *, account: Account, band: str, reason: str, expires_on: dt.date, today: dt.date, by: Member | None
) -> HealthOverride:
    """Say that the account is in another band than computed, from today, for at most LONGEST days.

    One that is in force ends. DomainError names the field.
    """
    problems: dict[str, str] = {}
    if band not in set(HealthBand.values) - {HealthBand.NONE}:
        problems["band"] = _("Choose a band.")
    if not reason.strip():
        problems["reason"] = _("Say what you know that the data does not.")
    elif len(reason.strip()) > 1000:
        problems["reason"] = _("At most %(count)d characters.") % {"count": 1000}
    if not today < expires_on <= today + dt.timedelta(days=LONGEST):
        problems["expires_on"] = _("It ends after today and within %(count)d days.") % {"count": LONGEST}
    if problems:
        raise DomainError(" ".join(problems.values()), fields=problems)
    with transaction.atomic():
        Account.objects.select_for_update().get(id=account.id)  # one at a time
        in_force(today).filter(account=account).update(ended_on=today)
        return HealthOverride.objects.create(
            account=account, band=band, reason=reason.strip(), begins_on=today, expires_on=expires_on, member=by
        )


def end_override(*, override: HealthOverride, today: dt.date, by: Member | None) -> HealthOverride:
    """End it before its time. Conflict when it has ended already."""
    with transaction.atomic():
        row = in_force(today).select_for_update().filter(id=override.id).first()
        if row is None:
            raise Conflict(_("This override has ended already."))
        row.ended_on = today
        row.save(update_fields=["ended_on"])
    return row
