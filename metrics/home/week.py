"""Questions of the weekly page (DSH-02): the book by band a week apart, what moved it, who needs an action, what renews.

All of them speak about live accounts of one book (what the member sees, perhaps of one team and segment). Money is
today's, monthly, minor units; a band is that of the night of the day asked about.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FloatField,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Abs, Cast, TruncMonth
from django.db.models.lookups import GreaterThanOrEqual

from accounts.enums import HealthBand
from accounts.models import Account, Segment, Team
from cs_platform.kernel.periods import add_months, month_end, month_of
from health.account_hooks import open_action
from health.models import Alert, HealthScore
from health.scoring import diff, selectors
from health.scoring.formulas import MICRO
from renewals.upcoming import Upcoming, open_between, upcoming

WEEK = dt.timedelta(days=7)
WEEKS = 13  # bars of the chart
MONTHS = 6  # of renewals
EXPLAINED = 200  # accounts that moved most, whose reasons are told
MOVED = 1.0  # points below which an account did not move
RISKS = (HealthBand.RED, HealthBand.YELLOW)


def scored_day(latest: dt.date) -> dt.date | None:
    """The last scored day up to `latest`; None when nothing was scored by then."""
    return HealthScore.objects.filter(as_of__lte=latest).aggregate(day=Max("as_of"))["day"]


@dataclass(frozen=True)
class Group:
    """Live accounts of one owner and segment that went from one band to another; `acted` have an open action."""

    owner_id: UUID | None
    owner: str
    segment: str
    before: HealthBand
    after: HealthBand
    acted: bool
    accounts: int
    mrr: int


def _acts() -> Exists:
    return Exists(Alert.objects.filter(open_action(""), account_id=OuterRef("id")))


def groups(book: QuerySet[Account], before: dt.date, after: dt.date) -> list[Group]:
    """The book cut by everything that the page sums by, in one statement."""
    both = selectors.bands(selectors.bands(book, before, "band_before"), after, "band_after").annotate(acted=_acts())
    keys = ("owner_id", "owner__name", "segment__name", "band_before", "band_after", "acted")
    rows = both.order_by().values(*keys).annotate(accounts=Count("id"), mrr=Sum("mrr_minor", default=0))
    return [
        Group(
            row["owner_id"], row["owner__name"] or "", row["segment__name"] or "", HealthBand(row["band_before"]),
            HealthBand(row["band_after"]), row["acted"], row["accounts"], int(row["mrr"]),
        )
        for row in rows
    ]  # fmt: skip


@dataclass
class Mix:
    """Accounts and money by band, now and a week before, and how many went up or down a band (HLT-17).

    Example: of ten accounts with a band on both days two rise: the improvement rate is 20%.
    """

    accounts: int = 0
    mrr: int = 0
    by_band: dict[HealthBand, int] = field(default_factory=lambda: dict.fromkeys(HealthBand, 0))
    mrr_by_band: dict[HealthBand, int] = field(default_factory=lambda: dict.fromkeys(HealthBand, 0))
    was: dict[HealthBand, int] = field(default_factory=lambda: dict.fromkeys(HealthBand, 0))
    mrr_was: dict[HealthBand, int] = field(default_factory=lambda: dict.fromkeys(HealthBand, 0))
    compared: int = 0
    up: int = 0
    down: int = 0

    def add(self, group: Group) -> None:
        self.accounts += group.accounts
        self.mrr += group.mrr
        self.by_band[group.after] += group.accounts
        self.mrr_by_band[group.after] += group.mrr
        self.was[group.before] += group.accounts
        self.mrr_was[group.before] += group.mrr
        if HealthBand.NONE not in (group.before, group.after):
            self.compared += group.accounts
            order = selectors.ORDER
            self.up += group.accounts if order[group.after] > order[group.before] else 0
            self.down += group.accounts if order[group.after] < order[group.before] else 0

    @property
    def improved(self) -> float | None:
        return self.up / self.compared if self.compared else None

    def at_risk(self) -> tuple[int, int]:
        """Accounts and money of Yellow and Red together (E14)."""
        return sum(self.by_band[b] for b in RISKS), sum(self.mrr_by_band[b] for b in RISKS)


def mixes(found: Iterable[Group], key: Any) -> dict[Any, Mix]:
    """The groups summed by `key(group)`, most money first."""
    result: dict[Any, Mix] = {}
    for group in found:
        result.setdefault(key(group), Mix()).add(group)
    return dict(sorted(result.items(), key=lambda item: (-item[1].mrr, str(item[0]))))


def matrix(found: Iterable[Group]) -> dict[tuple[HealthBand, HealthBand], int]:
    """Accounts by (band before, band after)."""
    cells: dict[tuple[HealthBand, HealthBand], int] = {}
    for group in found:
        cells[group.before, group.after] = cells.get((group.before, group.after), 0) + group.accounts
    return cells


def by_week(book: QuerySet[Account], last: dt.date, weeks: int = WEEKS) -> list[tuple[dt.date, dict[HealthBand, int]]]:
    """Today's live accounts by their band on the same weekday of each week, oldest first; weeks without a score are
    left out."""
    days = [last - WEEK * back for back in range(weeks)]
    rows = HealthScore.objects.filter(as_of__in=days, account_id__in=book.order_by().values("id"))
    found: dict[dt.date, dict[HealthBand, int]] = {}
    for day, band, count in rows.order_by().values_list("as_of", "band").annotate(n=Count("account_id")):
        found.setdefault(day, dict.fromkeys(HealthBand, 0))[HealthBand(band)] = count
    return sorted(found.items())


@dataclass(frozen=True)
class Mover:
    """An account that moved, with the reasons in exact order."""

    account_id: UUID
    name: str
    mrr: int
    owner: str
    renews_on: dt.date | None
    before: float | None
    after: float | None
    band: HealthBand
    drivers: tuple[diff.Driver, ...]

    @property
    def moved(self) -> float:
        return 0.0 if self.before is None or self.after is None else self.after - self.before

    def reason(self) -> str:
        """The two drivers that moved it most in its direction."""
        same = [driver for driver in self.drivers if driver.micro * self.moved > 0]
        return "; ".join(driver.told() for driver in same[:2])


def movers(book: QuerySet[Account], before: dt.date, after: dt.date, limit: int = EXPLAINED) -> list[Mover]:
    """Accounts with a score on both days that moved by a point or more, most moved first, with their drivers."""
    both = selectors.bands(
        selectors.bands(book, before, "band_before", "score_before"), after, "band_after", "score_after"
    )
    moved = Abs(F("score_after") - F("score_before"))
    rows = (
        both.annotate(moved=Cast(moved, FloatField()))
        .filter(GreaterThanOrEqual(F("moved"), Value(MOVED)))
        .order_by("-moved", "id")
        .values("id", "name", "mrr_minor", "owner__name", "renews_on", "signed_on", "customer_since", "score_before",
                "score_after", "band_after")
    )[:limit]  # fmt: skip
    chosen = list(rows)
    drivers = _drivers({row["id"]: row["signed_on"] or row["customer_since"] for row in chosen}, before, after)
    return [
        Mover(
            row["id"], row["name"], row["mrr_minor"], row["owner__name"] or "", row["renews_on"], row["score_before"],
            row["score_after"], HealthBand(row["band_after"]), drivers.get(row["id"], ()),
        )
        for row in chosen
    ]  # fmt: skip


def _drivers(
    started: dict[UUID, dt.date | None], before: dt.date, after: dt.date
) -> dict[UUID, tuple[diff.Driver, ...]]:
    rows = {
        (row.account_id, row.as_of): row
        for row in HealthScore.objects.filter(as_of__in=(before, after), account_id__in=list(started))
    }
    if not rows:
        return {}
    read = selectors.definitions(row.version_id for row in rows.values())
    found = {}
    for account, since in started.items():
        first, second = rows.get((account, before)), rows.get((account, after))
        if first and second:
            made = diff.difference(first, second, read[first.version_id], read[second.version_id], since)
            found[account] = made.drivers
    return found


@dataclass
class Cause:
    """What one indicator (or coverage, or a new model) did to the accounts that moved: net millionths, and on how many
    accounts it was a point or more, down and up."""

    key: str
    driver: diff.Driver
    micro: int = 0
    down: int = 0
    up: int = 0


def causes(found: Sequence[Mover]) -> list[Cause]:
    """What moved the book most, by the sum of what it did; all drivers of all movers, none left out."""
    result: dict[str, Cause] = {}
    for mover in found:
        for driver in mover.drivers:
            cause = result.setdefault(driver.key, Cause(driver.key, driver))
            cause.micro += driver.micro
            cause.down += driver.micro <= -MICRO
            cause.up += driver.micro >= MICRO
    return sorted(result.values(), key=lambda cause: (-abs(cause.micro), cause.key))


def without_action(book: QuerySet[Account], day: dt.date, limit: int = 7) -> list[Account]:
    """Critical and at-risk accounts for which nobody said what will be done (HLT-05), Critical first, then by money."""
    at_risk = selectors.bands(book, day, "band_now", "score_now").filter(~_acts(), band_now__in=RISKS)
    red = Case(When(Q(band_now=HealthBand.RED), then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(at_risk.select_related("owner").order_by(red, "-mrr_minor", "id")[:limit])


def renewals(book: QuerySet[Account], today: dt.date) -> list[tuple[dt.date, dict[HealthBand, tuple[int, int]]]]:
    """(month, {band: (accounts, money)}) of the paid periods that end in the next six months, this month first."""
    first = month_of(today)
    rows = (
        book.filter(renews_on__gte=first, renews_on__lt=add_months(first, MONTHS))
        .order_by()
        .annotate(month=TruncMonth("renews_on"))
        .values_list("month", "health_band")
        .annotate(accounts=Count("id"), mrr=Sum("mrr_minor"))
    )
    found: dict[dt.date, dict[HealthBand, tuple[int, int]]] = {add_months(first, n): {} for n in range(MONTHS)}
    for month, band, count, mrr in rows:
        found[month][HealthBand(band)] = (count, int(mrr))
    return sorted(found.items())


def months_told(today: dt.date) -> list[dt.date]:
    """The months of renewals that the page tells, this one first."""
    return [add_months(month_of(today), number) for number in range(MONTHS)]


def coming(book: QuerySet[Account], today: dt.date, by: Mapping[str, Decimal]) -> Upcoming:
    """The open renewals of these accounts that come due in the six months from this one on, and what is called of them."""
    first, *_between, last = months_told(today)
    return upcoming(open_between(book, first, month_end(last), by))


def choices() -> tuple[list[tuple[str, str]], list[str]]:
    """Teams (id, name) and names of segments to filter by, in one statement."""
    teams = Team.objects.order_by().values_list(Value("team"), "id", "name", Value(0))
    segments = Segment.objects.order_by().values_list(Value("segment"), "id", "name", "position")
    rows = sorted(teams.union(segments), key=lambda row: (row[3], row[2].casefold()))
    return [(str(r[1]), r[2]) for r in rows if r[0] == "team"], [r[2] for r in rows if r[0] == "segment"]
