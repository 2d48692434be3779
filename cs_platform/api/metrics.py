"""Every metric of the catalogue over HTTP, with its definition, period, cohort and the accounts behind it (API-02, MET-23)."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Account, Tenant
from cs_platform.api.queries import MonthField, NoQuery, plausible, read_query
from cs_platform.api.schema import ANSWER_HEADERS, refusals
from cs_platform.kernel.money import from_minor, whole_minor
from cs_platform.kernel.periods import month_text
from metrics.catalogue import METRICS, MetricDefinition, of
from metrics.enums import Cut, Metric, Unit, Window
from metrics.explore import values as explore
from metrics.explore.asked import FILTERS, GRAINS, Explored, knowable
from metrics.explore.values import Exploration, Point
from metrics.figures import questions, selectors
from metrics.figures.asked import Months
from metrics.figures.bands import Band, band_of, bands_for_all
from metrics.figures.cutting import Slice
from metrics.formulas import ratio8

_READS = refusals(404, 401, 403, 422, 429, 503)
ACCOUNTS = 1000


class MetricQuery(serializers.Serializer):
    """What of a metric is asked. A filter may hold several values, separated by commas; filters hold all at once. An
    empty value stands for "not set". Segments and CSMs are given by name."""

    dimension = serializers.ChoiceField(
        [(cut.value, cut.label) for cut in Cut if cut != Cut.ACCOUNT],
        default=Cut.ALL.value,
        help_text="What it is cut by.",
    )
    grain = serializers.ChoiceField([(name, name) for name in GRAINS], default="month")
    window = serializers.ChoiceField(
        [("short", "short"), ("year", "year")],
        required=False,
        help_text="Compared over the period itself, or over the year that ends with it (where the metric can be both).",
    )
    to = MonthField(required=False, help_text="Last month, `YYYY-MM`; the last complete one when absent.")
    known_at = serializers.DateTimeField(
        required=False,
        validators=[plausible],
        help_text="As known at this moment (ISO 8601 with offset): metrics of the revenue ledger.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        # `from` is a word of Python and cannot be an attribute.
        first = {"from": MonthField(required=False, help_text="First month, `YYYY-MM`.")}
        filters = {
            str(name): serializers.CharField(
                required=False, allow_blank=True, help_text="Only these, separated by commas."
            )
            for name in FILTERS
        }
        return {**first, **super().get_fields(), **filters}


class MetricAccountsQuery(MetricQuery):
    """The value whose accounts are asked for."""

    month = MonthField(help_text="The period, by its last month, `YYYY-MM`.")
    value = serializers.CharField(required=False, allow_blank=True, help_text="The value of the dimension.")


class BandRead(serializers.Serializer):
    name = serializers.CharField()
    tone = serializers.CharField()
    lower = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True)
    upper = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True)


class MetricRead(serializers.Serializer):
    """What a metric is (MET-22, HLT-10): bands and `unit` as people write them, 110 is 110%."""

    metric = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    level = serializers.CharField()
    timing = serializers.CharField(help_text="leading or lagging")
    question = serializers.CharField()
    unit = serializers.CharField()
    less_is_better = serializers.BooleanField()
    formula = serializers.CharField()
    cohort = serializers.CharField()
    exchange_rates = serializers.CharField()
    reactivation = serializers.CharField()
    note = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    dimensions = serializers.ListField(child=serializers.CharField())
    windows = serializers.ListField(child=serializers.IntegerField(), help_text="Months: 1, 3, 12.")
    outcome = serializers.CharField(allow_null=True, help_text="What an activity is meant to move.")
    bands = BandRead(many=True)


class MetricList(serializers.Serializer):
    metrics = MetricRead(many=True)


class MetricRow(serializers.Serializer):
    period = serializers.CharField(help_text="Its last month, `YYYY-MM`.")
    value = serializers.CharField(allow_null=True, help_text="Of the dimension; null is everybody in the filters.")
    result = serializers.CharField(
        allow_null=True, help_text="Ratio as a fraction of 1, money in currency units; null: undefined."
    )
    base = serializers.IntegerField(help_text="How many it stands on: customers, answers, tickets, users.")
    band = serializers.CharField(allow_null=True)
    rows = serializers.CharField(help_text="The accounts behind it.")


class MetricValues(serializers.Serializer):
    definition = MetricRead()
    dimension = serializers.CharField()
    grain = serializers.CharField()
    window = serializers.IntegerField()
    currency = serializers.CharField()
    as_of = serializers.DateField()
    known_at = serializers.DateTimeField()
    filters = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    values = MetricRow(many=True)


class MetricAccountRow(serializers.Serializer):
    account = serializers.CharField(help_text="External id.")
    result = serializers.CharField(allow_null=True)
    base = serializers.IntegerField()
    mrr_then = serializers.CharField(allow_null=True, help_text="At today's rate; metrics of the revenue ledger.")
    mrr_now = serializers.CharField(allow_null=True)


class MetricAccounts(serializers.Serializer):
    metric = serializers.CharField()
    period = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    result = serializers.CharField(allow_null=True)
    accounts = serializers.IntegerField(help_text="How many there are; at most 1,000 are listed, the largest first.")
    rows = MetricAccountRow(many=True)


def _said(said: MetricDefinition, bands: list[Band]) -> dict[str, Any]:
    return {
        "metric": str(said.metric),
        "label": said.label,
        "level": str(said.level),
        "timing": str(said.timing),
        "question": said.purpose.label,
        "unit": str(said.unit),
        "less_is_better": said.less_is_better,
        "formula": str(said.formula),
        "cohort": str(said.cohort),
        "exchange_rates": str(said.currency),
        "reactivation": str(said.reactivation),
        "note": str(said.note),
        "source": said.origin.label,
        "dimensions": [str(cut) for cut in said.cuts],
        "windows": [int(window) for window in said.windows],
        "outcome": str(said.outcome) if said.outcome else None,
        "bands": [
            {"name": band.label, "tone": band.tone, "lower": _plain(band.lower), "upper": _plain(band.upper)}
            for band in bands
        ],
    }


def _plain(edge: Decimal | None) -> str | None:
    return None if edge is None else f"{edge:f}"


def _result(said: MetricDefinition, value: Decimal | None, currency: str) -> str | None:
    if value is None:
        return None
    if said.unit == Unit.MONEY:
        return str(from_minor(whole_minor(value), currency))
    return f"{ratio8(value):f}"


class CatalogueView(APIView):
    """Every metric, whose values `/metrics/{metric}` gives."""

    @extend_schema(
        operation_id="metrics_list",
        tags=["metrics"],
        parameters=[*ANSWER_HEADERS],
        responses={200: MetricList, **_READS},
    )
    def get(self, request: Request) -> Response:
        read_query(request, NoQuery)
        bands = bands_for_all()
        return Response({"metrics": [_said(said, list(bands.get(metric, ()))) for metric, said in METRICS.items()]})


class _Asked(APIView):
    """Reads what of a metric is asked; 422 names what does not fit, because another answer would look like one."""

    def ask(
        self, request: Request, metric: str, query: type[serializers.Serializer]
    ) -> tuple[Explored, dict[str, Any]]:
        if metric not in METRICS:
            raise Http404
        given = read_query(request, query)
        said = of(metric)
        problems: dict[str, list[str]] = {}
        if given["dimension"] not in said.cuts:
            problems["dimension"] = [_("This metric is cut by: %(known)s.") % {"known": ", ".join(said.cuts)}]
        windows = explore.windows_of(said, GRAINS[given["grain"]])
        year = given.get("window", "year" if Window.YEAR in windows else "short") == "year"
        if (Window.YEAR in windows) < year or (len(windows) == 1 and not year and windows[0] == Window.YEAR):
            problems["window"] = [_("This metric does not have this window.")]
        if given.get("known_at") and not knowable(said):
            problems["known_at"] = [_("Only metrics of the revenue ledger can be told as known at an earlier moment.")]
        if problems:
            raise ValidationError(problems)
        filters = {name: tuple(given[name].split(",")) for name in FILTERS if name in given}
        return (
            Explored(
                Metric(metric), Cut(given["dimension"]), GRAINS[given["grain"]], year, given.get("from"), given.get("to"),
                filters, given.get("known_at"),
            ),
            given,
        )  # fmt: skip

    def months(self) -> Months:
        found = selectors.months_of(Tenant.current())
        if found is None:
            raise Http404
        return found

    def question(self, asked: Explored) -> questions.Question:
        found = questions.ask()
        return replace(found, known_at=asked.known) if asked.known else found


class MetricView(_Asked):
    """A metric by month or quarter, over everybody and by value of a dimension, with what it means."""

    @extend_schema(
        operation_id="metrics_retrieve",
        tags=["metrics"],
        parameters=[
            OpenApiParameter("metric", str, OpenApiParameter.PATH, enum=list(METRICS)),
            MetricQuery,
            *ANSWER_HEADERS,
        ],
        responses={200: MetricValues, **_READS},
    )
    def get(self, request: Request, metric: str) -> Response:
        asked, given = self.ask(request, metric, MetricQuery)
        exploration = asked.exploration(self.months())
        question = self.question(asked)
        series = explore.values(question, exploration)
        bands = list(bands_for_all().get(metric, ()))
        link = reverse("api-metric-accounts", args=[metric])

        def row(period: dt.date, value: str | None, point: Point) -> dict[str, Any]:
            band = band_of(metric, bands, asked.said.said(point.value)) if self._judged(exploration) else None
            params = {name: text for name, text in request.query_params.items() if name not in {"from", "to", "format"}}
            params |= {"month": month_text(period)} | ({} if value is None else {"value": value})
            return {
                "period": month_text(period),
                "value": value,
                "result": _result(asked.said, point.value, question.currency),
                "base": point.base,
                "band": band.label if band else None,
                "rows": f"{link}?{urlencode(params)}",
            }

        groups: list[tuple[str | None, explore.Points]] = [(None, series.total), *series.by_value.items()]
        return Response(
            {
                "definition": _said(asked.said, bands),
                "dimension": given["dimension"],
                "grain": given["grain"],
                "window": int(exploration.window),
                "currency": question.currency,
                "as_of": question.as_of,
                "known_at": question.known_at.astimezone(dt.UTC),
                "filters": {str(name): list(values) for name, values in asked.filters.items()},
                "values": [
                    row(period, value, points[period]) for value, points in groups for period in exploration.periods
                ],
            }
        )

    @staticmethod
    def _judged(exploration: Exploration) -> bool:
        return exploration.window == Window.YEAR or Window.YEAR not in exploration.said.windows


class MetricAccountsView(_Asked):
    """The accounts behind one value, each with its own."""

    @extend_schema(
        operation_id="metrics_accounts",
        tags=["metrics"],
        parameters=[
            OpenApiParameter("metric", str, OpenApiParameter.PATH, enum=list(METRICS)),
            MetricAccountsQuery,
            *ANSWER_HEADERS,
        ],
        responses={200: MetricAccounts, **_READS},
    )
    def get(self, request: Request, metric: str) -> Response:
        asked, given = self.ask(request, metric, MetricAccountsQuery)
        months, period = self.months(), given["month"]
        if not months.first <= period <= months.last or (asked.grain == Window.QUARTER and period.month % 3):
            raise ValidationError({"month": [_("There are no figures of this period.")]})
        question = self.question(asked)
        value = given.get("value", "") if asked.by != Cut.ALL else None
        slice_ = Slice(dict(asked.filters), asked.by).only(value or "")
        series = explore.values(question, replace(asked.exploration(months).at(period), cut=slice_))
        found = {UUID(key): points[period] for key, points in series.by_value.items() if points[period].base}
        names = dict(Account.objects.filter(id__in=found).values_list("id", "external_id"))
        ordered = sorted(found.items(), key=lambda item: (-_size(item[1]), names.get(item[0], "")))

        def money(point: Point, name: str) -> str | None:
            return str(from_minor(getattr(point.sums, name), question.currency)) if point.sums else None

        return Response(
            {
                "metric": metric,
                "period": month_text(period),
                "value": value,
                "result": _result(asked.said, series.total[period].value, question.currency),
                "accounts": len(found),
                "rows": [
                    {
                        "account": names.get(key, ""),
                        "result": _result(asked.said, point.value, question.currency),
                        "base": point.base,
                        "mrr_then": money(point, "base"),
                        "mrr_now": money(point, "closing"),
                    }
                    for key, point in ordered[:ACCOUNTS]
                ],
            }
        )


def _size(point: Point) -> int:
    return max(point.sums.opening, point.sums.closing) if point.sums else point.base
