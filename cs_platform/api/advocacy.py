"""Advocacy over HTTP: advocates, what they gave, whom they led to, what they were asked for and what sales looks for
(ADV-01 to ADV-05, API-01). Advocates, assets and referrals are facts that come as in files; an ask goes through the gate."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import ImportKind
from accounts.models import Product, Segment, Tenant
from advocacy import guards, models, services
from advocacy.enums import (
    AdvocateState,
    AskFailure,
    AskState,
    AssetKind,
    Consent,
    Legal,
    ReferralState,
    RequestState,
    ReviewSite,
)
from cs_platform.api.idempotency import idempotent
from cs_platform.api.intake import Door
from cs_platform.api.queries import NoQuery, SyncedQuery, plausible, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import Money, choice, shown
from cs_platform.api.writing import Writable, read_body, refuse_stale
from cs_platform.kernel.money import to_minor

_VERSION = "When sent, it must be the current one (409 otherwise); like If-Match."
_ACCOUNT = "External id of an account."
_ADVOCATE = "External id of an advocate."


class MayAsk(serializers.Serializer):
    """Whether an advocate may be asked today, and if not, why."""

    ready = serializers.BooleanField()
    code = serializers.CharField(allow_null=True, help_text="`resting`, `legal_open`, `missing_renewed` …")
    reason = serializers.CharField(allow_null=True)
    until = serializers.DateField(allow_null=True, help_text="The first day on which they may, where it is known.")


class Advocate(serializers.Serializer):
    """A person of a customer who speaks for us, with how far their consent goes and whether they may be asked today."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(source="account.external_id", help_text=_ACCOUNT)
    account_id = shown(serializers.UUIDField)
    contact = serializers.CharField(source="contact.external_id", help_text="External id of a contact of the account.")
    state = choice(AdvocateState)
    consent = serializers.ChoiceField(Consent.choices, help_text="How far it goes.")
    consent_on = serializers.DateField(required=False, allow_null=True, help_text="Today when it is not sent.")
    consent_until = serializers.DateField(required=False, allow_null=True)
    legal = choice(Legal)
    legal_since = shown(serializers.DateField)
    enrolled_on = serializers.DateField(required=False, allow_null=True)
    left_on = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    may_ask = serializers.SerializerMethodField()
    version = serializers.IntegerField(required=False, help_text=_VERSION)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)

    @extend_schema_field(MayAsk)
    def get_may_ask(self, row: models.Advocate) -> dict[str, Any]:
        """Of all rows of a page at once."""
        context: Any = self.context
        known: dict[Any, Any] = context.setdefault("may_ask", {})
        if row.id not in known:
            rows: Any = self.parent.instance if isinstance(self.parent, serializers.ListSerializer) else [row]
            known |= guards.may_ask(rows)
        no = known[row.id]
        found = {"ready": no is None, "code": no.code if no else None, "reason": no.text if no else None}
        return dict(MayAsk(found | {"until": no.until if no else None}).data)


class AdvocateQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text=_ACCOUNT)
    state = serializers.ChoiceField(AdvocateState.choices, required=False)
    consent = serializers.ChoiceField(Consent.choices, required=False)


class Advocates(Writable):
    """People who speak for us, in the order of their last change."""

    door = Door.of(ImportKind.ADVOCATES, models.Advocate)
    kept = ("external_id", "account", "contact", "consent")
    example: ClassVar = {"external_id": "AD-1", "account": "A-1", "contact": "C-1", "consent": "name_logo"}
    model = models.Advocate
    serializer_class = Advocate
    query_class = AdvocateQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "state": "state",
        "consent": "consent",
    }
    related = ("account", "contact")


class Asset(serializers.Serializer):
    """Something that a customer gave to be shown, with its legal approval."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(source="account.external_id", help_text=_ACCOUNT)
    account_id = shown(serializers.UUIDField)
    kind = serializers.ChoiceField(AssetKind.choices)
    title = serializers.CharField(max_length=200)
    advocate = serializers.CharField(
        source="advocate.external_id", required=False, allow_null=True, allow_blank=True, help_text=_ADVOCATE
    )
    url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    legal = choice(Legal)
    legal_since = serializers.DateField(required=False, allow_null=True)
    approved_until = serializers.DateField(required=False, allow_null=True)
    published_on = serializers.DateField(required=False, allow_null=True)
    site = choice(ReviewSite)
    rating = serializers.DecimalField(
        max_digits=2, decimal_places=1, required=False, allow_null=True, help_text="Of a review, 0 to 5."
    )
    version = serializers.IntegerField(required=False, help_text=_VERSION)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class AssetQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text=_ACCOUNT)
    kind = serializers.ChoiceField(AssetKind.choices, required=False)
    legal = serializers.ChoiceField(Legal.choices, required=False)


class Assets(Writable):
    """What customers gave to be shown, in the order of the last change."""

    door = Door.of(ImportKind.ASSETS, models.Asset)
    kept = ("external_id", "account", "kind", "title", "site", "rating")
    example: ClassVar = {
        "external_id": "AS-1",
        "account": "A-1",
        "kind": "case_study",
        "title": "Three units in a year",
    }
    model = models.Asset
    serializer_class = Asset
    query_class = AssetQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "kind": "kind",
        "legal": "legal",
    }
    related = ("account", "advocate")


class Referral(serializers.Serializer):
    """Whom a customer led us to, and how far it came."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(source="account.external_id", help_text="External id of the account that refers.")
    account_id = shown(serializers.UUIDField)
    prospect = serializers.CharField(max_length=200)
    advocate = serializers.CharField(
        source="advocate.external_id", required=False, allow_null=True, allow_blank=True, help_text=_ADVOCATE
    )
    state = choice(ReferralState)
    asked_on = serializers.DateField()
    agreed_on = serializers.DateField(required=False, allow_null=True)
    introduced_on = serializers.DateField(required=False, allow_null=True)
    opportunity_on = serializers.DateField(required=False, allow_null=True)
    ended_on = serializers.DateField(required=False, allow_null=True)
    amount = Money("amount_minor", required=False, allow_null=True, help_text="Worth a year, in `currency`.")
    currency = serializers.CharField(
        max_length=3, required=False, allow_blank=True, help_text="The company's when not sent."
    )
    customer = serializers.CharField(
        source="customer.external_id",
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="The new customer, of a won one.",
    )
    reward = serializers.CharField(max_length=200, required=False, allow_blank=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    version = serializers.IntegerField(required=False, help_text=_VERSION)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class ReferralQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text=_ACCOUNT)
    state = serializers.ChoiceField(ReferralState.choices, required=False)
    customer = serializers.CharField(required=False, help_text="External id of the new customer.")


class Referrals(Writable):
    """Referrals, in the order of their last change."""

    door = Door.of(ImportKind.REFERRALS, models.Referral)
    kept = (
        "external_id", "account", "prospect", "asked_on", "agreed_on", "introduced_on", "opportunity_on", "ended_on", "currency",
    )  # fmt: skip
    example: ClassVar = {
        "external_id": "RF-1",
        "account": "A-1",
        "prospect": "Tidewater Ports",
        "asked_on": "2026-06-01",
    }
    model = models.Referral
    serializer_class = Referral
    query_class = ReferralQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "state": "state",
        "customer": "customer__external_id",
    }
    related = ("account", "advocate", "customer")

    def keep(self, cells: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        """The day of the end goes with the state that ended it: of a new state it is that of the change."""
        return {name: value for name, value in cells.items() if name != "ended_on"} if "state" in body else cells


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


class WantedChange(WantedBody):
    """Fields that are not sent stay."""

    state = serializers.ChoiceField([RequestState.OPEN, RequestState.DONE, RequestState.UNMET], required=False)
    won = serializers.BooleanField(required=False, allow_null=True, help_text="Whether the deal was won, with `done`.")
    version = serializers.IntegerField(min_value=1, required=False, help_text="Like If-Match: 409 when it has changed.")


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
        response = self.represent(self.rows().get(id=row.id), status=201)
        response["Location"] = f"{request.path}/{row.id}"
        return response

    @extend_schema(
        request=WantedChange,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: Wanted, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Change what is looked for; end it, or open it again."""
        read_query(request, NoQuery)
        values = read_body(WantedChange, request.data)
        if "won" in values and values.get("state") != RequestState.DONE:
            raise ValidationError({"won": [_("Send it with the state done.")]})
        row = self.find(ref, lock=True)
        refuse_stale(self, row, values.pop("version", None))
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
        for name, rows, key in (("segment", Segment.objects, "name"), ("product", Product.objects, "external_id")):
            if name in values:
                wished = values[name]
                values[name] = rows.filter(**{key: wished}).first() if wished else None
                if wished and values[name] is None:
                    raise ValidationError({name: [_("There is no row with this name.")]})
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

    advocate = serializers.CharField(help_text=_ADVOCATE)
    kind = serializers.ChoiceField(AssetKind.choices)
    asked_on = serializers.DateField(required=False, validators=[plausible])
    request_id = serializers.UUIDField(required=False, allow_null=True)
    asset = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, help_text="External id of an asset."
    )
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class AskChange(serializers.Serializer):
    """The answer. Fields that are not sent stay."""

    state = serializers.ChoiceField(AskState.choices)
    failure = serializers.ChoiceField(AskFailure.choices, required=False, help_text="Needed with `declined`.")
    answered_on = serializers.DateField(required=False, allow_null=True, validators=[plausible])
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    version = serializers.IntegerField(min_value=1, required=False, help_text="Like If-Match: 409 when it has changed.")


class AskQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text=_ACCOUNT)
    advocate = serializers.CharField(required=False, help_text=_ADVOCATE)
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
        advocate = models.Advocate.objects.filter(external_id=values.pop("advocate")).first()
        if advocate is None:
            raise ValidationError({"advocate": [_("There is no advocate with this id.")]})
        wished, asset = values.pop("request_id", None), values.pop("asset", None)
        if wished:
            values["request"] = models.ReferenceRequest.objects.filter(id=wished).first()
            if values["request"] is None:
                raise ValidationError({"request_id": [_("There is no request with this id.")]})
        if asset:
            values["asset"] = models.Asset.objects.filter(external_id=asset).first()
            if values["asset"] is None:
                raise ValidationError({"asset": [_("There is no asset with this id.")]})
        row = services.ask(advocate=advocate, by=None, **values)
        response = self.represent(self.rows().get(id=row.id), status=201)
        response["Location"] = f"{request.path}/{row.id}"
        return response

    @extend_schema(
        request=AskChange,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: Ask, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Say what they answered."""
        read_query(request, NoQuery)
        values = read_body(AskChange, request.data)
        row = self.find(ref, lock=True)
        refuse_stale(self, row, values.pop("version", None))
        services.answer_ask(ask=row, version=None, by=None, **values)
        return self.represent(self.rows().get(id=row.id))
