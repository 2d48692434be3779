"""Keyset paging: stable while rows are written, and as fast on the last page as on the first (PERFORMANCE)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from django.core.exceptions import ValidationError as FieldError
from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param


def page_of(
    request: Request, rows: QuerySet, *, order: tuple[str, ...], limit: int, cursor: str = ""
) -> tuple[list[Any], str | None]:
    """`limit` rows of `rows` after `cursor` in ascending `order` (whose last column is unique), and the next URL.

    A row that changes while pages are read moves behind them and is met again: a reader may see a row twice and
    misses none. ValidationError when the cursor is not one of ours.
    """
    rows = rows.order_by(*order)
    if cursor:
        # One comparison of tuples, which the index of the same columns serves; OR of two would scan.
        rows = rows.filter(TupleGreaterThan(tuple(F(name) for name in order), _decode(cursor, rows, order)))
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return found, None
    found = found[:limit]
    url = request.build_absolute_uri()
    return found, replace_query_param(url, "cursor", _encode(found[-1], order))


def _encode(row: Any, order: tuple[str, ...]) -> str:
    values = json.dumps([str(getattr(row, name)) for name in order], separators=(",", ":"))
    return urlsafe_b64encode(values.encode()).decode().rstrip("=")


def _decode(cursor: str, rows: QuerySet, order: tuple[str, ...]) -> tuple[Any, ...]:
    try:
        values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        fields = [rows.model._meta.get_field(name) for name in order]
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise ValueError(cursor)
        return tuple(field.to_python(value) for field, value in zip(fields, values, strict=True))
    except (ValueError, FieldError, RecursionError) as error:
        raise ValidationError({"cursor": [_("This cursor was not made by this API.")]}) from error
