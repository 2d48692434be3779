"""Tracks and the times that they spend in stages over HTTP (JRN-02, JRN-03): the same door that files come by."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.enums import ImportKind
from cs_platform.api.intake import Door
from cs_platform.api.queries import SyncedQuery
from cs_platform.api.resources import Resource
from cs_platform.api.serializers import choice, shown
from cs_platform.api.writing import Writable
from journey.enums import Blocker, Cause, Entry, Evidence, Exit, Stage, TrackEnd, TrackKind
from journey.models import StagePeriod, Track

_VERSION = "When sent, it must be the current one (409 otherwise); like If-Match."


class Said(serializers.Serializer):
    """How a criterion stood when the stage ended."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    how = serializers.ChoiceField(Evidence.choices)
    met = serializers.BooleanField()
    value = serializers.FloatField(allow_null=True, help_text="In `unit`; a share is 0 to 1.")
    threshold = serializers.FloatField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    text = serializers.CharField()
    by = serializers.CharField(allow_blank=True)
    at = serializers.DateField(allow_null=True)


@extend_schema_field(Said(many=True))
class Kept(serializers.Field):
    """The kept evidence, as it is."""

    def to_representation(self, cells: Any) -> Any:
        return cells


class StageSerializer(serializers.Serializer):
    """A track in a stage, from a day up to, not including, another. A track may be in several stages at once."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(source="track.account.external_id", help_text="External id of an account.")
    account_id = shown(serializers.UUIDField, "track.account_id")
    track = serializers.CharField(
        source="track.external_id", required=False, allow_blank=True, max_length=200,
        help_text="External id of a track; the core track of the account when it is not sent. A new id makes a track.",
    )  # fmt: skip
    track_kind = serializers.ChoiceField(
        TrackKind.choices,
        source="track.kind",
        required=False,
        allow_blank=True,
        help_text="Of a new track: `use_case`.",
    )
    track_name = serializers.CharField(source="track.name", required=False, allow_blank=True, max_length=120)
    stage = serializers.ChoiceField(Stage.choices)
    entered_on = serializers.DateField()
    entry = shown(serializers.ChoiceField, choices=Entry.choices, help_text="How it came into the stage.")
    exited_on = serializers.DateField(required=False, allow_null=True)
    outcome = choice(Exit)
    cause = choice(Cause)
    note = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    target_on = shown(serializers.DateField, help_text="A day that was agreed in the place of the segment's target.")
    blocker = shown(serializers.ChoiceField, choices=Blocker.choices, help_text="What holds it up.")
    overridden = shown(serializers.BooleanField, help_text="Completed by a person although criteria were not met.")
    validated_by = shown(serializers.EmailField, "validated_by.user.email")
    validated_at = shown(serializers.DateTimeField)
    evidence = Kept(read_only=True, help_text="How each criterion stood when a person ended the stage.")
    version = serializers.IntegerField(required=False, help_text=_VERSION)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class TrackSerializer(serializers.Serializer):
    """A journey of an account: the whole of it, a department, a use case."""

    id = shown(serializers.UUIDField)
    external_id = shown(serializers.CharField)
    account = shown(serializers.CharField, "account.external_id")
    account_id = shown(serializers.UUIDField)
    kind = shown(serializers.ChoiceField, choices=TrackKind.choices)
    name = shown(serializers.CharField)
    unit = shown(serializers.CharField, "unit.external_id", help_text="External id of the department.")
    seats = shown(serializers.IntegerField)
    opened_on = shown(serializers.DateField)
    closed_on = shown(serializers.DateField)
    closed_because = shown(serializers.ChoiceField, choices=TrackEnd.choices)
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class StageQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    track = serializers.CharField(required=False, help_text="External id of a track.")
    stage = serializers.ChoiceField(Stage.choices, required=False)
    outcome = serializers.ChoiceField(Exit.choices, required=False)
    open = serializers.BooleanField(required=False, help_text="Open ones only, or ended ones only.")
    entered_since = serializers.DateField(required=False, help_text="Entered on or after this day.")
    exited_since = serializers.DateField(required=False, help_text="Ended on or after this day.")


class TrackQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    kind = serializers.ChoiceField(TrackKind.choices, required=False)
    open = serializers.BooleanField(required=False, help_text="Open ones only, or closed ones only.")


class Stages(Writable):
    """Times in stages, by id or external id. What is sent is true; criteria are asked of people only."""

    door = Door.of(ImportKind.STAGES, StagePeriod, columns={"external_id": "period"})
    kept = ("external_id", "account", "track", "stage", "entered_on")
    example: ClassVar = {
        "external_id": "P-1",
        "account": "A-1",
        "track": "T-1",
        "track_kind": "core",
        "stage": "onboarding",
        "entered_on": "2026-01-12",
        "exited_on": "2026-03-20",
        "outcome": "completed",
    }
    model = StagePeriod
    serializer_class = StageSerializer
    query_class = StageQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "track__account__external_id",
        "track": "track__external_id",
        "stage": "stage",
        "outcome": "outcome",
        "open": "exited_on__isnull",
        "entered_since": "entered_on__gte",
        "exited_since": "exited_on__gte",
    }
    related = ("track__account", "validated_by__user")


class Tracks(Resource):
    """Tracks of accounts, by id or external id. They are made by the stages that are sent, by people, and by night."""

    model = Track
    serializer_class = TrackSerializer
    query_class = TrackQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "kind": "kind",
        "open": "closed_on__isnull",
    }
    related = ("account", "unit")
