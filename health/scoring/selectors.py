"""What pages read of scores: history, factors, bands of a day, shifts between days, improvement, what is at risk.

Selectors of many accounts take a query of accounts (`Account.objects.visible_to(member)`) and say with `bands` in which
band each of them is on a day. Money is today's on both days of a comparison, so that only health moves.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Count, F, FloatField, OuterRef, Q, QuerySet, Subquery, Sum, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from accounts.enums import HealthBand
from cs_platform.kernel import copying, sqljobs
from health.enums import Component, VersionState
from health.models import HealthModelVersion, HealthScore
from health.scoring.definition import Definition, Part
from health.scoring.indicators import Indicator

MICRO = 1_000_000
SQL = Path(__file__).parent / "sql"
ORDER = {HealthBand.RED: 0, HealthBand.YELLOW: 1, HealthBand.GREEN: 2}


@dataclass(frozen=True)
class Day:
    """One day of an account's history; scores 0 to 100, None where there is none."""

    day: dt.date
    score: float | None
    band: HealthBand
    coverage: float
    components: dict[Component, float | None]
    version_id: UUID


@dataclass(frozen=True)
class Factor:
    """One indicator of a row: what was measured, its points (0 to 100), its effective weight in per cent of the score,
    and what it contributes; None where it is missing."""

    part: Part
    raw: float | None
    points: float | None
    weight: float
    contribution: float | None

    @property
    def indicator(self) -> Indicator:
        return self.part.indicator

    def said(self) -> str:
        return self.indicator.say(self.raw)

    def reason(self) -> str:
        """Why it has these points: "DAU/MAU is 15%: 0 points at 5%, 100 at 40%"."""
        words = {"label": self.indicator.label, "value": self.said()}
        if self.raw is None:
            return _("%(label)s: nothing to judge yet") % words
        words |= {"worst": self.indicator.say(self.part.worst), "best": self.indicator.say(self.part.best)}
        return _("%(label)s is %(value)s: 0 points at %(worst)s, 100 at %(best)s") % words


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def history(account_id: UUID, first: dt.date, last: dt.date) -> list[Day]:
    """The scored days of an account from `first` to `last`, both included, oldest first."""
    rows = HealthScore.objects.filter(account_id=account_id, as_of__gte=first, as_of__lte=last).order_by("as_of")
    names = [str(c) for c in Component]
    return [
        Day(
            day,
            _float(score),
            HealthBand(band),
            float(coverage),
            dict(zip(Component, map(_float, rest), strict=True)),
            version,
        )
        for day, score, band, coverage, version, *rest in rows.values_list(
            "as_of", "score", "band", "coverage", "version_id", *names
        )
    ]


def definition_of(version_id: UUID) -> Definition:
    """What that version says."""
    return Definition.read(HealthModelVersion.objects.values_list("definition", flat=True).get(id=version_id))


def factors(row: HealthScore, definition: Definition) -> list[Factor]:
    """All indicators of a row in the definition's order. The weights are those the row was made with, in per cent: the
    contribution is points × weight."""
    known = dict.fromkeys(Component, 0.0)
    for part, raw in zip(definition.parts, row.raw, strict=True):
        known[part.component] += part.weight if raw is not None else 0
    alive = sum(definition.weights[c] for c in Component if known[c] > 0)
    found = []
    for part, raw, points, share in zip(definition.parts, row.raw, row.points, row.shares, strict=True):
        within = known[part.component]
        weight = 0.0
        if raw is not None and within > 0 and alive > 0:
            weight = 100 * definition.weights[part.component] / alive * part.weight / within
        given = None if points is None else points / MICRO
        contribution = None if row.score is None or share is None else share / MICRO
        found.append(Factor(part, raw, given, weight, contribution))
    return found


def bands(accounts: QuerySet, day: dt.date, name: str = "band_on", score: str = "") -> QuerySet:
    """`accounts` with their band of that day as `name` ("none" without a row), and with `score` also the score."""
    row = HealthScore.objects.filter(account_id=OuterRef("id"), as_of=day)
    found: dict[str, Any] = {
        name: Coalesce(Subquery(row.values("band")[:1]), Value(str(HealthBand.NONE)), output_field=TextField())
    }
    if score:
        found[score] = Cast(Subquery(row.values("score")[:1]), FloatField())
    return accounts.annotate(**found)


@dataclass(frozen=True)
class Slice:
    """Accounts and yearly money in minor units."""

    accounts: int
    arr_minor: int


def _slices(rows: Iterable[dict[str, Any]], *keys: str) -> dict[tuple[Any, ...], Slice]:
    return {tuple(r[k] for k in keys): Slice(r["accounts"], 12 * (r["money"] or 0)) for r in rows}


def _summed(rows: QuerySet, *keys: str) -> dict[tuple[Any, ...], Slice]:
    return _slices(rows.order_by().values(*keys).annotate(accounts=Count("id"), money=Sum("mrr_minor")), *keys)


def distribution(accounts: QuerySet, day: dt.date, by: str = "") -> dict[tuple[Any, ...], Slice]:
    """Accounts and money by (band,) on that day, or by (`by`, band), where `by` is a column: segment_id, owner_id."""
    found = _summed(bands(accounts, day), *([by] if by else []), "band_on")
    return {(*key[:-1], HealthBand(key[-1])): value for key, value in found.items()}


def shift(accounts: QuerySet, before: dt.date, after: dt.date) -> dict[tuple[HealthBand, HealthBand], Slice]:
    """Accounts and money by (band before, band after): the matrix."""
    found = _summed(bands(bands(accounts, before, "band_before"), after, "band_after"), "band_before", "band_after")
    return {(HealthBand(a), HealthBand(b)): value for (a, b), value in found.items()}


def shifted(accounts: QuerySet, before: dt.date, after: dt.date, cell: tuple[str, str] | None = None) -> QuerySet:
    """The accounts behind a cell of the matrix, or all that changed band; with band_before/after and score_before/after."""
    both = bands(accounts, before, "band_before", "score_before")
    both = bands(both, after, "band_after", "score_after")
    if cell:
        return both.filter(band_before=cell[0], band_after=cell[1])
    return both.exclude(band_before=F("band_after"))


@dataclass(frozen=True)
class Improvement:
    """How a book moved: accounts with a band on both days, and how many went up or down a band (HLT-17)."""

    owner_id: UUID | None
    accounts: int
    up: int
    down: int

    @property
    def rate(self) -> float | None:
        """Share of the book that moved up."""
        return self.up / self.accounts if self.accounts else None


def improvement(accounts: QuerySet, before: dt.date, after: dt.date) -> list[Improvement]:
    """By owner, the share of the book that moved up a band between two days (HLT-17).

    Example: of ten accounts two go from Red to Yellow, one from Green to Yellow: 20% up, one down.
    """
    both = bands(bands(accounts, before, "band_before"), after, "band_after")
    books: dict[UUID | None, list[int]] = {}
    for (owner, old, new), part in _summed(both, "owner_id", "band_before", "band_after").items():
        if HealthBand.NONE in (old, new):
            continue
        book = books.setdefault(owner, [0, 0, 0])
        book[0] += part.accounts
        book[1] += part.accounts if ORDER[new] > ORDER[old] else 0
        book[2] += part.accounts if ORDER[new] < ORDER[old] else 0
    return [Improvement(owner, *book) for owner, book in sorted(books.items(), key=lambda item: str(item[0]))]


@dataclass(frozen=True)
class AtRisk:
    """Yellow and Red together, and Red apart (HLT-12, E14); money a year in minor units."""

    all: Slice
    red: Slice


def at_risk(accounts: QuerySet, day: dt.date) -> AtRisk:
    """Who is at risk on that day and how much money hangs on them."""
    found = distribution(accounts, day)
    red, yellow = (found.get((band,), Slice(0, 0)) for band in (HealthBand.RED, HealthBand.YELLOW))
    return AtRisk(Slice(red.accounts + yellow.accounts, red.arr_minor + yellow.arr_minor), red)


@dataclass(frozen=True)
class BookDriver:
    """What one indicator (or with key "model" another version) moved of the mean score of a book, in points; and how
    many accounts it raised and lowered."""

    key: str
    points: float
    up: int
    down: int


def book_drivers(accounts: QuerySet, before: dt.date, after: dt.date) -> list[BookDriver]:
    """Which indicators moved the book most between two days, most moving first. They add up to the change of the mean
    score over the accounts that have one on both days; what became known or unknown is in its indicator."""
    copying.stage("book", [("id", "uuid")], ((i,) for i in accounts.order_by().values_list("id", flat=True)))
    rows = sqljobs.rows(SQL / "book_drivers.sql", {"before": before, "after": after})
    scored = HealthScore.objects.filter(score__isnull=False, account_id__in=accounts.order_by().values("id"))
    both = scored.filter(as_of=after, account_id__in=scored.filter(as_of=before).values("account_id")).count()
    found = HealthModelVersion.objects.in_bulk({row["version_id"] for row in rows})
    keys = {key: Definition.read(version.definition).keys for key, version in found.items()}
    sums: dict[str, list[int]] = {}
    for row in rows:
        key = keys[row["version_id"]][row["position"] - 1] if row["position"] else "model"
        total = sums.setdefault(key, [0, 0, 0])
        for i, name in enumerate(("micro", "up", "down")):
            total[i] += row[name]
    drivers = [BookDriver(key, micro / MICRO / both, up, down) for key, (micro, up, down) in sums.items() if micro]
    return sorted(drivers, key=lambda driver: (-abs(driver.points), driver.key))


def published_versions() -> dict[UUID | None, HealthModelVersion]:
    """The version that judges each segment (None: all others)."""
    rows = HealthModelVersion.objects.filter(state=VersionState.PUBLISHED).select_related("model", "author")
    return {row.model.segment_id: row for row in rows}


def model_changes(first: dt.date, last: dt.date, segment_id: UUID | None) -> list[HealthModelVersion]:
    """Versions that began to judge the segment between two days, for the marks in a chart."""
    rows = HealthModelVersion.objects.filter(published_at__date__gte=first, published_at__date__lte=last)
    return list(
        rows.filter(Q(model__segment=segment_id) | Q(model__segment=None))
        .select_related("model")
        .order_by("published_at")
    )
