"""Input of the playbook pages: a name, what starts a playbook and holds it back, a start and a stop by hand."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Segment
from cs_platform.kernel.forms import TenantChoiceField
from health.alerts.rules import RULES
from journey.models import Playbook
from journey.playbooks import cells, selectors, services


class NameForm(forms.Form):
    """A playbook of the company's own."""

    name = forms.CharField(label=_("Name"), max_length=services.NAME)


class SettingForm(forms.Form):
    """What starts it and what holds it back."""

    name = forms.CharField(label=_("Name"), max_length=services.NAME)
    rule = forms.ChoiceField(label=_("Started by"), required=False)
    segment = TenantChoiceField(Segment, label=_("Segment"), required=False, empty_label=_("Every segment"))
    cap = forms.IntegerField(label=_("At most in one day"), min_value=1, max_value=services.MOST_CAP)
    cooldown_days = forms.IntegerField(
        label=_("Days of quiet after one began"), min_value=0, max_value=services.LONGEST_QUIET
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, data: Any = None, *, playbook: Playbook) -> None:
        initial = {
            name: getattr(playbook, name) for name in ("name", "rule", "segment", "cap", "cooldown_days", "version")
        }
        super().__init__(data, initial=initial)
        choices = [("", _("People only")), *((key, RULES[key].label) for key in services.STARTERS)]
        self.fields["rule"].choices = choices  # type: ignore[attr-defined]  # of a ChoiceField


class StartForm(forms.Form):
    """Which playbook, and why."""

    playbook = TenantChoiceField(Playbook, label=_("Playbook"), empty_label=None)
    note = forms.CharField(
        label=_("Why"),
        max_length=services.NOTE,
        required=False,
        help_text=_("Stands with each of its tasks."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, chosen: Playbook | None = None) -> None:
        super().__init__(data, initial={"playbook": chosen})
        field: Any = self.fields["playbook"]
        field.queryset = selectors.startable()
        field.label_from_instance = cells.name


class StopForm(forms.Form):
    """Why a play stops."""

    reason = forms.CharField(label=_("Reason"), max_length=services.REASON, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
