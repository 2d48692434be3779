"""Tasks over HTTP (ACC-15): the same door that files come by."""

from typing import ClassVar

from rest_framework import serializers

from accounts.enums import ImportKind
from cs_platform.api.intake import Door
from cs_platform.api.queries import SyncedQuery
from cs_platform.api.serializers import choice, shown
from cs_platform.api.writing import Writable
from journey.enums import Rhythm, TaskState, Urgency, Why, WorkType
from journey.models import Task


class Item(serializers.Serializer):
    """A line of a task's checklist."""

    text = serializers.CharField()
    done = serializers.BooleanField()


class TaskSerializer(serializers.Serializer):
    """Something that somebody does by a day, and why it exists. Without an owner it waits in the pool."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(
        source="account.external_id", required=False, allow_blank=True, allow_null=True,
        help_text="External id of an account.",
    )  # fmt: skip
    account_id = shown(serializers.UUIDField)
    title = serializers.CharField(max_length=200)
    note = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    work = choice(WorkType)
    owner_email = serializers.EmailField(
        source="owner.user.email", required=False, allow_blank=True, allow_null=True,
        help_text="Who does it: of a new task who looks after the account when it is not sent, the pool when it is empty.",
    )  # fmt: skip
    due_on = serializers.DateField()
    due_at = serializers.TimeField(required=False, allow_null=True, help_text="In the company's time zone.")
    urgency = choice(Urgency)
    state = choice(TaskState)
    snoozed_until = serializers.DateField(required=False, allow_null=True, help_text="It is due again on this day.")
    snoozed_time = serializers.TimeField(
        required=False, allow_null=True, help_text="At this hour of that day, in the company's time zone."
    )
    wakes = serializers.BooleanField(
        required=False, help_text="Put off, it is due again as soon as the health of its account falls to a worse band."
    )
    rhythm = serializers.ChoiceField(
        [one for one in Rhythm.choices if one[0]],
        required=False,
        allow_blank=True,
        help_text="How often it comes again.",
    )
    checklist = Item(many=True, read_only=True)
    why = shown(serializers.ChoiceField, choices=Why.choices, help_text="Why it exists.")
    alert_id = shown(serializers.UUIDField)
    play_id = shown(serializers.UUIDField)
    step = shown(serializers.CharField)
    milestone_id = shown(serializers.UUIDField)
    taken_until = shown(serializers.DateTimeField, help_text="One of the pool is its taker's until then.")
    done_at = serializers.DateTimeField(required=False, allow_null=True)
    done_by = shown(serializers.EmailField, "done_by.user.email")
    result = serializers.CharField(required=False, allow_blank=True, max_length=500)
    version = serializers.IntegerField(
        required=False, help_text="When sent, it must be the current one (409 otherwise); like If-Match."
    )
    created_at = shown(serializers.DateTimeField)
    updated_at = shown(serializers.DateTimeField)


class TaskQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    owner = serializers.EmailField(required=False, help_text="E-mail of the member who does it.")
    pool = serializers.BooleanField(required=False, help_text="Those without an owner only, or those with one only.")
    state = serializers.ChoiceField(TaskState.choices, required=False)
    work = serializers.ChoiceField(WorkType.choices, required=False)
    due_since = serializers.DateField(required=False, help_text="Due on or after this day.")
    due_until = serializers.DateField(required=False, help_text="Due on or before this day.")


class Tasks(Writable):
    """Tasks, by id or external id."""

    door = Door.of(ImportKind.TASKS, Task)
    kept = ("external_id", "title", "due_on")
    example: ClassVar = {
        "external_id": "K-1",
        "account": "A-1",
        "title": "Call the new VP Operations",
        "due_on": "2026-11-24",
        "work": "health",
    }
    model = Task
    serializer_class = TaskSerializer
    query_class = TaskQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "owner": "owner__user__email",
        "pool": "owner__isnull",
        "state": "state",
        "work": "work",
        "due_since": "due_on__gte",
        "due_until": "due_on__lte",
    }
    related = ("account", "owner__user", "done_by__user")
