"""Letters on their way: handed to the mail server once, changed, sent sooner, cancelled, tried by whoever wrote them.

A worker locks a letter, writes that it was sent and hands it over in one transaction: two workers send one, and a refused
letter is tried again for some hours. Only when a worker dies between the mail server's yes and its own commit does the next
one send it once more, under the same Message-ID, by which mail programs show one.
"""

import re
import smtplib
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import opt_outs
from accounts.absences import standing_in
from accounts.customers import refused
from accounts.enums import OptOutHow, Status
from accounts.models import Account, Contact, Member, Tenant
from cs_platform.kernel import audit, queue
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.mail import addressed, unsubscribed_at, write_mail
from cs_platform.kernel.models import Work
from journey.enums import LetterState, PlayState
from journey.models import Letter
from journey.playbooks import jobs, letters
from journey.playbooks.letters import Text, text_of
from journey.playbooks.mail import LeftOut, Mail
from journey.playbooks.services import follow

SALT = "journey.letter"
SUBJECT, REASON = 200, 300
PAUSES = (5, 30, 120, 480)  # minutes after each refusal that may pass
_UNKNOWN_ADDRESS = re.compile(r"\b5\.1\.1\b")


def send_letter(work: Work) -> bool:
    """Work handler: send a letter that waits, unless something speaks against it by now."""
    letter = _locked(work.key)
    if letter is None or letter.state != LetterState.WAITING:
        return False
    if letter.goes_at > timezone.now():  # a clock that runs ahead woke us
        letters.wish(letter, timezone.now())
        return False
    with audit.derived():
        if why := against(letter):
            state = LetterState.CANCELLED if why == LeftOut.RULES_OFF else LetterState.LEFT_OUT
            _settle(letter, state, reason=why)
            return False
        contact = letter.contact
        assert contact is not None  # else something speaks against it
        letter.address = contact.email
        try:
            with transaction.atomic():
                _settle(letter, LetterState.SENT, reason="", sent_at=timezone.now(), address=letter.address)
                message(letter, name=contact.name).send()
        except (smtplib.SMTPException, OSError) as error:
            _not_taken(letter, error)
    return False


def _locked(key: Any) -> Letter | None:
    rows = Letter.objects.select_for_update(of=("self",)).filter(id=key)
    return rows.select_related("play", "account", "contact", "sender__user").first()


def against(letter: Letter) -> str:
    """What speaks against sending a letter now: what it was asked when it was written may have changed since."""
    contact, account, now = letter.contact, letter.account, timezone.now()
    if not jobs.alive():
        return LeftOut.RULES_OFF
    if account.status == Status.CHURNED or account.merged_into_id:
        return LeftOut.NO_CUSTOMER
    if contact is None or not contact.email or (contact.left_on and contact.left_on <= Tenant.current().today()):
        return LeftOut.GONE
    if opt_outs.stopped([contact.email]):
        return LeftOut.OPTED_OUT
    return LeftOut.LATELY if letters.lately([contact.id], now, beside=letter.id) else ""


def _settle(letter: Letter, state: LetterState, **changes: Any) -> None:
    """What became of a letter, and of its play."""
    put(letter, state=state, **changes)
    follow(letter.play_id)


def _not_taken(letter: Letter, error: Exception) -> None:
    """The mail server refused it: for good, or for now, and then it is tried again after a pause."""
    letter.refresh_from_db()
    codes = [code for code, _text in error.recipients.values()] if hasattr(error, "recipients") else []
    words = str(error)[:REASON]
    for_good = bool(codes) and all(code >= 500 for code in codes)
    if for_good and _UNKNOWN_ADDRESS.search(words):
        opt_outs.stop_mail(address=letter.address, how=OptOutHow.BOUNCE, note=words[: opt_outs.NOTE], by=None)
    if for_good or letter.attempts >= len(PAUSES):
        _settle(letter, LetterState.FAILED, reason=words, attempts=letter.attempts + 1)
        return
    queue.enqueue(letters.WORK, str(letter.id), delay=PAUSES[letter.attempts] * 60)
    put(letter, attempts=letter.attempts + 1, reason=words)


def failed(work: Work, message: str, final: bool) -> None:
    """Work handler's word: an error of ours stopped the sending; after the last attempt the letter says so."""
    letter = _locked(work.key) if final else None
    if letter is not None and letter.state == LetterState.WAITING:
        _settle(letter, LetterState.FAILED, reason=message[:REASON])


def message(letter: Letter, *, name: str) -> EmailMultiAlternatives:
    """The e-mail of a letter: from the CSM through the product's address, answers to the CSM."""
    tenant = Tenant.current()
    stop = settings.BASE_URL + reverse("mail_stop", args=[tenant.slug, token_of(letter)])
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    found = _email(tenant, letter.sender, letter.language, letter.subject, letter.body, stop)
    found.to = [addressed(name, letter.address)]
    found.extra_headers |= {
        "Message-ID": f"<letter.{letter.id}@{host}>",
        **unsubscribed_at(stop),
    }
    return found


def _email(
    tenant: Tenant, sender: Member | None, language: str, subject: str, body: str, stop: str
) -> EmailMultiAlternatives:
    name = sender.name if sender else tenant.name
    context = {"body": body, "subject": subject, "company": tenant.name, "stop_url": stop}
    with translation.override(language):
        return write_mail(
            "letter",
            subject,
            context,
            from_email=addressed(name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]),
            reply_to=[addressed(name, sender.user.email)] if sender else None,
        )


def send_test(*, mail: Mail, language: str, account: Account, by: Member) -> Text:
    """Send the mail of a draft to oneself, with the facts of `account`; nothing is kept of it. OSError and SMTPException are
    the mail server's."""
    [(text, _to)] = previews([mail], account, language)
    subject = _("Test: %(subject)s") % {"subject": text.subject}
    found = _email(Tenant.current(), by, text.language, subject, text.body, "")
    found.to = [addressed(by.name, by.user.email)]
    found.send()
    return text


def previews(mails: Sequence[Mail], account: Account, language: str = "") -> list[tuple[Text, Contact | LeftOut]]:
    """Each mail as it would be written now for an account, and whom it would go to, or why to nobody. A few queries for
    any number."""
    tenant = Tenant.current()
    people = letters.reachable([account.id], tenant.today()).get(account.id, [])
    stopped = opt_outs.stopped(contact.email for contact in people)
    owner = account.owner if account.owner and account.owner.is_active else None
    if owner is not None:  # who is away lets their cover write
        owner = standing_in(tenant.today(), {owner.id}).get(owner.id, owner)
    found: list[tuple[Text, Contact | LeftOut]] = []
    for mail in mails:
        to = mail.recipient(people, stopped)
        contact = None if isinstance(to, LeftOut) else to
        found.append((text_of(mail, tenant, account, owner, contact, language), to))
    return found


# Verbs


@transaction.atomic
def change_letter(*, letter: Letter, subject: str, body: str, version: int | None, by: Member) -> Letter:
    """Say it otherwise before it goes. DomainError names the field; Conflict when it went, or was changed since."""
    row = _waiting(letter, version)
    subject = " ".join(subject.replace("\x00", "").split())
    body = "\n".join(body.replace("\x00", "").splitlines()).strip()
    for name, text, longest in (("subject", subject, SUBJECT), ("body", body, letters.LONGEST)):
        if not text:
            raise refused(name, _("It cannot be empty."))
        if len(text) > longest:
            raise refused(name, _("At most %(limit)s characters fit here.") % {"limit": longest})
    return put(row, subject=subject, body=body) if (row.subject, row.body) != (subject, body) else row


@transaction.atomic
def send_now(*, letter: Letter, version: int | None, by: Member) -> Letter:
    """Send a letter that waits, or one that the mail server did not take, at once. DomainError says what speaks against
    it; Conflict when it went meanwhile."""
    row = _waiting(letter, version, LetterState.FAILED)
    if row.play.state not in (PlayState.RUNNING, PlayState.DONE):
        raise DomainError(_("Its play has ended."), code="ended")
    if why := against(row):
        raise DomainError(str(LeftOut(why).label), code=why)
    put(row, state=LetterState.WAITING, goes_at=timezone.now(), attempts=0, reason="")
    follow(row.play_id)
    queue.enqueue(letters.WORK, str(row.id), actor=by.name)
    return row


@transaction.atomic
def cancel_letter(*, letter: Letter, reason: str, version: int | None, by: Member) -> Letter:
    """It does not go, or of one that the mail server did not take: it is let be. The reason, if there is one, stays with it,
    else why it was not taken. Conflict when it went meanwhile."""
    row = _waiting(letter, version, LetterState.FAILED)
    if len(reason := " ".join(reason.replace("\x00", "").split())) > REASON:
        raise refused("reason", _("At most %(limit)s characters fit here.") % {"limit": REASON})
    kept = row.reason if row.state == LetterState.FAILED else ""
    _settle(row, LetterState.CANCELLED, reason=reason or kept)
    return row


def _waiting(letter: Letter, version: int | None, *others: LetterState) -> Letter:
    row = _locked(letter.id)
    assert row is not None  # letters are not deleted
    if row.state not in (LetterState.WAITING, *others):
        raise Conflict(_("This mail does not wait any more."), code="settled")
    check_seen(row, version)
    return row


# The link that stops them


def token_of(letter: Letter) -> str:
    return signing.Signer(salt=SALT).sign_object(letter.id.hex)


def by_token(token: str) -> Letter | None:
    """The letter of a link in the open tenant; None alike for what was never signed and for another company's."""
    try:
        key = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    return Letter.objects.select_related("contact").filter(id=key).first()


def stop(letter: Letter) -> None:
    """Whoever got this letter wants no more: at the address that it went to."""
    opt_outs.stop_mail(address=letter.address, how=OptOutHow.LINK, by=None)
