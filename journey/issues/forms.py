"""Forms of issues: what is missing, what it means to a customer, how it was answered. Values are judged by the services."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Contact, Member
from cs_platform.kernel.forms import day_input
from journey.enums import Function, IssueKind, IssueState, Weight
from journey.issues.states import MOVES
from journey.models import Issue, IssueAccount


def _version() -> forms.IntegerField:
    return forms.IntegerField(widget=forms.HiddenInput, required=False)


def _words() -> forms.CharField:
    return forms.CharField(
        label=_("In their words"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


def _choose(field: forms.Field, choices: Sequence[tuple[str, Any]]) -> None:
    cast(forms.ChoiceField, field).choices = choices


class IssueForm(forms.Form):
    """An issue as it is written. A new one may name the customer who has it, and what it means to them."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    title = forms.CharField(label=_("What is missing"), max_length=200)
    account = forms.ChoiceField(label=_("Account"), required=False)
    weight = forms.ChoiceField(label=_("What it means to them"), choices=Weight.choices, initial=Weight.IMPORTANT)
    note = _words()
    kind = forms.ChoiceField(label=_("Kind"), choices=IssueKind.choices, initial=IssueKind.GAP)
    function = forms.ChoiceField(label=_("Passed on to"), choices=Function.choices, initial=Function.PRODUCT)
    description = forms.CharField(
        label=_("What happens, and what is needed"), max_length=4000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    owner = forms.ChoiceField(label=_("Followed by"), required=False)
    reference = forms.CharField(
        label=_("Their reference"), max_length=120, required=False, help_text=_("Its number with the other team.")
    )
    link = forms.CharField(
        label=_("Link"), max_length=500, required=False, help_text=_("Where the other team works on it.")
    )
    reported_on = forms.DateField(label=_("Reported on"), widget=day_input())
    version = _version()

    def __init__(
        self,
        data: Any = None,
        *,
        people: Sequence[Member],
        issue: Issue | None = None,
        accounts: Sequence[Account] = (),
        account: Account | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        begin = self.values_of(issue) if issue else {"token": uuid4().hex[:20], **(initial or {})}
        super().__init__(data, initial=begin)
        self.people = {str(one.id): one for one in people}
        if issue is not None and issue.owner is not None:
            self.people.setdefault(str(issue.owner.id), issue.owner)
        _choose(self.fields["owner"], [("", gettext("Nobody")), *((key, one.name) for key, one in self.people.items())])
        self.accounts = {str(one.id): one for one in ([account] if account else accounts)}
        names = [(key, one.name) for key, one in self.accounts.items()]
        _choose(self.fields["account"], names if account else [("", gettext("No account yet")), *names])
        gone = ("account", "weight", "note", "token") if issue is not None else ("version",)
        for name in gone:
            del self.fields[name]

    def values(self) -> dict[str, Any]:
        """What a service takes of the issue."""
        names = ("title", "description", "kind", "function", "reference", "link", "reported_on")
        return {name: self.cleaned_data[name] for name in names} | {
            "owner": self.people.get(self.cleaned_data["owner"])
        }

    @property
    def customer(self) -> Account | None:
        return self.accounts.get(self.cleaned_data["account"])

    @staticmethod
    def values_of(issue: Issue) -> dict[str, Any]:
        names = ("title", "description", "kind", "function", "reference", "link", "reported_on", "version")
        return {name: getattr(issue, name) for name in names} | {"owner": str(issue.owner_id or "")}


class AnswerForm(forms.Form):
    """How the other team answers: only the moves that are allowed from where the issue stands."""

    state = forms.ChoiceField(label=_("State"))
    answer = forms.CharField(
        label=_("Answer"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("As you will tell the customers."),
    )  # fmt: skip
    promised_on = forms.DateField(label=_("Promised for"), required=False, widget=day_input())
    version = _version()

    def __init__(self, data: Any = None, *, issue: Issue, state: str = "") -> None:
        offered = [IssueState(issue.state), *MOVES[issue.state]]
        chosen = state if state in offered else issue.state
        super().__init__(data, initial=self.values_of(issue) | {"state": chosen})
        _choose(self.fields["state"], [(one.value, one.label) for one in offered])

    @staticmethod
    def values_of(issue: Issue) -> dict[str, Any]:
        return {name: getattr(issue, name) for name in ("state", "answer", "promised_on", "version")}


class LinkForm(forms.Form):
    """A customer has the issue. `issues` or `accounts` are offered; without either the link is one that stands."""

    issue = forms.ChoiceField(label=_("Issue"))
    account = forms.ChoiceField(label=_("Account"))
    weight = forms.ChoiceField(label=_("What it means to them"), choices=Weight.choices, initial=Weight.IMPORTANT)
    contact = forms.ChoiceField(label=_("Who said so"), required=False)
    note = _words()
    since = forms.DateField(label=_("Since"), widget=day_input())

    def __init__(
        self,
        data: Any = None,
        *,
        issues: Sequence[Issue] = (),
        accounts: Sequence[Account] = (),
        account: Account | None = None,
        link: IssueAccount | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=self.values_of(link) if link else initial)
        self.issues = {str(one.id): one for one in issues}
        self.accounts = {str(one.id): one for one in accounts}
        self.contacts: dict[str, Contact] = {}
        if account is not None:
            people = [one for one in account.contacts.order_by("name", "id") if one.left_on is None]
            kept = [link.contact] if link and link.contact else []
            self.contacts = {str(one.id): one for one in (*kept, *people)}
        _choose(self.fields["issue"], [(key, one.title) for key, one in self.issues.items()])
        _choose(self.fields["account"], [(key, one.name) for key, one in self.accounts.items()])
        _choose(
            self.fields["contact"],
            [("", gettext("Nobody named")), *((k, one.name) for k, one in self.contacts.items())],
        )
        shown = {"issue": bool(issues), "account": bool(accounts), "contact": account is not None}
        for name in (name for name, kept in shown.items() if not kept):
            del self.fields[name]

    def values(self) -> dict[str, Any]:
        """What a service takes of the link."""
        found = {name: self.cleaned_data[name] for name in ("weight", "note", "since")}
        if "contact" in self.fields:
            found["contact"] = self.contacts.get(self.cleaned_data["contact"])
        return found

    @staticmethod
    def values_of(link: IssueAccount) -> dict[str, Any]:
        names = ("weight", "note", "since")
        return {name: getattr(link, name) for name in names} | {"contact": str(link.contact_id or "")}


class MergeForm(forms.Form):
    """Which issue says the same."""

    into = forms.ChoiceField(label=_("Says the same as"))
    version = _version()

    def __init__(self, data: Any = None, *, issues: Sequence[Issue], version: int) -> None:
        super().__init__(data, initial={"version": version})
        self.issues = {str(one.id): one for one in issues}
        _choose(self.fields["into"], [(key, one.title) for key, one in self.issues.items()])
