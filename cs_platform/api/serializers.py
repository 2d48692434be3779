"""What the API shows and takes. Fields are named like the columns of the CSV files; a row's own key is `external_id`.

Each field is written out: tenant, derived figures and keys are never writable. Values that come in are judged in one
place for files, forms and API (`accounts.rows`); here stands only which names there are.
"""

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.enums import (
    ChangeKind,
    ChangeSource,
    ChargeKind,
    Complexity,
    ContactRole,
    EndReason,
    Engagement,
    Level,
    Profile,
    Source,
    Tier,
)
from accounts.enums import Status as AccountStatus
from cs_platform.kernel.money import from_minor
from cs_platform.kernel.periods import month_text
from metrics.enums import Basis, MovementKind, MovementReason


def shown(kind: type[serializers.Field], source: str = "", **options: Any) -> Any:
    """A field that is only read, null where what it is read from is missing."""
    return kind(source=source or None, read_only=True, allow_null=True, **options)


@extend_schema_field(OpenApiTypes.DECIMAL)
class Money(serializers.Field):
    """Minor units as a decimal string in the row's currency, else in the tenant's. Example: 8334 USD is "83.34"."""

    def __init__(self, minor: str, **options: Any) -> None:
        self.minor = minor
        super().__init__(source="*", **options)

    def to_representation(self, row: Any) -> str | None:
        minor = getattr(row, self.minor)
        if minor is None:
            return None
        currency = getattr(row, "currency", None) or self.context["currency"]
        return str(from_minor(minor, currency))


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-\d{2}$", "example": "2026-10"})
class Month(serializers.Field):
    """A month as `YYYY-MM`."""

    def to_representation(self, month: Any) -> str:
        return month_text(month)


@extend_schema_field(OpenApiTypes.STR)
class TenantCurrency(serializers.Field):
    """The tenant's reporting currency."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)

    def to_representation(self, row: Any) -> str:
        return self.context["currency"]


def choice(choices: Any) -> serializers.ChoiceField:
    """One of `choices`, or empty."""
    return serializers.ChoiceField(choices.choices, required=False, allow_blank=True)


class Account(serializers.Serializer):
    """A customer company, or a unit of one. Status, MRR and their dates follow from subscriptions."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    name = serializers.CharField(max_length=200, required=False, help_text="The external id when it is not sent.")
    level = serializers.ChoiceField(Level.choices, required=False)
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent.external_id", required=False, allow_null=True, help_text="External id."
    )
    segment = serializers.CharField(
        source="segment.name", required=False, allow_null=True, help_text="By name; made when it is new."
    )
    owner_email = serializers.EmailField(source="owner.user.email", required=False, allow_null=True)
    industry = serializers.CharField(required=False, allow_blank=True, max_length=80)
    source = choice(Source)  # type: ignore[assignment]
    region = serializers.CharField(required=False, allow_blank=True, max_length=80)
    employees = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    domain = serializers.CharField(required=False, allow_blank=True, max_length=200)
    signed_on = serializers.DateField(required=False, allow_null=True)
    tier = choice(Tier)
    strategic = serializers.BooleanField(required=False)
    complexity = choice(Complexity)
    cac = Money("cac_minor", required=False, allow_null=True, help_text="Cost of winning the customer.")
    referred_by = serializers.CharField(
        source="referred_by.external_id", required=False, allow_null=True, help_text="External id."
    )
    attributes = serializers.DictField(
        child=serializers.CharField(allow_blank=True), required=False, help_text="Columns of your own: name to text."
    )
    status = shown(serializers.ChoiceField, choices=AccountStatus.choices)
    mrr = Money("mrr_minor", read_only=True)
    currency = TenantCurrency(help_text="Of `mrr` and `cac`: the tenant's.")
    renews_on = shown(serializers.DateField)
    customer_since = shown(serializers.DateField)
    version = serializers.IntegerField(
        required=False, help_text="When sent, it must be the current one (409 otherwise); like If-Match."
    )
    created_at = shown(serializers.DateTimeField)
    updated_at = shown(serializers.DateTimeField)


class Contact(serializers.Serializer):
    """A person at the customer."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(source="account.external_id", help_text="External id.")
    account_id = shown(serializers.UUIDField)
    name = serializers.CharField(max_length=200)
    email = serializers.EmailField(required=False, allow_blank=True)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=60)
    title = serializers.CharField(required=False, allow_blank=True, max_length=120)
    role = choice(ContactRole)
    engagement = choice(Engagement)
    language = serializers.CharField(required=False, allow_blank=True, max_length=5)
    last_contact_on = serializers.DateField(required=False, allow_null=True)
    left_on = serializers.DateField(required=False, allow_null=True)
    attributes = serializers.DictField(
        child=serializers.CharField(allow_blank=True), required=False, help_text="Columns of your own: name to text."
    )
    version = serializers.IntegerField(
        required=False, help_text="When sent, it must be the current one (409 otherwise); like If-Match."
    )
    created_at = shown(serializers.DateTimeField)
    updated_at = shown(serializers.DateTimeField)


class Product(serializers.Serializer):
    """A product that is sold."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    name = serializers.CharField(max_length=200, required=False, help_text="The external id when it is not sent.")
    version = serializers.IntegerField(
        required=False, help_text="When sent, it must be the current one (409 otherwise); like If-Match."
    )
    updated_at = shown(serializers.DateTimeField)


class Segment(serializers.Serializer):
    """A segment of the tenant and the profile that it follows."""

    id = shown(serializers.UUIDField)
    name = shown(serializers.CharField)
    profile = shown(serializers.ChoiceField, choices=Profile.choices)
    position = shown(serializers.IntegerField)


class Subscription(serializers.Serializer):
    """One paid period, known by `external_id` and `start_date`. A renewal is another row, from where this one ends."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(source="account.external_id", help_text="External id; made when it is new.")
    account_id = shown(serializers.UUIDField)
    product = serializers.CharField(
        source="product.external_id", required=False, allow_null=True, help_text="External id; made when it is new."
    )
    plan = serializers.CharField(
        source="plan.name", required=False, allow_null=True, help_text="By name; made when it is new."
    )
    start_date = serializers.DateField(source="start_on", help_text="First day.")
    end_date = serializers.DateField(
        source="end_on", required=False, allow_null=True, help_text="The day after the last one; null while open."
    )
    interval_months = serializers.IntegerField(
        required=False, min_value=1, max_value=120, help_text="Months that `amount` pays for; 1 when not sent."
    )
    amount = Money("amount_minor", required=False, help_text="For one interval. It or `mrr` must be sent.")
    discount = Money("discount_minor", required=False, help_text="Recurring, off the amount of one interval.")
    charge = serializers.ChoiceField(
        ChargeKind.choices, required=False, help_text="Only `recurring`, which it is when not sent, has MRR."
    )
    currency = serializers.CharField(max_length=3, help_text="ISO 4217.")
    mrr = Money(
        "mrr_minor", required=False, help_text="Amount less discount by months when not sent, half up to the cent."
    )
    past_due_on = serializers.DateField(
        required=False,
        allow_null=True,
        help_text="Not paid since; it counts until the company's dunning days are over. Null: paid.",
    )
    end_reason = choice(EndReason)
    seats = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    auto_renew = serializers.BooleanField(required=False, allow_null=True)
    card_on_file = serializers.BooleanField(required=False, allow_null=True)
    prepaid = serializers.BooleanField(required=False, allow_null=True)
    notice_days = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    voided = shown(serializers.BooleanField, help_text="Withdrawn: counts for nothing.")
    version = serializers.IntegerField(
        required=False, help_text="When sent, it must be the current one (409 otherwise); like If-Match."
    )
    created_at = shown(serializers.DateTimeField)
    updated_at = shown(serializers.DateTimeField)


class SubscriptionChange(serializers.Serializer):
    """A version of a paid period, complete: when it is true, when we learned of it, and from whom. Never changed."""

    id = shown(serializers.UUIDField)
    subscription_id = shown(serializers.UUIDField)
    subscription = shown(serializers.CharField, "subscription.external_id")
    account = shown(serializers.CharField, "account.external_id")
    kind = shown(serializers.ChoiceField, choices=ChangeKind.choices)
    effective_on = shown(serializers.DateField)
    recorded_at = shown(serializers.DateTimeField)
    start_date = shown(serializers.DateField, "start_on")
    end_date = shown(serializers.DateField, "end_on")
    interval_months = shown(serializers.IntegerField)
    amount = Money("amount_minor", read_only=True)
    discount = Money("discount_minor", read_only=True)
    charge = shown(serializers.ChoiceField, choices=ChargeKind.choices)
    currency = shown(serializers.CharField)
    mrr = Money("mrr_minor", read_only=True)
    past_due_on = shown(serializers.DateField)
    end_reason = shown(serializers.ChoiceField, choices=EndReason.choices)
    seats = shown(serializers.IntegerField)
    product = shown(serializers.CharField, "product.external_id")
    plan = shown(serializers.CharField, "plan.name")
    voided = shown(serializers.BooleanField)
    source = shown(serializers.ChoiceField, choices=ChangeSource.choices)  # type: ignore[assignment]
    source_ref = shown(serializers.UUIDField, help_text="The import or the request that it came with.")
    source_row = shown(serializers.IntegerField)
    actor = shown(serializers.CharField)
    reason = shown(serializers.CharField)


class MovementSubscription(serializers.Serializer):
    id = shown(serializers.UUIDField)
    external_id = shown(serializers.CharField)
    start_date = shown(serializers.DateField, "start_on")
    end_date = shown(serializers.DateField, "end_on")


class MovementChange(serializers.Serializer):
    id = shown(serializers.UUIDField)
    kind = shown(serializers.ChoiceField, choices=ChangeKind.choices)
    effective_on = shown(serializers.DateField)
    recorded_at = shown(serializers.DateTimeField)
    source = shown(serializers.ChoiceField, choices=ChangeSource.choices)  # type: ignore[assignment]
    source_ref = shown(serializers.UUIDField)
    source_row = shown(serializers.IntegerField)
    actor = shown(serializers.CharField)


class Movement(serializers.Serializer):
    """A line of the MRR ledger, with the period and the change that caused it. A correction `reverses` a line."""

    id = shown(serializers.UUIDField)
    account = shown(serializers.CharField, "account.external_id")
    account_id = shown(serializers.UUIDField)
    month = Month(read_only=True)
    kind = shown(serializers.ChoiceField, choices=MovementKind.choices)
    reason = shown(
        serializers.ChoiceField, choices=MovementReason.choices, help_text="Read off the terms before and after."
    )
    effective_reason = shown(
        serializers.ChoiceField,
        choices=MovementReason.choices,
        help_text="What a person said of the movement, else `reason`.",
    )
    cs_owned = shown(
        serializers.BooleanField,
        help_text="Whether the CS team owns it: all but new business and currency, unless a person said otherwise.",
    )
    note = shown(serializers.CharField, "said", help_text="What a person wrote about it.")
    amount = Money("amount_minor", read_only=True)
    currency = shown(serializers.CharField, help_text="The reporting currency when it was posted.")
    effective_on = shown(serializers.DateField)
    recorded_at = shown(serializers.DateTimeField)
    reverses = shown(serializers.UUIDField, "reverses_id")
    subscription = MovementSubscription(read_only=True)
    change = MovementChange(read_only=True)


class FxRate(serializers.Serializer):
    """Units of `quote` for one `base` at the end of `month`. Of several for the same month the latest counts."""

    id = shown(serializers.UUIDField)
    month = Month(help_text="`YYYY-MM`.")
    base = serializers.CharField(max_length=3)
    quote = serializers.CharField(max_length=3)
    rate = serializers.DecimalField(max_digits=20, decimal_places=10, min_value=Decimal(0))
    recorded_at = shown(serializers.DateTimeField)
    source = shown(serializers.ChoiceField, choices=ChangeSource.choices)  # type: ignore[assignment]


class BulkProblem(serializers.Serializer):
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()


class BulkItem(serializers.Serializer):
    """What became of one item."""

    index = serializers.IntegerField(help_text="Its place in the request, from 0.")
    status = serializers.ChoiceField(["created", "updated", "unchanged", "rejected", "quarantined"])
    id = serializers.UUIDField(allow_null=True)
    errors = BulkProblem(many=True, help_text="Empty unless rejected.")  # type: ignore[assignment]


class BulkAnswer(serializers.Serializer):
    """How many items came in, what became of them all, and of each."""

    received = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()
    quarantined = serializers.IntegerField(required=False, help_text="Kept until their account appears; tickets only.")
    results = BulkItem(many=True)


class Report(serializers.Serializer):
    """A report: its definition in words, the day it speaks about, when it was known, and its rows by column."""

    report = serializers.CharField()
    definition = serializers.CharField()
    as_of = serializers.DateField()
    known_at = serializers.DateTimeField()
    basis = serializers.ChoiceField([(basis.value, basis.label) for basis in Basis])
    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.DictField(child=serializers.CharField(allow_null=True)))


class ErrorDetail(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(help_text="Field to sentence; empty when no field is at fault.")  # type: ignore[assignment]
    request_id = serializers.CharField()


class Error(serializers.Serializer):
    """The one shape of every refusal. `code` and `message` stand at the top as well."""

    error = ErrorDetail()
    code = serializers.CharField()
    message = serializers.CharField()
