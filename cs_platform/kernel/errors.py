"""One error type for what a person may do wrong, and how it is answered: page, fragment or JSON envelope.

A refusal of the business raises `DomainError` (422) or one of its children anywhere below the views; the middleware
(pages) and the API's exception handler turn it into one answer each.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from structlog.contextvars import get_contextvars


class DomainError(Exception):
    """Something that the product refuses, with a sentence for people, a code for programs and the fields it is about."""

    status = 422
    code = "refused"

    def __init__(self, message: str, *, code: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.fields = dict(fields or {})


class Conflict(DomainError):
    """The row was changed by somebody else in the meantime (409)."""

    status = 409
    code = "stale"


class NotAllowed(DomainError):
    """The member may see this but not do it (403)."""

    status = 403
    code = "forbidden"


def request_id() -> str:
    """The id of the running request or task, empty outside of one."""
    return str(get_contextvars().get("request_id", ""))


def envelope(code: str, message: str, fields: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The one error body of every JSON answer (CONTRACTS 2); code and message stand at the top for Segment's SDKs."""
    error = {"code": code, "message": message, "fields": dict(fields or {}), "request_id": request_id()}
    return {"error": error, "code": code, "message": message}


def wants_json(request: HttpRequest) -> bool:
    """Whether the answer goes to a program."""
    return request.path.startswith(("/api/", "/v1/")) and not request.path.startswith("/api/docs")


def error_response(request: HttpRequest, status: int, code: str, message: str, fields: Any = None) -> HttpResponse:
    """The designed answer for `status`: JSON envelope, HTMX fragment or page."""
    if wants_json(request):
        return JsonResponse(envelope(code, message, fields), status=status)
    name = "csrf" if code == "csrf" else status if status in {403, 404, 409, 422, 500} else 422
    template = f"errors/{name}.html"
    context = {"message": message, "code": code, "fields": fields or {}, "request_id": request_id()}
    return render(request, template, context, status=status)


class ErrorMiddleware:
    """Turns what views raise into answers. Whatever was written is rolled back: the exception has left the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DomainError):
            return error_response(request, error.status, error.code, error.message, error.fields)
        if isinstance(error, Http404):
            return not_found(request, error)
        if isinstance(error, PermissionDenied):
            return forbidden(request, error)
        if isinstance(error, OperationalError | InterfaceError) and wants_json(request):
            response = JsonResponse(
                envelope("unavailable", _("The database cannot be reached. Try again.")), status=503
            )
            response["Retry-After"] = "5"
            return response
        return None


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler404: a foreign and an unknown object answer alike, so the reason is never shown."""
    return error_response(request, 404, "not_found", _("There is nothing here that you may see."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler403."""
    return error_response(request, 403, "forbidden", _("Your role does not include this."))


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500."""
    return error_response(request, 500, "error", _("Something went wrong on our side. Nothing was saved."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: the form was open too long or sign-in changed meanwhile."""
    return error_response(request, 403, "csrf", _("This form has expired. Reload the page and send it again."))
