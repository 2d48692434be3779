"""Input of the task pages: a task, what came of it, a comment, a verb on many."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Member
from cs_platform.kernel.forms import day_input
from journey.enums import Rhythm, Urgency, WorkType
from journey.models import Task

POOL = "pool"


class TaskForm(forms.Form):
    """A task. Without `account` the customer is one of `accounts`; without an owner named it is the account's."""

    account_id = forms.ChoiceField(label=_("Account"), required=False)
    title = forms.CharField(label=_("What is to be done"), max_length=200)
    due_on = forms.DateField(label=_("Due"), widget=day_input())
    due_at = forms.TimeField(
        label=_("At"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    work = forms.ChoiceField(label=_("Kind of work"), choices=WorkType.choices)
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Urgency.choices)
    rhythm = forms.ChoiceField(label=_("Comes again"), choices=Rhythm.choices, required=False)
    note = forms.CharField(label=_("Note"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    checklist = forms.CharField(
        label=_("Checklist"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("An item a line."),
    )
    # Of a new task: sending it twice makes one.
    token = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    alert = forms.UUIDField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        task: Task | None = None,
        account: Account | None = None,
        accounts: Sequence[Account] = (),
        people: Sequence[Member] = (),
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=values_of(task) if task else {"token": uuid4().hex, **(initial or {})})
        self.task = task
        offered = [(str(one.id), one.name) for one in accounts]
        if account is not None:
            del self.fields["account_id"]
        else:
            cast(forms.ChoiceField, self.fields["account_id"]).choices = [("", gettext("No account")), *offered]
        nobody = [] if task else [("", gettext("Who looks after the account"))]
        members = [(str(one.id), one.name) for one in people]
        cast(forms.ChoiceField, self.fields["owner"]).choices = [*nobody, *members, (POOL, gettext("The pool"))]
        if task is not None:
            del self.fields["token"], self.fields["alert"]

    def items(self) -> list[dict[str, Any]]:
        """The checklist, an item a line; what was ticked stays ticked."""
        done = {item["text"] for item in self.task.checklist if item["done"]} if self.task else set()
        lines = [line.strip() for line in self.cleaned_data["checklist"].splitlines()]
        return [{"text": line[:200], "done": line[:200] in done} for line in lines if line]

    def values(self) -> dict[str, Any]:
        """What a service takes."""
        names = ("title", "due_on", "due_at", "work", "urgency", "rhythm", "note")
        return {name: self.cleaned_data[name] for name in names} | {"checklist": self.items()}


def values_of(task: Task) -> dict[str, Any]:
    """The fields' values as they stand."""
    return {
        "account_id": str(task.account_id or ""),
        "title": task.title,
        "due_on": task.due_on,
        "due_at": task.due_at,
        "owner": str(task.owner_id or POOL),
        "work": task.work,
        "urgency": task.urgency,
        "rhythm": task.rhythm,
        "note": task.note,
        "checklist": "\n".join(item["text"] for item in task.checklist),
        "version": task.version,
    }


def moment_of(text: str, hour: str = "") -> tuple[dt.date, dt.time | None] | None:
    """A day, perhaps with its hour, of a button ("2026-11-24T09:00") or of two fields; None for anything else."""
    day, _t, at = text.partition("T")
    try:
        return dt.date.fromisoformat(day), (dt.time.fromisoformat(at or hour) if at or hour else None)
    except ValueError:
        return None


def day_of(text: str) -> dt.date | None:
    """A day of a button or a date field; None for anything else."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
