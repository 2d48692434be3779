"""White space (EXP-04): which products an account has, which it could have, and what like accounts pay for them.

The potential of a product is the median that accounts of the same segment pay for it a year: for a seat, times the seats of this
account, where both are known, else for an account. From fewer than five payers it is a guess, and says so; from none there is no
potential. What does not fit is not offered.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
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

    def column(self, place: int, *, only_earned: bool = True) -> int:
        """The potential of the product at `place`, of the accounts that earned the right, or of all."""
        found = [row.cells[place] for row in self.rows if row.earned or not only_earned]
        return sum(cell.year or 0 for cell in found if cell.state == POTENTIAL)

    @property
    def not_earned(self) -> int:
        """Potential that is not counted until it is earned."""
        return sum(row.potential for row in self.rows if not row.earned)


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
    accounts: Iterable[UUID | Account], products: Sequence[Product] | None = None, as_of: dt.date | None = None
) -> Grid:
    """These accounts against these products, in their order. Two statements for any number, beside rates and products."""
    ids = list(dict.fromkeys(row.pk if isinstance(row, Account) else row for row in accounts))
    columns = tuple(sold_products() if products is None else products)
    if not ids or not columns:
        return Grid(columns, ())
    found = _read(ids, columns, as_of)
    right = earned(ids, as_of)
    rows = []
    for key in ids:
        own = found.get(key, {})
        if own:
            cells = tuple(cell_of(own[product.id]) for product in columns)
            seats = next(iter(own.values()))["seats"]
            rows.append(Row(key, seats, cells, not lifecycle.missing(right.get(key, {}))))
    return Grid(columns, tuple(rows))


def ranked(
    accounts: Iterable[UUID | Account], products: Sequence[Product] | None = None, as_of: dt.date | None = None
) -> Grid:
    """The same, those that earned the right first, then by potential; accounts without any potential left out."""
    whole = grid(accounts, products, as_of)
    rows = sorted(
        (row for row in whole.rows if row.potential), key=lambda row: (not row.earned, -row.potential, row.account_id)
    )
    return Grid(whole.products, tuple(rows))


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
    tenant = Tenant.current()
    factors = rates.factors()
    params = {
        "ids": ids,
        "products": [product.id for product in products],
        "as_of": as_of or tenant.today(),
        "dunning_days": tenant.dunning_days,
        "currencies": list(factors),
        "factors": list(factors.values()),
    }
    found: dict[UUID, dict[UUID, dict[str, Any]]] = {}
    # The prices are those of the whole book, however few accounts are asked for.
    with sqljobs.in_bulk(sqljobs.MANY):
        rows = sqljobs.rows(SQL / "white_space.sql", params, tables={"standing": STANDING})
    for row in rows:
        found.setdefault(row["account_id"], {})[row["product_id"]] = row
    return found
