"""Answers to surveys added up by whatever columns are asked for: one query, one sum for each group (MET-16, MET-17)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Case, Count, DecimalField, F, Q, QuerySet, Sum, When

from health.engagement.formulas import CSAT_SCALE, PASSIVE, PROMOTER, TOP_BOXES, Answers
from health.enums import SurveyKind
from health.models import Survey

_POINTS = Case(
    When(kind=SurveyKind.CSAT, then=F("score") * CSAT_SCALE / F("scale")),
    default=F("score"),
    output_field=DecimalField(max_digits=20, decimal_places=10),
)


def sums_by(rows: QuerySet[Survey], *columns: str) -> dict[tuple[Any, ...], Answers]:
    """Sums of the answers `rows` for each combination of `columns`; the same sums as `selectors.answers_by_month`."""
    grouped = rows.order_by().values(*(columns or ("tenant_id",)))
    found: Iterable[Mapping[str, Any]] = grouped.annotate(
        n=Count("pk"),
        promoters=Count("pk", filter=Q(score__gte=PROMOTER)),
        passives=Count("pk", filter=Q(score__gte=PASSIVE, score__lt=PROMOTER)),
        detractors=Count("pk", filter=Q(score__lt=PASSIVE)),
        points=Sum(_POINTS),
        top=Count("pk", filter=Q(score__gt=F("scale") - TOP_BOXES)),
    )
    return {
        tuple(row[column] for column in columns): Answers(
            row["n"], row["promoters"], row["passives"], row["detractors"], row["points"], row["top"]
        )
        for row in found
    }
