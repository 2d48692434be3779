"""E-mails: one way to write them. Each has two templates, `email/<name>.txt` and the same in HTML."""

from collections.abc import Mapping
from email.utils import formataddr
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


def write_mail(name: str, subject: str, context: Mapping[str, Any], **fields: Any) -> EmailMultiAlternatives:
    """The e-mail in the language and the time zone that are open, not sent yet; `fields` are those of the message (`to`, …).

    Names of companies and people stand in subjects: a line break in one would end the header, so it becomes a blank.
    """
    message = EmailMultiAlternatives(
        " ".join(subject.split()), render_to_string(f"email/{name}.txt", dict(context)), **fields
    )
    message.attach_alternative(render_to_string(f"email/{name}.html", dict(context)), "text/html")
    return message


def addressed(name: str, address: str) -> str:
    """An address with the name of who reads there, as headers write it; without one, the bare address."""
    said = " ".join(name.split())
    return formataddr((said, address)) if said else address


def unsubscribed_at(url: str) -> dict[str, str]:
    """The headers by which mail programs offer to stop such mails with one click (RFC 8058); none without an address."""
    if not url:
        return {}
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
