"""The form of an activity. Its fields are named like the columns of the files, so that one door serves both."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.db.models import Case, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms import RowForm
from accounts.models import Account, Member
from health.engagement.services import OF_EMAILS
from health.enums import Sentiment, TouchpointKind, TouchpointStatus
from health.models import Touchpoint

MOST_COLLEAGUES = 300  # offered to choose from
MOMENT = "%Y-%m-%dT%H:%M"
# What is logged most comes first; the first one is chosen.
KINDS = [TouchpointKind(kind) for kind in (
    "check_in", "call", "meeting", "email", "qbr", "training", "ebr", "kickoff", "handoff", "planning", "feedback", "community",
)]  # fmt: skip
# Empty means done: a meeting was held, an e-mail was sent.
STATES = [
    ("", _("Done")),
    (TouchpointStatus.PLANNED.value, TouchpointStatus.PLANNED.label),
    (TouchpointStatus.CANCELLED.value, TouchpointStatus.CANCELLED.label),
    (TouchpointStatus.NO_SHOW.value, TouchpointStatus.NO_SHOW.label),
    (TouchpointStatus.REPLIED.value, _("E-mail answered")),
]
DONE = {TouchpointStatus.ATTENDED, *OF_EMAILS} - {TouchpointStatus.REPLIED}


class TouchpointForm(RowForm):
    """An activity with a customer. With `accounts` the customer is chosen as well (Log activity on Today)."""

    account_id = forms.ChoiceField(label=_("Account"))
    touchpoint = forms.CharField(widget=forms.HiddenInput, max_length=200)
    kind = forms.ChoiceField(
        label=_("What"), choices=[(kind.value, kind.label) for kind in KINDS], widget=forms.RadioSelect
    )
    status = forms.ChoiceField(label=_("Status"), choices=STATES, widget=forms.RadioSelect, required=False)
    happened_at = forms.DateTimeField(
        label=_("When"),
        input_formats=[MOMENT, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
    )
    contact = forms.ChoiceField(label=_("Person"), required=False)
    sentiment = forms.ChoiceField(
        label=_("How was it?"),
        choices=[*Sentiment.choices, ("", _("Not said"))],
        widget=forms.RadioSelect,
        required=False,
    )
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    note = forms.CharField(
        label=_("Note"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 4000})
    )
    attendees = forms.MultipleChoiceField(
        label=_("Who else is there"), required=False, widget=forms.CheckboxSelectMultiple
    )
    colleagues = forms.MultipleChoiceField(label=_("Colleagues"), required=False, widget=forms.CheckboxSelectMultiple)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=100_000, required=False)
    inbound = forms.BooleanField(label=_("Begun by the customer"), required=False)

    def __init__(
        self,
        *args: Any,
        account: Account | None,
        touchpoint: Touchpoint | None = None,
        accounts: Sequence[Account] | None = None,
        **kwargs: Any,
    ) -> None:
        self.changed = touchpoint
        kwargs["initial"] = self.values_of(touchpoint) if touchpoint else self.fresh()
        super().__init__(*args, **kwargs)
        if accounts is None:
            del self.fields["account_id"]
        else:
            choices = [("", _("Choose an account")), *((str(one.id), one.name) for one in accounts)]
            cast(forms.ChoiceField, self.fields["account_id"]).choices = choices
            self.initial["account_id"] = str(account.id) if account else ""
        people = []
        there = [*touchpoint.attendees, touchpoint.contact_id] if touchpoint else []
        ours = touchpoint.colleagues if touchpoint else []
        if account is not None:
            seen = list(account.contacts.order_by("left_on", "name", "id"))
            people = [(one.external_id, one.name) for one in seen if one.left_on is None or one.id in there]
            if touchpoint is not None:
                self.initial["attendees"] = [one.external_id for one in seen if one.id in touchpoint.attendees]
        # Those who are chosen come first, so that none of them is lost where more members are than are offered.
        chosen_first = Case(When(id__in=ours, then=0), default=1)
        members = Member.objects.filter(Q(is_active=True) | Q(id__in=ours)).select_related("user")
        members = members.order_by(chosen_first, "name", "id")
        colleagues = [(one.user.email, one.name, one.id) for one in members[:MOST_COLLEAGUES]]
        self.initial["colleagues"] = [email for email, _name, id_ in colleagues if id_ in ours]
        cast(forms.ChoiceField, self.fields["contact"]).choices = [("", _("Nobody in particular")), *people]
        cast(forms.ChoiceField, self.fields["attendees"]).choices = people
        cast(forms.ChoiceField, self.fields["colleagues"]).choices = [(email, name) for email, name, _id in colleagues]
        if touchpoint is not None:
            self.fields["touchpoint"].disabled = True

    @staticmethod
    def fresh() -> dict[str, Any]:
        """A check-in call that was held just now."""
        return {
            "touchpoint": f"activity-{uuid4().hex[:16]}",
            "kind": KINDS[0].value,
            "status": "",
            "happened_at": timezone.localtime().replace(second=0, microsecond=0),
            "sentiment": "",
        }

    @staticmethod
    def values_of(touchpoint: Touchpoint) -> dict[str, Any]:
        """The fields' values as they stand in the database (contact selected)."""
        return {
            "version": touchpoint.version,
            "touchpoint": touchpoint.external_id,
            "kind": touchpoint.kind,
            "status": "" if touchpoint.status in DONE else touchpoint.status,
            "happened_at": touchpoint.happened_at,
            "contact": touchpoint.contact.external_id if touchpoint.contact else "",
            "sentiment": touchpoint.sentiment,
            "subject": touchpoint.subject,
            "note": touchpoint.note,
            "minutes": touchpoint.minutes,
            "inbound": touchpoint.inbound,
        }

    def cells(self) -> dict[str, Any]:
        cells = super().cells()
        cells.pop("account_id", None)
        at = self.cleaned_data["happened_at"]
        initial = self.initial.get("happened_at")
        # The field knows minutes only: what nobody touched keeps its seconds.
        if isinstance(initial, dt.datetime) and initial.replace(second=0, microsecond=0) == at:
            at = initial
        done = self.changed
        if done is not None and not cells["status"] and done.status in DONE and done.kind == cells["kind"]:
            cells["status"] = done.status  # an e-mail that was opened stays opened
        several = {name: self.cleaned_data[name] for name in ("attendees", "colleagues")}
        return cells | several | {"happened_at": at}
