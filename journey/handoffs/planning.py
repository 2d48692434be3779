"""Who takes over which customers: a proposal that spreads the work evenly. Pure arithmetic (ROL-02).

Work is counted in points, so that one account of ten quiet ones does not weigh like one that burns:

    an account            4 high-touch, 2 low-touch (or not said), 1 tech-touch
    Critical, At risk     4, 2
    renews in 90 days     3
    an open task          1

Worked example: a high-touch account, Critical, renewing in 40 days, with two open tasks: 4 + 4 + 3 + 2 = 13 points.

The heaviest customer is given first, each to whoever then carries least. Somebody who does not speak the customer's
language counts as carrying `FOREIGN` points more for it: the language decides between people who carry about the same,
and does not bury the only one who speaks it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from accounts.enums import HealthBand, Tier

TIERS = {Tier.HIGH_TOUCH: 4, Tier.LOW_TOUCH: 2, Tier.TECH_TOUCH: 1}
BANDS = {HealthBand.RED: 4, HealthBand.YELLOW: 2}
RENEWAL = 3
TASK = 1
FOREIGN = 8


@dataclass(frozen=True)
class Load:
    """What somebody carries, or what comes with a customer; `mrr` in minor units of the reporting currency."""

    accounts: int = 0
    points: int = 0
    mrr: int = 0
    tasks: int = 0
    red: int = 0
    yellow: int = 0
    renewals: int = 0

    def __add__(self, other: "Load") -> "Load":
        return Load(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __sub__(self, other: "Load") -> "Load":
        return Load(*(getattr(self, one.name) - getattr(other, one.name) for one in fields(self)))


def points_of(
    *, high: int = 0, low: int = 0, tech: int = 0, red: int = 0, yellow: int = 0, renewals: int = 0, tasks: int = 0
) -> int:
    """Points of so many accounts by their touch tier, so many of them Critical, At risk or renewing, and so many open
    tasks. Example: one high-touch account, Critical, that renews, with two tasks: 13."""
    tiers = {Tier.HIGH_TOUCH: high, Tier.LOW_TOUCH: low, Tier.TECH_TOUCH: tech}
    bands = {HealthBand.RED: red, HealthBand.YELLOW: yellow}
    points = sum(TIERS[tier] * count for tier, count in tiers.items())
    points += sum(BANDS[band] * count for band, count in bands.items())
    return points + RENEWAL * renewals + TASK * tasks


def load_of(*, tier: str, band: str, renews: bool, tasks: int, mrr: int) -> Load:
    """What one customer adds; without a touch tier it counts as low-touch."""
    high, tech = tier == Tier.HIGH_TOUCH, tier == Tier.TECH_TOUCH
    red, yellow = band == HealthBand.RED, band == HealthBand.YELLOW
    points = points_of(
        high=high, tech=tech, low=not (high or tech), red=red, yellow=yellow, renewals=renews, tasks=tasks
    )
    return Load(1, points, mrr, tasks, int(red), int(yellow), int(renews))


@dataclass(frozen=True)
class Customer:
    """A customer that passes on: its weight, whose it is (None for nobody's) and the language spoken there ("" unknown)."""

    id: UUID
    load: Load
    owner: UUID | None = None
    language: str = ""


@dataclass(frozen=True)
class Person:
    """Who may take customers: what they carry now and the languages they speak."""

    id: UUID
    load: Load
    languages: Collection[str] = ()

    def is_foreign(self, customer: Customer) -> bool:
        """The customer speaks a language that is known and not this person's."""
        return bool(customer.language) and customer.language not in self.languages


Plan = Mapping[UUID, UUID | None]


def propose(customers: Sequence[Customer], takers: Sequence[Person]) -> dict[UUID, UUID]:
    """A taker for each customer, by its id; the same for the same input in any order. Empty without takers.

    Whoever owns a customer now is not offered it: with nobody else it stays where it is and is left out.
    """
    carried = {person.id: person.load for person in takers}
    found: dict[UUID, UUID] = {}
    for customer in sorted(customers, key=lambda one: (-one.load.points, -one.load.mrr, str(one.id))):
        free = [person for person in takers if person.id != customer.owner]
        if not free:
            continue
        best = min(free, key=lambda person: _cost(person, carried[person.id], customer))
        carried[best.id] += customer.load
        found[customer.id] = best.id
    return found


def _cost(person: Person, carried: Load, customer: Customer) -> tuple[int, int, int, str]:
    foreign = FOREIGN if person.is_foreign(customer) else 0
    return (carried.points + foreign, carried.mrr, carried.accounts, str(person.id))


def after(customers: Sequence[Customer], people: Mapping[UUID, Load], plan: Plan) -> dict[UUID, Load]:
    """What each of these people carries when the plan has become true; customers without a taker in it stay."""
    found = dict(people)
    for customer in customers:
        taker = plan.get(customer.id)
        if taker is None or taker == customer.owner:
            continue
        if customer.owner in found:
            found[customer.owner] -= customer.load
        if taker in found:
            found[taker] += customer.load
    return found


def spread(loads: Collection[Load]) -> int:
    """How many points who carries most has more than who carries least."""
    points = [load.points for load in loads]
    return max(points) - min(points) if points else 0
