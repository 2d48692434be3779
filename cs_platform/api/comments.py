"""What is said of a task, over HTTP (ACC-15): read, and said by a program."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import ListQuery, NoQuery, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, refusals
from cs_platform.api.serializers import shown
from cs_platform.api.tasks import Tasks
from cs_platform.api.writing import read_body
from journey import models
from journey.work import comments


class TaskComment(serializers.Serializer):
    """A comment on a task. It never changes."""

    id = shown(serializers.UUIDField)
    author_email = shown(serializers.EmailField, "author.user.email", help_text="Null for a program.")
    text = serializers.CharField(
        max_length=comments.LONGEST,
        help_text="Who is named in it by name or e-mail after an @ is told, and who does the task.",
    )
    created_at = shown(serializers.DateTimeField, "at")


class CommentQuery(ListQuery):
    created_since = serializers.DateTimeField(required=False, help_text="Said at this moment or later.")


class TaskComments(Resource):
    """Comments on a task, the oldest first."""

    model = models.TaskComment
    serializer_class = TaskComment
    query_class = CommentQuery
    lookups: ClassVar = {"created_since": "at__gte"}
    related = ("author__user",)
    order = ("at", "id")

    def rows(self) -> QuerySet:
        return super().rows().filter(task=self._task())

    def _task(self) -> Any:
        """The task of the URL; 404 for one of another tenant and for none alike."""
        return Tasks().find(self.kwargs["ref"])

    def list(self, request: Request, ref: str = "") -> Response:
        return super().list(request)

    @extend_schema(
        request=TaskComment,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: TaskComment, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request, ref: str) -> Response:
        """Say something of a task. 422 on `text` when somebody is named who does not see its account."""
        read_query(request, NoQuery)
        task = self._task()
        values = read_body(TaskComment, request.data)
        return self.represent(comments.comment(task=task, text=values["text"], by=None), status=201)
