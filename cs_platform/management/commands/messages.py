"""Bring the message catalogues up to date with the source, and compile them (docs/translating.md)."""

from typing import Any

from django.core.management.base import BaseCommand

from cs_platform import catalogues


class Command(BaseCommand):
    help = "Collects the messages of the source into locale/*/LC_MESSAGES/django.po and compiles them."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for language, missing in catalogues.write().items():
            self.stdout.write(f"{language}: {len(missing)} to translate")
            for message in missing[:20]:
                self.stdout.write(f"  {message}")
