"""Links for customers, who need no account (JRN-07): read a plan, or confirm the go-live.

Who makes the link sees its secret once, or the worker makes it when it sends the e-mail; the database has the hash. A link
runs out, can be taken back, and opens one plan or one stage and nothing else. Everything that is wrong with one answers
alike.
"""

import datetime as dt
import re
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.models import Account, Contact, Member, Tenant
from accounts.selectors import key_digest
from cs_platform.kernel import queue
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.mail import write_mail
from cs_platform.kernel.models import Work
from journey.enums import LinkPurpose, PlanState, Stage
from journey.models import CriterionCheck, CustomerLink, Plan, StagePeriod
from journey.stages import services as stages
from journey.stages.criteria import GO_LIVE

WORK = "send_customer_link"
SHORTEST, USUAL, LONGEST = 1, 30, 90  # days that a link lasts
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Made:
    """A new link. `url` holds the secret and is there only now; empty when the link goes by e-mail."""

    link: CustomerLink
    url: str


def make_link(
    *,
    purpose: str,
    by: Member,
    plan: Plan | None = None,
    period: StagePeriod | None = None,
    contact: Contact | None = None,
    days: int = USUAL,
    send: bool = False,
) -> Made:
    """A link that reads `plan` (purpose plan) or confirms the go-live of `period` (purpose go_live), for 1 to 90 days.

    With `send` it goes to the contact by e-mail, in their language, and nobody here sees it. The one who made it is known,
    and so is the person it is for. DomainError names the field.
    """
    about = _about(purpose, plan, period)
    if not SHORTEST <= days <= LONGEST:
        raise refused("days", _("A link lasts 1 to 90 days."))
    if contact is not None and (contact.account_id != about.id or contact.left_on is not None):
        raise refused("contact", _("There is no such person at this account."))
    if send and (contact is None or not contact.email):
        raise refused("contact", _("Choose a person with an e-mail address."))
    if purpose == LinkPurpose.GO_LIVE and contact is None:
        raise refused("contact", _("Say who confirms it for the customer."))
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        link = CustomerLink.objects.create(
            account=about,
            purpose=purpose,
            plan=plan,
            period=period,
            contact=contact,
            token_hash=key_digest(token),
            expires_at=timezone.now() + dt.timedelta(days=days),
            created_by=by,
        )
        if send:
            queue.enqueue(WORK, str(link.id), actor=by.name)
    return Made(link, "" if send else url_of(token))


def _about(purpose: str, plan: Plan | None, period: StagePeriod | None) -> Account:
    if purpose == LinkPurpose.PLAN and plan is not None and period is None:
        if plan.state == PlanState.DROPPED:
            raise DomainError(_("This plan was dropped."), code="over")
        return plan.account
    if purpose == LinkPurpose.GO_LIVE and period is not None and plan is None:
        if period.stage != Stage.ONBOARDING or period.exited_on is not None:
            raise DomainError(_("A go-live is confirmed while the onboarding is open."), code="over")
        return period.track.account
    raise refused("purpose", _("Choose what the link is for."))


@transaction.atomic
def revoke_link(*, link: CustomerLink, by: Member) -> CustomerLink:
    """Take a link back; it answers like an unknown one from now on. Twice changes nothing."""
    row = CustomerLink.objects.select_for_update().get(id=link.id)
    if row.revoked_at is None:
        Work.objects.filter(name=WORK, key=str(row.id)).delete()
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
    return row


def url_of(token: str) -> str:
    tenant = Tenant.current()
    return settings.BASE_URL + reverse("customer_link", args=[tenant.slug, token])


def language_of(link: CustomerLink) -> str:
    """That of the person it is for, else the product's first."""
    chosen = link.contact.language if link.contact else ""
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def live(token: str) -> CustomerLink | None:
    """The link of this secret in the open tenant; None alike for one that is unknown, has run out or was taken back, and
    for that of a person who has left the customer."""
    if not _TOKEN.fullmatch(token):
        return None
    rows = CustomerLink.objects.filter(token_hash=key_digest(token), revoked_at=None, expires_at__gt=timezone.now())
    link = rows.select_related("account", "contact", "plan", "period__track__account").first()
    return None if link is None or has_left(link) else link


def has_left(link: CustomerLink) -> bool:
    """Whether the person that it is for is not at the customer any more."""
    left_on = link.contact.left_on if link.contact else None
    return left_on is not None and left_on <= timezone.localdate()


def opened(link: CustomerLink) -> None:
    """Count that it was opened."""
    rows = CustomerLink.objects.filter(id=link.id)
    rows.update(opened_count=F("opened_count") + 1, opened_at=timezone.now())


def confirmed(link: CustomerLink) -> CriterionCheck | None:
    """The customer's word that the go-live of this link's stage has, whoever's link brought it."""
    if link.period_id is None:
        return None
    latest = CriterionCheck.objects.filter(period=link.period_id, criterion=GO_LIVE).first()
    return latest if latest is not None and latest.met else None


@transaction.atomic
def confirm_go_live(*, link: CustomerLink, signed_as: str, agreed: bool) -> CriterionCheck:
    """The customer's yes, once: a second one, by this link or another, gives the first one again.

    DomainError names the field; Conflict when the link has ended, or the stage.
    """
    row = CustomerLink.objects.select_for_update(of=("self",)).get(id=link.id)
    if row.purpose != LinkPurpose.GO_LIVE or row.revoked_at or row.expires_at <= timezone.now():
        raise Conflict(_("This link is not valid any more."))
    period = StagePeriod.objects.select_for_update(of=("self",)).select_related("track__account").get(id=row.period_id)
    if (known := confirmed(row)) is not None:
        return known
    if period.exited_on is not None:
        raise Conflict(_("This can no longer be confirmed."))
    if not signed_as.strip():
        raise refused("signed_as", _("Write your name."))
    if not agreed:
        raise refused("agreed", _("Tick the box to confirm."))
    contact = Contact.objects.filter(id=row.contact_id).first() if row.contact_id else None
    check = stages.confirm(period=period, criterion=GO_LIVE, signed_as=signed_as, contact=contact)
    row.answered_at = timezone.now()
    row.save(update_fields=["answered_at"])
    return check


def send_link(work: Work) -> bool:
    """Work handler: make the secret and send it. A second attempt sends another one, and only the last one works."""
    rows = CustomerLink.objects.select_related("contact", "created_by", "plan", "account", "tenant")
    link = rows.filter(id=work.key, revoked_at=None, expires_at__gt=timezone.now()).first()
    if link is None or link.contact is None or not link.contact.email:
        return False
    company = link.tenant.name
    with translation.override(language_of(link)), timezone.override(link.tenant.zone):
        if has_left(link):
            return False
        token = secrets.token_urlsafe(32)
        CustomerLink.objects.filter(id=link.id).update(token_hash=key_digest(token))
        context = {
            "link": link,
            "company": company,
            "person": link.contact.name,
            "sender": link.created_by.name if link.created_by else company,
            "go_live": link.purpose == LinkPurpose.GO_LIVE,
            "url": url_of(token),
            "until": link.expires_at,
        }
        words = (
            _("%(company)s asks you to confirm the go-live") if context["go_live"] else _("Your plan with %(company)s")
        )
        message = write_mail("customer_link", words % {"company": company}, context, to=[link.contact.email])
    message.send()
    return False
