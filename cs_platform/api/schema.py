"""OpenAPI 3 from the declarations of the resources: what a resource takes, shows and refuses is written once."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, inline_serializer

from cs_platform.api import serializers
from cs_platform.api.queries import OneQuery

_REFUSAL = OpenApiExample(
    "Refusal",
    value={
        "error": {
            "code": "invalid",
            "message": "Some fields cannot be accepted.",
            "fields": {"name": "This field is required."},
            "request_id": "0f5d3c2a-6f0b-4a57-9e1b-5d1d8f0c7a11",
        },
        "code": "invalid",
        "message": "Some fields cannot be accepted.",
    },
)

_MEANINGS = {
    400: "The request cannot be read.",
    401: "No API key, or one that is unknown, expired or revoked.",
    403: "The key's scopes do not allow this.",
    404: "There is no such row, or it belongs to somebody else.",
    409: "Stale `version` or `If-Match` (the current row stands in `current`), an external id that is taken, or an "
    "`Idempotency-Key` that stood on another request.",
    413: "The body is too large.",
    415: "The body is not `application/json`.",
    422: "Readable, but not acceptable: `error.fields` names each field and the reason.",
    429: "Too many requests with this key; `Retry-After` says when to try again.",
    503: "The database cannot be reached; nothing was stored. Try again after `Retry-After` seconds.",
}
_ALWAYS = (401, 403, 422, 429, 503)
_WITH_BODY = (400, 409, 413, 415)

ANSWER_HEADERS = [
    OpenApiParameter("RateLimit-Limit", int, "header", response=True, description="Requests that a full bucket holds."),
    OpenApiParameter("RateLimit-Remaining", int, "header", response=True, description="Requests left now."),
    OpenApiParameter("RateLimit-Reset", int, "header", response=True, description="Seconds until the bucket is full."),
    OpenApiParameter(
        "Retry-After", int, "header", response=[429, 503], description="Seconds after which to try again."
    ),
]
IF_MATCH = OpenApiParameter(
    "If-Match", str, "header", description="The `ETag` that was read; 409 when the row has changed since."
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    "header",
    description="The same key within 24 hours gives the same answer and does nothing again; 409 with another body.",
)


def refusals(*codes: int) -> dict[int, OpenApiResponse]:
    """The documented refusals of `codes`, each in the one envelope."""
    return {code: OpenApiResponse(serializers.Error, _MEANINGS[code], [_REFUSAL]) for code in sorted(codes)}


class KeyScheme(OpenApiAuthenticationExtension):
    """The two ways to show a key."""

    target_class = "cs_platform.api.authentication.KeyAuthentication"
    name = ["bearer", "basic"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer", "description": "An API key."},
            {"type": "http", "scheme": "basic", "description": "An API key as user name, without a password."},
        ]


class Page:
    """How a list stands in its answer (see paging.py)."""

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return []

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = {
            "type": "string",
            "format": "uri",
            "nullable": True,
            "description": "The next page; null on the last one.",
        }
        return {"type": "object", "required": ["results", "next"], "properties": {"results": schema, "next": following}}


class ResourceSchema(AutoSchema):
    """Reads `serializer_class`, `query_class` and `example` of a `Resource`."""

    view: Any

    def get_request_serializer(self) -> Any:
        one = self.view.serializer_class
        return inline_serializer(f"{one.__name__}Items", {"items": one(many=True)}) if self._is_bulk() else one

    def get_response_serializers(self) -> Any:
        action = self.view.action
        if action == "list":
            return {200: self.view.serializer_class} | refusals(*_ALWAYS)
        if action == "retrieve":
            return {200: self.view.serializer_class} | refusals(404, *_ALWAYS)
        if action == "create":
            return {201: self.view.serializer_class} | refusals(*_ALWAYS, *_WITH_BODY)
        if action == "destroy":
            return {200: self.view.serializer_class} | refusals(404, 409, *_ALWAYS)
        if self._is_bulk():
            mixed = OpenApiResponse(serializers.BulkAnswer, "Some items were rejected; the others were taken.")
            return {200: serializers.BulkAnswer, 207: mixed} | refusals(*_ALWAYS, *_WITH_BODY)
        created = {} if action == "partial_update" else {201: self.view.serializer_class}
        return {200: self.view.serializer_class} | created | refusals(404, *_ALWAYS, *_WITH_BODY)

    def get_override_parameters(self) -> list[Any]:
        query: dict[str, list[Any]] = {
            "list": [self.view.query_class],
            "retrieve": [OneQuery],
            "create": [IDEMPOTENCY_KEY],
            "update": [IF_MATCH],
            "partial_update": [IF_MATCH],
            "destroy": [IF_MATCH],
        }
        return query.get(self.view.action, []) + ANSWER_HEADERS

    def get_examples(self) -> list[OpenApiExample]:
        example = getattr(self.view, "example", None)
        if example is None or self.method not in ("POST", "PUT"):
            return []
        value = {"items": [example]} if self._is_bulk() else example
        return [OpenApiExample("Example", value=value, request_only=True)]

    def _is_bulk(self) -> bool:
        return self.view.action == "bulk"

    def _get_paginator(self) -> Page:
        return Page()


REPORT_RESPONSES: dict[Any, Any] = {
    (200, "application/json"): serializers.Report,
    (200, "text/csv"): OpenApiTypes.STR,
    **refusals(404, *_ALWAYS),
}
REPORT_HEADERS = ANSWER_HEADERS
