"""Tickets, touchpoints, survey answers and outcomes over HTTP (API-01): the same doors that files come by."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import ImportKind
from accounts.kinds import KINDS, DateStyle, Problem, Row
from accounts.merging import MergeResult, Origin
from accounts.models import Contact, Member
from accounts.rows import Bad, parse
from cs_platform.api import fact_serializers as serializers
from cs_platform.api.idempotency import idempotent
from cs_platform.api.intake import Door, Outcome
from cs_platform.api.queries import NoQuery, read_query
from cs_platform.api.schema import ResourceSchema
from cs_platform.api.writing import Writable, object_of
from cs_platform.kernel.errors import DomainError
from health import models
from health.outcomes.rows import MEASUREMENTS, Measurement, number_problem
from health.support.merge import merge_tickets

MOST_PARTS = 1_000  # changes of a ticket, measurements of an outcome, in one item
UNDATED = "undated"


def _parts(cells: dict[str, Any], name: str) -> list[Mapping[str, Any]] | Problem:
    """The list of objects under `name`, taken out of the cells; none when it is absent or null."""
    found = cells.pop(name, None)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(part, Mapping) for part in found):
        return Problem(name, "", "not_a_list", _("Send a list of objects."))
    if len(found) > MOST_PARTS:
        return Problem(name, "", "too_many", _("At most 1,000 can be sent at once."))
    return found


def read_ticket(number: int, cells: Mapping[str, Any]) -> Row | list[Problem]:
    """A ticket with one change, or with its `changes`. A change without a time is true from now on."""
    own = dict(cells)
    changes = _parts(own, "changes")
    if isinstance(changes, Problem):
        return [changes]
    if not changes:
        undated = own.get("event_at") in (None, "")
        row = parse(ImportKind.TICKETS, number, own | {"event_at": timezone.now()} if undated else own)
        return Row(number, {**row.values, UNDATED: True}, row.given) if undated and isinstance(row, Row) else row
    told: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for place, change in enumerate(changes):
        where = f"changes[{place}]"
        if unknown := sorted(set(change) - set(serializers.TicketChange().fields)):
            problems.append(Problem(f"{where}.{unknown[0][:80]}", "", "unknown_field", _("There is no such field.")))
            continue
        one = parse(ImportKind.TICKETS, number, own | dict(change))
        if isinstance(one, Row):
            told.append({name: one.values[name] for name in one.given if name in one.values})
        else:
            problems += [Problem(f"{where}.{p.column}", p.value, p.code, p.message) for p in one]
    if problems:
        return problems
    return Row(
        number,
        {"ticket": told[0]["ticket"], "account": told[0]["account"], "changes": tuple(told)},
        frozenset({"ticket"}),
    )


def merge_told(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Merge tickets; one without a time that says nothing but what stands is unchanged."""
    undated = [row.values["ticket"] for row in rows if UNDATED in row.values]
    standing = {
        ticket.external_id: ticket
        for ticket in models.Ticket.objects.filter(external_id__in=undated).select_related("account")
    }
    same = {
        row.number: standing[row.values["ticket"]]
        for row in rows
        if UNDATED in row.values and _says_nothing(row, standing.get(row.values["ticket"]))
    }
    result = merge_tickets([row for row in rows if row.number not in same], origin)
    for number, ticket in same.items():
        result.add(number, ticket.id, "unchanged")
    return result


def _says_nothing(row: Row, ticket: models.Ticket | None) -> bool:
    if ticket is None:
        return False
    for name in row.given - {"ticket", "event_at", "sequence"}:
        stands = (
            ticket.account.external_id if name == "account" else getattr(ticket, {"user": "user_ref"}.get(name, name))
        )
        if (row.values[name] or None) != (stands or None):
            return False
    return True


class TicketSchema(ResourceSchema):
    """A POST also takes a further change (200), and one whose account is not there yet (202)."""

    def get_response_serializers(self) -> Any:
        found = super().get_response_serializers()
        if self.view.action == "create":
            found |= {200: self.view.serializer_class, 202: serializers.Waiting}
        return found


class Tickets(Writable):
    """Support tickets. Each write is a change of the ticket: one state change, or its whole history in `changes`."""

    door = Door.of(ImportKind.TICKETS, models.Ticket, read=read_ticket, merge=merge_told)
    kept = ("external_id", "account", "state")
    quarantines = True
    example: ClassVar = {
        "external_id": "T-1001",
        "account": "A-1",
        "state": "Resolved",
        "event_at": "2026-03-02T15:00:00Z",
        "priority": "High",
        "opened_at": "2026-03-02T08:00:00Z",
        "resolved_at": "2026-03-02T15:00:00Z",
    }
    model = models.Ticket
    serializer_class = serializers.Ticket
    query_class = serializers.TicketQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "state": "state__iexact",
        "level": "level",
        "unresolved": "resolved_at__isnull",
        "opened_since": "opened_at__gte",
    }
    related = ("account",)
    schema = TicketSchema()

    @idempotent
    def create(self, request: Request) -> Response:
        """Tell a change of a ticket: 201 when the ticket is new, 200 for a further change or one that is known,
        202 when its account does not exist yet; it is then merged by itself when the account appears."""
        read_query(request, NoQuery)
        body = object_of(request.data)
        known = models.Ticket.objects.filter(
            external_id=str(body.get("external_id", ""))[:200].replace("\x00", "")
        ).exists()
        outcome = self.taken(body)
        if outcome.status == "quarantined":
            return Response({"status": outcome.status, "account": body["account"]}, status=202)
        response = self.represent(self.rows().get(id=outcome.id), status=200 if known else 201)
        response["Location"] = f"{request.path}/{outcome.id}"
        return response

    def _one(self, item: dict[str, Any]) -> Outcome:
        outcome = self.taken(item)
        if outcome.status == "quarantined":  # a row that is named in the URL has to be there afterwards
            fields = {"account": _("There is no account with this id.")}
            raise DomainError(_("Some fields cannot be accepted."), code="invalid", fields=fields)
        return outcome

    def taken(self, item: dict[str, Any]) -> Outcome:
        return super()._one(item)


class Touchpoints(Writable):
    """Activities with customers, by id or external id."""

    door = Door.of(ImportKind.TOUCHPOINTS, models.Touchpoint)
    kept = ("external_id", "account", "kind", "happened_at")
    example: ClassVar = {
        "external_id": "M-501",
        "account": "A-1",
        "contact": "C-1",
        "kind": "qbr",
        "status": "attended",
        "happened_at": "2026-03-04T14:00:00Z",
        "sentiment": "positive",
    }
    model = models.Touchpoint
    serializer_class = serializers.Touchpoint
    query_class = serializers.TouchpointQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "kind": "kind",
        "status": "status",
        "happened_since": "happened_at__gte",
    }
    related = ("account", "contact", "member__user")

    def rows(self) -> QuerySet:
        people = Contact.objects.order_by("external_id"), Member.objects.order_by("user__email")
        return (
            super()
            .rows()
            .annotate(
                there=_named(people[0], "attendees", "external_id"), ours=_named(people[1], "colleagues", "user__email")
            )
        )


def _named(people: QuerySet, column: str, name: str) -> ArraySubquery:
    """What those of `people` are called whose ids stand in an array `column` of the row."""
    among = Func(
        F("id"), OuterRef(column), template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField()
    )
    return ArraySubquery(people.annotate(among=among).filter(among=True).values(name))


class Surveys(Writable):
    """Answers to surveys, by id or external id."""

    door = Door.of(ImportKind.SURVEYS, models.Survey)
    kept = ("external_id", "account", "kind", "score", "scale", "direction", "answered_at")
    example: ClassVar = {
        "external_id": "R-1",
        "account": "A-1",
        "contact": "C-1",
        "kind": "nps",
        "score": 9,
        "answered_at": "2026-03-05T09:00:00Z",
    }
    model = models.Survey
    serializer_class = serializers.Survey
    query_class = serializers.SurveyQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "kind": "kind",
        "answered_since": "answered_at__gte",
    }
    related = ("account", "contact")


def read_outcome(number: int, cells: Mapping[str, Any]) -> Row | list[Problem]:
    """A success criterion with the `measurements` that are sent along."""
    own = dict(cells)
    parts = _parts(own, MEASUREMENTS)
    if isinstance(parts, Problem):
        return [parts]
    row = parse(ImportKind.OUTCOMES, number, own)
    problems = row if isinstance(row, list) else []
    told: list[Measurement] = []
    for place, part in enumerate(parts):
        found = _measurement(part)
        if isinstance(found, Problem):
            name = f"{MEASUREMENTS}[{place}].{found.column}"
            problems.append(Problem(name, found.value, found.code, found.message))
        else:
            told.append(found)
    days = [on for on, _value, _note in told]
    if len(set(days)) < len(days):
        problems.append(Problem(MEASUREMENTS, "", "repeated", _("A day stands twice.")))
    if problems or not isinstance(row, Row):
        return problems
    return Row(number, {**row.values, MEASUREMENTS: tuple(told)}, row.given)


def _measurement(part: Mapping[str, Any]) -> Measurement | Problem:
    readers = KINDS[ImportKind.OUTCOMES].fields
    if unknown := sorted(set(part) - {"measured_on", "value", "note"}):
        return Problem(unknown[0][:80], "", "unknown_field", _("There is no such field."))
    read: dict[str, Any] = {}
    for name, column in (("measured_on", "measured_on"), ("value", "measured_value"), ("note", "measured_note")):
        try:
            read[name] = readers[column](part.get(name), DateStyle.ISO)
        except Bad as bad:
            return Problem(name, str(part.get(name))[:200], bad.code, bad.message)
        if read[name] is None:
            return Problem(name, "", "required", _("A value is required here."))
    return number_problem("value", read["value"]) or (read["measured_on"], read["value"], read["note"])


class Outcomes(Writable):
    """Success criteria with what was measured of them, by id or external id."""

    door = Door.of(ImportKind.OUTCOMES, models.Outcome, read=read_outcome)
    kept = ("external_id", "account", "metric", "baseline", "target", "due_on", "data_source")
    example: ClassVar = {
        "external_id": "O-1",
        "account": "A-1",
        "name": "Hours to close the month",
        "metric": "efficiency",
        "unit": "hours",
        "baseline": "120",
        "target": "60",
        "due_on": "2026-07-15",
        "data_source": "Finance time sheets",
        "measurements": [{"measured_on": "2026-03-31", "value": "84"}],
    }
    model = models.Outcome
    serializer_class = serializers.Outcome
    query_class = serializers.OutcomeQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "metric": "metric",
        "due_until": "due_on__lte",
    }
    related = ("account", "owner__user", "customer_owner", "confirmed_by", "measurements")
