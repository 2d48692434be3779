"""Absences as files: out as they stand, in from a personnel system, twice changes nothing (ROL-02, CONTRACTS 1)."""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from accounts import absences
from accounts.absence_files import HEAD
from accounts.kinds import KINDS
from accounts.models import Absence, Member
from cs_platform.kernel.models import AuditEntry
from tests.accounts.test_import import bring, counts, reasons
from tests.conftest import World

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
FIELDS = "employee_email,start,end,substitute,note"


def on(world: World, days: int) -> str:
    return (world.tenant.today() + days * DAY).isoformat()


def told(world: World) -> list[Any]:
    with world.open():
        rows = Absence.objects.order_by("member__name", "first_on")
        return list(
            rows.values_list("member__user__email", "first_on", "last_on", "cover__user__email", "note", "version")
        )


def file(*lines: str) -> str:
    return "\n".join([FIELDS, *lines, ""])


@pytest.mark.parametrize("piece", [1, 20_000])
def test_a_file_comes_in_once(worlds: tuple[World, World], piece: int) -> None:
    """In any pieces and order; again nothing changes; a column that is left out stays; a rival keeps theirs."""
    world, rival = worlds
    with rival.open():
        absences.note_absence(
            member=rival.members["csm"], first_on=rival.tenant.today(), last_on=rival.tenant.today(), by=None
        )
    theirs = told(rival)
    rows = [
        f"csm@acme.example,{on(world, 3)},{on(world, 9)},ops@acme.example,Leave",
        f"CSM@acme.example,{on(world, 20)},{on(world, 20)},,",
        f"leader@acme.example,{on(world, -2)},{on(world, 4)},csm@acme.example,",
    ]
    assert counts(bring(world, "absences", file(*rows), piece=piece)) == (3, 0, 0, 0)
    before = told(world)
    assert [row[3:] for row in before] == [("ops@acme.example", "Leave", 1), (None, "", 1), ("csm@acme.example", "", 1)]
    assert counts(bring(world, "absences", file(*reversed(rows)), piece=piece)) == (0, 0, 3, 0)
    assert told(world) == before
    days = f"member_email,first_on,last_on\ncsm@acme.example,{on(world, 3)},{on(world, 10)}\n"
    assert counts(bring(world, "absences", days, piece=piece)) == (0, 1, 0, 0)
    changed = told(world)[0]
    assert (changed[2].isoformat(), changed[3:]) == (on(world, 10), ("ops@acme.example", "Leave", 2))
    with world.open():
        assert AuditEntry.objects.filter(table="accounts_absence", action="update").exists()
    assert told(rival) == theirs


def test_what_cannot_be_is_refused_with_its_column(worlds: tuple[World, World]) -> None:
    """CONTRACTS 1: the same rules as on the page; the rest comes in."""
    world = worlds[0]
    with world.open():
        Member.objects.filter(id=world.members["ops"].id).update(is_active=False)
    a, b = on(world, 3), on(world, 5)
    run = bring(world, "absences", file(
        f"csm@acme.example,{a},{b},,",
        f"csm@acme.example,{a},{b},,Other",
        f"csm@acme.example,{on(world, 4)},{on(world, 8)},,",
        f"csm@rival.example,{a},{b},,",
        f"leader@acme.example,{a},{b},csm@rival.example,",
        f"leader@acme.example,{on(world, 6)},{b},,",
        f"leader@acme.example,{on(world, -9)},{on(world, -8)},,",
        f"leader@acme.example,{on(world, 40)},{on(world, 41)},leader@acme.example,",
        f"leader@acme.example,{on(world, 50)},{on(world, 51)},executive@acme.example,",
        f"leader@acme.example,{on(world, 60)},{on(world, 61)},ops@acme.example,",
        f"leader@acme.example,{on(world, 70)},{on(world, 999)},,",
        f"leader@acme.example,,{b},,",
        f",{a},{b},,",
        f"leader@acme.example,soon,{b},,",
        f"leader@acme.example,{on(world, 80)},{on(world, 80)},,{'x' * 201}",
    ))  # fmt: skip
    assert counts(run) == (1, 0, 0, 14)
    assert sorted(reasons(world, run)) == [
        (2, "employee_email", "repeated"), (3, "start", "not_possible"), (4, "employee_email", "unknown_member"),
        (5, "substitute", "unknown_member"), (6, "end", "not_possible"), (7, "end", "not_possible"),
        (8, "substitute", "not_possible"), (9, "substitute", "not_possible"), (10, "substitute", "not_possible"),
        (11, "end", "not_possible"), (12, "start", "required"), (13, "employee_email", "required"),
        (14, "start", "not_a_date"), (15, "note", "too_long"),
    ]  # fmt: skip
    assert len(told(world)) == 1


def test_what_goes_out_comes_in(worlds: tuple[World, World]) -> None:
    """The export's columns are those of the import; a file of this company's absences says nothing new to it."""
    world, _rival = worlds
    for each in worlds:
        with each.open():
            today, members = each.tenant.today(), each.members
            absences.note_absence(
                member=members["csm"],
                cover=members["ops"],
                first_on=today,
                last_on=today + 4 * DAY,
                note="=Leave",
                by=None,
            )
            absences.note_absence(member=members["leader"], first_on=today + DAY, last_on=today + DAY, by=None)
            Absence.objects.create(member=members["csm"], first_on=today - 9 * DAY, last_on=today - 8 * DAY)
    answer = world.client("admin").get(world.url("away/absences.csv"))
    assert f"absences-acme-{world.tenant.today()}.csv" in answer["Content-Disposition"]
    text = answer.content.decode()
    found = list(csv.DictReader(io.StringIO(text)))
    assert list(found[0]) == list(HEAD)
    assert [(row["member_email"], row["days"]) for row in found] == [
        ("csm@acme.example", "2"),
        ("csm@acme.example", "5"),
        ("leader@acme.example", "1"),
    ]
    assert found[1]["note"] == "'=Leave"
    assert "rival" not in text
    assert counts(bring(world, "absences", text)) == (0, 0, 3, 0)  # over ones too
    own = list(csv.DictReader(io.StringIO(world.client("csm").get(world.url("away/absences.csv")).content.decode())))
    assert {row["member_email"] for row in own} == {"csm@acme.example"}
    sheet = load_workbook(io.BytesIO(world.client("admin").get(world.url("away/absences.xlsx")).content)).active
    assert (sheet.max_row, sheet["E3"].value, sheet["C3"].value.date()) == (4, 5, world.tenant.today())
    assert world.client("executive").get(world.url("away/absences.csv")).status_code == 403


def test_a_file_costs_the_same_for_many(tenant_open: World, django_assert_max_num_queries: Any) -> None:
    """PERFORMANCE: absences are read and written together, not one by one."""
    from accounts.absence_files import merge_absences
    from accounts.enums import ChangeSource
    from accounts.kinds import Row
    from accounts.merging import Origin
    from accounts.rows import parse

    rows = [
        parse("absences", n, {"member_email": "csm@acme.example", "first_on": on(tenant_open, 2 * n), "last_on": on(tenant_open, 2 * n)})
        for n in range(60)
    ]  # fmt: skip
    given = [row for row in rows if isinstance(row, Row)]
    with django_assert_max_num_queries(10):
        assert merge_absences(given, Origin(ChangeSource.API)).created == 60


def test_the_sample_names_the_columns() -> None:
    kind = KINDS["absences"]
    lines = list(csv.DictReader(io.StringIO(kind.sample.read_text())))
    assert set(lines[0]) == set(kind.fields) == set(kind.labels)
