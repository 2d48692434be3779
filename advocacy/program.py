"""The program in figures (ADV-04, ADV-07, ADV-08): who would recommend us, what was asked for and given, what referrals
brought and cost, why asks fail, what advocates are worth. Of the accounts that the reader sees; money in minor units of the
reporting currency. Each figure is one statement, whatever the size."""

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.models import Tenant
from accounts.rates import factors
from advocacy import formulas
from advocacy.enums import AskFailure, Success
from advocacy.lifecycle import WAY
from advocacy.standings import SQL, Sight
from cs_platform.kernel import sqljobs

# Benchmarks of ADV-07: what referred customers cost less, and their share of new business in a mature program.
CHEAPER = (Decimal("-0.7"), Decimal("-0.5"))
MATURE = (Decimal("0.4"), Decimal("0.6"))
YEAR = dt.timedelta(days=365)


@dataclass(frozen=True)
class Span:
    """Days of the figures, both included."""

    first: dt.date
    last: dt.date

    @classmethod
    def year_to(cls, day: dt.date) -> "Span":
        return cls(day - YEAR + dt.timedelta(days=1), day)

    @property
    def before(self) -> dt.date:
        """The first day of the span of equal length before this one."""
        return self.first - (self.last - self.first) - dt.timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """A step of the funnel: how many came so far, their share of the step before, what they are worth a year."""

    state: str
    count: int
    share: Decimal | None
    worth: int


@dataclass(frozen=True)
class Won:
    """New customers: how many, their first ARR; of how many the cost is known, that cost and what these brought."""

    n: int = 0
    arr: int = 0
    known: int = 0
    cost: int = 0
    known_arr: int = 0

    @property
    def per_arr(self) -> Decimal | None:
        """Cost of winning for each unit of first ARR, of those whose cost is known. Example: 62k for 200k of ARR give 0.31,
        which is 3.1k for 10k of ARR."""
        return Decimal(self.cost) / self.known_arr if self.known and self.known_arr else None


@dataclass(frozen=True)
class Lifetime:
    """Customers of a kind: how many, what each has paid on average so far (CLV so far), and what each pays a year."""

    n: int = 0
    paid: Decimal = Decimal(0)
    mrr: int = 0

    @property
    def mean(self) -> Decimal | None:
        return self.paid / self.n if self.n else None

    @property
    def arr(self) -> Decimal | None:
        return Decimal(self.mrr * 12) / self.n if self.n else None


@dataclass(frozen=True)
class Given:
    """What was asked for and given (a row of given.sql); counts, but for the mean `stars` and the `failures` by reason, the
    most frequent first."""

    promoters: int
    answers: int
    asks: int
    given: int
    references: int
    deals: int
    failures: Mapping[str, int]
    assets: int
    reviews: int
    new_reviews: int
    stars: Decimal | None
    guests: int
    spoke: int

    @property
    def failed(self) -> int:
        return sum(self.failures.values())


@dataclass(frozen=True)
class Best:
    """Who led us to the most: how many introductions, and what the won ones are worth a year."""

    name: str
    introductions: int
    worth: int


@dataclass(frozen=True)
class Figures:
    """What the page shows."""

    given: Given
    successes: Mapping[Success, int]
    funnel: tuple[Step, ...]
    best: Best | None
    referred: Won
    other: Won
    referred_before: Won
    advocates: Lifetime
    others: Lifetime

    @property
    def gain(self) -> int:
        """What referrals brought more than in the span before."""
        return self.referred.arr - self.referred_before.arr

    @property
    def share(self) -> Decimal | None:
        """Share of new ARR that referrals brought; None without new ARR."""
        whole = self.referred.arr + self.other.arr
        return Decimal(self.referred.arr) / whole if whole else None

    @property
    def cheaper(self) -> Decimal | None:
        """How much less referred customers cost for the same ARR (ADV-07). Example: 3.1k against 7.9k gives −0.61."""
        return formulas.less(self.referred.per_arr, self.other.per_arr)


def figures(span: Span, sight: Sight) -> Figures:
    """The figures of the span, of what the reader sees."""
    tenant = Tenant.current()
    params: dict[str, Any] = {
        "first": span.first,
        "last": span.last,
        "before": span.before,
        "visible": sight.visible,
        "accounts": None,
        "factors": json.dumps({code: str(rate) for code, rate in factors(tenant=tenant).items()}),
        "zone": tenant.timezone,
    }
    won = {(row.pop("now"), row.pop("referred")): Won(**row) for row in sqljobs.rows(SQL / "won.sql", params)}
    paid = {row.pop("speaks"): Lifetime(**row) for row in sqljobs.rows(SQL / "lifetime.sql", params)}
    best = [Best(**row) for row in sqljobs.rows(SQL / "sources.sql", params)]
    return Figures(
        given=_given(params),
        successes=_successes(params),
        funnel=_funnel(params),
        best=best[0] if best else None,
        referred=won.get((True, True), Won()),
        other=won.get((True, False), Won()),
        referred_before=won.get((False, True), Won()),
        advocates=paid.get(True, Lifetime()),
        others=paid.get(False, Lifetime()),
    )


def _given(params: Mapping[str, Any]) -> Given:
    (row,) = sqljobs.rows(SQL / "given.sql", params)
    # A statement of our own gives JSON as text.
    failed: dict[str, int] = json.loads(row.pop("failures"))
    order = sorted(failed, key=lambda key: (-failed[key], AskFailure.values.index(key)))
    return Given(**row, failures={key: failed[key] for key in order})


def _successes(params: Mapping[str, Any]) -> dict[Success, int]:
    found = {row["what"]: row["n"] for row in sqljobs.rows(SQL / "successes.sql", params)}
    return {what: found.get(what, 0) for what in Success}


def successes_of(accounts: Collection[UUID], span: Span) -> dict[Success, int]:
    """Which of the successes of ADV-08 these accounts have brought in the span; by how many of them."""
    return _successes({"first": span.first, "last": span.last, "visible": None, "accounts": list(accounts)})


def _funnel(params: Mapping[str, Any]) -> tuple[Step, ...]:
    way = tuple(WAY)
    rows = sqljobs.rows(SQL / "funnel.sql", params)
    counts = {way[row["place"]]: row["n"] for row in rows}
    shares = formulas.shares(counts, way)
    return tuple(Step(way[row["place"]], row["n"], shares[way[row["place"]]], row["worth"]) for row in rows)
