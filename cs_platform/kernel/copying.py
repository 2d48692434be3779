"""COPY into a temporary table: the fast way in that still passes row-level security (INSERT .. SELECT follows)."""

import re
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from django.db import connection

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _cell(value: Any) -> str:
    if value is None:
        return r"\N"
    if value is True:
        return "t"
    if value is False:
        return "f"
    text = str(value)
    return text.translate(_ESCAPES) if _SPECIAL.search(text) else text


def stage(table: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]], *, more: bool = False) -> None:
    """Create temporary `table` with `columns` (name, SQL type) for this transaction and COPY `rows` into it.

    With `more` the rows are added to a table that was staged before.

    Names come from the code, never from input. COPY FROM straight into a table with row-level security is refused by
    PostgreSQL, so the caller moves the rows with INSERT .. SELECT, which is checked.
    """
    buffer = StringIO()
    for row in rows:
        buffer.write("\t".join(map(_cell, row)))
        buffer.write("\n")
    buffer.seek(0)
    names = ", ".join(name for name, _ in columns)
    with connection.cursor() as cursor:
        if not more:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
            definition = ", ".join(f"{name} {sql_type}" for name, sql_type in columns)
            cursor.execute(f"CREATE TEMPORARY TABLE {table} ({definition}) ON COMMIT DROP")
        cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", buffer)
        if not more:  # rows that are added look like the first ones
            cursor.execute(f"ANALYZE {table}")


def drop(*tables: str) -> None:
    """Forget temporary tables of this transaction, those that there are."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.{table}" for table in tables))


def stage_like(table: str, stored: str) -> None:
    """Create temporary `table`, empty and with the columns of the table `stored`, for this transaction."""
    drop(table)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {table} (LIKE {stored}) ON COMMIT DROP")


def stage_text(table: str, columns: Sequence[tuple[str, str]], text: str) -> None:
    """As `stage`, for rows that stand already as COPY reads them. For small tables that are read whole: no statistics."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DROP TABLE IF EXISTS pg_temp.{table};"
            f"CREATE TEMPORARY TABLE {table} ({', '.join(' '.join(each) for each in columns)}) ON COMMIT DROP"
        )
        cursor.copy_expert(f"COPY {table} ({', '.join(name for name, _ in columns)}) FROM STDIN", StringIO(text))
