"""Settings: the bands that metrics are judged by (MET-02 to MET-04, MET-16)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.enums import Profile
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from metrics.catalogue import of
from metrics.enums import Metric
from metrics.figures import bands as band_rules
from metrics.figures.bands import BANDED, DEFAULT_BANDS, bands_for_all, replace_bands, reset_bands
from metrics.showing import cells
from metrics.showing.forms import BandsForm


@requires(Permission.MANAGE_SETTINGS)
def bands(request: TenantRequest) -> HttpResponse:
    """All metrics that have bands, with what is good and what is not."""
    every = bands_for_all()
    rows = [
        {
            "name": Metric(metric).label,
            "url": url(request, "bands_metric", metric),
            "pills": [cells.pill(metric, band) for band in every.get(metric, ())],
            "own": every.get(metric) is not DEFAULT_BANDS[metric],
        }
        for metric in BANDED
    ]
    first_value = [
        {"name": profile.label, "pills": [cells.pill(Metric.TTV, band) for band in band_rules.ttv_bands(profile)]}
        for profile in Profile
    ]
    return section_page(request, "bands", "metrics/bands.html", {"rows": rows, "first_value": first_value})


@requires(Permission.MANAGE_SETTINGS)
def metric_bands(request: TenantRequest, metric: str) -> HttpResponse:
    """The bands of one metric as a form; what no band holds is named."""
    if metric not in BANDED:
        raise Http404
    known = bands_for_all()[metric]
    if request.method == "POST" and "reset" in request.POST:
        reset_bands(metric=metric, by=request.member)
        messages.success(request, _("Back to the bands that Setia brings along."))
        return redirect(url(request, "bands"))
    form = BandsForm(request.POST if request.method == "POST" else None, bands=known)
    if form.is_bound and form.is_valid():
        found, places = form.bands(known)
        try:
            replace_bands(metric=metric, bands=found, by=request.member)
        except DomainError as error:
            for field, text in error.fields.items():
                column, row = field.split("-")
                form.add_error(f"{column}-{places[int(row)] if places else 0}", text)
        else:
            messages.success(request, _("Saved."))
            return redirect(url(request, "bands"))
    context: dict[str, Any] = {
        "title": Metric(metric).label,
        "form": form,
        "rows": form.rows(),
        "own": known is not DEFAULT_BANDS[metric],
        "holes": [_hole(metric, *ends) for ends in band_rules.holes(known)],
        "less": metric in band_rules.MORE_THAN,
        "unit": of(metric).unit.label,
        "back": url(request, "bands"),
    }
    return section_page(request, "bands", "metrics/bands_edit.html", context, status=422 if form.is_bound else 200)


def _hole(metric: str, lower: Any, upper: Any) -> str:
    """A range that no band holds, as the edges of a band are written."""
    return cells.range_text(metric, band_rules.Band("", "", lower, upper))
