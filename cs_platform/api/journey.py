"""The figures of the Journey page over HTTP, as numbers (JRN-25 to JRN-31)."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Segment
from cs_platform.api.queries import read_query
from cs_platform.api.schema import ANSWER_HEADERS, refusals
from journey.analysis import files
from journey.analysis.kept import figures_of
from journey.analysis.spans import CUTS, SPANS
from journey.enums import Stage


class JourneyQuery(serializers.Serializer):
    """Which days, and whose journeys."""

    span = serializers.ChoiceField(
        [(name, name) for name in SPANS], default="90", help_text="Days up to today, or the last whole quarter."
    )
    by = serializers.ChoiceField(
        [(name, name) for name in CUTS], default="segment", help_text="What cut figures are cut by."
    )
    segment = serializers.CharField(required=False, help_text="Only accounts of this segment, by its name.")


class JourneyFigure(serializers.Serializer):
    """One figure of the span, and the same of as many days before."""

    figure = serializers.CharField(
        help_text="`open`, `was`, `in`, `out`, `from`, `back`, `cause` count stages of tracks; rates are fractions of 1; "
        "`days_…` are days of completed stages; `pattern_…` count tracks by how they began; `difference_…` are "
        "differences of shares between such tracks, with the ends of their 95 % interval."
    )
    stage = serializers.ChoiceField(Stage.choices, allow_blank=True)
    what = serializers.CharField(allow_blank=True, help_text="How, from where, why, or the value of the cut.")
    value = serializers.FloatField(allow_null=True)
    before = serializers.FloatField(allow_null=True)


class JourneyFigures(serializers.Serializer):
    """`was` + `in` - all of `out` is `open`, for each stage."""

    first = serializers.DateField()
    last = serializers.DateField()
    before_first = serializers.DateField(help_text="First of the days that `before` is about.")
    as_of = serializers.DateTimeField(
        allow_null=True, help_text="The moment that the figures are of, where a large book's were reckoned before; else null."
    )  # fmt: skip
    figures = JourneyFigure(many=True)


class JourneyView(APIView):
    """How customers walk: where they are, what moves them, where they go back and how long stages take."""

    @extend_schema(
        operation_id="journey_retrieve",
        tags=["journey"],
        parameters=[JourneyQuery, *ANSWER_HEADERS],
        responses={200: JourneyFigures, **refusals(401, 403, 422, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        asked = read_query(request, JourneyQuery, also=())
        only = Q()
        if name := asked.get("segment"):
            segment = Segment.objects.filter(name=name).first()
            if segment is None:
                raise ValidationError({"segment": [_("There is no such segment.")]})
            only = Q(segment=segment)
        tenant = request.tenant  # type: ignore[attr-defined]
        figures = figures_of(tenant, asked["span"], only, asked["by"])
        span = figures.span
        found: list[dict[str, Any]] = [
            dict(zip(files.HEAD, row, strict=True)) for row in files.rows(figures, asked["by"])
        ]
        for row in found:
            row |= {name: None if row[name] == "" else float(row[name]) for name in ("value", "before")}
        days = {"first": span.first, "last": span.last, "before_first": span.before_first}
        return Response({**days, "as_of": figures.as_of, "figures": found})
