"""Deals that are over: each purchase that somebody of ours sold, and those that were lost on the way (EXP-05, EXP-08).

A won one wrote its contract, so that the movement of the ledger leads to it. Half of them came from a signal of the days before.
Dice of its own for each.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from accounts.enums import ChangeSource, Profile
from accounts.merging import Origin
from cs_platform.demo.booked import BATCH, Books, Contracts
from cs_platform.demo.books import PRODUCTS
from cs_platform.demo.company import Rows
from cs_platform.demo.deal_words import CASES, COMPETITOR, DISMISSED, GREW, LOSSES, OVERRIDES
from cs_platform.demo.ended import Place, SourceRow, amount, mrr, place, profile_of, sold
from cs_platform.demo.journey_rows import noon
from cs_platform.demo.mood import away, mood
from cs_platform.demo.outcomes import first_value_on
from cs_platform.demo.past_calls import FEELS
from cs_platform.demo.stories import Story
from cs_platform.kernel.periods import after_months
from expansion import lifecycle
from expansion.enums import Check, DealKind, DealStage, LossReason, SignalState, Trigger, WinReason
from expansion.jobs import AGAIN, GONE
from expansion.models import Opportunity, OpportunityMove, Signal

DAY = dt.timedelta(days=1)
# Days from seeing it to the signature, from quick to slow.
WAIT = {
    Profile.ENTERPRISE: (55, 165),
    Profile.MID_MARKET: (35, 110),
    Profile.SMB: (10, 60),
    Profile.PRODUCT_LED: (2, 25),
}
LOST_OF_WON = 2.2  # lost deals for each that was won
SIGNALLED = 0.55  # deals that came from a signal
IGNORED = 0.6  # signals that somebody dismissed, for each deal that came from one
# How far along the way each stage began, and how often each is the last of a lost deal.
ALONG = {DealStage.QUALIFIED: 0.25, DealStage.PROPOSAL: 0.5, DealStage.COMMIT: 0.85}
FURTHEST = {DealStage.IDENTIFIED: 20, DealStage.QUALIFIED: 38, DealStage.PROPOSAL: 34, DealStage.COMMIT: 8}
WINS = {WinReason.VALUE: 40, WinReason.NEED: 30, WinReason.CHAMPION: 20, WinReason.PRICE: 10}
USUAL = {DealKind.SEATS: (Trigger.SEATS_FULL, Trigger.TEAM_GROWTH, Trigger.GROWTH), DealKind.PRODUCT: (Trigger.GROWTH, Trigger.COMPETITOR, Trigger.TEAM_GROWTH)}  # fmt: skip
# How often an outcome was shown, by how the deal ended, and no urgent ticket was open.
OUTCOME_SHOWN = {DealStage.WON: 0.88, DealStage.LOST: 0.7}
NO_P1 = 0.96
MORE = 5  # people by which a team has grown that a night tells of


@dataclass
class Told:
    """Deals with their ways and the signals that they came from."""

    deals: list[Opportunity] = field(default_factory=list)
    moves: list[OpportunityMove] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    periods: Mapping[str, Sequence[SourceRow]] = field(default_factory=dict)  # paid ones, by account

    def seats(self, account: str, day: dt.date) -> int:
        """The seats that the account's contracts had on that day; a signal of it says the same."""
        running = [row for row in self.periods.get(account, ()) if place(row)[1] <= day]
        return sum(int(row["seats"]) for row in running if not row["end_date"] or day.isoformat() < row["end_date"])


def tell(rows: Rows, agreed: Mapping[Place, SourceRow], books: Books, contracts: Contracts, seed: int) -> Told:
    """The deals of the months that are told; of the won ones the contracts are begun."""
    periods: dict[str, list[SourceRow]] = defaultdict(list)
    for row in rows.subscriptions:
        periods[row["account"]].append(row)
    found = Told(periods=periods)
    for row in rows.subscriptions:
        if (key := place(row)) in sold(rows.deals):
            chance = Random(f"{seed}:{key[0]}:won")
            _won(found, rows.stories[row["account"]], row, agreed[key], books, contracts, chance)
    running = {row["account"]: row for row in rows.subscriptions}
    chance = Random(f"{seed}:lost")
    candidates = [key for key, story in sorted(rows.stories.items()) if story.parent == ""]
    for number in range(round(len(found.deals) * LOST_OF_WON)):
        who = chance.choice(candidates)
        _lost(found, number, rows.stories[who], running[who], books, Random(f"{seed}:{who}:{number}:lost"))
    for number in range(round(len(found.signals) * IGNORED)):
        who = chance.choice(candidates)
        _dismissed(found, rows.stories[who], who, books, Random(f"{seed}:{who}:{number}:dismissed"))
    return found


def write(told: Told) -> None:
    """The rows, signals first: deals lead to them."""
    Signal.objects.bulk_create(told.signals, BATCH)
    Opportunity.objects.bulk_create(told.deals, BATCH)
    OpportunityMove.objects.bulk_create(told.moves, BATCH)


def _won(
    found: Told,
    story: Story,
    row: SourceRow,
    right: SourceRow,
    books: Books,
    contracts: Contracts,
    chance: Random,
) -> None:
    """The deal that wrote this period; its money is what was agreed."""
    key, start = place(row)
    kind = DealKind.PRODUCT if key.rpartition("-")[2] in {name.lower() for name in PRODUCTS} else DealKind.SEATS
    months = int(right["interval_months"])
    deal = _deal(story, row["account"], kind, start, books, chance)
    deal.external_id = key
    deal.amount_minor = amount(right) * 12 // months
    deal.currency = row["currency"]
    deal.seats = int(row["seats"]) if kind == DealKind.SEATS else None
    deal.name = row["product"] if kind == DealKind.PRODUCT else f"{row['seats']} more seats"
    deal.stage = DealStage.WON
    deal.win = chance.choices(list(WINS), list(WINS.values()))[0]
    _walk(found, deal, story, [DealStage.QUALIFIED, DealStage.PROPOSAL, DealStage.COMMIT], row["account"], chance)
    owner = deal.owner or books.leader
    origin = Origin(ChangeSource.DEAL, deal.id, owner.name)
    period = contracts.begin(row, origin, "cross_sell" if kind == DealKind.PRODUCT else "seats")
    deal.product, deal.plan, deal.written = period.product, period.plan, period
    deal.won_mrr = books.turned(mrr(right), deal.currency, start)


def _lost(found: Told, number: int, story: Story, row: SourceRow, books: Books, chance: Random) -> None:
    """One that came to nothing, at a customer that paid then; one that was away on that day had none."""
    closed = books.first + DAY * chance.randrange((books.last - books.first).days)
    if away(story, closed) or (closed - story.signed_on).days < WAIT[profile_of(story)][1]:
        return
    kind = DealKind.SEATS if chance.random() < 0.55 else DealKind.PRODUCT
    deal = _deal(story, row["account"], kind, closed, books, chance)
    year = amount(row) * 12 // int(row["interval_months"])
    deal.external_id = f"{row['account']}-lost{number}"
    deal.amount_minor = max(year * chance.randrange(6, 26) // 100 // 100_00 * 100_00, 100_00)
    deal.currency = row["currency"]
    if kind == DealKind.PRODUCT:
        deal.product = books.products.get(chance.choice(PRODUCTS[1:]))
    deal.name = str(deal.product) if deal.product else f"Seats for {chance.choice(GREW)}"
    deal.stage = DealStage.LOST
    furthest = chance.choices(list(FURTHEST), list(FURTHEST.values()))[0]
    _walk(found, deal, story, [stage for stage in ALONG if lifecycle.OPEN.index(stage) <= lifecycle.OPEN.index(furthest)], row["account"], chance)  # fmt: skip
    deal.loss = chance.choices(list(LOSSES), [weight for weight, _said in LOSSES.values()])[0]
    if deal.override and chance.random() < 0.4:
        deal.loss = LossReason.NOT_EARNED
    deal.note = LOSSES[LossReason(deal.loss)][1]


def _deal(story: Story, key: str, kind: DealKind, closed: dt.date, books: Books, chance: Random) -> Opportunity:
    """A deal of this customer that was over on this day."""
    account = books.accounts[key]
    quick, slow = WAIT[profile_of(story)]
    seen = max(closed - DAY * chance.randrange(quick, slow), min(story.signed_on + DAY, closed))
    owner = books.owner(account)
    people = [who for who in books.people.get(account.id, []) if who.role in ("decision_maker", "executive_sponsor")]
    return Opportunity(
        account=account,
        kind=kind,
        motion=lifecycle.usual_motion(kind),
        trigger=Trigger.PERSON,
        identified_on=seen,
        stage_since=closed,
        close_on=closed,
        closed_on=closed,
        owner=owner,
        buyer=people[0] if people else None,
        case=chance.choice(CASES[kind]),
        source=ChangeSource.MEMBER,
        source_ref=owner.id,
        recorded_at=noon(seen),
        updated_at=noon(closed),
    )


def _walk(found: Told, deal: Opportunity, story: Story, through: Sequence[DealStage], key: str, chance: Random) -> None:
    """From the first stage through these to its end; what the checks said when it left the first, and where it came from."""
    seen, closed = deal.identified_on, deal.closed_on
    assert closed is not None
    steps = [(DealStage.IDENTIFIED, seen), *((stage, seen + (closed - seen) * ALONG[stage]) for stage in through)]
    steps.append((DealStage(deal.stage), closed))
    before = ""
    for stage, day in steps:
        found.moves.append(
            OpportunityMove(opportunity=deal, before=before, after=stage, moved_on=day, member=deal.owner, at=noon(day))
        )
        before = stage
    if through or deal.stage == DealStage.WON:
        deal.earned = _earned(story, steps[1][1], DealStage(deal.stage), chance)
        if lifecycle.missing(deal.earned):
            deal.override, deal.override_by = chance.choice(OVERRIDES), deal.owner
    found.deals.append(deal)
    if chance.random() < SIGNALLED:
        deal.signal = _signal(found, key, deal.account_id, chance.choice(USUAL[DealKind(deal.kind)]), seen, chance)
        deal.trigger = deal.signal.trigger
        deal.signal.state, deal.signal.decided_on, deal.signal.decided_by = SignalState.TAKEN, seen, deal.owner
        found.signals.append(deal.signal)


def _earned(story: Story, day: dt.date, ending: DealStage, chance: Random) -> dict[str, bool]:
    """The five checks as they stood on that day (EXP-01)."""
    return {
        Check.TENURE: after_months(story.signed_on, 6) <= day,
        Check.FIRST_VALUE: first_value_on(story) <= day,
        Check.HEALTHY: 100 * mood(story, day) + FEELS >= 80,
        Check.OUTCOME: chance.random() < OUTCOME_SHOWN[ending],
        Check.NO_P1: chance.random() < NO_P1,
    }


def _signal(found: Told, key: str, account_id: UUID, trigger: Trigger, day: dt.date, chance: Random) -> Signal:
    """What the night measured a few days before; its cause is gone since, so that it may come anew. People and seats are those of
    the contracts: where the seats hold too few people for a team that grew, somebody has told of growth."""
    on = day - DAY * chance.randrange(1, 9)
    seats = found.seats(key, on)
    used = seats - chance.randrange(seats // 10 + 1)
    before = used * chance.randrange(60, 76) // 100
    if (trigger == Trigger.SEATS_FULL and not used) or (trigger == Trigger.TEAM_GROWTH and used - before < MORE):
        trigger = Trigger.GROWTH
    told: Mapping[Trigger, Mapping[str, Any]] = {
        Trigger.SEATS_FULL: {"used": used, "limit": seats, "share": round(used / max(seats, 1), 4)},
        Trigger.TEAM_GROWTH: {"before": before, "now": used, "change": round(used / max(before, 1) - 1, 4)},
        Trigger.GROWTH: {"day": on.isoformat(), "note": f"More work in {chance.choice(GREW)}."},
        Trigger.COMPETITOR: {"day": on.isoformat(), "note": chance.choice(COMPETITOR)},
    }  # fmt: skip
    causes = {Trigger.SEATS_FULL: "seats", Trigger.TEAM_GROWTH: "team"}
    cause = causes.get(trigger, f"note:{chance.randrange(10**9)}")
    return Signal(
        account_id=account_id,
        trigger=trigger,
        cause=f"{cause}{AGAIN}{on}:{chance.randrange(10**6)}",
        inputs={**told[trigger], GONE: (day + DAY).isoformat()},
        as_of=on,
        opened_at=noon(on),
    )


def _dismissed(found: Told, story: Story, key: str, books: Books, chance: Random) -> None:
    """A signal in which there was nothing, as somebody said."""
    day = books.first + DAY * chance.randrange(10, (books.last - books.first).days)
    if away(story, day):
        return
    account = books.accounts[key]
    row = _signal(found, key, account.id, chance.choice(USUAL[DealKind.SEATS]), day, chance)
    row.state, row.decided_on, row.decided_by = SignalState.DISMISSED, day, books.owner(account)
    row.note = chance.choice(DISMISSED)
    found.signals.append(row)
