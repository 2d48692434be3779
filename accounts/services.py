"""Verbs of the accounts floor that concern tenants, people and keys. One function for each, atomic, `by` the actor."""

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import KeyScope, Profile
from accounts.models import ApiKey, Member, Role, Segment, Team, Tenant, User
from accounts.selectors import key_digest
from cs_platform.kernel.access import Permission, Scope
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.tenancy import tenant_context

P = Permission
_CSM = [P.VIEW_HOME, P.VIEW_ACCOUNTS, P.EDIT_ACCOUNTS, P.CLOSE_DEALS]
_LEADER = [*_CSM, P.VIEW_WEEK, P.VIEW_BOARD, P.EDIT_BOARD, P.MANAGE_HEALTH, P.MANAGE_JOURNEY]
_OPS = [
    *_LEADER,
    P.EDIT_REVENUE,
    P.CLOSE_MONTHS,
    P.IMPORT_DATA,
    P.VIEW_RUNS,
    P.MANAGE_SETTINGS,
    P.VIEW_AUDIT,
    P.MANAGE_KEYS,
]

# key, name, permissions, scope, first page (ROL-01). Defaults that a tenant may change.
DEFAULT_ROLES: tuple[tuple[str, str, list[Permission], Scope, str], ...] = (
    (
        "executive",
        "Executive",
        [P.VIEW_HOME, P.VIEW_ACCOUNTS, P.VIEW_WEEK, P.VIEW_BOARD, P.EDIT_BOARD],
        Scope.ALL,
        "board",
    ),
    ("leader", "CS leader", _LEADER, Scope.TEAM, "week"),
    ("csm", "Customer success manager", _CSM, Scope.OWN, "today"),
    ("ops", "CS operations", _OPS, Scope.ALL, "imports"),
    ("admin", "Administrator", list(P), Scope.ALL, "board"),
)


@dataclass(frozen=True)
class NewTenant:
    """What `create_tenant` made; the secrets are shown once."""

    tenant: Tenant
    admin: Member
    password: str
    api_key: str


def create_tenant(
    *, slug: str, name: str, currency: str, time_zone: str, admin_email: str = "", **fields: object
) -> NewTenant:
    """Make a tenant with its roles, segments, hours, an admin member and an API key.

    DomainError names the field when the slug is taken or a value is not possible.
    """
    tenant = Tenant(slug=slug, name=name, currency=currency, timezone=time_zone, **fields)
    try:
        tenant.full_clean(exclude=["next_night_at", "night_due_on", "night_done_on"])
    except ValidationError as error:
        fields_ = {key: " ".join(messages) for key, messages in error.message_dict.items()}
        raise DomainError("; ".join(f"{k}: {v}" for k, v in fields_.items()), fields=fields_) from error
    tenant.save()
    with tenant_context(tenant.id, actor="create_tenant"):
        for position, (key, role_name, permissions, scope, home) in enumerate(DEFAULT_ROLES):
            Role.objects.create(
                key=key,
                name=role_name,
                permissions=[str(p) for p in permissions],
                scope=scope,
                home=home,
                position=position,
            )
        for position, profile in enumerate(Profile):
            Segment.objects.create(name=str(profile.label), profile=profile, position=position)
        password = secrets.token_urlsafe(12)
        admin = add_member(
            email=admin_email or f"admin@{slug}.example", name=_("Administrator"), role="admin", password=password
        )
        _key, secret = create_api_key(name="default", scopes=[KeyScope.READ, KeyScope.WRITE, KeyScope.EVENTS], by=admin)
    return NewTenant(tenant, admin, password, secret)


def add_member(
    *, email: str, name: str, role: str, password: str | None = None, team: Team | None = None, title: str = ""
) -> Member:
    """Make `email` a member of the current tenant with the role of that key; the user is created when new.

    A user that exists keeps their password: one person may belong to several tenants.
    """
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name)
    return Member.objects.create(user=user, role=Role.objects.get(key=role), team=team, name=name, title=title)


def create_api_key(
    *,
    name: str,
    scopes: Iterable[KeyScope],
    by: Member | None,
    expires_at: dt.datetime | None = None,
    rotates: ApiKey | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is shown this once. Two live keys may overlap while one replaces the other."""
    secret = f"cs_live_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        name=name,
        prefix=secret[:14],
        key_hash=key_digest(secret),
        scopes=[str(scope) for scope in scopes],
        created_by=by,
        expires_at=expires_at,
        rotates=rotates,
    )
    return key, secret


def revoke_api_key(*, key: ApiKey, by: Member) -> ApiKey:
    """End a key at once."""
    key.revoked_at = key.revoked_at or timezone.now()
    key.save(update_fields=["revoked_at"])
    return key
