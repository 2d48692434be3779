"""Questions about tenants, people and customers."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account, ApiKey, Member, Tenant
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.tenancy import first_behind, open_door, tenant_context

MAX_MERGERS = 40  # of mergers into one that was merged itself
# The same of all accounts, for statements that join it (see `sqljobs.statement`).
STANDING = Path(__file__).parent / "sql" / "standing.sql"


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


def colleagues(member: Member) -> Q:
    """Members of the member's team, by the names of their fields."""
    own = Q(team__leader=member)
    return own | Q(team_id=member.team_id) if member.team_id else own


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


@dataclass(frozen=True)
class Standing:
    """The account that an external id means."""

    id: UUID
    external_id: str


def standing_accounts(external_ids: Iterable[str]) -> dict[str, Standing]:
    """The accounts of these external ids, as far as there are any; for one that was merged, the one that it is a part of."""
    rows = Account.objects.filter(external_id__in=set(external_ids))
    found = {name: (id_, name, up) for name, id_, up in rows.values_list("external_id", "id", "merged_into_id")}
    for _step in range(MAX_MERGERS):
        merged = {up for _id, _name, up in found.values() if up}
        if not merged:
            break
        above = Account.objects.filter(id__in=merged).values_list("id", "external_id", "merged_into_id")
        by_id = {row[0]: row for row in above}
        found = {name: by_id[row[2]] if row[2] else row for name, row in found.items()}
    return {name: Standing(id_, external) for name, (id_, external, _up) in found.items()}
