"""The list of renewals and its forecast as files (REN-08)."""

from django.http import HttpResponse

from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.sheets import file_answer
from renewals import files, selectors
from renewals.listing import RenewalQuery
from renewals.views.lists import due_of, months_ahead


@requires(Permission.VIEW_ACCOUNTS)
def renewals(request: TenantRequest, form: str) -> HttpResponse:
    """All rows of the filters in the list's order; `form` is csv or xlsx."""
    query, member = RenewalQuery.parse(request.GET), request.member
    rows = selectors.matching(selectors.visible(member), query, member).prefetch_related(None)
    return file_answer(form, "renewals", files.HEAD, files.rows(rows, request.tenant.currency))


@requires(Permission.VIEW_ACCOUNTS)
def forecast(request: TenantRequest, form: str) -> HttpResponse:
    """What the tiles and the forecast add up, by month, segment and CSM."""
    months = months_ahead(request.tenant.today())
    due = due_of(request, RenewalQuery.parse(request.GET), months)
    rows = files.forecast_rows(due, months, request.tenant.currency)
    return file_answer(form, "renewal-forecast", files.FORECAST_HEAD, rows)
