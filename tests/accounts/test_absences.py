"""Absences: who may write them, what is refused, and whom the cover stands in for, day by day (ROL-02)."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import absences
from accounts.models import Absence, Account, Member, Team
from accounts.services import add_member
from cs_platform.kernel.access import Scope
from cs_platform.kernel.errors import Conflict, DomainError, NotAllowed
from cs_platform.kernel.models import AuditEntry
from health.alerts.selectors import visible_alerts
from health.models import Alert
from journey.enums import Doer
from journey.models import Play, Playbook, PlaybookVersion, Task
from journey.playbooks import jobs
from journey.work import selectors, services, sharing
from tests.conftest import World

pytestmark = pytest.mark.django_db


def day(world: World, days: int = 0) -> dt.date:
    return world.tenant.today() + dt.timedelta(days=days)


def cover_of(world: World, name: str = "Tom Okafor", scope: str = Scope.OWN) -> Member:
    member = add_member(email=f"{name.split()[0].lower()}@{world.tenant.slug}.example", name=name, role="csm")
    if scope != Scope.OWN:
        member.role.scope = scope
        member.role.save()
    return member


def make_account(world: World, name: str = "Halcyon Freight", owner: str | None = "csm") -> Account:
    owner_row = world.members[owner] if owner else None
    return Account.objects.create(external_id=name, name=name, owner=owner_row, status="live")


def note(world: World, cover: Member | None, first: int = 0, last: int = 4, **more: Any) -> Absence:
    values: dict[str, Any] = {"member": world.members["csm"], "by": world.members["admin"]} | more
    return absences.note_absence(first_on=day(world, first), last_on=day(world, last), cover=cover, **values)


def names(rows: Any) -> set[str]:
    return {row.name for row in rows}


@pytest.mark.parametrize(("first", "last", "sees"), [(0, 0, True), (-3, 2, True), (-3, -1, False), (1, 3, False)])
def test_cover_sees_accounts_and_tasks_on_these_days_only(
    worlds: tuple[World, World], first: int, last: int, sees: bool
) -> None:
    """ROL-02: from the first to the last day, both included, by the company's calendar; never another company's."""
    world, rival = worlds
    with rival.open():
        make_account(rival)
        absences.note_absence(
            member=rival.members["csm"], cover=cover_of(rival), first_on=day(rival), last_on=day(rival), by=None
        )
    with world.open():
        tom = cover_of(world)
        account = make_account(world)
        task = services.add_task(title="Call the sponsor", due_on=day(world), by=None, account=account)
        own = services.add_task(title="Sort the notes", due_on=day(world), by=world.members["csm"])
        alert = Alert.objects.create(account=account, rule="turned_red", level="critical", as_of=day(world))
        Absence.objects.create(
            member=world.members["csm"], cover=tom, first_on=day(world, first), last_on=day(world, last)
        )
        accounts, alerts = Account.objects.visible_to(tom), visible_alerts(tom)
        assert set(accounts) == ({account} if sees else set())
        assert set(alerts) == ({alert} if sees else set())
        assert set(sharing.visible_tasks(tom)) == ({task, own} if sees else set())
        assert set(selectors.tasks_of(tom, day(world))) == ({task, own} if sees else set())
        assert (tom in sharing.who_sees(account)) is sees
        assert selectors.counts(tom, day(world))["mine"] == (2 if sees else 0)


def test_cover_does_the_work_of_who_is_away(tenant_open: World) -> None:
    """ROL-02: a task of who is away is done by the cover and can be given to them; the owner's own view stays."""
    csm, tom = tenant_open.members["csm"], cover_of(tenant_open)
    account = make_account(tenant_open)
    task = services.add_task(title="Call", due_on=day(tenant_open), by=csm, account=account)
    with pytest.raises(DomainError, match="does not see"):
        services.assign_task(task=task, owner=tom, version=None, by=csm)
    note(tenant_open, tom)
    services.finish_task(task=task, version=None, by=tom)
    task.refresh_from_db()
    assert (task.done_by, task.owner) == (tom, csm)
    assert set(Account.objects.visible_to(csm)) == {account}
    other = services.add_task(title="Again", due_on=day(tenant_open), by=csm, account=account)
    services.assign_task(task=other, owner=tom, version=None, by=csm)


def test_team_scope_sees_the_covered_book_beside_the_teams(tenant_open: World) -> None:
    """ROL-01 with ROL-02: a leader who stands in for somebody of another team sees that book too, nothing twice."""
    leader, csm = tenant_open.members["leader"], tenant_open.members["csm"]
    team = Team.objects.create(name="North", leader=leader)
    mate = cover_of(tenant_open, "Ida Berg")
    Member.objects.filter(id=mate.id).update(team=team)
    Account.objects.create(external_id="N", name="Of the team", owner=mate, status="live")
    make_account(tenant_open)
    assert names(Account.objects.visible_to(leader)) == {"Of the team"}
    note(tenant_open, leader, member=csm)
    assert sorted(row.name for row in Account.objects.visible_to(leader)) == ["Halcyon Freight", "Of the team"]


def test_cover_is_not_passed_on(tenant_open: World) -> None:
    """ROL-02: who covers a cover sees the cover's own book only, and steps of plays fall to nobody's absent cover."""
    tom, ida = cover_of(tenant_open), cover_of(tenant_open, "Ida Berg")
    make_account(tenant_open)
    note(tenant_open, tom)
    assert absences.standing_in(day(tenant_open)) == {tenant_open.members["csm"].id: tom}
    late = note(tenant_open, ida, member=tom)
    assert not Account.objects.visible_to(ida).exists()
    assert absences.standing_in(day(tenant_open)) == {tom.id: ida}
    rows = list(absences.absences_for(tenant_open.members["admin"]))
    said = absences.warnings(rows, day(tenant_open))
    assert late.id not in said
    assert "is away too" in said[Absence.objects.get(cover=tom).id]
    nobody = note(tenant_open, None, member=ida)
    assert "Nobody covers" in absences.warnings([nobody], day(tenant_open))[nobody.id]
    assert absences.warnings([nobody], day(tenant_open, 9)) == {}


@pytest.mark.parametrize(
    ("first", "last", "more", "field"),
    [
        (4, 2, {}, "last_on"),
        (-9, -1, {}, "last_on"),
        (0, 900, {}, "last_on"),
        (-400, 0, {}, "first_on"),
        (900, 901, {}, "first_on"),
        (0, 1, {"note": "x" * 201}, "note"),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    tenant_open: World, first: int, last: int, more: dict[str, Any], field: str
) -> None:
    """ROL-02: days in the wrong order, over, or too many name their field."""
    with pytest.raises(DomainError) as refused:
        note(tenant_open, None, first, last, **more)
    assert set(refused.value.fields) == {field}
    assert not Absence.objects.exists()


def test_two_absences_of_one_member_never_overlap(tenant_open: World) -> None:
    """ROL-02: a day belongs to one absence; the day after the last one is free, and somebody else's is no matter."""
    note(tenant_open, None, 3, 6)
    for first, last in ((6, 8), (1, 3), (4, 5), (0, 9)):
        with pytest.raises(DomainError) as refused:
            note(tenant_open, None, first, last)
        assert set(refused.value.fields) == {"first_on"}
    note(tenant_open, None, 7, 8)
    note(tenant_open, None, 4, 5, member=tenant_open.members["leader"])
    assert Absence.objects.count() == 3


def test_cover_is_another_active_member_who_may_change_accounts(tenant_open: World) -> None:
    """ROL-02: oneself, somebody who left and somebody who only reads cannot stand in; the database says so of oneself too."""
    csm, left = tenant_open.members["csm"], cover_of(tenant_open)
    Member.objects.filter(id=left.id).update(is_active=False)
    left.refresh_from_db()
    for cover in (csm, left, tenant_open.members["executive"]):
        with pytest.raises(DomainError) as refused:
            note(tenant_open, cover)
        assert set(refused.value.fields) == {"cover"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(member=csm, cover=csm, first_on=day(tenant_open), last_on=day(tenant_open))


def test_who_may_write_whose_absence(tenant_open: World) -> None:
    """ROL-02: the own one, those of the team, everybody's for who manages members or sees all."""
    members = tenant_open.members
    mate = cover_of(tenant_open)
    Member.objects.filter(id=mate.id).update(team=Team.objects.create(name="North", leader=members["leader"]))
    assert set(absences.noted_by(members["csm"])) == {members["csm"]}
    assert set(absences.noted_by(members["leader"])) == {members["leader"], mate}
    assert members["csm"] in absences.noted_by(members["admin"])
    assert members["csm"] in absences.noted_by(members["ops"])
    with pytest.raises(NotAllowed):
        note(tenant_open, None, by=members["csm"], member=mate)
    row = note(tenant_open, None, by=members["leader"], member=mate)
    with pytest.raises(NotAllowed):
        absences.end_absence(absence=row, version=None, by=members["csm"])
    assert set(absences.absences_for(members["csm"])) == set()


def test_change_asks_for_the_version_and_says_what_changed(tenant_open: World) -> None:
    """ROL-02: two people who change one do not overwrite each other; the trail keeps both."""
    csm, tom = tenant_open.members["csm"], cover_of(tenant_open)
    row = note(tenant_open, None, 2, 4)
    row = absences.change_absence(absence=row, values={"cover": tom, "last_on": day(tenant_open, 6)}, version=1, by=csm)
    assert (row.version, row.cover, row.last_on) == (2, tom, day(tenant_open, 6))
    with pytest.raises(Conflict):
        absences.change_absence(absence=row, values={"note": "sea"}, version=1, by=csm)
    same = absences.change_absence(absence=row, values={"cover": tom}, version=2, by=csm)
    assert same.version == 2
    changes = AuditEntry.objects.filter(table="accounts_absence", action="update").values_list("changes", flat=True)
    assert any("last_on" in change for change in changes)


def test_they_are_back(tenant_open: World) -> None:
    """ROL-02: ending today makes yesterday the last day; what has not begun goes; what is over is history."""
    tom = cover_of(tenant_open)
    make_account(tenant_open)
    row = note(tenant_open, tom, -2, 3)
    assert Account.objects.visible_to(tom).exists()
    ended = absences.end_absence(absence=row, version=row.version, by=tenant_open.members["csm"])
    assert ended is not None
    assert ended.last_on == day(tenant_open, -1)
    assert not Account.objects.visible_to(tom).exists()
    with pytest.raises(DomainError):
        absences.end_absence(absence=ended, version=None, by=None)
    assert absences.end_absence(absence=note(tenant_open, tom, 0, 3), version=None, by=None) is None
    assert absences.end_absence(absence=note(tenant_open, tom, 2, 3), version=None, by=None) is None
    assert Absence.objects.count() == 1


def test_sight_costs_no_query_more_and_no_join(tenant_open: World) -> None:
    """PERFORMANCE: the cover's list is one statement, without a join that could show an account twice."""
    tom = cover_of(tenant_open)
    tom.tenant = tenant_open.tenant
    make_account(tenant_open)
    note(tenant_open, tom)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert len(Account.objects.visible_to(tom)) == 1
    assert len(asked) == 1
    assert "JOIN" not in asked[0]["sql"]


@pytest.mark.parametrize("left", [False, True])
def test_step_of_a_play_falls_to_the_cover(tenant_open: World, left: bool) -> None:
    """ROL-02: on a day of the absence the cover gets the owner's step, also of an owner who left; before and after the
    owner's rule holds."""
    csm, tom = tenant_open.members["csm"], cover_of(tenant_open)
    account = make_account(tenant_open)
    version = PlaybookVersion.objects.create(playbook=Playbook.objects.create(key="save", name="Save"), number=1)
    play = Play.objects.create(playbook=version, account=account, as_of=day(tenant_open))
    note(tenant_open, tom, 0, 2)
    Member.objects.filter(id=csm.id).update(is_active=not left)
    assert jobs._People([play], day(tenant_open, 2)).doer(play, Doer.OWNER) == tom
    assert jobs._People([play], day(tenant_open, 3)).doer(play, Doer.OWNER) == (None if left else csm)
    Member.objects.filter(id=tom.id).update(is_active=False)
    assert jobs._People([play], day(tenant_open, 2)).doer(play, Doer.OWNER) == (None if left else csm)


def test_who_is_told_for_whom(tenant_open: World) -> None:
    """ROL-02: the chip names who is away and until when; rows of one's own ask nothing."""
    csm, tom = tenant_open.members["csm"], cover_of(tenant_open)
    note(tenant_open, tom, 0, 4)
    said = absences.told_for(tom, [csm.id, tom.id, None], day(tenant_open))
    assert set(said) == {csm.id}
    assert said[csm.id].startswith("for Csm until ")
    with CaptureQueriesContext(connection) as asked:
        assert absences.told_for(tom, [tom.id, None], day(tenant_open)) == {}
    assert len(asked) == 0
    assert Task.objects.count() == 0


def test_pages_of_the_cover(worlds: tuple[World, World]) -> None:
    """ROL-02: Today, Tasks and the account list of the cover show the covered book with a chip; the header says who is
    away; another company's absence shows nowhere."""
    world = worlds[0]
    for each in worlds:
        with each.open():
            tom = cover_of(each)
            account = make_account(each, f"Halcyon of {each.tenant.slug}")
            services.add_task(title="Call the sponsor", due_on=day(each), by=None, account=account)
            note(each, tom)
            each.members["tom"] = tom
    client = world.client("tom")
    for path in ("today/", "tasks/"):
        text = client.get(world.url(path)).content.decode()
        assert "Halcyon of acme" in text
        assert "Halcyon of rival" not in text
        assert "for Csm until" in text
    assert "Halcyon of acme" in client.get(world.url("accounts/?owner=me")).content.decode()
    with world.open():
        key = Account.objects.get().id
    header = client.get(world.url(f"accounts/{key}/")).content.decode()
    assert "away until" in header
    assert "covered by Tom Okafor" in header
    assert "You stand in for" in client.get(world.url("away/")).content.decode()
    own = world.client("csm").get(world.url("tasks/")).content.decode()
    assert "Call the sponsor" in own
    assert "for Csm until" not in own


def test_away_page_notes_changes_and_ends(worlds: tuple[World, World]) -> None:
    """ROL-02: a CSM writes the own absence, sees what is wrong at its field, and comes back earlier; a leader's choice is
    the team's; nobody reaches another company's."""
    world, rival = worlds
    with world.open():
        tom = cover_of(world)
    with rival.open():
        theirs = note(rival, None)
    client = world.client("csm")
    assert "No absence noted" in client.get(world.url("away/")).content.decode()
    values = {
        "member": str(world.members["csm"].id), "first_on": day(world, -1).isoformat(), "last_on": day(world, 3).isoformat(),
        "cover": str(tom.id), "note": "",
    }  # fmt: skip
    wrong = client.post(world.url("away/new/"), values | {"last_on": day(world, -5).isoformat()})
    assert wrong.status_code == 422
    assert "It ends before it begins." in wrong.content.decode()
    assert client.post(world.url("away/new/"), values | {"member": str(tom.id)}).status_code == 422
    assert client.post(world.url("away/new/"), values).status_code == 302
    with world.open():
        row = Absence.objects.get()
    page = client.get(world.url("away/")).content.decode()
    assert "Away now" in page
    assert "Tom Okafor" in page
    edit = {"version": "1", "first_on": values["first_on"], "last_on": values["last_on"], "cover": "", "note": "sea"}
    assert client.post(world.url(f"away/{row.id}/"), edit).status_code == 302
    assert "Nobody covers" in client.get(world.url("away/")).content.decode()
    stale = client.post(world.url(f"away/{row.id}/"), edit | {"note": "hills"})
    assert stale.status_code == 409
    assert client.post(world.url(f"away/{row.id}/end/")).status_code == 302
    with world.open():
        assert Absence.objects.get().last_on == day(world, -1)
    assert client.get(world.url(f"away/{theirs.id}/")).status_code == 404
    assert world.client("leader").get(world.url(f"away/{row.id}/")).status_code == 404
    settings = world.client("admin").get(world.url("settings/absences/")).content.decode()
    assert "Csm Person" in settings
    with rival.open():
        assert Absence.objects.get().last_on == day(rival, 4)


def test_away_page_costs_the_same_for_many(world: World) -> None:
    """PERFORMANCE: the number of queries does not grow with the absences."""
    client = world.client("admin")
    with world.open():
        tom = cover_of(world)
        note(world, tom)
    client.get(world.url("away/"))
    with CaptureQueriesContext(connection) as few:
        client.get(world.url("away/"))
    with world.open():
        for n in range(8):
            note(world, tom, 10 * (n + 1), 10 * (n + 1) + 2)
    with CaptureQueriesContext(connection) as many:
        client.get(world.url("away/"))
    assert len(many) == len(few) <= 18
