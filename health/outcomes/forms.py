"""Forms of success criteria. Their fields are named like the columns of the files, so that one door serves both."""

import datetime as dt
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import RowForm
from accounts.models import Account, Member
from cs_platform.kernel.forms import day_input
from cs_platform.kernel.money import from_minor
from health.enums import OutcomeMetric
from health.models import Outcome

NUMBER: dict[str, Any] = {"max_digits": 19, "decimal_places": 4}


def _people(account: Account, chosen: Any, empty: Any) -> list[tuple[str, Any]]:
    """Contacts who are there, and the chosen one in any case."""
    seen = account.contacts.order_by("left_on", "name", "id")
    return [("", empty), *((one.external_id, one.name) for one in seen if one.left_on is None or one.id == chosen)]


class OutcomeForm(RowForm):
    """What is agreed with the customer: measure, target, deadline, source of the data, and who answers for it."""

    outcome = forms.CharField(widget=forms.HiddenInput, max_length=200)
    name = forms.CharField(
        label=_("Success criterion"), max_length=200, help_text=_("In the customer's words: dispatch time under 6 h.")
    )
    metric = forms.ChoiceField(label=_("Measures"), choices=OutcomeMetric.choices)
    unit = forms.CharField(label=_("Unit"), max_length=40, required=False)
    baseline = forms.DecimalField(label=_("Baseline"), **NUMBER)
    target = forms.DecimalField(label=_("Target"), **NUMBER)
    agreed_on = forms.DateField(label=_("Agreed on"), widget=day_input())
    due_on = forms.DateField(label=_("Deadline"), widget=day_input())
    data_source = forms.CharField(
        label=_("Source of the data"), max_length=200, help_text=_("Where the value is read, and how it is counted.")
    )
    owner_email = forms.ChoiceField(label=_("Our owner"), required=False)
    customer_owner = forms.ChoiceField(label=_("Customer's owner"), required=False)
    first_value = forms.BooleanField(
        label=_("First value"), required=False, help_text=_("Its confirmation ends the clock of time to value.")
    )
    dropped_on = forms.DateField(label=_("Dropped on"), widget=day_input(), required=False)

    def __init__(
        self,
        *args: Any,
        account: Account,
        today: dt.date,
        by: Member,
        outcome: Outcome | None = None,
        **kwargs: Any,
    ) -> None:
        fresh = {
            "outcome": f"outcome-{uuid4().hex[:16]}",
            "agreed_on": today,
            "owner_email": account.owner.user.email if account.owner else by.user.email,
        }
        kwargs["initial"] = self.values_of(outcome) if outcome else fresh
        super().__init__(*args, **kwargs)
        ours = list(Member.objects.filter(is_active=True).values_list("user__email", "name"))
        owner = outcome.owner if outcome else account.owner
        if owner and not owner.is_active:
            ours.append((owner.user.email, owner.name))
        chosen = outcome.customer_owner_id if outcome else None
        cast(forms.ChoiceField, self.fields["owner_email"]).choices = [("", _("Nobody")), *ours]
        cast(forms.ChoiceField, self.fields["customer_owner"]).choices = _people(account, chosen, _("Nobody"))
        if outcome is None:
            del self.fields["dropped_on"]
        else:
            self.fields["outcome"].disabled = True

    @staticmethod
    def values_of(outcome: Outcome) -> dict[str, Any]:
        """The fields' values as they stand in the database (owners selected)."""
        return {
            "version": outcome.version,
            "outcome": outcome.external_id,
            "name": outcome.name,
            "metric": outcome.metric,
            "unit": outcome.unit,
            "baseline": outcome.baseline.normalize() + 0,
            "target": outcome.target.normalize() + 0,
            "agreed_on": outcome.agreed_on,
            "due_on": outcome.due_on,
            "data_source": outcome.data_source,
            "owner_email": outcome.owner.user.email if outcome.owner else "",
            "customer_owner": outcome.customer_owner.external_id if outcome.customer_owner else "",
            "first_value": outcome.first_value,
            "dropped_on": outcome.dropped_on,
        }


class MeasureForm(forms.Form):
    """What was measured on a day."""

    value = forms.DecimalField(label=_("Value"), **NUMBER)
    measured_on = forms.DateField(label=_("Measured on"), widget=day_input())
    note = forms.CharField(label=_("Note"), max_length=500, required=False)


class ConfirmForm(forms.Form):
    """The customer's own word that a criterion is reached, and what it is worth."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    contact = forms.ChoiceField(label=_("Confirmed by"))
    confirmed_on = forms.DateField(label=_("Confirmed on"), widget=day_input())
    value = forms.DecimalField(label=_("Value a year"), min_value=0, max_digits=15, decimal_places=4, required=False)
    story = forms.CharField(
        label=_("Value story"),
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What changed for the customer, in words that may be told to their board."),
    )

    def __init__(self, *args: Any, outcome: Outcome, currency: str, today: dt.date, **kwargs: Any) -> None:
        likely = outcome.confirmed_by or outcome.customer_owner
        kwargs["initial"] = {
            "version": outcome.version,
            "contact": likely.external_id if likely else "",
            "confirmed_on": outcome.confirmed_on or today,
            "value": from_minor(outcome.value_minor, currency) if outcome.value_minor is not None else None,
            "story": outcome.story,
        }
        super().__init__(*args, **kwargs)
        people = _people(outcome.account, outcome.confirmed_by_id, _("Choose a person"))
        cast(forms.ChoiceField, self.fields["contact"]).choices = people
        self.fields["value"].help_text = currency
