"""The frame of every API request: key, rate, tenant and transaction, before any view runs.

Views that take events (`OWN_TRANSACTION`) are counted by their events and open their tenant themselves, after the body
was read and checked: nobody who sends slowly holds a transaction open.
"""

import datetime as dt
from collections.abc import Callable

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey
from accounts.selectors import live_key
from cs_platform.api import segment_bodies as segment
from cs_platform.api.authentication import presented_secret
from cs_platform.api.throttling import Rate, event_throttle, throttle
from cs_platform.kernel.errors import error_response, request_id
from cs_platform.kernel.tenancy import tenant_context

# Written at most this often, or each request of a key would wait for the one before it.
LAST_USED_EVERY = dt.timedelta(minutes=5)
OWN_TRANSACTION = {"/api/v1/events"}


class ApiMiddleware:
    """Runs what lies below /api/v1/ in one transaction of the key's tenant; the answer leaves after COMMIT. Segment's
    routes below /v1/ take events as well.

    Without a live key the view runs without a tenant, and its authentication refuses (the schema needs none). An
    answer of 500 and above is rolled back, and so is one that the database refuses at COMMIT.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        of_segment = request.path.startswith(segment.PREFIX)
        if not of_segment and not request.path.startswith("/api/v1/"):
            return self.get_response(request)
        try:
            response = self._answer(request)
        except (OperationalError, InterfaceError):
            message = _("The database cannot be reached. Try again.")
            response = error_response(request, 503, "unavailable", message)
            response["Retry-After"] = "5"
        except IntegrityError:
            message = _("Something that this refers to was changed at the same time. Try again.")
            response = error_response(request, 409, "conflict", message)
        response.setdefault("Cache-Control", "no-store")
        if of_segment:
            for name, value in segment.CORS.items():
                response[name] = value
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        secret = presented_secret(request)
        if not secret and request.path.startswith(segment.PREFIX):
            secret = segment.write_key(request)
        key = live_key(secret) if secret else None
        if key is None:
            return self.get_response(request)
        request.api_key = key  # type: ignore[attr-defined]
        request.tenant = key.tenant  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(tenant=key.tenant.slug, api_key=key.prefix)
        own = request.path in OWN_TRANSACTION or request.path.startswith(segment.PREFIX)
        rate = (event_throttle() if own else throttle()).spend(key.id)
        if not rate.allowed:
            return too_many(request, rate)
        if own:
            note_use(key)
            response = self.get_response(request)
        else:
            response = self._in_tenant(request, key)
        for name, value in rate.headers.items():
            response.setdefault(name, value)
        return response

    def _in_tenant(self, request: HttpRequest, key: ApiKey) -> HttpResponse:
        note_use(key)
        with tenant_context(key.tenant_id, actor=key.name, request_id=request_id()):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response


def too_many(request: HttpRequest, rate: Rate) -> HttpResponse:
    """The answer to a key whose bucket does not hold what it asks for: 429 with the seconds to wait."""
    response = error_response(request, 429, "too_many_requests", _("Too much was sent with this key."))
    for name, value in rate.headers.items():
        response[name] = value
    return response


def note_use(key: ApiKey) -> None:
    """Keep when the key was last used, in a transaction of its own: nothing waits for the request's."""
    stale = timezone.now() - LAST_USED_EVERY
    if key.last_used_at is None or key.last_used_at < stale:
        with tenant_context(key.tenant_id):
            rows = ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), id=key.id)
            rows.update(last_used_at=timezone.now())
