"""Segment's wire format over HTTP (INTEGRATIONS, CONTRACTS 2): unmodified SDKs work with only their host set.

What its SDKs were seen to need: exactly 200 {"success": true} once everything is stored, the key as Basic user name, in
the body or as Bearer token, and `code` with `message` at the top of every refusal, or they retry for hours.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from accounts.enums import ChangeSource, KeyScope
from accounts.merging import Origin
from accounts.models import ApiKey
from cs_platform.kernel.errors import DomainError, error_response
from health.usage import segment, wire
from health.usage.segment_writing import take

PREFIX = "/v1/"
SENDERS = {KeyScope.EVENTS, KeyScope.WRITE, KeyScope.ADMIN}
# The browser's library asks first whether it may send from another site; it sends no cookies.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Retry-Count",
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "86400",
}


class Unreadable(DomainError):
    """The body is not what Segment's libraries send (400)."""

    status = 400
    code = "unreadable"


class TooLarge(DomainError):
    """The body is larger than is read (413)."""

    status = 413
    code = "too_large"


def body_of(request: HttpRequest) -> Mapping[str, Any]:
    """The object that was sent, whatever its content type says: browsers send text/plain to be asked less often."""
    if not hasattr(request, "_segment_body"):
        request._segment_body = _read(request)  # type: ignore[attr-defined]
    found: Mapping[str, Any] = request._segment_body  # type: ignore[attr-defined]
    return found


def _read(request: HttpRequest) -> Mapping[str, Any]:
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        length = 0
    if length > wire.MAX_WIRE:
        raise TooLarge(_("The body is larger than 1 MB."))
    try:
        raw = request.read(wire.MAX_WIRE + 1)
    except RequestDataTooBig as error:
        raise TooLarge(_("The body is larger than 1 MB.")) from error
    if len(raw) > wire.MAX_WIRE:
        raise TooLarge(_("The body is larger than 1 MB."))
    try:
        raw = wire.inflate(raw, request.headers.get("Content-Encoding", "").lower())
    except wire.TooLarge as error:
        raise TooLarge(str(error)) from error
    except wire.Unreadable as error:
        raise Unreadable(str(error)) from error
    try:
        body = json.loads(raw, parse_constant=lambda name: None)
    except (ValueError, RecursionError) as error:
        raise Unreadable(_("The body is not JSON that can be read.")) from error
    if not isinstance(body, Mapping):
        raise Unreadable(_("The body is an object."))
    return body


def write_key(request: HttpRequest) -> str:
    """The key as two generations of libraries send it: in the body. Empty when there is none."""
    if request.method != "POST":
        return ""
    try:
        found = body_of(request).get("writeKey")
    except DomainError:
        return ""
    return found if isinstance(found, str) else ""


def route(kind: str) -> Callable[[HttpRequest], HttpResponse]:
    """The view of one of Segment's calls; `batch` holds any of them."""

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "OPTIONS":
            return HttpResponse(status=204)
        if request.method != "POST":
            response = error_response(request, 405, "method_not_allowed", _("Only POST is possible here."))
            response["Allow"] = "POST, OPTIONS"
            return response
        try:
            return _receive(request, kind)
        except DomainError as error:
            return error_response(request, error.status, error.code, error.message, error.fields)

    return view


def _receive(request: HttpRequest, kind: str) -> HttpResponse:
    body = body_of(request)
    key: ApiKey | None = getattr(request, "api_key", None)
    if key is None:
        response = error_response(
            request, 401, "invalid_key", _("This write key is not known, has expired or was revoked.")
        )
        response["WWW-Authenticate"] = 'Basic realm="setia"'
        return response
    if SENDERS.isdisjoint(key.scopes):
        return error_response(request, 403, "forbidden", _("This API key does not have the scope that this needs."))
    messages = body.get("batch") if kind == "batch" else [{**body, "type": kind}]
    if not isinstance(messages, list):
        raise Unreadable(_("A batch holds a list of messages."))
    if len(messages) > segment.MAX_MESSAGES:
        raise TooLarge(_("A batch holds at most %(limit)s messages.") % {"limit": f"{segment.MAX_MESSAGES:,}"})
    take(messages, sent_at=body.get("sentAt"), received_at=timezone.now(), key=key, origin=_origin(key))
    return JsonResponse({"success": True})


def _origin(key: ApiKey) -> Origin:
    return Origin(ChangeSource.API, None, key.name)


@csrf_exempt
def site_settings(request: HttpRequest, write_key: str) -> HttpResponse:
    """What the browser's library asks for first: send everything here. It says the same of every key, so that it tells
    nobody which keys exist."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    here = urlsplit(settings.BASE_URL)
    answer = {
        "integrations": {
            "Segment.io": {
                "apiKey": write_key,
                "apiHost": f"{here.netloc}{here.path}/v1",
                "protocol": here.scheme,
                "unbundledIntegrations": [],
                "addBundledMetadata": False,
                "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
            }
        },
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }
    response = JsonResponse(answer)
    response["Cache-Control"] = "public, max-age=300"
    return response
