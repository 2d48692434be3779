"""How easy it was, asked of the people who took part in a renewal once it is decided (REN-03, E12; ADR 0007).

Each is asked once for a renewal, by a mail with a link of their own that needs no account, an office hour after the decision:
taken back until then, nothing goes. Nobody is asked who wants no mail, who left, or who was asked lately. The answer is a survey
like any other (CES, 1 is very easy), so it counts wherever surveys do.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from email.utils import parseaddr
from math import ceil
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Avg, Count, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import opt_outs
from accounts.customers import merged_rows, refused
from accounts.enums import ChangeSource, ImportKind
from accounts.merging import Origin
from accounts.models import Account, Contact, Member, Tenant
from cs_platform.kernel import queue
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict
from cs_platform.kernel.mail import addressed, unsubscribed_at, write_mail
from cs_platform.kernel.models import Work
from health.engagement.surveys import merge_surveys
from health.enums import SurveyContext, SurveyDirection, SurveyKind
from health.models import Survey
from journey.playbooks.letters import leaves_at
from renewals.enums import Asked
from renewals.lifecycle import ENDS, KEPT
from renewals.models import EffortAsk, EffortRule, Objection, Renewal, Stakeholder

WORK = "ask_effort"
SALT = "renewals.effort"
EASY, HARD = 1, 7
COMMENT = 1000
LINK_DAYS = 60  # that a link works
REST_DAYS = 90  # in which nobody is asked again, for whichever renewal
RECENT_DAYS = 60  # after its day: what is decided later is history, and nobody remembers


def whom() -> str:
    """Whose people are asked, as the company wants it: usually those of customers who stay."""
    row = EffortRule.objects.first()
    return row.who if row else Asked.KEPT


@transaction.atomic
def set_whom(*, who: str, version: int | None, by: Member | None) -> EffortRule:
    """Say whose people are asked. It holds for renewals that are decided from now on."""
    if who not in Asked.values:
        raise refused("who", _("Choose one of the list."))
    row = EffortRule.objects.select_for_update().first()
    if row is None:
        if version:
            raise Conflict(_("Somebody else changed this after you opened it."))
        return EffortRule.objects.create(who=who)
    check_seen(row, version)
    return put(row, who=who) if row.who != who else row


def people_of(renewals: Collection[Renewal], outcome: str = "") -> dict[UUID, list[Contact]]:
    """Who is asked about each of these renewals, closed as they are or as `outcome` would close them; those of whom nobody is
    are left out. A few queries for any number."""
    tenant, now = Tenant.current(), timezone.now()
    rule = whom() if renewals and not tenant.data_until else Asked.NOBODY
    ends = {Asked.KEPT: KEPT, Asked.ALL: ENDS}.get(Asked(rule), ())
    oldest = tenant.today() - dt.timedelta(days=RECENT_DAYS)
    ids = [row.id for row in renewals if (outcome or row.state) in ends and row.due_on >= oldest]
    if not ids:
        return {}
    pairs = {
        *Stakeholder.objects.filter(renewal__in=ids).values_list("renewal_id", "contact_id"),
        *Objection.objects.filter(renewal__in=ids).exclude(contact=None).values_list("renewal_id", "contact_id"),
    }
    people = Contact.objects.filter(id__in={contact for _renewal, contact in pairs}, left_on=None).exclude(email="")
    found = {person.id: person for person in people}
    stopped = opt_outs.stopped(person.email for person in found.values())
    rest = EffortAsk.objects.filter(contact__in=list(found), goes_at__gt=now - dt.timedelta(days=REST_DAYS))
    resting = set(rest.exclude(renewal__in=ids).values_list("contact_id", flat=True))
    asked: dict[UUID, list[Contact]] = {}
    for renewal, contact in sorted(pairs):
        person = found.get(contact)
        if person is not None and contact not in resting and person.email.lower() not in stopped:
            asked.setdefault(renewal, []).append(person)
            resting.add(contact)  # of two that are decided at once, one asks
    return asked


def ask(renewals: Collection[Renewal]) -> int:
    """Ask the people who took part in renewals that were decided just now, in that transaction; how many mails will go.

    Who was asked about a renewal is not asked again; what did not go yet, because the decision was taken back, goes now.
    """
    found = people_of(renewals)
    if not found:
        return 0
    now = timezone.now()
    goes_at = leaves_at(Tenant.current(), now)
    rows = [
        EffortAsk(renewal_id=renewal, contact=person, address=person.email, language=_language(person), goes_at=goes_at)
        for renewal, people in found.items()
        for person in people
    ]
    EffortAsk.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    waiting = EffortAsk.objects.filter(renewal__in=list(found), sent_at=None)
    waiting.update(goes_at=goes_at)
    for key in waiting.order_by("id").values_list("id", flat=True):
        _wish(key, goes_at, now)
    return len(rows)


def _wish(key: UUID, goes_at: dt.datetime, now: dt.datetime) -> None:
    queue.enqueue(WORK, str(key), delay=max(0, ceil((goes_at - now).total_seconds())))


def _language(person: Contact) -> str:
    return person.language if person.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def send_ask(work: Work) -> bool:
    """Work handler: send the mail, once, unless the decision was taken back or something speaks against the person by now. A
    mail that the server does not take is tried again by the work list."""
    rows = EffortAsk.objects.select_for_update(of=("self",)).filter(id=work.key, sent_at=None)
    row = rows.select_related("renewal__account__owner__user", "contact").first()
    if row is None or row.renewal.state not in ENDS:
        return False
    now = timezone.now()
    if row.goes_at > now:  # decided anew meanwhile: it waits from then
        _wish(row.id, row.goes_at, now)
        return False
    person = row.contact
    if person.left_on is not None or not person.email or opt_outs.stopped([person.email]):
        return False
    row.sent_at, row.address, row.language = now, person.email, _language(person)
    row.save(update_fields=["sent_at", "address", "language"])
    with translation.override(row.language), timezone.override(row.renewal.tenant.zone):
        message = _mail(row)
    message.send()
    return False


def _mail(row: EffortAsk) -> EmailMultiAlternatives:
    tenant, owner = row.renewal.tenant, row.renewal.account.owner
    token = token_of(row)
    stop = settings.BASE_URL + reverse("effort_stop", args=[tenant.slug, token])
    context = {
        "company": tenant.name,
        "person": row.contact.name,
        "customer": row.renewal.account.name,
        "url": settings.BASE_URL + reverse("effort_link", args=[tenant.slug, token]),
        "until": runs_out(row),
        "stop_url": stop,
    }
    sender = addressed(owner.name if owner else tenant.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    return write_mail(
        "effort",
        _("%(company)s: how easy was it?") % {"company": tenant.name},
        context,
        from_email=sender,
        reply_to=[addressed(owner.name, owner.user.email)] if owner else None,
        to=[addressed(row.contact.name, row.address)],
        headers=unsubscribed_at(stop),
    )


def token_of(row: EffortAsk) -> str:
    return signing.Signer(salt=SALT).sign_object(row.id.hex)


def runs_out(row: EffortAsk) -> dt.datetime:
    return row.goes_at + dt.timedelta(days=LINK_DAYS)


def by_token(token: str) -> EffortAsk | None:
    """Whoever was asked by the mail with this link, in the open tenant; None alike for what was never signed, never sent, has
    run out, and for another company's."""
    try:
        key = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    rows = EffortAsk.objects.filter(id=key, goes_at__gt=timezone.now() - dt.timedelta(days=LINK_DAYS))
    return rows.exclude(sent_at=None).select_related("contact__account", "renewal__account", "answer").first()


@transaction.atomic
def answer(*, ask: EffortAsk, score: int, comment: str = "") -> EffortAsk:
    """What they say, from 1 (very easy) to 7, once: a second answer leaves the first one. DomainError names the field."""
    rows = EffortAsk.objects.select_for_update(of=("self",)).select_related("contact__account", "renewal")
    row = rows.get(id=ask.id)
    if row.answer_id is not None:
        return row
    if not EASY <= score <= HARD:
        raise refused("score", _("Between %(low)s and %(high)s.") % {"low": EASY, "high": HARD})
    name = f"renewal:{row.id}"
    cells = {
        "survey": name,
        "account": row.contact.account.external_id,
        "contact": row.contact.external_id,
        "kind": SurveyKind.CES.value,
        "context": SurveyContext.RENEWAL.value,
        "score": str(score),
        "direction": SurveyDirection.LOW_IS_EASY.value,
        "answered_at": timezone.now().isoformat(),
        "comment": comment.strip(),
    }
    origin = Origin(ChangeSource.RENEWAL, row.renewal_id, row.contact.name)
    merged_rows(merge_surveys, ImportKind.SURVEYS, [cells], origin)
    row.answer = Survey.objects.get(external_id=name)
    row.save(update_fields=["answer"])
    return row


def asked_of(renewal: Renewal) -> list[EffortAsk]:
    """Who was asked about a renewal, with what they answered; those who answered first. One query."""
    rows = EffortAsk.objects.filter(renewal=renewal).exclude(sent_at=None).select_related("contact", "answer")
    return sorted(rows, key=lambda row: (row.answer is None, row.contact.name, str(row.id)))


def means(accounts: QuerySet[Account], since: dt.datetime) -> list[tuple[str, int, float]]:
    """By segment the answers since a moment to how easy a renewal was, and their mean, of these accounts: the segment's name ("" without
    one), how many, mean from 1 (very easy) to 7. Also those that came from other systems. One statement.

    Example: 1, 2 and 3 in a segment: 3 answers, 2.0.
    """
    rows = Survey.objects.filter(
        account__in=accounts.order_by().values("id"),
        kind=SurveyKind.CES,
        context=SurveyContext.RENEWAL,
        answered_at__gte=since,
    ).order_by()
    found: Iterable[tuple[str | None, int, float]] = rows.values_list("account__segment__name").annotate(
        n=Count("pk"), mean=Avg("score")
    )
    return sorted((name or "", count, float(mean)) for name, count, mean in found)
