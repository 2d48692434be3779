"""The section that this floor adds to the settings."""

from django.utils.translation import gettext_lazy as _

from accounts.settings_sections import Section
from cs_platform.kernel.access import Permission
from journey.settings_sections import JOURNEY

EXPANSION = Section("expansion", _("Expansion"), "trending-up", Permission.MANAGE_JOURNEY)


def register() -> None:
    """Put it behind the runways of renewals, once."""
    if EXPANSION not in JOURNEY:
        JOURNEY.insert(3, EXPANSION)
