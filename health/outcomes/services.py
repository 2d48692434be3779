"""Verbs about success criteria: agree, measure, confirm (VAL-01 to VAL-03). Rows go through the merge, like a file's."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.customers import merged, refused
from accounts.enums import ImportKind
from accounts.models import Account, Contact, Member
from cs_platform.kernel.edits import check_seen
from cs_platform.kernel.errors import Conflict
from health.models import Outcome
from health.outcomes.merge import merge_outcomes


def save_outcome(
    *, account: Account, outcome: Outcome | None, cells: Mapping[str, Any], version: int | None, by: Member
) -> Outcome:
    """Agree a success criterion (`outcome` None) or change one. Sending a new one twice makes one.

    Conflict when it was changed since `version`; DomainError names the field: measure, target, deadline and source of
    the data are all required (VAL-01).
    """
    cells = {**cells, "account": account.external_id}
    if outcome is None:
        known = Outcome.objects.filter(external_id=cells["outcome"]).first()
        if known is not None:
            if known.account_id != account.id:
                raise refused("outcome", _("There is one already."))
            return known
    else:
        cells["outcome"] = outcome.external_id
        check_seen(Outcome.objects.select_for_update().get(id=outcome.id), version or 0)
    return _written(cells, by)


def measure_outcome(
    *, outcome: Outcome, measured_on: dt.date, value: Decimal, note: str, today: dt.date, by: Member
) -> Outcome:
    """Record what was measured on a day; a second value of a day corrects the first, which stays in the history."""
    if measured_on > today:
        raise refused("measured_on", _("This day lies ahead."))
    current = Outcome.objects.select_for_update().select_related("account").get(id=outcome.id)
    measured = {"measured_on": measured_on.isoformat(), "measured_value": f"{value:f}", "measured_note": note}
    return _written(_standing(current) | measured, by)


def confirm_outcome(
    *,
    outcome: Outcome,
    confirmed_on: dt.date,
    contact: Contact,
    value: Decimal | None,
    story: str,
    version: int | None,
    today: dt.date,
    by: Member,
) -> Outcome:
    """The customer says that it is reached: who, when, what it is worth a year, and the story of it (VAL-03).

    Conflict when it was changed since `version`; DomainError when the day lies ahead or before the agreement.
    """
    current = Outcome.objects.select_for_update().select_related("account").get(id=outcome.id)
    check_seen(current, version or 0)
    if current.dropped_on is not None:
        raise Conflict(_("This criterion was dropped."))
    if not current.agreed_on <= confirmed_on <= today:
        raise refused("confirmed_on", _("The day lies between the agreement and today."))
    said = {
        "confirmed_on": confirmed_on.isoformat(),
        "confirmed_by": contact.external_id,
        "value": "" if value is None else f"{value:f}",
        "story": story,
    }
    return _written(_standing(current) | said, by)


def _standing(outcome: Outcome) -> dict[str, Any]:
    """The cells that each row of a criterion must have, as they stand."""
    return {
        "outcome": outcome.external_id,
        "account": outcome.account.external_id,
        "metric": outcome.metric,
        "target": f"{outcome.target:f}",
        "due_on": outcome.due_on.isoformat(),
        "data_source": outcome.data_source,
    }


def _written(cells: Mapping[str, Any], by: Member) -> Outcome:
    return Outcome.objects.get(id=merged(merge_outcomes, ImportKind.OUTCOMES, cells, by))
