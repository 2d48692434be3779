"""The renewals list as a query string: filters, order, keyset pages; read leniently, written canonically (REN-08)."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import DecimalField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Abs, Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.listing import quarter_span, renewal_span
from accounts.models import Member, in_care_of
from cs_platform.kernel.keyset import uuid_of
from renewals.enums import Caller, Confidence, Phase, RenewalState, SaveState, Step
from renewals.formulas import COMMIT, LIKELY
from renewals.models import Renewal, RenewalStep, SavePlay

PAGE_SIZE = 50
DUE_DAYS = (30, 60, 90, 180, 365)
ALL, NONE, LATE = "all", "none", "late"
CALLED = "called"  # the call that counts: the leader's, else the CSM's, else the system's
_CHANCE = DecimalField(max_digits=5, decimal_places=2)
_NO_CALL = Decimal(999)  # sorts behind every chance
_MONEY = DecimalField(max_digits=30, decimal_places=2)


@dataclass(frozen=True)
class Sort:
    """An order of the list: what a row is ordered by, how its text is read, and whether the largest comes first."""

    label: Any
    key: Any
    read: Callable[[str], Any]
    descending: bool = False


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) >= 2**63:
        raise ValueError(text)
    return number


def _number(text: str) -> Decimal:
    if not text.replace(".", "", 1).removeprefix("-").isdigit() or not text.isascii():
        raise ValueError(text)
    return Decimal(text)


def _chance(name: str) -> Any:
    return Coalesce(F(name), Value(_NO_CALL, output_field=_CHANCE), output_field=_CHANCE)


# By money apart: ARR x the distance between system and CSM, in hundredths of a minor unit.
_apart = Coalesce(
    Abs(F("system") - F("csm")) * F("mrr_minor"), Value(Decimal(0), output_field=_MONEY), output_field=_MONEY
)
SORTS: dict[str, Sort] = {
    "due": Sort(_("day, the next one first"), F("due_on"), dt.date.fromisoformat),
    "arr": Sort(_("ARR"), F("mrr_minor"), _whole, descending=True),
    "name": Sort(_("name"), F("account__name_key"), str),
    "called": Sort(_("call, the lowest first"), _chance("called"), _number),
    "system": Sort(_("the system's call, the lowest first"), _chance("system"), _number),
    "csm": Sort(_("the CSM's call, the lowest first"), _chance("csm"), _number),
    "leader": Sort(_("the leader's call, the lowest first"), _chance("leader"), _number),
    "apart": Sort(_("money apart between system and CSM"), _apart, _number, descending=True),
}


@dataclass(frozen=True)
class Cursor:
    """The row that a page goes on after, or before: its id and its value of the order."""

    key: Any
    id: UUID
    backwards: bool = False


def confidence_is(value: str, caller: str) -> Q:
    """Renewals whose latest chance of `caller` (an annotation) is called so; "none" has no call."""
    if value == Confidence.COMMIT:
        return Q(**{f"{caller}__gte": COMMIT})
    if value == Confidence.LIKELY:
        return Q(**{f"{caller}__gte": LIKELY, f"{caller}__lt": COMMIT})
    if value == Confidence.AT_RISK:
        return Q(**{f"{caller}__lt": LIKELY})
    return Q(**{caller: None})


def due_span(value: str, today: dt.date) -> tuple[dt.date, dt.date] | None:
    """First day and the day after the last that `value` means: days from today (90), a month (2026-12), a quarter (2026-Q4),
    or `late`: everything before today."""
    if value == LATE:
        return dt.date(1990, 1, 1), today
    return quarter_span(value) or renewal_span(value, today)


def disagreeing(first: str = "system", second: str = "csm") -> Q:
    """Renewals that two callers call 10 points or more apart, or in different categories."""
    far = Q(**{f"{first}__gte": F(second) + 10}) | Q(**{f"{second}__gte": F(first) + 10})
    for line in (COMMIT, LIKELY):
        far |= Q(**{f"{first}__gte": line, f"{second}__lt": line}) | Q(**{f"{second}__gte": line, f"{first}__lt": line})
    return far


@dataclass(frozen=True)
class RenewalQuery:
    """The state of the list. Without a state it holds what is open; `all` as the state holds everything but what was
    withdrawn. `csm` is "me", "none" or ids; `caller` whose calls `confidence` is about; `step` has steps of
    these names late and open; `apart` and `late` narrow further."""

    q: str = ""
    state: tuple[str, ...] = ()
    phase: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    csm: tuple[str, ...] = ()
    confidence: tuple[str, ...] = ()
    caller: str = CALLED
    step: tuple[str, ...] = ()
    apart: bool = False
    late: bool = False
    saving: bool = False
    sort: str = "due"
    view: str = ""
    cursor: Cursor | None = None
    size: int = PAGE_SIZE

    @classmethod
    def parse(cls, given: Any) -> "RenewalQuery":
        """Read a QueryDict. What is not known or not possible is left out."""
        sort = given.get("sort", "")
        sort = sort if sort in SORTS else "due"
        states = given.getlist("state")
        caller = given.get("caller", "")
        return cls(
            q=_text(given.get("q", ""), 100),
            state=(ALL,) if ALL in states else _known(states, RenewalState.values),
            phase=_known(given.getlist("phase"), Phase.values),
            due=tuple(each for each in _known(given.getlist("due")[:40], None) if due_span(each, dt.date(2000, 1, 1))),
            segment=_known((_text(value, 200) for value in given.getlist("segment")[:40]), None),
            csm=tuple(
                each for each in _known(given.getlist("csm")[:40], None) if each in ("me", NONE) or uuid_of(each)
            ),
            confidence=_known(given.getlist("confidence"), (*Confidence.values, NONE)),
            caller=caller if caller in Caller.values else CALLED,
            step=_known(given.getlist("step"), Step.values),
            apart=given.get("apart") == "1",
            late=given.get("late") == "1",
            saving=given.get("saving") == "1",
            sort=sort,
            view=_text(given.get("view", ""), 36),
            cursor=_cursor(given.get("after", ""), sort, backwards=False)
            or _cursor(given.get("before", ""), sort, backwards=True),
        )

    @property
    def filtered(self) -> bool:
        """Whether anything but the state is filtered."""
        usual = ("state", "sort", "view", "cursor", "size", "caller")
        return any(getattr(self, field.name) != field.default for field in fields(self) if field.name not in usual)

    def matching(self, rows: QuerySet[Renewal], member: Member) -> QuerySet[Renewal]:
        """The rows that the filters leave, of rows with calls and money (`selectors.listed`)."""
        today = member.tenant.today()
        if self.state == (ALL,):
            rows = rows.exclude(state=RenewalState.WITHDRAWN)
        else:
            rows = rows.filter(state__in=self.state or (RenewalState.OPEN,))
        if self.phase:
            rows = rows.filter(phase__in=self.phase)
        if self.due:
            found = Q(pk__in=[])
            for value in self.due:
                if span := due_span(value, today):
                    found |= Q(due_on__gte=span[0], due_on__lt=span[1])
            rows = rows.filter(found)
        if self.segment:
            rows = rows.filter(account__segment__name__in=self.segment)
        if self.csm:
            rows = rows.filter(self._owned(member))
        if self.confidence:
            bands = Q(pk__in=[])
            for value in self.confidence:
                bands |= confidence_is(value, self.caller)
            rows = rows.filter(bands)
        if self.apart:
            rows = rows.filter(disagreeing())
        if self.late or self.step:
            late = RenewalStep.objects.filter(renewal=OuterRef("pk"), done_on=None, due_on__lt=today)
            rows = rows.filter(Exists(late.filter(step__in=self.step) if self.step else late))
        if self.saving:
            running = SavePlay.objects.filter(account=OuterRef("account"), state=SaveState.RUNNING)
            rows = rows.filter(Exists(running))
        if self.q:
            rows = rows.filter(account__name_key__contains=self.q.lower())
        return rows

    def _owned(self, member: Member) -> Q:
        ids = [found for value in self.csm if (found := uuid_of(value))]
        owned = Q(account__owner__in=ids) if ids else Q(pk__in=[])
        if "me" in self.csm:
            owned |= in_care_of(member, "account__owner_id")
        return owned | Q(account__owner=None) if NONE in self.csm else owned

    def ordered(self, rows: QuerySet[Renewal]) -> QuerySet[Renewal]:
        """The rows in the list's order, with their value of it (`sort_key`)."""
        down = SORTS[self.sort].descending
        rows = rows.annotate(sort_key=SORTS[self.sort].key)
        return rows.order_by("-sort_key" if down else "sort_key", "-id" if down else "id")

    def after_cursor(self, rows: QuerySet[Renewal]) -> QuerySet[Renewal]:
        """Ordered rows that follow the cursor; before it, they come the other way round."""
        place = self.cursor
        if place is None:
            return rows
        way = "lt" if SORTS[self.sort].descending != place.backwards else "gt"
        following = Q(**{f"sort_key__{way}": place.key}) | Q(**{"sort_key": place.key, f"id__{way}": place.id})
        rows = rows.filter(following)
        return rows.reverse() if place.backwards else rows

    def pairs(self, *, view: bool = True) -> list[tuple[str, str]]:
        """The state as (name, value), canonical: what is as usual is left out, and so is the page."""
        found: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("view", "cursor", "size") or value == field.default:
                continue
            if isinstance(value, tuple):
                found += [(field.name, each) for each in value]
            else:
                found.append((field.name, "1" if value is True else value))
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
        more = [("before" if place.backwards else "after", f"{place.id}~{place.key}")] if place else []
        return urlencode([*self.pairs(), *more])

    def at(self, row: Any, *, backwards: bool = False) -> str:
        """The query string of the page after, or before, this row of the list."""
        return replace(self, cursor=Cursor(row.sort_key, row.id, backwards)).address()


def _known(values: Iterable[str], choices: Iterable[str] | None) -> tuple[str, ...]:
    """Each value once, of those that there are."""
    known = None if choices is None else set(choices)
    return tuple(dict.fromkeys(value for value in values if value and (known is None or value in known)))


def _text(value: str, limit: int) -> str:
    return "".join(letter for letter in value if letter.isprintable()).strip()[:limit]


def _cursor(text: str, sort: str, *, backwards: bool) -> Cursor | None:
    row, tilde, key = text[:300].partition("~")
    found = uuid_of(row)
    if found is None or not tilde or "\x00" in key:
        return None
    try:
        return Cursor(SORTS[sort].read(key), found, backwards)
    except ValueError:
        return None
