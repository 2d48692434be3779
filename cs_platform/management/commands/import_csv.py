"""`import_csv --tenant SLUG KIND FILE`: the public way in, from the shell (CONTRACTS 1)."""

import os
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from accounts.enums import ImportState
from accounts.import_pieces import rejected_records
from accounts.imports import create_import, left_out, start_import
from accounts.models import Import
from accounts.selectors import tenant_by_slug
from cs_platform.kernel import queue, sheets
from cs_platform.kernel.commands import ProductCommand
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.tenancy import tenant_context

# CONTRACTS 1, those of the journey and of the three motions, and who is away.
KINDS = (
    "accounts", "contacts", "subscriptions", "usage", "tickets", "touchpoints", "surveys", "outcomes", "fx_rates",
    "stages", "tasks", "plans", "issues", "absences", "opportunities",
    "renewals", "advocates", "assets", "referrals",
)  # fmt: skip


class Command(ProductCommand):
    help = "Imports a CSV file (plain or .gz). The same file twice changes nothing; refused rows go to a file with the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--dry-run", action="store_true", help="Check every row and write nothing")
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="Where refused rows go (var/rejects/ by default)"
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        tenant = tenant_by_slug(options["tenant"])
        kind, file = options["kind"], options["file"]
        if not file.is_file():
            raise DomainError(f"There is no file {file}.")
        with tenant_context(tenant.id, actor="import_csv"), file.open("rb") as source:
            run = create_import(kind=kind, filename=file.name, source=source, by=None)
            for column in left_out(run):
                self.stderr.write(f"The column {column} is not known and left out.")
            work = start_import(run=run, dry_run=options["dry_run"])
            run.refresh_from_db()
        try:
            while run.state == ImportState.RUNNING:
                if not queue.attempt(tenant.id, work.id, patient=True, reraise=True):
                    time.sleep(0.2)  # a worker has it; its pieces count as well
                run = self._progress(tenant.id, run, **options)
        except DomainError:
            raise
        except Exception as error:
            raise DomainError(f"The import stopped after {run.read} rows: {error}. Start it again to go on.") from error
        if run.state != ImportState.DONE:
            raise DomainError(f"The import stopped after {run.read} rows: {run.error or run.get_state_display()}.")
        with tenant_context(tenant.id):
            counts = ("read", "created", "updated", "unchanged", "rejected", "quarantined")
            answer: dict[str, Any] = {name: getattr(run, name) for name in counts}
            answer["rejects_file"] = str(self._rejects(run, options["rejects"])) if run.rejected else None
        return answer

    def _progress(self, tenant_id: int, run: Import, **options: Any) -> Import:
        with tenant_context(tenant_id):
            run = Import.objects.get(id=run.id)
        if run.total:
            self.say(f"{run.read} of {run.total} rows", **options)
        return run

    def _rejects(self, run: Import, path: Path | None) -> Path:
        folder = Path(os.environ.get("SETIA_VAR", "var")) / "rejects"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:  # a container whose file system is read-only
            folder = Path(tempfile.gettempdir())
        target = path or folder / f"{run.id}.csv"
        with target.open("w", encoding="utf-8", newline="") as out:
            sheets.write_csv(out, [*run.columns, "reject_reason"], rejected_records(run))
        return target.resolve()
