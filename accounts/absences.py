"""Absences: who is away, from when to when, and who stands in meanwhile (ROL-02).

While an absence lasts, by the company's day, its cover sees the accounts of who is away and works their tasks
(`models.in_care_of`). Nothing changes hands: on the day after the last one it is as before. Cover is not passed on: who
covers somebody and is away too leaves both books to the leader.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.cells import short_day
from accounts.models import Absence, Account, Member, Tenant
from accounts.selectors import colleagues
from cs_platform.kernel.access import Permission, Scope
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import DomainError, NotAllowed

LONGEST = dt.timedelta(days=2 * 366)
EARLIEST = dt.timedelta(days=366)  # an absence that somebody notes late began at most so long ago
NOTE = 200
FIELDS = ("cover", "first_on", "last_on", "note")


def noted_by(by: Member) -> QuerySet[Member]:
    """The members whose absences `by` may write: everybody's for who manages members or sees all accounts, those of the
    team for who sees the team's, else the own ones. Who left stays as long as customers are theirs."""
    left = Exists(Account.objects.filter(owner=OuterRef("pk"), merged_into=None))
    people = Member.objects.filter(Q(is_active=True) | left)
    if by.may(Permission.MANAGE_MEMBERS) or by.role.scope == Scope.ALL:
        return people
    if by.role.scope == Scope.TEAM:
        return people.filter(colleagues(by) | Q(id=by.id))
    return people.filter(id=by.id)


def covers() -> QuerySet[Member]:
    """Who can stand in for somebody: active members who may change accounts."""
    return Member.objects.filter(is_active=True, role__permissions__contains=[str(Permission.EDIT_ACCOUNTS)])


def absences_for(by: Member) -> QuerySet[Any]:
    """The absences that `by` may write, with their people, by day."""
    rows = Absence.objects.filter(member__in=noted_by(by).values("id"))
    return rows.select_related("member", "cover").order_by("first_on", "id")


@transaction.atomic
def note_absence(
    *,
    member: Member,
    first_on: dt.date,
    last_on: dt.date,
    by: Member | None,
    cover: Member | None = None,
    note: str = "",
) -> Absence:
    """Write down that `member` is away, both days included; `by` is None for a program.

    DomainError names the field: days that are over, in the wrong order or taken by another absence, a cover who left or
    may not change accounts. NotAllowed for somebody else's absence.
    """
    member = _locked(member, by)
    values = {"cover": cover, "first_on": first_on, "last_on": last_on, "note": note.strip()}
    _check(member, None, values, _today())
    return Absence.objects.create(member=member, **values)


@transaction.atomic
def change_absence(*, absence: Absence, values: Mapping[str, Any], version: int | None, by: Member | None) -> Absence:
    """Other days, another cover, another note (`FIELDS`). Conflict when it was changed since `version`; DomainError as
    for a new one."""
    member = _locked(absence.member, by)
    row = Absence.objects.select_for_update(of=("self",)).select_related("cover").get(id=absence.id)
    check_seen(row, version)
    values = {name: value.strip() if name == "note" else value for name, value in values.items() if name in FIELDS}
    _check(member, row, {name: getattr(row, name) for name in FIELDS} | values, _today())
    return put(row, **{name: value for name, value in values.items() if value != getattr(row, name)})


@transaction.atomic
def end_absence(*, absence: Absence, version: int | None, by: Member | None) -> Absence | None:
    """They are back: yesterday was the last day. One that has not begun, or began today, is taken away (None).

    DomainError for one that is over: it is history.
    """
    _locked(absence.member, by)
    row = Absence.objects.select_for_update().get(id=absence.id)
    check_seen(row, version)
    today = _today()
    if row.last_on < today:
        raise DomainError(_("This absence is over."), code="over")
    if row.first_on >= today:
        row.delete()
        return None
    return put(row, last_on=today - dt.timedelta(days=1))


def warnings(rows: Sequence[Absence], today: dt.date) -> dict[UUID, str]:
    """What should be thought of again, a sentence by the id of each absence that has one and is not over: nobody covers,
    or who covers left or is away on some of the days. One query."""
    others: dict[UUID, list[Absence]] = {}
    for other in Absence.objects.filter(member__in={row.cover_id for row in rows if row.cover_id}, last_on__gte=today):
        others.setdefault(other.member_id, []).append(other)
    found = {row.id: _warning(row, others, today) for row in rows if row.last_on >= today}
    return {key: text for key, text in found.items() if text}


def _warning(row: Absence, others: Mapping[UUID, Sequence[Absence]], today: dt.date) -> str:
    if row.cover is None:
        return _("Nobody covers %(name)s: alerts and tasks wait until they are back.") % {"name": row.member.name}
    if not row.cover.is_active:
        return _("%(name)s is not active any more.") % {"name": row.cover.name}
    for other in others.get(row.cover.id, ()):
        if other.first_on <= row.last_on and other.last_on >= row.first_on:
            words = {
                "name": row.cover.name,
                "first": short_day(other.first_on, today),
                "last": short_day(other.last_on, today),
            }
            return _("%(name)s is away too, from %(first)s to %(last)s.") % words
    return ""


def standing_in(day: dt.date, members: Collection[UUID] | None = None) -> dict[UUID, Member]:
    """Who does the work of those who are away on that day, by the id of who is away: only covers who are active and not
    away themselves. With their users. One query."""
    absent = Absence.objects.on(day)
    rows = absent.filter(cover__is_active=True).exclude(cover__in=absent.order_by().values("member"))
    if members is not None:
        rows = rows.filter(member__in=members)
    return {row.member_id: row.cover for row in rows.select_related("cover__user")}


def away(member: Member, day: dt.date) -> Absence | None:
    """The absence of this member on that day."""
    found: Absence | None = Absence.objects.on(day).filter(member=member).first()
    return found


def stands_in_text(reader: Member, today: dt.date) -> str:
    """For whom the reader stands in on that day: you stand in for Maya Lindqvist until 3 Dec; "" for nobody. One query."""
    rows = Absence.objects.on(today).filter(cover=reader).select_related("member").order_by("last_on", "id")
    people = [
        _("%(name)s until %(day)s") % {"name": row.member.name, "day": short_day(row.last_on, today)} for row in rows
    ]
    return _("You stand in for %(people)s.") % {"people": ", ".join(people)} if people else ""


def stands_in_for(by: Member, absent: Member, today: dt.date) -> bool:
    """Whether `by` stands in for this member on that day."""
    return by.id != absent.id and Absence.objects.on(today).filter(member=absent, cover=by).exists()


def told_for(reader: Member, owners: Collection[UUID | None], today: dt.date) -> dict[Any, str]:
    """For whom the reader stands in today, by the id of each of these owners: for Maya until 3 Dec. One query, none where
    all rows are the reader's own."""
    others = {owner for owner in owners if owner is not None} - {reader.id}
    if not others:
        return {}
    rows = Absence.objects.on(today).filter(cover=reader, member__in=others).select_related("member")
    text = _("for %(name)s until %(day)s")
    return {
        row.member_id: text % {"name": row.member.name.split()[0], "day": short_day(row.last_on, today)} for row in rows
    }


def away_text(until: dt.date, cover: str | None, today: dt.date) -> str:
    """away until 3 Dec, covered by Tom Okafor: beside the name of an owner."""
    words = {"day": short_day(until, today), "cover": cover}
    return _("away until %(day)s, covered by %(cover)s") % words if cover else _("away until %(day)s") % words


def _locked(member: Member, by: Member | None) -> Member:
    """The member, locked: absences of one are written one after the other."""
    if by is not None and not noted_by(by).filter(id=member.id).exists():
        raise NotAllowed(_("Only they themselves and who leads them can write this down."))
    return Member.objects.select_for_update(of=("self",)).get(id=member.id)


def _check(member: Member, row: Absence | None, values: Mapping[str, Any], today: dt.date) -> None:
    others = Absence.objects.on(values["first_on"], values["last_on"]).filter(member=member)
    problems = problems_of(member, row, values, others.exclude(id=row.id) if row else others, today)
    if problems:
        raise DomainError(next(iter(problems.values())), fields=problems)


def problems_of(
    member: Member, row: Absence | None, values: Mapping[str, Any], others: Iterable[Absence], today: dt.date
) -> dict[str, str]:
    """Why an absence (`row`, or a new one) cannot have these values, by field; `others` are of the same member."""
    first, last, cover = values["first_on"], values["last_on"], values["cover"]
    problems: dict[str, str] = {}
    if last < first:
        problems["last_on"] = _("It ends before it begins.")
    elif last < today:
        problems["last_on"] = _("These days are over.")
    elif last - first > LONGEST:
        problems["last_on"] = _("At most two years.")
    if not today - EARLIEST <= first <= today + LONGEST:
        problems["first_on"] = _("The day lies between a year ago and two years from now.")
    if len(values["note"]) > NOTE:
        problems["note"] = _("At most %(limit)s characters fit here.") % {"limit": NOTE}
    if cover is not None and (row is None or cover.id != row.cover_id):
        if cover.id == member.id:
            problems["cover"] = _("Somebody else has to stand in.")
        elif not cover.is_active:
            problems["cover"] = _("%(name)s is not active any more.") % {"name": cover.name}
        elif not cover.may(Permission.EDIT_ACCOUNTS):
            problems["cover"] = _("The role of %(name)s does not allow to change accounts.") % {"name": cover.name}
    taken = () if problems else (one for one in others if one.first_on <= last and one.last_on >= first)
    for other in taken:
        words = {
            "name": member.name,
            "first": short_day(other.first_on, today),
            "last": short_day(other.last_on, today),
        }
        problems["first_on"] = _("%(name)s is away from %(first)s to %(last)s already.") % words
    return problems


def _today() -> dt.date:
    return Tenant.current().today()
