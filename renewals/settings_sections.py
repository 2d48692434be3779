"""The section that this floor adds to the settings."""

from django.utils.translation import gettext_lazy as _

from accounts.settings_sections import Section
from cs_platform.kernel.access import Permission
from journey.settings_sections import JOURNEY

RUNWAYS = Section("runways", _("Runways of renewals"), "repeat", Permission.MANAGE_JOURNEY)


def register() -> None:
    """Put it behind the plan templates of the journey, once."""
    if RUNWAYS not in JOURNEY:
        JOURNEY.insert(2, RUNWAYS)
