"""What comes due and what is expected of it: sums that tie, callers that disagree, what moved since a week ago (REN-05, REN-08)."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Account, Subscription
from renewals import outlook
from renewals.enums import Confidence, Shift
from renewals.models import FrozenCall, Renewal
from renewals.outlook import CALLERS, Due
from tests.conftest import World
from tests.renewals.pages_world import DAY, Book

FIRST = dt.date(2027, 1, 1)
chances = st.one_of(st.none(), st.decimals(0, 100, places=2))


@st.composite
def dues(draw: Any) -> Due:
    system, csm, leader = (draw(chances) for _caller in CALLERS)
    called = next((each for each in (leader, csm, system) if each is not None), None)
    due_on = FIRST + dt.timedelta(days=draw(st.integers(0, 180)))
    owner = draw(st.sampled_from(["Dana", "Rui", ""]))
    mrr = draw(st.integers(0, 10**9))
    segment = draw(st.sampled_from(["Enterprise", "SMB", ""]))
    return Due(uuid4(), uuid4(), "A", "green", due_on, mrr, system, csm, leader, called, segment, None, owner)


@settings(max_examples=100, deadline=None)
@given(st.lists(dues(), max_size=30))
def test_every_cut_adds_up_to_its_rows_to_the_cent(rows: list[Due]):
    """REN-08: by month, segment and CSM money, categories and each caller's expected loss are those of the rows, exactly."""
    months = [dt.date(2027, month, 1) for month in range(1, 8)]
    cuts = [
        outlook.by_month(rows, months),
        outlook.sums(rows, lambda row: row.segment),
        outlook.sums(rows, lambda row: row.owner),
    ]
    whole = outlook.total(rows)
    assert whole.mrr == sum(row.mrr for row in rows)
    for found in cuts:
        parts = list(found.values())
        assert sum(one.count for one in parts) == len(rows)
        assert sum(one.mrr for one in parts) == whole.mrr
        for caller in CALLERS:
            called = [row for row in rows if getattr(row, caller) is not None]
            exact = sum((row.mrr * (100 - getattr(row, caller)) / 100 for row in called), Decimal(0))
            assert sum((one.lost[caller] for one in parts), Decimal(0)) == whole.lost[caller] == exact
            assert sum(one.uncalled[caller] for one in parts) == len(rows) - len(called)
        for each in Confidence.values:
            assert sum(one.by_call[each] for one in parts) == whole.by_call[each]
    assert sum(whole.by_call.values()) == sum(row.mrr for row in rows if row.called is not None)


def due(**fields: Any) -> Due:
    usual: dict[str, Any] = {
        "id": uuid4(), "account_id": uuid4(), "name": "A", "band": "", "due_on": FIRST, "mrr": 100, "system": None,
        "csm": None, "leader": None, "called": None, "segment": "", "owner_id": None, "owner": "",
    }  # fmt: skip
    return Due(**(usual | fields))


@pytest.mark.parametrize(
    ("system", "csm", "apart"),
    [(80, 90, True), (80, Decimal("89.99"), False), (89, 90, True), (69, 71, True), (95, 99, False), (None, 10, False)],
)
def test_calls_disagree_by_ten_points_or_by_category(system: Any, csm: Any, apart: bool):
    """REN-05: 10 points and more, or on the two sides of 70 or 90 %; who did not call agrees with everybody."""
    assert bool(outlook.disagreements([due(system=system, csm=csm)])) == apart


def test_most_money_apart_comes_first():
    """412 at 34 % and 65 % are 127.72 apart, 1,000 at 60 % and 70 % are 100."""
    large = due(name="large", mrr=1000, system=Decimal(60), csm=Decimal(70))
    far = due(name="far", mrr=412, system=Decimal(34), csm=Decimal(65))
    assert [(row.name, row.money_apart) for row in outlook.disagreements([large, far])] == [
        ("far", Decimal("127.72")), ("large", Decimal(100)),
    ]  # fmt: skip


@pytest.fixture
def book(world: World) -> Book:
    return Book(world)


def frozen(
    one: Renewal, week: dt.date, chance: int, mrr: int, caller: str = "csm", due_on: dt.date | None = None
) -> None:
    FrozenCall.objects.create(
        renewal=one,
        week=week,
        caller=caller,
        probability=chance,
        mrr_minor=mrr,
        due_on=due_on or one.due_on,
        currency="USD",
    )


def since(book: Book, days: int = 100, caller: str = "called") -> outlook.Since | None:
    first, last = book.today, book.today + days * DAY
    rows = Renewal.objects.all()
    now = outlook.read(rows.filter(state="open"), first, last)
    found = outlook.since_last_week(now, rows, first, last, book.today, caller)
    if found is not None:  # it always adds up
        lost = sum(
            (row.mrr * (100 - getattr(row, caller)) / 100 for row in now if getattr(row, caller) is not None),
            Decimal(0),
        )
        assert found.loss + sum((each.loss for each in found.moved), Decimal(0)) == lost
    return found


@pytest.mark.django_db
def test_what_moved_since_a_week_ago_adds_up_to_the_forecast(book: Book):
    """REN-08: called differently, other money, new, decided, another day: each with what it does to the expected loss."""
    week = book.today - 7 * DAY
    called = book.renewal("Called", days=40, mrr=100, calls={"csm": 90})
    both = book.renewal("Both", days=41, mrr=120, calls={"csm": 80})
    same = book.renewal("Same", days=42, mrr=100, calls={"csm": 70})
    closed = book.renewal("Closed", days=43, mrr=100, calls={"csm": 50})
    into = book.renewal("Into", days=44, mrr=100, calls={"csm": 50})
    out = book.renewal("Out", days=300, mrr=100, calls={"csm": 50})
    within = book.renewal("Within", days=45, mrr=100, calls={"csm": 50})
    book.renewal("Fresh", days=46, mrr=100, calls={"csm": 40})
    with book.world.open():
        Renewal.objects.filter(id=closed.id).update(state="churned", closed_on=book.today)
        for one, chance, due_on in (
            (called, 60, None), (both, 90, None), (same, 70, None), (closed, 50, None), (into, 50, into.due_on + 200 * DAY),
            (out, 50, out.due_on - 250 * DAY), (within, 50, within.due_on - DAY),
        ):  # fmt: skip
            frozen(one, week, chance, 100, due_on=due_on)
            frozen(one, book.today, 1, 1, due_on=due_on)  # this week's says nothing of a week ago
            frozen(one, week - 7 * DAY, 2, 2, due_on=due_on)
        with CaptureQueriesContext(connection) as queries:
            found = since(book)
    assert found is not None
    assert len(queries) <= 8
    assert (found.week, found.loss) == (week, Decimal(40 + 10 + 30 + 50 + 50 + 50))
    assert {(each.name, each.reason): each.loss for each in found.moved} == {
        ("Called", Shift.CALLED): -30,
        ("Both", Shift.MONEY): 2,
        ("Both", Shift.CALLED): 12,
        ("Closed", Shift.CLOSED): -50,
        ("Into", Shift.DAY): 50,
        ("Out", Shift.DAY): -50,
        ("Within", Shift.DAY): 0,
        ("Fresh", Shift.NEW): 60,
    }
    assert [each.name for each in found.moved][:2] == ["Fresh", "Closed"]
    (gone,) = (each for each in found.moved if each.reason == Shift.CLOSED)
    assert (gone.state, gone.after) == ("churned", None)


@pytest.mark.django_db
def test_the_week_nearest_to_seven_days_ago_is_compared(book: Book):
    """Weeks are frozen on Fridays: of one that ended three days ago nobody says last week."""
    one = book.renewal("A", days=40, mrr=100, calls={"csm": 90, "leader": 80})
    with book.world.open():
        assert since(book) is None
        frozen(one, book.today - 3 * DAY, 50, 100)
        assert since(book) is None
        frozen(one, book.today - 4 * DAY, 90, 100)
        found = since(book)
        assert found is not None
        assert found.week == book.today - 4 * DAY
        assert [(each.reason, each.loss) for each in found.moved] == [(Shift.CALLED, 10)], (
            "the leader's call counts now"
        )
        own = since(book, caller="csm")
        assert own is not None
        assert own.moved == []


@pytest.mark.django_db
def test_a_week_ago_is_told_from_what_was_frozen(book: Book):
    """REN-08: the forecast of a day that is over: money, day and chances of then, whatever became of it."""
    one = book.renewal("A", days=40, mrr=100, calls={"system": 10})
    with book.world.open():
        frozen(one, book.today - 7 * DAY, 90, 250, "system", one.due_on - 3 * DAY)
        frozen(one, book.today - 7 * DAY, 80, 250, "leader", one.due_on - 3 * DAY)
        Renewal.objects.filter(id=one.id).update(state="renewed", closed_on=book.today)
        Account.objects.update(mrr_minor=0)
        Subscription.objects.update(mrr_minor=0)
        span = (book.today, book.today + 100 * DAY)
        (row,) = outlook.read_frozen(Renewal.objects.all(), book.today - 2 * DAY, *span)
        assert (row.mrr, row.due_on, row.system, row.csm, row.leader, row.called) == (
            250, one.due_on - 3 * DAY, 90, None, 80, 80,
        )  # fmt: skip
        assert outlook.read_frozen(Renewal.objects.all(), book.today - 8 * DAY, *span) == []


@pytest.mark.django_db
def test_nothing_of_a_rival_moves_the_forecast(worlds: tuple[World, World]):
    mine, theirs = Book(worlds[0]), Book(worlds[1])
    one, other = (each.renewal("A", days=40, mrr=100, calls={"csm": 90}) for each in (mine, theirs))
    for book, row in ((mine, one), (theirs, other)):
        with book.world.open():
            frozen(row, book.today - 7 * DAY, 50, 100)
    with mine.world.open():
        found = since(mine)
        assert found is not None
        assert [each.id for each in found.moved] == [one.id]
