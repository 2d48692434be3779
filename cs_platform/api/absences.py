"""Absences over HTTP: what a calendar or a personnel system knows of who is away, and who stands in (ROL-02)."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import absences, models
from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import ListQuery, NoQuery, plausible, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import shown
from cs_platform.api.writing import member_of, read_body, refuse_stale


class Absence(serializers.Serializer):
    """Days on which a member is away, both included. Meanwhile the cover sees their accounts and works their tasks."""

    id = shown(serializers.UUIDField)
    member_email = shown(serializers.EmailField, source="member.user.email")
    cover_email = shown(serializers.EmailField, source="cover.user.email", help_text="Null: nobody stands in.")
    first_on = shown(serializers.DateField)
    last_on = shown(serializers.DateField)
    note = shown(serializers.CharField)
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField)


class NewAbsence(serializers.Serializer):
    """An absence that is not over yet; the days of one member never overlap."""

    member_email = serializers.EmailField(help_text="E-mail of the member who is away.")
    cover_email = serializers.EmailField(
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="E-mail of an active member who may change accounts.",
    )
    first_on = serializers.DateField(validators=[plausible])
    last_on = serializers.DateField(validators=[plausible])
    note = serializers.CharField(max_length=absences.NOTE, required=False, allow_blank=True)


class AbsenceQuery(ListQuery):
    member = serializers.EmailField(required=False, help_text="E-mail of who is away.")
    cover = serializers.EmailField(required=False, help_text="E-mail of who stands in.")
    since = serializers.DateField(required=False, help_text="Those that last until this day or longer.")
    until = serializers.DateField(required=False, help_text="Those that begin on this day or before.")


class Absences(Resource):
    """Absences, in the order in which they were noted."""

    model = models.Absence
    serializer_class = Absence
    query_class = AbsenceQuery
    lookups: ClassVar = {
        "member": "member__user__email",
        "cover": "cover__user__email",
        "since": "last_on__gte",
        "until": "first_on__lte",
    }
    related = ("member__user", "cover__user")
    order = ("created_at", "id")

    @extend_schema(
        request=NewAbsence,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: Absence, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Note an absence."""
        read_query(request, NoQuery)
        values = read_body(NewAbsence, request.data)
        member = member_of("member_email", values.pop("member_email"))
        cover = values.pop("cover_email", None)
        cover = member_of("cover_email", cover) if cover else None
        row = absences.note_absence(member=member, cover=cover, **values, by=None)
        return self.created(row.id)

    @extend_schema(
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={204: None, **refusals(401, 403, 404, 409, 422, 429, 503)},
    )
    def destroy(self, request: Request, ref: str) -> Response:
        """They are back: one that runs ends with yesterday, one that has not begun goes. 422 for one that is over."""
        read_query(request, NoQuery)
        row = self.find(ref)
        refuse_stale(self, row, None)
        absences.end_absence(absence=row, version=None, by=None)
        return Response(status=204)
