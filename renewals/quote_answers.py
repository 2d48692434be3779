"""What a customer says to a quote, by its link and without an account: yes, or no with the reason (REN-07).

A yes is kept with who said it, when and from where, and the renewal is agreed. It writes no contract: a task asks the CSM to
close it, with the quote's figures filled in.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.customers import refused
from accounts.merging.result import today
from cs_platform.kernel.edits import put
from cs_platform.kernel.errors import Conflict
from journey.enums import Urgency, Why, WorkType
from journey.work.services import add_task
from renewals.enums import Intent, Phase, QuoteState, RenewalState, Review
from renewals.lifecycle import REVIEWS
from renewals.models import Objection, Quote, Renewal
from renewals.quotes import locked, locked_quote
from renewals.reminders import QUOTE
from renewals.telling import tell_quote_accepted

NAME, REASON = 120, 500
DAYS = 2  # in which somebody closes what was agreed, or asks why not


def may_answer(quote: Quote) -> bool:
    """Whether a yes or a no still counts. `quote` comes with its renewal."""
    renewal = quote.renewal
    stands = renewal.state == RenewalState.OPEN and renewal.due_on == quote.starts_on
    return quote.state == QuoteState.SENT and stands and quote.valid_until >= today()


@transaction.atomic
def accept_quote(*, quote: Quote, name: str, address: str | None) -> Quote:
    """They agree, once: a second yes leaves the first one. Conflict when it can be accepted no longer."""
    renewal, row = _open(quote)
    if row.state == QuoteState.ACCEPTED:
        return row
    row = _decided(renewal, row, QuoteState.ACCEPTED, name, address)
    changes: dict[str, Any] = {"intent": Intent.RENEW}
    # What legal or procurement have not agreed to yet is not ready to be signed, whoever says yes.
    if all(getattr(renewal, review) in (Review.NONE, Review.DONE) for review in REVIEWS):
        changes |= {"phase": Phase.SIGNING, "phase_since": today()} if renewal.phase != Phase.SIGNING else {}
    put(renewal, **changes)
    _ask(renewal, row, accepted=True)
    tell_quote_accepted(renewal, row)
    return row


@transaction.atomic
def decline_quote(*, quote: Quote, name: str, reason: str, address: str | None) -> Quote:
    """They do not agree, and why: it stands among the objections too. Once; Conflict when it cannot be answered any more."""
    renewal, row = _open(quote)
    if row.state == QuoteState.DECLINED:
        return row
    reason = " ".join(reason.replace("\x00", "").split())
    if not reason:
        raise refused("reason", _("Say why not, in a few words."))
    if len(reason) > REASON:
        raise refused("reason", _("At most %(limit)s characters fit here.") % {"limit": REASON})
    row = _decided(renewal, row, QuoteState.DECLINED, name, address)
    row = put(row, reason=reason)
    Objection.objects.create(renewal=renewal, text=reason, contact=row.contact, raised_on=today())
    put(renewal, updated_at=timezone.now())
    _ask(renewal, row, accepted=False)
    return row


def _open(quote: Quote) -> tuple[Renewal, Quote]:
    renewal = locked(quote.renewal_id, only_open=False)
    row = locked_quote(quote.id)
    row.renewal = renewal
    if row.state not in (QuoteState.ACCEPTED, QuoteState.DECLINED) and not may_answer(row):
        raise Conflict(_("This quote cannot be answered any more."), code="settled")
    return renewal, row


def _decided(renewal: Renewal, row: Quote, state: str, name: str, address: str | None) -> Quote:
    if row.state != QuoteState.SENT:
        raise Conflict(_("This quote cannot be answered any more."), code="settled")
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise refused("signed_as", _("Write your name."))
    if len(name) > NAME:
        raise refused("signed_as", _("At most %(limit)s characters fit here.") % {"limit": NAME})
    return put(row, state=state, decided_at=timezone.now(), decided_by=name, decided_from=address)


def _ask(renewal: Renewal, row: Quote, *, accepted: bool) -> None:
    """A task of the account's owner, once for a quote."""
    account = renewal.account
    owner = account.owner
    with override((owner.user.language if owner else "") or settings.LANGUAGE_CODE):
        words = {"name": account.name, "number": row.label}
        title = _("Close the renewal of %(name)s: they accepted %(number)s")
        if not accepted:
            title = _("Talk with %(name)s: they declined %(number)s")
        title = title % words
    add_task(
        title=title[:200],
        note=row.reason,
        due_on=today() + dt.timedelta(days=DAYS),
        by=None,
        account=account,
        work=WorkType.RENEWAL,
        why=Why.RENEWAL,
        urgency=Urgency.HIGH,
        external_id=f"{QUOTE}{row.id}",
        source_ref=renewal.id,
    )
