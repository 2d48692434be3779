"""Proposals to go back over HTTP: what happened at a customer, and whether their journey goes back by it (JRN-24, API-01)."""

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cs_platform.api.queries import ListQuery, NoQuery, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IF_MATCH, refusals
from cs_platform.api.serializers import shown
from cs_platform.api.writing import Versioned, read_body, refuse_stale
from journey.enums import Answer, Cause, Stage
from journey.models import Regression
from journey.stages.services import decide


class Proposal(serializers.Serializer):
    """A track that should go back from a stage, with the fact behind it. Nights propose; nothing moves by itself."""

    id = shown(serializers.UUIDField)
    account = shown(serializers.CharField, "track.account.external_id", help_text="External id.")
    account_id = shown(serializers.UUIDField, "track.account_id")
    track = shown(serializers.CharField, "track.external_id", help_text="External id.")
    period = shown(serializers.CharField, "period.external_id", help_text="External id of the row of `/stages`.")
    stage = shown(serializers.ChoiceField, "period.stage", choices=Stage.choices, help_text="The one that would end.")
    to = shown(serializers.ChoiceField, "stage", choices=Stage.choices, help_text="The one that would begin again.")
    cause = shown(serializers.ChoiceField, choices=Cause.choices)
    inputs = shown(serializers.DictField, help_text="The event with its day and note, or what the alert measured.")
    as_of = shown(serializers.DateField)
    state = shown(serializers.ChoiceField, choices=Answer.choices)
    reason = shown(serializers.CharField, "note", help_text="Why it was answered so.")
    decided_by = shown(serializers.EmailField, "decided_by.user.email", help_text="Null for a program.")
    decided_at = shown(serializers.DateTimeField)
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField, "opened_at")


class ProposalChange(Versioned):
    """The answer. Accepted: the stage ends today as regressed and the earlier one begins again; declined: it stays."""

    state = serializers.ChoiceField([(state, Answer(state).label) for state in (Answer.ACCEPTED, Answer.DECLINED)])
    reason = serializers.CharField(max_length=500)
    to = serializers.ChoiceField(
        Stage.choices, required=False, help_text="Only with `accepted`: another earlier stage than the proposed one."
    )


class ProposalQuery(ListQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    track = serializers.CharField(required=False, help_text="External id of a track.")
    state = serializers.ChoiceField(Answer.choices, required=False)
    cause = serializers.ChoiceField(Cause.choices, required=False)
    created_since = serializers.DateTimeField(required=False, help_text="Proposed at this moment or later.")
    decided_since = serializers.DateTimeField(required=False, help_text="Answered or lapsed at this moment or later.")


class Proposals(Resource):
    """Proposals to go back, in the order in which they were made."""

    model = Regression
    serializer_class = Proposal
    query_class = ProposalQuery
    lookups: ClassVar = {
        "account": "track__account__external_id",
        "track": "track__external_id",
        "state": "state",
        "cause": "cause",
        "created_since": "opened_at__gte",
        "decided_since": "decided_at__gte",
    }
    related = ("track__account", "period", "decided_by__user")
    order = ("id",)

    @extend_schema(
        request=ProposalChange,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: Proposal, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Bring somebody's answer, with its reason. The same answer again changes nothing, another one is 422."""
        read_query(request, NoQuery)
        values = read_body(ProposalChange, request.data)
        accept = values["state"] == Answer.ACCEPTED
        if "to" in values and not accept:
            raise ValidationError({"to": [_("Send it only with this state: %(state)s.") % {"state": Answer.ACCEPTED}]})
        # Not locked here: whoever moves a journey locks its track first.
        row = self.find(ref)
        refuse_stale(self, row, values.get("version"))
        if row.state != values["state"]:
            decide(
                regression=row,
                accept=accept,
                note=values["reason"],
                to=values.get("to", ""),
                version=row.version,
                by=None,
            )
        return self.represent(self.rows().get(id=row.id))
