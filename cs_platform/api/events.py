"""Usage events over HTTP: the batch, its receipt, and the inbox of what was not stored (CONTRACTS 2)."""

from typing import Any, ClassVar

from django.db import IntegrityError, OperationalError
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.enums import KeyScope
from cs_platform.api import bodies
from cs_platform.api.authentication import HasScope, key_of
from cs_platform.api.errors import refusal
from cs_platform.api.event_serializers import (
    Event,
    Events,
    EventsAnswer,
    HeldEventRow,
    ReceiptRow,
    ReceiptWhole,
    Replay,
    ReplayAnswer,
)
from cs_platform.api.middleware import too_many
from cs_platform.api.queries import HeldEventQuery, ListQuery, NoQuery, OneQuery, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, refusals
from cs_platform.api.throttling import event_throttle
from cs_platform.kernel.errors import DomainError, envelope, request_id
from cs_platform.kernel.tenancy import tenant_context
from health import models
from health.enums import ReceiptKind
from health.usage import held, intake, wire

SENDERS = {KeyScope.EVENTS, KeyScope.WRITE, KeyScope.ADMIN}
EXAMPLE = {
    "events": [
        {
            "message_id": "0198d5a2-7c1e-7b60-9a55-1f6b1f0d3c11",
            "account": "A-1",
            "user": "ana@northwind.example",
            "event": "report exported",
            "quantity": 1,
            "timestamp": "2026-01-31T09:30:00+07:00",
            "properties": {"session_id": "s-81"},
        }
    ]
}


class MaySend(BasePermission):
    """Sending events needs `events`, `write` or `admin`."""

    message = HasScope.message

    def has_permission(self, request: Request, view: Any) -> bool:
        key = key_of(request)
        return key is not None and not SENDERS.isdisjoint(key.scopes)


class EventsView(APIView):
    """The door for usage events. It opens its transaction only when the batch is read and checked."""

    permission_classes = [MaySend]

    @extend_schema(
        operation_id="events_create",
        tags=["events"],
        description="Store up to 1,000 events (1 MB, gzip welcome, 5 MB unpacked). The answer comes after they are stored "
        "for good; after any 5xx, or none, send the same batch again: what is known already is a duplicate. `items` holds "
        "those that were not accepted. Events of unknown accounts wait until the account appears.",
        parameters=ANSWER_HEADERS,
        request=Events,
        examples=[OpenApiExample("Example", value=EXAMPLE, request_only=True)],
        responses={
            200: OpenApiResponse(EventsAnswer, "All are stored or were before."),
            207: OpenApiResponse(EventsAnswer, "Some are; `items` says which are not."),
            **refusals(400, 401, 403, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request) -> HttpResponse:
        key = key_of(request)
        assert key is not None
        received_at = timezone.now()
        try:
            batch = wire.read(bodies.read_body(request._request))
        except DomainError as error:
            return refusal(request._request, error)
        rate = None
        if batch.received > 1:  # the first one was paid for before the body was read
            rate = event_throttle().spend(key.id, batch.received - 1)
            if not rate.allowed:
                return too_many(request._request, rate)
        try:
            with tenant_context(key.tenant_id, actor=key.name, request_id=request_id()):
                result = intake.receive(
                    batch.items, batch.refused, kind=ReceiptKind.API, api_key_id=key.id, received_at=received_at
                )
        except IntegrityError as error:  # nothing that the sender could put right: let it be sent again
            raise OperationalError(str(error)) from error
        response = answer(result)
        for name, value in rate.headers.items() if rate else ():
            response[name] = value
        return response


def answer(result: intake.Received) -> JsonResponse:
    """The body of CONTRACTS 2: 200 when all are stored or known, 422 when all were refused, else 207."""
    rejected = result.count("rejected")
    body: dict[str, Any] = {
        "received": result.received,
        **{status: result.count(status) for status in ("accepted", "duplicate", "quarantined", "rejected")},
        "items": [
            {
                "index": index,
                "status": outcome.status,
                "code": outcome.code or outcome.status,
                "message": f"{outcome.field}: {outcome.message}" if outcome.field else outcome.message,
            }
            for index, outcome in sorted(result.outcomes.items())
        ],
        "receipt": str(result.receipt_id),
    }
    if rejected and rejected == result.received:
        return JsonResponse(envelope("rejected", _("None of these events could be accepted.")) | body, status=422)
    return JsonResponse(body, status=200 if result.accepted + result.count("duplicate") == result.received else 207)


class Receipts(Resource):
    """What became of each batch of events."""

    model = models.Receipt
    serializer_class = ReceiptRow
    query_class = ListQuery
    order = ("received_at", "id")

    @extend_schema(
        parameters=[OneQuery, *ANSWER_HEADERS], responses={200: ReceiptWhole, **refusals(401, 403, 404, 422, 429, 503)}
    )
    def retrieve(self, request: Request, ref: str) -> Response:
        """A batch, with those of its events that were not stored at once and what became of them since."""
        serializer = self._serializer(read_query(request, OneQuery)["fields"])
        serializer.instance = self.find(ref)
        rows = serializer.instance.held.order_by("position", "id")
        return Response(serializer.data | {"items": HeldEventRow(rows, many=True).data})


class RejectedEvents(Resource):
    """The inbox: events that were refused, and those that wait."""

    model = models.HeldEvent
    serializer_class = HeldEventRow
    query_class = HeldEventQuery
    lookups: ClassVar = {"state": "state", "code": "code", "receipt": "receipt_id"}
    order = ("received_at", "id")

    @extend_schema(
        description="Send a held event in once more: as it is, or as `event` says it right. One that waits keeps its "
        "message_id. `accept` takes an event of any age.",
        parameters=ANSWER_HEADERS,
        request=Replay,
        examples=[OpenApiExample("Corrected", value={"event": EXAMPLE["events"][0]}, request_only=True)],
        responses={200: ReplayAnswer, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def replay(self, request: Request, ref: str) -> Response:
        read_query(request, NoQuery)
        body = Replay(data=request.data)
        body.is_valid(raise_exception=True)
        if unknown := set(request.data) - set(body.fields):
            sentence = _("There is no such field.")
            raise serializers.ValidationError({name[:80]: [sentence] for name in sorted(unknown)})
        row = self.find(ref, lock=True)
        event = body.validated_data.get("event")
        outcome = held.replay(
            row, event=event, by=None, accept=body.validated_data["accept"], received_at=timezone.now()
        )
        if outcome.status == "rejected":
            raise DomainError(outcome.message, code=outcome.code, fields={outcome.field or "event": outcome.message})
        return Response({"status": outcome.status, "event": HeldEventRow(row).data})


__all__ = ["Event", "EventsView", "Receipts", "RejectedEvents"]
