"""Closed months over HTTP: what Finance signed, to be read, closed and restated by a program (MET-23, API-01)."""

from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cs_platform.api.authentication import DELETERS, key_of
from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import ListQuery, MonthField, NoQuery, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, refusals
from cs_platform.api.serializers import Month, shown
from cs_platform.api.writing import read_body
from cs_platform.kernel.errors import DomainError, NotAllowed
from cs_platform.kernel.money import from_minor
from metrics import formulas
from metrics.figures.questions import SUM_COLUMNS, sums_of
from metrics.models import ClosedSums, MonthClose
from metrics.proof import closing


class CloseQuery(ListQuery):
    month = MonthField(required=False, help_text="`YYYY-MM`; every version of its close.")


class Sums(serializers.Serializer):
    """The sums over all customers that were signed, of one window (months), and the ratios that they make."""

    def to_representation(self, row: ClosedSums) -> dict[str, Any]:
        columns = {column: getattr(row, column) for column in SUM_COLUMNS.values()}
        sums = sums_of(columns)
        ratios = {
            "nrr": formulas.nrr(sums),
            "grr": formulas.grr(sums),
            "logo_churn": formulas.logo_churn(sums),
        }
        return {
            "window": row.window,
            **{
                name: value if name.endswith("customers") else str(from_minor(value, row.close.currency))
                for name, value in columns.items()
            },
            **{name: None if value is None else f"{formulas.ratio8(value):f}" for name, value in ratios.items()},
        }


class Close(serializers.Serializer):
    """A month as it was signed. A later `version` of a month restates it and says why; the highest one counts."""

    id = shown(serializers.UUIDField)
    month = Month(read_only=True)
    version = shown(serializers.IntegerField)
    known_at = shown(serializers.DateTimeField, help_text="What was known then is in the figures, and nothing later.")
    signed_as = shown(serializers.CharField)
    note = shown(serializers.CharField)
    reason = shown(serializers.CharField, help_text="Why the month was restated; empty for its first close.")
    currency = shown(serializers.CharField)
    gross_margin = shown(serializers.DecimalField, max_digits=5, decimal_places=4)
    checks = serializers.SerializerMethodField(help_text="What was looked at before it was signed.")
    sums = Sums(many=True, read_only=True)

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_checks(self, row: MonthClose) -> Any:
        return row.checks


class NewClose(serializers.Serializer):
    """A signature under a month. With a `reason` it restates a month that is closed, without one it closes an open one."""

    month = MonthField(help_text="`YYYY-MM`.")
    signed_as = serializers.CharField(max_length=120, help_text="The name of who signs.")
    note = serializers.CharField(max_length=2000, required=False, default="")
    reason = serializers.CharField(max_length=500, required=False, default="")
    acknowledged = serializers.BooleanField(
        required=False, default=False, help_text="That open points, such as rows that were refused, were seen."
    )


class Closes(Resource):
    """Months that Finance closed, in the order of their signing."""

    model = MonthClose
    serializer_class = Close
    query_class = CloseQuery
    lookups: ClassVar = {"month": "month"}
    order = ("known_at", "id")

    def rows(self) -> QuerySet:
        everybody = ClosedSums.objects.filter(dimension="all").order_by("window")
        return MonthClose.objects.prefetch_related(Prefetch("sums", everybody))

    @extend_schema(
        request=NewClose,
        parameters=ANSWER_HEADERS,
        responses={201: Close, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Close a month, or restate it with a reason. Needs a key with the scope `admin`, made by a member: whoever
        made it answers for the signature."""
        read_query(request, NoQuery)
        key = key_of(request)
        if key is None or DELETERS.isdisjoint(key.scopes):
            raise NotAllowed(_("This API key does not have the scope that this needs."))
        if key.created_by is None:
            raise DomainError(_("Nobody answers for this key any more: make a new one."), code="no_owner")
        values = read_body(NewClose, request.data)
        reason = values.pop("reason")
        if reason:
            close = closing.restate_month(**values, reason=reason, by=key.created_by)
        else:
            close = closing.close_month(**values, by=key.created_by)
        return self.created(close.id)
