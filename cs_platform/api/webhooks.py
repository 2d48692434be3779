"""Webhooks over HTTP: endpoints, what was sent to them, and sending it again (API-03). Only for keys with the scope `admin`:
whoever adds an endpoint hears of every account."""

import datetime as dt
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import DeliveryState
from accounts.models import Member, Tenant, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import services, signing
from accounts.webhooks.delivery import shown
from accounts.webhooks.events import Kind
from cs_platform.api.authentication import DELETERS, key_of
from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import ListQuery, NoQuery, OneQuery, plausible, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import shown as read_only
from cs_platform.api.writing import Versioned, asked, object_of, read_body, refuse_stale
from cs_platform.kernel.errors import NotAllowed

_WRITE = refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)


class EndpointBody(serializers.Serializer):
    """What may be sent of an endpoint. Of one that stands, what is not sent stays."""

    name = serializers.CharField(max_length=80, required=False)
    url = serializers.CharField(max_length=500, required=False, help_text="Begins with https://.")
    events = serializers.ListField(
        child=serializers.ChoiceField(Kind.choices), required=False, help_text="Empty: all of them, also later ones."
    )
    enabled = serializers.BooleanField(required=False)


class EndpointChange(Versioned, EndpointBody):
    """Fields that are not sent stay."""


class NewEndpoint(EndpointBody):
    name = serializers.CharField(max_length=80)
    url = serializers.CharField(max_length=500, help_text="Begins with https://.")


class Endpoint(serializers.Serializer):
    """Where events are sent."""

    id = read_only(serializers.UUIDField)
    name = read_only(serializers.CharField)
    url = read_only(serializers.CharField)
    events = serializers.ListField(child=serializers.CharField(), read_only=True)
    enabled = read_only(serializers.BooleanField)
    failing_since = read_only(
        serializers.DateTimeField, help_text="Nothing has arrived since then; null when all is well."
    )
    rotated_at = read_only(
        serializers.DateTimeField, help_text="When the secret was made anew; the one before signs for a day."
    )
    created_at = read_only(serializers.DateTimeField)
    version = read_only(serializers.IntegerField)


class EndpointWithSecret(Endpoint):
    """An endpoint whose secret was just made."""

    secret = serializers.CharField(read_only=True, help_text="Shown in this answer and never again.")


class Nothing(serializers.Serializer):
    """An empty object."""


class ReplayDay(serializers.Serializer):
    """A day of the company's zone."""

    day = serializers.DateField(validators=[plausible], help_text="Of the events that were given up.")


class Count(serializers.Serializer):
    count = serializers.IntegerField(help_text="Events that are on their way again.")


class Admins(Resource):
    """A resource for keys with the scope `admin` only."""

    order = ("id",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        key = key_of(request)
        if key is None or DELETERS.isdisjoint(key.scopes):
            raise NotAllowed(_("This API key does not have the scope that this needs."))

    def maker(self) -> Member | None:
        """Who answers for the key."""
        key = key_of(self.request)
        return key.created_by if key else None


class DeliveryQuery(ListQuery):
    webhook = serializers.UUIDField(required=False, help_text="Id of an endpoint.")
    state = serializers.ChoiceField(DeliveryState.choices, required=False)
    kind = serializers.ChoiceField(Kind.choices, required=False)
    event = serializers.UUIDField(required=False, help_text="Id of an event.")


class Try(serializers.Serializer):
    """One try, and what came back."""

    at = read_only(serializers.DateTimeField)
    status = read_only(serializers.IntegerField, help_text="Of HTTP; null when nothing answered.")
    error = read_only(serializers.CharField, help_text="Why it did not arrive; empty when it did.")
    answer = read_only(serializers.CharField)
    milliseconds = read_only(serializers.IntegerField)


class Delivery(serializers.Serializer):
    """An event on its way to an endpoint."""

    id = read_only(serializers.UUIDField)
    webhook_id = read_only(serializers.UUIDField, "endpoint_id")
    event_id = read_only(serializers.UUIDField)
    kind = read_only(serializers.CharField, "event.kind")
    account = serializers.CharField(
        source="event.account.external_id", read_only=True, default=None, help_text="External id."
    )
    at = read_only(serializers.DateTimeField, "event.at")
    state = read_only(serializers.ChoiceField, choices=DeliveryState.choices)
    attempts = read_only(serializers.IntegerField)
    next_at = read_only(serializers.DateTimeField, help_text="When it is tried next, while it waits.")
    ended_at = read_only(serializers.DateTimeField)


class Webhooks(Admins):
    """Endpoints, in the order in which they were made."""

    model = WebhookEndpoint
    serializer_class = Endpoint
    example: ClassVar = {"name": "Product", "url": "https://example.com/setia", "events": ["playbook.started"]}

    @extend_schema(
        request=NewEndpoint,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: EndpointWithSecret, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    def create(self, request: Request) -> Any:
        """Add an endpoint. The answer holds its secret; one that is given again for an `Idempotency-Key` does not, since
        secrets are kept nowhere."""
        response = self._create(request)
        if isinstance(response, Response):
            response.data = response.data | {"secret": signing.secret_of(self.find(str(response.data["id"])))}
        return response

    @idempotent
    def _create(self, request: Request) -> Response:
        read_query(request, NoQuery)
        row, _secret = services.add_endpoint(**read_body(NewEndpoint, request.data), by=self.maker())
        return self.created(row.id)

    @extend_schema(request=EndpointChange, parameters=[IF_MATCH, *ANSWER_HEADERS], responses={200: Endpoint, **_WRITE})
    def partial_update(self, request: Request, ref: str) -> Response:
        """Change what is sent of an endpoint."""
        row, values = asked(self, request, ref, EndpointChange)
        stands = {name: getattr(row, name) for name in ("name", "url", "events", "enabled")}
        services.change_endpoint(endpoint=row, **(stands | values), version=None, by=self.maker())
        return self.represent(self.find(ref))

    @extend_schema(parameters=[IF_MATCH, *ANSWER_HEADERS], responses={204: None, **_WRITE})
    def destroy(self, request: Request, ref: str) -> Response:
        """Delete an endpoint with its log. What is on its way is not sent any more."""
        read_query(request, NoQuery)
        row = self.find(ref, lock=True)
        refuse_stale(self, row, None)
        services.remove_endpoint(endpoint=row, version=None, by=self.maker())
        return Response(status=204)

    @extend_schema(
        request=Nothing, parameters=[IF_MATCH, *ANSWER_HEADERS], responses={200: EndpointWithSecret, **_WRITE}
    )
    def rotate(self, request: Request, ref: str) -> Response:
        """Make a new secret. The one before signs as well for a day."""
        read_query(request, NoQuery)
        object_of(request.data or {}, ())
        row = self.find(ref, lock=True)
        refuse_stale(self, row, None)
        row, secret = services.rotate_secret(endpoint=row, version=None, by=self.maker())
        response = self.represent(row)
        response.data = response.data | {"secret": secret}
        return response

    @extend_schema(request=ReplayDay, parameters=ANSWER_HEADERS, responses={200: Count, **_WRITE})
    def replay(self, request: Request, ref: str) -> Response:
        """Send again what was given up of a day."""
        read_query(request, NoQuery)
        day: dt.date = read_body(ReplayDay, request.data)["day"]
        tenant: Tenant = request.tenant  # type: ignore[attr-defined]
        row = self.find(ref)
        count = services.replay_failed(endpoint=row, day=day, zone=tenant.zone, by=self.maker())
        return Response({"count": count})

    @extend_schema(request=Nothing, parameters=ANSWER_HEADERS, responses={202: Delivery, **_WRITE})
    def test(self, request: Request, ref: str) -> Response:
        """Send an event that says nothing, to this endpoint alone."""
        read_query(request, NoQuery)
        object_of(request.data or {}, ())
        made = services.send_test(endpoint=self.find(ref), by=self.maker())
        return Response(Delivery(WebhookDelivery.objects.select_related("event__account").get(id=made.id)).data, 202)


class DeliveryWhole(Delivery):
    """With what is sent and every try."""

    payload = serializers.DictField(read_only=True)
    tries = Try(many=True, read_only=True)


class Deliveries(Admins):
    """The log of the last 30 days, in the order in which it was written."""

    model = WebhookDelivery
    serializer_class = Delivery
    query_class = DeliveryQuery
    lookups: ClassVar = {
        "webhook": "endpoint_id",
        "state": "state",
        "kind": "event__kind",
        "event": "event_id",
    }
    related = ("event__account",)

    @extend_schema(
        parameters=[OneQuery, *ANSWER_HEADERS], responses={200: DeliveryWhole, **refusals(401, 403, 404, 422, 429, 503)}
    )
    def retrieve(self, request: Request, ref: str) -> Response:
        """One delivery, with what is sent, every try and what came back."""
        serializer = self._serializer(read_query(request, OneQuery)["fields"])
        row = serializer.instance = self.find(ref)
        more = {"payload": shown(row.event, request.tenant), "tries": Try(row.tries.all(), many=True).data}  # type: ignore[attr-defined]
        return Response(serializer.data | more)

    @extend_schema(request=Nothing, parameters=ANSWER_HEADERS, responses={200: Delivery, **_WRITE})
    def replay(self, request: Request, ref: str) -> Response:
        """Send it again, whatever became of it, with the same event id."""
        read_query(request, NoQuery)
        object_of(request.data or {}, ())
        services.replay(sent=self.find(ref), by=self.maker())
        return self.represent(self.find(ref))
