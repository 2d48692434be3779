"""Saved views of the explorer: the same rows and the same forms as those of the accounts list."""

from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.models import SavedView
from accounts.views.saved import Viewed
from cs_platform.kernel.access import Permission, TenantRequest, requires
from metrics.explore.asked import Explored
from metrics.views.explore import PAGE


def _url(request: TenantRequest, view: SavedView | None) -> str:
    url = reverse("explore", args=[request.tenant.slug])
    return f"{url}?{Explored.parse(QueryDict(view.query)).query()}" if view else url


EXPLORER = Viewed(PAGE, _("Metrics"), lambda query: Explored.parse(query).query(), _url, "explore_view_delete")


@requires(Permission.VIEW_BOARD)
def new(request: TenantRequest) -> HttpResponse:
    """Save what is shown, under a name."""
    return EXPLORER.make(request)


@requires(Permission.VIEW_BOARD)
def edit(request: TenantRequest, explored_id: UUID) -> HttpResponse:
    """Rename or share one of my views."""
    return EXPLORER.change(request, explored_id)


@requires(Permission.VIEW_BOARD)
@require_POST
def delete(request: TenantRequest, explored_id: UUID) -> HttpResponse:
    """Remove one of my views."""
    return EXPLORER.delete(request, explored_id)
