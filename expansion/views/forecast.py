"""The forecast (EXP-05, EXP-10): open deals by quarter, motion, owner and segment; how deals end and why (EXP-08); norms beside the
company's own figures (EXP-07, EXP-09); the same as files."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse

from accounts.models import Member, Segment
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.sheets import file_answer
from expansion import cells_outlook as cells
from expansion import norms, outlook, pipeline, selectors
from expansion.cells import count_text, year_text
from expansion.listing import DealQuery, year_ago
from expansion.views.shell import list_url, shell


@requires(Permission.VIEW_ACCOUNTS)
def forecast(request: TenantRequest) -> HttpResponse:
    """The page; `by` is the cut. A CSM sees what the own book brings, a leader all of it."""
    tenant, member = request.tenant, request.member
    today, cut = tenant.today(), request.GET.get("by", "")
    cut = cut if cut in cells.CUTS else "quarter"
    by, rows = selectors.scale(), selectors.visible(member)
    parts = outlook.read(rows, by)
    quarters, whole = outlook.by_quarter(parts, today), outlook.add(parts)
    span, path = (year_ago(today), today), reverse("expansion:forecast", args=[tenant.slug])

    def url(**changes: Any) -> str:
        return list_url(request, DealQuery(), **changes)

    closed_by = cells.CLOSED_BY[cut]
    closed = pipeline.rates_by(closed_by, span, rows, by)
    grown = norms.grown() if may(request, Permission.VIEW_BOARD) else None
    context = shell(request, by) | {
        "any": bool(parts) or bool(closed),
        "open": whole.deals,
        "meta": [count_text(whole.deals), year_text(whole.weighted, tenant)],
        "chart": cells.quarters_card(quarters, tenant, url) if parts else None,
        "cuts": [
            {"label": label, "url": f"{path}?{urlencode({'by': name})}", "current": name == cut}
            for name, label in cells.CUTS.items()
        ],
        "table": cells.table(cut, cells.groups(cut, parts, quarters, url), whole, tenant),
        "closed_head": cells.CLOSED_HEADS[closed_by],
        "closed": cells.closed_rows(closed_by, closed, _names(closed_by, closed), tenant, url),
        "reasons": cells.reasons(
            pipeline.rates_by("loss", span, rows, by), pipeline.rates_by("win", span, rows, by), tenant, url
        ),
        "norms": cells.norm_rows(pipeline.rates_by("profile", span, rows, by), tenant),
        "retention": cells.retention(grown, tenant),
        "board_url": reverse("board", args=[tenant.slug]),
        "signals_url": reverse("expansion:signals", args=[tenant.slug]),
        "white_space_url": reverse("expansion:white_space", args=[tenant.slug]),
        "files": [
            {"label": form.upper(), "url": f"{reverse('expansion:forecast_file', args=[tenant.slug])}?form={form}"}
            for form in ("csv", "xlsx")
        ],
    }
    return page(request, "expansion/forecast.html", context, pieces=("forecast-cuts",))


def _names(cut: str, found: dict[Any, Any]) -> dict[Any, str]:
    """Names of the owners or segments that closed deals belong to. One query at most."""
    ids: list[UUID] = [key for key in found if isinstance(key, UUID)]
    if not ids:
        return {}
    rows: Any = Member.objects if cut == "owner" else Segment.objects
    return dict(rows.filter(id__in=ids).values_list("id", "name"))


@requires(Permission.VIEW_ACCOUNTS)
def forecast_file(request: TenantRequest) -> HttpResponse:
    """The forecast in every cut as CSV or XLSX (`form`)."""
    tenant, form = request.tenant, "xlsx" if request.GET.get("form") == "xlsx" else "csv"
    parts = outlook.read(selectors.visible(request.member), selectors.scale())
    quarters = outlook.by_quarter(parts, tenant.today())
    rows = cells.file_rows(parts, quarters, tenant, lambda **_changes: "")
    return file_answer(form, f"expansion-forecast-{tenant.slug}-{tenant.today()}", cells.FILE_HEAD, rows)
