"""How good the calls were, steps in time, save plays: the sums behind the page, and the page (REN-05, REN-02, HLT-13)."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renewals import scores
from renewals.models import FrozenCall, Renewal, RenewalStep, SavePlay
from tests.conftest import World
from tests.renewals.pages_world import DAY, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(world: World) -> Book:
    return Book(world)


def frozen(book: Book, one: Renewal, caller: str, chance: int, before: int, member: str = "csm") -> None:
    """A call as it stood `before` days ahead of the contract's end."""
    with book.world.open():
        FrozenCall.objects.create(
            renewal=one, week=one.due_on - before * DAY, caller=caller, probability=chance, mrr_minor=1000, currency="USD",
            due_on=one.due_on, member=book.world.members[member],
        )  # fmt: skip


def decided(book: Book, name: str, state: str, owner: str = "csm", days: int = -20, **more: Any) -> Renewal:
    """A renewal that was decided on the day it came due."""
    one = book.renewal(name, days=days, done=5, owner=owner)
    with book.world.open():
        money = {"due_mrr": 1000, "kept_mrr": 0 if state == "churned" else 1000}
        Renewal.objects.filter(id=one.id).update(state=state, closed_on=one.due_on, **money, **more)
        return Renewal.objects.get(id=one.id)


def test_a_score_is_the_mean_square_of_chance_and_end():
    """REN-05, the example of the docstring: 90 % and kept, 60 % and lost."""
    day = dt.date(2026, 1, 1)
    calls = [
        scores.Scored(book, "csm", Decimal(chance), None, "", day, kept)
        for book, chance, kept in ((1, 90, True), (2, 60, False))
    ]
    found = scores.score(calls)
    assert found is not None
    assert (found.count, round(found.brier, 4), round(found.bias, 4), found.right) == (2, 0.185, 25.0, 0.5)
    assert scores.average(calls) == 0.25
    assert scores.score([]) is None
    assert scores.average([]) is None


def test_only_what_was_known_by_then_is_judged(world: World, book: Book):
    """REN-05: the last frozen call at least 60 days before the end counts; what was said later changes nothing."""
    one = decided(book, "Halcyon", "churned")
    for before, chance in ((120, 95), (65, 80), (59, 30), (2, 1)):
        frozen(book, one, "csm", chance, before)
    since = book.today - 365 * DAY
    with world.open():
        rows = Renewal.objects.all()
        assert [(call.chance, call.kept) for call in scores.scored(rows, since)] == [(Decimal(80), False)]
        assert [call.chance for call in scores.scored(rows, since, lead=90)] == [Decimal(95)]
        assert [call.chance for call in scores.scored(rows, since, lead=30)] == [Decimal(30)]
        assert scores.scored(rows, book.today) == [], "decided before the span"


def test_steps_in_time_and_late_ones(world: World, book: Book):
    """REN-02: of the steps that came due; one left open when the renewal was over before its day is not judged."""
    one = book.renewal("Halcyon", days=38, mrr=1_000, done=3)
    with world.open():
        RenewalStep.objects.filter(renewal=one, step="talk").update(done_on=one.due_on - 100 * DAY)
        rows = Renewal.objects.all()
        found = {
            each.step: (each.on_time, each.due)
            for each in scores.steps_in_time(rows, book.today - 365 * DAY, book.today)
        }
        assert found == {"prep": (1, 1), "talk": (0, 1), "proposal": (1, 1), "negotiate": (0, 1)}
        late = scores.late_steps(rows, book.today)
        assert [(each.step, each.count, each.mrr) for each in late] == [("negotiate", 1, 1000)]
        Renewal.objects.update(state="renewed", closed_on=one.due_on - 70 * DAY)
        found = {each.step: each.due for each in scores.steps_in_time(rows, book.today - 365 * DAY, book.today)}
        assert "negotiate" not in found


def test_save_rates_by_lead(world: World, book: Book):
    """HLT-13: saved of decided by the time that was left, and of all opened; a mistake counts nowhere."""
    plays = [
        (95, "saved"),
        (90, "lost"),
        (60, "saved"),
        (30, "saved"),
        (29, "lost"),
        (None, "saved"),
        (10, "withdrawn"),
    ]
    for number, (lead, state) in enumerate(plays):
        one = book.renewal(f"A{number}")
        with world.open():
            SavePlay.objects.create(
                account=one.account, cause="person", opened_on=book.today - 10 * DAY, lead_days=lead, mrr_minor=1,
                state=state, decided_on=book.today,
            )  # fmt: skip
    with world.open():
        found = scores.save_rates(SavePlay.objects.all(), book.today - 365 * DAY)
        assert [(each.name, each.saved, each.decided, each.opened_saved, each.opened) for each in found] == [
            ("90+", 1, 2, 1, 2), ("60-90", 1, 1, 1, 1), ("30-60", 1, 1, 1, 1), ("<30", 0, 1, 0, 1), ("", 1, 1, 1, 1),
        ]  # fmt: skip


def test_the_page_shows_scores_of_what_one_sees(worlds: tuple[World, World]):
    """ROL-01, tenant isolation: scores of the own book for a CSM, of everybody for who sees all, of nobody else's company."""
    mine, theirs = worlds
    book, rival = Book(mine), Book(theirs)
    for number in range(3):
        one = decided(book, f"Mine {number}", "renewed", days=-20 - 95 * number)
        frozen(book, one, "csm", 80, 61)
        frozen(book, one, "system", 90, 61)
    other = decided(rival, "Theirs", "churned")
    frozen(rival, other, "csm", 99, 61)
    foreign = book.renewal("Orion", owner="leader", days=-5)
    with mine.open():
        Renewal.objects.filter(id=foreign.id).update(state="churned", closed_on=foreign.due_on)
    frozen(book, foreign, "csm", 99, 61, "leader")
    own = mine.client("csm").get(mine.url("renewals/accuracy/")).content.decode()
    assert "3 renewals closed, calls frozen at T-60." in own
    assert "0.040" in own, "80 % and kept"
    assert "−20.0 pt" in own
    everything = mine.client("admin").get(mine.url("renewals/accuracy/?lead=60")).content.decode()
    assert "4 renewals closed" in everything
    assert "Leader Person" in everything
    piece = mine.client("admin").get(
        mine.url("renewals/accuracy/?lead=zz"), HTTP_HX_REQUEST="true", HTTP_HX_TARGET="renewals-scores"
    )
    assert "<html" not in piece.content.decode()
    empty = theirs.client("csm").get(theirs.url("renewals/accuracy/?lead=90")).content.decode()
    assert "No call was scored yet" in empty


def test_queries_of_the_page_do_not_grow(world: World, book: Book):
    """E1: the same number of queries whatever was decided."""
    client, url = world.client("admin"), world.url("renewals/accuracy/")

    def count() -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200
        return len(found)

    def more(number: int) -> None:
        one = decided(book, f"A{number}", "renewed")
        frozen(book, one, "csm", 80, 61)
        with world.open():
            SavePlay.objects.create(account=one.account, cause="person", opened_on=book.today, mrr_minor=1)

    more(0)
    few = count()
    for number in range(1, 9):
        more(number)
    assert count() == few
    assert few <= 25, few


def test_a_late_step_opens_its_rows(world: World, book: Book):
    """REN-02: the number beside a late step opens exactly those renewals."""
    book.renewal("Halcyon", days=38, done=3)
    book.renewal("Quillon", days=48, done=4)
    text = world.client("admin").get(world.url("renewals/accuracy/")).content.decode()
    assert "/renewals/?step=negotiate" in text
    rows = world.client("admin").get(world.url("renewals/?step=negotiate")).content.decode()
    assert "1 of 1 shown" in rows
    assert "Halcyon" in rows


def amounts(text: str) -> int:
    """The money of a cell in whole dollars. Example: +$12 · 40.0% is 12."""
    number = text.partition("·")[0].strip().replace("$", "").replace("−", "-").replace("+", "")
    return round(float(number.removesuffix("k")) * (1000 if number.endswith("k") else 1))


def test_the_money_error_opens_the_calls_that_add_up_to_it(worlds: tuple[World, World]):
    """REN-05: by caller and lead; of 120 a year called at 80 % and lost 96 too much, of 120 at 50 % and kept 60 too little.
    A rival's calls are in neither."""
    mine, theirs = worlds
    book, rival = Book(mine), Book(theirs)
    lost, kept = decided(book, "Lost", "churned"), decided(book, "Kept", "renewed", "leader")
    frozen(book, lost, "csm", 80, 61)
    frozen(book, lost, "csm", 90, 95)
    frozen(book, kept, "csm", 50, 61, "leader")
    frozen(rival, decided(rival, "Theirs", "churned"), "csm", 99, 61)
    client = mine.client("admin")
    error = client.get(mine.url("renewals/accuracy/")).context["error"]
    csm = next(row for row in error["table"]["rows"] if row[0] == "CSM")
    assert error["table"]["head"] == ["Caller", "T-90", "T-60", "T-30"]
    assert [cell["text"].partition(" · ")[2] for cell in csm[1:]] == ["90.0%", "15.0%", "15.0%"]
    for cell, wanted in zip(csm[1:], (["Lost"], ["Lost", "Kept"], ["Lost", "Kept"]), strict=True):
        calls = client.get(cell["url"]).context["calls"]
        assert [row[0]["text"] for row in calls["rows"]] == wanted
        assert sum(amounts(row[-1]["text"]) for row in calls["rows"]) == amounts(cell["text"])
        assert calls["table"]["foot"][-1] == cell["text"].partition(" · ")[0]
    alone = client.get(mine.url(f"renewals/accuracy/calls/?caller=csm&member={mine.members['leader'].id}"))
    assert [row[0]["text"] for row in alone.context["calls"]["rows"]] == ["Kept"]
    own = mine.client("csm").get(mine.url("renewals/accuracy/calls/?caller=csm")).context["calls"]
    assert [row[0]["text"] for row in own["rows"]] == ["Lost"], "of the own book only"
    text = client.get(mine.url("renewals/accuracy/calls.csv?caller=csm&lead=60")).content.decode("utf-8-sig")
    assert [line.split(",")[-1] for line in text.splitlines()[1:]] == ["96.00", "-60.00"]
    assert client.get(mine.url("renewals/accuracy/calls.xlsx?caller=zz&lead=1")).content[:2] == b"PK"
