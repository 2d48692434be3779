"""News of the health floor: which accounts have signals that their score does not know yet."""

from collections.abc import Iterable
from uuid import UUID

from accounts.merging import CUSTOMERS
from cs_platform.kernel import queue
from cs_platform.kernel.models import Work

TOPIC = "health"
WITHIN = 60  # seconds until a changed signal shows in the score


def signals_changed(accounts: Iterable[UUID], *, actor: str = "") -> None:
    """Signals of these accounts changed, in the caller's transaction; their scores follow within a minute or two."""
    keys = list(accounts)
    if keys:
        queue.mark_dirty(TOPIC, keys)
        queue.publish("signals.changed", actor=actor, within=WITHIN)


def follow_customers(work: Work) -> bool:
    """What the floor below learned of its accounts (people, events, terms, segment) is a signal like any other."""
    if queue.take_dirty(CUSTOMERS):
        queue.settle_dirty(CUSTOMERS, then=TOPIC)
        queue.publish("signals.changed", actor=work.actor, within=WITHIN)
    return False
