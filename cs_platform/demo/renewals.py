"""How the open renewals of the demo's companies go: steps done, talks, offers, who decides, what is expected (ADR 0007).

Renewals are opened as the night does it. Then they are written as the people of the past months would have left them: the
services note today's date, so steps, objections and calls of the past are rows. Dice of its own for each renewal.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from uuid import UUID

from accounts.enums import HealthBand, Profile
from accounts.models import Contact, Member
from cs_platform.demo.journey_rows import noon
from cs_platform.demo.renewal_words import (
    AGAINST,
    ANSWERS,
    APPROACHES,
    FOR,
    HALCYON_CALLS,
    HALCYON_NOTES,
    HALCYON_OBJECTIONS,
    LEADERS,
    NEXT,
    OBJECTIONS,
)
from cs_platform.kernel import audit
from renewals.enums import Caller, Intent, Part, Phase, RenewalState, Review, SaveCause, Stance, Step
from renewals.jobs import call_all, follow_contracts, step_day
from renewals.models import Objection, Renewal, RenewalCall, RenewalStep, Stakeholder
from renewals.runway import DAYS
from renewals.saves import open_save

DAY = dt.timedelta(days=1)
BATCH = 1000
HALCYON = "Halcyon Freight"
UNSIGNED = {"Kestrel Robotics", "Marlow Textiles"}  # close to their end, and nobody signs
LATE, LEFT_OPEN = 1 / 8, 1 / 8  # of steps that were done late; of renewals whose step that is due now was not done
NEAR = 14  # days before the negotiation is due that it goes on already
HOPEFUL = ("priya", "rafael", "clara", "agus")  # whose calls are a little too high
LEADER_CALLS = 120  # days before the end from which a leader says what they think of the larger ones
SAVED_FROM = 120  # days before the end from which a Critical one is saved
# What a step that was done says of the phase.
REACHED = {
    Step.TALK: Phase.TALKING,
    Step.QUOTE: Phase.PROPOSED,
    Step.PROPOSAL: Phase.PROPOSED,
    Step.NEGOTIATE: Phase.SIGNING,
    Step.SIGN: Phase.SIGNING,
    Step.CONFIRM: Phase.SIGNING,
}
PHASES = list(Phase)
PARTS = {
    "executive_sponsor": Part.DECIDES,
    "decision_maker": Part.DECIDES,
    "champion": Part.USES,
    "power_user": Part.USES,
    "procurement": Part.PROCUREMENT,
    "legal": Part.LEGAL,
}
HALCYON_STANCES = {
    Part.DECIDES: Stance.UNKNOWN,
    Part.PAYS: Stance.AGAINST,
    Part.PROCUREMENT: Stance.NEUTRAL,
    Part.USES: Stance.FOR,
}
# What customers of a band say that they will do, and how often.
INTENTS = {
    HealthBand.GREEN: {Intent.RENEW: 64, Intent.MORE: 22, Intent.UNKNOWN: 14},
    HealthBand.YELLOW: {Intent.RENEW: 46, Intent.UNSURE: 26, Intent.LESS: 14, Intent.UNKNOWN: 14},
    HealthBand.RED: {Intent.UNSURE: 50, Intent.LESS: 24, Intent.LEAVE: 8, Intent.RENEW: 18},
}
STANCES = {
    HealthBand.GREEN: (Stance.FOR, Stance.FOR, Stance.FOR, Stance.NEUTRAL),
    HealthBand.YELLOW: (Stance.FOR, Stance.NEUTRAL, Stance.NEUTRAL, Stance.UNKNOWN),
    HealthBand.RED: (Stance.NEUTRAL, Stance.UNKNOWN, Stance.AGAINST, Stance.FOR),
}


@dataclass
class _Case:
    """A renewal with what its process is derived from."""

    row: Renewal
    steps: list[RenewalStep]
    people: list[Contact]
    yearly: int  # money of its contracts in minor units of its currency
    chance: Random
    last: dt.date
    band: str = field(init=False)

    def __post_init__(self) -> None:
        band = self.row.account.health_band
        gone = any(person.role == "champion" and person.left_on for person in self.people)
        self.band = HealthBand.YELLOW if band == HealthBand.NONE or (gone and band == HealthBand.GREEN) else band

    @property
    def left(self) -> int:
        return (self.row.due_on - self.last).days

    @property
    def halcyon(self) -> bool:
        return self.row.account.name == HALCYON

    @property
    def owner(self) -> Member | None:
        return self.row.account.owner

    def some_day(self, most: int) -> dt.date:
        """A day of the last `most`, since it opened."""
        return max(self.last - DAY * self.chance.randrange(1, most), self.row.opened_on)

    def who(self, *roles: str) -> Contact | None:
        """The first person here with one of these roles, the roles in this order."""
        here = [person for role in roles for person in self.people if person.role == role and not person.left_on]
        return here[0] if here else None


def tell(seed: int, last: dt.date) -> int:
    """Open what the night would open and tell how far each renewal is; how many, 0 when somebody has called one already."""
    if RenewalCall.objects.filter(caller=Caller.CSM, renewal__state=RenewalState.OPEN).exists():
        return 0
    follow_contracts(last)
    cases = _cases(seed, last)
    leader = Member.objects.get(role__key="leader")
    for case in cases:
        _walk(case)
        _place(case, leader)
    with audit.derived():  # no edits of today
        RenewalStep.objects.bulk_update(
            [s for case in cases for s in case.steps], ["due_on", "done_on", "done_by", "note"], BATCH
        )
        changed = [
            "opened_on", "phase", "phase_since", "talked_on", "intent", "likely_reason", "next_step", "next_step_on", "offered_minor",
            "asked_minor", "floor_minor", "term_months", "prepaid", "uplift", "approval", "approved_by", "legal", "procurement",
        ]  # fmt: skip
        Renewal.objects.bulk_update([case.row for case in cases], changed, BATCH)
        Stakeholder.objects.bulk_create([row for case in cases for row in _stakeholders(case)], BATCH)
        Objection.objects.bulk_create([row for case in cases for row in _objections(case)], BATCH)
    _call(cases, leader, last)
    _save(cases)
    return len(cases)


def _cases(seed: int, last: dt.date) -> list[_Case]:
    """The open renewals, the next first. Four queries."""
    rows = Renewal.objects.filter(state=RenewalState.OPEN).select_related("account__owner__user")
    rows = rows.prefetch_related("steps", "lines__subscription", "account__contacts")
    found = []
    for row in rows.order_by("due_on", "account__external_id"):
        lines = [line.subscription for line in row.lines.all()]
        row.opened_on = min(max([row.due_on - DAY * DAYS[row.profile], *(line.start_on for line in lines)]), last)
        found.append(
            _Case(
                row=row,
                steps=sorted(row.steps.all(), key=lambda step: -step.days),
                people=sorted(row.account.contacts.all(), key=lambda person: person.external_id),
                # In whole units: twelve rounded months are not quite the year.
                yearly=round(sum(12 * (line.mrr_minor or 0) for line in lines if line.currency == row.currency), -2),
                chance=Random(f"{seed}:{row.account.external_id}:{row.due_on}:renewal"),
                last=last,
            )
        )
    return found


def _walk(case: _Case) -> None:
    """Do the steps that are due: mostly on time, some late; sometimes the one that is due now was not done."""
    chance, row = case.chance, case.row
    for step in case.steps:
        step.due_on = step_day(row.due_on, step.days, row.opened_on)
    due = [step for step in case.steps if step.due_on <= case.last]
    written = row.profile == Profile.PRODUCT_LED  # letters that go out by themselves
    waits = chance.random() < LEFT_OPEN * (2 if case.band == HealthBand.RED else 1)
    waits = (waits or case.halcyon or row.account.name in UNSIGNED) and not written
    days = [-3, 14, 22] if case.halcyon else []
    before = row.opened_on
    for place, step in enumerate(due):
        late = chance.randrange(2, 13) if chance.random() < LATE else -chance.randrange(6)
        if waits and step is due[-1]:
            step.note = HALCYON_NOTES[-1] if case.halcyon else ""
            return
        moved = 0 if written else days[place] if place < len(days) else late
        step.done_on = min(step.due_on + DAY * moved, case.last)
        if case.halcyon and place < len(days):
            step.note = HALCYON_NOTES[place]
            row.opened_on = min(row.opened_on, step.done_on)
        else:
            step.done_on = max(step.done_on, before)
        before = step.done_on
        step.done_by = None if written else case.owner


def _place(case: _Case, leader: Member) -> None:
    """How far it is after these steps, what the customer intends, what is offered, and what comes next."""
    row, chance, last = case.row, case.chance, case.last
    done = {Step(step.step): step.done_on for step in case.steps if step.done_on}
    row.talked_on = done.get(Step.TALK)
    row.phase, row.phase_since = Phase.PREPARING, row.opened_on
    for step, day in done.items():
        reached = REACHED.get(step, Phase.PREPARING)
        if PHASES.index(reached) > PHASES.index(Phase(row.phase)):
            row.phase, row.phase_since = reached, day
    _negotiate(case)
    if row.talked_on or row.phase != Phase.PREPARING:
        told = INTENTS[HealthBand(case.band)]
        row.intent = chance.choices(list(told), list(told.values()))[0]
    if case.halcyon:
        row.intent = Intent.UNSURE
    if case.band == HealthBand.RED and row.talked_on:
        row.likely_reason = "champion" if case.halcyon else chance.choice(list(OBJECTIONS))
    if row.phase != Phase.PREPARING or case.left < 150:
        row.next_step = chance.choice(NEXT[Phase(row.phase)])
        row.next_step_on = last + DAY * (-2 if chance.random() < 1 / 12 else chance.randrange(1, 12))
    if case.halcyon:
        row.next_step, row.next_step_on = "Call the new VP Operations", last + DAY
    if row.profile == Profile.PRODUCT_LED:
        row.next_step, row.next_step_on = "", None
    if PHASES.index(Phase(row.phase)) >= PHASES.index(Phase.PROPOSED):
        _offer(case, leader)


def _negotiate(case: _Case) -> None:
    """Who has the proposal negotiates shortly before that is due; a small customer does once it was talked over."""
    row = case.row
    if row.phase != Phase.PROPOSED:
        return
    step = next((step for step in case.steps if step.step == Step.NEGOTIATE), None)
    if step is None:
        if row.talked_on:
            row.phase, row.phase_since = Phase.NEGOTIATING, max(row.talked_on, row.phase_since)
    elif step.due_on - case.last <= DAY * NEAR:
        row.phase, row.phase_since = Phase.NEGOTIATING, max(min(step.due_on, case.last), row.phase_since)


def _offer(case: _Case, leader: Member) -> None:
    """What is offered for a year, what they ask for, the least that we take; who has to agree."""
    row, chance = case.row, case.chance
    uplift = 0 if case.halcyon or case.band == HealthBand.RED else chance.choice((0, 3, 3, 5, 6))
    row.uplift = Decimal(uplift)
    row.offered_minor = case.yearly * (100 + uplift) // 100
    row.term_months = 24 if case.halcyon else chance.choice((12, 12, 12, 24, 36))
    row.prepaid = case.halcyon or chance.random() < 0.7
    if case.halcyon:
        row.floor_minor = case.yearly * 78 // 100
        row.approval, row.approved_by = Review.DONE, leader
    elif case.band != HealthBand.GREEN:
        row.asked_minor = case.yearly * chance.choice((88, 92, 95)) // 100
        row.floor_minor = case.yearly * 85 // 100
        row.approval = chance.choice((Review.NONE, Review.ASKED))
    if row.profile == Profile.ENTERPRISE or chance.random() < 0.3:
        row.procurement = Review.RUNNING if row.phase == Phase.NEGOTIATING else Review.ASKED
        row.legal = chance.choice((Review.ASKED, Review.RUNNING)) if row.phase == Phase.NEGOTIATING else Review.NONE
    if row.phase == Phase.SIGNING:
        row.procurement = row.legal = Review.DONE
        row.approval, row.approved_by = (Review.DONE, leader) if row.asked_minor else (Review.NONE, None)


def part_of(person: Contact) -> Part | None:
    """What a person of this role and title has to do with a renewal; None for who has no part in it."""
    return Part.PAYS if person.title == "CFO" else PARTS.get(person.role)


def _stakeholders(case: _Case) -> list[Stakeholder]:
    """Who has a part in it, as far as somebody has spoken with them; at Halcyon nobody has mapped legal yet."""
    if not case.row.talked_on or case.row.profile == Profile.PRODUCT_LED:
        return []
    found = []
    for person in case.people:
        part = part_of(person)
        if part is None or (person.left_on and not case.halcyon) or (case.halcyon and part == Part.LEGAL):
            continue
        stance = case.chance.choice(STANCES[HealthBand(case.band)])
        note = ""
        if case.halcyon:
            stance = HALCYON_STANCES[part]
        if person.left_on:
            stance, note = Stance.FOR, "Left; owned the rollout and the budget line."
        elif person.role in {"champion", "power_user"} and stance == Stance.AGAINST:
            stance = Stance.NEUTRAL
        found.append(Stakeholder(renewal=case.row, contact=person, part=part, stance=stance, note=note))
    return found


def _objections(case: _Case) -> list[Objection]:
    """What the unhappy say against it; about a half of that was answered."""
    row, chance, last = case.row, case.chance, case.last
    if case.halcyon:
        told = [
            (reason, text, answer, case.who(*roles), last - DAY * raised, last - DAY * answered if answered else None)
            for reason, text, answer, roles, raised, answered in HALCYON_OBJECTIONS
        ]
    else:
        share = {HealthBand.RED: 1.0, HealthBand.YELLOW: 0.35}.get(HealthBand(case.band), 0.0)
        if not row.talked_on or chance.random() >= share:
            return []
        reasons = chance.sample(list(OBJECTIONS), 2 if case.band == HealthBand.RED and chance.random() < 0.4 else 1)
        told = []
        for reason in reasons:
            raised = max(row.talked_on, last - DAY * chance.randrange(2, 40))
            answered = min(raised + DAY * chance.randrange(1, 9), last) if chance.random() < 0.5 else None
            answer = ANSWERS[reason] if answered else ""
            told.append((reason, OBJECTIONS[reason], answer, case.who("decision_maker", "champion"), raised, answered))
    return [
        Objection(
            renewal=row,
            text=text,
            reason=reason,
            contact=contact,
            raised_on=raised,
            answer=answer,
            answered_on=answered,
            recorded_by=case.owner,
        )
        for reason, text, answer, contact, raised, answered in told
    ]


def _call(cases: Sequence[_Case], leader: Member, last: dt.date) -> None:
    """The system as of the day before, then people around what it said: a few far from it, some always above it."""
    call_all(last - DAY)
    system: dict[UUID, Decimal] = dict(
        RenewalCall.objects.filter(caller=Caller.SYSTEM, renewal__state=RenewalState.OPEN)
        .order_by("at", "id")
        .values_list("renewal_id", "probability")
    )
    middle = sorted(case.row.account.mrr_minor for case in cases)[len(cases) // 2] if cases else 0
    calls: list[RenewalCall] = []
    for case in cases:
        row, chance, owner = case.row, case.chance, case.owner
        if case.halcyon:
            for caller, said, days, reasons in HALCYON_CALLS:
                member = owner if caller == Caller.CSM else leader
                calls.append(_called(row, caller, said, reasons, last - DAY * days, member))
            continue
        if owner is None or row.id not in system or row.profile == Profile.PRODUCT_LED:
            continue
        if row.phase == Phase.PREPARING or (row.profile == Profile.SMB and chance.random() < 0.6):
            continue
        seen = round(system[row.id])
        gap = chance.randrange(10, 19) if chance.random() < 0.12 else chance.randrange(-5, 6)
        hopeful = chance.randrange(1, 5) if owner.user.email.split("@")[0] in HOPEFUL else 0
        said = min(max(seen + gap + hopeful, 15), 97)
        day = case.some_day(21)
        calls.append(_called(row, Caller.CSM, said, _reasons(chance, said, FOR, AGAINST), day, owner))
        if row.account.mrr_minor >= middle and case.left <= LEADER_CALLS and chance.random() < 0.7:
            gap = -chance.randrange(10, 15) if chance.random() < 0.1 else chance.randrange(-6, 3)
            thinks = min(max(seen + gap, 15), 95)
            told = _reasons(chance, thinks, LEADERS["+"], LEADERS["-"])
            day = max(day, case.some_day(14))
            calls.append(_called(row, Caller.LEADER, thinks, told, day, leader))
    RenewalCall.objects.bulk_create(calls, BATCH)


def _called(
    row: Renewal, caller: str, said: int, reasons: Sequence[tuple[str, str]], day: dt.date, by: Member | None
) -> RenewalCall:
    return RenewalCall(
        renewal=row,
        caller=caller,
        probability=Decimal(said),
        as_of=day,
        at=noon(day),
        member=by,
        reasons=[{"sign": sign, "text": text} for sign, text in reasons],
    )


def _reasons(chance: Random, said: int, good: Sequence[str], bad: Sequence[str]) -> list[tuple[str, str]]:
    """What speaks for it when much does, what against it when it does not, both in between."""
    found = [("+", chance.choice(good))] if said >= 60 else []
    return [*found, ("-", chance.choice(bad))] if said < 85 else found


def _save(cases: Sequence[_Case]) -> None:
    """About half of the Critical ones that end soon are being saved, through the service."""
    for case in cases:
        if case.halcyon:
            open_save(
                account=case.row.account,
                by=case.owner,
                cause=SaveCause.CALL,
                approach=APPROACHES[0],
                opened_on=case.last,
            )
        elif case.band == HealthBand.RED and case.left <= SAVED_FROM and case.chance.random() < 0.5:
            day = case.some_day(26)
            approach = case.chance.choice(APPROACHES[1:])
            open_save(account=case.row.account, by=case.owner, cause=SaveCause.RED, approach=approach, opened_on=day)
