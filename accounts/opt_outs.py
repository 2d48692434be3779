"""Addresses that want no mail from playbooks: said by the person, noted by a colleague, or because there is none such.

An address is written once for a company, in lower case, whatever account its person belongs to.
"""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.enums import OptOutHow
from accounts.models import MailOptOut, Member

NOTE = 200


def stopped(addresses: Iterable[str]) -> set[str]:
    """Those of these addresses, in lower case, that want no mail. One query."""
    wished = {address.lower() for address in addresses if address}
    return set(MailOptOut.objects.filter(address__in=wished).values_list("address", flat=True)) if wished else set()


def stop_mail(*, address: str, how: OptOutHow, note: str = "", by: Member | None) -> MailOptOut:
    """No more mail to this address; a second time changes nothing. DomainError names the field."""
    address = address.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise refused("address", _("Write an e-mail address.")) from None
    row, _made = MailOptOut.objects.get_or_create(
        address=address, defaults={"how": how, "note": _short("note", note), "by": by}
    )
    return row


@transaction.atomic
def take_back(*, opt_out: MailOptOut, reason: str, by: Member | None) -> None:
    """Mail may go to this address again. The reason, without which it is refused, stays in the audit trail."""
    if not (reason := _short("reason", reason)):
        raise refused("reason", _("Say who asked for it."))
    row = MailOptOut.objects.select_for_update().get(id=opt_out.id)
    row.note, row.by = reason, by
    row.save(update_fields=["note", "by"])
    row.delete()


def _short(field: str, given: str) -> str:
    text = " ".join(given.replace("\x00", "").split())
    if len(text) > NOTE:
        raise refused(field, _("At most %(limit)s characters fit here.") % {"limit": NOTE})
    return text
