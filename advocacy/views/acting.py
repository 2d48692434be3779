"""How a form of the program is answered: done, refused at a field, or changed by somebody else meanwhile."""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.urls import reverse

from accounts.views.forms import conflict_page, form_page, saved
from cs_platform.kernel.access import TenantRequest
from cs_platform.kernel.asked import back_of
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.forms import refuse


def posted(request: TenantRequest) -> Any:
    """What a form is bound to."""
    return request.POST if request.method == "POST" else None


def home(request: TenantRequest, name: str = "advocacy") -> str:
    """Where a form leads back to: where the person came from, else the page `name`."""
    start = reverse("home", args=[request.tenant.slug])
    return back_of(request, start) or reverse(name, args=[request.tenant.slug])


def answered(
    request: TenantRequest,
    form: Form,
    act: Callable[[], Any],
    *,
    done: str,
    theirs: Callable[[], Mapping[str, Any]] | None = None,
    **look: Any,
) -> HttpResponse:
    """Show the form, or do what it asks for and say `done`; 409 beside theirs, 422 with the refusal at its field."""
    look.setdefault("action", request.get_full_path())
    if form.is_bound and form.is_valid():
        try:
            act()
            return saved(request, done, look["back_url"])
        except Conflict as error:
            if theirs is not None:
                return conflict_page(request, form, theirs(), **look)
            refuse(form, error)
            return form_page(request, form, status=error.status, **look)
        except DomainError as error:
            refuse(form, error)
    return form_page(request, form, **look)
