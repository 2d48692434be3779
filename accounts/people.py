"""Verbs on the people of a tenant: who they are, what they may do, and that somebody can always change it (ROL-01)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Invitation, Member, Role, Team, User
from accounts.selectors import memberships
from cs_platform.kernel.access import Permission, Scope
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.tenancy import tenant_context

ADMIN = "admin"
# What a role must be allowed to land on its first page (the name of the page: the permission that opens it).
HOMES: dict[str, Permission] = {
    "today": Permission.VIEW_HOME,
    "week": Permission.VIEW_WEEK,
    "board": Permission.VIEW_BOARD,
    "accounts": Permission.VIEW_ACCOUNTS,
    "imports": Permission.IMPORT_DATA,
    "runs": Permission.VIEW_RUNS,
}


@contextmanager
def _someone_still_manages() -> Iterator[None]:
    """Refuse a change after which nobody could invite people. Two who demote each other at once wait in line here."""
    with transaction.atomic():
        list(Role.objects.select_for_update().order_by("id").values_list("id", flat=True))
        yield
        holders = Member.objects.filter(is_active=True, role__permissions__contains=[str(Permission.MANAGE_MEMBERS)])
        if not holders.exists():
            message = _("Somebody has to be able to manage members. Give another person that role first.")
            raise DomainError(message, code="last_admin", fields={"role": message})


def change_member(*, member: Member, role: Role, team: Team | None, title: str, by: Member) -> Member:
    """Give a member another role, team or title; never the last who may manage members (DomainError on `role`)."""
    with _someone_still_manages():
        member.role, member.team, member.title = role, team, title
        member.save(update_fields=["role", "team", "title"])
    return member


def deactivate_member(*, member: Member, by: Member) -> Member:
    """Close the tenant to a member at once. Their sessions end unless another company still needs them."""
    with _someone_still_manages():
        member.is_active = False
        member.save(update_fields=["is_active"])
        if not memberships(member.user_id):
            for session in UserSession.objects.filter(user_id=member.user_id):
                session.end()
    return member


@transaction.atomic
def reactivate_member(*, member: Member, by: Member) -> Member:
    """Let a member in again, with the role they had."""
    member.is_active = True
    member.save(update_fields=["is_active"])
    return member


@dataclass(frozen=True)
class Grant:
    """What a role shall be allowed, how far it shall see, and where it begins."""

    permissions: Sequence[str]
    scope: Scope
    home: str


@transaction.atomic
def set_grants(*, grants: Mapping[UUID, Grant], by: Member) -> None:
    """Write the matrix of roles. Every role can open its home; administrators keep the right to manage members."""
    with _someone_still_manages():
        for role in Role.objects.all():
            if role.id not in grants:
                continue
            grant = grants[role.id]
            wished = {str(Permission.VIEW_HOME), *grant.permissions}
            if role.key == ADMIN:
                wished.add(str(Permission.MANAGE_MEMBERS))
            if str(HOMES[grant.home]) not in wished:
                message = _("The first page of “%(role)s” is one that it may not open.") % {"role": role.name}
                raise DomainError(message, code="home_closed")
            if (set(role.permissions), role.scope, role.home) == (wished, grant.scope, grant.home):
                continue
            role.permissions = [str(p) for p in Permission if str(p) in wished]
            role.scope, role.home = grant.scope, grant.home
            role.save(update_fields=["permissions", "scope", "home"])


@transaction.atomic
def add_role(*, name: str, like: Role, by: Member) -> Role:
    """A new role that begins as a copy of `like`; DomainError on `name` when one is called so."""
    key = slugify(name)[:40] or "role"
    if Role.objects.filter(key=key).exists():
        message = _("There is a role of that name.")
        raise DomainError(message, code="taken", fields={"name": message})
    last = Role.objects.order_by("-position").values_list("position", flat=True).first() or 0
    return Role.objects.create(
        key=key, name=name, permissions=like.permissions, scope=like.scope, home=like.home, position=last + 1
    )


@transaction.atomic
def remove_role(*, role: Role, by: Member) -> None:
    """Delete a role that nobody has and nobody was invited to."""
    if role.key == ADMIN or role.members.exists() or Invitation.objects.filter(role=role, accepted_at=None).exists():
        message = _("“%(role)s” stays: people have this role, or were invited to it.") % {"role": role.name}
        raise DomainError(message, code="in_use")
    role.delete()


def rename_user(*, user: User, name: str) -> None:
    """A person's name, also as each of their companies shows it. Outside of any tenant."""
    user.name = name
    user.save(update_fields=["name"])
    for member in memberships(user.id):
        with tenant_context(member.tenant_id, actor=name):
            Member.objects.filter(id=member.id).exclude(name=name).update(name=name)
