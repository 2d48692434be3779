"""`migrate`, without the database checks: those are about the runtime role, and migrations run as the owner."""

from django.core.management.commands import migrate


class Command(migrate.Command):
    """Django's own, as the owner of the tables."""

    requires_system_checks: list[str] = []
