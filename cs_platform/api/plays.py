"""Plays over HTTP: read with what they made, started, stopped and taken back by a program (REQUIREMENTS 1K, API-01)."""

from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import ListQuery, NoQuery, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import shown
from cs_platform.api.writing import Versioned, account_of, read_body, refuse_stale
from cs_platform.kernel.errors import DomainError
from journey import models
from journey.enums import LetterState, PlayState, TaskState
from journey.playbooks import cells, installing, selectors, services
from journey.playbooks.jobs import SKIPPED


class PlayTask(serializers.Serializer):
    """A task that a step made; `/tasks` has the whole of it and changes it."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    step = serializers.CharField()
    title = serializers.CharField()
    owner_email = shown(serializers.EmailField, "owner.user.email", help_text="Null: it waits in the pool.")
    due_on = serializers.DateField()
    state = serializers.ChoiceField(TaskState.choices)
    done_at = serializers.DateTimeField(allow_null=True)
    result = serializers.CharField()


class PlayMail(serializers.Serializer):
    """A mail that a step wrote; `/mails` has its text."""

    id = serializers.UUIDField()
    step = serializers.CharField()
    contact = shown(serializers.CharField, "contact.external_id", help_text="External id; null when nobody was found.")
    goes_at = serializers.DateTimeField()
    state = serializers.ChoiceField(LetterState.choices)
    reason = serializers.CharField(help_text="Why it did not go.")
    sent_at = serializers.DateTimeField(allow_null=True)


class LeftOutStep(serializers.Serializer):
    """A step that made nothing, since its condition did not hold on its day."""

    step = serializers.CharField()
    day = serializers.DateField()
    why = serializers.ListField(child=serializers.CharField(), help_text="The parts of `if` that did not hold.")


class Play(serializers.Serializer):
    """One run of a playbook for one account: why it began, what it made, and what became of it."""

    id = shown(serializers.UUIDField)
    playbook = shown(serializers.CharField, "playbook.playbook.key", help_text="Key of a playbook.")
    playbook_name = serializers.SerializerMethodField()
    playbook_version = shown(serializers.IntegerField, "playbook.number", help_text="Number of the steps it goes by.")
    account = shown(serializers.CharField, "account.external_id", help_text="External id.")
    account_id = shown(serializers.UUIDField)
    alert_id = shown(serializers.UUIDField, help_text="The alert that it answers.")
    started_by = shown(
        serializers.EmailField,
        "started_by.user.email",
        help_text="Null: the rule of its alert, or a program when it answers none.",
    )
    start_reason = serializers.SerializerMethodField(help_text="What was written when it was started.")
    inputs = serializers.SerializerMethodField(help_text="What the rule had measured.")
    starts_on = shown(serializers.DateField, "as_of", help_text="The day from which its steps count.")
    started_at = shown(serializers.DateTimeField)
    state = shown(serializers.ChoiceField, choices=PlayState.choices)
    ended_at = shown(serializers.DateTimeField)
    ended_by = shown(serializers.EmailField, "ended_by.user.email", help_text="Null for a program and for the night.")
    end_reason = shown(serializers.CharField, "reason")
    left_out = serializers.SerializerMethodField()
    tasks = PlayTask(many=True, read_only=True)
    mails = PlayMail(many=True, read_only=True, source="letters")
    version = shown(serializers.IntegerField)

    @extend_schema_field(serializers.CharField)
    def get_playbook_name(self, row: models.Play) -> str:
        return cells.name(row.playbook.playbook)

    @extend_schema_field(serializers.CharField)
    def get_start_reason(self, row: models.Play) -> str:
        return selectors.note_of(row)

    @extend_schema_field(serializers.DictField)
    def get_inputs(self, row: models.Play) -> dict[str, Any]:
        own = {SKIPPED, "note"} if selectors.note_of(row) else {SKIPPED}
        return {name: value for name, value in row.inputs.items() if name not in own}

    @extend_schema_field(LeftOutStep(many=True))
    def get_left_out(self, row: models.Play) -> list[dict[str, Any]]:
        found = [{"step": key, **said} for key, said in row.inputs.get(SKIPPED, {}).items()]
        return sorted(found, key=lambda each: (each["day"], each["step"]))


class NewPlay(serializers.Serializer):
    """A playbook that begins at an account today. Switch, cap and days of quiet are for what rules start."""

    playbook = serializers.CharField(help_text="Key of a playbook with published steps.")
    account = serializers.CharField(help_text="External id of an account.")
    reason = serializers.CharField(max_length=services.NOTE, help_text="Why it begins; its tasks say it.")


class PlayChange(Versioned):
    """The end of a play that runs: stopped, it counts as one that was; undone, it should not have begun."""

    state = serializers.ChoiceField(
        [(state, PlayState(state).label) for state in (PlayState.STOPPED, PlayState.UNDONE)]
    )
    reason = serializers.CharField(
        max_length=services.REASON, required=False, allow_blank=True, help_text="Needed to stop one."
    )


class PlayQuery(ListQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    playbook = serializers.CharField(required=False, help_text="Key of a playbook.")
    state = serializers.ChoiceField(PlayState.choices, required=False)
    started_since = serializers.DateTimeField(required=False, help_text="Begun at this moment or later.")
    ended_since = serializers.DateTimeField(required=False, help_text="Over since this moment or later.")


class Plays(Resource):
    """Plays, in the order in which they began."""

    model = models.Play
    serializer_class = Play
    query_class = PlayQuery
    lookups: ClassVar = {
        "account": "account__external_id",
        "playbook": "playbook__playbook__key",
        "state": "state",
        "started_since": "started_at__gte",
        "ended_since": "ended_at__gte",
    }
    related = ("playbook__playbook", "account", "started_by__user", "ended_by__user", "tasks__owner__user")
    order = ("id",)

    def rows(self) -> QuerySet:
        letters = models.Letter.objects.order_by("goes_at", "id").prefetch_related("contact")
        return super().rows().prefetch_related(Prefetch("letters", letters))

    @extend_schema(
        request=NewPlay,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: Play, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Begin a play, with the tasks of its first day; 409 when one of this playbook runs at the account."""
        read_query(request, NoQuery)
        values = read_body(NewPlay, request.data)
        installing.install()
        account = account_of(values["account"])
        playbook = models.Playbook.objects.filter(key=values["playbook"]).first()
        if playbook is None:
            raise ValidationError({"playbook": [_("There is no playbook with this key.")]})
        row = services.start_play(playbook=playbook, account=account, note=values["reason"], by=None)
        return self.created(row.id)

    @extend_schema(
        request=PlayChange,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: Play, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Stop a play or take it back: its open tasks and waiting mails are cancelled. Twice changes nothing."""
        read_query(request, NoQuery)
        values = read_body(PlayChange, request.data)
        # Not locked here: who finishes a task locks that before its play, and so does the end of a play.
        row = self.find(ref)
        refuse_stale(self, row, values.get("version"))
        end = services.stop_play if values["state"] == PlayState.STOPPED else services.undo_play
        row = end(play=row, reason=values.get("reason", ""), version=row.version, by=None)
        if row.state != values["state"]:
            raise DomainError(_("This play is over."), code="over")
        return self.represent(self.rows().get(id=row.id))
