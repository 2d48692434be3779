"""Advisory boards, events and webinars with their guests, and the rules of the program (ADV-03)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.merging.result import today
from accounts.models import Contact, Member
from advocacy.enums import Attendance, GatheringKind
from advocacy.models import Gathering, Guest, Program
from advocacy.rules import NUMBERS
from advocacy.services.checks import chosen, kept, locked, seen, texts, within
from cs_platform.kernel.edits import check_seen

LIMITS = {"name": 200, "note": 1000}
FIELDS = ("name", "kind", "held_on", "note")
BOUNDS = {"months_before": (0, 60), "rest_days": (0, 365), "long_rest_days": (0, 365), "many_asks": (1, 20)}
HAPPENED = (Attendance.CAME, Attendance.SPOKE, Attendance.ABSENT)


@transaction.atomic
def make_gathering(*, name: str, kind: str, held_on: dt.date, by: Member | None, note: str = "") -> Gathering:
    """Plan an advisory board, an event or a webinar, or write down one that was held."""
    return Gathering.objects.create(**_checked({"name": name, "kind": kind, "held_on": held_on, "note": note}))


@transaction.atomic
def change_gathering(
    *, gathering: Gathering, values: Mapping[str, Any], version: int | None, by: Member | None
) -> Gathering:
    """Change its name, kind, day or note."""
    row = locked(gathering, version)
    return kept(row, _checked({name: values[name] for name in FIELDS if name in values}))


@transaction.atomic
def remove_gathering(*, gathering: Gathering, by: Member | None) -> None:
    """Take a gathering away with its list of guests."""
    locked(gathering, None).delete()


@transaction.atomic
def set_guest(*, gathering: Gathering, contact: Contact, attendance: str, by: Member | None) -> Guest:
    """Who is invited, and what they did there: once for a person. Nobody came before the day."""
    row = Gathering.objects.select_for_update().get(id=gathering.id)
    account = seen(contact.account, by)
    chosen("attendance", attendance, Attendance)
    if attendance in HAPPENED and row.held_on > today():
        raise refused("attendance", _("It has not been held yet."))
    guest, _made = Guest.objects.get_or_create(
        gathering=row, contact=contact, defaults={"account": account, "attendance": attendance}
    )
    return kept(guest, {"attendance": attendance})


@transaction.atomic
def remove_guest(*, guest: Guest, by: Member | None) -> None:
    """They are not invited after all."""
    Guest.objects.filter(id=guest.id).delete()


@transaction.atomic
def set_program(*, values: Mapping[str, Any], version: int | None, by: Member | None) -> Program:
    """Set the rules of the program (`rules.NUMBERS`); version 0 is that of a company that has none of its own yet."""
    row = Program.objects.select_for_update().first()
    if row is None:
        check_seen(Program(version=0), version)
        row = Program(version=1)
    else:
        check_seen(row, version)
    changes = {name: values[name] for name in NUMBERS if name in values}
    for name, value in changes.items():
        low, high = BOUNDS[name]
        if not isinstance(value, int) or not low <= value <= high:
            raise refused(name, _("Between %(a)s and %(b)s.") % {"a": low, "b": high})
    if changes.get("long_rest_days", row.long_rest_days) < changes.get("rest_days", row.rest_days):
        raise refused("long_rest_days", _("After many asks the rest is not shorter."))
    if row._state.adding:
        for name, value in changes.items():
            setattr(row, name, value)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise refused("months_before", _("Somebody else changed this after you opened it.")) from error
        return row
    return kept(row, changes)


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    texts(values, LIMITS)
    if "name" in values and not values["name"]:
        raise refused("name", _("Give it a name."))
    if "kind" in values:
        chosen("kind", values["kind"], GatheringKind)
    within("held_on", values.get("held_on"))
    return values
