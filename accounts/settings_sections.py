"""The settings: their sections in order, who may open which, and the page with the list of them at its side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cs_platform.kernel.access import Permission, TenantRequest, may
from cs_platform.kernel.htmx import page


@dataclass(frozen=True)
class Section:
    """A page of the settings; its URL is called `settings_<name>`."""

    name: str
    label: Any
    icon: str
    permission: Permission


# Lists, because floors above add sections and groups of their own.
FIGURES: list[Section] = [Section("rates", _("Exchange rates"), "repeat", Permission.EDIT_REVENUE)]
SECTIONS: list[tuple[Any, list[Section]]] = [
    (
        _("Company"),
        [
            Section("company", _("Company"), "building-2", Permission.MANAGE_SETTINGS),
            Section("calendar", _("Working hours"), "clock", Permission.MANAGE_SETTINGS),
            Section("holidays", _("Holidays"), "calendar", Permission.MANAGE_SETTINGS),
        ],
    ),
    (
        _("People"),
        [
            Section("members", _("Members"), "users", Permission.MANAGE_MEMBERS),
            Section("teams", _("Teams"), "share-2", Permission.MANAGE_MEMBERS),
            Section("absences", _("Absences"), "calendar", Permission.MANAGE_MEMBERS),
            Section("roles", _("Roles"), "shield-check", Permission.MANAGE_MEMBERS),
        ],
    ),
    (
        _("Catalogue"),
        [
            Section("segments", _("Segments"), "layers", Permission.MANAGE_SETTINGS),
            Section("products", _("Products"), "database", Permission.MANAGE_SETTINGS),
            Section("plans", _("Plans"), "list-checks", Permission.MANAGE_SETTINGS),
            Section("features", _("Features"), "star", Permission.MANAGE_SETTINGS),
            Section("churn_reasons", _("Churn reasons"), "list-checks", Permission.MANAGE_SETTINGS),
            Section("churn_rules", _("Churn rules"), "info", Permission.MANAGE_SETTINGS),
        ],
    ),
    (_("Figures"), FIGURES),
    (
        _("Control"),
        [
            Section("keys", _("API keys"), "key-round", Permission.MANAGE_KEYS),
            Section("webhooks", _("Webhooks"), "globe", Permission.MANAGE_KEYS),
            Section("audit", _("Audit log"), "history", Permission.VIEW_AUDIT),
        ],
    ),
]


def permissions() -> tuple[Permission, ...]:
    """Each of these opens at least one section."""
    return tuple(dict.fromkeys(section.permission for _label, group in SECTIONS for section in group))


def open_sections(request: TenantRequest) -> list[tuple[Any, list[Section]]]:
    """The groups and sections that the member may open; empty groups are left out."""
    groups = [(label, [s for s in group if may(request, s.permission)]) for label, group in SECTIONS]
    return [(label, group) for label, group in groups if group]


def url(request: TenantRequest, name: str, *args: Any) -> str:
    """Address of a settings page of this company."""
    return reverse(f"settings_{name}", args=[request.tenant.slug, *args])


def section_page(
    request: TenantRequest,
    section: str,
    template: str,
    context: Mapping[str, Any],
    *,
    pieces: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    """A page of the settings (its template extends settings/base.html), or a piece of it."""
    groups = []
    current = None
    for label, sections in open_sections(request):
        items = []
        for entry in sections:
            here = entry.name == section
            current = entry if here else current
            items.append({"label": entry.label, "icon": entry.icon, "url": url(request, entry.name), "current": here})
        groups.append({"label": label, "items": items})
    return page(request, template, {"groups": groups, "section": current, **context}, pieces=pieces, status=status)
