"""What all lists of the API have in common: a page of rows, one row by id or `ext:EXTERNAL_ID`, chosen fields."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import ViewSet

from accounts.models import Tenant
from cs_platform.api.paging import page_of
from cs_platform.api.queries import ListQuery, OneQuery, read_query
from cs_platform.api.schema import ResourceSchema
from cs_platform.kernel.tenancy import EntityModel


class RefConverter:
    """A row in a URL: its id, or `ext:` and its external id, which may hold anything, also a slash."""

    regex = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|ext:.+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Resource(ViewSet):
    """A list of rows of the key's tenant that can be read.

    `lookups` maps the parameters of `query_class` to conditions; `order` ends with a unique column and has an index.
    """

    model: ClassVar[type[EntityModel]]
    serializer_class: ClassVar[type[Serializer]]
    query_class: ClassVar[type[ListQuery]] = ListQuery
    lookups: ClassVar[Mapping[str, str]] = {}
    related: ClassVar[tuple[str, ...]] = ()
    order: ClassVar[tuple[str, ...]] = ("updated_at", "id")

    schema = ResourceSchema()

    def rows(self) -> QuerySet:
        """All rows of the resource with what their serializer reads.

        One query for each relation and not a join: a page is then read from its index alone, whatever the planner
        believes of a table that was filled a minute ago.
        """
        return self.model.objects.prefetch_related(*self.related)

    def list(self, request: Request) -> Response:
        query = read_query(request, self.query_class)
        serializer = self._serializer(query["fields"], many=True)
        conditions = {lookup: query[name] for name, lookup in self.lookups.items() if name in query}
        found, following = page_of(
            request, self.rows().filter(**conditions), order=self.order, limit=query["limit"], cursor=query["cursor"]
        )
        serializer.instance = found
        return Response({"results": serializer.data, "next": following})

    def retrieve(self, request: Request, ref: str) -> Response:
        serializer = self._serializer(read_query(request, OneQuery)["fields"])
        serializer.instance = self.find(ref)
        return answer(serializer)

    def find(self, ref: str, *, lock: bool = False) -> Any:
        """The row that `ref` names; 404 for one of another tenant and for none alike."""
        rows = self.rows().select_for_update() if lock else self.rows()
        if not ref.startswith("ext:"):
            rows = rows.filter(id=UUID(ref))
        elif hasattr(self.model, "external_id") and not re.search(r"[\x00-\x1f]", ref):
            rows = self.by_external_id(rows, ref.removeprefix("ext:"))
        else:
            raise Http404
        row = rows.first()
        if row is None:
            raise Http404
        return row

    def by_external_id(self, rows: QuerySet, external_id: str) -> QuerySet:
        return rows.filter(external_id=external_id)

    def _serializer(self, wanted: str = "", **options: Any) -> Serializer:
        """The resource's serializer, cut down to the `wanted` fields (comma-separated; all when empty)."""
        tenant: Tenant = self.request.tenant  # type: ignore[attr-defined]
        serializer: Any = self.serializer_class(context={"currency": tenant.currency}, **options)
        if wanted:
            fields = (serializer.child if options.get("many") else serializer).fields
            names = {name.strip() for name in wanted.split(",")}
            if unknown := names - set(fields):
                sentence = _("There is no field %(names)s.") % {"names": ", ".join(sorted(unknown))}
                raise ValidationError({"fields": [sentence]})
            for name in set(fields) - names:
                fields.pop(name)
        return serializer

    def represent(self, row: Any, *, status: int = 200) -> Response:
        """The whole row as an answer."""
        serializer = self._serializer()
        serializer.instance = row
        return answer(serializer, status=status)

    def created(self, row_id: Any) -> Response:
        """The row that was just made, and where it stands."""
        response = self.represent(self.rows().get(id=row_id), status=201)
        response["Location"] = f"{self.request.path}/{row_id}"
        return response


def answer(serializer: Serializer, *, status: int = 200) -> Response:
    """A row with its version as ETag, to be sent back in If-Match."""
    response = Response(serializer.data, status=status)
    version = getattr(serializer.instance, "version", None)
    if version is not None:
        response["ETag"] = f'"{version}"'
    return response
