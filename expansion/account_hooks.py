"""What this floor adds to the pages below it: names of its tables in the audit trail, whose changes an account's history tells."""

from django.utils.translation import gettext_lazy as _

from accounts import audit_trail, dossier

TOLD = ("opportunities", "signals")
TABLES = {
    "expansion_nofit": _("Product that does not fit"),
    "expansion_opportunity": _("Opportunity"),
    "expansion_signal": _("Expansion signal"),
    "expansion_stagechance": _("Chance of a pipeline stage"),
}


def register() -> None:
    """Called once, when the apps are ready."""
    audit_trail.TABLES.update(TABLES)
    dossier.TOLD.extend(name for name in TOLD if name not in dossier.TOLD)
