"""The issue log over HTTP: read with the customers behind each issue, written by its external id (ACC-14, API-01)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account, Contact
from accounts.selectors import standing_accounts
from cs_platform.api.errors import Exists
from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import NoQuery, SyncedQuery, plausible, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import shown
from cs_platform.api.writing import Versioned, member_of, object_of, refuse_stale
from cs_platform.kernel.errors import DomainError
from journey import models
from journey.enums import Function, IssueKind, IssueState, Weight
from journey.issues import services
from journey.issues.whole import write_accounts

MOST = 1000  # customers of an issue in one request
_EMPTY: Mapping[str, Any] = {
    "description": "", "kind": IssueKind.GAP, "function": Function.PRODUCT, "state": IssueState.NEW, "owner_email": "",
    "link": "", "reference": "", "promised_on": None, "answer": "", "accounts": [],
}  # fmt: skip


class IssueCustomer(serializers.Serializer):
    """A customer who has the issue: what it means to them, who said so, in which words, and when they were told its end."""

    account = serializers.CharField(source="account.external_id", help_text="External id of an account.")
    account_id = shown(serializers.UUIDField)
    weight = serializers.ChoiceField(Weight.choices, required=False)
    contact = serializers.CharField(
        source="contact.external_id", required=False, allow_null=True, allow_blank=True,
        help_text="External id of a contact of the account.",
    )  # fmt: skip
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    since = serializers.DateField(required=False, validators=[plausible])
    told_on = serializers.DateField(required=False, allow_null=True, validators=[plausible])


class Issue(serializers.Serializer):
    """What customers miss: who has to answer it, how it is answered, and which customers have it."""

    id = shown(serializers.UUIDField)
    external_id = shown(serializers.CharField)
    title = shown(serializers.CharField)
    description = shown(serializers.CharField)
    kind = shown(serializers.ChoiceField, choices=IssueKind.choices)
    function = shown(serializers.ChoiceField, choices=Function.choices, help_text="The team that it is passed on to.")
    state = shown(serializers.ChoiceField, choices=IssueState.choices)
    owner_email = shown(serializers.EmailField, source="owner.user.email", help_text="Who follows it.")
    link = shown(serializers.CharField, help_text="Where the other team works on it.")
    reference = shown(serializers.CharField, help_text="Its number with the other team.")
    promised_on = shown(serializers.DateField)
    answer = shown(serializers.CharField)
    merged_into = shown(
        serializers.CharField, source="merged_into.external_id", help_text="It says the same as this one."
    )
    reported_on = shown(serializers.DateField)
    ended_on = shown(serializers.DateField)
    accounts = IssueCustomer(many=True, read_only=True)
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField, source="recorded_at")
    updated_at = shown(serializers.DateTimeField)


class IssueBody(serializers.Serializer):
    """What is written of an issue. `accounts` is the whole list: who is left out has the issue no more."""

    title = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    kind = serializers.ChoiceField(IssueKind.choices, required=False)
    function = serializers.ChoiceField(Function.choices, required=False)
    state = serializers.ChoiceField(
        IssueState.choices, required=False, help_text="`shipped` and `declined` make a task for each customer's owner."
    )
    owner_email = serializers.EmailField(required=False, allow_null=True, allow_blank=True, help_text="A member.")
    link = serializers.CharField(max_length=500, required=False, allow_blank=True)
    reference = serializers.CharField(max_length=120, required=False, allow_blank=True)
    promised_on = serializers.DateField(required=False, allow_null=True, validators=[plausible])
    answer = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    reported_on = serializers.DateField(required=False, validators=[plausible])
    accounts = serializers.ListField(
        child=serializers.DictField(), required=False, max_length=MOST, help_text="As they are read."
    )


class IssueChange(Versioned, IssueBody):
    """Fields that are not sent stay."""


class IssuePut(IssueChange):
    """A whole issue: fields that are not sent become empty."""

    title = serializers.CharField(max_length=200)
    external_id = serializers.CharField(max_length=200, required=False)


class NewIssue(IssueBody):
    """An issue with the customers who have it."""

    external_id = serializers.CharField(max_length=200)
    title = serializers.CharField(max_length=200)


class IssueQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account that has it.")
    function = serializers.ChoiceField(Function.choices, required=False)
    kind = serializers.ChoiceField(IssueKind.choices, required=False)
    state = serializers.ChoiceField(IssueState.choices, required=False)


class Issues(Resource):
    """Issues, in the order of their last change, each with its customers."""

    model = models.Issue
    serializer_class = Issue
    query_class = IssueQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "accounts__account__external_id",
        "function": "function",
        "kind": "kind",
        "state": "state",
    }
    related = ("owner__user", "merged_into", "accounts__account", "accounts__contact")

    @extend_schema(
        request=NewIssue,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: Issue, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Write an issue into the log; 409 when its external id is taken."""
        read_query(request, NoQuery)
        values = _read(NewIssue, request.data)
        if models.Issue.objects.filter(external_id=values["external_id"]).exists():
            raise Exists(_("There is a row with this key."), fields={"external_id": _("It is taken.")})
        return self._made(request, values)

    @extend_schema(
        request=IssuePut,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: Issue, 201: Issue, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def update(self, request: Request, ref: str) -> Response:
        """Replace an issue: fields that are not sent become empty. With `ext:` and a new external id it is created."""
        read_query(request, NoQuery)
        values = _read(IssuePut, request.data)
        named = ref.removeprefix("ext:") if ref.startswith("ext:") else None
        try:
            row = self.find(ref, lock=True)
        except Http404:
            if named is None:
                raise
            if values.get("external_id", named) != named:
                raise _immutable() from None
            return self._made(request, values | {"external_id": named})
        if values.pop("external_id", row.external_id) != row.external_id:
            raise _immutable()
        return self._change(row, {**_EMPTY, **values})

    @extend_schema(
        request=IssueChange,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: Issue, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Change an issue, how it is answered, and which customers have it."""
        read_query(request, NoQuery)
        values = _read(IssueChange, request.data)
        return self._change(self.find(ref, lock=True), values)

    def _made(self, request: Request, values: dict[str, Any]) -> Response:
        own = {name: values[name] for name in services.FIELDS if name in values}
        row = services.report_issue(external_id=values["external_id"], by=None, **own, **_owner(values))
        self._write(
            row, {name: values[name] for name in ("accounts", "state", "answer", "promised_on") if name in values}
        )
        response = self.represent(self.rows().get(id=row.id), status=201)
        response["Location"] = f"/api/v1/issues/{row.id}"
        return response

    def _change(self, row: Any, values: dict[str, Any]) -> Response:
        refuse_stale(self, row, values.get("version"))
        own = {name: values[name] for name in services.FIELDS if name in values}
        services.change_issue(issue=row, values=own | _owner(values), version=None, by=None)
        self._write(row, values)
        return self.represent(self.rows().get(id=row.id))

    def _write(self, row: models.Issue, values: Mapping[str, Any]) -> None:
        """Customers first: those who are new hear the answer like the others."""
        if "accounts" in values:
            write_accounts(issue=row, items=_items(values["accounts"]), by=None)
        said = {name: values[name] for name in ("answer", "promised_on") if name in values}
        if said or "state" in values:
            services.answer_issue(issue=row, state=values.get("state", row.state), version=None, by=None, **said)


def _read(kind: type[serializers.Serializer], data: Any) -> dict[str, Any]:
    """The fields that were sent, read; what is only shown is passed over, so that an issue may be sent back as it was read."""
    names = set(kind().fields)
    body = object_of(data, (*names, *Issue().fields))
    reader = kind(data={name: value for name, value in body.items() if name in names})
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def _owner(values: Mapping[str, Any]) -> dict[str, Any]:
    """The row of who follows it, if that was sent; ValidationError where there is nobody of that name."""
    if "owner_email" not in values:
        return {}
    email = values["owner_email"]
    return {"owner": member_of("owner_email", email) if email else None}


def _items(given: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The customers as they were sent, read and with the rows of accounts and contacts; ValidationError names the item."""
    read = []
    for place, each in enumerate(given):
        reader = IssueCustomer(data=each)
        where = f"accounts[{place}]"
        if unknown := sorted(set(each) - set(reader.fields)):
            raise ValidationError({f"{where}.{unknown[0][:80]}": [_("There is no such field.")]})
        if not reader.is_valid():
            raise ValidationError({f"{where}.{name}": problems for name, problems in reader.errors.items()})
        names = ("weight", "note", "since", "told_on")
        data = reader.validated_data
        contact = data.get("contact", {}).get("external_id")
        item = {name: data[name] for name in names if name in data}
        read.append((data["account"]["external_id"], contact, "contact" in each, item))
    standing = standing_accounts(key for key, *_rest in read)
    accounts = Account.objects.in_bulk([one.id for one in standing.values()])
    contacts = Contact.objects.filter(external_id__in=[key for _account, key, *_rest in read if key])
    people = {(row.account_id, row.external_id): row for row in contacts}
    items = []
    for place, (account, contact, said, item) in enumerate(read):
        if account not in standing:
            raise ValidationError({f"accounts[{place}].account": [_("There is no account with this id.")]})
        row = accounts[standing[account].id]
        if contact and (row.id, contact) not in people:
            raise ValidationError({f"accounts[{place}].contact": [_("There is no such person at this account.")]})
        person = {"contact": people.get((row.id, contact)) if contact else None} if said else {}
        items.append({"account": row, **item, **person})
    return items


def _immutable() -> DomainError:
    sentence = _("The external id of a row never changes.")
    return DomainError(sentence, code="invalid", fields={"external_id": sentence})
