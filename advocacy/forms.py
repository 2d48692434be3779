"""Forms of the program. Values are judged by the services; a form offers what there is."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Contact, Product, Segment
from advocacy.enums import (
    AskFailure,
    AskState,
    AssetKind,
    Attendance,
    Consent,
    GatheringKind,
    Legal,
    ReferralState,
    RequestState,
    ReviewSite,
)
from advocacy.lifecycle import ASKS, LEGAL, REFERRALS, REQUESTS
from advocacy.models import Advocate, Ask, Asset, Gathering, ReferenceRequest, Referral
from advocacy.rules import COVERS, NUMBERS, SUITED, Rules
from cs_platform.kernel.forms import TenantChoiceField, day_input
from cs_platform.kernel.money import from_minor, to_minor

YES_NO = (("", _("Not known yet")), ("yes", _("Yes")), ("no", _("No")))
WON = {"yes": True, "no": False, "": None}


def _choose(field: forms.Field, choices: Sequence[tuple[str, Any]]) -> None:
    cast(forms.ChoiceField, field).choices = choices


def _text(label: Any, limit: int, rows: int = 2) -> forms.CharField:
    return forms.CharField(label=label, max_length=limit, required=False, widget=forms.Textarea(attrs={"rows": rows}))


def _version() -> forms.IntegerField:
    return forms.IntegerField(widget=forms.HiddenInput, required=False)


def _day(label: Any, *, required: bool = False, help_text: Any = "") -> forms.DateField:
    return forms.DateField(label=label, required=required, widget=day_input(), help_text=help_text)


def _money(label: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False, min_value=0, max_digits=15, decimal_places=2)


def _minor(amount: Decimal | None, currency: str) -> int | None:
    return None if amount is None else to_minor(amount, currency)


def _major(minor: int | None, currency: str) -> Decimal | None:
    return None if minor is None else from_minor(minor, currency)


class ConsentForm(forms.Form):
    """How far the consent of a person goes, until when, and what their legal says. `people` are offered for a new one."""

    contact = forms.ChoiceField(label=_("Who"))
    consent = forms.ChoiceField(label=_("Consent"), choices=Consent.choices)
    consent_on = _day(_("Consent given on"), required=True)
    consent_until = _day(_("Consent until"), help_text=_("Empty: until they take it back."))
    legal = forms.ChoiceField(label=_("Their legal"), choices=Legal.choices, initial=Legal.APPROVED)
    note = _text(_("Note"), 500)
    version = _version()

    def __init__(
        self, data: Any = None, *, people: Sequence[Contact] = (), advocate: Advocate | None = None, initial: Any = None
    ) -> None:
        super().__init__(data, initial=self.values_of(advocate) if advocate else initial)
        self.people = {str(one.id): one for one in people}
        _choose(self.fields["contact"], [(key, _named(one)) for key, one in self.people.items()])
        for name in ("contact",) if advocate else ("version",):
            del self.fields[name]

    @staticmethod
    def values_of(row: Advocate) -> dict[str, Any]:
        names = ("consent", "consent_on", "consent_until", "legal", "note", "version")
        return {name: getattr(row, name) for name in names}


def _named(contact: Contact) -> str:
    return f"{contact.name}, {contact.get_role_display()}" if contact.role else contact.name


class AccountForm(forms.Form):
    """Which account: of those that are offered."""

    account = forms.ChoiceField(label=_("Account"))

    def __init__(self, data: Any = None, *, accounts: Sequence[Account], initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.accounts = {str(one.id): one for one in accounts}
        _choose(self.fields["account"], [(key, one.name) for key, one in self.accounts.items()])

    @property
    def chosen(self) -> Account:
        """The one that was chosen."""
        return self.accounts[self.cleaned_data["account"]]


class GivenForm(AccountForm):
    """Something that a customer gave, by a person of the program or by nobody in particular. `row` is what is changed."""

    advocate = forms.ChoiceField(label=_("By whom"), required=False)
    version = _version()

    written: ClassVar[tuple[str, ...]] = ()  # fields that are columns
    once: ClassVar[tuple[str, ...]] = ("account",)  # fields that only a new one has

    def __init__(
        self,
        data: Any = None,
        *,
        accounts: Sequence[Account] = (),
        advocates: Sequence[Advocate] = (),
        row: Any = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, accounts=accounts, initial=self.values_of(row) if row else initial)
        self.advocates = {str(one.id): one for one in advocates}
        people = [(key, f"{one.contact.name}, {one.account.name}") for key, one in self.advocates.items()]
        _choose(self.fields["advocate"], [("", gettext("Nobody named")), *people])
        for name in self.once if row else ("version",):
            del self.fields[name]

    def said(self) -> dict[str, Any]:
        """What a service takes of the columns and the person."""
        found = {name: self.cleaned_data[name] for name in self.written}
        return found | {"advocate": self.advocates.get(self.cleaned_data["advocate"])}

    @classmethod
    def values_of(cls, row: Any) -> dict[str, Any]:
        """What stands in the row."""
        found = {name: getattr(row, name) for name in (*cls.written, "version")}
        return found | {"advocate": str(row.advocate_id or "")}


class AskForm(forms.Form):
    """What somebody is asked for: what suits customers like them first (ADV-06), and only what their consent covers."""

    kind = forms.ChoiceField(label=_("What for"))
    request = forms.ChoiceField(label=_("For whom"), required=False)
    asked_on = _day(_("Asked on"), required=True)
    note = _text(_("Note"), 500)

    def __init__(
        self,
        data: Any = None,
        *,
        advocate: Advocate,
        requests: Sequence[ReferenceRequest],
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        segment = advocate.account.segment
        suited = SUITED.get(segment.profile, ()) if segment else ()
        covered = COVERS[advocate.consent]
        kinds = [*(kind for kind in suited if kind in covered), *(kind for kind in covered if kind not in suited)]
        _choose(self.fields["kind"], [(kind.value, kind.label) for kind in kinds])
        self.requests = {str(one.id): one for one in requests}
        names = [(key, f"{one.prospect} ({AssetKind(one.kind).label})") for key, one in self.requests.items()]
        _choose(self.fields["request"], [("", gettext("No request")), *names])


class AnswerForm(forms.Form):
    """What they said: only the moves from where the ask stands."""

    state = forms.ChoiceField(label=_("Answer"))
    failure = forms.ChoiceField(
        label=_("Why not"), required=False, choices=[("", "–"), *AskFailure.choices], help_text=_("If they declined.")
    )
    answered_on = _day(_("Answered on"), required=True)
    note = _text(_("Note"), 500)
    version = _version()

    def __init__(self, data: Any = None, *, ask: Ask, initial: dict[str, Any]) -> None:
        super().__init__(data, initial={"note": ask.note, "version": ask.version} | initial)
        _choose(self.fields["state"], [(state, AskState(state).label) for state in ASKS[ask.state]])


class RequestForm(forms.Form):
    """What sales looks for: a customer like this, until that day."""

    prospect = forms.CharField(label=_("For whom"), max_length=200)
    asked_by = forms.CharField(label=_("Asked by"), max_length=120, required=False)
    text = _text(_("What is wanted"), 1000, 3)
    kind = forms.ChoiceField(label=_("Kind"), choices=AssetKind.choices, initial=AssetKind.REFERENCE)
    industry = forms.CharField(label=_("Industry"), max_length=80, required=False)
    users = forms.IntegerField(label=_("Users"), min_value=1, max_value=10_000_000, required=False)
    segment = TenantChoiceField(Segment, label=_("Segment"), required=False)
    product = TenantChoiceField(Product, label=_("Product in use"), required=False)
    deal = _money(_("Deal, a year"))
    decides_on = _day(_("They decide on"))
    due_on = _day(_("Until"), required=True)
    version = _version()

    def __init__(self, data: Any = None, *, request: ReferenceRequest | None = None) -> None:
        super().__init__(data, initial=self.values_of(request) if request else None)
        if request is None:
            del self.fields["version"]

    def values(self, currency: str) -> dict[str, Any]:
        """What a service takes; the deal in minor units of `currency`."""
        found = {name: value for name, value in self.cleaned_data.items() if name not in ("deal", "version")}
        return found | {"deal_minor": _minor(self.cleaned_data["deal"], currency), "currency": currency}

    @staticmethod
    def values_of(row: ReferenceRequest) -> dict[str, Any]:
        names = (
            "prospect", "asked_by", "text", "kind", "industry", "users", "segment", "product", "decides_on", "due_on", "version",
        )  # fmt: skip
        return {name: getattr(row, name) for name in names} | {"deal": _major(row.deal_minor, row.currency)}


class WonForm(forms.Form):
    """What came of it."""

    won = forms.ChoiceField(label=_("The deal was won"), choices=YES_NO, required=False)

    def clean_won(self) -> bool | None:
        return WON[self.cleaned_data["won"]]


class EndForm(WonForm):
    """How a request ended; one that was not met is opened again."""

    state = forms.ChoiceField(label=_("It is"))
    version = _version()
    field_order = ("state", "won")

    def __init__(self, data: Any = None, *, request: ReferenceRequest) -> None:
        super().__init__(data, initial={"version": request.version})
        moves = REQUESTS[request.state]
        _choose(self.fields["state"], [(state, RequestState(state).label) for state in moves])
        if RequestState.DONE not in moves:
            del self.fields["won"]


class AssetForm(GivenForm):
    """Something that a customer gave us to show."""

    title = forms.CharField(label=_("Title"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=AssetKind.choices, initial=AssetKind.CASE_STUDY)
    url = forms.CharField(label=_("Link"), max_length=500, required=False)
    published_on = _day(_("Published on"))
    site = forms.ChoiceField(
        label=_("Site"), choices=[("", "–"), *ReviewSite.choices], required=False, help_text=_("Of a review.")
    )
    rating = forms.DecimalField(
        label=_("Stars"),
        min_value=0,
        max_value=5,
        max_digits=2,
        decimal_places=1,
        required=False,
        help_text=_("Of a review."),
    )
    field_order = ("account", "title", "kind", "advocate")
    written = ("title", "kind", "url", "published_on", "site", "rating")


class LegalForm(forms.Form):
    """Where legal stands with it: only the moves from there."""

    legal = forms.ChoiceField(label=_("Legal"))
    approved_until = _day(_("Approved until"), help_text=_("Empty: without an end."))
    version = _version()

    def __init__(self, data: Any = None, *, asset: Asset) -> None:
        super().__init__(data, initial={"approved_until": asset.approved_until, "version": asset.version})
        _choose(self.fields["legal"], [(one, Legal(one).label) for one in _staying(LEGAL, asset.legal)])


def _staying(moves: Any, before: str) -> list[str]:
    """Where it may go; an approval may also be kept with another end."""
    return [*moves[before], before] if before == Legal.APPROVED else list(moves[before])


class UseForm(WonForm):
    """Whom it was shown to."""

    prospect = forms.CharField(label=_("For whom"), max_length=200)
    used_on = _day(_("Used on"), required=True)
    field_order = ("prospect", "used_on", "won")


class ReferralForm(GivenForm):
    """Whom a customer leads us to."""

    account = forms.ChoiceField(label=_("Referred by"))
    prospect = forms.CharField(label=_("Who"), max_length=200)
    asked_on = _day(_("Asked on"), required=True)
    amount = _money(_("Worth a year"))
    reward = forms.CharField(label=_("Reward"), max_length=200, required=False)
    note = _text(_("Note"), 500)
    field_order = ("account", "prospect", "advocate")
    written = ("prospect", "reward", "note")
    once = ("account", "asked_on")

    def values(self, currency: str) -> dict[str, Any]:
        """What a service takes; the amount in minor units of `currency`."""
        return self.said() | {"amount_minor": _minor(self.cleaned_data["amount"], currency), "currency": currency}

    @classmethod
    def values_of(cls, row: Referral) -> dict[str, Any]:
        return super().values_of(row) | {"amount": _major(row.amount_minor, row.currency)}


class MoveForm(forms.Form):
    """How far a referral came; a won one names the customer."""

    state = forms.ChoiceField(label=_("It is now"))
    on = _day(_("On"), required=True)
    customer = forms.ChoiceField(label=_("New customer"), required=False, help_text=_("If it was won."))
    amount = _money(_("Worth a year"))
    version = _version()

    def __init__(
        self, data: Any = None, *, referral: Referral, customers: Sequence[Account], initial: dict[str, Any]
    ) -> None:
        amount = _major(referral.amount_minor, referral.currency)
        super().__init__(data, initial={"amount": amount, "version": referral.version} | initial)
        self.customers = {str(one.id): one for one in customers}
        _choose(self.fields["state"], [(state, ReferralState(state).label) for state in REFERRALS[referral.state]])
        _choose(self.fields["customer"], [("", "–"), *((key, one.name) for key, one in self.customers.items())])

    def values(self, currency: str) -> dict[str, Any]:
        """What a service takes; an amount that is not said stays as it was."""
        found = {"state": self.cleaned_data["state"], "on": self.cleaned_data["on"]}
        if found["state"] == ReferralState.WON:
            found["customer"] = self.customers.get(self.cleaned_data["customer"])
        if (amount := self.cleaned_data["amount"]) is not None:
            found |= {"amount_minor": to_minor(amount, currency), "currency": currency}
        return found


class GatheringForm(forms.Form):
    """An advisory board, event or webinar."""

    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=GatheringKind.choices)
    held_on = _day(_("Held on"), required=True)
    note = _text(_("Note"), 1000, 3)
    version = _version()

    def __init__(self, data: Any = None, *, gathering: Gathering | None = None) -> None:
        super().__init__(data, initial=self.values_of(gathering) if gathering else None)
        if gathering is None:
            del self.fields["version"]

    @staticmethod
    def values_of(row: Gathering) -> dict[str, Any]:
        return {name: getattr(row, name) for name in ("name", "kind", "held_on", "note", "version")}


class GuestForm(forms.Form):
    """Who is invited, or what a guest did there."""

    contact = forms.ChoiceField(label=_("Who"))
    attendance = forms.ChoiceField(label=_("Attendance"), choices=Attendance.choices)

    def __init__(
        self, data: Any = None, *, people: Sequence[Contact] = (), initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.people = {str(one.id): one for one in people}
        _choose(self.fields["contact"], [(key, f"{one.name}, {one.account.name}") for key, one in self.people.items()])
        if not people:
            del self.fields["contact"]


class ProgramForm(forms.Form):
    """The rules of the program."""

    months_before = forms.IntegerField(
        label=_("Months as a customer"),
        min_value=0,
        max_value=60,
        help_text=_("Product-led customers after three at most."),
    )
    rest_days = forms.IntegerField(label=_("Rest after an ask, in days"), min_value=0, max_value=365)
    many_asks = forms.IntegerField(label=_("Many asks within 180 days"), min_value=1, max_value=20)
    long_rest_days = forms.IntegerField(label=_("Rest after many asks, in days"), min_value=0, max_value=365)
    version = _version()

    def __init__(self, data: Any = None, *, rules: Rules) -> None:
        super().__init__(data, initial=self.values_of(rules))

    @staticmethod
    def values_of(rules: Rules) -> dict[str, Any]:
        return {name: getattr(rules, name) for name in (*NUMBERS, "version")}
