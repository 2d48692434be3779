"""What makes an account worth asking, and how well it fits a request (ADV-01, ADV-03). Pure; worked examples beside."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from accounts.enums import Engagement, HealthBand
from advocacy.enums import Criterion
from cs_platform.kernel.periods import add_months

AGAINST_NPS = 6  # a detractor
SATISFIED = Decimal("0.8")  # share of the highest score: the top two boxes of five, as METRICS counts CSAT
QUIET_DAYS = 90  # a champion who was not spoken to for so long is not engaged
ALIKE = 3  # live customers of an industry from which on it is one of ours
USED_WELL = 80  # points of the usage component that stand for adoption where no journey was walked
NEAR_DAYS = 180  # after so many days an ask weighs nothing any more
INDUSTRY, SIZE, USE, RESTED = 30, 20, 30, 20  # points of a fit, together 100

Judged = tuple[bool | None, dict[str, Any]]


@dataclass(frozen=True)
class Facts:
    """What is known of a live account (a row of qualify.sql); None where nothing is."""

    account_id: Any
    profile: str
    band: str
    score: Decimal | None
    nps: Decimal | None
    nps_on: dt.date | None
    csat: Decimal | None
    csat_on: dt.date | None
    agreed: int
    reached: int
    proven: int
    proof: str | None
    value_minor: int
    people: int
    champion: str | None
    engagement: str | None
    met_on: dt.date | None
    strategic: bool
    industry: str
    alike: int
    large: bool | None
    adopted_on: dt.date | None
    adopting: bool
    usage: Decimal | None
    since: dt.date | None
    renewed_on: dt.date | None
    known_end: bool


def healthy(facts: Facts) -> Judged:
    """High health, and the latest answers of a year are those of satisfied people: NPS 7 and above, CSAT in the top two
    boxes. Without enough data for a band it is not known, nor is it when nobody has answered.

    Example: Healthy with NPS 9 is met; Healthy with NPS 5, or with CSAT 3 of 5, is missing; At risk with NPS 10 is missing;
    Healthy without an answer is not known.
    """
    shown = {"band": facts.band, "score": facts.score, "nps": facts.nps, "nps_on": facts.nps_on,
             "csat": facts.csat, "csat_on": facts.csat_on}  # fmt: skip
    if facts.band == HealthBand.NONE:
        return None, shown
    against = (facts.nps is not None and facts.nps <= AGAINST_NPS) or (
        facts.csat is not None and facts.csat < SATISFIED
    )
    if facts.band != HealthBand.GREEN or against:
        return False, shown
    return (None if facts.nps is None and facts.csat is None else True), shown


def proven(facts: Facts) -> Judged:
    """A result that was measured at its target, or that the customer confirmed with what it is worth a year (measured
    success, ROI). That they use the product proves nothing here: it is judged as adoption. Where nothing was ever agreed,
    nobody knows.

    Example: 6.1 hours of 6 wanted: missing, 6.0: met. Confirmed by a word alone: missing; with 50k a year: met. "First workflow
    live", measured 1 of 1: missing, as it measures use.
    """
    shown = {"agreed": facts.agreed, "reached": facts.reached, "proof": facts.proof, "value_minor": facts.value_minor}
    return (facts.proven > 0 if facts.agreed else None), shown


def champion(facts: Facts, as_of: dt.date) -> Judged:
    """A champion who has not left and is engaged: said so, or spoken to within 90 days.

    Example: a champion marked as low is missing; one of whom neither is known is not known; with people but no champion
    among them it is missing; without anybody it is not known.
    """
    shown = {"name": facts.champion, "engagement": facts.engagement or "", "met_on": facts.met_on}
    if facts.champion is None:
        return (False if facts.people else None), shown
    if facts.engagement == Engagement.LOW:
        return False, shown
    if facts.met_on is not None and (as_of - facts.met_on).days <= QUIET_DAYS:
        return True, shown
    if facts.engagement:
        return True, shown
    return (None if facts.met_on is None else False), shown


def profile(facts: Facts) -> Judged:
    """A customer whom others look at: marked as strategic, or one of the larger half of its segment in an industry in which
    we have three customers and more, so that there is somebody to show them to. Without industry or segment nobody knows.

    Example: the only zoo is missing unless it is strategic; one of 12 hospitals is met where it pays as much as the middle one
    of its segment, and missing below.
    """
    shown = {"strategic": facts.strategic, "industry": facts.industry, "alike": facts.alike, "large": facts.large}
    if facts.strategic:
        return True, shown
    if not facts.industry or facts.large is None:
        return None, shown
    return facts.alike >= ALIKE and facts.large, shown


def adopted(facts: Facts) -> Judged:
    """Adoption completed on the core track of the journey, and not begun anew since; where no journey was walked, 80 points
    of usage in the health score.

    Example: completed in March and thrown back in May is missing; no track and usage 84.2 is met; neither is not known.
    """
    shown = {"adopted_on": facts.adopted_on, "adopting": facts.adopting, "usage": facts.usage}
    if facts.adopting:
        return False, shown
    if facts.adopted_on is not None:
        return True, shown
    return (facts.usage >= USED_WELL if facts.usage is not None else None), shown


def renewed(facts: Facts, as_of: dt.date, months: int) -> Judged:
    """Paid on after the first period had ended, and a customer for long enough (12 months, product-led 3).

    Example: a year from 1 March 2025 that goes on, asked on 1 March 2026: met; on 28 February: missing, as it is when monthly
    periods went on eight times and it is month nine.
    """
    shown = {"renewed_on": facts.renewed_on, "since": facts.since, "months": months}
    if facts.since is None or not facts.known_end:
        return None, shown
    return facts.renewed_on is not None and add_months(facts.since, months) <= as_of, shown


def judge(facts: Facts, as_of: dt.date, months: int) -> dict[Criterion, Judged]:
    """The six criteria in their order, each with what it was judged by."""
    return {
        Criterion.HEALTHY: healthy(facts),
        Criterion.PROVEN: proven(facts),
        Criterion.CHAMPION: champion(facts, as_of),
        Criterion.PROFILE: profile(facts),
        Criterion.ADOPTED: adopted(facts),
        Criterion.RENEWED: renewed(facts, as_of, months),
    }


@dataclass(frozen=True)
class Wish:
    """What a request looks for; what it does not name does not tell candidates apart."""

    industry: str = ""
    users: int | None = None
    segment: Any = None
    product: Any = None


@dataclass(frozen=True)
class Fit:
    """Points of a candidate, 0 to 100, by what they are for."""

    industry: int
    size: int
    use: int
    rested: int

    @property
    def total(self) -> int:
        return self.industry + self.size + self.use + self.rested


def fit(wish: Wish, *, industry: str, users: int | None, segment: Any, products: Any, asked_days: int | None) -> Fit:
    """How well a customer fits: industry 30, size 20, use 30, time since the last ask 20.

    Industry: the same 30, a word in common 15. Size: the smaller number of users ÷ the larger × 20; without a number the
    same segment 20. Use: the product in use 30. Rested: days since the last ask ÷ 180 × 20, never asked 20.
    Example: Logistics, 1,200 users for 1,000 wanted, the product in use, asked 108 days ago: 30 + 17 + 30 + 12 = 89.
    """
    return Fit(_industry(wish, industry), _size(wish, users, segment), _use(wish, products), _rested(asked_days))


def _industry(wish: Wish, industry: str) -> int:
    wanted, own = wish.industry.casefold().strip(), industry.casefold().strip()
    if not wanted or wanted == own:
        return INDUSTRY
    return INDUSTRY // 2 if {word for word in wanted.split() if len(word) > 2} & set(own.split()) else 0


def _size(wish: Wish, users: int | None, segment: Any) -> int:
    if wish.users:
        return _points(SIZE, min(users, wish.users), max(users, wish.users)) if users else 0
    return SIZE if wish.segment is None or wish.segment == segment else 0


def _use(wish: Wish, products: Any) -> int:
    return USE if wish.product is None or wish.product in products else 0


def _rested(days: int | None) -> int:
    return RESTED if days is None else _points(RESTED, max(min(days, NEAR_DAYS), 0), NEAR_DAYS)


def _points(most: int, part: int, whole: int) -> int:
    return int((Decimal(most) * part / whole).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def less(referred: Decimal | None, other: Decimal | None) -> Decimal | None:
    """How much less a referred customer costs than another one, as a negative share (ADV-07: −50 to −70 %); None where one
    of the costs is not known. Example: 3.1k against 7.9k gives −0.61."""
    return None if referred is None or not other else (referred - other) / other


def shares(counts: Mapping[str, int], way: tuple[str, ...]) -> dict[str, Decimal | None]:
    """Of each step of a funnel, the share of the step before that came so far. Example: 64 and 41 give 0.64."""
    found: dict[str, Decimal | None] = {}
    before: int | None = None
    for step in way:
        found[step] = Decimal(counts[step]) / before if before else None
        before = counts[step]
    return found
