"""Imports: a file becomes pieces as it streams in, columns are matched, every row is checked, then it is merged.

Nothing of the file is written to the facts before `start_import`. The pieces stay: figures lead back to them.
"""

from collections.abc import Iterable, Mapping
from itertools import islice, zip_longest
from typing import BinaryIO

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.csvfiles import CsvFile, packed
from accounts.enums import ImportState
from accounts.import_columns import EXTRA, SILENT, suggest_mapping
from accounts.kinds import KINDS, DateStyle
from accounts.models import Import, ImportChunk, Member
from cs_platform.kernel import queue
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import Work

PIECE = 20_000
PIECE_TEXT = 16 * 2**20  # characters and cells; rows of a megabyte each make pieces of few rows
MOST_ROWS = 2_000_000
# Nothing is written to the facts in these states, or what was written was taken back: the columns may still change.
_OPEN = Q(state=ImportState.DRAFT) | (Q(dry_run=True) & ~Q(state=ImportState.RUNNING))


@transaction.atomic
def create_import(*, kind: str, filename: str, source: BinaryIO, by: Member | None, piece: int = PIECE) -> Import:
    """Store the file in pieces with the mapping of the last file like it, or a suggested one; nothing else.

    Memory is that of one piece. DomainError when it cannot be read as CSV, when a column stands twice, when there are
    too many rows.
    """
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise DomainError(_("%(kind)s cannot be imported. There are: %(known)s.") % {"kind": kind, "known": known})
    file = CsvFile(source)
    earlier = Import.objects.filter(kind=kind, columns=file.columns, state=ImportState.DONE).first()
    run = Import.objects.create(
        kind=kind,
        filename=filename[-255:],
        columns=file.columns,
        mapping=earlier.mapping if earlier else suggest_mapping(kind, file.columns),
        options={"dates": earlier.options["dates"] if earlier else DateStyle.ISO.value},
        created_by=by,
    )
    run.total = _store(run, file.records(), piece)
    run.sha256 = file.sha256
    run.save(update_fields=["total", "sha256", "options"])
    return run


def _store(run: Import, records: Iterable[list[str]], piece: int) -> int:
    total = position = size = 0
    batch: list[list[str]] = []
    filled = run.options["filled"] = [0] * len(run.columns)

    def keep() -> None:
        nonlocal position, size
        first = total - len(batch) + 1
        ImportChunk.objects.create(run=run, position=position, first_row=first, rows=len(batch), content=packed(batch))
        for place, cells in enumerate(islice(zip_longest(*batch, fillvalue=""), len(filled))):
            filled[place] += sum(map(bool, cells))
        position += 1
        size = 0
        batch.clear()

    for record in records:
        total += 1
        if total > MOST_ROWS:
            raise DomainError(_("More than %(most)s rows: split the file.") % {"most": MOST_ROWS}, code="too_many_rows")
        batch.append(record)
        size += len(record) + sum(map(len, record))
        if len(batch) >= piece or size >= PIECE_TEXT:
            keep()
    if batch:
        keep()
    return total


def map_columns(*, run: Import, mapping: Mapping[str, str], dates: str, by: Member | None = None) -> Import:
    """Keep what each column becomes and how dates are written; an earlier check is void.

    DomainError names a field that is missing or given twice, and refuses when rows were written already.
    """
    if not Import.objects.filter(_OPEN, id=run.id).exists():
        raise DomainError(_("This import has run already."), code="has_run")
    kind = KINDS[run.kind]
    chosen = {column: mapping.get(column, "") for column in run.columns}
    fields = [name for name in chosen.values() if name not in {"", EXTRA}]
    for name in fields:
        if name not in kind.fields:
            raise DomainError(_("There is no field %(name)s.") % {"name": name}, fields={"mapping": name})
        if fields.count(name) > 1:
            message = _("Two columns become %(name)s. Choose one of them.") % {"name": kind.labels[name]}
            raise DomainError(message, fields={name: message})
    _check_mapping(run.kind, chosen)
    run.mapping = chosen
    run.options = run.options | {"dates": DateStyle(dates).value}
    run.state = ImportState.DRAFT
    run.save(update_fields=["mapping", "options", "state"])
    run.chunks.update(notes=None)
    return run


def _check_mapping(kind: str, mapping: Mapping[str, str]) -> None:
    missing = [name for name in KINDS[kind].required if name not in mapping.values()]
    if missing:
        names = ", ".join(str(KINDS[kind].labels[name]) for name in missing)
        message = _("No column becomes %(names)s.") % {"names": names}
        raise DomainError(message, code="missing_column", fields=dict.fromkeys(missing, message))


def left_out(run: Import) -> list[str]:
    """Columns of the file that become nothing, for the warning that names them."""
    return [column for column, name in run.mapping.items() if not name and column.lower() not in SILENT]


@transaction.atomic
def start_import(*, run: Import, by: Member | None = None, dry_run: bool = False) -> Work:
    """Begin to merge the pieces, or with `dry_run` to check them all; one that stopped goes on where it stood.

    DomainError when the file was merged or runs already, or when a required column is missing.
    """
    run = Import.objects.select_for_update().get(id=run.id)
    goes_on = run.state in {ImportState.STOPPED, ImportState.FAILED} and run.dry_run == dry_run
    if run.state == ImportState.RUNNING or (run.state != ImportState.DRAFT and not run.dry_run and not goes_on):
        raise DomainError(_("This import has run already."), code="has_run")
    _check_mapping(run.kind, run.mapping)
    if not goes_on:
        run.rejects.all().delete()
        run.next_piece = run.read = run.created = run.updated = run.unchanged = run.rejected = run.quarantined = 0
        run.options = {name: value for name, value in run.options.items() if name != "kept"}
        run.started_at = timezone.now()
        run.finished_at = None
    run.state = ImportState.RUNNING
    run.dry_run = dry_run
    run.error = ""
    run.save()
    Work.objects.filter(name="import_file", key=str(run.id), state=Work.State.FAILED).delete()
    return queue.enqueue("import_file", str(run.id), payload={"import": str(run.id)}, actor=by.name if by else "")


def stop_import(*, run: Import, by: Member) -> Import:
    """Stop after the piece that is being written; what is in stays in, and the import can go on later."""
    Import.objects.filter(id=run.id, state=ImportState.RUNNING).update(state=ImportState.STOPPED)
    run.refresh_from_db()
    return run


def discard_import(*, run: Import, by: Member) -> None:
    """Throw away a file of which nothing was written; DomainError otherwise, because figures lead back to it."""
    found = Import.objects.filter(_OPEN, id=run.id).first()
    if found is None:
        raise DomainError(_("Rows of this file were written: it stays, because figures lead back to it."))
    found.delete()
