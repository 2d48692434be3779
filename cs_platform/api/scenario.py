"""The scenario calculator over HTTP: the same numbers as the page (VAL-04)."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cs_platform.api.queries import read_query
from cs_platform.api.schema import ANSWER_HEADERS, refusals
from metrics.insights.scenario import FIELDS, Told, plain, read, run, worth_of_a_point


class ScenarioQuery(serializers.Serializer):
    """Inputs; what is not sent has the value of the example. Money in whole units of the tenant's currency."""

    customers = serializers.CharField(required=False, help_text="Usually 100.")
    acv = serializers.CharField(required=False, help_text="Contract value a year, usually 50000.")
    cac = serializers.CharField(required=False, help_text="Cost of winning a customer, usually 50000.")
    kept_without = serializers.CharField(required=False, help_text="Percent of revenue kept without CS, usually 70.")
    kept_with = serializers.CharField(required=False, help_text="Percent of revenue kept with CS, usually 95.")
    growth = serializers.CharField(required=False, help_text="Percent a year that who stays grows, usually 15.")
    years = serializers.CharField(required=False, help_text="1 to 5, usually 3.")
    cost = serializers.CharField(required=False, help_text="Cost of customer success a year, usually 0.")
    margin = serializers.CharField(required=False, help_text="Gross margin in percent, usually 80.")


class ScenarioYear(serializers.Serializer):
    """Both paths at the end of a year; year 0 is the start."""

    year = serializers.IntegerField()
    arr_without = serializers.DecimalField(None, 2)
    arr_with = serializers.DecimalField(None, 2)
    gap = serializers.DecimalField(None, 2)
    cumulative_gap = serializers.DecimalField(None, 2)


class Scenario(serializers.Serializer):
    """What follows from the inputs. Money as decimal strings, ratios as fractions of 1."""

    inputs = serializers.DictField(child=serializers.CharField())
    currency = serializers.CharField()
    arr = serializers.DecimalField(None, 2)
    cac_total = serializers.DecimalField(None, 2)
    payback_months = serializers.DecimalField(None, 2, allow_null=True)
    payback_months_with_margin = serializers.DecimalField(None, 2, allow_null=True)
    change_without = serializers.DecimalField(None, 2)
    net_without = serializers.DecimalField(None, 2)
    change_with = serializers.DecimalField(None, 2)
    net_with = serializers.DecimalField(None, 2)
    nrr_with = serializers.DecimalField(None, 8)
    grr_with = serializers.DecimalField(None, 8)
    delta = serializers.DecimalField(None, 2, help_text="ARR with less ARR without customer success after a year.")
    cumulative_gap = serializers.DecimalField(None, 2)
    earned = serializers.DecimalField(None, 2, help_text="Gross margin of the cumulative gap less the cost of CS.")
    point_of_retention = serializers.DecimalField(None, 2, help_text="What a point more brings in ARR after a year.")
    years = ScenarioYear(many=True)


def _fixed(value: Decimal | None, places: int = 2) -> str | None:
    return None if value is None else f"{value:.{places}f}"


def _body(told: Told, currency: str) -> dict[str, Any]:
    years = zip(told.without, told.with_cs, told.gaps(), told.cumulative(), strict=True)
    return {
        "inputs": {name: plain(told.inputs.written(name)) for name in FIELDS},
        "currency": currency,
        "arr": _fixed(told.arr),
        "cac_total": _fixed(told.cac_total),
        "payback_months": _fixed(told.payback_months),
        "payback_months_with_margin": _fixed(told.payback_margin),
        "change_without": _fixed(told.without_change),
        "net_without": _fixed(told.without_net),
        "change_with": _fixed(told.with_change),
        "net_with": _fixed(told.with_net),
        "nrr_with": _fixed(told.nrr, 8),
        "grr_with": _fixed(told.grr, 8),
        "delta": _fixed(told.delta),
        "cumulative_gap": _fixed(told.cumulative()[-1]),
        "earned": _fixed(told.earned),
        "point_of_retention": _fixed(worth_of_a_point(told)[0].first),
        "years": [
            {
                "year": a.year,
                "arr_without": _fixed(a.arr),
                "arr_with": _fixed(b.arr),
                "gap": _fixed(gap),
                "cumulative_gap": _fixed(total),
            }
            for a, b, gap, total in years
        ],
    }


class ScenarioView(APIView):
    """What keeping customers is worth, with customer success and without."""

    @extend_schema(
        operation_id="scenario_retrieve",
        tags=["scenario"],
        parameters=[ScenarioQuery, *ANSWER_HEADERS],
        responses={200: Scenario, **refusals(401, 403, 422, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        inputs, problems = read(read_query(request, ScenarioQuery, also=()))
        if problems:
            raise ValidationError({name: [text] for name, text in problems.items()})
        return Response(_body(run(inputs), request.tenant.currency))  # type: ignore[attr-defined]
