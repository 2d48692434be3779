"""How a form of the customer pages is shown: in the drawer or as a page, with problems, beside the other's change."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cs_platform.kernel.access import TenantRequest
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.forms import refuse
from cs_platform.kernel.htmx import page


def posted(request: TenantRequest) -> QueryDict | None:
    """What a form is filled with: what was sent, None while the page is only looked at."""
    return request.POST if request.method == "POST" else None


def answer_form(
    request: TenantRequest,
    form: Form,
    act: Callable[[dict[str, Any]], Any],
    said: str | Callable[[Any], str],
    look: Mapping[str, Any],
    *,
    to: Callable[[Any], str] | None = None,
    theirs: Callable[[], Mapping[str, Any] | None] | None = None,
    template: str = "accounts/form.html",
    into: str = "drawer-body",
) -> HttpResponse:
    """What the address of a form answers: the form, what was refused of it (422), or that `act` did what was asked for.

    `act` gets the values; of what it gives, `said` makes the sentence and `to` the address that follows (the form's `back_url`
    unless it is given). When somebody else changed the row meanwhile, both versions are shown (409) where `theirs` tells what
    stands now, else the sentence of the refusal.
    """
    status = 200
    if form.is_bound and form.is_valid():
        try:
            made = act(form.cleaned_data)
            return saved(request, said(made) if callable(said) else said, to(made) if to else look["back_url"])
        except DomainError as error:
            stale = isinstance(error, Conflict)
            if stale and theirs is not None and (values := theirs()) is not None:
                return conflict_page(request, form, values, template=template, into=into, **look)
            refuse(form, error)
            status = error.status if stale else DomainError.status
    return form_page(request, form, status=status, template=template, into=into, **look)


def form_page(
    request: TenantRequest,
    form: Form,
    *,
    status: int = 200,
    template: str = "accounts/form.html",
    into: str = "drawer-body",
    **context: Any,
) -> HttpResponse:
    """Render accounts/form.html, or a template that shows more beside the form, as a page or as its piece `into`; 422 when the form
    holds errors. Context: title, submit, back_url, back_label, …"""
    piece = bool(request.htmx and request.htmx.target == into)
    defaults = {"form": form, "action": request.path, "submit": _("Save"), "piece": piece}
    code = 422 if form.errors and status == 200 else status
    return page(request, template, defaults | context, pieces=(into,), status=code)


def conflict_page(request: TenantRequest, form: Form, theirs: Mapping[str, Any], **context: Any) -> HttpResponse:
    """409: what stands in the database beside what was typed. The form now carries their version, so that saving again
    is a decision and not a loss."""
    both = theirs_and_yours(form, theirs)
    data = request.POST.copy()
    data["version"] = str(theirs["version"])
    form.data = data
    return form_page(request, form, status=409, both=both, conflict=True, **context)


def saved(request: TenantRequest, text: str, url: str) -> HttpResponse:
    """Say what was done and go where it shows; an htmx request goes there as well."""
    messages.success(request, text)
    return redirect(url)


def theirs_and_yours(form: Form, theirs: Mapping[str, Any]) -> list[dict[str, str]]:
    """The fields in which what stands in the database differs from what was typed: {label, theirs, yours}."""
    rows = []
    for name, field in form.fields.items():
        if name == "version" or field.widget.is_hidden:
            continue
        mine = form.cleaned_data.get(name)
        if (mine or None) != (theirs.get(name) or None):
            choices = dict(getattr(field, "choices", ()))
            shown = [
                str(choices.get(value, value)) if value not in (None, "") else "–" for value in (theirs.get(name), mine)
            ]
            rows.append({"label": str(field.label), "theirs": shown[0], "yours": shown[1]})
    return rows
