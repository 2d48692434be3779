"""What pages read of scores: an account's history and factors, the bands of many accounts on a day."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, FilteredRelation, FloatField, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from accounts.enums import HealthBand
from health.enums import Component
from health.models import HealthModelVersion, HealthScore
from health.scoring.definition import Definition, Part
from health.scoring.formulas import MICRO
from health.scoring.indicators import Indicator

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


def definitions(version_ids: Iterable[UUID]) -> dict[UUID, Definition]:
    """What these versions say, in one query."""
    rows = HealthModelVersion.objects.filter(id__in=set(version_ids)).values_list("id", "definition")
    return {key: Definition.read(said) for key, said in rows}


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
    """`accounts` with their band of that day as `name` ("none" without a row), and with `score` also the score: one join
    for each day, however many columns are read of it."""
    row = f"{name}_row"
    found: dict[str, Any] = {
        row: FilteredRelation("scores", condition=Q(scores__as_of=day)),
        name: Coalesce(F(f"{row}__band"), Value(str(HealthBand.NONE)), output_field=TextField()),
    }
    if score:
        found[score] = Cast(F(f"{row}__score"), FloatField())
    return accounts.annotate(**found)


def model_changes(first: dt.date, last: dt.date, segment_id: UUID | None) -> list[HealthModelVersion]:
    """Versions that began to judge the segment between two days, for the marks in a chart."""
    rows = HealthModelVersion.objects.filter(published_at__date__gte=first, published_at__date__lte=last)
    return list(
        rows.filter(Q(model__segment=segment_id) | Q(model__segment=None))
        .select_related("model")
        .order_by("published_at")
    )
