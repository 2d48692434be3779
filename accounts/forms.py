"""Forms of the customer pages: the shape of what people type. Their fields are named like the columns of the files,
so that one parser (rows.py) and one door (merging.py) serve form, file and API alike."""

from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.churn import LONGEST, Reason
from accounts.enums import (
    AccountEventKind,
    ChargeKind,
    ChurnCategory,
    Complexity,
    ContactRole,
    EndReason,
    Engagement,
    Level,
    SaidBy,
    Source,
    Tier,
)
from accounts.formulas import monthly_minor
from accounts.models import Account, AccountEvent, ChurnAnswer, Contact, Member, Segment, Subscription
from cs_platform.kernel.access import Scope
from cs_platform.kernel.forms import day_input
from cs_platform.kernel.money import from_minor


def _note() -> forms.TextInput:
    return forms.TextInput(attrs={"class": "input grow", "placeholder": _("Note")})


def _optional(choices: type[Any]) -> list[tuple[str, Any]]:
    return [("", "–"), *choices.choices]


def _text(label: Any, length: int = 200, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=length, **{"required": False, **kwargs})


class RowForm(forms.Form):
    """A form whose cleaned values are the cells of one row; `version` is that of the row the person looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def cells(self) -> dict[str, Any]:
        """The row as the parser takes it: column name and value, "" for what was left empty."""
        return {name: _cell(value) for name, value in self.cleaned_data.items() if name != "version"}


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return "" if value is None else value
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


class AccountForm(RowForm):
    """A customer company. Without `account` (external id) one is made from `token`, so that sending twice makes one."""

    token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    name = _text(_("Name"), required=True)
    account = _text(_("External id"), help_text=_("The id in your own systems. Left empty, one is made."))
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    owner_email = forms.ChoiceField(label=_("Owner"), required=False)
    industry = _text(_("Industry"), 80)
    source = forms.ChoiceField(label=_("Source"), choices=_optional(Source), required=False)
    region = _text(_("Region"), 80)
    employees = forms.IntegerField(label=_("Employees"), min_value=0, max_value=2_000_000_000, required=False)
    domain = _text(_("Domain"))
    signed_on = forms.DateField(label=_("Signed on"), widget=day_input(), required=False)
    tier = forms.ChoiceField(label=_("Touch tier"), choices=_optional(Tier), required=False)
    complexity = forms.ChoiceField(label=_("Complexity"), choices=_optional(Complexity), required=False)
    level = forms.ChoiceField(label=_("Stands for"), choices=Level.choices, initial=Level.COMPANY)
    parent = _text(_("Parent"), help_text=_("External id of the account that this one belongs to."))
    cac = forms.DecimalField(
        label=_("Acquisition cost"),
        max_digits=18,
        decimal_places=4,
        min_value=0,
        required=False,
        help_text=_("What winning this customer cost, in the company's currency."),
    )
    referred_by = _text(_("Referred by"), help_text=_("External id of the account that recommended you."))
    strategic = forms.BooleanField(label=_("Strategic account"), required=False)

    def __init__(self, *args: Any, member: Member, account: Account | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = self.values_of(account) if account else {"token": uuid4().hex[:12]}
        super().__init__(*args, **kwargs)
        names = [(name, name) for name in Segment.objects.values_list("name", flat=True)]
        people = list(Member.objects.filter(is_active=True).values_list("user__email", "name"))
        if account is not None:
            self.fields["account"].disabled = True
            self.fields["account"].help_text = ""
            if account.owner and not account.owner.is_active:  # stays until somebody chooses another
                people.append((account.owner.user.email, account.owner.name))
        for name, choices in (("segment", [("", "–"), *names]), ("owner_email", [("", gettext("Nobody")), *people])):
            cast(forms.ChoiceField, self.fields[name]).choices = choices
        if member.role.scope == Scope.OWN:
            del self.fields["owner_email"]

    def cells(self) -> dict[str, Any]:
        cells = super().cells()
        token = cells.pop("token") or uuid4().hex[:12]
        return cells | {"account": cells["account"] or f"account-{token}"}

    @staticmethod
    def values_of(account: Account) -> dict[str, Any]:
        """The fields' values as they stand in the database (owner, segment and parent selected)."""
        return {
            "version": account.version,
            "name": account.name,
            "account": account.external_id,
            "segment": account.segment.name if account.segment else "",
            "owner_email": account.owner.user.email if account.owner else "",
            "industry": account.industry,
            "source": account.source,
            "region": account.region,
            "employees": account.employees,
            "domain": account.domain,
            "signed_on": account.signed_on,
            "tier": account.tier,
            "complexity": account.complexity,
            "level": account.level,
            "parent": account.parent.external_id if account.parent else "",
            "cac": None if account.cac_minor is None else from_minor(account.cac_minor, account.tenant.currency),
            "referred_by": account.referred_by.external_id if account.referred_by else "",
            "strategic": account.strategic,
        }


class ContactForm(RowForm):
    """A person at the customer."""

    contact = forms.CharField(widget=forms.HiddenInput, max_length=200)
    name = _text(_("Name"), required=True)
    title = _text(_("Title"), 120)
    role = forms.ChoiceField(label=_("Role"), choices=_optional(ContactRole), required=False)
    engagement = forms.ChoiceField(label=_("Engagement"), choices=_optional(Engagement), required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = _text(_("Phone"), 60)
    language = _text(_("Language"), 5, help_text=_("Two letters, such as en or id."))
    last_contact_on = forms.DateField(label=_("Last contact"), widget=day_input(), required=False)
    left_on = forms.DateField(label=_("Left on"), widget=day_input(), required=False)

    def __init__(self, *args: Any, contact: Contact | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = self.values_of(contact) if contact else {"contact": f"person-{uuid4().hex[:12]}"}
        super().__init__(*args, **kwargs)
        if contact is None:
            del self.fields["left_on"]
        else:
            self.fields["contact"].disabled = True

    @staticmethod
    def values_of(contact: Contact) -> dict[str, Any]:
        """The fields' values as they stand in the database."""
        return {
            "version": contact.version,
            "contact": contact.external_id,
            "name": contact.name,
            "title": contact.title,
            "role": contact.role,
            "engagement": contact.engagement,
            "email": contact.email,
            "phone": contact.phone,
            "language": contact.language,
            "last_contact_on": contact.last_contact_on,
            "left_on": contact.left_on,
        }


class LeftForm(forms.Form):
    """The day a person left the customer."""

    left_on = forms.DateField(label=_("Left on"), widget=day_input())
    note = forms.CharField(label=_("Note"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class EventForm(forms.Form):
    """Something that happened at the customer. `key` becomes the row's id, so that sending twice records once."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_("What happened"),
        choices=[("", _("What happened")), *AccountEventKind.choices],
        widget=forms.Select(attrs={"class": "select"}),
    )
    note = forms.CharField(label=_("Note"), max_length=1000, required=False, widget=_note())
    happened_on = forms.DateField(
        label=_("Happened on"),
        widget=day_input(**{"class": "input"}),
    )

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": AccountEvent._meta.pk.default(), "happened_on": today}
        super().__init__(*args, **kwargs)


class SubscriptionForm(RowForm):
    """One paid period; money in its own currency, start included, end not."""

    subscription_id = _text(_("External id"), required=True)
    product = _text(_("Product"))
    plan = _text(_("Plan"), 120)
    start_date = forms.DateField(label=_("Start"), widget=day_input())
    end_date = forms.DateField(
        label=_("End"), widget=day_input(), required=False, help_text=_("The first day that is not paid any more.")
    )
    end_reason = forms.ChoiceField(label=_("Why it ended"), choices=_optional(EndReason), required=False)
    charge = forms.ChoiceField(
        label=_("Charge"),
        choices=ChargeKind.choices,
        required=False,
        help_text=_("Only what is recurring counts as MRR."),
    )
    amount = forms.DecimalField(label=_("Amount"), max_digits=18, decimal_places=4, min_value=0)
    discount = forms.DecimalField(
        label=_("Recurring discount"),
        max_digits=18,
        decimal_places=4,
        min_value=0,
        required=False,
        help_text=_("Off the amount, each time. For one that ends, end the period and add the next."),
    )
    currency = forms.CharField(label=_("Currency"), min_length=3, max_length=3)
    interval_months = forms.IntegerField(
        label=_("Paid each (months)"),
        min_value=1,
        max_value=120,
        initial=12,
        help_text=_("12 for a yearly price."),
    )
    mrr = forms.DecimalField(
        label=_("MRR"),
        max_digits=18,
        decimal_places=4,
        min_value=0,
        required=False,
        help_text=_("Left empty, it is the amount less the discount, divided by its months."),
    )
    past_due_on = forms.DateField(
        label=_("Past due since"),
        widget=day_input(),
        required=False,
        help_text=_("It counts for the company's dunning days more. Empty when it is paid."),
    )
    seats = forms.IntegerField(label=_("Seats"), min_value=0, max_value=2_000_000_000, required=False)
    auto_renew = forms.NullBooleanField(label=_("Renews by itself"), required=False)
    notice_days = forms.IntegerField(label=_("Notice in days"), min_value=0, max_value=3650, required=False)

    def __init__(self, *args: Any, currency: str, subscription: Subscription | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = self.values_of(subscription) if subscription else {"currency": currency}
        super().__init__(*args, **kwargs)
        if subscription is not None:
            self.fields["subscription_id"].disabled = True

    @staticmethod
    def values_of(period: Subscription) -> dict[str, Any]:
        """The fields' values as they stand in the database (product and plan selected)."""
        amount = from_minor(period.amount_minor, period.currency)
        usual = monthly_minor(period.amount_minor, period.discount_minor, period.interval_months, period.charge)
        return {
            "version": period.version,
            "subscription_id": period.external_id,
            "product": period.product.name if period.product else "",
            "plan": period.plan.name if period.plan else "",
            "start_date": period.start_on,
            "end_date": period.end_on,
            "end_reason": period.end_reason,
            "charge": period.charge,
            "amount": amount,
            "discount": from_minor(period.discount_minor, period.currency) if period.discount_minor else None,
            "past_due_on": period.past_due_on,
            "mrr": None if period.mrr_minor == usual else from_minor(period.mrr_minor, period.currency),
            "currency": period.currency,
            "interval_months": period.interval_months,
            "seats": period.seats,
            "auto_renew": period.auto_renew,
            "notice_days": period.notice_days,
        }


class VoidForm(forms.Form):
    """Why a period is withdrawn."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), max_length=200)


class SavedViewForm(forms.Form):
    """A list's state under a name."""

    name = forms.CharField(label=_("Name"), max_length=60)
    shared = forms.BooleanField(
        label=_("Everybody may use it"), required=False, help_text=_("Each sees their own accounts in it.")
    )
    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)


class ChurnForm(forms.Form):
    """Why a customer left, in one of the six categories, in words that the company offers or in other ones (MET-10)."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    category = forms.ChoiceField(
        label=_("Why did they leave?"), choices=ChurnCategory.choices, widget=forms.RadioSelect
    )
    reason = _text(_("Reason"), LONGEST["reason"], help_text=_("One of those offered, or your own words."))
    note = _text(_("In their words"), LONGEST["note"], widget=forms.Textarea(attrs={"rows": 3}))
    competitor = _text(_("Competitor"), LONGEST["competitor"])
    said_by = forms.ChoiceField(label=_("Who says so"), choices=SaidBy.choices, initial=SaidBy.CUSTOMER)

    def __init__(self, *args: Any, reasons: list[Reason], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = reasons
        self.fields["reason"].widget.attrs["list"] = "churn-reasons"

    @staticmethod
    def values_of(answer: ChurnAnswer | None, about: ChurnAnswer | None) -> dict[str, Any]:
        """The fields' values as they stand: the words of the answer `about` this end, the version of that which is written
        (0 where there is none; what is about no certain end stays)."""
        names = ("category", "reason", "note", "competitor", "said_by")
        values = {name: getattr(about, name) for name in names} if about else {}
        return values | {"version": answer.version if answer else 0}
