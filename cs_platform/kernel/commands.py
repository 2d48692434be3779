"""What every management command shares: exit status, one clear sentence, one JSON line (CONTRACTS 1)."""

import json
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cs_platform.kernel.errors import DomainError


class ProductCommand(BaseCommand, ABC):
    """A command that `answer`s with a dict: printed as the last line with --json, as lines for people without.

    Exit status: 0 done, 1 refused or failed with one sentence on stderr, 2 wrong usage.
    """

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = self.answer(**options)
        except DomainError as error:
            raise CommandError(error.message, returncode=1) from error
        if answer is not None:
            if options["json"]:
                self.stdout.write(json.dumps(answer, default=str, ensure_ascii=False))
            else:
                self.tell(answer)

    @abstractmethod
    def answer(self, **options: Any) -> dict[str, Any] | None:
        """Do it; DomainError to refuse."""

    def tell(self, answer: dict[str, Any]) -> None:
        """Print the answer for people."""
        for key, value in answer.items():
            self.stdout.write(f"{key}: {value}")

    def say(self, text: str, **options: Any) -> None:
        """Progress for people: on stderr, so that stdout stays the answer."""
        if options.get("verbosity", 1) and not options.get("json"):
            self.stderr.write(text)
