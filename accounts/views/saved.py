"""Saved views of a list: shown, made, renamed, shared, deleted. One home for the lists of all floors."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.forms import SavedViewForm
from accounts.models import SavedView
from accounts.saved_views import delete_view, own_view, save_view, views_for
from accounts.views.forms import form_page, saved
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.errors import DomainError
from cs_platform.kernel.forms import refuse


@dataclass(frozen=True)
class Viewed:
    """A page whose state is a query string that people keep under a name.

    `page` is the route of the page, and what its views are kept under; `name` is what the routes of the views begin with.
    `canonical` says the state of a query string as it is kept: without the view it came from and without the page of the list.
    """

    page: str
    label: Any
    name: str
    canonical: Callable[[QueryDict], str]

    def routes(self, below: str, permission: Permission) -> list[URLPattern]:
        """The addresses `below` which a view is made, changed and deleted, for who has the permission."""
        opens, key = requires(permission), f"<uuid:{self.name}_id>"

        def change(request: TenantRequest, **ids: UUID) -> HttpResponse:
            return self.change(request, *ids.values())

        def delete(request: TenantRequest, **ids: UUID) -> HttpResponse:
            return self.delete(request, *ids.values())

        return [
            path(f"{below}new/", opens(self.make), name=f"{self.name}_new"),
            path(f"{below}{key}/", opens(change), name=f"{self.name}_edit"),
            path(f"{below}{key}/delete/", opens(require_POST(delete)), name=f"{self.name}_delete"),
        ]

    def shown(
        self, request: TenantRequest, state: str, built_in: Iterable[tuple[str, Any, str]] = ()
    ) -> dict[str, Any]:
        """What components/views.html and view_changed.html show of a page in the canonical `state`.

        `tabs` are the views, first those that are `built_in` (key, label, query string). `current` is the one that the address
        names, else the one of this state; `changed` says that the state is another by now.
        """
        tabs = [self._tab(request, key, label, text) for key, label, text in built_in]
        tabs += [self._tab(request, str(v.id), v.name, v.query, v) for v in views_for(request.member, self.page)]
        wished = request.GET.get("view", "")
        current = next((tab for tab in tabs if tab["key"] == wished), None)
        current = current or next((tab for tab in tabs if tab["state"] == state), None)
        if current is not None:
            current["current"] = True
        mine = current is not None and current["mine"]
        return {
            "tabs": tabs,
            "current": current,
            "state": state,
            "changed": current is not None and current["state"] != state,
            "new_url": f"{self._route(request, 'new')}?{state}",
            "edit_url": self._route(request, "edit", current["key"]) if current and mine else "",
        }

    def _tab(
        self, request: TenantRequest, key: str, label: Any, query: str, view: SavedView | None = None
    ) -> dict[str, Any]:
        state = self.canonical(QueryDict(query))
        mine = view is not None and view.member_id == request.member.id
        return {"key": key, "label": label, "state": state, "url": self._url(request, state, key), "mine": mine}

    def _url(self, request: TenantRequest, state: str = "", key: str = "") -> str:
        """The page in a state, on a view."""
        text = "&".join(filter(None, [state, key and urlencode({"view": key})]))
        return f"{reverse(self.page, args=[request.tenant.slug])}?{text}".rstrip("?")

    def _route(self, request: TenantRequest, verb: str, *ids: Any) -> str:
        """The address of a verb on views; it stands among the routes of the page, in their namespace where they have one."""
        namespace, colon, _page = self.page.rpartition(":")
        return reverse(f"{namespace}{colon}{self.name}_{verb}", args=[request.tenant.slug, *ids])

    def make(self, request: TenantRequest) -> HttpResponse:
        """Save the page as it is, under a name."""
        values = {"query": self.canonical(request.GET)}
        return self._answer(request, None, values, request.POST, title=_("New view"))

    def change(self, request: TenantRequest, view_id: UUID) -> HttpResponse:
        """Rename or share one of my views, or (with `query` alone) keep the page as it is now."""
        view = own_view(request.member, self.page, view_id)
        values = {"name": view.name, "shared": view.shared, "query": view.query}
        # The list's Save button sends only the query; the name and the audience stay.
        only_query = "query" in request.POST and "name" not in request.POST
        return self._answer(
            request,
            view,
            values,
            values | {"query": request.POST["query"]} if only_query else request.POST,
            title=_("Change this view"),
            delete_url=self._route(request, "delete", view.id),
            delete_label=_("Delete this view"),
        )

    def delete(self, request: TenantRequest, view_id: UUID) -> HttpResponse:
        """Remove one of my views; what it shows stays."""
        view = own_view(request.member, self.page, view_id)
        delete_view(view=view, by=request.member)
        return saved(request, _("The view “%(name)s” is deleted.") % {"name": view.name}, self._url(request))

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
                url = self._url(request, kept.query, str(kept.id))
                return saved(request, _("The view “%(name)s” is saved.") % {"name": kept.name}, url)
            except DomainError as error:
                refuse(form, error)
        back = self._url(request, self.canonical(QueryDict(view.query)), str(view.id)) if view else self._url(request)
        return form_page(request, form, submit=_("Save view"), back_url=back, back_label=self.label, **context)
