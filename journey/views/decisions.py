"""All proposals to go back that wait for the member's answer (JRN-24); the inbox shows the first of them."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import page_number
from cs_platform.kernel.htmx import page
from journey.stages import inbox

SHOWN = 100


@requires(Permission.VIEW_ACCOUNTS)
def decisions(request: TenantRequest) -> HttpResponse:
    """The latest first; each leads to the journey of its account, where it is answered."""
    number = page_number(request)
    start = (number - 1) * SHOWN
    rows = inbox.waiting(request.member)[start : start + SHOWN + 1]
    found = inbox.lines(request, rows, SHOWN + 1)
    context = {
        "rows": found[:SHOWN],
        "foot": {
            "shown": _("Newest first"),
            "previous_url": f"{request.path}?page={number - 1}" if number > 1 else "",
            "next_url": f"{request.path}?page={number + 1}" if len(found) > SHOWN else "",
        },
    }
    return page(request, "journey/decisions.html", context)
