"""How good the calls were and what became of renewals: worked examples, no look-ahead, shares by lead (REN-03, REN-05, HLT-13)."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from renewals import results, scores
from renewals.models import Renewal, SavePlay
from renewals.results import Ended
from tests.conftest import World
from tests.renewals.pages_world import DAY, Book
from tests.renewals.test_forecast import frozen

TODAY = dt.date(2026, 11, 21)


def call(
    chance: float, kept: bool, mrr: int = 100, stayed: float | None = None, renewal: UUID | None = None
) -> scores.Scored:
    share = Decimal(str(stayed if stayed is not None else float(kept)))
    return scores.Scored(renewal or uuid4(), "csm", Decimal(str(chance)), None, "", TODAY, kept, mrr, share)


def test_money_called_beside_money_that_stayed():
    """The example of the docstring: 100 at 90 % and kept, 200 at 60 % and lost: 210 called, 100 stayed."""
    found = scores.score([call(90, True, 100), call(60, False, 200)])
    assert found is not None
    assert (found.mrr, found.error) == (300, 110)
    less = scores.score([call(50, True, 100, stayed=0.8)])
    assert less is not None
    assert less.error == -30, "contracted to 80: 50 called, 80 stayed"


def test_always_the_average_is_the_line_to_beat():
    """90 of 100 kept: 0.9 x 0.1; each renewal counts once, whoever called it."""
    one = uuid4()
    calls = [call(50, True) for _n in range(90)] + [call(50, False) for _n in range(9)]
    calls += [call(50, False, renewal=one), call(70, False, renewal=one)]
    assert scores.average(calls) == pytest.approx(0.09)


@pytest.mark.parametrize(
    ("state", "due", "kept", "stayed"),
    [
        ("contracted", 150, 80, Decimal(80) / 150),
        ("expanded", 100, 120, Decimal(1)),
        ("churned", 100, 0, Decimal(0)),
        ("renewed", None, None, Decimal(1)),
        ("churned", 0, 0, Decimal(0)),
    ],
)
def test_the_share_that_stayed_is_one_at_most(
    world: World, state: str, due: int | None, kept: int | None, stayed: Decimal
):
    book = Book(world)
    one = book.renewal("A", days=-20)
    with world.open():
        Renewal.objects.filter(id=one.id).update(state=state, closed_on=one.due_on, due_mrr=due, kept_mrr=kept)
        frozen(one, one.due_on - 60 * DAY, 90, 500)
        (found,) = scores.scored(Renewal.objects.all(), book.today - 365 * DAY)
        assert (found.mrr, found.stayed, found.kept) == (500, stayed, state != "churned")


def test_nothing_said_after_the_lead_day_changes_a_score(world: World):
    """REN-05, no look-ahead: calls that were frozen later, and the day after the lead day, leave the scores as they are."""
    book = Book(world)
    one = book.renewal("A", days=-20)
    with world.open():
        Renewal.objects.filter(id=one.id).update(state="churned", closed_on=one.due_on, due_mrr=100, kept_mrr=0)
        for lead in scores.LEADS:
            frozen(one, one.due_on - lead * DAY, 90 - lead // 10, 100)
        rows, since = Renewal.objects.all(), book.today - 365 * DAY
        before = {lead: scores.scored(rows, since, lead) for lead in scores.LEADS}
        assert {lead: [each.chance for each in found] for lead, found in before.items()} == {
            90: [81],
            60: [84],
            30: [87],
        }
        frozen(one, one.due_on - 29 * DAY, 1, 999)
        frozen(one, one.due_on + DAY, 2, 999)
        assert {lead: scores.scored(rows, since, lead) for lead in scores.LEADS} == before
        assert scores.scored(rows, since, 29)[0].chance == 1
        assert scores.scored(rows, since, 60, until=one.due_on - DAY) == [], "not decided by then"


def ended(**fields: Any) -> Ended:
    usual: dict[str, Any] = {
        "due_on": TODAY, "state": "renewed", "closed_on": TODAY, "mrr": 100, "kept": 100, "segment": "", "csm": "", "csm_id": None,
        "since": None,
    }  # fmt: skip
    return Ended(**(usual | fields))


def test_results_are_money_kept_of_money_due():
    """The example of the docstring, and REN-03: early is 30 days before and more, on time by the day itself."""
    rows = [
        ended(state="expanded", kept=120, closed_on=TODAY - 40 * DAY),
        ended(state="churned", kept=0),
        ended(state="open", closed_on=None, kept=None, mrr=999),
    ]
    one = results.results(rows, lambda row: "")[""]
    assert (one.due, one.decided, one.kept, one.early, one.rate, one.reached) == (3, 2, 1, 1, 0.5, False)
    days = [ended(closed_on=TODAY - before * DAY) for before in (30, 29, 0, -1)]
    found = results.results(days, lambda row: "")[""]
    assert (found.early, found.on_time, found.kept) == (1, 3, 4)
    edge = results.results([ended(mrr=100, kept=95)], lambda row: "")[""]
    assert (edge.rate, edge.reached) == (0.95, True)
    assert results.Result().rate is None
    assert results.Result().reached is None


def test_results_are_read_as_they_stood(world: World):
    """What was decided after the day was open then; what was withdrawn is none; a cut adds up to all."""
    book = Book(world)
    kept, late, gone = (book.renewal(name, days=-20, mrr=1000) for name in ("A", "B", "C"))
    with world.open():
        for one, state, closed_on in (
            (kept, "renewed", kept.due_on - 40 * DAY), (late, "churned", late.due_on + 10 * DAY), (gone, "withdrawn", gone.due_on),
        ):  # fmt: skip
            Renewal.objects.filter(id=one.id).update(
                state=state, closed_on=closed_on, due_mrr=1000, kept_mrr=1000 if state == "renewed" else 0
            )
        rows, first = Renewal.objects.all(), book.today - 60 * DAY
        then = results.read(rows, first, book.today, kept.due_on)
        assert {(row.state, row.closed_on is None) for row in then} == {("renewed", False), ("churned", True)}
        assert results.results(then, lambda row: row.segment)["Enterprise"].decided == 1
        now = results.read(rows, first, book.today, book.today)
        assert results.results(now, lambda row: "")[""].rate == 0.5
        assert sum(one.due for one in results.results(now, lambda row: row.csm).values()) == 2


def test_save_rate_of_fifty_at_risk(world: World):
    """HLT-13: 33 of 50 is 66 %, decided and literally; what runs counts in the literal one only."""
    book = Book(world)
    account = book.renewal("A").account
    with world.open():
        SavePlay.objects.bulk_create(
            SavePlay(
                account=account, cause="red", opened_on=book.today - 40 * DAY, lead_days=95, mrr_minor=1,
                state="saved" if number < 33 else "lost", decided_on=book.today,
            )
            for number in range(50)
        )  # fmt: skip
        far = scores.save_rates(SavePlay.objects.all(), book.today - 365 * DAY)[0]
        assert (far.name, far.rate, far.literal) == ("90+", 0.66, 0.66)
        SavePlay.objects.create(account=account, cause="red", opened_on=book.today, lead_days=120, mrr_minor=1)
        far = scores.save_rates(SavePlay.objects.all(), book.today - 365 * DAY)[0]
        assert (far.rate, far.opened, far.opened_saved) == (0.66, 51, 33)
        early = scores.save_rates(SavePlay.objects.all(), book.today - 365 * DAY, book.today - DAY)[0]
        assert (early.rate, early.decided, early.opened, early.opened_saved) == (None, 0, 50, 0), (
            "nothing was decided by then"
        )
