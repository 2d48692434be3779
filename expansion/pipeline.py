"""The pipeline in figures (EXP-05): what is open by stage, how deals end, and how long they take (`outlook`: what is expected).

Money is a year's, in minor units of the reporting currency. Each figure is of the deals that it is given, so that it opens to them;
a deal whose currency nothing converts is counted and adds no money (`unconverted`).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Aggregate,
    BigIntegerField,
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from expansion import lifecycle
from expansion.enums import DealStage, SignalState
from expansion.models import Opportunity, Signal
from expansion.selectors import Scale, listed, scale

CUTS: Mapping[str, str] = {
    "owner": "owner_id",
    "segment": "account__segment_id",
    "kind": "kind",
    "motion": "motion",
    "trigger": "trigger",
    "profile": "account__segment__profile",
    "loss": "loss",
    "win": "win",
    "product": "product_id",
}


class Median(Aggregate):
    """The middle value, between the two middle ones of an even number."""

    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


@dataclass(frozen=True)
class Stage:
    """The open deals of a stage: how many, their money a year, and what of it is expected."""

    stage: str
    chance: int
    deals: int = 0
    year: int = 0
    weighted: int = 0
    unconverted: int = 0

    @property
    def average(self) -> int | None:
        """Money of a deal; None without deals that have any."""
        known = self.deals - self.unconverted
        return round(self.year / known) if known else None


def stages(rows: QuerySet[Opportunity], by: Scale | None = None) -> list[Stage]:
    """Each open stage in its order, those without deals as well. One statement; the scale is read first unless it is told."""
    own = by or scale()
    found = {
        row["stage"]: row
        for row in _open(rows, own)
        .order_by()
        .values("stage")
        .annotate(
            deals=Count("id"),
            year=Sum("year_minor"),
            weighted=Sum("weighted_minor"),
            left=Count("id", filter=Q(year_minor=None)),
        )
    }
    return [
        Stage(
            str(stage),
            own.chances[stage],
            **({} if (row := found.get(stage)) is None else
               {"deals": row["deals"], "year": row["year"] or 0, "weighted": row["weighted"] or 0, "unconverted": row["left"]}),
        )
        for stage in lifecycle.OPEN
    ]  # fmt: skip


def total(found: list[Stage]) -> Stage:
    """All of them as one; its chance is the share that is expected. Example: 36,000 at 15 % and 100,000 at 96 % are 101,400 of
    136,000: 75 %."""
    year, weighted = sum(each.year for each in found), sum(each.weighted for each in found)
    return Stage(
        "",
        round(100 * weighted / year) if year else 0,
        sum(each.deals for each in found),
        year,
        weighted,
        sum(each.unconverted for each in found),
    )


@dataclass(frozen=True)
class Rates:
    """How deals that closed in a span ended. Money of a won deal is a year of what its contract wrote."""

    won: int = 0
    lost: int = 0
    won_year: int = 0
    lost_year: int = 0
    days: float | None = None  # median from the day it was seen to the day it was won
    overridden_won: int = 0
    overridden_lost: int = 0

    @property
    def close_rate(self) -> float | None:
        """Won of all that closed; None when nothing did. Example: 33 of 81 is 0.4074."""
        return share(self.won, self.won + self.lost)

    @property
    def earned_rate(self) -> float | None:
        """The same of deals whose right was earned."""
        won, lost = self.won - self.overridden_won, self.lost - self.overridden_lost
        return share(won, won + lost)

    @property
    def overridden_rate(self) -> float | None:
        """The same of deals that went on by an override (EXP-01)."""
        return share(self.overridden_won, self.overridden_won + self.overridden_lost)

    @property
    def average(self) -> int | None:
        """Money a year of a won deal; None without one."""
        return round(self.won_year / self.won) if self.won else None


def share(part: int, whole: int) -> float | None:
    """A part of the whole as a fraction of 1; None of nothing."""
    return part / whole if whole else None


def rates(span: tuple[dt.date, dt.date], rows: QuerySet[Opportunity] | None = None, by: Scale | None = None) -> Rates:
    """How the deals that closed from the first day of the span to the last, both included, ended. One statement beside the
    scale."""
    return _rates(_closed(rows, span, by).values(one=Value(1))).get(1, Rates())


def rates_by(
    cut: str, span: tuple[dt.date, dt.date], rows: QuerySet[Opportunity] | None = None, by: Scale | None = None
) -> dict[Any, Rates]:
    """The same by the values of a cut (`CUTS`): ids of owners, segments and products, else words; None for nobody's. KeyError for a
    cut that there is not."""
    return _rates(_closed(rows, span, by).values(one=F(CUTS[cut])))


def _closed(
    rows: QuerySet[Opportunity] | None, span: tuple[dt.date, dt.date], by: Scale | None
) -> QuerySet[Opportunity]:
    found = Opportunity.objects.all() if rows is None else rows
    found = found.filter(stage__in=lifecycle.ENDED, closed_on__gte=span[0], closed_on__lte=span[1])
    wrote = Case(
        When(won_mrr__isnull=False, then=F("won_mrr") * Value(12)), default=None, output_field=BigIntegerField()
    )
    return listed(found, by).annotate(closed_year=Coalesce(wrote, "year_minor")).order_by()


def _rates(groups: Any) -> dict[Any, Rates]:
    won, lost = Q(stage=DealStage.WON), Q(stage=DealStage.LOST)
    waited = ExpressionWrapper(F("closed_on") - F("identified_on"), output_field=DurationField())
    rows = groups.annotate(
        n_won=Count("id", filter=won),
        n_lost=Count("id", filter=lost),
        won_year=Sum("closed_year", filter=won),
        lost_year=Sum("closed_year", filter=lost),
        waited=Median(waited, filter=won, output_field=DurationField()),
        over_won=Count("id", filter=won & ~Q(override="")),
        over_lost=Count("id", filter=lost & ~Q(override="")),
    )
    return {
        row["one"]: Rates(
            row["n_won"],
            row["n_lost"],
            int(row["won_year"] or 0),
            int(row["lost_year"] or 0),
            None if row["waited"] is None else row["waited"].total_seconds() / 86_400,
            row["over_won"],
            row["over_lost"],
        )
        for row in rows
    }


@dataclass(frozen=True)
class SignalRates:
    """What became of the signals of a span; `won` counts those of which a deal was won."""

    found: int = 0
    taken: int = 0
    dismissed: int = 0
    over: int = 0
    won: int = 0

    @property
    def accepted_rate(self) -> float | None:
        """Taken up, of those that somebody decided."""
        return share(self.taken, self.taken + self.dismissed)

    @property
    def won_rate(self) -> float | None:
        """Won, of those that were taken up."""
        return share(self.won, self.taken)


def signal_rates(rows: QuerySet[Signal], span: tuple[dt.date, dt.date]) -> SignalRates:
    """What became of the signals that were found from the first day of the span to the last. One statement."""
    found = rows.filter(as_of__gte=span[0], as_of__lte=span[1]).order_by()
    said = {str(state): Count("id", filter=Q(state=state), distinct=True) for state in SignalState}
    row = found.aggregate(
        found=Count("id", distinct=True),
        won=Count("id", filter=Q(opportunities__stage=DealStage.WON), distinct=True),
        **{f"n_{name}": count for name, count in said.items()},
    )
    return SignalRates(row["found"], row["n_taken"], row["n_dismissed"], row["n_over"], row["won"])


def _open(rows: QuerySet[Opportunity], by: Scale) -> QuerySet[Opportunity]:
    return listed(rows.filter(stage__in=lifecycle.OPEN), by)
