"""The pipeline as a query string: filters, order, keyset pages; read leniently, written canonically (EXP-05)."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.listing import quarter_span
from accounts.models import Account, Member
from accounts.models.people import in_care_of
from cs_platform.kernel.keyset import uuid_of
from expansion import lifecycle
from expansion.enums import DealKind, DealStage, Motion, Trigger
from expansion.models import Opportunity

PAGE_SIZE = 50
ALL, NOBODY, ME = "all", "none", "me"
RIGHTS = ("earned", "held", "override")


@dataclass(frozen=True)
class Sort:
    """An order of the list: its column (as `selectors.listed` names it), how a value of it is read, which end comes first."""

    column: str
    read: Any
    label: Promise | str
    descending: bool = False


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _big(text: str) -> int:
    number = int(text[:20])
    if abs(number) >= 2**63:
        raise ValueError(text)
    return number


# Empty values come last, whichever way it goes.
SORTS: Mapping[str, Sort] = {
    "amount": Sort("year_minor", _big, _("money a year"), descending=True),
    "weighted": Sort("weighted_minor", _big, _("weighted money"), descending=True),
    "close": Sort("close_on", _day, _("expected day")),
    "age": Sort("stage_since", _day, _("time in the stage, the longest first")),
    "seen": Sort("identified_on", _day, _("day it was seen, the latest first"), descending=True),
    "closed": Sort("closed_on", _day, _("day it closed, the latest first"), descending=True),
    "account": Sort("account__name_key", str, _("name of the account")),
}
DEFAULT_SORT = "amount"


@dataclass(frozen=True)
class Cursor:
    """The row that a page goes on after, or before: its id and its value of the order."""

    id: UUID
    value: Any
    backwards: bool = False


@dataclass(frozen=True)
class DealQuery:
    """The state of the list. Without a stage it holds what is open; `all` as the stage holds everything.

    `owner` is an id, `me` or `none`; `right` one of `RIGHTS`; `quarter` that of the expected day (2026-Q4); `closed` that in
    which a deal was won or lost.
    """

    q: str = ""
    stage: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    motion: tuple[str, ...] = ()
    trigger: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    right: str = ""
    quarter: str = ""
    closed: str = ""
    sort: str = DEFAULT_SORT
    view: str = ""
    cursor: Cursor | None = None

    @classmethod
    def parse(cls, given: Any) -> "DealQuery":
        """Read a QueryDict. What is not known or not possible is left out."""
        sort = given.get("sort", "")
        sort = sort if sort in SORTS else DEFAULT_SORT
        stages = given.getlist("stage")
        owners = [value for value in given.getlist("owner")[:40] if value in (ME, NOBODY) or uuid_of(value)]
        return cls(
            q=_text(given.get("q", ""), 100),
            stage=(ALL,) if ALL in stages else _known(stages, DealStage.values),
            kind=_known(given.getlist("kind"), DealKind.values),
            motion=_known(given.getlist("motion"), Motion.values),
            trigger=_known(given.getlist("trigger"), Trigger.values),
            segment=_known((_text(value, 80) for value in given.getlist("segment")[:40]), None),
            product=_known((value for value in given.getlist("product")[:40] if uuid_of(value)), None),
            owner=_known(owners, None),
            right=given.get("right", "") if given.get("right", "") in RIGHTS else "",
            quarter=given.get("quarter", "") if quarter_span(given.get("quarter", "")) else "",
            closed=given.get("closed", "") if quarter_span(given.get("closed", "")) else "",
            sort=sort,
            view=_text(given.get("view", ""), 36),
            cursor=_cursor(given.get("after", ""), sort, backwards=False)
            or _cursor(given.get("before", ""), sort, backwards=True),
        )

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that are asked for: the open ones unless something is said; of closed deals the ends."""
        if self.stage == (ALL,):
            return tuple(DealStage.values)
        if self.stage:
            return self.stage
        return tuple(str(stage) for stage in (lifecycle.ENDED if self.closed else lifecycle.OPEN))

    @property
    def filtered(self) -> bool:
        """Whether anything is filtered, the stages apart."""
        return any(getattr(self, field.name) != field.default for field in fields(self) if field.name not in _PLACE)

    def condition(self, member: Member) -> Q:
        """What the filters say, `q` and `right` apart: names are asked of their index and the right of the checks."""
        found = Q(stage__in=self.stages)
        for name, column in (("kind", "kind"), ("motion", "motion"), ("trigger", "trigger"), ("product", "product")):
            if values := getattr(self, name):
                found &= Q(**{f"{column}__in": values})
        if self.segment:
            found &= Q(account__segment__name__in=self.segment)
        if self.owner:
            people = Q(owner__in=[value for value in self.owner if value not in (ME, NOBODY)])
            if ME in self.owner:
                people |= in_care_of(member)
            if NOBODY in self.owner:
                people |= Q(owner=None)
            found &= people
        if span := quarter_span(self.quarter):
            found &= Q(close_on__gte=span[0], close_on__lt=span[1])
        if span := quarter_span(self.closed):
            found &= Q(closed_on__gte=span[0], closed_on__lt=span[1])
        return found

    def rows(self, deals: QuerySet[Opportunity], member: Member) -> QuerySet[Opportunity]:
        """The deals that the filters leave, `right` apart (`selectors.read_page` asks the checks)."""
        found = deals.filter(self.condition(member))
        if self.q:
            named = Account.objects.named_like(self.q).values("id")
            found = found.filter(Q(name__icontains=self.q) | Q(account__in=named))
        return found

    def pairs(self, *, view: bool = True) -> list[tuple[str, str]]:
        """The state as (name, value), canonical: what is as usual is left out, and so is the page."""
        found: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("view", "cursor") or value == field.default:
                continue
            found += [(field.name, each) for each in value] if isinstance(value, tuple) else [(field.name, value)]
        return found + ([("view", self.view)] if view and self.view else [])

    def text(self, **changes: Any) -> str:
        """The query string of this state with `changes`, on its first page."""
        return urlencode(replace(self, cursor=None, **changes).pairs())

    def own_text(self) -> str:
        """Without the saved view: what a saved view keeps, and what tells whether it was changed."""
        return urlencode(self.pairs(view=False))

    def address(self) -> str:
        """The query string of exactly this page."""
        place = self.cursor
        more = [("before" if place.backwards else "after", _place(place))] if place else []
        return urlencode([*self.pairs(), *more])

    def at(self, row: Any, *, backwards: bool = False) -> str:
        """The query string of the page after, or before, this row."""
        return replace(self, cursor=Cursor(row.id, value_of(row, self.sort), backwards)).address()


_PLACE = ("stage", "sort", "view", "cursor")


@dataclass(frozen=True)
class Page:
    """A page of deals (as `selectors.listed` gives them) with where it goes on."""

    rows: list[Any]
    previous: str
    following: str


def value_of(row: Any, sort: str) -> Any:
    """The value of a row that this order goes by."""
    found = row
    for name in SORTS[sort].column.split("__"):
        found = getattr(found, name)
    return found


def read_page(rows: QuerySet[Opportunity], query: DealQuery, size: int = PAGE_SIZE) -> Page:
    """The page of `listed` rows at the query's cursor; rows with equal values are neither shown twice nor left out."""
    backwards = bool(query.cursor and query.cursor.backwards)
    found = list(_from_cursor(rows, query)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_previous, has_next = (more, True) if backwards else (query.cursor is not None, more)
    return Page(
        rows=found,
        previous=query.at(found[0], backwards=True) if found and has_previous else "",
        following=query.at(found[-1]) if found and has_next else "",
    )


def ordered(rows: QuerySet[Opportunity], query: DealQuery) -> QuerySet[Opportunity]:
    """Every row in the order of the list, for the export."""
    return _from_cursor(rows, replace(query, cursor=None))


def _from_cursor(rows: QuerySet[Opportunity], query: DealQuery) -> QuerySet[Opportunity]:
    sort, place = SORTS[query.sort], query.cursor
    backwards = bool(place and place.backwards)
    down = sort.descending != backwards
    column = F(sort.column)
    empty = {"nulls_first": True} if backwards else {"nulls_last": True}
    order: list[Any] = [column.desc(**empty) if down else column.asc(**empty), "-id" if down else "id"]
    if place is not None:
        beyond = Q(**{f"id__{'lt' if down else 'gt'}": place.id})
        if place.value is None:
            later = Q(**{f"{sort.column}__isnull": True}) & beyond
            rows = rows.filter(later | Q(**{f"{sort.column}__isnull": False}) if backwards else later)
        else:
            later = Q(**{f"{sort.column}__{'lt' if down else 'gt'}": place.value})
            later |= Q(**{sort.column: place.value}) & beyond
            rows = rows.filter(later if backwards else later | Q(**{f"{sort.column}__isnull": True}))
    return rows.order_by(*order)


def _known(values: Iterable[str], choices: Iterable[str] | None) -> tuple[str, ...]:
    """Each value once, of those that there are."""
    known = None if choices is None else set(choices)
    return tuple(dict.fromkeys(value for value in values if value and (known is None or value in known)))


def _text(value: str, limit: int) -> str:
    return "".join(letter for letter in value if letter.isprintable()).strip()[:limit]


def _place(place: Cursor) -> str:
    return str(place.id) if place.value is None else f"{place.id}~{place.value}"


def _cursor(text: str, sort: str, *, backwards: bool) -> Cursor | None:
    key = uuid_of(text[:36])
    if key is None or not text[36:].isprintable():
        return None
    if len(text) == 36:
        return Cursor(key, None, backwards)
    try:
        return Cursor(key, SORTS[sort].read(text[37:400]), backwards) if text[36] == "~" else None
    except ValueError:
        return None
