"""Questions about tenants, people and customers."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey, Member, Tenant
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.tenancy import first_behind, open_door, tenant_context


def memberships(user_id: int) -> list[Member]:
    """The active memberships of a user over all tenants, by tenant name; the one read before a tenant is known."""
    with open_door("app.user_id", str(user_id)):
        rows = Member.all_tenants.filter(user_id=user_id, is_active=True).select_related("tenant")
        return sorted(rows, key=lambda member: member.tenant.name)


def tenant_by_slug(slug: str) -> Tenant:
    """The tenant of that slug; DomainError when there is none. For commands, which run as the operator."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise DomainError(_("There is no tenant %(slug)s.") % {"slug": slug})
    return tenant


def membership(user: Any, slug: str) -> Member | None:
    """The member that `user` is in the tenant `slug`, with role; None for strangers and unknown tenants alike."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        return None
    with tenant_context(tenant.id):
        member = Member.objects.filter(user_id=user.pk, is_active=True).select_related("role").first()
    if member is not None:
        member.tenant = tenant
    return member


def key_digest(secret: str) -> str:
    """What is stored of a secret: SHA-256 in hex. The secret has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def live_key(secret: str) -> ApiKey | None:
    """The API key that `secret` opens, unless revoked or expired."""
    digest = key_digest(secret)
    key = first_behind("app.key_hash", digest, ApiKey, "key_hash", "tenant")
    if key is None or key.revoked_at or (key.expires_at and key.expires_at <= timezone.now()):
        return None
    return key


def members_by_email(emails: Sequence[str]) -> dict[str, UUID]:
    """Member ids of the current tenant by lower-case e-mail."""
    rows = Member.objects.filter(user__email__in=[e.lower() for e in emails]).values_list("user__email", "id")
    return dict(rows)
