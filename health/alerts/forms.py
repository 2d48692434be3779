"""Input of the alert pages: an answer, a rule's thresholds."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cs_platform.kernel.forms import day_input
from health.alerts.cells import amount
from health.alerts.engine import Setting
from health.alerts.rule_parts import Threshold, Values

PERCENT = "share"
MOST = 10_000


class AnswerForm(forms.Form):
    """What will be done, until when."""

    answer = forms.CharField(
        label=_("What will be done"), max_length=1000, strip=True, widget=forms.Textarea(attrs={"rows": 3})
    )
    due_on = forms.DateField(label=_("Until"), required=False, widget=day_input())
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class ThresholdForm(forms.Form):
    """Switch and thresholds within their bounds of a rule. Shares are written in percent."""

    enabled = forms.BooleanField(label=_("On"), required=False)

    def __init__(self, data: Any = None, *, declared: Sequence[Threshold], chosen: Values, on: bool) -> None:
        super().__init__(data)
        self.declared = declared
        self.fields["enabled"].initial = on
        for t in declared:
            self.fields[t.name] = forms.FloatField(
                label=_label(t),
                min_value=_shown(t, t.low),
                max_value=_shown(t, t.high),
                initial=_shown(t, chosen[t.name]),
                help_text=_("From %(low)s to %(high)s; usual is %(usual)s.")
                % {"low": amount(t, t.low), "high": amount(t, t.high), "usual": amount(t, t.default)},
                widget=forms.NumberInput(attrs={"step": "any"}),
            )

    def thresholds(self) -> dict[str, float]:
        """The thresholds as the rule reads them."""
        return {t.name: float(self.cleaned_data[t.name]) / (100 if t.unit == PERCENT else 1) for t in self.declared}


class RuleForm(ThresholdForm):
    """Those of an alert rule, with its cap and quiet days."""

    def __init__(self, data: Any = None, *, setting: Setting, on: bool) -> None:
        super().__init__(data, declared=setting.rule.thresholds, chosen=setting.thresholds, on=on)
        self.fields["cap"] = forms.IntegerField(
            label=_("At most in one day"),
            min_value=1,
            max_value=MOST,
            initial=setting.cap,
            help_text=_("And never more than 15% of the accounts, or 20 alerts if that is more."),
        )
        self.fields["cooldown_days"] = forms.IntegerField(
            label=_("Days of quiet after closing"), min_value=0, max_value=365, initial=setting.cooldown_days
        )


def _shown(threshold: Threshold, value: float) -> float:
    return round(value * 100, 6) if threshold.unit == PERCENT else value


def _label(threshold: Threshold) -> str:
    return f"{threshold.label} (%)" if threshold.unit == PERCENT else str(threshold.label)
