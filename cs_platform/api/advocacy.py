"""Advocacy over HTTP: advocates, what they gave, whom they led to (ADV-01 to ADV-05, API-01). Facts that come as in files;
what advocates are asked for stands in `asks`."""

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.enums import ImportKind
from advocacy import guards, models
from advocacy.enums import (
    AdvocateState,
    AssetKind,
    Consent,
    Legal,
    ReferralState,
    ReviewSite,
)
from cs_platform.api.intake import Door
from cs_platform.api.queries import SyncedQuery
from cs_platform.api.serializers import Money, choice, shown
from cs_platform.api.writing import Writable

_VERSION = "When sent, it must be the current one (409 otherwise); like If-Match."
_ACCOUNT = "External id of an account."
_ADVOCATE = "External id of an advocate."


class _Fact(serializers.Serializer):
    """What all three have: whose it is, and how it changed."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(source="account.external_id", help_text=_ACCOUNT)
    account_id = shown(serializers.UUIDField)
    version = serializers.IntegerField(required=False, help_text=_VERSION)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class _FactQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text=_ACCOUNT)


_LOOKUPS = {"updated_since": "updated_at__gte", "account": "account__external_id"}


class MayAsk(serializers.Serializer):
    """Whether an advocate may be asked today, and if not, why."""

    ready = serializers.BooleanField()
    code = serializers.CharField(allow_null=True, help_text="`resting`, `legal_open`, `missing_renewed` …")
    reason = serializers.CharField(allow_null=True)
    until = serializers.DateField(allow_null=True, help_text="The first day on which they may, where it is known.")


class Advocate(_Fact):
    """A person of a customer who speaks for us, with how far their consent goes and whether they may be asked today."""

    contact = serializers.CharField(source="contact.external_id", help_text="External id of a contact of the account.")
    state = choice(AdvocateState)
    consent = serializers.ChoiceField(Consent.choices, help_text="How far it goes.")
    consent_on = serializers.DateField(required=False, allow_null=True, help_text="Today when it is not sent.")
    consent_until = serializers.DateField(required=False, allow_null=True)
    legal = choice(Legal)
    legal_since = shown(serializers.DateField)
    enrolled_on = serializers.DateField(required=False, allow_null=True)
    left_on = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    may_ask = serializers.SerializerMethodField()

    @extend_schema_field(MayAsk)
    def get_may_ask(self, row: models.Advocate) -> dict[str, Any]:
        """Of all rows of a page at once."""
        context: Any = self.context
        known: dict[Any, Any] = context.setdefault("may_ask", {})
        if row.id not in known:
            rows: Any = self.parent.instance if isinstance(self.parent, serializers.ListSerializer) else [row]
            known |= guards.may_ask(rows)
        no = known[row.id]
        found = {"ready": no is None, "code": no.code if no else None, "reason": no.text if no else None}
        return dict(MayAsk(found | {"until": no.until if no else None}).data)


class AdvocateQuery(_FactQuery):
    state = serializers.ChoiceField(AdvocateState.choices, required=False)
    consent = serializers.ChoiceField(Consent.choices, required=False)


class Advocates(Writable):
    """People who speak for us, in the order of their last change."""

    door = Door.of(ImportKind.ADVOCATES, models.Advocate)
    kept = ("external_id", "account", "contact", "consent")
    example: ClassVar = {"external_id": "AD-1", "account": "A-1", "contact": "C-1", "consent": "name_logo"}
    model = models.Advocate
    serializer_class = Advocate
    query_class = AdvocateQuery
    lookups: ClassVar = _LOOKUPS | {"state": "state", "consent": "consent"}
    related = ("account", "contact")


class Asset(_Fact):
    """Something that a customer gave to be shown, with its legal approval."""

    kind = serializers.ChoiceField(AssetKind.choices)
    title = serializers.CharField(max_length=200)
    advocate = serializers.CharField(
        source="advocate.external_id", required=False, allow_null=True, allow_blank=True, help_text=_ADVOCATE
    )
    url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    legal = choice(Legal)
    legal_since = serializers.DateField(required=False, allow_null=True)
    approved_until = serializers.DateField(required=False, allow_null=True)
    published_on = serializers.DateField(required=False, allow_null=True)
    site = choice(ReviewSite)
    rating = serializers.DecimalField(
        max_digits=2, decimal_places=1, required=False, allow_null=True, help_text="Of a review, 0 to 5."
    )


class AssetQuery(_FactQuery):
    kind = serializers.ChoiceField(AssetKind.choices, required=False)
    legal = serializers.ChoiceField(Legal.choices, required=False)


class Assets(Writable):
    """What customers gave to be shown, in the order of the last change."""

    door = Door.of(ImportKind.ASSETS, models.Asset)
    kept = ("external_id", "account", "kind", "title", "site", "rating")
    example: ClassVar = {
        "external_id": "AS-1",
        "account": "A-1",
        "kind": "case_study",
        "title": "Three units in a year",
    }
    model = models.Asset
    serializer_class = Asset
    query_class = AssetQuery
    lookups: ClassVar = _LOOKUPS | {"kind": "kind", "legal": "legal"}
    related = ("account", "advocate")


class Referral(_Fact):
    """Whom a customer led us to, and how far it came."""

    account = serializers.CharField(source="account.external_id", help_text="External id of the account that refers.")
    prospect = serializers.CharField(max_length=200)
    advocate = serializers.CharField(
        source="advocate.external_id", required=False, allow_null=True, allow_blank=True, help_text=_ADVOCATE
    )
    state = choice(ReferralState)
    asked_on = serializers.DateField()
    agreed_on = serializers.DateField(required=False, allow_null=True)
    introduced_on = serializers.DateField(required=False, allow_null=True)
    opportunity_on = serializers.DateField(required=False, allow_null=True)
    ended_on = serializers.DateField(required=False, allow_null=True)
    amount = Money("amount_minor", required=False, allow_null=True, help_text="Worth a year, in `currency`.")
    currency = serializers.CharField(
        max_length=3, required=False, allow_blank=True, help_text="The company's when not sent."
    )
    customer = serializers.CharField(
        source="customer.external_id",
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="The new customer, of a won one.",
    )
    reward = serializers.CharField(max_length=200, required=False, allow_blank=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ReferralQuery(_FactQuery):
    state = serializers.ChoiceField(ReferralState.choices, required=False)
    customer = serializers.CharField(required=False, help_text="External id of the new customer.")


class Referrals(Writable):
    """Referrals, in the order of their last change."""

    door = Door.of(ImportKind.REFERRALS, models.Referral)
    kept = (
        "external_id", "account", "prospect", "asked_on", "agreed_on", "introduced_on", "opportunity_on", "ended_on", "currency",
    )  # fmt: skip
    example: ClassVar = {
        "external_id": "RF-1",
        "account": "A-1",
        "prospect": "Tidewater Ports",
        "asked_on": "2026-06-01",
    }
    model = models.Referral
    serializer_class = Referral
    query_class = ReferralQuery
    lookups: ClassVar = _LOOKUPS | {"state": "state", "customer": "customer__external_id"}
    related = ("account", "advocate", "customer")

    def keep(self, cells: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        """The day of the end goes with the state that ended it: of a new state it is that of the change."""
        return {name: value for name, value in cells.items() if name != "ended_on"} if "state" in body else cells
