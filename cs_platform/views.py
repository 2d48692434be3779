"""Pages that belong to no floor: the front door, the palette, health of the service."""

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import selectors
from accounts.models import Account, Tenant
from cs_platform.frame import NAVIGATION
from cs_platform.kernel import queue
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page


@login_required
def front(request: TenantRequest) -> HttpResponse:
    """Where a person goes after signing in: the company they were in last, or the choice of theirs."""
    mine = selectors.memberships(request.user.pk)
    last = next((m for m in mine if m.tenant.slug == request.user.last_tenant), None)
    if last is None and len(mine) == 1:
        last = mine[0]
    return redirect("home", last.tenant.slug) if last else redirect("tenants")


@login_required
def tenants(request: TenantRequest) -> HttpResponse:
    """The companies of the signed-in person."""
    return render(request, "companies.html", {"memberships": selectors.memberships(request.user.pk)})


@requires(Permission.VIEW_HOME)
def home(request: TenantRequest) -> HttpResponse:
    """The first page of the member's role (DSH-01 to DSH-03, ROL-01)."""
    if request.user.last_tenant != request.tenant.slug:
        request.user.last_tenant = request.tenant.slug
        request.user.save(update_fields=["last_tenant"])
    if may(request, Permission.IMPORT_DATA) and not Account.objects.exists():
        return redirect("imports", request.tenant.slug)  # an empty company begins with its first steps
    return redirect(request.member.role.home, request.tenant.slug)


@requires(Permission.VIEW_HOME)
def palette(request: TenantRequest) -> HttpResponse:
    """⌘K: accounts by name, those that became a part of another by their old one, and the pages that the role may open,
    from the registry of the navigation."""
    text = request.GET.get("q", "").replace("\x00", "").strip()
    pages = [
        {"label": p.label, "url": reverse(p.name, args=[request.tenant.slug]), "icon": p.icon}
        for _group, entries in NAVIGATION
        for entry in entries
        for p in entry.row
        if p.is_open(request) and text.lower() in str(p.label).lower()
    ]
    accounts: list[dict[str, Any]] = []
    if text and may(request, Permission.VIEW_ACCOUNTS):
        found = Account.objects.visible_to(request.member).named_like(text).select_related("segment", "merged_into")
        accounts = [
            {
                "label": a.name,
                "url": reverse("account", args=[request.tenant.slug, a.id]),
                "icon": "building-2",
                "hint": _("part of %(name)s now") % {"name": a.merged_into.name}
                if a.merged_into
                else a.segment.name
                if a.segment
                else "",
            }
            for a in found.order_by("-mrr_minor", "id")[:8]
        ]
    groups = [{"label": _("Accounts"), "items": accounts}, {"label": _("Pages"), "items": pages}]
    found_groups = [group for group in groups if group["items"]]
    return page(request, "frame/palette_results.html", {"groups": found_groups, "q": text})


def healthz(request: TenantRequest) -> HttpResponse:
    """Alive: answers without touching the database."""
    return JsonResponse({"status": "ok"})


@transaction.non_atomic_requests
def readyz(request: TenantRequest) -> HttpResponse:
    """Ready: the database answers and its schema is the code's; with ingest lag and the age of the oldest night."""
    checks: dict[str, Any] = {"status": "ok", "database": "ok", "schema": "current"}
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            checks |= {"status": "unavailable", "schema": "behind"}
        waiting = queue.oldest_waiting()
        checks["ingest_lag_seconds"] = round((timezone.now() - waiting).total_seconds()) if waiting else 0
        done = [t.night_done_on for t in Tenant.objects.filter(data_until=None) if t.night_done_on]
        checks["last_nightly_age_days"] = (dt.datetime.now(dt.UTC).date() - min(done)).days if done else None
    except DatabaseError:
        checks = {"status": "unavailable", "database": "away"}
    return JsonResponse(checks, status=200 if checks["status"] == "ok" else 503)
