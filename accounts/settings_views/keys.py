"""API keys: made, rotated, revoked; the secret is shown once, in the answer that makes it."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import services
from accounts.enums import KeyScope
from accounts.models import ApiKey
from accounts.settings_forms import KeyForm
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.templatetags.cells import moment_text


def _is_live(key: ApiKey) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > timezone.now())


def _row(request: TenantRequest, key: ApiKey) -> dict[str, Any]:
    live = _is_live(key)
    if key.revoked_at:
        state = _("Revoked %(when)s") % {"when": moment_text(key.revoked_at)}
    elif not live:
        state = _("Ran out %(when)s") % {"when": moment_text(key.expires_at)}
    elif key.expires_at:
        state = _("Live until %(when)s") % {"when": moment_text(key.expires_at)}
    else:
        state = _("Live")
    return {
        "name": key.name,
        "prefix": f"{key.prefix}…",
        "scopes": ", ".join(str(KeyScope(scope).label) for scope in key.scopes),
        "used": moment_text(key.last_used_at) if key.last_used_at else _("Never"),
        "made": moment_text(key.created_at),
        "by": key.created_by.name if key.created_by else "–",
        "state": state,
        "live": live,
        "rotates": key.rotates.prefix if key.rotates else "",
        "rotate_url": url(request, "keys_rotate", key.id),
        "revoke_url": url(request, "keys_revoke", key.id),
    }


def _keys_page(request: TenantRequest, form: KeyForm, *, secret: str = "", status: int = 200) -> HttpResponse:
    keys = ApiKey.objects.select_related("created_by", "rotates")
    rows = sorted((_row(request, key) for key in keys), key=lambda row: not row["live"])
    context = {"form": form, "rows": rows, "secret": secret}
    return section_page(request, "keys", "settings/keys.html", context, pieces=("keys",), status=status)


@requires(Permission.MANAGE_KEYS)
def show_keys(request: TenantRequest) -> HttpResponse:
    """The keys with their last use. A POST makes one: its answer is the only place that ever holds the secret."""
    form = KeyForm(request.POST or None)
    made: list[str] = []

    def create(data: dict[str, Any]) -> None:
        day: dt.date | None = data["expires_on"]
        end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), request.tenant.zone) if day else None
        scopes = [KeyScope(scope) for scope in data["scopes"]]
        made.append(services.create_api_key(name=data["name"], scopes=scopes, by=request.member, expires_at=end)[1])

    if request.method == "POST" and accepted(form, create):
        return _keys_page(request, KeyForm(), secret=made[0], status=201)
    return _keys_page(request, form, status=422 if form.is_bound else 200)


@requires(Permission.MANAGE_KEYS)
@require_POST
def rotate_key(request: TenantRequest, key_id: UUID) -> HttpResponse:
    """A second live key with the same name and scopes; the first one works until it is revoked."""
    key = get_object_or_404(ApiKey.objects.select_for_update(), id=key_id)
    if not _is_live(key):
        raise DomainError(_("This key has ended; make a new one."), code="key_ended")
    _new, secret = services.create_api_key(
        name=key.name,
        scopes=[KeyScope(scope) for scope in key.scopes],
        by=request.member,
        expires_at=key.expires_at,
        rotates=key,
    )
    return _keys_page(request, KeyForm(), secret=secret, status=201)


@requires(Permission.MANAGE_KEYS)
@require_POST
def revoke_key(request: TenantRequest, key_id: UUID) -> HttpResponse:
    """End a key at once."""
    key: ApiKey = get_object_or_404(ApiKey.objects, id=key_id)
    services.revoke_api_key(key=key, by=request.member)
    messages.success(request, _("The key %(name)s is revoked.") % {"name": key.name})
    return redirect(url(request, "keys"))
