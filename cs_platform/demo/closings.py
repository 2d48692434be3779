"""Renewals that are over, as the contracts tell of them: steps, what was said, what came of it, save plays (ADR 0007).

Each renewal of the months that are told has its row; what people closed wrote the next period, so that a movement of the
ledger leads to it. Written whole, as the people of then would have left it. Dice of its own for each.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from random import Random

from accounts.enums import ChangeSource, Profile
from accounts.merging import Origin
from accounts.rates import factors
from cs_platform.demo import efforts, past_calls, past_deals
from cs_platform.demo.booked import BATCH, Books, Contracts
from cs_platform.demo.company import Rows
from cs_platform.demo.deals import told_since
from cs_platform.demo.ended import Ended, Place, SourceRow, ended, mrr, place
from cs_platform.demo.journey_rows import noon
from cs_platform.demo.past import Past
from cs_platform.demo.renewal_words import ANSWERS, APPROACHES, OBJECTIONS
from cs_platform.kernel import audit
from cs_platform.kernel.money import whole_minor
from renewals.enums import FailureReason, Intent, Phase, RenewalState, Review, SaveCause, SaveState, Step
from renewals.following import state_of
from renewals.jobs import step_day
from renewals.models import Objection, Renewal, RenewalLine, RenewalStep, SavePlay
from renewals.runway import DAYS, steps_of

DAY = dt.timedelta(days=1)
# Of a hundred steps that were done late, where nothing was wrong; how much more often where it was.
LATE = {
    Step.PREP: 6,
    Step.TALK: 14,
    Step.QUOTE: 14,
    Step.PROPOSAL: 20,
    Step.NEGOTIATE: 30,
    Step.SIGN: 22,
    Step.CONFIRM: 10,
}
TROUBLED = 2.2
SIGNING = (Step.SIGN, Step.CONFIRM)
# What was intended of those that ended so, and how often.
INTENTS = {
    RenewalState.RENEWED: {Intent.RENEW: 70, Intent.UNKNOWN: 18, Intent.UNSURE: 12},
    RenewalState.EXPANDED: {Intent.RENEW: 40, Intent.MORE: 46, Intent.UNKNOWN: 14},
    RenewalState.CONTRACTED: {Intent.LESS: 52, Intent.UNSURE: 30, Intent.RENEW: 18},
    RenewalState.CHURNED: {Intent.UNSURE: 42, Intent.LEAVE: 26, Intent.UNKNOWN: 20, Intent.RENEW: 12},
}
# How many days before the end a save play began, and how often; those that were saved, and those that were not.
LEADS = ((95, 140), (60, 90), (32, 60), (12, 30))
SAVED, LOST = (9, 6, 4, 1), (3, 4, 5, 4)
PLAYED = 0.62  # of those in trouble


def write(rows: Rows, signed: Iterable[SourceRow], seed: int, last: dt.date) -> int:
    """Write the renewals and deals of the months that are told, with the contracts that they wrote; how many renewals, 0 when
    some are over already. `signed` are the contracts as they should have been written: a period that was booked wrongly is
    corrected later, its renewal says what was agreed."""
    if Renewal.objects.exclude(state=RenewalState.OPEN).exists():
        return 0
    books = Books(told_since(last), last)
    agreed = {place(row): row for row in signed}
    contracts = Contracts(books)
    deals = past_deals.tell(rows, agreed, books, contracts, seed)
    past = []
    lines: list[RenewalLine] = []
    now = factors()
    for told in ended(rows.stories, rows.subscriptions, last):
        one = _past(told, books, agreed, now, Random(f"{seed}:{told.account}:{told.due_on}:closed"))
        past.append(one)
        lines += _lines(one, books, contracts)
    calls = past_calls.call(past, books)
    with audit.derived():
        contracts.write()
        Renewal.objects.bulk_create([one.row for one in past], BATCH)
        RenewalLine.objects.bulk_create(lines, BATCH)
        RenewalStep.objects.bulk_create([step for one in past for step in one.steps], BATCH)
        Objection.objects.bulk_create([each for one in past for each in one.objections], BATCH)
        SavePlay.objects.bulk_create([play for one in past for play in _plays(one)], BATCH)
        efforts.write(past, last)
        past_calls.write(calls)
        past_deals.write(deals)
    return len(past)


def _past(
    told: Ended, books: Books, agreed: Mapping[Place, SourceRow], now: Mapping[str, Decimal], chance: Random
) -> Past:
    """The renewal of these contracts: its money at the rates of its month, when it was closed and how it went."""
    account, code, due_on = books.accounts[told.account], told.currency, told.due_on
    due = [mrr(agreed[place(line.ends)]) for line in told.lines]
    kept = [mrr(agreed[place(line.follows)]) for line in told.lines if line.follows]
    row = Renewal(
        account=account,
        due_on=due_on,
        profile=told.profile,
        state=state_of(sum(due), sum(kept), bool(kept)),
        currency=code,
        due_mrr=sum(books.turned(minor, code, due_on) for minor in due),
        kept_mrr=sum(books.turned(minor, code, due_on) for minor in kept),
        source=ChangeSource.RULE,
    )
    if told.by_itself:  # contracts close it, so it says what they say today
        due_now, kept_now = (sum(whole_minor(minor * now[code]) for minor in each) for each in (due, kept))
        row.state = state_of(due_now, kept_now, bool(kept))
    row.external_id = str(row.id)
    begun = max(dt.date.fromisoformat(line.ends["start_date"]) for line in told.lines)
    row.opened_on = max(due_on - DAY * DAYS[told.profile], begun)
    one = Past(row, told, books.owner(account), books.people.get(account.id, []), chance)
    _walk(one)
    _tell(one, sum(kept))
    return one


def _walk(one: Past) -> None:
    """The steps with their days; signing ends it. Of one that was lost the last ones were never done."""
    row, chance, profile = one.row, one.chance, one.told.profile
    plans = steps_of(profile)
    done = len(plans) if one.stays or one.told.by_itself else chance.randrange(1, len(plans))
    before, more = row.opened_on, TROUBLED if one.troubled else 0.8
    for number, plan in enumerate(plans):
        step = RenewalStep(renewal=row, step=plan.step, days=plan.days)
        step.due_on = step_day(row.due_on, plan.days, row.opened_on)
        one.steps.append(step)
        if one.told.by_itself:  # letters that go out by themselves
            step.done_on = step.due_on
        elif number < done:
            late = chance.random() * 100 < LATE[Step(plan.step)] * more
            day = step.due_on + DAY * (chance.randrange(2, 15) if late else -chance.randrange(6))
            before = step.done_on = max(min(day, row.due_on - DAY), before)
            step.done_by = one.owner
    if one.told.by_itself:
        row.closed_on = row.due_on
        return
    if one.stays:
        row.closed_on = before
    else:
        row.closed_on = max(row.due_on - DAY * chance.randrange(3, 26), before)
    row.closed_by, row.source, row.source_ref = one.owner, ChangeSource.MEMBER, one.owner.id


def _tell(one: Past, kept: int) -> None:
    """What was said on the way: intent, offer, objections, why it failed."""
    row, chance = one.row, one.chance
    days = {step.step: step.done_on for step in one.steps if step.done_on}
    row.talked_on = days.get(Step.TALK)
    row.phase = Phase.SIGNING if one.stays and not one.told.by_itself else Phase.PREPARING
    row.phase_since = one.closed_on if one.stays else row.talked_on or row.opened_on
    row.recorded_at, row.updated_at = noon(row.opened_on), noon(one.closed_on)
    if one.told.by_itself:
        return
    if row.talked_on:
        told = INTENTS[RenewalState(row.state)]
        row.intent = chance.choices(list(told), list(told.values()))[0]
        if not one.stays:
            row.phase = Phase.PROPOSED if Step.PROPOSAL in days or Step.QUOTE in days else Phase.TALKING
    if one.stays:
        row.term_months, row.prepaid = 12, one.told.profile != Profile.SMB
        row.offered_minor = 12 * kept
        row.effort = chance.choice((4, 5, 5, 6, 6, 7)) if chance.random() < 0.4 else None
        if one.told.profile == Profile.ENTERPRISE:
            row.legal = row.procurement = Review.DONE
    if not row.talked_on or chance.random() > (0.75 if one.troubled else 0.12):
        return
    reason = FailureReason(chance.choice(list(OBJECTIONS)))
    row.likely_reason = "" if one.stays else reason
    raised = row.talked_on + DAY * chance.randrange(1, 12)
    if raised >= one.closed_on:
        return
    answered = min(raised + DAY * chance.randrange(1, 12), one.closed_on) if one.stays else None
    one.objections.append(
        Objection(
            renewal=row,
            text=OBJECTIONS[reason],
            reason=reason,
            contact=next((who for who in one.people if who.role == "decision_maker"), None),
            raised_on=raised,
            answer=ANSWERS[reason] if answered else "",
            answered_on=answered,
            recorded_by=one.owner,
        )
    )


def _lines(one: Past, books: Books, contracts: Contracts) -> list[RenewalLine]:
    """Its contracts and what followed each, written by the renewal where a person closed it."""
    origin = Origin(ChangeSource.RENEWAL, one.row.id, one.owner.name)
    found = []
    for line in one.told.lines:
        period, following = books.periods.get(place(line.ends)), None
        assert period is not None, line.ends
        if line.follows and one.told.by_itself:
            following = books.periods[place(line.follows)]
        elif line.follows:
            following = contracts.begin(line.follows, origin)
        elif not one.stays and not one.told.by_itself:
            contracts.end(period, origin)
        found.append(RenewalLine(renewal=one.row, subscription=period, next_period=following))
    return found


def _plays(one: Past) -> list[SavePlay]:
    """How it was saved, or not; of those in trouble more than half."""
    chance = Random(f"{one.told.account}:{one.told.due_on}:save")
    if one.told.by_itself or not one.troubled or chance.random() > PLAYED:
        return []
    least, most = chance.choices(LEADS, SAVED if one.stays else LOST)[0]
    lead = max(chance.randrange(least, most), (one.told.due_on - one.closed_on).days + 3)
    opened = one.told.due_on - DAY * lead
    return [
        SavePlay(
            account=one.row.account,
            renewal=one.row,
            cause=chance.choice((SaveCause.RED, SaveCause.RED, SaveCause.CALL, SaveCause.PERSON)),
            opened_on=opened,
            lead_days=lead,
            mrr_minor=one.row.due_mrr or 0,
            approach=chance.choice(APPROACHES[1:]),
            state=SaveState.SAVED if one.stays else SaveState.LOST,
            decided_on=one.closed_on,
            opened_by=one.owner,
            recorded_at=noon(opened),
            updated_at=noon(one.closed_on),
        )
    ]
