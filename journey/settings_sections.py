"""The sections that this floor adds to the settings."""

from django.utils.translation import gettext_lazy as _

from accounts.settings_sections import SECTIONS, Section
from cs_platform.kernel.access import Permission

JOURNEY: list[Section] = [
    Section("stages", _("Stages"), "target", Permission.MANAGE_JOURNEY),
    Section("plan_templates", _("Plan templates"), "list-checks", Permission.MANAGE_JOURNEY),
    Section("no_mail", _("Addresses without mail"), "mail", Permission.MANAGE_JOURNEY),
]


def register() -> None:
    """Put the group before the last one, once."""
    if all(group is not JOURNEY for _label, group in SECTIONS):
        SECTIONS.insert(len(SECTIONS) - 1, (_("Journey"), JOURNEY))
