"""The audit log: who changed what, from what to what."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.audit_trail import TABLES, read
from accounts.models import Member
from accounts.settings_sections import section_page
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.models import AuditEntry

PAGE_SIZE = 50


def _filters(request: TenantRequest) -> dict[str, str]:
    """The filters of the query string that mean something: table, person, day."""
    found = {name: request.GET.get(name, "").strip()[:200] for name in ("table", "person", "day")}
    if found["table"] not in TABLES:
        found["table"] = ""
    try:
        dt.date.fromisoformat(found["day"]) + dt.timedelta(days=2)  # the day after must exist in each zone
    except (ValueError, OverflowError):
        found["day"] = ""
    return {name: value for name, value in found.items() if value and value.isprintable()}


def _cursor(request: TenantRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


@requires(Permission.VIEW_AUDIT)
def show_audit(request: TenantRequest) -> HttpResponse:
    """Entries, newest first. Ids are time-ordered, so the page goes on by the id alone."""
    filters = _filters(request)
    entries = AuditEntry.objects.all()
    if "table" in filters:
        entries = entries.filter(table=filters["table"])
    if "person" in filters:
        entries = entries.filter(actor=filters["person"])
    if "day" in filters:
        begin = dt.datetime.combine(dt.date.fromisoformat(filters["day"]), dt.time(), request.tenant.zone)
        entries = entries.filter(at__gte=begin, at__lt=begin + dt.timedelta(days=1))
    older, newer = _cursor(request, "older"), _cursor(request, "newer")
    if newer:
        found = list(entries.filter(id__gt=newer).order_by("id")[: PAGE_SIZE + 1])
        more_newer, more_older = len(found) > PAGE_SIZE, True
        found = found[:PAGE_SIZE][::-1]
    else:
        rows = entries.filter(id__lt=older) if older else entries
        found = list(rows.order_by("-id")[: PAGE_SIZE + 1])
        more_newer, more_older = older is not None, len(found) > PAGE_SIZE
        found = found[:PAGE_SIZE]

    def turn(**cursor: Any) -> str:
        return f"{request.path}?{urlencode(filters | cursor)}"

    context = {
        "lines": read(found, request.tenant),
        "filters": filters,
        "tables": sorted(((name, str(label)) for name, label in TABLES.items()), key=lambda pair: pair[1]),
        "people": Member.objects.values_list("name", flat=True),
        "foot": {
            "shown": _("Newest first"),
            "previous_url": turn(newer=found[0].id) if found and more_newer else "",
            "next_url": turn(older=found[-1].id) if found and more_older else "",
        },
    }
    return section_page(request, "audit", "settings/audit.html", context, pieces=("entries",))
