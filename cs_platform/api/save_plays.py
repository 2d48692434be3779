"""Save plays over REST (REN-09, HLT-13, API-01): opened by a program too, and ended by what becomes of the customer."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import ListQuery, NoQuery, read_query
from cs_platform.api.renewals import Reported
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import shown
from cs_platform.api.writing import Versioned, account_of, asked, read_body
from renewals import models, services
from renewals.enums import SaveCause, SaveState


class SavePlay(serializers.Serializer):
    """An attempt to keep a customer, and what came of it. It ends by what becomes of the customer, never by hand."""

    id = shown(serializers.UUIDField)
    account = shown(serializers.CharField, "account.external_id", help_text="External id of an account.")
    account_id = shown(serializers.UUIDField)
    renewal_id = shown(serializers.UUIDField)
    play_id = shown(serializers.UUIDField)
    cause = shown(serializers.ChoiceField, choices=SaveCause.choices)
    opened_on = shown(serializers.DateField)
    lead_days = shown(serializers.IntegerField, help_text="Days from opening to the renewal; null without one.")
    arr = Reported("mrr_minor", read_only=True, help_text="At risk, a year in the company's currency.")
    approach = shown(serializers.CharField, help_text="How it is to be saved.")
    state = shown(serializers.ChoiceField, choices=SaveState.choices)
    decided_on = shown(serializers.DateField)
    opened_by = shown(serializers.EmailField, "opened_by.user.email", help_text="Null for the night and for programs.")
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class SavePlayQuery(ListQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    state = serializers.ChoiceField(SaveState.choices, required=False)
    opened_since = serializers.DateField(required=False, help_text="Opened on or after this day.")
    decided_since = serializers.DateField(required=False, help_text="Decided on or after this day.")


class NewSavePlay(serializers.Serializer):
    """An attempt that begins today; one runs for an account."""

    account = serializers.CharField(help_text="External id of an account.")
    approach = serializers.CharField(required=False, allow_blank=True, help_text="How it is to be saved.")


class SavePlayChange(Versioned):
    """How it is to be saved; or that it was opened by mistake and counts nowhere."""

    approach = serializers.CharField(required=False, allow_blank=True)
    state = serializers.ChoiceField([(SaveState.WITHDRAWN, SaveState.WITHDRAWN.label)], required=False)


class SavePlays(Resource):
    """Save plays, in the order in which they were opened."""

    model = models.SavePlay
    serializer_class = SavePlay
    query_class = SavePlayQuery
    lookups: ClassVar = {
        "account": "account__external_id",
        "state": "state",
        "opened_since": "opened_on__gte",
        "decided_since": "decided_on__gte",
    }
    related = ("account", "opened_by__user")
    order = ("id",)

    @extend_schema(
        request=NewSavePlay,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: SavePlay, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Begin to save a customer; where one runs already, that is the one."""
        read_query(request, NoQuery)
        values = read_body(NewSavePlay, request.data)
        account = account_of(values["account"])
        return self.created(services.open_save(account=account, by=None, approach=values.get("approach", "")).id)

    @extend_schema(
        request=SavePlayChange,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: SavePlay, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Say how it is to be saved, or withdraw it. Twice changes nothing."""
        row, values = asked(self, request, ref, SavePlayChange)
        if "approach" in values:
            row = services.change_save(save=row, approach=values["approach"], version=None, by=None)
        if "state" in values:
            services.end_save(save=row, version=None, by=None)
        return self.represent(self.rows().get(id=row.id))
