"""Forms of the program. Values are judged by the services; a form offers what there is."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

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
from advocacy.lifecycle import ASKS, LEGAL, REFERRALS
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

    def __init__(self, data: Any = None, *, accounts: Sequence[Account]) -> None:
        super().__init__(data)
        self.accounts = {str(one.id): one for one in accounts}
        _choose(self.fields["account"], [(key, one.name) for key, one in self.accounts.items()])


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
        deal: Decimal | None = self.cleaned_data["deal"]
        return found | {"deal_minor": None if deal is None else to_minor(deal, currency), "currency": currency}

    @staticmethod
    def values_of(row: ReferenceRequest) -> dict[str, Any]:
        names = (
            "prospect",
            "asked_by",
            "text",
            "kind",
            "industry",
            "users",
            "segment",
            "product",
            "decides_on",
            "due_on",
            "version",
        )
        deal = None if row.deal_minor is None else from_minor(row.deal_minor, row.currency)
        return {name: getattr(row, name) for name in names} | {"deal": deal}


class EndForm(forms.Form):
    """How a request ended."""

    state = forms.ChoiceField(
        label=_("It is"),
        choices=[
            (RequestState.DONE.value, RequestState.DONE.label),
            (RequestState.UNMET.value, RequestState.UNMET.label),
        ],
    )
    won = forms.ChoiceField(label=_("The deal was won"), choices=YES_NO, required=False)
    version = _version()


class AssetForm(forms.Form):
    """Something that a customer gave us to show."""

    account = forms.ChoiceField(label=_("Account"))
    title = forms.CharField(label=_("Title"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=AssetKind.choices, initial=AssetKind.CASE_STUDY)
    advocate = forms.ChoiceField(label=_("By whom"), required=False)
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
    version = _version()

    def __init__(
        self,
        data: Any = None,
        *,
        accounts: Sequence[Account] = (),
        advocates: Sequence[Advocate] = (),
        asset: Asset | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=self.values_of(asset) if asset else initial)
        self.accounts = {str(one.id): one for one in accounts}
        self.advocates = {str(one.id): one for one in advocates}
        _choose(self.fields["account"], [(key, one.name) for key, one in self.accounts.items()])
        people = [(key, f"{one.contact.name}, {one.account.name}") for key, one in self.advocates.items()]
        _choose(self.fields["advocate"], [("", gettext("Nobody named")), *people])
        for name in ("account",) if asset else ("version",):
            del self.fields[name]

    def values(self) -> dict[str, Any]:
        names = ("title", "kind", "url", "published_on", "site", "rating")
        found = {name: self.cleaned_data[name] for name in names}
        return found | {"advocate": self.advocates.get(self.cleaned_data["advocate"])}

    @staticmethod
    def values_of(row: Asset) -> dict[str, Any]:
        names = ("title", "kind", "url", "published_on", "site", "rating", "version")
        return {name: getattr(row, name) for name in names} | {"advocate": str(row.advocate_id or "")}


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


class UseForm(forms.Form):
    """Whom it was shown to."""

    prospect = forms.CharField(label=_("For whom"), max_length=200)
    used_on = _day(_("Used on"), required=True)
    won = forms.ChoiceField(label=_("The deal was won"), choices=YES_NO, required=False)


class ReferralForm(forms.Form):
    """Whom a customer leads us to."""

    account = forms.ChoiceField(label=_("Referred by"))
    prospect = forms.CharField(label=_("Who"), max_length=200)
    advocate = forms.ChoiceField(label=_("By whom"), required=False)
    asked_on = _day(_("Asked on"), required=True)
    amount = _money(_("Worth a year"))
    reward = forms.CharField(label=_("Reward"), max_length=200, required=False)
    note = _text(_("Note"), 500)
    version = _version()

    def __init__(
        self,
        data: Any = None,
        *,
        accounts: Sequence[Account] = (),
        advocates: Sequence[Advocate] = (),
        referral: Referral | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=self.values_of(referral) if referral else initial)
        self.accounts = {str(one.id): one for one in accounts}
        self.advocates = {str(one.id): one for one in advocates}
        _choose(self.fields["account"], [(key, one.name) for key, one in self.accounts.items()])
        people = [(key, f"{one.contact.name}, {one.account.name}") for key, one in self.advocates.items()]
        _choose(self.fields["advocate"], [("", gettext("Nobody named")), *people])
        for name in ("account", "asked_on") if referral else ("version",):
            del self.fields[name]

    def values(self, currency: str) -> dict[str, Any]:
        """What a service takes; the amount in minor units of `currency`."""
        found = {name: self.cleaned_data[name] for name in ("prospect", "reward", "note")}
        amount: Decimal | None = self.cleaned_data["amount"]
        return found | {
            "advocate": self.advocates.get(self.cleaned_data["advocate"]),
            "amount_minor": None if amount is None else to_minor(amount, currency),
            "currency": currency,
        }

    @staticmethod
    def values_of(row: Referral) -> dict[str, Any]:
        amount = None if row.amount_minor is None else from_minor(row.amount_minor, row.currency)
        names = ("prospect", "reward", "note", "version")
        return {name: getattr(row, name) for name in names} | {"amount": amount, "advocate": str(row.advocate_id or "")}


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
        amount = None if referral.amount_minor is None else from_minor(referral.amount_minor, referral.currency)
        super().__init__(data, initial={"amount": amount, "version": referral.version} | initial)
        self.customers = {str(one.id): one for one in customers}
        _choose(self.fields["state"], [(state, ReferralState(state).label) for state in REFERRALS[referral.state]])
        _choose(self.fields["customer"], [("", "–"), *((key, one.name) for key, one in self.customers.items())])


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
