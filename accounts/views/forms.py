"""How a form of the customer pages is shown: in the drawer or as a page, with problems, beside the other's change."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cs_platform.kernel.access import TenantRequest
from cs_platform.kernel.htmx import page


def form_page(request: TenantRequest, form: Form, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render accounts/form.html; 422 when the form holds errors. Context: title, submit, back_url, back_label, …"""
    piece = bool(request.htmx and request.htmx.target == "drawer-body")
    defaults = {"form": form, "action": request.path, "submit": _("Save"), "piece": piece}
    code = 422 if form.errors and status == 200 else status
    return page(request, "accounts/form.html", defaults | context, pieces=("drawer-body",), status=code)


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
