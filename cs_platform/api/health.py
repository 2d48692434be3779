"""Health scores over HTTP: the history as a list to synchronise, one account's latest score with all its factors."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import HealthBand
from cs_platform.api.queries import OneQuery, SyncedQuery, plausible, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import refusals
from cs_platform.api.serializers import shown
from cs_platform.api.views import Accounts
from health.enums import Component
from health.models import HealthScore
from health.scoring.indicators import INDICATORS
from health.scoring.selectors import definitions, factors


class HealthScoreQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    band = serializers.ChoiceField(HealthBand.choices, required=False)
    as_of = serializers.DateField(required=False, validators=[plausible], help_text="The day that is scored.")


class Factor(serializers.Serializer):
    """One indicator of a score. What is missing has neither points nor a contribution."""

    component = serializers.ChoiceField(Component.choices)
    factor = serializers.ChoiceField([(key, key) for key in INDICATORS])
    leading = serializers.BooleanField(help_text="Tells before it happens; false for what tells afterwards.")
    raw_value = serializers.FloatField(allow_null=True)
    points = serializers.FloatField(allow_null=True, help_text="0 to 100 on the indicator's curve.")
    weight = serializers.FloatField(help_text="Of the whole score; the weights of an account add up to 1.")
    contribution = serializers.FloatField(
        allow_null=True, help_text="Points of the score; the contributions of an account add up to it."
    )
    reason = serializers.CharField(help_text="In words.")


class HealthScoreRow(serializers.Serializer):
    """The score of an account on a day. Null below the coverage that its model asks for."""

    account = shown(serializers.CharField, source="account.external_id", help_text="External id.")
    account_id = shown(serializers.UUIDField)
    as_of = shown(serializers.DateField)
    score = shown(serializers.DecimalField, max_digits=9, decimal_places=6, help_text="0 to 100.")
    band = shown(serializers.ChoiceField, choices=HealthBand.choices)
    usage = shown(serializers.DecimalField, max_digits=9, decimal_places=6)
    engagement = shown(serializers.DecimalField, max_digits=9, decimal_places=6)
    support = shown(serializers.DecimalField, max_digits=9, decimal_places=6)
    outcomes = shown(serializers.DecimalField, max_digits=9, decimal_places=6)
    coverage = shown(
        serializers.DecimalField, max_digits=7, decimal_places=6, help_text="Share of the weight that is known."
    )
    model_version = shown(serializers.UUIDField, source="version_id", help_text="The version that judged.")
    computed_at = shown(serializers.DateTimeField)


class HealthScoreOne(HealthScoreRow):
    """See `HealthScoreRow`; with what it is made of."""

    factors = serializers.SerializerMethodField()

    @extend_schema_field(Factor(many=True))
    def get_factors(self, row: Any) -> list[dict[str, Any]]:
        return [
            {
                "component": str(f.part.component),
                "factor": f.part.key,
                "leading": f.indicator.leading,
                "raw_value": f.raw,
                "points": f.points,
                "weight": round(f.weight / 100, 8),
                "contribution": f.contribution,
                "reason": f.reason(),
            }
            for f in factors(row, definitions([row.version_id])[row.version_id])
        ]


class HealthScores(Resource):
    """Scores of the nights and of the refreshes between them, in the order in which they were made. They follow from
    the signals and are only read. `GET` of one account gives its latest score with all factors."""

    model: ClassVar[Any] = HealthScore
    serializer_class = HealthScoreRow
    query_class = HealthScoreQuery
    lookups: ClassVar = {
        "updated_since": "computed_at__gte",
        "account": "account__external_id",
        "band": "band",
        "as_of": "as_of",
    }
    related = ("account",)
    order = ("computed_at", "account_id", "as_of")

    @extend_schema(responses={200: HealthScoreOne, **refusals(401, 403, 404, 422, 429, 503)})
    def retrieve(self, request: Request, ref: str) -> Response:
        wanted = read_query(request, OneQuery)["fields"]
        account = Accounts().find(ref)
        row = self.rows().filter(account_id=account.id).order_by("-as_of").first()
        if row is None:
            raise Http404
        self.serializer_class = HealthScoreOne  # type: ignore[misc]
        serializer = self._serializer(wanted)
        serializer.instance = row
        return Response(serializer.data)
