"""What sales looks for, and who fits (ADV-03)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.views.forms import answer_form, posted
from advocacy import cells, matching, request_cells, selectors, services
from advocacy.enums import RequestState
from advocacy.forms import EndForm, RequestForm
from advocacy.lifecycle import REQUESTS
from advocacy.models import ReferenceRequest
from advocacy.standings import Sight
from advocacy.views.acting import home, latest
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page

VIEWS = (("", gettext_lazy("Waiting")), ("over", gettext_lazy("Over")))


@requires(Permission.VIEW_ACCOUNTS)
def requests(request: TenantRequest) -> HttpResponse:
    """Reference requests that wait, the most urgent first, or those that are over."""
    tenant, today = request.tenant, request.tenant.today()
    view = "over" if request.GET.get("view") == "over" else ""
    rows = selectors.requests(over=view == "over")
    found, next_url = latest(request, rows, "due_on", {"view": view}) if view else (list(rows[: selectors.OFFERED]), "")
    context: dict[str, Any] = {
        "views": [
            {"label": label, "url": f"{request.path}?view={name}" if name else request.path, "current": name == view}
            for name, label in VIEWS
        ],
        "rows": [request_cells.request_row(one, tenant, today) for one in found],
        "over": view == "over",
        "next_url": next_url,
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
    }
    return page(request, "advocacy/requests.html", context)


@requires(Permission.VIEW_ACCOUNTS)
def request_page(request: TenantRequest, reference_request_id: UUID) -> HttpResponse:
    """One request: what is wanted, who fits, who was asked."""
    row, tenant, today = selectors.request_of(reference_request_id), request.tenant, request.tenant.today()
    found = matching.matches(row, Sight(request.member, today))
    own = row.asks.filter(advocate__account__in=selectors.visible(request.member))
    context = {
        "wanted": row,
        "head": request_cells.request_head(row, today),
        "state": {"tone": request_cells.TONES[RequestState(row.state)], "text": str(RequestState(row.state).label)},
        "matches": request_cells.match_rows(found, row, tenant, today),
        "asks": [
            cells.ask_row(one, tenant, today)
            for one in own.select_related("advocate__contact", "request").order_by("-asked_on", "-id")
        ],
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
        "over": row.state not in selectors.OPEN_REQUESTS,
        "may_open": RequestState.OPEN in REQUESTS[row.state],
        "here": request.path,
    }
    return page(request, "advocacy/request.html", context)


@requires(Permission.EDIT_ACCOUNTS)
def request_new(request: TenantRequest) -> HttpResponse:
    """Write down what sales looks for."""
    form, tenant = RequestForm(posted(request)), request.tenant

    def act(values: dict[str, Any]) -> ReferenceRequest:
        return services.make_request(by=request.member, **form.values(tenant.currency))

    look = {
        "title": _("Request a reference"), "text": _("What is left empty does not tell candidates apart."),
        "submit": _("Write down"), "action": request.get_full_path(),
        "back_url": home(request, "advocacy_requests"), "back_label": _("Reference requests"),
    }  # fmt: skip
    return answer_form(request, form, act, _("The request is written down."), look)


def _look(request: TenantRequest, row: ReferenceRequest, title: str) -> dict[str, Any]:
    """What a form about one request is shown with."""
    back = reverse("reference_request", args=[request.tenant.slug, row.id])
    return {"title": title, "submit": _("Save"), "back_url": back, "back_label": row.prospect}


@requires(Permission.EDIT_ACCOUNTS)
def request_edit(request: TenantRequest, reference_request_id: UUID) -> HttpResponse:
    """Change what is looked for."""
    row = selectors.request_of(reference_request_id)
    form = RequestForm(posted(request), request=row)

    def act(values: dict[str, Any]) -> ReferenceRequest:
        return services.change_request(
            request=row, values=form.values(row.currency), version=values["version"] or 0, by=request.member
        )

    def theirs() -> dict[str, Any]:
        return RequestForm.values_of(selectors.request_of(row.id))

    return answer_form(request, form, act, _("Saved."), _look(request, row, _("Edit request")), theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
def request_end(request: TenantRequest, reference_request_id: UUID) -> HttpResponse:
    """It is done, or nobody was found; one that was not met is opened again by the same form."""
    row = selectors.request_of(reference_request_id)
    form = EndForm(posted(request), request=row)

    def act(values: dict[str, Any]) -> ReferenceRequest:
        return services.end_request(
            request=row,
            state=values["state"],
            won=values.get("won"),
            version=values["version"] or 0,
            by=request.member,
        )

    return answer_form(request, form, act, _("Saved."), _look(request, row, _("How it ended")))
