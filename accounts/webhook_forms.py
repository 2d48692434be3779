"""Forms of webhooks. What may stand in them is the business of `webhooks.services`, which the API goes through as well."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.webhooks.events import Kind
from cs_platform.kernel.forms import day_input


class EndpointForm(forms.Form):
    """An endpoint: where it lies and what it wants to hear."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What receives the events."))
    url = forms.CharField(
        label=_("Address"), widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
        help_text=_("Begins with https://. Private networks and redirects are refused."),
    )  # fmt: skip
    events = forms.MultipleChoiceField(
        label=_("Events"), choices=Kind.choices, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them, also those that a later version adds."),
    )  # fmt: skip


class EndpointChangeForm(EndpointForm):
    """One that stands, as it was when the form was opened."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class DayForm(forms.Form):
    """A day of the log."""

    day = forms.DateField(label=_("Day"), widget=day_input())

    def __init__(self, *args: Any, last: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"].initial = last
