"""The accounts list as a query string: filters, order, columns, keyset pages; read leniently, written canonically.

The URL keeps the whole state. Whatever it holds, it never breaks: what is not known is left out.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accounts.enums import HealthBand, Source, Status, Tier
from accounts.models import Account, Member, Segment, Team, in_care_of
from cs_platform.kernel.asked import known_of, one_line
from cs_platform.kernel.keyset import Cursor, Listing, Page, bigint_of, cut_page, uuid_of
from cs_platform.kernel.periods import add_months, parse_month

PAGE_SIZE = 50
MAX_VALUES = 40
RENEWAL_DAYS = (30, 60, 90, 180, 365)


@dataclass(frozen=True)
class Filter:
    """One filter of the list: its name in the URL, its label, the values it takes and what they mean."""

    name: str
    label: Any
    condition: Callable[[tuple[str, ...], Member, dt.date], Q]
    valid: Callable[[str], bool] = lambda value: True
    # A value in words, where it is none of those that the panel offers.
    say: Callable[[str], Any] | None = None


def _is_owner(value: str) -> bool:
    return value in {"me", "none"} or uuid_of(value) is not None


def _owned(values: tuple[str, ...], member: Member, today: dt.date) -> Q:
    """Of these members; "me" means the books as well for which the reader stands in today (ROL-02)."""
    found = Q(owner__in=ids) if (ids := [uuid_of(value) for value in values if value not in ("me", "none")]) else Q()
    if "me" in values:
        found |= in_care_of(member)
    return found | Q(owner=None) if "none" in values else found


def _is_renewal(value: str) -> bool:
    return bool(renewal_span(value, dt.date(2000, 1, 1)))


def renewal_span(value: str, today: dt.date) -> tuple[dt.date, dt.date] | None:
    """First day and the day after the last that `value` means: a number of days from today, or a month YYYY-MM."""
    if value.isascii() and value.isdigit() and 1 <= int(value[:5]) <= 3660 and len(value) <= 4:
        return today, today + dt.timedelta(days=int(value) + 1)
    try:
        month = parse_month(value)
        return month, add_months(month, 1)
    except ValueError:
        return None


def _renewing(values: tuple[str, ...], member: Member, today: dt.date) -> Q:
    found = Q(pk__in=[])
    for value in values:
        if span := renewal_span(value, today):
            found |= Q(renews_on__gte=span[0], renews_on__lt=span[1])
    return found


def quarter_span(value: str) -> tuple[dt.date, dt.date] | None:
    """First day of a quarter and of the next. Example: 2025-Q4 gives 2025-10-01 and 2026-01-01."""
    found = re.fullmatch(r"([12]\d{3})-Q([1-4])", value)
    if not found:
        return None
    first = dt.date(int(found[1]), int(found[2]) * 3 - 2, 1)
    return first, add_months(first, 3)


def _joined(values: tuple[str, ...], member: Member, today: dt.date) -> Q:
    found = Q(pk__in=[])
    for value in values:
        if span := quarter_span(value):
            found |= Q(customer_since__gte=span[0], customer_since__lt=span[1])
    return found


def _team_name(value: str) -> str:
    return Team.objects.filter(id=value).values_list("name", flat=True).first() or str(_("unknown"))


def _one_of(column: str) -> Callable[[tuple[str, ...], Member, dt.date], Q]:
    return lambda values, member, today: Q(**{f"{column}__in": values})


# What a list can be filtered by; floors above add their own.
FILTERS: dict[str, Filter] = {
    entry.name: entry
    for entry in (
        Filter("q", _("Name"), lambda values, member, today: Q(name_key__contains=values[0].lower())),
        Filter("health", _("Health"), _one_of("health_band"), lambda value: value in HealthBand.values),
        Filter("segment", _("Segment"), _one_of("segment__name")),
        Filter("owner", _("Owner"), _owned, _is_owner),
        Filter("team", _("Team"), _one_of("owner__team_id"), lambda value: uuid_of(value) is not None, _team_name),
        Filter("status", _("Status"), _one_of("status"), lambda value: value in Status.values),
        Filter("industry", _("Industry"), _one_of("industry")),
        Filter("source", _("Source"), _one_of("source"), lambda value: value in Source.values),
        Filter("tier", _("Touch tier"), _one_of("tier"), lambda value: value in Tier.values),
        Filter("renews", _("Renews"), _renewing, _is_renewal),
        Filter("since", _("Customer since"), _joined, lambda value: bool(quarter_span(value))),
    )
}


@dataclass(frozen=True)
class Sort:
    """An order of the list. `descending` is the direction in which it is useful and in which an index serves it."""

    label: Any
    column: str
    read: Callable[[str], Any]
    descending: bool = False
    nullable: bool = False

    def value(self, text: str) -> Any:
        """What a row had in the column, of its text in a cursor; ValueError where it is none."""
        return None if self.nullable and not text else self.read(text)


def _score(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 100:  # neither infinite nor no number at all
        raise ValueError(text)
    return number


SORTS: dict[str, Sort] = {
    "health": Sort(_("health, the lowest score first"), "health_score", _score, nullable=True),
    "name": Sort(_("name"), "name_key", str),
    "arr": Sort(_("ARR"), "mrr_minor", bigint_of, descending=True),
    "renews": Sort(_("renewal date"), "renews_on", dt.date.fromisoformat, nullable=True),
    "since": Sort(_("customer since"), "customer_since", dt.date.fromisoformat, descending=True, nullable=True),
}
DEFAULT_SORT = "arr"
# Columns beside the name, in their order; the first group is shown unless the URL says otherwise.
COLUMNS = {
    "health": _("Health"),
    "score": _("Score"),
    "change": _("7 days"),
    "status": _("Status"),
    "arr": _("ARR"),
    "renews": _("Renews"),
    "owner": _("Owner"),
    "industry": _("Industry"),
    "source": _("Source"),
    "tier": _("Touch tier"),
    "since": _("Customer since"),
    "mrr": _("MRR"),
    "region": _("Region"),
    "employees": _("Employees"),
    "domain": _("Domain"),
    "signed": _("Signed on"),
    "external": _("External id"),
}
DEFAULT_COLUMNS = ("health", "score", "change", "status", "arr", "renews", "owner", "industry", "tier", "since")


@dataclass(frozen=True)
class ListQuery(Listing):
    """The state of the list. `filters` holds only known, valid values; `view` is the saved view it started from."""

    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = DEFAULT_SORT
    reverse: bool = False
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    view: str = ""

    @classmethod
    def parse(cls, params: Any) -> Self:
        """Read a QueryDict. Unknown names and impossible values are left out."""
        filters = {}
        for name, entry in FILTERS.items():
            said = known_of(one_line(value, 200) for value in params.getlist(name))[:MAX_VALUES]
            values = tuple(value for value in said if entry.valid(value))
            if values:
                filters[name] = values[:1] if name == "q" else values
        wish = params.get("sort", "")
        sort = wish.removeprefix("-")
        if sort not in SORTS:
            wish, sort = f"-{DEFAULT_SORT}", DEFAULT_SORT
        columns = tuple(name for name in COLUMNS if name in params.getlist("col"))
        return cls(
            filters=filters,
            sort=sort,
            reverse=wish.startswith("-") != SORTS[sort].descending,
            columns=columns or DEFAULT_COLUMNS,
            view=one_line(params.get("view", ""), 36),
            cursor=Cursor.of(params, SORTS[sort].value),
        )

    @property
    def descending(self) -> bool:
        return SORTS[self.sort].descending != self.reverse

    def pairs(self) -> list[tuple[str, str]]:
        pairs = [(name, value) for name in FILTERS for value in self.filters.get(name, ())]
        if self.sort != DEFAULT_SORT or self.reverse:
            pairs.append(("sort", f"-{self.sort}" if self.descending else self.sort))
        if self.columns != DEFAULT_COLUMNS:
            pairs += [("col", name) for name in self.columns]
        if self.view:
            pairs.append(("view", self.view))
        return pairs

    def place(self, row: Account) -> tuple[UUID, tuple[Any, ...]]:
        return row.id, (getattr(row, SORTS[self.sort].column),)

    def without(self, name: str) -> str:
        """The query string when this filter is taken off."""
        return self.text(filters={key: values for key, values in self.filters.items() if key != name})

    def sorted_by(self, name: str) -> str:
        """The query string when the head of column `name` is pressed: the useful direction first, then the other."""
        return self.text(sort=name, reverse=not self.reverse if name == self.sort else False)

    def condition(self, member: Member, today: dt.date, *, leave_out: str = "") -> Q:
        """What the filters say, all of them or all but one."""
        found = Q()
        for name, values in self.filters.items():
            if name != leave_out:
                found &= FILTERS[name].condition(values, member, today)
        return found

    def rows(self, book: QuerySet[Account], member: Member, today: dt.date) -> QuerySet[Account]:
        """The rows of the book that the filters leave; names are asked of their index, in a query of its own (D3)."""
        found: Any = book.filter(self.condition(member, today, leave_out="q"))
        return found.named_like(self.filters["q"][0]) if "q" in self.filters else found


@dataclass(frozen=True)
class Totals:
    """Counts of the whole book and of what the filters leave; `views` gives a count for each saved view asked about."""

    book: int
    book_mrr: int
    found: int
    found_mrr: int
    critical: int
    at_risk: int
    views: dict[str, int]


def ordering(query: ListQuery, *, backwards: bool = False) -> list[Any]:
    """ORDER BY of the list: the column, empty ones last, then the id, whose direction follows the index."""
    sort = SORTS[query.sort]
    down = query.descending != backwards
    empty = ({"nulls_first": True} if backwards else {"nulls_last": True}) if sort.nullable else {}
    column = F(sort.column)
    return [column.desc(**empty) if down else column.asc(**empty), _id_order(query, backwards)]


def _id_order(query: ListQuery, backwards: bool) -> str:
    return "-id" if query.reverse != backwards else "id"


def stretches(rows: QuerySet[Account], query: ListQuery) -> list[QuerySet[Account]]:
    """The rows from the cursor on (or back from it), as one or two ordered stretches of which the second follows.

    Rows with a value and rows without are asked for apart: each is a range of the index, both in one are not.
    """
    sort, cursor = SORTS[query.sort], query.cursor
    backwards = bool(cursor and cursor.backwards)
    down, order = query.descending != backwards, _id_order(query, backwards)
    known = rows.order_by(f"{'-' if down else ''}{sort.column}", order)
    empty = rows.none()
    if sort.nullable:
        known = known.filter(**{f"{sort.column}__isnull": False})
        empty = rows.filter(**{f"{sort.column}__isnull": True}).order_by(order)
    if cursor is not None:
        later_id = Q(id__lt=cursor.id) if order == "-id" else Q(id__gt=cursor.id)
        (value,) = cursor.values
        if value is None:
            beyond = empty.filter(later_id)
            return [beyond, known] if backwards else [beyond]
        # The first half alone is a range of the index; the second cuts the rows that share the value.
        within = Q(**{f"{sort.column}__{'lte' if down else 'gte'}": value})
        passed = Q(**{f"{sort.column}__{'lt' if down else 'gt'}": value}) | later_id
        known = known.filter(within & passed)
        if backwards:
            return [known]
    return [known, empty]


def read_page(rows: QuerySet[Account], query: ListQuery, size: int = PAGE_SIZE) -> Page[Account]:
    """The page at the query's cursor."""
    found: list[Account] = []
    for stretch in stretches(rows, query):
        if len(found) <= size:
            found += stretch[: size + 1 - len(found)]
    return cut_page(found, size, query)


def totals(
    book: QuerySet[Account], query: ListQuery, views: Mapping[str, ListQuery], member: Member, today: dt.date
) -> Totals:
    """Counts and MRR of the book and of the filtered set, and a count for each view, in one pass over the book."""
    condition = query.condition(member, today)
    asked: dict[str, Any] = {
        "book": Count("pk"),
        "book_mrr": Sum("mrr_minor", default=0),
        "found": Count("pk", filter=condition) if condition else Count("pk"),
        "found_mrr": Sum("mrr_minor", filter=condition, default=0) if condition else Sum("mrr_minor", default=0),
    }
    for alias, band in (("critical", HealthBand.RED), ("at_risk", HealthBand.YELLOW)):
        asked[alias] = Count("pk", filter=condition & Q(health_band=band))
    names = {f"view_{number}": key for number, key in enumerate(views)}
    for alias, key in names.items():
        rule = views[key].condition(member, today)
        asked[alias] = Count("pk", filter=rule) if rule else Count("pk")
    row = book.aggregate(**asked)
    return Totals(
        book=row["book"],
        book_mrr=int(row["book_mrr"]),
        found=row["found"],
        found_mrr=int(row["found_mrr"]),
        critical=row["critical"],
        at_risk=row["at_risk"],
        views={key: row[alias] for alias, key in names.items()},
    )


def filter_choices(book: QuerySet[Account]) -> dict[str, list[tuple[str, str]]]:
    """(value, name) of the segments, owners and industries that can be filtered by, in one query."""
    segments = Segment.objects.order_by().values_list(Value("segment"), "name", "name", "position")
    people = Member.objects.filter(is_active=True).order_by()
    owners = people.values_list(Value("owner"), Cast("id", TextField()), "name", Value(0))
    industries = book.exclude(industry="").values_list(Value("industry"), "industry", "industry", Value(0)).distinct()
    found: dict[str, list[tuple[str, str]]] = {"segment": [], "owner": [], "industry": []}
    rows = segments.union(owners, industries)
    for kind, value, name, _position in sorted(rows, key=lambda row: (row[3], row[2].casefold(), row[1])):
        found[kind].append((value, name))
    return found


def costliest_filter(
    book: QuerySet[Account], query: ListQuery, member: Member, today: dt.date
) -> tuple[str, int] | None:
    """Of filters that together leave nothing: the one without which most would be there, and how many (None: no one
    filter alone is to blame)."""
    if len(query.filters) < 2:
        counts = {name: book.count() for name in query.filters}
    else:  # the aliases must not hide the columns that the conditions speak of
        rules = {f"without_{name}": query.condition(member, today, leave_out=name) for name in query.filters}
        row = book.aggregate(**{alias: Count("pk", filter=rule) for alias, rule in rules.items()})
        counts = {name: row[f"without_{name}"] for name in query.filters}
    best = max(counts, key=lambda name: counts[name], default="")
    return (best, counts[best]) if best and counts[best] else None
