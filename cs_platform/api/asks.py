"""What sales looks for and what advocates are asked for, over HTTP (ADV-01, ADV-03, ADV-05, API-01). An ask of today goes
through the gate, whoever asks."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Product, Segment, Tenant
from advocacy import models, services
from advocacy.enums import AskFailure, AskState, AssetKind, RequestState
from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import NoQuery, SyncedQuery, plausible, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import Money, shown
from cs_platform.api.writing import Versioned, asked, read_body
from cs_platform.kernel.money import to_minor


def _named(field: str, model: Any, wished: dict[str, Any], unknown: str) -> Any:
    """The row that a body names by one column; None where it names none, 422 at the field where there is no such row."""
    if not any(wished.values()):
        return None
    found = model.objects.filter(**wished).first()
    if found is None:
        raise ValidationError({field: [unknown]})
    return found


class Wanted(serializers.Serializer):
    """What sales looks for: a customer like this, until that day."""

    id = shown(serializers.UUIDField)
    prospect = shown(serializers.CharField)
    asked_by = shown(serializers.CharField)
    text = shown(serializers.CharField)
    kind = shown(serializers.ChoiceField, choices=AssetKind.choices)
    segment = shown(serializers.CharField, source="segment.name")
    product = shown(serializers.CharField, source="product.external_id")
    industry = shown(serializers.CharField)
    users = shown(serializers.IntegerField)
    deal = Money("deal_minor", read_only=True)
    currency = shown(serializers.CharField)
    decides_on = shown(serializers.DateField)
    due_on = shown(serializers.DateField)
    state = shown(serializers.ChoiceField, choices=RequestState.choices)
    ended_on = shown(serializers.DateField)
    won = shown(serializers.BooleanField)
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField)
    updated_at = shown(serializers.DateTimeField)


class WantedBody(serializers.Serializer):
    """What is written of a request."""

    prospect = serializers.CharField(max_length=200, required=False)
    asked_by = serializers.CharField(max_length=120, required=False, allow_blank=True)
    text = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    kind = serializers.ChoiceField(AssetKind.choices, required=False)
    segment = serializers.CharField(required=False, allow_null=True, allow_blank=True, help_text="Name of a segment.")
    product = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, help_text="External id of a product."
    )
    industry = serializers.CharField(max_length=80, required=False, allow_blank=True)
    users = serializers.IntegerField(min_value=1, max_value=10_000_000, required=False, allow_null=True)
    deal = serializers.DecimalField(
        max_digits=15,
        decimal_places=4,
        min_value=0,
        required=False,
        allow_null=True,
        help_text="A year, in the company's currency.",
    )
    decides_on = serializers.DateField(required=False, allow_null=True, validators=[plausible])
    due_on = serializers.DateField(required=False, validators=[plausible])


class NewWanted(WantedBody):
    """A request for a reference."""

    prospect = serializers.CharField(max_length=200)
    due_on = serializers.DateField(validators=[plausible])


class WantedChange(Versioned, WantedBody):
    """Fields that are not sent stay."""

    state = serializers.ChoiceField([RequestState.OPEN, RequestState.DONE, RequestState.UNMET], required=False)
    won = serializers.BooleanField(required=False, allow_null=True, help_text="Whether the deal was won, with `done`.")


class WantedQuery(SyncedQuery):
    state = serializers.ChoiceField(RequestState.choices, required=False)
    kind = serializers.ChoiceField(AssetKind.choices, required=False)


class Requests(Resource):
    """Reference requests, in the order of their last change."""

    model = models.ReferenceRequest
    serializer_class = Wanted
    query_class = WantedQuery
    lookups: ClassVar = {"updated_since": "updated_at__gte", "state": "state", "kind": "kind"}
    related = ("segment", "product")

    @extend_schema(
        request=NewWanted,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: Wanted, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Write down what is looked for."""
        read_query(request, NoQuery)
        row = services.make_request(by=None, **self._values(read_body(NewWanted, request.data)))
        return self.created(row.id)

    @extend_schema(
        request=WantedChange,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: Wanted, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Change what is looked for; end it, or open it again."""
        row, values = asked(self, request, ref, WantedChange)
        if "won" in values and values.get("state") != RequestState.DONE:
            raise ValidationError({"won": [_("Send it with the state done.")]})
        state, won = values.pop("state", None), values.pop("won", None)
        services.change_request(request=row, values=self._values(values), version=None, by=None)
        if state is not None:
            services.end_request(request=row, state=state, won=won, version=None, by=None)
        return self.represent(self.rows().get(id=row.id))

    def _values(self, values: dict[str, Any]) -> dict[str, Any]:
        """What a service takes: rows for names, minor units for the amount."""
        tenant: Tenant = self.request.tenant  # type: ignore[attr-defined]
        if "deal" in values:
            deal = values.pop("deal")
            values |= {
                "deal_minor": None if deal is None else to_minor(deal, tenant.currency),
                "currency": tenant.currency,
            }
        for name, model, column in (("segment", Segment, "name"), ("product", Product, "external_id")):
            if name in values:
                values[name] = _named(name, model, {column: values[name]}, _("There is no row with this name."))
        return values


class Ask(serializers.Serializer):
    """Something that an advocate was asked for on a day, and what they said."""

    id = shown(serializers.UUIDField)
    advocate = shown(serializers.CharField, source="advocate.external_id")
    advocate_id = shown(serializers.UUIDField)
    account = shown(serializers.CharField, source="advocate.account.external_id")
    kind = shown(serializers.ChoiceField, choices=AssetKind.choices)
    request_id = shown(serializers.UUIDField, help_text="The reference request that it was for.")
    asset = shown(serializers.CharField, source="asset.external_id")
    asked_on = shown(serializers.DateField)
    state = shown(serializers.ChoiceField, choices=AskState.choices)
    answered_on = shown(serializers.DateField)
    failure = shown(serializers.ChoiceField, choices=AskFailure.choices)
    note = shown(serializers.CharField)
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField, source="recorded_at")
    updated_at = shown(serializers.DateTimeField)


class NewAsk(serializers.Serializer):
    """An ask of today goes through the gate (422 with the reason); one of a day that has passed is history."""

    advocate = serializers.CharField(help_text="External id of an advocate.")
    kind = serializers.ChoiceField(AssetKind.choices)
    asked_on = serializers.DateField(required=False, validators=[plausible])
    request_id = serializers.UUIDField(required=False, allow_null=True)
    asset = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, help_text="External id of an asset."
    )
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class AskChange(Versioned):
    """The answer. Fields that are not sent stay."""

    state = serializers.ChoiceField(AskState.choices)
    failure = serializers.ChoiceField(AskFailure.choices, required=False, help_text="Needed with `declined`.")
    answered_on = serializers.DateField(required=False, allow_null=True, validators=[plausible])
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class AskQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    advocate = serializers.CharField(required=False, help_text="External id of an advocate.")
    kind = serializers.ChoiceField(AssetKind.choices, required=False)
    state = serializers.ChoiceField(AskState.choices, required=False)


class Asks(Resource):
    """What advocates were asked for, in the order of the last change."""

    model = models.Ask
    serializer_class = Ask
    query_class = AskQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "advocate__account__external_id",
        "advocate": "advocate__external_id",
        "kind": "kind",
        "state": "state",
    }
    related = ("advocate__account", "asset")

    @extend_schema(
        request=NewAsk,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: Ask, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Ask an advocate for something; 422 with the reason where they may not be asked."""
        read_query(request, NoQuery)
        values = read_body(NewAsk, request.data)
        row = services.ask(
            advocate=_named(
                "advocate", models.Advocate, {"external_id": values.pop("advocate")}, _("There is no advocate with this id.")
            ),
            request=_named(
                "request_id", models.ReferenceRequest, {"id": values.pop("request_id", None)}, _("There is no request with this id.")
            ),
            asset=_named(
                "asset", models.Asset, {"external_id": values.pop("asset", None)}, _("There is no asset with this id.")
            ),
            by=None,
            **values,
        )  # fmt: skip
        return self.created(row.id)

    @extend_schema(
        request=AskChange,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: Ask, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Say what they answered."""
        row, values = asked(self, request, ref, AskChange)
        services.answer_ask(ask=row, version=None, by=None, **values)
        return self.represent(self.rows().get(id=row.id))
