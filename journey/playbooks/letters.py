"""Mails of steps: to whom each goes, what it says with the facts of its account, and when (REQUIREMENTS 1K).

A letter is written once for a play and step, with the tasks of its day, and waits for an office hour in which it can be
read, changed, sent and cancelled. One that cannot be written is kept too, with the reason. `sending` hands them over.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any
from uuid import UUID

from babel.dates import format_date
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts import opt_outs
from accounts.models import Account, Contact, Member, Tenant
from cs_platform.kernel import queue
from health.support.calendar import clock_for
from journey.enums import LetterState
from journey.models import Letter, Play
from journey.playbooks.definition import Step
from journey.playbooks.mail import LeftOut, Mail, Place, fill, places
from journey.playbooks.texts import spoken

WORK = "send_letter"
REVIEW = 60  # minutes of office time between writing and sending
QUIET_DAYS = 3  # days after a mail of a playbook in which its reader gets no other
LATE_DAYS = 7  # a step that is made so long after its day (an old night, an archive) sends nothing
SOON = dt.timedelta(days=30)  # offices that are closed for longer open then
LONGEST = 8000


@dataclass(frozen=True)
class Wanted:
    """A step whose day has come, and in whose name it is sent: nobody's, where the account has no CSM."""

    play: Play
    step: Step
    sender: Member | None


@dataclass(frozen=True)
class Text:
    """A mail with its facts, or what of them is missing."""

    language: str
    subject: str
    body: str
    missing: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        if self.missing:
            return f"{LeftOut.MISSING}:{','.join(self.missing)}"
        return LeftOut.TOO_LONG if len(self.body) > LONGEST else ""


def text_of(
    mail: Mail, tenant: Tenant, account: Account, sender: Member | None, contact: Contact | None, language: str = ""
) -> Text:
    """The mail in the contact's language, or in the one that is given, filled with what is known today."""
    language = spoken(mail.subject, language or (contact.language if contact else ""))
    subject, body = mail.subject.get(language, ""), mail.body.get(language, "")
    renews = account.renews_on if account.renews_on and account.renews_on >= tenant.today() else None
    name = contact.name if contact else ""
    values = {
        Place.CONTACT: name,
        Place.FIRST_NAME: name.split()[0] if name.split() else "",
        Place.ACCOUNT: account.name,
        Place.CSM: sender.name if sender else "",
        Place.CSM_EMAIL: sender.user.email if sender else "",
        Place.COMPANY: tenant.name,
        Place.RENEWAL: format_date(renews, "long", locale=language or "en") if renews else "",
    }
    facts: Mapping[str, str] = {str(key): value for key, value in values.items()}
    missing = tuple(key for key in places([subject, body]) if not facts.get(key))
    # One line of at most as many characters as are kept.
    return Text(language, " ".join(fill(subject, facts).split())[:200], fill(body, facts), missing)


def reachable(accounts: Iterable[UUID], day: dt.date) -> dict[UUID, list[Contact]]:
    """The people of these accounts who have an address and have not left by `day`: spoken to last first. One query."""
    rows = Contact.objects.filter(account__in=set(accounts)).exclude(email="").exclude(left_on__lte=day)
    found: dict[UUID, list[Contact]] = {}
    for contact in rows.order_by(F("last_contact_on").desc(nulls_last=True), "external_id"):
        found.setdefault(contact.account_id, []).append(contact)
    return found


def lately(contacts: Iterable[UUID], now: dt.datetime, *, beside: UUID | None = None) -> set[UUID]:
    """Those of these people who got a mail of a playbook within QUIET_DAYS, or for whom one waits. One query."""
    since = now - dt.timedelta(days=QUIET_DAYS)
    rows = Letter.objects.filter(contact__in=set(contacts)).exclude(id=beside).order_by()
    sent = rows.filter(state=LetterState.SENT, sent_at__gt=since)
    # The one that waits stands in the way of a later one, not the other way round.
    waiting = rows.filter(state=LetterState.WAITING) if beside is None else rows.none()
    return {key for key in sent.union(waiting).values_list("contact_id", flat=True) if key}


@dataclass
class Facts:
    """What writing asks about the accounts of some plays, in few queries."""

    tenant: Tenant
    accounts: Mapping[UUID, Account]
    people: Mapping[UUID, list[Contact]]
    stopped: set[str]
    lately: set[UUID]
    goes_at: dt.datetime
    now: dt.datetime = field(default_factory=timezone.now)

    @classmethod
    def of(cls, accounts: Iterable[UUID], day: dt.date) -> "Facts":
        accounts = set(accounts)
        tenant, now = Tenant.current(), timezone.now()
        people = reachable(accounts, day)
        contacts = [contact for each in people.values() for contact in each]
        return cls(
            tenant,
            Account.objects.in_bulk(list(accounts)),
            people,
            opt_outs.stopped(contact.email for contact in contacts),
            lately((contact.id for contact in contacts), now),
            leaves_at(tenant, now),
            now,
        )


def leaves_at(tenant: Tenant, now: dt.datetime) -> dt.datetime:
    """When a mail goes that is written now: after an hour in which the office is open.

    Example: open Monday to Friday 9:00 to 17:00, what is written on Friday at 16:30 or on Sunday goes on Monday at 9:30
    or 10:00.
    """
    until = now + SOON
    return clock_for(tenant, [now, until]).after(now, REVIEW) or until


def write(wanted: Sequence[Wanted], day: dt.date) -> list[Letter]:
    """Write the mails of these steps, and wish for their sending; the letters, with those that were left out."""
    if not wanted:
        return []
    facts = Facts.of((each.play.account_id for each in wanted), day)
    letters = [_letter(each, facts, day) for each in wanted]
    Letter.objects.bulk_create(letters, batch_size=500, ignore_conflicts=True)
    for letter in letters:
        if letter.state == LetterState.WAITING:
            wish(letter, facts.now)
    return letters


def wish(letter: Letter, now: dt.datetime) -> None:
    """Put the sending of a letter on the work list, for when it goes."""
    queue.enqueue(WORK, str(letter.id), delay=max(0, ceil((letter.goes_at - now).total_seconds())))


def _letter(wanted: Wanted, facts: Facts, day: dt.date) -> Letter:
    play, mail = wanted.play, wanted.step.mail
    assert mail is not None  # of a step without a mail a task is made
    account = facts.accounts[play.account_id]
    found = mail.recipient(facts.people.get(account.id, []), facts.stopped)
    contact = None if isinstance(found, LeftOut) else found
    text = text_of(mail, facts.tenant, account, wanted.sender, contact)
    problem = ""
    if (facts.tenant.today(facts.now) - day).days > LATE_DAYS or facts.tenant.data_until:
        problem = LeftOut.LATE
    elif isinstance(found, LeftOut):
        problem = found
    elif found.id in facts.lately:
        problem = LeftOut.LATELY
    else:
        problem = text.problem
    if contact is not None and not problem:
        facts.lately.add(contact.id)
    return Letter(
        play=play,
        step=wanted.step.key,
        account_id=play.account_id,
        contact=contact,
        sender=wanted.sender,
        address=contact.email if contact else "",
        language=text.language,
        subject=text.subject,
        body=text.body[:LONGEST],
        goes_at=facts.goes_at,
        state=LetterState.LEFT_OUT if problem else LetterState.WAITING,
        reason=problem,
    )


def of_plays(plays: Iterable[Play]) -> QuerySet[Letter]:
    """The letters of these plays; those whose playbook has no mail are not asked about."""
    writing = [play.id for play in plays if any("mail" in step for step in play.playbook.steps)]
    return Letter.objects.filter(play__in=writing) if writing else Letter.objects.none()


def cancel_of(plays: Iterable[UUID], reason: str) -> int:
    """Cancel what waits of these plays, which end; how many. The letters are locked before the caller locks plays."""
    waiting = Letter.objects.filter(play__in=list(plays), state=LetterState.WAITING)
    ids = list(waiting.select_for_update(of=("self",)).order_by("id").values_list("id", flat=True))
    changes: dict[str, Any] = {"state": LetterState.CANCELLED, "reason": reason[:300], "version": F("version") + 1}
    return Letter.objects.filter(id__in=ids).update(**changes)
