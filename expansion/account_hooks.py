"""What this floor adds to the pages below it: names of its tables in the audit trail, whose changes an account's history tells."""

from django.utils.translation import gettext_lazy as _

from accounts import audit_trail, dossier

TOLD = ("opportunities", "signals")
TABLES = {
    "expansion_nofit": _("Product that does not fit"),
    "expansion_opportunity": _("Opportunity"),
    "expansion_signal": _("Expansion signal"),
    "expansion_signalrule": _("Rule of expansion signals"),
    "expansion_stagechance": _("Chance of a pipeline stage"),
}
# Words for columns whose model does not name them.
COLUMNS = {
    "closed_on": _("Closed on"),
    "handoff": _("Handoff"),
    "override_by": _("Said by"),
    "signal": _("Signal"),
    "written": _("Contract that was written"),
}


def register() -> None:
    """Called once, when the apps are ready."""
    audit_trail.TABLES.update(TABLES)
    audit_trail.COLUMNS.update(COLUMNS)
    dossier.TOLD.extend(name for name in TOLD if name not in dossier.TOLD)
