"""How an alert reads on the timeline of its account (health.engagement.timeline)."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account, Tenant
from health.alerts import cells
from health.engagement import timeline
from health.enums import AlertLevel


def _alert(line: timeline.Line, tenant: Tenant, account: Account) -> dict[str, Any]:
    """The rule, why it fired, and what was answered."""
    row = line.row
    return {
        "title": _("Alert: %(rule)s") % {"rule": cells.label(row)},
        "notes": [part for part in (cells.sentence(row), row.answer) if part],
        "who": row.answered_by.name if row.answered_by else _("Automatic"),
        "icon": "bell",
        "tone": "risk" if row.level == AlertLevel.CRITICAL else "",
        "url": reverse("alert", args=[tenant.slug, row.id]),
        "drawer": True,
    }


def register() -> None:
    """Called once, when the apps are ready."""
    timeline.TOLD.cells["alert"] = _alert
