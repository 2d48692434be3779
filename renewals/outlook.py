"""What the open renewals of a span are worth and what three callers expect of them (REN-05, REN-08): read once, in one narrow
statement, and summed by month, segment or CSM. Money is of a month, in minor units of the reporting currency."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from accounts.rates import factors, in_reporting
from cs_platform.kernel.money import whole_minor
from cs_platform.kernel.periods import month_of
from renewals.enums import Caller, Confidence, RenewalState, Shift
from renewals.formulas import apart, confidence
from renewals.listing import CALLED
from renewals.models import FrozenCall, Renewal
from renewals.selectors import with_calls, with_money

CALLERS = tuple(Caller.values)
FRESH = 3  # days for which a frozen week is no week ago yet: the one nearest to seven days before today is taken


class Due(NamedTuple):
    """An open renewal as sums need it; chances in percent, None where nobody called."""

    id: UUID
    account_id: UUID
    name: str
    band: str
    due_on: dt.date
    mrr: int
    system: Decimal | None
    csm: Decimal | None
    leader: Decimal | None
    called: Decimal | None
    segment: str
    owner_id: UUID | None
    owner: str

    @property
    def points_apart(self) -> Decimal:
        """Points between system and CSM; 0 where one of them did not call."""
        return abs(self.system - self.csm) if self.system is not None and self.csm is not None else Decimal(0)

    @property
    def money_apart(self) -> Decimal:
        """A month's money times the distance. Example: 412 at 34 % and 65 %: 127.72."""
        return self.mrr * self.points_apart / 100


def read(rows: QuerySet[Renewal], first: dt.date, last: dt.date, by: Mapping[str, Decimal] | None = None) -> list[Due]:
    """The rows that come due from `first` to `last`, both included, the next one first. One statement, and those of the
    exchange rates where the page has not read them (`by`)."""
    found = with_calls(with_money(rows, by)).filter(due_on__gte=first, due_on__lte=last).order_by("due_on", "id")
    account = ("account_id", "account__name", "account__health_band")
    columns = ("id", *account, "due_on", "mrr_minor", *CALLERS, "called", "account__segment__name")
    told: Iterable[Any] = found.values_list(*columns, "account__owner_id", "account__owner__name")
    return [Due._make((*row[:-3], row[-3] or "", row[-2], row[-1] or "")) for row in told]


@dataclass
class Sum:
    """Renewals added up: how many, their money, and by caller the money that they called and of it what they expect to
    lose. By category the money of the call that counts.

    Example: 100 called at 94 % and 100 at 90 % by the leader: lost 16, rate 92 %.
    """

    count: int = 0
    mrr: int = 0
    called: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CALLERS, 0))
    lost: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(CALLERS, Decimal(0)))
    uncalled: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CALLERS, 0))
    by_call: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Confidence.values, 0))
    apart: Decimal = Decimal(0)

    def add(self, row: Due) -> None:
        self.count += 1
        self.mrr += row.mrr
        for caller in CALLERS:
            chance = getattr(row, caller)
            if chance is None:
                self.uncalled[caller] += 1
            else:
                self.called[caller] += row.mrr
                self.lost[caller] += row.mrr * (100 - chance) / 100
        if row.called is not None:
            self.by_call[confidence(row.called)] += row.mrr
        self.apart += row.money_apart

    def loss(self, caller: str) -> int:
        """What this caller expects to lose, whole minor units."""
        return whole_minor(self.lost[caller])

    def rate(self, caller: str) -> Decimal | None:
        """The share of the money called that is expected to renew; None where nothing was called."""
        money = self.called[caller]
        return 1 - self.lost[caller] / money if money else None


def sums(rows: Iterable[Due], key: Callable[[Due], Any]) -> dict[Any, Sum]:
    """The rows added up by `key(row)`, in the order in which the keys come."""
    found: dict[Any, Sum] = {}
    for row in rows:
        found.setdefault(key(row), Sum()).add(row)
    return found


def total(rows: Iterable[Due]) -> Sum:
    """All of them added up."""
    return sums(rows, lambda row: None).get(None) or Sum()


def by_month(rows: Iterable[Due], months: Sequence[dt.date]) -> dict[dt.date, Sum]:
    """Each of the months with what comes due in it; one without anything has an empty sum."""
    found = sums(rows, lambda row: month_of(row.due_on))
    return {month: found.get(month) or Sum() for month in months}


def disagreements(rows: Iterable[Due]) -> list[Due]:
    """Where system and CSM are ten points or more apart, or in different categories; most money apart first."""
    found = [row for row in rows if apart(row.system, row.csm)]
    return sorted(found, key=lambda row: (-row.money_apart, row.due_on, row.id))


class Stood(NamedTuple):
    """A renewal as a forecast has it: its day, a month's money, and the chance in percent (None where nobody called)."""

    due_on: dt.date
    mrr: int
    chance: Decimal | None

    @property
    def loss(self) -> Decimal:
        """A month's money that is expected to be lost. Example: 412 at 34 %: 271.92; not called: 0."""
        return self.mrr * (100 - self.chance) / 100 if self.chance is not None else Decimal(0)


@dataclass(frozen=True)
class Moved:
    """What one renewal did to the forecast for one reason: `loss` is how much more of a month's money is expected to be lost,
    below 0 how much less; `before` and `after` are how it stood then and stands now, None where it is in no forecast.
    `state` is today's."""

    id: UUID
    account_id: UUID
    name: str
    reason: Shift
    before: Stood | None
    after: Stood | None
    loss: Decimal
    state: str


@dataclass(frozen=True)
class Since:
    """What the calls frozen at the end of `week` expected to lose of a span, and what moved since, most money first:
    `loss` and the losses of `moved` add up to what is expected now."""

    week: dt.date
    loss: Decimal
    moved: list[Moved]


class _Frozen(NamedTuple):
    """The calls of a renewal that were frozen in a week."""

    account_id: UUID
    name: str
    state: str
    due_on: dt.date
    mrr: int
    chances: dict[str, Decimal]


def since_last_week(
    now: Iterable[Due],
    rows: QuerySet[Renewal],
    first: dt.date,
    last: dt.date,
    today: dt.date,
    caller: str = CALLED,
    by: Mapping[str, Decimal] | None = None,
) -> Since | None:
    """What moved the forecast of a span since a week ago; None where nothing was frozen by then.

    `now` is what `read` gives for the same renewals and the same span; `rows` are these renewals whatever became of them.
    `caller` is whose calls are compared; of `called` those that count. Two statements, and those of the exchange rates.

    Example: 100 called at 90 % a week ago; today 120 at 80 %. It expects to lose 24 instead of 10: 20 x 10 % = 2 for other
    money, and 120 x 10 points = 12 for another call.
    """
    week = _last_week(today - dt.timedelta(days=FRESH + 1))
    if week is None:
        return None
    then = _frozen(rows, week, first, last, by)
    moved: list[Moved] = []
    loss = Decimal(0)
    standing = {row.id: row for row in now}
    for key in dict.fromkeys([*then, *standing]):
        row, past = standing.get(key), then.get(key)
        after = Stood(row.due_on, row.mrr, getattr(row, caller)) if row else None
        before = Stood(past.due_on, past.mrr, _chance(past.chances, caller)) if past else None
        inside = before if before is not None and first <= before.due_on <= last else None
        loss += inside.loss if inside is not None else 0
        told = row or past
        if told is not None:
            state = past.state if past is not None else RenewalState.OPEN
            moved += [
                Moved(key, told.account_id, told.name, reason, before, after, change, state)
                for reason, change in _shifts(before, inside, after, state)
            ]
    moved.sort(key=lambda one: (-abs(one.loss), one.name, one.id, one.reason))
    return Since(week, loss, moved)


def read_frozen(rows: QuerySet[Renewal], as_of: dt.date, first: dt.date, last: dt.date) -> list[Due]:
    """What `read` would have said at the end of the last week that was frozen up to `as_of`, as far as it was kept: without
    segment, owner and health. Two statements, and those of the exchange rates."""
    week = _last_week(as_of)
    found = _frozen(rows, week, first, last) if week else {}
    told: Iterable[Any] = (
        (
            key,
            one.account_id,
            one.name,
            "",
            one.due_on,
            one.mrr,
            *(_chance(one.chances, each) for each in (*CALLERS, CALLED)),
        )
        for key, one in found.items()
        if first <= one.due_on <= last
    )
    return [Due._make((*row, "", None, "")) for row in told]


def _last_week(until: dt.date) -> dt.date | None:
    """The last week that was frozen and over by the end of this day; None without one."""
    return FrozenCall.objects.filter(week__lte=until).aggregate(last=Max("week"))["last"]


def _frozen(
    rows: QuerySet[Renewal], week: dt.date, first: dt.date, last: dt.date, by: Mapping[str, Decimal] | None = None
) -> dict[UUID, _Frozen]:
    """Frozen at the end of the week: those of the rows that were due in the span then, or are now. One statement."""
    found = FrozenCall.objects.filter(
        Q(due_on__gte=first, due_on__lte=last) | Q(renewal__due_on__gte=first, renewal__due_on__lte=last),
        week=week,
        renewal__in=rows.order_by().values("id"),
    )
    renewal = ("renewal_id", "renewal__account_id", "renewal__account__name", "renewal__state")
    told: dict[UUID, _Frozen] = {}
    # What was frozen before the company reported in another currency is turned over by today's rate.
    found = found.annotate(money=in_reporting("mrr_minor", by or factors()))
    columns = (*renewal, "due_on", "money", "caller", "probability")
    for key, account, name, state, due_on, mrr, caller, chance in found.values_list(*columns):
        told.setdefault(key, _Frozen(account, name, state, due_on, mrr or 0, {})).chances[caller] = chance
    return told


def _chance(chances: dict[str, Decimal], caller: str) -> Decimal | None:
    """The chance that this caller gave; of `called` the one that counts: the leader's, else the CSM's, else the system's."""
    order = (Caller.LEADER, Caller.CSM, Caller.SYSTEM) if caller == CALLED else (caller,)
    return next((chances[each] for each in order if each in chances), None)


def _shifts(before: Stood | None, inside: Stood | None, after: Stood | None, state: str) -> list[tuple[Shift, Decimal]]:
    """Why a renewal counts otherwise than before, and what each reason does to the loss; `inside` is `before` where it was in
    the span. Other money counts at the chance of then, another call at the money of now, so that both add up."""
    if after is None:
        gone = Shift.DAY if state == RenewalState.OPEN else Shift.CLOSED
        return [(gone, -inside.loss)] if inside is not None else []
    if before is None:
        return [(Shift.NEW, after.loss)]
    if inside is None:
        return [(Shift.DAY, after.loss)]
    found = [(Shift.DAY, Decimal(0))] if after.due_on != before.due_on else []
    at_then = after._replace(chance=before.chance)
    if after.mrr != before.mrr:
        found.append((Shift.MONEY, at_then.loss - before.loss))
    if after.chance != before.chance:
        found.append((Shift.CALLED, after.loss - at_then.loss))
    return found
