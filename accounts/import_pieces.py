"""The pieces of an import: looked through once for rows that concern each other, then merged one transaction each.

So a row means the same in whichever piece it stands, and a file can be of any order and length.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.csvfiles import own_text, unpacked
from accounts.enums import ChangeSource, ImportState
from accounts.import_columns import EXTRA
from accounts.kinds import KINDS, DateStyle, Problem, Row
from accounts.merging import Origin
from accounts.merging.result import SQL
from accounts.models import Import, ImportChunk, ImportReject
from accounts.rows import Bad, day, parse, text
from cs_platform.kernel import copying, sqljobs

INDEX = [
    ("position", "int"), ("number", "int"), ("key", "text"), ("period", "text"), ("digest", "text"),
    ("account", "text"), ("segment", "text"), ("thing", "text"),
]  # fmt: skip
COUNTS = ("read", "created", "updated", "unchanged", "rejected", "quarantined", "next_piece")
ALONE: dict[str, Any] = {"same": [], "repeats": {}, "several": [], "segments": {}}
Refused = list[tuple[int, Problem]]


class Reading:
    """How an import reads its records: the field of each cell and the style of its dates."""

    def __init__(self, run: Import) -> None:
        self.run = run
        self.kind = KINDS[run.kind]
        self.style = DateStyle(run.options.get("dates", DateStyle.ISO.value))
        self.fields = [run.mapping.get(column, "") for column in run.columns]
        self.width = len(self.fields)

    def cells(self, record: list[str]) -> dict[str, str]:
        """The cells of a record by field; those that are kept as attributes by column, under EXTRA and the name."""
        cells = {}
        for column, name, cell in zip(self.run.columns, self.fields, record, strict=False):
            if name:
                cells[EXTRA + column if name == EXTRA else name] = own_text(cell) if cell[:1] == "'" else cell
        return cells

    def row(self, number: int, cells: dict[str, str]) -> Row | list[Problem]:
        """The checked row; problems name the columns of the file."""
        own = {name: cell for name, cell in cells.items() if name[0] != EXTRA}
        extra = {name[1:]: cell for name, cell in cells.items() if name[0] == EXTRA}
        return parse(self.run.kind, number, own, self.style, extra)

    def misshapen(self, record: list[str]) -> str:
        """Why the record does not fit the first line, or nothing; blank cells beyond it are no fault."""
        if len(record) == self.width or (len(record) > self.width and not any(record[self.width :])):
            return ""
        return _("%(found)s cells where the first line has %(wanted)s.") % {"found": len(record), "wanted": self.width}


def note_neighbours(run: Import) -> None:
    """Look through the whole file once and note on each piece what its rows cannot see: see `ImportChunk.notes`.

    Kinds whose rows are each a fact of its own need no such look, unless rows that say the same are counted.
    """
    reading = Reading(run)
    if reading.kind.repeated is None and not reading.kind.counted:
        run.chunks.update(notes=ALONE)
        return
    positions = list(run.chunks.order_by("position").values_list("position", flat=True))
    for position in positions:
        chunk = run.chunks.get(position=position)
        copying.stage("import_index", INDEX, _index(reading, chunk), more=position != positions[0])
    if positions and _still(run, run.next_piece):
        if reading.kind.counted:
            run.chunks.update(notes=ALONE)
            sqljobs.execute(SQL / "import_counts.sql", {"run_id": str(run.id)})
            return
        params = {"run_id": str(run.id), "choose_segments": bool(reading.kind.period)}
        sqljobs.execute(SQL / "import_notes.sql", params)
        if reading.kind.latest:
            sqljobs.execute(SQL / "import_latest.sql", {"run_id": str(run.id)})


def _still(run: Import, position: int) -> bool:
    """Hold the import until the end of the transaction: whether it is where it was when it was read.

    A piece holds it only while it writes its counts, so that one may stop an import in the middle of a long piece. What
    was worked out for an import that began anew meanwhile, or is gone, must be taken back.
    """
    same = Import.objects.filter(id=run.id, started_at=run.started_at, next_piece=position)
    return bool(same.select_for_update(no_key=True).values_list("id"))


def _index(reading: Reading, chunk: ImportChunk) -> Iterator[tuple[Any, ...]]:
    kind = reading.kind
    for number, record in enumerate(unpacked(chunk.content), start=chunk.first_row):
        cells = reading.cells(record)
        key = _digest(_key(name, cells.get(name, "")) for name in kind.key)
        start = cells.get(kind.period, "")
        period = _period(start, reading.style) if start else ""
        account, segment = (_stored(cells.get(name, "")) for name in ("account", "segment"))
        content = _digest(cell for name, cell in cells.items() if name not in kind.further)
        thing = _digest([cells.get(kind.latest, "").strip()]) if kind.latest else ""
        yield chunk.position, number, key, period, content, account, segment, thing


def _key(name: str, cell: str) -> str:
    """The part of a key as the reader understands it: a month also as a day of it, currencies in any case."""
    found = cell.strip()
    return found[:7] if name == "month" else found.upper() if name in {"base", "quote"} else found


def _digest(cells: Iterable[str]) -> str:
    return hashlib.blake2b("\x1f".join(cells).encode(), digest_size=12).hexdigest()


def _period(cell: str, style: DateStyle) -> str:
    try:
        return str(day(cell, style))
    except Bad:
        return _digest([cell])


def _stored(cell: str) -> str:
    """The cell as it would be stored; nothing when it cannot be."""
    try:
        return str(text(200)(cell, DateStyle.ISO))
    except Bad:
        return ""


def read_piece(run: Import, chunk: ImportChunk) -> tuple[list[Row], Refused, int]:
    """The rows of a piece that can be read, the problems of the others, and how many only repeat an earlier row."""
    reading = Reading(run)
    notes = chunk.notes or {}
    same, repeats, segments = set(notes["same"]), notes["repeats"], notes["segments"]
    rows: list[Row] = []
    refused: Refused = []
    known = 0
    for number, record in enumerate(unpacked(chunk.content), start=chunk.first_row):
        if fault := reading.misshapen(record):
            refused.append((number, Problem("", "", "cells", fault)))
            continue
        cells = reading.cells(record)
        if segments and "segment" in cells:
            cells["segment"] = segments.get(cells["account"].strip(), cells["segment"])
        found = reading.row(number, cells)
        if not isinstance(found, Row):
            refused.append((number, _in_one(found, run)))
        elif number in same and not reading.kind.further:
            known += 1
        elif first := repeats.get(str(number)):
            refused.append((number, _repeated(reading, found, first)))
        else:
            rows.append(found)
    return rows, refused, known


def _in_one(problems: list[Problem], run: Import) -> Problem:
    """All problems of a row as one: the first, under the name of the file's column, with the sentences of the others."""
    names = {name: column for column, name in run.mapping.items() if name != EXTRA}
    first, *others = problems
    sentences = [f"{names.get(p.column, p.column)}: {p.message}" for p in others]
    return Problem(
        names.get(first.column, first.column), first.value, first.code, " ".join([first.message, *sentences])
    )


def _repeated(reading: Reading, row: Row, first: int) -> Problem:
    names = {name: column for column, name in reading.run.mapping.items()}
    key = reading.kind.key[0]
    sentence = str(reading.kind.repeated) % {"first": first}
    return Problem(names.get(key, key), str(row.values[key]), "repeated", sentence)


def merge_piece(run: Import) -> bool:
    """Do the next piece of a running import in the caller's transaction; whether another remains.

    The first one looks through the file. A dry run merges as well and takes it back, keeping counts and problems.
    """
    chunk = run.chunks.filter(position=run.next_piece).first()
    if chunk is not None and chunk.notes is None:
        note_neighbours(run)
        return True
    position = run.next_piece
    with transaction.atomic():
        if chunk is not None:
            _merge(run, chunk)
        if not _still(run, position):
            transaction.set_rollback(True)
            return True
        remains = run.chunks.filter(position=run.next_piece).exists()
        run.error = ""
        if not remains:
            run.state = ImportState.DONE
            run.finished_at = timezone.now()
        run.save(update_fields=[*COUNTS, "options", "error", *([] if remains else ["state", "finished_at"])])
    return remains


def _merge(run: Import, chunk: ImportChunk) -> None:
    rows, refused, known = read_piece(run, chunk)
    kind = KINDS[run.kind]
    options: dict[str, Any] = {}
    if kind.period:
        several = set((chunk.notes or {})["several"])
        options["periods_of"] = {row.values[kind.key[0]]: 2 if row.number in several else 1 for row in rows}
    if kind.counted:
        options["earlier"] = {int(row): count for row, count in (chunk.notes or {}).get("earlier", {}).items()}
    if kind.latest:
        options["overtaken"] = set((chunk.notes or {}).get("overtaken", ()))
    origin = Origin(ChangeSource.IMPORT, run.id, run.created_by.name if run.created_by else "")
    with transaction.atomic():
        result = kind.merge(rows, origin, **options)
        if run.dry_run:
            transaction.set_rollback(True)
    refused += [(rejected.row, _in_one([rejected.problem], run)) for rejected in result.rejected]
    ImportReject.objects.bulk_create(
        [
            ImportReject(
                run=run,
                row=number,
                column=problem.column[:200],
                value=problem.value.replace("\x00", "")[:200],
                code=problem.code,
                message=problem.message[:300],
            )
            for number, problem in refused
        ],
        batch_size=2000,
    )
    run.read += chunk.rows
    run.created += result.created
    run.updated += result.updated
    run.unchanged += result.unchanged + known
    run.rejected += len(refused)
    run.quarantined += result.quarantined
    run.next_piece += 1
    if result.notes:
        run.options = run.options | {"kept": run.options.get("kept", 0) + len(result.notes)}


def rejected_records(run: Import) -> Iterator[list[str]]:
    """The refused rows as they were sent, each with the reason as a further cell; one piece in memory."""
    width = len(run.columns)
    for position in run.chunks.order_by("position").values_list("position", flat=True):
        chunk = run.chunks.get(position=position)
        last = chunk.first_row + chunk.rows - 1
        reasons = {r.row: r for r in run.rejects.filter(row__range=(chunk.first_row, last))}
        if reasons:
            for number, record in enumerate(unpacked(chunk.content), start=chunk.first_row):
                if reject := reasons.get(number):
                    reason = f"{reject.column}: {reject.message}" if reject.column else reject.message
                    yield [*(record + [""] * width)[:width], reason]
