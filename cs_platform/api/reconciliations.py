"""Billing's totals of a month over HTTP: sent by the billing system, held against the ledger, read with what differs."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.kinds import Row
from accounts.rows import parse
from cs_platform.api.idempotency import idempotent
from cs_platform.api.intake import origin_of
from cs_platform.api.queries import ListQuery, MonthField, NoQuery, OneQuery, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, refusals
from cs_platform.api.serializers import Month, shown
from cs_platform.api.writing import MAX_ITEMS, object_of
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.money import from_minor
from cs_platform.kernel.periods import month_text
from metrics.enums import Basis, Cause, Differs
from metrics.models import Reconciliation
from metrics.proof import reconciliation

MOST_LINES = 1000
ROW_FIELDS = ("account", "mrr", "arr", "amount", "interval_months", "currency")


class ReconciliationListQuery(ListQuery):
    month = MonthField(required=False, help_text="`YYYY-MM`.")


class ReconciliationQuery(OneQuery):
    basis = serializers.ChoiceField(
        Basis.choices, default=Basis.NOW, help_text="The ledger as known now, or as known at the month's last close."
    )
    kind = serializers.ChoiceField(Differs.choices, required=False, help_text="Only differences of this class.")


class BillingRow(serializers.Serializer):
    """What billing says of an account: its MRR, its ARR, or the amount of an interval."""

    account = serializers.CharField(max_length=200, help_text="External id.")
    mrr = serializers.CharField(required=False)
    arr = serializers.CharField(required=False)
    amount = serializers.CharField(required=False)
    interval_months = serializers.CharField(required=False)
    currency = serializers.CharField(required=False, help_text="The tenant's when not sent.")


class ReconciliationBody(serializers.Serializer):
    """Totals of one month. Several rows of an account and currency are added up."""

    month = MonthField(help_text="`YYYY-MM`.")
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    rows = BillingRow(many=True)


class ReconciliationRow(serializers.Serializer):
    """One upload of the totals of a month."""

    id = shown(serializers.UUIDField)
    month = Month(read_only=True)
    filename = shown(serializers.CharField, help_text="`API` for what a program sent.")
    note = shown(serializers.CharField)
    made_at = shown(serializers.DateTimeField)


class ClassSum(serializers.Serializer):
    accounts = serializers.IntegerField()
    billing = serializers.DecimalField(None, 2)
    ledger = serializers.DecimalField(None, 2)
    difference = serializers.DecimalField(None, 2)


class DifferenceLine(serializers.Serializer):
    """An account that differs; `perhaps` is the external id of an account that an unknown id looks like."""

    account = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Differs.choices)
    billing = serializers.DecimalField(None, 2)
    ledger = serializers.DecimalField(None, 2)
    difference = serializers.DecimalField(None, 2)
    causes = serializers.ListField(child=serializers.ChoiceField(Cause.choices))
    perhaps = serializers.CharField()


class ReconciliationOne(ReconciliationRow):
    """See `ReconciliationRow`; with the comparison: billing − ledger = difference, the sum of all differences."""

    basis = serializers.ChoiceField(Basis.choices, read_only=True)
    currency = serializers.CharField(read_only=True, help_text="Of all amounts: the tenant's.")
    billing = serializers.DecimalField(None, 2, read_only=True)
    ledger = serializers.DecimalField(None, 2, read_only=True)
    difference = serializers.DecimalField(None, 2, read_only=True)
    classes = serializers.DictField(child=ClassSum(), read_only=True)
    without_rate = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="Billing's amounts that no rate converts, in no sum."
    )
    differences = DifferenceLine(many=True, read_only=True, help_text="The 1,000 largest.")
    more = serializers.BooleanField(read_only=True)


def _comparison(found: Reconciliation, basis: str, kind: str) -> dict[str, Any]:
    compared = reconciliation.compare(found, Basis(basis))
    lines = reconciliation.lines(compared, kind="" if kind == Differs.AGREED else kind, limit=MOST_LINES)
    code = compared.currency

    def money(minor: int) -> str:
        return str(from_minor(minor, code))

    def sums(each: Any) -> dict[str, str]:
        return {"billing": money(each.billed), "ledger": money(each.booked), "difference": money(each.difference)}

    return {
        "basis": str(compared.basis),
        "currency": code,
        **sums(compared),
        "classes": {
            str(name): {"accounts": each.accounts} | sums(each)
            for name in Differs
            if (each := compared.classes.get(name, reconciliation.ClassSum()))
        },
        "without_rate": {name: str(from_minor(minor, name)) for name, minor in compared.left_out.items()},
        "differences": [
            {
                "account": line.external_id,
                "name": line.name,
                "kind": line.kind,
                **sums(line),
                "causes": [str(cause) for cause in line.causes],
                "perhaps": line.suggestion,
            }
            for line in lines.shown
        ],
        "more": lines.more,
    }


class Reconciliations(Resource):
    """Totals of billing by month, each upload kept. `GET` of one compares it with the ledger."""

    model = Reconciliation
    serializer_class = ReconciliationRow
    query_class = ReconciliationListQuery
    lookups: ClassVar = {"month": "month"}
    order = ("id",)
    example: ClassVar = {"month": "2026-10", "rows": [{"account": "A-1", "mrr": "1250.00", "currency": "USD"}]}

    def rows(self) -> QuerySet:
        return Reconciliation.objects.all()

    @extend_schema(
        parameters=[ReconciliationQuery],
        responses={200: ReconciliationOne, **refusals(401, 403, 404, 422, 429, 503)},
    )
    def retrieve(self, request: Request, ref: str) -> Response:
        """One upload, with what agrees and what differs."""
        query = read_query(request, ReconciliationQuery)
        row = self.find(ref)
        serializer = self._serializer(query["fields"])
        serializer.instance = row
        return Response(serializer.data | _comparison(row, query["basis"], query.get("kind", "")))

    @extend_schema(
        request=ReconciliationBody,
        parameters=ANSWER_HEADERS,
        responses={201: ReconciliationOne, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Keep up to 5,000 rows of a month and compare them. All of them, or none: 422 names the rows that cannot be."""
        read_query(request, NoQuery)
        body = object_of(request.data, ReconciliationBody().fields)
        rows = body.get("rows")
        if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ITEMS:
            raise ValidationError({"rows": [_("Send a list of 1 to 5,000 rows.")]})
        about = ReconciliationBody(data=body | {"rows": []})
        about.is_valid(raise_exception=True)
        month = about.validated_data["month"]
        problems: dict[str, str] = {}
        found: list[Row] = []
        for place, item in enumerate(rows):
            if not isinstance(item, dict) or set(item) - set(ROW_FIELDS):
                problems[f"rows.{place}"] = _("A row has these fields: %(names)s.") % {"names": ", ".join(ROW_FIELDS)}
                continue
            read = parse(reconciliation.BILLING.name, place, item | {"month": month_text(month)})
            if isinstance(read, Row):
                found.append(read)
            else:
                problems |= {f"rows.{place}.{each.column}": each.message for each in read}
        made = None
        if not problems:
            note = about.validated_data.get("note", "")
            result, made = reconciliation.keep_rows(month, found, origin_of(request), note)
            problems = {f"rows.{r.row}.{r.problem.column}": r.problem.message for r in result.rejected}
        if problems or made is None:
            raise DomainError(_("Some rows cannot be accepted."), code="invalid", fields=problems)
        serializer = self._serializer()
        serializer.instance = made
        response = Response(serializer.data | _comparison(made, Basis.NOW, ""), status=201)
        response["Location"] = f"{request.path}/{made.id}"
        return response
