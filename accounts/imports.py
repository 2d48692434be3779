"""Imports: a file becomes pieces as it streams in, columns are matched, pieces are merged one transaction at a time.

Nothing of the file is written to the facts before `start_import`. The pieces stay: figures lead back to them.
"""

import csv
import gzip
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import ChangeSource, ImportKind, ImportState
from accounts.merging import MERGES, MergeResult, Origin
from accounts.models import Import, ImportChunk, ImportReject, Member
from accounts.rows import FIELDS, OPEN_KINDS, REQUIRED, DateStyle, Problem, Row, parse
from cs_platform.kernel import queue, sheets
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import Work

PIECE = 20_000
MOST_ROWS = 2_000_000
MOST_COLUMNS = 200
# What people call our columns in their own files.
SYNONYMS: dict[str, dict[str, tuple[str, ...]]] = {
    ImportKind.ACCOUNTS: {
        "account": ("external_id", "ext_id", "account_id", "customer_id", "id", "customer"),
        "name": ("company_name", "company", "account_name", "customer_name"),
        "segment": ("seg", "tier_name", "customer_segment"),
        "owner_email": ("csm", "csm_email", "owner", "account_owner"),
        "signed_on": ("signed", "signed_at", "contract_signed", "customer_since", "start"),
        "domain": ("website",),
        "source": ("lead_source", "channel"),
        "employees": ("headcount", "company_size"),
    },
    ImportKind.CONTACTS: {
        "contact": ("external_id", "contact_id", "id"),
        "account": ("account_id", "company_id", "customer_id"),
        "name": ("full_name", "contact_name"),
        "email": ("e-mail", "mail"),
    },
    ImportKind.SUBSCRIPTIONS: {
        "account": ("account_id", "customer_id", "customer"),
        "subscription_id": ("external_id", "subscription", "id", "line_id"),
        "start_date": ("start", "starts", "start_on"),
        "end_date": ("end", "ends", "end_on", "renews"),
        "interval_months": ("interval", "months"),
        "amount": ("price",),
        "seats": ("quantity", "licences", "licenses"),
    },
    ImportKind.FX_RATES: {"rate": ("value",), "month": ("date",)},
}
EXTRA = "+"  # a mapping to "+": keep the column as an attribute of the row


class _Hashed(io.RawIOBase):
    """A binary stream that is hashed while it is read."""

    def __init__(self, source: BinaryIO) -> None:
        self.source = source
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.source.read(len(buffer))
        self.digest.update(data)
        buffer[: len(data)] = data
        return len(data)


def _lines(source: BinaryIO) -> io.TextIOWrapper:
    """The text of a plain or gzip file, UTF-8 with or without a mark at the begin."""
    buffered = io.BufferedReader(source)  # type: ignore[arg-type]
    plain: Any = gzip.GzipFile(fileobj=buffered) if buffered.peek(2)[:2] == b"\x1f\x8b" else buffered
    return io.TextIOWrapper(plain, encoding="utf-8-sig", newline="")


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def suggest_mapping(kind: str, columns: Sequence[str]) -> dict[str, str]:
    """What each column of the file probably is: a field, "+" (kept as an attribute) or "" (left out)."""
    taken: set[str] = set()
    mapping: dict[str, str] = {}
    names = {c: c.strip().lower().replace(" ", "_") for c in columns}
    for column, name in names.items():
        if name in FIELDS[kind] and name not in taken:
            mapping[column] = name
            taken.add(name)
    for column, name in names.items():
        if column in mapping:
            continue
        found = next((f for f, words in SYNONYMS[kind].items() if name in words and f not in taken), "")
        if found:
            taken.add(found)
        skipped = name in {"tenant", "reject_reason"} or kind not in OPEN_KINDS
        mapping[column] = found or ("" if skipped else EXTRA)
    return mapping


def create_import(*, kind: str, filename: str, source: BinaryIO, by: Member | None, piece: int = PIECE) -> Import:
    """Store the file in pieces with a suggested mapping; nothing else. Memory is that of one piece.

    DomainError when it cannot be read as CSV: encoding, no header, the same column twice, too many rows.
    """
    if kind not in FIELDS:
        known = ", ".join(FIELDS)
        raise DomainError(_("%(kind)s cannot be imported. There are: %(known)s.") % {"kind": kind, "known": known})
    hashed = _Hashed(source)
    run = Import.objects.create(kind=kind, filename=filename[:255], created_by=by)
    try:
        with _lines(hashed) as text:
            header = text.readline(100_000)
            columns = _columns(header)
            run.columns = columns
            records = csv.reader(text, delimiter=_delimiter(header), strict=True)
            run.total = _store(run, records, piece)
    except UnicodeDecodeError as error:
        raise DomainError(_("The file is not UTF-8 text. Save it as CSV UTF-8."), code="encoding") from error
    except (csv.Error, EOFError, OSError) as error:
        raise DomainError(_("The file cannot be read as CSV: %(why)s.") % {"why": error}, code="unreadable") from error
    run.sha256 = hashed.digest.hexdigest()
    run.mapping = remembered_mapping(kind, columns) or suggest_mapping(kind, columns)
    run.options = {"dates": DateStyle.ISO.value}
    run.save()
    return run


def _columns(header: str) -> list[str]:
    if "\x00" in header:
        raise DomainError(_("The file is not text. Save it as CSV UTF-8."), code="encoding")
    columns = [c.strip() for c in next(csv.reader([header], delimiter=_delimiter(header)), [])]
    if not any(columns):
        raise DomainError(_("The file is empty: its first line must name the columns."), code="empty")
    double = [c for c, n in Counter(columns).items() if n > 1]
    if double:
        raise DomainError(_("The column %(name)s stands twice in the first line.") % {"name": double[0] or "–"})
    if len(columns) > MOST_COLUMNS or max(map(len, columns)) > 200:
        raise DomainError(_("The first line has too many or too long columns."), code="columns")
    return columns


def _store(run: Import, records: Iterator[list[str]], piece: int) -> int:
    total = position = 0
    batch: list[list[str]] = []

    def flush() -> None:
        nonlocal position
        if batch:
            first = total - len(batch) + 1
            content = gzip.compress(_csv(batch).encode(), compresslevel=3)
            ImportChunk.objects.create(run=run, position=position, first_row=first, rows=len(batch), content=content)
            position += 1
            batch.clear()

    for record in records:
        if not record:
            continue
        total += 1
        if total > MOST_ROWS:
            raise DomainError(_("More than %(most)s rows: split the file.") % {"most": MOST_ROWS}, code="too_many_rows")
        batch.append(record)
        if len(batch) >= piece:
            flush()
    flush()
    return total


def _csv(rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def chunk_records(chunk: ImportChunk) -> list[list[str]]:
    """The records of a piece as they were sent."""
    text = gzip.decompress(bytes(chunk.content)).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def source_row(run: Import, number: int) -> dict[str, str]:
    """Row `number` (the first data row is 1) of the file, by column: where a figure comes from."""
    chunk = run.chunks.filter(first_row__lte=number).order_by("-first_row").first()
    if chunk is None or number >= chunk.first_row + chunk.rows:
        return {}
    return dict(zip(run.columns, chunk_records(chunk)[number - chunk.first_row], strict=False))


def remembered_mapping(kind: str, columns: Sequence[str]) -> dict[str, str] | None:
    """The mapping of the latest finished import of the same kind with the same header."""
    earlier = Import.objects.filter(kind=kind, columns=list(columns), state=ImportState.DONE).first()
    return earlier.mapping if earlier else None


def map_columns(*, run: Import, mapping: Mapping[str, str], dates: str) -> Import:
    """Keep what each column becomes. DomainError names a field that is missing or given twice."""
    chosen = {column: mapping.get(column, "") for column in run.columns}
    fields = [f for f in chosen.values() if f not in {"", EXTRA}]
    for name in fields:
        if name not in FIELDS[run.kind]:
            raise DomainError(_("There is no field %(name)s.") % {"name": name}, fields={"mapping": name})
        if fields.count(name) > 1:
            message = _("Two columns become %(name)s. Choose one of them.") % {"name": name}
            raise DomainError(message, fields={name: message})
    check_mapping(run.kind, chosen)
    run.mapping = chosen
    run.options = {"dates": DateStyle(dates).value}
    run.save(update_fields=["mapping", "options"])
    return run


def check_mapping(kind: str, mapping: Mapping[str, str]) -> None:
    """DomainError unless every required field has a column."""
    missing = [name for name in REQUIRED[kind] if name not in mapping.values()]
    if missing:
        message = _("No column becomes %(names)s.") % {"names": ", ".join(missing)}
        raise DomainError(message, code="missing_column", fields=dict.fromkeys(missing, message))


def left_out(run: Import) -> list[str]:
    """Columns of the file that become nothing, for the warning that names them."""
    return [c for c, f in run.mapping.items() if not f and c.lower() not in {"tenant", "reject_reason"}]


def read_piece(run: Import, chunk: ImportChunk) -> tuple[list[Row], list[tuple[int, Problem]]]:
    """The rows of a piece that can be read, and the problems of the others by row number."""
    style = DateStyle(run.options.get("dates", "iso"))
    fields = [run.mapping.get(column, "") for column in run.columns]
    rows: list[Row] = []
    problems: list[tuple[int, Problem]] = []
    for number, record in enumerate(chunk_records(chunk), start=chunk.first_row):
        if len(record) != len(fields):
            message = _("%(found)s cells where the first line has %(wanted)s.") % {
                "found": len(record),
                "wanted": len(fields),
            }
            problems.append((number, Problem("", "", "cells", message)))
            continue
        cells = {f: _own(v) for f, v in zip(fields, record, strict=True) if f and f != EXTRA}
        extra = {c: _own(v) for c, f, v in zip(run.columns, fields, record, strict=True) if f == EXTRA and v}
        found = parse(run.kind, number, cells, style, extra)
        if isinstance(found, Row):
            rows.append(found)
        else:
            problems.append((number, found[0]))
    return rows, problems


def _own(cell: str) -> str:
    """A cell as it was before an export made it safe for spreadsheets."""
    return cell[1:] if cell.startswith("'") and sheets.safe_text(cell[1:]) == cell else cell


def check_first(run: Import) -> tuple[MergeResult, list[tuple[int, Problem]]]:
    """What the first piece would do, and its problems; nothing is written."""
    chunk = run.chunks.order_by("position").first()
    if chunk is None:
        return MergeResult(), []
    rows, problems = read_piece(run, chunk)
    with transaction.atomic():
        result = MERGES[run.kind](rows, _origin(run))
        transaction.set_rollback(True)
    return result, sorted(problems + [(r.row, r.problem) for r in result.rejected], key=lambda p: p[0])


def _origin(run: Import) -> Origin:
    return Origin(ChangeSource.IMPORT, run.id, run.created_by.name if run.created_by else "")


def start_import(*, run: Import, by: Member | None = None, dry_run: bool = False) -> Work:
    """Begin to merge the pieces. DomainError when it has run already or a required column is missing."""
    if run.state not in {ImportState.DRAFT, ImportState.STOPPED, ImportState.FAILED}:
        raise DomainError(_("This import has run already."), code="has_run")
    check_mapping(run.kind, run.mapping)
    if run.kind == ImportKind.SUBSCRIPTIONS and "repeated" not in run.options:
        run.options["repeated"] = _repeated(run)
    run.state = ImportState.RUNNING
    run.dry_run = dry_run
    run.error = ""
    run.started_at = run.started_at or timezone.now()
    run.save()
    return queue.enqueue("import_file", str(run.id), payload={"import": str(run.id)}, actor=by.name if by else "")


def _repeated(run: Import) -> list[str]:
    """Subscription ids with more than one row: their rows are periods, never corrections of one another's start."""
    index = run.columns.index(next(c for c, f in run.mapping.items() if f == "subscription_id"))
    seen: set[int] = set()  # 64-bit hashes: a million ids in some 60 MB at most
    found: set[str] = set()
    for chunk in run.chunks.order_by("position").iterator(chunk_size=1):
        for record in chunk_records(chunk):
            if len(record) > index:
                key = record[index].strip()
                if (number := hash(key)) in seen:
                    found.add(key)
                seen.add(number)
    return sorted(found)


def stop_import(*, run: Import, by: Member) -> Import:
    """Stop after the piece that is being written; what is in stays in, and the import can go on later."""
    if run.state == ImportState.RUNNING:
        run.state = ImportState.STOPPED
        run.save(update_fields=["state"])
    return run


def merge_piece(run: Import) -> bool:
    """Merge the next piece of a running import in the caller's transaction; whether another remains."""
    chunk = run.chunks.filter(position=run.next_piece).first()
    if chunk is not None:
        rows, problems = read_piece(run, chunk)
        options: dict[str, Any] = {}
        if run.kind == ImportKind.SUBSCRIPTIONS:
            repeated = set(run.options.get("repeated", []))
            keys = {r.values["subscription_id"] for r in rows}
            options["periods_of"] = {key: 2 if key in repeated else 1 for key in keys}
        with transaction.atomic():
            result = MERGES[run.kind](rows, _origin(run), **options)
            if run.dry_run:
                transaction.set_rollback(True)
        problems += [(r.row, r.problem) for r in result.rejected]
        ImportReject.objects.bulk_create(
            [
                ImportReject(
                    run=run,
                    row=number,
                    column=p.column[:200],
                    value=p.value.replace("\x00", "")[:200],
                    code=p.code,
                    message=p.message[:300],
                )
                for number, p in problems
            ],
            batch_size=2000,
        )
        run.read += chunk.rows
        run.created += result.created
        run.updated += result.updated
        run.unchanged += result.unchanged
        run.rejected += len(problems)
        run.next_piece += 1
    remains = run.chunks.filter(position=run.next_piece).exists()
    if not remains:
        run.state = ImportState.DONE
        run.finished_at = timezone.now()
    run.save()
    return remains


def rejects_csv(run: Import) -> str:
    """The refused rows as they were sent, with one more column that says why: correct them and import the file again."""
    reasons = {r.row: f"{r.column}: {r.message}" if r.column else r.message for r in run.rejects.all()}

    def rows() -> Iterator[list[str]]:
        for chunk in run.chunks.order_by("position").iterator(chunk_size=1):
            last = chunk.first_row + chunk.rows
            if any(chunk.first_row <= number < last for number in reasons):
                for number, record in enumerate(chunk_records(chunk), start=chunk.first_row):
                    if number in reasons:
                        cells = (record + [""] * len(run.columns))[: len(run.columns)]
                        yield [*cells, reasons[number]]

    return sheets.csv_text([*run.columns, "reject_reason"], rows())


def import_by_id(import_id: UUID | str) -> Import:
    """The import of the current tenant."""
    return Import.objects.get(id=import_id)
