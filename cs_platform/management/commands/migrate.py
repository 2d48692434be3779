"""`migrate`, without the database checks: those are about the runtime role, and migrations run as the owner."""

from typing import Any

from django.core.management.commands import migrate


class Command(migrate.Command):
    """Django's own, as the owner of the tables."""

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **(options | {"skip_checks": True}))
