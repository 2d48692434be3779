"""Mentions, decisions, handoffs and alerts page by page (PAGES, ROL-02, JRN-24, HLT-05, PERFORMANCE): a page goes on after
the row that the last one ended with, so that what is written meanwhile shows nothing twice and leaves nothing out."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from health.alerts import selectors as alerts
from health.models import Alert
from journey.handoffs import selectors as handoffs
from journey.models import Handoff, Mention, Regression
from journey.views import decisions, tasks
from journey.work.comments import comment
from tests.conftest import World
from tests.journey.test_handoffs import customer, offered
from tests.journey.test_inbox_work import propose
from tests.journey.test_tasks import make_account, make_task

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
FIRST = dt.datetime(2026, 10, 1, 9, 30, 0, 250, tzinfo=dt.UTC)


def mention(world: World, n: int) -> None:
    task = make_task(world, make_account(world, f"Row {n}"), title=f"Row {n}")
    comment(task=task, text="@csm@acme.example look", by=world.members["ops"])


def decision(world: World, n: int) -> None:
    row = propose(customer(world, f"Row {n}"))
    Regression.objects.filter(id=row.id).update(opened_at=FIRST + n // 2 * DAY)


def handoff(world: World, n: int) -> None:
    day = world.tenant.today() + (n % 3) * DAY
    offered(world, customer(world, f"Row {n}", "ops"), "onb_csm", "csm", by=world.members["ops"], due_on=day)


def over(world: World, n: int) -> None:
    handoff(world, n)
    at = FIRST + n // 2 * DAY if n % 4 else None  # one that a program ended without saying when
    Handoff.objects.filter(account__name=f"Row {n}").update(state="declined", answered_at=at)


def unowned(world: World, n: int) -> None:
    day = world.tenant.today() - (n % 3) * DAY
    customer(world, f"Row {n}", None, customer_since=day, signed_on=day if n % 4 else None)


def alert(world: World, n: int, **fields: Any) -> Alert:
    values = {"rule": "silence", "as_of": dt.date(2026, 10, 1), "level": ("critical", "warning", "info")[n % 3]}
    quiet = {"inputs": {"cause": "", "word": None, "meeting": None, "quiet": 40.0}, "opened_at": FIRST + n // 4 * DAY}
    return Alert.objects.create(account=customer(world, f"Row {n}"), **(values | quiet | fields))


def answered(world: World, n: int) -> None:
    day = None if n % 4 == 0 else dt.date(2026, 11, 1 + n % 3)
    alert(world, n, answer="Call", answered_at=FIRST, due_on=day)


def ended(world: World, n: int) -> None:
    alert(world, n, state="closed", ended_at=FIRST + n // 2 * DAY)


@dataclass(frozen=True)
class Case:
    path: str
    fill: Callable[[World, int], Any]
    size: tuple[Any, str]  # where the rows of a page stand
    drop: Callable[[str], Any]  # takes the row of this name out of the list
    named: str = "name"  # what names a row
    rows: str = "rows"


def unmention(name: str) -> None:
    Mention.objects.filter(comment__task__title=name).delete()


def settle(name: str) -> None:
    Regression.objects.filter(track__account__name=name).update(state="declined")


def rekind(name: str) -> None:
    """From the lists of both states: what is over waits again, what waits is over."""
    rows = Handoff.objects.filter(account__name=name)
    rows.update(state="open" if rows.get().state != "open" else "withdrawn", answered_at=None)


def give(name: str) -> None:
    Account.objects.filter(name=name).update(status="churned")


def remake(name: str) -> None:
    """An alert in another state stands in another list."""
    rows = Alert.objects.filter(account__name=name)
    rows.update(state="open" if rows.get().state == "closed" else "closed", ended_at=FIRST, answered_at=None)


CASES = {
    "mentions": Case("inbox/mentions/", mention, (tasks, "SHOWN"), unmention, "task"),
    "decisions": Case("journey/decisions/", decision, (decisions, "SHOWN"), settle, "title"),
    "handoffs": Case("handoffs/", handoff, (handoffs, "PAGE_SIZE"), rekind, "account"),
    "over": Case("handoffs/?view=ended", over, (handoffs, "PAGE_SIZE"), rekind, "account"),
    "unowned": Case("handoffs/?view=missing", unowned, (handoffs, "PAGE_SIZE"), give, rows="missing"),
    "alerts": Case("inbox/", alert, (alerts, "PAGE_SIZE"), remake, "account"),
    "answered": Case("inbox/?state=answered", answered, (alerts, "PAGE_SIZE"), remake, "account"),
    "ended": Case("inbox/?state=ended", ended, (alerts, "PAGE_SIZE"), remake, "account"),
}


@dataclass(frozen=True)
class Seen:
    """A page as a reader meets it."""

    names: list[str]
    previous: str
    following: str


def role(case: Case) -> str:
    return "ops" if case.fill is unowned else "csm"


def read(world: World, case: Case, url: str) -> Seen:
    answer = world.client(role(case)).get(url)
    assert answer.status_code == 200
    names = [str(_named(row, case.named)) for row in answer.context[case.rows]]
    assert all(name in answer.content.decode() for name in names)
    foot = answer.context["foot"]
    return Seen(names, foot["previous_url"], foot["next_url"])


def _named(row: Any, name: str) -> Any:
    found = row[name] if isinstance(row, dict) else getattr(row, name)
    return getattr(found, "name", found)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    found = CASES[request.param]
    monkeypatch.setattr(*found.size, 3)
    return found


def fill(world: World, case: Case, numbers: range) -> None:
    with world.open():
        for n in numbers:
            case.fill(world, n)


def test_every_row_stands_on_one_page_forth_and_back(world: World, case: Case) -> None:
    """Also where rows are equal in all that they are ordered by, and where a day is missing."""
    fill(world, case, range(11))
    page = read(world, case, world.url(case.path))
    assert not page.previous
    forth = [page.names]
    while page.following:
        page = read(world, case, page.following)
        forth.append(page.names)
        assert len(forth) < 9, "the pages never end"
    assert [len(names) for names in forth] == [3, 3, 3, 2]
    assert sorted(name for names in forth for name in names) == sorted(f"Row {n}" for n in range(11))
    back = [page.names]
    while page.previous:
        page = read(world, case, page.previous)
        back.append(page.names)
    assert back[::-1] == forth


def test_what_is_written_meanwhile_moves_no_later_page(world: World, case: Case) -> None:
    fill(world, case, range(8))
    first = read(world, case, world.url(case.path))
    second = read(world, case, first.following)
    with world.open():
        case.drop(first.names[0])
    fill(world, case, range(20, 23))
    again = read(world, case, first.following)
    news = {f"Row {n}" for n in range(20, 23)}
    # What is new stands where its order puts it; of what there was, nothing comes twice and nothing is left out.
    assert [name for name in again.names if name not in news] == second.names[: 3 - len(news & set(again.names))]


def test_a_strange_address_is_the_first_page(world: World, case: Case) -> None:
    fill(world, case, range(4))
    url = world.url(case.path)
    first = read(world, case, url)
    key = "01980000-0000-7000-8000-000000000000"
    sign = "&" if "?" in url else "?"
    for text in (
        "page=2", "after=x", "before=%00", f"after={key}", f"after={key}~2026-13-01", f"after={key}~2026-10-01T10:00:00",
        f"after={key}~1~2026-10-01T10:00:00%2B00:00~x", f"after={key}~9999999999999999999~2026-10-01T10:00:00%2B00:00",
        f"after={key}~0001-01-01T00:00:00%2B23:59",
    ):  # fmt: skip
        assert read(world, case, f"{url}{sign}{text}").names == first.names, text


def test_a_row_of_another_company_opens_nothing(worlds: tuple[World, World], case: Case) -> None:
    """A cursor says where a list goes on, not whose list it is."""
    world, rival = worlds
    fill(world, case, range(4))
    following = read(world, case, world.url(case.path)).following
    theirs = following.replace(f"/{world.tenant.slug}/", f"/{rival.tenant.slug}/")
    assert read(rival, case, theirs).names == []


def test_a_later_page_asks_no_more_than_the_first(world: World, case: Case) -> None:
    fill(world, case, range(7))
    client, counts = world.client(role(case)), []
    for url in (world.url(case.path), read(world, case, world.url(case.path)).following):
        with CaptureQueriesContext(connection) as found:
            client.get(url)
        counts.append(len(found))
    assert counts[1] <= counts[0], counts


def test_late_ones_are_counted_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """ROL-02: the foot says how many are late, not how many of them fit on the page."""
    monkeypatch.setattr(handoffs, "PAGE_SIZE", 2)
    fill(world, CASES["handoffs"], range(5))
    with world.open():
        Handoff.objects.update(due_on=world.tenant.today() - DAY)
    page = world.client("csm").get(world.url("handoffs/?due=late"))
    assert page.context["foot"]["shown"] == "5 handoffs"
    assert "due=late" in page.context["foot"]["next_url"]
