"""What was expected of the renewals that are over: the system by its own formula from what was known then, people around it,
some always above it; and each Friday's calls as they were frozen (REN-05)."""

import datetime as dt
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Max

from accounts.models import Member
from cs_platform.demo.booked import BATCH, Books
from cs_platform.demo.journey_rows import noon
from cs_platform.demo.mood import mood
from cs_platform.demo.past import Past
from cs_platform.demo.renewal_words import AGAINST, FOR, LEADERS
from renewals.calling import FRIDAY
from renewals.enums import Caller, Intent, RenewalState, Step
from renewals.formulas import Called, Facts, likelihood
from renewals.models import FrozenCall, RenewalCall

MANY = 4000  # rows of a statement
DAY = dt.timedelta(days=1)
HISTORY = 730  # days of renewals that the base rate is of
EVERY = 28  # days between two looks of the system that are told
# How much of a risk that is seen somebody does not believe; who believes more than is seen is below 0.
HOPE = {
    "lucas": 0.9, "tomi": 0.75, "clara": 0.65, "jonah": 0.6, "rafael": 0.55, "agus": 0.5, "priya": 0.4, "mei": 0.3, "anna": -0.3,
}  # fmt: skip
SURE = 97
SPREAD, LEADERS_SPREAD = 5, 4  # points around what they see
REVIEW = 66  # days before the end by which a CSM has said something, talked or not
LEADER_DAYS = (80, 45)  # before the end, of the larger half
WEEKS_BEFORE = 3  # of open renewals that are told
DRIFT = {
    0: Decimal(-6),
    1: Decimal(4),
    2: Decimal(-2),
}  # points a week by which some of their calls moved; the others stood
FEELS = 8  # points of a health score above a hundred moods


@dataclass
class Calls:
    """What was called of renewals, and what of it stood at the end of each week."""

    made: list[RenewalCall] = field(default_factory=list)
    frozen: list[FrozenCall] = field(default_factory=list)


class _History:
    """How many renewals of a profile had been kept before a day."""

    def __init__(self, past: Iterable[Past]) -> None:
        self.closed: dict[str, list[dt.date]] = {}
        self.kept: dict[str, list[dt.date]] = {}
        for one in sorted(past, key=lambda one: one.closed_on):
            self.closed.setdefault(one.row.profile, []).append(one.closed_on)
            if one.stays:
                self.kept.setdefault(one.row.profile, []).append(one.closed_on)

    def at(self, profile: str, day: dt.date) -> tuple[int, int]:
        """(kept, closed) of the days before, as the night of then counted them."""
        return tuple(  # type: ignore[return-value]
            bisect_left(days, day) - bisect_left(days, day - DAY * HISTORY)
            for days in (self.kept.get(profile, []), self.closed.get(profile, []))
        )


def call(past: Sequence[Past], books: Books) -> Calls:
    """The calls of each renewal and what was frozen of them, the first renewal first."""
    found, history = Calls(), _History(past)
    money = sorted(one.row.due_mrr or 0 for one in past)
    middle = money[len(money) // 2] if money else 0
    for one in past:
        seen = _system(one, history)
        calls = [_call(one, Caller.SYSTEM, day, called.probability, called.reasons, None) for day, called in seen]
        if not one.told.by_itself and seen:
            calls += _people(one, seen, books.leader, large=(one.row.due_mrr or 0) >= middle)
        found.made += calls
        found.frozen += _frozen(one, calls, books.currency)
    return found


def write(calls: Calls) -> None:
    """The calls, and the frozen ones."""
    RenewalCall.objects.bulk_create(calls.made, BATCH)
    FrozenCall.objects.bulk_create(calls.frozen, MANY)


def _facts(one: Past, day: dt.date, history: _History) -> Facts:
    """What was known of it at the end of a day."""
    row, story = one.row, one.told.story
    kept, closed = history.at(row.profile, day)
    feels, before = mood(story, day), mood(story, day - 28 * DAY)
    champions = [who for who in one.people if who.role == "champion"]
    left = any(who.left_on and day - 180 * DAY <= who.left_on <= day for who in champions)
    here = any(who.left_on is None or who.left_on > day for who in champions)
    return Facts(
        profile=row.profile,
        kept=kept,
        closed=closed,
        health=float(min(round(100 * feels + FEELS), 100)),
        trend=round(feels / before - 1, 2) if before else None,
        champion="here" if here else "left" if left else "",
        decider_days=55 if one.troubled else 25,
        late_steps=sum(step.due_on < day and (step.done_on is None or step.done_on > day) for step in one.steps),
        objections=sum(
            each.raised_on <= day and (each.answered_on is None or each.answered_on > day) for each in one.objections
        ),
        renews_itself=story.segment.tier == "tech_touch",
        intent=row.intent if row.talked_on and row.talked_on <= day else Intent.UNKNOWN,
        tenure_months=(day - story.signed_on).days // 30,
    )


def _system(one: Past, history: _History) -> list[tuple[dt.date, Called]]:
    """Its first night, every four weeks from then on and after each step, where that says something new."""
    row = one.row
    nights = {row.opened_on + DAY * days for days in range(0, (one.closed_on - row.opened_on).days, EVERY)}
    nights |= {step.done_on for step in one.steps if step.done_on}
    found: list[tuple[dt.date, Called]] = []
    for day in sorted(nights):
        if row.opened_on <= day < one.closed_on:
            called = likelihood(_facts(one, day, history))
            if not found or found[-1][1].probability != called.probability:
                found.append((day, called))
    return found


def _people(one: Past, seen: Sequence[tuple[dt.date, Called]], leader: Member, *, large: bool) -> Iterator[RenewalCall]:
    """The CSM at the review and when they have talked, offered and negotiated; the leader of the larger ones. They see what the system
    sees, and believe as much of it as they do."""
    chance, owner = one.chance, one.owner
    hope = HOPE.get(owner.user.email.partition("@")[0], 0.3)
    days = {step.done_on for step in one.steps if step.done_on and step.step in (Step.TALK, Step.QUOTE, Step.PROPOSAL, Step.NEGOTIATE)}  # fmt: skip
    days.add(one.row.due_on - DAY * REVIEW)
    if not large and chance.random() < 0.3:
        days = set()
    said = 0
    for day in sorted(days):
        if not one.row.opened_on <= day < one.closed_on:
            continue
        sees = float(_latest(seen, day).probability)
        said = _within(sees + hope * (SURE - sees) + chance.gauss(0, SPREAD))
        yield _call(one, Caller.CSM, day, Decimal(said), _reasons(one, said, FOR, AGAINST), owner)
    for before in LEADER_DAYS if large else ():
        day = one.row.due_on - DAY * before
        if one.row.opened_on <= day < one.closed_on:
            sees = float(_latest(seen, day).probability)
            thinks = _within(0.7 * sees + 0.3 * (said or sees) + chance.gauss(0, LEADERS_SPREAD))
            yield _call(
                one, Caller.LEADER, day, Decimal(thinks), _reasons(one, thinks, LEADERS["+"], LEADERS["-"]), leader
            )


def _latest(seen: Sequence[tuple[dt.date, Called]], day: dt.date) -> Called:
    return [called for at, called in seen if at <= day][-1]


def _within(points: float) -> int:
    return min(max(round(points), 5), 99)


def _reasons(one: Past, said: int, good: Sequence[str], bad: Sequence[str]) -> list[dict[str, str]]:
    sign, words = ("+", good) if said >= 70 else ("-", bad)
    return [{"sign": sign, "text": one.chance.choice(words)}]


def _call(
    one: Past, caller: Caller, day: dt.date, probability: Decimal, reasons: Sequence[object], by: Member | None
) -> RenewalCall:
    return RenewalCall(
        renewal=one.row,
        caller=caller,
        probability=probability,
        reasons=list(reasons),
        as_of=day,
        at=noon(day),
        member=by,
    )


def _frozen(one: Past, calls: Sequence[RenewalCall], currency: str) -> Iterator[FrozenCall]:
    """The latest call of each caller at the end of each Friday while it was open."""
    row = one.row
    week = row.opened_on + DAY * ((FRIDAY - row.opened_on.weekday()) % 7)
    while week < one.closed_on:
        stands = {each.caller: each for each in calls if each.as_of <= week}  # a later one in its place
        for each in stands.values():
            yield FrozenCall(
                renewal=row,
                week=week,
                caller=each.caller,
                probability=each.probability,
                mrr_minor=row.due_mrr or 0,
                due_on=row.due_on,
                member_id=each.member_id,
                currency=currency,
            )
        week += 7 * DAY


def tell_weeks_before() -> int:
    """What was called of open renewals on the Fridays before the last frozen one, which no night has seen; how many calls."""
    latest = FrozenCall.objects.aggregate(week=Max("week"))["week"]
    now = FrozenCall.objects.filter(week=latest, renewal__state=RenewalState.OPEN).select_related("renewal")
    made = [
        FrozenCall(
            renewal=row.renewal,
            week=week,
            caller=row.caller,
            probability=min(max(row.probability - back * _drift(row), Decimal(1)), Decimal(99)),
            mrr_minor=row.mrr_minor,
            currency=row.currency,
            due_on=row.due_on,
            member_id=row.member_id,
        )
        for row in now.order_by("renewal__external_id", "caller")
        for back in range(1, WEEKS_BEFORE + 1)
        if (week := row.week - 7 * back * DAY) >= row.renewal.opened_on
    ]
    FrozenCall.objects.bulk_create(made, batch_size=MANY, ignore_conflicts=True)
    return len(made)


def _drift(row: FrozenCall) -> Decimal:
    """By how many points a week it moved towards what it is: the same for a renewal and caller in every seeding."""
    return DRIFT.get(zlib.crc32(f"{row.renewal.external_id}{row.caller}".encode()) % 8, Decimal(0))
