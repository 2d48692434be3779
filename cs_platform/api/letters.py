"""Mails of playbooks over HTTP: what was written and what became of it, and the addresses that want none (REQUIREMENTS 1K)."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import models, opt_outs
from accounts.enums import OptOutHow
from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import ListQuery, NoQuery, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, refusals
from cs_platform.api.serializers import shown
from cs_platform.api.writing import object_of
from journey.enums import LetterState
from journey.models import Letter


class MailSerializer(serializers.Serializer):
    """A mail of a playbook, as it was written for one person. People change and cancel it on its page."""

    id = shown(serializers.UUIDField)
    account = shown(serializers.CharField, "account.external_id")
    account_id = shown(serializers.UUIDField)
    play_id = shown(serializers.UUIDField)
    step = shown(serializers.CharField)
    contact = shown(serializers.CharField, "contact.external_id", help_text="External id; null when nobody was found.")
    address = shown(serializers.CharField)
    sender_email = shown(serializers.EmailField, "sender.user.email", help_text="Null: in the name of the company.")
    language = shown(serializers.CharField)
    subject = shown(serializers.CharField)
    body = shown(serializers.CharField)
    goes_at = shown(serializers.DateTimeField, help_text="Until then it waits.")
    state = shown(serializers.ChoiceField, choices=LetterState.choices)
    reason = shown(
        serializers.CharField,
        help_text="Why it did not go: a word such as `opted_out` or `missing:renewal`, or what the mail server said.",
    )
    sent_at = shown(serializers.DateTimeField)
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField)


class MailQuery(ListQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    state = serializers.ChoiceField(LetterState.choices, required=False)
    sent_since = serializers.DateTimeField(required=False, help_text="Sent at this moment or later.")


class Mails(Resource):
    """Mails of playbooks, in the order in which they were written. Playbooks write them."""

    model = Letter
    serializer_class = MailSerializer
    query_class = MailQuery
    lookups: ClassVar = {"account": "account__external_id", "state": "state", "sent_since": "sent_at__gte"}
    related = ("account", "contact", "sender__user")
    order = ("id",)


class MailOptOut(serializers.Serializer):
    """An address that wants no mail of a playbook, whatever account its person belongs to."""

    id = shown(serializers.UUIDField)
    address = serializers.EmailField(max_length=254, help_text="Kept in lower case.")
    note = serializers.CharField(max_length=opt_outs.NOTE, required=False, allow_blank=True)
    how = shown(serializers.ChoiceField, choices=OptOutHow.choices, help_text="Who said so.")
    created_at = shown(serializers.DateTimeField, "at")


class OptOutQuery(ListQuery):
    address = serializers.EmailField(required=False)

    def validate_address(self, value: str) -> str:
        return value.lower()


class TakeBackQuery(NoQuery):
    reason = serializers.CharField(max_length=opt_outs.NOTE, help_text="Who asked for it; it stays in the audit log.")


class MailOptOuts(Resource):
    """Addresses that want no mail, in the order in which they were noted."""

    model = models.MailOptOut
    serializer_class = MailOptOut
    query_class = OptOutQuery
    lookups: ClassVar = {"address": "address"}
    order = ("id",)

    @extend_schema(
        request=MailOptOut,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: MailOptOut, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Note an address; one that is known already is given again as it is."""
        read_query(request, NoQuery)
        reader = MailOptOut(data=object_of(request.data, ("address", "note")))
        reader.is_valid(raise_exception=True)
        row = opt_outs.stop_mail(how=OptOutHow.MEMBER, by=None, **reader.validated_data)
        return self.created(row.id)

    @extend_schema(
        parameters=[TakeBackQuery, *ANSWER_HEADERS],
        responses={204: None, **refusals(401, 403, 404, 422, 429, 503)},
    )
    def destroy(self, request: Request, ref: str) -> Response:
        """Mail may go there again."""
        query = read_query(request, TakeBackQuery)
        opt_outs.take_back(opt_out=self.find(ref), reason=query["reason"], by=None)
        return Response(status=204)
