"""What open deals are expected to bring (EXP-05, EXP-10): by quarter of the expected day, motion, owner and segment.

Money is a year's, in minor units of the reporting currency. One statement reduces the deals to their parts; every cut of a page is
a sum of the same parts, so that all of them tie to each other and to the deals.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncQuarter

from cs_platform.kernel.periods import add_months
from expansion import lifecycle
from expansion.enums import DealStage
from expansion.listing import LATE, ONWARDS, UNDATED, quarter_of, quarter_text
from expansion.models import Opportunity
from expansion.selectors import Scale, listed

QUARTERS = 4  # that stand apart; the last holds all later ones


@dataclass(frozen=True)
class Part:
    """Open deals that share stage, quarter (None without a day), motion, owner and segment."""

    stage: str
    quarter: dt.date | None
    motion: str
    owner_id: UUID | None
    owner: str
    segment: str
    deals: int
    year: int
    weighted: int
    unconverted: int


@dataclass(frozen=True)
class Expected:
    """Deals added up. `year` is all of it, the best case; `commit` the money of those that stand in that stage; `weighted` money
    times chance; `by_stage` what is weighted of each stage; `unconverted` are counted and add no money."""

    deals: int = 0
    year: int = 0
    commit: int = 0
    weighted: int = 0
    unconverted: int = 0
    by_stage: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Quarter:
    """When deals are expected: a quarter (`onwards`: with all later ones); `late` before this one; without a first day, undated."""

    first: dt.date | None = None
    late: bool = False
    onwards: bool = False

    @property
    def key(self) -> str:
        """As `listing.DealQuery.quarter` writes it, so that each opens to its rows. Examples: 2026-Q4, 2027-Q3+, late, none."""
        if self.first is None:
            return LATE if self.late else UNDATED
        return quarter_text(self.first) + (ONWARDS if self.onwards else "")


def read(rows: QuerySet[Opportunity], by: Scale) -> list[Part]:
    """The open deals of `rows` as parts. One statement."""
    found = (
        listed(rows.filter(stage__in=lifecycle.OPEN), by)
        .order_by()
        .values("stage", "motion", "owner_id", quarter=TruncQuarter("close_on"), whose=F("owner__name"), of=F("account__segment__name"))
        .annotate(n=Count("id"), money=Sum("year_minor"), expected=Sum("weighted_minor"), left=Count("id", filter=Q(year_minor=None)))
    )  # fmt: skip
    return [
        Part(
            row["stage"], row["quarter"], row["motion"], row["owner_id"], row["whose"] or "", row["of"] or "",
            row["n"], row["money"] or 0, row["expected"] or 0, row["left"],
        )
        for row in found
    ]  # fmt: skip


def add(parts: Iterable[Part]) -> Expected:
    """All of them as one. Example: 100 at 15 % identified and 200 at 96 % in commit are 300, of them 200 commit, 207 weighted."""
    kept = list(parts)
    by_stage: dict[str, int] = {}
    for part in kept:
        by_stage[part.stage] = by_stage.get(part.stage, 0) + part.weighted
    return Expected(
        sum(part.deals for part in kept),
        sum(part.year for part in kept),
        sum(part.year for part in kept if part.stage == DealStage.COMMIT),
        sum(part.weighted for part in kept),
        sum(part.unconverted for part in kept),
        by_stage,
    )


def sums(parts: Sequence[Part], key: Callable[[Part], Any]) -> dict[Any, Expected]:
    """The parts by whatever `key` says of them, the most weighted first."""
    groups: dict[Any, list[Part]] = {}
    for part in parts:
        groups.setdefault(key(part), []).append(part)
    found = [(name, add(group)) for name, group in groups.items()]
    return dict(sorted(found, key=lambda item: (-item[1].weighted, -item[1].year, str(item[0]))))


def by_quarter(parts: Sequence[Part], today: dt.date, quarters: int = QUARTERS) -> dict[Quarter, Expected]:
    """Late ones where there are any, this quarter and those after it, all later ones with the last, and those without a day
    where there are any. Together they are all open deals."""
    this = quarter_of(today)
    ahead = [Quarter(add_months(this, 3 * n), onwards=n == quarters - 1) for n in range(quarters)]

    def place(part: Part) -> Quarter:
        if part.quarter is None or part.quarter < this:
            return Quarter(late=part.quarter is not None)
        return next((one for one in ahead if one.first == part.quarter), ahead[-1])

    found = sums(parts, place)
    order = [Quarter(late=True), *ahead, Quarter()]
    return {one: found.get(one, Expected()) for one in order if one.first or one in found}
