"""A POST that is sent again with its Idempotency-Key gets the first answer again, for 24 hours (API-01)."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.models import IdempotencyKey
from cs_platform.kernel.tenancy import current_tenant_id

KEPT_FOR = dt.timedelta(hours=24)
# What makes an answer the same again; the rest of its headers belong to the request at hand.
_HEADERS = ("ETag", "Location")


class KeyReused(DomainError):
    """The key stood on another request before (409)."""

    status = 409
    code = "idempotency_key_reused"


def idempotent(handler: Callable[..., Response]) -> Callable[..., HttpResponse]:
    """Give the answer that was given before to this Idempotency-Key, or do it and keep the answer.

    Requests with one key wait for each other. Only what was done is kept: a refusal changed nothing, and the request
    may be put right and sent again under the same key. KeyReused when the key stood on another request.
    """

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not key or len(key) > 255 or not key.isascii() or not key.isprintable():
            raise ValidationError({"Idempotency-Key": [_("A key has 1 to 255 printable ASCII characters.")]})
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [current_tenant_id(), key])
        _forget_old()
        digest = _digest(request)
        kept = IdempotencyKey.objects.filter(key=key).first()
        if kept is not None:
            if (kept.route, kept.digest) != (request.path, digest):
                raise KeyReused(_("This Idempotency-Key stood on another request."))
            return _again(kept)
        response = handler(view, request, *args, **kwargs)
        kept = IdempotencyKey.objects.create(
            key=key, route=request.path, digest=digest, status=response.status_code, body=_pack(response)
        )
        return response

    return once


def _digest(request: Request) -> str:
    """Of what the body says, not of how it is spaced."""
    return hashlib.sha256(json.dumps(request.data, sort_keys=True, default=str).encode()).hexdigest()


def _pack(response: Response) -> str:
    headers = {name: response[name] for name in _HEADERS if name in response}
    return json.dumps({"headers": headers, "body": JSONRenderer().render(response.data).decode()})


def _again(kept: IdempotencyKey) -> HttpResponse:
    packed = json.loads(kept.body)
    headers = packed["headers"] | {"Idempotent-Replayed": "true"}
    return HttpResponse(packed["body"], status=kept.status, content_type="application/json", headers=headers)


def _forget_old() -> None:
    """Remove the tenant's answers that are past their time; ids are ordered by time, so the key's own index serves."""
    horizon = timezone.now() - KEPT_FOR
    oldest = UUID(int=int(horizon.timestamp() * 1000) << 80)
    IdempotencyKey.objects.filter(id__lt=oldest).delete()
