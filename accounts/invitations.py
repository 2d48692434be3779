"""Invitations: only the e-mail holds the secret, the database its hash. They last seven days and are used once.

The worker makes the secret when it sends the e-mail, so neither the work list nor the person who invites ever has it:
whoever joins has read that mailbox.
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Invitation, Member, Role, Team, Tenant, User
from accounts.selectors import key_digest
from accounts.services import add_member
from cs_platform.kernel import queue
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.mail import write_mail
from cs_platform.kernel.models import Work
from cs_platform.kernel.tenancy import tenant_context

LASTS = dt.timedelta(days=7)
WORK = "send_invitation"


@dataclass(frozen=True)
class Offer:
    """What a link is good for: the company, the invitation, and the person it is for when they have an account."""

    tenant: Tenant
    invitation: Invitation
    user: User | None


@transaction.atomic
def invite_member(*, email: str, role: Role, team: Team | None, by: Member) -> Invitation:
    """Invite `email` with a role; the e-mail follows. DomainError on `email` for members and for the invited."""
    email = email.lower()
    if Member.objects.filter(user__email=email).exists():
        message = _("This person is a member already.")
        raise DomainError(message, code="member", fields={"email": message})
    if open_invitations().filter(email=email).exists():
        message = _("This person is invited already. Send the e-mail again from the list.")
        raise DomainError(message, code="invited", fields={"email": message})
    invitation = Invitation.objects.create(
        email=email, role=role, team=team, invited_by=by, token_hash=_unsent(), expires_at=timezone.now() + LASTS
    )
    _send(invitation, by)
    return invitation


@transaction.atomic
def resend_invitation(*, invitation: Invitation, by: Member) -> Invitation:
    """Send a new link for another seven days; the old one ends at once."""
    invitation.token_hash, invitation.expires_at = _unsent(), timezone.now() + LASTS
    invitation.save(update_fields=["token_hash", "expires_at"])
    Work.objects.filter(name=WORK, key=str(invitation.id)).delete()
    _send(invitation, by)
    return invitation


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: Member) -> None:
    """Take an invitation back; its link answers like an unknown one."""
    Work.objects.filter(name=WORK, key=str(invitation.id)).delete()
    invitation.delete()


def open_invitations() -> QuerySet[Invitation]:
    """Invitations that nobody has accepted; they may have run out."""
    return Invitation.objects.filter(accepted_at=None)


def _unsent() -> str:
    return key_digest(secrets.token_urlsafe(32))


def _send(invitation: Invitation, by: Member) -> None:
    queue.enqueue(WORK, str(invitation.id), payload={"language": translation.get_language() or "en"}, actor=by.name)


def send_invitation(work: Work) -> bool:
    """Work handler: make the secret and send it. A second attempt sends another link, and only the last one works."""
    invitation = Invitation.objects.select_related("tenant", "role", "invited_by").filter(id=work.key).first()
    if invitation is None or invitation.accepted_at:
        return False
    token = secrets.token_urlsafe(32)
    Invitation.objects.filter(id=invitation.id).update(token_hash=key_digest(token))
    with translation.override(work.payload["language"]):
        context = {
            "invitation": invitation,
            "company": invitation.tenant.name,
            "role": invitation.role.name,
            "inviter": invitation.invited_by.name if invitation.invited_by else invitation.tenant.name,
            "url": settings.BASE_URL + reverse("join", args=[invitation.tenant.slug, token]),
            "days": LASTS.days,
        }
        subject = _("%(inviter)s invites you to %(company)s") % context
        message = write_mail("invitation", subject, context, to=[invitation.email])
    message.send()
    return False


def offer(slug: str, token: str) -> Offer | None:
    """What a link offers; None alike for an unknown company, an unknown or used secret and one that has run out."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        return None
    with tenant_context(tenant.id):
        rows = open_invitations().filter(token_hash=key_digest(token), expires_at__gt=timezone.now())
        invitation = rows.select_related("role", "team", "invited_by").first()
    if invitation is None:
        return None
    return Offer(tenant, invitation, User.objects.filter(email=invitation.email).first())


@transaction.atomic
def accept_invitation(*, offer: Offer, name: str = "", password: str | None = None) -> Member:
    """Make the invited person a member: a known user as they are, else a new one with `name` and `password`.

    DomainError when the link was used meanwhile. The address counts as verified: the link was in its mailbox.
    """
    with tenant_context(offer.tenant.id, actor=name or offer.invitation.email):
        invitation = open_invitations().select_for_update(of=("self",)).filter(id=offer.invitation.id).first()
        if invitation is None or (offer.user is None and not password):
            raise DomainError(_("This invitation is not valid any more."), code="gone")
        user = offer.user
        member = add_member(
            email=invitation.email,
            name=(user.name if user else name) or invitation.email,
            role=invitation.role.key,
            team=invitation.team,
            password=password,
        )
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
    EmailAddress.objects.update_or_create(
        user=member.user, email=invitation.email, defaults={"verified": True, "primary": True}
    )
    return member
