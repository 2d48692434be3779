"""The reports of CONTRACTS 3 over HTTP, as JSON or as CSV (API-02)."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cs_platform.api.queries import ReportQuery, read_query
from cs_platform.api.schema import REPORT_HEADERS, REPORT_RESPONSES
from cs_platform.kernel.sheets import csv_text
from metrics.enums import Basis
from metrics.figures.reports import REPORTS, cell, run_report


class CsvRenderer(BaseRenderer):
    """A report as a CSV file: its columns, then its rows; an undefined value is an empty cell."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        return csv_text(data["columns"], ([row[name] for name in data["columns"]] for row in data["rows"]))


class Fixed(Decimal):
    """A number that is never written with an exponent: 0E-8 is 0.00000000."""

    def __str__(self) -> str:
        return format(self, "f")


class ReportView(APIView):
    """A report of the tenant with its definition, the day it speaks about and the moment at which it was known."""

    renderer_classes = [JSONRenderer, CsvRenderer]

    @extend_schema(
        operation_id="reports_retrieve",
        tags=["reports"],
        parameters=[
            OpenApiParameter("name", str, OpenApiParameter.PATH, enum=list(REPORTS)),
            OpenApiParameter("format", str, enum=["json", "csv"], description="Else what `Accept` asks for."),
            ReportQuery,
            *REPORT_HEADERS,
        ],
        responses=REPORT_RESPONSES,
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        if name not in REPORTS:
            raise Http404
        query = read_query(request, ReportQuery, also=("format",))
        result = run_report(
            name,
            frm=query.get("from"),
            to=query.get("to"),
            as_of=query.get("as_of"),
            known_at=query.get("known_at"),
            segment=query.get("segment", ""),
            basis=query.get("basis", Basis.NOW),
        )
        as_csv = request.accepted_renderer.format == "csv"
        number = Fixed if as_csv else "{:f}".format  # a JSON number would be read as a float
        said = cell if as_csv else lambda value: value
        response = Response(
            {
                "report": result.name,
                "definition": result.definition,
                "as_of": result.as_of,
                "known_at": result.known_at,
                "basis": str(result.basis),
                "columns": result.columns,
                "rows": [
                    {c: number(row[c]) if isinstance(row[c], Decimal) else said(row[c]) for c in result.columns}
                    for row in result.rows
                ],
            }
        )
        response["X-Report-As-Of"] = result.as_of.isoformat()
        response["X-Report-Known-At"] = result.known_at.astimezone(dt.UTC).isoformat()
        response["X-Report-Basis"] = str(result.basis)
        if as_csv:
            response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
