"""Input of the pages of handoffs: one that is offered, and its answer."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from cs_platform.kernel.forms import day_input
from journey.enums import HandoffKind
from journey.handoffs.services import ANSWER_DAYS


class OfferForm(forms.Form):
    """A customer that is passed on. Its checks come with the kind."""

    kind = forms.ChoiceField(label=_("Kind"), choices=HandoffKind.choices)
    taker = forms.ChoiceField(label=_("Passed on to"))
    reason = forms.CharField(label=_("Reason"), max_length=500)
    note = forms.CharField(
        label=_("What they should know"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    due_on = forms.DateField(label=_("Answer until"), widget=day_input())
    giver = forms.ChoiceField(label=_("Passed on by"), required=False)
    giver_name = forms.CharField(
        label=_("Or by name"),
        max_length=120,
        required=False,
        help_text=_("Somebody who has no login here, in sales for instance."),
    )
    added = forms.CharField(
        label=_("Further checks"),
        max_length=6000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One a line. The checks of its kind come by themselves."),
    )

    def __init__(
        self, data: Any = None, *, people: Sequence[Member], givers: Sequence[Member], kind: str, today: dt.date
    ) -> None:
        start = {"kind": kind, "due_on": today + dt.timedelta(days=ANSWER_DAYS)}
        super().__init__(data, initial=start)
        self.people = {str(one.id): one for one in (*people, *givers)}
        takers = [("", "–"), *((str(one.id), one.name) for one in people)]
        usual = ("", gettext("Who looks after the customer, else you"))
        cast(forms.ChoiceField, self.fields["taker"]).choices = takers
        cast(forms.ChoiceField, self.fields["giver"]).choices = [
            usual,
            *((str(one.id), one.name) for one in givers),
        ]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        given = self.cleaned_data
        return {name: given[name] for name in ("kind", "reason", "note", "due_on")} | {
            "taker": self.people[given["taker"]],
            # A name says that it is nobody of the list.
            "giver": None if given["giver_name"] else self.people.get(given["giver"]),
            "giver_name": given["giver_name"],
            "added": given["added"].splitlines(),
        }


class AnswerForm(forms.Form):
    """Yes or no, with a reason where one is needed."""

    answer = forms.CharField(
        label=_("Answer"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed to decline, and to accept while something required is open."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
