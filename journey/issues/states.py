"""Where an issue may go from where it stands (ACC-14). A person walks these moves; what another system says of a state is
a fact and asks for none."""

from collections.abc import Mapping

from journey.enums import IssueState
from journey.models.issues import ENDED

OPEN = tuple(state for state in IssueState if state not in ENDED)
# In the order in which the page offers them. What ended may be taken up again: it came back, or is asked for once more.
MOVES: Mapping[str, tuple[IssueState, ...]] = {
    IssueState.NEW: (IssueState.PASSED_ON, IssueState.PLANNED, IssueState.DECLINED),
    IssueState.PASSED_ON: (IssueState.PLANNED, IssueState.STARTED, IssueState.SHIPPED, IssueState.DECLINED),
    IssueState.PLANNED: (IssueState.STARTED, IssueState.SHIPPED, IssueState.PASSED_ON, IssueState.DECLINED),
    IssueState.STARTED: (IssueState.SHIPPED, IssueState.PLANNED, IssueState.DECLINED),
    IssueState.SHIPPED: (IssueState.STARTED,),
    IssueState.DECLINED: (IssueState.PASSED_ON,),
}


def may_move(before: str, after: str) -> bool:
    """Whether a person may bring an issue from one state to the other; staying is no move and always allowed."""
    return before == after or after in MOVES[before]
