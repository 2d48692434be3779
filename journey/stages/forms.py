"""Input of the Journey tab: a track, a stage opened, ended, held up, a word on a criterion, an answer to a proposal."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.enums import Level
from accounts.models import Account
from cs_platform.kernel.forms import day_input
from journey.enums import Blocker, Cause, Exit, Stage, TrackEnd, TrackKind
from journey.models import StagePeriod, Track
from journey.stages import guide


def _note(label: Any, *, required: bool = True, longest: int = 500, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=longest,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _offer(form: forms.Form, name: str, choices: Iterable[tuple[str, Any]]) -> None:
    cast(forms.ChoiceField, form.fields[name]).choices = list(choices)


class VersionForm(forms.Form):
    """A change of a row that somebody looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class TrackForm(forms.Form):
    """A department or a use case with a journey of its own; of an existing track its name, department and seats."""

    kind = forms.ChoiceField(label=_("What it is about"), choices=TrackKind.choices)
    name = forms.CharField(label=_("Name"), max_length=120)
    unit = forms.ChoiceField(
        label=_("Department"), required=False, help_text=_("Its own usage is measured where it is known.")
    )
    seats = forms.IntegerField(label=_("Seats"), required=False, min_value=0, max_value=2_000_000_000)
    on = forms.DateField(label=_("Since"), widget=day_input())
    stage = forms.ChoiceField(label=_("Begins in"), choices=Stage.choices)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, account: Account, today: dt.date, track: Track | None, has_core: bool) -> None:
        fresh = {"on": today, "stage": Stage.ONBOARDING, "kind": TrackKind.DEPARTMENT if has_core else TrackKind.CORE}
        super().__init__(data, initial=self.values_of(track) if track else fresh)
        self.units = list(
            Account.objects.filter(parent=account).exclude(level=Level.COMPANY).order_by("name_key", "id")
        )
        _offer(self, "unit", [("", "–"), *((str(unit.id), unit.name) for unit in self.units)])
        kinds = [choice for choice in TrackKind.choices if not (has_core and choice[0] == TrackKind.CORE)]
        _offer(self, "kind", kinds)
        if track is not None:
            for name in ("kind", "on", "stage"):
                del self.fields[name]
            self.fields["version"].required = True

    @staticmethod
    def values_of(track: Track) -> dict[str, Any]:
        return {
            "name": track.name,
            "unit": str(track.unit_id or ""),
            "seats": track.seats,
            "version": track.version,
        }

    def chosen_unit(self) -> Account | None:
        return next((unit for unit in self.units if str(unit.id) == self.cleaned_data["unit"]), None)


class EnterForm(VersionForm):
    """Open a stage beside those that are open."""

    stage = forms.ChoiceField(label=_("Stage"), choices=Stage.choices)
    on = forms.DateField(label=_("Since"), widget=day_input())
    target_on = forms.DateField(label=_("Wanted by"), widget=day_input(), required=False)
    note = _note(_("Note"), required=False, longest=1000)

    def __init__(self, data: Any, *, track: Track, open_now: set[str], today: dt.date) -> None:
        super().__init__(data, initial={"version": track.version, "on": today})
        _offer(self, "stage", [choice for choice in Stage.choices if choice[0] not in open_now])


class CompleteForm(VersionForm):
    """Complete a stage, and go on; where criteria are not met, why it is completed nevertheless (JRN-07)."""

    on = forms.DateField(label=_("Ended on"), widget=day_input())
    to = forms.ChoiceField(label=_("Goes on in"), required=False)
    override_reason = _note(
        _("Why it is completed nevertheless"),
        required=False,
        help_text=_("It is kept with the stage and counted as an override."),
    )
    note = _note(_("Note"), required=False)

    def __init__(self, data: Any, *, period: StagePeriod, missing: bool, today: dt.date) -> None:
        after = guide.ORDER.index(period.stage) + 1
        following = guide.ORDER[after] if after < 3 else ""  # beyond the climb nothing follows by itself
        super().__init__(data, initial={"version": period.version, "on": today, "to": following})
        others = [choice for choice in Stage.choices if choice[0] != period.stage]
        _offer(self, "to", [("", gettext("No other stage")), *others])
        if not missing:
            del self.fields["override_reason"]


class BackForm(VersionForm):
    """Go back: what threw the track back, and where it goes on."""

    cause = forms.ChoiceField(label=_("What threw it back"), choices=Cause.choices)
    to = forms.ChoiceField(label=_("Goes on in"), required=False)
    on = forms.DateField(label=_("On"), widget=day_input())
    note = _note(_("What happened"), longest=1000)

    def __init__(self, data: Any, *, period: StagePeriod, today: dt.date) -> None:
        super().__init__(data, initial={"version": period.version, "on": today})
        _offer(self, "to", [("", gettext("What is usual for the cause")), *_backward(period.stage)])


class LeaveForm(VersionForm):
    """End a stage without completing it: skipped or given up."""

    outcome = forms.ChoiceField(label=_("How it ends"), widget=forms.RadioSelect)
    to = forms.ChoiceField(label=_("Goes on in"), required=False)
    on = forms.DateField(label=_("Ended on"), widget=day_input())
    note = _note(_("Why"), longest=1000)

    def __init__(self, data: Any, *, period: StagePeriod, today: dt.date) -> None:
        super().__init__(data, initial={"version": period.version, "on": today, "outcome": Exit.SKIPPED})
        _offer(self, "outcome", [(kind.value, kind.label) for kind in (Exit.SKIPPED, Exit.ABANDONED)])
        others = [choice for choice in Stage.choices if choice[0] != period.stage]
        _offer(self, "to", [("", gettext("No other stage")), *others])


class HoldForm(VersionForm):
    """What holds a stage up, of what usually does there (JRN-11, JRN-19, JRN-32)."""

    blocker = forms.ChoiceField(label=_("Held up by"), required=False)
    note = _note(_("Note"), required=False)

    def __init__(self, data: Any, *, period: StagePeriod) -> None:
        super().__init__(data, initial=self.values_of(period))
        offered = [(code, Blocker(code).label) for code in guide.BLOCKERS[period.stage]]
        _offer(self, "blocker", [("", gettext("Nothing: it goes on")), *offered])

    @staticmethod
    def values_of(period: StagePeriod) -> dict[str, Any]:
        return {"blocker": period.blocker, "note": period.blocker_note, "version": period.version}


class DayForm(VersionForm):
    """A day that was agreed for a stage; left empty the segment's target counts."""

    target_on = forms.DateField(label=_("Wanted by"), widget=day_input(), required=False)

    def __init__(self, data: Any, *, period: StagePeriod) -> None:
        super().__init__(data, initial=self.values_of(period))

    @staticmethod
    def values_of(period: StagePeriod) -> dict[str, Any]:
        return {"target_on": period.target_on, "version": period.version}


class CloseForm(VersionForm):
    """End a track with all its open stages."""

    because = forms.ChoiceField(label=_("Why"), choices=TrackEnd.choices)
    on = forms.DateField(label=_("Ended on"), widget=day_input())
    note = _note(_("Note"), required=False)

    def __init__(self, data: Any, *, track: Track, today: dt.date) -> None:
        because = TrackEnd.LEFT if track.kind == TrackKind.CORE else TrackEnd.DROPPED
        super().__init__(data, initial={"version": track.version, "on": today, "because": because})


class AttestForm(forms.Form):
    """A word on a criterion, with what shows it."""

    note = _note(_("What shows it"))


class DecideForm(VersionForm):
    """The answer to a proposal to go back, with a reason (JRN-24)."""

    answer = forms.ChoiceField(
        label=_("What happens"),
        widget=forms.RadioSelect,
        choices=[("accept", _("It goes back")), ("stay", _("It stays"))],
    )
    to = forms.ChoiceField(label=_("Goes on in"), required=False)
    note = _note(_("Reason"))

    def __init__(self, data: Any, *, period: StagePeriod, version: int, back: str, answer: str) -> None:
        super().__init__(data, initial={"version": version, "to": back, "answer": answer})
        _offer(self, "to", _backward(period.stage))


def _backward(stage: str) -> list[tuple[str, Any]]:
    """The stages that a track may go back to out of this one; itself begins anew."""
    order = guide.ORDER[: guide.ORDER.index(stage) + 1]
    return [
        (name, gettext("%(stage)s anew") % {"stage": Stage(name).label} if name == stage else Stage(name).label)
        for name in reversed(order)
    ]
