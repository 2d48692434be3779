"""The card "Notes for the board", edited in place."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.forms import refuse
from cs_platform.kernel.htmx import page, toast
from cs_platform.kernel.periods import month_text, parse_month
from cs_platform.kernel.templatetags.cells import day_text, month_name
from metrics.figures import selectors
from metrics.models import BoardNote
from metrics.plan.notes import LONGEST, note_of, save_note, version_of

PIECES = ("board-note",)


class NoteForm(forms.Form):
    """The text of a note and the state that its author saw."""

    text = forms.CharField(
        label=gettext_lazy("What the board should know"), max_length=LONGEST, required=False,
        widget=forms.Textarea(attrs={"rows": 7, "autofocus": True}),
    )  # fmt: skip
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


@requires(Permission.EDIT_BOARD)
def edit_note(request: TenantRequest, month: str) -> HttpResponse:
    """The form of a month's note, in place of its card; a POST saves and shows the card again. When somebody else
    wrote meanwhile (409) their text stands above the form and saving again is a decision."""
    try:
        first = parse_month(month)
    except ValueError as error:
        raise Http404 from error
    months = selectors.months_of(request.tenant)
    if months is None:
        return redirect("board", request.tenant.slug)
    if months.clamp(first) != first:
        raise Http404
    back = f"{reverse('board', args=[request.tenant.slug])}?month={month_text(first)}"
    note = note_of(first)
    context: dict[str, Any] = {"month": month_name(first), "back": back, "editing": True, "action": request.path}
    if request.method != "POST":
        if request.GET.get("cancel"):
            return _card(request, note, first)
        values = {"text": note.text if note else "", "seen": version_of(note)}
        return page(request, "metrics/board_note.html", context | {"form": NoteForm(initial=values)}, pieces=PIECES)
    form, status = NoteForm(request.POST), 422
    if form.is_valid():
        try:
            note = save_note(
                month=first, text=form.cleaned_data["text"], seen=form.cleaned_data["seen"], by=request.member
            )
        except Conflict as error:
            form.data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict is a dict that copies
            form.data["seen"] = version_of(note)  # type: ignore[index]
            context |= {"conflict": error.message, "theirs": note.text if note else ""}
            status = 409
        except DomainError as error:
            refuse(form, error)
        else:
            return toast(_card(request, note, first), _("Saved.")) if request.htmx else redirect(back)
    return page(request, "metrics/board_note.html", context | {"form": form}, pieces=PIECES, status=status)


def note_context(request: TenantRequest, note: BoardNote | None, month: Any) -> dict[str, Any]:
    """What the card on the board shows."""
    edit = reverse("board_note", args=[request.tenant.slug, month_text(month)])
    return {
        "note": {
            "text": note.text if note else "",
            "author": note.author.name if note and note.author else "",
            "day": day_text(timezone.localdate(note.updated_at)) if note else "",
            "edit_url": edit if may(request, Permission.EDIT_BOARD) else "",
        }
    }


def _card(request: TenantRequest, note: BoardNote | None, month: Any) -> HttpResponse:
    context = note_context(request, note, month) | {"month": month_name(month)}
    return page(request, "metrics/board_note.html", context, pieces=PIECES)
