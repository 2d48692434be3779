"""What this floor adds to the pages of accounts below it: a filter of the list and a fact of the header."""

import datetime as dt
from typing import Any

from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import cells
from accounts.account_frame import FACTS
from accounts.enums import HealthBand
from accounts.listing import FILTERS, Filter
from accounts.models import Account, Member
from cs_platform.kernel.access import TenantRequest
from health.enums import AlertState
from health.models import Alert, HealthScore

Shift = tuple[dt.date, HealthBand, dt.date, HealthBand]


def shift_value(before: dt.date, old: str, after: dt.date, new: str) -> str:
    """How the list names a cell of the shift matrix: 2026-11-14.green.2026-11-21.red."""
    return f"{before}.{old}.{after}.{new}"


def _shift(value: str) -> Shift | None:
    parts = value.split(".")
    try:
        before, old, after, new = parts
        return dt.date.fromisoformat(before), HealthBand(old), dt.date.fromisoformat(after), HealthBand(new)
    except ValueError:
        return None


def _in_band(day: dt.date, band: HealthBand) -> Q:
    """Accounts in this band on that day; no row is no data."""
    rows = HealthScore.objects.filter(as_of=day)
    if band == HealthBand.NONE:
        return ~Q(id__in=rows.exclude(band=band).values("account_id"))
    return Q(id__in=rows.filter(band=band).values("account_id"))


def _shifted(values: tuple[str, ...], member: Member, today: dt.date) -> Q:
    found = Q(pk__in=[])
    for value in values:
        if shift := _shift(value):
            before, old, after, new = shift
            found |= _in_band(before, old) & _in_band(after, new)
    return found


def _shift_text(value: str) -> str:
    shift = _shift(value)
    if shift is None:
        return value
    before, old, after, new = shift
    words = {"old": old.label, "new": new.label, "before": cells.short_day(before, after)}
    words["after"] = cells.short_day(after, after)
    return _("%(old)s on %(before)s, %(new)s on %(after)s") % words


def open_action(alias: str = "alerts__") -> Q:
    """An answered alert that is still open: somebody said what will be done (HLT-05)."""
    return Q(**{f"{alias}state": AlertState.OPEN, f"{alias}answered_at__isnull": False})


def next_step(request: TenantRequest, account: Account) -> dict[str, Any]:
    """The header's last fact: of what was answered to open alerts, what is due first."""
    step = (
        Alert.objects.filter(open_action(""), account=account).order_by(F("due_on").asc(nulls_last=True), "id").first()
    )
    label = {"label": _("Next step"), "next": True}
    if step is None:
        return label | {"value": _("None agreed")}
    today = request.tenant.today()
    note = cells.short_day(step.due_on, today) if step.due_on else ""
    if step.due_on and step.due_on < today:
        note = _("%(day)s, late") % {"day": note}
    return label | {"value": step.answer, "note": note, "url": reverse("alert", args=[request.tenant.slug, step.id])}


def register() -> None:
    """Called once, when the apps are ready."""
    entry = Filter("shift", gettext_lazy("Health changed"), _shifted, lambda v: _shift(v) is not None, _shift_text)
    FILTERS[entry.name] = entry
    if next_step not in FACTS:
        FACTS.append(next_step)
