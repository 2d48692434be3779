"""Forms of renewals. What is possible is judged by the services; a form says what is asked for."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import churn
from accounts.enums import ChurnCategory
from accounts.models import Contact
from cs_platform.kernel.forms import day_input
from cs_platform.kernel.money import from_minor, to_minor
from renewals.effort import COMMENT, EASY, HARD
from renewals.enums import Asked, Caller, FailureReason, Intent, Part, Phase, RenewalState, Review, Stance, Step
from renewals.lifecycle import ENDS, PHASES, REVIEWS
from renewals.models import Objection, Renewal, RenewalStep, SavePlay, Stakeholder
from renewals.runway import LONGEST, StepPlan
from renewals.writing import Terms

SIGNS = (("+", _("+ speaks for it")), ("-", _("− speaks against it")), ("=", _("= to be known")))
PAYMENTS = (("", "–"), ("1", _("Yearly in advance")), ("0", _("In instalments")))
REASONS = 4  # lines of a call
TERMS = ("offered_minor", "asked_minor", "floor_minor")


def version_field() -> forms.IntegerField:
    """The version of the row that the person saw."""
    return forms.IntegerField(widget=forms.HiddenInput, required=False)


def choose(field: forms.Field, choices: Sequence[tuple[str, Any]]) -> None:
    """What a choice offers, where it depends on the row."""
    cast(forms.ChoiceField, field).choices = list(choices)


def _money(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, max_digits=18, decimal_places=4, min_value=0, required=False, help_text=help_text
    )


def _text(label: Any, limit: int, *, required: bool = False, rows: int = 2) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=limit, required=required, widget=area)


class StandForm(forms.Form):
    """How far it is, what they intend, what happens next."""

    version = version_field()
    phase = forms.ChoiceField(label=_("Phase"))
    intent = forms.ChoiceField(label=_("What they intend"), choices=Intent.choices)
    likely_reason = forms.ChoiceField(
        label=_("Likely reason if lost"), choices=[("", "–"), *FailureReason.choices], required=False
    )
    next_step = forms.CharField(label=_("Next step"), max_length=200, required=False)
    next_step_on = forms.DateField(label=_("Until"), widget=day_input(), required=False)

    def __init__(self, data: Any = None, *, renewal: Renewal) -> None:
        super().__init__(data, initial=self.values_of(renewal))
        phases = (renewal.phase, *PHASES[renewal.phase])
        choose(self.fields["phase"], [(phase, Phase(phase).label) for phase in Phase.values if phase in phases])

    @staticmethod
    def values_of(renewal: Renewal) -> dict[str, Any]:
        names = ("version", "phase", "intent", "likely_reason", "next_step", "next_step_on")
        return {name: getattr(renewal, name) for name in names}


class TermsForm(forms.Form):
    """What is offered, what they ask for, the least that we accept: each a year's money in the contract's currency."""

    version = version_field()
    offered_minor = _money(_("Offered a year"))
    asked_minor = _money(_("They ask for, a year"))
    floor_minor = _money(_("Least that we accept, a year"), _("Only your own company sees it."))
    term_months = forms.IntegerField(label=_("Term in months"), min_value=1, max_value=120, required=False)
    prepaid = forms.TypedChoiceField(
        label=_("Payment"),
        choices=PAYMENTS,
        coerce=lambda value: value == "1",
        empty_value=None,
        required=False,
    )
    uplift = forms.DecimalField(
        label=_("Uplift in percent"), max_digits=6, decimal_places=2, min_value=-100, max_value=1000, required=False
    )

    def __init__(self, data: Any = None, *, renewal: Renewal) -> None:
        self.currency = renewal.currency
        super().__init__(data, initial=self.values_of(renewal))
        for name in TERMS:
            self.fields[name].label = f"{self.fields[name].label}, {renewal.currency}"

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        found = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        for name in TERMS:
            found[name] = None if found[name] is None else to_minor(found[name], self.currency)
        return found

    @staticmethod
    def values_of(renewal: Renewal) -> dict[str, Any]:
        found = {name: getattr(renewal, name) for name in ("version", "term_months", "uplift")}
        for name in TERMS:
            amount = getattr(renewal, name)
            found[name] = None if amount is None else from_minor(amount, renewal.currency)
        return found | {"prepaid": "" if renewal.prepaid is None else str(int(renewal.prepaid))}


class ReviewsForm(forms.Form):
    """Where approval, legal and procurement stand; a leader decides about the discount."""

    version = version_field()
    approval = forms.ChoiceField(label=_("Approval of the discount"), choices=Review.choices)
    legal = forms.ChoiceField(label=_("Legal"), choices=Review.choices)
    procurement = forms.ChoiceField(label=_("Procurement"), choices=Review.choices)

    def __init__(self, data: Any = None, *, renewal: Renewal, may_approve: bool) -> None:
        super().__init__(data, initial=self.values_of(renewal))
        if not may_approve:
            kept = {Review.NONE, Review.ASKED, Review.RUNNING, Review(renewal.approval)}
            choose(self.fields["approval"], [choice for choice in Review.choices if choice[0] in kept])
            self.fields["approval"].help_text = _("A leader says yes or no.")

    @staticmethod
    def values_of(renewal: Renewal) -> dict[str, Any]:
        return {name: getattr(renewal, name) for name in ("version", *REVIEWS)}


class CallForm(forms.Form):
    """How likely it is that the customer stays, and why."""

    version = version_field()
    caller = forms.ChoiceField(label=_("Whose call"), choices=[])
    probability = forms.DecimalField(
        label=_("Chance that it renews, in percent"), min_value=0, max_value=100, max_digits=5, decimal_places=2,
        help_text=_("Commit from 90, likely from 70, at risk below."),
    )  # fmt: skip

    def __init__(
        self, data: Any = None, *, renewal: Renewal, callers: Sequence[str], initial: Mapping[str, Any]
    ) -> None:
        super().__init__(data, initial={"version": renewal.version, **initial})
        choose(self.fields["caller"], [(name, Caller(name).label) for name in callers])
        for place in range(1, REASONS + 1):
            self.fields[f"sign_{place}"] = forms.ChoiceField(
                label=_("Reason %(n)s") % {"n": place}, choices=SIGNS, required=False
            )
            self.fields[f"text_{place}"] = forms.CharField(
                label=_("In words, reason %(n)s") % {"n": place}, max_length=300, required=place == 1
            )

    def reasons(self) -> list[dict[str, str]]:
        """What was written, in its order."""
        found = self.cleaned_data
        return [
            {"sign": found[f"sign_{place}"] or "=", "text": found[f"text_{place}"]}
            for place in range(1, REASONS + 1)
            if found[f"text_{place}"]
        ]


class ObjectionForm(forms.Form):
    """What speaks against renewing, in their words."""

    text = _text(_("In their words"), 500, required=True)
    reason = forms.ChoiceField(label=_("Kind"), choices=[("", "–"), *FailureReason.choices], required=False)
    contact = forms.ChoiceField(label=_("Who says so"), required=False)
    raised_on = forms.DateField(label=_("Raised on"), widget=day_input())

    def __init__(self, data: Any = None, *, people: Sequence[Contact], initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=dict(initial))
        self.people = {str(one.id): one for one in people}
        nobody = ("", gettext("Nobody named"))
        choose(self.fields["contact"], [nobody, *((key, one.name) for key, one in self.people.items())])

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data) | {"contact": self.people.get(self.cleaned_data["contact"])}


class AnswerForm(forms.Form):
    """What we answer to an objection."""

    version = version_field()
    answer = _text(_("Our answer"), 1000, rows=3)

    def __init__(self, data: Any = None, *, objection: Objection) -> None:
        super().__init__(data, initial=self.values_of(objection))
        self.fields["answer"].help_text = _("Left empty, it is open again.")

    @staticmethod
    def values_of(objection: Objection) -> dict[str, Any]:
        return {"version": objection.version, "answer": objection.answer}


class StakeholderForm(forms.Form):
    """A person's part in the decision, and how they stand to it."""

    version = version_field()
    contact = forms.ChoiceField(label=_("Person"))
    part = forms.ChoiceField(label=_("Part"), choices=Part.choices)
    stance = forms.ChoiceField(label=_("Stance"), choices=Stance.choices, initial=Stance.UNKNOWN)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(
        self, data: Any = None, *, people: Sequence[Contact] = (), stakeholder: Stakeholder | None = None
    ) -> None:
        super().__init__(data, initial=self.values_of(stakeholder) if stakeholder else {})
        self.people = {str(one.id): one for one in people}
        choose(self.fields["contact"], [(key, one.name) for key, one in self.people.items()])
        if stakeholder is not None:
            del self.fields["contact"]

    @staticmethod
    def values_of(stakeholder: Stakeholder) -> dict[str, Any]:
        return {name: getattr(stakeholder, name) for name in ("version", "part", "stance", "note")}


class StepForm(forms.Form):
    """A step is done: when, and a word about it."""

    version = version_field()
    on = forms.DateField(label=_("Done on"), widget=day_input())
    note = _text(_("Note"), 500)

    def __init__(self, data: Any = None, *, step: RenewalStep, initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial={"version": step.version, "note": step.note, **initial})

    @staticmethod
    def values_of(step: RenewalStep) -> dict[str, Any]:
        return {"version": step.version, "on": step.done_on, "note": step.note}


class SaveForm(forms.Form):
    """How the customer is to be saved."""

    version = version_field()
    approach = _text(_("How it is to be saved"), 500, rows=3)

    def __init__(self, data: Any = None, *, save: SavePlay | None = None) -> None:
        super().__init__(data, initial=self.values_of(save) if save else {})

    @staticmethod
    def values_of(save: SavePlay) -> dict[str, Any]:
        return {"version": save.version, "approach": save.approach}


class CloseForm(forms.Form):
    """What was decided: the outcome, and what it asks for. The words are those of the closing."""

    version = version_field()
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[(state, RenewalState(state).label) for state in ENDS])
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", "–"), *ChurnCategory.choices], required=False)
    sub_reason = forms.ChoiceField(label=_("Sub-reason"), required=False)
    last_day = forms.DateField(
        label=_("Last day paid"), widget=day_input(), required=False,
        help_text=_("Churn is dated by it, not by the day of notice."),
    )  # fmt: skip
    words = _text(_("In the customer's words"), churn.LONGEST["note"])
    amount = _money(_("New yearly amount"))
    term_months = forms.IntegerField(label=_("Term in months"), min_value=1, max_value=120, required=False)
    prepaid = forms.TypedChoiceField(
        label=_("Payment"), choices=PAYMENTS, coerce=lambda value: value == "1", empty_value=None, required=False
    )
    effort = forms.IntegerField(
        label=_("How easy it was for them, 1 to 7"), min_value=1, max_value=7, required=False,
        help_text=_("7 is very easy."),
    )  # fmt: skip

    def __init__(
        self,
        data: Any = None,
        *,
        renewal: Renewal,
        reasons: Sequence[churn.Reason],
        outcome: str = RenewalState.RENEWED,
    ) -> None:
        self.currency = renewal.currency
        offered = renewal.offered_minor
        initial = {
            "version": renewal.version,
            "outcome": outcome,
            "last_day": renewal.due_on - dt.timedelta(days=1),
            "amount": None if offered is None else from_minor(offered, renewal.currency),
            "term_months": renewal.term_months,
            "prepaid": "" if renewal.prepaid is None else str(int(renewal.prepaid)),
        }
        super().__init__(data, initial=initial)
        self.fields["amount"].label = f"{self.fields['amount'].label}, {renewal.currency}"
        grouped: dict[str, list[tuple[str, str]]] = {}
        for one in reasons:
            grouped.setdefault(str(one.category.label), []).append((one.name, one.label))
        choose(self.fields["sub_reason"], [("", "–"), *grouped.items()])

    @property
    def chosen(self) -> str:
        """The outcome that stands in the form."""
        return str(self["outcome"].value() or "")

    def terms(self) -> Terms:
        """What differs from before, of what the outcome asks for."""
        found = self.cleaned_data
        if found["outcome"] == RenewalState.CHURNED:
            return Terms(last_day=found["last_day"])
        changed = found["outcome"] in (RenewalState.EXPANDED, RenewalState.CONTRACTED)
        amount = found["amount"] if changed else None
        return Terms(
            amount_minor=None if amount is None else to_minor(amount, self.currency),
            term_months=found["term_months"],
            prepaid=found["prepaid"],
        )

    def said(self) -> dict[str, Any]:
        """Why they leave, or pay less."""
        found = self.cleaned_data
        less = found["outcome"] in (RenewalState.CHURNED, RenewalState.CONTRACTED)
        return {
            "reason": found["reason"] if less else "",
            "sub_reason": found["sub_reason"] if less else "",
            "words": found["words"] if found["outcome"] == RenewalState.CHURNED else "",
            "effort": None if found["outcome"] == RenewalState.CHURNED else found["effort"],
        }


class EffortForm(forms.Form):
    """How easy it was, said by somebody at the customer."""

    score = forms.TypedChoiceField(
        label=_("How easy was it?"), coerce=int, choices=[(str(n), n) for n in range(EASY, HARD + 1)]
    )
    comment = _text(_("What made it hard, or easy?"), COMMENT, rows=3)


class WhomForm(forms.Form):
    """Whose people are asked how easy it was."""

    version = version_field()
    who = forms.ChoiceField(
        label=_("Asked how easy it was"), choices=Asked.choices,
        help_text=_("People who took part get one mail, an office hour after the renewal is closed."),
    )  # fmt: skip


class RunwayForm(forms.Form):
    """The runway of a segment: when a renewal opens, and the days of its steps before the end."""

    version = version_field()
    own = forms.TypedChoiceField(
        label=_("Runway"), choices=[("1", _("Our own, as below")), ("0", _("That of the profile"))],
        coerce=lambda value: value == "1",
    )  # fmt: skip
    days = forms.IntegerField(label=_("Days before the end"), min_value=1, max_value=LONGEST)

    def __init__(self, data: Any = None, *, version: int, own: bool, days: int, steps: Sequence[StepPlan]) -> None:
        at = {f"step_{plan.step}": plan.days for plan in steps}
        super().__init__(data, initial={"version": version, "own": str(int(own)), "days": days, **at})
        for step in Step:
            self.fields[f"step_{step.value}"] = forms.IntegerField(
                label=_("%(step)s, days before the end") % {"step": step.label}, min_value=0, max_value=LONGEST,
                required=False,
            )  # fmt: skip

    def steps(self) -> list[dict[str, Any]]:
        """The steps that have a day."""
        found = self.cleaned_data
        return [
            {"step": step.value, "days": found[f"step_{step.value}"]}
            for step in Step
            if found.get(f"step_{step.value}") is not None
        ]
