"""All proposals to go back that wait for the member's answer (JRN-24); the inbox shows the first of them."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import Latest
from journey.stages import inbox

SHOWN = 100


@requires(Permission.VIEW_ACCOUNTS)
def decisions(request: TenantRequest) -> HttpResponse:
    """The latest first; each leads to the journey of its account, where it is answered."""
    found = Latest.parse(request.GET).page_of(inbox.with_fact(inbox.waiting(request.member)), SHOWN)
    context = {
        "rows": [inbox.line(request, row) for row in found.rows],
        "foot": {"shown": _("Newest first"), **found.turns(request.path)},
    }
    return page(request, "journey/decisions.html", context)
