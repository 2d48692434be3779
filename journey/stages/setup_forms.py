"""Input of the set-up of stages: a criterion, a new own one, a target of a segment."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from journey.enums import Evidence
from journey.stages.criteria import SHARE, UNITS, Criterion
from journey.stages.setup import LONGEST, OWN_HOWS
from journey.stages.targets import Target


class CriterionForm(forms.Form):
    """Switch, threshold (shares in percent) and words of a criterion."""

    enabled = forms.BooleanField(label=_("Asked for"), required=False)
    label = forms.CharField(label=_("Words of your own"), max_length=200, required=False, strip=True)
    threshold = forms.DecimalField(label=_("Threshold"), required=False, max_digits=8, decimal_places=2)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Any = None, *, criterion: Criterion) -> None:
        usual = criterion.threshold
        shown = None if usual is None else usual * (100 if criterion.unit == SHARE else 1)
        label = str(criterion.label) if criterion.own else criterion_words(criterion)
        super().__init__(
            data,
            initial={
                "enabled": criterion.enabled,
                "label": label,
                "threshold": None if shown is None else shown.normalize() if shown % 1 else int(shown),
                "version": criterion.version,
            },
        )
        self.unit = criterion.unit
        if criterion.fixed:
            self.fields["enabled"].disabled = True
            self.fields["enabled"].help_text = _("The customer confirms the go-live: this cannot be switched off.")
        if criterion.own:
            self.fields["label"].label, self.fields["label"].required = _("Criterion"), True
        else:
            self.fields["label"].help_text = _("Empty: %(usual)s") % {"usual": criterion.usual_label}
        if usual is None:
            del self.fields["threshold"]
        else:
            words = {"unit": UNITS[criterion.unit]}
            text = _("At most, in %(unit)s") if criterion.at_most else _("At least, in %(unit)s")
            self.fields["threshold"].label = text % words
            self.fields["threshold"].required = True

    @property
    def limit(self) -> Decimal | None:
        """The threshold in the criterion's unit."""
        value: Decimal | None = self.cleaned_data.get("threshold")
        return value / 100 if value is not None and self.unit == SHARE else value


def criterion_words(criterion: Criterion) -> str:
    """The company's own words for a criterion of the catalogue, empty where it uses the catalogue's."""
    return "" if criterion.label == criterion.usual_label else str(criterion.label)


class OwnCriterionForm(forms.Form):
    """A criterion of the company's own."""

    label = forms.CharField(label=_("Criterion"), max_length=200, strip=True)
    how = forms.ChoiceField(
        label=_("Shown by"), choices=[(how.value, how.label) for how in OWN_HOWS], initial=Evidence.ATTESTED
    )


class TargetForm(forms.Form):
    """How long a stage takes in a segment, and how it is run there; empty is the profile's."""

    days_from = forms.IntegerField(label=_("Days, from"), required=False, min_value=0, max_value=LONGEST)
    days_to = forms.IntegerField(label=_("Days, to"), required=False, min_value=1, max_value=LONGEST)
    approach = forms.CharField(label=_("How it is run"), max_length=300, required=False, strip=True)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Any = None, *, own: Any, usual: Target) -> None:
        initial: dict[str, Any] = {"version": 0}
        if own is not None:
            initial = {name: getattr(own, name) for name in ("days_from", "days_to", "approach", "version")}
        super().__init__(data, initial=initial)
        if usual.days_to is not None:
            words = {"first": usual.days_from, "last": usual.days_to}
            self.fields["days_from"].help_text = _("Empty: %(first)s to %(last)s, as the profile says") % words
        self.fields["approach"].help_text = _("Empty: %(usual)s") % {"usual": usual.approach}
