"""Digests: what is sent by itself, to whom and when; one e-mail for each recipient and period (DigestSent).

A worker claims one e-mail, writes that it was sent and hands it to the mail server in one transaction: two workers send
one, and a refused e-mail is tried again. Only when a worker dies between the mail server's yes and its own commit does
the next one send it once more; no e-mail protocol can tell these apart.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation

from accounts import absences
from accounts.calendar import working_days
from accounts.models import Member, Tenant
from cs_platform.kernel import queue
from cs_platform.kernel.access import Permission
from cs_platform.kernel.mail import addressed, unsubscribed_at, write_mail
from cs_platform.kernel.models import Work
from cs_platform.kernel.periods import last_complete_month, month_end
from cs_platform.kernel.tenancy import tenant_context
from metrics.digests.content import content_of
from metrics.digests.parts import Content
from metrics.enums import DigestKind
from metrics.models import DigestRecipient, DigestSent, MonthClose

WORK = "send_digest"
PLAN = "plan_board_digest"
OPEN_DAYS = 10  # so long after its end a month may stay open before its board goes out as not closed
CATCH_UP = 2  # days after Monday on which a week that nobody got still goes out
RETURN = dt.time(7)  # when who was away gets what waited, on the first day back
SALT = "metrics.digest"
NEEDS = {
    DigestKind.BOARD: Permission.VIEW_BOARD,
    DigestKind.WEEK: Permission.VIEW_WEEK,
    DigestKind.DAY: Permission.VIEW_HOME,
}


def plan_digests(as_of: dt.date) -> int:
    """The step of the night: put on the work list what its morning sends; how many e-mails. A company whose days have
    ended (an archive), and a night of long ago, send nothing."""
    tenant = Tenant.current()
    morning = as_of + dt.timedelta(days=1)
    if tenant.data_until or morning < tenant.today():
        return 0
    planned = 0
    monday = morning - dt.timedelta(days=morning.weekday())
    if morning == monday or (morning.weekday() <= CATCH_UP and not _went_out(DigestKind.WEEK, monday)):
        planned += _plan(DigestKind.WEEK, monday)
    month = last_complete_month(as_of)
    overdue = (morning - month_end(month)).days >= OPEN_DAYS
    if overdue and not MonthClose.objects.filter(month=month).exists() and not _went_out(DigestKind.BOARD, month):
        planned += _plan(DigestKind.BOARD, month)
    return planned


def plan_days(now: dt.datetime | None = None) -> int:
    """Put on the work list what the end of a day sends, for each company whose hour has come on a working day of its
    calendar; how many e-mails. Run by the clock: once for a company and day, and late where the clock stood still."""
    now = now or timezone.now()
    planned = 0
    for tenant in Tenant.objects.filter(data_until=None):
        local = now.astimezone(tenant.zone)
        if local.time() < tenant.digest_at or tenant.digest_on == local.date():
            continue
        with tenant_context(tenant.id, actor="schedule"):
            row = Tenant.objects.select_for_update().get(id=tenant.id)
            if row.digest_on == local.date():
                continue
            if working_days()(local.date()):
                planned += _plan(DigestKind.DAY, local.date())
            row.digest_on = local.date()
            row.save(update_fields=["digest_on"])
    return planned


def plan_board(work: Work) -> bool:
    """Work handler, after a month was closed: its board to everybody on the list. An earlier month goes only to those
    who had got it, with what changed."""
    tenant = Tenant.current()
    latest = last_complete_month(tenant.figures_as_of)
    sent = DigestSent.objects.filter(kind=DigestKind.BOARD)
    periods = {latest, *sent.order_by().values_list("period", flat=True).distinct()}
    closes = MonthClose.objects.filter(month__in=periods).order_by("month", "-version").distinct("month")
    for close in closes:
        known = None if close.month == latest else set(sent.filter(period=close.month).values_list("email", flat=True))
        _plan(DigestKind.BOARD, close.month, close, only=known)
    return False


def _plan(kind: str, period: dt.date, close: MonthClose | None = None, only: Iterable[str] | None = None) -> int:
    """Wish for an e-mail to each recipient who did not get this one."""
    got = set(DigestSent.objects.filter(kind=kind, period=period, close=close).values_list("email", flat=True))
    planned = 0
    for recipient in recipients(kind):
        address = address_of(recipient)
        if address in got or (only is not None and address not in only):
            continue
        payload = {
            "recipient": str(recipient.id),
            "period": period.isoformat(),
            "close": str(close.id) if close else "",
        }
        queue.enqueue(WORK, f"{kind}:{recipient.id}", payload=payload, actor="schedule")
        planned += 1
    return planned


def _went_out(kind: str, period: dt.date) -> bool:
    return DigestSent.objects.filter(kind=kind, period=period).exists()


def recipients(kind: str) -> list[DigestRecipient]:
    """Who gets digests of a kind and may: members who are active and whose role opens the page, people outside for the
    board."""
    rows = (
        DigestRecipient.objects.filter(kind=kind).select_related("member__user", "member__role").order_by("email", "id")
    )
    return [row for row in rows if may_get(row)]


def may_get(recipient: DigestRecipient) -> bool:
    member = recipient.member
    if member is None:
        return bool(recipient.kind == DigestKind.BOARD)
    return bool(member.user.is_active and member.may(NEEDS[DigestKind(recipient.kind)]))


def address_of(recipient: DigestRecipient) -> str:
    """A member's address of today, or the one that was written."""
    return str(recipient.member.user.email if recipient.member else recipient.email).lower()


def language_of(recipient: DigestRecipient) -> str:
    member = recipient.member
    return recipient.language or (member.user.language if member else "") or settings.LANGUAGE_CODE


def send_digest(work: Work) -> bool:
    """Work handler: send one e-mail, unless it was sent, the recipient left the list or is away, or there is nothing to
    say."""
    found = DigestRecipient.objects.select_related("member__user", "member__role").filter(id=work.payload["recipient"])
    recipient = found.first()
    if recipient is None or not may_get(recipient):
        return False
    period = dt.date.fromisoformat(work.payload["period"])
    close = MonthClose.objects.filter(id=work.payload["close"]).first() if work.payload["close"] else None
    if close and MonthClose.objects.filter(month=close.month, version__gt=close.version).exists():
        return False  # the next version has its own e-mail
    if _waits_for_return(recipient, period, work):
        return False
    address = address_of(recipient)
    sent = DigestSent.objects.filter(kind=recipient.kind, email=address, period=period)
    if sent.filter(close=close).exists():
        return False
    last = sent.order_by("-sent_at", "-id").first()
    tenant = Tenant.current()
    with translation.override(language_of(recipient)), timezone.override(tenant.zone):
        content = content_of(recipient.kind, tenant, period, recipient.member, last.figures if last else None)
        if content is None:
            return False
        message = email(tenant, content, address, recipient.name, stop_url(tenant, recipient))
    try:
        with transaction.atomic():
            DigestSent.objects.create(
                kind=recipient.kind, period=period, email=address, close=close, figures=content.figures
            )
    except IntegrityError:
        return False  # another worker has just sent it
    message.send()
    return False


def _waits_for_return(recipient: DigestRecipient, period: dt.date, work: Work) -> bool:
    """Whether the recipient is away on that day (ROL-02): nobody is written to then. The end of such a day is not told at
    all, its accounts stand in the e-mail of who covers; the board waits for the morning of their return, and the week
    if that is still its own."""
    if recipient.member is None:
        return False
    tenant, kind = Tenant.current(), recipient.kind
    absence = absences.away(recipient.member, period if kind == DigestKind.DAY else tenant.today())
    if absence is None:
        return False
    back = absence.last_on + dt.timedelta(days=1)
    if kind == DigestKind.BOARD or (kind == DigestKind.WEEK and back < period + dt.timedelta(days=7)):
        morning = dt.datetime.combine(back, RETURN, tenant.zone)
        wait = max(int((morning - timezone.now()).total_seconds()), 60)
        queue.enqueue(WORK, work.key, payload=work.payload, actor=work.actor, delay=wait)
    return True


def email(tenant: Tenant, content: Content, address: str, name: str, stop: str) -> EmailMultiAlternatives:
    """The e-mail of a content: plain text, the same in HTML, and its file."""
    context = {"content": content, "company": tenant.name, "stop_url": stop, "language": translation.get_language()}
    message = write_mail(
        "digest", content.subject, context, to=[addressed(name, address)], headers=unsubscribed_at(stop)
    )
    if content.attachment:
        message.attach(content.attachment[0], content.attachment[1], "application/pdf")
    return message


def stop_url(tenant: Tenant, recipient: DigestRecipient) -> str:
    """The link that ends a digest without signing in: only the server can make it."""
    token = signing.dumps([tenant.slug, str(recipient.id)], salt=SALT, compress=True)
    return settings.BASE_URL + reverse("digest_stop", args=[token])


def by_token(token: str) -> tuple[Tenant, DigestRecipient] | None:
    """Whose digest a link is about; None alike for what was never signed and for who left already."""
    try:
        slug, key = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        return None
    with tenant_context(tenant.id):
        recipient = DigestRecipient.objects.filter(id=key).first()
    return (tenant, recipient) if recipient else None


def stop(token: str) -> bool:
    """Take the recipient of a link off the list; False when there is none any more."""
    found = by_token(token)
    if found is None:
        return False
    tenant, recipient = found
    with tenant_context(tenant.id, actor=recipient.email):
        DigestRecipient.objects.filter(id=recipient.id).delete()
    return True


def next_period(kind: str, tenant: Tenant) -> dt.date:
    """What a preview shows: the last complete month, this week's Monday, today."""
    if kind == DigestKind.BOARD:
        return last_complete_month(tenant.figures_as_of)
    day = tenant.today()
    return day - dt.timedelta(days=day.weekday()) if kind == DigestKind.WEEK else day


def send_test(*, kind: str, tenant: Tenant, by: Member) -> bool:
    """Send a digest to whoever asks, now and beside the record of what was sent; False when there is nothing to say."""
    content = content_of(kind, tenant, next_period(kind, tenant), by)
    if content is None:
        return False
    email(tenant, content, by.user.email, by.name, "").send()
    return True


def add_recipients(*, kind: str, rows: Iterable[dict[str, Any]], by: Member) -> int:
    """Put people on a list; how many are new. A row is {email, name, language, member}."""
    made = 0
    for row in rows:
        values = {"name": row["name"], "language": row["language"], "member": row["member"]}
        _recipient, created = DigestRecipient.objects.get_or_create(
            kind=kind, email=row["email"].lower(), defaults=values
        )
        made += created
    return made
