"""What this floor adds to the pages below it: names of its tables in the audit trail."""

from django.utils.translation import gettext_lazy as _

from accounts import audit_trail

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
    audit_trail.TABLES.update(TABLES)
