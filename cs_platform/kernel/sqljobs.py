"""SQL that lives in .sql files: loaded once, named parameters only, identifiers only from an allow-list."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import connection


@lru_cache
def _text(path: Path) -> str:
    return path.read_text()


# What stands for a mark: the name of a table, or the file of a query that is read like one.
Tables = Mapping[str, str | Path]


def statement(path: Path, tables: Tables | None = None) -> str:
    """The text of a .sql file; `{name}` marks are replaced by `tables`, whose values must be plain identifiers or
    .sql files of the product, each one query."""
    text = _text(path)
    for mark, name in (tables or {}).items():
        if isinstance(name, Path):
            text = text.replace("{" + mark + "}", f"(\n{_text(name)})")
            continue
        if not name.replace("_", "").isalnum():
            raise ValueError(f"{name!r} is not an identifier")
        text = text.replace("{" + mark + "}", name)
    return text


def execute(path: Path, params: Mapping[str, Any] | None = None, *, tables: Tables | None = None) -> int:
    """Run the file and return the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement(path, tables), params or {})
        return max(cursor.rowcount, 0)


def rows(path: Path, params: Mapping[str, Any] | None = None, *, tables: Tables | None = None) -> list[dict[str, Any]]:
    """Run the file and return its rows as dicts in column order."""
    with connection.cursor() as cursor:
        cursor.execute(statement(path, tables), params or {})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


MANY = 200  # rows from which on a statement is work in bulk


@contextmanager
def in_bulk(count: int) -> Iterator[None]:
    """Join `count` rows by hash or by merge when they are many, whatever the statistics say.

    Of a table that has just been filled, or is being filled by this transaction, the planner believes that the tenant has
    one row there, and looks at all of them again for each row that it joins: thousands of events took half a minute.
    """
    if count < MANY:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        # After an error the end of the transaction, or of the savepoint, takes it back.
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
