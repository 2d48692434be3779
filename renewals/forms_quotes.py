"""Forms of quotes: what one says, what a segment's say, and what the customer answers (REN-07)."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact
from cs_platform.kernel.forms import day_input
from renewals.forms import PAYMENTS, version_field
from renewals.models import Flow, Quote
from renewals.quote_answers import NAME, REASON


def _uplift() -> forms.DecimalField:
    return forms.DecimalField(
        label=_("Uplift in percent"), max_digits=6, decimal_places=2, min_value=-100, max_value=1000
    )


def _term() -> forms.IntegerField:
    return forms.IntegerField(label=_("Term in months"), min_value=1, max_value=120)


def _prepaid() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=_("Payment"), choices=PAYMENTS, coerce=lambda value: value == "1", empty_value=None, required=False
    )


def _payment(prepaid: bool | None) -> str:
    return "" if prepaid is None else str(int(prepaid))


class QuoteForm(forms.Form):
    """What a quote says; money follows from the contracts."""

    version = version_field()
    uplift = _uplift()
    term_months = _term()
    prepaid = _prepaid()
    valid_until = forms.DateField(label=_("Valid until"), widget=day_input())
    contact = forms.ChoiceField(label=_("Who gets it"), required=False)

    def __init__(self, data: Any = None, *, initial: dict[str, Any], people: Sequence[Contact]) -> None:
        super().__init__(data, initial=initial)
        self.people = {str(person.id): person for person in people}
        named = [(key, f"{person.name}, {person.email}") for key, person in self.people.items()]
        cast(forms.ChoiceField, self.fields["contact"]).choices = [("", "–"), *named]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        found = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return found | {"contact": self.people.get(found["contact"])}

    @staticmethod
    def values_of(quote: Quote) -> dict[str, Any]:
        found = {name: getattr(quote, name) for name in ("version", "uplift", "term_months", "valid_until")}
        contact: UUID | None = quote.contact_id
        return found | {"contact": str(contact or ""), "prepaid": _payment(quote.prepaid)}


class FlowForm(forms.Form):
    """What the renewals of a segment do by themselves, and what its quotes say."""

    version = version_field()
    quotes = forms.TypedChoiceField(
        label=_("Quotes"),
        choices=[("1", _("Made and sent by themselves, when their step comes due")), ("0", _("Made by people"))],
        coerce=lambda value: value == "1",
        help_text=_(
            "They go to who decides, an office hour after they were made. The main switch of the rules stops them."
        ),
    )
    uplift = _uplift()
    term_months = _term()
    prepaid = _prepaid()
    valid_days = forms.IntegerField(label=_("Days that a quote is valid"), min_value=1, max_value=365)

    @staticmethod
    def values_of(flow: Flow) -> dict[str, Any]:
        found = {name: getattr(flow, name) for name in ("version", "uplift", "term_months", "valid_days")}
        return found | {"quotes": str(int(flow.quotes)), "prepaid": _payment(flow.prepaid)}


class AcceptForm(forms.Form):
    """The customer's yes: a name and a tick."""

    signed_as = forms.CharField(
        label=_("Your name"), max_length=NAME, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    agreed = forms.BooleanField(label=_("Yes, I may agree to this for our company, and we renew as quoted."))


class DeclineForm(forms.Form):
    """The customer's no, and why."""

    signed_as = forms.CharField(
        label=_("Your name"), max_length=NAME, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    reason = forms.CharField(label=_("Why not?"), max_length=REASON, widget=forms.Textarea(attrs={"rows": 3}))
