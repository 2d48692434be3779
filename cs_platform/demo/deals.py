"""Who sold what customers bought in the middle of a year: not all that grows is the CS team's, and somebody has said so of
the movement (MET-07)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from cs_platform.demo.books import Period
from cs_platform.demo.stories import Story
from cs_platform.kernel.periods import add_months, last_complete_month, month_of

MONTHS = 24  # of which somebody has said it
SELF_SERVE = "Bought in the product, with a card; nobody of ours spoke with them."
SALES = "Sold by an account executive; customer success was asked for a reference only."
# How often others sold it: customers without a CSM of their own, a further product, more seats.
ALONE, PRODUCT, SEATS = 0.7, 0.4, 0.12


@dataclass(frozen=True)
class Deal:
    """A paid period by its subscription and start, and why the CS team does not own it."""

    subscription_id: str
    start: dt.date
    note: str


def deals(story: Story, key: str, told: Sequence[Period], last: dt.date) -> list[Deal]:
    """What the customer bought in the middle of its last years without the CS team."""
    chance, found, known = story.chance("deals"), [], {"core"}
    alone = story.segment.tier == "tech_touch"
    first = add_months(last_complete_month(last), 1 - MONTHS)
    for period in told:
        if period.line in known:
            continue
        known.add(period.line)
        share = ALONE if alone else SEATS if period.line.startswith("seats") else PRODUCT
        # What ends in the month it began in is no movement of the ledger.
        moved = month_of(period.start) < month_of(period.end)
        if chance.random() < share and moved and first <= month_of(period.start) <= last_complete_month(last):
            found.append(Deal(f"{key}-{period.line}", period.start, SELF_SERVE if alone else SALES))
    return found
