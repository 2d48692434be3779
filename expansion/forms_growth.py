"""Forms beside the deal's own: whether a product fits, what becomes of a signal, chances and limits. The services judge."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from expansion.rules import NUMBERS, Limits
from expansion.services import REASON
from health.alerts.forms import ThresholdForm


def _yes(value: Any) -> bool:
    return value == "1"


class FitForm(forms.Form):
    """Whether a product fits an account (EXP-04)."""

    fits = forms.TypedChoiceField(
        label=_("Fit"), choices=[("0", _("It does not fit")), ("1", _("It fits"))], coerce=_yes
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class DismissForm(forms.Form):
    """Why there is nothing in a signal."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Reason"), max_length=REASON, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The account stays silent on this until the cause is gone and comes anew."),
    )  # fmt: skip


class ChanceForm(forms.Form):
    """The chance of a stage: the company's own, or the usual one."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    chance = forms.IntegerField(
        label=_("Chance in percent"), min_value=0, max_value=100, required=False,
        help_text=_("Left empty, the usual one holds again."),
    )  # fmt: skip


class SignalRuleForm(ThresholdForm):
    """When a trigger opens signals: whether at all, and from which numbers on."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, trigger: str, limits: Limits, version: int) -> None:
        super().__init__(data, declared=NUMBERS[trigger], chosen=limits.fires[trigger], on=trigger not in limits.off)
        self.fields["version"].initial = version
        self.fields["enabled"].help_text = _("Off, it opens none; what is open stays until its cause is gone.")
