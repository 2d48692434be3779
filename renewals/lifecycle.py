"""Where a renewal may go from where it stands (REN-05): one table, which the page shows and the services obey."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.customers import refused
from cs_platform.kernel.errors import DomainError
from renewals.enums import Phase, RenewalState, Review
from renewals.models import Renewal

P, S = Phase, RenewalState

# In the order in which a page offers them. A small customer signs what was quoted; a talk that stalls may go back.
PHASES: Mapping[str, tuple[str, ...]] = {
    P.PREPARING: (P.TALKING, P.PROPOSED),
    P.TALKING: (P.PROPOSED, P.NEGOTIATING, P.SIGNING, P.PREPARING),
    P.PROPOSED: (P.NEGOTIATING, P.SIGNING, P.TALKING),
    P.NEGOTIATING: (P.SIGNING, P.PROPOSED, P.TALKING),
    P.SIGNING: (P.NEGOTIATING, P.PROPOSED),
}
ENDS: tuple[str, ...] = (S.RENEWED, S.EXPANDED, S.CONTRACTED, S.CHURNED)
KEPT: tuple[str, ...] = (S.RENEWED, S.EXPANDED, S.CONTRACTED)  # the customer stays
# Only closing ends a renewal, and only undoing opens it again; what was withdrawn comes back with its contracts.
STATES: Mapping[str, tuple[str, ...]] = {
    S.OPEN: (*ENDS, S.WITHDRAWN),
    **dict.fromkeys(ENDS, (S.OPEN,)),
    S.WITHDRAWN: (S.OPEN,),
}
MOVES: Mapping[str, Mapping[str, tuple[str, ...]]] = {"phase": PHASES, "state": STATES}
REVIEWS: Mapping[str, Promise] = {
    "approval": gettext_lazy("Approval of the discount"),
    "legal": gettext_lazy("Legal"),
    "procurement": gettext_lazy("Procurement"),
}


def may_move(kind: str, before: str, after: str) -> bool:
    """Whether `kind` ("phase" or "state") may go from one to the other; staying is no move and always allowed."""
    return before == after or after in MOVES[kind][before]


def check_open(renewal: Renewal) -> None:
    """DomainError unless the renewal is open: what is decided is taken back by undoing the close."""
    if renewal.state != RenewalState.OPEN:
        raise DomainError(_("This renewal is over: “%(state)s”.") % {"state": renewal.get_state_display()}, code="over")


def check(renewal: Renewal, *, phase: str = "", state: str = "", moves: bool = True) -> None:
    """DomainError (on `phase` or `state`) when a person may not bring the renewal there from where it stands. Without `moves` a
    phase may follow any other: it is told of another system.

    A proposal says what is offered; nothing goes to signature while a review runs or was refused.
    """
    if state and not may_move("state", renewal.state, state):
        words = {"before": renewal.get_state_display(), "after": RenewalState(state).label}
        raise refused("state", _("From “%(before)s” it does not go to “%(after)s”.") % words)
    if not phase:
        return
    check_open(renewal)
    if phase not in Phase.values:
        raise refused("phase", _("Choose one of the list."))
    if moves and not may_move("phase", renewal.phase, phase):
        words = {"before": renewal.get_phase_display(), "after": Phase(phase).label}
        raise refused("phase", _("From “%(before)s” it does not go to “%(after)s”.") % words)
    if phase == Phase.PROPOSED and renewal.phase != phase and renewal.offered_minor is None:
        raise refused("phase", _("Say first what is offered for a year."))
    if phase == Phase.SIGNING and renewal.phase != phase:
        waiting = [name for name in REVIEWS if getattr(renewal, name) not in (Review.NONE, Review.DONE)]
        if waiting:
            raise refused("phase", _("It cannot be signed yet. Not agreed: %(what)s.") % {"what": REVIEWS[waiting[0]]})
