"""Lists that go on after a row, so that a page stays where it was while rows are written.

`row_of` and `rows_after` name that row by its id: for lists in the order of something that never changes. A `Cursor` says
what the row had in the columns of the order as well: for lists in an order that people choose, where the row may have
moved or gone by the time the next page is asked for. Such a list is a `Listing`: its address is its whole state. One that
is a query in the order of columns pages by an `Order`.
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, Self, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan

LONGEST = 400  # characters of a cursor in an address
Row = TypeVar("Row")
Stored = TypeVar("Stored", bound=Model)


def uuid_of(text: str) -> UUID | None:
    """The id that a text of the URL is; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def bigint_of(text: str) -> int:
    """The whole number that a text is; ValueError for anything else and for one that no column holds."""
    number = int(text)
    if abs(number) >= 2**63:
        raise ValueError(text)
    return number


def moment_of(text: str) -> dt.datetime:
    """The moment that a text in ISO 8601 is, in UTC; ValueError for anything else, for one without an offset from UTC, and
    for one that no column holds (an offset of a whole day)."""
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def row_of(rows: QuerySet[Stored], before: str) -> Stored | None:
    """The row of `rows` whose id is `before`; None where there is none."""
    key = uuid_of(before)
    return rows.filter(id=key).first() if key else None


def rows_after(rows: QuerySet[Stored], column: str, last: Stored | None) -> QuerySet[Stored]:
    """The rows that follow `last` in a list that begins with the largest `column` and then the largest id; all for none."""
    if last is None:
        return rows
    value = getattr(last, column)
    return rows.filter(Q(**{f"{column}__lt": value}) | Q(**{column: value, "id__lt": last.pk}))


@dataclass(frozen=True)
class Cursor:
    """The row that a page goes on after, or before: its id, and its values in the columns of the order (None where empty)."""

    id: UUID
    values: tuple[Any, ...]
    backwards: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str], *readers: Callable[[str], Any]) -> Self | None:
        """What `after` or `before` of an address says; None for what nobody's list wrote.

        One reader for each value: it makes the value of its text, ValueError where it is none. Example:
        `after=0198…~120` with the reader `int` goes on after the row 0198… that stood at 120.
        """
        for name, backwards in (("after", False), ("before", True)):
            if text := given.get(name):
                return cls._read(text, readers, backwards)
        return None

    @classmethod
    def _read(cls, text: str, readers: Sequence[Callable[[str], Any]], backwards: bool) -> Self | None:
        key, *said = text.split("~", len(readers))
        row = uuid_of(key)
        if row is None or str(row) != key or len(said) != len(readers) or "\x00" in text or len(text) > LONGEST:
            return None
        try:
            return cls(row, tuple(read(word) for read, word in zip(readers, said, strict=True)), backwards)
        except ValueError:
            return None

    def pair(self) -> tuple[str, str]:
        """Name and value in the address."""
        words = ["" if value is None else str(value) for value in self.values]
        return ("before" if self.backwards else "after", "~".join([str(self.id), *words]))


@dataclass(frozen=True, kw_only=True)
class Listing(ABC):
    """The state of a list as a query string: read leniently, written canonically. What a list adds are its filters: fields
    that hold a text, texts, or whether something is on. A list that can be kept as a view has a field `view`."""

    cursor: Cursor | None = None

    def pairs(self) -> list[tuple[str, str]]:
        """The state as (name, value), canonical: what is as usual is left out, and so is the page; the view comes last."""
        found: list[tuple[str, str]] = []
        for each in sorted(fields(self), key=lambda each: each.name == "view"):
            value = getattr(self, each.name)
            if each.name == "cursor" or value == each.default:
                continue
            many = value if isinstance(value, tuple) else ("1" if value is True else value,)
            found += [(each.name, one) for one in many]
        return found

    @abstractmethod
    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        """Where a row of the list stands: its id and its values in the columns of the order."""

    def text(self, **changes: Any) -> str:
        """The query string of this state with `changes`, on its first page."""
        return urlencode(replace(self, cursor=None, **changes).pairs())

    def address(self) -> str:
        """The query string of exactly this page."""
        return urlencode([*self.pairs(), *([self.cursor.pair()] if self.cursor else [])])

    def at(self, row: Any, *, backwards: bool = False) -> str:
        """The query string of the page after, or before, this row."""
        key, values = self.place(row)
        return replace(self, cursor=Cursor(key, values, backwards)).address()


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list with the query strings of its neighbours; "" where there is none."""

    rows: list[Row]
    previous: str
    following: str

    def turns(self, path: str) -> dict[str, str]:
        """The addresses of the neighbours as the foot of a list has them (components/foot.html)."""
        both = {"previous_url": self.previous, "next_url": self.following}
        return {name: f"{path}?{text}" if text else "" for name, text in both.items()}


def rows_from(
    rows: QuerySet[Stored], order: Sequence[str], cursor: Cursor | None, *, descending: bool = False
) -> QuerySet[Stored]:
    """The rows by these columns and then the id, all ascending or all descending, from the cursor on; back from it, the
    nearest first, where it goes backwards. None of the columns may be empty."""
    columns = (*order, "id")
    down = descending != bool(cursor and cursor.backwards)
    if cursor is not None:
        passed = TupleLessThan if down else TupleGreaterThan
        rows = rows.filter(passed(tuple(F(name) for name in columns), (*cursor.values, cursor.id)))
    return rows.order_by(*(f"-{name}" if down else name for name in columns))


def cut_page(found: Sequence[Row], size: int, listing: Listing) -> Page[Row]:
    """The page among what was read at the listing's cursor: up to `size` + 1 rows, the nearest to the cursor first. Rows with
    equal values are neither shown twice nor left out, as long as the order ends with the id."""
    cursor, more, rows = listing.cursor, len(found) > size, list(found[:size])
    backwards = cursor is not None and cursor.backwards
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (cursor is not None, more)
    return Page(
        rows,
        previous=listing.at(rows[0], backwards=True) if rows and has_previous else "",
        following=listing.at(rows[-1]) if rows and has_next else "",
    )


@dataclass(frozen=True)
class Order:
    """How a list is ordered: by columns, none of which may be empty, each with what reads it from an address; then by the
    id. All of them ascend, or all descend."""

    columns: Mapping[str, Callable[[str], Any]]
    descending: bool = False

    def cursor(self, given: Mapping[str, str]) -> Cursor | None:
        """Where the page that an address asks for begins."""
        return Cursor.of(given, *self.columns.values())

    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        """Where a row stands (`Listing.place`)."""
        return row.id, tuple(getattr(row, name) for name in self.columns)

    def page(self, rows: QuerySet[Stored], listing: Listing, size: int) -> Page[Stored]:
        """The page of these rows at the listing's cursor. Where nothing is before it, or nothing is left of it, that is the
        first page, whole. One query, two in that case."""
        found = rows_from(rows, tuple(self.columns), listing.cursor, descending=self.descending)
        shown = cut_page(list(found[: size + 1]), size, listing)
        if listing.cursor and not shown.previous:
            return self.page(rows, replace(listing, cursor=None), size)
        return shown


LATEST_FIRST = Order({"at": moment_of}, descending=True)


@dataclass(frozen=True, kw_only=True)
class Latest(Listing):
    """A list without filters of rows that have a moment `at`, the latest first."""

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> Self:
        return cls(cursor=LATEST_FIRST.cursor(given))

    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        return LATEST_FIRST.place(row)

    def page_of(self, rows: QuerySet[Stored], size: int) -> Page[Stored]:
        """The page of these rows at the cursor."""
        return LATEST_FIRST.page(rows, self, size)
