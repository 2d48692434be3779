"""Playbooks over HTTP: what starts each, what holds it back, and its published steps (REQUIREMENTS 1K). People write them."""

from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cs_platform.api.queries import SyncedQuery
from cs_platform.api.resources import Resource
from cs_platform.api.serializers import shown
from health.enums import VersionState
from journey import models
from journey.enums import Doer, WorkType
from journey.playbooks import cells, installing


class StepMail(serializers.Serializer):
    """A mail as a step says it, its texts by language; `{{ contact }}` and the like stand for facts."""

    to = serializers.CharField(help_text="Role of the contact that it is for.")
    fallback = serializers.BooleanField(help_text="Whether others get it where nobody has the role.")
    subject = serializers.DictField(child=serializers.CharField())
    body = serializers.DictField(child=serializers.CharField())


class PlaybookStep(serializers.Serializer):
    """A task or a mail, so many days after the play began."""

    key = serializers.CharField()
    days = serializers.IntegerField(help_text="After the day on which the play began.")
    title = shown(
        serializers.DictField, child=serializers.CharField(), help_text="By language, as the note; null of a mail."
    )
    note = shown(serializers.DictField, child=serializers.CharField())
    doer = shown(serializers.ChoiceField, choices=Doer.choices, help_text="Whom the task falls to.")
    work = shown(serializers.ChoiceField, choices=WorkType.choices)
    urgent = shown(serializers.BooleanField)
    mail = StepMail(read_only=True, allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        # `if` is a word of Python and cannot be an attribute.
        asked = shown(
            serializers.DictField, help_text="The step is left out on a day on which one of these does not hold."
        )
        return {**super().get_fields(), "if": asked}


class PublishedSteps(serializers.Serializer):
    """The version by which plays begin. It never changes: another one takes its place."""

    number = serializers.IntegerField()
    published_at = serializers.DateTimeField()
    author_email = shown(serializers.EmailField, "author.user.email", help_text="Null: it comes with Setia.")
    reason = serializers.CharField()
    steps = PlaybookStep(many=True)


class Playbook(serializers.Serializer):
    """Steps that follow a cause: started by hand, by a program, or by an alert rule."""

    id = shown(serializers.UUIDField)
    key = shown(serializers.CharField)
    name = serializers.SerializerMethodField()
    rule = shown(serializers.CharField, help_text="The alert rule that starts it; empty: only people and programs do.")
    segment = shown(serializers.CharField, "segment.name", help_text="A rule starts it for this segment only.")
    enabled = shown(serializers.BooleanField, help_text="Whether its rule starts it.")
    cap = shown(serializers.IntegerField, help_text="Plays that its rule starts in one run, at most.")
    cooldown_days = shown(serializers.IntegerField, help_text="Days of quiet at an account after one began.")
    published = serializers.SerializerMethodField(help_text="Null: it has only a draft and cannot be started.")
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField)
    updated_at = shown(serializers.DateTimeField)

    @extend_schema_field(serializers.CharField)
    def get_name(self, row: models.Playbook) -> str:
        return cells.name(row)

    @extend_schema_field(PublishedSteps(allow_null=True))
    def get_published(self, row: Any) -> dict[str, Any] | None:
        return PublishedSteps(row.live[0]).data if row.live else None


class PlaybookQuery(SyncedQuery):
    key = serializers.CharField(required=False)
    rule = serializers.CharField(required=False, help_text="Key of an alert rule.")
    enabled = serializers.BooleanField(required=False, help_text="Those that are on only, or those that are off only.")


class Playbooks(Resource):
    """Playbooks, in the order of their last change."""

    model = models.Playbook
    serializer_class = Playbook
    query_class = PlaybookQuery
    lookups: ClassVar = {"updated_since": "updated_at__gte", "key": "key", "rule": "rule", "enabled": "enabled"}

    def rows(self) -> QuerySet:
        # A company has the playbooks of the product from its first look at them, here as on their page.
        installing.install()
        live = models.PlaybookVersion.objects.filter(state=VersionState.PUBLISHED).prefetch_related("author__user")
        return models.Playbook.objects.prefetch_related("segment", Prefetch("versions", live, to_attr="live"))
