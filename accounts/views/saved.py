"""Saved views of the accounts list: make, rename, share, delete."""

from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.forms import SavedViewForm
from accounts.listing import ListQuery
from accounts.models import SavedView
from accounts.saved_views import delete_view, own_view, save_view
from accounts.views.forms import add_refusal, form_page, saved
from accounts.views.lists import PAGE
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError


def _canonical(text: str) -> str:
    return ListQuery.parse(QueryDict(text)).own_text()


def _list_url(request: TenantRequest, view: SavedView | None = None) -> str:
    url = reverse("accounts", args=[request.tenant.slug])
    return f"{url}?{ListQuery.parse(QueryDict(view.query)).text(view=str(view.id))}" if view else url


@requires(Permission.VIEW_ACCOUNTS)
def view_new(request: TenantRequest) -> HttpResponse:
    """Save the list as it is, under a name."""
    posted = request.POST if request.method == "POST" else None
    form = SavedViewForm(posted, initial={"query": _canonical(request.GET.urlencode())})
    if posted is not None and form.is_valid():
        try:
            view = save_view(
                by=request.member,
                page=PAGE,
                name=form.cleaned_data["name"],
                query=_canonical(form.cleaned_data["query"]),
                shared=form.cleaned_data["shared"],
            )
            return saved(request, _("The view “%(name)s” is saved.") % {"name": view.name}, _list_url(request, view))
        except DomainError as error:
            add_refusal(form, error)
    return form_page(
        request, form, title=_("New view"), back_url=_list_url(request), back_label=_("Accounts"), submit=_("Save view")
    )


@requires(Permission.VIEW_ACCOUNTS)
def view_edit(request: TenantRequest, view_id: UUID) -> HttpResponse:
    """Rename, share, or (with `query` alone) keep the list as it is now."""
    view = own_view(request.member, view_id)
    values = {"name": view.name, "shared": view.shared, "query": view.query}
    posted = None
    if request.method == "POST":
        # The list's Save button sends only the query; the name and the audience stay.
        only_query = "query" in request.POST and "name" not in request.POST
        posted = values | {"query": request.POST["query"]} if only_query else request.POST
    form = SavedViewForm(posted, initial=values)
    if posted is not None and form.is_valid():
        try:
            save_view(
                by=request.member,
                page=view.page,
                name=form.cleaned_data["name"],
                query=_canonical(form.cleaned_data["query"]),
                shared=form.cleaned_data["shared"],
                view=view,
            )
            return saved(request, _("The view “%(name)s” is saved.") % {"name": view.name}, _list_url(request, view))
        except DomainError as error:
            add_refusal(form, error)
    return form_page(
        request,
        form,
        title=_("Change this view"),
        back_url=_list_url(request, view),
        back_label=_("Accounts"),
        submit=_("Save view"),
        delete_url=reverse("view_delete", args=[request.tenant.slug, view.id]),
        delete_label=_("Delete this view"),
    )


@require_POST
@requires(Permission.VIEW_ACCOUNTS)
def view_delete(request: TenantRequest, view_id: UUID) -> HttpResponse:
    """Remove one of my views; the accounts in it stay."""
    view = own_view(request.member, view_id)
    delete_view(view=view, by=request.member)
    return saved(request, _("The view “%(name)s” is deleted.") % {"name": view.name}, _list_url(request))
