"""CSV that a spreadsheet opens without running anything in it (RELIABILITY 5): text is quoted, numbers stay numbers."""

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import chain
from typing import Any, TextIO

from django.http import HttpResponse
from django.utils.http import content_disposition_header

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a spreadsheet takes for the begin of a formula, also as full-width forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_text(value: Any) -> str:
    """`value` as text that no spreadsheet computes. Example: `=1+1` gives `'=1+1`; None gives an empty cell."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def workbook_cell(value: Any) -> Any:
    """A cell of a workbook: numbers and days as such, everything else as text that no spreadsheet computes."""
    if value is None or (isinstance(value, bool | int | Decimal | dt.date) and not isinstance(value, dt.datetime)):
        return value
    return safe_text(value.isoformat() if isinstance(value, dt.datetime) else value)


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The whole file: text and dates quoted and made safe, int and Decimal bare, so that -5 stays a number."""
    out = StringIO()
    write_csv(out, head, rows)
    return out.getvalue()


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """The same as the answer to a request, to be kept under `name`."""
    return kept_as(name, csv_text(head, rows), CSV)


def kept_as(name: str, content: str | bytes, kind: str) -> HttpResponse:
    """A file of this content type, to be kept under `name`, whatever its letters are."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def workbook(sheets: Iterable[tuple[str, Iterable[Sequence[Any]]]]) -> bytes:
    """A workbook of these sheets: (name, rows with their head first). Rows are written as they are read."""
    from openpyxl import Workbook  # noqa: PLC0415 only who wants a workbook loads it

    book = Workbook(write_only=True)
    for name, rows in sheets:
        sheet = book.create_sheet(name[:31])
        for row in rows:
            sheet.append([workbook_cell(cell) for cell in row])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def file_answer(form: str, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A list as a file to be kept: `form` is csv or xlsx, `name` goes without it."""
    if form == "csv":
        return csv_file(f"{name}.csv", head, rows)
    return kept_as(f"{name}.xlsx", workbook([(name, chain([head], rows))]), XLSX)


def write_csv(out: TextIO, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """The same, written row by row."""
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([safe_text(cell) for cell in head])
    for row in rows:
        writer.writerow([cell if _is_number(cell) else safe_text(cell) for cell in row])


def _is_number(cell: Any) -> bool:
    return not isinstance(cell, bool | str) and hasattr(cell, "__int__") and cell is not None
