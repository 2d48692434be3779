"""Tasks: made once, done once, handed over, taken from the pool, commented (ACC-15, ROL-01, DSH-03)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Account, Contact, Member, Team
from accounts.services import add_member
from cs_platform.kernel.errors import Conflict, DomainError
from health.models import Alert
from journey.enums import Rhythm, TaskState, Why
from journey.models import Mention, Play, Playbook, PlaybookVersion, Task
from journey.work import bulk, pool, selectors, services, sharing
from journey.work.cells import reason_text
from journey.work.comments import comment, mentions_of, named_in, see_mentions
from journey.work.formulas import before_renewal, next_due, next_monday
from tests.conftest import World

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def today_of(world: World) -> dt.date:
    return world.tenant.today()


def make_account(world: World, name: str = "Halcyon Freight", owner: str | None = "csm", **fields: Any) -> Account:
    return Account.objects.create(
        external_id=name, name=name, owner=world.members[owner] if owner else None, status="live", **fields
    )


def make_task(world: World, account: Account | None = None, days: int = 0, **more: Any) -> Task:
    values = {"title": "Call the sponsor", "by": None, "account": account} | more
    return services.add_task(due_on=today_of(world) + days * DAY, **values)


def test_owner_is_the_accounts_unless_named(tenant_open: World) -> None:
    """ACC-15: a task falls to who looks after the account, to its author without one, to the pool where nobody is."""
    csm, leader = tenant_open.members["csm"], tenant_open.members["leader"]
    account, orphan = make_account(tenant_open), make_account(tenant_open, "Orphan", None)
    assert make_task(tenant_open, account, by=leader).owner == csm
    assert make_task(tenant_open, by=leader).owner == leader
    assert make_task(tenant_open, orphan, by=leader).owner is None
    assert make_task(tenant_open, account, owner=None).owner is None
    csm.is_active = False
    csm.save()
    account.refresh_from_db()
    assert make_task(tenant_open, account).owner is None


def test_same_task_is_made_once(tenant_open: World) -> None:
    """The night and a retried request make a task once: by its external id, by the step of a play."""
    account = make_account(tenant_open)
    version = PlaybookVersion.objects.create(playbook=Playbook.objects.create(key="save", name="Save"), number=1)
    play = Play.objects.create(playbook=version, account=account, as_of=today_of(tenant_open))
    first = make_task(tenant_open, account, play=play, step="call", why=Why.PLAYBOOK)
    assert make_task(tenant_open, account, play=play, step="call", why=Why.PLAYBOOK).id == first.id
    assert make_task(tenant_open, account, external_id="X-1").id == make_task(tenant_open, external_id="X-1").id
    assert Task.objects.count() == 2


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": "   "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"work": "dancing"}, "work"),
        ({"rhythm": "hourly"}, "rhythm"),
        ({"urgency": "!"}, "urgency"),
        ({"days": 4000}, "due_on"),
        ({"checklist": [{"text": str(n)} for n in range(51)]}, "checklist"),
    ],
)
def test_what_cannot_be_is_refused_by_field(tenant_open: World, more: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        make_task(tenant_open, **more)
    assert field in refused.value.fields
    assert not Task.objects.exists()


def test_person_writes_no_task_for_the_past(tenant_open: World) -> None:
    """A person does not; a file of another system, or a milestone that is over, may."""
    csm = tenant_open.members["csm"]
    with pytest.raises(DomainError):
        make_task(tenant_open, days=-1, by=csm)
    late = make_task(tenant_open, days=-3)
    services.edit_task(task=late, values={"title": "Call", "due_on": late.due_on}, version=1, by=csm)
    with pytest.raises(DomainError):
        services.edit_task(task=late, values={"due_on": late.due_on - DAY}, version=None, by=csm)
    with pytest.raises(DomainError):
        services.move_task(task=late, due_on=late.due_on, version=None, by=csm)


@pytest.mark.parametrize(
    "act",
    [
        lambda t, v, m: services.edit_task(task=t, values={"title": "Other"}, version=v, by=m),
        lambda t, v, m: services.finish_task(task=t, version=v, by=m),
        lambda t, v, m: services.cancel_task(task=t, version=v, by=m),
        lambda t, v, m: services.snooze_task(task=t, until=t.due_on + DAY, version=v, by=m),
        lambda t, v, m: services.assign_task(task=t, owner=None, version=v, by=m),
        lambda t, v, m: services.move_task(task=t, due_on=t.due_on + DAY, version=v, by=m),
        lambda t, v, m: services.check_item(task=t, position=0, done=True, version=v, by=m),
    ],
)
def test_stale_version_conflicts(tenant_open: World, act: Callable[..., Task]) -> None:
    """The second of two who change the same row is told (409), and nothing is written."""
    csm = tenant_open.members["csm"]
    task = make_task(tenant_open, make_account(tenant_open), checklist=[{"text": "Agenda"}])
    services.edit_task(task=task, values={"note": "Theirs"}, version=1, by=None)
    before = Task.objects.values().get()
    with pytest.raises(Conflict):
        act(task, 1, csm)
    assert Task.objects.values().get() == before
    assert act(task, 2, csm).version == 3


def test_done_is_kept_with_what_came_of_it_and_taken_back(tenant_open: World) -> None:
    csm, told = tenant_open.members["csm"], []
    hook = told.append
    services.SETTLED.append(hook)
    try:
        task = make_task(tenant_open, make_account(tenant_open), by=csm)
        done = services.finish_task(task=task, version=1, by=csm, result=" Meets on Friday ")
        assert (done.state, done.result, done.done_by) == (TaskState.DONE, "Meets on Friday", csm)
        again = services.finish_task(task=task, version=None, by=csm, result="Other")
        assert (again.version, again.result) == (done.version, "Meets on Friday")
        with pytest.raises(DomainError):
            services.snooze_task(task=task, until=task.due_on + DAY, version=None, by=csm)
        back = services.reopen_task(task=task, version=None, by=csm)
        assert (back.state, back.done_at, back.result) == (TaskState.OPEN, None, "")
    finally:
        services.SETTLED.remove(hook)
    assert [t.state for t in told] == [TaskState.DONE, TaskState.OPEN]


def test_task_that_comes_again_makes_its_next_one_once(tenant_open: World) -> None:
    """Done twice, or done, taken back and done again: one next task."""
    csm = tenant_open.members["csm"]
    items = [{"text": "Agenda", "done": True}]
    task = make_task(tenant_open, make_account(tenant_open), by=csm, rhythm=Rhythm.WEEKLY, checklist=items)
    services.finish_task(task=task, version=None, by=csm)
    services.finish_task(task=task, version=None, by=csm)
    following = Task.objects.get(follows=task)
    assert (following.due_on, following.owner, following.why) == (task.due_on + 7 * DAY, csm, Why.AGAIN)
    assert following.checklist == [{"text": "Agenda", "done": False}]
    services.reopen_task(task=task, version=None, by=csm)
    assert not Task.objects.filter(follows=task, state=TaskState.OPEN).exists()
    services.finish_task(task=task, version=None, by=csm)
    assert Task.objects.filter(follows=task, state=TaskState.OPEN).count() == 1
    touched = Task.objects.get(follows=task, state=TaskState.OPEN)
    services.edit_task(task=touched, values={"note": "Prepared"}, version=None, by=csm)
    services.reopen_task(task=task, version=None, by=csm)
    services.finish_task(task=task, version=None, by=csm)
    assert Task.objects.filter(follows=task, state=TaskState.OPEN).get().note == "Prepared"


def test_snoozed_task_is_due_when_it_comes_back(tenant_open: World) -> None:
    csm, today = tenant_open.members["csm"], today_of(tenant_open)
    task = make_task(tenant_open, make_account(tenant_open), days=-2)
    for until in (today, today - DAY, today + 4000 * DAY):
        with pytest.raises(DomainError):
            services.snooze_task(task=task, until=until, version=None, by=csm)
    services.snooze_task(task=task, until=today + 3 * DAY, version=None, by=csm)
    assert not selectors.tasks_of(csm, today).exists()
    assert [t.day for t in selectors.snoozed_tasks(csm, today)] == [today + 3 * DAY]
    assert list(selectors.grouped(list(selectors.tasks_of(csm, today + 3 * DAY)), today + 3 * DAY)) == ["today"]
    assert list(selectors.due(csm, today, today)) == []
    services.snooze_task(task=task, until=None, version=None, by=csm)
    assert list(selectors.grouped(list(selectors.due(csm, today, today)), today)) == ["late"]


def test_leader_sees_snoozed_tasks_of_red_accounts(tenant_open: World) -> None:
    csm, ops, today = tenant_open.members["csm"], tenant_open.members["ops"], today_of(tenant_open)
    red, green = make_account(tenant_open, health_band="red"), make_account(tenant_open, "B", health_band="green")
    for account in (red, green):
        task = make_task(tenant_open, account)
        services.snooze_task(task=task, until=today + DAY, version=None, by=csm)
    assert [t.account for t in selectors.snoozed_tasks(ops, today)] == [red]
    assert selectors.counts(ops, today)["snoozed"] == 1


def test_owner_must_see_the_account(tenant_open: World) -> None:
    """ROL-01: a task is handed to somebody who sees its account, and to nobody who left."""
    other = add_member(email="b@acme.example", name="Hassan Malik", role="csm", password="x")
    task = make_task(tenant_open, make_account(tenant_open))
    for act in (
        lambda who: services.assign_task(task=task, owner=who, version=None, by=None),
        lambda who: services.edit_task(task=task, values={"owner": who}, version=None, by=None),
        lambda who: make_task(tenant_open, task.account, owner=who),
    ):
        with pytest.raises(DomainError) as refused:
            act(other)
        assert "owner" in refused.value.fields
    free = make_task(tenant_open)
    assert services.assign_task(task=free, owner=other, version=None, by=None).owner == other
    other.is_active = False
    other.save()
    with pytest.raises(DomainError):
        services.assign_task(task=make_task(tenant_open), owner=other, version=None, by=None)


def test_who_sees_an_account_is_the_reverse_of_what_a_member_sees(tenant_open: World) -> None:
    """ROL-01: both directions agree for each role, with teams and without."""
    team, led = Team.objects.create(name="North"), Team.objects.create(name="Led", leader=tenant_open.members["leader"])
    people = [
        add_member(email=f"{role}{n}@acme.example", name=f"{role}{n}", role=role, password="x", team=where)
        for n, where in enumerate((None, team, led))
        for role in ("csm", "leader", "ops")
    ]
    everybody = [*Member.objects.select_related("role")]
    accounts = [make_account(tenant_open, "Nobody's", None)]
    for member in people:
        account = Account.objects.create(external_id=member.name, name=member.name, owner=member)
        accounts.append(account)
    for account in accounts:
        seeing = {m.id for m in everybody if Account.objects.visible_to(m).filter(id=account.id).exists()}
        assert set(sharing.who_sees(account).values_list("id", flat=True)) == seeing, account.name


def test_tasks_follow_the_sight_of_accounts(tenant_open: World) -> None:
    """ROL-01: a colleague's task is not to be seen; the pool is shared with the team and of what nobody owns."""
    team = Team.objects.create(name="North")
    csm = tenant_open.members["csm"]
    csm.team = team
    csm.save()
    mate = add_member(email="m@acme.example", name="Mate", role="csm", password="x", team=team)
    alien = add_member(email="a@acme.example", name="Alien", role="csm", password="x")
    account = make_account(tenant_open)
    owned = make_task(tenant_open, account)
    pooled = make_task(tenant_open, account, owner=None)
    orphan = make_task(tenant_open, make_account(tenant_open, "Orphan", None), owner=None)
    private = make_task(tenant_open, by=csm)

    def seen(member: Member) -> set[Task]:
        return set(sharing.visible_tasks(member))

    assert seen(csm) == {owned, pooled, orphan, private}
    assert seen(mate) == {pooled, orphan}
    assert seen(alien) == {orphan}
    assert seen(tenant_open.members["ops"]) == {owned, pooled, orphan, private}
    services.take_task(task=pooled, by=mate)
    assert pooled in seen(mate)
    assert seen(tenant_open.members["leader"]) == {orphan}


def test_task_of_the_pool_is_its_takers_for_four_hours(tenant_open: World) -> None:
    csm, ops, today = tenant_open.members["csm"], tenant_open.members["ops"], today_of(tenant_open)
    task = make_task(tenant_open, make_account(tenant_open), owner=None)
    taken = services.take_task(task=task, by=csm)
    hours = (taken.taken_until - timezone.now()).total_seconds() / 3600
    assert 3.9 < hours <= 4
    with pytest.raises(Conflict):
        services.take_task(task=task, by=ops)
    assert [t.id for t in selectors.tasks_of(csm, today)] == [task.id]
    Task.objects.update(taken_until=timezone.now() - DAY)
    assert not selectors.tasks_of(csm, today).exists()
    assert [t.id for t in pool.pool_tasks(ops, today)] == [task.id]
    assert selectors.counts(ops, today)["pool"] == 1
    assert services.take_task(task=task, by=ops).owner == ops
    kept = services.assign_task(task=task, owner=ops, version=None, by=ops)
    assert kept.taken_until is None


def test_task_of_the_pool_that_is_done_returns_to_it(tenant_open: World) -> None:
    """TCH-02: who did one of the pool without taking it keeps it done; opened again, or coming again, the pool has it."""
    csm, today = tenant_open.members["csm"], today_of(tenant_open)
    task = make_task(tenant_open, make_account(tenant_open), owner=None, rhythm=Rhythm.WEEKLY)
    done = services.finish_task(task=task, version=None, by=csm)
    assert (done.owner, done.done_by) == (csm, csm)
    assert pool.taken_lately(csm) == 1
    following = Task.objects.get(follows=task)
    assert following.owner is None
    assert sharing.waits(following)
    back = services.reopen_task(task=task, version=None, by=csm)
    assert sharing.waits(back)
    assert [t.id for t in pool.pool_tasks(csm, today)] == [task.id]
    taken = services.take_task(task=task, by=csm)
    assert not sharing.waits(taken)


def test_owner_must_see_the_account_that_a_task_moves_to(tenant_open: World) -> None:
    """ROL-01: a task of no account is given to one that its owner does not see only with another owner."""
    csm, ops = tenant_open.members["csm"], tenant_open.members["ops"]
    alien = make_account(tenant_open, "Alien", "ops")
    task = make_task(tenant_open, by=csm)
    with pytest.raises(DomainError) as refused:
        services.edit_task(task=task, values={"account": alien, "owner": csm}, version=None, by=ops)
    assert "owner" in refused.value.fields
    saved = services.edit_task(task=task, values={"account": alien, "owner": ops}, version=None, by=ops)
    assert (saved.account, saved.owner) == (alien, ops)


def test_pool_offers_by_need_language_and_what_one_does_most(tenant_open: World) -> None:
    """TCH-02: Critical first; in a band those who speak the customer's language; then the day, then the skill."""
    csm, today = tenant_open.members["csm"], today_of(tenant_open)
    csm.user.language = "id"
    csm.user.save()
    names = {}
    for name, band, language, days, work in (
        ("red", "red", "", 5, "renewal"),
        ("soon", "yellow", "en", 0, "renewal"),
        ("ours", "yellow", "id", 3, "renewal"),
        ("green", "green", "id", 0, "renewal"),
        ("skill", "yellow", "id", 3, "onboarding"),
    ):
        account = make_account(tenant_open, name, None, health_band=band)
        if language:
            Contact.objects.create(account=account, external_id=name, name="P", language=language)
        make_task(tenant_open, account, days, title=name, work=work)
        names[account.id] = name
    for _n in range(2):
        done = make_task(tenant_open, by=csm, work="onboarding")
        services.finish_task(task=done, version=None, by=csm)
    found, worker = pool.offer(csm, today)
    assert [names[o.task.account_id] for o in found] == ["red", "skill", "ours", "soon", "green"]
    assert (found[1].shared, found[1].done, worker.best) == ("id", 2, "onboarding")
    assert (found[3].shared, found[3].language) == ("", "en")
    assert pool.take_next(by=csm).title == "red"


def test_who_carries_too_much_is_offered_what_cannot_wait(tenant_open: World) -> None:
    """TCH-02: above twice the usual load only what is late or Critical."""
    csm, ops, today = tenant_open.members["csm"], tenant_open.members["ops"], today_of(tenant_open)
    make_task(tenant_open, by=ops)
    for _n in range(3):
        make_task(tenant_open, by=csm)
    make_task(tenant_open, make_account(tenant_open, "calm", None, health_band="green"), title="calm")
    make_task(tenant_open, make_account(tenant_open, "red", None, health_band="red"), 9, title="red")
    make_task(tenant_open, make_account(tenant_open, "late", None), -1, title="late")
    found, worker = pool.offer(csm, today)
    assert worker.is_heavy
    assert [o.task.title for o in found] == ["red", "late"]
    assert len(pool.offer(ops, today)[0]) == 3


def test_bulk_does_what_it_can_and_says_why_not(tenant_open: World) -> None:
    """Each row as a whole; an id that is nobody's here is counted."""
    foreign = tenant_open.members["csm"]  # the id of something else
    ops, today = tenant_open.members["ops"], today_of(tenant_open)
    good, over = make_task(tenant_open), make_task(tenant_open)
    services.cancel_task(task=over, version=None, by=ops)
    until = today + 2 * DAY
    act = lambda t: services.snooze_task(task=t, until=until, version=None, by=ops)  # noqa: E731 - a verb for the test
    result = bulk.each(ids=[good.id, over.id, foreign.id], by=ops, act=act)
    assert [t.id for t in result.done] == [good.id]
    assert [t.id for t, _why in result.refused] == [over.id]
    assert result.refused[0][1]
    assert result.gone == 1
    good.refresh_from_db()
    assert good.snoozed_until == until


def test_comment_names_people_who_see_the_account(tenant_open: World) -> None:
    """ROL-01: whoever does not see the account is not told of it, and the author learns that."""
    csm, ops = tenant_open.members["csm"], tenant_open.members["ops"]
    alien = add_member(email="alien@acme.example", name="Alien One", role="csm", password="x")
    task = make_task(tenant_open, make_account(tenant_open))
    with pytest.raises(DomainError):
        comment(task=task, text="  ", by=csm)
    with pytest.raises(DomainError) as refused:
        comment(task=task, text="Ask @alien one, please", by=csm)
    assert "Alien One" in refused.value.message
    assert not Mention.objects.exists()
    comment(task=task, text="@Ops Person please call; @csm@acme.example wrote", by=csm, mentioned=[ops])
    assert [m.member for m in Mention.objects.all()] == [ops]
    assert [m.comment.task for m in mentions_of(ops)] == [task]
    assert not mentions_of(alien).exists()
    assert see_mentions(member=ops, task_id=task.id) == 1
    assert see_mentions(member=ops) == 0


def test_longer_name_is_meant(tenant_open: World) -> None:
    short = add_member(email="s@acme.example", name="Ann", role="csm", password="x")
    long = add_member(email="l@acme.example", name="Ann Lee", role="csm", password="x")
    people = [short, long]
    assert named_in("@Ann Lee look", people) == [long]
    assert named_in("@Ann look, x@Ann not", people) == [short]
    assert named_in("@Annual report", people) == []


def test_checklist_is_ticked_item_by_item(tenant_open: World) -> None:
    task = make_task(tenant_open, checklist=[{"text": "Agenda"}, {"text": " "}, {"text": "Slides", "done": True}])
    assert task.checklist == [{"text": "Agenda", "done": False}, {"text": "Slides", "done": True}]
    row = services.check_item(task=task, position=0, done=True, version=1, by=None)
    assert [item["done"] for item in row.checklist] == [True, True]
    with pytest.raises(Conflict):
        services.check_item(task=task, position=7, done=True, version=None, by=None)


def test_counts_and_lists_agree(tenant_open: World) -> None:
    """DSH-03: the number beside a list is the length of the list."""
    csm, today = tenant_open.members["csm"], today_of(tenant_open)
    account = make_account(tenant_open, mrr_minor=1000)
    for days in (-2, 0, 0, 3, 7, 8, 40):
        make_task(tenant_open, account, days)
    make_task(tenant_open, account, owner=None)
    other = make_task(tenant_open, make_account(tenant_open, "B", mrr_minor=500), -1)
    services.snooze_task(task=other, until=today + DAY, version=None, by=csm)
    found = selectors.counts(csm, today)
    rows = list(selectors.tasks_of(csm, today))
    groups = selectors.grouped(rows, today)
    assert {name: len(g) for name, g in groups.items()} == {"late": 1, "today": 2, "week": 2, "later": 2}
    assert found == {"mine": 5, "late": 1, "today": 2, "team": 5, "pool": 1, "snoozed": 1}
    assert selectors.money_behind(csm, today) == 1000
    assert len(pool.pool_tasks(csm, today)) == 1


def test_why_follows_the_alert(tenant_open: World) -> None:
    """HLT-05: a task made from an alert says so."""
    account = make_account(tenant_open)
    alert = Alert.objects.create(account=account, rule="silence", as_of=today_of(tenant_open))
    assert make_task(tenant_open, account, alert=alert).why == Why.ALERT


def test_rival_has_none_of_it(worlds: tuple[World, World]) -> None:
    """Tenant isolation: neither lists nor the pool nor names of members cross."""
    world, rival = worlds
    with world.open():
        task = make_task(world, make_account(world), owner=None)
        make_task(world, by=world.members["ops"])
    with rival.open():
        ops, today = rival.members["ops"], today_of(rival)
        assert not sharing.visible_tasks(ops).exists()
        assert not pool.pool_tasks(ops, today)
        assert sum(selectors.counts(ops, today).values()) == 0
        with pytest.raises(Task.DoesNotExist):
            services.finish_task(task=task, version=None, by=ops)


WEEKDAYS = lambda day: day.weekday() < 5  # noqa: E731 - the usual week


@given(
    rhythm=st.sampled_from([Rhythm.DAILY, Rhythm.WEEKLY, Rhythm.MONTHLY, Rhythm.QUARTERLY]),
    due=st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)),
    late=st.integers(-400, 400),
)
def test_next_day_lies_ahead_of_both(rhythm: Rhythm, due: dt.date, late: int) -> None:
    """The next one is due after this one and after today, and keeps the weekday of a weekly one."""
    today = due + dt.timedelta(days=late)
    day = next_due(rhythm, due, today, WEEKDAYS)
    assert day is not None
    assert day > due
    assert day > today
    if rhythm == Rhythm.WEEKLY:
        assert day.weekday() == due.weekday()
        assert late < 0 or day - today <= dt.timedelta(days=7)
    if rhythm == Rhythm.DAILY:
        assert WEEKDAYS(day)


def test_days_of_the_examples() -> None:
    assert next_due(Rhythm.MONTHLY, dt.date(2026, 1, 31), dt.date(2026, 1, 31), WEEKDAYS) == dt.date(2026, 2, 28)
    assert next_due(Rhythm.WEEKLY, dt.date(2026, 11, 3), dt.date(2026, 11, 12), WEEKDAYS) == dt.date(2026, 11, 17)
    assert next_due(Rhythm.DAILY, dt.date(2026, 11, 20), dt.date(2026, 11, 20), WEEKDAYS) == dt.date(2026, 11, 23)
    assert next_due(Rhythm.NONE, dt.date(2026, 11, 20), dt.date(2026, 11, 20), WEEKDAYS) is None
    assert before_renewal(dt.date(2026, 12, 29), dt.date(2026, 11, 22)) == dt.date(2026, 12, 15)
    assert before_renewal(dt.date(2026, 12, 1), dt.date(2026, 11, 22)) is None
    assert next_monday(dt.date(2026, 11, 22)) == dt.date(2026, 11, 23)
    assert next_monday(dt.date(2026, 11, 23)) == dt.date(2026, 11, 30)


def test_task_names_its_play_in_the_readers_language(tenant_open: World) -> None:
    """1K: a playbook of the product is called alike on its own page and on its tasks; one that was renamed keeps its name."""
    account = make_account(tenant_open)
    book = Playbook.objects.create(key="save", name="Save play")
    version = PlaybookVersion.objects.create(playbook=book, number=1, steps=[{"key": "call"}])
    play = Play.objects.create(playbook=version, account=account, as_of=today_of(tenant_open))
    task = make_task(tenant_open, account, play=play, step="call", why=Why.PLAYBOOK)
    with translation.override("id"):
        assert reason_text(task).startswith("Rencana penyelamatan")
        book.name = "Rescue"
        assert reason_text(task).startswith("Rescue")
