"""Secrets and signatures of webhooks: `Setia-Signature: t=SECONDS,v1=HEX[,v1=HEX]` (RELIABILITY 3.4).

A secret is never stored. It follows from the product's own key, the company, the endpoint and its generation, so whoever
has a copy of the database cannot sign; it is shown once, when it is made. For a day after it was rotated the one before
signs as well, so that a receiver can change over in peace.
"""

import datetime as dt
import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable

from django.utils.crypto import salted_hmac

from accounts.models import WebhookEndpoint

HEADER = "Setia-Signature"
TOLERANCE = 300  # seconds that the moment of a signature may lie before or after the receiver's own
OVERLAP = dt.timedelta(hours=24)


def secret_of(endpoint: WebhookEndpoint, generation: int | None = None) -> str:
    """The secret of an endpoint: `whsec_` and 43 characters of 256 bits. The same as long as the product's key is."""
    number = endpoint.generation if generation is None else generation
    value = f"{endpoint.tenant_id}:{endpoint.id}:{number}"
    digest = salted_hmac("accounts.webhooks", value, algorithm="sha256").digest()
    return "whsec_" + urlsafe_b64encode(digest).decode().rstrip("=")


def secrets_of(endpoint: WebhookEndpoint, now: dt.datetime) -> list[str]:
    """What signs at `now`: the latest secret, and for a day after it was made the one before."""
    found = [secret_of(endpoint)]
    if endpoint.rotated_at is not None and now - endpoint.rotated_at < OVERLAP:
        found.append(secret_of(endpoint, endpoint.generation - 1))
    return found


def _v1(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def sign(secrets: Iterable[str], at: int, body: bytes) -> str:
    """The header's value for a body that is sent at `at` (Unix seconds), one `v1` for each secret."""
    return ",".join([f"t={at}", *(f"v1={_v1(secret, at, body)}" for secret in secrets)])


def verify(header: str, body: bytes, secret: str, now: int) -> bool:
    """Whether the body was signed with `secret`, at most TOLERANCE seconds from `now`. What a receiver does, in Python.

    Example: `verify(request.headers["Setia-Signature"], request.body, SECRET, int(time.time()))`.
    """
    at, signatures = "", []
    for part in header.split(","):
        name, _equals, value = part.strip().partition("=")
        if name == "t":
            at = value
        elif name == "v1":
            signatures.append(value)
    if not at.isascii() or not at.isdecimal() or len(at) > 12 or abs(now - int(at)) > TOLERANCE:
        return False
    wanted = _v1(secret, int(at), body).encode()
    matches = [hmac.compare_digest(wanted, each.encode()) for each in signatures]
    return any(matches)
