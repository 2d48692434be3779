"""White space (EXP-04): which products an account has, which it could have, and what like accounts pay for them.

The potential of a product is the median that accounts of the same segment pay for it a year: for a seat, times the seats of this
account, where both are known, else for an account. From fewer than five payers it is a guess, and says so; from none there is no
potential. What does not fit is not offered.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count

from accounts import rates
from accounts.models import Account, Product, Subscription, Tenant
from accounts.selectors import STANDING
from cs_platform.kernel import sqljobs
from cs_platform.kernel.money import whole_minor
from expansion import lifecycle
from expansion.checks import SQL, earned

GRID = SQL / "white_space.sql"
FEW = 5  # payers from which on a median is no guess
MOST = 12  # products side by side
OWNED, POTENTIAL, NO_FIT, UNKNOWN = "owned", "potential", "no_fit", "unknown"


@dataclass(frozen=True)
class Cell:
    """A product of an account. `year` is what it pays, or could pay; `payers` how many like accounts say so, `per_seat` whether by
    the seat; `few` when they are fewer than five."""

    state: str
    year: int | None = None
    payers: int = 0
    per_seat: bool = False
    reason: str = ""

    @property
    def few(self) -> bool:
        return self.state == POTENTIAL and self.payers < FEW


@dataclass(frozen=True)
class Row:
    """An account with its cells in the order of the products."""

    account_id: UUID
    seats: int | None
    cells: tuple[Cell, ...]
    earned: bool

    @property
    def potential(self) -> int:
        """All that it could pay more a year."""
        return sum(cell.year or 0 for cell in self.cells if cell.state == POTENTIAL)


@dataclass(frozen=True)
class Grid:
    """Accounts against products."""

    products: tuple[Product, ...]
    rows: tuple[Row, ...]


def sold_products(limit: int = MOST) -> list[Product]:
    """The products that most contracts are about, in that order; those that nobody has come last. Two queries."""
    counted = dict(
        Subscription.objects.filter(voided=False, product__isnull=False)
        .order_by()
        .values_list("product_id")
        .annotate(n=Count("account_id", distinct=True))
    )
    return sorted(Product.objects.all(), key=lambda product: (-counted.get(product.id, 0), product.name, product.id))[
        :limit
    ]


def grid(
    accounts: Iterable[UUID | Account],
    products: Sequence[Product] | None = None,
    as_of: dt.date | None = None,
    right: Collection[UUID] | None = None,
) -> Grid:
    """These accounts against these products, in their order. Two statements for any number, beside rates and products; one
    where it is told which of them earned the `right`."""
    ids = list(dict.fromkeys(row.pk if isinstance(row, Account) else row for row in accounts))
    columns = tuple(sold_products() if products is None else products)
    if not ids or not columns:
        return Grid(columns, ())
    found = _read(ids, columns, as_of)
    if right is None:
        right = {key for key, said in earned(ids, as_of).items() if not lifecycle.missing(said)}
    rows = []
    for key in ids:
        own = found.get(key, {})
        if own:
            cells = tuple(cell_of(own[product.id]) for product in columns)
            seats = next(iter(own.values()))["seats"]
            rows.append(Row(key, seats, cells, key in right))
    return Grid(columns, tuple(rows))


def potential(
    ids: Sequence[UUID], products: Sequence[Product], *, earned: Collection[UUID], as_of: dt.date | None = None
) -> list[dict[str, Any]]:
    """The rows of potential.sql: what these accounts could pay more a year, by account, by product, and by product of each
    segment; `earned` are those that earned the right. One statement beside rates, for any number of accounts."""
    if not ids or not products:
        return []
    params = _asked(list(ids), products, as_of) | {"earned": list(earned)}
    with sqljobs.in_bulk(sqljobs.MANY):
        return sqljobs.rows(SQL / "potential.sql", params, tables={"grid": GRID, "standing": STANDING})


def cell_of(row: Mapping[str, Any]) -> Cell:
    """How a product stands with an account, from a row of white_space.sql.

    Example: like accounts pay 60.00, 80.00 and 90.00 a seat and year, this one has 100 seats: 8,000.00, by three payers (few).
    Without its seats: the median of what those accounts pay.
    """
    if row["owned"] is not None:
        return Cell(OWNED, int(row["owned"]))
    if row["no_fit"]:
        return Cell(NO_FIT, reason=row["reason"])
    if row["seats"] and row["seat"] is not None:
        return Cell(POTENTIAL, whole_minor(Decimal(row["seat"]) * row["seats"]), row["seated"], per_seat=True)
    if row["price"] is not None:
        return Cell(POTENTIAL, whole_minor(Decimal(row["price"])), row["payers"])
    return Cell(UNKNOWN)


def unused_features(
    accounts: Iterable[UUID | Account], as_of: dt.date | None = None
) -> dict[UUID, list[tuple[str, bool]]]:
    """The advanced features that each account could use, by name, with whether anybody there did within 90 days. One statement."""
    ids = sorted({row.pk if isinstance(row, Account) else row for row in accounts})
    day = as_of or Tenant.current().today()
    found: dict[UUID, list[tuple[str, bool]]] = {}
    for row in sqljobs.rows(SQL / "unused.sql", {"ids": ids, "as_of": day}):
        found.setdefault(row["account_id"], []).append((row["name"], row["used"]))
    return found


def _read(
    ids: list[UUID], products: Sequence[Product], as_of: dt.date | None
) -> dict[UUID, dict[UUID, dict[str, Any]]]:
    found: dict[UUID, dict[UUID, dict[str, Any]]] = {}
    # The prices are those of the whole book, however few accounts are asked for.
    with sqljobs.in_bulk(sqljobs.MANY):
        rows = sqljobs.rows(GRID, _asked(ids, products, as_of), tables={"standing": STANDING})
    for row in rows:
        found.setdefault(row["account_id"], {})[row["product_id"]] = row
    return found


def _asked(ids: list[UUID], products: Sequence[Product], as_of: dt.date | None) -> dict[str, Any]:
    """What white_space.sql is told."""
    tenant = Tenant.current()
    factors = rates.factors()
    return {
        "ids": ids,
        "products": [product.id for product in products],
        "as_of": as_of or tenant.today(),
        "dunning_days": tenant.dunning_days,
        "currencies": list(factors),
        "factors": list(factors.values()),
    }
