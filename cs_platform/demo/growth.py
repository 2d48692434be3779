"""Deals that are open: those of the stories that a visitor looks at, and as many more as a company of this size has (EXP-05).

Written as the people of the past weeks would have left them; past the first stage only who has earned it, or with somebody's
reason. Handing to sales goes through the service. Dice of its own for each.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from accounts.enums import ChangeSource, Status
from accounts.models import Account, Member, Product, Subscription
from cs_platform.demo.booked import BATCH, Books
from cs_platform.demo.books import PRODUCTS
from cs_platform.demo.deal_words import CASES, GREW, OVERRIDES, STEPS
from cs_platform.demo.journey_rows import noon
from cs_platform.demo.past_deals import MORE
from cs_platform.kernel import audit
from expansion import checks, lifecycle
from expansion.enums import DealKind, DealStage, SignalState, Trigger
from expansion.models import Opportunity, OpportunityMove, OpportunityPerson, Signal
from expansion.services import dismiss_signal, hand_to_sales, take_signal
from journey.enums import HandoffState
from journey.handoffs.services import answer_handoff

DAY = dt.timedelta(days=1)
OF = 420  # customers of a company with as many open deals as `OPEN` says
OPEN = {DealStage.IDENTIFIED: 14, DealStage.QUALIFIED: 11, DealStage.PROPOSAL: 8, DealStage.COMMIT: 5}
# Days that one has stood in its stage, days until it is expected to close.
STANDS = {
    DealStage.IDENTIFIED: (2, 25),
    DealStage.QUALIFIED: (4, 40),
    DealStage.PROPOSAL: (5, 45),
    DealStage.COMMIT: (1, 12),
}
CLOSES = {
    DealStage.IDENTIFIED: (90, 180),
    DealStage.QUALIFIED: (45, 130),
    DealStage.PROPOSAL: (20, 75),
    DealStage.COMMIT: (4, 26),
}
BEFORE = 21  # days in each stage that lies behind it
SHARE = (10, 36)  # percent of what the customer pays
NEARLY, GROWN = 0.96, 1.5  # of the seats in use where they are full; a team that grew by a half in a quarter
FRESH, NOTHING_IN_IT = 3, 2  # signals of this night that were taken up or dismissed the day after


@dataclass(frozen=True)
class Named:
    """A deal of a customer to look at; money is dollars a year, `days` those in its stage."""

    account: str
    kind: DealKind
    name: str
    money: int
    stage: DealStage
    days: int
    trigger: Trigger
    why: str
    seats: int | None = None
    override: str = ""


NAMED = (
    Named("Stellan Marine", DealKind.PRODUCT, "Automation", 36_000, DealStage.IDENTIFIED, 6, Trigger.CHAMPION, "Opened the trial, 9 users in 6 days"),
    Named("Volta Charging", DealKind.SEATS, "EU entity", 28_000, DealStage.IDENTIFIED, 4, Trigger.GROWTH, "New EU entity in CRM, 2 sites", 3),
    Named("Lumen Dental Group", DealKind.SEATS, "Seats", 44_000, DealStage.IDENTIFIED, 9, Trigger.PERSON, "Asked for more seats", 4),
    Named("Corvid Logistics", DealKind.SEATS, "Seats", 95_000, DealStage.QUALIFIED, 12, Trigger.SEATS_FULL, "96% of seats in use, invites pending", 4),
    Named("Quillon Software", DealKind.USAGE, "API tier", 54_000, DealStage.QUALIFIED, 8, Trigger.LIMIT, "Hit API quota 6 days of 14", None, "The quota blocks them now"),
    Named("Ardmore Retail", DealKind.PRODUCT, "Analytics", 118_000, DealStage.QUALIFIED, 31, Trigger.PERSON, "Two departments asked in the Q3 review"),
    Named("Altavista Health", DealKind.SEATS, "Core, unit 4", 180_000, DealStage.PROPOSAL, 19, Trigger.DEPARTMENT, "Fourth business unit asked for access", 7),
    Named("Thornbury Water", DealKind.PRODUCT, "Automation", 142_000, DealStage.PROPOSAL, 44, Trigger.PERSON, "Board project funded for next year"),
)  # fmt: skip


def tell(seed: int, last: dt.date) -> int:
    """Write the open deals; how many, 0 when the company has some already."""
    if Opportunity.objects.filter(stage__in=lifecycle.OPEN).exists():
        return 0
    books = Books(last, last)
    live = {
        row.name: row for row in books.accounts.values() if row.status == Status.LIVE and row.merged_into_id is None
    }
    running = _running(last)
    earned = checks.earned(live.values(), last)
    deals = [_named(each, live[each.account], last, books) for each in NAMED if each.account in live]
    taken = {deal.account_id for deal in deals}
    crowd = [row for row in sorted(live.values(), key=lambda row: row.external_id) if row.id not in taken and row.owner]
    crowd = [row for row in crowd if row.id in running and row.tier != "tech_touch"]
    chance = Random(f"{seed}:open deals")
    chance.shuffle(crowd)
    ready = [row for row in crowd if not lifecycle.missing(earned[row.id])]
    others = [row for row in crowd if lifecycle.missing(earned[row.id])]
    for stage in _stages(len(live), deals):
        # Of those that are in the first stage every other one has not earned it yet.
        pool = others if stage == DealStage.IDENTIFIED and others and chance.random() < 0.5 else ready or others
        if not pool:
            break
        account = pool.pop()
        deals.append(_another(stage, account, running[account.id], last, books, Random(f"{seed}:{account.id}:open")))
    for deal in deals:
        _judge(deal, earned[deal.account_id], Random(f"{deal.external_id}:right"))
    signals = [signal for deal in deals if (signal := deal.signal)]
    with audit.derived():
        Signal.objects.bulk_create(signals, BATCH)
        Opportunity.objects.bulk_create(deals, BATCH)
        OpportunityMove.objects.bulk_create([move for deal in deals for move in _moves(deal)], BATCH)
        OpportunityPerson.objects.bulk_create([who for deal in deals for who in _people(deal, books)], BATCH)
    _hand_over(deals, books.leader)
    return len(deals)


def decide(last: dt.date) -> int:
    """The day after: a few of the signals that the night found are taken up, some dismissed; how many."""
    found = Signal.objects.filter(state=SignalState.OPEN, as_of=last).exclude(account__owner=None)
    found = found.exclude(trigger=Trigger.RENEWAL).exclude(account__opportunities__stage__in=lifecycle.OPEN)
    rows = list(found.select_related("account__owner").order_by("-account__mrr_minor", "trigger"))
    one_each = list({row.account_id: row for row in reversed(rows)}.values())[::-1][: FRESH + NOTHING_IN_IT]
    if Signal.objects.filter(state=SignalState.TAKEN, as_of=last).exists():
        return 0
    for number, row in enumerate(one_each):
        if number < FRESH:
            money = row.account.mrr_minor * 12 // 10 // 1000_00 * 1000_00
            take_signal(signal=row, version=None, by=row.account.owner, amount_minor=max(money, 1000_00))
        else:
            dismiss_signal(
                signal=row, version=None, by=row.account.owner, reason="They move offices; let us ask in spring."
            )
    return len(one_each)


def _running(last: dt.date) -> dict[object, Subscription]:
    """The dearest contract of each customer that runs now."""
    rows = Subscription.objects.filter(start_on__lte=last, voided=False, mrr_minor__gt=0).exclude(end_on__lte=last)
    return {row.account_id: row for row in rows.order_by("mrr_minor", "external_id")}


def _stages(live: int, named: Sequence[Opportunity]) -> Iterator[DealStage]:
    """The stages of the deals that are missing, the last stage first."""
    for stage, count in reversed(OPEN.items()):
        known = sum(deal.stage == stage for deal in named)
        yield from [stage] * max(round(count * live / OF) - known, 0)


def _deal(account: Account, stage: DealStage, days: int, last: dt.date, books: Books) -> Opportunity:
    """One that has stood in its stage for so many days."""
    since = last - DAY * days
    seen = since - DAY * BEFORE * lifecycle.OPEN.index(stage)
    owner = books.owner(account)
    people = [who for who in books.people.get(account.id, []) if not who.left_on]
    buyers = [who for who in people if who.role in ("decision_maker", "executive_sponsor")]
    return Opportunity(
        external_id=f"{account.external_id}-open",
        account=account,
        stage=stage,
        stage_since=since,
        identified_on=seen,
        owner=owner,
        buyer=buyers[0] if buyers and stage != DealStage.IDENTIFIED else None,
        source=ChangeSource.MEMBER,
        source_ref=owner.id,
        recorded_at=noon(seen),
        updated_at=noon(since),
    )


def _named(named: Named, account: Account, last: dt.date, books: Books) -> Opportunity:
    deal = _deal(account, named.stage, named.days, last, books)
    chance = Random(f"{account.external_id}:named")
    deal.name, deal.kind = named.name, named.kind
    deal.trigger, deal.case, deal.seats, deal.override = named.trigger, f"{named.why}.", named.seats, named.override
    deal.override_by = books.leader if named.override else None
    deal.amount_minor, deal.currency = named.money * 100, books.currency
    if named.kind == DealKind.PRODUCT:
        free = _free(account, books)
        deal.product = next((row for row in free if row.name == named.name), free[0] if free else None)
        deal.kind, deal.name = (DealKind.PRODUCT, deal.product.name) if deal.product else (DealKind.SEATS, "Seats")
    if named.trigger == Trigger.SEATS_FULL:
        seats = _seats(account, deal.identified_on, books)
        used = round(seats * NEARLY)
        deal.signal = _signal(deal, "seats", {"used": used, "limit": seats, "share": round(used / max(seats, 1), 4)})
    elif named.trigger == Trigger.GROWTH:
        deal.signal = _signal(deal, "note:crm", {"day": deal.identified_on.isoformat(), "note": named.why})
    return _plan(deal, last, chance)


def _another(
    stage: DealStage, account: Account, contract: Subscription, last: dt.date, books: Books, chance: Random
) -> Opportunity:
    """A deal of some customer, of the size of what it pays; a product that it has not, or more seats."""
    deal = _deal(account, stage, chance.randrange(*STANDS[stage]), last, books)
    year = contract.mrr_minor * 12
    deal.amount_minor = max(year * chance.randrange(*SHARE) // 100 // 1000_00 * 1000_00, 1000_00)
    deal.currency = contract.currency
    free = _free(account, books)
    if free and chance.random() < 0.5:
        deal.kind, deal.product = DealKind.PRODUCT, free[0]
        deal.name = free[0].name
    else:
        deal.kind, deal.subscription = DealKind.SEATS, contract
        deal.name = f"Seats for {chance.choice(GREW)}"
        deal.seats = max((contract.seats or 1) * deal.amount_minor // year, 1)
    deal.case = chance.choice(CASES[DealKind(deal.kind)])
    deal.trigger = chance.choice((Trigger.PERSON, Trigger.SEATS_FULL, Trigger.TEAM_GROWTH, Trigger.CHAMPION))
    if deal.trigger == Trigger.TEAM_GROWTH:
        now = round(_seats(account, deal.identified_on, books) * NEARLY)
        before = round(now / GROWN)
        if now - before >= MORE:
            inputs = {"before": before, "now": now, "change": round(now / before - 1, 4)}
            deal.signal = _signal(deal, "team", inputs)
        else:  # too few people for the night to see a team that grows
            deal.trigger = Trigger.PERSON
    return _plan(deal, last, chance)


def _seats(account: Account, day: dt.date, books: Books) -> int:
    """The seats that the customer's contracts had on that day."""
    running = [row for row in books.periods.values() if row.account_id == account.id and row.start_on <= day]
    return sum(row.seats or 0 for row in running if row.end_on is None or day < row.end_on)


def _free(account: Account, books: Books) -> list[Product]:
    """The products that the customer never had."""
    owned = {period.product_id for period in books.periods.values() if period.account_id == account.id}
    return [row for name in PRODUCTS if (row := books.products.get(name)) and row.id not in owned]


def _plan(deal: Opportunity, last: dt.date, chance: Random) -> Opportunity:
    """What comes next and when it is expected; now and then the next step is late, and nobody knows a day yet."""
    stage = DealStage(deal.stage)
    deal.motion = lifecycle.usual_motion(deal.kind)
    if stage != DealStage.IDENTIFIED or chance.random() < 0.8:
        deal.close_on = last + DAY * chance.randrange(*CLOSES[stage])
    deal.next_step = chance.choice(STEPS[stage])
    deal.next_step_on = last + DAY * (-2 if chance.random() < 1 / 12 else chance.randrange(1, 13))
    return deal


def _signal(deal: Opportunity, cause: str, inputs: Mapping[str, object]) -> Signal:
    """The signal that the deal was opened of, on the day it was seen."""
    return Signal(
        account_id=deal.account_id,
        trigger=deal.trigger,
        cause=f"{cause}@{deal.identified_on}",
        inputs=dict(inputs),
        as_of=deal.identified_on,
        state=SignalState.TAKEN,
        decided_on=deal.identified_on,
        decided_by=deal.owner,
        opened_at=noon(deal.identified_on),
    )


def _judge(deal: Opportunity, earned: checks.Earned, chance: Random) -> None:
    """What the checks said when it left the first stage, and why it went on where they held it back."""
    if deal.stage == DealStage.IDENTIFIED:
        return
    deal.earned = earned
    if lifecycle.missing(earned) and not deal.override:
        deal.override, deal.override_by = chance.choice(OVERRIDES), deal.owner
    elif not lifecycle.missing(earned):
        deal.override, deal.override_by = "", None


def _moves(deal: Opportunity) -> Iterator[OpportunityMove]:
    """From stage to stage, three weeks in each that lies behind it."""
    before = ""
    behind = lifecycle.OPEN[: lifecycle.OPEN.index(DealStage(deal.stage)) + 1]
    for number, stage in enumerate(behind):
        day = deal.identified_on + DAY * BEFORE * number
        yield OpportunityMove(
            opportunity=deal, before=before, after=stage, moved_on=day, member=deal.owner, at=noon(day)
        )
        before = stage


def _people(deal: Opportunity, books: Books) -> Iterator[OpportunityPerson]:
    """Who has a part in it, once there is an offer."""
    if deal.stage not in (DealStage.PROPOSAL, DealStage.COMMIT):
        return
    parts = {"executive_sponsor": "Signs", "champion": "Wants it", "procurement": "Compares prices"}
    for who in books.people.get(deal.account_id, []):
        if who.role in parts and not who.left_on:
            yield OpportunityPerson(opportunity=deal, contact=who, part=parts[who.role])


def _hand_over(deals: Sequence[Opportunity], taker: Member) -> None:
    """Two offers go to sales: one was taken, one waits for its answer."""
    offered = [
        deal for deal in deals if deal.stage == DealStage.PROPOSAL and deal.owner and deal.kind == DealKind.PRODUCT
    ]
    for number, deal in enumerate(offered[:2]):
        row = hand_to_sales(
            deal=deal, taker=taker, version=None, by=deal.owner, reason="The offer is out; terms are for sales."
        )
        if number == 0 and row.handoff:
            answer_handoff(
                handoff=row.handoff,
                state=HandoffState.ACCEPTED,
                answer="I call their finance on Monday.",
                version=None,
                by=taker,
            )
