"""Forms of plans, milestones, links, and of the company's own templates. Values are judged by the services."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Contact, Member, Segment
from cs_platform.kernel.forms import TenantChoiceField, day_input
from journey.enums import Blocker, PlanKind
from journey.models import Milestone, Plan
from journey.plans import links
from journey.plans.checks import blockers_of
from journey.plans.templates import Template


def _version() -> forms.IntegerField:
    return forms.IntegerField(widget=forms.HiddenInput, required=False)


class OwnersForm(forms.Form):
    """A form with an owner on both sides (VAL-02), chosen by their ids."""

    def offer(self, account: Account, owner: Member | None, theirs: Contact | None) -> None:
        """Members and people of the account who are there, and in any case those who stand there."""
        members = list(Member.objects.filter(is_active=True))
        people = [row for row in account.contacts.order_by("name", "id") if row.left_on is None]
        self.ours = {str(row.id): row for row in (*members, owner) if row is not None}
        self.theirs = {str(row.id): row for row in (*people, theirs) if row is not None}
        for name, found in (("owner", self.ours), ("customer_owner", self.theirs)):
            choices = [("", _("Nobody")), *((key, row.name) for key, row in found.items())]
            cast(forms.ChoiceField, self.fields[name]).choices = choices

    def values(self) -> dict[str, Any]:
        """What was typed, with the rows of who was chosen."""
        found = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return found | {
            "owner": self.ours.get(found["owner"]),
            "customer_owner": self.theirs.get(found["customer_owner"]),
        }


class PlanForm(OwnersForm):
    """A new plan: from which template, from when on, who sees to it on both sides."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=40)
    template = forms.ChoiceField(label=_("Template"))
    name = forms.CharField(
        label=_("Name"), max_length=200, required=False, help_text=_("Left empty, that of the template.")
    )
    goal = forms.CharField(label=_("What it is for"), max_length=500, required=False)
    starts_on = forms.DateField(label=_("From"), widget=day_input())
    target_on = forms.DateField(
        label=_("Until"), widget=day_input(), required=False,
        help_text=_("Left empty, the days of the template; those of onboarding stretch to the segment's target."),
    )  # fmt: skip
    owner = forms.ChoiceField(label=_("Our owner"), required=False)
    customer_owner = forms.ChoiceField(label=_("Customer's owner"), required=False)
    language = forms.ChoiceField(label=_("Language of its milestones"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, account: Account, templates: list[Template], by: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(account, account.owner, None)
        cast(forms.ChoiceField, self.fields["template"]).choices = [(each.key, each.name) for each in templates]
        owner = account.owner if account.owner and account.owner.is_active else by
        self.initial = {"owner": str(owner.id), "language": get_language() or "en", **self.initial}


class PlanEditForm(OwnersForm):
    """What is written of a plan. Its milestones keep their days."""

    version = _version()
    name = forms.CharField(label=_("Name"), max_length=200)
    goal = forms.CharField(label=_("What it is for"), max_length=500, required=False)
    starts_on = forms.DateField(label=_("From"), widget=day_input())
    target_on = forms.DateField(label=_("Until"), widget=day_input())
    owner = forms.ChoiceField(label=_("Our owner"), required=False)
    customer_owner = forms.ChoiceField(label=_("Customer's owner"), required=False)

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        kwargs["initial"] = self.values_of(plan)
        super().__init__(*args, **kwargs)
        self.offer(plan.account, plan.owner, plan.customer_owner)

    @staticmethod
    def values_of(plan: Plan) -> dict[str, Any]:
        """The fields as they stand."""
        names = ("version", "name", "goal", "starts_on", "target_on")
        return {name: getattr(plan, name) for name in names} | _owners(plan)


def _owners(row: Plan | Milestone) -> dict[str, str]:
    return {"owner": str(row.owner_id or ""), "customer_owner": str(row.customer_owner_id or "")}


class MilestoneForm(OwnersForm):
    """A milestone: its day, its owners, its place, what it waits for, what it shows."""

    version = _version()
    name = forms.CharField(label=_("Milestone"), max_length=200)
    due_on = forms.DateField(label=_("Until"), widget=day_input())
    owner = forms.ChoiceField(label=_("Our owner"), required=False)
    customer_owner = forms.ChoiceField(label=_("Customer's owner"), required=False)
    position = forms.TypedChoiceField(label=_("Place"), coerce=int)
    needs = forms.MultipleChoiceField(
        label=_("Waits for"), required=False, widget=forms.CheckboxSelectMultiple(attrs={"class": "checks"})
    )
    criterion = forms.ChoiceField(
        label=_("Shows"), required=False, help_text=_("Done, it attests this criterion of the stage.")
    )
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, help_text=_("For us; the customer does not see it.")
    )

    def __init__(
        self,
        *args: Any,
        plan: Plan,
        milestone: Milestone | None,
        criteria: list[tuple[str, Any]],
        **kwargs: Any,
    ) -> None:
        """`plan` comes with its milestones; `criteria` are those that its track is asked for."""
        rows = list(plan.milestones.all())
        others = [row for row in rows if milestone is None or row.id != milestone.id]
        kwargs["initial"] = self.values_of(plan, milestone)
        super().__init__(*args, **kwargs)
        owner = milestone.owner if milestone else plan.owner
        self.offer(plan.account, owner, milestone.customer_owner if milestone else plan.customer_owner)
        places = [(0, _("First")), *((n, _("After %(name)s") % {"name": row.name}) for n, row in enumerate(others, 1))]
        cast(forms.ChoiceField, self.fields["position"]).choices = places
        cast(forms.ChoiceField, self.fields["needs"]).choices = [(str(row.id), row.name) for row in others]
        if not others:
            del self.fields["needs"], self.fields["position"]
        chosen = milestone.criterion if milestone else ""
        if chosen and chosen not in dict(criteria):
            criteria = [*criteria, (chosen, chosen)]
        cast(forms.ChoiceField, self.fields["criterion"]).choices = [("", _("Nothing")), *criteria]

    @staticmethod
    def values_of(plan: Plan, milestone: Milestone | None) -> dict[str, Any]:
        """The fields as they stand; of a new one those of its plan, at the end."""
        rows = list(plan.milestones.all())
        if milestone is None:
            return _owners(plan) | {"position": len(rows), "due_on": plan.target_on}
        row = next(row for row in rows if row.id == milestone.id)
        names = ("version", "name", "due_on", "criterion", "note")
        needs = [str(need.needs_id) for need in row.needs.all()]
        return (
            {name: getattr(row, name) for name in names} | _owners(row) | {"position": rows.index(row), "needs": needs}
        )

    def waits_for(self) -> list[UUID]:
        return [UUID(each) for each in self.cleaned_data.get("needs", [])]

    def values(self) -> dict[str, Any]:
        found = super().values()
        return {name: value for name, value in found.items() if name not in ("position", "needs")}


class BlockForm(forms.Form):
    """What holds a milestone up (JRN-11)."""

    version = _version()
    blocker = forms.ChoiceField(label=_("Held up by"), required=False)
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, help_text=_("For us; the customer does not see it.")
    )

    def __init__(self, *args: Any, milestone: Milestone, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": milestone.version, "blocker": milestone.blocker, "note": milestone.note}
        super().__init__(*args, **kwargs)
        codes = [(code, Blocker(code).label) for code in blockers_of(milestone.plan.kind)]
        cast(forms.ChoiceField, self.fields["blocker"]).choices = [("", _("Nothing")), *codes]


class LinkForm(forms.Form):
    """A link for somebody at the customer; with `named` it must be for one person, who confirms something."""

    contact = forms.ChoiceField(label=_("For whom"), required=False)
    days = forms.IntegerField(
        label=_("Days that it works"), min_value=links.SHORTEST, max_value=links.LONGEST, initial=links.USUAL
    )
    send = forms.BooleanField(
        label=_("Send it by e-mail"), required=False, help_text=_("Then nobody here sees the link.")
    )

    def __init__(
        self, data: Any = None, *, account: Account, likely: Contact | None = None, named: bool = False
    ) -> None:
        super().__init__(data)
        self.people = {str(row.id): row for row in account.contacts.order_by("name", "id") if row.left_on is None}
        labels = [(key, f"{row.name} · {row.email}" if row.email else row.name) for key, row in self.people.items()]
        contact = cast(forms.ChoiceField, self.fields["contact"])
        contact.choices = [("", _("Choose a person") if named else _("Whoever has the link")), *labels]
        contact.initial, contact.required = str(likely.id) if likely else "", named

    def values(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        return {
            "contact": self.people.get(chosen["contact"]),
            "days": chosen["days"],
            "send": chosen["send"],
        }  # fmt: skip


class TemplateForm(forms.Form):
    """Head of an own template; its milestones are rows of fields that the page reads itself."""

    version = _version()
    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=PlanKind.choices)
    segment = TenantChoiceField(
        Segment, label=_("Segment"), required=False, empty_label=_("All"),
        help_text=_("An onboarding template of a segment is its usual one."),
    )  # fmt: skip
