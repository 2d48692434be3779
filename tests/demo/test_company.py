"""The generated company: the same again for the same seed, and coherent whatever the seed."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise

import pytest

from cs_platform.demo.books import periods
from cs_platform.demo.company import Company, Rows, make_company
from cs_platform.demo.deals import Seller
from cs_platform.demo.ended import ended, place, sold, written
from cs_platform.demo.files import company_files, rates, repeated
from cs_platform.demo.stories import CHARACTERS, Plot, Story, make_stories
from cs_platform.kernel.periods import last_complete_month, month_end, month_text, months_between, parse_month
from tests.demo.plain import PlainBook

LAST = dt.date(2026, 11, 20)
LEAP = dt.date(2028, 2, 29)
COMPANY = Company("NW", "USD", "northwind.example")
SEEDS = (7, 8, 42)


def made(seed: int = 7, accounts: int = 420, last: dt.date = LAST) -> Rows:
    return make_company(company=COMPANY, seed=seed, accounts=accounts, last=last, signals=False)


@pytest.fixture(scope="module", params=[(7, LAST), (8, LEAP), (42, LAST)], ids=str)
def told(request: pytest.FixtureRequest) -> tuple[Rows, list[Story], dt.date]:
    """A company, its stories and its last day."""
    seed, last = request.param
    return made(seed, last=last), make_stories(seed=seed, accounts=420, last=last), last


def by_line(rows: Rows) -> dict[str, list[dict[str, str]]]:
    lines = defaultdict(list)
    for row in rows.subscriptions:
        lines[row["subscription_id"]].append(row)
    return lines


def test_same_seed_same_rows_other_seed_others() -> None:
    assert made() == made()
    assert made().accounts != made(8).accounts
    assert made().subscriptions != made(8).subscriptions


def test_the_day_moves_the_whole_company() -> None:
    """The data ends yesterday whenever the demo is made."""
    later = [row["start_date"] for row in made(last=LAST + dt.timedelta(days=7)).subscriptions]
    assert max(later) > max(row["start_date"] for row in made().subscriptions)
    assert max(dt.date.fromisoformat(day) for day in later) <= LAST + dt.timedelta(days=7)


@pytest.mark.parametrize("accounts", [20, 30, 99, 420])
def test_as_many_live_accounts_as_asked_for(accounts: int) -> None:
    rows = made(accounts=accounts)
    live = {
        row["account"]
        for row in rows.subscriptions
        if row["start_date"] <= LAST.isoformat() and (row["end_date"] or "9") > LAST.isoformat()
    }
    assert len(live) == accounts < len(rows.accounts)


def test_nothing_begins_after_the_last_day(told) -> None:
    rows, _stories, last = told
    assert all(row["start_date"] <= last.isoformat() for row in rows.subscriptions)
    assert all(row["signed_on"] <= last.isoformat() for row in rows.accounts)
    assert all(event.happened_on <= last for event in rows.events)
    assert all(row["last_contact_on"] <= last.isoformat() for row in rows.contacts)


def test_a_renewal_starts_where_the_last_period_ended(told) -> None:
    """Except where a customer was away and came back."""
    rows, stories, _last = told
    returners = {COMPANY.key(story.number) for story in stories if story.plot is Plot.RETURNER}
    renewals, gaps = 0, set()
    for line in by_line(rows).values():
        for earlier, later in pairwise(line):
            if later["account"] in returners and earlier["end_date"] != later["start_date"]:
                assert earlier["end_date"] < later["start_date"]
                gaps.add(later["account"])
            else:
                assert earlier["end_date"] == later["start_date"]
                renewals += 1
    assert renewals > 500
    assert gaps == returners
    assert len(gaps) > 3


def test_a_lost_customer_has_no_later_period(told) -> None:
    rows, stories, last = told
    ends = defaultdict(list)
    for row in rows.subscriptions:
        ends[row["account"]].append(row["end_date"])
    lost = [story for story in stories if story.plot is Plot.CHURNER]
    assert len(lost) > 60
    for story in lost:
        assert max(ends[COMPANY.key(story.number)]) == story.ends_on.isoformat() <= last.isoformat()
        assert "" not in ends[COMPANY.key(story.number)]


def test_a_champion_who_left_is_gone_and_the_event_says_so(told) -> None:
    """ACC-05: `left_on` and the event are the same fact."""
    rows, _stories, _last = told
    gone = {(c["account"], c["contact"], c["left_on"]) for c in rows.contacts if c["left_on"]}
    told_of = {(e.account, e.contact, e.happened_on.isoformat()) for e in rows.events if e.kind == "champion_left"}
    assert gone == told_of
    assert len(gone) > 40


def test_turns_come_before_their_consequences(told) -> None:
    """Who fades renews lower after its turn; who grows has bought more on it."""
    _rows, stories, last = told
    lower = 0
    for story in stories:
        paid = periods(story, last)
        if story.plot in {Plot.GROWER, Plot.CHAMPION}:
            assert any(period.start == story.turned_on for period in paid)
        if story.plot is Plot.FADER:
            core = [period for period in paid if period.line == "core"]
            before, after = core[-2:] if len(core) > 1 else (None, None)
            if before and before.start < story.turned_on < after.start:
                topped_up = sum(p.yearly for p in paid if p.line.startswith("seats") and p.end == before.end)
                assert after.yearly < before.yearly + topped_up
                lower += 1
    assert lower > 10


def test_what_runs_today_adds_up_to_the_story(told) -> None:
    _rows, stories, last = told
    for story in stories:
        running = [p for p in periods(story, last) if p.start <= last < p.end]
        assert sum(p.yearly for p in running) == (story.arr if story.live else 0), story.name


def test_people_owners_and_parents_exist(told) -> None:
    rows, _stories, _last = told
    keys = {row["account"] for row in rows.accounts}
    assert len(keys) == len(rows.accounts) == len({row["name"] for row in rows.accounts})
    assert {row["parent"] for row in rows.accounts} - {""} <= keys
    assert {row["referred_by"] for row in rows.accounts} - {""} <= keys
    assert all(row["referred_by"] != row["account"] for row in rows.accounts)
    assert {row["account"] for row in rows.contacts} == keys == {row["account"] for row in rows.subscriptions}
    assert sum(row["level"] == "unit" and row["parent"] != "" for row in rows.accounts) == 2
    books = [
        sum(row["owner_email"] == email for row in rows.accounts) for email in {r["owner_email"] for r in rows.accounts}
    ]
    assert len(books) == 9  # eight people, and nobody
    assert max(books) > 1.3 * min(book for book in books if book > 20)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_company_is_in_its_bands(seed: int) -> None:
    """About 48 million dollars of ARR, growing from within, losing one customer in twelve."""
    book = PlainBook(made(seed).subscriptions, rates(made(seed).subscriptions, LAST), "USD")
    year = book.year(dt.date(2026, 10, 1))
    assert 46_000_000 <= year.arr <= 51_000_000
    assert Decimal("1.08") <= year.nrr <= Decimal("1.14")
    assert Decimal("0.90") <= year.grr <= Decimal("0.945")
    assert Decimal("0.065") <= year.logo_churn <= Decimal("0.11")


def test_the_characters_play_their_parts() -> None:
    rows = made()
    names = {row["name"]: row["account"] for row in rows.accounts}
    assert names.keys() >= {character.name for character in CHARACTERS}
    halcyon = [row for row in rows.subscriptions if row["account"] == names["Halcyon Freight"]]
    running = [row for row in halcyon if row["end_date"] > LAST.isoformat()]
    assert sum(Decimal(row["amount"]) for row in running) == 412_000
    assert {dt.date.fromisoformat(row["end_date"]) - LAST for row in running} == {dt.timedelta(days=38)}
    (ruth,) = [c for c in rows.contacts if c["account"] == names["Halcyon Freight"] and c["role"] == "champion"]
    assert ruth["name"] == "Ruth Okafor"
    assert ruth["left_on"] == (LAST - dt.timedelta(days=4)).isoformat()
    brightwater = [row["end_date"] for row in rows.subscriptions if row["account"] == names["Brightwater Energy"]]
    assert max(brightwater) < LAST.isoformat()


def test_lost_customers_say_why_in_step_with_what_happened(told: tuple[Rows, list[Story], dt.date]) -> None:
    """MET-10: most of them were asked and some were not; only who left answers, about its own end."""
    rows, stories, last = told
    gone = {f"NW-{s.number}": s for s in stories if s.plot is Plot.CHURNER and s.ends_on <= last}
    assert 0.6 * len(gone) < len(rows.goodbyes) < 0.95 * len(gone)
    assert {row["account"] for row in rows.goodbyes} <= set(gone)
    assert len({row["category"] for row in rows.goodbyes}) >= 4
    for row in rows.goodbyes:
        assert row["ended_on"] == gone[row["account"]].ends_on.isoformat()
        assert bool(row["competitor"]) == (row["category"] == "competition")
        kinds = {event.kind for event in rows.events if event.account == row["account"]}
        if row["category"] == "competition":
            assert "competitor_demo" in kinds


def test_every_month_with_money_has_a_rate() -> None:
    """From the first contract on; what nobody published yet stands in a file of its own that says of which day it is."""
    for last in (LAST, dt.date(2027, 2, 10)):
        rows = made(accounts=30, last=last)
        files = [(name, told) for kind, name, told in company_files(rows, last) if kind == "fx_rates"]
        months = {row["month"] for _name, told in files for row in told if row["quote"] == "GBP"}
        first = min(row["start_date"] for row in rows.subscriptions)[:7]
        assert months == {month_text(m) for m in months_between(parse_month(first), last_complete_month(last))}
        assert files[0] == ("ecb_month_end.csv", rates(rows.subscriptions, last))
        assert all(row["rate_date"][:7] == row["month"] for row in files[0][1])
        later = repeated(files[0][1], last)
        assert [name for name, _told in files[1:]] == ([f"repeated_{later[0]['rate_date']}.csv"] if later else [])
        assert all(row["rate_date"][:7] < row["month"] for row in later)


def test_not_all_growth_is_of_the_cs_team(told: tuple[Rows, list[Story], dt.date]) -> None:
    """MET-07: some of what customers bought in the middle of a year was sold by others; each deal is a period of the book."""
    rows, _stories, last = told
    periods = {(row["subscription_id"], row["start_date"]) for row in rows.subscriptions}
    bought = {line for line, _start in periods if not line.endswith("-core")}
    assert all((deal.subscription_id, deal.start.isoformat()) in periods for deal in rows.deals)
    noted = [deal for deal in rows.deals if deal.noted]
    assert 0.02 < len({deal.subscription_id for deal in noted}) / len(bought) < 0.5
    assert max(deal.start for deal in noted) <= month_end(last_complete_month(last))
    assert {deal.seller for deal in noted} == {Seller.SALES, Seller.NOBODY}


def test_what_people_decided_is_in_no_file(told: tuple[Rows, list[Story], dt.date]) -> None:
    """REN-10, EXP-05: a period that closing or winning wrote comes from there alone; everything else from the file, once."""
    rows, _stories, last = told
    over = ended(rows.stories, rows.subscriptions, last)
    here = written(over, rows.deals)
    (file,) = [each for kind, name, each in company_files(rows, last) if kind == "subscriptions"]
    brought = [place(row) for row in file]
    assert len(brought) == len(set(brought))
    assert here.isdisjoint(brought)
    assert here | set(brought) == {place(row) for row in rows.subscriptions}
    assert set(sold(rows.deals)) <= here
    assert len(over) > 500
    assert all(row.lines and row.due > 0 for row in over)


def test_a_renewal_that_changes_nothing_is_the_same_to_the_cent(told: tuple[Rows, list[Story], dt.date]) -> None:
    """Seats that were bought in between pass into the core without a cent of difference, in each currency."""
    rows, _stories, last = told
    over = [row for row in ended(rows.stories, rows.subscriptions, last) if row.kept]
    same = [row for row in over if row.kept == row.due]
    assert len(same) > 200
    assert sum(len(row.lines) > 1 for row in same) > 20
    assert {row.currency for row in same} >= {"USD", "EUR", "GBP"}
    assert all(abs(row.kept - row.due) > row.due // 100 for row in over if row.kept != row.due)
