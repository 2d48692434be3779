"""Months that Finance signed: what closes renewals and deals writes no contract into them (ADR 0005, 0007).

Which months those are is known by the floor of figures, which appends its answer when the apps are ready.
"""

import datetime as dt
from collections.abc import Callable

from django.utils.translation import gettext as _

from accounts.customers import refused
from cs_platform.kernel.periods import month_of, month_text

# Each gives the months (first days) that are closed for the tenant of the context.
CLOSED: list[Callable[[], set[dt.date]]] = []


def is_closed(day: dt.date) -> bool:
    """Whether the month of this day was signed."""
    month = month_of(day)
    return any(month in months() for months in CLOSED)


def refuse_closed(field: str, day: dt.date) -> None:
    """DomainError on `field` when money would move in a month that was signed: the change is then a correction of the contract,
    which Finance restates."""
    if is_closed(day):
        words = {"month": month_text(month_of(day))}
        raise refused(field, _("%(month)s is closed. Choose a later day, or correct the contract.") % words)
