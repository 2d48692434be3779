"""Why customers left, over HTTP (MET-10, API-01): by the door that files come by."""

from typing import ClassVar

from rest_framework import serializers

from accounts.enums import ChangeSource, ChurnCategory, SaidBy
from accounts.merging import merge_answers, read_answer
from accounts.models import ChurnAnswer
from cs_platform.api.intake import Door
from cs_platform.api.queries import SyncedQuery
from cs_platform.api.serializers import choice, shown
from cs_platform.api.writing import Writable


class Answer(serializers.Serializer):
    """Why a customer left: one answer for each end of paid service."""

    id = shown(serializers.UUIDField)
    account = serializers.CharField(source="account.external_id", help_text="External id of an account.")
    account_id = shown(serializers.UUIDField)
    ended_on = serializers.DateField(
        required=False, allow_null=True, help_text="The first day without service; null is the account's last end."
    )
    category = serializers.ChoiceField(
        ChurnCategory.choices, required=False, help_text="When not sent, what the words of `reason` suggest."
    )
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="It or `category` must be sent."
    )
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=2000, help_text="In the customer's own words."
    )
    competitor = serializers.CharField(required=False, allow_blank=True, max_length=120)
    said_by = choice(SaidBy)
    source = shown(serializers.ChoiceField, choices=ChangeSource.choices)
    version = serializers.IntegerField(
        required=False, help_text="When sent, it must be the current one (409 otherwise); like If-Match."
    )
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class AnswerQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    category = serializers.ChoiceField(ChurnCategory.choices, required=False)
    ended_since = serializers.DateField(required=False, help_text="Service ended on or after this day.")


class ChurnAnswers(Writable):
    """Answers to the question why a customer left, known by account and day of the end."""

    door = Door(
        read_answer, merge_answers, ChurnAnswer, {}, {"account": "account__external_id", "ended_on": "ended_on"}
    )
    identity = ("account", "ended_on")
    kept = identity
    example: ClassVar = {
        "account": "A-1",
        "ended_on": "2026-03-31",
        "category": "competition",
        "reason": "Replaced by a competitor",
        "competitor": "Example Ltd",
        "said_by": "customer",
    }
    model = ChurnAnswer
    serializer_class = Answer
    query_class = AnswerQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "category": "category",
        "ended_since": "ended_on__gte",
    }
    related = ("account",)
