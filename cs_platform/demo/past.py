"""A renewal of the demo that is over, with what its process is derived from."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from accounts.models import Contact, Member
from cs_platform.demo.ended import Ended
from cs_platform.demo.mood import mood
from renewals.enums import RenewalState
from renewals.models import Objection, Renewal, RenewalStep

SEEN = dt.timedelta(days=60)  # before the end: by then it can be seen
TROUBLE = 0.58  # a mood below it


@dataclass
class Past:
    """Its row, steps and objections, beside the contracts, the people and the dice that they come from."""

    row: Renewal
    told: Ended
    owner: Member
    people: Sequence[Contact]
    chance: Random
    steps: list[RenewalStep] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)

    @property
    def closed_on(self) -> dt.date:
        assert self.row.closed_on is not None
        return self.row.closed_on

    @property
    def stays(self) -> bool:
        return self.row.state != RenewalState.CHURNED

    @property
    def troubled(self) -> bool:
        """Whether it could be seen that something was wrong."""
        seen = mood(self.told.story, self.told.due_on - SEEN) < TROUBLE
        return seen or self.row.state in (RenewalState.CHURNED, RenewalState.CONTRACTED)
