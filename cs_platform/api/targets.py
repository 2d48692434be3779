"""The plan over HTTP: targets by metric and month, in the unit that people write (DSH-04)."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Tenant
from cs_platform.api.queries import MonthField, NoQuery, read_query
from cs_platform.api.schema import ANSWER_HEADERS, refusals
from cs_platform.kernel.periods import add_months, month_text, months_between
from metrics.catalogue import of
from metrics.plan import targets
from metrics.plan.targets import PLANNED, Cell

MOST_MONTHS = 120
MOST_ITEMS = 5000


class TargetQuery(serializers.Serializer):
    metric = serializers.ChoiceField([(str(m), str(m)) for m in PLANNED], required=False)
    to = MonthField(required=False, help_text="Last month, YYYY-MM; eleven months after `from` when absent.")

    def get_fields(self) -> dict[str, Any]:
        first = MonthField(required=False, help_text="First month, YYYY-MM; this fiscal year's first one when absent.")
        return super().get_fields() | {"from": first}  # a word of Python


class TargetRow(serializers.Serializer):
    """What is planned for a metric in a month. Ratios in percent, money in whole units of the reporting currency."""

    metric = serializers.ChoiceField([(str(m), str(m)) for m in PLANNED])
    month = MonthField(help_text="YYYY-MM.")
    value = serializers.DecimalField(
        max_digits=18, decimal_places=4, allow_null=True, help_text="Null takes a target away; it is never in answers."
    )
    unit = serializers.CharField(read_only=True)


class TargetItems(serializers.Serializer):
    items = TargetRow(many=True)


class TargetRows(serializers.Serializer):
    results = TargetRow(many=True)


class TargetsSaved(serializers.Serializer):
    received = serializers.IntegerField()
    changed = serializers.IntegerField(help_text="Targets that differ from what stood there.")


class TargetsView(APIView):
    """Targets of up to ten years at once."""

    @extend_schema(
        operation_id="targets_list",
        tags=["targets"],
        parameters=[TargetQuery, *ANSWER_HEADERS],
        responses={200: TargetRows, **refusals(401, 403, 422, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        """The targets of a range of months, by metric and month."""
        query = read_query(request, TargetQuery)
        tenant: Tenant = request.tenant  # type: ignore[attr-defined]
        first = query.get("from") or targets.fiscal_year(tenant, tenant.today())[0]
        last = query.get("to") or add_months(first, 11)
        months = _months(first, last)
        found = targets.for_metrics([query["metric"]] if "metric" in query else PLANNED, months)
        rows = [
            {"metric": metric, "month": month_text(month), "value": f"{value:f}", "unit": str(of(metric).unit)}
            for metric in PLANNED
            for month, value in found.get(metric, {}).items()
        ]
        return Response({"results": rows})

    @extend_schema(
        operation_id="targets_update",
        tags=["targets"],
        request=TargetItems,
        parameters=[*ANSWER_HEADERS],
        responses={200: TargetsSaved, **refusals(400, 401, 403, 413, 415, 422, 429, 503)},
    )
    def put(self, request: Request) -> Response:
        """Write these targets and leave the others; all of them or, when one cannot be, none."""
        read_query(request, NoQuery)
        body = TargetItems(data=request.data)
        body.is_valid(raise_exception=True)
        items = body.validated_data["items"]
        if len(items) > MOST_ITEMS:
            raise ValidationError({"items": [_("At most %(n)s items.") % {"n": f"{MOST_ITEMS:,}"}]})
        cells = [Cell(item["metric"], item["month"], item["value"]) for item in items]
        return Response({"received": len(cells), "changed": targets.save_targets(cells=cells, by=None)})


def _months(first: dt.date, last: dt.date) -> list[dt.date]:
    if last < first or add_months(first, MOST_MONTHS) < last:
        raise ValidationError({"to": [_("From one to %(n)s months.") % {"n": MOST_MONTHS}]})
    return list(months_between(first, last))
