"""Members, invitations and roles (ROL-01)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST

from accounts import invitations, people
from accounts.enums import Status
from accounts.models import Account, Invitation, Member, Role
from accounts.settings_forms import InvitationForm, MemberForm, RoleForm
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, Scope, TenantRequest, may, requires
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.models import Work
from cs_platform.kernel.templatetags.cells import moment_text, number_text

MANAGE = Permission.MANAGE_MEMBERS
# The groups of the matrix, in the order of the work: look, change, set up.
MATRIX = list(Permission)


def _person(request: TenantRequest, member: Member) -> dict[str, Any]:
    return {
        "url": url(request, "members_edit", member.id),
        "name": member.name,
        "email": member.user.email,
        "title": member.title,
        "role": member.role.name,
        "team": member.team.name if member.team else "–",
        "seen": moment_text(member.user.last_login) if member.user.last_login else _("Never"),
        "active": member.is_active,
        "me": member.id == request.member.id,
    }


def _invited(request: TenantRequest, invitation: Invitation, mails: dict[str, Work]) -> dict[str, Any]:
    mail = mails.get(str(invitation.id))
    expired = invitation.expires_at <= timezone.now()
    if expired:
        state, tone = _("Ran out"), "risk"
    elif mail and mail.error:
        state, tone = _("E-mail failed"), "risk"
    elif mail:
        state, tone = _("E-mail on its way"), "line"
    else:
        state, tone = _("Sent"), "good"
    return {
        "email": invitation.email,
        "role": invitation.role.name,
        "until": moment_text(invitation.expires_at),
        "inviter": invitation.invited_by.name if invitation.invited_by else "–",
        "state": state,
        "tone": tone,
        "problem": mail.error if mail else "",
        "resend_url": url(request, "invitation_resend", invitation.id),
        "revoke_url": url(request, "invitation_revoke", invitation.id),
    }


@requires(MANAGE)
def show_members(request: TenantRequest) -> HttpResponse:
    """Who belongs to the company, and who is invited; the form invites another."""
    form = InvitationForm(request.POST or None)

    def invite(data: dict[str, Any]) -> None:
        invitations.invite_member(**data, by=request.member)

    if request.method == "POST" and accepted(form, invite):
        messages.success(request, _("The invitation is on its way to %(email)s.") % form.cleaned_data)
        return redirect(url(request, "members"))
    members = Member.objects.select_related("user", "role", "team").order_by("-is_active", "name", "id")
    mails = {work.key: work for work in Work.objects.filter(name=invitations.WORK)}
    invited = invitations.open_invitations().select_related("role", "invited_by")
    context = {
        "form": form,
        "people": [_person(request, member) for member in members],
        "invited": [_invited(request, invitation, mails) for invitation in invited],
    }
    return section_page(request, "members", "settings/members.html", context, status=422 if form.is_bound else 200)


@requires(MANAGE)
def edit_member(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Role, team and title of a member; closing the company to them, and opening it again."""
    member: Member = get_object_or_404(Member.objects.select_related("user"), id=member_id)
    form = MemberForm(request.POST or None, instance=member)

    def save(data: dict[str, Any]) -> None:
        people.change_member(member=member, **data, by=request.member)

    if request.method == "POST" and accepted(form, save):
        messages.success(request, _("Saved."))
        return redirect(url(request, "members"))
    context = {
        "title": member.name,
        "form": form,
        "person": member,
        "back": url(request, "members"),
        "left": _left_behind(request, member),
    }
    status = 422 if form.is_bound else 200
    return section_page(request, "members", "settings/member.html", context, pieces=("drawer-body",), status=status)


@requires(MANAGE)
@require_POST
def switch_member(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Close the company to a member, or open it again: `active` is "yes" or "no"."""
    member: Member = get_object_or_404(Member.objects, id=member_id)
    if request.POST.get("active") == "yes":
        people.reactivate_member(member=member, by=request.member)
        messages.success(request, _("%(name)s may sign in again.") % {"name": member.name})
    else:
        people.deactivate_member(member=member, by=request.member)
        messages.success(request, _("%(name)s has no access any more.") % {"name": member.name})
        if left := _left_behind(request, member):
            messages.warning(request, left["text"])
            if left["url"]:
                return redirect(left["url"])
    return redirect(url(request, "members"))


def _left_behind(request: TenantRequest, member: Member) -> dict[str, str] | None:
    """The customers of a member, who must not stay with a silent owner (ROL-02): {text, url of the reassignment, "" for
    who may not reassign}; None without any."""
    count = Account.objects.filter(owner=member, merged_into=None).exclude(status=Status.CHURNED).count()
    if not count:
        return None
    text = ngettext(
        "%(name)s looks after %(n)s customer: pass it on.", "%(name)s looks after %(n)s customers: pass them on.", count
    )
    leads = may(request, Permission.EDIT_ACCOUNTS) and request.member.role.scope != Scope.OWN
    address = f"{reverse('reassign', args=[request.tenant.slug])}?from={member.id}" if leads else ""
    return {"text": text % {"name": member.name, "n": number_text(count, 0)}, "url": address}


@requires(MANAGE)
@require_POST
def resend_invitation(request: TenantRequest, invitation_id: UUID) -> HttpResponse:
    """Another e-mail with another link."""
    invitation = get_object_or_404(invitations.open_invitations(), id=invitation_id)
    invitations.resend_invitation(invitation=invitation, by=request.member)
    messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": invitation.email})
    return redirect(url(request, "members"))


@requires(MANAGE)
@require_POST
def revoke_invitation(request: TenantRequest, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    invitation = get_object_or_404(invitations.open_invitations(), id=invitation_id)
    invitations.revoke_invitation(invitation=invitation, by=request.member)
    messages.success(request, _("The invitation of %(email)s is withdrawn.") % {"email": invitation.email})
    return redirect(url(request, "members"))


def _grants(request: TenantRequest, roles: list[Role]) -> dict[UUID, people.Grant]:
    """The matrix as it was sent; what is not known is left out, a missing scope or home stays as it is."""
    known = {str(permission) for permission in Permission}
    grants = {}
    for role in roles:
        scope = request.POST.get(f"scope-{role.id}", role.scope)
        home = request.POST.get(f"home-{role.id}", role.home)
        grants[role.id] = people.Grant(
            permissions=[p for p in request.POST.getlist(f"may-{role.id}") if p in known],
            scope=Scope(scope) if scope in Scope.values else Scope(role.scope),
            home=home if home in people.HOMES else role.home,
        )
    return grants


@requires(MANAGE)
def show_roles(request: TenantRequest) -> HttpResponse:
    """The matrix: what each role may do, which accounts it sees, where it begins."""
    roles = list(Role.objects.all())
    if request.method == "POST":
        people.set_grants(grants=_grants(request, roles), by=request.member)
        messages.success(request, _("Saved."))
        return redirect(url(request, "roles"))
    homes = {
        "today": _("Today"),
        "week": _("Week"),
        "board": _("Board"),
        "accounts": _("Accounts"),
        "imports": _("Data"),
        "runs": _("Runs"),
    }
    kept = {(people.ADMIN, Permission.MANAGE_MEMBERS)}
    rows = [
        {
            "label": permission.label,
            "value": permission.value,
            "cells": [
                {
                    "role": role,
                    "on": permission in role.permissions,
                    "fixed": permission == Permission.VIEW_HOME or (role.key, permission) in kept,
                }
                for role in roles
            ],
        }
        for permission in MATRIX
    ]
    used = set(Member.objects.values_list("role_id", flat=True))
    context = {
        "roles": roles,
        "rows": rows,
        "scopes": [
            ("all", pgettext("sees", "All")),
            ("team", pgettext("sees", "Team")),
            ("own", pgettext("sees", "Own")),
        ],
        "homes": homes,
        "form": RoleForm(),
        "unused": [
            {"name": role.name, "url": url(request, "roles_remove", role.id)}
            for role in roles
            if role.id not in used and role.key != people.ADMIN
        ],
        "add_url": url(request, "roles_add"),
    }
    return section_page(request, "roles", "settings/roles.html", context)


@requires(MANAGE)
def add_role(request: TenantRequest) -> HttpResponse:
    """A role of the company's own, as a copy of one that stands."""
    form = RoleForm(request.POST or None)
    if request.method == "POST" and accepted(form, lambda data: people.add_role(**data, by=request.member)):
        messages.success(request, _("Saved."))
        return redirect(url(request, "roles"))
    context = {"title": _("Add role"), "form": form, "back": url(request, "roles")}
    status = 422 if form.is_bound else 200
    return section_page(request, "roles", "settings/edit.html", context, pieces=("drawer-body",), status=status)


@requires(MANAGE)
@require_POST
def remove_role(request: TenantRequest, role_id: UUID) -> HttpResponse:
    """Delete a role that nobody has."""
    people.remove_role(role=get_object_or_404(Role.objects, id=role_id), by=request.member)
    messages.success(request, _("Deleted."))
    return redirect(url(request, "roles"))
