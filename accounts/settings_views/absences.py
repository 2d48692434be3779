"""Absences of everybody, for who manages members (ROL-02)."""

from django.http import HttpResponse

from accounts import absence_cells, absences
from accounts.absence_cells import SETTINGS
from accounts.settings_sections import section_page
from cs_platform.kernel.access import Permission, TenantRequest, requires


@requires(Permission.MANAGE_MEMBERS)
def show_absences(request: TenantRequest) -> HttpResponse:
    """Who is away, now and later, with who stands in."""
    found = list(absences.absences_for(request.member))
    return section_page(request, "absences", "settings/absences.html", absence_cells.rows(request, found, SETTINGS))
