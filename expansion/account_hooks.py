"""What this floor adds to the pages below it: names of its tables in the audit trail."""

from django.utils.translation import gettext_lazy as _

from accounts import audit_trail

TABLES = {
    "expansion_nofit": _("Product that does not fit"),
    "expansion_opportunity": _("Opportunity"),
    "expansion_signal": _("Expansion signal"),
    "expansion_stagechance": _("Chance of a pipeline stage"),
}


def register() -> None:
    """Called once, when the apps are ready."""
    audit_trail.TABLES.update(TABLES)
