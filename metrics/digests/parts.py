"""What every digest is made of: its content before it is addressed, links, a plain tile."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import Tenant

SHORT = 6  # lines of a section


@dataclass
class Content:
    """One e-mail before it is addressed. `figures` is what is remembered of it, to say later what changed."""

    subject: str
    heading: str
    lines: list[str]
    tiles: list[dict[str, Any]]
    action: tuple[str, str]  # what the button says, where it leads
    why: str
    sections: list[dict[str, Any]] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)
    attachment: tuple[str, bytes] | None = None


def url_of(name: str, tenant: Tenant, *args: Any) -> str:
    return settings.BASE_URL + reverse(name, args=[tenant.slug, *args])


def plain_tile(label: str, value: str, foot: str) -> dict[str, Any]:
    return {"label": label, "value": value, "change": "", "arrow": "", "good": None, "foot": foot, "plan": ""}
