"""Verbs about activities: what a person logs and how a planned one ended. Rows go through the merge, like those of a file."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.customers import merged, note_last_contact, refused
from accounts.enums import ImportKind
from accounts.models import Account, Member
from cs_platform.kernel.edits import check_seen
from cs_platform.kernel.errors import Conflict
from health.engagement.touchpoints import merge_touchpoints
from health.enums import TouchpointKind, TouchpointStatus
from health.models import Touchpoint

EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
AHEAD = dt.timedelta(days=731)
# How a planned activity ends, and in which states somebody of the customer was there or answered.
ENDS = (TouchpointStatus.ATTENDED, TouchpointStatus.CANCELLED, TouchpointStatus.NO_SHOW)
OF_EMAILS = (TouchpointStatus.SENT, TouchpointStatus.OPENED, TouchpointStatus.CLICKED, TouchpointStatus.REPLIED)
SPOKEN = (TouchpointStatus.ATTENDED, TouchpointStatus.REPLIED)


def save_touchpoint(
    *, account: Account, touchpoint: Touchpoint | None, cells: Mapping[str, Any], version: int | None, by: Member
) -> Touchpoint:
    """Log an activity with the customer (`touchpoint` None) or change one (ACC-06). Sending a new one twice makes one.

    What lies ahead is planned unless something else is said. Conflict when it was changed since `version`; DomainError names
    the field: what is done does not lie ahead, what is planned not in the past, an e-mail is not held, a meeting not answered.
    """
    cells = {**cells, "account": account.external_id}
    if touchpoint is None:
        known = Touchpoint.objects.filter(external_id=cells["touchpoint"]).first()
        if known is not None:
            if known.account_id != account.id:
                raise refused("touchpoint", _("There is one already."))
            return known
        cells["member_email"] = by.user.email
    else:
        cells["touchpoint"] = touchpoint.external_id
        check_seen(Touchpoint.objects.select_for_update().get(id=touchpoint.id), version or 0)
    if not cells.get("status") and cells["happened_at"] > timezone.now() and cells["kind"] != TouchpointKind.EMAIL:
        cells["status"] = TouchpointStatus.PLANNED  # nobody has held yet what lies ahead
    _check(cells["kind"], cells.get("status") or "", cells["happened_at"])
    saved = Touchpoint.objects.get(id=merged(merge_touchpoints, ImportKind.TOUCHPOINTS, cells, by))
    _note_contact(saved, by)
    return saved


def settle_touchpoint(*, touchpoint: Touchpoint, status: str, version: int | None, by: Member) -> Touchpoint:
    """Say how a planned activity ended: held, cancelled, or the customer did not come.

    Conflict when it is not planned any more or was changed since `version`; DomainError when it lies ahead and is said
    to be over.
    """
    current = Touchpoint.objects.select_for_update().select_related("account").get(id=touchpoint.id)
    if current.status != TouchpointStatus.PLANNED:
        raise Conflict(_("Somebody else said already how this ended."))
    check_seen(current, version or 0)
    if status not in ENDS:
        raise refused("status", _("Say whether it was held, was cancelled, or nobody came."))
    _check(current.kind, status, current.happened_at)
    cells = {
        "touchpoint": current.external_id,
        "account": current.account.external_id,
        "kind": current.kind,
        "happened_at": current.happened_at,
        "status": status,
    }
    saved = Touchpoint.objects.get(id=merged(merge_touchpoints, ImportKind.TOUCHPOINTS, cells, by))
    _note_contact(saved, by)
    return saved


def _check(kind: str, status: str, happened_at: dt.datetime) -> None:
    """Time and status fit together and to the kind; an empty status means done."""
    now = timezone.now()
    if not EARLIEST <= happened_at <= now + AHEAD:
        raise refused("happened_at", _("The time lies between 1990 and two years from now."))
    if kind == TouchpointKind.EMAIL:
        if status and status not in OF_EMAILS:
            raise refused("status", _("An e-mail is sent or answered."))
    elif status in OF_EMAILS:
        raise refused("status", _("Only an e-mail is answered."))
    if status == TouchpointStatus.PLANNED and happened_at <= now:
        raise refused("happened_at", _("This has passed: choose a time that lies ahead, or say how it ended."))
    if happened_at > now and status not in (TouchpointStatus.PLANNED, TouchpointStatus.CANCELLED):
        raise refused("happened_at", _("This lies ahead: choose Planned, or a time that has passed."))


def _note_contact(touchpoint: Touchpoint, by: Member) -> None:
    """The person was spoken to: their last contact is this day, unless a later one is known."""
    if touchpoint.contact is not None and touchpoint.status in SPOKEN:
        day = timezone.localtime(touchpoint.happened_at).date()
        note_last_contact(contact=touchpoint.contact, day=day, by=by)
