"""Items of a body on their way to the one door: named, read by `accounts.rows`, written by `accounts.merging`.

A name that is no field is a problem and a field that is only shown is passed over, so that a row may be sent back as it
was read. The same steps take one item and five thousand.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.enums import ChangeSource, ImportKind
from accounts.kinds import KINDS, Problem, Row
from accounts.merging import MergeResult, Origin
from accounts.rows import parse
from cs_platform.api.authentication import key_of
from cs_platform.kernel.errors import request_id
from cs_platform.kernel.tenancy import EntityModel


@dataclass(frozen=True)
class Door:
    """What a resource writes: how its rows are read and merged, and how its own key is called in both."""

    # From the item's number and its cells by column, with or without names of its own.
    read: Callable[..., Row | list[Problem]]
    merge: Callable[[Sequence[Row], Origin], MergeResult]
    model: type[EntityModel]
    # Columns by field of the API, where they differ.
    columns: Mapping[str, str]
    # The key of a row: its columns, and those of the table.
    key: Mapping[str, str]
    # Whether rows count their versions. Those that do not are only added, each change as a row of its own.
    versioned: bool = True

    @classmethod
    def of(cls, kind: ImportKind, model: type[EntityModel], **other: Any) -> Self:
        """The door of a kind that files bring as well. The field that names its rows there is their external id."""
        own = KINDS[kind].key[0]
        usual: dict[str, Any] = {
            "read": partial(parse, kind),
            "merge": KINDS[kind].merge,
            "columns": {"external_id": own},
            "key": {own: "external_id"},
        }
        return cls(model=model, **(usual | other))


@dataclass(frozen=True)
class Outcome:
    """What became of the item at `index`: created, updated, unchanged, or rejected for `problems` (by field)."""

    index: int
    status: str
    id: UUID | None = None
    problems: tuple[Problem, ...] = ()


def actor_of(request: Request) -> str:
    """Who writes, as the audit trail names it: the key, by its name."""
    key = key_of(request)
    return key.name if key else ""


def origin_of(request: Request) -> Origin:
    """The request and its key, as every version and every change remembers them."""
    try:
        ref = UUID(request_id())
    except ValueError:  # a proxy's own id
        ref = None
    return Origin(ChangeSource.API, ref, actor_of(request))


def take(door: Door, items: Sequence[Any], fields: Mapping[str, bool], origin: Origin) -> list[Outcome]:
    """Write what can be written of `items` and say of each what became of it, in their order.

    `fields` are those of the API, with whether they may be written. Rows that stand are locked in the order of their
    ids before they are compared, so that two requests wait for each other instead of blocking each other.
    """
    outcomes: dict[int, Outcome] = {}
    rows: dict[int, Row] = {}
    versions: dict[int, int] = {}
    for index, item in enumerate(items):
        read = _read(door, index, item, fields)
        if not isinstance(read, Row):
            outcomes[index] = _rejected(door, index, read)
            continue
        rows[index] = read
        if isinstance(item.get("version"), int):
            versions[index] = item["version"]
    standing = _lock(door, rows.values()) if door.versioned else {}
    for index, sent in versions.items():
        version = standing.get(_key(door, rows[index]), sent)
        if version != sent:
            sentence = _("This row is at version %(version)s.") % {"version": version}
            outcomes[index] = _rejected(door, index, [Problem("version", str(sent), "stale", sentence)])
            del rows[index]
    result = door.merge(list(rows.values()), origin)
    refused: dict[int, list[Problem]] = {}
    for rejected in result.rejected:
        refused.setdefault(rejected.row, []).append(rejected.problem)
    for index in rows:
        if index in refused:
            outcomes[index] = _rejected(door, index, refused[index])
        else:
            outcomes[index] = Outcome(index, result.outcomes[index], result.ids.get(index))
    return [outcomes[index] for index in range(len(items))]


def _key(door: Door, row: Row) -> tuple[Any, ...]:
    return tuple(row.values[column] for column in door.key)


def _read(door: Door, index: int, item: Any, fields: Mapping[str, bool]) -> Row | list[Problem]:
    if not isinstance(item, Mapping):
        return [Problem("", "", "not_an_object", _("Each item is an object of fields."))]
    problems = [
        Problem(name[:80], "", "unknown_field", _("There is no such field.")) for name in item if name not in fields
    ]
    attributes = item.get("attributes")
    attributes = {} if attributes is None else attributes
    if not isinstance(attributes, Mapping):
        problems.append(Problem("attributes", "", "not_an_object", _("Attributes are an object of names and texts.")))
        attributes = {}
    version = item.get("version")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        problems.append(Problem("version", "", "not_a_whole_number", _("Write a whole number.")))
    cells = {
        door.columns.get(name, name): value
        for name, value in item.items()
        if fields.get(name) and name not in ("attributes", "version")
    }
    read = door.read(index, cells, extra=attributes) if "attributes" in fields else door.read(index, cells)
    return problems + (read if isinstance(read, list) else []) or read


def _lock(door: Door, rows: Iterable[Row]) -> dict[tuple[Any, ...], int]:
    """Lock the rows of the table that share the first part of their key with `rows`; their versions by key."""
    own, column = next(iter(door.key.items()))
    found = door.model.objects.filter(**{f"{column}__in": {row.values[own] for row in rows}}).order_by("id")
    return {
        tuple(key): version for version, *key in found.select_for_update().values_list("version", *door.key.values())
    }


def _rejected(door: Door, index: int, problems: Sequence[Problem]) -> Outcome:
    """The problems under the names that the API's fields have."""
    names = {column: name for name, column in door.columns.items()}
    own = [Problem(names.get(p.column, p.column), p.value, p.code, p.message) for p in problems]
    return Outcome(index, "rejected", None, tuple(own))
