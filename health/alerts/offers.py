"""What floors above offer to do about an alert, or do already: links on its page. They append in `ready()`."""

from collections.abc import Callable
from dataclasses import dataclass

from cs_platform.kernel.access import TenantRequest
from health.models import Alert


@dataclass(frozen=True)
class Offer:
    """A link with its words; `drawer` for what is done in the drawer."""

    text: str
    url: str
    drawer: bool = False


OFFERS: list[Callable[[TenantRequest, Alert], list[Offer]]] = []


def of_alert(request: TenantRequest, alert: Alert) -> list[Offer]:
    """All of them, in the order of the floors."""
    return [offer for found in OFFERS for offer in found(request, alert)]
