"""Quotes on their way: what speaks against sending one, the mail, and the link that it carries (REN-07).

A worker locks renewal and quote, writes that it went and hands the mail over in one transaction: two workers send one, and what
the server does not take is tried again by the work list.
"""

import datetime as dt
from collections.abc import Mapping
from email.utils import parseaddr
from math import ceil
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import opt_outs
from accounts.enums import Status
from accounts.merging.result import today
from accounts.models import Contact, Member, Tenant
from cs_platform.kernel import queue
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.mail import addressed, unsubscribed_at, write_mail
from cs_platform.kernel.models import Work
from cs_platform.kernel.money import money_text
from journey.playbooks.jobs import alive
from renewals import flows, services
from renewals.enums import Phase, QuoteState, RenewalState, Review, Step, Unsent
from renewals.models import Flow, Quote, Renewal
from renewals.quotes import locked, locked_quote
from renewals.steps import finish_all

WORK = "send_quote"
SALT = "renewals.quote"
LINK_DAYS = 30  # that a link tells what became of a quote which is valid no longer
TO_APPROVE = (Review.ASKED, Review.RUNNING, Review.REFUSED)
BEFORE = (Phase.PREPARING, Phase.TALKING)  # a quote that goes is a proposal; later phases stay
DONE = (Step.QUOTE, Step.PROPOSAL)


@transaction.atomic
def send_quote(*, quote: Quote, version: int | None, by: Member | None) -> Quote:
    """Send a draft now, in whose name the account is looked after. DomainError says what speaks against it."""
    renewal = locked(quote.renewal_id)
    row = locked_quote(quote.id)
    check_seen(row, version)
    if row.state != QuoteState.DRAFT:
        words = {"number": row.label, "state": row.get_state_display()}
        raise DomainError(_("Quote %(number)s: “%(state)s”.") % words, code="settled")
    row.automatic = False
    if why := against(row, renewal, {}):
        raise DomainError(str(Unsent(why).label), code=why)
    row = put(row, automatic=False, goes_at=timezone.now(), problem="")
    wish(row.id, timezone.now(), timezone.now())
    return row


def wish(key: UUID, goes_at: dt.datetime, now: dt.datetime) -> None:
    """Put the sending of a quote on the work list, for when it goes."""
    queue.enqueue(WORK, str(key), delay=max(0, ceil((goes_at - now).total_seconds())))


def against(quote: Quote, renewal: Renewal, own: Mapping[UUID, Flow]) -> str:
    """What speaks against sending this quote now; "" when nothing does. `own` are the company's flows, asked for what goes by itself."""
    account, person = renewal.account, quote.contact
    if renewal.state != RenewalState.OPEN or renewal.due_on != quote.starts_on:
        return Unsent.OVER
    if account.status == Status.CHURNED or account.merged_into_id:
        return Unsent.OVER
    if quote.valid_until < today():
        return Unsent.INVALID
    if renewal.approval in TO_APPROVE:
        return Unsent.APPROVAL
    lower = renewal.offered_minor is not None and quote.year_minor < renewal.offered_minor
    if lower and renewal.approval == Review.DONE:
        return Unsent.APPROVAL
    if quote.automatic and not (alive() and flows.flow_of(account.segment, own).quotes):
        return Unsent.OFF
    return unreachable(person)


def unreachable(person: Contact | None) -> str:
    """Why no mail goes to this person; "" when one may."""
    if person is None:
        return Unsent.NO_ADDRESS
    if not person.email or (person.left_on and person.left_on <= today()):
        return Unsent.GONE
    return Unsent.OPTED_OUT if opt_outs.stopped([person.email]) else ""


def hand_over(work: Work) -> bool:
    """Work handler: send a quote that waits, unless something speaks against it by now."""
    waits = Quote.objects.filter(id=work.key, state=QuoteState.DRAFT).exclude(goes_at=None).first()
    if waits is None:
        return False
    renewal = locked(waits.renewal_id, only_open=False)
    row = locked_quote(waits.id)
    if row.state != QuoteState.DRAFT or row.goes_at is None:
        return False
    now = timezone.now()
    if row.goes_at > now:  # a clock that runs ahead woke us
        wish(row.id, row.goes_at, now)
        return False
    own = flows.own_flows() if row.automatic else {}
    if why := against(row, renewal, own):
        put(row, goes_at=None, problem=why)
        return False
    assert row.contact is not None  # else something speaks against it
    for other in Quote.objects.filter(renewal=renewal, state=QuoteState.SENT):
        put(other, state=QuoteState.SUPERSEDED)
    language = row.contact.language if row.contact.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    row = put(
        row, state=QuoteState.SENT, sent_at=now, goes_at=None, problem="", address=row.contact.email, language=language
    )
    _follow(renewal, row)
    tenant = Tenant.current()
    with translation.override(language), timezone.override(tenant.zone):
        message = _mail(row, renewal, tenant)
    message.send()
    return False


def failed(work: Work, message: str, final: bool) -> None:
    """Work handler's word: after the last attempt the quote says that it did not go."""
    row = Quote.objects.select_for_update().filter(id=work.key, state=QuoteState.DRAFT).first() if final else None
    if row is not None:
        put(row, goes_at=None, problem=Unsent.FAILED)


def _follow(renewal: Renewal, quote: Quote) -> None:
    """What is offered stands on the renewal, and the proposal is made; nobody has spoken with them by that."""
    offered: dict[str, Any] = {name: getattr(quote, name) for name in ("uplift", "term_months", "prepaid")}
    renewal = services.set_terms(
        renewal=renewal, values=offered | {"offered_minor": quote.year_minor}, version=None, by=None
    )
    if renewal.phase in BEFORE:
        renewal = put(renewal, phase=Phase.PROPOSED, phase_since=today())
    finish_all(renewal, DONE, None)


def _mail(row: Quote, renewal: Renewal, tenant: Tenant) -> EmailMultiAlternatives:
    owner, person = renewal.account.owner, row.contact
    assert person is not None
    token = token_of(row)
    stop = settings.BASE_URL + reverse("quote_stop", args=[tenant.slug, token])
    context = {
        "company": tenant.name,
        "person": person.name,
        "customer": renewal.account.name,
        "number": row.label,
        "total": money_text(row.total_minor, row.currency),
        "starts_on": row.starts_on,
        "valid_until": row.valid_until,
        "url": settings.BASE_URL + reverse("quote_link", args=[tenant.slug, token]),
        "stop_url": stop,
    }
    sender = addressed(owner.name if owner else tenant.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    return write_mail(
        "quote",
        _("%(company)s: quote %(number)s for your renewal") % {"company": tenant.name, "number": row.label},
        context,
        from_email=sender,
        reply_to=[addressed(owner.name, owner.user.email)] if owner else None,
        to=[addressed(person.name, row.address)],
        headers=unsubscribed_at(stop),
    )


def token_of(row: Quote) -> str:
    return signing.Signer(salt=SALT).sign_object(row.id.hex)


def by_token(token: str) -> Quote | None:
    """The quote of a link, in the open tenant; None alike for what was never signed or sent, has run out, and for another
    company's."""
    try:
        key = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    rows = Quote.objects.filter(id=key, valid_until__gte=today() - dt.timedelta(days=LINK_DAYS)).exclude(sent_at=None)
    return rows.select_related("renewal__account__owner").prefetch_related("lines").first()
