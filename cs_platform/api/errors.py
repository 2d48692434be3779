"""Every refusal of the API in the one envelope of CONTRACTS 2."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.views import set_rollback

from cs_platform.kernel.errors import Conflict, DomainError, envelope, error_response, forbidden, not_found


class Exists(DomainError):
    """A row with this key is there already (409)."""

    status = 409
    code = "exists"


class Stale(Conflict):
    """The row has another version than the request was made for (409); `current` is the row as it stands."""

    def __init__(self, sent: int, version: int, current: Mapping[str, Any]) -> None:
        message = _("This row was changed in the meantime: it is at version %(version)s, not %(sent)s.")
        super().__init__(message % {"version": version, "sent": sent})
        self.versions = {"version": {"current": version, "sent": sent}}
        self.current = current


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """The REST framework's EXCEPTION_HANDLER. None for what is no refusal but a fault: that becomes a 500.

    400 unreadable, 422 readable but not acceptable (`fields` says where), 404 alike for foreign and unknown.
    """
    request: HttpRequest = context["request"]._request
    set_rollback()
    match error:
        case Stale():
            body = envelope(error.code, error.message, error.versions) | {"current": error.current}
            return JsonResponse(body, status=error.status)
        case DomainError():
            return refusal(request, error)
        case exceptions.ValidationError():
            fields = dict(_flatten(error.detail))
            return error_response(request, 422, "invalid", _("Some fields cannot be accepted."), fields)
        case Http404() | exceptions.NotFound():
            return not_found(request)
        case PermissionDenied():
            return forbidden(request)
        case RequestDataTooBig():
            return error_response(request, 413, "too_large", _("The body is too large."))
        case IntegrityError():
            message = _("Something that this refers to was changed at the same time. Try again.")
            return error_response(request, 409, "conflict", message)
        case exceptions.APIException():
            code = _CODES.get(type(error)) or str(error.get_codes())
            response = error_response(request, error.status_code, code, str(error.detail))
            if header := getattr(error, "auth_header", None):
                response["WWW-Authenticate"] = header
            return response
    return None


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer to what the product refuses."""
    response = error_response(request, error.status, error.code, error.message, error.fields)
    if error.status == 413:  # the rest of the body is still on its way, and nobody will read it
        response["Connection"] = "close"
    return response


_CODES: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "unreadable",
    exceptions.NotAuthenticated: "unauthenticated",
    exceptions.PermissionDenied: "forbidden",
}


def _flatten(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Pairs of field path and sentence. Example: {"items": [{}, {"name": ["x"]}]} gives items.1.name: x."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _flatten(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list) and all(isinstance(inner, str) for inner in detail):
        yield path, " ".join(detail)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from _flatten(inner, f"{path}.{index}" if path else str(index))
    else:
        yield path, str(detail)
