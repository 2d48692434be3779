"""Lists that go on after a row: the row is named by its id, so that a page stays where it was while rows are written."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


def uuid_of(text: str) -> UUID | None:
    """The id that a text of the URL is; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def row_of(rows: QuerySet[Row], before: str) -> Row | None:
    """The row of `rows` whose id is `before`; None where there is none."""
    key = uuid_of(before)
    return rows.filter(id=key).first() if key else None


def rows_after(rows: QuerySet[Row], column: str, last: Row | None) -> QuerySet[Row]:
    """The rows that follow `last` in a list that begins with the largest `column` and then the largest id; all for none."""
    if last is None:
        return rows
    value = getattr(last, column)
    return rows.filter(Q(**{f"{column}__lt": value}) | Q(**{column: value, "id__lt": last.pk}))
