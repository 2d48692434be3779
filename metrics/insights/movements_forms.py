"""What people say of movements: of one line, or the same of several (MET-07)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from metrics.enums import MovementReason
from metrics.models import MovementNote

SAYABLE = [(value, label) for value, label in MovementReason.choices if value != MovementReason.CURRENCY]
WHOSE = (("yes", _("The CS team owns it")), ("no", _("The CS team does not own it")))
OWNED = {"yes": True, "no": False}


def _select(label: Any) -> forms.Select:
    """A select of the bar above the lines, named for those who do not see it."""
    return forms.Select(attrs={"class": "select", "aria-label": label})


class MovementNoteForm(forms.Form):
    """Reason, ownership and a note; what is left empty is as the terms say."""

    reason = forms.ChoiceField(label=_("Reason"), choices=[("", _("As read off the terms")), *SAYABLE], required=False)
    cs_owned = forms.ChoiceField(label=_("Ownership"), choices=[("", _("As usual")), *WHOSE], required=False)
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3, "class": "input"})
    )

    def __init__(self, data: Any = None, *, said: MovementNote | None) -> None:
        initial = {}
        if said is not None:
            whose = {True: "yes", False: "no", None: ""}[said.cs_owned]
            initial = {"reason": said.reason, "cs_owned": whose, "note": said.note}
        super().__init__(data, initial=initial)

    def said(self) -> dict[str, Any]:
        """As `note_movement` takes it."""
        told = self.cleaned_data
        return {"reason": told["reason"], "cs_owned": OWNED.get(told["cs_owned"]), "note": told["note"]}


class BulkNoteForm(forms.Form):
    """A reason, an ownership or a note for several lines; what is left empty stays as it is on each."""

    reason = forms.ChoiceField(
        choices=[("", _("Reason as it is")), *SAYABLE], required=False, widget=_select(_("Reason for the chosen lines"))
    )
    cs_owned = forms.ChoiceField(
        choices=[("", _("Ownership as it is")), *WHOSE],
        required=False,
        widget=_select(_("Ownership of the chosen lines")),
    )
    note = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.TextInput(
            attrs={"class": "input", "aria-label": _("Note on the chosen lines"), "placeholder": _("Note")}
        ),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="bulk_%s")  # the form of one line opens beside it

    def says_something(self) -> bool:
        return any(self.cleaned_data.values())

    def over(self, said: MovementNote | None) -> dict[str, Any]:
        """What is said now laid over what was said before, as `note_movement` takes it."""
        told = self.cleaned_data
        before = {"reason": said.reason, "cs_owned": said.cs_owned, "note": said.note} if said else {}
        return {
            "reason": told["reason"] or before.get("reason", ""),
            "cs_owned": OWNED.get(told["cs_owned"], before.get("cs_owned")),
            "note": told["note"] or before.get("note", ""),
        }
