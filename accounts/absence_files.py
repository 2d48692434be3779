"""Absences as rows of a file: in from a personnel system, out as they stand (ROL-02, CONTRACTS 1).

A row is known by who is away and the first day. Columns are named as programs know them, so that what goes out comes in.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import absences
from accounts.enums import ImportKind
from accounts.kinds import Kind, Problem, Reader, Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import first_of_each, quiet_inserts, today
from accounts.models import Absence, Member
from accounts.rows import day, email, text

HEAD = ("member_email", "member_name", "first_on", "last_on", "days", "cover_email", "cover_name", "note")
FIELDS: dict[str, Reader] = {
    "member_email": email,
    "first_on": day,
    "last_on": day,
    "cover_email": email,
    "note": text(absences.NOTE),
}
REQUIRED = ("member_email", "first_on", "last_on")
LABELS: Mapping[str, Promise] = {
    "member_email": gettext_lazy("Who is away (e-mail)"),
    "first_on": gettext_lazy("From"),
    "last_on": gettext_lazy("Last day"),
    "cover_email": gettext_lazy("Covered by (e-mail)"),
    "note": gettext_lazy("Note"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "member_email": ("member", "employee_email", "email"),
    "first_on": ("from", "start", "start_date", "first_day"),
    "last_on": ("until", "to", "end", "end_date", "last_day"),
    "cover_email": ("cover", "substitute", "substitute_email"),
    "note": ("comment",),
}
COLUMNS = {"cover": "cover_email"}  # what a problem of an absence is named in a row


def rows(found: QuerySet[Absence]) -> Iterator[list[Any]]:
    """These absences by their days; `days` counts both ends."""
    fields = ("member__user__email", "member__name", "first_on", "last_on", "cover__user__email", "cover__name", "note")
    for who, name, first, last, *rest in found.order_by("first_on", "member__name", "id").values_list(*fields):
        yield [who, name, first, last, (last - first).days + 1, *rest]


def check(values: dict[str, Any]) -> list[Problem]:
    """Who and when stand in each row."""
    empty = [name for name in REQUIRED if not values[name]]
    return [Problem(name, "", "required", _("A value is required here.")) for name in empty[:1]]


def merge_absences(given: Sequence[Row], origin: Origin) -> MergeResult:
    """Note or change absences; a field that is not given stays as it is.

    Refused: who is no member, a cover who left or may not change accounts, and days that are over, in the wrong order or
    taken by another absence. Of two rows that overlap the earlier day holds.
    """
    result = MergeResult()
    told = first_of_each(given, result, "member_email", "first_on")
    names = {row.values.get(name) for row in told for name in ("member_email", "cover_email")} - {None, ""}
    people = {row.user.email.lower(): row for row in _members(names)}
    known: dict[UUID, list[Absence]] = defaultdict(list)
    for absence in Absence.objects.select_related("cover").filter(member__in=_locked(people.values())):
        known[absence.member_id].append(absence)
    made, changed, now = [], [], today()
    for row in sorted(told, key=lambda one: (one.values["first_on"], one.values["member_email"])):
        email_of = row.values["member_email"].lower()
        cover_email = (row.values.get("cover_email") or "").lower()
        unknown = next((name for name in (email_of, cover_email) if name and name not in people), None)
        if unknown:
            column = "member_email" if unknown == email_of else "cover_email"
            result.reject(row, column, unknown, "unknown_member", _("This is not the e-mail of a member."))
            continue
        member = people[email_of]
        mine = known[member.id]
        was = next((one for one in mine if one.first_on == row.values["first_on"]), None)
        values = _values(row, was, people.get(cover_email))
        if was and all(getattr(was, name) == value for name, value in values.items()):
            result.add(row.number, was.id, "unchanged")
            continue
        others = [one for one in mine if one is not was]
        if problems := absences.problems_of(member, was, values, others, now):
            field, sentence = next(iter(problems.items()))
            column = COLUMNS.get(field, field)
            result.reject(row, column, str(row.values.get(column) or ""), "not_possible", sentence)
        elif was:
            for name, value in values.items():
                setattr(was, name, value)
            was.version += 1
            changed.append(was)
            result.add(row.number, was.id, "updated")
        else:
            absence = Absence(member=member, **values)
            mine.append(absence)
            made.append(absence)
            result.add(row.number, absence.id, "created")
    quiet_inserts(len(made))
    Absence.objects.bulk_create(made, batch_size=500)
    Absence.objects.bulk_update(changed, [*absences.FIELDS, "version"], batch_size=500)
    return result


def _members(emails: Any) -> QuerySet[Member]:
    rows = Member.objects.filter(user__email__in=[str(one).lower() for one in emails])
    return rows.select_related("user", "role")


def _locked(people: Any) -> list[UUID]:
    """Absences of one member are written one after the other."""
    ids = [member.id for member in people]
    rows = Member.objects.filter(id__in=ids).select_for_update(of=("self",)).order_by("id")
    return list(rows.values_list("id", flat=True))


def _values(row: Row, was: Absence | None, cover: Member | None) -> dict[str, Any]:
    """The absence as the row leaves it."""
    values: dict[str, Any] = {name: getattr(was, name) if was else None for name in absences.FIELDS}
    values |= {"first_on": row.values["first_on"], "last_on": row.values["last_on"], "note": values["note"] or ""}
    if "cover_email" in row.given:
        values["cover"] = cover
    if "note" in row.given:
        values["note"] = row.values["note"] or ""
    return values


KIND = Kind(
    name=ImportKind.ABSENCES.value,
    title=gettext_lazy("Import absences"),
    fields=FIELDS,
    required=REQUIRED,
    key=("member_email", "first_on"),
    merge=merge_absences,
    labels=LABELS,
    check=check,
    repeated=gettext_lazy("Row %(first)s has this absence already, with other values."),
    synonyms=SYNONYMS,
)
