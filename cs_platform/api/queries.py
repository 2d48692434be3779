"""What may stand behind the question mark of a list: declared, checked, documented (each class is also its schema)."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.enums import Status, Tier
from cs_platform.kernel.periods import parse_month
from health.enums import HeldState
from metrics.enums import Basis, MovementKind, MovementReason

MAX_LIMIT = 1000


def plausible(value: dt.date) -> None:
    """ValidationError for days and moments outside of 1970 to 2099, where arithmetic with months would end."""
    if not 1970 <= value.year <= 2099:
        raise ValidationError(_("It must lie between 1970 and 2099."))


class MonthField(serializers.CharField):
    """`YYYY-MM`, read as the month's first day."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            month = parse_month(super().to_internal_value(data))
        except ValueError as error:
            raise ValidationError(str(error)) from error
        plausible(month)
        return month


class NoQuery(serializers.Serializer):
    """Of requests that write."""


class OneQuery(serializers.Serializer):
    """Of one row."""

    fields = serializers.CharField(  # type: ignore[assignment]
        default="", help_text="Names of the fields that are wanted, separated by commas; all when absent."
    )


class ListQuery(OneQuery):
    """Of every list."""

    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, default=100, help_text="Rows on a page, at most 1,000."
    )
    cursor = serializers.CharField(default="", help_text="Taken from `next` of the page before.")


class SyncedQuery(ListQuery):
    """Of lists in the order of their last change."""

    updated_since = serializers.DateTimeField(
        required=False, help_text="Rows changed at or after this moment (ISO 8601 with offset)."
    )


class AccountQuery(SyncedQuery):
    segment = serializers.CharField(required=False, help_text="Name of a segment.")
    status = serializers.ChoiceField(Status.choices, required=False)
    owner_email = serializers.EmailField(required=False)
    industry = serializers.CharField(required=False)
    tier = serializers.ChoiceField(Tier.choices, required=False)


class ContactQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    email = serializers.EmailField(required=False)


class SubscriptionQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    external_id = serializers.CharField(required=False, help_text="All periods of one subscription.")
    product = serializers.CharField(required=False, help_text="External id of a product.")
    currency = serializers.CharField(required=False)
    voided = serializers.BooleanField(required=False, help_text="Withdrawn periods only, or none of them.")


class ChangeQuery(ListQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    subscription = serializers.UUIDField(required=False, help_text="Id of a subscription.")
    recorded_since = serializers.DateTimeField(required=False, help_text="Learned of at or after this moment.")


class MovementQuery(ListQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    month = MonthField(required=False, help_text="`YYYY-MM`.")
    kind = serializers.ChoiceField(MovementKind.choices, required=False)
    effective_reason = serializers.ChoiceField(MovementReason.choices, required=False)
    cs_owned = serializers.BooleanField(required=False, help_text="Those that the CS team owns, or those it does not.")
    recorded_since = serializers.DateTimeField(required=False, help_text="Posted at or after this moment.")


class FxRateQuery(ListQuery):
    month = MonthField(required=False, help_text="`YYYY-MM`.")
    base = serializers.CharField(required=False, help_text="Currency code.")
    quote = serializers.CharField(required=False, help_text="Currency code.")


class HeldEventQuery(ListQuery):
    state = serializers.ChoiceField(HeldState.choices, required=False)
    code = serializers.CharField(required=False, help_text="Why it was not stored, such as `unknown_account`.")
    receipt = serializers.UUIDField(required=False, help_text="Those of one batch.")


class ReportQuery(serializers.Serializer):
    """Of reports. Months and days are those of the tenant's time zone."""

    to = MonthField(required=False, help_text="Last month, `YYYY-MM`.")
    as_of = serializers.DateField(
        required=False, validators=[plausible], help_text="The day that the report speaks about."
    )
    known_at = serializers.DateTimeField(
        required=False,
        validators=[plausible],
        help_text="The figures as they were known at this moment (ISO 8601 with offset).",
    )
    segment = serializers.CharField(required=False, help_text="Name of a segment.")
    basis = serializers.ChoiceField(
        [(basis.value, basis.label) for basis in Basis],
        required=False,
        help_text="`reported`: closed months as Finance signed them. Else everything as known now.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        # `from` is a word of Python and cannot be an attribute.
        return {"from": MonthField(required=False, help_text="First month, `YYYY-MM`."), **super().get_fields()}


def read_query(
    request: Request, query: type[serializers.Serializer], *, also: Iterable[str] = ("format",)
) -> dict[str, Any]:
    """The declared parameters of the request, read. ValidationError names those that are wrong or not known:
    a filter with a typing error must not answer with every row."""
    given = request.query_params
    serializer = query(data=given.dict())
    unknown = set(given) - set(serializer.fields) - set(also)
    errors = {name: [_("This parameter is not known.")] for name in sorted(unknown)}
    errors |= {name: [_("This parameter stands twice.")] for name in given if len(given.getlist(name)) > 1}
    if not serializer.is_valid():
        errors |= serializer.errors
    if errors:
        raise ValidationError(errors)
    return dict(serializer.validated_data)
