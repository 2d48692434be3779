"""Segment's wire format over HTTP (INTEGRATIONS, CONTRACTS 2): unmodified SDKs work with only their host set.

What its SDKs were seen to need: exactly 200 {"success": true} once everything is stored, the key as Basic user name, in
the body or as Bearer token, and `code` with `message` at the top of every refusal, or they retry for hours.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from accounts.enums import ChangeSource, KeyScope
from accounts.merging import Origin
from accounts.models import ApiKey
from cs_platform.api.errors import refusal
from cs_platform.api.middleware import too_many
from cs_platform.api.segment_bodies import body_of
from cs_platform.api.throttling import event_throttle
from cs_platform.kernel.errors import DomainError, error_response, request_id
from cs_platform.kernel.tenancy import tenant_context
from health.usage import segment
from health.usage.segment_writing import take
from health.usage.wire import TooLarge, Unreadable

SENDERS = {KeyScope.EVENTS, KeyScope.WRITE, KeyScope.ADMIN}


def route(kind: str) -> Callable[[HttpRequest], HttpResponse]:
    """The view of one of Segment's calls; `batch` holds any of them. It opens its transaction only when the body is read
    and understood."""

    @csrf_exempt
    @transaction.non_atomic_requests
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
            return refusal(request, error)

    return view


def _receive(request: HttpRequest, kind: str) -> HttpResponse:
    body = body_of(request)
    key: ApiKey | None = getattr(request, "api_key", None)
    if key is None:
        sentence = _("This write key is not known, has expired or was revoked.")
        response = error_response(request, 401, "invalid_key", sentence)
        response["WWW-Authenticate"] = 'Basic realm="setia"'
        return response
    if SENDERS.isdisjoint(key.scopes):
        return error_response(request, 403, "forbidden", _("This API key does not have the scope that this needs."))
    messages = body.get("batch") if kind == "batch" else [{**body, "type": kind}]
    if not isinstance(messages, list):
        raise Unreadable(_("A batch holds a list of messages."))
    if len(messages) > segment.MAX_MESSAGES:
        raise TooLarge(_("A batch holds at most %(limit)s messages.") % {"limit": f"{segment.MAX_MESSAGES:,}"})
    if len(messages) > 1:  # the first one was paid for by the request
        rate = event_throttle().spend(key.id, len(messages) - 1)
        if not rate.allowed:
            return too_many(request, rate)
    origin = Origin(ChangeSource.API, None, key.name)
    try:
        with tenant_context(key.tenant_id, actor=key.name, request_id=request_id()):
            take(messages, sent_at=body.get("sentAt"), received_at=timezone.now(), key=key, origin=origin)
    except IntegrityError as error:  # two batches made the same account: a 4xx would lose one, so let it be sent again
        raise OperationalError(str(error)) from error
    return JsonResponse({"success": True})


@csrf_exempt
@transaction.non_atomic_requests
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
