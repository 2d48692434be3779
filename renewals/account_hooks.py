"""What this floor adds to the pages below it: names of its tables in the audit trail, whose changes an account's history
tells."""

from django.utils.translation import gettext_lazy as _

from accounts import audit_trail, dossier
from health.alerts import rules
from health.alerts.snapshots import ABOVE
from journey.enums import Why
from journey.work.reasons import ASKED
from journey.work.services import SETTLED
from renewals import alert_rules
from renewals.reminders import reason
from renewals.steps import follow_task

TOLD = ("renewals", "save_plays")
TABLES = {
    "renewals_effortrule": _("Who is asked how easy a renewal was"),
    "renewals_flow": _("What renewals do by themselves"),
    "renewals_objection": _("Objection"),
    "renewals_quote": _("Quote"),
    "renewals_renewal": _("Renewal"),
    "renewals_runway": _("Runway of renewals"),
    "renewals_saveplay": _("Save play"),
    "renewals_stakeholder": _("Person in a renewal"),
}


def register() -> None:
    """Called once, when the apps are ready."""
    dossier.TOLD.extend(name for name in TOLD if name not in dossier.TOLD)
    audit_trail.TABLES.update(TABLES)
    if follow_task not in SETTLED:
        SETTLED.append(follow_task)
    ASKED[Why.RENEWAL] = reason
    ABOVE[alert_rules.FLOOR] = alert_rules.asked
    rules.register(*alert_rules.RULES)
