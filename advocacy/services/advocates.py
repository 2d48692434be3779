"""People who speak for us: enrolled with consent, and leaving again (ADV-01, ADV-03)."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.merging.result import today
from accounts.models import Account, Contact, Member
from advocacy import guards, standings
from advocacy.enums import AdvocateState, Consent, Legal
from advocacy.models import Advocate
from advocacy.services.checks import KEPT, chosen, given, kept, locked, origin_of, past, seen, texts, within
from cs_platform.kernel.errors import DomainError

LIMITS = {"note": 500}
TERMS = ("consent", "consent_on", "consent_until", "legal", "note")


@transaction.atomic
def enrol(
    *,
    contact: Contact,
    consent: str,
    by: Member | None,
    consent_on: dt.date | None = None,
    consent_until: dt.date | None = None,
    legal: str = Legal.APPROVED,
    note: str = "",
    external_id: str = "",
    source: str = "",
    source_ref: UUID | None = None,
) -> Advocate:
    """Take a person into the program, with how far their consent goes and until when. Once for a person: whoever had left
    comes back, and whoever is in it is refused.

    A person enrols people of qualified accounts only (ADV-01): the refusal names what is missing. What a program says is a
    fact; the gate of asks holds for it all the same.
    """
    account = seen(contact.account, by)
    if by is not None:
        if contact.left_on is not None and contact.left_on <= today():
            raise refused("contact", _("%(name)s has left the customer.") % {"name": contact.name})
        _check_qualified(account)
    values = _checked(
        {
            "consent": consent,
            "consent_on": consent_on or today(),
            "consent_until": consent_until,
            "legal": legal,
            "note": note,
        }
    )
    # Locked, so that two who enrol the same person at once come one after the other.
    Contact.objects.select_for_update(no_key=True).get(id=contact.id)
    known = Advocate.objects.select_for_update().filter(contact=contact).first()
    if known is not None:
        if known.state == AdvocateState.ENROLLED:
            raise refused("contact", _("%(name)s is in the program already.") % {"name": contact.name})
        values |= {"state": AdvocateState.ENROLLED, "enrolled_on": today(), "enrolled_by": by, "left_on": None}
        return kept(known, values | {"legal_since": today()})
    return Advocate.objects.create(
        account=account,
        contact=contact,
        legal_since=today(),
        enrolled_on=today(),
        enrolled_by=by,
        **values,
        **origin_of(by, external_id, source, source_ref),
    )


@transaction.atomic
def change_consent(
    *,
    advocate: Advocate,
    version: int | None,
    by: Member | None,
    consent: str = KEPT,
    consent_on: dt.date = KEPT,
    consent_until: dt.date | None = KEPT,
    legal: str = KEPT,
    note: str = KEPT,
) -> Advocate:
    """Say anew how far the consent goes, until when, and what their legal says; what is not given stays."""
    row = locked(advocate, version)
    values = _checked(
        given(dict(zip(TERMS, (consent, consent_on, consent_until, legal, note), strict=True)), TERMS), row
    )
    if values.get("legal", row.legal) != row.legal:
        values["legal_since"] = today()
    return kept(row, values)


@transaction.atomic
def leave(*, advocate: Advocate, version: int | None, by: Member | None, on: dt.date | None = None) -> Advocate:
    """They speak for us no more. What they gave stays; twice is once."""
    row = locked(advocate, version)
    on = on or today()
    past("left_on", on)
    if row.state == AdvocateState.LEFT:
        return row
    return kept(row, {"state": AdvocateState.LEFT, "left_on": on})


def _check_qualified(account: Account) -> None:
    rows = standings.of_account(account, today())
    if rows and rows[0].qualified:
        return
    text = str(guards.refusal(rows[0]) if rows else guards.not_live())
    raise DomainError(
        _("Marginal accounts are not enrolled. %(reason)s") % {"reason": text},
        code="not_qualified",
        fields={"contact": text},
    )


def _checked(values: dict[str, Any], row: Advocate | None = None) -> dict[str, Any]:
    texts(values, LIMITS)
    if "consent" in values:
        chosen("consent", values["consent"], Consent)
    if "legal" in values:
        chosen("legal", values["legal"], Legal)
    past("consent_on", values.get("consent_on"))
    begins = values.get("consent_on") or (row.consent_on if row else None)
    until = values.get("consent_until")
    within("consent_until", until)
    if until is not None and begins is not None and until < begins:
        raise refused("consent_until", _("It ends after it was given."))
    return values
