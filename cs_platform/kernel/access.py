"""Access: what a role may open (`@requires`) and how far it may look (`Scope`). Roles are rows of a tenant (ROL-01)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from cs_platform.kernel.errors import NotAllowed


class Permission(models.TextChoices):
    """Everything a role can be allowed. A view names exactly one."""

    VIEW_HOME = "home.view", _("Open Today, Inbox and the search")
    VIEW_WEEK = "week.view", _("Read the weekly view")
    VIEW_BOARD = "board.view", _("Read the board and its metrics")
    EDIT_BOARD = "board.edit", _("Set targets, write notes for the board and send it")
    CLOSE_MONTHS = "months.close", _("Close months, restate them and reconcile them with billing")
    VIEW_ACCOUNTS = "accounts.view", _("Read accounts")
    EDIT_ACCOUNTS = "accounts.edit", _("Change accounts, people and events")
    MANAGE_HEALTH = "health.edit", _("Change health models and alert rules")
    MANAGE_JOURNEY = "journey.edit", _("Change stages, plan templates and playbooks")
    CLOSE_DEALS = "deals.close", _("Close renewals and win expansion deals")
    EDIT_REVENUE = "revenue.edit", _("Change subscriptions and exchange rates")
    IMPORT_DATA = "data.import", _("Import files")
    VIEW_RUNS = "runs.view", _("Read runs and run them again")
    MANAGE_SETTINGS = "settings.edit", _("Change the settings of the company")
    MANAGE_MEMBERS = "members.edit", _("Invite people and change roles")
    MANAGE_KEYS = "keys.edit", _("Make and revoke API keys")
    VIEW_AUDIT = "audit.view", _("Read the audit trail")


class Scope(models.TextChoices):
    """Which accounts a member sees."""

    ALL = "all", _("All accounts")
    TEAM = "team", _("The team's accounts and those without an owner")
    OWN = "own", _("Own accounts")


class TenantRequest(HttpRequest):
    """A request below /t/: the middleware has found its tenant and member. The kernel knows no app, so their types
    are those of the accounts floor in all but name."""

    tenant: Any
    member: Any
    htmx: Any
    user: Any


class HasPermissions(Protocol):
    """What `@requires` needs of a member."""

    def may(self, permission: Permission) -> bool: ...


View = Callable[..., HttpResponse]


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare the one permission that opens a tenant page. A view below /t/ without it is refused (deny by default)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            member: HasPermissions | None = getattr(request, "member", None)
            if member is None:
                raise Http404
            if not member.may(permission):
                raise NotAllowed(str(_("Your role does not include this.")))
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def may(request: HttpRequest, permission: Permission) -> bool:
    """Whether the member of this request has the permission; for what a page shows, never instead of `@requires`."""
    member: HasPermissions | None = getattr(request, "member", None)
    return member is not None and member.may(permission)
