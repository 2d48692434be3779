"""Settings: when the renewals of a segment open, and which steps they take (REN-01, REN-02)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Segment
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.forms import accepted
from renewals import services
from renewals.cells_marks import days_word
from renewals.cells_quotes import flow_text
from renewals.enums import Step
from renewals.flows import flow_of, own_flows
from renewals.forms import RunwayForm
from renewals.models import Runway
from renewals.runway import days_of, own_runways, runway_of, steps_of

SECTION = "runways"


@requires(Permission.MANAGE_JOURNEY)
def runways(request: TenantRequest) -> HttpResponse:
    """The runway of each segment: its profile's, or the company's own."""
    own, flows = own_runways(), own_flows()
    rows = []
    for segment in Segment.objects.order_by("position", "name"):
        found = runway_of(segment.id, segment.profile, own)
        days = days_of(found)
        rows.append(
            {
                "name": segment.name,
                "profile": segment.get_profile_display(),
                "days": ngettext("%(n)s day", "%(n)s days", days) % {"n": days},
                "own": isinstance(found, Runway),
                "steps": [f"{Step(plan.step).label} {days_word(plan.days)}" for plan in steps_of(found)],
                "url": url(request, "runway", segment.id),
                "flow": flow_text(flow_of(segment, flows)),
                "flow_url": url(request, "flow", segment.id),
            }
        )
    return section_page(
        request, SECTION, "renewals/settings_runways.html", {"rows": rows, "effort_url": url(request, "effort")}
    )


@requires(Permission.MANAGE_JOURNEY)
def runway(request: TenantRequest, segment_id: UUID) -> HttpResponse:
    """Change the runway of a segment, or go back to that of its profile. Open renewals keep the steps they have."""
    segment = get_object_or_404(Segment, id=segment_id)
    own = own_runways()
    found = runway_of(segment.id, segment.profile, own)
    mine = own.get(segment.id)
    form = RunwayForm(
        request.POST if request.method == "POST" else None,
        version=mine.version if mine else 0,
        own=True,
        days=days_of(found),
        steps=steps_of(found),
    )

    def save(data: dict[str, Any]) -> None:
        services.set_runway(
            segment=segment, days=data["days"] if data["own"] else None, steps=form.steps(),
            version=data["version"] or 0, by=request.member,
        )  # fmt: skip

    if request.method == "POST" and accepted(form, save):
        messages.success(request, _("Saved."))
        return redirect(url(request, SECTION))
    context = {
        "title": _("Runway of %(segment)s") % {"segment": segment.name},
        "form": form,
        "back": url(request, SECTION),
    }
    status = 422 if form.is_bound else 200
    return section_page(request, SECTION, "settings/edit.html", context, pieces=("drawer-body",), status=status)
