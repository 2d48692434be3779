"""Alerts over HTTP: what fired and why, to be listed, answered and closed by a program (TRG, HLT-05)."""

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cs_platform.api.queries import SyncedQuery, plausible
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IF_MATCH, refusals
from cs_platform.api.serializers import shown
from cs_platform.api.writing import Versioned, asked
from health import models
from health.alerts import cells, services
from health.alerts.rules import RULES
from health.enums import AlertLevel, AlertState


class AlertQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    rule = serializers.ChoiceField([(key, str(rule.requirement)) for key, rule in RULES.items()], required=False)
    level = serializers.ChoiceField(AlertLevel.choices, required=False)
    state = serializers.ChoiceField(AlertState.choices, required=False)


class Alert(serializers.Serializer):
    """Something that happened to an account, once for each cause, with what was measured and the threshold."""

    id = shown(serializers.UUIDField)
    account = shown(serializers.CharField, source="account.external_id", help_text="External id; null for the company.")
    account_id = shown(serializers.UUIDField)
    rule = shown(serializers.CharField)
    requirement = serializers.SerializerMethodField(help_text="Name of the trigger in the catalogue.")
    cause = shown(serializers.CharField, help_text="What it is about within its rule; empty for the account itself.")
    level = shown(serializers.ChoiceField, choices=AlertLevel.choices)
    state = shown(serializers.ChoiceField, choices=AlertState.choices)
    reason = serializers.SerializerMethodField(help_text="In words.")
    inputs = shown(serializers.DictField, help_text="What was measured, before and now.")
    thresholds = shown(serializers.DictField, help_text="The rule's thresholds at that moment.")
    as_of = shown(serializers.DateField)
    opened_at = shown(serializers.DateTimeField)
    ended_at = shown(serializers.DateTimeField)
    answer = shown(serializers.CharField, help_text="What will be done.")
    answered_at = shown(serializers.DateTimeField)
    due_on = shown(serializers.DateField, help_text="Until when.")
    version = shown(serializers.IntegerField)
    updated_at = shown(serializers.DateTimeField)

    @extend_schema_field(serializers.CharField)
    def get_requirement(self, row: models.Alert) -> str:
        return RULES[row.rule].requirement if row.rule in RULES else ""

    @extend_schema_field(serializers.CharField)
    def get_reason(self, row: models.Alert) -> str:
        return cells.sentence(row)


class AlertChange(Versioned):
    """An answer, or the end of an alert. Fields that are not sent stay."""

    answer = serializers.CharField(max_length=1000, required=False, help_text="What will be done.")
    due_on = serializers.DateField(
        required=False, allow_null=True, validators=[plausible], help_text="Until when; only with an answer."
    )
    state = serializers.ChoiceField(
        [(state, AlertState(state).label) for state in (AlertState.OPEN, AlertState.CLOSED)], required=False
    )


class Alerts(Resource):
    """Alerts, in the order of their last change. Nights and new signals open and end them; a program answers or closes
    them."""

    model = models.Alert
    serializer_class = Alert
    query_class = AlertQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "rule": "rule",
        "level": "level",
        "state": "state",
    }
    related = ("account",)

    @extend_schema(
        request=AlertChange,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: Alert, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Answer an alert, close it, or open a closed one again."""
        row, values = asked(self, request, ref, AlertChange)
        if "due_on" in values and "answer" not in values:
            raise ValidationError({"due_on": [_("Send it with an answer.")]})
        if values.get("state") == AlertState.OPEN:
            row = services.reopen_alert(alert=row, version=None, by=None)
        if "answer" in values:
            row = services.answer_alert(
                alert=row, answer=values["answer"], due_on=values.get("due_on", row.due_on), version=None, by=None
            )
        if values.get("state") == AlertState.CLOSED:
            row = services.close_alert(alert=row, version=None, by=None)
        return self.represent(self.rows().get(id=row.id))
