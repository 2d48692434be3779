"""What this floor adds to the pages below it: a filter of the accounts, a fact of their header, a first step."""

import datetime as dt
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit_trail, cells, dossier
from accounts.account_frame import FACTS
from accounts.enums import HealthBand
from accounts.import_cells import NEXT_STEPS
from accounts.listing import FILTERS, Filter
from accounts.models import Account, Member
from cs_platform.kernel.access import TenantRequest
from health.alerts import told
from health.enums import AlertState
from health.models import HealthScore, Receipt
from health.next_steps import next_steps

# Whose changes the history of an account tells, and what the audit trail calls the tables of this floor.
TOLD = ("touchpoints", "outcomes", "health_overrides")
TABLES = {
    "health_alert": gettext_lazy("Alert"),
    "health_alertrule": gettext_lazy("Alert rule"),
    "health_healthmodel": gettext_lazy("Health model"),
    "health_healthmodelversion": gettext_lazy("Version of a health model"),
    "health_healthoverride": gettext_lazy("Health override"),
    "health_outcome": gettext_lazy("Success criterion"),
    "health_survey": gettext_lazy("Survey answer"),
    "health_ticket": gettext_lazy("Ticket"),
    "health_touchpoint": gettext_lazy("Activity"),
}

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
    """The header's last fact: what was promised or agreed with the customer, whichever comes first."""
    today = request.tenant.today()
    label = {"label": _("Next step"), "next": True}
    step = next_steps([account], request.tenant.zone).get(account.id)
    if step is None:
        return label | {"value": _("None agreed")}
    note = cells.short_day(step.day, today) if step.day else ""
    if step.day and step.day < today:
        note = _("%(day)s, late") % {"day": note}
    slug = request.tenant.slug
    url = (
        reverse(step.route, args=[slug, step.row])
        if step.route
        else reverse("account_timeline", args=[slug, account.id])
    )
    return label | {"value": step.text, "note": note, "url": url}


def usage_step(request: TenantRequest) -> dict[str, Any]:
    """The last of the first steps of a new company: usage events, from a program or a file."""
    slug = request.tenant.slug
    if Receipt.objects.filter(accepted__gt=0).exists():
        return {"title": _("Send usage events"), "text": _("Scores follow within minutes"), "done": True}
    return {
        "title": _("Send usage events"),
        "text": _("Unlocks usage, health scores and alerts"),
        "done": False,
        "action": {"url": reverse("data_sources", args=[slug]) + "#send", "label": _("How to send them")},
        "sample": {"url": reverse("import_sample", args=[slug, "usage"]), "label": _("Sample file")},
    }


def register() -> None:
    """Called once, when the apps are ready."""
    entry = Filter("shift", gettext_lazy("Health changed"), _shifted, lambda v: _shift(v) is not None, _shift_text)
    FILTERS[entry.name] = entry
    if next_step not in FACTS:
        FACTS.append(next_step)
    if usage_step not in NEXT_STEPS:
        NEXT_STEPS.append(usage_step)
    told.register()
    dossier.TOLD.extend(name for name in TOLD if name not in dossier.TOLD)
    audit_trail.TABLES.update(TABLES)
