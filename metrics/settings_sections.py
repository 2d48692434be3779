"""The sections of the settings that decide what figures mean, what they are held against and who gets them, and the words
for their tables in the audit trail."""

from django.utils.translation import gettext_lazy as _

from accounts import audit_trail
from accounts.settings_sections import FIGURES, Section
from cs_platform.kernel.access import Permission


def register() -> None:
    """Put the sections around the rates of exchange, in the order of a month's work."""
    FIGURES[:0] = [
        Section("closes", _("Month close"), "lock", Permission.CLOSE_MONTHS),
        Section("reconciliations", _("Reconciliation"), "scale", Permission.VIEW_BOARD),
        Section("targets", _("Targets"), "target", Permission.EDIT_BOARD),
        Section("digests", _("Digests"), "mail", Permission.EDIT_BOARD),
        Section("bands", _("Bands"), "gauge", Permission.MANAGE_SETTINGS),
        Section("benchmarks", _("Benchmarks"), "book-open", Permission.MANAGE_SETTINGS),
        Section("currencies", _("Currencies"), "globe", Permission.VIEW_BOARD),
    ]
    audit_trail.TABLES.update(
        {
            "metrics_metricband": _("Metric band"),
            "metrics_metrictarget": _("Target"),
            "metrics_ownbenchmark": _("Benchmark"),
            "metrics_boardnote": _("Note for the board"),
            "metrics_digestrecipient": _("Recipient of a digest"),
            "metrics_movementnote": _("Note on a movement"),
            "metrics_reconciliation": _("Reconciliation"),
        }
    )
