"""Who took part in the renewals that are over, and what they answered when they were asked how easy it was (REN-03, E12).

Of those that stayed each person who took part was asked an office hour after the decision; about a half has answered. Written as
the links of then would have left it, because the service notes the moment of today. Dice of its own for each renewal.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from random import Random

from accounts.customers import merged_rows
from accounts.enums import ChangeSource, ImportKind
from accounts.merging import Origin
from accounts.models import Contact, Tenant
from cs_platform.demo.booked import BATCH
from cs_platform.demo.journey_rows import noon
from cs_platform.demo.mood import mood
from cs_platform.demo.past import Past
from cs_platform.demo.renewal_words import EASE
from cs_platform.demo.renewals import part_of
from health.engagement.surveys import merge_surveys
from health.enums import SurveyContext, SurveyDirection, SurveyKind
from health.models import Survey
from journey.playbooks.letters import leaves_at
from renewals.effort import EASY, HARD, REST_DAYS
from renewals.enums import Stance
from renewals.models import EffortAsk, Stakeholder

DAY = dt.timedelta(days=1)
ANSWERED = 0.48  # of those who were asked
WITHIN = 9  # days
SAID = 0.35  # of the answers that have words


def stakeholders(one: Past) -> list[Stakeholder]:
    """Who had a part in it, once somebody had talked with them; they leaned as it ended."""
    if one.told.by_itself or not one.row.talked_on:
        return []
    chance = _dice(one, "people")
    calm, split = (Stance.FOR, Stance.FOR, Stance.NEUTRAL), (Stance.FOR, Stance.NEUTRAL, Stance.AGAINST)
    leaning = split if one.troubled else calm
    return [
        Stakeholder(renewal=one.row, contact=who, part=part, stance=chance.choice(leaning))
        for who in one.people
        if (part := part_of(who)) and (who.left_on is None or who.left_on > one.closed_on)
    ]


def write(past: Sequence[Past], last: dt.date) -> int:
    """Write who took part, who was asked and what they answered up to the last day; how many answers."""
    people = {one.row.id: stakeholders(one) for one in past}
    Stakeholder.objects.bulk_create([row for rows in people.values() for row in rows], BATCH)
    asks, answers = [], []
    rested: dict[object, dt.datetime] = {}
    for one in sorted(past, key=lambda each: (each.closed_on, str(each.row.account.external_id))):
        if not one.stays:
            continue
        for ask in _asked(one, [row.contact for row in people[one.row.id]], last, rested):
            asks.append(ask)
            if cells := _answer(one, ask, last):
                answers.append((ask, cells))
    merged_rows(merge_surveys, ImportKind.SURVEYS, [cells for _ask, cells in answers], Origin(ChangeSource.RENEWAL))
    known = {row.external_id: row for row in Survey.objects.filter(context=SurveyContext.RENEWAL)}
    for ask, cells in answers:
        ask.answer = known[cells["survey"]]
    EffortAsk.objects.bulk_create(asks, BATCH)
    return len(answers)


def _dice(one: Past, topic: str) -> Random:
    return Random(f"{one.told.account}:{one.told.due_on}:{topic}")


def _asked(
    one: Past, people: Sequence[Contact], last: dt.date, rested: dict[object, dt.datetime]
) -> Iterator[EffortAsk]:
    """One mail for each of these people, but for who was asked lately, and what would go only after the last day."""
    at = leaves_at(Tenant.current(), noon(one.closed_on))
    for who in people:
        if at > noon(last) or not who.email or (who.id in rested and at - rested[who.id] < DAY * REST_DAYS):
            continue
        rested[who.id] = at
        yield EffortAsk(
            renewal=one.row, contact=who, address=who.email, language=who.language or "en", goes_at=at, sent_at=at
        )


def _answer(one: Past, ask: EffortAsk, last: dt.date) -> dict[str, str] | None:
    """What this person says, near what the CSM noted when it was closed; None from who has not answered.

    Example: the CSM noted 6 of 7, very easy: about 2, where 1 is very easy.
    """
    chance = _dice(one, f"effort {ask.contact.external_id}")
    at = ask.goes_at + DAY * chance.randrange(WITHIN) + dt.timedelta(minutes=chance.randrange(5, 55))
    if chance.random() > ANSWERED or at > noon(last):
        return None
    noted = one.row.effort
    hard = HARD + EASY - noted if noted is not None else 6.2 - 5 * mood(one.told.story, one.closed_on) + one.troubled
    score = min(max(round(hard + chance.gauss(0, 0.7)), EASY), HARD)
    words = next(said for most, said in EASE.items() if score <= most)
    return {
        "survey": f"{one.told.account}-renewal-{one.told.due_on}-{ask.contact.external_id}",
        "account": one.told.account,
        "contact": ask.contact.external_id,
        "kind": SurveyKind.CES.value,
        "context": SurveyContext.RENEWAL.value,
        "score": str(score),
        "direction": SurveyDirection.LOW_IS_EASY.value,
        "answered_at": at.isoformat(),
        "comment": chance.choice(words) if chance.random() < SAID else "",
    }
