"""Settings, Currencies: what customers pay in, what rates do to the figures, and the way to another reporting currency."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.forms import accepted
from cs_platform.kernel.htmx import page
from cs_platform.kernel.money import validate_currency
from cs_platform.kernel.periods import add_months
from metrics.figures import currencies, selectors
from metrics.models import CurrencyChange, MonthClose, RetentionMonth
from metrics.showing import currencies_cells

MONTHS = 13


class CurrencyForm(forms.Form):
    """The other currency, and that one knows what follows."""

    currency = forms.CharField(
        label=gettext_lazy("Report in"), max_length=3, min_length=3, help_text=gettext_lazy("Such as EUR.")
    )
    understood = forms.BooleanField(label=gettext_lazy("Value the whole history anew"))

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].strip().upper()
        validate_currency(code)
        return code


@requires(Permission.VIEW_BOARD)
def show_currencies(request: TenantRequest) -> HttpResponse:
    """Money by contract currency, the rates behind it, what they did to MRR, and what is missing."""
    return _page(request, CurrencyForm())


@requires(Permission.MANAGE_SETTINGS)
@require_POST
def change(request: TenantRequest) -> HttpResponse:
    """Wish for another reporting currency; refused while a rate is missing."""
    form = CurrencyForm(request.POST)

    def act(data: dict[str, Any]) -> None:
        currencies.request_change(target=data["currency"], by=request.member)

    if accepted(form, act):
        messages.success(request, _("The history is being valued anew. Until it is done everything stays as it is."))
        return redirect(url(request, "currencies"))
    return _page(request, form, status=422)


@requires(Permission.VIEW_BOARD)
def progress(request: TenantRequest) -> HttpResponse:
    """The card of a change that is on its way, asked for each second; once it ended, the way to the new figures."""
    if currencies.pending() is None:
        return redirect(url(request, "currencies"))
    return page(request, "components/progress.html", {"job": _job(request)})


def _job(request: TenantRequest) -> dict[str, Any] | None:
    work = currencies.pending() or currencies.failed()
    return currencies_cells.job(work, url(request, "currencies_progress")) if work else None


def _page(request: TenantRequest, form: CurrencyForm, *, status: int = 200) -> HttpResponse:
    tenant = request.tenant
    months = selectors.months_of(tenant)
    found: dict[str, Any] = {"any": False}
    if months:
        rows = RetentionMonth.objects.filter(
            window__in=(1, 12), dimension="all", month__gt=add_months(months.last, -MONTHS), month__lte=months.last
        )
        mix = currencies.exposure(months.last)
        rates = currencies.rates_behind([row["currency"] for row in mix], months.last)
        found = currencies_cells.figures(list(rows.values()), mix, rates, months.last, tenant.currency)
    others = MonthClose.objects.exclude(currency=tenant.currency).order_by("month", "-version").distinct("month")
    context = found | {
        "form": form,
        "change_url": url(request, "currencies_change") if may(request, Permission.MANAGE_SETTINGS) else "",
        "rates_url": url(request, "rates") if may(request, Permission.EDIT_REVENUE) else "",
        "missing": [each.text for each in currencies.missing_rates(tenant.currency)],
        "job": _job(request),
        "changes": [
            currencies_cells.change_row(row) for row in CurrencyChange.objects.select_related("changed_by")[:20]
        ],
        "closed_elsewhere": currencies_cells.closed_text(list(others)),
        "currency": tenant.currency,
    }
    return section_page(request, "currencies", "metrics/currencies.html", context, status=status)
