"""`seed_demo`: the demo tenants with their logins in var/demo.json. Idempotent."""

from argparse import ArgumentParser
from typing import Any

from cs_platform.demo.loading import Demo
from cs_platform.kernel.commands import ProductCommand


class Command(ProductCommand):
    help = "Makes the demo tenants where they are missing and writes their logins to var/demo.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--accounts", type=int, default=420, help="Live accounts of the generated company")
        parser.add_argument("--seed", type=int, default=11)
        parser.add_argument("--url", default="http://localhost:8000")
        parser.add_argument("--quiet", action="store_true")

    def answer(self, **options: Any) -> dict[str, Any]:
        def say(text: str) -> None:
            if not options["quiet"]:
                self.stdout.write(text)

        demo = Demo(url=options["url"], accounts=options["accounts"], seed=options["seed"], say=say)
        demo.run()
        return {"written": str(demo.path)}
