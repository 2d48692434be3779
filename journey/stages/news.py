"""News of journeys: which accounts' figures are out of date (kernel.queue). Rooms above reckon them again."""

from collections.abc import Iterable
from uuid import UUID

from cs_platform.kernel import queue
from journey.models import JourneySpan

TOPIC = "journey"
WITHIN = 120  # seconds until a change shows in the figures of a large book


def journeys_changed(accounts: Iterable[UUID]) -> None:
    """Stages, words or milestones of these accounts changed, in the caller's transaction. Nothing follows where no figures are
    kept: a small book's are read from its facts."""
    keys = sorted(set(accounts))
    if keys and JourneySpan.objects.exists():
        queue.mark_dirty(TOPIC, keys)
        queue.publish("journey.changed", within=WITHIN)
