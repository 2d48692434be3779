"""The program in figures (ADV-04, ADV-07, ADV-08): who would recommend us, what was asked for and given, what referrals
brought and cost, why asks fail, what advocates are worth. Of the accounts that the reader sees; money in minor units of the
reporting currency. Five statements, whatever the size."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.models import Member, Tenant
from accounts.rates import factors
from advocacy import formulas, standings
from advocacy.enums import AskFailure, AskState, AssetKind
from advocacy.lifecycle import WAY
from advocacy.models import Referral
from cs_platform.kernel import sqljobs

SQL = standings.SQL
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
class Figures:
    """What the page and the reports show; counts unless said otherwise."""

    span: Span
    promoters: int
    answers: int
    asks: int
    references: int
    given: int
    deals: int
    reviews: int
    new_reviews: int
    stars: Decimal | None
    assets: int
    uses: int
    failures: Mapping[str, int]
    guests: int
    spoke: int
    funnel: tuple[Step, ...]
    best: tuple[UUID, int, int] | None
    referred: Won
    other: Won
    referred_before: Won
    advocates: Lifetime
    others: Lifetime

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def share(self) -> Decimal | None:
        """Share of new ARR that referrals brought; None without new ARR."""
        whole = self.referred.arr + self.other.arr
        return Decimal(self.referred.arr) / whole if whole else None

    @property
    def cheaper(self) -> Decimal | None:
        """How much less referred customers cost for the same ARR (ADV-07). Example: 3.1k against 7.9k gives −0.61."""
        return formulas.less(self.referred.per_arr, self.other.per_arr)


def figures(span: Span, member: Member | None = None) -> Figures:
    """The figures of the span, of what the member sees (None: everything)."""
    used = Referral.objects.order_by().values_list("currency", flat=True).distinct()
    rates = factors() | factors(list(used))
    params: dict[str, Any] = {
        "first": span.first,
        "last": span.last,
        "before": span.before,
        "visible": standings.visible_ids(member),
        "factors": json.dumps({code: str(rate) for code, rate in rates.items()}),
        "zone": Tenant.current().timezone,
    }
    given = sqljobs.rows(SQL / "given.sql", params)
    won = {(row.pop("now"), row.pop("referred")): Won(**row) for row in sqljobs.rows(SQL / "won.sql", params)}
    paid = {row.pop("speaks"): Lifetime(**row) for row in sqljobs.rows(SQL / "lifetime.sql", params)}
    best = sqljobs.rows(SQL / "sources.sql", params)
    asks = [row for row in given if row["what"].startswith("ask_")]
    done = [row for row in asks if row["what"] == f"ask_{AskState.DONE}"]
    stars = [row for row in given if row["what"] == "reviews"]
    rated = sum(row["n"] for row in stars)
    reviews = [row for row in given if row["what"] in ("reviews", "unrated")]
    guests = [row for row in given if row["what"] == "guests"]
    references = [row for row in done if row["kind"] == AssetKind.REFERENCE]
    failed = {row["failure"]: 0 for row in asks if row["failure"]}
    for row in asks:
        if row["failure"]:
            failed[row["failure"]] += row["n"]
    return Figures(
        span=span,
        promoters=_n(given, "promoters"),
        answers=_n(given, "answers"),
        asks=sum(row["n"] for row in asks),
        references=sum(row["n"] for row in references),
        given=sum(row["n"] for row in done),
        deals=sum(int(row["more"] or 0) for row in done) + int(_more(given, "uses")),
        reviews=sum(row["n"] for row in reviews),
        new_reviews=sum(row["n"] for row in reviews if row["failure"] == "new"),
        stars=sum((row["more"] for row in stars), Decimal(0)) / rated if rated else None,
        assets=_n(given, "assets"),
        uses=_n(given, "uses"),
        failures={
            key: failed[key] for key in sorted(failed, key=lambda key: (-failed[key], AskFailure.values.index(key)))
        },
        guests=sum(row["n"] for row in guests if row["failure"] in ("came", "spoke")),
        spoke=sum(row["n"] for row in guests if row["failure"] == "spoke"),
        funnel=_funnel(params),
        best=(best[0]["account_id"], best[0]["introductions"], best[0]["worth"]) if best else None,
        referred=won.get((True, True), Won()),
        other=won.get((True, False), Won()),
        referred_before=won.get((False, True), Won()),
        advocates=paid.get(True, Lifetime()),
        others=paid.get(False, Lifetime()),
    )


def _funnel(params: Mapping[str, Any]) -> tuple[Step, ...]:
    way = tuple(WAY)
    rows = sqljobs.rows(SQL / "funnel.sql", params)
    counts = {way[row["place"]]: row["n"] for row in rows}
    shares = formulas.shares(counts, way)
    return tuple(Step(way[row["place"]], row["n"], shares[way[row["place"]]], row["worth"]) for row in rows)


def _n(rows: list[dict[str, Any]], what: str) -> int:
    return sum(row["n"] for row in rows if row["what"] == what)


def _more(rows: list[dict[str, Any]], what: str) -> Decimal:
    return sum((row["more"] or Decimal(0) for row in rows if row["what"] == what), Decimal(0))
