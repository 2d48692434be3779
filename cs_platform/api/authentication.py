"""Who asks: an API key, as Bearer token or as Basic user name, and what its scopes allow (RELIABILITY 3.4).

This module is named in the REST framework's settings, so it may not import `rest_framework.views`.
"""

import binascii
from base64 import b64decode
from typing import Any, cast

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.enums import KeyScope
from accounts.models import ApiKey

# A wider scope includes the narrower ones; `events` stands beside them and reads nothing.
READERS = {KeyScope.READ, KeyScope.WRITE, KeyScope.ADMIN}
WRITERS = {KeyScope.WRITE, KeyScope.ADMIN}
DELETERS = {KeyScope.ADMIN}


def presented_secret(request: HttpRequest) -> str:
    """The key that the request shows, empty when it shows none. A key in the URL is never looked at."""
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip()
        case "basic":
            try:
                return b64decode(value.strip(), validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                return ""
    return ""


def key_of(request: Request) -> ApiKey | None:
    """The key of an API request; None before it has shown one."""
    return cast("ApiKey | None", request.auth)


class KeyAuthentication(BaseAuthentication):
    """Hands on the key that `ApiMiddleware` found before it opened the tenant: `request.auth` is the `ApiKey`."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        key: ApiKey | None = getattr(request._request, "api_key", None)
        if key is not None:
            return None, key
        if "Authorization" in request.headers:
            raise AuthenticationFailed(_("This API key is not known, has expired or was revoked."), code="invalid_key")
        return None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="setia"'


class HasScope(BasePermission):
    """Reading needs `read`, `write` or `admin`; writing `write` or `admin`; deleting `admin`."""

    message = _("This API key does not have the scope that this needs.")

    def has_permission(self, request: Request, view: Any) -> bool:
        key = key_of(request)
        if key is None:
            return False
        if request.method in ("GET", "HEAD", "OPTIONS"):
            needed = READERS
        elif request.method == "DELETE":
            needed = DELETERS
        else:
            needed = WRITERS
        return not needed.isdisjoint(key.scopes)
