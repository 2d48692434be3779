"""Bodies of events: their form and size are judged before they are read whole (RELIABILITY 3.1, 3.2)."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from cs_platform.kernel.errors import DomainError
from health.usage import wire


class WrongForm(DomainError):
    """The body comes in a form that is not read (415)."""

    status = 415
    code = "unsupported_media_type"


def read_body(
    request: HttpRequest, *, forms: tuple[str, ...] = ("application/json",), limit: int = wire.MAX_WIRE
) -> bytes:
    """The unpacked body, at most `limit` bytes on the wire and 5 MB unpacked."""
    if request.content_type not in forms:
        raise WrongForm(_("Send %(form)s.") % {"form": forms[0]})
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise WrongForm(_("Send it as it is, or packed with gzip."))
    too_large = wire.TooLarge(_("The body is larger than %(limit)s kB.") % {"limit": limit // 1024})
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length[:20]) > limit:
        raise too_large
    # A body sent in chunks has no length; the server knows its end (Django would read nothing of it).
    chunked = "Transfer-Encoding" in request.headers and request.META.get("wsgi.input_terminated")
    stream = request.META["wsgi.input"] if chunked else request
    try:
        body = stream.read(limit + 1)
    except OSError as error:
        raise wire.Unreadable(_("The body ended early.")) from error
    if len(body) > limit:
        raise too_large
    return wire.inflate(body, encoding)
