"""Handoffs over HTTP: read, offered, ticked, answered and withdrawn by a program (ROL-02, API-01)."""

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import NoQuery, SyncedQuery, plausible, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import shown
from cs_platform.api.writing import Versioned, account_of, asked, member_of, read_body
from journey import models
from journey.enums import HandoffKind, HandoffState
from journey.handoffs import checklist, services
from journey.handoffs.checklist import NOTE

_MEMBER = "E-mail of a member."


class Check(serializers.Serializer):
    """What is to be known before the customer passes on; a check of the product has a `key`."""

    key = serializers.CharField(read_only=True)
    text = serializers.CharField(read_only=True)
    required = serializers.BooleanField(read_only=True)  # type: ignore[assignment]  # a field's own option has this name
    done = serializers.BooleanField()
    note = serializers.CharField(read_only=True, default="")


class Moved(serializers.Serializer):
    """What passed along with the customer when the handoff was accepted."""

    tasks = shown(serializers.IntegerField, source="moved_tasks", help_text="Open tasks.")
    plans = shown(serializers.IntegerField, source="moved_plans", help_text="Plans that run.")
    milestones = shown(serializers.IntegerField, source="moved_milestones", help_text="Milestones that are not done.")


class Handoff(serializers.Serializer):
    """A customer that is passed on. The taker looks after them only when it is accepted."""

    id = shown(serializers.UUIDField)
    account = shown(serializers.CharField, source="account.external_id", help_text="External id.")
    account_id = shown(serializers.UUIDField)
    kind = shown(serializers.ChoiceField, choices=HandoffKind.choices)
    giver_email = shown(serializers.EmailField, source="giver.user.email")
    giver_name = shown(serializers.CharField, source="from_whom", help_text="Also of who gives without a login here.")
    taker_email = shown(serializers.EmailField, source="taker.user.email")
    reason = shown(serializers.CharField)
    note = shown(serializers.CharField)
    checklist = Check(many=True, read_only=True)
    due_on = shown(serializers.DateField, help_text="Until when an answer is asked for.")
    state = shown(serializers.ChoiceField, choices=HandoffState.choices)
    answer = shown(serializers.CharField)
    answered_by = shown(serializers.EmailField, source="answered_by.user.email", help_text="Null for a program.")
    on_behalf_of = serializers.SerializerMethodField(
        help_text="E-mail of the taker, where somebody else answered for them: who covers them, or who leads."
    )
    answered_at = shown(serializers.DateTimeField)
    moved = Moved(source="*", read_only=True)
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField)
    updated_at = shown(serializers.DateTimeField)

    @extend_schema_field(serializers.EmailField(allow_null=True))
    def get_on_behalf_of(self, row: models.Handoff) -> str | None:
        return row.taker.user.email if row.taker and row.by_another else None


class NewHandoff(serializers.Serializer):
    """A customer that is offered to somebody; the checks of its kind come by themselves."""

    account = serializers.CharField(help_text="External id of an account.")
    kind = serializers.ChoiceField(HandoffKind.choices)
    taker_email = serializers.EmailField(help_text=_MEMBER)
    giver_email = serializers.EmailField(
        required=False,
        allow_null=True,
        help_text="E-mail of a member; when neither it nor `giver_name` is sent, who looks after the account (CSM to …).",
    )
    giver_name = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="Who gives without a login here."
    )
    reason = serializers.CharField(max_length=500)
    note = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    due_on = serializers.DateField(
        required=False, validators=[plausible], help_text="From today on; when not sent, three days from now."
    )
    checks = serializers.ListField(
        child=serializers.CharField(max_length=checklist.LONGEST),
        required=False,
        max_length=checklist.MOST,
        help_text="Further checks, all required.",
    )


class HandoffChange(Versioned):
    """Ticks with their notes, and the answer. Fields that are not sent stay."""

    checklist = serializers.ListField(
        child=serializers.BooleanField(),
        required=False,
        help_text="Whether each check is done, in the order of the list.",
    )
    notes = serializers.ListField(
        child=serializers.CharField(max_length=NOTE, allow_blank=True, allow_null=True),
        required=False,
        help_text="What is to be said of each check, in the order of the list; null leaves a note as it is.",
    )
    state = serializers.ChoiceField(
        [(state, HandoffState(state).label) for state in HandoffState if state != HandoffState.OPEN], required=False
    )
    answer = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="Needed to decline, and to accept while a required check is open; only with `state`.",
    )


class HandoffQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    kind = serializers.ChoiceField(HandoffKind.choices, required=False)
    state = serializers.ChoiceField(HandoffState.choices, required=False)
    taker = serializers.EmailField(required=False, help_text=_MEMBER)
    due_until = serializers.DateField(required=False, help_text="An answer is asked for on or before this day.")


class Handoffs(Resource):
    """Handoffs, in the order of their last change."""

    model = models.Handoff
    serializer_class = Handoff
    query_class = HandoffQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "kind": "kind",
        "state": "state",
        "taker": "taker__user__email",
        "due_until": "due_on__lte",
    }
    related = ("account", "giver__user", "taker__user", "answered_by__user")

    @extend_schema(
        request=NewHandoff,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: Handoff, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Offer a customer to somebody; 409 when one of this kind waits for the account already."""
        read_query(request, NoQuery)
        values = read_body(NewHandoff, request.data)
        row = services.offer_handoff(
            account=account_of(values.pop("account")),
            taker=member_of("taker_email", values["taker_email"]),
            giver=member_of("giver_email", values["giver_email"]) if values.get("giver_email") else None,
            added=values.pop("checks", ()),
            by=None,
            **{name: value for name, value in values.items() if not name.endswith("_email")},
        )
        return self.created(row.id)

    @extend_schema(
        request=HandoffChange,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: Handoff, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Tick checks and note them; accept, decline or withdraw. A program speaks for the taker."""
        row, values = asked(self, request, ref, HandoffChange)
        if "answer" in values and "state" not in values:
            raise ValidationError({"answer": [_("Send it with a state.")]})
        given = {name: values[name] for name in ("checklist", "notes") if name in values}
        for name, of_each in given.items():
            if len(of_each) != len(row.checklist):
                raise ValidationError({name: [_("Send one value for each check.")]})
        nothing = [None] * len(row.checklist)
        each = zip(given.get("checklist", nothing), given.get("notes", nothing), strict=True)
        for position, (done, note) in enumerate(each if given else ()):
            known = row.checklist[position]
            if done in (None, known["done"]) and note in (None, known.get("note", "")):
                continue
            row = services.tick(handoff=row, position=position, done=done, note=note, version=None, by=None)
        state, answer = values.get("state"), values.get("answer", "")
        if state == HandoffState.WITHDRAWN:
            services.withdraw_handoff(handoff=row, version=None, by=None, answer=answer)
        elif state:
            services.answer_handoff(handoff=row, state=state, answer=answer, version=None, by=None)
        return self.represent(self.rows().get(id=row.id))
