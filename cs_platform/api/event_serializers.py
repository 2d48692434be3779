"""What the API shows of events: batches, their receipts and held items. What comes in is read by health.usage.wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cs_platform.api.serializers import shown
from health.enums import HeldState, ReceiptKind
from health.usage import items, wire


class Event(serializers.Serializer):
    """One use of your product."""

    message_id = serializers.CharField(
        required=False,
        max_length=items.LENGTHS["message_id"],
        help_text="Yours, best a UUID: an event with an id that is known is not stored again. Without one it is made from "
        "what the event says; without a timestamp as well, the event counts each time that it is sent.",
    )
    account = serializers.CharField(max_length=items.LENGTHS["account"], help_text="External id.")
    user = serializers.CharField(
        required=False, allow_null=True, max_length=items.LENGTHS["user"], help_text="Who did it, by an id of yours."
    )
    event = serializers.CharField(max_length=items.LENGTHS["event"], help_text="What was done, as you call it.")
    quantity = serializers.FloatField(required=False, default=1, help_text="How much; rounded to six decimals.")
    timestamp = serializers.DateTimeField(
        required=False, help_text="When, ISO 8601 with offset. Needed with a message_id; else now when absent."
    )
    properties = serializers.DictField(
        required=False,
        help_text="`session_id` (or `session`) is kept; the rest tells two events apart and is not stored.",
    )


class Events(serializers.Serializer):
    events = serializers.ListField(child=Event(), max_length=wire.MAX_ITEMS)


class EventOutcome(serializers.Serializer):
    index = serializers.IntegerField()
    status = serializers.ChoiceField(["duplicate", "quarantined", "rejected"])
    code = serializers.CharField()
    message = serializers.CharField()


class EventsAnswer(serializers.Serializer):
    """The four outcomes add up to `received`."""

    received = serializers.IntegerField()
    accepted = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    quarantined = serializers.IntegerField()
    rejected = serializers.IntegerField()
    items = EventOutcome(many=True, help_text="Those that were not accepted.")
    receipt = serializers.UUIDField()


@extend_schema_field(Event)
class HeldContent(serializers.Field):
    """The event as it will be stored; null when it cannot be read."""

    def to_representation(self, value: Any) -> Any:
        return value


class HeldEventRow(serializers.Serializer):
    """An event that was not stored when it came."""

    id = shown(serializers.UUIDField)
    state = shown(serializers.ChoiceField, choices=HeldState.choices)
    receipt = shown(serializers.UUIDField, "receipt_id")
    index = shown(serializers.IntegerField, "position")
    code = shown(serializers.CharField)
    field = shown(serializers.CharField)
    message = shown(serializers.CharField)
    event = shown(HeldContent)
    raw = shown(serializers.CharField, help_text="What was sent, at most 4 kB of it.")
    received_at = shown(serializers.DateTimeField)
    updated_at = shown(serializers.DateTimeField)
    released_by = shown(
        serializers.UUIDField, "released_by_id", help_text="Receipt of the batch that stored it at last."
    )


class ReceiptRow(serializers.Serializer):
    """What became of a batch."""

    id = shown(serializers.UUIDField)
    kind = shown(serializers.ChoiceField, choices=ReceiptKind.choices)
    received_at = shown(serializers.DateTimeField)
    received = shown(serializers.IntegerField)
    accepted = shown(serializers.IntegerField)
    duplicate = shown(serializers.IntegerField)
    quarantined = shown(serializers.IntegerField)
    rejected = shown(serializers.IntegerField)
    latest_at = shown(serializers.DateTimeField, help_text="The latest moment at which an accepted event happened.")


class ReceiptWhole(ReceiptRow):
    """A batch with those of its events that were not stored at once."""

    items = HeldEventRow(many=True)


class Replay(serializers.Serializer):
    event = serializers.DictField(required=False, help_text="The event put right; as it was sent when absent.")
    accept = serializers.BooleanField(default=False, help_text="Take it whatever its age.")


class ReplayAnswer(serializers.Serializer):
    status = serializers.ChoiceField(["accepted", "duplicate", "quarantined"])
    event = HeldEventRow()
