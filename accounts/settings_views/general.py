"""The company's own settings and its working hours."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import company
from accounts.models import BusinessHours, Tenant
from accounts.settings_forms import CompanyForm, HoursForm
from accounts.settings_sections import open_sections, section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import NotAllowed
from cs_platform.kernel.forms import accepted


@requires(Permission.VIEW_HOME)
def first(request: TenantRequest) -> HttpResponse:
    """The first section that the member may open."""
    sections = open_sections(request)
    if not sections:
        raise NotAllowed(_("Your role does not include this."))
    return redirect(url(request, sections[0][1][0].name))


@requires(Permission.MANAGE_SETTINGS)
def show_company(request: TenantRequest) -> HttpResponse:
    """Name, currency, calendar basis and margin of the company."""
    tenant = Tenant.objects.get(id=request.tenant.id)
    form = CompanyForm(request.POST or None, instance=tenant, currency_fixed=company.currency_is_fixed())

    def save(changes: dict) -> None:
        company.update_company(tenant=tenant, changes=changes, by=request.member)

    if request.method == "POST" and accepted(form, save):
        messages.success(request, _("Saved."))
        return redirect(url(request, "company"))
    return section_page(
        request, "company", "settings/company.html", {"form": form}, status=422 if form.is_bound else 200
    )


@requires(Permission.MANAGE_SETTINGS)
def show_calendar(request: TenantRequest) -> HttpResponse:
    """Opening hours of the week, by which response times are counted."""
    form = HoursForm(request.POST or None, hours=list(BusinessHours.objects.all()))
    if request.method == "POST" and accepted(form, lambda data: company.set_hours(hours=data["hours"])):
        messages.success(request, _("Saved."))
        return redirect(url(request, "calendar"))
    return section_page(
        request, "calendar", "settings/calendar.html", {"form": form}, status=422 if form.is_bound else 200
    )
