"""Who asks, in which tenant and language: resolved once, before any view runs."""

from collections.abc import Callable
from typing import Any

import structlog
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.urls import resolve
from django.utils import timezone, translation

from accounts import selectors
from cs_platform.kernel.errors import not_found, request_id
from cs_platform.kernel.tenancy import tenant_context

GetResponse = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """The language of the signed-in person, else the cookie or the browser's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") if request.user.is_authenticated else ""
        language = chosen or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        return response


class TenantMiddleware:
    """Everything below /t/<slug>/ runs in one transaction of that tenant, for its members only.

    An unknown tenant and one of somebody else answer alike (404). A view without `@requires` is refused.
    A reply leaves after COMMIT; a reply of 500 and above rolls back.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/t/"):
            return self.get_response(request)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        member = selectors.membership(request.user, request.path.split("/")[2])
        if member is None:
            return not_found(request)
        request.member = member  # type: ignore[attr-defined]
        request.tenant = tenant = member.tenant  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(tenant=tenant.slug, member=str(member.id))
        with tenant_context(tenant.id, actor=member.name, request_id=request_id()), timezone.override(tenant.zone):
            response = self.get_response(request)
            if response.streaming:
                return HttpResponseServerError("A tenant page may not stream: its transaction would be over.")
            if response.status_code >= 500:
                transaction.set_rollback(True)
        response["Cache-Control"] = "no-store, private"
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Deny by default, and take the slug off the arguments: views find it on the request."""
        if request.path.startswith("/t/"):
            if not hasattr(resolve(request.path_info).func, "permission"):
                return not_found(request)
            kwargs.pop("tenant", None)
        return None
