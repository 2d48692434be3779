"""The pipeline as a query string: filters, order, keyset pages; read leniently, written canonically (EXP-05)."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.listing import quarter_span
from accounts.models import Account, Member
from cs_platform.kernel.asked import known_of, one_line
from cs_platform.kernel.keyset import Cursor, Listing, Page, bigint_of, cut_page, uuid_of
from cs_platform.kernel.periods import add_months, month_of
from expansion import lifecycle
from expansion.enums import DealKind, DealStage, LossReason, Motion, Trigger, WinReason
from expansion.models import Opportunity
from expansion.owned import MOST, owned, owners_of

PAGE_SIZE = 50
ALL = "all"
RIGHTS = ("earned", "held", "override")
LATE, UNDATED, YEAR = "late", "none", "year"
ONWARDS = "+"  # after a quarter: and all later ones
UNSAID = "none"  # as the reason of an end: nobody said one
_PLACE = frozenset({"stage", "sort", "view", "cursor"})  # what is no filter


@dataclass(frozen=True)
class Sort:
    """An order of the list: its column (as `selectors.listed` names it), how a value of it is read, which end comes first."""

    column: str
    read: Callable[[str], Any]
    label: Promise | str
    descending: bool = False

    def value(self, text: str) -> Any:
        """What a row had in the column, of its text in a cursor; nothing is an empty one. ValueError where it is none."""
        return self.read(text) if text else None


# Empty values come last, whichever way it goes.
SORTS: Mapping[str, Sort] = {
    "amount": Sort("year_minor", bigint_of, _("money a year"), descending=True),
    "weighted": Sort("weighted_minor", bigint_of, _("weighted money"), descending=True),
    "close": Sort("close_on", dt.date.fromisoformat, _("expected day")),
    "age": Sort("stage_since", dt.date.fromisoformat, _("time in the stage, the longest first")),
    "seen": Sort("identified_on", dt.date.fromisoformat, _("day it was seen, the latest first"), descending=True),
    "closed": Sort("closed_on", dt.date.fromisoformat, _("day it closed, the latest first"), descending=True),
    "account": Sort("account__name_key", str, _("name of the account")),
}
DEFAULT_SORT = "amount"


def quarter_of(day: dt.date) -> dt.date:
    """First day of the quarter. Example: 2026-11-20 gives 2026-10-01."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def quarter_text(day: dt.date) -> str:
    """The quarter of a day as addresses name it. Example: 2026-11-20 gives 2026-Q4."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def year_ago(day: dt.date) -> dt.date:
    """The first day of the twelve months that end with `day`. Example: 2026-11-20 gives 2025-12-01."""
    return add_months(month_of(day), -11)


@dataclass(frozen=True)
class DealQuery(Listing):
    """The state of the list. Without a stage it holds what is open; `all` as the stage holds everything.

    `owner` is an id, `me` or `none`; `right` one of `RIGHTS`; `quarter` that of the expected day (2026-Q4, and 2026-Q4+ with all later
    ones), `late` where it is over, `none` without a day; `closed` the quarter in which a deal was won or lost, or the `year` that ends today.
    `loss` and `win` are reasons, or `none` where none was said.
    """

    q: str = ""
    stage: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    motion: tuple[str, ...] = ()
    trigger: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    loss: tuple[str, ...] = ()
    win: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    right: str = ""
    quarter: str = ""
    closed: str = ""
    sort: str = DEFAULT_SORT
    view: str = ""

    @classmethod
    def parse(cls, given: Any) -> Self:
        """Read a QueryDict. What is not known or not possible is left out."""
        sort = given.get("sort", "")
        sort = sort if sort in SORTS else DEFAULT_SORT
        stages, right = given.getlist("stage"), given.get("right", "")
        quarter, closed = given.get("quarter", ""), given.get("closed", "")
        return cls(
            q=one_line(given.get("q", ""), 100),
            stage=(ALL,) if ALL in stages else known_of(stages, DealStage.values),
            kind=known_of(given.getlist("kind"), DealKind.values),
            motion=known_of(given.getlist("motion"), Motion.values),
            trigger=known_of(given.getlist("trigger"), Trigger.values),
            segment=known_of(one_line(value, 80) for value in given.getlist("segment")[:MOST]),
            product=known_of(value for value in given.getlist("product")[:MOST] if uuid_of(value)),
            owner=owners_of(given.getlist("owner")),
            loss=known_of(given.getlist("loss"), (*LossReason.values, UNSAID)),
            win=known_of(given.getlist("win"), (*WinReason.values, UNSAID)),
            right=right if right in RIGHTS else "",
            quarter=quarter if quarter in (LATE, UNDATED) or quarter_span(quarter.removesuffix(ONWARDS)) else "",
            closed=closed if closed == YEAR or quarter_span(closed) else "",
            sort=sort,
            view=one_line(given.get("view", ""), 36),
            cursor=Cursor.of(given, SORTS[sort].value),
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
        for name in ("kind", "motion", "trigger", "product"):
            if values := getattr(self, name):
                found &= Q(**{f"{name}__in": values})
        for name in ("loss", "win"):
            if values := getattr(self, name):
                found &= Q(**{f"{name}__in": ["" if value == UNSAID else value for value in values]})
        if self.segment:
            found &= Q(account__segment__name__in=self.segment)
        found &= owned(self.owner, member)
        today = member.tenant.today()
        if self.quarter == UNDATED:
            found &= Q(close_on=None)
        elif self.quarter == LATE:
            found &= Q(close_on__lt=quarter_of(today))
        elif span := quarter_span(self.quarter.removesuffix(ONWARDS)):
            found &= Q(close_on__gte=span[0])
            if not self.quarter.endswith(ONWARDS):
                found &= Q(close_on__lt=span[1])
        if self.closed == YEAR:
            found &= Q(closed_on__gte=year_ago(today), closed_on__lte=today)
        elif span := quarter_span(self.closed):
            found &= Q(closed_on__gte=span[0], closed_on__lt=span[1])
        return found

    def rows(self, deals: QuerySet[Opportunity], member: Member) -> QuerySet[Opportunity]:
        """The deals that the filters leave, `right` apart (`selectors.read_page` asks the checks)."""
        found = deals.filter(self.condition(member))
        if self.q:
            named = Account.objects.named_like(self.q).values("id")
            found = found.filter(Q(name__icontains=self.q) | Q(account__in=named))
        return found

    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        found = row
        for name in SORTS[self.sort].column.split("__"):
            found = getattr(found, name)
        return row.id, (found,)


def read_page(rows: QuerySet[Opportunity], query: DealQuery, size: int = PAGE_SIZE) -> Page[Any]:
    """The page of `listed` rows at the query's cursor."""
    return cut_page(list(_from_cursor(rows, query)[: size + 1]), size, query)


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
        (value,) = place.values
        beyond = Q(**{f"id__{'lt' if down else 'gt'}": place.id})
        if value is None:
            later = Q(**{f"{sort.column}__isnull": True}) & beyond
            rows = rows.filter(later | Q(**{f"{sort.column}__isnull": False}) if backwards else later)
        else:
            later = Q(**{f"{sort.column}__{'lt' if down else 'gt'}": value})
            later |= Q(**{sort.column: value}) & beyond
            rows = rows.filter(later if backwards else later | Q(**{f"{sort.column}__isnull": True}))
    return rows.order_by(*order)
