"""Where a deal may go, how likely each stage is, and what holds it (EXP-01, EXP-05). Pure: tables and rules, no rows."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from expansion.enums import Check, DealKind, DealStage, Motion, Trigger

OPEN = (DealStage.IDENTIFIED, DealStage.QUALIFIED, DealStage.PROPOSAL, DealStage.COMMIT)
ENDED = (DealStage.WON, DealStage.LOST)
# Chance of a stage in percent, until a company says its own (`StageChance`). The ends are certain and nobody's to set.
CHANCES: Mapping[str, int] = {
    DealStage.IDENTIFIED: 15,
    DealStage.QUALIFIED: 40,
    DealStage.PROPOSAL: 65,
    DealStage.COMMIT: 96,
    DealStage.WON: 100,
    DealStage.LOST: 0,
}
# What a person may do from each stage, in the order in which a page offers it. Winning writes a contract and has a verb of its
# own (closing.win), as its undoing has; a lost deal may be taken up again.
MOVES: Mapping[str, tuple[DealStage, ...]] = {
    DealStage.IDENTIFIED: (DealStage.QUALIFIED, DealStage.PROPOSAL, DealStage.COMMIT, DealStage.WON, DealStage.LOST),
    DealStage.QUALIFIED: (DealStage.PROPOSAL, DealStage.COMMIT, DealStage.IDENTIFIED, DealStage.WON, DealStage.LOST),
    DealStage.PROPOSAL: (DealStage.COMMIT, DealStage.QUALIFIED, DealStage.IDENTIFIED, DealStage.WON, DealStage.LOST),
    DealStage.COMMIT: (DealStage.WON, DealStage.PROPOSAL, DealStage.QUALIFIED, DealStage.IDENTIFIED, DealStage.LOST),
    DealStage.WON: (),
    DealStage.LOST: OPEN,
}
# What is usually sold for each trigger, and the motion of each kind; a person may say otherwise.
USUAL_KIND: Mapping[str, DealKind] = {
    Trigger.LIMIT: DealKind.TIER,
    Trigger.SEATS_FULL: DealKind.SEATS,
    Trigger.TEAM_GROWTH: DealKind.SEATS,
    Trigger.USE_CASE: DealKind.PRODUCT,
    Trigger.DEPARTMENT: DealKind.SEATS,
    Trigger.CHAMPION: DealKind.PRODUCT,
    Trigger.ADVOCATE: DealKind.PRODUCT,
    Trigger.RENEWAL: DealKind.TIER,
    Trigger.GROWTH: DealKind.SEATS,
    Trigger.COMPETITOR: DealKind.PRODUCT,
    Trigger.PERSON: DealKind.SEATS,
}


def usual_motion(kind: str) -> Motion:
    """More of the same is an upsell; another product is a cross-sell (EXP-03)."""
    return Motion.CROSS_SELL if kind == DealKind.PRODUCT else Motion.UPSELL


def may_move(before: str, after: str) -> bool:
    """Whether a deal may go from one stage to the other by hand; staying is no move and always allowed."""
    return before == after or after in MOVES[before]


def missing(earned: Mapping[str, bool | None]) -> list[Check]:
    """The checks that do not hold, in their order: those that fail and those of which nothing is known (EXP-01).

    Example: tenure and first value met, healthy false, outcome unknown, no P1 met: healthy and outcome.
    """
    return [check for check in Check if earned.get(check) is not True]


def is_held(stage: str, earned: Mapping[str, bool | None], override: str) -> bool:
    """Whether the first stage holds the deal: not all five checks are met and nobody said why it goes on all the same."""
    return stage == DealStage.IDENTIFIED and not override and bool(missing(earned))


def leaves_first(before: str, after: str) -> bool:
    """Whether this move asks for the right: it passes the first stage on. Losing does not; a lost deal that comes back does."""
    return before in (DealStage.IDENTIFIED, DealStage.LOST, "") and after not in (
        DealStage.IDENTIFIED,
        DealStage.LOST,
    )


def weighted(year_minor: int, chance: int) -> int:
    """What a deal counts in the forecast, in minor units, half up. Example: 36,000.00 at 15 % are 5,400.00."""
    return int((Decimal(year_minor) * chance / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
