"""The sections that this floor adds to the settings."""

from django.utils.translation import gettext_lazy as _

from accounts.settings_sections import SECTIONS, Section
from cs_platform.kernel.access import Permission

HEALTH: list[Section] = [
    Section("health_models", _("Health models"), "gauge", Permission.MANAGE_HEALTH),
    Section("alert_rules", _("Alert rules"), "bell", Permission.MANAGE_HEALTH),
]


def register() -> None:
    """Put the group before the last one."""
    SECTIONS.insert(len(SECTIONS) - 1, (_("Health"), HEALTH))
