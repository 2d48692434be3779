"""Bodies as Segment's libraries send them, and the key that some of them carry inside (INTEGRATIONS)."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from cs_platform.api.bodies import read_body
from cs_platform.kernel.errors import DomainError
from health.usage.wire import Unreadable

PREFIX = "/v1/"
# The browser's library asks first whether it may send from another site; it sends no cookies.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Retry-Count",
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "86400",
}


def body_of(request: HttpRequest) -> Mapping[str, Any]:
    """The object that was sent, whatever its content type says: browsers send text/plain to be asked less often.

    Read once; what is wrong with it is raised as often as it is asked for.
    """
    found = getattr(request, "_segment_body", None)
    if found is None:
        try:
            found = _read(request)
        except DomainError as error:
            found = error
        request._segment_body = found  # type: ignore[attr-defined]
    if isinstance(found, DomainError):
        raise found
    return dict(found)


def _read(request: HttpRequest) -> Mapping[str, Any]:
    raw = read_body(request, forms=(request.content_type or "",))
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
