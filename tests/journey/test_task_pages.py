"""The list of tasks page by page (DSH-03, PERFORMANCE): by what the last row stood at, so that nothing moves under the reader."""

import datetime as dt
import html
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Account
from cs_platform.kernel.keyset import Page
from journey.enums import Urgency
from journey.models import Task
from journey.work import selectors, services
from journey.work.selectors import TaskQuery
from tests.conftest import World

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
BANDS = ("red", "yellow", "green", "none")
STRANGE = (
    "after=x", "after=~~~~", "before=%00", "after=" + "9" * 500,
    "after=01980000-0000-7000-8000-000000000000~2026-11-02~0~10:00",
    "after=01980000-0000-7000-8000-000000000000~2026-11-02~0~10:00%2B02:00~1",
    "after=01980000-0000-7000-8000-000000000000~2026-02-30~0~10:00~1",
    "after=01980000-0000-7000-8000-000000000000~2026-11-02~9223372036854775808~10:00~1",
    "after=01980000-0000-7000-8000-000000000000~2026-11-02~0~10:00~1%00",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _three_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "PAGE_SIZE", 3)


def tasks(world: World, count: int = 11) -> list[Task]:
    """Open tasks of the CSM of which many share day, urgency, hour and band; some have neither hour nor account."""
    accounts = [
        Account.objects.create(external_id=f"A-{band}", name=band, owner=world.members["csm"], health_band=band)
        for band in BANDS
    ]
    return [
        services.add_task(
            title=f"Task {n}",
            due_on=world.tenant.today() + (n % 3 - 1) * DAY,
            by=None,
            account=accounts[n % 5] if n % 5 < 4 else None,
            owner=world.members["csm"],
            due_at=dt.time(9 + n % 2) if n % 4 else None,
            urgency=Urgency.HIGH if n % 4 == 1 else Urgency.NORMAL,
        )
        for n in range(count)
    ]


def query(world: World, text: str, role: str = "csm") -> TaskQuery:
    return TaskQuery.parse(QueryDict(text), world.members[role])


def read(world: World, text: str, role: str = "csm") -> Page[Any]:
    return selectors.read_page(world.members[role], query(world, text, role), world.tenant.today())


def ids(page: Page[Any]) -> list[Any]:
    return [task.id for task in page.rows]


def forth_and_back(world: World, text: str, role: str) -> tuple[list[list[Any]], list[list[Any]]]:
    """The pages as they are met on the way to the end, and those on the way back."""
    page = read(world, text, role)
    forth = [ids(page)]
    while page.following:
        page = read(world, page.following, role)
        forth.append(ids(page))
        assert len(forth) < 30, "the pages never end"
    back = [ids(page)]
    while page.previous:
        page = read(world, page.previous, role)
        back.append(ids(page))
    return forth, back


def expected(rows: list[Task], whose: str) -> list[Any]:
    """The order in words of its own: day, urgent ones, hour with none at the end, worse band, id."""
    last = dt.time.max

    def key(task: Task) -> tuple[Any, ...]:
        band = BANDS.index(task.account.health_band) if task.account else 3
        if whose == "snoozed":
            return (task.snoozed_until, task.snoozed_time or dt.time(), band, task.id)
        return (task.due_on, task.urgency != Urgency.HIGH, task.due_at or last, band, task.id)

    return [task.id for task in sorted(rows, key=key)]


@pytest.mark.parametrize(("whose", "role"), [("mine", "csm"), ("team", "ops"), ("snoozed", "csm")])
def test_every_list_goes_page_by_page_both_ways(tenant_open: World, whose: str, role: str) -> None:
    """Each task once and in order, also where all columns but the id are equal; the way back shows the same pages."""
    world, rows = tenant_open, tasks(tenant_open)
    if whose == "snoozed":
        for n, task in enumerate(rows):
            hour = dt.time(8 + n % 2) if n % 3 else None
            until = world.tenant.today() + (1 + n % 2) * DAY
            services.snooze_task(task=task, until=until, at=hour, version=None, by=None)
    rows = list(Task.objects.select_related("account"))
    forth, back = forth_and_back(world, f"whose={whose}&due=all", role)
    assert [len(page) for page in forth] == [3, 3, 3, 2]
    assert [row for page in forth for row in page] == expected(rows, whose)
    assert back[::-1] == forth


def test_what_is_written_meanwhile_moves_no_later_page(tenant_open: World) -> None:
    """With an offset a task that comes in on top would show one twice, one that is done would leave one out."""
    world, _rows = tenant_open, tasks(tenant_open)
    first = read(world, "")
    second = read(world, first.following)
    third = ids(read(world, second.following))
    for n in range(4):
        services.add_task(title=f"New {n}", due_on=world.tenant.today() - 9 * DAY, by=None, owner=world.members["csm"])
    services.finish_task(task=first.rows[0], version=None, by=world.members["csm"])
    services.finish_task(task=first.rows[-1], version=None, by=world.members["csm"])
    assert ids(read(world, first.following)) == ids(second)
    Task.objects.filter(id=second.rows[-1].id).update(due_on=world.tenant.today() - 30 * DAY)
    assert ids(read(world, second.following)) == third, "the row that the page goes on after stands elsewhere by now"


def test_nothing_before_and_nothing_left_is_the_first_page(tenant_open: World) -> None:
    """On the way back the first page is whole, whatever came in; a page that was worked off leads there as well."""
    world, _rows = tenant_open, tasks(tenant_open)
    first = read(world, "")
    second = read(world, first.following)
    new = services.add_task(title="New", due_on=world.tenant.today() - 9 * DAY, by=None, owner=world.members["csm"])
    back = read(world, second.previous)
    assert new.id not in ids(back)
    top = read(world, back.previous)
    assert ids(top) == [new.id, *ids(first)[:2]]
    assert not top.previous
    Task.objects.exclude(id=new.id).update(state="done")
    assert ids(read(world, second.following)) == [new.id]
    assert not read(world, second.following).previous


def page_of(world: World, text: str, role: str = "csm") -> str:
    url = reverse("tasks", args=[world.tenant.slug])
    response = world.client(role).get(f"{url}?{text}")
    assert response.status_code == 200
    return response.content.decode()


def link(body: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="[^?"]*\??([^"]*)"', body)
    return html.unescape(found[1]) if found else ""


def titles(body: str) -> list[str]:
    return re.findall(r'id="task-[^"]*"[^>]*>([^<]*)</a>', body)


def test_pages_keep_their_filters_and_what_was_done_stands_on_the_first(world: World) -> None:
    """The addresses of the neighbours and of the list itself hold the filters; an offset of old says nothing."""
    with world.open():
        rows = tasks(world)
        done, other = rows[0], rows[4]
        services.finish_task(task=done, version=None, by=world.members["csm"])
        Task.objects.filter(id=other.id).update(work="renewal")
    body = page_of(world, "due=all")
    assert "Task 0" in titles(body)
    assert titles(page_of(world, "due=all&page=2")) == titles(body)
    following = link(body, "next")
    assert following.startswith("due=all&after=")
    second = page_of(world, following)
    assert "Task 0" not in titles(second)
    assert not set(titles(second)) & set(titles(body))
    assert f'hx-get="{reverse("tasks", args=[world.tenant.slug])}?{html.escape(following)}"' in second
    assert link(second, "prev").startswith("due=all&before=")
    assert titles(page_of(world, link(second, "prev"))) == titles(body)
    narrowed = page_of(world, "due=all&work=renewal&whose=mine&" + following.removeprefix("due=all&"))
    assert titles(narrowed) in ([], [other.title])


@pytest.mark.parametrize("strange", STRANGE)
def test_a_cursor_that_nobody_wrote_is_the_first_page(world: World, strange: str) -> None:
    with world.open():
        tasks(world, 4)
    for whose in ("mine", "snoozed", "pool"):
        assert titles(page_of(world, f"whose={whose}&{strange}")) == titles(page_of(world, f"whose={whose}"))


def test_a_row_of_another_company_opens_nothing(worlds: tuple[World, World]) -> None:
    """API-04: a cursor says where a list goes on, not whose list it is."""
    world, rival = worlds
    with world.open():
        tasks(world, 5)
        following = read(world, "").following
    with rival.open():
        assert read(rival, following).rows == []
        services.add_task(title="Theirs", due_on=rival.tenant.today() + DAY, by=None, owner=rival.members["csm"])
    assert titles(page_of(rival, following)) == ["Theirs"]


def test_a_later_page_asks_no_more_than_the_first(world: World) -> None:
    with world.open():
        tasks(world)
    counts = []
    for text in ("whose=team", "whose=team&due=all", link(page_of(world, "whose=team", "ops"), "next")):
        with CaptureQueriesContext(connection) as found:
            page_of(world, text, "ops")
        counts.append(len(found))
    assert len(set(counts)) == 1, counts


@settings(deadline=None)  # what is slow is the machine
@given(
    st.dictionaries(st.sampled_from(["whose", "due", "owner", "work", "segment", "after", "before"]), st.text()),
    st.sampled_from(["mine", "pool", "snoozed"]),
    st.tuples(st.uuids(), st.dates(), st.integers(0, 3), st.times()),
)
def test_any_address_is_read_and_written_canonically(params: dict[str, str], whose: str, place: Any) -> None:
    key, day, number, hour = place
    values = [day, hour, number] if whose == "snoozed" else [day, number, hour, number]
    data = QueryDict(mutable=True)
    data.update({"whose": whose, "after": "~".join(map(str, [key, *values]))} | params)
    for kind in ("own", "all"):
        state = TaskQuery.parse(data, _member(kind))
        again = TaskQuery.parse(QueryDict(state.address()), _member(kind))
        assert again == state
        assert again.address() == state.address()


def _member(scope: str) -> Any:
    return SimpleNamespace(role=SimpleNamespace(scope=scope))
