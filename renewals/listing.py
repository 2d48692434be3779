"""The renewals list as a query string: filters, order, keyset pages; read leniently, written canonically (REN-08)."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Self
from uuid import UUID

from django.db.models import DecimalField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Abs, Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.listing import quarter_span, renewal_span
from accounts.models import Member, in_care_of
from cs_platform.kernel.asked import known_of, one_line
from cs_platform.kernel.keyset import Listing, Order, bigint_of, uuid_of
from renewals.enums import Caller, Confidence, Phase, RenewalState, SaveState, Step
from renewals.formulas import COMMIT, LIKELY
from renewals.lifecycle import KEPT
from renewals.models import Renewal, RenewalStep, SavePlay
from renewals.success import EARLY_DAYS

PAGE_SIZE = 50
DUE_DAYS = (30, 60, 90, 180, 365)
ALL, NONE, ME, LATE = "all", "none", "me", "late"
CALLED = "called"  # the call that counts: the leader's, else the CSM's, else the system's
MOST = 40  # values of one filter
CERTAIN: dict[str, Any] = {
    "early": _("30 days before or earlier"),
    "in_time": _("By the end"),
    "later": _("After the end"),
}
KEY = "sort_key"  # the value of a row that the list is ordered by
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

    @property
    def order(self) -> Order:
        return Order({KEY: self.read}, self.descending)


def _number(text: str) -> Decimal:
    if not text.replace(".", "", 1).removeprefix("-").isdigit() or not text.isascii():
        raise ValueError(text)
    return Decimal(text)


def _chance(name: str) -> Any:
    return Coalesce(F(name), Value(_NO_CALL, output_field=_CHANCE), output_field=_CHANCE)


# By money apart: ARR x the distance between system and CSM, in hundredths of a minor unit.
_apart = Coalesce(Abs(F("system") - F("csm")) * F("mrr_minor"), Value(Decimal(0)), output_field=_MONEY)
SORTS: dict[str, Sort] = {
    "due": Sort(_("day, the next one first"), F("due_on"), dt.date.fromisoformat),
    "arr": Sort(_("ARR"), F("mrr_minor"), bigint_of, descending=True),
    "name": Sort(_("name"), F("account__name_key"), str),
    "called": Sort(_("call, the lowest first"), _chance("called"), _number),
    "system": Sort(_("the system's call, the lowest first"), _chance("system"), _number),
    "csm": Sort(_("the CSM's call, the lowest first"), _chance("csm"), _number),
    "leader": Sort(_("the leader's call, the lowest first"), _chance("leader"), _number),
    "apart": Sort(_("money apart between system and CSM"), _apart, _number, descending=True),
}
DEFAULT_SORT = "due"


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


def disagreeing() -> Q:
    """Renewals that system and CSM call 10 points or more apart, or in different categories."""
    far = Q(system__gte=F("csm") + 10) | Q(csm__gte=F("system") + 10)
    for line in (COMMIT, LIKELY):
        far |= Q(system__gte=line, csm__lt=line) | Q(csm__gte=line, system__lt=line)
    return far


def certain_is(value: str) -> Q:
    """Renewals that are kept, by when that was certain (`CERTAIN`); the early ones were certain by the end too."""
    if value == "early":
        return Q(state__in=KEPT, closed_on__lte=F("due_on") - dt.timedelta(days=EARLY_DAYS))
    return (
        Q(state__in=KEPT, closed_on__gt=F("due_on"))
        if value == "later"
        else Q(state__in=KEPT, closed_on__lte=F("due_on"))
    )


def _since(value: str) -> Q:
    """Accounts that are customers since a quarter (2025-Q4), or of whom nobody knows ("none")."""
    span = quarter_span(value)
    if span is None:
        return Q(account__customer_since=None)
    return Q(account__customer_since__gte=span[0], account__customer_since__lt=span[1])


def _any(parts: Iterable[Q]) -> Q:
    """Rows that one of the parts holds for; none without parts."""
    return reduce(or_, parts, Q(pk__in=[]))


def _owner(value: str) -> bool:
    return value in (ME, NONE) or uuid_of(value) is not None


@dataclass(frozen=True)
class RenewalQuery(Listing):
    """The state of the list. Without a state it holds what is open; `all` as the state holds everything but what was
    withdrawn. `csm` is "me", "none" or ids; `since` quarters in which customers began; `certain` when it was known that they stay; `caller` whose calls `confidence` is about; `step` has steps of
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
    since: tuple[str, ...] = ()
    certain: tuple[str, ...] = ()
    apart: bool = False
    late: bool = False
    saving: bool = False
    sort: str = DEFAULT_SORT
    view: str = ""

    @classmethod
    def parse(cls, given: Any) -> Self:
        """Read a QueryDict. What is not known or not possible is left out."""
        sort = given.get("sort", "")
        sort = sort if sort in SORTS else DEFAULT_SORT
        states, caller = given.getlist("state"), given.get("caller", "")
        some_day = dt.date(2000, 1, 1)
        return cls(
            q=one_line(given.get("q", ""), 100),
            state=(ALL,) if ALL in states else known_of(states, RenewalState.values),
            phase=known_of(given.getlist("phase"), Phase.values),
            due=known_of(value for value in given.getlist("due")[:MOST] if due_span(value, some_day)),
            segment=known_of(one_line(value, 200) for value in given.getlist("segment")[:MOST]),
            csm=known_of(value for value in given.getlist("csm")[:MOST] if _owner(value)),
            confidence=known_of(given.getlist("confidence"), (*Confidence.values, NONE)),
            caller=caller if caller in Caller.values else CALLED,
            step=known_of(given.getlist("step"), Step.values),
            since=known_of(value for value in given.getlist("since")[:MOST] if value == NONE or quarter_span(value)),
            certain=known_of(given.getlist("certain"), CERTAIN),
            apart=given.get("apart") == "1",
            late=given.get("late") == "1",
            saving=given.get("saving") == "1",
            sort=sort,
            view=one_line(given.get("view", ""), 36),
            cursor=SORTS[sort].order.cursor(given),
        )

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
            spans = [span for value in self.due if (span := due_span(value, today))]
            rows = rows.filter(_any(Q(due_on__gte=first, due_on__lt=end) for first, end in spans))
        if self.segment:
            rows = rows.filter(account__segment__name__in=self.segment)
        if self.csm:
            rows = rows.filter(self._owned(member))
        if self.confidence:
            rows = rows.filter(_any(confidence_is(value, self.caller) for value in self.confidence))
        if self.since:
            rows = rows.filter(_any(_since(value) for value in self.since))
        if self.certain:
            rows = rows.filter(_any(certain_is(value) for value in self.certain))
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
        if ME in self.csm:
            owned |= in_care_of(member, "account__owner_id")
        return owned | Q(account__owner=None) if NONE in self.csm else owned

    def keyed(self, rows: QuerySet[Renewal]) -> QuerySet[Renewal]:
        """Listed rows with the value that this order goes by, never empty."""
        return rows.annotate(**{KEY: SORTS[self.sort].key})

    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        return SORTS[self.sort].order.place(row)
