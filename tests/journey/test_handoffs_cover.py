"""Who covers an absent taker answers for them, on their behalf; notes of checks; handoffs as a file (ROL-02, ROL-01)."""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.absences import note_absence
from accounts.models import Absence, Account, Member
from accounts.services import add_member
from cs_platform.kernel.errors import Conflict, DomainError, NotAllowed
from journey.handoffs import cells, checklist, selectors, services
from journey.models import Handoff
from tests.conftest import World
from tests.journey.test_handoffs import accept, customer, offered, ticked
from tests.journey.test_handoffs_pages import DRAWER, text, url

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def cover_of(world: World, absent: str = "ops", first: int = 0, last: int = 3, name: str = "Tom Okafor") -> Member:
    """A CSM with an empty book who stands in for that member on these days from today on."""
    email = f"{name.split()[0].lower()}@{world.tenant.slug}.example"
    cover = Member.objects.filter(user__email=email).first() or add_member(
        email=email, name=name, role="csm", password="correct horse"
    )
    cover.tenant = world.tenant
    world.members["cover"] = cover
    today = world.tenant.today()
    note_absence(
        member=world.members[absent], cover=cover, first_on=today + first * DAY, last_on=today + last * DAY, by=None
    )
    return cover


def test_the_cover_accepts_on_behalf_of_who_is_away(worlds: tuple[World, World]) -> None:
    """ROL-02: the customer becomes the taker's, the record says who said yes for whom, no further reason is asked for; a
    cover of the rival finds nothing."""
    world, rival = worlds
    for each in worlds:
        with each.open():
            cover_of(each)
            ticked(offered(each, customer(each)))
    with world.open():
        cover, ops, row = world.members["cover"], world.members["ops"], Handoff.objects.get()
        assert selectors.waiting_for(cover).get() == row
        assert selectors.visible_handoffs(cover).get() == row
        assert not Account.objects.visible_to(cover).exists()  # theirs only once it is accepted, while they cover
        pane = cells.pane(
            selectors.listed(Handoff.objects).get(), world.tenant, world.tenant.today(), cover, linked=False
        )
        assert pane["effect"] == "When you accept on behalf of Ops Person, they look after the customer."
        assert (pane["may_answer"], pane["stands_in"]) == (True, False)
        assert pane["told"].startswith("for Ops until ")
        row = accept(row, cover)
        assert (row.state, row.taker, row.answered_by, row.answer) == ("accepted", ops, cover, "")
        assert Account.objects.get().owner == ops
        assert cells.answered_text(row) == "Tom Okafor on behalf of Ops Person"
        assert Account.objects.visible_to(cover).exists()
        Absence.objects.all().delete()
        assert selectors.visible_handoffs(cover).get() == row  # who answered sees what became of it
    with rival.open():
        assert Handoff.objects.get().state == "open"


def test_the_cover_declines_with_a_reason(tenant_open: World) -> None:
    cover, row = cover_of(tenant_open), offered(tenant_open, customer(tenant_open))
    with pytest.raises(DomainError) as refusal:
        services.answer_handoff(handoff=row, state="declined", version=None, by=cover)
    assert set(refusal.value.fields) == {"answer"}
    with pytest.raises(DomainError) as refusal:  # required checks are open
        accept(row, cover)
    assert set(refusal.value.fields) == {"answer"}
    row = services.answer_handoff(handoff=row, state="declined", version=None, by=cover, answer="Olga's book is full")
    assert cells.answered_text(row) == "Tom Okafor on behalf of Ops Person"


@pytest.mark.parametrize("case", ["before", "after", "left", "nobody", "other"])
def test_only_who_covers_today_answers(tenant_open: World, case: str) -> None:
    """ROL-01: not on the days before and after, not for who left (that is the leader's), not by anybody else."""
    world = tenant_open
    cover = cover_of(world, first={"before": 1}.get(case, 0))
    row = ticked(offered(world, customer(world)))
    by = world.members["csm"] if case == "other" else cover
    if case == "after":
        today = world.tenant.today()
        Absence.objects.update(first_on=today - 3 * DAY, last_on=today - DAY)
    elif case == "left":
        Member.objects.filter(id=world.members["ops"].id).update(is_active=False)
    elif case == "nobody":
        Absence.objects.update(cover=None)
    assert not selectors.waiting_for(by).exists()
    with pytest.raises(NotAllowed):
        accept(row, by, "For them")
    assert Handoff.objects.get().state == "open"


def test_cover_is_not_passed_on_and_the_taker_still_answers(tenant_open: World) -> None:
    """Who covers the cover sees the cover's own; the taker who is away may answer as well."""
    world = tenant_open
    cover = cover_of(world)
    world.members["first"] = cover
    second = cover_of(world, "first", name="Ida Second")
    row = ticked(offered(world, customer(world)))
    assert not selectors.waiting_for(second).exists()
    with pytest.raises(NotAllowed):
        accept(row, second, "For them")
    row = accept(row, world.members["ops"])
    assert cells.answered_text(row) == "Ops Person"


def test_inbox_today_and_lists_say_for_whom(worlds: tuple[World, World]) -> None:
    """PAGES: inbox, its number, Today and the list name who is away; answered on the page, the list is empty again."""
    world, rival = worlds
    with rival.open():
        cover_of(rival)
        offered(rival, customer(rival, "Foreign"))
    with world.open():
        cover_of(world)
        row = ticked(offered(world, customer(world)))
    cover = world.client("cover")
    for page in ("inbox", "home"):
        answer = cover.get(url(world, page), follow=True)
        shown = text(answer)
        assert 'id="inbox-handoffs"' in shown, page
        assert "for Ops until " in shown
        assert "Halcyon: CSM to CSM" in shown
        assert "Foreign" not in shown
        assert answer.context["ui"].inbox_count == 1
    assert "for Ops until " in text(cover.get(url(world, "handoffs")))
    page = text(cover.get(url(world, "handoff", row.id), headers=DRAWER))
    assert "When you accept on behalf of Ops Person" in page
    verdict = {"state": "accepted", "version": row.version, "answer": ""}
    assert cover.post(url(world, "handoff_answer", row.id), verdict).status_code == 302
    assert "Tom Okafor on behalf of Ops Person" in text(cover.get(url(world, "handoff", row.id)))
    assert 'id="inbox-handoffs"' not in text(cover.get(url(world, "inbox")))
    with world.open():
        assert Account.objects.get().owner == world.members["ops"]
    assert "Tom Okafor on behalf of Ops Person" in text(
        world.client("ops").get(url(world, "account_timeline", row.account_id))
    )


def test_a_check_can_have_a_note(tenant_open: World) -> None:
    """ROL-02: with or without a tick, changed, taken away; too long names its field, another list is a conflict."""
    world, ops = tenant_open, tenant_open.members["ops"]
    row = offered(world, customer(world))
    row = services.tick(handoff=row, position=0, done=True, note="  Told on\n Monday ", version=row.version, by=ops)
    assert (row.checklist[0]["done"], row.checklist[0]["note"]) == (True, "Told on Monday")
    row = services.tick(handoff=row, position=1, note="Half of it", version=row.version, by=ops)
    assert (row.checklist[1]["done"], row.checklist[1]["note"]) == (False, "Half of it")
    row = services.tick(handoff=row, position=0, done=False, version=row.version, by=ops)
    assert row.checklist[0]["note"] == "Told on Monday"
    same = services.tick(handoff=row, position=1, note="Half of it", version=row.version, by=ops)
    assert same.version == row.version
    row = services.tick(handoff=row, position=1, note="", version=row.version, by=ops)
    assert row.checklist[1]["note"] == ""
    with pytest.raises(DomainError) as refusal:
        services.tick(handoff=row, position=0, note="x" * (checklist.NOTE + 1), version=None, by=ops)
    assert set(refusal.value.fields) == {"note"}
    with pytest.raises(Conflict):
        services.tick(handoff=row, position=99, note="x", version=None, by=ops)


def test_notes_in_the_drawer_are_read_by_the_taker(world: World) -> None:
    """The giver writes, the taker reads; a handoff from before there were notes has none; what is over is only read."""
    with world.open():
        row = offered(world, customer(world))
        old = [{name: value for name, value in item.items() if name != "note"} for item in row.checklist]
        Handoff.objects.update(checklist=old)
    csm, ops = world.client("csm"), world.client("ops")
    answer = csm.post(
        url(world, "handoff_check", row.id), {"item": 2, "note": "Two <b>left</b>", "version": 1}, headers=DRAWER
    )
    assert '<details class="about" open>' in text(answer)
    page = text(ops.get(url(world, "handoff", row.id)))
    assert "Two &lt;b&gt;left&lt;/b&gt;" in page
    assert 'aria-checked="true"' not in page
    long = csm.post(url(world, "handoff_check", row.id), {"item": 2, "note": "x" * 501, "version": 2}, headers=DRAWER)
    assert long.status_code == 422
    with world.open():
        services.withdraw_handoff(handoff=row, version=None, by=None)
    page = text(ops.get(url(world, "handoff", row.id)))
    assert '<p class="about">Two &lt;b&gt;left&lt;/b&gt;</p>' in page
    assert 'name="note"' not in page


def lines(answer: Any) -> list[dict[str, str]]:
    assert answer["Content-Disposition"].startswith("attachment")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_handoffs_are_kept_as_a_file(worlds: tuple[World, World]) -> None:
    """What the reader sees, waiting and over, by kind where that is asked for; no formula, no row of another company."""
    world, _rival = worlds
    for each in worlds:
        with each.open():
            cover = cover_of(each)
            accept(ticked(offered(each, customer(each, f"=Halcyon {each.tenant.slug}"), note="Call")), cover)
            offered(each, customer(each, "Juniper"), "sales_cs", "csm", giver_name="Ruth", by=each.members["admin"])
    found = lines(world.client("admin").get(url(world, "handoffs_csv")))
    today = world.tenant.today().isoformat()
    assert [(row["account_name"], row["state"]) for row in found] == [
        ("'=Halcyon acme", "accepted"),
        ("Juniper", "open"),
    ]
    first, second = found
    assert (first["giver_email"], first["taker_email"]) == ("csm@acme.example", "ops@acme.example")
    assert (first["answered_by_email"], first["on_behalf_of"]) == ("tom@acme.example", "ops@acme.example")
    assert (first["checks"], first["checks_done"], first["moved_tasks"]) == ("6", "6", "0")
    assert (first["answered_on"], first["created_on"], first["note"]) == (today, today, "Call")
    assert (second["giver_email"], second["giver_name"], second["answered_on"]) == ("", "Ruth", "")
    only = lines(world.client("admin").get(url(world, "handoffs_csv") + "?kind=sales_cs"))
    assert [row["account_name"] for row in only] == ["Juniper"]
    assert lines(world.client("leader").get(url(world, "handoffs_csv"))) == []  # of another team
    sheet = load_workbook(io.BytesIO(world.client("admin").get(url(world, "handoffs_xlsx")).content)).active
    assert [cell.value for cell in sheet[1]] == list(first)
    assert sheet.max_row == 3
    assert sheet["C2"].value == "'=Halcyon acme"


def test_the_file_asks_as_much_for_many_as_for_one(world: World) -> None:
    with world.open():
        offered(world, customer(world))
    admin = world.client("admin")
    admin.get(url(world, "handoffs_csv"))
    with CaptureQueriesContext(connection) as few:
        admin.get(url(world, "handoffs_csv"))
    with world.open():
        for n in range(9):
            offered(world, customer(world, f"N{n}"))
    with CaptureQueriesContext(connection) as many:
        assert len(lines(admin.get(url(world, "handoffs_csv")))) == 10
    assert len(many) == len(few)
