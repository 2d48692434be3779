"""Saved views: make, rename, share, delete. One home for the accounts list and for pages of the floors above."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.forms import SavedViewForm
from accounts.listing import ListQuery
from accounts.models import SavedView
from accounts.saved_views import delete_view, own_view, save_view
from accounts.views.forms import form_page, saved
from accounts.views.lists import PAGE
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.forms import refuse


@dataclass(frozen=True)
class Viewed:
    """A page whose state is a query string that people keep under a name.

    `canonical` says the state of a query string as it is kept; `url` leads to the page, with a view in that state.
    """

    page: str
    label: Any
    canonical: Callable[[QueryDict], str]
    url: Callable[[TenantRequest, SavedView | None], str]
    delete_route: str

    def make(self, request: TenantRequest) -> HttpResponse:
        """Save the page as it is, under a name."""
        values = {"query": self.canonical(request.GET)}
        return self._answer(request, None, values, request.POST, title=gettext("New view"))

    def change(self, request: TenantRequest, view_id: UUID) -> HttpResponse:
        """Rename, share, or (with `query` alone) keep the page as it is now."""
        view = self._own(request, view_id)
        values = {"name": view.name, "shared": view.shared, "query": view.query}
        # The list's Save button sends only the query; the name and the audience stay.
        only_query = "query" in request.POST and "name" not in request.POST
        return self._answer(
            request,
            view,
            values,
            values | {"query": request.POST["query"]} if only_query else request.POST,
            title=gettext("Change this view"),
            delete_url=reverse(self.delete_route, args=[request.tenant.slug, view.id]),
            delete_label=gettext("Delete this view"),
        )

    def delete(self, request: TenantRequest, view_id: UUID) -> HttpResponse:
        """Remove one of my views; what it shows stays."""
        view = self._own(request, view_id)
        delete_view(view=view, by=request.member)
        text = gettext("The view “%(name)s” is deleted.") % {"name": view.name}
        return saved(request, text, self.url(request, None))

    def _own(self, request: TenantRequest, view_id: UUID) -> SavedView:
        view = own_view(request.member, view_id)
        if view.page != self.page:
            raise Http404
        return view

    def _answer(
        self, request: TenantRequest, view: SavedView | None, values: dict[str, Any], posted: Any, **context: Any
    ) -> HttpResponse:
        form = SavedViewForm(posted if request.method == "POST" else None, initial=values)
        if form.is_bound and form.is_valid():
            try:
                kept = save_view(
                    by=request.member,
                    page=self.page,
                    name=form.cleaned_data["name"],
                    query=self.canonical(QueryDict(form.cleaned_data["query"])),
                    shared=form.cleaned_data["shared"],
                    view=view,
                )
                text = gettext("The view “%(name)s” is saved.") % {"name": kept.name}
                return saved(request, text, self.url(request, kept))
            except DomainError as error:
                refuse(form, error)
        back = {"back_url": self.url(request, view), "back_label": self.label}
        return form_page(request, form, submit=gettext("Save view"), **back, **context)


def _list_url(request: TenantRequest, view: SavedView | None) -> str:
    url = reverse("accounts", args=[request.tenant.slug])
    return f"{url}?{ListQuery.parse(QueryDict(view.query)).text(view=str(view.id))}" if view else url


LIST = Viewed(PAGE, _("Accounts"), lambda query: ListQuery.parse(query).text(view=""), _list_url, "view_delete")


@requires(Permission.VIEW_ACCOUNTS)
def view_new(request: TenantRequest) -> HttpResponse:
    """Save the list as it is, under a name."""
    return LIST.make(request)


@requires(Permission.VIEW_ACCOUNTS)
def view_edit(request: TenantRequest, view_id: UUID) -> HttpResponse:
    """Rename or share one of my views, or keep the list as it is now."""
    return LIST.change(request, view_id)


@require_POST
@requires(Permission.VIEW_ACCOUNTS)
def view_delete(request: TenantRequest, view_id: UUID) -> HttpResponse:
    """Remove one of my views; the accounts in it stay."""
    return LIST.delete(request, view_id)
