"""Contacts by external id (ACC-04)."""

from collections.abc import Sequence

from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.merging.result import MergeResult, Origin, last_of_each, quiet_inserts
from accounts.models import Account, Contact
from accounts.rows import Row

FIELDS = ("name", "email", "phone", "title", "role", "engagement", "language", "last_contact_on", "left_on")


def merge_contacts(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or update contacts. Refused: an account that does not exist."""
    result = MergeResult()
    rows, repeated = last_of_each(rows, "contact")
    accounts = dict(
        Account.objects.filter(external_id__in={r.values["account"] for r in rows}).values_list("external_id", "id")
    )
    known = {
        contact.external_id: contact
        for contact in Contact.objects.filter(external_id__in={r.values["contact"] for r in rows}).select_for_update()
    }
    created: list[Contact] = []
    for row in rows:
        values = row.values
        account_id = accounts.get(values["account"])
        if account_id is None:
            result.reject(row, "account", values["account"], "unknown_account", _("There is no account with this id."))
            continue
        given = {name: values[name] for name in FIELDS if name in row.given}
        contact = known.get(values["contact"])
        if contact is None:
            contact = Contact(external_id=values["contact"], account_id=account_id, attributes=dict(row.extra), **given)
            created.append(contact)
            result.outcomes[row.number] = "created"
        elif _differs(contact, given | {"account_id": account_id}, row.extra):
            changed = given | {"account_id": account_id, "attributes": contact.attributes | dict(row.extra)}
            Contact.objects.filter(id=contact.id).update(**changed, version=F("version") + 1, updated_at=Now())
            result.updated += 1
            result.outcomes[row.number] = "updated"
        else:
            result.unchanged += 1
            result.outcomes[row.number] = "unchanged"
        result.ids[row.number] = contact.id
    quiet_inserts(len(created))
    Contact.objects.bulk_create(created, batch_size=2000)
    result.created = len(created)
    result.updated += repeated
    return result


def _differs(contact: Contact, wanted: dict[str, object], extra: object) -> bool:
    attributes = contact.attributes | dict(extra)  # type: ignore[call-overload]
    return attributes != contact.attributes or any(getattr(contact, name) != value for name, value in wanted.items())
