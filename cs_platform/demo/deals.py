"""Who sold what customers bought in the middle of a year: not all that grows is the CS team's, and somebody has said so of
the movement (MET-07)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from cs_platform.demo.books import Period
from cs_platform.demo.stories import Story
from cs_platform.kernel.periods import add_months, last_complete_month, month_of

MONTHS = 24  # of which somebody has said it
# How often others sold it: customers without a CSM of their own, a further product, more seats.
ALONE, PRODUCT, SEATS = 0.7, 0.4, 0.12


class Seller(Enum):
    """Who sold it; what somebody wrote beside the movement of who is not the CS team."""

    CS = ""
    SALES = "Sold by an account executive; customer success was asked for a reference only."
    NOBODY = "Bought in the product, with a card; nobody of ours spoke with them."


@dataclass(frozen=True)
class Deal:
    """A paid period by its subscription and start, and who sold it."""

    subscription_id: str
    start: dt.date
    seller: Seller
    noted: bool


def told_since(last: dt.date) -> dt.date:
    """The first day of the months of which the deals and renewals of the demo are told."""
    return add_months(last_complete_month(last), 1 - MONTHS)


def deals(story: Story, key: str, told: Sequence[Period], last: dt.date) -> list[Deal]:
    """What the customer bought in the middle of its last years, the first time for each line. Of what others sold somebody
    has said so, where the ledger has a movement of it."""
    chance, found, known = story.chance("deals"), [], {"core"}
    alone = story.segment.tier == "tech_touch"
    for period in told:
        if period.line in known:
            continue
        known.add(period.line)
        share = ALONE if alone else SEATS if period.line.startswith("seats") else PRODUCT
        others = chance.random() < share
        # What ends in the month it began in is no movement of the ledger.
        moved = month_of(period.start) < month_of(period.end)
        if period.start < told_since(last):
            continue
        seller = Seller.CS if not (others and moved) else Seller.NOBODY if alone else Seller.SALES
        noted = seller is not Seller.CS and month_of(period.start) <= last_complete_month(last)
        found.append(Deal(f"{key}-{period.line}", period.start, seller, noted))
    return found
