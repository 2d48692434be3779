"""`nightly --tenant SLUG --as-of YYYY-MM-DD`: the whole pipeline of one night, here and now."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.db import transaction

from accounts.selectors import tenant_by_slug
from cs_platform import pipeline
from cs_platform.kernel import queue, runs
from cs_platform.kernel.commands import ProductCommand
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import Run
from cs_platform.kernel.tenancy import tenant_context


class Command(ProductCommand):
    help = "Runs the nightly pipeline of a tenant for a day and waits for it. Rerunnable."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--as-of", required=True, type=dt.date.fromisoformat, metavar="YYYY-MM-DD")

    def answer(self, **options: Any) -> dict[str, Any]:
        tenant = tenant_by_slug(options["tenant"])
        with transaction.atomic(), tenant_context(tenant.id, actor="nightly"):
            run, work = pipeline.start_night(options["as_of"], actor="nightly")
        try:
            queue.run_to_end(tenant.id, work.id)
        except Exception as error:
            raise DomainError(f"The night of {options['as_of']} stopped: {error}") from error
        with tenant_context(tenant.id):
            run = Run.objects.get(id=run.id)
            return {"tenant": tenant.slug, "as_of": run.as_of, "state": run.state, "steps": runs.summary(run)}

    def tell(self, answer: dict[str, Any]) -> None:
        for step in answer["steps"]:
            self.stdout.write(
                f"{step['step']:<20} {step['rows'] or 0:>10} rows {step['ms'] or 0:>8} ms {step['state']}"
            )
        self.stdout.write(f"{answer['tenant']} {answer['as_of']}: {answer['state']}")
