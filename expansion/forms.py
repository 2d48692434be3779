"""Forms of deals. What is possible is judged by the services; a form says what is asked for."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Contact, Member, Plan, Product, Subscription
from cs_platform.kernel.forms import day_input
from cs_platform.kernel.money import from_minor, to_minor
from expansion import lifecycle
from expansion.closing import LONGEST, YEAR, Terms
from expansion.enums import DealKind, DealStage, LossReason, Motion, Trigger, WinReason
from expansion.models import Opportunity
from expansion.services import NOTE, PART, REASON
from expansion.writing import LIMITS
from journey.handoffs.services import ANSWER_DAYS

NONE = ("", "–")
# What a deal points at: the field, and what it offers.
POINTERS = ("product", "plan", "subscription", "owner", "buyer")
PLAIN = (
    "name", "kind", "motion", "trigger", "seats", "currency", "chance", "identified_on", "close_on", "case", "next_step",
    "next_step_on", "note",
)  # fmt: skip


def _version() -> forms.IntegerField:
    """The version of the deal that the person saw."""
    return forms.IntegerField(widget=forms.HiddenInput, required=False)


def _words(label: Any, limit: int, *, required: bool = False, rows: int = 3, help_text: Any = "") -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=limit, required=required, widget=area, help_text=help_text)


def _money(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=18, decimal_places=4, min_value=0, help_text=help_text)


def _choose(field: forms.Field, choices: Sequence[tuple[str, Any]]) -> None:
    """What a choice offers, where it depends on the row."""
    cast(forms.ChoiceField, field).choices = list(choices)


def contract_text(period: Subscription) -> str:
    """S-100 · Core · 100 seats."""
    words = [period.external_id]
    words += [str(each.name) for each in (period.product, period.plan) if each is not None]
    if period.seats:
        words.append(ngettext("%(n)s seat", "%(n)s seats", period.seats) % {"n": period.seats})
    return " · ".join(words)


class DealForm(forms.Form):
    """A deal as it is written; `offered` says what its account has: contracts, people, products, plans, owners."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    version = _version()
    name = forms.CharField(label=_("What it is about"), max_length=LIMITS["name"])
    amount = _money(_("More a year"))
    currency = forms.CharField(label=_("Currency"), min_length=3, max_length=3)
    kind = forms.ChoiceField(label=_("Kind"), choices=DealKind.choices)
    motion = forms.ChoiceField(label=_("Motion"), choices=[("", _("As usual of its kind")), *Motion.choices], required=False)  # fmt: skip
    trigger = forms.ChoiceField(label=_("Why now"), choices=Trigger.choices, initial=Trigger.PERSON)
    subscription = forms.ChoiceField(
        label=_("Contract"), required=False, help_text=_("The one that grows; a new product begins one of its own.")
    )
    product = forms.ChoiceField(label=_("Product"), required=False)
    plan = forms.ChoiceField(label=_("Plan"), required=False)
    seats = forms.IntegerField(label=_("More seats"), min_value=1, required=False)
    chance = forms.IntegerField(
        label=_("Chance"), min_value=0, max_value=100, required=False,
        help_text=_("In percent; empty is that of its stage."),
    )  # fmt: skip
    identified_on = forms.DateField(label=_("Seen on"), widget=day_input())
    close_on = forms.DateField(label=_("Expected by"), widget=day_input(), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    buyer = forms.ChoiceField(label=_("Who buys"), required=False)
    case = _words(_("Business case"), LIMITS["case"], rows=4, help_text=_("What it brings them, in their numbers."))
    next_step = forms.CharField(label=_("Next step"), max_length=LIMITS["next_step"], required=False)
    next_step_on = forms.DateField(label=_("Until"), widget=day_input(), required=False)
    note = _words(_("Note"), LIMITS["note"], rows=2)

    def __init__(
        self,
        data: Any = None,
        *,
        offered: Mapping[str, Sequence[Any]],
        deal: Opportunity | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        begin = self.values_of(deal) if deal else {"token": uuid4().hex[:20], **(initial or {})}
        super().__init__(data, initial=begin)
        self.rows: dict[str, dict[str, Any]] = {}
        for name in POINTERS:
            found = {str(one.id): one for one in offered[name]}
            if deal is not None and (kept := getattr(deal, name)) is not None:
                found.setdefault(str(kept.id), kept)  # who left, and what ended, stays where it stood
            self.rows[name] = found
            say = contract_text if name == "subscription" else str
            _choose(self.fields[name], [NONE, *((key, say(one)) for key, one in found.items())])
        if deal is not None:
            del self.fields["token"]

    def values(self) -> dict[str, Any]:
        """What a service takes."""
        given = self.cleaned_data
        currency = given["currency"].upper()
        found = {name: given[name] for name in PLAIN} | {"currency": currency}
        found |= {name: self.rows[name].get(given[name]) for name in POINTERS}
        found["motion"] = given["motion"] or lifecycle.usual_motion(given["kind"])
        return found | {"amount_minor": to_minor(given["amount"], currency)}

    @staticmethod
    def values_of(deal: Opportunity) -> dict[str, Any]:
        found = {name: getattr(deal, name) for name in (*PLAIN, "version")}
        found |= {name: str(getattr(deal, f"{name}_id") or "") for name in POINTERS}
        return found | {"amount": from_minor(deal.amount_minor, deal.currency)}


class MoveForm(forms.Form):
    """To another stage; and why, where the right is not earned."""

    version = _version()
    stage = forms.ChoiceField(label=_("Stage"))
    override = _words(
        _("Why it goes on all the same"), REASON, rows=2,
        help_text=_("Needed to leave the first stage while a check is not met; counted with who said it."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, deal: Opportunity, stage: str = "") -> None:
        offered = [one for one in lifecycle.MOVES[deal.stage] if one in lifecycle.OPEN]
        begin = self.values_of(deal) | ({"stage": stage} if stage in offered else {})
        super().__init__(data, initial=begin)
        here = [DealStage(deal.stage)] if deal.stage in lifecycle.OPEN else []
        _choose(self.fields["stage"], [(one.value, one.label) for one in (*here, *offered)])

    @staticmethod
    def values_of(deal: Opportunity) -> dict[str, Any]:
        return {name: getattr(deal, name) for name in ("version", "stage", "override")}


class OverrideForm(forms.Form):
    """Why it goes on although the right is not earned (EXP-01)."""

    version = _version()
    override = _words(_("Why it goes on all the same"), REASON)

    def __init__(self, data: Any = None, *, deal: Opportunity) -> None:
        super().__init__(data, initial=self.values_of(deal))
        if deal.stage == DealStage.IDENTIFIED:
            self.fields["override"].required = False
            self.fields["override"].help_text = _("Left empty, it waits for the checks again.")

    @staticmethod
    def values_of(deal: Opportunity) -> dict[str, Any]:
        return {name: getattr(deal, name) for name in ("version", "override")}


class LoseForm(forms.Form):
    """Why a deal is lost (EXP-08)."""

    version = _version()
    loss = forms.ChoiceField(label=_("Why it was lost"), choices=[NONE, *LossReason.choices])
    closed_on = forms.DateField(label=_("Lost on"), widget=day_input())
    note = _words(_("Note"), NOTE, rows=2)

    def __init__(self, data: Any = None, *, deal: Opportunity, today: dt.date) -> None:
        super().__init__(data, initial={"version": deal.version, "closed_on": today, "note": deal.note})


class HandForm(forms.Form):
    """Who of sales takes it, and what they should know (EXP-06)."""

    version = _version()
    taker = forms.ChoiceField(label=_("Passed on to"))
    reason = forms.CharField(label=_("Reason"), max_length=REASON)
    note = _words(_("What they should know"), 4000, rows=4)
    due_on = forms.DateField(label=_("Answer until"), widget=day_input())

    def __init__(self, data: Any = None, *, deal: Opportunity, people: Sequence[Member], today: dt.date) -> None:
        begin = {
            "version": deal.version,
            "reason": deal.name,
            "note": deal.case,
            "due_on": today + dt.timedelta(days=ANSWER_DAYS),
        }
        super().__init__(data, initial=begin)
        self.people = {str(one.id): one for one in people}
        _choose(self.fields["taker"], [NONE, *((key, one.name) for key, one in self.people.items())])


class PersonForm(forms.Form):
    """Somebody at the customer, and their part in the deal."""

    version = _version()
    contact = forms.ChoiceField(label=_("Person"))
    part = forms.CharField(label=_("Part"), max_length=PART, required=False, help_text=_("Signs, pays, uses it, stands against it …"))  # fmt: skip

    def __init__(self, data: Any = None, *, deal: Opportunity, people: Sequence[Contact] = (), part: str = "") -> None:
        super().__init__(data, initial={"version": deal.version, "part": part})
        self.people = {str(one.id): one for one in people}
        _choose(self.fields["contact"], [(key, one.name) for key, one in self.people.items()])
        if not people:
            del self.fields["contact"]


class WinForm(forms.Form):
    """What is agreed where a deal is won. The contract that grows keeps its term; a new one has its own."""

    version = _version()
    start_on = forms.DateField(label=_("From"), widget=day_input())
    amount = _money(_("More a year"))
    seats = forms.IntegerField(label=_("More seats"), min_value=1, required=False)
    plan = forms.ChoiceField(label=_("Plan"), required=False)
    product = forms.ChoiceField(label=_("Product"), required=False)
    term_months = forms.IntegerField(label=_("Term in months"), min_value=1, max_value=LONGEST, initial=YEAR)
    win = forms.ChoiceField(label=_("Why it was won"), choices=[NONE, *WinReason.choices], required=False)
    note = _words(_("Note"), NOTE, rows=2)
    override = _words(_("Why it goes on all the same"), REASON, rows=2)

    def __init__(
        self,
        data: Any = None,
        *,
        deal: Opportunity,
        terms: Terms,
        products: Sequence[Product],
        plans: Sequence[Plan],
        held: bool,
    ) -> None:
        self.currency = deal.subscription.currency if deal.subscription else deal.currency
        begin = {
            "version": deal.version,
            "start_on": terms.start_on,
            # money of another currency is not offered: it has to be said in the contract's
            "amount": from_minor(terms.amount_minor, deal.currency) if self.currency == deal.currency else None,
            "seats": terms.seats,
            "plan": str(terms.plan.id) if terms.plan else "",
            "product": str(terms.product.id) if terms.product else "",
            "note": deal.note,
        }
        super().__init__(data, initial=begin)
        self.fields["amount"].label = f"{self.fields['amount'].label}, {self.currency}"
        self.plans, self.products = {str(one.id): one for one in plans}, {str(one.id): one for one in products}
        _choose(self.fields["plan"], [NONE, *((key, one.name) for key, one in self.plans.items())])
        _choose(self.fields["product"], [NONE, *((key, one.name) for key, one in self.products.items())])
        gone = ("term_months", "product") if deal.subscription else ()
        for name in (*gone, *(() if held else ("override",))):
            del self.fields[name]

    def terms(self) -> Terms:
        """What `closing.win` is told."""
        found = self.cleaned_data
        return Terms(
            found["start_on"],
            to_minor(found["amount"], self.currency),
            found["seats"],
            self.plans.get(found["plan"]),
            self.products.get(found.get("product", "")),
            found.get("term_months") or YEAR,
        )

    def said(self) -> dict[str, str]:
        """Why it was won, and why it goes on."""
        found = self.cleaned_data
        return {"reason": found["win"], "note": found["note"], "override": found.get("override", "")}
