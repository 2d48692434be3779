"""Saved views of the explorer: make, rename, share, delete; the same rows as those of the accounts list."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.forms import SavedViewForm
from accounts.models import SavedView
from accounts.saved_views import delete_view, own_view, save_view
from accounts.views.forms import add_refusal, form_page, saved
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from metrics.explore_asked import Explored
from metrics.explore_views import PAGE


def _own(request: TenantRequest, view_id: UUID) -> SavedView:
    view = own_view(request.member, view_id)
    if view.page != PAGE:
        raise Http404
    return view


def _url(request: TenantRequest, view: SavedView | None = None) -> str:
    url = reverse("explore", args=[request.tenant.slug])
    return f"{url}?{Explored.parse(QueryDict(view.query)).query()}" if view else url


def _answer(request: TenantRequest, values: dict[str, Any], view: SavedView | None, **context: Any) -> HttpResponse:
    """The form of a view, or what saving it did."""
    form = SavedViewForm(request.POST if request.method == "POST" else None, initial=values)
    if form.is_bound and form.is_valid():
        try:
            kept = save_view(
                by=request.member,
                page=PAGE,
                name=form.cleaned_data["name"],
                query=Explored.parse(QueryDict(form.cleaned_data["query"])).query(),
                shared=form.cleaned_data["shared"],
                view=view,
            )
            return saved(request, _("The view “%(name)s” is saved.") % {"name": kept.name}, _url(request, kept))
        except DomainError as error:
            add_refusal(form, error)
    return form_page(
        request, form, back_url=_url(request, view), back_label=_("Metrics"), submit=_("Save view"), **context
    )


@requires(Permission.VIEW_BOARD)
def new(request: TenantRequest) -> HttpResponse:
    """Save what is shown, under a name."""
    state = Explored.parse(request.GET).query()
    return _answer(request, {"query": state}, None, title=_("New view"))


@requires(Permission.VIEW_BOARD)
def edit(request: TenantRequest, explored_id: UUID) -> HttpResponse:
    """Rename or share one of my views."""
    view = _own(request, explored_id)
    return _answer(
        request,
        {"name": view.name, "shared": view.shared, "query": view.query},
        view,
        title=_("Change this view"),
        delete_url=reverse("explore_view_delete", args=[request.tenant.slug, view.id]),
        delete_label=_("Delete this view"),
    )


@requires(Permission.VIEW_BOARD)
@require_POST
def delete(request: TenantRequest, explored_id: UUID) -> HttpResponse:
    """Remove one of my views."""
    view = _own(request, explored_id)
    delete_view(view=view, by=request.member)
    return saved(request, _("The view “%(name)s” is deleted.") % {"name": view.name}, _url(request))
