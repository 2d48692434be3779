"""The white space as a list of accounts (EXP-04): filters as a query string, those that earned the right first, then by potential.

The order is that of sums over the whole book: the statement adds them up, and a page of them is cut here and looked at in full.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.enums import Status
from accounts.models import Account, Member, Product
from cs_platform.kernel.asked import known_of, one_line
from cs_platform.kernel.keyset import Cursor, Listing, Page, bigint_of, cut_page
from expansion import lifecycle, white_space
from expansion.checks import earned
from expansion.owned import MOST, owned, owners_of

PAGE_SIZE = 25
EARNED, HELD = "earned", "held"
RIGHTS = {EARNED: _("Earned"), HELD: _("Not earned yet")}
ACCOUNTS, SEGMENTS, FEATURES = "accounts", "segments", "features"
ROWS = {ACCOUNTS: _("Accounts"), SEGMENTS: _("Segments"), FEATURES: _("Features")}


@dataclass(frozen=True)
class WhiteSpaceQuery(Listing):
    """The state of the page. `rows` is what stands below each other: accounts against products, segments against products, or
    accounts against advanced features."""

    rows: str = ACCOUNTS
    q: str = ""
    segment: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    right: tuple[str, ...] = ()

    @classmethod
    def parse(cls, given: Any) -> Self:
        """Read a QueryDict. What is not known or not possible is left out."""
        rows = given.get("rows", "")
        return cls(
            rows=rows if rows in ROWS else ACCOUNTS,
            q=one_line(given.get("q", ""), 100),
            segment=known_of(one_line(value, 200) for value in given.getlist("segment")[:MOST]),
            owner=owners_of(given.getlist("owner")),
            right=known_of(given.getlist("right"), RIGHTS),
            cursor=Cursor.of(given, bigint_of, bigint_of),
        )

    @property
    def filtered(self) -> bool:
        return bool(self.q or self.segment or self.owner or self.right)

    def accounts(self, member: Member) -> QuerySet[Account]:
        """The live customers of the filters that this member sees, `right` apart: the checks say that."""
        found = Account.objects.visible_to(member).filter(status=Status.LIVE, merged_into=None)
        if self.segment:
            found = found.filter(segment__name__in=self.segment)
        return found.filter(owned(self.owner, member)).named_like(self.q).order_by()

    def place(self, row: "Ranked") -> tuple[UUID, tuple[Any, ...]]:
        return row.account_id, row.key[:2]


@dataclass(frozen=True)
class Ranked:
    """An account of the book with all that it could pay more a year."""

    account_id: UUID
    earned: bool
    year: int

    @property
    def key(self) -> tuple[int, int, UUID]:
        """Where it stands: the earned first, then the most potential."""
        return int(not self.earned), -self.year, self.account_id


@dataclass(frozen=True)
class Potential:
    """Money a year: of all that ask for it, and the part of those that earned the right."""

    year: int = 0
    earned: int = 0


@dataclass(frozen=True)
class Book:
    """The potential of the accounts of the filters: each in its order, and the sums by product, also of each segment."""

    ranked: Sequence[Ranked]
    by_product: Mapping[UUID, Potential]
    by_segment: Mapping[UUID | None, Mapping[UUID, Potential]]

    @property
    def whole(self) -> Potential:
        return Potential(
            sum(each.year for each in self.by_product.values()), sum(each.earned for each in self.by_product.values())
        )


def read_book(query: WhiteSpaceQuery, member: Member, products: Sequence[Product]) -> Book:
    """The whole book of the filters, in its order. Four statements, however many accounts there are, beside rates and names."""
    ids = list(query.accounts(member).values_list("id", flat=True))
    right = {key for key, said in earned(ids).items() if not lifecycle.missing(said)}
    if len(query.right) == 1:
        ids = [key for key in ids if (key in right) == (query.right[0] == EARNED)]
    return _summed(ids, right, products)


def _summed(ids: Sequence[UUID], right: Collection[UUID], products: Sequence[Product]) -> Book:
    year = dict.fromkeys(ids, 0)  # an account that has everything stands last, with nothing
    by_product: dict[UUID, Potential] = {}
    by_segment: dict[UUID | None, dict[UUID, Potential]] = {}
    for row in white_space.potential(ids, products, earned=right):
        found = Potential(row["year"], row["earned"])
        if row["level"] == "account":
            year[row["account_id"]] = found.year
        elif row["level"] == "product":
            by_product[row["product_id"]] = found
        else:
            by_segment.setdefault(row["segment_id"], {})[row["product_id"]] = found
    ranked = sorted((Ranked(key, key in right, money) for key, money in year.items()), key=lambda each: each.key)
    return Book(ranked, by_product, by_segment)


def page_of(book: Book, query: WhiteSpaceQuery, size: int = PAGE_SIZE) -> Page[Ranked]:
    """The page of the book at the query's cursor; where nothing is left of it, the first."""
    cursor, rows = query.cursor, list(book.ranked)
    if cursor is None:
        return cut_page(rows[: size + 1], size, query)
    keys, at = [each.key for each in rows], (*cursor.values, cursor.id)
    if cursor.backwards:
        upto = bisect_left(keys, at)
        found = rows[max(upto - size - 1, 0) : upto][::-1]
    else:
        found = rows[bisect_right(keys, at) :][: size + 1]
    if not found:
        return page_of(book, replace(query, cursor=None), size) if rows else cut_page([], size, query)
    return cut_page(found, size, query)
