"""Settings: what the renewals of a segment do by themselves, and its policy for quotes (REN-07)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.models import Segment
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.forms import accepted
from renewals.flows import flow_of, own_flows, set_flow
from renewals.forms_quotes import FlowForm
from renewals.views.runways import SECTION


@requires(Permission.MANAGE_JOURNEY)
def flow(request: TenantRequest, segment_id: UUID) -> HttpResponse:
    """Whether a segment's quotes go out by themselves, and what they say."""
    segment = get_object_or_404(Segment, id=segment_id)
    found = flow_of(segment, own_flows())
    form = FlowForm(request.POST if request.method == "POST" else None, initial=FlowForm.values_of(found))

    def save(data: dict[str, Any]) -> None:
        values = {name: value for name, value in data.items() if name != "version"}
        set_flow(segment=segment, values=values, version=data["version"] or 0, by=request.member)

    if request.method == "POST" and accepted(form, save):
        messages.success(request, _("Saved."))
        return redirect(url(request, SECTION))
    context = {
        "title": _("Quotes of %(segment)s") % {"segment": segment.name},
        "form": form,
        "back": url(request, SECTION),
    }
    status = 422 if form.is_bound else 200
    return section_page(request, SECTION, "settings/edit.html", context, pieces=("drawer-body",), status=status)
