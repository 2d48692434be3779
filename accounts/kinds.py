"""What kinds of rows come in, and what one row is: the registry that files, API and forms read (CONTRACTS 1).

Each floor registers its own kinds when it is ready; imports, pages and samples know them by this registry alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from django.utils.functional import Promise


class DateStyle(Enum):
    """How a file writes dates."""

    ISO = "iso"
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


@dataclass(frozen=True)
class Problem:
    """Why a row is refused: the column, what stood there, a code for programs and a sentence for people."""

    column: str
    value: str
    code: str
    message: str


@dataclass(frozen=True)
class Row:
    """One checked row: its number in the file, the values by field, the fields that were given."""

    number: int
    values: Mapping[str, Any]
    given: frozenset[str]
    extra: Mapping[str, str] = field(default_factory=dict)


Reader = Callable[[Any, DateStyle], Any]


def _no_more(values: dict[str, Any]) -> list[Problem]:
    return []


@dataclass(frozen=True)
class Kind:
    """One kind of rows: how its cells are read, what makes a row the same as another, where it goes.

    `check(values)` judges the read cells together and may add derived values; `merge(rows, origin)` is its one door to
    the tables. `key` names the fields that rows of the same thing share; such rows with other content are refused with
    the sentence `repeated` (which names the earlier row as %(first)s), unless the content differs in fields of
    `further` only. Without that sentence each row is a fact of its own, and the merge alone judges repetitions.
    """

    name: str
    title: Promise
    fields: Mapping[str, Reader]
    required: tuple[str, ...]
    key: tuple[str, ...]
    merge: Callable[..., Any]
    labels: Mapping[str, Promise]
    check: Callable[[dict[str, Any]], list[Problem]] = _no_more
    repeated: Promise | None = None
    further: frozenset[str] = frozenset()
    # The field with the first day of a period, for things that have several: the merge is told which do.
    period: str = ""
    # Whether unknown columns are kept as attributes of the row; otherwise a warning names them.
    open: bool = False
    # Whether rows that say the same are each a fact: the merge is told how many of the file stood before each (`earlier`).
    counted: bool = False
    # The field with the name of something of which several rows tell: the latest of them speaks for it, and the merge is
    # told which rows are `overtaken`.
    latest: str = ""
    # Whether rows may be kept for later (an account that does not exist yet).
    quarantines: bool = False
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    samples: Path = Path(__file__).parent / "data" / "samples"
    # Name of the page that shows what became of such an import, by its id; without one its result leads to the accounts.
    leads_to: str = ""

    @classmethod
    def of(cls, name: str, title: Promise, rows: ModuleType, **more: Any) -> Self:
        """A kind whose columns, their names and their check stand in the module `rows`."""
        return cls(
            name=str(name),
            title=title,
            fields=rows.FIELDS,
            required=rows.REQUIRED,
            labels=rows.LABELS,
            synonyms=rows.SYNONYMS,
            check=rows.check,
            **more,
        )

    @property
    def sample(self) -> Path:
        """A small file of this kind to begin from."""
        return self.samples / f"{self.name}.csv"


KINDS: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Take these kinds into the registry, called when a floor is ready; twice is as good as once."""
    KINDS.update({kind.name: kind for kind in kinds})
