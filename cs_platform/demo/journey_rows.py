"""The demo's journeys into the tables, as the people and nights of then would have left them.

Stages of the past cannot be ended through the service: it measures criteria now and notes today's date. So the rows are
written whole, in one transaction, and with what the criteria would have said. A tenant that has tracks is left alone.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any
from uuid import UUID

from accounts.enums import ChangeSource
from accounts.models import Account, AccountEvent, Contact, Member
from cs_platform.demo.journeys import Answered, Journey, Stay, words
from journey.enums import Answer, Evidence, Exit
from journey.models import CriterionCheck, Regression, StagePeriod, Track
from journey.stages import criteria
from journey.stages.criteria import Criterion

BATCH = 1000
MORE = {"share": (1.02, 1.25), "features": (1, 2), "people": (1, 3), "days": (1, 4), "teams": (1, 3), "stories": (1, 2)}
# What a note on an attested criterion says.
SHOWN = {
    "technical": "Checked with their IT: single sign-on and the import run.",
    "use_case": "Two teams work with it every day.",
    "power_users": "Named three people; one of them trains others.",
    "risk": "Spoke with the sponsor; no doubt about the renewal.",
    "qualified": "The need and the buyer are known.",
    "agreed": "Agreed in the meeting.",
    "decision_maker": "Said so on the phone.",
    "terms": "Signed.",
    "willing": "Would take reference calls, twice a year.",
    "given": "Spoke with two prospects.",
}


def noon(day: dt.date) -> dt.datetime:
    """A moment of working hours on that day."""
    return dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)


class _Known:
    """Whom the rows are about, by the ids of the files. Three queries."""

    def __init__(self) -> None:
        self.accounts = {row.external_id: row for row in Account.objects.select_related("owner")}
        self.contacts: dict[UUID, list[Contact]] = {}
        for contact in Contact.objects.order_by("external_id"):
            self.contacts.setdefault(contact.account_id, []).append(contact)
        self.events = {
            (row.account_id, row.kind, row.happened_on): row.id for row in AccountEvent.objects.order_by("recorded_at")
        }
        self.leader = Member.objects.filter(role__key="leader").order_by("id").first()


def write(told: Sequence[Journey], last: dt.date) -> int:
    """Write these journeys for the current tenant; how many tracks were made, 0 when it has some already."""
    if Track.objects.exists():
        return 0
    known = _Known()
    tracks: list[Track] = []
    periods: list[StagePeriod] = []
    checks: list[CriterionCheck] = []
    answers: list[Regression] = []
    for journey in told:
        account = known.accounts[journey.account]
        by = account.owner or known.leader
        track = _track(journey, account, known)
        tracks.append(track)
        own: list[StagePeriod] = []
        for place, stay in enumerate(journey.stays):
            chance = Random(f"{journey.key}:{place}")
            said = words(stay, last)
            period = _period(journey, place, stay, track, own, by)
            period.evidence = _evidence(stay, journey.kind, said, chance, by, known.contacts.get(account.id, []))
            own.append(period)
            checks.extend(_checks(period, said, by, known.contacts.get(account.id, [])))
        periods.extend(own)
        answers.extend(_answer(each, own, known, by) for each in journey.answers)
    Track.objects.bulk_create(_stamped(tracks), BATCH)
    StagePeriod.objects.bulk_create(_stamped(periods), BATCH)
    CriterionCheck.objects.bulk_create(_stamped(checks), BATCH)
    Regression.objects.bulk_create(_stamped(answers), BATCH)
    return len(tracks)


def _stamped(rows: list[Any]) -> list[Any]:
    for row in rows:
        row.stamp_tenant()
    return rows


def _track(journey: Journey, account: Account, known: _Known) -> Track:
    return Track(
        external_id=journey.key,
        account=account,
        kind=journey.kind,
        name=journey.name,
        unit=known.accounts.get(journey.unit),
        opened_on=journey.opened_on,
        closed_on=journey.closed_on,
        closed_because=journey.because,
        source=ChangeSource.RULE if journey.kind == "core" else ChangeSource.MEMBER,
        recorded_at=noon(journey.opened_on),
        updated_at=noon(journey.closed_on or journey.opened_on),
    )


def _period(
    journey: Journey, place: int, stay: Stay, track: Track, own: Sequence[StagePeriod], by: Member | None
) -> StagePeriod:
    left = stay.outcome == Exit.ABANDONED and stay.exited_on == journey.closed_on
    return StagePeriod(
        external_id=f"{journey.key}-{place + 1}",
        track=track,
        stage=stay.stage,
        entered_on=stay.entered_on,
        entry=stay.entry,
        came_from=own[stay.comes_from] if stay.comes_from is not None else None,
        entered_by=by if place else None,
        exited_on=stay.exited_on,
        outcome=stay.outcome,
        cause=stay.cause,
        note=stay.note,
        overridden=stay.overridden,
        validated_by=by if stay.exited_on and not left else None,
        validated_at=noon(stay.exited_on) if stay.exited_on else None,
        blocker=stay.blocker,
        blocked_on=stay.blocked_on,
        source=ChangeSource.MEMBER if place else ChangeSource.RULE,
        recorded_at=noon(stay.entered_on),
        updated_at=noon(stay.exited_on or stay.said_on or stay.entered_on),
    )


def _asked(stay: Stay, kind: str) -> list[Criterion]:
    return criteria.asked([each for each in criteria.CATALOGUE if each.stage == stay.stage], kind)


def _evidence(
    stay: Stay, kind: str, said: Mapping[str, dt.date], chance: Random, by: Member | None, people: Sequence[Contact]
) -> list[dict[str, Any]]:
    """How each criterion stood when the stage ended; nothing of one that goes on."""
    if stay.exited_on is None:
        return []
    done = stay.outcome == Exit.COMPLETED
    found = []
    for each in _asked(stay, kind):
        word = said.get(each.key)
        met = word is not None if each.how != Evidence.MEASURED else done or chance.random() < 0.4
        value = None
        if each.how == Evidence.MEASURED and each.threshold is not None:
            value = _value(each, met, chance)
        name = by.name if by else ""
        if each.how == Evidence.CONFIRMED:
            name = people[0].name if people else ""
        found.append(
            {
                "key": each.key,
                "label": str(each.label),
                "how": str(each.how),
                "met": met,
                "value": value,
                "threshold": None if each.threshold is None else float(each.threshold),
                "unit": each.unit,
                "text": "" if value is None else f"{value:.0%}" if each.unit == "share" else f"{value:g}",
                "by": name if word else "",
                "at": (word or stay.exited_on).isoformat() if met else None,
            }
        )
    return found


def _value(criterion: Criterion, met: bool, chance: Random) -> float:
    """A value on the right side of the threshold."""
    limit = float(criterion.threshold or 0)
    if criterion.at_most:
        return limit if met else limit + chance.randrange(1, 3)
    low, high = MORE[criterion.unit]
    if criterion.unit == "share":
        return round(min(limit * (chance.uniform(low, high) if met else chance.uniform(0.5, 0.97)), 1.0), 3)
    return limit * (chance.uniform(low, high) // 1) if met else max(limit - chance.randrange(1, 3), 0)


def _checks(
    period: StagePeriod, said: Mapping[str, dt.date], by: Member | None, people: Sequence[Contact]
) -> list[CriterionCheck]:
    found = []
    for key, day in said.items():
        confirmed = criteria.BUILT_IN[(period.stage, key)].how == Evidence.CONFIRMED
        contact = people[0] if people else None
        found.append(
            CriterionCheck(
                period=period,
                criterion=key,
                how=Evidence.CONFIRMED if confirmed else Evidence.ATTESTED,
                met=True,
                note="" if confirmed else SHOWN.get(key, ""),
                member=None if confirmed else by,
                contact=contact if confirmed else None,
                signed_as=contact.name if confirmed and contact else "",
                at=noon(day),
            )
        )
    return found


def _answer(told: Answered, own: Sequence[StagePeriod], known: _Known, by: Member | None) -> Regression:
    period, cause = own[told.stay], told.cause
    return Regression(
        track=period.track,
        period=period,
        stage=told.back,
        cause=cause.cause,
        cause_ref=known.events.get((period.track.account_id, cause.kind, cause.day)),
        inputs={"kind": cause.kind, "day": cause.day.isoformat(), "note": cause.note},
        state=Answer.ACCEPTED if told.accepted else Answer.DECLINED,
        as_of=cause.day,
        opened_at=noon(cause.day),
        decided_by=by,
        decided_at=noon(told.on),
        note=cause.note if told.accepted else "Use and contacts did not suffer.",
    )
