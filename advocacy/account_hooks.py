"""What this floor adds to the pages below it: names of its tables in the audit trail, whose changes an account's history
tells, and a rule of alerts."""

from django.utils.translation import gettext_lazy as _

from accounts import audit_trail, dossier
from advocacy import alert_rules
from health.alerts import rules
from health.alerts.snapshots import ABOVE

TOLD = ("advocates", "assets", "given_referrals")
TABLES = {
    "advocacy_advocate": _("Advocate"),
    "advocacy_ask": _("Ask of an advocate"),
    "advocacy_asset": _("Advocacy asset"),
    "advocacy_gathering": _("Gathering of customers"),
    "advocacy_guest": _("Guest of a gathering"),
    "advocacy_program": _("Advocacy program"),
    "advocacy_referencerequest": _("Reference request"),
    "advocacy_referral": _("Referral"),
}


def register() -> None:
    """Called once, when the apps are ready."""
    dossier.TOLD.extend(name for name in TOLD if name not in dossier.TOLD)
    audit_trail.TABLES.update(TABLES)
    ABOVE[alert_rules.FLOOR] = alert_rules.asked
    rules.register(*alert_rules.RULES)
