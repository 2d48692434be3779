"""Insights, Scenario: what keeping customers is worth (VAL-04). All of its state stands in the address."""

from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qsl
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.forms import SavedViewForm
from accounts.models import Tenant
from accounts.saved_views import delete_view, own_view, save_view, views_for
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.money import from_minor, whole_minor
from metrics import formulas
from metrics.figures import questions
from metrics.insights import acquisition, scenario_cells
from metrics.insights.scenario import FIELDS, Inputs, read, run

PAGE = "scenario"
FACTS = {"customers", "acv", "cac", "kept_with", "growth", "margin"}


def ours(tenant: Tenant) -> dict[str, Decimal]:
    """The company's own figures as inputs, of its last complete month: customers, contract value, acquisition cost, GRR,
    what the survivors grew (NRR ÷ GRR − 1), the margin; what is not known is left out. Two queries."""
    found = acquisition.figures(questions.ask(as_of=tenant.figures_as_of))
    year, known = found.year, {"margin": found.margin}
    if year.closing_customers:
        known["customers"] = Decimal(year.closing_customers)
    for name, minor in (("acv", found.arpa), ("cac", found.cac)):
        if minor is not None:
            known[name] = from_minor(whole_minor(minor), tenant.currency)
    nrr, grr = formulas.nrr(year), formulas.grr(year)
    if nrr is not None and grr:
        known["kept_with"] = _share(grr)
        known["growth"] = _share(nrr / grr - 1)
    return known


def _share(value: Decimal) -> Decimal:
    """A fraction as the form takes it, in hundredths of a percent."""
    return value.quantize(Decimal("0.0001"))


@requires(Permission.VIEW_BOARD)
def scenario(request: TenantRequest) -> HttpResponse:
    """Inputs and what follows from them. `ours` fills them in from the company's figures, `compare` names a saved one."""
    tenant = request.tenant
    here = reverse("scenario", args=[tenant.slug])
    if request.GET.get("ours"):
        found = ours(tenant)
        inputs = replace(Inputs(), **_within(found))
        if not (found.keys() - {"margin"}):
            messages.warning(request, _("There are no figures yet: the example stays."))
        return redirect(f"{here}?{inputs.query()}")
    inputs, problems = read(request.GET.dict())
    views = list(views_for(request.member, PAGE).select_related("member"))
    other = next((each for each in views if each.id == uuid_of(request.GET.get("compare", ""))), None)
    told = run(inputs)
    beside = run(read(dict(parse_qsl(other.query)))[0]) if other else None
    context = scenario_cells.results(told, beside, other.name if other else "", tenant.currency) | {
        "fields": scenario_cells.fields(inputs, problems, request.GET, tenant.currency),
        "problems": [f"{FIELDS[name].label}: {text}" for name, text in problems.items()],
        "url": here,
        "ours_url": f"{here}?ours=1",
        "share_url": request.build_absolute_uri(f"{here}?{inputs.query()}"),
        "views": [
            {
                "id": view.id,
                "name": view.name,
                "url": f"{here}?{view.query}",
                "compare_url": f"{here}?{inputs.query()}&compare={view.id}",
                "compared": other is not None and view.id == other.id,
                "mine": view.member_id == request.member.id,
                "by": view.member.name,
                "delete_url": reverse("scenario_delete", args=[tenant.slug, view.id]),
            }
            for view in views
        ],
        "apart_url": f"{here}?{inputs.query()}" if other else "",
        "save_form": SavedViewForm(initial={"query": inputs.query()}),
        "save_url": reverse("scenario_save", args=[tenant.slug]),
        "api_url": f"/api/v1/scenario?{inputs.query()}",
        "compare_id": other.id if other else "",
    }
    return page(request, "metrics/scenario.html", context, pieces=("scenario-results",))


def _within(found: dict[str, Decimal]) -> dict[str, Decimal]:
    """Own figures that the calculator can take: what lies outside of its limits is brought to them."""
    return {
        name: min(max(value, about.low / scale), about.high / scale)
        for name, value in found.items()
        for about in (FIELDS[name],)
        for scale in (100 if about.percent else 1,)
    }


@requires(Permission.VIEW_BOARD)
@require_POST
def save(request: TenantRequest) -> HttpResponse:
    """Keep the inputs under a name, for oneself or for everybody."""
    here = reverse("scenario", args=[request.tenant.slug])
    form = SavedViewForm(request.POST)
    inputs, _problems = read(dict(parse_qsl(request.POST.get("query", ""))))
    if form.is_valid():
        try:
            save_view(
                by=request.member,
                page=PAGE,
                name=form.cleaned_data["name"],
                query=inputs.query(),
                shared=form.cleaned_data["shared"],
            )
            messages.success(request, _("The scenario “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        except DomainError as error:
            messages.error(request, error.message)
    else:
        messages.error(request, " ".join(str(text) for found in form.errors.values() for text in found))
    return redirect(f"{here}?{inputs.query()}")


@requires(Permission.VIEW_BOARD)
@require_POST
def delete(request: TenantRequest, view_id: UUID) -> HttpResponse:
    """Take away one of one's own scenarios."""
    view = own_view(request.member, PAGE, view_id)
    delete_view(view=view, by=request.member)
    messages.success(request, _("The scenario “%(name)s” is deleted.") % {"name": view.name})
    return redirect("scenario", request.tenant.slug)
