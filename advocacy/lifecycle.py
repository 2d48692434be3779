"""Where an ask, an asset's approval, a request and a referral may go from where they stand (ADV-03 to ADV-05).

A person walks these moves, in the order in which the page offers them; what another system says is a fact and asks none.
"""

from collections.abc import Mapping

from advocacy.enums import AskState, Legal, ReferralState, RequestState

Moves = Mapping[str, tuple[str, ...]]

ASKS: Moves = {
    AskState.OPEN: (AskState.AGREED, AskState.DONE, AskState.DECLINED),
    AskState.AGREED: (AskState.DONE, AskState.DECLINED),
    AskState.DONE: (),
    AskState.DECLINED: (),
}
# An approval that ends or is taken back goes to legal anew.
LEGAL: Moves = {
    Legal.DRAFT: (Legal.WAITING, Legal.APPROVED, Legal.REFUSED),
    Legal.WAITING: (Legal.APPROVED, Legal.REFUSED, Legal.DRAFT),
    Legal.APPROVED: (Legal.WAITING, Legal.REFUSED),
    Legal.REFUSED: (Legal.WAITING, Legal.DRAFT),
}
REQUESTS: Moves = {
    RequestState.OPEN: (RequestState.DONE, RequestState.UNMET),
    RequestState.MATCHED: (RequestState.DONE, RequestState.UNMET),
    RequestState.DONE: (),
    RequestState.UNMET: (RequestState.OPEN,),
}
# A step may be passed over (who introduces somebody agreed to); what was lost may be taken up again.
REFERRALS: Moves = {
    ReferralState.ASKED: (
        ReferralState.AGREED, ReferralState.INTRODUCED, ReferralState.OPPORTUNITY, ReferralState.WON, ReferralState.LOST,
    ),
    ReferralState.AGREED: (
        ReferralState.INTRODUCED, ReferralState.OPPORTUNITY, ReferralState.WON, ReferralState.LOST,
    ),
    ReferralState.INTRODUCED: (ReferralState.OPPORTUNITY, ReferralState.WON, ReferralState.LOST),
    ReferralState.OPPORTUNITY: (ReferralState.WON, ReferralState.LOST),
    ReferralState.WON: (),
    ReferralState.LOST: (ReferralState.ASKED,),
}  # fmt: skip
# The way of a referral, and the column that keeps the day of each step.
WAY: Mapping[str, str] = {
    ReferralState.ASKED: "asked_on",
    ReferralState.AGREED: "agreed_on",
    ReferralState.INTRODUCED: "introduced_on",
    ReferralState.OPPORTUNITY: "opportunity_on",
    ReferralState.WON: "ended_on",
}
PLACE: Mapping[str, int] = {state: place for place, state in enumerate(WAY)}
ENDED = (ReferralState.WON, ReferralState.LOST)


def may_move(moves: Moves, before: str, after: str) -> bool:
    """Whether a person may bring it from one state to the other; staying is no move and always allowed."""
    return before == after or after in moves[before]
