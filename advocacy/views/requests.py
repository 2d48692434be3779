"""What sales looks for, and who fits (ADV-03)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from advocacy import cells, matching, selectors, services
from advocacy.enums import RequestState
from advocacy.forms import WON, EndForm, RequestForm
from advocacy.lifecycle import REQUESTS
from advocacy.views.acting import answered, home, posted
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page

SHOWN = 50
VIEWS = (("", gettext_lazy("Waiting")), ("over", gettext_lazy("Over")))


@requires(Permission.VIEW_ACCOUNTS)
def requests(request: TenantRequest) -> HttpResponse:
    """Reference requests that wait, the most urgent first, or those that are over."""
    tenant, today = request.tenant, request.tenant.today()
    view = "over" if request.GET.get("view") == "over" else ""
    found = list(selectors.requests(view, request.GET.get("after", ""))[: SHOWN + 1])
    context: dict[str, Any] = {
        "views": [
            {"label": label, "url": f"{request.path}?view={name}" if name else request.path, "current": name == view}
            for name, label in VIEWS
        ],
        "rows": [cells.request_row(one, tenant, today) for one in found[:SHOWN]],
        "over": view == "over",
        "next_url": f"{request.path}?view=over&after={found[SHOWN - 1].id}" if view and len(found) > SHOWN else "",
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
    }
    return page(request, "advocacy/requests.html", context)


@requires(Permission.VIEW_ACCOUNTS)
def request_page(request: TenantRequest, reference_request_id: UUID) -> HttpResponse:
    """One request: what is wanted, who fits, who was asked."""
    row, tenant, today = selectors.request_of(reference_request_id), request.tenant, request.tenant.today()
    found = matching.matches(row, request.member, today)
    own = row.asks.filter(advocate__account__in=selectors.visible(request.member))
    context = {
        "wanted": row,
        "head": cells.request_head(row, today),
        "state": {"tone": cells.REQUEST_TONES[RequestState(row.state)], "text": str(RequestState(row.state).label)},
        "matches": cells.match_rows(found, row, tenant, today),
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
    text = _("What is left empty does not tell candidates apart.")
    return answered(
        request, form, lambda: services.make_request(by=request.member, **form.values(tenant.currency)),
        done=_("The request is written down."), title=_("Request a reference"), text=text, submit=_("Write down"),
        back_url=home(request, "advocacy_requests"), back_label=_("Reference requests"),
    )  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
def request_edit(request: TenantRequest, reference_request_id: UUID) -> HttpResponse:
    """Change what is looked for."""
    row = selectors.request_of(reference_request_id)
    form = RequestForm(posted(request), request=row)

    def act() -> None:
        services.change_request(
            request=row, values=form.values(row.currency), version=form.cleaned_data["version"] or 0, by=request.member
        )

    return answered(
        request, form, act, done=_("Saved."), title=_("Edit request"), submit=_("Save"), back_url=_url(request, row),
        back_label=row.prospect, theirs=lambda: RequestForm.values_of(selectors.request_of(row.id)),
    )  # fmt: skip


@requires(Permission.EDIT_ACCOUNTS)
def request_end(request: TenantRequest, reference_request_id: UUID) -> HttpResponse:
    """It is done, or nobody was found; one that was not met is opened again by the same form."""
    row = selectors.request_of(reference_request_id)
    form = EndForm(posted(request), initial={"version": row.version})
    if RequestState.OPEN in REQUESTS[row.state]:
        form.fields["state"].choices = [(RequestState.OPEN.value, RequestState.OPEN.label)]  # type: ignore[attr-defined]
        del form.fields["won"]

    def act() -> None:
        values = form.cleaned_data
        services.end_request(
            request=row,
            state=values["state"],
            won=WON[values.get("won", "")],
            version=values["version"] or 0,
            by=request.member,
        )

    return answered(
        request,
        form,
        act,
        done=_("Saved."),
        title=_("How it ended"),
        submit=_("Save"),
        back_url=_url(request, row),
        back_label=row.prospect,
    )


def _url(request: TenantRequest, row: Any) -> str:
    return reverse("reference_request", args=[request.tenant.slug, row.id])
