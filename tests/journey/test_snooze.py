"""Tasks that sleep to an hour, and those that a fall of health wakes (ACC-15, HLT-05, DSH-03)."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from cs_platform.kernel.errors import DomainError
from journey.models import Task
from journey.work import cells, pool, selectors, services
from journey.work.forms import moment_of
from journey.work.formulas import in_an_hour, this_afternoon
from journey.work.reasons import back_text
from journey.work.waking import wake_fallen, woken
from tests.conftest import World
from tests.journey.test_tasks import DAY, make_account, make_task, today_of

pytestmark = pytest.mark.django_db
JAKARTA = ZoneInfo("Asia/Jakarta")
NOON = dt.datetime(2026, 11, 24, 12, 10, tzinfo=JAKARTA)  # 05:10 in London


@pytest.fixture
def clock(tenant_open: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A company in Jakarta, and a way to say how late it is there."""
    tenant_open.tenant.timezone = "Asia/Jakarta"
    tenant_open.tenant.save()

    def at(hour: int, minute: int = 0, day: int = 24) -> None:
        moment = dt.datetime(2026, 11, day, hour, minute, tzinfo=JAKARTA)
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment.astimezone(dt.UTC))

    at(12, 10)
    with timezone.override(JAKARTA):
        yield at


def snooze(world: World, task: Task, **more: Any) -> Task:
    values = {"until": today_of(world), "at": dt.time(15), "version": None, "by": world.members["csm"]} | more
    return services.snooze_task(task=task, **values)


def test_a_task_sleeps_to_an_hour_by_the_companys_clock(tenant_open: World, clock: Any) -> None:
    """DSH-03: until 15:00 in Jakarta it is in no list of work but that of what is put off; then it is due as before."""
    csm = tenant_open.members["csm"]
    task = snooze(tenant_open, make_task(tenant_open, make_account(tenant_open)))
    loose = snooze(tenant_open, make_task(tenant_open, title="Pooled", owner=None))
    today = today_of(tenant_open)
    assert selectors.is_snoozed(task, today)
    assert cells.when_text(task, tenant_open.tenant, today) == ("15:00", False)
    assert cells.due_line(task, today) == "Today, put off until Today 15:00"
    counted = selectors.counts(csm, today)
    assert (counted["mine"], counted["today"], counted["pool"], counted["snoozed"]) == (0, 0, 0, 1)
    assert not selectors.tasks_of(csm, today).exists()
    assert not selectors.due(csm, today, today).exists()
    assert pool.pool_tasks(csm, today) == []
    assert list(selectors.snoozed_tasks(csm, today)) == [task]
    clock(15)
    assert not selectors.is_snoozed(task, today)
    assert list(selectors.tasks_of(csm, today)) == [task]
    assert pool.pool_tasks(csm, today) == [loose]
    counted = selectors.counts(csm, today)
    assert (counted["mine"], counted["today"], counted["pool"], counted["snoozed"]) == (1, 1, 1, 0)
    clock(8, day=25)
    assert selectors.counts(csm, today_of(tenant_open))["late"] == 1


@pytest.mark.parametrize(
    ("days", "at", "good"),
    [
        (0, None, False),  # today is no day to come
        (0, dt.time(12, 10), False),
        (0, dt.time(12, 11), True),
        (-1, dt.time(23), False),
        (1, dt.time(0), True),
        (1, None, True),
        (9999, None, False),
    ],
)
def test_only_a_moment_that_lies_ahead_is_taken(
    tenant_open: World, clock: Any, days: int, at: dt.time | None, good: bool
) -> None:
    task = make_task(tenant_open)
    until = today_of(tenant_open) + days * DAY
    if good:
        assert snooze(tenant_open, task, until=until, at=at).snoozed_time == at
    else:
        with pytest.raises(DomainError) as refused:
            snooze(tenant_open, task, until=until, at=at)
        assert "snoozed_until" in refused.value.fields
        task.refresh_from_db()
        assert task.snoozed_until is None


def test_the_snoozed_come_in_the_order_of_their_moments(tenant_open: World, clock: Any) -> None:
    csm = tenant_open.members["csm"]
    today = today_of(tenant_open)
    for title, until, at in (
        ("next", today + DAY, None),
        ("nine", today + DAY, dt.time(9)),
        ("five", today, dt.time(17)),
        ("three", today, dt.time(15)),
    ):
        snooze(tenant_open, make_task(tenant_open, title=title, by=csm), until=until, at=at)
    assert [task.title for task in selectors.snoozed_tasks(csm, today)] == ["three", "five", "next", "nine"]


def test_the_moments_that_are_offered(tenant_open: World, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an hour, this afternoon while it is ahead, tomorrow at nine; an archive has no hours left."""
    offered = lambda: [one["value"] for one in cells.snooze_choices(None, tenant_open.tenant)]  # noqa: E731
    assert offered() == ["2026-11-24T13:10", "2026-11-24T14:00", "2026-11-25T09:00", "2026-11-30", "2026-12-08"]
    clock(23, 30)
    assert offered() == [
        "2026-11-25T00:30",
        "2026-11-25T09:00",
        "2026-11-30",
        "2026-12-08",
    ]  # what an hour hence takes is no day
    tenant_open.tenant.data_until = dt.date(2026, 11, 20)
    assert offered() == ["2026-11-21T09:00", "2026-11-23", "2026-12-04"]
    assert in_an_hour(NOON.replace(second=40)).time() == dt.time(13, 10)
    assert this_afternoon(NOON.replace(hour=13)) is None


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (("2026-11-24",), (dt.date(2026, 11, 24), None)),
        (("2026-11-24T09:00",), (dt.date(2026, 11, 24), dt.time(9))),
        (("2026-11-24", "16:30"), (dt.date(2026, 11, 24), dt.time(16, 30))),
        (("2026-11-24T25:00",), None),
        (("soon",), None),
        (("",), None),
        (("", "16:30"), None),
    ],
)
def test_a_moment_of_a_button_or_of_two_fields(texts: tuple[str, ...], found: Any) -> None:
    assert moment_of(*texts) == found


def band(account: Account, name: str) -> None:
    account.health_band = name
    account.save(update_fields=["health_band"])


def test_a_fall_of_health_wakes_what_waits_for_it_and_it_says_so(tenant_open: World, clock: Any) -> None:
    """ACC-15: worse than when it was put off, and not before; the same night twice leaves the same tables."""
    account = make_account(tenant_open, health_band="yellow")
    today = today_of(tenant_open)
    task, deaf = (make_task(tenant_open, account, title=title) for title in ("waits", "deaf"))
    alone = make_task(tenant_open, title="no account", owner=None)
    for one in (task, alone):
        snooze(tenant_open, one, until=today + 20 * DAY, at=None, wakes=True)
    snooze(tenant_open, deaf, until=today + 20 * DAY, at=None)
    alone.refresh_from_db()
    assert not alone.wakes
    assert wake_fallen(today) == 0
    band(account, "green")
    assert wake_fallen(today) == 0  # it rose
    band(account, "none")
    assert wake_fallen(today) == 0  # nothing is known of it: no fall
    band(account, "red")
    assert wake_fallen(today) == 1
    task.refresh_from_db()
    version = task.version
    assert (task.snoozed_until, task.snoozed_time, task.wakes) == (today, None, False)
    assert woken(task)
    assert "At risk" in back_text(task)
    assert "Critical" in back_text(task)
    assert cells.about(task).endswith("back because health fell")
    assert list(selectors.tasks_of(tenant_open.members["csm"], today)) == [task]
    assert wake_fallen(today) == 0
    task.refresh_from_db()
    assert task.version == version
    deaf.refresh_from_db()
    assert not woken(deaf)
    # Put off again it waits from Critical on, from where nothing is worse.
    snooze(tenant_open, task, until=today + 5 * DAY, at=None, wakes=True)
    assert wake_fallen(today) == 0
    task.refresh_from_db()
    assert back_text(task) == ""


def test_the_band_of_the_account_that_went_on_wakes_the_tasks_of_what_was_merged(
    tenant_open: World, clock: Any
) -> None:
    account = make_account(tenant_open, health_band="green")
    task = snooze(tenant_open, make_task(tenant_open, account), until=today_of(tenant_open) + 9 * DAY, wakes=True)
    account.merged_into = make_account(tenant_open, "Went on", health_band="red")
    account.save()
    assert wake_fallen(today_of(tenant_open)) == 1
    task.refresh_from_db()
    assert woken(task)


def test_nobody_elses_tasks_wake(world: World, rival: World) -> None:
    """Each company's night sees its own rows only."""
    for one in (world, rival):
        with one.open():
            account = make_account(one, health_band="green")
            snooze(one, make_task(one, account), until=today_of(one) + 9 * DAY, wakes=True)
            band(account, "red")
    with rival.open():
        assert wake_fallen(today_of(rival)) == 1
    with world.open():
        assert Task.objects.get().wakes


@pytest.mark.parametrize("verb", ["finish", "cancel", "move", "take", "wake"])
def test_what_ends_a_snooze_leaves_nothing_of_it(tenant_open: World, clock: Any, verb: str) -> None:
    csm = tenant_open.members["csm"]
    account = make_account(tenant_open, health_band="green")
    task = make_task(tenant_open, account, owner=None if verb == "take" else csm)
    snooze(tenant_open, task, wakes=True)
    match verb:
        case "finish":
            services.finish_task(task=task, version=None, by=csm)
        case "cancel":
            services.cancel_task(task=task, version=None, by=csm)
        case "move":
            services.move_task(task=task, due_on=today_of(tenant_open), version=None, by=csm)
        case "take":
            services.take_task(task=task, by=csm)
        case "wake":
            snooze(tenant_open, task, until=None)
    task.refresh_from_db()
    assert (task.snoozed_until, task.snoozed_time, task.wakes, task.snoozed_band) == (None, None, False, "")


def stored(world: World, task: Task) -> Task:
    with world.open():
        return Task.objects.get(id=task.id)


def test_the_page_takes_an_hour_and_says_it(world: World) -> None:
    """DSH-03: from a button and from the two fields; a moment that is none is refused and nothing is written."""
    with world.open():
        task = make_task(world, make_account(world, health_band="green"))
        tomorrow = today_of(world) + DAY
    client = Client()
    client.force_login(world.members["csm"].user)
    url = f"/t/{world.tenant.slug}/tasks/{task.id}/snooze/"
    headers = {"HTTP_HX_REQUEST": "true"}
    answer = client.post(url, {"until": f"{tomorrow}T09:00", "wakes": "1"}, **headers)
    assert answer.status_code == 204
    assert "09:00" in answer["HX-Trigger"]
    found = stored(world, task)
    assert (found.snoozed_until, found.snoozed_time, found.wakes, found.snoozed_band) == (
        tomorrow,
        dt.time(9),
        True,
        "green",
    )
    page = client.get(f"/t/{world.tenant.slug}/tasks/?whose=snoozed").content.decode()
    assert "Call the sponsor" in page
    client.post(url, {"day": str(tomorrow), "at": "16:30", "chosen": "1"}, **headers)
    assert stored(world, task).snoozed_time == dt.time(16, 30)
    assert not stored(world, task).wakes
    for bad in ({"day": "", "chosen": "1"}, {"until": "soon"}, {"day": "2020-01-01", "chosen": "1"}):
        assert client.post(url, bad, **headers).status_code == 422
    assert stored(world, task).snoozed_time == dt.time(16, 30)
    client.post(url, {}, **headers)
    assert stored(world, task).snoozed_until is None
