"""Which renewals and deals the contracts of two years tell of: what ended on a day, what followed it, and what was bought in
between (ADR 0007). From the rows of the files alone.

What people closed they wrote: such a period is in no file, it stands in the books with the renewal or the deal as its source.
The product-led renew by themselves and buy with a card: theirs comes as files of billing.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from accounts.enums import Profile
from accounts.formulas import monthly_minor
from cs_platform.demo.deals import Deal, Seller, told_since
from cs_platform.demo.stories import SEGMENTS, Story
from cs_platform.kernel.money import to_minor

SourceRow = Mapping[str, str]  # of a file of paid periods
Place = tuple[str, dt.date]  # a paid period: its subscription and first day
_PROFILES = (Profile.ENTERPRISE, Profile.MID_MARKET, Profile.SMB, Profile.PRODUCT_LED)  # of SEGMENTS


def profile_of(story: Story) -> Profile:
    """The profile of the story's segment."""
    return _PROFILES[SEGMENTS.index(story.segment)]


@dataclass(frozen=True)
class Line:
    """A contract that ended, and the period that goes on with it, if one does."""

    ends: SourceRow
    follows: SourceRow | None


@dataclass(frozen=True)
class Ended:
    """What one customer's contracts of a day came to."""

    story: Story
    account: str
    due_on: dt.date
    lines: tuple[Line, ...]

    @property
    def profile(self) -> Profile:
        return profile_of(self.story)

    @property
    def by_itself(self) -> bool:
        """Whether it renews without anybody of ours."""
        return self.profile == Profile.PRODUCT_LED

    @property
    def currency(self) -> str:
        return self.lines[0].ends["currency"]

    @property
    def due(self) -> int:
        """A month's money that was due, in minor units of its currency."""
        return sum(mrr(line.ends) for line in self.lines)

    @property
    def kept(self) -> int:
        return sum(mrr(line.follows) for line in self.lines if line.follows)


def ended(stories: Mapping[str, Story], periods: Iterable[SourceRow], last: dt.date) -> list[Ended]:
    """The renewals that came due in the months that are told and up to the last day, the earliest first."""
    told = list(periods)
    starting = {place(row): row for row in told}
    groups: dict[tuple[dt.date, str], list[Line]] = defaultdict(list)
    for row in told:
        if row["end_date"] and told_since(last) <= (end := dt.date.fromisoformat(row["end_date"])) <= last:
            groups[end, row["account"]].append(Line(row, starting.get((row["subscription_id"], end))))
    return [Ended(stories[key], key, end, tuple(lines)) for (end, key), lines in sorted(groups.items())]


def sold(deals: Sequence[Deal]) -> dict[Place, Deal]:
    """What somebody of ours sold in the middle of a year, by the period that it wrote."""
    return {(deal.subscription_id, deal.start): deal for deal in deals if deal.seller is not Seller.NOBODY}


def written(closed: Iterable[Ended], deals: Sequence[Deal]) -> set[Place]:
    """The periods that closing a renewal or winning a deal wrote: no file brings them."""
    following = {place(line.follows) for row in closed if not row.by_itself for line in row.lines if line.follows}
    return following | set(sold(deals))


def place(row: SourceRow) -> Place:
    return row["subscription_id"], dt.date.fromisoformat(row["start_date"])


def amount(row: SourceRow) -> int:
    """What an invoice says, in minor units."""
    return to_minor(Decimal(row["amount"]), row["currency"])


def mrr(row: SourceRow) -> int:
    """A month's money in minor units of the contract's currency, as the door of contracts counts it."""
    return monthly_minor(amount(row), 0, int(row["interval_months"]))
