"""Create, replace, change, and many at once: the writing half of a resource (API-01)."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import IntegerField, Serializer

from accounts.models import Account, Member
from cs_platform.api.errors import Exists, Stale
from cs_platform.api.idempotency import idempotent
from cs_platform.api.intake import Door, Outcome, actor_of, origin_of, take
from cs_platform.api.queries import NoQuery, read_query
from cs_platform.api.resources import Resource
from cs_platform.kernel.errors import DomainError, request_id
from cs_platform.kernel.models import AuditEntry

MAX_ITEMS = 5000
_ETAG = re.compile(r'(?:W/)?"?(\d{1,9})"?')


class BulkWritable(Resource):
    """A resource that takes many rows at once through its `door`."""

    door: ClassVar[Door]
    example: ClassVar[Mapping[str, Any]]
    # Whether rows whose account does not exist yet are kept until it does.
    quarantines: ClassVar[bool] = False

    def bulk(self, request: Request) -> Response:
        """Create or update up to 5,000 rows by their keys; each item is taken or rejected on its own."""
        read_query(request, NoQuery)
        outcomes = self._take(_items(request.data))
        count = Counter(outcome.status for outcome in outcomes)
        if count["created"]:
            # The trail leaves out the rows of a large merge; the request stands for them.
            AuditEntry.objects.create(
                table=self.model._meta.db_table,
                action="insert",
                changes={"rows": [None, count["created"]]},
                actor=actor_of(request),
                request=request_id(),
            )
        body = {
            "received": len(outcomes),
            **{status: count[status] for status in ("created", "updated", "unchanged", "rejected")},
            **({"quarantined": count["quarantined"]} if self.quarantines else {}),
            "results": [
                {
                    "index": outcome.index,
                    "status": outcome.status,
                    "id": outcome.id,
                    "errors": [{"field": p.column, "code": p.code, "message": p.message} for p in outcome.problems],
                }
                for outcome in outcomes
            ],
        }
        return Response(body, status=207 if count["rejected"] else 200)

    def _take(self, items: list[Any]) -> list[Outcome]:
        shown = self.serializer_class().fields
        fields = {name: not field.read_only for name, field in shown.items()}
        return take(self.door, items, fields, origin_of(self.request))

    def locked(self, request: Request, ref: str, body: Mapping[str, Any]) -> Any:
        """The row of `ref`, locked, if the request was made for the version that it has."""
        read_query(request, NoQuery)
        row = self.find(ref, lock=True)
        if "external_id" in body and body["external_id"] != getattr(row, "external_id", None):
            raise _immutable()
        refuse_stale(self, row, body.get("version"))
        return row

    def _one(self, item: dict[str, Any]) -> Outcome:
        """Take one item; 422 with its problems when it is rejected."""
        (outcome,) = self._take([item])
        if outcome.status == "rejected":
            fields = {problem.column: problem.message for problem in outcome.problems}
            raise DomainError(_("Some fields cannot be accepted."), code="invalid", fields=fields)
        return outcome


class Writable(BulkWritable):
    """A resource whose rows are also written one at a time.

    `identity` names the fields that a row is known by. `kept` names those that the door needs of a row that is changed
    and that the request need not say again; it includes the identity.
    """

    identity: ClassVar[tuple[str, ...]] = ("external_id",)
    kept: ClassVar[tuple[str, ...]] = ("external_id",)

    @idempotent
    def create(self, request: Request) -> Response:
        """Create a row; 409 when its key is taken."""
        read_query(request, NoQuery)
        body = object_of(request.data)
        outcome = self._one(body)
        if outcome.status != "created" and not self.came_back(outcome):
            raise Exists(_("There is a row with this key."), fields={self.identity[0]: _("It is taken.")})
        return self.created(outcome.id)

    def came_back(self, outcome: Outcome) -> bool:
        """Whether the row that stood already was a withdrawn one, which a POST makes anew."""
        return False

    def update(self, request: Request, ref: str) -> Response:
        """Replace a row: fields that are not sent become empty. With `ext:` and a new external id it is created."""
        body = object_of(request.data)
        writable = [name for name, field in self.serializer_class().fields.items() if not field.read_only]
        empty = {name: None for name in writable if name not in ("attributes", "version")}
        try:
            row = self.locked(request, ref, body)
        except Http404:
            if not ref.startswith("ext:"):
                raise
            body = {"external_id": ref.removeprefix("ext:")} | body
            if body["external_id"] != ref.removeprefix("ext:"):
                raise _immutable() from None
            outcome = self._one(empty | body)
            return self.represent(self.rows().get(id=outcome.id), status=201 if outcome.status == "created" else 200)
        own = {name: value for name, value in self.kept_of(row).items() if name in self.identity}
        return self.change(row, empty | own | body)

    def partial_update(self, request: Request, ref: str) -> Response:
        """Change the fields that are sent and leave the others."""
        body = object_of(request.data)
        row = self.locked(request, ref, body)
        return self.change(row, self.keep(self.kept_of(row), body) | body)

    def keep(self, cells: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        """What of the row as it stands goes with the change in `body`."""
        return cells

    def change(self, row: Any, item: dict[str, Any]) -> Response:
        outcome = self._one(item)
        if outcome.id != row.id:
            # The start of one of several periods: the door would take it for a further one.
            raise DomainError(
                _("This would be another row. Withdraw this one and create the other."),
                code="other_row",
                fields=dict.fromkeys(self.identity, _("It is part of what the row is known by.")),
            )
        return self.represent(self.rows().get(id=row.id))

    def kept_of(self, row: Any) -> dict[str, Any]:
        serializer = self._serializer()
        serializer.instance = row
        shown = serializer.data
        return {name: shown[name] for name in self.kept}


def _items(data: Any) -> list[Any]:
    """The items of `{"items": [...]}`, or of a bare list."""
    if isinstance(data, Mapping) and set(data) == {"items"}:
        data = data["items"]
    if not isinstance(data, list):
        raise ValidationError({"items": [_("Send an object with a list under the name items.")]})
    if len(data) > MAX_ITEMS:
        raise ValidationError({"items": [_("At most 5,000 items can be sent at once.")]})
    return data


def object_of(data: Any, known: Collection[str] | None = None) -> dict[str, Any]:
    """The body as one object of fields, of the `known` ones if they are told; ValidationError for anything else."""
    if not isinstance(data, Mapping):
        raise ValidationError({"": [_("Send one object of fields.")]})
    if known is not None and (unknown := set(data) - set(known)):
        raise ValidationError({str(name)[:80]: [_("There is no such field.")] for name in sorted(unknown)})
    return dict(data)


def read_body(kind: type[Serializer], data: Any) -> dict[str, Any]:
    """The body as the fields of `kind`, read. ValidationError names those that are wrong, missing or not known."""
    reader = kind(data=object_of(data, tuple(kind().fields)))
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


class Versioned(Serializer):
    """A body that may say which version of the row it was made for."""

    version = IntegerField(min_value=1, required=False, help_text="Like If-Match: 409 when it has changed.")


def asked(resource: Resource, request: Request, ref: str, kind: type[Versioned]) -> tuple[Any, dict[str, Any]]:
    """The row of `ref`, locked, and the body, read: of a verb. 409 when it was made for another version."""
    read_query(request, NoQuery)
    values = read_body(kind, {} if request.data is None else request.data)
    row = resource.find(ref, lock=True)
    refuse_stale(resource, row, values.pop("version", None))
    return row, values


def account_of(external_id: str) -> Account:
    """The account that a request names, with its owner and segment; ValidationError on `account` where there is none."""
    found = Account.objects.select_related("owner", "segment").filter(external_id=external_id).first()
    if found is None:
        raise ValidationError({"account": [_("There is no account with this id.")]})
    return found


def member_of(field: str, email: str) -> Member:
    """The member whose e-mail a request names in `field`, with their role; ValidationError on it where there is none."""
    found = Member.objects.select_related("role", "user").filter(user__email=email.lower()).first()
    if found is None:
        raise ValidationError({field: [_("There is no member with this e-mail address.")]})
    return found


def refuse_stale(resource: Resource, row: Any, version: Any) -> None:
    """409 with the row as it stands when the request was made for another version: that of If-Match, or `version`."""
    for sent in (if_match(resource.request), version):
        if isinstance(sent, int) and sent != row.version:
            raise Stale(sent, row.version, resource.represent(row).data)


def if_match(request: Request) -> int | None:
    """The version in If-Match, None without one and for `*`."""
    text = request.headers.get("If-Match", "").strip()
    if text in ("", "*"):
        return None
    found = _ETAG.fullmatch(text)
    if not found:
        raise ValidationError({"If-Match": [_("Send the ETag as it was read.")]})
    return int(found[1])


def _immutable() -> DomainError:
    sentence = _("The external id of a row never changes.")
    return DomainError(sentence, code="invalid", fields={"external_id": sentence})
