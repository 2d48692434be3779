"""`seed_demo`: the demo tenants, with their logins in var/demo.json. Idempotent."""

from argparse import ArgumentParser
from typing import Any

from cs_platform.demo.loading import Demo
from cs_platform.kernel.commands import ProductCommand
from cs_platform.kernel.errors import DomainError

BAR = 24


class Command(ProductCommand):
    help = "Makes the demo tenants where they are missing and writes their logins to var/demo.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--accounts", type=int, default=420, help="Live accounts of the generated company")
        parser.add_argument("--seed", type=int, default=7, help="Another seed tells other stories")
        parser.add_argument("--url", default="http://localhost:8000", help="Where the product is reached")
        parser.add_argument("--quiet", action="store_true", help="Show no progress")

    def answer(self, **options: Any) -> dict[str, Any]:
        if not 20 <= options["accounts"] <= 1000:
            raise DomainError("Choose from 20 to 1000 accounts.")

        quiet = options["quiet"] or options["json"]
        terminal = self.stdout.isatty()

        def say(text: str) -> None:
            if not quiet:
                self.stdout.write(text)

        def progress(what: str, done: int, total: int) -> None:
            if not quiet and (terminal or done == total):
                filled = round(BAR * done / total)
                line = f"  {what:<14} {'█' * filled}{'·' * (BAR - filled)} {done} of {total}"
                self.stdout.write(f"\r{line}" if terminal else line, ending="\n" if done == total else "")
                self.stdout.flush()

        demo = Demo(url=options["url"], accounts=options["accounts"], seed=options["seed"], say=say, progress=progress)
        demo.run()
        return {"written": str(demo.path)}

    def tell(self, answer: dict[str, Any]) -> None:
        """Nothing more: the supervisor shows the logins."""
