"""What became of renewals: rates by quarter, segment, CSM and start; and the calls that were judged (REN-03, REN-05, API-02)."""

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Segment
from accounts.rates import factors
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.periods import add_months, month_end, month_of
from cs_platform.kernel.sheets import file_answer
from cs_platform.kernel.templatetags.cells import day_text
from renewals import cells_results, files, results, scores, selectors
from renewals.listing import ALL, RenewalQuery

QUARTERS = 4  # that are looked at, the running one to its end among them


def span_of(today: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the quarters. Example: 22 November 2026 gives 1 January to 31 December 2026."""
    month = month_of(today)
    first = add_months(month, -((month.month - 1) % 3))
    return add_months(first, 3 * (1 - QUARTERS)), month_end(add_months(first, 2))


def _ended(request: TenantRequest) -> tuple[list[results.Ended], RenewalQuery]:
    """The renewals that the reader sees of these quarters, and the list that shows the same."""
    today = request.tenant.today()
    first, last = span_of(today)
    quarters = tuple(scores.quarter_text(add_months(first, 3 * step)) for step in range(QUARTERS))
    segments = Segment.objects.filter(name__in=request.GET.getlist("segment")[:1]).values_list("name", flat=True)
    query = RenewalQuery(state=(ALL,), due=quarters, segment=tuple(segments))
    rows = query.matching(selectors.visible(request.member), request.member)
    return results.read(rows, first, last, today, factors(tenant=request.tenant)), query


@requires(Permission.VIEW_ACCOUNTS)
def renewals_results(request: TenantRequest) -> HttpResponse:
    """The page; `by` is the cut, `segment` narrows it. Each number opens exactly its renewals. Four queries."""
    tenant = request.tenant
    first, last = span_of(tenant.today())
    by = request.GET.get("by", "")
    by = by if by in cells_results.CUTS else "quarter"
    rows, query = _ended(request)
    path, here = reverse("renewals", args=[tenant.slug]), reverse("renewals_results", args=[tenant.slug])
    narrowed = "".join(f"&{text}" for text in [RenewalQuery(segment=query.segment).text()] if text)

    def url(**changes: Any) -> str:
        return f"{path}?{query.text(**changes)}"

    context = {
        "found": bool(rows),
        "summary": [
            _("due from %(first)s to %(last)s") % {"first": day_text(first), "last": day_text(last)},
            _("as of %(day)s") % {"day": day_text(tenant.today())},
        ],
        "tiles": cells_results.tiles(results.total(rows), tenant, url, first, last),
        "rates": cells_results.table(rows, by, url, tenant),
        "cuts": [
            {"label": label, "url": f"{here}?by={name}{narrowed}", "current": name == by}
            for name, (label, _group) in cells_results.CUTS.items()
        ],
        "definition": cells_results.definition(tenant, first, last) | {"id": "renewal-rates"},
        "csv_url": f"{reverse('renewals_results_csv', args=[tenant.slug])}?{narrowed.removeprefix('&')}",
        "xlsx_url": f"{reverse('renewals_results_xlsx', args=[tenant.slug])}?{narrowed.removeprefix('&')}",
    }
    return page(request, "renewals/results.html", context, pieces=("renewals-results",))


@requires(Permission.VIEW_ACCOUNTS)
def results_file(request: TenantRequest, form: str) -> HttpResponse:
    """All cuts of the page as rows; `form` is csv or xlsx."""
    rows, _query = _ended(request)
    return file_answer(form, "renewal-results", files.RESULTS_HEAD, files.result_rows(rows, request.tenant.currency))
