"""CSV files as they stream in: plain or gzip, comma, semicolon or tab, UTF-8. Memory is that of one line.

What cannot be read as such a file is refused as a whole, with the line; what is wrong inside a row is the row's matter.
"""

import csv
import gzip
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from cs_platform.kernel import sheets
from cs_platform.kernel.errors import DomainError

MOST_COLUMNS = 200
LONGEST_NAME = 200
LONGEST_LINE = 1_000_000
MOST_TEXT = 2 * 2**30  # characters; a small gzip file can hold any number of them


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


class CsvFile:
    """The columns of a file, and its records once. DomainError as soon as it turns out not to be a CSV file."""

    columns: list[str]

    def __init__(self, source: BinaryIO) -> None:
        self._hashed = _Hashed(source)
        self._line = 0
        with self._explained():
            lines = self._lines()
            first = next(lines, "")
            if "\x00" in first:
                raise DomainError(_("The file is not text. Save it as CSV UTF-8."), code="encoding")
            delimiter = max(",;\t", key=first.count)
            self._reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
            self.columns = _columns(next(self._reader, []))

    @property
    def sha256(self) -> str:
        """Of the file as it was sent, once all records are read."""
        return self._hashed.digest.hexdigest()

    def records(self) -> Iterator[list[str]]:
        """The records below the first line; empty ones, as spreadsheets leave them at the end, are no records."""
        with self._explained():
            for record in self._reader:
                if any(record):
                    yield record

    def _lines(self) -> Iterator[str]:
        buffered = io.BufferedReader(self._hashed)
        begin = buffered.peek(2)[:2]
        if begin == b"PK":
            raise DomainError(_("This is a workbook or an archive. Save the sheet as CSV UTF-8."), code="encoding")
        plain: Any = gzip.GzipFile(fileobj=buffered) if begin == b"\x1f\x8b" else buffered
        text = io.TextIOWrapper(plain, encoding="utf-8-sig", newline="")
        size = 0
        while line := text.readline(LONGEST_LINE + 1):
            self._line += 1
            size += len(line)
            if len(line) > LONGEST_LINE or size > MOST_TEXT:
                sentence = _("Line %(line)s is too long, or the file is too large, to be read.") % {"line": self._line}
                raise DomainError(sentence, code="too_long")
            yield line

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError as error:
            sentence = _("The file is not UTF-8 text at line %(line)s. Save it as CSV UTF-8.") % {
                "line": self._line + 1
            }
            raise DomainError(sentence, code="encoding") from error
        except csv.Error as error:
            sentence = _("A quotation mark is open or a cell is too long at line %(line)s.") % {"line": self._line}
            raise DomainError(sentence, code="quotes") from error
        except (EOFError, OSError, zlib.error) as error:
            sentence = _("The compressed file is damaged after line %(line)s.") % {"line": self._line}
            raise DomainError(sentence, code="damaged") from error


def _columns(record: Sequence[str]) -> list[str]:
    columns = [name.strip() for name in record]
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        raise DomainError(_("The file is empty: its first line must name the columns."), code="empty")
    for place, name in enumerate(columns, start=1):
        if not name:
            raise DomainError(_("Column %(place)s has no name in the first line.") % {"place": place}, code="columns")
        if len(name) > LONGEST_NAME or not name.isprintable():
            sentence = _("The name of column %(place)s is too long or not printable.") % {"place": place}
            raise DomainError(sentence, code="columns")
    double = [name for name, count in Counter(columns).items() if count > 1]
    if double:
        sentence = _("The column %(name)s stands twice in the first line.") % {"name": double[0]}
        raise DomainError(sentence, code="columns")
    if len(columns) > MOST_COLUMNS:
        raise DomainError(_("At most %(most)s columns can be read.") % {"most": MOST_COLUMNS}, code="columns")
    return columns


def packed(records: Sequence[Sequence[str]]) -> bytes:
    """Records as compressed CSV, the way pieces are kept."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(records)
    return gzip.compress(buffer.getvalue().encode(), compresslevel=3)


def unpacked(content: bytes | memoryview) -> list[list[str]]:
    """What `packed` was given."""
    return list(csv.reader(io.StringIO(gzip.decompress(content).decode(), newline="")))


def own_text(cell: str) -> str:
    """A cell as it was before an export made it safe for spreadsheets. Example: `'=1+1` gives `=1+1`."""
    return cell[1:] if cell.startswith("'") and sheets.safe_text(cell[1:]) == cell else cell
