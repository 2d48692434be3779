"""What the API shows and takes of tickets, touchpoints, survey answers and outcomes. Values are judged where files are
judged too (health/…/rows.py); here stands only which names there are."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cs_platform.api.queries import SyncedQuery
from cs_platform.api.serializers import Money, choice, shown
from health.enums import (
    OutcomeMetric,
    Sentiment,
    SurveyContext,
    SurveyDirection,
    SurveyKind,
    TicketPriority,
    TouchpointKind,
    TouchpointStatus,
)

_VERSION = "When sent, it must be the current one (409 otherwise); like If-Match."
_ACCOUNT = "External id of an account."
_CONTACT = "External id of a contact of the account."


class TicketChange(serializers.Serializer):
    """One change of a ticket: fields that it does not hold are those of the ticket's body."""

    event_at = serializers.DateTimeField(help_text="When it happened.")
    state = serializers.CharField(max_length=60, required=False)
    user = serializers.CharField(max_length=200, required=False, allow_blank=True)
    priority = serializers.CharField(max_length=60, required=False, allow_blank=True)
    resolved_at = serializers.DateTimeField(required=False, allow_null=True)
    closed_at = serializers.DateTimeField(required=False, allow_null=True)
    reassignment_count = serializers.IntegerField(required=False, min_value=0)
    reopen_count = serializers.IntegerField(required=False, min_value=0)
    escalated_to = serializers.CharField(max_length=60, required=False, allow_blank=True)
    sentiment = choice(Sentiment)
    sequence = serializers.IntegerField(required=False, min_value=0, help_text="Which of two at one moment is later.")


class Ticket(serializers.Serializer):
    """A support ticket, as all of its changes leave it. What is written is a change: its fields are true from
    `event_at` on, and the order in which changes are sent says nothing."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(
        source="account.external_id", help_text="External id. A ticket of an unknown account waits for it."
    )
    account_id = shown(serializers.UUIDField)
    state = serializers.CharField(max_length=60)
    event_at = serializers.DateTimeField(
        write_only=True, required=False, allow_null=True, help_text="When this became true; now when not sent."
    )
    changes = TicketChange(
        many=True, write_only=True, required=False, allow_null=True, help_text="The whole history at once."
    )
    sequence = serializers.IntegerField(
        write_only=True, required=False, allow_null=True, min_value=0, help_text="Which of two at one moment is later."
    )
    user = serializers.CharField(source="user_ref", required=False, allow_blank=True, max_length=200)
    subject = serializers.CharField(required=False, allow_blank=True, max_length=300)
    category = serializers.CharField(required=False, allow_blank=True, max_length=120)
    priority = serializers.CharField(required=False, allow_blank=True, max_length=60, help_text="In your own words.")
    level = shown(serializers.ChoiceField, choices=TicketPriority.choices, help_text="What your priority means here.")
    opened_at = serializers.DateTimeField(required=False, allow_null=True, help_text="The first change when not sent.")
    first_response_at = shown(serializers.DateTimeField, help_text="The first change to a state that is not New.")
    resolved_at = serializers.DateTimeField(required=False, allow_null=True)
    closed_at = serializers.DateTimeField(required=False, allow_null=True)
    reopened_at = shown(serializers.DateTimeField)
    escalated_at = shown(serializers.DateTimeField, help_text="Escalated by name, or reassigned twice.")
    escalated_to = serializers.CharField(required=False, allow_blank=True, max_length=60)
    reassignment_count = serializers.IntegerField(required=False, min_value=0)
    reopen_count = serializers.IntegerField(required=False, min_value=0)
    first_response_minutes = shown(
        serializers.DecimalField, max_digits=14, decimal_places=4, help_text="In business hours where they are set."
    )
    resolution_minutes = shown(serializers.DecimalField, max_digits=14, decimal_places=4)
    sentiment = choice(Sentiment)
    version = serializers.IntegerField(required=False, help_text=_VERSION)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class Waiting(serializers.Serializer):
    """A row that was kept for later, because its account does not exist yet."""

    status = serializers.ChoiceField(["quarantined"])
    account = serializers.CharField(help_text="The external id that it waits for.")


class Touchpoint(serializers.Serializer):
    """An activity with a customer: a meeting, a call, an e-mail, feedback."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(source="account.external_id", help_text=_ACCOUNT)
    account_id = shown(serializers.UUIDField)
    contact = serializers.CharField(source="contact.external_id", required=False, allow_null=True, help_text=_CONTACT)
    member_email = serializers.EmailField(
        source="member.user.email", required=False, allow_null=True, help_text="Of the member who was in it."
    )
    kind = serializers.ChoiceField(TouchpointKind.choices)
    status = serializers.ChoiceField(
        TouchpointStatus.choices,
        required=False,
        allow_blank=True,
        help_text="When not sent: planned, of what lies ahead; else held, or an e-mail's furthest step.",
    )
    happened_at = serializers.DateTimeField()
    inbound = serializers.BooleanField(required=False, help_text="Begun by the customer.")
    minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    opened_at = serializers.DateTimeField(required=False, allow_null=True)
    clicked_at = serializers.DateTimeField(required=False, allow_null=True)
    replied_at = serializers.DateTimeField(required=False, allow_null=True)
    sentiment = choice(Sentiment)
    subject = serializers.CharField(required=False, allow_blank=True, max_length=200)
    note = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    attendees = serializers.ListField(
        child=serializers.CharField(max_length=200), source="there", required=False, max_length=50,
        help_text="External ids of contacts of the account who are there besides `contact`.",
    )  # fmt: skip
    colleagues = serializers.ListField(
        child=serializers.EmailField(), source="ours", required=False, max_length=50,
        help_text="E-mails of members who are there besides `member_email`.",
    )  # fmt: skip
    version = serializers.IntegerField(required=False, help_text=_VERSION)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


@extend_schema_field(serializers.ChoiceField(SurveyDirection.choices, allow_null=True))
class Direction(serializers.Field):
    """Of a stored CES low is always easy, whatever was sent."""

    def to_representation(self, row: Any) -> str | None:
        return SurveyDirection.LOW_IS_EASY.value if row.kind == SurveyKind.CES else None


class Survey(serializers.Serializer):
    """One answer to a survey."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(source="account.external_id", help_text=_ACCOUNT)
    account_id = shown(serializers.UUIDField)
    contact = serializers.CharField(source="contact.external_id", required=False, allow_null=True, help_text=_CONTACT)
    kind = serializers.ChoiceField(SurveyKind.choices)
    context = serializers.ChoiceField(SurveyContext.choices, required=False, allow_blank=True)  # type: ignore[assignment]
    score = serializers.DecimalField(
        max_digits=6, decimal_places=2, help_text="NPS 0 to 10, CSAT 1 to `scale`, CES 1 to 7."
    )
    scale = serializers.IntegerField(
        required=False, allow_null=True, help_text="Highest score: 10 for NPS, 5 (usual) or 10 for CSAT, 7 for CES."
    )
    direction = Direction(
        source="*",
        required=False,
        help_text="Of a CES it must be sent: `low_is_easy`, or `high_is_easy`, which is turned round.",
    )
    answered_at = serializers.DateTimeField()
    comment = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    version = serializers.IntegerField(required=False, help_text=_VERSION)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class Measurement(serializers.Serializer):
    """What was measured on a day; a further value of the same day takes the place of the one before."""

    measured_on = serializers.DateField()
    value = serializers.DecimalField(max_digits=20, decimal_places=4)
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)


@extend_schema_field(Measurement(many=True, allow_null=True))
class Measurements(serializers.Field):
    """The latest value of each day, newest day first."""

    def to_representation(self, row: Any) -> Any:
        latest: dict[Any, Any] = {}
        for measurement in row.measurements.all():  # newest day first, and of a day the one recorded last
            latest.setdefault(measurement.measured_on, measurement)
        return Measurement(list(latest.values()), many=True).data


class Outcome(serializers.Serializer):
    """A success criterion: what is measured, from where to where, until when, and where the numbers come from."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(source="account.external_id", help_text=_ACCOUNT)
    account_id = shown(serializers.UUIDField)
    name = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="The external id when it is not sent."
    )
    metric = serializers.ChoiceField(OutcomeMetric.choices)
    unit = serializers.CharField(required=False, allow_blank=True, max_length=40)
    baseline = serializers.DecimalField(
        max_digits=20, decimal_places=4, required=False, help_text="0 when it is not sent."
    )
    target = serializers.DecimalField(max_digits=20, decimal_places=4)
    agreed_on = serializers.DateField(required=False, allow_null=True)
    due_on = serializers.DateField()
    data_source = serializers.CharField(max_length=200)
    owner_email = serializers.EmailField(source="owner.user.email", required=False, allow_null=True)
    customer_owner = serializers.CharField(
        source="customer_owner.external_id", required=False, allow_null=True, help_text=_CONTACT
    )
    first_value = serializers.BooleanField(required=False, help_text="The first value milestone of the account.")
    confirmed_on = serializers.DateField(required=False, allow_null=True, help_text="By the customer.")
    confirmed_by = serializers.CharField(
        source="confirmed_by.external_id", required=False, allow_null=True, help_text=_CONTACT
    )
    value = Money("value_minor", required=False, allow_null=True, help_text="A year, in the company's currency.")
    story = serializers.CharField(required=False, allow_blank=True, max_length=8000)
    dropped_on = serializers.DateField(required=False, allow_null=True)
    measurements = Measurements(source="*", required=False, help_text="Sent ones are added to those that are there.")
    version = serializers.IntegerField(required=False, help_text=_VERSION)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class TicketQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text=_ACCOUNT)
    state = serializers.CharField(required=False)
    level = serializers.ChoiceField(TicketPriority.choices, required=False)
    unresolved = serializers.BooleanField(required=False, help_text="Unresolved ones only, or resolved ones only.")
    opened_since = serializers.DateTimeField(required=False, help_text="Opened at or after this moment.")


class TouchpointQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text=_ACCOUNT)
    kind = serializers.ChoiceField(TouchpointKind.choices, required=False)
    status = serializers.ChoiceField(TouchpointStatus.choices, required=False)
    happened_since = serializers.DateTimeField(required=False, help_text="Happened at or after this moment.")


class SurveyQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text=_ACCOUNT)
    kind = serializers.ChoiceField(SurveyKind.choices, required=False)
    answered_since = serializers.DateTimeField(required=False, help_text="Answered at or after this moment.")


class OutcomeQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text=_ACCOUNT)
    metric = serializers.ChoiceField(OutcomeMetric.choices, required=False)
    due_until = serializers.DateField(required=False, help_text="Due on or before this day.")
